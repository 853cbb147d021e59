//! Training jobs: none are kept here. What clients ask about them gets SageMaker's own answer for
//! a job that is not there.

use serde_json::{Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;

/// The SageMaker Python SDK compares the whole text.
const NOT_FOUND: &str = "Requested resource not found.";

pub async fn describe(app: &App, caller: &Caller, _input: Value) -> Result<Value, Fault> {
    Deed::authorise(app, caller, "sagemaker:DescribeTrainingJob")?;
    Err(Fault::invalid(NOT_FOUND))
}

pub async fn list(app: &App, caller: &Caller, _input: Value) -> Result<Value, Fault> {
    Deed::authorise(app, caller, "sagemaker:ListTrainingJobs")?;
    Ok(json!({ "TrainingJobSummaries": [] }))
}
