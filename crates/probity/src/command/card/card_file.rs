//! A model card as a file, for teams that keep their cards with their code. The form is ours:
//!
//! ```yaml
//! name: credit-approval        # else the name of the file without its ending
//! status: Draft                # else nothing is said of it
//! tags: {team: risk}
//! content:
//!   intended_uses:
//!     purpose_of_model: scores applications
//! ```
//!
//! or the bare content. A key without a value says nothing, as if it were not there: a skeleton
//! may be filled little by little.

use std::fmt;
use std::path::{Path, PathBuf};

use probity_domain::document::model_card::{Content, InvalidContent, Variant};
use probity_domain::resource::CardStatus;
use serde_json::{Map, Value};

use super::source::{Notation, Source};

#[derive(Clone, Debug)]
pub(super) struct CardFile {
    pub(super) path: PathBuf,
    pub(super) notation: Notation,
    pub(super) form: Form,
    pub(super) name: String,
    pub(super) status: Option<CardStatus>,
    /// `None` where the file says nothing of tags.
    pub(super) tags: Option<Vec<(String, String)>>,
    pub(super) content: Content,
    /// The file as it is.
    pub(super) text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// With a name, a status or tags around the content.
    Wrapped,
    Bare,
}

/// Something wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileFault {
    pub(super) path: PathBuf,
    pub(super) line: Option<u64>,
    /// Where in the document; empty where it is none.
    pub(super) at: String,
    pub(super) problem: String,
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if !self.at.is_empty() {
            write!(f, ": {}", self.at)?;
        }
        write!(f, ": {}", self.problem)
    }
}

const WRAPPING: [&str; 4] = ["name", "status", "tags", "content"];
/// Sections of the card's schema, of a bare card the members.
const SECTIONS: [&str; 7] = [
    "model_overview",
    "model_package_details",
    "intended_uses",
    "business_details",
    "training_details",
    "evaluation_details",
    "additional_information",
];
const LONGEST_NAME: usize = 63;

/// Whether a member of a file says that it is meant to be a card.
pub(super) fn is_member(name: &str) -> bool {
    WRAPPING.contains(&name) || SECTIONS.contains(&name)
}

impl CardFile {
    /// What the text of a file says; else everything that is wrong with it, up to a bound.
    pub(super) fn parse(text: String, path: &Path) -> Result<CardFile, Vec<FileFault>> {
        let notation = Notation::of(path).unwrap_or(Notation::Yaml);
        let source = Source::parse(&text, notation).map_err(|fault| {
            vec![FileFault {
                path: path.to_owned(),
                line: fault.line,
                at: String::new(),
                problem: fault.problem,
            }]
        })?;
        let mut reading = Reading {
            path,
            source: &source,
            faults: Vec::new(),
        };
        let parts = reading.parts();
        match (parts, reading.faults.is_empty()) {
            (Some(parts), true) => Ok(CardFile {
                path: path.to_owned(),
                notation,
                form: parts.form,
                name: parts.name,
                status: parts.status,
                tags: parts.tags,
                content: parts.content,
                text,
            }),
            (_, _) => Err(reading.faults),
        }
    }

    /// The path of the file that a binding names, beside the card.
    pub(super) fn beside(&self, report: &str) -> PathBuf {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        folder.join(report)
    }
}

/// What a name of a card may be, in the pattern of the SageMaker API.
pub(super) fn is_name(text: &str) -> bool {
    let ends = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
    text.len() <= LONGEST_NAME
        && ends(text.chars().next())
        && ends(text.chars().next_back())
        && text
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
}

#[derive(Debug)]
struct Parts {
    form: Form,
    name: String,
    status: Option<CardStatus>,
    tags: Option<Vec<(String, String)>>,
    content: Content,
}

#[derive(Debug)]
struct Reading<'a> {
    path: &'a Path,
    source: &'a Source,
    faults: Vec<FileFault>,
}

impl Reading<'_> {
    fn add(&mut self, at: &str, problem: impl Into<String>) {
        self.faults.push(FileFault {
            path: self.path.to_owned(),
            line: self.source.line(at),
            at: at.to_owned(),
            problem: problem.into(),
        });
    }

    fn parts(&mut self) -> Option<Parts> {
        let Value::Object(members) = &self.source.value else {
            self.add("$", "a card file holds a mapping");
            return None;
        };
        let form = match WRAPPING.iter().any(|name| members.contains_key(*name)) {
            true => Form::Wrapped,
            false => Form::Bare,
        };
        let (status, tags, content) = match form {
            Form::Bare => (None, None, self.content(self.source.value.clone(), "$")),
            Form::Wrapped => {
                self.refuse_unknown(members);
                let content = members.get("content").cloned().unwrap_or(Value::Null);
                (
                    self.status(members),
                    self.tags(members),
                    self.content(content, "$.content"),
                )
            }
        };
        let name = self.name(members, form)?;
        Some(Parts {
            form,
            name,
            status,
            tags,
            content: content?,
        })
    }

    fn refuse_unknown(&mut self, members: &Map<String, Value>) {
        for name in members.keys() {
            if !WRAPPING.contains(&name.as_str()) {
                self.add(
                    &format!("$.{name}"),
                    "the key is not known here, expected `name`, `status`, `tags` or `content`; \
                     sections of the card stand below `content`",
                );
            }
        }
    }

    fn name(&mut self, members: &Map<String, Value>, form: Form) -> Option<String> {
        let said = match form {
            Form::Wrapped => members.get("name").filter(|name| !name.is_null()),
            Form::Bare => None,
        };
        let name = match said {
            Some(Value::String(name)) => name.clone(),
            Some(_) => {
                self.add("$.name", "the name is no text");
                return None;
            }
            None => self.path.file_stem()?.to_string_lossy().into_owned(),
        };
        if is_name(&name) {
            return Some(name);
        }
        let at = said.map_or("", |_| "$.name");
        self.add(
            at,
            format!(
                "`{name}` is no name of a card: letters, digits and hyphens, at most \
                 {LONGEST_NAME}, no hyphen at either end"
            ),
        );
        None
    }

    fn status(&mut self, members: &Map<String, Value>) -> Option<CardStatus> {
        let said = members.get("status").filter(|status| !status.is_null())?;
        let status = said.as_str().and_then(CardStatus::parse);
        if status.is_none() {
            self.add(
                "$.status",
                format!("{said} is no status, expected Draft, PendingReview, Approved or Archived"),
            );
        }
        status
    }

    fn tags(&mut self, members: &Map<String, Value>) -> Option<Vec<(String, String)>> {
        let said = match members.get("tags")? {
            Value::Null => return None,
            Value::Object(said) => said,
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                self.add("$.tags", "tags are a mapping of texts, as `{team: risk}`");
                return None;
            }
        };
        let mut tags = Vec::new();
        for (key, value) in said {
            match value {
                Value::String(text) => tags.push((key.clone(), text.clone())),
                Value::Null => tags.push((key.clone(), String::new())),
                Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                    self.add(
                        &format!("$.tags.{key}"),
                        format!("found `{value}`, expected a text; {QUOTES}"),
                    );
                }
            }
        }
        Some(tags)
    }

    fn content(&mut self, said: Value, root: &str) -> Option<Content> {
        let value = without_nothing(said).unwrap_or_else(|| Value::Object(Map::new()));
        match Content::of_value(value, Variant::Card) {
            Ok(content) => Some(content),
            Err(invalid) => {
                self.add_all(invalid, root);
                None
            }
        }
    }

    fn add_all(&mut self, invalid: InvalidContent, root: &str) {
        for fault in invalid.faults {
            let place = fault.path.strip_prefix('$').unwrap_or(&fault.path);
            let mut problem = fault.problem;
            // `true`, `7`, where YAML could have been told that it is a text.
            if problem.starts_with("found `") && problem.ends_with("expected a text") {
                problem.push_str("; ");
                problem.push_str(QUOTES);
            }
            self.add(&format!("{root}{place}"), problem);
        }
        if invalid.more > 0 {
            self.add("", format!("and {} more", invalid.more));
        }
    }
}

const QUOTES: &str = "put it in quotes";

/// Without members that say nothing, and what holds nothing else; empty texts stay.
fn without_nothing(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Object(members) => {
            let was_empty = members.is_empty();
            let said: Map<String, Value> = members
                .into_iter()
                .filter_map(|(name, value)| Some((name, without_nothing(value)?)))
                .collect();
            (was_empty || !said.is_empty()).then_some(Value::Object(said))
        }
        // What a list holds is counted: nothing is taken from it.
        Value::Array(items) => Some(Value::Array(
            items
                .into_iter()
                .map(|item| without_nothing(item).unwrap_or(Value::Null))
                .collect(),
        )),
        said @ (Value::Bool(_) | Value::Number(_) | Value::String(_)) => Some(said),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(text: &str) -> Result<CardFile, Vec<FileFault>> {
        CardFile::parse(text.to_owned(), Path::new("cards/credit-approval.yaml"))
    }

    #[track_caller]
    fn faults(text: &str) -> Vec<String> {
        let faults = parse(text).unwrap_err();
        faults.iter().map(FileFault::to_string).collect()
    }

    #[test]
    fn a_wrapped_card_says_who_it_is() {
        let card = parse(
            "name: other\nstatus: Approved\ntags: {team: risk}\ncontent:\n  intended_uses:\n    \
             risk_rating: High\n",
        )
        .unwrap();
        assert_eq!(
            (card.name.as_str(), card.form, card.status),
            ("other", Form::Wrapped, Some(CardStatus::Approved))
        );
        assert_eq!(
            card.tags,
            Some(vec![("team".to_owned(), "risk".to_owned())])
        );
        assert_eq!(
            card.content.value(),
            &json!({"intended_uses": {"risk_rating": "High"}})
        );
    }

    #[test]
    fn a_bare_card_is_named_by_its_file() {
        let card = parse("intended_uses: {risk_rating: Low}\n").unwrap();
        assert_eq!(
            (card.name.as_str(), card.form),
            ("credit-approval", Form::Bare)
        );
        assert_eq!((card.status, card.tags), (None, None));
    }

    #[test]
    fn keys_without_a_value_say_nothing() {
        let card = parse(
            "content:\n  intended_uses:\n    risk_rating:\n  business_details: {}\n  \
             model_overview:\n    model_owner: ''\n    model_name:\n",
        )
        .unwrap();
        assert_eq!(
            card.content.value(),
            &json!({"business_details": {}, "model_overview": {"model_owner": ""}})
        );
    }

    #[test]
    fn everything_that_is_wrong_is_told_with_its_line() {
        let told = faults(
            "name: a_b\nstatus: draft\ntags:\n  size: 3\nowner: me\ncontent:\n  \
             intended_uses:\n    risk_rating: Huge\n",
        );
        let starts = [
            "cards/credit-approval.yaml:5: $.owner: the key is not known here",
            "cards/credit-approval.yaml:2: $.status: \"draft\" is no status",
            "cards/credit-approval.yaml:4: $.tags.size: found `3`, expected a text; put it in",
            "cards/credit-approval.yaml:8: $.content.intended_uses.risk_rating: found the text",
            "cards/credit-approval.yaml:1: $.name: `a_b` is no name of a card",
        ];
        assert_eq!(told.len(), starts.len(), "{told:?}");
        for (told, start) in told.iter().zip(starts) {
            assert!(told.starts_with(start), "{told}");
        }
    }

    #[test]
    fn a_number_for_a_text_says_what_to_do_in_yaml() {
        let told = faults("additional_information:\n  custom_details:\n    year: 2026\n");
        assert!(told[0].ends_with("put it in quotes"), "{told:?}");
        assert!(told[0].contains(":3: "), "{told:?}");
    }

    #[test]
    fn names_are_those_of_the_api() {
        for name in ["a", "a-b", "A1", &"x".repeat(63)] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "-a", "a-", "a_b", "a.b", "ä", &"x".repeat(64)] {
            assert!(!is_name(name), "{name}");
        }
    }
}
