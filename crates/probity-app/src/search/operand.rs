//! How a property compares with the text of a filter.
//!
//! Source: `Filter` in the SageMaker API reference. A filter's value is always text; whether it
//! means a number, a time or text follows from the property.

use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use serde_json::Value;

/// The value of a filter with every meaning that it may have.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Operand {
    text: String,
    number: Option<f64>,
    /// Seconds since 1970.
    time: Option<f64>,
}

impl Operand {
    pub(super) fn new(text: &str) -> Operand {
        Operand {
            text: text.to_owned(),
            number: text
                .trim()
                .parse()
                .ok()
                .filter(|number: &f64| number.is_finite()),
            time: seconds(text.trim()),
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// A time as milliseconds since 1970, given as ISO 8601 or as seconds.
    pub(super) fn milliseconds(&self) -> Option<f64> {
        self.time.or(self.number).map(|seconds| seconds * 1000.0)
    }

    pub(super) fn equals(&self, property: &Value) -> bool {
        match property {
            Value::String(text) => *text == self.text,
            Value::Bool(flag) => {
                self.text
                    .eq_ignore_ascii_case(if *flag { "true" } else { "false" })
            }
            Value::Number(_) => self.order(property) == Some(Ordering::Equal),
            Value::Null | Value::Array(_) | Value::Object(_) => false,
        }
    }

    pub(super) fn is_contained_in(&self, property: &Value) -> bool {
        match property {
            Value::String(text) => text.contains(&self.text),
            Value::Number(number) => number.to_string().contains(&self.text),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
        }
    }

    /// How the property stands to this operand; `None` where the two have no order. Text has one
    /// only where both sides are numbers or both are times.
    pub(super) fn order(&self, property: &Value) -> Option<Ordering> {
        match property {
            Value::Number(number) => {
                let own = self.number.or(self.time)?;
                number.as_f64()?.partial_cmp(&own)
            }
            Value::String(text) => {
                let other = Operand::new(text);
                match (other.number, self.number) {
                    (Some(property), Some(own)) => property.partial_cmp(&own),
                    _ => other.time?.partial_cmp(&self.time?),
                }
            }
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

/// ISO 8601 with or without an offset, a fraction or a time of day; without an offset it is UTC.
fn seconds(text: &str) -> Option<f64> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(as_seconds(time.timestamp_micros()));
    }
    for form in [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
    ] {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, form) {
            return Some(as_seconds(time.and_utc().timestamp_micros()));
        }
    }
    for form in ["%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%d %H:%M:%S%.f%z"] {
        if let Ok(time) = DateTime::parse_from_str(text, form) {
            return Some(as_seconds(time.timestamp_micros()));
        }
    }
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(as_seconds(
        date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_micros(),
    ))
}

fn as_seconds(microseconds: i64) -> f64 {
    microseconds as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_time_is_read_with_and_without_offset_fraction_and_time_of_day() {
        for (text, expected) in [
            ("2026-11-22T00:00:00Z", 1_795_305_600.0),
            ("2026-11-22T00:00:00", 1_795_305_600.0),
            ("2026-11-22T01:00:00+01:00", 1_795_305_600.0),
            ("2026-11-22T01:00:00+0100", 1_795_305_600.0),
            ("2026-11-22 00:00:00.5", 1_795_305_600.5),
            ("2026-11-22", 1_795_305_600.0),
        ] {
            assert_eq!(Operand::new(text).time, Some(expected), "{text}");
        }
        assert_eq!(Operand::new("yesterday").time, None);
    }

    #[track_caller]
    fn check(operand: &str, property: Value, expected: Option<Ordering>) {
        assert_eq!(
            Operand::new(operand).order(&property),
            expected,
            "{operand} {property}"
        );
    }

    #[test]
    fn numbers_and_times_have_an_order_and_other_text_has_none() {
        check("10", json!(9), Some(Ordering::Less));
        check("10", json!("9"), Some(Ordering::Less));
        check(
            "2026-11-22T00:00:00Z",
            json!(1_795_305_601.25),
            Some(Ordering::Greater),
        );
        check("1795305600", json!(1_795_305_600), Some(Ordering::Equal));
        check(
            "2026-11-22",
            json!("2026-11-21T10:00:00Z"),
            Some(Ordering::Less),
        );
        check("b", json!("a"), None);
        check("b", json!(1), None);
    }

    #[test]
    fn equality_follows_the_type_of_the_property() {
        assert!(Operand::new("1").equals(&json!(1.0)));
        assert!(!Operand::new("1").equals(&json!("1.0")));
        assert!(Operand::new("True").equals(&json!(true)));
        assert!(!Operand::new("a").equals(&json!("A")));
    }
}
