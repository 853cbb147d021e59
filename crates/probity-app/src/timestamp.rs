//! Times as the API writes them: seconds since 1970 with a fraction, kept as whole milliseconds.

use serde_json::Value;

use crate::fault::Fault;

const MS_PER_SECOND: f64 = 1000.0;

/// `1795345829.998`.
pub(crate) fn seconds(ms: i64) -> Value {
    Value::from(ms as f64 / MS_PER_SECOND)
}

/// A timestamp of a request: a number as clients send it, or ISO 8601 text.
pub(crate) fn read(member: &str, value: &Value) -> Result<i64, Fault> {
    let ms = match value {
        Value::Number(number) => number.as_f64().and_then(whole_ms),
        Value::String(text) => match text.parse::<f64>() {
            Ok(number) => whole_ms(number),
            Err(_) => chrono::DateTime::parse_from_rfc3339(text)
                .ok()
                .map(|time| time.timestamp_millis()),
        },
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    ms.ok_or_else(|| Fault::invalid(format!("{member} is not a timestamp")))
}

/// `None` where the number is beyond any calendar.
fn whole_ms(seconds: f64) -> Option<i64> {
    let ms = (seconds * MS_PER_SECOND).round();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole, and within ±1e17 which i64 holds"
    )]
    (ms.abs() < 1e17).then_some(ms as i64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_time_reads_back_as_it_was_written() {
        for ms in [0, 1, 999, 1_795_345_829_998, 1_795_345_829_000, -1] {
            assert_eq!(read("T", &seconds(ms)).unwrap(), ms);
        }
    }

    #[test]
    fn text_is_iso_8601_or_a_number() {
        assert_eq!(read("T", &json!("1970-01-01T00:00:01.5Z")).unwrap(), 1500);
        assert_eq!(read("T", &json!("1970-01-01T01:00:00+01:00")).unwrap(), 0);
        assert_eq!(read("T", &json!("1.25")).unwrap(), 1250);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for value in [
            json!("soon"),
            json!(1e300),
            json!("inf"),
            json!(true),
            json!("NaN"),
        ] {
            assert!(read("T", &value).is_err(), "{value}");
        }
    }
}
