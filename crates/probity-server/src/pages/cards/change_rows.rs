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
        let (title, rest) = match path.as_slice() {
            [first, name, rest @ ..] if first == EVALUATIONS && name != "order" => {
                (format!("Evaluation: {name}"), rest)
            }
            [first, rest @ ..] => (guide::section_title(first).to_owned(), rest),
            [] => ("The whole card".to_owned(), &[] as &[String]),
        };
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
        let is_evaluation = path.first().is_some_and(|first| first == EVALUATIONS);
        match is_evaluation && path.len() > 1 {
            true => of_evaluation(&mut parts[place], rest, change),
            false => of_section(&mut parts[place], (&path, rest), change),
        }
    }
    parts
}

fn of_section(part: &mut ChangedPart, (path, rest): (&[String], &[String]), change: &Change) {
    let sides = (change.before.as_ref(), change.after.as_ref());
    if rest.is_empty() {
        part.whole = whole(sides);
        let member = |side: Option<&Value>, name: &str| side?.get(name).cloned();
        let names = sides.1.or(sides.0).and_then(Value::as_object);
        for name in names.into_iter().flat_map(|members| members.keys()) {
            let path = format!("{}.{name}", path.join("."));
            let (before, after) = (member(sides.0, name), member(sides.1, name));
            push(part, guide::label(&path), (before.as_ref(), after.as_ref()));
        }
        if names.is_none() {
            push(part, guide::label(&path.join(".")), sides);
        }
        return;
    }
    push(part, guide::label(&path.join(".")), sides);
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
        before: sides.0.map(text),
        after: sides.1.map(text),
    });
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
    fn a_section_that_is_new_is_told_by_its_fields() {
        let is = json!({"business_details": {"line_of_business": "retail"}});
        let parts = parts(&differences(&json!({}), &is));
        assert_eq!(parts[0].fields[0].label, "Line of business");
        assert_eq!(parts[0].fields[0].after.as_deref(), Some("retail"));
    }
}
