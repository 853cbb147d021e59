//! JSON whose bytes depend on its value alone: names sorted, no spaces. What is hashed or
//! compared as text is written so.

use serde_json::{Map, Value};

pub(crate) fn canonical_json(value: &Value) -> String {
    sorted(value).to_string()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Object(members) => {
            let mut entries: Vec<(&String, &Value)> = members.iter().collect();
            entries.sort_by_key(|(name, _)| *name);
            Value::Object(
                entries
                    .into_iter()
                    .map(|(name, value)| (name.clone(), sorted(value)))
                    .collect::<Map<_, _>>(),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_order_of_names_does_not_matter_and_the_order_of_items_does() {
        let one = json!({"b": [1, {"d": 1, "c": null}], "a": 2.0});
        assert_eq!(
            canonical_json(&one),
            r#"{"a":2.0,"b":[1,{"c":null,"d":1}]}"#
        );
        assert_ne!(
            canonical_json(&json!([1, 2])),
            canonical_json(&json!([2, 1]))
        );
    }
}
