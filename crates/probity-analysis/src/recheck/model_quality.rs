//! Model quality: the metrics of a run, compared with other thresholds.

use probity_data::location::Environment;
use probity_domain::document::model_quality_constraints::ModelQualityConstraints;
use probity_domain::document::model_quality_statistics::ModelQualityStatistics;
use probity_domain::document::model_quality_violations::{MetricViolation, ModelQualityViolations};
use probity_metrics::quality::threshold_violations;

use super::{Recheck, Rechecked, RecheckedViolation, document, required};
use crate::data_quality::{STATISTICS, VIOLATIONS};

pub(super) async fn recheck(
    constraints: &ModelQualityConstraints,
    folder: &str,
    environment: &Environment,
) -> Result<Rechecked, Recheck> {
    let statistics = document(
        (folder, STATISTICS),
        environment,
        ModelQualityStatistics::from_json,
    );
    let statistics = required(statistics.await?, folder, STATISTICS)?;
    let problem = statistics.metrics.problem_type();
    if problem != constraints.problem_type {
        return Err(Recheck::Unlike {
            folder: folder.to_owned(),
            reason: format!(
                "they are of {}, and the result of {problem}",
                constraints.problem_type
            ),
        });
    }
    let found = threshold_violations(constraints, &statistics.metrics);
    Ok(Rechecked {
        now: found.iter().map(told).collect(),
        then: then(folder, environment).await?,
        notes: Vec::new(),
    })
}

pub(super) async fn then(
    folder: &str,
    environment: &Environment,
) -> Result<Option<Vec<RecheckedViolation>>, Recheck> {
    let found = document(
        (folder, VIOLATIONS),
        environment,
        ModelQualityViolations::from_json,
    );
    let found = found.await?;
    Ok(found.map(|found| found.violations.iter().map(told).collect()))
}

fn told(violation: &MetricViolation) -> RecheckedViolation {
    RecheckedViolation {
        subject: violation.metric_name.clone(),
        check: violation.constraint_check_type.name().to_owned(),
        description: violation.description.clone(),
    }
}
