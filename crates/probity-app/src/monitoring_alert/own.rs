//! What AWS has no verbs for: alerts of every kind with their reasons, and who is on it.

use probity_domain::resource::AlertState;
use probity_store::alert_silence;
use probity_store::monitoring_alert::{self as rows, Acknowledged, Alert, AlertKey, ListAlerts};
use probity_store::monitoring_alert_change::{self as changes, ChangesBy, ListChanges};
use probity_store::resource::SortOrder;
use serde_json::{Map, Value, json};

use super::{DEFAULT, after, arn, limit, next};
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::event;
use crate::fault::Fault;
use crate::page_token::Question;
use crate::stored::text;
use crate::timestamp;

/// `{"Subject", "AlertName", "Reason"}`: somebody is on it. Lasts until the alert changes.
pub async fn acknowledge(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "probity:AcknowledgeAlert")?;
    let why = text(&input, "Reason")?;
    let deed = deed.because(Some(why));
    let subject = text(&input, "Subject")?;
    let name = input.get("AlertName").and_then(Value::as_str);
    let key = AlertKey {
        region: deed.region,
        subject,
        name: name.unwrap_or(DEFAULT),
    };
    let mut unit = app.store.begin().await?;
    let Some(mut alert) = rows::lock(&mut unit, key).await? else {
        return Err(Fault::missing(format!(
            "there is no alert `{}` of `{subject}`",
            key.name
        )));
    };
    if alert.status != AlertState::InAlert.as_str() {
        return Err(Fault::invalid(format!(
            "the alert `{}` of `{subject}` is {}: there is nothing to acknowledge",
            key.name, alert.status
        )));
    }
    alert.acknowledged = Some(Acknowledged {
        by: deed.actor.to_owned(),
        at_ms: deed.now_ms,
        why: why.to_owned(),
    });
    rows::replace(&mut unit, &alert).await?;
    let change = json!({ "acknowledged": { "By": deed.actor } });
    event::record(&mut unit, &deed, &arn(&deed, key), change).await?;
    unit.commit().await?;
    Ok(json!({ "Alert": shown(&alert, None) }))
}

/// Alerts of a region of every kind, with who acknowledged and what silences them:
/// `{"StatusEquals", "Subject", "MaxResults", "NextToken"}`.
pub async fn list_all(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "probity:ListAlerts")?;
    let question = Question::of(&[deed.action, deed.region], &input);
    let member = |member: &str| input.get(member).and_then(Value::as_str);
    let wanted = ListAlerts {
        region: deed.region.to_owned(),
        subject: member("Subject").map(str::to_owned),
        status: member("StatusEquals").map(str::to_owned),
        after: after(&question, &input)?,
        limit: limit(&input),
    };
    let page = rows::list(&app.store, &wanted).await?;
    let silences = alert_silence::list(
        &app.store,
        &alert_silence::ListSilences {
            region: deed.region.to_owned(),
            ends_after_ms: deed.now_ms,
            after: None,
            limit: 1000,
        },
    )
    .await?;
    let alerts: Vec<Value> = page
        .items
        .iter()
        .map(|alert| {
            let silence = silences.items.iter().rfind(|silence| {
                silence.from_ms <= deed.now_ms
                    && (silence.subject.is_empty() || silence.subject == alert.subject)
            });
            shown(alert, silence.map(|silence| silence.until_ms))
        })
        .collect();
    let mut answer = Map::new();
    answer.insert("Alerts".to_owned(), alerts.into());
    next(&mut answer, &question, page.next.as_ref())?;
    Ok(Value::Object(answer))
}

/// The history of every kind of alert, with reasons: `{"Subject", "AlertName", "MaxResults",
/// "NextToken"}`.
pub async fn list_changes(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "probity:ListAlertHistory")?;
    let question = Question::of(&[deed.action, deed.region], &input);
    let member = |member: &str| input.get(member).and_then(Value::as_str);
    let subjects = match member("Subject") {
        Some(subject) => (subject.to_owned(), subject.to_owned()),
        // Names of kinds are lower case.
        None => (String::new(), "~".to_owned()),
    };
    let wanted = ListChanges {
        region: deed.region.to_owned(),
        subjects,
        name: member("AlertName").map(str::to_owned),
        status: None,
        from_ms: None,
        to_ms: None,
        sort_by: ChangesBy::Time,
        order: SortOrder::Descending,
        after: after(&question, &input)?,
        limit: limit(&input),
    };
    let page = changes::list(&app.store, &wanted).await?;
    let items: Vec<Value> = page
        .items
        .iter()
        .map(|change| {
            without_nulls(json!({
                "Subject": change.subject,
                "AlertName": change.name,
                "CreationTime": timestamp::seconds(change.at_ms),
                "AlertStatus": change.status,
                "Reason": change.reason,
                "ExecutionId": Some(&change.execution).filter(|id| !id.is_empty()),
            }))
        })
        .collect();
    let mut answer = Map::new();
    answer.insert("AlertHistory".to_owned(), items.into());
    next(&mut answer, &question, page.next.as_ref())?;
    Ok(Value::Object(answer))
}

fn shown(alert: &Alert, silent_until_ms: Option<i64>) -> Value {
    without_nulls(json!({
        "Subject": alert.subject,
        "AlertName": alert.name,
        "AlertStatus": alert.status,
        "StatusTime": timestamp::seconds(alert.since_ms),
        "CreationTime": timestamp::seconds(alert.created_ms),
        "LastModifiedTime": timestamp::seconds(alert.modified_ms),
        "DatapointsToAlert": alert.datapoints_to_alert,
        "EvaluationPeriod": alert.evaluation_period,
        "Reason": alert.reason,
        "AcknowledgedBy": alert.acknowledged.as_ref().map(|by| &by.by),
        "AcknowledgedTime": alert.acknowledged.as_ref().map(|by| timestamp::seconds(by.at_ms)),
        "AcknowledgedReason": alert.acknowledged.as_ref().map(|by| &by.why),
        "SilentUntil": silent_until_ms.map(timestamp::seconds),
    }))
}

/// Members that are not there are left out.
fn without_nulls(mut document: Value) -> Value {
    if let Value::Object(members) = &mut document {
        members.retain(|_, value| !value.is_null());
    }
    document
}
