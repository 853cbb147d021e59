//! A server as one that captures: it brings captures to their destinations by themselves and when
//! somebody wants them there, and keeps in the store what it counted and that it is there.

use std::future::Future;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use probity_app::{App, Clock};
use probity_data::capture::{CaptureLog, Loss, Undelivered};
use probity_server::runtime::EndpointTraffic;
use probity_store::capture_loss::{self, Loss as LossRow};
use probity_store::capture_seal;
use probity_store::capture_server::{self, CaptureServer, Undelivered as UndeliveredRow};
use probity_store::endpoint_latency::MINUTE_MS;
use probity_store::endpoint_traffic::{self, Traffic};
use tokio::time::{MissedTickBehavior, interval};

use super::clock::MachineClock;
use super::latencies::Unsaved;

/// How often what was counted is written to the store.
const KEEP_EVERY: Duration = Duration::from_secs(1);

/// How often a server without traffic says that it is there.
const SAY_EVERY: Duration = Duration::from_millis(2_500);

/// How often the wish of another server is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What is not at its destination by then is said to be undelivered; it is tried on.
const PATIENCE: Duration = Duration::from_secs(5);

/// A wish for what is still so far to come is of a clock that was set back since.
const SKEW_MS: i64 = 10_000;

/// Before the first wish is met nothing is known to be at its destination.
const NEVER_MS: i64 = 0;

/// What captures, and where that is kept.
#[derive(Debug)]
pub(crate) struct Capturing {
    pub(crate) app: App,
    pub(crate) log: CaptureLog,
    pub(crate) traffic: EndpointTraffic,
    /// Of the data folder.
    pub(crate) server_id: String,
}

/// What this process has done of it.
#[derive(Debug)]
struct Progress {
    sealed_to_ms: i64,
    said: Option<Instant>,
    latencies: Unsaved,
}

/// Delivers captures and keeps counts until `shutdown`, and once more then.
pub(crate) async fn run(capturing: Capturing, shutdown: impl Future<Output = ()> + Send + 'static) {
    capturing.app.seals.set_own(&capturing.server_id);
    let mut tick = interval(KEEP_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let delivered = capturing.log.clone();
    // A task of its own: answers may wait for what it does, and must not wait for the store.
    let mut delivering = tokio::spawn(async move { delivered.run(shutdown).await });
    let mut progress = Progress {
        sealed_to_ms: NEVER_MS,
        said: None,
        latencies: Unsaved::of(capturing.app.ids.uuid()),
    };
    loop {
        tokio::select! {
            ended = &mut delivering => {
                if let Err(error) = ended {
                    tracing::error!("the capture log ended: {error}");
                }
                break;
            }
            _ = tick.tick() => keep(&capturing, &mut progress).await,
            () = capturing.app.seals.wanted.notified() => seal(&capturing, &mut progress).await,
            _ = look.tick() => seal(&capturing, &mut progress).await,
        }
    }
    end(&capturing, progress).await;
}

/// Seals and delivers where that is wanted.
async fn seal(capturing: &Capturing, progress: &mut Progress) {
    let app = &capturing.app;
    let wanted = match capture_seal::wanted_ms(&app.store).await {
        Ok(wanted) => wanted,
        Err(error) => {
            return tracing::warn!("failed to look whether captures are wanted: {error:#}");
        }
    };
    // Read before: what is stamped later is not waited for. A clock that runs behind the one of
    // who asked gets there with a later look.
    let now_ms = app.clock.now_ms();
    let is_open = |wanted_ms| progress.sealed_to_ms < wanted_ms && wanted_ms <= now_ms + SKEW_MS;
    if !wanted.is_some_and(is_open) {
        return;
    }
    // What was broken off goes on behind.
    let _ = tokio::time::timeout(PATIENCE, capturing.log.flush()).await;
    progress.sealed_to_ms = now_ms;
    // To be written even where nothing was counted.
    progress.said = None;
    keep(capturing, progress).await;
    app.seals.done.notify_waiters();
}

async fn keep(capturing: &Capturing, progress: &mut Progress) {
    let now_ms = capturing.app.clock.now_ms();
    // The minute that is not over goes on being counted.
    keep_latencies(capturing, progress, now_ms - now_ms.rem_euclid(MINUTE_MS)).await;
    if capturing.log.is_all_delivered() {
        progress.sealed_to_ms = now_ms;
    }
    let losses = capturing.log.take_losses();
    let traffic = capturing.traffic.take();
    let is_silent = progress.said.is_some_and(|said| said.elapsed() < SAY_EVERY);
    if losses.is_empty() && traffic.is_empty() && is_silent {
        return;
    }
    let server = server(capturing, progress);
    match write(&capturing.app, (&losses, &traffic), &server).await {
        Ok(()) => progress.said = Some(Instant::now()),
        Err(error) => {
            tracing::warn!("failed to keep the count of captures: {error:#}");
            capturing.log.put_back_losses(losses);
            capturing.traffic.put_back(traffic);
        }
    }
}

async fn keep_latencies(capturing: &Capturing, progress: &mut Progress, before_ms: i64) {
    progress
        .latencies
        .add(capturing.traffic.take_minutes(before_ms));
    if let Err(error) = progress.latencies.save(&capturing.app).await {
        tracing::warn!("failed to keep how long endpoints took: {error:#}");
    }
}

/// Without anything left to deliver, nobody needs to know of the server any more.
async fn end(capturing: &Capturing, mut progress: Progress) {
    progress.said = None;
    keep(capturing, &mut progress).await;
    keep_latencies(capturing, &mut progress, i64::MAX).await;
    if !capturing.log.is_all_delivered() {
        return;
    }
    if let Err(error) = forget(&capturing.app, &capturing.server_id).await {
        tracing::warn!("failed to say that this server captures no more: {error:#}");
    }
}

async fn forget(app: &App, server_id: &str) -> Result<()> {
    let mut unit = app.store.begin().await?;
    capture_server::delete(&mut unit, server_id).await?;
    unit.commit().await?;
    Ok(())
}

fn server(capturing: &Capturing, progress: &Progress) -> CaptureServer {
    let undelivered = capturing.log.undelivered();
    CaptureServer {
        id: capturing.server_id.clone(),
        seen_ms: MachineClock.now_ms(),
        alive_to_ms: capturing.app.clock.now_ms(),
        sealed_to_ms: progress.sealed_to_ms,
        undelivered: undelivered.into_iter().map(undelivered_row).collect(),
    }
}

fn undelivered_row(undelivered: Undelivered) -> UndeliveredRow {
    UndeliveredRow {
        region: undelivered.region,
        endpoint: undelivered.endpoint,
        segments: undelivered.segments,
        from_ms: undelivered.from_ms,
    }
}

async fn write(
    app: &App,
    (losses, traffic): (&[Loss], &[Traffic]),
    server: &CaptureServer,
) -> Result<()> {
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
    for one in traffic {
        endpoint_traffic::add(&mut unit, one).await?;
    }
    capture_server::put(&mut unit, server).await?;
    unit.commit().await?;
    Ok(())
}
