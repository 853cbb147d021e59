//! The fleet as a file: every model that the filters leave, not only those of a page.

use probity_app::dashboard::fleet::{self, FleetModel, Slice};
use probity_domain::document::api::monitoring_job_definition::MonitoringType;

use super::visit::Visit;
use super::{Desk, Refusal, fleet_query, reply, words};
use crate::answer::Answer;

const HEADS: [&str; 18] = [
    "model",
    "created",
    "owner",
    "risk_rating",
    "card",
    "card_status",
    "card_changed",
    "card_freshness",
    "card_review_due",
    "package_group",
    "version",
    "approval",
    "versions",
    "champion",
    "endpoints",
    "last_batch_job",
    "last_batch_status",
    "last_batch_started",
];

pub(super) async fn file(desk: Desk<'_>, visit: &Visit) -> Result<Answer, Refusal> {
    let query = fleet_query::read(&visit.fields);
    let fleet = fleet::fleet(desk.app, &visit.caller, &query, Slice::All).await?;
    let kinds = MonitoringType::ALL.map(MonitoringType::as_str);
    let mut text = [
        &HEADS[..],
        &kinds[..],
        &["last_check", "last_check_status", "last_check_violations"],
    ]
    .concat()
    .join(",");
    text.push_str("\r\n");
    for model in &fleet.models {
        let cells: Vec<String> = row(model).iter().map(|cell| quoted(cell)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    Ok(reply::csv("attachment; filename=\"models.csv\"", text))
}

fn row(model: &FleetModel) -> Vec<String> {
    let known = model.registered.as_ref();
    let endpoints = model.endpoints.iter();
    let endpoints: Vec<&str> = endpoints.map(|known| known.name.as_str()).collect();
    let job = model.last_batch.as_ref();
    let last = model.last_run.as_ref();
    let mut cells = vec![
        model.name.clone(),
        words::machine_time(model.created_ms),
        model.owner().to_owned(),
    ];
    cells.extend(card(model));
    cells.extend([
        cell(known, |known| known.group.clone()),
        cell(known, |known| known.version.to_string()),
        cell(known, |known| known.approval.clone()),
        cell(known, |known| known.versions.to_string()),
        cell(known.and_then(|known| known.champion), |number| {
            number.to_string()
        }),
        endpoints.join(" "),
        cell(job, |job| job.name.clone()),
        cell(job, |job| job.status.clone()),
        cell(job, |job| words::machine_time(job.created_ms)),
    ]);
    cells.extend(model.monitors.map(|state| state.as_str().to_owned()));
    cells.extend([
        cell(last, |run| words::machine_time(run.at_ms)),
        cell(last, |run| run.status.clone()),
        cell(last.and_then(|run| run.violations), |count| {
            count.to_string()
        }),
    ]);
    cells
}

fn card(model: &FleetModel) -> [String; 6] {
    let card = model.card.as_ref();
    [
        cell(card, |card| card.risk.as_str().to_owned()),
        cell(card, |card| card.name.clone()),
        cell(card, |card| card.status.as_str().to_owned()),
        cell(card, |card| words::machine_time(card.modified_ms)),
        cell(card, |card| card.freshness.as_str().to_owned()),
        cell(
            card.and_then(|card| card.review_due_ms),
            words::machine_time,
        ),
    ]
}

/// Empty where it is not known.
fn cell<T>(known: Option<T>, text: impl Fn(T) -> String) -> String {
    known.map(text).unwrap_or_default()
}

/// RFC 4180; and what a spreadsheet would compute begins with an apostrophe.
pub(super) fn quoted(cell: &str) -> String {
    let cell = match cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{cell}"),
        false => cell.to_owned(),
    };
    match cell.contains(['"', ',', '\r', '\n']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn cells_are_quoted_and_never_computed() {
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(quoted("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(quoted("fraud"), "fraud");
    }
}
