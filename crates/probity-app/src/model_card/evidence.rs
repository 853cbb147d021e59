//! How a card's evaluations stand to the reports that they were taken from. All of it is looked up
//! when somebody asks, so that a card is stale at once when an execution ends; only what lies at a
//! report's place has to be told by whoever can read objects.

use probity_domain::document::UtcTime;
use probity_domain::document::card_dossier::{
    EvaluationStanding, ReportState, Staleness, Verification,
};
use probity_domain::document::model_card::report::{
    ReportKind, group_value, metric_groups, metric_groups_of,
};
use probity_domain::document::model_card::{Binding, Evaluation, MetricGroup};
use probity_store::monitoring_execution::Execution;
use serde_json::Value;

use super::around::Around;
use super::dossier::ReportStates;
use super::source::{self, Writers, named_execution};
use super::subject::Subject;
use super::version::CardVersion;
use crate::deed::Deed;
use crate::fault::Fault;

pub(super) async fn standings(
    deed: &Deed<'_>,
    (card, around): (&CardVersion, &Around),
    reports: &ReportStates,
) -> Result<Vec<EvaluationStanding>, Fault> {
    let card = card.content.card();
    let is_bound = card.evaluations.iter().any(|own| own.binding().is_some());
    let subject = match is_bound {
        true => Some(Subject::of(deed, card).await?),
        false => None,
    };
    let mut standings = Vec::with_capacity(card.evaluations.len());
    for evaluation in &card.evaluations {
        let binding = evaluation.binding();
        let mut stale = match (&binding, &subject) {
            (Some(binding), Some(subject)) => reasons(deed, (binding, subject), around),
            (Some(_) | None, _) => Vec::new(),
        };
        let found = match &binding {
            Some(binding) => at_its_place((binding, evaluation), reports),
            None => Found::Nothing,
        };
        let verification = match found {
            Found::Agrees => Verification::Verified,
            Found::Contradicts(reason) => {
                stale.push(reason);
                Verification::Refuted
            }
            Found::Nothing => Verification::NotVerified,
        };
        standings.push(EvaluationStanding {
            evaluation: evaluation.name.clone(),
            binding,
            stale,
            verification,
        });
    }
    Ok(standings)
}

/// Why an evaluation no longer stands.
fn reasons(
    deed: &Deed<'_>,
    (binding, subject): (&Binding, &Subject),
    around: &Around,
) -> Vec<Staleness> {
    let bound_ms = time(binding.bound_at.as_deref());
    let mut reasons = Vec::new();
    reasons.extend(newer_execution(deed, binding, around));
    reasons.extend(newer_report(binding, &around.writers));
    let changes = subject.changes_since(bound_ms).into_iter();
    reasons.extend(changes.map(|what| Staleness::ModelChanged { what }));
    reasons
}

fn time(text: Option<&str>) -> Option<i64> {
    UtcTime::parse_epoch_ms(text?)
}

/// When the report was written, or else when it was bound.
fn reported_ms(binding: &Binding) -> Option<i64> {
    time(binding.reported_at.as_deref()).or_else(|| time(binding.bound_at.as_deref()))
}

/// The last run of the schedule that the evaluation follows, or that one of its runs wrote the
/// report, where that run is a later one.
fn newer_execution(deed: &Deed<'_>, binding: &Binding, around: &Around) -> Option<Staleness> {
    let last = around.last_run(binding)?;
    let own = binding.source.as_deref().and_then(named_execution);
    let own = match &own {
        Some((_, id)) if *id == last.id => return None,
        Some((_, id)) => around.run(id),
        None => None,
    };
    let is_later = match own {
        Some(own) => place(last) > place(own),
        // Of a run that is not known any more, its time is.
        None => reported_ms(binding).is_some_and(|then| source::finished_ms(last) > then),
    };
    is_later.then(|| Staleness::NewerExecution {
        source: source::execution_arn(deed, last),
        at_ms: source::finished_ms(last),
    })
}

/// Runs in the order of what they looked at; of one slot the last revision counts.
fn place(execution: &Execution) -> (i64, i64) {
    (execution.scheduled_ms, execution.revision)
}

/// A later job with the report in its output place. Runs of monitors are told as executions.
fn newer_report(binding: &Binding, writers: &Writers) -> Option<Staleness> {
    let then = reported_ms(binding)?;
    let mut jobs = writers.of_report(&binding.report).iter();
    let later = jobs.find(|job| {
        source::ended_ms(job) > then
            && binding.source.as_ref() != Some(&job.arn)
            && job.body.get("MonitoringScheduleArn").is_none()
    });
    later.map(|job| Staleness::NewerReport {
        source: job.arn.clone(),
        at_ms: source::ended_ms(job),
    })
}

/// What came of looking at a report.
enum Found {
    Agrees,
    Contradicts(Staleness),
    /// Nobody looked, the place cannot be read, or the report is too large to be taken.
    Nothing,
}

/// What became of the report itself, and whether the card still says what it says: content is
/// edited, and a binding alone proves nothing.
fn at_its_place((binding, evaluation): (&Binding, &Evaluation), reports: &ReportStates) -> Found {
    let (hash, document) = match reports.get(&binding.report) {
        Some(ReportState::Sha256(hash)) => (hash, None),
        Some(ReportState::Read { sha256, document }) => (sha256, Some(document)),
        Some(ReportState::Missing) => return Found::Contradicts(Staleness::ReportMissing),
        Some(ReportState::Unknown) | None => return Found::Nothing,
    };
    if *hash != binding.sha256 {
        return Found::Contradicts(Staleness::ReportChanged);
    }
    match document {
        Some(document) if says(document, binding, evaluation) => Found::Agrees,
        Some(_) => Found::Contradicts(Staleness::ValuesDiffer),
        None => Found::Nothing,
    }
}

/// Whether the evaluation has the metrics that its report gives.
fn says(document: &Value, binding: &Binding, evaluation: &Evaluation) -> bool {
    let taken = match ReportKind::parse(&binding.kind) {
        Some(kind) => metric_groups_of(kind, document),
        None => metric_groups(document).map(|(_, groups)| groups),
    };
    let written = |groups: &[MetricGroup]| groups.iter().map(group_value).collect::<Vec<_>>();
    taken.is_ok_and(|taken| written(&taken) == written(&evaluation.groups))
}
