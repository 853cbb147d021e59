//! Who wrote a report: the processing job, or the execution of a monitor, whose output place it
//! lies in.
//!
//! SageMaker has no ARN for an execution; ours is `…:monitoring-schedule/NAME/execution/ID`.

use std::collections::{BTreeSet, HashMap};

use probity_domain::document::execution::ExecutionBody;
use probity_domain::resource::{ExecutionState, JobState};
use probity_domain::{Arn, ResourceKind};
use probity_store::monitoring_execution::{
    self as executions, Execution, ListExecutions, SortExecutions,
};
use probity_store::resource::{self, NewestHaving, Resource, SortOrder};
use serde_json::Value;

use crate::deed::Deed;
use crate::fault::Fault;
use crate::monitoring_execution::body_of;
use crate::processing_job;
use crate::timestamp;

/// Jobs of one place that are looked at, the newest first.
const JOBS: u32 = 20;
/// Runs before a job began among which its own is sought.
const RUNS: u32 = 50;

/// Who wrote a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Of the job or of the execution.
    pub arn: String,
    /// The processing job, also where it was part of an execution.
    pub job_arn: Option<String>,
    pub at_ms: i64,
}

pub(super) fn execution_arn(deed: &Deed<'_>, execution: &Execution) -> String {
    deed.arn(format!(
        "monitoring-schedule/{}/execution/{}",
        execution.schedule, execution.id
    ))
    .to_string()
}

/// The schedule and the id in the ARN of an execution.
pub(super) fn named_execution(arn: &str) -> Option<(String, String)> {
    let arn: Arn = arn.parse().ok()?;
    let name = arn.resource().strip_prefix("monitoring-schedule/")?;
    let (schedule, id) = name.split_once("/execution/")?;
    Some((schedule.to_owned(), id.to_owned()))
}

pub(super) fn finished_ms(execution: &Execution) -> i64 {
    let finished = execution.body.get("finishedMs").and_then(Value::as_i64);
    finished.unwrap_or(execution.modified_ms)
}

pub(super) fn has_ended(execution: &Execution) -> bool {
    ExecutionState::parse(&execution.status).is_some_and(ExecutionState::is_final)
}

/// An execution as the origin of what lies in its folder.
pub(super) fn of_execution(deed: &Deed<'_>, execution: &Execution) -> Result<Origin, Fault> {
    let body: ExecutionBody = body_of(execution)?;
    Ok(Origin {
        arn: execution_arn(deed, execution),
        job_arn: body.processing_job_arn,
        at_ms: finished_ms(execution),
    })
}

/// The last job that completed with this report in its output place.
pub(super) async fn origin_of(deed: &Deed<'_>, report: &str) -> Result<Option<Origin>, Fault> {
    match Writers::of(deed, [report]).await?.of_report(report).first() {
        Some(job) => Ok(Some(of_job(deed, job).await?)),
        None => Ok(None),
    }
}

pub(super) async fn of_job(deed: &Deed<'_>, job: &Resource) -> Result<Origin, Fault> {
    if let Some(execution) = execution_of(deed, job).await? {
        return of_execution(deed, &execution);
    }
    Ok(Origin {
        arn: job.arn.clone(),
        job_arn: Some(job.arn.clone()),
        at_ms: ended_ms(job),
    })
}

/// When a job ended.
pub(super) fn ended_ms(job: &Resource) -> i64 {
    let ended = job.body.get("ProcessingEndTime");
    let ended = ended.and_then(|value| timestamp::read("ProcessingEndTime", value).ok());
    ended.unwrap_or(job.modified_ms)
}

/// Jobs that completed with reports in their output places.
#[derive(Debug, Default)]
pub(super) struct Writers(HashMap<String, Vec<Resource>>);

impl Writers {
    /// Of any number of reports in one statement.
    pub(super) async fn of<'a>(
        deed: &Deed<'_>,
        reports: impl IntoIterator<Item = &'a str>,
    ) -> Result<Writers, Fault> {
        let folders = reports.into_iter().flat_map(folders);
        let places: BTreeSet<String> = folders.map(processing_job::output_attribute).collect();
        let places: Vec<&str> = places.iter().map(String::as_str).collect();
        let wanted = NewestHaving {
            kind: ResourceKind::ProcessingJob,
            region: deed.region,
            status: JobState::Completed.as_str(),
            attributes: &places,
            each: JOBS,
        };
        let mut writers: HashMap<String, Vec<Resource>> = HashMap::new();
        for (place, job) in resource::newest_having(&deed.app.store, wanted).await? {
            writers.entry(place).or_default().push(job);
        }
        Ok(Writers(writers))
    }

    /// The newest first. Of places within places the innermost counts.
    pub(super) fn of_report(&self, report: &str) -> &[Resource] {
        folders(report)
            .find_map(|folder| self.0.get(&processing_job::output_attribute(folder)))
            .map_or(&[], Vec::as_slice)
    }
}

/// The folders that a report lies in, the innermost first; a bucket is the outermost.
fn folders(report: &str) -> impl Iterator<Item = &str> {
    let folders = std::iter::successors(Some(report), |place| {
        let (folder, _) = place.rsplit_once('/')?;
        let is_scheme = folder.ends_with(":/") || folder.ends_with(':');
        (!is_scheme).then_some(folder)
    });
    folders.skip(1)
}

/// The execution that a processing job was part of.
async fn execution_of(deed: &Deed<'_>, job: &Resource) -> Result<Option<Execution>, Fault> {
    let schedule = job
        .body
        .get("MonitoringScheduleArn")
        .and_then(Value::as_str);
    let Some(schedule) = schedule.and_then(|arn| arn.rsplit('/').next()) else {
        return Ok(None);
    };
    let wanted = ListExecutions {
        region: deed.region.to_owned(),
        schedule: Some(schedule.to_owned()),
        created_before_ms: Some(job.created_ms),
        sort_by: SortExecutions::Created,
        order: SortOrder::Descending,
        limit: RUNS,
        ..ListExecutions::default()
    };
    let page = executions::list(&deed.app.store, &wanted).await?;
    Ok(page.items.into_iter().find(|execution| {
        let own = execution
            .body
            .get("processingJobArn")
            .and_then(Value::as_str);
        own == Some(job.arn.as_str())
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_lies_in_its_folders() {
        let found: Vec<&str> = folders("s3://b/out/bias/analysis.json").collect();
        assert_eq!(found, ["s3://b/out/bias", "s3://b/out", "s3://b"]);
        assert_eq!(folders("analysis.json").count(), 0);
    }

    #[test]
    fn an_execution_is_found_in_its_arn() {
        let arn =
            "arn:aws:sagemaker:eu-west-1:111122223333:monitoring-schedule/quality/execution/7";
        let named = named_execution(arn);
        assert_eq!(named, Some(("quality".to_owned(), "7".to_owned())));
        for other in [
            "arn:aws:sagemaker:eu-west-1:111122223333:processing-job/execution/7",
            "arn:aws:sagemaker:eu-west-1:111122223333:monitoring-schedule/quality",
            "quality/execution/7",
        ] {
            assert_eq!(named_execution(other), None, "{other}");
        }
    }
}
