//! From an execution's job to its finding.

use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_domain::document::api::processing_job::ProcessingJob;

use super::finding::{Finding, SegmentFinding, Tally};
use super::order::Order;
use super::points::{intervals, points};
use crate::analyses::{self, AnalysisFailed, ClarifyMonitor, JobSpec, Tools};

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
    let clarify = |monitor| analyses::run_clarify_monitor(&spec, monitor, tools);
    let outcome = match order.monitoring_type {
        MonitoringType::DataQuality | MonitoringType::ModelQuality => {
            analyses::run(&spec, tools).await?
        }
        MonitoringType::ModelBias => clarify(ClarifyMonitor::Bias).await?,
        MonitoringType::ModelExplainability => clarify(ClarifyMonitor::Explainability).await?,
    };
    Ok(Finding {
        exit_message: outcome.exit_message,
        n_violations: outcome.n_violations,
        violations: outcome.violations,
        output_uri: super::job::output_uri(order),
        metrics: points(order, &outcome.measures),
        intervals: intervals(order, &outcome.measures),
        notes: outcome.notes,
        tally: Tally {
            rows: outcome.rows,
            outside: outcome.counts.outside,
            skipped: outcome.counts.skipped,
            duplicates: outcome.counts.duplicates,
        },
        constraints_sha256: outcome.constraints_sha256,
        segments: outcome
            .segments
            .into_iter()
            .map(|segment| SegmentFinding {
                name: segment.name,
                rows: segment.rows,
                n_violations: segment.n_violations,
                problem: segment.problem,
            })
            .collect(),
    })
}
