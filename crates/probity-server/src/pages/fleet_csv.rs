//! The fleet as a file: every model that the filters leave, not only those of a page.

use probity_app::dashboard::fleet::{self, FleetModel, Slice};
use probity_domain::document::api::monitoring_job_definition::MonitoringType;

use super::visit::Visit;
use super::{Desk, Refusal, fleet_query, reply, words};
use crate::answer::Answer;

const HEADS: [&str; 10] = [
    "model",
    "owner",
    "risk_rating",
    "card",
    "card_status",
    "package_group",
    "version",
    "champion",
    "endpoints",
    "last_batch_job",
];

pub(super) async fn file(desk: Desk<'_>, visit: &Visit) -> Result<Answer, Refusal> {
    let query = fleet_query::read(&visit.fields);
    let fleet = fleet::fleet(desk.app, &visit.caller, &query, Slice::All).await?;
    let kinds = MonitoringType::ALL.map(MonitoringType::as_str);
    let mut text = [&HEADS[..], &kinds[..], &["last_check"]].concat().join(",");
    text.push_str("\r\n");
    for model in &fleet.models {
        let cells: Vec<String> = row(model).iter().map(|cell| quoted(cell)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    Ok(reply::csv("attachment; filename=\"models.csv\"", text))
}

fn row(model: &FleetModel) -> Vec<String> {
    let card = model.card.as_ref();
    let known = model.registered.as_ref();
    let endpoints: Vec<&str> = model
        .endpoints
        .iter()
        .map(|known| known.name.as_str())
        .collect();
    let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    let mut cells = vec![
        model.name.clone(),
        model.owner().to_owned(),
        card.map(|card| card.risk.as_str().to_owned())
            .unwrap_or_default(),
        card.map(|card| card.name.clone()).unwrap_or_default(),
        card.map(|card| card.status.as_str().to_owned())
            .unwrap_or_default(),
        known.map(|known| known.group.clone()).unwrap_or_default(),
        number(known.map(|known| known.version)),
        number(known.and_then(|known| known.champion)),
        endpoints.join(" "),
        model
            .last_batch
            .as_ref()
            .map(|job| job.name.clone())
            .unwrap_or_default(),
    ];
    cells.extend(model.monitors.map(|state| state.as_str().to_owned()));
    let last = model.last_run.as_ref();
    cells.push(
        last.map(|run| words::machine_time(run.at_ms))
            .unwrap_or_default(),
    );
    cells
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
