//! One number of a monitor over time: a point for each window, as it was scored last, with its
//! interval and its run; and what happened meanwhile.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use probity_store::metric_interval::{self, IntervalsOf};
use probity_store::metric_point::{self, MetricPoint, SelectPoints};
use probity_store::monitoring_alert_change::{self, Change, ChangesBy, ListChanges};
use probity_store::monitoring_execution::{self, Outline};
use probity_store::resource::SortOrder;

use super::DAY_MS;
use super::monitor::Metric;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::monitoring_alert::subject_of;
use crate::monitoring_execution::body_of;
use crate::run_points::{REVISION, mean, own_dimensions, revision_of};

/// What part of the past is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// So many days up to now.
    Days(i64),
    /// The day in UTC that begins then.
    Day(i64),
}

impl Default for Range {
    fn default() -> Range {
        Range::Days(90)
    }
}

impl Range {
    fn span(self, now_ms: i64) -> (i64, i64) {
        match self {
            Self::Days(days) => (now_ms.saturating_sub(days.saturating_mul(DAY_MS)), now_ms),
            Self::Day(day_ms) => (day_ms, day_ms.saturating_add(DAY_MS - 1)),
        }
    }
}

/// One metric over time.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// A [`Metric::key`].
    pub key: String,
    pub name: String,
    pub dimensions: BTreeMap<String, String>,
    pub range: Range,
    pub from_ms: i64,
    pub to_ms: i64,
    /// In the order of time; of each window one.
    pub points: Vec<Point>,
    /// Runs without a verdict, in the order of time.
    pub failed: Vec<FailedRun>,
    /// In the order of time.
    pub alert_changes: Vec<ChangeThen>,
    /// What was obeyed, by its hash; `None` where a run does not say.
    pub constraints: Vec<ObeyedThen>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Of the window's start.
    pub at_ms: i64,
    pub value: f64,
    pub interval: Option<(f64, f64)>,
    /// `None` where the run is no more.
    pub run: Option<PointRun>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointRun {
    pub id: String,
    pub revision: i64,
    /// `None` where nothing was compared.
    pub violations: Option<i64>,
    pub constraints_sha256: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedRun {
    pub id: String,
    pub at_ms: i64,
}

/// A change of an alert, beside the point that caused it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeThen {
    pub alert: String,
    pub status: String,
    /// Of the window's start, as its point: the run itself is due a window later. Where no run
    /// caused the change, its own time.
    pub at_ms: i64,
    pub changed_ms: i64,
}

/// Constraints that runs obeyed, and where they lay then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObeyedThen {
    pub sha256: String,
    pub uri: String,
}

/// Runs that one history knows of: those of an hourly monitor of 90 days, half of them scored again.
const MOST_RUNS: u32 = 3_600;
/// Slots are scored again a few times; more are not looked for.
const MOST_REVISIONS: usize = 50;
/// Sets of constraints that one chart tells apart.
const MOST_CONSTRAINTS: usize = 8;
const MOST_CHANGES: u32 = 200;
/// However late a run is due.
const LAST: i64 = i64::MAX;

/// `newest` is a point of the metric, which says how its dimensions are written.
pub(super) async fn history(
    deed: &Deed<'_>,
    (monitor, metric): (&str, &Metric),
    (newest, range): (&MetricPoint, Range),
) -> Result<History, Fault> {
    let (from_ms, to_ms) = range.span(deed.now_ms);
    // A window begins before its run is due; runs of a month's window are due a month later.
    let runs = monitoring_execution::outlines(
        &deed.app.store,
        (deed.region, monitor),
        (from_ms, LAST),
        MOST_RUNS,
    )
    .await?;
    let wanted = SelectPoints {
        region: deed.region.to_owned(),
        namespace: newest.namespace.clone(),
        name: metric.name.clone(),
        dimensions: BTreeMap::new(),
        from_ms,
        to_ms,
    };
    let each = dimensions_of_revisions(newest, &runs);
    let intervals = IntervalsOf {
        region: deed.region,
        schedule: monitor,
        name: &metric.name,
        dimensions: &metric.dimensions,
        from_ms,
        to_ms,
    };
    let store = &deed.app.store;
    let points = metric_point::select_each(store, &wanted, &each).await?;
    let intervals = metric_interval::select(store, intervals).await?;
    let intervals: HashMap<&str, (f64, f64)> = intervals
        .iter()
        .map(|found| (found.execution.as_str(), (found.low, found.high)))
        .collect();
    let points = joined(&points, &runs, &intervals);
    Ok(History {
        key: metric.key(),
        name: metric.name.clone(),
        dimensions: metric.dimensions.clone(),
        range,
        from_ms,
        to_ms,
        failed: failed(&runs, (from_ms, to_ms)),
        alert_changes: changes(deed, (monitor, &runs), range).await?,
        constraints: constraints(deed, &points).await?,
        points,
    })
}

/// The metric's dimensions as the first scoring of a window writes them, and as each later one does.
fn dimensions_of_revisions(
    newest: &MetricPoint,
    runs: &[Outline],
) -> Vec<BTreeMap<String, String>> {
    let mut first = newest.dimensions.clone();
    first.remove(REVISION);
    let revisions: BTreeSet<i64> = runs.iter().map(|run| run.revision).collect();
    let later = revisions.into_iter().filter(|revision| *revision > 0);
    let later: Vec<_> = later
        .take(MOST_REVISIONS)
        .map(|revision| {
            let mut dimensions = first.clone();
            dimensions.insert(REVISION.to_owned(), revision.to_string());
            dimensions
        })
        .collect();
    std::iter::once(first).chain(later).collect()
}

/// Of each window the point that was scored last, with its run.
fn joined(
    points: &[MetricPoint],
    runs: &[Outline],
    intervals: &HashMap<&str, (f64, f64)>,
) -> Vec<Point> {
    let mut last: BTreeMap<i64, &MetricPoint> = BTreeMap::new();
    for point in points {
        let known = last.entry(point.at_ms).or_insert(point);
        if revision_of(point) >= revision_of(known) {
            *known = point;
        }
    }
    let mut runs_of: HashMap<i64, Vec<&Outline>> = HashMap::new();
    for run in runs.iter().filter(|run| has_verdict(run)) {
        if let Some(start_ms) = run.window_start_ms {
            runs_of.entry(start_ms).or_default().push(run);
        }
    }
    last.into_values()
        .map(|point| {
            let runs = runs_of.get(&point.at_ms).map_or(&[][..], Vec::as_slice);
            let run = run_of(point, runs);
            Point {
                at_ms: point.at_ms,
                value: mean(point),
                interval: run.and_then(|run| intervals.get(run.id.as_str()).copied()),
                run: run.map(|run| PointRun {
                    id: run.id.clone(),
                    revision: run.revision,
                    violations: (run.violations >= 0).then_some(run.violations),
                    constraints_sha256: run.constraints_sha256.clone(),
                }),
            }
        })
        .collect()
}

/// A run that somebody asked for may have had the window of a slot: then the slot's counts.
fn run_of<'a>(point: &MetricPoint, runs: &[&'a Outline]) -> Option<&'a Outline> {
    let asked = |run: &&&Outline| run.cause == "asked";
    match revision_of(point) {
        Some(revision) => runs.iter().find(|run| run.revision == revision).copied(),
        None => runs
            .iter()
            .min_by_key(|run| (asked(run), run.revision))
            .copied(),
    }
}

pub(super) fn has_verdict(run: &Outline) -> bool {
    matches!(run.status.as_str(), "Completed" | "CompletedWithViolations")
}

/// Windows whose last run failed. A run that failed before its labels came, and was scored later,
/// did not.
fn failed(newest_first: &[Outline], (from_ms, to_ms): (i64, i64)) -> Vec<FailedRun> {
    let mut failed = Vec::new();
    let mut seen = BTreeSet::new();
    for run in newest_first {
        let at_ms = run.window_start_ms.unwrap_or(run.scheduled_ms);
        if !seen.insert(at_ms) || run.status != "Failed" || at_ms < from_ms || at_ms > to_ms {
            continue;
        }
        failed.push(FailedRun {
            id: run.id.clone(),
            at_ms,
        });
    }
    failed.sort_by_key(|run| run.at_ms);
    failed
}

async fn changes(
    deed: &Deed<'_>,
    (monitor, runs): (&str, &[Outline]),
    range: Range,
) -> Result<Vec<ChangeThen>, Fault> {
    let subject = subject_of(monitor);
    let (from_ms, to_ms) = range.span(deed.now_ms);
    // Runs of a day's windows are due later, and so are the changes that they caused: the first
    // ones from there on. Of a span up to now the newest ones matter.
    let (until_ms, order) = match range {
        Range::Days(_) => (Some(to_ms), SortOrder::Descending),
        Range::Day(_) => (None, SortOrder::Ascending),
    };
    let wanted = ListChanges {
        region: deed.region.to_owned(),
        subjects: (subject.clone(), subject),
        name: None,
        status: None,
        from_ms: Some(from_ms),
        to_ms: until_ms,
        sort_by: ChangesBy::Time,
        order,
        after: None,
        limit: MOST_CHANGES,
    };
    let mut page = monitoring_alert_change::list(&deed.app.store, &wanted).await?;
    if order == SortOrder::Descending {
        page.items.reverse();
    }
    Ok(placed(&page.items, runs, to_ms))
}

/// `changes` in the order of time; what a window after `to_ms` caused is left out.
fn placed(changes: &[Change], runs: &[Outline], to_ms: i64) -> Vec<ChangeThen> {
    let starts: HashMap<&str, i64> = runs
        .iter()
        .filter_map(|run| Some((run.id.as_str(), run.window_start_ms?)))
        .collect();
    let mut last: HashMap<&str, i64> = HashMap::new();
    let mut found = Vec::new();
    for change in changes {
        let start_ms = starts.get(change.execution.as_str()).copied();
        let at_ms = start_ms.unwrap_or(change.at_ms);
        // A window that was scored again later ends nothing before it began.
        let before = last.entry(&change.name).or_insert(at_ms);
        *before = at_ms.max(*before);
        if *before <= to_ms {
            found.push(ChangeThen {
                alert: change.name.clone(),
                status: change.status.clone(),
                at_ms: *before,
                changed_ms: change.at_ms,
            });
        }
    }
    found.sort_by_key(|change| change.at_ms);
    found
}

/// Where the constraints of the points lay, by what a run of each kept of its definition.
async fn constraints(deed: &Deed<'_>, points: &[Point]) -> Result<Vec<ObeyedThen>, Fault> {
    let mut one_of: Vec<(&str, &str)> = Vec::new();
    let runs = points.iter().rev().filter_map(|point| point.run.as_ref());
    for run in runs {
        let Some(sha256) = run.constraints_sha256.as_deref() else {
            continue;
        };
        if one_of.len() < MOST_CONSTRAINTS && one_of.iter().all(|(known, _)| *known != sha256) {
            one_of.push((sha256, &run.id));
        }
    }
    let ids: Vec<&str> = one_of.iter().map(|(_, id)| *id).collect();
    let runs = monitoring_execution::get_each(&deed.app.store, &ids).await?;
    let mut found = Vec::new();
    for (sha256, id) in one_of {
        let Some(run) = runs.iter().find(|run| run.id == id) else {
            continue;
        };
        let baseline = body_of(run)?.definition.baseline_config;
        let uri = baseline.and_then(|baseline| baseline.constraints_resource?.s3_uri);
        if let Some(uri) = uri.filter(|uri| !uri.is_empty()) {
            found.push(ObeyedThen {
                sha256: sha256.to_owned(),
                uri,
            });
        }
    }
    Ok(found)
}

/// The last two windows with a verdict, each as it was scored last; the newest first.
pub(super) async fn last_two(deed: &Deed<'_>, monitor: &str) -> Result<Vec<(i64, i64)>, Fault> {
    const LOOKED_AT: u32 = 300;
    let place = (deed.region, monitor);
    let store = &deed.app.store;
    let newest = monitoring_execution::outlines(store, place, (i64::MIN, LAST), LOOKED_AT).await?;
    let mut found: Vec<(i64, i64)> = Vec::new();
    for run in newest.iter().filter(|run| has_verdict(run)) {
        let Some(start_ms) = run.window_start_ms else {
            continue;
        };
        if found.iter().all(|(known, _)| *known != start_ms) {
            found.push((start_ms, run.revision));
        }
        if found.len() == 2 {
            return Ok(found);
        }
    }
    if found.is_empty()
        && let Some(run) = monitoring_execution::last_with_verdict(store, place).await?
    {
        found.push((body_of(&run)?.window.start_ms, run.revision));
    }
    Ok(found)
}

/// The point of a metric among those of a run.
pub(super) fn point_of<'a>(points: &'a [MetricPoint], metric: &Metric) -> Option<&'a MetricPoint> {
    points
        .iter()
        .find(|point| point.name == metric.name && own_dimensions(point) == metric.dimensions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(id: &str, (start_ms, revision): (i64, i64), status: &str) -> Outline {
        Outline {
            id: id.to_owned(),
            scheduled_ms: start_ms + 1,
            cause: "slot".to_owned(),
            revision,
            status: status.to_owned(),
            violations: revision,
            window_start_ms: Some(start_ms),
            constraints_sha256: None,
        }
    }

    fn point(at_ms: i64, value: f64, revision: Option<i64>) -> MetricPoint {
        let revision = revision.map(|revision| (REVISION.to_owned(), revision.to_string()));
        MetricPoint {
            region: "r".to_owned(),
            namespace: "n".to_owned(),
            name: "m".to_owned(),
            dimensions: revision.into_iter().collect(),
            at_ms,
            sum: value,
            count: 1.0,
            minimum: value,
            maximum: value,
            unit: None,
        }
    }

    #[test]
    fn a_window_that_was_scored_again_has_one_point_the_last() {
        let runs = [
            run("b2", (2, 2), "CompletedWithViolations"),
            run("b1", (2, 1), "Completed"),
            run("b0", (2, 0), "Failed"),
            run("a0", (1, 0), "Completed"),
        ];
        let points = [
            point(1, 0.5, None),
            point(2, 0.7, Some(2)),
            point(2, 0.9, None),
        ];
        let sure = HashMap::from([("b2", (0.6, 0.8))]);
        let joined = joined(&points, &runs, &sure);
        let told: Vec<(i64, f64, &str)> = joined
            .iter()
            .map(|point| {
                (
                    point.at_ms,
                    point.value,
                    point.run.as_ref().unwrap().id.as_str(),
                )
            })
            .collect();
        assert_eq!(told, [(1, 0.5, "a0"), (2, 0.7, "b2")]);
        assert_eq!(joined[1].interval, Some((0.6, 0.8)));
    }

    #[test]
    fn only_the_last_word_on_a_window_makes_it_failed() {
        let runs = [
            run("c", (3, 0), "Failed"),
            run("b1", (2, 1), "Completed"),
            run("b0", (2, 0), "Failed"),
        ];
        let failed = failed(&runs, (0, 10));
        assert_eq!(failed.len(), 1);
        assert_eq!(failed[0].id, "c");
    }

    fn change(status: &str, (at_ms, execution): (i64, &str)) -> Change {
        Change {
            id: format!("{at_ms}"),
            region: "r".to_owned(),
            subject: "s".to_owned(),
            name: "Default".to_owned(),
            at_ms,
            status: status.to_owned(),
            reason: String::new(),
            execution: execution.to_owned(),
        }
    }

    #[track_caller]
    fn check(changes: &[Change], expected: &[(&str, i64, i64)]) {
        let runs = [
            run("c", (30, 0), "Completed"),
            run("b", (20, 0), "Completed"),
            run("a", (10, 0), "CompletedWithViolations"),
        ];
        let placed = placed(changes, &runs, 40);
        let told: Vec<(&str, i64, i64)> = placed
            .iter()
            .map(|change| (change.status.as_str(), change.at_ms, change.changed_ms))
            .collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn an_alert_begins_and_ends_at_the_windows_of_the_runs_that_changed_it() {
        check(
            &[change("InAlert", (20, "a")), change("OK", (30, "b"))],
            &[("InAlert", 10, 20), ("OK", 20, 30)],
        );
    }

    #[test]
    fn a_change_without_a_run_that_is_known_stays_at_its_time() {
        check(
            &[change("InAlert", (33, "")), change("OK", (50, "no more"))],
            &[("InAlert", 33, 33)],
        );
    }

    #[test]
    fn a_window_that_was_scored_again_ends_no_alert_before_it_began() {
        check(
            &[change("InAlert", (40, "c")), change("OK", (45, "a"))],
            &[("InAlert", 30, 40), ("OK", 30, 45)],
        );
    }
}
