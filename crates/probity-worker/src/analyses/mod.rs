//! A processing job whose image is one of ours: the analyses that SageMaker's analyzer and
//! Clarify images run, with exactly their environment variables, inputs and outputs.
//!
//! Nothing here knows how the job was asked for: a processing job and a monitoring execution
//! give the same [`JobSpec`]. Contract: `model-monitor-byoc-contract-inputs` and
//! `clarify-processing-job-configure-parameters` of the AWS developer guide.

mod captured;
mod changes;
mod clarify;
mod clarify_monitor;
mod dataset_format;
mod failure;
mod monitor;
mod outcome;
mod places;
mod predictor;
mod progress;
mod scripts;
mod segments;
mod spec;
mod training_table;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use probity_app::App;
use probity_data::location::Environment;

pub use failure::{AnalysisFailed, RecordCounts};
pub use outcome::{Outcome, SegmentOutcome};
pub use spec::{AnalysisImage, DataType, JobInput, JobOutput, JobSpec, UploadMode};

use crate::job_log::JobLog;
use crate::local_process::LocalProcess;

/// What an analysis is lent.
#[derive(Clone, Debug)]
pub struct Tools {
    pub app: App,
    /// Where models and endpoints of this job are looked up.
    pub region: String,
    pub environment: Arc<Environment>,
    pub log: JobLog,
    pub threads: NonZeroUsize,
    /// RFC 3339 in UTC with milliseconds, as `statistics.json` has it.
    pub evaluated_at: String,
    /// A folder of this job alone, removed when it ends.
    pub work_folder: PathBuf,
    /// How a user's script runs, or why not.
    pub scripts: LocalProcess,
    /// What a reader of the results should know of the data that reading them does not tell: the
    /// coverage of captures, how labels were joined. They stand among the notes on the dataset.
    pub notes: Vec<String>,
}

/// What an execution of a Clarify monitor looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClarifyMonitor {
    /// Labels and captured predictions.
    Bias,
    /// What moves the predictions of the configured model on captured inputs.
    Explainability,
}

/// Runs the analysis of a Clarify monitor on what was captured.
pub async fn run_clarify_monitor(
    spec: &JobSpec,
    monitor: ClarifyMonitor,
    tools: &Tools,
) -> Result<Outcome, AnalysisFailed> {
    clarify_monitor::run(spec, monitor, tools).await
}

/// Runs the analysis to its documents.
pub async fn run(spec: &JobSpec, tools: &Tools) -> Result<Outcome, AnalysisFailed> {
    match spec.image {
        AnalysisImage::Analyzer => monitor::run(spec, tools).await,
        AnalysisImage::Clarify => clarify::run(spec, tools).await,
    }
}
