//! The query protocol: a form in, XML out, both told apart by the service model.
//!
//! `MetricData.member.1.Dimensions.member.2.Name=a` is a member of a list of a list; times of
//! answers are ISO 8601 (AWS's query protocol as botocore's `query` serializer and parser have it).

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Number, Value};

use super::shape::{Kind, ServiceModel, Shape};
use crate::aws::xml::escaped;

/// Steps of a name; the deepest of the service models has seven.
const DEEPEST: usize = 24;
/// Members of a form.
const MOST: usize = 20_000;

/// A form as a tree of its dotted names.
#[derive(Debug, Default)]
struct Node {
    text: Option<String>,
    parts: BTreeMap<String, Node>,
}

impl Node {
    fn put(&mut self, name: &str, text: String) {
        let mut node = self;
        for step in name.split('.').take(DEEPEST) {
            node = node.parts.entry(step.to_owned()).or_default();
        }
        node.text = Some(text);
    }

    /// Elements in the order of their numbers.
    fn elements(&self) -> Vec<&Node> {
        let list = self.parts.get("member").unwrap_or(self);
        let mut numbered: Vec<(u32, &Node)> = list
            .parts
            .iter()
            .filter_map(|(number, node)| Some((number.parse().ok()?, node)))
            .collect();
        numbered.sort_by_key(|(number, _)| *number);
        numbered.into_iter().map(|(_, node)| node).collect()
    }
}

/// The document that a form says. What is no number where one belongs stays text, so that the
/// check of the document refuses it.
pub(crate) fn document_of_form<'a>(
    model: &ServiceModel,
    operation: &str,
    members: impl Iterator<Item = (&'a str, String)>,
) -> Value {
    let mut root = Node::default();
    for (name, text) in members.take(MOST) {
        root.put(name, text);
    }
    match model.input(operation) {
        Some(input) => read(model, input, &root),
        None => Value::Object(Map::new()),
    }
}

fn read(model: &ServiceModel, shape: &Shape, node: &Node) -> Value {
    match shape.kind {
        Kind::Structure => {
            let members = shape.members.iter().filter_map(|(name, member)| {
                let part = node.parts.get(name)?;
                Some((name.clone(), read(model, model.shape(member)?, part)))
            });
            Value::Object(members.collect())
        }
        Kind::List => {
            let element = model.shape(&shape.element);
            let elements = node.elements().into_iter();
            Value::Array(
                elements
                    .filter_map(|part| Some(read(model, element?, part)))
                    .collect(),
            )
        }
        Kind::Map => {
            let entries = node.parts.get("entry").unwrap_or(node);
            let value = model.shape(&shape.value);
            let pairs = entries.elements().into_iter().filter_map(|entry| {
                let key = entry.parts.get("key")?.text.clone()?;
                Some((key, read(model, value?, entry.parts.get("value")?)))
            });
            Value::Object(pairs.collect())
        }
        Kind::String | Kind::Blob => Value::String(node.text.clone().unwrap_or_default()),
        Kind::Integer | Kind::Double | Kind::Boolean | Kind::Timestamp => {
            scalar(shape.kind, node.text.as_deref().unwrap_or_default())
        }
    }
}

fn scalar(kind: Kind, text: &str) -> Value {
    let read = match kind {
        Kind::Integer => text.parse::<i64>().ok().map(Value::from),
        Kind::Double => text
            .parse::<f64>()
            .ok()
            .and_then(Number::from_f64)
            .map(Value::Number),
        Kind::Boolean => text.parse::<bool>().ok().map(Value::Bool),
        Kind::String | Kind::Timestamp | Kind::Blob | Kind::List | Kind::Map | Kind::Structure => {
            None
        }
    };
    read.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// The members of an answer, without the envelope.
pub(crate) fn xml_of_document(model: &ServiceModel, operation: &str, document: &Value) -> String {
    let mut out = String::new();
    if let Some(output) = model.output(operation) {
        write(model, (output, document), &mut out);
    }
    out
}

fn write(model: &ServiceModel, (shape, value): (&Shape, &Value), out: &mut String) {
    match (shape.kind, value) {
        (Kind::Structure, Value::Object(members)) => {
            for (name, member) in members {
                let shape = shape.members.get(name).and_then(|name| model.shape(name));
                if let (Some(shape), false) = (shape, member.is_null()) {
                    out.push_str(&format!("<{name}>"));
                    write(model, (shape, member), out);
                    out.push_str(&format!("</{name}>"));
                }
            }
        }
        (Kind::List, Value::Array(elements)) => {
            for element in elements {
                out.push_str("<member>");
                if let Some(shape) = model.shape(&shape.element) {
                    write(model, (shape, element), out);
                }
                out.push_str("</member>");
            }
        }
        (Kind::Map, Value::Object(entries)) => {
            for (key, entry) in entries {
                out.push_str(&format!("<entry><key>{}</key><value>", escaped(key)));
                if let Some(shape) = model.shape(&shape.value) {
                    write(model, (shape, entry), out);
                }
                out.push_str("</value></entry>");
            }
        }
        (Kind::Timestamp, Value::Number(seconds)) => out.push_str(&iso(seconds)),
        (_, Value::String(text)) => out.push_str(&escaped(text)),
        (_, Value::Number(number)) => out.push_str(&number.to_string()),
        (_, Value::Bool(flag)) => out.push_str(if *flag { "true" } else { "false" }),
        (_, Value::Null | Value::Array(_) | Value::Object(_)) => {}
    }
}

fn iso(seconds: &Number) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a cast saturates, and a time beyond all calendars is none"
    )]
    let milliseconds = (seconds.as_f64().unwrap_or(f64::NAN) * 1000.0).round() as i64;
    DateTime::<Utc>::from_timestamp_millis(milliseconds)
        .map(|time| time.to_rfc3339_opts(SecondsFormat::Millis, true))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::shape::service_model;
    use super::*;

    #[test]
    fn lists_of_a_form_are_put_in_their_order() {
        let model = service_model("cloudwatch").unwrap();
        let form = [
            ("Namespace", "n"),
            ("MetricData.member.2.MetricName", "second"),
            ("MetricData.member.1.MetricName", "first"),
            ("MetricData.member.1.Value", "1.5"),
            ("MetricData.member.1.Dimensions.member.1.Name", "d"),
            ("MetricData.member.1.Dimensions.member.1.Value", "v"),
            ("MetricData.member.1.Timestamp", "2026-11-27T00:00:00Z"),
        ];
        let members = form.into_iter().map(|(name, text)| (name, text.to_owned()));
        let document = document_of_form(model, "PutMetricData", members);
        let expected = json!({"Namespace": "n", "MetricData": [
            {"MetricName": "first", "Value": 1.5, "Dimensions": [{"Name": "d", "Value": "v"}],
             "Timestamp": "2026-11-27T00:00:00Z"},
            {"MetricName": "second"},
        ]});
        assert_eq!(document, expected);
    }

    #[test]
    fn an_answer_is_written_by_its_shape() {
        let model = service_model("iam").unwrap();
        let role = json!({"Role": {"RoleName": "a<b", "CreateDate": 1.5, "Unknown": 1,
            "Tags": [{"Key": "k", "Value": "v"}]}});
        let xml = xml_of_document(model, "GetRole", &role);
        assert_eq!(
            xml,
            "<Role><RoleName>a&lt;b</RoleName><CreateDate>1970-01-01T00:00:01.500Z</CreateDate>\
             <Tags><member><Key>k</Key><Value>v</Value></member></Tags></Role>"
        );
    }
}
