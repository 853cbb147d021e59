//! Thirty days: the endpoints are called, labels come, the schedules of a day run, and then it is the next
//! day. The clock is set to the moment of each step, and nothing goes on before all that was due has ended, so
//! that the month is the same on a slow machine.

use std::f64::consts::TAU;

use anyhow::Result;
use chrono::DateTime;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::setup::SUBJECTS;
use super::stage::Stage;
use super::subject::{DAYS, Known, Row, Subject};

const MINUTE_MS: i64 = 60_000;
pub(super) const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(super) const DAY_MS: i64 = 24 * HOUR_MS;
/// Days until labels that come late are there.
pub(super) const LATE_DAYS: usize = 3;
/// Before the slot of a day its labels come: more than the hour by which the next window looks back for its own.
const LABELS_BEFORE_MS: i64 = 65 * MINUTE_MS;
/// Nobody calls in the last minutes before a slot: what is true of them would not be known by then.
const QUIET_MS: i64 = 90 * MINUTE_MS;
/// How long ago the last slot was: so much has been called since, and nobody has looked at it yet.
const SINCE_LAST_SLOT_MS: i64 = 6 * HOUR_MS;
/// Calls that are under way at once.
const AT_ONCE: usize = 12;
/// Of a day, the noon of the people who call (UTC).
const NOON: f64 = 13.0;

/// The days of the month, from one slot to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Calendar {
    /// The first one begins.
    pub(super) start_ms: i64,
    /// The machine's time when the demo began.
    pub(super) now_ms: i64,
}

impl Calendar {
    /// The thirty days before the last slot, which was at a full hour.
    pub(super) fn before(now_ms: i64) -> Calendar {
        let last_ms = now_ms - SINCE_LAST_SLOT_MS;
        let last_ms = last_ms - last_ms.rem_euclid(HOUR_MS);
        Calendar {
            start_ms: last_ms - DAYS as i64 * DAY_MS,
            now_ms,
        }
    }

    /// When a day begins; the slot of the day before is due then.
    pub(super) fn day_ms(&self, day: usize) -> i64 {
        self.start_ms + day as i64 * DAY_MS
    }

    /// Of every slot (UTC).
    pub(super) fn hour(&self) -> u32 {
        let hours = self.start_ms.div_euclid(HOUR_MS).rem_euclid(24);
        u32::try_from(hours).unwrap_or(0)
    }
}

/// One call, with the moment at which it is made.
#[derive(Debug)]
struct Call {
    at_ms: i64,
    subject: &'static Subject,
    id: String,
    features: String,
}

/// Makes the calls of a day that are over by now, in their order.
pub(super) async fn call(stage: &Stage, calendar: &Calendar, day: usize) -> Result<usize> {
    let mut calls: Vec<Call> = SUBJECTS
        .into_iter()
        .flat_map(|subject| calls_of(subject, calendar, day))
        .filter(|call| call.at_ms < calendar.now_ms)
        .collect();
    calls.sort_by(|a, b| (a.at_ms, &a.id).cmp(&(b.at_ms, &b.id)));
    let made = calls.len();
    let mut calls = calls.into_iter().peekable();
    while let Some(first) = calls.peek() {
        stage.clock.set(first.at_ms);
        let mut under_way = JoinSet::new();
        for call in calls.by_ref().take(AT_ONCE) {
            let client = stage.builder.clone();
            under_way.spawn(async move {
                let asked = (call.id.as_str(), call.features.as_str());
                client.invoke(call.subject.name, asked).await
            });
        }
        for answered in under_way.join_all().await {
            answered?;
        }
    }
    Ok(made)
}

fn calls_of(
    subject: &'static Subject,
    calendar: &Calendar,
    day: usize,
) -> impl Iterator<Item = Call> {
    let calendar = *calendar;
    let rows = subject.day(day).into_iter().enumerate();
    rows.map(move |(at, row)| Call {
        at_ms: called_ms(&calendar, (subject, day), at),
        subject,
        id: id_of(subject, day, at),
        features: row.features,
    })
}

fn called_ms(calendar: &Calendar, (subject, day): (&Subject, usize), at: usize) -> i64 {
    let noon = (NOON - f64::from(calendar.hour())) / 24.0;
    calendar.day_ms(day) + moment(noon, at, subject.calls_a_day)
}

/// When in the day a call is made: most of them around noon, fewest at night.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "milliseconds of a day"
)]
fn moment(noon: f64, at: usize, of: usize) -> i64 {
    let even = (at as f64 + 0.5) / of as f64;
    let place = (even - 0.09 * (TAU * (even - noon)).sin()).rem_euclid(1.0);
    (place * (DAY_MS - QUIET_MS) as f64) as i64
}

fn id_of(subject: &Subject, day: usize, at: usize) -> String {
    format!("{}-{:02}-{at:04}", subject.name, day + 1)
}

/// Puts the labels that have become known by the end of a day, and lets the schedules run.
pub(super) async fn close(stage: &Stage, calendar: &Calendar, day: usize) -> Result<()> {
    let slot_ms = calendar.day_ms(day + 1);
    let labels_ms = slot_ms - LABELS_BEFORE_MS;
    stage.clock.set(labels_ms);
    for subject in SUBJECTS {
        let known = (day, Known::TheSameDay);
        put_labels((stage, calendar), (subject, known), labels_ms).await?;
        if let Some(earlier) = day.checked_sub(LATE_DAYS) {
            let known = (earlier, Known::Late);
            put_labels((stage, calendar), (subject, known), labels_ms).await?;
        }
    }
    stage.clock.set(slot_ms);
    stage.idle().await
}

/// In SageMaker's layout: by the hour in which they came.
async fn put_labels(
    (stage, calendar): (&Stage, &Calendar),
    (subject, (day, known)): (&Subject, (usize, Known)),
    at_ms: i64,
) -> Result<()> {
    let rows = subject.day(day).into_iter().enumerate();
    let lines: String = rows
        .filter(|(_, row)| row.known == known)
        .map(|(at, row)| {
            let called_ms = called_ms(calendar, (subject, day), at);
            label_line(&id_of(subject, day, at), (&row, called_ms))
        })
        .collect();
    if lines.is_empty() {
        return Ok(());
    }
    let hour = DateTime::from_timestamp_millis(at_ms).unwrap_or_default();
    let key = format!(
        "labels/{}/{}/day-{:02}.jsonl",
        subject.name,
        hour.format("%Y/%m/%d/%H"),
        day + 1
    );
    stage.put(&key, lines).await?;
    Ok(())
}

/// With the time of the call, which tells labels of other windows from those that belong to nothing.
fn label_line(id: &str, (row, called_ms): (&Row, i64)) -> String {
    let called = DateTime::from_timestamp_millis(called_ms).unwrap_or_default();
    let called = called.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let line: Value = json!({
        "groundTruthData": {"data": row.label, "encoding": "CSV"},
        "eventMetadata": {"eventId": id, "inferenceTime": called},
        "eventVersion": "0",
    });
    format!("{line}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_days_end_some_hours_ago_at_a_full_hour() {
        let now_ms = 1_795_792_345_678;
        let calendar = Calendar::before(now_ms);
        let last_ms = calendar.day_ms(DAYS);
        assert_eq!(last_ms % HOUR_MS, 0);
        let ago_ms = now_ms - last_ms;
        assert!((SINCE_LAST_SLOT_MS..SINCE_LAST_SLOT_MS + HOUR_MS).contains(&ago_ms));
    }

    #[test]
    fn calls_are_made_within_their_day_and_most_of_them_by_day() {
        // The day begins at midnight.
        let noon = NOON / 24.0;
        let moments: Vec<i64> = (0..400).map(|at| moment(noon, at, 400)).collect();
        assert!(moments.iter().all(|ms| (0..DAY_MS).contains(ms)));
        let within = |hours: std::ops::Range<i64>| {
            let ms = hours.start * HOUR_MS..hours.end * HOUR_MS;
            moments.iter().filter(|moment| ms.contains(moment)).count()
        };
        assert!(
            within(10..16) > 2 * within(0..6),
            "{} {}",
            within(10..16),
            within(0..6)
        );
    }
}
