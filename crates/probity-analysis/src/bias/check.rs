//! The bias of new data against a baseline: AWS's rule, and whether the change exceeds what
//! sampling error explains, over all metrics and facets together.

use probity_domain::document::bias_file::BiasCheckFacts;
use probity_metrics::bias::{BIAS_INTERVAL_LEVEL, BiasDriftSettings, BiasSide, bias_drift};
use probity_report::Verdict;

use super::BiasError;
use super::analyse::analyse;
use super::documents::BiasDocuments;
use super::request::BiasRequest;
use super::stored::StoredBias;
use crate::data_quality::Surroundings;

#[derive(Clone, Copy, Debug)]
pub struct BiasCheckOptions {
    pub verdict: Verdict,
    /// Of the corrected verdict.
    pub false_discovery_rate: f64,
}

/// Measures the data of `request` and compares with `baseline`.
pub async fn check(
    request: &BiasRequest,
    baseline: &StoredBias,
    options: BiasCheckOptions,
    surroundings: Surroundings<'_>,
) -> Result<BiasDocuments, BiasError> {
    let mut documents = analyse(request, surroundings).await?;
    let drift = bias_drift(
        BiasSide {
            analysis: &documents.analysis,
            facets: Some(&documents.probity.facets),
        },
        BiasSide {
            analysis: &baseline.analysis,
            facets: baseline.probity.as_ref().map(|file| file.facets.as_slice()),
        },
        BiasDriftSettings {
            level: BIAS_INTERVAL_LEVEL,
            false_discovery_rate: options.false_discovery_rate,
        },
    );
    documents.violations = Some(drift.violations);
    documents.probity.check = Some(BiasCheckFacts {
        baseline: baseline.location.clone(),
        verdict: options.verdict.name().to_owned(),
        false_discovery_rate: options.false_discovery_rate,
        tested: drift.tested,
        metrics: drift.metrics,
        notes: drift.notes,
    });
    Ok(documents)
}
