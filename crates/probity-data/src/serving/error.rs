//! Why a model cannot be served, and why an invocation brought no answer.

use thiserror::Error;

use crate::location::{ReadLocation, WriteOutput};
use crate::model::OpenModel;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a Model document gives no model. The text goes into the endpoint's `FailureReason`.
#[derive(Debug, Error)]
pub enum OpenServed {
    #[error(
        "model `{name}` has no model data; give `ModelDataUrl`, or `{}` in the container's environment",
        super::open::MODEL_URL
    )]
    NoData { name: String },
    #[error(
        "model `{name}` is an inference pipeline of {n_containers} containers, which is not run here; give a model of one container"
    )]
    Pipeline { name: String, n_containers: usize },
    #[error("failed to read the model data of model `{name}`")]
    Locate {
        name: String,
        #[source]
        source: ReadLocation,
    },
    #[error("failed to open the model data of model `{name}` at `{location}`")]
    Open {
        name: String,
        location: String,
        #[source]
        source: Box<OpenModel>,
    },
    #[error("failed to copy the model data of model `{name}`")]
    Copy {
        name: String,
        #[source]
        source: Cause,
    },
    #[error(
        "`{}` of model `{name}` is no address of a model: {problem}",
        super::open::MODEL_URL
    )]
    Address { name: String, problem: String },
}

/// Why an invocation brought no answer.
#[derive(Debug, Error)]
pub enum InvokeModel {
    /// The model answered, with a status that is no success and in its own words.
    #[error("the model answered {status}: {message}")]
    Answered { status: u16, message: String },
    #[error("the model did not answer within {seconds} seconds")]
    TimedOut { seconds: u64 },
    #[error("failed to reach the model at `{address}`")]
    Unreachable {
        address: String,
        #[source]
        source: Cause,
    },
    #[error("the model's answer is longer than {limit_bytes} bytes")]
    TooLong { limit_bytes: usize },
    /// Several models lie behind one name, and none of them is meant.
    #[error("{problem}")]
    Target { problem: String },
    #[error("failed to open the target model `{target}`")]
    OpenTarget {
        target: String,
        #[source]
        source: Box<OpenServed>,
    },
}

impl InvokeModel {
    pub(super) fn answered(status: u16, message: impl ToString) -> InvokeModel {
        InvokeModel::Answered {
            status,
            message: message.to_string(),
        }
    }
}

/// Why one object was not read or written.
#[derive(Debug, Error)]
pub enum MoveObject {
    #[error(transparent)]
    Read(#[from] ReadLocation),
    #[error(transparent)]
    Write(#[from] WriteOutput),
    #[error("`{location}` holds more than {limit_bytes} bytes")]
    TooLarge {
        location: String,
        limit_bytes: usize,
    },
}
