//! `ImportMonitoringHistory`: what a client found in a bucket becomes endpoints, schedules and
//! history. The documents of runs are read here, so that what is counted is what lies there.

mod definition;
mod points;

use futures::StreamExt;
use probity_analysis::recheck::found_then;
use probity_app::monitoring_import::{
    self, Imported, ImportedEndpoint, ImportedRun, ImportedSchedule, ScheduleImport,
};
use probity_app::{Caller, Fault};
use probity_data::location::Environment;
use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_domain::document::execution::ExecutionWindow;
use serde_json::{Value, json};

use crate::operations::Tools;
use crate::report::Chain;

/// Runs whose documents are read at once.
const AT_ONCE: usize = 8;
/// Runs that are written in one unit.
const TOGETHER: usize = 100;
/// Violations that a run's row tells in words.
const TOLD: usize = 20;

pub(crate) async fn import(
    tools: Tools<'_>,
    caller: &Caller,
    input: Value,
) -> Result<Value, Fault> {
    tools
        .app
        .authorise(caller, "probity:ImportMonitoringHistory")?;
    let schedules = schedules(&input, caller)?;
    let mut done = Done::default();
    for endpoint in elements(&input, "Endpoints") {
        let endpoint = ImportedEndpoint {
            name: text(endpoint, "EndpointName").to_owned(),
            variants: texts(endpoint, "VariantNames"),
            capture_uri: text(endpoint, "CaptureS3Uri").to_owned(),
        };
        let imported = monitoring_import::endpoint(tools.app, caller, &endpoint).await?;
        done.n_endpoints += count(imported);
    }
    for (schedule, wanted) in &schedules {
        match monitoring_import::schedule(tools.app, caller, schedule).await? {
            ScheduleImport::New => done.n_schedules += 1,
            ScheduleImport::Same => {}
            ScheduleImport::Taken(taken) => {
                done.problems.push(taken.to_string());
                continue;
            }
        }
        let mut found = Vec::new();
        for run in read_runs((schedule, wanted), caller, tools.environment).await {
            match run {
                Ok(run) => found.push(run),
                Err(problem) => done.problems.push(problem),
            }
        }
        for some in found.chunks(TOGETHER) {
            done.n_runs += monitoring_import::runs(tools.app, caller, (schedule, some)).await?;
        }
    }
    Ok(json!({
        "EndpointsCreated": done.n_endpoints,
        "SchedulesCreated": done.n_schedules,
        "ExecutionsCreated": done.n_runs,
        "Problems": done.problems,
    }))
}

#[derive(Debug, Default)]
struct Done {
    n_endpoints: u64,
    n_schedules: u64,
    n_runs: usize,
    problems: Vec<String>,
}

/// The schedules that a request names, each beside its words. All are read before anything is
/// written, so that a request that is refused leaves nothing.
fn schedules<'a>(
    input: &'a Value,
    caller: &Caller,
) -> Result<Vec<(ImportedSchedule, &'a Value)>, Fault> {
    elements(input, "Schedules")
        .map(|wanted| {
            let kind = kind(text(wanted, "MonitoringType"))?;
            let schedule = ImportedSchedule {
                name: text(wanted, "MonitoringScheduleName").to_owned(),
                monitoring_type: kind,
                expression: text(wanted, "ScheduleExpression").to_owned(),
                endpoint: text(wanted, "EndpointName").to_owned(),
                definition: definition::recovered(kind, wanted, &caller.account),
            };
            Ok((schedule, wanted))
        })
        .collect()
}

fn count(imported: Imported) -> u64 {
    match imported {
        Imported::Yes => 1,
        Imported::Kept => 0,
    }
}

fn kind(text: &str) -> Result<MonitoringType, Fault> {
    MonitoringType::ALL
        .into_iter()
        .find(|kind| kind.as_str() == text)
        .ok_or_else(|| Fault::invalid(format!("MonitoringType `{text}` is not known")))
}

/// The runs that a request names for a schedule, with what their documents say.
async fn read_runs(
    (schedule, wanted): (&ImportedSchedule, &Value),
    caller: &Caller,
    environment: &Environment,
) -> Vec<Result<ImportedRun, String>> {
    let period_ms = milliseconds(&wanted["PeriodInSeconds"]);
    let reading: Vec<_> = elements(wanted, "Executions")
        .map(|run| {
            let scheduled_ms = milliseconds(&run["ScheduledTime"]);
            let named = Named {
                scheduled_ms,
                window: ExecutionWindow {
                    start_ms: scheduled_ms - period_ms,
                    end_ms: scheduled_ms,
                },
                output_uri: text(run, "OutputS3Uri"),
            };
            let place = (caller.region.as_str(), schedule);
            read_run((schedule.monitoring_type, named), place, environment)
        })
        .collect();
    futures::stream::iter(reading)
        .buffered(AT_ONCE)
        .collect()
        .await
}

/// A run as the request names it.
struct Named<'a> {
    scheduled_ms: i64,
    window: ExecutionWindow,
    output_uri: &'a str,
}

async fn read_run(
    (kind, named): (MonitoringType, Named<'_>),
    (region, schedule): (&str, &ImportedSchedule),
    environment: &Environment,
) -> Result<ImportedRun, String> {
    let folder = named.output_uri.trim_end_matches('/');
    let found = found_then(kind, folder, environment)
        .await
        .map_err(|error| Chain(&error).to_string())?;
    let place = points::Place {
        region,
        endpoint: &schedule.endpoint,
        schedule: &schedule.name,
        at_ms: named.window.start_ms,
    };
    let metrics = points::of_result(kind, folder, &place, environment).await;
    let told = found.iter().flatten().take(TOLD);
    Ok(ImportedRun {
        scheduled_ms: named.scheduled_ms,
        window: named.window,
        output_uri: folder.to_owned(),
        violations: found.as_ref().map(Vec::len),
        told: told
            .map(|violation| format!("{}: {}", violation.subject, violation.description))
            .collect(),
        metrics,
    })
}

fn elements<'a>(value: &'a Value, member: &str) -> impl Iterator<Item = &'a Value> {
    value
        .get(member)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value
        .get(member)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn texts(value: &Value, member: &str) -> Vec<String> {
    elements(value, member)
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the service model has checked that it is a time of a calendar"
)]
fn milliseconds(value: &Value) -> i64 {
    (value.as_f64().unwrap_or_default() * 1000.0).round() as i64
}
