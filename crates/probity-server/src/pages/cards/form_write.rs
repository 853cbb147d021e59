//! From the fields of the editor to a content: what nobody changed stays as it was to the last
//! character, and what no field holds is not touched.

use serde_json::{Map, Number, Value};

use super::change_rows::text;
use super::form::{
    self, EVALUATIONS, Form, GROUPS, columns, evaluations, find, of_evaluation, place, row,
};
use super::guide::{EVALUATION, Kind, Spot, spots};

/// A content that somebody is writing.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Draft {
    pub(super) content: Value,
    /// What could not even be written: the field, and why.
    pub(super) faults: Vec<(String, String)>,
    /// The fields' number of each evaluation of the content.
    pub(super) slots: Vec<usize>,
}

/// `base` with what the form says otherwise.
pub(super) fn write(base: &Value, form: &Form) -> Draft {
    let mut draft = Draft {
        content: base.clone(),
        faults: Vec::new(),
        slots: Vec::new(),
    };
    for spot in spots() {
        let place = place(base, spot);
        match new_value((spot, spot.path), find(base, &place), form) {
            Said::Same => {}
            Said::Nothing => take_away(&mut draft.content, &place),
            Said::Value(value) => put(&mut draft.content, &place, value),
            Said::Twice(name) => draft.faults.push((
                spot.path.to_owned(),
                format!("the name `{name}` stands twice"),
            )),
        }
    }
    if form.n_evaluations() > 0 {
        write_evaluations(&mut draft, base, form);
    }
    draft
}

/// What a field says of a value.
enum Said {
    Same,
    Nothing,
    Value(Value),
    /// Names of members have to differ.
    Twice(String),
}

fn new_value((spot, name): (&Spot, &str), old: Option<&Value>, form: &Form) -> Said {
    if spot.kind.has_rows() {
        return rows(spot, old, form);
    }
    let Some(typed) = form.get(name) else {
        return Said::Same;
    };
    if is_sent_for(&old.map(text).unwrap_or_default(), typed) {
        return Said::Same;
    }
    let typed = typed.trim();
    if typed.is_empty() {
        return Said::Nothing;
    }
    Said::Value(match spot.kind {
        Kind::Lines => {
            let lines = typed.lines().map(str::trim);
            lines.filter(|line| !line.is_empty()).collect()
        }
        Kind::Number => number(typed),
        Kind::Line | Kind::Prose | Kind::Rating | Kind::Direction => typed.into(),
        Kind::Metrics | Kind::Parameters | Kind::Pairs => return Said::Same,
    })
}

/// What is no number stays a text, which the schema then refuses at its place.
fn number(typed: &str) -> Value {
    match typed.parse::<Number>() {
        Ok(number) => number.into(),
        Err(_) => typed.into(),
    }
}

/// Whether a browser sends this for a field that nobody changed: line ends of one kind, and none
/// at all where the field is one line.
fn is_sent_for(old: &str, typed: &str) -> bool {
    let whole = old.replace("\r\n", "\n").replace('\r', "\n");
    typed.trim() == whole.trim() || typed.trim() == whole.replace('\n', "").trim()
}

fn rows(spot: &Spot, old: Option<&Value>, form: &Form) -> Said {
    let n_rows = form.n_rows(spot.path);
    if n_rows == 0 {
        return Said::Same;
    }
    let was = form::rows(old);
    let columns = columns(spot.kind);
    let mut items = Vec::new();
    for number in 0..n_rows {
        let cell = |column: &&str| form.text(&row(spot.path, number, column)).to_owned();
        let cells: Vec<String> = columns.iter().map(cell).collect();
        let is_kept = was.get(number).is_some_and(|was| {
            cells
                .iter()
                .zip(was)
                .all(|(typed, was)| is_sent_for(was, typed))
        });
        if is_kept {
            items.push(Row::Kept(number));
        } else if cells.iter().any(|cell| !cell.trim().is_empty()) {
            items.push(Row::Typed(cells));
        }
    }
    // Nobody touched any: also where the old value is no rows at all.
    let kept = (0..was.len()).map(Row::Kept);
    if items == kept.collect::<Vec<_>>() {
        return Said::Same;
    }
    if items.is_empty() {
        return Said::Nothing;
    }
    match spot.kind {
        Kind::Pairs => match pairs(old, &items) {
            Ok(members) => Said::Value(Value::Object(members)),
            Err(name) => Said::Twice(name),
        },
        kind => Said::Value(items.iter().map(|row| item(kind, old, row)).collect()),
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Row {
    /// As it is at that place.
    Kept(usize),
    Typed(Vec<String>),
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn pairs(old: Option<&Value>, rows: &[Row]) -> Result<Map<String, Value>, String> {
    let mut members = Map::new();
    for row in rows {
        let was = |place: usize| old.and_then(Value::as_object)?.iter().nth(place);
        let (name, value) = match row {
            Row::Kept(place) => match was(*place) {
                Some((name, value)) => (name.clone(), value.clone()),
                None => continue,
            },
            Row::Typed(cells) => (cell(cells, 0).to_owned(), cell(cells, 1).into()),
        };
        if members.insert(name.clone(), value).is_some() {
            return Err(name);
        }
    }
    Ok(members)
}

fn cell(cells: &[String], column: usize) -> &str {
    cells
        .get(column)
        .map(|cell| cell.trim())
        .unwrap_or_default()
}

/// Empty cells are members that are not there.
fn item(kind: Kind, old: Option<&Value>, row: &Row) -> Value {
    let cells = match row {
        Row::Kept(place) => {
            return old
                .and_then(|old| old.get(*place))
                .cloned()
                .unwrap_or_default();
        }
        Row::Typed(cells) => cells,
    };
    let mut members = Map::new();
    for (column, name) in columns(kind).iter().enumerate() {
        let typed = cell(cells, column);
        let value = match (kind, *name) {
            _ if typed.is_empty() => continue,
            (Kind::Metrics, "value") => number(typed),
            _ => typed.into(),
        };
        members.insert((*name).to_owned(), value);
    }
    Value::Object(members)
}

fn write_evaluations(draft: &mut Draft, base: &Value, form: &Form) {
    let old = evaluations(base);
    let mut new = Vec::new();
    for number in 0..form.n_evaluations() {
        let was = form.was(number).and_then(|place| old.get(place));
        let is_removed = form.get(&of_evaluation(number, "remove")).is_some();
        let evaluation = evaluation(draft, (number, was), form);
        let is_blank = was.is_none() && is_empty(&evaluation);
        if !is_removed && !is_blank {
            new.push(evaluation);
            draft.slots.push(number);
        }
    }
    if new == old {
        return;
    }
    let place = [EVALUATIONS.to_owned()];
    match new.is_empty() {
        true => take_away(&mut draft.content, &place),
        false => put(&mut draft.content, &place, new.into()),
    }
}

fn evaluation(draft: &mut Draft, (number, was): (usize, Option<&Value>), form: &Form) -> Value {
    let mut evaluation = was.cloned().unwrap_or_else(|| Value::Object(Map::new()));
    for spot in &EVALUATION {
        let name = of_evaluation(number, spot.path);
        let place = [spot.path.to_owned()];
        match new_value((spot, &name), was.and_then(|was| was.get(spot.path)), form) {
            Said::Same | Said::Twice(_) => {}
            Said::Nothing => take_away(&mut evaluation, &place),
            Said::Value(value) => put(&mut evaluation, &place, value),
        }
    }
    let field = of_evaluation(number, GROUPS);
    let old = was.and_then(|was| was.get(GROUPS));
    let Some(typed) = form.get(&field).map(str::trim) else {
        return evaluation;
    };
    let place = [GROUPS.to_owned()];
    if typed == old.map(|old| format!("{old:#}")).unwrap_or_default() {
        return evaluation;
    }
    if typed.is_empty() {
        take_away(&mut evaluation, &place);
        return evaluation;
    }
    match serde_json::from_str(typed) {
        Ok(groups) => put(&mut evaluation, &place, groups),
        Err(error) => draft
            .faults
            .push((field, format!("this is no JSON: {error}"))),
    }
    evaluation
}

/// Where nothing is on the way, objects are made.
fn put(value: &mut Value, place: &[String], new: Value) {
    let Some((name, rest)) = place.split_first() else {
        *value = new;
        return;
    };
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    if let Value::Object(members) = value {
        put(
            members.entry(name.clone()).or_insert(Value::Null),
            rest,
            new,
        );
    }
}

/// Objects that are empty by it go as well.
fn take_away(value: &mut Value, place: &[String]) {
    let (Some((name, rest)), Value::Object(members)) = (place.split_first(), value) else {
        return;
    };
    let is_gone = match members.get_mut(name) {
        None => false,
        Some(_) if rest.is_empty() => true,
        Some(inner) => {
            take_away(inner, rest);
            inner.as_object().is_some_and(Map::is_empty)
        }
    };
    if is_gone {
        members.shift_remove(name);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::fields::Fields;
    use super::*;

    /// With members that no field holds, odd spaces, and numbers of both kinds.
    fn content() -> Value {
        json!({
            "model_package_details": {"domain": "finance", "model_package_version": 3},
            "model_overview": {"model_owner": " credit ", "model_version": 1.0, "problem_type": "two\nlines", "model_artifact": ["s3://a", "s3://b"]},
            "intended_uses": {"purpose_of_model": "two\r\nlines", "risk_rating": "High"},
            "training_details": {
                "objective_function": {"function": "Maximize", "facet": "AUC"},
                "training_job_details": {
                    "training_metrics": [{"name": "auc", "value": 0.5, "notes": "n"}, {"name": "loss", "value": 1e-7}],
                    "hyper_parameters": [{"name": "depth", "value": "6"}, {"name": " empty ", "value": ""}],
                },
            },
            "evaluation_details": [
                {"name": "quality", "metadata": {"probity:report": "s3://r", "probity:sha256": "x", "mine": "y"},
                 "metric_groups": [{"name": "g", "metric_data": [], "own": 1}]},
                {"name": "typed", "datasets": ["a"], "metric_groups": [{"name": "g", "metric_data": [{"name": "m", "type": "number", "value": 1.50}]}]},
            ],
            "additional_information": {"custom_details": {"team": "risk\nfloor 2", " b ": ""}},
        })
    }

    /// As a browser would send the form, with these fields otherwise.
    fn sent(content: &Value, changed: &[(&str, &str)]) -> Form {
        let mut fields = Fields::default();
        for (name, text) in Form::of_content(content).all() {
            // An input loses its line ends, the others have those of forms.
            let is_input = name.contains('#') || name.ends_with("problem_type");
            let line_end = if is_input { "" } else { "\r\n" };
            fields = fields.with_even_empty(&name, &text.replace('\n', line_end));
        }
        for (name, text) in changed {
            fields = fields.with_even_empty(name, text);
        }
        Form::of_fields(&fields)
    }

    #[track_caller]
    fn check(changed: &[(&str, &str)], expected: impl FnOnce(&mut Value)) {
        let base = content();
        let draft = write(&base, &sent(&base, changed));
        assert_eq!(draft.faults, []);
        let mut wanted = base;
        expected(&mut wanted);
        assert_eq!(draft.content, wanted);
    }

    #[test]
    fn a_form_that_nobody_changed_changes_nothing() {
        check(&[], |_| {});
    }

    #[test]
    fn what_was_changed_is_changed_and_nothing_else() {
        check(
            &[
                ("intended_uses.purpose_of_model", "one"),
                ("model_overview.model_artifact", "s3://b\r\n\r\ns3://c"),
                ("training_details.objective_function.function.facet", "F1"),
                ("e1.evaluation_observation", "seen"),
            ],
            |content| {
                content["intended_uses"]["purpose_of_model"] = json!("one");
                content["model_overview"]["model_artifact"] = json!(["s3://b", "s3://c"]);
                content["training_details"]["objective_function"]["facet"] = json!("F1");
                content["evaluation_details"][1]["evaluation_observation"] = json!("seen");
            },
        );
    }

    #[test]
    fn what_was_emptied_is_taken_away_with_what_it_was_alone_in() {
        check(
            &[
                ("additional_information.custom_details#0.name", ""),
                ("additional_information.custom_details#0.value", ""),
                ("additional_information.custom_details#1.name", ""),
                ("model_overview.model_owner", ""),
            ],
            |content| {
                content
                    .as_object_mut()
                    .unwrap()
                    .shift_remove("additional_information");
                content["model_overview"]
                    .as_object_mut()
                    .unwrap()
                    .shift_remove("model_owner");
            },
        );
    }

    #[test]
    fn a_row_that_is_added_leaves_the_others_as_they_are() {
        let details = "additional_information.custom_details";
        let (name, value) = (format!("{details}#2.name"), format!("{details}#2.value"));
        check(&[(&name, "new"), (&value, "row")], |content| {
            content["additional_information"]["custom_details"]["new"] = json!("row");
        });
    }

    #[test]
    fn rows_and_evaluations_are_added_and_taken_away() {
        check(
            &[
                (
                    "training_details.training_job_details.training_metrics#2.name",
                    "f1",
                ),
                (
                    "training_details.training_job_details.training_metrics#2.value",
                    "0.25",
                ),
                ("e0.remove", "on"),
                ("e2.was", "new"),
                ("e2.name", "robustness"),
                ("e3.was", "new"),
                ("e3.name", ""),
            ],
            |content| {
                let metrics =
                    &mut content["training_details"]["training_job_details"]["training_metrics"];
                metrics
                    .as_array_mut()
                    .unwrap()
                    .push(json!({"name": "f1", "value": 0.25}));
                let evaluations = content["evaluation_details"].as_array_mut().unwrap();
                evaluations.remove(0);
                evaluations.push(json!({"name": "robustness"}));
            },
        );
    }

    #[test]
    fn what_is_no_json_or_stands_twice_is_told_at_its_field() {
        let base = content();
        let form = sent(
            &base,
            &[
                ("e1.metric_groups", "[{"),
                ("additional_information.custom_details#1.name", "team"),
            ],
        );
        let draft = write(&base, &form);
        let fields: Vec<&str> = draft
            .faults
            .iter()
            .map(|(field, _)| field.as_str())
            .collect();
        assert_eq!(
            fields,
            ["additional_information.custom_details", "e1.metric_groups"]
        );
        assert_eq!(draft.content, base);
    }
}
