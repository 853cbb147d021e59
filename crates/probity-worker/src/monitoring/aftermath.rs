//! What is to be done when an execution has ended: the day's roll-up, and earlier windows whose
//! labels came late.

use probity_app::{App, roll_up};
use probity_domain::document::execution::ExecutionWindow;
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
    roll_up.into_iter().collect()
}
