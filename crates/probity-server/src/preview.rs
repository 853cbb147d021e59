//! `PreviewMonitoringConstraints`: how often, and when, a schedule would have alarmed with other
//! constraints. Each finished run is judged again from the small documents that it left; nothing
//! is kept.

use std::collections::HashMap;

use futures::StreamExt;
use probity_analysis::recheck::{
    KnownBaselines, NewConstraints, Rechecked, RecheckedViolation, Reference,
};
use probity_app::monitoring_history::{self, Past, PastRun, Span};
use probity_app::{Caller, Fault};
use probity_data::location::Environment;
use serde_json::{Value, json};

use crate::operations::Tools;
use crate::report::Chain;

/// Runs that are read at once.
const AT_ONCE: usize = 8;
/// Runs of one answer, so that it comes in time.
const RUNS_OF_PAGE: usize = 200;
/// Violations that are told of each run; the others are counted.
const TOLD: usize = 50;

pub(crate) async fn preview(
    tools: Tools<'_>,
    caller: &Caller,
    input: Value,
) -> Result<Value, Fault> {
    tools
        .app
        .authorise(caller, "probity:PreviewMonitoringConstraints")?;
    let text = |member: &str| input.get(member).and_then(Value::as_str);
    let span = Span {
        schedule: text("MonitoringScheduleName")
            .unwrap_or_default()
            .to_owned(),
        from_ms: milliseconds(&input["StartTime"]),
        to_ms: milliseconds(&input["EndTime"]),
    };
    let past = monitoring_history::for_preview(tools.app, caller, &span).await?;
    let document = text("Constraints").unwrap_or_default();
    let constraints = NewConstraints::parse(past.monitoring_type, document.as_bytes())
        .map_err(|error| Fault::invalid(format!("Constraints: {}", Chain(&error))))?;
    let last = last_in_folder(&past.runs);
    let known = KnownBaselines::default();
    let begin = next_page(text("NextToken"), &past.runs)?;
    let page = &past.runs[begin..past.runs.len().min(begin + RUNS_OF_PAGE)];
    let judging: Vec<_> = page
        .iter()
        .map(|run| judge((&constraints, &known), (run, &last), tools.environment))
        .collect();
    let judged: Vec<Judged<'_>> = futures::stream::iter(judging)
        .buffered(AT_ONCE)
        .collect()
        .await;
    let mut answer = answer(&past, &judged);
    if let (Some(last), true) = (page.last(), begin + page.len() < past.runs.len()) {
        answer["NextToken"] = Value::from(last.scheduled_ms.to_string());
    }
    Ok(answer)
}

/// Where the page begins: behind the slot that the token names.
fn next_page(token: Option<&str>, runs: &[PastRun]) -> Result<usize, Fault> {
    let Some(token) = token.filter(|token| !token.is_empty()) else {
        return Ok(0);
    };
    let after: i64 = token
        .parse()
        .map_err(|_| Fault::invalid("NextToken is not one of this operation"))?;
    Ok(runs.partition_point(|run| run.scheduled_ms <= after))
}

fn milliseconds(value: &Value) -> Option<i64> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the service model has checked that it is a time of a calendar"
    )]
    value
        .as_f64()
        .map(|seconds| (seconds * 1000.0).round() as i64)
}

fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

/// A run, and what the new constraints say of it, or why they cannot.
struct Judged<'a> {
    run: &'a PastRun,
    found: Result<Rechecked, String>,
}

/// Which run wrote to a folder last: runs of the same hour share one, as SageMaker lays them out.
fn last_in_folder(runs: &[PastRun]) -> HashMap<&str, &PastRun> {
    let mut last: HashMap<&str, &PastRun> = HashMap::new();
    for run in runs {
        let Some(folder) = run.body.output_uri.as_deref() else {
            continue;
        };
        let kept = last.entry(folder).or_insert(run);
        if run.body.finished_ms > kept.body.finished_ms {
            *kept = run;
        }
    }
    last
}

async fn judge<'a>(
    (constraints, known): (&NewConstraints, &KnownBaselines),
    (run, last): (&'a PastRun, &HashMap<&str, &PastRun>),
    environment: &Environment,
) -> Judged<'a> {
    let found = match run.body.output_uri.as_deref() {
        None => Err("where its results lie is not known".to_owned()),
        Some(folder) if last.get(folder).is_some_and(|last| last.id != run.id) => {
            Err("a later run of the same hour wrote over its results".to_owned())
        }
        Some(folder) => {
            let baseline = baseline_folder(run);
            let reference = Reference {
                baseline_folder: baseline.as_deref(),
                known: Some(known),
            };
            constraints
                .recheck(folder, reference, environment)
                .await
                .map_err(|error| Chain(&error).to_string())
        }
    };
    Judged { run, found }
}

/// The folder of the `statistics.json` that the run's definition names.
fn baseline_folder(run: &PastRun) -> Option<String> {
    let baseline = run.body.definition.baseline_config.as_ref()?;
    let uri = baseline.statistics_resource.as_ref()?.s3_uri.as_ref()?;
    let folder = match uri.rsplit_once('/') {
        Some((folder, name)) if name.ends_with(".json") => folder,
        _ => uri.trim_end_matches('/'),
    };
    Some(folder.to_owned())
}

fn answer(past: &Past, judged: &[Judged<'_>]) -> Value {
    let fired = |judged: &&Judged<'_>| !then(judged).is_empty();
    let fires = |judged: &&Judged<'_>| {
        judged
            .found
            .as_ref()
            .is_ok_and(|found| !found.now.is_empty())
    };
    let known = |judged: &&Judged<'_>| judged.found.is_ok();
    let count =
        |wanted: &dyn Fn(&&Judged<'_>) -> bool| judged.iter().filter(|one| wanted(one)).count();
    json!({
        "MonitoringScheduleArn": past.schedule_arn,
        "MonitoringType": past.monitoring_type.as_str(),
        "Counts": {
            "Executions": judged.len(),
            "NotJudged": count(&|one| !known(one)),
            "FiredThen": count(&|one| known(one) && fired(one)),
            "FireNow": count(&fires),
            "FireNewly": count(&|one| fires(one) && !fired(one)),
            "FireNoLonger": count(&|one| known(one) && fired(one) && !fires(one)),
        },
        "OlderExecutionsOmitted": past.omitted,
        "Executions": judged.iter().map(told).collect::<Vec<_>>(),
    })
}

/// What the run itself found; from its state, where its documents say nothing.
fn then<'a>(judged: &'a Judged<'_>) -> &'a [RecheckedViolation] {
    let found = judged.found.as_ref().ok();
    found.and_then(|found| found.then.as_deref()).unwrap_or(&[])
}

fn told(judged: &Judged<'_>) -> Value {
    let run = judged.run;
    let mut told = json!({
        "MonitoringExecutionId": run.id,
        "ScheduledTime": seconds(run.scheduled_ms),
        "WindowStartTime": seconds(run.body.window.start_ms),
        "WindowEndTime": seconds(run.body.window.end_ms),
        "MonitoringExecutionStatus": run.state.as_str(),
    });
    match &judged.found {
        Err(problem) => told["Problem"] = Value::from(problem.as_str()),
        Ok(found) => {
            told["ViolationsThen"] = Value::from(then(judged).len());
            told["ViolationsNow"] = Value::from(found.now.len());
            told["Violations"] = found
                .now
                .iter()
                .take(TOLD)
                .map(|violation| {
                    json!({
                        "Subject": violation.subject,
                        "Check": violation.check,
                        "Description": violation.description,
                    })
                })
                .collect();
            told["Notes"] = Value::from(found.notes.clone());
        }
    }
    told
}
