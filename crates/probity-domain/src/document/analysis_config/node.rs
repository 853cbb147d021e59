//! JSON as it stands in the file: whole numbers and floats apart, members in order, and
//! twice where they are there twice. `serde_json::Value` would keep the last of two.

use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

/// Texts are quoted up to so many characters.
const LONGEST_QUOTE: usize = 60;

impl Node {
    /// The value in the words of an error.
    pub(super) fn told(&self) -> String {
        match self {
            Self::Null => "`null`".to_owned(),
            Self::Boolean(value) => format!("`{value}`"),
            Self::Integer(value) => format!("the number `{value}`"),
            Self::Float(value) => format!("the number `{value:?}`"),
            Self::Text(text) if text.chars().count() > LONGEST_QUOTE => {
                let beginning: String = text.chars().take(LONGEST_QUOTE).collect();
                format!("the text `\"{beginning}…\"`")
            }
            Self::Text(text) => format!("the text `{}`", Value::from(text.as_str())),
            Self::List(items) if items.is_empty() => "the empty list `[]`".to_owned(),
            Self::List(items) if items.len() == 1 => "a list of 1 item".to_owned(),
            Self::List(items) => format!("a list of {} items", items.len()),
            Self::Object(_) => "an object".to_owned(),
        }
    }

    pub(super) fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Boolean(value) => Value::from(*value),
            Self::Integer(value) => Value::from(*value),
            Self::Float(value) => Value::from(*value),
            Self::Text(text) => Value::from(text.as_str()),
            Self::List(items) => items.iter().map(Node::to_value).collect(),
            Self::Object(members) => Value::Object(to_map(members)),
        }
    }
}

pub(super) fn to_map(members: &[(String, Node)]) -> Map<String, Value> {
    let members = members.iter();
    members
        .map(|(name, node)| (name.clone(), node.to_value()))
        .collect()
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Boolean(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Integer(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        let number = i64::try_from(value);
        number.map(Node::Integer).map_err(|_| {
            E::custom(format_args!(
                "the number `{value}` is larger than `{}`",
                i64::MAX
            ))
        })
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Float(value))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Node::Object(object))
    }
}
