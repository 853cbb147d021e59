//! What a report says, apart from how it is shown: one content for a page, a typeset document
//! and a notebook. Text of the data stands in it as it is; each form escapes for itself.

mod html;
mod markdown;
mod markup;
mod markup_table;
mod notebook;
mod plain;
mod tongue;

pub(crate) use html::sections as sections_html;
pub(crate) use html::words as words_html;
pub(crate) use markdown::{
    escaped as escaped_markdown, sections as sections_markdown, words as words_markdown,
};
pub use markup::Typesetting;
pub(crate) use markup::{
    Body, FrontPage, Rows, content as typst_content, sections as sections_markup,
    string as typst_string, typesetting,
};
pub(crate) use notebook::{NotebookFront, notebook};

use maud::Markup;

/// Characters of a name or value of the data.
const LONGEST: usize = 160;

/// A run of text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Words(Vec<Inline>);

#[derive(Clone, Debug, PartialEq)]
enum Inline {
    /// Our own words.
    Text(String),
    Strong(String),
    /// A name of the data, set apart in a sentence.
    Name(String),
    /// A name or value of the data, where its place sets it apart.
    Data(String),
    /// On a line of its own, smaller.
    Small(String),
    /// A word in a box: a state that is seen at a glance. Its words say what its colour says.
    Badge(Tone, String),
    /// The end of a line.
    Break,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Bad,
    Warning,
    Neutral,
    /// No box: what is missing.
    Quiet,
}

impl Tone {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Warning => "warning",
            Self::Neutral => "neutral",
            Self::Quiet => "quiet",
        }
    }
}

impl Words {
    pub(crate) fn new() -> Words {
        Words(Vec::new())
    }

    pub(crate) fn of(text: impl Into<String>) -> Words {
        Words::new().text(text)
    }

    pub(crate) fn text(self, text: impl Into<String>) -> Words {
        self.with(Inline::Text(text.into()))
    }

    pub(crate) fn strong(self, text: impl Into<String>) -> Words {
        self.with(Inline::Strong(text.into()))
    }

    pub(crate) fn name(self, name: &str) -> Words {
        self.with(Inline::Name(visible(name)))
    }

    pub(crate) fn data(self, value: &str) -> Words {
        self.with(Inline::Data(visible(value)))
    }

    pub(crate) fn small(self, text: impl Into<String>) -> Words {
        self.with(Inline::Small(text.into()))
    }

    pub(crate) fn badge(self, tone: Tone, text: impl Into<String>) -> Words {
        self.with(Inline::Badge(tone, text.into()))
    }

    /// A text of the data in its full length, with its lines.
    pub(crate) fn whole(mut self, text: &str) -> Words {
        for (at, line) in text.trim().lines().enumerate() {
            if at > 0 {
                self = self.with(Inline::Break);
            }
            let line = line.trim_end();
            if !line.is_empty() {
                self = self.with(Inline::Data(line.chars().map(seen).collect()));
            }
        }
        self
    }

    /// A path, an ARN, a hash of the data in its full length.
    pub(crate) fn whole_name(self, name: &str) -> Words {
        self.with(Inline::Name(name.chars().map(seen).collect()))
    }

    pub(crate) fn line_break(self) -> Words {
        self.with(Inline::Break)
    }

    /// Text in which pairs of backticks set names apart; a lonely backtick stays.
    pub(crate) fn prose(text: &str) -> Words {
        let parts: Vec<&str> = text.split('`').collect();
        if parts.len().is_multiple_of(2) {
            return Words::of(text);
        }
        let marked = parts.iter().enumerate().map(|(at, part)| {
            if at % 2 == 1 {
                Inline::Name(visible(part))
            } else {
                Inline::Text((*part).to_owned())
            }
        });
        Words(marked.collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn append(mut self, other: Words) -> Words {
        self.0.extend(other.0);
        self
    }

    fn with(mut self, inline: Inline) -> Words {
        self.0.push(inline);
        self
    }
}

/// A name that can be seen, of a length that a page bears, without what no page may hold.
pub(crate) fn visible(name: &str) -> String {
    if name.trim().is_empty() {
        return "(empty)".to_owned();
    }
    let mut characters = name.chars();
    let mut start: String = characters.by_ref().take(LONGEST).map(seen).collect();
    if characters.next().is_some() {
        start.push('…');
    }
    start
}

/// A character of the data as a page may hold it. Overrides of the writing direction have no use
/// in a text and could make it read as another.
fn seen(character: char) -> char {
    match character {
        '\u{FFFE}' | '\u{FFFF}' | '\u{202D}' | '\u{202E}' => '\u{FFFD}',
        '\t' => ' ',
        character if character.is_control() => '␣',
        character => character,
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) id: String,
    pub(crate) heading: Words,
    pub(crate) look: Look,
    pub(crate) blocks: Vec<Block>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    Plain,
    /// A box that is read before anything else.
    Notes,
    /// How to read the numbers.
    Method,
}

#[derive(Clone, Debug)]
pub(crate) enum Block {
    Paragraph(Words),
    /// Smaller: what qualifies the rest.
    Fine(Words),
    List(Vec<Words>),
    /// A heading within a section.
    Sub(Words),
    Figure(Figure),
    Table(Table),
    /// Side by side where there is room.
    Cards(Vec<Card>),
    /// Folded away on a page.
    Fold {
        summary: String,
        blocks: Vec<Block>,
    },
    /// Lines to be copied.
    Code(String),
    Terms(Vec<(String, Words)>),
}

#[derive(Clone, Debug)]
pub(crate) struct Card {
    pub(crate) id: Option<String>,
    pub(crate) title: Words,
    /// What kind of thing it is, beside the title.
    pub(crate) kind: Words,
    pub(crate) width: Width,
    pub(crate) blocks: Vec<Block>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Width {
    /// Beside others.
    Half,
    /// A row of its own, its figures beside their tables.
    Full,
    /// The same, and a page of its own where there are pages.
    Page,
}

#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) caption: Words,
    /// Unit or key, at the other end of the caption's line.
    pub(crate) note: String,
    pub(crate) picture: Markup,
    /// The numbers of the picture.
    pub(crate) table: Option<Table>,
    /// Of the notebook: how to go on with the numbers.
    pub(crate) code: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    /// Said to screen readers, and above the table where it stands alone.
    pub(crate) caption: String,
    pub(crate) head: Vec<Column>,
    /// The first cell of a row is its name.
    pub(crate) rows: Vec<Vec<Words>>,
    pub(crate) code: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) title: String,
    pub(crate) kind: ColumnKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    Text,
    Number,
}

impl Column {
    pub(crate) fn text(title: impl Into<String>) -> Column {
        Column {
            title: title.into(),
            kind: ColumnKind::Text,
        }
    }

    pub(crate) fn number(title: impl Into<String>) -> Column {
        Column {
            title: title.into(),
            kind: ColumnKind::Number,
        }
    }
}
