//! Holding a content against the schema of [`super::schema`]. Whatever is wrong is told and
//! the rest is looked at all the same.

use serde_json::{Map, Value};

use super::fault::{Faults, InvalidContent, Path, alternatives, shortened};
use super::schema::{LONGEST_LABEL, List, METRIC_TYPES, Needed, Object, Others, Shape, TextRule};

pub(super) fn check(value: &Value, schema: &Object) -> Result<(), InvalidContent> {
    let mut check = Check::default();
    check.object(value, schema);
    check.faults.into_result()
}

#[derive(Debug, Default)]
struct Check {
    path: Path,
    faults: Faults,
}

impl Check {
    fn wrong(&mut self, problem: String) {
        self.faults.add(&self.path, problem);
    }

    fn wrong_kind(&mut self, value: &Value, expected: &str) {
        let hint = match value {
            Value::Null => "; leave the key out where nothing is said",
            Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => "",
        };
        self.wrong(format!("found {}, expected {expected}{hint}", told(value)));
    }

    fn wrong_member(&mut self, name: &str, problem: String) {
        self.path.enter_member(name);
        self.wrong(problem);
        self.path.leave();
    }

    fn value(&mut self, value: &Value, shape: &Shape) {
        match shape {
            Shape::Text(rule) => self.text(value, rule),
            Shape::Number if value.is_number() => {}
            Shape::Number => self.wrong_kind(value, "a number"),
            Shape::NumberFrom(least) => self.number_from(value, *least),
            Shape::Boolean if value.is_boolean() => {}
            Shape::Boolean => self.wrong_kind(value, "`true` or `false`"),
            Shape::OneOf(names) if value.as_str().is_some_and(|text| names.contains(&text)) => {}
            Shape::OneOf(names) => self.wrong_kind(value, &alternatives(names)),
            Shape::Scalar => self.scalar(value),
            Shape::List(list) => self.list(value, list),
            Shape::Object(object) => self.object(value, object),
            Shape::Texts(longest) => self.texts(value, *longest),
            Shape::Free if value.is_object() => {}
            Shape::Free => self.wrong_kind(value, "an object"),
            Shape::Metric => self.metric(value),
        }
    }

    fn text(&mut self, value: &Value, rule: &TextRule) {
        let Value::String(text) = value else {
            return self.wrong_kind(value, "a text");
        };
        match rule {
            TextRule::Any => {}
            TextRule::AtMost(longest) => {
                let length = text.chars().count();
                if length > *longest {
                    self.wrong(format!(
                        "the text has {length} characters, at most {longest} are allowed"
                    ));
                }
            }
            TextRule::SomeCharacter => {
                if text.chars().all(ends_line) {
                    self.wrong(
                        "the text is empty, expected one with at least one character".to_owned(),
                    );
                }
            }
        }
    }

    fn number_from(&mut self, value: &Value, least: f64) {
        match value.as_f64() {
            Some(number) if number >= least => {}
            Some(_) => self.wrong_kind(value, &format!("a number from {least}")),
            None => self.wrong_kind(value, "a number"),
        }
    }

    fn scalar(&mut self, value: &Value) {
        match value {
            Value::Number(_) | Value::Bool(_) => {}
            Value::String(_) => self.text(value, &TextRule::AtMost(LONGEST_LABEL)),
            Value::Null | Value::Array(_) | Value::Object(_) => {
                self.wrong_kind(value, "a number, a text or a boolean");
            }
        }
    }

    fn list(&mut self, value: &Value, list: &List) {
        let Value::Array(items) = value else {
            return self.wrong_kind(value, "a list");
        };
        if items.len() < list.least || items.len() > list.most {
            self.wrong(wrong_length(items.len(), list));
        }
        for (index, item) in items.iter().enumerate() {
            self.path.enter_item(index);
            self.value(item, &list.item);
            self.path.leave();
        }
    }

    fn object(&mut self, value: &Value, object: &Object) {
        let Value::Object(members) = value else {
            return self.wrong_kind(value, "an object");
        };
        for (name, value) in members {
            let known = object.members.iter().find(|member| member.name == name);
            match (known, object.others) {
                (Some(member), _) => {
                    self.path.enter_member(name);
                    self.value(value, &member.shape);
                    self.path.leave();
                }
                (None, Others::Allowed) => {}
                (None, Others::Refused) => self.wrong_member(name, unknown(object)),
            }
        }
        for member in object.members {
            if member.needed == Needed::Always && !members.contains_key(member.name) {
                self.wrong_member(member.name, "the key is missing".to_owned());
            }
        }
    }

    fn texts(&mut self, value: &Value, longest: usize) {
        let Value::Object(members) = value else {
            return self.wrong_kind(value, "an object of texts");
        };
        for (name, value) in members {
            self.path.enter_member(name);
            self.text(value, &TextRule::AtMost(longest));
            self.path.leave();
        }
    }

    fn metric(&mut self, value: &Value) {
        let Value::Object(members) = value else {
            return self.wrong_kind(value, "a metric, which is an object");
        };
        match metric_object(members) {
            Some(object) => self.object(value, object),
            // What the rest would have to be is not known.
            None => self.metric_type(members),
        }
    }

    fn metric_type(&mut self, members: &Map<String, Value>) {
        let names = METRIC_TYPES.map(|(name, _)| name);
        let allowed = alternatives(&names);
        match members.get("type") {
            Some(value) => {
                self.wrong_member("type", format!("found {}, expected {allowed}", told(value)))
            }
            None => self.wrong_member("type", format!("the key is missing: {allowed}")),
        }
    }
}

fn metric_object(members: &Map<String, Value>) -> Option<&'static Object> {
    let name = members.get("type")?.as_str()?;
    let mut types = METRIC_TYPES.iter();
    types
        .find(|(known, _)| *known == name)
        .map(|(_, object)| *object)
}

/// ECMA 262's line terminators, which `.` does not match.
fn ends_line(letter: char) -> bool {
    matches!(letter, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

fn unknown(object: &Object) -> String {
    let names: Vec<&str> = object.members.iter().map(|member| member.name).collect();
    format!(
        "the key is not known here, expected {}",
        alternatives(&names)
    )
}

fn wrong_length(length: usize, list: &List) -> String {
    if list.least == list.most {
        return format!(
            "the list has {length} items, exactly {} are expected",
            list.least
        );
    }
    if length < list.least {
        return "the list is empty, at least one item is expected".to_owned();
    }
    format!(
        "the list has {length} items, at most {} are allowed",
        list.most
    )
}

fn told(value: &Value) -> String {
    match value {
        Value::Null => "`null`".to_owned(),
        Value::Bool(_) | Value::Number(_) => format!("`{value}`"),
        Value::String(text) => format!("the text `{}`", shortened(text)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}
