//! When a schedule runs: `NOW`, AWS's cron forms, and any other cron to the minute.
//!
//! AWS: "Cron expressions for monitoring schedules" of the SageMaker developer guide, and the six
//! fields of EventBridge (minute, hour, day of month, month, day of week with 1 for Sunday, year).
//! Five fields are the crontab of Unix (0 or 7 for Sunday). Times are UTC.

use std::fmt;

use chrono::{DateTime, Utc};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use thiserror::Error;

/// What a schedule without a `ScheduleConfig` runs by: each day, at a time that the service picks.
pub(super) const DAILY: &str = "cron(0 0 ? * * *)";

#[derive(Clone, Debug)]
pub enum ScheduleExpression {
    /// Once, when the schedule is made or changed.
    Now,
    Cron(Box<Slots>),
}

/// The times of a cron expression.
#[derive(Clone)]
pub struct Slots {
    text: String,
    cron: Cron,
}

impl fmt::Debug for Slots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Slots").field(&self.text).finish()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidExpression {
    #[error(
        "Invalid schedule expression `{text}`. It is NOW, cron(MINUTE HOUR DAY-OF-MONTH MONTH \
         DAY-OF-WEEK YEAR) as in cron(0 * ? * * *), or a crontab line of five fields"
    )]
    Form { text: String },
    #[error("Invalid schedule expression `{text}`: {problem}")]
    Cron { text: String, problem: String },
    #[error("Invalid schedule expression `{text}`: it never comes")]
    Never { text: String },
}

impl ScheduleExpression {
    /// `now_ms`: an expression that has no time after it is refused.
    pub fn parse(text: &str, now_ms: i64) -> Result<ScheduleExpression, InvalidExpression> {
        let trimmed = text.trim();
        if trimmed.eq_ignore_ascii_case("NOW") {
            return Ok(Self::Now);
        }
        let inner = trimmed
            .strip_prefix("cron(")
            .and_then(|rest| rest.strip_suffix(')'))
            .unwrap_or(trimmed);
        let form = || InvalidExpression::Form {
            text: text.to_owned(),
        };
        if inner.contains(['@', '(', ')']) {
            return Err(form());
        }
        let fields: Vec<&str> = inner.split_whitespace().collect();
        let cron = match fields.len() {
            5 => unix().parse(&fields.join(" ")),
            6 => aws().parse(&format!("0 {}", fields.join(" "))),
            _ => return Err(form()),
        };
        let cron = cron.map_err(|error| InvalidExpression::Cron {
            text: text.to_owned(),
            problem: error.to_string(),
        })?;
        let slots = Slots {
            text: trimmed.to_owned(),
            cron,
        };
        if slots.after(now_ms).is_none() {
            return Err(InvalidExpression::Never {
                text: text.to_owned(),
            });
        }
        Ok(Self::Cron(Box::new(slots)))
    }
}

impl Slots {
    /// The first slot after `ms`.
    pub fn after(&self, ms: i64) -> Option<i64> {
        let found = self.cron.find_next_occurrence(&time(ms)?, false).ok()?;
        Some(found.timestamp_millis())
    }

    /// The last slot before `ms`.
    pub fn before(&self, ms: i64) -> Option<i64> {
        let found = self.cron.find_previous_occurrence(&time(ms)?, false).ok()?;
        Some(found.timestamp_millis())
    }

    /// From the slot before `slot_ms` to it.
    pub fn period_ms(&self, slot_ms: i64) -> Option<i64> {
        Some(slot_ms - self.before(slot_ms)?)
    }
}

fn time(ms: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(ms)
}

fn aws() -> CronParser {
    CronParser::builder()
        .seconds(Seconds::Required)
        .year(Year::Required)
        .alternative_weekdays(true)
        .sloppy_ranges(true)
        .dom_and_dow(true)
        .build()
}

fn unix() -> CronParser {
    CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .sloppy_ranges(true)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Sunday, 2026-11-22T10:07:30Z.
    const NOW_MS: i64 = 1_795_342_050_000;

    fn next(text: &str) -> String {
        match ScheduleExpression::parse(text, NOW_MS).unwrap() {
            ScheduleExpression::Now => "NOW".to_owned(),
            ScheduleExpression::Cron(slots) => {
                let at = slots.after(NOW_MS).unwrap();
                time(at).unwrap().format("%Y-%m-%d %H:%M:%S").to_string()
            }
        }
    }

    #[test]
    fn expressions_of_the_guide_and_of_the_sdk_run_when_aws_says() {
        for (text, expected) in [
            ("NOW", "NOW"),
            ("cron(0 * ? * * *)", "2026-11-22 11:00:00"),
            ("cron(0 12 ? * * *)", "2026-11-22 12:00:00"),
            ("cron(0 17/12 ? * * *)", "2026-11-22 17:00:00"),
            ("cron(0 0/2 ? * * *)", "2026-11-22 12:00:00"),
            ("cron(0 0/10 ? * * *)", "2026-11-22 20:00:00"),
            ("cron(0/5 8-17 ? * 2-6 *)", "2026-11-23 08:00:00"),
            ("cron(0 10 ? * MON-FRI *)", "2026-11-23 10:00:00"),
            ("cron(15 10 L * ? 2026)", "2026-11-30 10:15:00"),
            ("cron(0 9 ? * 2#1 *)", "2026-12-07 09:00:00"),
            ("cron(0 9 3W * ? *)", "2026-12-03 09:00:00"),
            ("cron(0 0 ? * 1 *)", "2026-11-29 00:00:00"),
        ] {
            assert_eq!(next(text), expected, "{text}");
        }
    }

    #[test]
    fn crontab_lines_run_too() {
        assert_eq!(next("*/15 * * * *"), "2026-11-22 10:15:00");
        assert_eq!(next("cron(*/15 * * * *)"), "2026-11-22 10:15:00");
        // 0 is Sunday here.
        assert_eq!(next("30 11 * * 0"), "2026-11-22 11:30:00");
        assert_eq!(next("cron(8 * ? * * *)"), "2026-11-22 10:08:00");
    }

    #[test]
    fn what_is_no_schedule_is_refused_with_its_text() {
        for text in [
            "",
            "cron()",
            "cron(0 * ? * *",
            "@hourly",
            "rate(1 hour)",
            "cron(0 25 ? * * *)",
            "cron(0 0 ? * * 2020)",
            "0 0 30 2 *",
            "0 * * * * * *",
        ] {
            let error = ScheduleExpression::parse(text, NOW_MS).unwrap_err();
            assert!(error.to_string().contains(text), "{error}");
        }
    }

    #[test]
    fn every_slot_is_before_the_next_one() {
        for text in ["cron(0 * ? * * *)", "cron(0 0/10 ? * * *)", "7 3 * * 1-5"] {
            let ScheduleExpression::Cron(slots) = ScheduleExpression::parse(text, NOW_MS).unwrap()
            else {
                panic!("{text}");
            };
            let mut at = slots.after(NOW_MS).unwrap();
            for _ in 0..500 {
                let next = slots.after(at).unwrap();
                assert_eq!(slots.before(next), Some(at), "{text}");
                assert_eq!(next % 60_000, 0, "slots have no seconds");
                at = next;
            }
        }
    }
}
