//! Alerts of monitoring schedules, as the service makes them: one with each schedule, in alert
//! while enough of the last executions have violations.
//!
//! Beside those, `Heartbeat` of a schedule and `CaptureStopped` of an endpoint watch whether
//! watching goes on; they are ours, and are there from the first time that they are raised.

use probity_domain::resource::AlertState;
use probity_store::monitoring_alert::{self as rows, Alert, AlertKey, ListAlerts};
use probity_store::monitoring_alert_change::{self as changes, Change, ChangesBy, ListChanges};
use probity_store::resource::{Inserted, SortOrder};
use probity_store::{Cursor, Unit};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::event;
use crate::fault::Fault;
use crate::listing::token;
use crate::page_token::Question;
use crate::stored::text;
use crate::timestamp;

mod change;
mod comment;
mod evaluate;
mod own;
mod watch;

pub use comment::{comment, list_comments};
pub(crate) use evaluate::{AlertEvaluation, evaluate};
pub use own::{acknowledge, list_all, list_changes};
pub use watch::{CAPTURE_STOPPED, HEARTBEAT, Watched, raise, raised, settle};

/// The alert that comes with each schedule. The name is AWS's as far as is known.
pub(crate) const DEFAULT: &str = "Default";

const LONGEST_PAGE: u32 = 100;

/// Of the alerts of schedules: everything between, in the order of bytes.
const FIRST_SCHEDULE: &str = "monitoring-schedule/";
const BEHIND_SCHEDULES: &str = "monitoring-schedule0";

pub(crate) fn subject_of(schedule: &str) -> String {
    format!("{FIRST_SCHEDULE}{schedule}")
}

pub(crate) fn subject_of_endpoint(endpoint: &str) -> String {
    format!("endpoint/{endpoint}")
}

/// With a schedule comes its alert. AWS says nothing of its numbers: one violated execution is
/// enough here.
pub(crate) async fn create_default(
    unit: &mut Unit,
    deed: &Deed<'_>,
    schedule: &str,
) -> Result<(), Fault> {
    let alert = Alert {
        region: deed.region.to_owned(),
        subject: subject_of(schedule),
        name: DEFAULT.to_owned(),
        created_ms: deed.now_ms,
        modified_ms: deed.now_ms,
        since_ms: deed.now_ms,
        status: AlertState::Ok.as_str().to_owned(),
        datapoints_to_alert: 1,
        evaluation_period: 1,
        reason: String::new(),
        acknowledged: None,
    };
    match rows::insert(unit, &alert).await? {
        Inserted::Yes => {
            let change = json!({ "created": shown(&alert) });
            event::record(unit, deed, &arn(deed, alert.key()), change).await
        }
        Inserted::Exists => Ok(()),
    }
}

/// Deletes the alerts of a schedule or an endpoint that is deleted. Their history stays. Who was
/// told that one was raised is told that it is over: an incident that was opened elsewhere would
/// stay open for ever.
pub(crate) async fn delete_of(
    unit: &mut Unit,
    deed: &Deed<'_>,
    subject: &str,
) -> Result<(), Fault> {
    for mut alert in rows::delete_of(unit, deed.region, subject).await? {
        if alert.status == AlertState::InAlert.as_str() {
            AlertState::Ok.as_str().clone_into(&mut alert.status);
            alert.modified_ms = deed.now_ms.max(alert.modified_ms);
            alert.since_ms = alert.modified_ms;
            alert.reason = format!("{} deleted what it watched.", deed.actor);
            change::tell(unit, deed, (&alert, None)).await?;
        }
    }
    Ok(())
}

pub async fn list(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:ListMonitoringAlerts")?;
    let question = Question::of(&[deed.action, deed.region], &input);
    let schedule = text(&input, "MonitoringScheduleName")?;
    let wanted = ListAlerts {
        region: deed.region.to_owned(),
        subject: Some(subject_of(schedule)),
        status: None,
        after: after(&question, &input)?,
        limit: limit(&input),
    };
    let page = rows::list(&app.store, &wanted).await?;
    // Each schedule has one.
    if page.items.is_empty() && wanted.after.is_none() {
        return Err(missing(&deed, schedule));
    }
    let summaries: Vec<Value> = page.items.iter().map(shown).collect();
    let mut answer = Map::new();
    answer.insert("MonitoringAlertSummaries".to_owned(), summaries.into());
    next(&mut answer, &question, page.next.as_ref())?;
    Ok(Value::Object(answer))
}

/// New numbers count from the next execution on: AWS does not say, and an alert that changes
/// because somebody turned a knob would look like a change of the model.
pub async fn update(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:UpdateMonitoringAlert")?;
    let schedule = text(&input, "MonitoringScheduleName")?;
    let name = text(&input, "MonitoringAlertName")?;
    let number = |member: &str| {
        let number = input.get(member).and_then(Value::as_i64);
        number.ok_or_else(|| Fault::invalid(format!("{member} is missing")))
    };
    let datapoints = number("DatapointsToAlert")?;
    let period = number("EvaluationPeriod")?;
    if datapoints > period {
        return Err(Fault::invalid(format!(
            "DatapointsToAlert ({datapoints}) must not be more than EvaluationPeriod ({period}): \
             the alert would never be raised"
        )));
    }
    let subject = subject_of(schedule);
    let key = AlertKey {
        region: deed.region,
        subject: &subject,
        name,
    };
    let mut unit = app.store.begin().await?;
    let Some(before) = rows::lock(&mut unit, key).await? else {
        return Err(missing(&deed, &format!("{schedule}/alert/{name}")));
    };
    if name != DEFAULT {
        return Err(Fault::invalid(format!(
            "The alert `{name}` counts no executions: it has nothing to update."
        )));
    }
    let after = Alert {
        datapoints_to_alert: datapoints,
        evaluation_period: period,
        modified_ms: deed.now_ms.max(before.modified_ms),
        ..before.clone()
    };
    rows::replace(&mut unit, &after).await?;
    let change = json!({
        "before": { "DatapointsToAlert": before.datapoints_to_alert,
                    "EvaluationPeriod": before.evaluation_period },
        "after": { "DatapointsToAlert": datapoints, "EvaluationPeriod": period },
    });
    event::record(&mut unit, &deed, &arn(&deed, key), change).await?;
    unit.commit().await?;
    Ok(json!({
        "MonitoringScheduleArn": deed.arn(subject).to_string(),
        "MonitoringAlertName": name,
    }))
}

pub async fn list_history(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:ListMonitoringAlertHistory")?;
    let question = Question::of(&[deed.action, deed.region], &input);
    let member = |member: &str| input.get(member).and_then(Value::as_str);
    let time = |member: &str| match input.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => timestamp::read(member, value).map(Some),
    };
    let subjects = match member("MonitoringScheduleName") {
        Some(schedule) => (subject_of(schedule), subject_of(schedule)),
        None => (FIRST_SCHEDULE.to_owned(), BEHIND_SCHEDULES.to_owned()),
    };
    let wanted = ListChanges {
        region: deed.region.to_owned(),
        subjects,
        name: member("MonitoringAlertName").map(str::to_owned),
        status: member("StatusEquals").map(str::to_owned),
        from_ms: time("CreationTimeAfter")?,
        to_ms: time("CreationTimeBefore")?.map(|ms| ms - 1),
        sort_by: match member("SortBy") {
            Some("Status") => ChangesBy::Status,
            Some(_) | None => ChangesBy::Time,
        },
        order: match member("SortOrder") {
            Some("Ascending") => SortOrder::Ascending,
            Some(_) | None => SortOrder::Descending,
        },
        after: after(&question, &input)?,
        limit: limit(&input),
    };
    let page = changes::list(&app.store, &wanted).await?;
    // The history outlives its schedule, so that only a name that never was is missing.
    if let (Some(schedule), true, None) = (
        member("MonitoringScheduleName"),
        page.items.is_empty(),
        &wanted.after,
    ) && !has_alerts(&deed, schedule).await?
    {
        return Err(missing(&deed, schedule));
    }
    let items: Vec<Value> = page.items.iter().map(shown_change).collect();
    let mut answer = Map::new();
    answer.insert("MonitoringAlertHistory".to_owned(), items.into());
    next(&mut answer, &question, page.next.as_ref())?;
    Ok(Value::Object(answer))
}

async fn has_alerts(deed: &Deed<'_>, schedule: &str) -> Result<bool, Fault> {
    let wanted = ListAlerts {
        region: deed.region.to_owned(),
        subject: Some(subject_of(schedule)),
        limit: 1,
        ..ListAlerts::default()
    };
    let page = rows::list(&deed.app.store, &wanted).await?;
    Ok(!page.items.is_empty())
}

fn missing(deed: &Deed<'_>, name: &str) -> Fault {
    let arn = deed.arn(subject_of(name));
    Fault::missing(format!("Could not find monitoring schedule \"{arn}\"."))
}

/// `arn:…:monitoring-schedule/NAME/alert/NAME`, as IAM's resource types have it.
fn arn(deed: &Deed<'_>, key: AlertKey<'_>) -> String {
    deed.arn(format!("{}/alert/{}", key.subject, key.name))
        .to_string()
}

fn after(question: &Question, input: &Value) -> Result<Option<Cursor>, Fault> {
    token(input).map(|token| question.after(token)).transpose()
}

fn next(
    answer: &mut Map<String, Value>,
    question: &Question,
    next: Option<&Cursor>,
) -> Result<(), Fault> {
    if let Some(next) = next {
        answer.insert("NextToken".to_owned(), question.token(next)?.into());
    }
    Ok(())
}

/// Lists of alerts are the only ones whose documents give 100 as the default.
fn limit(input: &Value) -> u32 {
    input
        .get("MaxResults")
        .and_then(Value::as_u64)
        .and_then(|limit| u32::try_from(limit).ok())
        .map_or(LONGEST_PAGE, |limit| limit.clamp(1, LONGEST_PAGE))
}

pub(crate) fn shown(alert: &Alert) -> Value {
    json!({
        "MonitoringAlertName": alert.name,
        "CreationTime": timestamp::seconds(alert.created_ms),
        "LastModifiedTime": timestamp::seconds(alert.modified_ms),
        "AlertStatus": alert.status,
        "DatapointsToAlert": alert.datapoints_to_alert,
        "EvaluationPeriod": alert.evaluation_period,
        "Actions": { "ModelDashboardIndicator": { "Enabled": true } },
    })
}

fn shown_change(change: &Change) -> Value {
    let schedule = change.subject.strip_prefix(FIRST_SCHEDULE);
    json!({
        "MonitoringScheduleName": schedule.unwrap_or(&change.subject),
        "MonitoringAlertName": change.name,
        "CreationTime": timestamp::seconds(change.at_ms),
        "AlertStatus": change.status,
    })
}
