//! The gateway: an endpoint without a control plane. Every request goes on to one model server
//! as it came, every answer comes back as it is, and invocations are captured on the way.
//!
//! It asks for no signature: whatever the model server asks of its callers passes through. It
//! binds to loopback unless it is told otherwise.

mod forward;
mod message;
#[cfg(test)]
mod tests;
mod upstream;

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use probity_data::capture::{CaptureKey, CapturePlan};
use probity_domain::document::capture_record::{CaptureContentTypes, CaptureMode};
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::record::{CaptureParts, Recorder};
use forward::forward;
use upstream::{Target, Upstream};

/// What is captured where nothing is said: where SageMaker's containers take requests.
const INVOCATIONS: &str = "/invocations";

/// What the operator decides.
#[derive(Clone, Debug)]
pub struct GatewayOptions {
    /// `http://host:port`, perhaps with a path that goes in front of every request's.
    pub to: String,
    pub endpoint_name: String,
    pub variant_name: String,
    /// In captured files' places and ARNs.
    pub region: String,
    /// Paths of `POST` requests that are captured; `/invocations` where none is named.
    pub captured_paths: Vec<String>,
    pub connections: usize,
    /// From the first byte of a request to its last header.
    pub header_time: Duration,
    /// For the first byte of an answer.
    pub answer_time: Duration,
    /// For requests under way when the gateway ends.
    pub shutdown_time: Duration,
}

impl GatewayOptions {
    pub fn new(to: &str, endpoint_name: &str) -> GatewayOptions {
        GatewayOptions {
            to: to.to_owned(),
            endpoint_name: endpoint_name.to_owned(),
            variant_name: "AllTraffic".to_owned(),
            region: "us-east-1".to_owned(),
            captured_paths: vec![INVOCATIONS.to_owned()],
            connections: 4096,
            header_time: Duration::from_secs(75),
            answer_time: Duration::from_secs(60),
            shutdown_time: Duration::from_secs(30),
        }
    }
}

/// Why a gateway cannot start.
#[derive(Debug, Error)]
pub enum StartGateway {
    #[error("`{address}` is no address of a model server: {problem}")]
    Address { address: String, problem: String },
}

/// What every connection shares.
#[derive(Debug)]
struct Gateway {
    target: Target,
    options: GatewayOptions,
    recorder: Option<Recorder>,
}

/// What the gateway captures.
#[derive(Clone, Debug)]
pub struct GatewayCapture {
    pub parts: CaptureParts,
    /// `s3://bucket/prefix`, or a folder.
    pub destination: String,
    /// 0 to 100 of a hundred invocations.
    pub sampling_percentage: u8,
    pub mode: CaptureMode,
    pub content_types: CaptureContentTypes,
}

impl GatewayCapture {
    fn recorder(&self, options: &GatewayOptions) -> Recorder {
        let plan = CapturePlan {
            key: CaptureKey {
                destination: self.destination.clone(),
                region: options.region.clone(),
                endpoint: options.endpoint_name.clone(),
                variant: options.variant_name.clone(),
            },
            sampling_percentage: self.sampling_percentage,
            mode: self.mode,
            content_types: self.content_types.clone(),
            redaction: self.parts.redaction.clone(),
        };
        Recorder::of_plan(&self.parts, plan)
    }
}

/// Passes requests on until `shutdown`, then finishes those under way. Without `capture` it only
/// passes them on.
pub async fn gateway(
    listener: TcpListener,
    options: GatewayOptions,
    capture: Option<GatewayCapture>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), StartGateway> {
    let recorder = capture.map(|capture| capture.recorder(&options));
    let target = Target::parse(&options.to).map_err(|problem| StartGateway::Address {
        address: options.to.clone(),
        problem,
    })?;
    let slots = Arc::new(Semaphore::new(options.connections));
    let shutdown_time = options.shutdown_time;
    let gateway = Arc::new(Gateway {
        target,
        options,
        recorder,
    });
    let connections = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let slot = Arc::clone(&slots).acquire_owned();
        let accepted = async {
            let slot = slot.await.ok();
            (slot, listener.accept().await)
        };
        tokio::select! {
            (slot, accepted) = accepted => match accepted {
                Ok((stream, _)) => {
                    let served = serve(stream, Arc::clone(&gateway), connections.watcher());
                    tokio::spawn(async move {
                        served.await;
                        drop(slot);
                    });
                }
                Err(error) => {
                    // Out of files, for one: others may end meanwhile.
                    tracing::warn!("failed to accept a connection: {error}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            () = &mut shutdown => break,
        }
    }
    drop(listener);
    if tokio::time::timeout(shutdown_time, connections.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests were still under way when the gateway ended");
    }
    Ok(())
}

async fn serve(
    stream: TcpStream,
    gateway: Arc<Gateway>,
    watcher: hyper_util::server::graceful::Watcher,
) {
    // Answers are written whole; waiting for more would only delay them.
    drop(stream.set_nodelay(true));
    let upstream = Arc::new(Upstream::default());
    let header_time = gateway.options.header_time;
    let service = service_fn(move |request| {
        let gateway = Arc::clone(&gateway);
        let upstream = Arc::clone(&upstream);
        async move { Ok::<_, Infallible>(forward(&gateway, &upstream, request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_time)
        .serve_connection(TokioIo::new(stream), service);
    // A client that goes away is none of our concern.
    drop(watcher.watch(connection).await);
}
