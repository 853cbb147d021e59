//! Tables of bias tests: the same columns with types, as CSV and as JSON.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray, StructArray};
use probity_metrics::bias::{JointCounts, Spelling, Value};
use probity_metrics::summary::Summary;
use serde_json::Value as Json;

/// Columns as pandas had them: name, `dtype` and values.
pub(crate) struct Frame<'a>(pub(crate) &'a Json);

impl Frame<'_> {
    pub(crate) fn array(&self, name: &str, spelling: Spelling) -> ArrayRef {
        let column = &self.0[name];
        let values = column["values"].as_array().unwrap();
        match spelling {
            Spelling::Typed => typed(column["dtype"].as_str().unwrap(), values),
            Spelling::Csv | Spelling::Json => spelled(values, spelling),
        }
    }

    fn batch(&self, spelling: Spelling) -> StructArray {
        let names = self.0.as_object().unwrap().keys();
        let columns = names.map(|name| (name.as_str(), self.array(name, spelling)));
        StructArray::try_from(columns.collect::<Vec<_>>()).unwrap()
    }

    pub(crate) fn count(&self, spelling: Spelling) -> JointCounts {
        let mut counts = JointCounts::default();
        counts.update(&self.batch(spelling)).unwrap();
        counts
    }

    /// The tuple of every row.
    pub(crate) fn codes(&self, spelling: Spelling) -> Vec<u32> {
        let mut counts = JointCounts::default();
        counts.update_with_codes(&self.batch(spelling)).unwrap()
    }
}

fn typed(data_type: &str, values: &[Json]) -> ArrayRef {
    match data_type {
        "int64" => Arc::new(Int64Array::from_iter(values.iter().map(Json::as_i64))),
        "float64" => Arc::new(Float64Array::from_iter(values.iter().map(Json::as_f64))),
        "bool" => Arc::new(BooleanArray::from_iter(values.iter().map(Json::as_bool))),
        "object" => Arc::new(StringArray::from_iter(values.iter().map(Json::as_str))),
        other => panic!("no column of `{other}`"),
    }
}

fn spelled(values: &[Json], spelling: Spelling) -> ArrayRef {
    let text = |value: &Json| match (value, spelling) {
        (Json::Null, Spelling::Csv) => Some(String::new()),
        (Json::Null, _) => None,
        (Json::Bool(true), Spelling::Csv) => Some("True".to_owned()),
        (Json::Bool(false), Spelling::Csv) => Some("False".to_owned()),
        (Json::String(text), _) => Some(text.clone()),
        (other, _) => Some(other.to_string()),
    };
    Arc::new(values.iter().map(text).collect::<StringArray>())
}

/// Listed values of a configuration; `null` is none.
pub(crate) fn listed(values: &Json) -> Vec<Value> {
    let value = |value: &Json| match value {
        Json::Bool(value) => Value::Boolean(*value),
        Json::Number(number) => number
            .as_i64()
            .map_or_else(|| Value::Float(number.as_f64().unwrap()), Value::Integer),
        Json::String(text) => Value::Text(text.clone()),
        other => panic!("no value `{other}`"),
    };
    values
        .as_array()
        .map(|values| values.iter().map(value).collect())
        .unwrap_or_default()
}
