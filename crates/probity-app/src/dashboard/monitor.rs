//! The page of one monitor: how it stands, what it measured over time, its runs and its alerts.

use std::collections::BTreeMap;

use probity_domain::ResourceKind;
use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_domain::document::execution::ExecutionBody;
use probity_store::Cursor;
use probity_store::alert_silence::{self, ListSilences, Silence};
use probity_store::metric_point::{self, MetricPoint, PointsOf, SelectPoints};
use probity_store::monitoring_execution::{self, Execution, ListExecutions, SortExecutions};
use probity_store::resource::{self, ResourceKey, SortOrder};

use super::monitors::{self, AlertChange, Monitor};
use super::{DAY_MS, SEE};
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::monitoring_alert::subject_of;
use crate::monitoring_baseline::{Obeyed, obeyed_for_page};
use crate::monitoring_execution::body_of;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MonitorQuery {
    pub name: String,
    /// A [`Metric::key`]; the one that moved most where none is named.
    pub metric: Option<String>,
    /// Runs older than this, as `MILLISECONDS:ID`.
    pub before: Option<String>,
}

#[derive(Clone, Debug)]
pub struct MonitorPage {
    pub as_of_ms: i64,
    pub monitor: Monitor,
    pub arn: String,
    pub baseline: Obeyed,
    pub silence: Option<Silence>,
    /// The newest slot first.
    pub runs: Vec<Run>,
    /// Where older runs begin.
    pub older: Option<String>,
    pub alert_changes: Vec<AlertChange>,
    /// Of the last run with a verdict, what moved most first.
    pub metrics: Vec<Metric>,
    pub history: Option<History>,
}

#[derive(Clone, Debug)]
pub struct Run {
    pub id: String,
    pub scheduled_ms: i64,
    pub status: String,
    pub cause: String,
    pub revision: i64,
    /// `None` while it is not known.
    pub violations: Option<i64>,
    pub body: ExecutionBody,
}

/// A number of the last run, and of the one before.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    pub name: String,
    /// Beside those of the schedule and its endpoint.
    pub dimensions: BTreeMap<String, String>,
    pub value: f64,
    pub before: Option<f64>,
}

impl Metric {
    /// Tells it from the others of its monitor.
    pub fn key(&self) -> String {
        let others: Vec<String> = self
            .dimensions
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        match others.is_empty() {
            true => self.name.clone(),
            false => format!("{} {}", self.name, others.join(" ")),
        }
    }

    /// How far it moved against what it was.
    fn movement(&self) -> f64 {
        match self.before {
            Some(before) => (self.value - before).abs() / before.abs().max(1e-9),
            None => 0.0,
        }
    }
}

/// One metric over time.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    pub key: String,
    pub name: String,
    /// Time of the window's start, and the value.
    pub points: Vec<(i64, f64)>,
    /// Starts of the windows in which violations were found.
    pub found_at_ms: Vec<i64>,
}

const RUNS: u32 = 20;
const MOST_METRICS: u32 = 2_000;
const CHANGES: u32 = 20;
const DAYS: i64 = 90;
/// What the schedule and its endpoint are called among dimensions, and what slots that were scored
/// again add.
const OF_SCHEDULE: &str = "MonitoringSchedule";
const OF_ENDPOINT: &str = "Endpoint";
const REVISION: &str = "Revision";

pub async fn monitor(
    app: &App,
    caller: &Caller,
    query: &MonitorQuery,
) -> Result<MonitorPage, Fault> {
    let deed = Deed::authorise(app, caller, SEE)?;
    let missing = || Fault::NotFound {
        kind: ResourceKind::MonitoringSchedule,
        name: query.name.clone(),
    };
    let key = ResourceKey {
        kind: ResourceKind::MonitoringSchedule,
        region: deed.region,
        name: &query.name,
    };
    let row = resource::get(&app.store, key).await?.ok_or_else(missing)?;
    let monitors = monitors::of_schedules(&deed, std::slice::from_ref(&row)).await?;
    let monitor = monitors.into_iter().next().ok_or_else(missing)?;
    let (baseline, page, last, alert_changes, silence) = futures::try_join!(
        obeyed_for_page(&deed, &query.name),
        runs(&deed, query),
        last_verdicts(&deed, &query.name),
        monitors::changes_of(&deed, &query.name, CHANGES),
        silence(&deed, &query.name),
    )?;
    let (runs, older) = page;
    let points = points(&deed, &monitor, &last).await?;
    let metrics = moved(&points);
    let history = history(&deed, (query, &monitor), &points, &metrics).await?;
    Ok(MonitorPage {
        as_of_ms: deed.now_ms,
        arn: row.arn,
        monitor,
        baseline,
        silence,
        runs,
        older,
        alert_changes,
        metrics,
        history,
    })
}

async fn runs(deed: &Deed<'_>, query: &MonitorQuery) -> Result<(Vec<Run>, Option<String>), Fault> {
    let after = query.before.as_deref().and_then(|text| {
        let (key, name) = text.split_once(':')?;
        let _: i64 = key.parse().ok()?;
        Some(Cursor {
            key: key.to_owned(),
            name: name.to_owned(),
        })
    });
    let wanted = ListExecutions {
        region: deed.region.to_owned(),
        schedule: Some(query.name.clone()),
        sort_by: SortExecutions::Scheduled,
        order: SortOrder::Descending,
        after,
        limit: RUNS,
        ..ListExecutions::default()
    };
    let page = monitoring_execution::list(&deed.app.store, &wanted).await?;
    let older = page.next.map(|next| format!("{}:{}", next.key, next.name));
    let runs = page.items.iter().map(run).collect::<Result<_, Fault>>()?;
    Ok((runs, older))
}

fn run(execution: &Execution) -> Result<Run, Fault> {
    Ok(Run {
        id: execution.id.clone(),
        scheduled_ms: execution.scheduled_ms,
        status: execution.status.clone(),
        cause: execution.cause.clone(),
        revision: execution.revision,
        violations: (execution.violations >= 0).then_some(execution.violations),
        body: body_of(execution)?,
    })
}

/// Starts of the windows of the last two runs with a verdict, the newest first.
async fn last_verdicts(deed: &Deed<'_>, name: &str) -> Result<Vec<i64>, Fault> {
    const LOOKED_AT: u32 = 20;
    let place = (deed.region, name);
    let runs = monitoring_execution::latest(&deed.app.store, place, LOOKED_AT).await?;
    let mut starts = Vec::new();
    for run in runs
        .iter()
        .filter(|run| run.status.starts_with("Completed"))
    {
        let start_ms = body_of(run)?.window.start_ms;
        if !starts.contains(&start_ms) {
            starts.push(start_ms);
        }
    }
    starts.truncate(2);
    Ok(starts)
}

async fn silence(deed: &Deed<'_>, name: &str) -> Result<Option<Silence>, Fault> {
    let wanted = ListSilences {
        region: deed.region.to_owned(),
        ends_after_ms: deed.now_ms,
        after: None,
        limit: 1000,
    };
    let subject = subject_of(name);
    let silences = alert_silence::list(&deed.app.store, &wanted).await?.items;
    let own = silences.into_iter().filter(|silence| {
        silence.from_ms <= deed.now_ms && (silence.subject.is_empty() || silence.subject == subject)
    });
    Ok(own.max_by_key(|silence| silence.until_ms))
}

/// Points of the last runs, each with its place among them: 0 for the newest.
async fn points(
    deed: &Deed<'_>,
    monitor: &Monitor,
    starts: &[i64],
) -> Result<Vec<(usize, MetricPoint)>, Fault> {
    let namespace = namespace(monitor);
    let mut found = Vec::new();
    for (place, start_ms) in starts.iter().enumerate() {
        let wanted = PointsOf {
            region: deed.region,
            namespace: &namespace,
            at_ms: *start_ms,
            dimension: (OF_SCHEDULE, &monitor.name),
            limit: MOST_METRICS,
        };
        let points = metric_point::of_instant(&deed.app.store, &wanted).await?;
        found.extend(points.into_iter().map(|point| (place, point)));
    }
    Ok(found)
}

/// As the worker writes them.
fn namespace(monitor: &Monitor) -> String {
    let place = match monitor.endpoint {
        Some(_) => "Endpoints",
        None => "ModelMonitoring",
    };
    let metrics = match monitor.kind {
        MonitoringType::DataQuality => "data-metrics",
        MonitoringType::ModelQuality => "model-metrics",
        MonitoringType::ModelBias => "bias-metrics",
        MonitoringType::ModelExplainability => "explainability-metrics",
    };
    format!("aws/sagemaker/{place}/{metrics}")
}

fn moved(points: &[(usize, MetricPoint)]) -> Vec<Metric> {
    let mut before: BTreeMap<String, f64> = BTreeMap::new();
    let mut now: BTreeMap<String, Metric> = BTreeMap::new();
    for (place, point) in points {
        let metric = Metric {
            name: point.name.clone(),
            dimensions: own_dimensions(point),
            value: mean(point),
            before: None,
        };
        match place {
            0 => drop(now.insert(metric.key(), metric)),
            _ => drop(before.insert(metric.key(), metric.value)),
        }
    }
    let mut metrics: Vec<Metric> = now
        .into_iter()
        .map(|(key, metric)| Metric {
            before: before.get(&key).copied(),
            ..metric
        })
        .collect();
    metrics.sort_by(|a, b| b.movement().total_cmp(&a.movement()));
    metrics
}

fn own_dimensions(point: &MetricPoint) -> BTreeMap<String, String> {
    let mut dimensions = point.dimensions.clone();
    for name in [OF_SCHEDULE, OF_ENDPOINT, REVISION] {
        dimensions.remove(name);
    }
    dimensions
}

fn mean(point: &MetricPoint) -> f64 {
    match point.count > 0.0 {
        true => point.sum / point.count,
        false => point.sum,
    }
}

/// Drift of features first: it is what alerts most.
fn first_to_show(metrics: &[Metric]) -> Option<&Metric> {
    let drifts = metrics
        .iter()
        .filter(|metric| metric.name.starts_with("feature_baseline_drift_"));
    drifts
        .max_by(|a, b| a.value.total_cmp(&b.value))
        .or_else(|| metrics.first())
}

async fn history(
    deed: &Deed<'_>,
    (query, monitor): (&MonitorQuery, &Monitor),
    points: &[(usize, MetricPoint)],
    metrics: &[Metric],
) -> Result<Option<History>, Fault> {
    let asked = query.metric.as_deref();
    let wanted = match asked {
        Some(key) => metrics.iter().find(|metric| metric.key() == key),
        None => first_to_show(metrics),
    };
    let Some(metric) = wanted else {
        return Ok(None);
    };
    let newest = points.iter().find(|(place, point)| {
        *place == 0 && point.name == metric.name && own_dimensions(point) == metric.dimensions
    });
    let Some((_, newest)) = newest else {
        return Ok(None);
    };
    let mut dimensions = newest.dimensions.clone();
    dimensions.remove(REVISION);
    let from_ms = deed.now_ms - DAYS * DAY_MS;
    let wanted = SelectPoints {
        region: deed.region.to_owned(),
        namespace: newest.namespace.clone(),
        name: metric.name.clone(),
        dimensions,
        from_ms,
        to_ms: deed.now_ms,
    };
    let found = metric_point::select(&deed.app.store, &wanted).await?;
    Ok(Some(History {
        key: metric.key(),
        name: metric.name.clone(),
        points: found
            .iter()
            .map(|point| (point.at_ms, mean(point)))
            .collect(),
        found_at_ms: violations_at(deed, &monitor.name, from_ms).await?,
    }))
}

async fn violations_at(deed: &Deed<'_>, name: &str, from_ms: i64) -> Result<Vec<i64>, Fault> {
    let wanted = ListExecutions {
        region: deed.region.to_owned(),
        schedule: Some(name.to_owned()),
        status: Some("CompletedWithViolations".to_owned()),
        scheduled_after_ms: Some(from_ms),
        sort_by: SortExecutions::Scheduled,
        order: SortOrder::Descending,
        limit: 200,
        ..ListExecutions::default()
    };
    let page = monitoring_execution::list(&deed.app.store, &wanted).await?;
    let starts = page
        .items
        .iter()
        .map(|run| Ok::<_, Fault>(body_of(run)?.window.start_ms));
    starts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(name: &str, value: f64) -> MetricPoint {
        MetricPoint {
            region: "r".to_owned(),
            namespace: "n".to_owned(),
            name: name.to_owned(),
            dimensions: BTreeMap::from([
                (OF_SCHEDULE.to_owned(), "s".to_owned()),
                ("Facet".to_owned(), "sex".to_owned()),
            ]),
            at_ms: 1,
            sum: value,
            count: 1.0,
            minimum: value,
            maximum: value,
            unit: None,
        }
    }

    #[test]
    fn what_moved_most_comes_first() {
        let points = [
            (0, point("a", 1.0)),
            (0, point("b", 3.0)),
            (1, point("a", 1.0)),
            (1, point("b", 1.0)),
        ];
        let metrics = moved(&points);
        assert_eq!(metrics[0].key(), "b Facet=sex");
        assert_eq!((metrics[0].value, metrics[0].before), (3.0, Some(1.0)));
        assert_eq!(metrics[1].name, "a");
    }
}
