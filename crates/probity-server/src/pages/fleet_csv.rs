//! The fleet as a file: every model that the filters leave, not only those of a page.

use probity_app::dashboard::fleet::{self, FleetModel, Slice};
use probity_app::dashboard::monitor_state::{Acknowledged, MonitorState};
use probity_domain::document::api::monitoring_job_definition::MonitoringType;

use super::visit::Visit;
use super::{Desk, Refusal, fleet_query, reply, words};
use crate::answer::Answer;

/// Before the states of the monitors.
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

/// Behind them; and behind these, of each monitor, what stands with its state. New columns come last:
/// who reads the file by places goes on to.
const MORE_HEADS: [&str; 8] = [
    "last_check",
    "last_check_status",
    "last_check_violations",
    "calls_7d",
    "errors_7d",
    "error_rate_7d",
    "endpoint_statuses",
    "endpoints_in_alert",
];

fn heads() -> Vec<String> {
    let kinds = MonitoringType::ALL.map(MonitoringType::as_str);
    let of_kind =
        |kind: &str| ["since", "acknowledged", "found"].map(|what| format!("{kind}_{what}"));
    let plain = HEADS.into_iter().chain(kinds).chain(MORE_HEADS);
    let plain = plain.map(str::to_owned);
    plain.chain(kinds.into_iter().flat_map(of_kind)).collect()
}

pub(super) async fn file(desk: Desk<'_>, visit: &Visit) -> Result<Answer, Refusal> {
    let query = fleet_query::read(&visit.fields);
    let fleet = fleet::fleet(desk.app, &visit.caller, &query, Slice::All).await?;
    let mut text = heads().join(",");
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
    cells.extend(traffic(model));
    cells.extend(endpoints_now(model));
    cells.extend(model.monitors.into_iter().flat_map(state));
    cells
}

/// As in the table: calls that were answered, and per cent of all that were not.
fn traffic(model: &FleetModel) -> [String; 3] {
    let traffic = model.traffic.as_ref();
    let rate = traffic.and_then(fleet::Traffic::error_percent);
    [
        cell(traffic, |known| known.calls().to_string()),
        cell(traffic, |known| known.errors().to_string()),
        cell(rate, |percent| format!("{percent:.3}")),
    ]
}

/// Statuses in the order of the endpoints; and the names of those that stopped capturing.
fn endpoints_now(model: &FleetModel) -> [String; 2] {
    let endpoints = model.endpoints.iter();
    let statuses: Vec<&str> = endpoints.map(|known| known.status.as_str()).collect();
    let endpoints = model.endpoints.iter();
    let in_alert: Vec<&str> = endpoints
        .filter(|known| known.alert.is_some())
        .map(|known| known.name.as_str())
        .collect();
    [statuses.join(" "), in_alert.join(" ")]
}

/// Since when a monitor is in alert or failed, whether somebody knows of its alert, and what the last
/// run found of one that is not in alert.
fn state(state: MonitorState) -> [String; 3] {
    let (since, acknowledged, found) = match state {
        MonitorState::Idle
        | MonitorState::Waiting
        | MonitorState::Inactive
        | MonitorState::Missing => (None, None, None),
        MonitorState::Ok { found } => (None, None, Some(found)),
        MonitorState::Failed { at_ms } => (Some(at_ms), None, None),
        MonitorState::InAlert {
            acknowledged,
            since_ms,
        } => (Some(since_ms), Some(acknowledged), None),
    };
    let word = |acknowledged| match acknowledged {
        Acknowledged::Yes => "yes".to_owned(),
        Acknowledged::No => "no".to_owned(),
    };
    [
        cell(since, words::machine_time),
        cell(acknowledged, word),
        cell(found, |count| count.to_string()),
    ]
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
    use probity_app::dashboard::fleet::{FleetEndpoint, Traffic};

    use super::*;

    fn model() -> FleetModel {
        let endpoint = |name: &str, status: &str, alert| FleetEndpoint {
            name: name.to_owned(),
            status: status.to_owned(),
            serves: true,
            alert,
        };
        let alert = |acknowledged| MonitorState::InAlert {
            acknowledged,
            since_ms: 60_000,
        };
        FleetModel {
            name: "m".to_owned(),
            arn: "arn:m".to_owned(),
            created_ms: 0,
            created_by: "=ada".to_owned(),
            card: None,
            registered: None,
            endpoints: vec![
                endpoint("a", "InService", None),
                endpoint("b", "Failed", Some(alert(Acknowledged::No))),
            ],
            last_batch: None,
            monitors: [
                alert(Acknowledged::Yes),
                alert(Acknowledged::No),
                MonitorState::Failed { at_ms: 120_000 },
                MonitorState::Ok { found: 7 },
            ],
            last_run: None,
            traffic: Some(Traffic {
                answered: vec![5, 2],
                failed: vec![0, 1],
            }),
        }
    }

    #[test]
    fn a_row_says_what_the_table_shows() {
        let heads = heads();
        let cells = row(&model());
        assert_eq!(heads.len(), cells.len());
        for (head, expected) in [
            ("owner", "=ada"),
            ("calls_7d", "7"),
            ("errors_7d", "1"),
            ("error_rate_7d", "12.500"),
            ("endpoints", "a b"),
            ("endpoint_statuses", "InService Failed"),
            ("endpoints_in_alert", "b"),
            ("DataQuality", "alert"),
            ("DataQuality_since", "1970-01-01T00:01:00Z"),
            ("DataQuality_acknowledged", "yes"),
            ("DataQuality_found", ""),
            ("ModelQuality_acknowledged", "no"),
            ("ModelBias", "failed"),
            ("ModelBias_since", "1970-01-01T00:02:00Z"),
            ("ModelBias_acknowledged", ""),
            ("ModelExplainability", "ok"),
            ("ModelExplainability_since", ""),
            ("ModelExplainability_found", "7"),
        ] {
            let place = heads.iter().position(|known| known == head).unwrap();
            assert_eq!(cells[place], expected, "{head}");
        }
    }

    #[test]
    fn what_nobody_counted_is_not_nought() {
        let uncalled = FleetModel {
            traffic: None,
            ..model()
        };
        assert_eq!(traffic(&uncalled), ["", "", ""]);
        let silent = FleetModel {
            traffic: Some(Traffic::default()),
            ..model()
        };
        assert_eq!(traffic(&silent), ["0", "0", ""]);
    }

    #[test]
    fn cells_are_quoted_and_never_computed() {
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(quoted("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(quoted("fraud"), "fraud");
    }
}
