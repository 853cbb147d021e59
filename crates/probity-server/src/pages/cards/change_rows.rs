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
            [section, name, rest @ ..] if section == EVALUATIONS && name != "order" => {
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

/// All evaluations at once: they are told one by one.
fn each_evaluation(parts: &mut Vec<ChangedPart>, change: &Change) {
    for (side, is_after) in [(&change.before, false), (&change.after, true)] {
        for evaluation in side.iter().filter_map(Value::as_array).flatten() {
            let name = evaluation.get("name").and_then(Value::as_str);
            let title = format!("Evaluation: {}", name.unwrap_or_default());
            let own = Some(evaluation.clone());
            let (before, after) = if is_after { (None, own) } else { (own, None) };
            let change = Change {
                path: String::new(),
                before,
                after,
            };
            of_evaluation(part(parts, title), &[], &change);
        }
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
    let members = sides.1.or(sides.0).and_then(Value::as_object);
    match members.filter(|_| !guide::is_field(path)) {
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
    match rest.as_slice() {
        [] => {
            part.whole = whole(sides);
            let named = sides.1.or(sides.0).and_then(Value::as_object);
            for name in named.into_iter().flat_map(|members| members.keys()) {
                let of = |side: Option<&Value>| side?.get(name).cloned();
                match name.as_str() {
                    "name" => {}
                    "metric_groups" => groups(part, (of(sides.0), of(sides.1))),
                    name => push(
                        part,
                        guide::evaluation_label(&[name]),
                        (of(sides.0).as_ref(), of(sides.1).as_ref()),
                    ),
                }
            }
        }
        ["metric_groups"] => groups(part, (change.before.clone(), change.after.clone())),
        ["metric_groups", group] if *group != "order" => {
            metrics(part, group, (data(sides.0), data(sides.1)));
        }
        ["metric_groups", group, "metric_data"] => metrics(part, group, sides),
        ["metric_groups", group, "metric_data", name] if *name != "order" => {
            let value = |side: Option<&Value>| side?.get("value").cloned();
            metric(part, (group, name), (value(sides.0), value(sides.1)));
        }
        ["metric_groups", group, "metric_data", name, "value"] => metric(
            part,
            (group, name),
            (change.before.clone(), change.after.clone()),
        ),
        other => push(part, guide::evaluation_label(other), sides),
    }
}

fn data(group: Option<&Value>) -> Option<&Value> {
    group?.get("metric_data")
}

fn groups(part: &mut ChangedPart, (before, after): (Option<Value>, Option<Value>)) {
    for (side, is_after) in [(&before, false), (&after, true)] {
        for group in side.iter().filter_map(Value::as_array).flatten() {
            let name = group.get("name").and_then(Value::as_str);
            let own = data(Some(group));
            let sides = if is_after { (None, own) } else { (own, None) };
            metrics(part, name.unwrap_or_default(), sides);
        }
    }
}

fn metrics(part: &mut ChangedPart, group: &str, sides: (Option<&Value>, Option<&Value>)) {
    for (side, is_after) in [(sides.0, false), (sides.1, true)] {
        for item in side.and_then(Value::as_array).into_iter().flatten() {
            let name = item.get("name").and_then(Value::as_str);
            let value = item.get("value").cloned();
            let sides = if is_after {
                (None, value)
            } else {
                (value, None)
            };
            metric(part, (group, name.unwrap_or_default()), sides);
        }
    }
}

/// Sides of one metric that come one after the other are one row.
fn metric(
    part: &mut ChangedPart,
    (group, name): (&str, &str),
    (before, after): (Option<Value>, Option<Value>),
) {
    let known = part
        .metrics
        .iter_mut()
        .find(|row| row.group == group && row.name == name);
    match known {
        Some(row) => {
            row.before = row.before.take().or(before);
            row.after = row.after.take().or(after);
        }
        None => part.metrics.push(ChangedMetric {
            group: group.to_owned(),
            name: name.to_owned(),
            before,
            after,
        }),
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
        Value::Object(members) if members.values().all(Value::is_string) => {
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
