//! What a dotted property name leads to in a record: `ModelLifeCycle.Stage`, `Tags.project`,
//! `Parents.TrialName`, `Metrics.loss.Min`.
//!
//! Source: the descriptions of `Filter` and `SearchRequest` in the SageMaker API reference
//! (`Tags.<key>`, `Metrics.<name>`, `Parameters.<name>`, nested names with dots), and what the
//! SDK's experiment analytics sends (`metrics.loss.min`, in lower case).

use serde_json::{Map, Value};

/// Every value behind `path`. Lists are walked through: each element may lead on.
pub(super) fn values<'a>(record: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found = Vec::new();
    walk(record, path, &mut found);
    found
}

fn walk<'a>(value: &'a Value, path: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Array(elements) => {
            for element in elements {
                walk(element, path, found);
            }
        }
        Value::Object(members) => match step(members, path) {
            Some((member, Some(rest))) => follow(member, rest, found),
            Some((member, None)) => end(member, found),
            None => {}
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A list of named entries is addressed by those names; anything else by its members.
fn follow<'a>(member: &'a Value, rest: &str, found: &mut Vec<&'a Value>) {
    if let Value::Array(entries) = member
        && let Some(value) = tag(entries, rest).or_else(|| metric(entries, rest))
    {
        found.push(value);
        return;
    }
    walk(member, rest, found);
}

/// `Tags.project` is the value of the entry whose `Key` is `project`.
fn tag<'a>(entries: &'a [Value], key: &str) -> Option<&'a Value> {
    entries
        .iter()
        .find(|entry| entry.get("Key").and_then(Value::as_str) == Some(key))?
        .get("Value")
}

/// `Metrics.loss` is the last value of `loss`, `Metrics.loss.Max` its largest.
fn metric<'a>(entries: &'a [Value], path: &str) -> Option<&'a Value> {
    let named = |name: &str| {
        entries
            .iter()
            .find(|entry| entry.get("MetricName").and_then(Value::as_str) == Some(name))
    };
    if let Some(entry) = named(path) {
        return entry.get("Last");
    }
    let (name, statistic) = path.rsplit_once('.')?;
    let entry = named(name)?.as_object()?;
    member(entry, statistic)
}

fn end<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Array(elements) => {
            for element in elements {
                end(element, found);
            }
        }
        Value::Object(members) => {
            // A parameter of a trial component: `{"NumberValue": 0.1}`.
            let typed = members
                .get("NumberValue")
                .or_else(|| members.get("StringValue"));
            found.push(typed.unwrap_or(value));
        }
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) | Value::String(_) => found.push(value),
    }
}

/// The member that `path` begins with. Keys of maps may hold dots themselves, so the longest
/// key that is there wins.
fn step<'a, 'p>(
    members: &'a Map<String, Value>,
    path: &'p str,
) -> Option<(&'a Value, Option<&'p str>)> {
    if let Some(value) = member(members, path) {
        return Some((value, None));
    }
    let mut dots: Vec<usize> = path.match_indices('.').map(|(at, _)| at).collect();
    dots.reverse();
    dots.into_iter().find_map(|at| {
        let value = member(members, path.get(..at)?)?;
        Some((value, path.get(at + 1..)))
    })
}

/// As it is spelled, else in any case: the SDK sorts by `metrics.loss.min`.
fn member<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    members.get(name).or_else(|| {
        members
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(path: &str, expected: Value) {
        let record = json!({
            "ModelName": "fraud",
            "Nothing": null,
            "PrimaryContainer": {"Image": "i"},
            "Containers": [{"Image": "a"}, {"Image": "b"}],
            "Tags": [{"Key": "project", "Value": "p"}, {"Key": "a.b", "Value": "dotted"}],
            "Parents": [{"TrialName": "t1"}, {"TrialName": "t2"}],
            "Parameters": {"lr": {"NumberValue": 0.1}, "a.b": {"StringValue": "x"}},
            "Metrics": [{"MetricName": "val.loss", "Last": 1.0, "Max": 3.0}],
            "SupportedContentTypes": ["text/csv", "application/json"],
        });
        let found: Vec<Value> = values(&record, path).into_iter().cloned().collect();
        assert_eq!(Value::Array(found), expected, "{path}");
    }

    #[test]
    fn a_path_leads_through_objects_and_lists() {
        check("ModelName", json!(["fraud"]));
        check("PrimaryContainer.Image", json!(["i"]));
        check("Containers.Image", json!(["a", "b"]));
        check("Parents.TrialName", json!(["t1", "t2"]));
        check(
            "SupportedContentTypes",
            json!(["text/csv", "application/json"]),
        );
        check("PrimaryContainer.Missing", json!([]));
        check("ModelName.Missing", json!([]));
        check("Nothing", json!([]));
    }

    #[test]
    fn tags_parameters_and_metrics_are_addressed_by_name() {
        check("Tags.project", json!(["p"]));
        check("Tags.a.b", json!(["dotted"]));
        check("Tags.missing", json!([]));
        check("Tags.Key", json!(["project", "a.b"]));
        check("Parameters.lr", json!([0.1]));
        check("Parameters.lr.NumberValue", json!([0.1]));
        check("Parameters.a.b", json!(["x"]));
        check("Metrics.val.loss", json!([1.0]));
        check("Metrics.val.loss.Max", json!([3.0]));
        check("metrics.val.loss.max", json!([3.0]));
    }
}
