//! Sections of an article as GitHub Flavored Markdown; pictures become the tables of their
//! numbers.
//!
//! Source: GitHub Flavored Markdown Spec 0.29. Whatever could become markup, HTML, a formula or a
//! link is written as a numeric entity, which the parser takes for text (section 6.2).

use std::fmt::Write as _;

use super::plain::plain;
use super::tongue::isolated;
use super::{Block, Card, Column, ColumnKind, Figure, Inline, Section, Table, Tone, Words};

/// `level` is that of the headings: 2 below the title of the document.
pub(crate) fn sections(sections: &[Section], level: usize) -> String {
    let mut out = String::new();
    for section in sections {
        heading(&mut out, level, &section.heading);
        blocks(&mut out, level, &section.blocks);
    }
    out
}

fn heading(out: &mut String, level: usize, text: &Words) {
    let marks = "#".repeat(level.min(6));
    let _ = writeln!(out, "{marks} {}\n", one_line(text));
}

fn blocks(out: &mut String, level: usize, blocks: &[Block]) {
    for part in blocks {
        block(out, level, part);
    }
}

fn block(out: &mut String, level: usize, block: &Block) {
    match block {
        Block::Paragraph(text) => {
            let _ = writeln!(out, "{}\n", words(text));
        }
        Block::Fine(text) => {
            let _ = writeln!(out, "<sub>{}</sub>\n", words(text));
        }
        Block::List(items) => {
            for item in items {
                let _ = writeln!(out, "- {}", words(item));
            }
            out.push('\n');
        }
        Block::Sub(text) => heading(out, level + 1, text),
        Block::Figure(part) => figure(out, level, part),
        Block::Table(part) => table(out, part),
        Block::Cards(cards) => cards.iter().for_each(|part| card(out, level, part)),
        Block::Fold {
            summary,
            blocks: inner,
        } => {
            let _ = writeln!(out, "<details><summary>{}</summary>\n", escaped(summary));
            blocks(out, level + 1, inner);
            out.push_str("</details>\n\n");
        }
        Block::Code(lines) => {
            let _ = writeln!(out, "~~~\n{lines}\n~~~\n");
        }
        Block::Terms(terms) => {
            for (term, meaning) in terms {
                let _ = writeln!(out, "- **{}**: {}", escaped(term), words(meaning));
            }
            out.push('\n');
        }
    }
}

fn card(out: &mut String, level: usize, card: &Card) {
    heading(out, level + 1, &card.title);
    if !card.kind.is_empty() {
        let _ = writeln!(out, "{}\n", words(&card.kind));
    }
    blocks(out, level + 1, &card.blocks);
}

fn figure(out: &mut String, level: usize, figure: &Figure) {
    let _ = writeln!(out, "**{}**\n", escaped(&plain(&figure.caption)));
    if !figure.note.is_empty() {
        let _ = writeln!(out, "{}\n", escaped(&figure.note));
    }
    if let Some(numbers) = &figure.table {
        block(out, level, &Block::Table(numbers.clone()));
    }
}

fn table(out: &mut String, table: &Table) {
    let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    out.push_str(&row(table
        .head
        .iter()
        .map(|column| escaped(&column.title))
        .collect()));
    out.push_str(&row(table
        .head
        .iter()
        .map(|column| rule(column).to_owned())
        .collect()));
    for cells in &table.rows {
        out.push_str(&row(cells.iter().map(words).collect()));
    }
    out.push('\n');
}

fn rule(column: &Column) -> &'static str {
    match column.kind {
        ColumnKind::Text => "---",
        ColumnKind::Number => "---:",
    }
}

/// Lines end with `<br>`, which also holds in a cell of a table.
pub(crate) fn words(words: &Words) -> String {
    let parts = words.0.iter().map(|inline| match inline {
        Inline::Text(text) => escaped(text),
        Inline::Data(text) => escaped(&isolated(text)),
        Inline::Strong(text) => format!("<b>{}</b>", escaped(text)),
        Inline::Name(name) => format!("<code>{}</code>", escaped(&isolated(name))),
        Inline::Small(text) => format!("<br><sub>{}</sub>", escaped(text)),
        Inline::Badge(Tone::Quiet, text) => format!("<i>{}</i>", escaped(text)),
        Inline::Badge(_, text) => format!("<b>{}</b>", escaped(text)),
        Inline::Break => "<br>".to_owned(),
    });
    parts.collect()
}

fn one_line(text: &Words) -> String {
    escaped(&plain(text))
}

/// The `@` stands in an element of its own, because an entity alone still makes an address or
/// a mention of the text that it becomes.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut counts = true;
    for (at, character) in text.chars().enumerate() {
        match character {
            '@' => out.push_str("<span>&#64;</span>"),
            '&' | '<' | '>' | '"' | '\'' | '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '$' | '~'
            | '|' | '!' | '^' | ':' | '{' | '}' => entity(&mut out, character),
            // A list, a rule, a heading by underlining, or a numbered list.
            '-' | '+' | '=' if at == 0 || before == ' ' => entity(&mut out, character),
            '.' | ')' if counts || matches!(before, 'w' | 'W') => entity(&mut out, character),
            '\u{2028}' | '\u{2029}' => out.push(' '),
            _ if character.is_control() => out.push(' '),
            _ => out.push(character),
        }
        before = character;
        // Until something else comes, digits may be the number of a list.
        counts &= character.is_ascii_digit();
    }
    out
}

fn entity(out: &mut String, character: char) {
    let _ = write!(out, "&#{};", u32::from(character));
}

#[cfg(test)]
mod tests {
    use super::{Words, escaped, words};

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(escaped(text), expected);
    }

    #[test]
    fn text_cannot_become_a_block() {
        check("- a", "&#45; a");
        check("# a", "&#35; a");
        check("1. a", "1&#46; a");
        check("a|b\nc", "a&#124;b c");
        check("non-stop", "non-stop");
    }

    #[test]
    fn text_cannot_become_a_link() {
        check("https://e.x", "https&#58;//e.x");
        check("www.e.x", "www&#46;e.x");
        check("ada@e.x", "ada<span>&#64;</span>e.x");
        check("[a](b)", "&#91;a&#93;(b)");
    }

    #[test]
    fn lines_of_the_data_end_where_they_did() {
        assert_eq!(words(&Words::new().whole("a\n\n- b")), "a<br><br>&#45; b");
    }
}
