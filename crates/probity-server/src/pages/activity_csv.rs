//! The audit log as a file: what the filters leave, the newest first, up to a bound.

use probity_app::dashboard::activity;

use super::visit::Visit;
use super::{Desk, Refusal, activity as page, fleet_csv, reply, words};
use crate::answer::Answer;

/// A file that a spreadsheet opens; the API and `probity admin` have the rest.
const MOST: u32 = 10_000;

pub(super) async fn file(desk: Desk<'_>, visit: &Visit) -> Result<Answer, Refusal> {
    let query = page::query(visit, MOST);
    let activity = activity::list(desk.app, &visit.caller, &query).await?;
    let mut text =
        "seq,time,actor,action,resource_arn,reason,change,request_id,hash\r\n".to_owned();
    for entry in activity.entries {
        let cells = [
            entry.seq.to_string(),
            words::machine_time(entry.at_ms),
            entry.actor,
            entry.action,
            entry.resource_arn,
            entry.reason.unwrap_or_default(),
            entry.change.to_string(),
            entry.request_id,
            entry.hash,
        ];
        let cells: Vec<String> = cells.iter().map(|cell| fleet_csv::quoted(cell)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    Ok(reply::csv("attachment; filename=\"activity.csv\"", text))
}
