//! `/cards/NAME/changes?from=&to=`: what differs between two versions, word by word.

use http::StatusCode;
use maud::{Markup, html};
use probity_app::model_card::{self, VersionChanges};
use probity_domain::document::model_card::difference::Change;
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::super::fields::Fields;
use super::super::visit::Visit;
use super::super::{Desk, Refusal, reply, shell, words};
use super::address::{Leaf, leaf_path};
use super::change_rows::{ChangedField, ChangedMetric, ChangedPart, parts};
use super::{card_path, one};
use crate::answer::Answer;

pub(super) async fn page(desk: Desk<'_>, visit: &Visit, name: &str) -> Result<Answer, Refusal> {
    let number = |field: &str| visit.fields.get(field).and_then(|text| text.parse().ok());
    let wanted = (name, number("from"), number("to"));
    let changes = model_card::changes_between(desk.app, &visit.caller, wanted).await?;
    Ok(reply::html(StatusCode::OK, render(visit, &changes)))
}

fn render(visit: &Visit, changes: &VersionChanges) -> Markup {
    let title = format!("Changes of {}", changes.name);
    let head = shell::Head {
        title: &title,
        place: shell::Place::Cards,
    };
    let body = html! {
        (shell::trail(visit, &[("Cards", "/cards"), (&changes.name, &card_path(&changes.name))]))
        h1 { (title) }
        (one::tabs(visit, &changes.name, Leaf::Changes))
        (walk(visit, changes))
        @if changes.changes.is_empty() {
            div.empty { h2 { "Nothing differs" } p { "Both versions say the same." } }
        } @else { h2.hidden { "What differs" } (table(&changes.changes)) }
    };
    shell::page(visit, head, &body)
}

/// Which versions these are, and the ones beside them.
fn walk(visit: &Visit, changes: &VersionChanges) -> Markup {
    let between = |from: i64, to: i64| {
        let fields = Fields::default()
            .with("from", &from.to_string())
            .with("to", &to.to_string());
        visit.link(&leaf_path(&changes.name, Leaf::Changes), &fields)
    };
    let VersionChanges { from, to, .. } = *changes;
    html! {
        div.walk {
            p {
                @if from == 0 { "What version " (to) " says; before it there was nothing" }
                @else { "From version " (from) " to version " (to) }
                (written(changes)) " Version " (to) " was saved " (words::ago(changes.created_ms, visit.now_ms)) "."
            }
            span.grow {}
            @if to > 1 { a.button href=(between(to - 2, to - 1)) { "Earlier" } }
            @if to < changes.latest { a.button href=(between(to, to + 1)) { "Later" } }
        }
    }
}

/// Several versions may have several writers.
fn written(changes: &VersionChanges) -> Markup {
    let (older, newer) = (changes.from.min(changes.to), changes.from.max(changes.to));
    html! {
        @if older == newer { "." } @else {
            @if newer - older == 1 { "; version " (newer) " was written by " }
            @else { "; versions " (older + 1) " to " (newer) " were written by " }
            @for (at, author) in changes.authors.iter().enumerate() {
                @if at > 0 { @if at + 1 == changes.authors.len() { " and " } @else { ", " } }
                strong { (author) }
            }
            "."
        }
    }
}

/// Also of the review and of edits that clash. `differences` gave them.
pub(super) fn table(changes: &[Change]) -> Markup {
    html! {
        @for part in parts(changes) { (part_of(&part)) }
    }
}

fn part_of(part: &ChangedPart) -> Markup {
    html! {
        section.change-part {
            h3 { (part.title) @if let Some(whole) = part.whole { " " span.tag { (whole) } } }
            @for field in &part.fields { (field_of(field)) }
            @if !part.metrics.is_empty() { (metrics(&part.metrics)) }
        }
    }
}

fn field_of(field: &ChangedField) -> Markup {
    html! {
        div.change {
            h4 { (field.label) }
            @match (&field.before, &field.after) {
                (Some(before), Some(after)) => (both_sides(before, after)),
                (None, Some(text)) => div.side.is { span.side-name { "Added" } p { (text) } },
                (Some(text), None) => div.side.was { span.side-name { "Taken away" } p { (text) } },
                (None, None) => {},
            }
        }
    }
}

fn both_sides(before: &str, after: &str) -> Markup {
    let (taken, added) = marked(before, after);
    html! {
        div.sides {
            div.side.was { span.side-name { "Before" } p { (taken) } }
            div.side.is { span.side-name { "After" } p { (added) } }
        }
    }
}

/// The text before with what was taken away, and the one after with what was added.
fn marked(before: &str, after: &str) -> (Markup, Markup) {
    let diff = TextDiff::from_unicode_words(before, after);
    let changes: Vec<(ChangeTag, &str)> = diff
        .iter_all_changes()
        .map(|change| (change.tag(), change.value()))
        .collect();
    let side = |own: ChangeTag| {
        html! {
            @for (is_own, text) in runs(&changes, own) {
                @if !is_own { (text) } @else if own == ChangeTag::Delete { del { (text) } } @else { ins { (text) } }
            }
        }
    };
    (side(ChangeTag::Delete), side(ChangeTag::Insert))
}

/// What stands on one side, neighbours of a kind as one text.
fn runs(changes: &[(ChangeTag, &str)], own: ChangeTag) -> Vec<(bool, String)> {
    let mut runs: Vec<(bool, String)> = Vec::new();
    for (tag, text) in changes {
        if *tag != own && *tag != ChangeTag::Equal {
            continue;
        }
        let is_own = *tag == own;
        match runs.last_mut() {
            Some((last, run)) if *last == is_own => run.push_str(text),
            _ => runs.push((is_own, (*text).to_owned())),
        }
    }
    runs
}

fn metrics(rows: &[ChangedMetric]) -> Markup {
    html! {
        div.scroll tabindex="0" { table.change-metrics {
            thead { tr { th scope="col" { "Group" } th scope="col" { "Metric" } th.num scope="col" { "Before" } th.num scope="col" { "After" } th.num scope="col" { "Difference" } } }
            tbody { @for row in rows { tr {
                td { (row.group) } th scope="row" { (row.name) }
                td.num { (shown(row.before.as_ref())) } td.num { (shown(row.after.as_ref())) } td.num { (difference(row)) }
            } } }
        } }
    }
}

fn shown(value: Option<&Value>) -> Markup {
    match value {
        None => html! { span.none { "–" } },
        Some(Value::String(text)) => html! { (text) },
        Some(value @ (Value::Number(_) | Value::Bool(_) | Value::Null)) => {
            html! { (value.to_string()) }
        }
        Some(value @ (Value::Array(_) | Value::Object(_))) => html! { (value.to_string()) },
    }
}

/// To four digits: the numbers themselves stand beside it.
fn difference(row: &ChangedMetric) -> Markup {
    let number = |side: &Option<Value>| side.as_ref().and_then(Value::as_f64);
    match (number(&row.before), number(&row.after)) {
        (Some(before), Some(after)) => {
            let difference = after - before;
            let sign = if difference > 0.0 { "+" } else { "\u{2212}" };
            html! { (sign) (probity_report::short_number(difference.abs())) }
        }
        _ => html! { span.none { "–" } },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_differ_are_marked_and_markup_stays_text() {
        let (before, after) = marked("a low <b> risk", "a high <b> risk");
        assert_eq!(before.into_string(), "a <del>low</del> &lt;b&gt; risk");
        assert_eq!(after.into_string(), "a <ins>high</ins> &lt;b&gt; risk");
    }
}
