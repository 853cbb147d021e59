//! Roll-ups: the summaries of a day's runs in one, and those of a week's days. The job of a period
//! waits until it is over; a run that ends later has it done again.
//!
//! A run belongs to the day in which its window begins, in UTC; a week begins on Monday (ISO 8601).

use chrono::{DateTime, Datelike, Days, Duration, NaiveDate};
use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_domain::document::execution::ExecutionWindow;
use probity_store::Unit;
use probity_store::job::{self, NewJob};

use crate::app::App;
use crate::deed::Deed;
use crate::event;
use crate::fault::Fault;
use crate::monitoring_history::{self, PastRun, Span};
use serde_json::json;

/// What a worker's queue calls these jobs.
pub const JOB_KIND: &str = "roll_up";

const MS_PER_MINUTE: i64 = 60_000;
/// Runs of the last slot end within it, mostly.
const GRACE_MS: i64 = 10 * MS_PER_MINUTE;
/// A job that will not begin before this has passed may be joined by others.
const MARGIN_MS: i64 = 5 * MS_PER_MINUTE;
/// A run looks back by its offsets; `-P8D` is the longest of AWS's examples.
const LONGEST_OFFSET_MS: i64 = 32 * 24 * 60 * MS_PER_MINUTE;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    Day,
    Week,
}

/// A day or a week in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub length: Length,
    first: NaiveDate,
}

impl Period {
    pub fn of(length: Length, at_ms: i64) -> Option<Period> {
        let day = DateTime::from_timestamp_millis(at_ms)?.date_naive();
        let first = match length {
            Length::Day => day,
            Length::Week => {
                let since_monday = u64::from(day.weekday().num_days_from_monday());
                day.checked_sub_days(Days::new(since_monday))?
            }
        };
        Some(Period { length, first })
    }

    pub fn window(&self) -> ExecutionWindow {
        let start_ms = self.first.and_time(chrono::NaiveTime::MIN).and_utc();
        let length = match self.length {
            Length::Day => Duration::days(1),
            Length::Week => Duration::days(7),
        };
        ExecutionWindow {
            start_ms: start_ms.timestamp_millis(),
            end_ms: start_ms.timestamp_millis() + length.num_milliseconds(),
        }
    }

    /// `day/2026/11/27` or `week/2026-W48`, the folder below a schedule's roll-ups.
    pub fn folder(&self) -> String {
        match self.length {
            Length::Day => self.first.format("day/%Y/%m/%d").to_string(),
            Length::Week => self.first.format("week/%G-W%V").to_string(),
        }
    }

    pub fn days(&self) -> Vec<Period> {
        let n = match self.length {
            Length::Day => 1,
            Length::Week => 7,
        };
        let days = self.first.iter_days().take(n);
        days.map(|first| Period {
            length: Length::Day,
            first,
        })
        .collect()
    }

    /// The week of a day; itself of a week.
    pub fn week(&self) -> Option<Period> {
        Period::of(Length::Week, self.window().start_ms)
    }

    fn parse(text: &str) -> Option<Period> {
        let (length, day) = text.split_once(' ')?;
        let length = match length {
            "day" => Length::Day,
            "week" => Length::Week,
            _ => return None,
        };
        let first = day.parse().ok()?;
        Some(Period { length, first })
    }

    fn text(&self) -> String {
        let length = match self.length {
            Length::Day => "day",
            Length::Week => "week",
        };
        format!("{length} {}", self.first)
    }
}

/// What one job is about: its subject in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollUp {
    pub schedule: String,
    pub period: Period,
}

impl RollUp {
    pub fn parse(subject: &str) -> Option<RollUp> {
        let (schedule, period) = subject.split_once(' ')?;
        Some(RollUp {
            schedule: schedule.to_owned(),
            period: Period::parse(period)?,
        })
    }

    /// The job that does it once its period is over: one for all that ends before.
    pub fn job(&self, app: &App, region: &str) -> NewJob {
        let now_ms = app.clock.now_ms();
        let due_ms = self.period.window().end_ms + GRACE_MS;
        let subject = format!("{} {}", self.schedule, self.period.text());
        let id = match now_ms < due_ms - MARGIN_MS {
            true => format!("{JOB_KIND} {region} {subject}"),
            false => app.ids.uuid(),
        };
        NewJob {
            id,
            kind: JOB_KIND.to_owned(),
            subject,
            region: region.to_owned(),
            run_at_ms: due_ms.max(now_ms),
        }
    }
}

/// The job after a run that ended with a verdict; none of kinds without summaries.
pub fn job_after(
    app: &App,
    (region, schedule): (&str, &str),
    (kind, window): (MonitoringType, ExecutionWindow),
) -> Option<NewJob> {
    match kind {
        MonitoringType::DataQuality => {}
        MonitoringType::ModelQuality
        | MonitoringType::ModelBias
        | MonitoringType::ModelExplainability => return None,
    }
    let roll_up = RollUp {
        schedule: schedule.to_owned(),
        period: Period::of(Length::Day, window.start_ms)?,
    };
    Some(roll_up.job(app, region))
}

/// For the worker: runs whose window begins in the period, in the order of their slots.
pub async fn runs(app: &App, region: &str, roll_up: &RollUp) -> Result<Vec<PastRun>, Fault> {
    let deed = Deed::of_server(app, region, "probity:RollUpMonitoringResults");
    let window = roll_up.period.window();
    let span = Span {
        schedule: roll_up.schedule.clone(),
        from_ms: Some(window.start_ms),
        to_ms: Some(window.end_ms.saturating_add(LONGEST_OFFSET_MS)),
    };
    monitoring_history::runs_beginning(&deed, &span, window).await
}

/// For the worker: what a roll-up wrote, as an event; after a day, its week's job.
pub async fn finish(
    app: &App,
    region: &str,
    (roll_up, folder, n_merged): (&RollUp, &str, usize),
) -> Result<(), Fault> {
    let deed = Deed::of_server(app, region, "probity:RollUpMonitoringResults");
    let arn = deed
        .arn(format!("monitoring-schedule/{}", roll_up.schedule))
        .to_string();
    let mut unit: Unit = app.store.begin().await?;
    let change = json!({ "rollUp": {
        "period": roll_up.period.text(),
        "outputUri": folder,
        "merged": n_merged,
    } });
    event::record(&mut unit, &deed, &arn, change).await?;
    if let (Length::Day, Some(week)) = (roll_up.period.length, roll_up.period.week()) {
        let week = RollUp {
            schedule: roll_up.schedule.clone(),
            period: week,
        };
        job::enqueue_once(&mut unit, &week.job(app, region)).await?;
    }
    unit.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Friday, 2026-11-27T13:00:00Z.
    const AT_MS: i64 = 1_795_784_400_000;

    #[test]
    fn a_day_and_its_week_have_their_folders() {
        let day = Period::of(Length::Day, AT_MS).unwrap();
        assert_eq!(day.folder(), "day/2026/11/27");
        let week = day.week().unwrap();
        assert_eq!(week.folder(), "week/2026-W48");
        let days: Vec<String> = week.days().iter().map(Period::folder).collect();
        assert_eq!(days[0], "day/2026/11/23");
        assert_eq!(days[6], "day/2026/11/29");
        assert_eq!(
            week.window().end_ms - week.window().start_ms,
            7 * 86_400_000
        );
    }

    #[test]
    fn a_week_of_two_years_is_named_by_iso_8601() {
        // Friday, 2027-01-01.
        let day = Period::of(Length::Day, 1_798_761_600_000).unwrap();
        assert_eq!(day.week().unwrap().folder(), "week/2026-W53");
    }

    #[test]
    fn a_subject_reads_back() {
        let roll_up = RollUp {
            schedule: "churn-quality".to_owned(),
            period: Period::of(Length::Week, AT_MS).unwrap(),
        };
        let subject = format!("{} {}", roll_up.schedule, roll_up.period.text());
        assert_eq!(RollUp::parse(&subject), Some(roll_up));
        assert_eq!(RollUp::parse("churn month 2026-11-01"), None);
    }
}
