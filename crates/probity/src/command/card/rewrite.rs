//! Changes of a card's file that leave the rest of its text, comments and all, as it is.
//!
//! A change is made in the text, and then the new text is read: only where it says exactly what it
//! shall is it taken. Where it does not (flow style, anchors), the whole file is written anew, and
//! its comments are lost; whoever asked is told.

use anyhow::{Result, anyhow};
use probity_domain::resource::CardStatus;
use serde_json::{Map, Value, json};

use super::card_file::{CardFile, Form};
use super::source::{Notation, Source};
use super::yaml;

#[derive(Debug)]
pub(super) struct Rewritten {
    pub(super) text: String,
    pub(super) comments: Comments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comments {
    Kept,
    Lost,
}

/// The file with another status.
pub(super) fn with_status(card: &CardFile, status: CardStatus) -> Result<Rewritten> {
    let wanted = Wanted {
        status: Some(status),
        content: card.content.value().clone(),
    };
    let text = match card.notation {
        Notation::Json => None,
        Notation::Yaml => Some(status_in(card, status)),
    };
    wanted.taken(card, text)
}

/// The file with this evaluation in the place of the one of its name, or as the last one.
pub(super) fn with_evaluation(card: &CardFile, evaluation: &Value) -> Result<Rewritten> {
    let mut content = card.content.value().clone();
    let place = put(&mut content, evaluation);
    let wanted = Wanted {
        status: card.status,
        content,
    };
    let text = match (card.notation, place) {
        (Notation::Json, _) | (Notation::Yaml, None) => None,
        (Notation::Yaml, Some(place)) => evaluation_in(card, evaluation, place)?,
    };
    wanted.taken(card, text)
}

/// Where the evaluation stands in the new content; whether it was there is seen in the old one.
fn put(content: &mut Value, evaluation: &Value) -> Option<usize> {
    let sections = content.as_object_mut()?;
    let list = sections
        .entry("evaluation_details")
        .or_insert_with(|| json!([]))
        .as_array_mut()?;
    let place = list
        .iter()
        .position(|other| other["name"] == evaluation["name"]);
    match place {
        Some(place) => list[place] = evaluation.clone(),
        None => list.push(evaluation.clone()),
    }
    Some(place.unwrap_or(list.len() - 1))
}

/// What the new text shall say.
#[derive(Debug)]
struct Wanted {
    status: Option<CardStatus>,
    content: Value,
}

impl Wanted {
    fn taken(&self, card: &CardFile, text: Option<String>) -> Result<Rewritten> {
        if let Some(text) = text
            && self.is_said_by(card, &text)
        {
            return Ok(Rewritten {
                text,
                comments: Comments::Kept,
            });
        }
        let text = self.anew(card)?;
        if !self.is_said_by(card, &text) {
            return Err(anyhow!(
                "failed to write `{}` anew: it would say something else",
                card.path.display()
            ));
        }
        let comments = match card.notation {
            Notation::Yaml if card.text.contains('#') => Comments::Lost,
            Notation::Yaml | Notation::Json => Comments::Kept,
        };
        Ok(Rewritten { text, comments })
    }

    fn is_said_by(&self, card: &CardFile, text: &str) -> bool {
        CardFile::parse(text.to_owned(), &card.path).is_ok_and(|new| {
            new.name == card.name
                && new.tags == card.tags
                && new.status == self.status
                && new.content.value() == &self.content
        })
    }

    fn anew(&self, card: &CardFile) -> Result<String> {
        let mut file = Map::new();
        if card.form == Form::Wrapped || self.status.is_some() {
            file.insert("name".to_owned(), json!(card.name));
            if let Some(status) = self.status {
                file.insert("status".to_owned(), json!(status.as_str()));
            }
            if let Some(tags) = &card.tags {
                let tags = tags.iter().map(|(key, value)| (key.clone(), json!(value)));
                file.insert("tags".to_owned(), Value::Object(tags.collect()));
            }
            file.insert("content".to_owned(), self.content.clone());
        } else if let Value::Object(content) = &self.content {
            file = content.clone();
        }
        let file = Value::Object(file);
        match card.notation {
            Notation::Yaml => yaml::text(&file),
            Notation::Json => Ok(format!("{file:#}\n")),
        }
    }
}

fn status_in(card: &CardFile, status: CardStatus) -> String {
    let line = format!("status: {}", status.as_str());
    let lines: Vec<&str> = card.text.lines().collect();
    if card.form == Form::Bare {
        let content: String = lines.iter().map(|line| shifted(line)).collect();
        return format!("{line}\ncontent:\n{content}");
    }
    let starts = |start: &str| lines.iter().position(|line| line.starts_with(start));
    let mut new: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    match (starts("status:"), starts("name:"), starts("content:")) {
        (Some(at), _, _) => {
            new[at] = format!("{line}{}", comment_of(lines[at]));
        }
        (None, Some(name), _) => new.insert(name + 1, line),
        (None, None, Some(content)) => new.insert(content, line),
        (None, None, None) => new.push(line),
    }
    new.join("\n") + "\n"
}

/// With the white space in front of it.
fn comment_of(line: &str) -> &str {
    let Some(start) = line.find(" #") else {
        return "";
    };
    &line[line[..start].trim_end().len()..]
}

fn shifted(line: &str) -> String {
    match line.is_empty() {
        true => "\n".to_owned(),
        false => format!("  {line}\n"),
    }
}

/// `None` where the list is not in block style.
fn evaluation_in(card: &CardFile, evaluation: &Value, place: usize) -> Result<Option<String>> {
    let Ok(source) = Source::parse(&card.text, card.notation) else {
        return Ok(None);
    };
    let root = match card.form {
        Form::Wrapped => "$.content",
        Form::Bare => "$",
    };
    let page = Page {
        lines: card.text.lines().collect(),
        source: &source,
        list: format!("{root}.evaluation_details"),
    };
    let item = json!([evaluation]);
    if let Some((begin, dash)) = page.item(place) {
        let end = page.end(begin, dash);
        return Ok(Some(page.with(begin..end, &yaml::indented(&item, dash)?)));
    }
    if let Some((last, dash)) = place.checked_sub(1).and_then(|last| page.item(last)) {
        let end = page.end(last, dash);
        return Ok(Some(page.with(end..end, &yaml::indented(&item, dash)?)));
    }
    if let Some(at) = page.at(&page.list) {
        return page.in_empty_list(at, &item);
    }
    let (indent, end) = page.section(root);
    let section = json!({ "evaluation_details": item });
    Ok(Some(
        page.with(end..end, &yaml::indented(&section, indent)?),
    ))
}

#[derive(Debug)]
struct Page<'a> {
    lines: Vec<&'a str>,
    source: &'a Source,
    /// The path of the list of evaluations.
    list: String,
}

impl Page<'_> {
    /// The index of the line where the value at the path, exactly, begins.
    fn at(&self, path: &str) -> Option<usize> {
        let line = self.source.exact_line(path)?;
        usize::try_from(line).ok()?.checked_sub(1)
    }

    /// The first line of an item, and the column of its dash.
    fn item(&self, place: usize) -> Option<(usize, usize)> {
        let begin = self.at(&format!("{}[{place}]", self.list))?;
        let line = self.lines.get(begin)?;
        let dash = indent_of(line);
        line[dash..].starts_with("- ").then_some((begin, dash))
    }

    /// The line behind what began at `begin` and is further right than `indent`. Blank lines and
    /// comments at its end stay where they are.
    fn end(&self, begin: usize, indent: usize) -> usize {
        let mut end = begin + 1;
        for (place, line) in self.lines.iter().enumerate().skip(begin + 1) {
            let is_aside = line.trim().is_empty() || line.trim_start().starts_with('#');
            if !is_aside && indent_of(line) <= indent {
                break;
            }
            if !is_aside || indent_of(line) > indent && !line.trim().is_empty() {
                end = place + 1;
            }
        }
        end
    }

    /// The list is there, with nothing in it: `evaluation_details:`, or with `[]`.
    fn in_empty_list(&self, at: usize, item: &Value) -> Result<Option<String>> {
        let line = self.lines[at];
        let indent = indent_of(line);
        let key = "evaluation_details:";
        let Some(rest) = line[indent..].strip_prefix(key) else {
            return Ok(None);
        };
        let rest = rest.trim_start().trim_start_matches("[]").trim_start();
        if !rest.is_empty() && !rest.starts_with('#') {
            return Ok(None);
        }
        let space = if rest.is_empty() { "" } else { "  " };
        let head = format!("{}{key}{space}{rest}\n", " ".repeat(indent));
        let items = yaml::indented(item, indent + 2)?;
        Ok(Some(self.with(at..at + 1, &format!("{head}{items}"))))
    }

    /// How far right the sections stand, and the line behind the last of them.
    fn section(&self, root: &str) -> (usize, usize) {
        let content = (root != "$").then(|| self.at(root)).flatten();
        let Some(content) = content else {
            return (0, self.lines.len());
        };
        let first = self.source.value["content"]
            .as_object()
            .and_then(|sections| sections.keys().next())
            .and_then(|key| self.at(&format!("{root}.{key}")));
        let indent = first.map_or(2, |first| indent_of(self.lines[first]));
        (indent, self.end(content, indent_of(self.lines[content])))
    }

    fn with(&self, replaced: std::ops::Range<usize>, new: &str) -> String {
        let mut text = String::new();
        for line in &self.lines[..replaced.start] {
            text.push_str(line);
            text.push('\n');
        }
        text.push_str(new);
        for line in &self.lines[replaced.end..] {
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn card(text: &str, name: &str) -> CardFile {
        CardFile::parse(text.to_owned(), Path::new(name)).unwrap()
    }

    #[track_caller]
    fn status(text: &str, expected: &str) {
        let new = with_status(&card(text, "a.yaml"), CardStatus::PendingReview).unwrap();
        assert_eq!(
            (new.text.as_str(), new.comments),
            (expected, Comments::Kept)
        );
    }

    #[test]
    fn a_status_is_changed_where_it_stands() {
        status(
            "# mine\nname: a\nstatus: Draft  # not yet\ncontent: {}\n",
            "# mine\nname: a\nstatus: PendingReview  # not yet\ncontent: {}\n",
        );
        status(
            "# mine\nname: a\ncontent: {}\n",
            "# mine\nname: a\nstatus: PendingReview\ncontent: {}\n",
        );
        status(
            "content: {}\ntags: {a: b}\n",
            "status: PendingReview\ncontent: {}\ntags: {a: b}\n",
        );
    }

    #[test]
    fn a_bare_card_that_gets_a_status_is_wrapped() {
        status(
            "# mine\nintended_uses:\n  purpose_of_model: |\n    one\n\n    two\n",
            "status: PendingReview\ncontent:\n  # mine\n  intended_uses:\n    purpose_of_model: |\n      \
             one\n\n      two\n",
        );
    }

    #[track_caller]
    fn evaluation(text: &str, expected: &str) {
        let made = json!({"name": "f", "datasets": ["d"]});
        let new = with_evaluation(&card(text, "a.yaml"), &made).unwrap();
        assert_eq!(
            (new.text.as_str(), new.comments),
            (expected, Comments::Kept)
        );
    }

    #[test]
    fn an_evaluation_takes_the_place_of_the_one_of_its_name() {
        evaluation(
            "content:\n  # all of them\n  evaluation_details:\n    - name: f\n      evaluation_observation: \
             old\n      # gone\n    # next\n    - name: g  # stays\n  # last\n  business_details: {}\n",
            "content:\n  # all of them\n  evaluation_details:\n    - name: f\n      datasets:\n        - d\n    \
             # next\n    - name: g  # stays\n  # last\n  business_details: {}\n",
        );
    }

    #[test]
    fn a_new_evaluation_stands_behind_the_others() {
        evaluation(
            "evaluation_details:\n- name: g  # first\n# end\nbusiness_details: {}  # b\n",
            "evaluation_details:\n- name: g  # first\n- name: f\n  datasets:\n    - d\n# end\nbusiness_details: {}  # b\n",
        );
    }

    #[test]
    fn the_first_evaluation_makes_its_section() {
        let made = "evaluation_details:\n    - name: f\n      datasets:\n        - d\n";
        evaluation(
            "name: a\ncontent:\n  # one\n  business_details:\n    business_problem: x  # why\ntags: {a: b}\n",
            &format!(
                "name: a\ncontent:\n  # one\n  business_details:\n    business_problem: x  # why\n  {made}tags: {{a: b}}\n"
            ),
        );
        evaluation(
            "content:\n  evaluation_details:  # none yet\n",
            &format!(
                "content:\n  {}",
                made.replace("details:\n", "details:  # none yet\n")
            ),
        );
        evaluation(
            "content:\n  evaluation_details: []\n",
            &format!("content:\n  {made}"),
        );
    }

    #[test]
    fn what_cannot_be_changed_in_place_is_written_anew_and_said() {
        let text = "# lost\ncontent: {evaluation_details: [{name: g}]}\n";
        let new = with_evaluation(&card(text, "a.yaml"), &json!({"name": "f"})).unwrap();
        assert_eq!(new.comments, Comments::Lost);
        let read = card(&new.text, "a.yaml");
        assert_eq!(
            read.content.value(),
            &json!({"evaluation_details": [{"name": "g"}, {"name": "f"}]})
        );
    }

    #[test]
    fn json_stays_json() {
        let text = "{\"intended_uses\": {}}";
        let new = with_evaluation(&card(text, "a.json"), &json!({"name": "f"})).unwrap();
        let value: Value = serde_json::from_str(&new.text).unwrap();
        assert_eq!(
            value,
            json!({"intended_uses": {}, "evaluation_details": [{"name": "f"}]})
        );
        let new = with_status(&card(text, "a.json"), CardStatus::Draft).unwrap();
        let value: Value = serde_json::from_str(&new.text).unwrap();
        assert_eq!(
            value,
            json!({"name": "a", "status": "Draft", "content": {"intended_uses": {}}})
        );
    }
}
