//! The one place where an alert changes its state: row, history, event and notifications, all in
//! the transaction of what changed it.

use probity_domain::document::UtcTime;
use probity_domain::document::alert_event::{AlertEvent, AlertedExecution};
use probity_domain::resource::AlertState;
use probity_store::Unit;
use probity_store::monitoring_alert::{self as rows, Alert};
use probity_store::monitoring_alert_change::{self as changes, Change};
use serde_json::json;

use super::arn;
use crate::deed::Deed;
use crate::event;
use crate::fault::Fault;
use crate::notification;

/// How an alert is to stand from now on.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) state: AlertState,
    /// Why, in a sentence.
    pub(crate) reason: String,
    pub(crate) execution: Option<AlertedExecution>,
}

/// Does nothing where the alert stands so already. `alert` is locked by the unit.
pub(crate) async fn apply(
    unit: &mut Unit,
    deed: &Deed<'_>,
    (alert, verdict): (&Alert, Verdict),
) -> Result<(), Fault> {
    if alert.status == verdict.state.as_str() {
        return Ok(());
    }
    // A clock that was set back must not make a list go backwards.
    let now_ms = deed.now_ms.max(alert.modified_ms);
    let after = Alert {
        status: verdict.state.as_str().to_owned(),
        modified_ms: now_ms,
        since_ms: now_ms,
        reason: verdict.reason.clone(),
        // What somebody said of the state before says nothing of this one.
        acknowledged: None,
        ..alert.clone()
    };
    rows::replace(unit, &after).await?;
    tell(unit, deed, (&after, verdict.execution)).await
}

/// The history, the event and the notifications of an alert that stands anew.
pub(crate) async fn tell(
    unit: &mut Unit,
    deed: &Deed<'_>,
    (alert, execution): (&Alert, Option<AlertedExecution>),
) -> Result<(), Fault> {
    let execution_id = execution.as_ref().map(|execution| execution.id.clone());
    let change = Change {
        id: deed.app.ids.uuid(),
        region: alert.region.clone(),
        subject: alert.subject.clone(),
        name: alert.name.clone(),
        at_ms: alert.since_ms,
        status: alert.status.clone(),
        reason: alert.reason.clone(),
        execution: execution_id.clone().unwrap_or_default(),
    };
    changes::insert(unit, &change).await?;
    let told = AlertEvent {
        id: change.id,
        kind: "alert".to_owned(),
        state: alert.status.clone(),
        alert: alert.name.clone(),
        subject: alert.subject.clone(),
        account: deed.account.to_owned(),
        region: alert.region.clone(),
        at: UtcTime::from_epoch_ms(alert.since_ms).to_string(),
        reason: alert.reason.clone(),
        execution,
        ..AlertEvent::default()
    };
    let outcome = notification::enqueue(unit, deed, &told.worded()).await?;
    let recorded = json!({
        "alert": {
            "AlertStatus": alert.status,
            "Reason": alert.reason,
            "ExecutionId": execution_id,
            "Channels": outcome.channels,
            "SilencedBy": outcome.silenced_by,
        },
    });
    event::record(unit, deed, &arn(deed, alert.key()), recorded).await
}
