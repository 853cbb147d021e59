//! A value of a label, prediction, facet or group variable, and how Python writes it: the
//! documents of bias name values as Python's `str` spells them.

use std::fmt;

use probity_domain::document::PythonFloat;
use probity_domain::document::analysis_config::ConfigValue;

/// One value, of a column or of a configuration.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Boolean(bool),
    Integer(i64),
    /// Never NaN in a column: that is a missing value.
    Float(f64),
    Text(String),
}

impl Value {
    /// As Python compares them: numbers by value (`True` is 1), texts by their characters.
    pub fn equals(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Text(ours), Value::Text(theirs)) => ours == theirs,
            (Value::Integer(ours), Value::Integer(theirs)) => ours == theirs,
            _ => match (self.number(), other.number()) {
                #[expect(clippy::float_cmp, reason = "equality of values, as configured")]
                (Some(ours), Some(theirs)) => ours == theirs,
                _ => false,
            },
        }
    }

    /// `None` for a text, whatever it spells.
    pub fn number(&self) -> Option<f64> {
        match self {
            Value::Boolean(value) => Some(f64::from(u8::from(*value))),
            Value::Integer(value) => Some(*value as f64),
            Value::Float(value) => Some(*value),
            Value::Text(_) => None,
        }
    }
}

impl From<&ConfigValue> for Value {
    fn from(value: &ConfigValue) -> Value {
        match value {
            ConfigValue::Integer(value) => Value::Integer(*value),
            ConfigValue::Float(value) => Value::Float(*value),
            ConfigValue::Text(text) => Value::Text(text.clone()),
            ConfigValue::Boolean(value) => Value::Boolean(*value),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Boolean(true) => f.write_str("True"),
            Value::Boolean(false) => f.write_str("False"),
            Value::Integer(value) => write!(f, "{value}"),
            Value::Float(value) => f.write_str(&python_float(*value)),
            Value::Text(text) => f.write_str(text),
        }
    }
}

/// `str` of a Python float: that of a number in JSON, but for the infinities.
pub(crate) fn python_float(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    PythonFloat(value).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: f64, expected: &str) {
        assert_eq!(python_float(value), expected);
    }

    #[test]
    fn floats_are_written_as_python_does() {
        check(0.6, "0.6");
        check(1.0, "1.0");
        check(-0.0, "-0.0");
        check(1e16, "1e+16");
        check(f64::NEG_INFINITY, "-inf");
    }

    #[track_caller]
    fn check_equal(left: Value, right: Value, expected: &str) {
        let relation = |equal| if equal { "same" } else { "other" };
        assert_eq!(
            relation(left.equals(&right)),
            expected,
            "{left:?} {right:?}"
        );
        assert_eq!(
            relation(right.equals(&left)),
            expected,
            "{right:?} {left:?}"
        );
    }

    #[test]
    fn values_are_equal_as_in_python() {
        check_equal(Value::Boolean(true), Value::Integer(1), "same");
        check_equal(Value::Integer(2), Value::Float(2.0), "same");
        check_equal(Value::Integer(2), Value::Float(2.5), "other");
        check_equal(Value::Text("1".into()), Value::Integer(1), "other");
        check_equal(Value::Text("F".into()), Value::Text("F".into()), "same");
        let near = (i64::MAX, i64::MAX - 1);
        check_equal(Value::Integer(near.0), Value::Integer(near.1), "other");
    }
}
