//! Looks each minute of the server's clock whether monitoring goes on, and raises or settles the
//! alerts that say so; and tells what silences kept back that are over.
//!
//! What looks wrong must look the same twice, some time of the world apart: a server that catches
//! up after its downtime, or whose clock runs a thousand times faster, is not one that stopped.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use probity_app::heartbeat::{Stopped, stopped};
use probity_app::monitoring_alert::{Watched, raise, raised, settle};
use probity_app::notification::end_silences;
use probity_app::{App, Fault};
use tracing::warn;

use crate::stop::Stop;
use crate::worker::Parts;

/// Between two looks by the world's clock at least, and by the server's.
const LOOK: Duration = Duration::from_secs(5);
const LOOK_MS: i64 = 60_000;

/// For so long of the world's time it must look wrong for the same reason.
const PATIENCE: Duration = Duration::from_secs(40);

/// What looks wrong, by which evidence, and since when.
type Suspicions = HashMap<Watched, (String, Instant)>;

pub(crate) async fn run(parts: Arc<Parts>, stop: Stop) {
    let mut suspicions = Suspicions::new();
    let mut looked_ms = i64::MIN;
    loop {
        tokio::select! {
            _ = stop.wait() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        let now_ms = parts.app.clock.now_ms();
        if now_ms < looked_ms.saturating_add(LOOK_MS) {
            continue;
        }
        looked_ms = now_ms;
        if let Err(fault) = end_silences(&parts.app).await {
            warn!(
                error = &fault as &dyn std::error::Error,
                "failed to tell what silences kept back"
            );
        }
        if let Err(fault) = look(&parts.app, &mut suspicions, PATIENCE).await {
            warn!(
                error = &fault as &dyn std::error::Error,
                "failed to look whether monitoring goes on"
            );
        }
    }
}

async fn look(app: &App, suspicions: &mut Suspicions, patience: Duration) -> Result<(), Fault> {
    let found = stopped(app).await?;
    let seen = Instant::now();
    *suspicions = found
        .iter()
        .map(|one| {
            let since = match suspicions.get(&one.watched) {
                Some((evidence, since)) if *evidence == one.evidence => *since,
                Some(_) | None => seen,
            };
            (one.watched.clone(), (one.evidence.clone(), since))
        })
        .collect();
    for one in &found {
        let is_sure = suspicions
            .get(&one.watched)
            .is_some_and(|(_, since)| since.elapsed() >= patience);
        if is_sure {
            raise(app, &one.watched, &one.reason).await?;
        }
    }
    settle_others(app, &found).await
}

async fn settle_others(app: &App, found: &[Stopped]) -> Result<(), Fault> {
    for watched in raised(app).await? {
        if !found.iter().any(|one| one.watched == watched) {
            settle(
                app,
                &watched,
                "It goes on again, or there is nothing left to watch.",
            )
            .await?;
        }
    }
    Ok(())
}
