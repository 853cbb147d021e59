//! Reading the text of a card's content: the order of its members is kept, and a key that is
//! there twice is a fault, because two readers would see two different cards (RFC 8259 §4
//! leaves open which one counts).
//!
//! `NaN` and `Infinity` are no JSON and numbers beyond a double are refused, as is nesting
//! beyond `serde_json`'s limit of 128.

use std::fmt;

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::fault::{Faults, InvalidContent, Path};

pub(super) fn read(text: &str) -> Result<Value, InvalidContent> {
    let mut state = State::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Node(&mut state).deserialize(&mut deserializer);
    let value = value.and_then(|value| deserializer.end().map(|()| value));
    let value = value.map_err(|error| InvalidContent::at_root(not_json(&error)))?;
    state.faults.into_result()?;
    Ok(value)
}

fn not_json(error: &serde_json::Error) -> String {
    format!("the content is not JSON: {error}")
}

#[derive(Debug, Default)]
struct State {
    path: Path,
    faults: Faults,
}

/// Reads one value at the place that the state knows.
struct Node<'s>(&'s mut State);

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value);
        number
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number is not finite"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let state = self.0;
        let mut list = Vec::new();
        loop {
            state.path.enter_item(list.len());
            let item = items.next_element_seed(Node(state))?;
            state.path.leave();
            match item {
                Some(item) => list.push(item),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let state = self.0;
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            state.path.enter_member(&key);
            if object.contains_key(&key) {
                let problem = "the key is there more than once; keep one of them".to_owned();
                state.faults.add(&state.path, problem);
            }
            let value = members.next_value_seed(Node(state))?;
            state.path.leave();
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}
