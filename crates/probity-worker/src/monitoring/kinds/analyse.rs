//! From an execution's job to its finding.

use probity_domain::document::api::processing_job::ProcessingJob;

use super::finding::Finding;
use super::order::Order;
use crate::analyses::{self, AnalysisFailed, JobSpec, Tools};

/// Runs the analysis of [`super::processing_job`]; its documents are in their place then.
pub async fn analyse(
    order: &Order,
    job: &ProcessingJob,
    tools: &Tools,
) -> Result<Finding, AnalysisFailed> {
    let Some(spec) = JobSpec::of_processing_job(job) else {
        return Err(AnalysisFailed::Image {
            image: job.app_specification.image_uri.clone(),
        });
    };
    let outcome = analyses::run(&spec, tools).await?;
    Ok(Finding {
        exit_message: outcome.exit_message,
        n_violations: outcome.n_violations,
        output_uri: super::job::output_uri(order),
        ..Finding::default()
    })
}
