//! An article as Typst markup with its pictures beside it.
//!
//! Every text is written as a string of Typst's code mode, so nothing in the data can become
//! markup or code. Source: Typst reference, "Syntax", escape sequences of strings.

use std::fmt::Write as _;

use super::markup_table::table;
use super::plain::plain;
use super::tongue::{Tongue, is_from_the_right, isolated};
use super::{Block, Card, Figure, Inline, Look, Section, Width, Words};
use crate::chart::{Face, standalone};

const PRELUDE: &str = include_str!("prelude.typ");

/// What a typesetter needs: `probity_pdf::typeset` takes both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typesetting {
    pub source: String,
    /// Pictures by the name that the source knows them by.
    pub files: Vec<(String, Vec<u8>)>,
}

/// The top of the first page.
#[derive(Clone, Debug)]
pub(crate) struct FrontPage {
    pub(crate) kind: String,
    pub(crate) title: Option<String>,
    /// The findings, one line each.
    pub(crate) headlines: Vec<String>,
    pub(crate) leads: Vec<Words>,
    pub(crate) origin: Words,
}

/// Rows of a table that are typeset; the documents beside the report have the rest.
const MOST_ROWS: usize = 120;

/// How much of a table is typeset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rows {
    First(usize),
    All,
}

/// A document that is being written.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) source: String,
    files: Vec<(String, Vec<u8>)>,
    pub(super) rows: Rows,
}

impl Body {
    pub(crate) fn new(rows: Rows) -> Body {
        Body {
            source: PRELUDE.to_owned(),
            files: Vec::new(),
            rows,
        }
    }

    /// Ends with what the fonts lack, where they lack something.
    pub(crate) fn done(mut self) -> Typesetting {
        self.source.push_str("#missing-glyphs()\n");
        Typesetting {
            source: self.source,
            files: self.files,
        }
    }
}

pub(crate) fn sections(body: &mut Body, sections: &[Section]) {
    for part in sections {
        section(body, part);
    }
}

/// `parts`: a heading, which may be empty, and the sections below it.
pub(crate) fn typesetting(front: &FrontPage, parts: &[(String, Vec<Section>)]) -> Typesetting {
    let mut typeset = Body::new(Rows::First(MOST_ROWS));
    let title = front
        .title
        .clone()
        .unwrap_or_else(|| front.headlines.join(" · "));
    let _ = writeln!(
        typeset.source,
        "#set document(title: {})\n#show: report.with(kind: {}, title: {})",
        string(&title),
        string(&front.kind),
        front
            .title
            .as_ref()
            .map_or("none".to_owned(), |title| string(title))
    );
    for (at, headline) in front.headlines.iter().enumerate() {
        let _ = writeln!(typeset.source, "#headline({})", string(headline));
        if let Some(lead) = front.leads.get(at) {
            let _ = writeln!(typeset.source, "#lead{}", content(lead));
        }
    }
    typeset.source.push_str("#contents()\n");
    for (heading, sections) in parts {
        if !heading.is_empty() {
            let _ = writeln!(typeset.source, "#part({})", string(heading));
        }
        self::sections(&mut typeset, sections);
    }
    let _ = writeln!(typeset.source, "#origin{}", content(&front.origin));
    typeset.done()
}

fn section(typeset: &mut Body, section: &Section) {
    // What fills a page of its own shares it with the heading above it.
    if begins_with_page(section) {
        typeset.source.push_str("#pagebreak(weak: true)\n");
    }
    let _ = writeln!(
        typeset.source,
        "#heading(level: 2){}",
        content(&section.heading)
    );
    let is_boxed = section.look == Look::Notes;
    if is_boxed {
        typeset.source.push_str("#notes[\n");
    }
    for part in &section.blocks {
        block(typeset, part);
    }
    if is_boxed {
        typeset.source.push_str("]\n");
    }
}

fn block(typeset: &mut Body, block: &Block) {
    match block {
        Block::Paragraph(text) => {
            let _ = writeln!(typeset.source, "#said{}", content(text));
        }
        Block::Fine(text) => {
            let _ = writeln!(typeset.source, "#fine{}", content(text));
        }
        Block::Sub(text) => {
            let _ = writeln!(typeset.source, "#heading(level: 3){}", content(text));
        }
        Block::List(items) => {
            let items: String = items.iter().map(content).collect();
            let _ = writeln!(typeset.source, "#list{items}");
        }
        Block::Figure(part) => figure(typeset, part),
        Block::Table(part) => table(typeset, part),
        Block::Cards(cards) => self::cards(typeset, cards),
        Block::Fold { summary, blocks } => {
            let _ = writeln!(typeset.source, "#folded({})", string(summary));
            for part in blocks {
                self::block(typeset, part);
            }
        }
        Block::Code(lines) => {
            let lines: Vec<String> = lines.lines().map(string).collect();
            let _ = writeln!(typeset.source, "#code(({},))", lines.join(", "));
        }
        Block::Terms(terms) => {
            for (term, meaning) in terms {
                let _ = writeln!(
                    typeset.source,
                    "#term({}){}",
                    string(term),
                    content(meaning)
                );
            }
        }
    }
}

/// Half cards stand in pairs, others below each other.
fn cards(typeset: &mut Body, cards: &[Card]) {
    let halves = cards.iter().all(|card| card.width == Width::Half);
    if halves && cards.len() > 1 {
        typeset.source.push_str("#pairs(\n");
        for part in cards {
            typeset.source.push('[');
            card(typeset, part);
            typeset.source.push_str("],\n");
        }
        typeset.source.push_str(")\n");
        return;
    }
    for (at, part) in cards.iter().enumerate() {
        if at > 0 && part.width == Width::Page {
            typeset.source.push_str("#pagebreak(weak: true)\n");
        }
        card(typeset, part);
    }
}

fn begins_with_page(section: &Section) -> bool {
    let cards = section.blocks.iter().find_map(|block| match block {
        Block::Cards(cards) => cards.first(),
        Block::Paragraph(_)
        | Block::Fine(_)
        | Block::List(_)
        | Block::Sub(_)
        | Block::Figure(_)
        | Block::Table(_)
        | Block::Fold { .. }
        | Block::Code(_)
        | Block::Terms(_) => None,
    });
    cards.is_some_and(|card| card.width == Width::Page)
}

fn card(typeset: &mut Body, card: &Card) {
    let _ = writeln!(
        typeset.source,
        "#card-title({}, {})",
        content(&card.title),
        content(&card.kind)
    );
    for part in &card.blocks {
        block(typeset, part);
    }
}

fn figure(typeset: &mut Body, figure: &Figure) {
    let picture = figure.picture.clone().into_string();
    let Some(drawn) = standalone(&picture, Face::Print) else {
        return;
    };
    let name = format!("picture-{:03}.svg", typeset.files.len() + 1);
    typeset.files.push((name.clone(), drawn.into_bytes()));
    let _ = writeln!(
        typeset.source,
        "#picture({}, {}, {}, {})",
        string(&name),
        content(&figure.caption),
        string(&figure.note),
        string(&alternative(&picture, figure))
    );
}

/// What is read out instead of the picture: its own description.
fn alternative(picture: &str, figure: &Figure) -> String {
    let described = picture
        .split_once("<desc>")
        .and_then(|(_, after)| after.split_once("</desc>"))
        .map(|(text, _)| unescaped(text));
    format!(
        "{}. {}",
        plain(&figure.caption),
        described.unwrap_or_default()
    )
}

/// The four entities that the pictures are written with.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

/// A content block: `[…]`.
pub(crate) fn content(words: &Words) -> String {
    let tongue = words.tongue();
    let mut out = String::from("[");
    for inline in &words.0 {
        match inline {
            Inline::Text(text) => out.push_str(&literal(text)),
            Inline::Strong(text) => {
                let _ = write!(out, "#strong[{}];", literal(text));
            }
            Inline::Name(name) => {
                let name = breakable(&apart(name, tongue));
                let _ = write!(out, "#name({});", string(&name));
            }
            Inline::Data(value) => {
                let value = breakable(&apart(value, tongue));
                if value.contains(MARK) {
                    let _ = write!(out, "#cut({});", string(&value));
                } else {
                    out.push_str(&literal(&value));
                }
            }
            Inline::Small(text) => {
                let _ = write!(out, "#small({});", string(text));
            }
            Inline::Badge(tone, text) => {
                let _ = write!(out, "#badge({}, {});", string(tone.name()), string(text));
            }
            Inline::Break => out.push_str("#linebreak();"),
        }
    }
    out.push(']');
    match tongue {
        None => out,
        Some(tongue) => format!(
            "[#tongue({}, {}){out};]",
            string(tongue.language().unwrap_or("en")),
            tongue.direction()
        ),
    }
}

/// A text that is read from the right, among words of ours: what follows it stays in its place.
fn apart(text: &str, around: Option<Tongue>) -> String {
    match around {
        None => isolated(text),
        Some(_) => text.to_owned(),
    }
}

/// Text as an expression in markup; the semicolon ends it, whatever follows.
pub(super) fn literal(text: &str) -> String {
    format!("#{};", string(text))
}

/// A string of Typst.
pub(crate) fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            '\n' | '\r' | '\t' => out.push(' '),
            character if character.is_control() => out.push('\u{FFFD}'),
            character => out.push(character),
        }
    }
    out.push('"');
    out
}

/// Where a line may break, as the typesetter's prelude knows it.
pub(super) const MARK: char = '\u{200B}';
const LONGEST_RUN: usize = 18;
const LONGEST_WORD: usize = 40;
/// Digits and their points and commas: what is longer is a list or a key.
const LONGEST_NUMBER: usize = 30;

/// Long names get places where a line may break. A word of letters alone is hyphenated by the
/// typesetter, so it gets one only where no language has such words.
///
/// The typesetter takes such a place for a space (`SPACING_REPLACE` of typst-layout), so it ends a
/// number: among letters that are read from the right, 45.6 became 6.45 (UAX #9, rule W4 joins
/// digits only across one separator). Hence none between digits, and none at all in such a text,
/// whose spaces are enough.
pub(super) fn breakable(name: &str) -> String {
    if is_from_the_right(name) {
        return name.replace(MARK, "");
    }
    let mut out = String::with_capacity(name.len());
    for word in name.split_inclusive(char::is_whitespace) {
        push_breakable(word, &mut out);
    }
    out
}

fn push_breakable(word: &str, out: &mut String) {
    /// Of a word that no line holds: short, so that lines are filled.
    const STEP: usize = 6;
    let most = match word.chars().count() {
        n if n > 3 * LONGEST_WORD => STEP,
        _ if word.trim_end().chars().all(char::is_alphabetic) => LONGEST_WORD,
        _ => LONGEST_RUN,
    };
    let mut run = 0;
    let mut last_is_digit = false;
    let is_separator = |character: char| matches!(character, '_' | '.' | '/' | ':' | '=' | ',');
    let mut characters = word.chars().peekable();
    while let Some(character) = characters.next() {
        out.push(character);
        run += 1;
        let separates = is_separator(character);
        let next = characters.peek().copied();
        let is_digit = character.is_numeric();
        let is_joined = next.is_some_and(char::is_numeric)
            && (is_digit || separates && last_is_digit)
            || next.is_some_and(is_separator) && !separates;
        let breaks = separates || run >= most;
        let keeps = is_joined && run < LONGEST_NUMBER;
        last_is_digit = is_digit;
        // Asian scripts break anywhere.
        if breaks && !keeps && Tongue::of(character.encode_utf8(&mut [0; 4])).is_none() {
            out.push(MARK);
            run = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Words, breakable, content, string};

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(string(text), expected);
    }

    #[test]
    fn strings_end_where_they_should() {
        check("a\"b\\", "\"a\\\"b\\\\\"");
        check("a\nb\u{0}", "\"a b\u{FFFD}\"");
    }

    #[test]
    fn names_that_look_like_code_stay_text() {
        let words = Words::of("#let x = 1; ").name("*]#panic()");
        assert_eq!(
            content(&words),
            "[#\"#let x = 1; \";#name(\"*]#panic()\");]"
        );
    }

    #[track_caller]
    fn check_breaks(text: &str, expected: &str) {
        assert_eq!(breakable(text).replace('\u{200B}', "|"), expected);
    }

    #[test]
    fn a_line_never_breaks_within_a_number() {
        check_breaks("1,234,567.891", "1,234,567.891");
        check_breaks("at 14:05, 2026/11/28", "at 14:05,| 2026/11/28");
        check_breaks("١٢.٣", "١٢.٣");
        check_breaks("version_1.2/model.bin", "version_|1.2/|model.|bin");
        check_breaks(
            "eu-central-1:111122223333:model",
            "eu-central-1:111122223333:|model",
        );
        check_breaks(
            "shard12345678901234567890abc",
            "shard12345678901234567890|abc",
        );
    }

    #[test]
    fn a_list_of_numbers_without_spaces_fits_on_lines() {
        let list: Vec<String> = (100..400).map(|n| n.to_string()).collect();
        let broken = breakable(&list.join(","));
        assert!(broken.split('\u{200B}').all(|part| part.len() <= 30));
        let broken = breakable(&"7".repeat(400));
        assert!(broken.split('\u{200B}').all(|part| part.len() <= 30));
    }

    #[test]
    fn text_from_the_right_is_never_cut() {
        for text in [
            "نسبة الخطأ 45.6 ونسبة 45.7 … 46.1",
            "\u{2068}שיעור/השגיאה: 45.6\u{2069}",
            "model/a.b נקודה",
            "\u{200F}a/b",
        ] {
            check_breaks(text, text);
            assert!(!content(&Words::new().whole(text)).contains("#cut"));
        }
        // One that the data brings is the same to the typesetter.
        check_breaks("خطأ 45.\u{200B}6", "خطأ 45.6");
    }
}
