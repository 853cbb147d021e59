//! What is to be done when an execution has ended: the day's roll-up, and earlier windows whose
//! labels came late.

use probity_app::ground_truth::late_labels_job;
use probity_app::{App, roll_up};
use probity_domain::document::execution::{ExecutionCause, ExecutionWindow};
use probity_store::job::NewJob;
use probity_store::monitoring_execution::Execution;

use super::kinds::Order;

pub(super) fn jobs(app: &App, execution: &Execution, order: &Order) -> Vec<NewJob> {
    let window = ExecutionWindow {
        start_ms: order.window.start_ms,
        end_ms: order.window.end_ms,
    };
    let place = (execution.region.as_str(), execution.schedule.as_str());
    let roll_up = roll_up::job_after(app, place, (order.monitoring_type, window));
    roll_up
        .into_iter()
        .chain(late_labels(app, execution, order))
        .collect()
}

/// The look for earlier windows that gain labels. Also after a run that failed: it may have failed
/// because its labels were not there yet, as those before it. None after a run that such a look asked for.
pub(super) fn late_labels(app: &App, execution: &Execution, order: &Order) -> Option<NewJob> {
    let input = &order.definition.job_input;
    let _labels = input.ground_truth_s3_input.as_ref()?;
    if execution.cause == ExecutionCause::LateLabels.as_str() {
        return None;
    }
    let schedule = (execution.region.as_str(), execution.schedule.as_str());
    Some(late_labels_job(schedule, app.clock.now_ms()))
}
