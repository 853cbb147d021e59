//! The metrics of a trial component as Describe and Search show them: one summary for each name,
//! kept in the component's row and brought forward with every value.

use serde_json::{Map, Value, json};

use crate::stored::Members;

/// The row's member; it is not shown as it is.
const KEPT: &str = "probity:Metrics";

/// How many names a component has at most.
pub(crate) const MOST_NAMES: usize = 1000;

/// A value that was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Measured<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: f64,
    pub(crate) at_ms: i64,
}

/// Whether a value was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    Yes,
    /// One name more than a component may have.
    TooManyNames,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Summary {
    count: f64,
    mean: f64,
    /// Sum of squared distances from the mean (Welford 1962).
    m2: f64,
    min: f64,
    max: f64,
    last: f64,
    at_ms: i64,
}

impl Summary {
    fn of(measured: Measured<'_>) -> Summary {
        Summary {
            count: 1.0,
            mean: measured.value,
            m2: 0.0,
            min: measured.value,
            max: measured.value,
            last: measured.value,
            at_ms: measured.at_ms,
        }
    }

    fn with(self, measured: Measured<'_>) -> Summary {
        let value = measured.value;
        let count = self.count + 1.0;
        let shift = value - self.mean;
        let mean = self.mean + shift / count;
        // Clients send whole seconds: of values in one second, what came last is the last.
        let is_last = measured.at_ms >= self.at_ms;
        Summary {
            count,
            mean,
            m2: self.m2 + shift * (value - mean),
            min: self.min.min(value),
            max: self.max.max(value),
            last: if is_last { value } else { self.last },
            at_ms: self.at_ms.max(measured.at_ms),
        }
    }

    fn read(document: &Value) -> Option<Summary> {
        let number = |member: &str| document.get(member).and_then(Value::as_f64);
        Some(Summary {
            count: number("count")?,
            mean: number("mean")?,
            m2: number("m2")?,
            min: number("min")?,
            max: number("max")?,
            last: number("last")?,
            at_ms: document.get("at_ms").and_then(Value::as_i64)?,
        })
    }

    fn document(self) -> Value {
        json!({
            "count": self.count,
            "mean": self.mean,
            "m2": self.m2,
            "min": self.min,
            "max": self.max,
            "last": self.last,
            "at_ms": self.at_ms,
        })
    }

    fn shown(self, name: &str, source_arn: &str) -> Value {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a count of values, far below where doubles skip whole numbers"
        )]
        let count = self.count as i64;
        json!({
            "MetricName": name,
            "SourceArn": source_arn,
            "TimeStamp": crate::timestamp::seconds(self.at_ms),
            "Max": self.max,
            "Min": self.min,
            "Last": self.last,
            "Count": count,
            "Avg": self.mean,
            // Of the values that there are, not an estimate for others: divided by n.
            "StdDev": (self.m2 / self.count).max(0.0).sqrt(),
        })
    }
}

/// Takes a value into the summaries of a component's row.
pub(crate) fn take(body: &mut Members, measured: Measured<'_>) -> Taken {
    let kept = body
        .entry(KEPT)
        .or_insert_with(|| Value::Object(Map::new()));
    let Value::Object(summaries) = kept else {
        return Taken::TooManyNames;
    };
    let summary = match summaries.get(measured.name).and_then(Summary::read) {
        Some(summary) => summary.with(measured),
        None if summaries.len() >= MOST_NAMES => return Taken::TooManyNames,
        None => Summary::of(measured),
    };
    summaries.insert(measured.name.to_owned(), summary.document());
    Taken::Yes
}

/// Replaces the kept form by the API's `Metrics`.
pub(crate) fn show(members: &mut Members, source_arn: &str) {
    let Some(Value::Object(summaries)) = members.shift_remove(KEPT) else {
        return;
    };
    let shown = summaries
        .iter()
        .filter_map(|(name, summary)| Some(Summary::read(summary)?.shown(name, source_arn)));
    members.insert("Metrics".to_owned(), shown.collect());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_that_of_all_values() {
        let mut body = Members::new();
        for (value, at_ms) in [(2.0, 1000), (4.0, 3000), (6.0, 3000), (1.0, 2000)] {
            let measured = Measured {
                name: "loss",
                value,
                at_ms,
            };
            assert_eq!(take(&mut body, measured), Taken::Yes);
        }
        show(&mut body, "arn");
        let metric = &body["Metrics"][0];
        assert_eq!(metric["MetricName"], "loss");
        assert_eq!(metric["Count"], 4);
        assert_eq!(metric["Min"], 1.0);
        assert_eq!(metric["Max"], 6.0);
        assert_eq!(metric["Last"], 6.0);
        assert_eq!(metric["TimeStamp"], 3.0);
        assert_eq!(metric["Avg"], 3.25);
        // Squares of -1.25, 0.75, 2.75 and -2.25 add up to 14.75.
        let deviation = metric["StdDev"].as_f64().unwrap();
        assert!((deviation - (14.75_f64 / 4.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn names_are_limited() {
        let mut body = Members::new();
        let mut one = |name: &str| {
            let measured = Measured {
                name,
                value: 0.0,
                at_ms: 0,
            };
            take(&mut body, measured)
        };
        for number in 0..MOST_NAMES {
            assert_eq!(one(&number.to_string()), Taken::Yes);
        }
        assert_eq!(one("one more"), Taken::TooManyNames);
        assert_eq!(one("0"), Taken::Yes);
    }
}
