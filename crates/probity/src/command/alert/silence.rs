//! Silences: made, listed, lifted.

use anyhow::Result;
use serde_json::{Value, json};

use super::{Asking, subject_of, text, time};
use crate::arguments::SilenceArguments;
use crate::exit::Exit;
use crate::moment::Shown;
use crate::screen;
use crate::table::{Align, table};

pub(super) async fn add(asking: &Asking, arguments: &SilenceArguments) -> Result<Exit> {
    // The server's time may be simulated.
    let now_ms = asking.client.server_now_ms().await?;
    let until_ms = now_ms + i64::from(arguments.span.0) * 1000;
    let mut input = json!({
        "Until": until_ms as f64 / 1000.0,
        "Reason": arguments.why,
    });
    if let Some(subject) = &arguments.subject {
        input["Subject"] = Value::from(subject_of(subject));
    }
    let answer = asking.client.call("Probity.SilenceAlert", input).await?;
    screen::print(asking.print, &answer, || {
        format!(
            "silent until {}; `probity alert lift {}` ends it\n",
            Shown(until_ms),
            text(&answer, "SilenceId")
        )
    })?;
    Ok(Exit::NoViolation)
}

pub(super) async fn list(asking: &Asking) -> Result<Exit> {
    let input = json!({"MaxResults": 100});
    let found = asking
        .client
        .pages("Probity.ListSilences", input, "Silences")
        .await?;
    screen::print(asking.print, &found, || {
        if found.is_empty() {
            return "no silences\n".to_owned();
        }
        let header = ["id", "subject", "until", "by", "why"];
        let rows = found.iter().map(|silence| {
            let subject = match text(silence, "Subject") {
                "" => "all",
                subject => subject,
            };
            vec![
                text(silence, "SilenceId").to_owned(),
                subject.to_owned(),
                time(silence, "Until"),
                text(silence, "CreatedBy").to_owned(),
                text(silence, "Reason").to_owned(),
            ]
        });
        table(&header.map(|title| (title, Align::Left)), rows.collect())
    })?;
    Ok(Exit::NoViolation)
}

pub(super) async fn lift(asking: &Asking, (id, why): (&str, Option<&str>)) -> Result<Exit> {
    let mut input = json!({"SilenceId": id});
    if let Some(why) = why {
        input["Reason"] = Value::from(why);
    }
    let answer = asking.client.call("Probity.LiftSilence", input).await?;
    screen::print(asking.print, &answer, || {
        format!("silence `{id}` is over\n")
    })?;
    Ok(Exit::NoViolation)
}
