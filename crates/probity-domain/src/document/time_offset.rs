//! Offsets from a time, as monitoring schedules write them: an ISO 8601 duration with an
//! optional sign, `-PT6H`, `-P8D`, `PT0H` (pattern `.?P.*` of the SageMaker API).
//!
//! Only parts of one length are read: weeks, days, hours, minutes and seconds. Years and months
//! differ in length, and no window reaches that far. Days may stand after the `T`, where ISO 8601
//! has none: clients of SageMaker send `-PT2D`.

use std::fmt;

use thiserror::Error;

const MS_PER_SECOND: i64 = 1000;

/// A signed span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOffset {
    pub ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{text}` is no offset; expected an ISO 8601 duration such as `-PT1H` or `-P1D`")]
pub struct InvalidTimeOffset {
    pub text: String,
}

impl TimeOffset {
    pub fn parse(text: &str) -> Result<TimeOffset, InvalidTimeOffset> {
        read(text)
            .map(|ms| TimeOffset { ms })
            .ok_or_else(|| InvalidTimeOffset {
                text: text.to_owned(),
            })
    }
}

fn read(text: &str) -> Option<i64> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let parts = unsigned.strip_prefix('P')?;
    let (days, times) = match parts.split_once('T') {
        Some((days, times)) if !times.is_empty() => (days, times),
        Some(_) => return None,
        None => (parts, ""),
    };
    if days.is_empty() && times.is_empty() {
        return None;
    }
    let days = sum(days, &[('W', 7 * 86_400), ('D', 86_400)])?;
    let times = sum(times, &[('D', 86_400), ('H', 3_600), ('M', 60), ('S', 1)])?;
    days.checked_add(times)?
        .checked_mul(MS_PER_SECOND)?
        .checked_mul(sign)
}

/// The seconds of `text`, whose units come in this order, each once at most.
fn sum(mut text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut seconds = 0_i64;
    for (unit, length) in units {
        if let Some((number, rest)) = text.split_once(*unit) {
            if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            let part = number.parse::<i64>().ok()?.checked_mul(*length)?;
            seconds = seconds.checked_add(part)?;
            text = rest;
        }
    }
    text.is_empty().then_some(seconds)
}

/// `-PT6H`: in the largest unit that divides it.
impl fmt::Display for TimeOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.ms < 0 { "-" } else { "" };
        let seconds = self.ms.unsigned_abs() / MS_PER_SECOND.unsigned_abs();
        match seconds {
            0 => write!(f, "{sign}PT0S"),
            s if s % 86_400 == 0 => write!(f, "{sign}P{}D", s / 86_400),
            s if s % 3_600 == 0 => write!(f, "{sign}PT{}H", s / 3_600),
            s if s % 60 == 0 => write!(f, "{sign}PT{}M", s / 60),
            s => write!(f, "{sign}PT{s}S"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, ms: i64) {
        assert_eq!(TimeOffset::parse(text), Ok(TimeOffset { ms }), "{text}");
    }

    #[test]
    fn offsets_of_the_guide_and_the_sdk_are_read() {
        check("-PT6H", -6 * 3_600_000);
        check("-P8D", -8 * 86_400_000);
        check("-PT0H", 0);
        check("PT30M", 30 * 60_000);
        check("-P1DT2H3M4S", -93_784_000);
        check("P2W", 14 * 86_400_000);
        check("-PT2D", -2 * 86_400_000);
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "P",
            "PT",
            "-P",
            "1H",
            "PT1",
            "PTH",
            "P1H",
            "P1M",
            "PT1.5H",
            "PT1H1H",
            "PT-1H",
            "P1DT",
            "P9999999999999999999D",
            "P99999999999999999D",
        ] {
            assert!(TimeOffset::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for text in ["-PT6H", "-P8D", "PT30M", "PT0S", "-PT61S"] {
            assert_eq!(TimeOffset::parse(text).unwrap().to_string(), text);
        }
    }
}
