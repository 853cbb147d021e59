//! Captures at their destinations: before a run reads a window, every server of the database
//! brings there what it answered until the window's end.
//!
//! One row says until when somebody wants captures; every capturing server looks at it, and says
//! in its own row how far it has got. What is there already is not asked for again, so that a
//! thousand runs of one minute ask once.

use std::time::{Duration, Instant};

use probity_app::coverage;
use probity_app::{App, Clock};
use probity_store::capture_server::{self, CaptureServer};
use probity_store::{StoreError, capture_seal};

/// How often the rows are looked at. A server of this process rings.
const LOOK: Duration = Duration::from_millis(100);

/// What became of the wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sealed {
    /// Every server that is there has brought what it could to its destination.
    Yes,
    Missing {
        /// As they described themselves last.
        servers: Vec<Absent>,
    },
}

/// A server whose last captures may be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    pub server: CaptureServer,
    pub why: Absence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// It was not seen for ten seconds.
    Dead,
    /// It is there and did not get so far in time.
    Slow,
}

impl Sealed {
    /// For the log of a run, one a server.
    pub fn sentences(&self) -> Vec<String> {
        match self {
            Self::Yes => Vec::new(),
            Self::Missing { servers } => servers.iter().map(Absent::sentence).collect(),
        }
    }
}

impl Absent {
    pub fn sentence(&self) -> String {
        match self.why {
            Absence::Dead => coverage::not_seen(&self.server),
            Absence::Slow => coverage::not_in_time(&self.server),
        }
    }
}

/// Waits until everything that was answered before `until_ms` (by the server's clock; what is to
/// come is not waited for) lies at its destination, at most for `patience`. `world` is the clock
/// that leases are counted by.
pub async fn sealed(
    app: &App,
    world: &dyn Clock,
    until_ms: i64,
    patience: Duration,
) -> Result<Sealed, StoreError> {
    let asked_ms = app.clock.now_ms();
    let until_ms = until_ms.min(asked_ms);
    let started = Instant::now();
    let mut asked = Asked::No;
    loop {
        // Registered before the rows are read, so that no ring is missed.
        let done = app.seals.done.notified();
        tokio::pin!(done);
        done.as_mut().enable();
        let behind = behind(app, world, until_ms).await?;
        if behind.is_empty() {
            return Ok(Sealed::Yes);
        }
        let is_waited_for = behind.iter().any(|absent| absent.why == Absence::Slow);
        if !is_waited_for || started.elapsed() >= patience {
            return Ok(Sealed::Missing { servers: behind });
        }
        if asked == Asked::No {
            capture_seal::want(&app.store, until_ms, asked_ms).await?;
            app.seals.wanted.notify_one();
            asked = Asked::Yes;
        }
        tokio::select! {
            () = done => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    No,
    Yes,
}

/// Servers that have not got so far.
async fn behind(app: &App, world: &dyn Clock, until_ms: i64) -> Result<Vec<Absent>, StoreError> {
    let now_ms = world.now_ms();
    let servers = capture_server::list(&app.store).await?;
    let behind = servers
        .into_iter()
        .filter(|server| server.sealed_to_ms < until_ms);
    let absent = behind.map(|server| Absent {
        why: match coverage::is_dead(app, &server, now_ms) {
            true => Absence::Dead,
            false => Absence::Slow,
        },
        server,
    });
    Ok(absent.collect())
}
