//! An article as Typst markup with its pictures beside it.
//!
//! Every text is written as a string of Typst's code mode, so nothing in the data can become
//! markup or code. Source: Typst reference, "Syntax", escape sequences of strings.

use std::fmt::Write as _;

use super::plain::plain;
use super::tongue::{Tongue, isolated};
use super::{Block, Card, Column, ColumnKind, Figure, Inline, Look, Section, Table, Width, Words};
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
    rows: Rows,
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

fn table(typeset: &mut Body, table: &Table) {
    let align: Vec<&str> = table.head.iter().map(alignment).collect();
    let head: String = table
        .head
        .iter()
        .map(|column| format!("[{}],", literal(&column.title)))
        .collect();
    let align = align.join(", ");
    let _ = match typeset.rows {
        Rows::First(_) => writeln!(typeset.source, "#facts(({align},), ({head}),"),
        Rows::All => writeln!(
            typeset.source,
            "#fitted(({}), ({align},), ({head}),",
            columns(table)
        ),
    };
    let most = match typeset.rows {
        Rows::First(most) => most,
        Rows::All => usize::MAX,
    };
    for row in table.rows.iter().take(most) {
        for cell in row {
            let _ = write!(typeset.source, "{},", content(cell));
        }
        typeset.source.push('\n');
    }
    typeset.source.push_str(")\n");
    if let Some(more) = table.rows.len().checked_sub(most).filter(|more| *more > 0) {
        let more = format!(
            "And {} more rows, in probity.json.",
            crate::number::count(more as u64)
        );
        let _ = writeln!(typeset.source, "#fine{}", content(&Words::of(more)));
    }
}

/// Columns of short texts are as wide as those; the others share the rest by their longest.
fn columns(table: &Table) -> String {
    const SHORT: usize = 28;
    const MOST: usize = 64;
    let longest = |at: usize| {
        let cells = table.rows.iter().filter_map(|row| row.get(at));
        let lines = cells.map(|cell| plain(cell).chars().count());
        lines.max().unwrap_or(0)
    };
    let columns =
        table
            .head
            .iter()
            .enumerate()
            .map(|(at, column)| match (column.kind, longest(at)) {
                (ColumnKind::Number, _) => "auto".to_owned(),
                (ColumnKind::Text, short) if short <= SHORT => "auto".to_owned(),
                (ColumnKind::Text, long) => format!("{}fr", long.min(MOST)),
            });
    columns.map(|column| format!("{column}, ")).collect()
}

fn alignment(column: &Column) -> &'static str {
    match column.kind {
        ColumnKind::Text => "left",
        ColumnKind::Number => "right",
    }
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
                if value.contains('\u{200B}') {
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
fn literal(text: &str) -> String {
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

/// Long names get places where a line may break. A word of letters alone is hyphenated by the
/// typesetter, so it gets one only where no language has such words.
fn breakable(name: &str) -> String {
    const LONGEST_RUN: usize = 18;
    const LONGEST_WORD: usize = 40;
    /// Of a word that no line holds: short, so that lines are filled.
    const STEP: usize = 6;
    let mut out = String::with_capacity(name.len());
    for word in name.split_inclusive(char::is_whitespace) {
        let most = match word.chars().count() {
            n if n > 3 * LONGEST_WORD => STEP,
            _ if word.trim_end().chars().all(char::is_alphabetic) => LONGEST_WORD,
            _ => LONGEST_RUN,
        };
        let mut run = 0;
        for character in word.chars() {
            out.push(character);
            run += 1;
            let breaks = matches!(character, '_' | '.' | '/' | ':' | '=' | ',') || run >= most;
            // Between letters that join, a mark would part them; Asian scripts break anywhere.
            if breaks && Tongue::of(character.encode_utf8(&mut [0; 4])).is_none() {
                out.push('\u{200B}');
                run = 0;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Words, content, string};

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
}
