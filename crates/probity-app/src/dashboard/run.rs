//! The page of one run of a monitor: what it looked at, how it ended, and where its evidence lies.
//! What its documents say is read by the server, where documents of callers are read.

use std::collections::{BTreeMap, HashMap};

use probity_domain::ResourceKind;
use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_domain::document::execution::ExecutionBody;
use probity_store::log_event::{self, ListStreams, Read, ReadLines, StreamKey, StreamOrder};
use probity_store::metric_interval;
use probity_store::monitoring_execution::{self as executions, Execution, Outline};

use super::SEE;
use super::monitor::key_of;
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::monitoring_execution::body_of;
use crate::run_points::{self, RunOf, Watches};

/// Which run of which monitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunQuery<'a> {
    pub monitor: &'a str,
    pub id: &'a str,
}

#[derive(Clone, Debug)]
pub struct RunPage {
    pub as_of_ms: i64,
    pub monitor: String,
    pub kind: MonitoringType,
    pub id: String,
    /// `None` where a transform job's records are watched.
    pub endpoint: Option<String>,
    pub status: String,
    pub cause: String,
    pub scheduled_ms: i64,
    pub revision: i64,
    /// `None` while it is not known.
    pub violations: Option<i64>,
    pub body: ExecutionBody,
    /// What it published, by name.
    pub numbers: Vec<RunNumber>,
    /// Other runs of the same slot, the newest first.
    pub same_slot: Vec<Outline>,
    pub earlier: Option<String>,
    pub later: Option<String>,
    /// The last lines of its job's log, in their order.
    pub log: Vec<String>,
}

/// A number that a run published.
#[derive(Clone, Debug, PartialEq)]
pub struct RunNumber {
    pub name: String,
    pub dimensions: BTreeMap<String, String>,
    pub value: f64,
    pub interval: Option<(f64, f64)>,
}

impl RunNumber {
    /// As [`super::monitor::Metric::key`].
    pub fn key(&self) -> String {
        key_of(&self.name, &self.dimensions)
    }
}

impl RunPage {
    /// Whether it has not ended yet.
    pub fn is_under_way(&self) -> bool {
        matches!(self.status.as_str(), "Pending" | "InProgress" | "Stopping")
    }
}

/// Runs of one slot that are named.
const REVISIONS: u32 = 50;
const LINES: u32 = 200;
const MOST_NUMBERS: u32 = 2_000;
const GROUP: &str = "/aws/sagemaker/ProcessingJobs";

pub async fn run(app: &App, caller: &Caller, query: RunQuery<'_>) -> Result<RunPage, Fault> {
    let deed = Deed::authorise(app, caller, SEE)?;
    let missing = || {
        Fault::missing(format!(
            "monitor `{}` has no run `{}`",
            query.monitor, query.id
        ))
    };
    let found = executions::get(&app.store, query.id).await?;
    let run = found
        .filter(|run| run.region == deed.region && run.schedule == query.monitor)
        .ok_or_else(missing)?;
    let kind = MonitoringType::ALL
        .into_iter()
        .find(|known| known.as_str() == run.monitoring_type)
        .ok_or_else(|| Fault::NotFound {
            kind: ResourceKind::MonitoringSchedule,
            name: query.monitor.to_owned(),
        })?;
    let body = body_of(&run)?;
    let place = (deed.region, query.monitor);
    let slot = (run.scheduled_ms, run.scheduled_ms);
    let (same_slot, beside, log, numbers) = futures::try_join!(
        async { Ok::<_, Fault>(executions::outlines(&app.store, place, slot, REVISIONS).await?) },
        async { Ok(executions::neighbours(&app.store, place, run.scheduled_ms).await?) },
        log(&deed, body.processing_job_arn.as_deref()),
        numbers(&deed, (&run, body.window.start_ms)),
    )?;
    Ok(RunPage {
        as_of_ms: deed.now_ms,
        monitor: query.monitor.to_owned(),
        kind,
        earlier: beside.earlier,
        later: beside.later,
        same_slot: same_slot
            .into_iter()
            .filter(|other| other.id != run.id)
            .collect(),
        log,
        numbers,
        endpoint: Some(run.endpoint).filter(|endpoint| !endpoint.is_empty()),
        id: run.id,
        status: run.status,
        cause: run.cause,
        scheduled_ms: run.scheduled_ms,
        revision: run.revision,
        violations: (run.violations >= 0).then_some(run.violations),
        body,
    })
}

/// None of a run without a verdict: the window's numbers are those of another one then.
async fn numbers(
    deed: &Deed<'_>,
    (run, start_ms): (&Execution, i64),
) -> Result<Vec<RunNumber>, Fault> {
    let watches = match run.endpoint.as_str() {
        "" => Watches::TransformJobs,
        _ => Watches::Endpoint,
    };
    let namespace = run_points::namespace(&run.monitoring_type, watches);
    let Some(namespace) = namespace.filter(|_| run.status.starts_with("Completed")) else {
        return Ok(Vec::new());
    };
    let of = RunOf {
        schedule: &run.schedule,
        namespace: &namespace,
        start_ms,
        revision: run.revision,
    };
    let points = run_points::of_run(deed, of, MOST_NUMBERS).await?;
    let intervals = metric_interval::of_execution(&deed.app.store, &run.id).await?;
    let intervals: HashMap<String, (f64, f64)> = intervals
        .into_iter()
        .map(|of| (key_of(&of.name, &of.dimensions), (of.low, of.high)))
        .collect();
    let numbers = points.iter().map(|point| {
        let dimensions = run_points::own_dimensions(point);
        let interval = intervals.get(&key_of(&point.name, &dimensions)).copied();
        RunNumber {
            name: point.name.clone(),
            dimensions,
            value: run_points::mean(point),
            interval,
        }
    });
    Ok(numbers.collect())
}

/// Of the newest stream of the job: a run that was begun again has several.
async fn log(deed: &Deed<'_>, job_arn: Option<&str>) -> Result<Vec<String>, Fault> {
    let Some((_, job)) = job_arn.and_then(|arn| arn.rsplit_once('/')) else {
        return Ok(Vec::new());
    };
    let wanted = ListStreams {
        region: deed.region.to_owned(),
        group: GROUP.to_owned(),
        prefix: format!("{job}/"),
        order: StreamOrder::NameDescending,
        after: None,
        limit: 1,
    };
    let page = log_event::streams(&deed.app.store, &wanted).await?;
    let Some(stream) = page.items.first() else {
        return Ok(Vec::new());
    };
    let wanted = ReadLines {
        stream: StreamKey {
            region: deed.region,
            group: GROUP,
            stream: &stream.name,
        },
        from_ms: i64::MIN,
        to_ms: i64::MAX,
        read: Read::Before(i64::MAX),
        limit: LINES,
    };
    let mut lines = log_event::lines(&deed.app.store, &wanted).await?;
    lines.sort_by_key(|line| line.seq);
    Ok(lines.into_iter().map(|line| line.message).collect())
}
