//! What an execution that ended does to the alert of its schedule.

use probity_domain::document::alert_event::AlertedExecution;
use probity_domain::resource::AlertState;
use probity_store::Unit;
use probity_store::monitoring_alert::{self as rows, AlertKey};
use probity_store::monitoring_alert_change::recent_outcomes;

use super::change::{Verdict, apply};
use super::{DEFAULT, subject_of};
use crate::deed::Deed;
use crate::fault::Fault;

/// An execution that ended, in the words of a notification. Its row is written already.
#[derive(Clone, Debug)]
pub(crate) struct AlertEvaluation<'a> {
    pub(crate) schedule: &'a str,
    pub(crate) execution: AlertedExecution,
}

/// Counts the last verdicts of the schedule, and changes its alert where it must. To be called in
/// the unit that writes the execution's final status, after that was written.
pub(crate) async fn evaluate(
    unit: &mut Unit,
    deed: &Deed<'_>,
    evaluation: AlertEvaluation<'_>,
) -> Result<(), Fault> {
    let subject = subject_of(evaluation.schedule);
    let key = AlertKey {
        region: deed.region,
        subject: &subject,
        name: DEFAULT,
    };
    // Locked first: of two executions that end at once, the second sees the first's verdict.
    let Some(alert) = rows::lock(unit, key).await? else {
        // The schedule was deleted while the execution ran.
        return Ok(());
    };
    let place = (deed.region, evaluation.schedule, alert.created_ms);
    let outcomes = recent_outcomes(unit, place, alert.evaluation_period).await?;
    let violated: Vec<bool> = outcomes
        .iter()
        .map(|outcome| outcome.has_violations)
        .collect();
    let size = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
    let state = AlertState::of_verdicts(
        &violated,
        size(alert.datapoints_to_alert),
        size(alert.evaluation_period),
    );
    let n_violated = violated.iter().filter(|violated| **violated).count();
    let verdict = Verdict {
        state,
        reason: reason(
            (n_violated, violated.len()),
            (alert.datapoints_to_alert, alert.evaluation_period),
        ),
        execution: Some(evaluation.execution),
    };
    apply(unit, deed, (&alert, verdict)).await
}

fn reason((n_violated, n_outcomes): (usize, usize), (datapoints, period): (i64, i64)) -> String {
    let executions = match n_outcomes {
        1 => "the last execution".to_owned(),
        n => format!("the last {n} executions"),
    };
    let found = match (n_violated, n_outcomes) {
        (0, 1) => "The last execution has no violations".to_owned(),
        (1, 1) => "The last execution has violations".to_owned(),
        (0, _) => format!("None of {executions} has violations"),
        (1, _) => format!("1 of {executions} has violations"),
        (n, _) => format!("{n} of {executions} have violations"),
    };
    format!("{found}; the alert is raised at {datapoints} of {period}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_counts_and_names_the_threshold() {
        assert_eq!(
            reason((1, 1), (1, 1)),
            "The last execution has violations; the alert is raised at 1 of 1."
        );
        assert_eq!(
            reason((2, 3), (2, 4)),
            "2 of the last 3 executions have violations; the alert is raised at 2 of 4."
        );
        assert_eq!(
            reason((0, 2), (1, 2)),
            "None of the last 2 executions has violations; the alert is raised at 1 of 2."
        );
    }
}
