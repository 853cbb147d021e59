//! A day's or a week's summaries in one, from those of the runs, without what they were made from.
//! Doing it twice writes the same.

use std::collections::HashMap;
use std::sync::Arc;

use probity_analysis::data_quality::{AnalysisError, StoredResult, merge_stored};
use probity_app::Fault;
use probity_app::monitoring_history::PastRun;
use probity_app::roll_up::{self, JOB_KIND, Length, Period, RollUp};
use probity_data::location::{Environment, OutputFolder, ReadLocation};
use probity_domain::document::UtcTime;
use probity_domain::document::execution::{ExecutionWindow, without_overlap};
use probity_store::job::Job;
use tracing::{info, warn};

use crate::chain::Chain;
use crate::compute::Lost;
use crate::processing_job::or_again;
use crate::worker::{JobRun, Parts};

pub(crate) const KIND: &str = JOB_KIND;

pub(crate) async fn run(parts: &Parts, job: &Job) -> JobRun {
    let Some(roll_up) = RollUp::parse(&job.subject) else {
        warn!(job.id = %job.id, "`{}` is no period of a schedule", job.subject);
        return JobRun::Done;
    };
    or_again(merged(parts, job, &roll_up).await, job)
}

async fn merged(parts: &Parts, job: &Job, roll_up: &RollUp) -> Result<JobRun, Fault> {
    let runs = roll_up::runs(&parts.app, &job.region, roll_up).await?;
    let Some(root) = runs.last().and_then(root_of) else {
        return Ok(JobRun::Done);
    };
    let mut plan = match roll_up.period.length {
        Length::Day => of_runs(&runs),
        Length::Week => of_days(&roll_up.period, &root),
    };
    plan.note_gaps(&roll_up.period, &runs);
    let folder = format!("{root}/{}/", roll_up.period.folder());
    let environment = Arc::clone(&parts.environment);
    let output = folder.clone();
    let written: Result<Result<usize, AnalysisError>, Lost> = parts
        .compute
        .run(move || async move { write(&plan, &output, &environment).await })
        .await;
    let problem = match written {
        Ok(Ok(0)) => return Ok(JobRun::Done),
        Ok(Ok(n_merged)) => {
            let what = (roll_up, folder.as_str(), n_merged);
            roll_up::finish(&parts.app, &job.region, what).await?;
            info!(
                schedule = roll_up.schedule,
                "rolled up {n_merged} results of schedule `{}` to `{folder}`", roll_up.schedule
            );
            return Ok(JobRun::Done);
        }
        Ok(Err(error)) => Chain(&error).to_string(),
        Err(lost) => lost.to_string(),
    };
    // The runs have their own results; a roll-up that cannot be made keeps nothing from going on.
    metrics::counter!("probity_roll_ups_failed_total").increment(1);
    warn!(
        schedule = roll_up.schedule,
        "failed to roll up schedule `{}` to `{folder}`: {problem}", roll_up.schedule
    );
    Ok(JobRun::Done)
}

/// What is merged, and what a reader should know of it.
#[derive(Debug, Default)]
struct Plan {
    folders: Vec<String>,
    notes: Vec<String>,
}

impl Plan {
    /// Hours of the period that no run looked at.
    fn note_gaps(&mut self, period: &Period, runs: &[PastRun]) {
        let windows: Vec<ExecutionWindow> = runs.iter().map(|run| run.body.window).collect();
        let chosen = without_overlap(&windows);
        let covered: i64 = chosen
            .iter()
            .map(|index| windows[*index].end_ms - windows[*index].start_ms)
            .sum();
        let window = period.window();
        let missing = (window.end_ms - window.start_ms - covered) / 60_000;
        if missing > 0 {
            self.notes.push(format!(
                "no run with a result looked at {missing} minutes of the time from {} to {}",
                UtcTime::from_epoch_ms(window.start_ms),
                UtcTime::from_epoch_ms(window.end_ms)
            ));
        }
    }
}

/// Runs of a day whose windows do not overlap. Of runs that wrote to the same folder the last one
/// left its results.
fn of_runs(runs: &[PastRun]) -> Plan {
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
    let mut left: Vec<(&str, &PastRun)> = last.into_iter().collect();
    left.sort_by_key(|(folder, run)| (run.body.window.start_ms, *folder));
    let windows: Vec<ExecutionWindow> = left.iter().map(|(_, run)| run.body.window).collect();
    let chosen = without_overlap(&windows);
    let mut plan = Plan {
        folders: chosen
            .iter()
            .map(|index| left[*index].0.to_owned())
            .collect(),
        notes: Vec::new(),
    };
    let overlapping = left.len() - chosen.len();
    if overlapping > 0 {
        plan.notes.push(format!(
            "{overlapping} runs looked at calls that others had looked at, and are left out"
        ));
    }
    plan
}

fn of_days(week: &Period, root: &str) -> Plan {
    Plan {
        folders: week
            .days()
            .iter()
            .map(|day| format!("{root}/{}", day.folder()))
            .collect(),
        notes: Vec::new(),
    }
}

/// `…/endpoint/schedule/rollups` of the run's own folder `…/endpoint/schedule/yyyy/mm/dd/hh`, or of
/// one below that.
fn root_of(run: &PastRun) -> Option<String> {
    let parts: Vec<&str> = run.body.output_uri.as_deref()?.split('/').collect();
    let is_hour = |parts: &[&str]| {
        let mut pairs = parts.iter().zip([4, 2, 2, 2]);
        pairs.all(|(part, n)| part.len() == n && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let at = parts.windows(4).rposition(is_hour)?;
    Some(format!("{}/rollups", parts[..at].join("/")))
}

/// The number of results that were merged; nothing is written where there are none.
async fn write(
    plan: &Plan,
    output: &str,
    environment: &Environment,
) -> Result<usize, AnalysisError> {
    let mut found = Vec::new();
    for folder in &plan.folders {
        match StoredResult::find(folder, environment).await {
            Ok(Some(stored)) => found.push(stored),
            // A day without runs, or results that were kept long enough.
            Ok(None) | Err(AnalysisError::Locate(ReadLocation::Missing { .. })) => {}
            Err(error) => return Err(error),
        }
    }
    let n_merged = found.len();
    if n_merged == 0 {
        return Ok(0);
    }
    let mut documents = merge_stored(found)?;
    documents
        .probity
        .dataset
        .notes
        .extend(plan.notes.iter().cloned());
    let folder = OutputFolder::create(output, environment).await?;
    documents.write(folder).await?;
    Ok(n_merged)
}

#[cfg(test)]
mod tests {
    use probity_domain::document::execution::ExecutionBody;
    use probity_domain::resource::ExecutionState;

    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    fn ran(hour: i64, hours: i64) -> PastRun {
        PastRun {
            id: format!("{hour}-{hours}"),
            scheduled_ms: (hour + hours) * HOUR_MS,
            state: ExecutionState::Completed,
            endpoint: "e".to_owned(),
            body: ExecutionBody {
                window: ExecutionWindow {
                    start_ms: hour * HOUR_MS,
                    end_ms: (hour + hours) * HOUR_MS,
                },
                output_uri: Some(format!("s3://b/r/e/s/1970/01/01/{:02}", hour + hours)),
                finished_ms: Some(hour),
                ..ExecutionBody::default()
            },
        }
    }

    #[test]
    fn runs_are_merged_in_the_order_of_their_windows_without_overlap() {
        let plan = of_runs(&[ran(1, 1), ran(0, 1), ran(0, 3)]);
        assert_eq!(
            plan.folders,
            ["s3://b/r/e/s/1970/01/01/01", "s3://b/r/e/s/1970/01/01/02"]
        );
        assert_eq!(plan.notes.len(), 1);
    }

    #[test]
    fn hours_that_nobody_looked_at_are_told() {
        let day = Period::of(Length::Day, 0).unwrap();
        let mut plan = Plan::default();
        plan.note_gaps(&day, &[ran(0, 12), ran(12, 11)]);
        assert!(plan.notes[0].contains("60 minutes"), "{:?}", plan.notes);
        let mut whole = Plan::default();
        whole.note_gaps(&day, &[ran(0, 12), ran(12, 12)]);
        assert!(whole.notes.is_empty());
    }

    #[test]
    fn roll_ups_lie_beside_the_hours() {
        assert_eq!(root_of(&ran(0, 1)).unwrap(), "s3://b/r/e/s/rollups");
        for below in ["/", "/30/", "/run-1234/", "/30/revision-1"] {
            let mut run = ran(0, 1);
            let uri = run.body.output_uri.take().unwrap();
            run.body.output_uri = Some(format!("{uri}{below}"));
            assert_eq!(root_of(&run).unwrap(), "s3://b/r/e/s/rollups", "{below}");
        }
    }
}
