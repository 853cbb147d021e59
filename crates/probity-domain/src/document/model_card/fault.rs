//! What is wrong with the content of a card: all of it at once, each with its place.

use std::fmt;

use serde_json::Value;

/// A text that is wrong everywhere would otherwise answer with a longer one.
const MOST_TOLD: usize = 20;
/// Of a value that is repeated in a message.
const LONGEST_QUOTED: usize = 40;

/// Why a content is not one of a model card.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", told(.faults, *.more))]
pub struct InvalidContent {
    /// The first of them, in the order of the document.
    pub faults: Vec<ContentFault>,
    /// How many more there are.
    pub more: usize,
}

/// Something wrong at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentFault {
    /// As a JSON path: `$.evaluation_details[0].name`.
    pub path: String,
    /// What is wrong and what is allowed.
    pub problem: String,
}

impl fmt::Display for ContentFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.problem)
    }
}

fn told(faults: &[ContentFault], more: usize) -> String {
    let faults: Vec<String> = faults.iter().map(ContentFault::to_string).collect();
    let mut text = format!("Model card content is not valid: {}", faults.join("; "));
    if more > 0 {
        text.push_str(&format!("; and {more} more"));
    }
    text
}

/// Faults found so far.
#[derive(Debug, Default)]
pub(super) struct Faults {
    found: Vec<ContentFault>,
    more: usize,
}

impl Faults {
    pub(super) fn add(&mut self, path: &Path, problem: String) {
        if self.found.len() == MOST_TOLD {
            self.more += 1;
            return;
        }
        let path = path.to_string();
        self.found.push(ContentFault { path, problem });
    }

    /// An error where something was found.
    pub(super) fn into_result(self) -> Result<(), InvalidContent> {
        if self.found.is_empty() {
            return Ok(());
        }
        Err(InvalidContent {
            faults: self.found,
            more: self.more,
        })
    }
}

impl InvalidContent {
    pub(super) fn at_root(problem: String) -> InvalidContent {
        InvalidContent {
            faults: vec![ContentFault {
                path: "$".to_owned(),
                problem,
            }],
            more: 0,
        }
    }
}

/// The way to a value, from the root.
#[derive(Clone, Debug, Default)]
pub(super) struct Path(Vec<Segment>);

#[derive(Clone, Debug)]
enum Segment {
    Member(String),
    Item(usize),
}

impl Path {
    pub(super) fn enter_member(&mut self, name: &str) {
        self.0.push(Segment::Member(name.to_owned()));
    }

    pub(super) fn enter_item(&mut self, index: usize) {
        self.0.push(Segment::Item(index));
    }

    pub(super) fn leave(&mut self) {
        self.0.pop();
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        for segment in &self.0 {
            match segment {
                Segment::Item(index) => write!(f, "[{index}]")?,
                Segment::Member(name) if is_plain(name) => write!(f, ".{name}")?,
                Segment::Member(name) => write!(f, "[{}]", Value::from(shortened(name)))?,
            }
        }
        Ok(())
    }
}

/// Whether a key is written without quotes in a path.
pub(super) fn is_plain(name: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    !name.is_empty() && name.len() <= LONGEST_QUOTED && name.chars().all(plain)
}

/// The beginning of a text that may be long.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_QUOTED) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// `` `a`, `b` or `c` ``
pub(super) fn alternatives(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
