//! Alerts as they stand, what they became, and who is on it.

use anyhow::Result;
use serde_json::{Value, json};

use super::{Asking, at_most, text, time};
use crate::exit::Exit;
use crate::screen;
use crate::table::{Align, table};

/// Exits with 1 when an alert is raised.
pub(super) async fn list(asking: &Asking, input: Value) -> Result<Exit> {
    let found = asking
        .client
        .pages("Probity.ListAlerts", input, "Alerts")
        .await?;
    screen::print(asking.print, &found, || {
        if found.is_empty() {
            return "no alerts\n".to_owned();
        }
        let header = [
            "subject",
            "alert",
            "status",
            "since",
            "why",
            "on it",
            "silent until",
        ];
        let rows = found.iter().map(|alert| {
            let on_it = match text(alert, "AcknowledgedBy") {
                "" => String::new(),
                by => format!("{by}: {}", text(alert, "AcknowledgedReason")),
            };
            vec![
                text(alert, "Subject").to_owned(),
                text(alert, "AlertName").to_owned(),
                text(alert, "AlertStatus").to_owned(),
                time(alert, "StatusTime"),
                text(alert, "Reason").to_owned(),
                on_it,
                time(alert, "SilentUntil"),
            ]
        });
        table(&header.map(|title| (title, Align::Left)), rows.collect())
    })?;
    let is_raised = |alert: &Value| text(alert, "AlertStatus") == "InAlert";
    Ok(match found.iter().any(is_raised) {
        true => Exit::Violations,
        false => Exit::NoViolation,
    })
}

pub(super) async fn history(
    asking: &Asking,
    (subject, limit): (Option<String>, usize),
) -> Result<Exit> {
    let mut input = json!({"MaxResults": limit.clamp(1, 100)});
    if let Some(subject) = subject {
        input["Subject"] = Value::from(subject);
    }
    let what = (input, "AlertHistory");
    let found = at_most(asking, "Probity.ListAlertHistory", what, limit).await?;
    screen::print(asking.print, &found, || {
        let header = ["when", "subject", "alert", "became", "why"];
        let rows = found.iter().map(|change| {
            vec![
                time(change, "CreationTime"),
                text(change, "Subject").to_owned(),
                text(change, "AlertName").to_owned(),
                text(change, "AlertStatus").to_owned(),
                text(change, "Reason").to_owned(),
            ]
        });
        table(&header.map(|title| (title, Align::Left)), rows.collect())
    })?;
    Ok(Exit::NoViolation)
}

pub(super) async fn acknowledge(asking: &Asking, input: Value) -> Result<Exit> {
    let answer = asking
        .client
        .call("Probity.AcknowledgeAlert", input)
        .await?;
    let alert = &answer["Alert"];
    screen::print(asking.print, alert, || {
        format!(
            "`{}` of {} is acknowledged by {}\n",
            text(alert, "AlertName"),
            text(alert, "Subject"),
            text(alert, "AcknowledgedBy")
        )
    })?;
    Ok(Exit::NoViolation)
}
