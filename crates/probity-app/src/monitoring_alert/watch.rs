//! Alerts that no execution decides: somebody looks, now and then, whether watching goes on.

use probity_domain::resource::AlertState;
use probity_store::monitoring_alert::{self as rows, Alert, AlertKey};
use probity_store::resource::Inserted;

use super::change::{Verdict, apply};
use crate::app::App;
use crate::deed::Deed;
use crate::fault::Fault;

/// A schedule that stopped running.
pub const HEARTBEAT: &str = "Heartbeat";
/// An endpoint that answers calls and captures none.
pub const CAPTURE_STOPPED: &str = "CaptureStopped";

/// What is watched.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Watched {
    pub region: String,
    /// `monitoring-schedule/NAME` or `endpoint/NAME`.
    pub subject: String,
    /// [`HEARTBEAT`] or [`CAPTURE_STOPPED`].
    pub alert: &'static str,
}

/// Raises the alert, and makes it where it was never raised.
pub async fn raise(app: &App, watched: &Watched, reason: &str) -> Result<(), Fault> {
    change(app, watched, (AlertState::InAlert, reason)).await
}

/// All is well again, or there is nothing left to watch.
pub async fn settle(app: &App, watched: &Watched, reason: &str) -> Result<(), Fault> {
    change(app, watched, (AlertState::Ok, reason)).await
}

/// What is in alert by this module.
pub async fn raised(app: &App) -> Result<Vec<Watched>, Fault> {
    let mut found = Vec::new();
    for alert in [HEARTBEAT, CAPTURE_STOPPED] {
        let rows = rows::of_state(&app.store, alert, AlertState::InAlert.as_str()).await?;
        found.extend(rows.into_iter().map(|row| Watched {
            region: row.region,
            subject: row.subject,
            alert,
        }));
    }
    Ok(found)
}

async fn change(
    app: &App,
    watched: &Watched,
    (state, reason): (AlertState, &str),
) -> Result<(), Fault> {
    let deed = Deed::of_server(app, &watched.region, "probity:WatchMonitoring");
    let key = AlertKey {
        region: &watched.region,
        subject: &watched.subject,
        name: watched.alert,
    };
    let mut unit = app.store.begin().await?;
    let found = rows::lock(&mut unit, key).await?;
    let alert = match (found, state) {
        (Some(alert), _) => alert,
        (None, AlertState::Ok) => return Ok(()),
        (None, AlertState::InAlert) => {
            let alert = fresh(watched, deed.now_ms);
            match rows::insert(&mut unit, &alert).await? {
                Inserted::Yes => alert,
                // Another server looked at the same moment, and tells.
                Inserted::Exists => return Ok(()),
            }
        }
    };
    let verdict = Verdict {
        state,
        reason: reason.to_owned(),
        execution: None,
    };
    apply(&mut unit, &deed, (&alert, verdict)).await?;
    unit.commit().await?;
    Ok(())
}

fn fresh(watched: &Watched, now_ms: i64) -> Alert {
    Alert {
        region: watched.region.clone(),
        subject: watched.subject.clone(),
        name: watched.alert.to_owned(),
        created_ms: now_ms,
        modified_ms: now_ms,
        since_ms: now_ms,
        status: AlertState::Ok.as_str().to_owned(),
        datapoints_to_alert: 1,
        evaluation_period: 1,
        reason: String::new(),
        acknowledged: None,
    }
}
