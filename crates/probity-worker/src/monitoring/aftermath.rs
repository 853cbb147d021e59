//! What is to be done when an execution has ended: the day's roll-up, and earlier windows whose
//! labels came late.

use probity_app::App;
use probity_store::job::NewJob;
use probity_store::monitoring_execution::Execution;

use super::kinds::Order;

pub(super) fn jobs(_app: &App, _execution: &Execution, _order: &Order) -> Vec<NewJob> {
    Vec::new()
}
