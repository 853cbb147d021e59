//! The numbers that a run of a monitor published, among the metric points of its window.
//!
//! Where a slot is scored again, its points carry the dimension `Revision` from the second time on,
//! so that what alarms read stays as it was first (`docs/api-quirks.md`).

use std::collections::BTreeMap;

use probity_store::metric_point::{self, MetricPoint, PointsOf};

use crate::deed::Deed;
use crate::fault::Fault;

pub(crate) const OF_SCHEDULE: &str = "MonitoringSchedule";
const OF_ENDPOINT: &str = "Endpoint";
pub(crate) const REVISION: &str = "Revision";

/// One run, as its points name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RunOf<'a> {
    pub(crate) schedule: &'a str,
    pub(crate) namespace: &'a str,
    /// Of its window.
    pub(crate) start_ms: i64,
    pub(crate) revision: i64,
}

/// As the worker writes them. `None`: the kind of monitor is not known.
pub(crate) fn namespace(monitoring_type: &str, watches: Watches) -> Option<String> {
    let metrics = match monitoring_type {
        "DataQuality" => "data-metrics",
        "ModelQuality" => "model-metrics",
        "ModelBias" => "bias-metrics",
        "ModelExplainability" => "explainability-metrics",
        _ => return None,
    };
    let place = match watches {
        Watches::Endpoint => "Endpoints",
        Watches::TransformJobs => "ModelMonitoring",
    };
    Some(format!("aws/sagemaker/{place}/{metrics}"))
}

/// Whose calls a monitor looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Watches {
    Endpoint,
    TransformJobs,
}

/// The points of this run alone.
pub(crate) async fn of_run(
    deed: &Deed<'_>,
    run: RunOf<'_>,
    limit: u32,
) -> Result<Vec<MetricPoint>, Fault> {
    let wanted = PointsOf {
        region: deed.region,
        namespace: run.namespace,
        at_ms: run.start_ms,
        dimension: (OF_SCHEDULE, run.schedule),
        limit,
    };
    let points = metric_point::of_instant(&deed.app.store, &wanted).await?;
    Ok(of_revision(points, run.revision))
}

/// Those of one time of scoring; the first time has no dimension for it.
fn of_revision(mut points: Vec<MetricPoint>, revision: i64) -> Vec<MetricPoint> {
    let is_own = |point: &MetricPoint| revision_of(point) == Some(revision);
    match points.iter().any(is_own) {
        true => points.retain(is_own),
        false => points.retain(|point| revision_of(point).is_none()),
    }
    points
}

pub(crate) fn revision_of(point: &MetricPoint) -> Option<i64> {
    point.dimensions.get(REVISION)?.parse().ok()
}

/// What tells a number from others of its monitor: dimensions without schedule, endpoint, revision.
pub(crate) fn own_dimensions(point: &MetricPoint) -> BTreeMap<String, String> {
    let mut dimensions = point.dimensions.clone();
    for name in [OF_SCHEDULE, OF_ENDPOINT, REVISION] {
        dimensions.remove(name);
    }
    dimensions
}

pub(crate) fn mean(point: &MetricPoint) -> f64 {
    match point.count > 0.0 {
        true => point.sum / point.count,
        false => point.sum,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(value: f64, revision: Option<&str>) -> MetricPoint {
        let mut dimensions = BTreeMap::from([(OF_SCHEDULE.to_owned(), "s".to_owned())]);
        if let Some(revision) = revision {
            dimensions.insert(REVISION.to_owned(), revision.to_owned());
        }
        MetricPoint {
            region: "r".to_owned(),
            namespace: "n".to_owned(),
            name: "m".to_owned(),
            dimensions,
            at_ms: 1,
            sum: value,
            count: 1.0,
            minimum: value,
            maximum: value,
            unit: None,
        }
    }

    #[test]
    fn a_run_has_the_points_of_its_own_revision() {
        let all = || {
            vec![
                point(1.0, None),
                point(2.0, Some("1")),
                point(3.0, Some("2")),
            ]
        };
        for (revision, value) in [(0, 1.0), (1, 2.0), (2, 3.0)] {
            let own = of_revision(all(), revision);
            assert_eq!(own.iter().map(mean).collect::<Vec<_>>(), [value]);
        }
        // The first revision that had labels at all publishes without the dimension.
        let own = of_revision(vec![point(1.0, None)], 4);
        assert_eq!(own.len(), 1);
    }
}
