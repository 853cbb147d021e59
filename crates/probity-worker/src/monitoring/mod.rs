//! Monitors that run by themselves: the slots of schedules, and their executions.
//!
//! * [`slot_job`]: a due slot becomes an execution, and the next slot is enqueued;
//! * [`execution_job`]: an execution from its captures to its final status;
//! * [`records`]: where what it looks at lies, joined with labels where its kind needs them;
//! * [`names`]: how what it read is called where users read of it;
//! * [`late_labels`]: windows that are scored anew, since labels came late;
//! * [`kinds`]: what each of the four monitors computes.

mod aftermath;
pub(crate) mod execution_job;
pub mod kinds;
pub(crate) mod late_labels;
mod names;
mod order;
mod records;
pub(crate) mod slot_job;
