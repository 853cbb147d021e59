//! An article as a Jupyter notebook: text cells, and code cells whose outputs are the tables
//! and pictures, so that a reader can go on from the documents beside it.
//!
//! The form of the file is `probity_domain::document::notebook`.

use std::fmt::Write as _;

use maud::Markup;
use probity_domain::document::notebook::{CodeCell, DisplayedData, Notebook, NotebookCell};

use super::plain::plain;
use super::{Block, Card, Figure, Inline, Section, Table, Words};
use crate::chart::{Face, standalone};

/// The first cells.
#[derive(Clone, Debug)]
pub(crate) struct NotebookFront {
    pub(crate) kind: String,
    pub(crate) title: Option<String>,
    pub(crate) headlines: Vec<String>,
    pub(crate) leads: Vec<Words>,
    /// Python that loads the documents.
    pub(crate) loading: String,
    pub(crate) origin: Words,
}

/// `parts`: a heading, which may be empty, and its sections.
pub(crate) fn notebook(front: &NotebookFront, parts: &[(String, Vec<Section>)]) -> Notebook {
    let mut cells = Cells::default();
    let title = front.title.as_deref().unwrap_or("Analysis report");
    let mut top = format!("# {}\n\n{}\n", escaped(title), escaped(&front.kind));
    for (headline, lead) in front.headlines.iter().zip(&front.leads) {
        let _ = write!(top, "\n**{}**\n\n{}\n", escaped(headline), markdown(lead));
    }
    cells.text(&top);
    cells.code(&front.loading, Vec::new());
    for (heading, sections) in parts {
        if !heading.is_empty() {
            cells.text(&format!("# {}", escaped(heading)));
        }
        for part in sections {
            cells.text(&format!("## {}", markdown(&part.heading)));
            cells.blocks(&part.blocks);
        }
    }
    cells.text(&markdown(&front.origin));
    Notebook {
        title: title.to_owned(),
        cells: cells.0,
    }
}

#[derive(Default)]
struct Cells(Vec<NotebookCell>);

impl Cells {
    fn text(&mut self, source: &str) {
        self.0.push(NotebookCell::Markdown(source.to_owned()));
    }

    fn code(&mut self, source: &str, outputs: Vec<DisplayedData>) {
        self.0.push(NotebookCell::Code(CodeCell {
            source: source.to_owned(),
            outputs,
        }));
    }

    /// Text that follows text goes into one cell.
    fn blocks(&mut self, blocks: &[Block]) {
        let mut text = String::new();
        for block in blocks {
            if let Some(more) = as_text(block) {
                text.push_str(&more);
                continue;
            }
            self.flush(&mut text);
            match block {
                Block::Figure(part) => self.figure(part),
                Block::Table(part) => self.table(part),
                Block::Cards(cards) => cards.iter().for_each(|part| self.card(part)),
                Block::Fold { summary, blocks } => {
                    self.text(&format!("#### {}", escaped(summary)));
                    self.blocks(blocks);
                }
                Block::Paragraph(_)
                | Block::Fine(_)
                | Block::List(_)
                | Block::Sub(_)
                | Block::Code(_)
                | Block::Terms(_) => {}
            }
        }
        self.flush(&mut text);
    }

    fn flush(&mut self, text: &mut String) {
        if !text.is_empty() {
            self.text(text.trim_end());
            text.clear();
        }
    }

    fn card(&mut self, card: &Card) {
        self.text(&format!(
            "### {}\n\n{}",
            markdown(&card.title),
            markdown(&card.kind)
        ));
        self.blocks(&card.blocks);
    }

    fn figure(&mut self, figure: &Figure) {
        let Some(drawn) = standalone(&figure.picture.clone().into_string(), Face::Screen) else {
            return;
        };
        let caption = plain(&figure.caption);
        let picture = DisplayedData {
            html: None,
            svg: Some(drawn),
            plain: caption.clone(),
        };
        let mut outputs = vec![picture];
        outputs.extend(figure.table.as_ref().map(shown_table));
        let comment = format!("# {}", one_line(&caption));
        let code = figure
            .code
            .as_ref()
            .map_or(comment.clone(), |code| format!("{comment}\n{code}"));
        self.code(&code, outputs);
    }

    fn table(&mut self, table: &Table) {
        let comment = format!("# {}", one_line(&table.caption));
        let code = table
            .code
            .as_ref()
            .map_or(comment.clone(), |code| format!("{comment}\n{code}"));
        self.code(&code, vec![shown_table(table)]);
    }
}

/// `None` for what is no text.
fn as_text(block: &Block) -> Option<String> {
    match block {
        Block::Paragraph(text) => Some(format!("{}\n\n", markdown(text))),
        Block::Fine(text) => Some(format!("<small>{}</small>\n\n", markdown(text))),
        Block::Sub(text) => Some(format!("### {}\n\n", markdown(text))),
        Block::List(items) => {
            let items: String = items
                .iter()
                .map(|item| format!("- {}\n", markdown(item)))
                .collect();
            Some(format!("{items}\n"))
        }
        Block::Code(lines) => Some(format!("~~~\n{lines}\n~~~\n\n")),
        Block::Terms(terms) => {
            let terms = terms
                .iter()
                .map(|(term, meaning)| format!("- **{}**: {}\n", escaped(term), markdown(meaning)));
            Some(format!("{}\n", terms.collect::<String>()))
        }
        Block::Figure(_) | Block::Table(_) | Block::Cards(_) | Block::Fold { .. } => None,
    }
}

fn shown_table(table: &Table) -> DisplayedData {
    let html: Markup = super::html::table(table, "dataframe");
    DisplayedData {
        html: Some(html.into_string()),
        svg: None,
        plain: columns(table),
    }
}

/// Tab-separated: readable where there is no HTML.
fn columns(table: &Table) -> String {
    let head: Vec<&str> = table
        .head
        .iter()
        .map(|column| column.title.as_str())
        .collect();
    let mut text = head.join("\t");
    for row in &table.rows {
        let cells: Vec<String> = row
            .iter()
            .map(|cell| one_line(&plain(cell)).replace('\t', " "))
            .collect();
        let _ = write!(text, "\n{}", cells.join("\t"));
    }
    text
}

fn markdown(words: &Words) -> String {
    let parts = words.0.iter().map(|inline| match inline {
        Inline::Text(text) => escaped(text),
        Inline::Strong(text) => format!("<b>{}</b>", escaped(text)),
        Inline::Name(name) => format!("<code>{}</code>", escaped(name)),
        Inline::Data(value) => escaped(value),
        Inline::Small(text) => format!(" ({})", escaped(text)),
        Inline::Badge(_, text) => format!("<b>{}</b>", escaped(text)),
        Inline::Break => "<br>".to_owned(),
    });
    parts.collect()
}

/// Whatever Markdown, HTML or mathematics could take for a mark becomes an entity.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in one_line(text).chars() {
        match character {
            '&' | '<' | '>' | '"' | '\'' | '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '$' | '~'
            | '|' | '!' | '^' => {
                let _ = write!(out, "&#{};", u32::from(character));
            }
            character => out.push(character),
        }
    }
    out
}

/// Also keeps a comment of Python from ending before its line does.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\u{2028}' | '\u{2029}' => ' ',
            character if character.is_control() => ' ',
            character => character,
        })
        .collect()
}
