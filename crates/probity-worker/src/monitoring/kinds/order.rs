//! What an execution is asked for.

use probity_data::Window;
use probity_domain::document::api::monitoring_job_definition::{
    MonitoringInput, MonitoringJobDefinition, MonitoringType,
};

/// One execution, with everything that had to be looked up.
#[derive(Clone, Debug)]
pub struct Order {
    pub region: String,
    pub schedule: String,
    pub schedule_arn: String,
    /// `None` where the output of transform jobs is watched.
    pub endpoint: Option<String>,
    pub monitoring_type: MonitoringType,
    pub definition: MonitoringJobDefinition,
    pub window: Window,
    pub scheduled_ms: i64,
    pub execution_id: String,
    /// 0, and more where a slot is scored again.
    pub revision: i64,
    /// Whether an earlier revision left metric points: these are not the slot's first.
    pub has_earlier_points: bool,
    pub records: Records,
    pub baseline: Baseline,
    /// Below the hour's folder of results, where another run has that one.
    pub folder: Option<String>,
}

/// Where the records of the window lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Records {
    /// Folders `…/endpoint/variant/yyyy/mm/dd/hh` of captured calls.
    Captures(Vec<String>),
    /// Objects that transform jobs wrote, in the format that the definition names.
    BatchOutput(Vec<String>),
    /// Folders `…/yyyy/mm/dd/hh` of records with their labels, in the form that the merger writes.
    Merged(Vec<String>),
}

impl Records {
    pub fn uris(&self) -> &[String] {
        match self {
            Self::Captures(uris) | Self::BatchOutput(uris) | Self::Merged(uris) => uris,
        }
    }
}

/// What the records are compared with; see [`super::find_baseline`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    pub constraints: Option<String>,
    pub statistics: Option<String>,
}

impl Order {
    /// What the definition watches.
    pub(super) fn input(&self) -> MonitoringInput {
        let inputs = &self.definition.job_input;
        let given = inputs.endpoint_input.as_ref();
        let given = given.or(inputs.batch_transform_input.as_ref());
        given.cloned().unwrap_or_default()
    }
}
