//! Changes of a card sorted as people read them: by section and field, the numbers of an
//! evaluation as one table.

use probity_domain::document::model_card::difference::Change;
use serde_json::Value;

use super::guide;

/// Of a section or an evaluation.
#[derive(Debug, PartialEq)]
pub(super) struct ChangedPart {
    pub(super) title: String,
    /// What became of the part as a whole, where it is new or gone.
    pub(super) whole: Option<&'static str>,
    pub(super) fields: Vec<ChangedField>,
    pub(super) metrics: Vec<ChangedMetric>,
}

#[derive(Debug, PartialEq)]
pub(super) struct ChangedField {
    pub(super) label: String,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

#[derive(Debug, PartialEq)]
pub(super) struct ChangedMetric {
    pub(super) group: String,
    pub(super) name: String,
    pub(super) before: Option<Value>,
    pub(super) after: Option<Value>,
}

const EVALUATIONS: &str = "evaluation_details";

/// In the order in which they come.
pub(super) fn parts(changes: &[Change]) -> Vec<ChangedPart> {
    let mut parts: Vec<ChangedPart> = Vec::new();
    for change in changes {
        let path = segments(&change.path);
        match path.as_slice() {
            [] => each_member(&mut parts, change),
            [section] if section == EVALUATIONS => each_evaluation(&mut parts, change),
            [section, name, rest @ ..] if section == EVALUATIONS && !is_order(change, rest) => {
                let part = part(&mut parts, format!("Evaluation: {name}"));
                of_evaluation(part, rest, change);
            }
            [section, ..] => {
                let part = part(&mut parts, guide::section_title(section).to_owned());
                of_section(part, &path, change);
            }
        }
    }
    parts
}

/// A content that was nothing before: what it says, section by section.
fn each_member(parts: &mut Vec<ChangedPart>, change: &Change) {
    let members = |side: &Option<Value>| side.as_ref().and_then(Value::as_object).cloned();
    let (before, after) = (members(&change.before), members(&change.after));
    let names = before
        .iter()
        .chain(&after)
        .flat_map(|members| members.keys());
    let mut seen: Vec<&String> = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    let of = |members: &Option<serde_json::Map<String, Value>>, name: &String| {
        members
            .as_ref()
            .and_then(|members| members.get(name))
            .cloned()
    };
    for name in seen {
        let change = Change {
            path: name.clone(),
            before: of(&before, name),
            after: of(&after, name),
        };
        parts.extend(self::parts(&[change]));
    }
}

/// `….order` tells that a list stands in another order; a thing of that name is in brackets.
fn is_order(change: &Change, rest: &[String]) -> bool {
    rest.is_empty() && change.path.ends_with(".order")
}

/// All evaluations at once: where they are new, or gone, they are told one by one.
fn each_evaluation(parts: &mut Vec<ChangedPart>, change: &Change) {
    let side = match (&change.before, &change.after) {
        (None, Some(side)) | (Some(side), None) => side.as_array(),
        (Some(_), Some(_)) | (None, None) => None,
    };
    let Some(evaluations) = side else {
        let part = part(parts, guide::section_title(EVALUATIONS).to_owned());
        push(
            part,
            "All of them".to_owned(),
            (change.before.as_ref(), change.after.as_ref()),
        );
        return;
    };
    for evaluation in evaluations {
        let name = evaluation.get("name").and_then(Value::as_str);
        let title = format!("Evaluation: {}", name.unwrap_or_default());
        let own = Some(evaluation.clone());
        let (before, after) = match change.before {
            Some(_) => (own, None),
            None => (None, own),
        };
        let change = Change {
            path: String::new(),
            before,
            after,
        };
        of_evaluation(part(parts, title), &[], &change);
    }
}

/// The part of that title, which is made where there is none.
fn part(parts: &mut Vec<ChangedPart>, title: String) -> &mut ChangedPart {
    let place = match parts.iter().position(|part| part.title == title) {
        Some(place) => place,
        None => {
            parts.push(ChangedPart {
                title,
                whole: None,
                fields: Vec::new(),
                metrics: Vec::new(),
            });
            parts.len() - 1
        }
    };
    &mut parts[place]
}

fn of_section(part: &mut ChangedPart, path: &[String], change: &Change) {
    let sides = (change.before.as_ref(), change.after.as_ref());
    if path.len() == 1 {
        part.whole = whole(sides);
    }
    leaves(part, &path.join("."), sides);
}

/// Objects are told by their members, as far as no field of the editor holds them whole.
fn leaves(part: &mut ChangedPart, path: &str, sides: (Option<&Value>, Option<&Value>)) {
    let one = match sides {
        (None, one) | (one, None) => one,
        (Some(_), Some(_)) => None,
    };
    let members = one.and_then(Value::as_object);
    match members.filter(|members| !members.is_empty() && !guide::is_field(path)) {
        None => push(part, guide::label(path), sides),
        Some(members) => {
            for name in members.keys() {
                let of = |side: Option<&Value>| side?.get(name).cloned();
                let (before, after) = (of(sides.0), of(sides.1));
                let path = format!("{path}.{name}");
                leaves(part, &path, (before.as_ref(), after.as_ref()));
            }
        }
    }
}

fn whole(sides: (Option<&Value>, Option<&Value>)) -> Option<&'static str> {
    match sides {
        (None, Some(_)) => Some("new"),
        (Some(_), None) => Some("taken away"),
        (Some(_), Some(_)) | (None, None) => None,
    }
}

fn of_evaluation(part: &mut ChangedPart, rest: &[String], change: &Change) {
    let sides = (change.before.as_ref(), change.after.as_ref());
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    let is_order = change.path.ends_with(".order");
    let label = || guide::evaluation_label(&rest);
    match (rest.as_slice(), one_side(sides)) {
        ([], Some((Value::Object(members), side))) => {
            part.whole = whole(sides);
            for (name, value) in members {
                match name.as_str() {
                    "name" => {}
                    "metric_groups" => groups(part, (value, side)),
                    "metadata" if value.is_object() => {
                        push_one(part, "Metadata".to_owned(), (&labelled(value), side));
                    }
                    name => push_one(part, guide::evaluation_label(&[name]), (value, side)),
                }
            }
        }
        (["metric_groups"], Some((value, side))) => groups(part, (value, side)),
        (["metric_groups", _], Some((value, side))) if !is_order => group(part, (value, side)),
        (["metric_groups", group, "metric_data"], Some((value, side))) => {
            metrics(part, group, (value, side));
        }
        (["metric_groups", group, "metric_data", _], Some((value, side))) if !is_order => {
            metric(part, group, (value, side));
        }
        (["metric_groups", group, "metric_data", name, "value"], None)
            if sides.0.is_some_and(is_single) && sides.1.is_some_and(is_single) =>
        {
            part.metrics.push(ChangedMetric {
                group: (*group).to_owned(),
                name: (*name).to_owned(),
                before: change.before.clone(),
                after: change.after.clone(),
            });
        }
        _ => push(part, label(), sides),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

/// What is there on one side only.
fn one_side<'v>(sides: (Option<&'v Value>, Option<&'v Value>)) -> Option<(&'v Value, Side)> {
    match sides {
        (Some(value), None) => Some((value, Side::Before)),
        (None, Some(value)) => Some((value, Side::After)),
        (Some(_), Some(_)) | (None, None) => None,
    }
}

fn is_single(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}

fn groups(part: &mut ChangedPart, (value, side): (&Value, Side)) {
    for own in value.as_array().into_iter().flatten() {
        group(part, (own, side));
    }
}

/// With the members that the schema leaves open.
fn group(part: &mut ChangedPart, (value, side): (&Value, Side)) {
    let name = value
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    for (member, own) in value.as_object().into_iter().flatten() {
        match member.as_str() {
            "name" => {}
            "metric_data" => metrics(part, name, (own, side)),
            member => push_one(part, format!("{name}, {member}"), (own, side)),
        }
    }
}

fn metrics(part: &mut ChangedPart, group: &str, (value, side): (&Value, Side)) {
    for own in value.as_array().into_iter().flatten() {
        metric(part, group, (own, side));
    }
}

/// A single value is a row, whatever other metrics have its name; a picture, notes and whatever
/// else a metric has stand below it.
fn metric(part: &mut ChangedPart, group: &str, (value, side): (&Value, Side)) {
    let name = value
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    for (member, own) in value.as_object().into_iter().flatten() {
        match member.as_str() {
            "name" => {}
            "type" if is_told_by(own, value.get("value")) => {}
            "value" if is_single(own) => {
                let own = Some(own.clone());
                let (before, after) = match side {
                    Side::Before => (own, None),
                    Side::After => (None, own),
                };
                part.metrics.push(ChangedMetric {
                    group: group.to_owned(),
                    name: name.to_owned(),
                    before,
                    after,
                });
            }
            member => push_one(part, format!("{group}, {name}: {member}"), (own, side)),
        }
    }
}

/// Metadata by the words for it, as far as there are any.
fn labelled(metadata: &Value) -> Value {
    let members = metadata.as_object().into_iter().flatten();
    let labelled = members.map(|(name, value)| {
        let label = match name.starts_with("probity:") {
            true => guide::evaluation_label(&["metadata", name]),
            false => name.clone(),
        };
        (label, value.clone())
    });
    Value::Object(labelled.collect())
}

/// The type that a reader sees by the value itself.
fn is_told_by(type_name: &Value, value: Option<&Value>) -> bool {
    let own = match value {
        Some(Value::Number(_)) => "number",
        Some(Value::String(_)) => "string",
        Some(Value::Bool(_)) => "boolean",
        Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => return false,
    };
    type_name.as_str() == Some(own)
}

fn push_one(part: &mut ChangedPart, label: String, (value, side): (&Value, Side)) {
    match side {
        Side::Before => push(part, label, (Some(value), None)),
        Side::After => push(part, label, (None, Some(value))),
    }
}

fn push(part: &mut ChangedPart, label: String, sides: (Option<&Value>, Option<&Value>)) {
    part.fields.push(ChangedField {
        label,
        before: sides.0.map(told),
        after: sides.1.map(told),
    });
}

/// Rows of names and values by lines, anything else as [`text`].
fn told(value: &Value) -> String {
    let line = |item: &Value| {
        let known = ["name", "value", "notes"];
        let members = item.as_object()?;
        if !members
            .iter()
            .all(|(name, own)| known.contains(&name.as_str()) && is_single(own))
        {
            return None;
        }
        let member = |name: &str| item.get(name).map(text);
        let (name, value) = (member("name")?, member("value"));
        let notes = member("notes").map(|notes| format!(" ({notes})"));
        Some(match value {
            Some(value) => format!("{name}: {value}{}", notes.unwrap_or_default()),
            None => name,
        })
    };
    let lines: Option<Vec<String>> = match value {
        Value::Array(items) if !items.is_empty() => items.iter().map(line).collect(),
        Value::Object(members) if !members.is_empty() && members.values().all(Value::is_string) => {
            let lines = members
                .iter()
                .map(|(name, value)| format!("{name}: {}", text(value)));
            Some(lines.collect())
        }
        _ => None,
    };
    lines.map_or_else(|| text(value), |lines| lines.join("\n"))
}

/// A text as it is, a list of texts by lines, anything else as JSON.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            let lines = items.iter().filter_map(Value::as_str);
            lines.collect::<Vec<_>>().join("\n")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => format!("{value:#}"),
    }
}

/// The parts of a path of `difference`: `a.b["c d"].e` is `a`, `b`, `c d`, `e`.
fn segments(path: &str) -> Vec<String> {
    let mut segments = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('[') {
            let mut names = serde_json::Deserializer::from_str(quoted).into_iter::<String>();
            let Some(Ok(name)) = names.next() else {
                segments.push(rest.to_owned());
                return segments;
            };
            let end = names.byte_offset();
            segments.push(name);
            let behind = quoted.get(end..).unwrap_or_default();
            rest = behind.strip_prefix(']').unwrap_or(behind);
        } else {
            let plain = rest.strip_prefix('.').unwrap_or(rest);
            let end = plain.find(['.', '[']).unwrap_or(plain.len());
            segments.push(plain[..end].to_owned());
            rest = &plain[end..];
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use probity_domain::document::model_card::difference::differences;
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_are_taken_apart() {
        assert_eq!(
            segments("evaluation_details[\"a.b \\\"c\\\"\"].metadata[\"x:y\"]"),
            ["evaluation_details", "a.b \"c\"", "metadata", "x:y"]
        );
        assert_eq!(segments("a.b"), ["a", "b"]);
        assert_eq!(segments(""), [] as [&str; 0]);
    }

    fn evaluation(value: f64) -> Value {
        json!({"evaluation_details": [{"name": "fairness", "metric_groups": [
            {"name": "g", "metric_data": [{"name": "DPL", "type": "number", "value": value}]}
        ]}]})
    }

    #[test]
    fn a_number_of_an_evaluation_is_a_row_of_its_table() {
        let changes = differences(&evaluation(0.1), &evaluation(0.2));
        let parts = parts(&changes);
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].title, "Evaluation: fairness");
        assert_eq!(parts[0].fields, []);
        let row = ChangedMetric {
            group: "g".to_owned(),
            name: "DPL".to_owned(),
            before: Some(json!(0.1)),
            after: Some(json!(0.2)),
        };
        assert_eq!(parts[0].metrics, [row]);
    }

    #[test]
    fn a_new_evaluation_tells_its_numbers() {
        let was = json!({ "evaluation_details": [{"name": "other"}] });
        let mut is = evaluation(0.5);
        is["evaluation_details"]
            .as_array_mut()
            .unwrap()
            .push(json!({"name": "other"}));
        let parts = parts(&differences(&was, &is));
        let new = &parts[0];
        assert_eq!((new.whole, new.metrics.len()), (Some("new"), 1));
        assert_eq!(new.metrics[0].after, Some(json!(0.5)));
        assert_eq!(new.fields, []);
    }

    /// Texts and numbers of a value.
    fn single_values(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| single_values(item, found)),
            Value::Object(members) => members.values().for_each(|own| single_values(own, found)),
            single => found.push(text(single)),
        }
    }

    fn metric_of(name: &str, value: &Value, notes: &str) -> Value {
        json!({"name": name, "type": "number", "value": value, "notes": notes})
    }

    fn with_metrics(metrics: &[Value]) -> Value {
        json!({"evaluation_details": [{"name": "order", "datasets": ["d"], "metric_groups": [
            {"name": "order", "open": "member", "metric_data": metrics},
        ]}]})
    }

    #[test]
    fn whatever_changed_is_told() {
        let twice = |second: f64| {
            with_metrics(&[
                metric_of("auc", &json!(0.81), "first"),
                metric_of("auc", &json!(second), "second"),
            ])
        };
        let graph =
            |last: f64| with_metrics(&[metric_of("roc", &json!([[0.0, 0.5], [1.0, last]]), "n")]);
        let named_twice = json!({"evaluation_details": [{"name": "a", "evaluation_observation": "x"}, {"name": "a"}]});
        for (was, is) in [
            (twice(0.62), twice(0.92)),
            (graph(0.75), graph(0.25)),
            (json!({}), twice(0.62)),
            (graph(0.75), json!({})),
            (twice(0.62), named_twice),
            (
                json!({"training_details": {"objective_function": {"own": 5}}}),
                json!({"training_details": {"objective_function": {"own": {"x": 6}}}}),
            ),
        ] {
            let changes = differences(&was, &is);
            assert!(!changes.is_empty());
            let told = format!("{:?}", parts(&changes));
            for change in &changes {
                let mut values = Vec::new();
                for side in [&change.before, &change.after].into_iter().flatten() {
                    single_values(side, &mut values);
                }
                // The type of a single value is seen by the value.
                for value in values.into_iter().filter(|value| value != "number") {
                    assert!(
                        told.contains(&value),
                        "`{value}` of {change:?} is not in {told}"
                    );
                }
            }
        }
    }

    #[test]
    fn all_evaluations_at_once_are_told_one_by_one() {
        let parts = parts(&differences(&json!({}), &evaluation(0.5)));
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].title, "Evaluation: fairness");
        assert_eq!((parts[0].whole, parts[0].metrics.len()), (Some("new"), 1));
    }

    #[test]
    fn what_lies_within_objects_has_its_name() {
        let is = json!({"training_details": {"training_job_details": {
            "training_datasets": ["s3://a"],
            "training_metrics": [{"name": "auc", "value": 0.5, "notes": "n"}],
        }}});
        let parts = parts(&differences(&json!({}), &is));
        let fields = parts[0].fields.iter();
        let fields: Vec<(&str, &str)> = fields
            .map(|field| (field.label.as_str(), field.after.as_deref().unwrap()))
            .collect();
        assert_eq!(
            fields,
            [
                ("Training data", "s3://a"),
                ("Training metrics", "auc: 0.5 (n)")
            ]
        );
    }

    #[test]
    fn a_section_that_is_new_is_told_by_its_fields() {
        let is = json!({"business_details": {"line_of_business": "retail"}});
        let parts = parts(&differences(&json!({}), &is));
        assert_eq!(parts[0].fields[0].label, "Line of business");
        assert_eq!(parts[0].fields[0].after.as_deref(), Some("retail"));
    }
}
