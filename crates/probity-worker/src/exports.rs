//! Numbers of monitors on their way out of the server, to whoever sends them on.

use probity_store::metric_point::MetricPoint;
use tokio::sync::mpsc;

/// Takes what an execution measured, after it is in the store. Never waits: where nobody keeps up,
/// points are dropped and counted, and are still in the store.
#[derive(Clone, Debug, Default)]
pub struct PointFeed {
    sender: Option<mpsc::Sender<Vec<MetricPoint>>>,
}

impl PointFeed {
    pub fn to(sender: mpsc::Sender<Vec<MetricPoint>>) -> PointFeed {
        PointFeed {
            sender: Some(sender),
        }
    }

    pub(crate) fn tell(&self, points: Vec<MetricPoint>) {
        let Some(sender) = &self.sender else {
            return;
        };
        let n_points = u64::try_from(points.len()).unwrap_or(u64::MAX);
        if n_points > 0 && sender.try_send(points).is_err() {
            metrics::counter!("probity_export_points_dropped_total", "to" => "all")
                .increment(n_points);
        }
    }
}
