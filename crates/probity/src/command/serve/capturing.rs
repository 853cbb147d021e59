//! The capture log as a server runs it, and the losses that it counted, kept in the store.

use std::future::Future;
use std::time::Duration;

use anyhow::{Context, Result};
use probity_app::App;
use probity_data::capture::{
    CaptureLog, CaptureOptions, CaptureSync, KeyedHash, Loss, NewNames, Redaction,
};
use probity_data::location::Environment;
use probity_store::capture_loss::{self, Loss as LossRow};
use tokio::time::{MissedTickBehavior, interval};

use super::data_folder::KEY_BYTES;
use crate::arguments::{CaptureArguments, CaptureSyncArgument};
use crate::exit::Usage;

/// How often losses are written to the store.
const KEEP_EVERY: Duration = Duration::from_secs(2);

/// Keys of one purpose tell nothing of the others, though they come from one key file.
const REDACTION_PURPOSE: &[u8] = b"probity capture redaction v1";

/// Options of the capture log, as typed.
pub(crate) fn options(
    arguments: &CaptureArguments,
    environment: &Environment,
    names: NewNames,
) -> CaptureOptions {
    CaptureOptions {
        sync: match arguments.capture_sync {
            CaptureSyncArgument::Always => CaptureSync::Always,
            CaptureSyncArgument::Interval => CaptureSync::Interval,
            CaptureSyncArgument::Off => CaptureSync::Off,
        },
        max_bytes: Some(arguments.capture_max_bytes),
        ..CaptureOptions::new(names, environment.clone())
    }
}

/// The rules for every endpoint, with the key that hashes are made with.
pub(crate) fn redaction(
    arguments: &CaptureArguments,
    key: &[u8; KEY_BYTES],
) -> Result<(Redaction, KeyedHash)> {
    let master = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key);
    let hash = KeyedHash::new(ring::hmac::sign(&master, REDACTION_PURPOSE).as_ref());
    let rules = Redaction::parse(&arguments.capture_redact.join(","), hash.clone())
        .map_err(|error| Usage(format!("--capture-redact: {error}")))?;
    Ok((rules, hash))
}

/// Delivers captures and keeps losses until `shutdown`, and once more then.
pub(crate) async fn run(
    log: CaptureLog,
    app: App,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    let mut tick = interval(KEEP_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let delivered = log.clone();
    // A task of its own: answers may wait for what it does, and must not wait for the store.
    let mut delivering = tokio::spawn(async move { delivered.run(shutdown).await });
    loop {
        tokio::select! {
            ended = &mut delivering => {
                if let Err(error) = ended {
                    tracing::error!("the capture log ended: {error}");
                }
                break;
            }
            _ = tick.tick() => keep_losses(&log, &app).await,
        }
    }
    keep_losses(&log, &app).await;
}

async fn keep_losses(log: &CaptureLog, app: &App) {
    let losses = log.take_losses();
    if losses.is_empty() {
        return;
    }
    if let Err(error) = write(&losses, app).await {
        tracing::warn!("failed to keep the count of lost captures: {error:#}");
        log.put_back_losses(losses);
    }
}

async fn write(losses: &[Loss], app: &App) -> Result<()> {
    let mut unit = app.store.begin().await?;
    for loss in losses {
        let row = LossRow {
            region: loss.region.clone(),
            endpoint: loss.endpoint.clone(),
            variant: loss.variant.clone(),
            hour_ms: loss.hour_ms,
            reason: loss.reason.as_str().to_owned(),
            lost: i64::try_from(loss.lost).context("more losses than can be counted")?,
        };
        capture_loss::add(&mut unit, &row).await?;
    }
    unit.commit().await?;
    Ok(())
}
