//! Numbers of monitors on their way out: the last value of each at `/metrics`, and every one to
//! CloudWatch and to an OpenTelemetry collector where those are configured.
//!
//! What a receiver does not take is tried again for some minutes. Queues are bounded; what is
//! dropped is counted, and is still in the store.

mod cloudwatch;
mod otlp;
mod page;

use std::time::Duration;

use anyhow::Result;
use probity_store::metric_point::MetricPoint;
use probity_worker::PointFeed;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::{info, warn};

use self::cloudwatch::CloudWatch;
use self::otlp::Collector;
use self::page::Page;
use crate::arguments::ExportArguments;

/// Batches that wait, of an execution each.
const QUEUE: usize = 1000;

/// Points in one request: CloudWatch takes 1000, and a megabyte.
const AT_ONCE: usize = 150;

const TIMEOUT: Duration = Duration::from_secs(10);

/// Pauses of 1, 2, 4 … 60 seconds: a quarter of an hour together.
const ATTEMPTS: u32 = 20;
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What is still waiting when the server ends is tried for so long.
const LAST_WAIT: Duration = Duration::from_secs(5);

/// Where to.
#[derive(Debug)]
enum Destination {
    CloudWatch(CloudWatch),
    Collector(Collector),
}

/// Held while the server runs.
#[derive(Debug)]
pub(super) struct Exporting {
    task: JoinHandle<()>,
}

/// Why a batch was not taken.
#[derive(Debug, thiserror::Error)]
enum SendPoints {
    #[error("no answer")]
    Unreachable {
        #[source]
        source: reqwest::Error,
    },
    #[error("the receiver answered with status {status}")]
    Refused { status: u16 },
    #[error("the request cannot be signed")]
    Sign {
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl SendPoints {
    /// Whether another try may succeed.
    fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { status } => *status >= 500 || matches!(status, 408 | 425 | 429),
            Self::Sign { .. } => false,
        }
    }
}

impl Exporting {
    pub(super) fn begin(arguments: &ExportArguments) -> Result<(PointFeed, Exporting)> {
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let mut destinations = Vec::new();
        if let Some(cloudwatch) = CloudWatch::of(arguments, client.clone())? {
            info!("numbers of monitors go to CloudWatch, too");
            destinations.push(Destination::CloudWatch(cloudwatch));
        }
        if let Some(collector) = Collector::of_variables(client) {
            info!("numbers of monitors go to an OpenTelemetry collector, too");
            destinations.push(Destination::Collector(collector));
        }
        let (sender, received) = mpsc::channel(QUEUE);
        let task = tokio::spawn(run(received, destinations));
        Ok((PointFeed::to(sender), Exporting { task }))
    }

    /// Everybody who measures is gone.
    pub(super) async fn end(self) {
        if tokio::time::timeout(LAST_WAIT, self.task).await.is_err() {
            warn!("the last numbers of monitors were not sent; they are in the store");
        }
    }
}

async fn run(mut received: mpsc::Receiver<Vec<MetricPoint>>, destinations: Vec<Destination>) {
    let mut page = Page::default();
    let mut queues = Vec::new();
    let mut tasks = Vec::new();
    for destination in destinations {
        let (sender, receiver) = mpsc::channel::<Vec<MetricPoint>>(QUEUE);
        queues.push((destination.name(), sender));
        tasks.push(tokio::spawn(send_all(destination, receiver)));
    }
    while let Some(points) = received.recv().await {
        page.show(&points);
        for (name, queue) in &queues {
            if queue.try_send(points.clone()).is_err() {
                count_dropped(name, points.len());
            }
        }
    }
    drop(queues);
    for task in tasks {
        if let Err(error) = task.await {
            warn!("the export of numbers ended: {error}");
        }
    }
}

async fn send_all(destination: Destination, mut received: mpsc::Receiver<Vec<MetricPoint>>) {
    let to = destination.name();
    while let Some(points) = received.recv().await {
        let finite: Vec<MetricPoint> = points.into_iter().filter(is_finite).collect();
        for batch in finite.chunks(AT_ONCE) {
            match send_patiently(&destination, batch).await {
                Ok(()) => metrics_sent(to, batch.len()),
                Err(error) => {
                    count_dropped(to, batch.len());
                    warn!(
                        to,
                        error = &error as &dyn std::error::Error,
                        "gave up sending {} numbers to {to}",
                        batch.len()
                    );
                }
            }
        }
    }
}

async fn send_patiently(
    destination: &Destination,
    batch: &[MetricPoint],
) -> Result<(), SendPoints> {
    let mut attempt = 1;
    loop {
        let sent = match destination {
            Destination::CloudWatch(cloudwatch) => cloudwatch.send(batch).await,
            Destination::Collector(collector) => collector.send(batch).await,
        };
        match sent {
            Err(error) if error.may_pass() && attempt < ATTEMPTS => {
                metrics::counter!("probity_export_failures_total", "to" => destination.name())
                    .increment(1);
                let pause = Duration::from_secs(1 << (attempt - 1).min(6)).min(LONGEST_PAUSE);
                tokio::time::sleep(pause).await;
                attempt += 1;
            }
            sent => return sent,
        }
    }
}

/// Neither receiver knows numbers that are none.
fn is_finite(point: &MetricPoint) -> bool {
    [point.sum, point.count, point.minimum, point.maximum]
        .iter()
        .all(|number| number.is_finite())
        && point.count > 0.0
}

fn metrics_sent(to: &'static str, n_points: usize) {
    metrics::counter!("probity_export_points_total", "to" => to)
        .increment(u64::try_from(n_points).unwrap_or(u64::MAX));
}

fn count_dropped(to: &'static str, n_points: usize) {
    metrics::counter!("probity_export_points_dropped_total", "to" => to)
        .increment(u64::try_from(n_points).unwrap_or(u64::MAX));
}

impl Destination {
    fn name(&self) -> &'static str {
        match self {
            Self::CloudWatch(_) => "cloudwatch",
            Self::Collector(_) => "otlp",
        }
    }
}

/// By the status alone.
fn taken(answer: &reqwest::Response) -> Result<(), SendPoints> {
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    Err(SendPoints::Refused {
        status: status.as_u16(),
    })
}
