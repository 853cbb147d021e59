//! Finished runs of a schedule, for what looks back at them: previews and roll-ups.

use probity_domain::ResourceKind;
use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_domain::document::execution::{ExecutionBody, ExecutionWindow};
use probity_domain::resource::ExecutionState;
use probity_store::monitoring_execution::{self, Execution, ListExecutions, SortExecutions};
use probity_store::resource::{self, ResourceKey, SortOrder};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;

/// Runs that one look takes: an hourly schedule's of three months.
const MOST_RUNS: usize = 2_400;
const PAGE: u32 = 200;
/// Where most of what is read is passed over.
const LONG_PAGE: u32 = 1_000;

/// Of which schedule, and due when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub schedule: String,
    pub from_ms: Option<i64>,
    /// Runs that were due then are not part of the span.
    pub to_ms: Option<i64>,
}

/// One run that ended with a verdict: the newest of its slot.
#[derive(Clone, Debug, PartialEq)]
pub struct PastRun {
    pub id: String,
    pub scheduled_ms: i64,
    pub state: ExecutionState,
    /// Empty where a transform job's records were watched.
    pub endpoint: String,
    pub body: ExecutionBody,
}

/// What a schedule found so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Past {
    pub schedule_arn: String,
    pub monitoring_type: MonitoringType,
    /// In the order of their slots.
    pub runs: Vec<PastRun>,
    /// Older ones that are not among them.
    pub omitted: bool,
}

/// For `PreviewMonitoringConstraints`.
pub async fn for_preview(app: &App, caller: &Caller, span: &Span) -> Result<Past, Fault> {
    let deed = Deed::authorise(app, caller, "probity:PreviewMonitoringConstraints")?;
    past(&deed, span).await
}

/// Of each slot the newest run with a verdict whose window begins in `begins`, in the order of
/// slots. All runs due in the span are looked at, which may be many: none but those are kept.
pub(crate) async fn runs_beginning(
    deed: &Deed<'_>,
    span: &Span,
    begins: ExecutionWindow,
) -> Result<Vec<PastRun>, Fault> {
    let mut wanted = ListExecutions {
        limit: LONG_PAGE,
        ..listing(deed, span)
    };
    let mut found = Vec::new();
    loop {
        let page = monitoring_execution::list(&deed.app.store, &wanted).await?;
        let kept = page.items.into_iter().filter(|execution| {
            let start_ms = execution.body["window"]["startMs"].as_i64();
            start_ms.is_some_and(|ms| begins.start_ms <= ms && ms < begins.end_ms)
        });
        found.extend(kept);
        match page.next {
            Some(next) => wanted.after = Some(next),
            None => break,
        }
    }
    let mut runs = newest_of_each_slot(&found)?;
    runs.reverse();
    Ok(runs)
}

fn listing(deed: &Deed<'_>, span: &Span) -> ListExecutions {
    ListExecutions {
        region: deed.region.to_owned(),
        schedule: Some(span.schedule.clone()),
        scheduled_after_ms: span.from_ms,
        scheduled_before_ms: span.to_ms.map(|to| to.saturating_sub(1)),
        sort_by: SortExecutions::Scheduled,
        order: SortOrder::Descending,
        limit: PAGE,
        ..ListExecutions::default()
    }
}

async fn past(deed: &Deed<'_>, span: &Span) -> Result<Past, Fault> {
    let found = newest_first(deed, span).await?;
    let key = ResourceKey {
        kind: ResourceKind::MonitoringSchedule,
        region: deed.region,
        name: &span.schedule,
    };
    let missing = || Fault::NotFound {
        kind: ResourceKind::MonitoringSchedule,
        name: span.schedule.clone(),
    };
    // Runs outlive their schedule, so that either is enough.
    if found.is_empty() && resource::get(&deed.app.store, key).await?.is_none() {
        return Err(missing());
    }
    let kind = found.first().map(|run| run.monitoring_type.clone());
    let kind = kind.unwrap_or_else(|| MonitoringType::DataQuality.as_str().to_owned());
    let monitoring_type = MonitoringType::ALL
        .into_iter()
        .find(|known| known.as_str() == kind)
        .ok_or_else(|| Fault::invalid(format!("MonitoringType `{kind}` is not known")))?;
    let mut runs = newest_of_each_slot(&found)?;
    let omitted = runs.len() > MOST_RUNS;
    runs.truncate(MOST_RUNS);
    runs.reverse();
    Ok(Past {
        schedule_arn: deed
            .arn(format!("monitoring-schedule/{}", span.schedule))
            .to_string(),
        monitoring_type,
        runs,
        omitted,
    })
}

async fn newest_first(deed: &Deed<'_>, span: &Span) -> Result<Vec<Execution>, Fault> {
    let mut wanted = listing(deed, span);
    let mut found = Vec::new();
    loop {
        let page = monitoring_execution::list(&deed.app.store, &wanted).await?;
        found.extend(page.items);
        // Slots may have several revisions, and runs that failed.
        match page.next {
            Some(next) if found.len() < 2 * MOST_RUNS => wanted.after = Some(next),
            Some(_) | None => return Ok(found),
        }
    }
}

/// Of each slot the newest revision that has a verdict.
fn newest_of_each_slot(newest_first: &[Execution]) -> Result<Vec<PastRun>, Fault> {
    let mut runs: Vec<(PastRun, (i64, i64))> = Vec::new();
    for execution in newest_first {
        let Some(state) =
            ExecutionState::parse(&execution.status).filter(|state| has_verdict(*state))
        else {
            continue;
        };
        let age = (execution.revision, execution.created_ms);
        if let Some((last, known)) = runs.last_mut()
            && last.scheduled_ms == execution.scheduled_ms
        {
            if age > *known {
                (*last, *known) = (run(execution, state)?, age);
            }
            continue;
        }
        runs.push((run(execution, state)?, age));
    }
    Ok(runs.into_iter().map(|(run, _)| run).collect())
}

fn has_verdict(state: ExecutionState) -> bool {
    match state {
        ExecutionState::Completed | ExecutionState::CompletedWithViolations => true,
        ExecutionState::Pending
        | ExecutionState::InProgress
        | ExecutionState::Failed
        | ExecutionState::Stopping
        | ExecutionState::Stopped => false,
    }
}

fn run(execution: &Execution, state: ExecutionState) -> Result<PastRun, Fault> {
    let body = serde_json::from_value(execution.body.clone())
        .map_err(|source| Fault::internal(format!("read execution `{}`", execution.id), source))?;
    Ok(PastRun {
        id: execution.id.clone(),
        scheduled_ms: execution.scheduled_ms,
        state,
        endpoint: execution.endpoint.clone(),
        body,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn execution(scheduled_ms: i64, revision: i64, status: &str) -> Execution {
        Execution {
            id: format!("{scheduled_ms}-{revision}"),
            region: "us-west-2".to_owned(),
            schedule: "s".to_owned(),
            scheduled_ms,
            cause: "slot".to_owned(),
            revision,
            status: status.to_owned(),
            created_ms: scheduled_ms + revision,
            modified_ms: 0,
            monitoring_type: "DataQuality".to_owned(),
            endpoint: "e".to_owned(),
            job_definition: String::new(),
            violations: 0,
            body: json!({}),
        }
    }

    #[test]
    fn of_each_slot_the_newest_revision_with_a_verdict_counts() {
        let found = [
            execution(3, 0, "Failed"),
            execution(2, 0, "Completed"),
            execution(2, 2, "Failed"),
            execution(2, 1, "CompletedWithViolations"),
            execution(1, 0, "Completed"),
        ];
        let runs = newest_of_each_slot(&found).unwrap();
        let ids: Vec<&str> = runs.iter().map(|run| run.id.as_str()).collect();
        assert_eq!(ids, ["2-1", "1-0"]);
    }
}
