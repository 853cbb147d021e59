//! What `/metrics` has: the name, kind, labels and meaning of every number that this program counts,
//! wherever it does. Prometheus gets the meanings as its help texts, people get them as
//! `docs/reference/metrics.md`, and a test looks through the sources for numbers that are not here.

use std::fmt::Write as _;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Only rises, from 0 at each start.
    Counter,
    Gauge,
    /// Seconds.
    Histogram,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram, in seconds",
        }
    }
}

struct Described {
    name: &'static str,
    kind: Kind,
    labels: &'static [&'static str],
    meaning: &'static str,
}

macro_rules! table {
    ($($kind:ident $name:literal [$($label:literal),*] $meaning:literal;)*) => {
        &[$(Described { name: $name, kind: Kind::$kind, labels: &[$($label),*], meaning: $meaning }),*]
    };
}

/// By what they are about, then by name.
const GROUPS: &[(&str, &[Described])] = &[
    (
        "Requests",
        table! {
            Counter "probity_requests_total" ["service", "status"] "Answered requests, by service and class of the status (2xx, 3xx, 4xx, 5xx).";
            Histogram "probity_request_seconds" ["service"] "Time from the head of a request to the head of its answer.";
            Counter "probity_unknown_operations_total" [] "Requests for operations that this server does not have.";
            Counter "probity_refused_signatures_total" ["reason"] "Requests whose signature was refused.";
            Counter "probity_refused_sign_ins_total" ["reason"] "Refused sign-ins to the dashboard: a wrong key, or too many tries.";
            Counter "probity_refused_connections_total" [] "Connections that were refused before their first request, as by a failed TLS handshake.";
            Counter "probity_broken_connections_total" [] "Connections that ended by an error.";
            Counter "probity_incomplete_answers_total" [] "Answers that broke off after their head was sent.";
            Counter "probity_unserved_requests_total" [] "Requests that failed by a fault of this server.";
        },
    ),
    (
        "Invocations and capture",
        table! {
            Counter "probity_invocations_total" ["endpoint", "variant"] "Calls of endpoints.";
            Counter "probity_invocations_failed_total" ["endpoint", "variant"] "Calls that the model or its server did not answer well.";
            Histogram "probity_model_seconds" ["endpoint", "variant"] "Time that the model took.";
            Histogram "probity_gateway_seconds" [] "Time of a call through `probity gateway`, the model server's included.";
            Counter "probity_capture_records_total" ["endpoint", "variant"] "Captured calls.";
            Counter "probity_capture_bytes_total" ["endpoint", "variant"] "Bytes of captured records.";
            Counter "probity_capture_lost_total" ["endpoint", "variant", "reason"] "Calls that were to be captured and were not.";
            Counter "probity_capture_sync_failures_total" [] "Times that captures could not be forced to the disk.";
            Counter "probity_capture_delivery_failures_total" [] "Times that captures could not be sent to their bucket; they are tried again.";
            Gauge "probity_endpoint_captures_bytes" ["region", "endpoint"] "Bytes of captures that lie in the bucket, as of the last hourly look of this server.";
            Gauge "probity_endpoint_captures_objects" ["region", "endpoint"] "Objects of captures that lie there.";
        },
    ),
    (
        "Jobs and monitors",
        table! {
            Counter "probity_jobs_total" ["kind"] "Jobs that this server's worker ended.";
            Counter "probity_monitoring_executions_total" ["status"] "Executions of monitoring schedules, by how they ended.";
            Gauge "probity_monitor_value" ["region", "namespace", "metric"] "The last value of each metric of monitors since the server started, with CloudWatch's dimensions as further labels, as `endpoint` and `monitoring_schedule`; of a set of values the mean. At most 20,000 series.";
            Counter "probity_monitor_series_dropped_total" [] "Values that were not shown because there are that many series.";
            Counter "probity_roll_ups_failed_total" [] "Days and weeks that could not be merged.";
        },
    ),
    (
        "Alerts and what leaves the server",
        table! {
            Gauge "probity_alerts" ["status"] "Alerts, by status (`OK`, `InAlert`).";
            Gauge "probity_notifications" ["status"] "Notifications that wait, or that are given up (`dead`).";
            Counter "probity_notifications_sent_total" ["kind"] "Notifications that a receiver took, by kind of channel.";
            Counter "probity_notification_failures_total" ["kind"] "Tries that failed.";
            Counter "probity_export_points_total" ["to"] "Metric points that were sent to CloudWatch or over OTLP.";
            Counter "probity_export_points_dropped_total" ["to"] "Points that were given up.";
            Counter "probity_export_failures_total" ["to"] "Requests with points that failed; they are tried again for a quarter of an hour.";
        },
    ),
];

fn all() -> impl Iterator<Item = &'static Described> {
    GROUPS.iter().flat_map(|(_, described)| described.iter())
}

/// Tells the recorder what the numbers mean; after it was installed.
pub(crate) fn describe_metrics() {
    for described in all() {
        match described.kind {
            Kind::Counter => metrics::describe_counter!(described.name, described.meaning),
            Kind::Gauge => metrics::describe_gauge!(described.name, described.meaning),
            Kind::Histogram => metrics::describe_histogram!(
                described.name,
                metrics::Unit::Seconds,
                described.meaning
            ),
        }
    }
}

/// `docs/reference/metrics.md`.
pub fn metrics_page() -> String {
    let mut page = String::from(
        "# Metrics\n\n\
         Written by `cargo xtask reference` from the server's table of metrics.\n\n\
         `/metrics` has them in Prometheus's text format, for this machine, or for whoever shows the token of \
         `--metrics-token-file`:\n\n\
         ```sh\n\
         curl http://127.0.0.1:8420/metrics\n\
         ```\n\n\
         A gateway shows its own at the address of `--metrics-listen`.\n\n\
         Counters begin at 0 with each start. A series appears when there is something to count. Labels hold names \
         of endpoints, variants and schedules, never data of calls. Numbers of monitors, and where else they \
         go: [Alerts](../alerts.md#numbers).\n",
    );
    for (group, table) in GROUPS {
        let _ = write!(
            page,
            "\n## {group}\n\n| metric | kind | labels | meaning |\n|---|---|---|---|\n"
        );
        for described in *table {
            let labels: Vec<String> = described
                .labels
                .iter()
                .map(|label| format!("`{label}`"))
                .collect();
            let labels = match labels.is_empty() {
                true => "–".to_owned(),
                false => labels.join(", "),
            };
            let _ = writeln!(
                page,
                "| `{}` | {} | {labels} | {} |",
                described.name,
                described.kind.as_str(),
                described.meaning
            );
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;

    /// Names and kinds that the sources count, with the files.
    fn counted(folder: &Path, found: &mut BTreeMap<(String, &'static str), String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                counted(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                for (word, kind) in [
                    ("counter", "counter"),
                    ("gauge", "gauge"),
                    ("histogram", "histogram, in seconds"),
                ] {
                    let call = format!("metrics::{word}!(");
                    for part in text.split(call.as_str()).skip(1) {
                        let name = part.trim_start().strip_prefix('"');
                        let name = name.and_then(|rest| rest.split('"').next());
                        let name = name.unwrap_or("a name that is no literal").to_owned();
                        found.insert((name, kind), path.display().to_string());
                    }
                }
            }
        }
    }

    #[test]
    fn every_number_that_is_counted_is_described_and_the_other_way_round() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut found = BTreeMap::new();
        for entry in std::fs::read_dir(crates).unwrap() {
            let sources = entry.unwrap().path().join("src");
            if sources.is_dir() {
                counted(&sources, &mut found);
            }
        }
        // This file's own text.
        found.retain(|_, path| !path.ends_with("metric_names.rs"));
        let there: BTreeMap<(String, &str), String> = all()
            .map(|one| ((one.name.to_owned(), one.kind.as_str()), String::new()))
            .collect();
        for (key, path) in &found {
            assert!(
                there.contains_key(key),
                "{key:?} of {path} is not described"
            );
        }
        for key in there.keys() {
            assert!(
                found.contains_key(key),
                "{key:?} is described and not counted"
            );
        }
        assert!(found.len() > 20, "the sources were not found");
    }
}
