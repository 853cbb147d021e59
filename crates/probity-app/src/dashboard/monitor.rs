//! The page of one monitor: how it stands, what it measured over time, its runs and its alerts.

use std::collections::BTreeMap;

use probity_domain::ResourceKind;
use probity_domain::document::execution::ExecutionBody;
use probity_store::Cursor;
use probity_store::alert_comment::{self, Comment, ListComments};
use probity_store::alert_silence::{self, ListSilences, Silence};
use probity_store::metric_point::MetricPoint;
use probity_store::monitoring_execution::{self, Execution, ListExecutions, SortExecutions};
use probity_store::resource::{self, ResourceKey, SortOrder};

use super::SEE;
use super::history::{self, History, Range};
use super::monitors::{self, AlertHistory, Monitor};
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::monitoring_alert::subject_of;
use crate::monitoring_baseline::{Obeyed, obeyed_for_page};
use crate::monitoring_execution::body_of;
use crate::run_points::{self, RunOf, Watches, mean, own_dimensions};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MonitorQuery {
    pub name: String,
    /// A [`Metric::key`]; the one that moved most where none is named.
    pub metric: Option<String>,
    pub range: Range,
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
    pub alert_history: AlertHistory,
    /// What people say of its alerts, the newest first.
    pub comments: Vec<Comment>,
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
        key_of(&self.name, &self.dimensions)
    }

    /// How far it moved against what it was.
    fn movement(&self) -> f64 {
        match self.before {
            Some(before) => (self.value - before).abs() / before.abs().max(1e-9),
            None => 0.0,
        }
    }
}

pub(super) fn key_of(name: &str, dimensions: &BTreeMap<String, String>) -> String {
    let others: Vec<String> = dimensions
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    match others.is_empty() {
        true => name.to_owned(),
        false => format!("{name} {}", others.join(" ")),
    }
}

const RUNS: u32 = 20;
const MOST_METRICS: u32 = 2_000;
const CHANGES: u32 = 20;
const COMMENTS: u32 = 50;

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
    let (baseline, page, last, alert_history, silence, comments) = futures::try_join!(
        obeyed_for_page(&deed, &query.name),
        runs(&deed, query),
        history::last_two(&deed, &query.name),
        monitors::changes_of(&deed, &query.name, CHANGES),
        silence(&deed, &query.name),
        comments(&deed, &query.name),
    )?;
    let (runs, older) = page;
    let (points, before) = points(&deed, &monitor, &last).await?;
    let metrics = moved(&points, &before);
    let history = shown_history(&deed, query, (&points, &metrics)).await?;
    Ok(MonitorPage {
        as_of_ms: deed.now_ms,
        arn: row.arn,
        monitor,
        baseline,
        silence,
        runs,
        older,
        alert_history,
        comments,
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

async fn comments(deed: &Deed<'_>, name: &str) -> Result<Vec<Comment>, Fault> {
    let wanted = ListComments {
        region: deed.region.to_owned(),
        subject: subject_of(name),
        name: None,
        after: None,
        limit: COMMENTS,
    };
    Ok(alert_comment::list(&deed.app.store, &wanted).await?.items)
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

/// Points of the last run with a verdict, and of the one before.
async fn points(
    deed: &Deed<'_>,
    monitor: &Monitor,
    last: &[(i64, i64)],
) -> Result<(Vec<MetricPoint>, Vec<MetricPoint>), Fault> {
    let watches = match monitor.endpoint {
        Some(_) => Watches::Endpoint,
        None => Watches::TransformJobs,
    };
    let namespace = run_points::namespace(monitor.kind.as_str(), watches).unwrap_or_default();
    let mut found = [Vec::new(), Vec::new()];
    for (place, (start_ms, revision)) in found.iter_mut().zip(last) {
        let run = RunOf {
            schedule: &monitor.name,
            namespace: &namespace,
            start_ms: *start_ms,
            revision: *revision,
        };
        *place = run_points::of_run(deed, run, MOST_METRICS).await?;
    }
    let [now, before] = found;
    Ok((now, before))
}

fn moved(points: &[MetricPoint], before: &[MetricPoint]) -> Vec<Metric> {
    let metric = |point: &MetricPoint| Metric {
        name: point.name.clone(),
        dimensions: own_dimensions(point),
        value: mean(point),
        before: None,
    };
    let before: BTreeMap<String, f64> = before
        .iter()
        .map(metric)
        .map(|metric| (metric.key(), metric.value))
        .collect();
    let now: BTreeMap<String, Metric> = points
        .iter()
        .map(metric)
        .map(|metric| (metric.key(), metric))
        .collect();
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

/// Drift of features first: it is what alerts most.
fn first_to_show(metrics: &[Metric]) -> Option<&Metric> {
    let drifts = metrics
        .iter()
        .filter(|metric| metric.name.starts_with("feature_baseline_drift_"));
    drifts
        .max_by(|a, b| a.value.total_cmp(&b.value))
        .or_else(|| metrics.first())
}

async fn shown_history(
    deed: &Deed<'_>,
    query: &MonitorQuery,
    (points, metrics): (&[MetricPoint], &[Metric]),
) -> Result<Option<History>, Fault> {
    let wanted = match query.metric.as_deref() {
        Some(key) => metrics.iter().find(|metric| metric.key() == key),
        None => first_to_show(metrics),
    };
    let Some(metric) = wanted else {
        return Ok(None);
    };
    let Some(newest) = history::point_of(points, metric) else {
        return Ok(None);
    };
    let range = query.range;
    let found = history::history(deed, (&query.name, metric), (newest, range)).await?;
    Ok(Some(found))
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
                ("MonitoringSchedule".to_owned(), "s".to_owned()),
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
        let now = [point("a", 1.0), point("b", 3.0)];
        let metrics = moved(&now, &[point("a", 1.0), point("b", 1.0)]);
        assert_eq!(metrics[0].key(), "b Facet=sex");
        assert_eq!((metrics[0].value, metrics[0].before), (3.0, Some(1.0)));
        assert_eq!(metrics[1].name, "a");
    }
}
