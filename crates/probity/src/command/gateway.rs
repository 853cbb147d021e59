//! `probity gateway`: captures what a model server is asked and answers, and nothing else.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use probity_app::Ids;
use probity_data::capture::{CaptureLog, Loss, NewNames};
use probity_data::location::Environment;
use probity_domain::document::capture_record::{CaptureContentTypes, CaptureMode};
use probity_server::runtime::{CaptureParts, GatewayCapture, GatewayOptions, gateway};
use probity_server::{MetricsPage, record_metrics, serve_metrics};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::{info, warn};

use super::serve::capturing;
use super::serve::clock::{MachineClock, RandomIds};
use super::serve::data_folder::DataFolder;
use super::serve::listening::{bind, metrics_token};
use super::serve::signals::Signals;
use super::serve::telemetry::Telemetry;
use super::wiring;
use crate::arguments::GatewayArguments;
use crate::exit::Exit;
use crate::screen;

pub(crate) async fn run(arguments: GatewayArguments) -> Result<Exit> {
    let telemetry = Telemetry::begin(&arguments.log)?;
    let folder = DataFolder::create(&arguments.data)?;
    let environment = environment(&folder);
    let names = NewNames::new(|| RandomIds.uuid());
    let options = capturing::options(&arguments.capture, &environment, names);
    let log = CaptureLog::open(&folder.root().join("gateway"), options)?;
    let capture = capture(&arguments, &folder, log.clone())?;
    let listener = bind(arguments.listen).await?;
    let address = listener.local_addr()?;
    // Whoever is told that it runs can call it: what may fail comes before.
    let numbers = numbers(&arguments).await?;
    screen::line(&format!(
        "Probity passes http://{address} on to {}, and captures into {}",
        arguments.to, capture.destination
    ))?;
    info!(%address, to = %arguments.to, "passing {address} on to {}", arguments.to);
    let (stop, mut stopped) = watch::channel(());
    let delivered = log.clone();
    let delivering = tokio::spawn(async move {
        let told = async move { while stopped.changed().await.is_ok() {} };
        delivered.run(told).await;
    });
    let passed = gateway(
        listener,
        options_of(&arguments),
        Some(capture),
        Signals::of_server()?.told_to_end(),
    )
    .await;
    drop(stop);
    delivering.await.context("the capture log failed")?;
    if let Some(numbers) = numbers {
        numbers.abort();
    }
    report(&log.take_losses());
    telemetry.end();
    passed?;
    Ok(Exit::NoViolation)
}

/// The port of `/metrics`, where one is asked for: nothing is counted without a reader.
async fn numbers(arguments: &GatewayArguments) -> Result<Option<JoinHandle<()>>> {
    let Some(address) = arguments.metrics_listen else {
        return Ok(None);
    };
    let token = metrics_token(arguments.metrics_token_file.as_deref())?;
    let recorder = record_metrics().context("failed to begin to count")?;
    let listener = bind(address).await?;
    let address = listener.local_addr()?;
    screen::line(&format!("Its numbers: http://{address}/metrics"))?;
    let page = MetricsPage { recorder, token };
    Ok(Some(tokio::spawn(serve_metrics(listener, page))))
}

/// Buckets are those of the usual AWS variables: a gateway has no store of its own.
fn environment(folder: &DataFolder) -> Environment {
    let environment = wiring::environment();
    match environment
        .get("AWS_ENDPOINT_URL")
        .or(environment.get("AWS_ACCESS_KEY_ID"))
    {
        Some(_) => environment,
        None => environment.with_buckets(folder.objects()),
    }
}

fn options_of(arguments: &GatewayArguments) -> GatewayOptions {
    GatewayOptions {
        variant_name: arguments.variant_name.clone(),
        captured_paths: vec![arguments.path.clone()],
        connections: arguments.limits.max_connections,
        header_time: Duration::from_secs(arguments.limits.header_timeout),
        answer_time: Duration::from_secs(arguments.limits.request_timeout),
        ..GatewayOptions::new(&arguments.to, &arguments.endpoint_name)
    }
}

fn capture(
    arguments: &GatewayArguments,
    folder: &DataFolder,
    log: CaptureLog,
) -> Result<GatewayCapture> {
    let (redaction, hash) = capturing::redaction(&arguments.capture, &folder.key()?)?;
    let destination = match &arguments.destination {
        Some(location) if location.contains("://") => location.clone(),
        Some(path) => absolute(Path::new(path))?,
        None => absolute(&folder.root().join("captured"))?,
    };
    Ok(GatewayCapture {
        parts: CaptureParts {
            log,
            clock: Arc::new(MachineClock),
            ids: Arc::new(RandomIds),
            hash,
            redaction,
        },
        destination,
        sampling_percentage: arguments.sampling,
        mode: CaptureMode::InputAndOutput,
        content_types: CaptureContentTypes::new(
            vec!["text/csv".to_owned()],
            vec![
                "application/json".to_owned(),
                "application/jsonlines".to_owned(),
            ],
        ),
    })
}

/// What is written later must not depend on where the process stands then.
fn absolute(path: &Path) -> Result<String> {
    fs::create_dir_all(path)
        .and_then(|()| fs::canonicalize(path))
        .map(|path| path.display().to_string())
        .with_context(|| format!("failed to create `{}`", path.display()))
}

fn report(losses: &[Loss]) {
    let lost: u64 = losses.iter().map(|loss| loss.lost).sum();
    if lost > 0 {
        warn!(lost, "{lost} calls were answered and not captured");
    }
}
