//! What the SageMaker API keeps: the kinds of resources, and the states of those that live.

mod alert_state;
mod card_status;
mod endpoint_state;
mod execution_state;
mod job_state;
mod kind;
mod schedule_state;

pub use alert_state::AlertState;
pub use card_status::CardStatus;
pub use endpoint_state::{DeploymentEnd, EndpointNotNow, EndpointState};
pub use execution_state::{ExecutionEnd, ExecutionIsOver, ExecutionState};
pub use job_state::{JobEnd, JobIsOver, JobState};
pub use kind::ResourceKind;
pub use schedule_state::ScheduleState;
