//! The recorder behind `/metrics`, and a port that shows nothing else.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::answer::Answer;
use crate::metric_names::describe_metrics;
use crate::probe;
use crate::server::MetricsPage;

/// Upper ends of the buckets of times, in seconds. Counts in buckets of several servers can be added,
/// quantiles cannot.
const SECONDS: [f64; 16] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
    60.0,
];

/// The recorder keeps each single time until it counts it into its bucket: memory would grow with
/// every request where nobody reads `/metrics`.
const COUNTED_EVERY: Duration = Duration::from_secs(2);

/// Who asks for numbers, asks once in a while.
const CONNECTIONS: usize = 32;
const HEADER_TIME: Duration = Duration::from_secs(10);
/// For a question and its answer.
const CONNECTION_TIME: Duration = Duration::from_secs(30);

/// Begins to keep the numbers of this process, and says what they mean.
pub fn record_metrics() -> Result<PrometheusHandle, BuildError> {
    let recorder = PrometheusBuilder::new()
        .set_buckets(&SECONDS)?
        .install_recorder()?;
    describe_metrics();
    Ok(recorder)
}

/// Counts times into their buckets, until it is dropped.
pub(crate) async fn keep_counting(recorder: PrometheusHandle) {
    every(COUNTED_EVERY, move || recorder.run_upkeep()).await;
}

async fn every(time: Duration, count: impl Fn() + Clone + Send + 'static) {
    loop {
        tokio::time::sleep(time).await;
        if let Err(error) = tokio::task::spawn_blocking(count.clone()).await {
            tracing::error!("failed to count times: {error}");
        }
    }
}

/// A port of its own for `/metrics` and `/healthz`, until it is dropped: beside a gateway, every path
/// of which is the model server's.
pub async fn serve_metrics(listener: TcpListener, page: MetricsPage) {
    tokio::join!(
        keep_counting(page.recorder.clone()),
        accept(listener, Arc::new(page))
    );
}

async fn accept(listener: TcpListener, page: Arc<MetricsPage>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // A connection beyond the limit is closed at once: one that waited would look like a
                // hang.
                let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                    continue;
                };
                let page = Arc::clone(&page);
                tokio::spawn(async move {
                    let shown = show(stream, (&page, peer));
                    drop(tokio::time::timeout(CONNECTION_TIME, shown).await);
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!("failed to accept a connection: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn show(stream: TcpStream, (page, peer): (&MetricsPage, SocketAddr)) {
    let service = service_fn(async |request: Request<Incoming>| {
        Ok::<_, Infallible>(answer(page, &request, peer))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        tracing::debug!("a reader of metrics broke off: {error}");
    }
}

fn answer<B>(page: &MetricsPage, request: &Request<B>, peer: SocketAddr) -> Answer {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return probe::plain(
            StatusCode::METHOD_NOT_ALLOWED,
            "only GET and HEAD are answered here\n",
        );
    }
    match request.uri().path() {
        "/metrics" => probe::metrics(Some(page), request.headers(), peer),
        "/healthz" => probe::plain(StatusCode::OK, "ok\n"),
        _ => probe::plain(
            StatusCode::NOT_FOUND,
            "only /metrics and /healthz are here\n",
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn what_fails_once_is_tried_again() {
        let counted = Arc::new(AtomicU32::new(0));
        let count = {
            let counted = Arc::clone(&counted);
            move || {
                let before = counted.fetch_add(1, Ordering::Relaxed);
                assert!(before > 0, "the first time fails");
            }
        };
        let third = async {
            while counted.load(Ordering::Relaxed) < 3 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            () = every(Duration::from_millis(1), count) => {}
            () = third => {}
        }
        assert!(counted.load(Ordering::Relaxed) >= 3);
    }
}
