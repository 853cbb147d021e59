//! What is kept for how long: captures, results and metric points, each by its own age on the
//! server's clock. Whatever is deleted for its age is an event: what, of which day, how much.
//!
//! Roll-ups of results and the audit log itself are never deleted here.

use probity_domain::{Arn, ArnPlace};
use probity_store::endpoint_latency::{HOUR_MS, MINUTE_MS};
use probity_store::job::{self, NewJob};
use probity_store::{
    capture_loss, endpoint_latency, endpoint_traffic, log_event, metric_interval, metric_point,
    notification, setting,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::app::App;
use crate::cloudwatch::endpoint_metrics::MINUTES_STAY_MS;
use crate::deed::Deed;
use crate::event;
use crate::fault::Fault;

/// The job that looks for what is too old; there is one for each database.
pub const JOB_KIND: &str = "retention";

const KEEP: &str = "retention";
const DISK_USE: &str = "capture-disk-use";

/// Rows that are deleted in one transaction: others want to write, too.
const ROWS: u32 = 5_000;
const STREAMS: u32 = 100;

/// For how long; `None` is for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Keep {
    pub captures_ms: Option<i64>,
    /// Results of monitoring, the lines of jobs, and notifications that are not waiting.
    pub results_ms: Option<i64>,
    /// Metric points, and the counts of calls.
    pub metric_points_ms: Option<i64>,
}

/// Objects that are about to be deleted for their age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expired<'a> {
    pub region: &'a str,
    /// `endpoint/NAME` or `monitoring-schedule/NAME`.
    pub resource: &'a str,
    pub what: What,
    /// `2026-11-27`.
    pub day: &'a str,
    /// The folder that they lie below.
    pub location: &'a str,
    pub objects: u64,
    pub bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Captures,
    Results,
}

impl What {
    fn action(self) -> &'static str {
        match self {
            Self::Captures => "probity:DeleteExpiredCaptures",
            Self::Results => "probity:DeleteExpiredResults",
        }
    }
}

/// Whether more is to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    Nothing,
    More,
}

/// What the captures of an endpoint take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskUse {
    pub region: String,
    pub endpoint: String,
    pub objects: u64,
    pub bytes: u64,
}

/// Takes over what the operator decided at the start, and sees to it that there is the job. All
/// servers of a database obey what was said last.
pub async fn begin(app: &App, keep: &Keep) -> Result<(), Fault> {
    let before = keep_now(app).await?;
    let mut unit = app.store.begin().await?;
    if before != *keep {
        let text = serde_json::to_string(keep)
            .map_err(|error| Fault::internal("write what is kept for how long", error))?;
        setting::put(&mut unit, KEEP, &text).await?;
        let deed = Deed::of_server(app, "", "probity:ConfigureRetention");
        let change = json!({ "before": before, "after": keep });
        event::record(&mut unit, &deed, &arn(app, "configuration"), change).await?;
    }
    unit.commit().await?;
    if job::get(&app.store, JOB_KIND).await?.is_some() {
        return Ok(());
    }
    let job = NewJob {
        id: JOB_KIND.to_owned(),
        kind: JOB_KIND.to_owned(),
        subject: "what is too old".to_owned(),
        region: String::new(),
        run_at_ms: app.clock.now_ms(),
    };
    let mut unit = app.store.begin().await?;
    match job::enqueue(&mut unit, &job).await {
        Ok(()) => unit.commit().await?,
        // Another server started at the same moment.
        Err(_) if job::get(&app.store, JOB_KIND).await?.is_some() => {}
        Err(error) => return Err(error.into()),
    }
    app.jobs.notify_one();
    Ok(())
}

pub async fn keep_now(app: &App) -> Result<Keep, Fault> {
    let text = setting::get(&app.store, KEEP).await?;
    text.map_or_else(|| Ok(Keep::default()), |text| read(&text))
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::internal("read a setting", error))
}

/// Writes the event. Objects are deleted after it: what a killed process leaves of them is found
/// by the next run, with an event of its own.
pub async fn record(app: &App, expired: &Expired<'_>) -> Result<(), Fault> {
    let deed = Deed::of_server(app, expired.region, expired.what.action());
    let change = json!({ "deleted": {
        "Day": expired.day,
        "Location": expired.location,
        "Objects": expired.objects,
        "Bytes": expired.bytes,
    }});
    let mut unit = app.store.begin().await?;
    let resource = deed.arn(expired.resource).to_string();
    event::record(&mut unit, &deed, &resource, change).await?;
    unit.commit().await?;
    Ok(())
}

/// Deletes rows of before, a few at a time.
pub async fn delete_rows(app: &App, keep: &Keep) -> Result<Rest, Fault> {
    let now_ms = app.clock.now_ms();
    let before = |kept: Option<i64>| kept.map(|kept_ms| now_ms.saturating_sub(kept_ms));
    let mut rest = Rest::Nothing;
    fold_minutes(app, now_ms - MINUTES_STAY_MS).await?;
    if let Some(before_ms) = before(keep.metric_points_ms) {
        rest = delete_numbers(app, before_ms).await?;
    }
    if let Some(before_ms) = before(keep.results_ms)
        && delete_lines(app, before_ms).await? == Rest::More
    {
        rest = Rest::More;
    }
    Ok(rest)
}

/// The hours that these minutes belong to stay, and have all of their calls: nothing is lost that an
/// event would have to tell.
async fn fold_minutes(app: &App, before_ms: i64) -> Result<(), Fault> {
    let mut unit = app.store.begin().await?;
    endpoint_latency::delete_before(&mut unit, (MINUTE_MS, before_ms)).await?;
    unit.commit().await?;
    Ok(())
}

async fn delete_numbers(app: &App, before_ms: i64) -> Result<Rest, Fault> {
    let mut unit = app.store.begin().await?;
    let points = metric_point::delete_before(&mut unit, before_ms, ROWS).await?;
    let intervals = metric_interval::delete_before(&mut unit, before_ms, ROWS).await?;
    let names = metric_point::delete_names_before(&mut unit, before_ms).await?;
    let calls = endpoint_traffic::delete_before(&mut unit, before_ms).await?;
    let losses = capture_loss::delete_before(&mut unit, before_ms).await?;
    let latencies = endpoint_latency::delete_before(&mut unit, (HOUR_MS, before_ms)).await?;
    if points + intervals + names + calls + losses + latencies == 0 {
        return Ok(Rest::Nothing);
    }
    let deed = Deed::of_server(app, "", "probity:DeleteExpiredMetricPoints");
    let change = json!({ "deleted": {
        "BeforeMs": before_ms,
        "MetricPoints": points,
        "Intervals": intervals,
        "Metrics": names,
        "HoursOfCalls": calls,
        "HoursOfLosses": losses,
        "HoursOfLatencies": latencies,
    }});
    event::record(&mut unit, &deed, &arn(app, "metric-points"), change).await?;
    unit.commit().await?;
    Ok(rest(points.max(intervals), ROWS))
}

async fn delete_lines(app: &App, before_ms: i64) -> Result<Rest, Fault> {
    let mut unit = app.store.begin().await?;
    let (streams, lines) = log_event::delete_before(&mut unit, before_ms, STREAMS).await?;
    let told = notification::delete_before(&mut unit, before_ms).await?;
    if streams + told == 0 {
        return Ok(Rest::Nothing);
    }
    let deed = Deed::of_server(app, "", "probity:DeleteExpiredLogs");
    let change = json!({ "deleted": {
        "BeforeMs": before_ms,
        "LogStreams": streams,
        "LogLines": lines,
        "Notifications": told,
    }});
    event::record(&mut unit, &deed, &arn(app, "logs"), change).await?;
    unit.commit().await?;
    Ok(rest(streams, STREAMS))
}

fn rest(deleted: u64, limit: u32) -> Rest {
    match deleted < u64::from(limit) {
        true => Rest::Nothing,
        false => Rest::More,
    }
}

/// Of no region: rows of all of them go together.
fn arn(app: &App, what: &str) -> String {
    let place = ArnPlace {
        service: "sagemaker",
        region: "",
        account: &app.settings.account_id,
    };
    Arn::new(place, format!("retention/{what}")).to_string()
}

/// Keeps what was measured last, for those who ask.
pub async fn put_disk_use(app: &App, found: &[DiskUse]) -> Result<(), Fault> {
    let text = serde_json::to_string(found)
        .map_err(|error| Fault::internal("write what captures take", error))?;
    let mut unit = app.store.begin().await?;
    setting::put(&mut unit, DISK_USE, &text).await?;
    unit.commit().await?;
    Ok(())
}

/// What was measured last; nothing before the first time.
pub async fn disk_use(app: &App) -> Result<Vec<DiskUse>, Fault> {
    let text = setting::get(&app.store, DISK_USE).await?;
    text.map_or_else(|| Ok(Vec::new()), |text| read(&text))
}
