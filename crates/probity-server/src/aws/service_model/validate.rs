//! Whether a request says what its operation takes.
//!
//! What comes out holds known members only, no nulls, and times as numbers of seconds: what a
//! verb keeps of it is what AWS would have understood. A value of a wrong type ends the check, as
//! AWS's parser does; all other faults are told at once.

use serde_json::{Map, Number, Value};

use super::shape::{Kind, ServiceModel, Shape};

/// Faults that are worded; more are only counted, so that a long list costs no memory.
const WORDED: usize = 100;
/// Characters of a value that a message repeats.
const SHOWN: usize = 256;
/// 9999-12-31T23:59:59Z: later times are slips, and would overflow in milliseconds sooner or later.
const LAST_SECOND: f64 = 253_402_300_799.0;

/// Why a request was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rejected {
    /// A value of a wrong type.
    Type { message: String },
    /// Values that break constraints.
    Constraints { message: String },
}

/// The request as the verb gets it.
pub(crate) fn accept(
    model: &ServiceModel,
    operation: &str,
    request: Value,
) -> Result<Value, Rejected> {
    let Value::Object(request) = request else {
        return Err(wrong_type(&request, Kind::Structure));
    };
    let Some(input) = model.input(operation) else {
        // An operation without members takes whatever comes, and reads nothing.
        return Ok(Value::Object(Map::new()));
    };
    let mut walk = Walk {
        model,
        path: Vec::new(),
        faults: Vec::new(),
        n_faults: 0,
    };
    let accepted = walk.structure(input, request)?;
    if walk.n_faults == 0 {
        return Ok(accepted);
    }
    let noun = if walk.n_faults == 1 {
        "error"
    } else {
        "errors"
    };
    let message = format!(
        "{} validation {noun} detected: {}",
        walk.n_faults,
        walk.faults.join("; ")
    );
    Err(Rejected::Constraints { message })
}

struct Walk<'a> {
    model: &'a ServiceModel,
    path: Vec<String>,
    faults: Vec<String>,
    n_faults: usize,
}

impl<'a> Walk<'a> {
    fn shape(&self, name: &str) -> Option<&'a Shape> {
        self.model.shape(name)
    }

    fn value(&mut self, shape: &'a Shape, value: Value) -> Result<Value, Rejected> {
        match (shape.kind, value) {
            (Kind::Structure, Value::Object(members)) => self.structure(shape, members),
            (Kind::List, Value::Array(elements)) => self.list(shape, elements),
            (Kind::Map, Value::Object(entries)) => self.map(shape, entries),
            (kind, value) if kind.is_scalar() => {
                let value = scalar(kind, value)?;
                for constraint in broken(shape, &value) {
                    self.fault(&shown(&value), &constraint);
                }
                Ok(value)
            }
            (kind, value) => Err(wrong_type(&value, kind)),
        }
    }

    fn structure(
        &mut self,
        shape: &'a Shape,
        members: Map<String, Value>,
    ) -> Result<Value, Rejected> {
        let mut accepted = Map::new();
        for (name, value) in members {
            let known = shape.members.get(&name).and_then(|name| self.shape(name));
            let Some(member) = known else { continue };
            if value.is_null() {
                continue;
            }
            self.path.push(lower_camel(&name));
            let value = self.value(member, value)?;
            self.path.pop();
            accepted.insert(name, value);
        }
        for name in &shape.required {
            if !accepted.contains_key(name) {
                self.path.push(lower_camel(name));
                self.fault_of_null();
                self.path.pop();
            }
        }
        if shape.union && accepted.len() != 1 {
            let names: Vec<&str> = shape.members.keys().map(String::as_str).collect();
            let constraint = format!("Exactly one member of [{}] must be set", names.join(", "));
            self.fault(&shown(&Value::Object(accepted.clone())), &constraint);
        }
        Ok(Value::Object(accepted))
    }

    fn list(&mut self, shape: &'a Shape, elements: Vec<Value>) -> Result<Value, Rejected> {
        let outside = outside(shape, "length", elements.len() as f64);
        let elements = self.faults_of_whole(outside, Value::Array(elements));
        let Value::Array(elements) = elements else {
            return Ok(elements);
        };
        let Some(element) = self.shape(&shape.element) else {
            return Ok(Value::Array(elements));
        };
        if element.kind.is_scalar() {
            return self.list_of_scalars(element, elements);
        }
        let mut accepted = Vec::with_capacity(elements.len());
        for (index, value) in elements.into_iter().enumerate() {
            self.path.push((index + 1).to_string());
            self.path.push("member".to_owned());
            accepted.push(self.value(element, value)?);
            self.path.truncate(self.path.len() - 2);
        }
        Ok(Value::Array(accepted))
    }

    /// One fault for the whole list, with all constraints of its elements.
    fn list_of_scalars(
        &mut self,
        element: &Shape,
        elements: Vec<Value>,
    ) -> Result<Value, Rejected> {
        let accepted = elements
            .into_iter()
            .map(|value| scalar(element.kind, value))
            .collect::<Result<Vec<Value>, Rejected>>()?;
        let wrong = accepted
            .iter()
            .any(|value| !broken(element, value).is_empty());
        let accepted = Value::Array(accepted);
        if wrong {
            let all = all_constraints(element).join(", ");
            let constraint = format!("Member must satisfy constraint: [{all}]");
            self.fault(&shown(&accepted), &constraint);
        }
        Ok(accepted)
    }

    fn map(&mut self, shape: &'a Shape, entries: Map<String, Value>) -> Result<Value, Rejected> {
        let outside = outside(shape, "length", entries.len() as f64);
        let entries = self.faults_of_whole(outside, Value::Object(entries));
        let Value::Object(entries) = entries else {
            return Ok(entries);
        };
        let (Some(key), Some(value_shape)) = (self.shape(&shape.key), self.shape(&shape.value))
        else {
            return Ok(Value::Object(entries));
        };
        let mut accepted = Map::new();
        let mut wrong_key = false;
        let mut wrong_value = false;
        for (name, value) in entries {
            wrong_key |= !broken(key, &Value::String(name.clone())).is_empty();
            if value.is_null() {
                continue;
            }
            let value = if value_shape.kind.is_scalar() {
                let value = scalar(value_shape.kind, value)?;
                wrong_value |= !broken(value_shape, &value).is_empty();
                value
            } else {
                self.path.push(name.clone());
                self.path.push("member".to_owned());
                let value = self.value(value_shape, value)?;
                self.path.truncate(self.path.len() - 2);
                value
            };
            accepted.insert(name, value);
        }
        let accepted = Value::Object(accepted);
        for (wrong, part, shape) in [
            (wrong_key, "keys", key),
            (wrong_value, "value", value_shape),
        ] {
            if wrong {
                let all = all_constraints(shape).join(", ");
                let constraint = format!("Map {part} must satisfy constraint: [{all}]");
                self.fault(&shown(&accepted), &constraint);
            }
        }
        Ok(accepted)
    }

    /// Gives the list or map back.
    fn faults_of_whole(&mut self, broken: Vec<String>, value: Value) -> Value {
        for constraint in broken {
            self.fault(&shown(&value), &constraint);
        }
        value
    }

    fn fault(&mut self, value: &str, constraint: &str) {
        self.word(&format!("Value '{value}'"), constraint);
    }

    fn fault_of_null(&mut self) {
        self.word("Value null", "Member must not be null");
    }

    fn word(&mut self, what: &str, constraint: &str) {
        self.n_faults += 1;
        if self.faults.len() < WORDED {
            let path = cut(&self.path.join("."), SHOWN);
            self.faults.push(format!(
                "{what} at '{path}' failed to satisfy constraint: {constraint}"
            ));
        }
    }
}

/// A value of the type that the shape has.
fn scalar(kind: Kind, value: Value) -> Result<Value, Rejected> {
    match (kind, value) {
        (Kind::String, value @ Value::String(_)) | (Kind::Boolean, value @ Value::Bool(_)) => {
            Ok(value)
        }
        (Kind::Integer, Value::Number(number)) => whole(&number)
            .map(Value::from)
            .ok_or_else(|| wrong_type(&Value::Number(number), Kind::Integer)),
        (Kind::Double, value @ Value::Number(_)) => Ok(value),
        (Kind::Timestamp, value) => time(value),
        (Kind::Blob, Value::String(text)) => {
            use base64::Engine;
            match base64::engine::general_purpose::STANDARD.decode(&text) {
                Ok(_) => Ok(Value::String(text)),
                Err(_) => Err(Rejected::Type {
                    message: "Unable to deserialize blob: it is not base64".to_owned(),
                }),
            }
        }
        (kind, value) => Err(wrong_type(&value, kind)),
    }
}

fn whole(number: &Number) -> Option<i64> {
    if let Some(whole) = number.as_i64() {
        return Some(whole);
    }
    let value = number.as_f64()?;
    // Up to 2⁵³ every whole number is told from its neighbours.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole and below 2⁵³ in size"
    )]
    (value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0).then_some(value as i64)
}

/// Seconds since 1970: a number, or a text of RFC 3339.
fn time(value: Value) -> Result<Value, Rejected> {
    let seconds = match &value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => chrono::DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|time| time.timestamp_millis() as f64 / 1000.0),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    match seconds {
        Some(seconds) if seconds.abs() <= LAST_SECOND => match value {
            Value::Number(_) => Ok(value),
            _ => Ok(Number::from_f64(seconds).map_or(Value::Null, Value::Number)),
        },
        _ => Err(wrong_type(&value, Kind::Timestamp)),
    }
}

/// The constraints that a scalar breaks.
fn broken(shape: &Shape, value: &Value) -> Vec<String> {
    let mut broken = match (shape.kind, value) {
        (Kind::String, Value::String(text)) => outside(shape, "length", length(text) as f64),
        (Kind::Integer | Kind::Double, Value::Number(number)) => number
            .as_f64()
            .map_or_else(Vec::new, |number| outside(shape, "value", number)),
        _ => Vec::new(),
    };
    if let Value::String(text) = value {
        if shape
            .pattern
            .as_ref()
            .is_some_and(|pattern| !pattern.matches(text))
        {
            broken.extend(pattern_constraint(shape));
        }
        if !shape.values.is_empty() && !shape.values.contains(text) {
            broken.push(values_constraint(shape));
        }
    }
    broken
}

/// All constraints of a scalar: AWS lists them all where one element breaks one.
fn all_constraints(shape: &Shape) -> Vec<String> {
    let measure = match shape.kind {
        Kind::Integer | Kind::Double => "value",
        Kind::String
        | Kind::Boolean
        | Kind::Timestamp
        | Kind::Blob
        | Kind::List
        | Kind::Map
        | Kind::Structure => "length",
    };
    let mut all = Vec::new();
    if let Some(most) = shape.max {
        all.push(at_most(measure, most));
    }
    if let Some(least) = shape.min {
        all.push(at_least(measure, least));
    }
    all.extend(pattern_constraint(shape));
    if !shape.values.is_empty() {
        all.push(values_constraint(shape));
    }
    all
}

fn outside(shape: &Shape, measure: &str, found: f64) -> Vec<String> {
    let mut broken = Vec::new();
    if let Some(most) = shape.max.filter(|most| found > *most) {
        broken.push(at_most(measure, most));
    }
    if let Some(least) = shape.min.filter(|least| found < *least) {
        broken.push(at_least(measure, least));
    }
    broken
}

fn at_most(measure: &str, most: f64) -> String {
    format!("Member must have {measure} less than or equal to {most}")
}

fn at_least(measure: &str, least: f64) -> String {
    format!("Member must have {measure} greater than or equal to {least}")
}

fn pattern_constraint(shape: &Shape) -> Option<String> {
    let pattern = shape.pattern.as_ref()?;
    Some(format!(
        "Member must satisfy regular expression pattern: {}",
        pattern.text()
    ))
}

fn values_constraint(shape: &Shape) -> String {
    format!(
        "Member must satisfy enum value set: [{}]",
        shape.values.join(", ")
    )
}

/// Characters, as Smithy counts them.
fn length(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.chars().count()
    }
}

/// AWS's parser in its own words.
fn wrong_type(value: &Value, wanted: Kind) -> Rejected {
    let wanted = match wanted {
        Kind::String => "a String",
        Kind::Integer => "an Integer",
        Kind::Double => "a Double",
        Kind::Boolean => "a Boolean",
        Kind::Timestamp => "a Timestamp",
        Kind::Blob => "a Blob",
        Kind::List => "a List",
        Kind::Map => "a Map",
        Kind::Structure => "a Structure",
    };
    let message = match value {
        Value::Array(_) => "Start of list found where not expected".to_owned(),
        Value::Object(_) => "Start of structure or map found where not expected.".to_owned(),
        Value::Null => format!("NULL_VALUE can not be converted to {wanted}"),
        Value::Bool(true) => format!("TRUE_VALUE can not be converted to {wanted}"),
        Value::Bool(false) => format!("FALSE_VALUE can not be converted to {wanted}"),
        Value::String(_) => format!("STRING_VALUE can not be converted to {wanted}"),
        Value::Number(number) if number.is_f64() => {
            format!("DECIMAL_VALUE can not be converted to {wanted}")
        }
        Value::Number(_) => format!("NUMBER_VALUE can not be converted to {wanted}"),
    };
    Rejected::Type { message }
}

/// A value in the words of Java's `toString`, cut where it is long.
fn shown(value: &Value) -> String {
    let mut out = String::new();
    show(value, &mut out);
    cut(&out, SHOWN)
}

fn show(value: &Value, out: &mut String) {
    if out.len() > SHOWN * 4 {
        return;
    }
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::String(text) => out.push_str(&cut(text, SHOWN)),
        Value::Array(elements) => {
            out.push('[');
            for (index, element) in elements.iter().enumerate().take(SHOWN) {
                out.push_str(if index > 0 { ", " } else { "" });
                show(element, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (index, (name, member)) in members.iter().enumerate().take(SHOWN) {
                out.push_str(if index > 0 { ", " } else { "" });
                out.push_str(&cut(name, SHOWN));
                out.push('=');
                show(member, out);
            }
            out.push('}');
        }
    }
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn lower_camel(name: &str) -> String {
    let mut characters = name.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}
