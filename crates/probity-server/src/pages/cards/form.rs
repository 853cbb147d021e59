//! The fields of the editor with their texts: filled from a content, or as somebody sent them.
//!
//! A field is called by its path in the content. Rows have a number behind it
//! (`additional_information.custom_details#2.name`), evaluations a number in front
//! (`e1.evaluation_observation`); `e1.was` is the place of the evaluation in the content that the
//! edit began from, or `new`.

use std::collections::HashMap;

use probity_domain::document::model_card::Binding;
use serde_json::{Map, Value};

use super::super::fields::Fields;
use super::change_rows::text;
use super::guide::{EVALUATION, Kind, Spot, spots};

pub(super) const EVALUATIONS: &str = "evaluation_details";
/// Of an evaluation's field that holds its numbers as JSON.
pub(super) const GROUPS: &str = "metric_groups";
/// Empty rows below those that are there.
const SPARE_ROWS: usize = 2;

/// Texts by the names of fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Form(HashMap<String, String>);

impl Form {
    pub(super) fn of_content(content: &Value) -> Form {
        let mut form = Form::default();
        for spot in spots() {
            form.fill(spot, spot.path, find(content, &place(content, spot)));
        }
        for (number, evaluation) in evaluations(content).iter().enumerate() {
            form.fill_evaluation(number, Some(evaluation));
        }
        form
    }

    /// As a browser sent it: its line ends are those of forms.
    pub(super) fn of_fields(fields: &Fields) -> Form {
        let texts = fields.iter().map(|(name, value)| {
            let value = value.replace("\r\n", "\n");
            (name.to_owned(), value)
        });
        Form(texts.collect())
    }

    /// `None` where the form has no such field, which is not the same as an empty one.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    #[cfg(test)]
    pub(super) fn all(&self) -> Vec<(String, String)> {
        let all = self.0.iter();
        all.map(|(name, text)| (name.clone(), text.clone()))
            .collect()
    }

    /// How many rows a field has.
    pub(super) fn n_rows(&self, field: &str) -> usize {
        (0..)
            .take_while(|number| self.0.contains_key(&row(field, *number, "name")))
            .count()
    }

    /// How many evaluations the form has, those without a word in them included.
    pub(super) fn n_evaluations(&self) -> usize {
        (0..)
            .take_while(|number| self.0.contains_key(&of_evaluation(*number, "was")))
            .count()
    }

    /// The evaluation's place in the content that the edit began from.
    pub(super) fn was(&self, number: usize) -> Option<usize> {
        self.text(&of_evaluation(number, "was")).parse().ok()
    }

    /// More empty rows of a field, or one more evaluation.
    pub(super) fn add(&mut self, field: &str) {
        if field == EVALUATIONS {
            self.fill_evaluation(self.n_evaluations(), None);
            return;
        }
        let Some(spot) = spots().find(|spot| spot.path == field && spot.kind.has_rows()) else {
            return;
        };
        let begin = self.n_rows(field);
        for number in begin..begin + SPARE_ROWS {
            self.put_row((spot, number), ["", "", ""].map(str::to_owned));
        }
    }

    fn put(&mut self, name: String, text: String) {
        self.0.insert(name, text);
    }

    fn fill(&mut self, spot: &Spot, name: &str, value: Option<&Value>) {
        if !spot.kind.has_rows() {
            self.put(name.to_owned(), value.map(text).unwrap_or_default());
            return;
        }
        let rows = rows(value);
        for (number, cells) in rows.into_iter().enumerate() {
            self.put_row((spot, number), cells);
        }
        self.add(spot.path);
    }

    fn put_row(&mut self, (spot, number): (&Spot, usize), cells: [String; 3]) {
        for (column, cell) in columns(spot.kind).iter().zip(cells) {
            self.put(row(spot.path, number, column), cell);
        }
    }

    fn fill_evaluation(&mut self, number: usize, evaluation: Option<&Value>) {
        let was = match evaluation {
            Some(_) => number.to_string(),
            None => "new".to_owned(),
        };
        self.put(of_evaluation(number, "was"), was);
        let member = |name: &str| evaluation.and_then(|own| own.get(name));
        for spot in &EVALUATION {
            self.fill(spot, &of_evaluation(number, spot.path), member(spot.path));
        }
        if evaluation.is_none_or(|own| binding(own).is_none()) {
            let groups = member(GROUPS).map(|groups| format!("{groups:#}"));
            self.put(of_evaluation(number, GROUPS), groups.unwrap_or_default());
        }
    }
}

/// Names of the columns of rows.
pub(super) fn columns(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Metrics => &["name", "value", "notes"],
        Kind::Parameters | Kind::Pairs => &["name", "value"],
        Kind::Line | Kind::Prose | Kind::Lines | Kind::Number | Kind::Rating | Kind::Direction => {
            &[]
        }
    }
}

pub(super) fn row(field: &str, number: usize, column: &str) -> String {
    format!("{field}#{number}.{column}")
}

pub(super) fn of_evaluation(number: usize, field: &str) -> String {
    format!("e{number}.{field}")
}

pub(super) fn evaluations(content: &Value) -> &[Value] {
    let all = content.get(EVALUATIONS).and_then(Value::as_array);
    all.map_or(&[], Vec::as_slice)
}

/// The report that an evaluation is bound to: its numbers are not edited by hand.
pub(super) fn binding(evaluation: &Value) -> Option<Binding> {
    let metadata = evaluation.get("metadata").and_then(Value::as_object)?;
    let texts = metadata.iter().filter_map(|(name, value)| {
        let value = value.as_str()?;
        Some((name.clone(), value.to_owned()))
    });
    Binding::of(&texts.collect())
}

/// Where a field is kept in this content. Version 3 of the SDK writes the objective without the
/// inner object that the schema means.
pub(super) fn place(content: &Value, spot: &Spot) -> Vec<String> {
    let parts: Vec<&str> = spot.path.split('.').collect();
    let kept = match parts.as_slice() {
        [training, "objective_function", "function", last] => {
            let objective = content
                .get(*training)
                .and_then(|own| own.get("objective_function"));
            let is_flat = |members: &Map<String, Value>| match members.get("function") {
                Some(function) => !function.is_object(),
                None => members.contains_key("facet") || members.contains_key("condition"),
            };
            match objective.and_then(Value::as_object).is_some_and(is_flat) {
                true => vec![*training, "objective_function", *last],
                false => parts,
            }
        }
        _ => parts,
    };
    kept.into_iter().map(str::to_owned).collect()
}

pub(super) fn find<'v>(content: &'v Value, place: &[String]) -> Option<&'v Value> {
    place
        .iter()
        .try_fold(content, |value, name| value.get(name))
}

/// The cells of rows, whatever holds them.
pub(super) fn rows(value: Option<&Value>) -> Vec<[String; 3]> {
    match value {
        Some(Value::Object(members)) => members
            .iter()
            .map(|(name, value)| [name.clone(), text(value), String::new()])
            .collect(),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| {
                ["name", "value", "notes"]
                    .map(|column| item.get(column).map(text).unwrap_or_default())
            })
            .collect(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => {
            Vec::new()
        }
    }
}
