//! Points and spans of time as people type them: `2026-11-27`, `2026-11-27T13:00`,
//! `2026-11-27T13:00:00Z`, `now`, or so long before now: `-90m`, `-6h`, `-7d`. All in UTC, where
//! no offset is given.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat};

const MS_PER_MINUTE: i64 = 60_000;

/// A point in time, perhaps relative to a now that only the server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    At(i64),
    /// Milliseconds from now; negative.
    FromNow(i64),
}

pub(crate) const NOW: Moment = Moment::FromNow(0);

impl Moment {
    pub(crate) fn ms(self, now_ms: i64) -> i64 {
        match self {
            Self::At(ms) => ms,
            Self::FromNow(ms) => now_ms.saturating_add(ms),
        }
    }

    pub(crate) fn is_relative(self) -> bool {
        match self {
            Self::At(_) => false,
            Self::FromNow(_) => true,
        }
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Moment, String> {
        let wrong = || {
            format!(
                "`{text}` is no time: give it as 2026-11-27, 2026-11-27T13:00, now, or -6h (m, h, d)"
            )
        };
        if text == "now" {
            return Ok(NOW);
        }
        if let Some(ago) = text.strip_prefix('-') {
            return ago_ms(ago).map(|ms| Moment::FromNow(-ms)).ok_or_else(wrong);
        }
        at_ms(text).map(Moment::At).ok_or_else(wrong)
    }
}

fn at_ms(text: &str) -> Option<i64> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp_millis());
    }
    for form in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"] {
        if let Ok(time) = NaiveDateTime::parse_from_str(text.trim_end_matches('Z'), form) {
            return Some(time.and_utc().timestamp_millis());
        }
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis())
}

fn ago_ms(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let minutes = match unit {
        'm' => 1,
        'h' => 60,
        'd' => 24 * 60,
        'w' => 7 * 24 * 60,
        _ => return None,
    };
    let number: i64 = text.strip_suffix(unit)?.parse().ok()?;
    if number < 0 {
        return None;
    }
    number.checked_mul(minutes)?.checked_mul(MS_PER_MINUTE)
}

/// `FROM..TO`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Between {
    pub(crate) from: Moment,
    pub(crate) to: Moment,
}

impl FromStr for Between {
    type Err = String;

    fn from_str(text: &str) -> Result<Between, String> {
        let Some((from, to)) = text.split_once("..") else {
            return Err(format!(
                "`{text}` is no span: give it as FROM..TO, e.g. 2026-11-27T12:00..2026-11-27T13:00 or -6h..now"
            ));
        };
        Ok(Between {
            from: from.parse()?,
            to: to.parse()?,
        })
    }
}

/// `2026-11-27 13:00:00Z`, for tables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown(pub(crate) i64);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DateTime::from_timestamp_millis(self.0) {
            Some(time) => write!(f, "{}", time.format("%Y-%m-%d %H:%M:%SZ")),
            None => write!(f, "{} ms", self.0),
        }
    }
}

/// `2026-11-27T13:00:00Z`, for requests and variables.
pub(crate) fn iso(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A time of an answer, which is in seconds.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a time of a calendar in milliseconds is far below 2^53"
)]
pub(crate) fn of_seconds(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Moment) {
        assert_eq!(text.parse(), Ok(expected), "{text}");
    }

    #[test]
    fn times_are_read_in_the_ways_that_people_write_them() {
        check("2026-11-27", Moment::At(1_795_737_600_000));
        check("2026-11-27T13:00", Moment::At(1_795_784_400_000));
        check("2026-11-27T13:00:00Z", Moment::At(1_795_784_400_000));
        check("2026-11-27T14:00:00+01:00", Moment::At(1_795_784_400_000));
        check("now", Moment::FromNow(0));
        check("-90m", Moment::FromNow(-5_400_000));
        check("-7d", Moment::FromNow(-604_800_000));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "soon",
            "-",
            "-6",
            "-6y",
            "--6h",
            "2026-13-01",
            "6h",
            "-é",
        ] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_span_is_two_times() {
        let span: Between = "-6h..now".parse().unwrap();
        assert_eq!(span.from.ms(10 * 3_600_000), 4 * 3_600_000);
        assert_eq!(span.to.ms(7), 7);
        assert!("2026-11-27".parse::<Between>().is_err());
    }

    #[test]
    fn a_time_is_shown_as_people_read_it() {
        assert_eq!(Shown(1_795_784_400_000).to_string(), "2026-11-27 13:00:00Z");
        assert_eq!(iso(1_795_784_400_999), "2026-11-27T13:00:00Z");
        assert_eq!(of_seconds(1_795_784_400.5), 1_795_784_400_500);
    }
}
