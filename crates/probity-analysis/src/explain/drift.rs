//! Whether the ranking of the features moved against an earlier `analysis.json`, ours or
//! SageMaker's.

use probity_data::location::{Environment, ReadLocation, read_document};
use probity_domain::document::analysis::Analysis;
use probity_domain::document::analysis_config::AggregationMethod;
use probity_domain::document::bias_violations::{DriftViolation, DriftViolations};
use probity_domain::document::explanation_file::{
    AttributionFacts, AttributionMethod, ExplanationFile,
};
use probity_metrics::explain::attribution_drift::{
    AttributionDrift, CurrentRows, attribution_drift, attribution_violation,
};
use probity_metrics::model::FeatureMatrix;
use probity_report::Verdict;

use super::documents::ExplainDocuments;
use super::error::ExplainError;
use super::request::ExplainRequest;
use crate::bias::ANALYSIS;
use crate::data_quality::PROBITY;

/// Attributions to compare with.
#[derive(Clone, Debug)]
pub struct StoredAttributions {
    location: String,
    analysis: Analysis,
    /// Our own facts beside it.
    facts: Option<AttributionFacts>,
}

impl StoredAttributions {
    /// Reads `location`: a folder, or the `analysis.json` itself.
    pub async fn open(
        location: &str,
        environment: &Environment,
    ) -> Result<StoredAttributions, ExplainError> {
        let (folder, name) = match location.rsplit_once('/') {
            Some((folder, name)) if name.ends_with(".json") => (folder, name),
            None if location.ends_with(".json") => (".", location),
            _ => (location, ANALYSIS),
        };
        let bytes = match read_document(folder, name, environment).await {
            Ok(bytes) => bytes,
            Err(ReadLocation::Missing { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let bytes = bytes.ok_or_else(|| compared(format!("`{folder}/{name}` is not there")))?;
        let analysis = Analysis::from_json(&bytes)
            .map_err(|source| compared(format!("failed to read `{folder}/{name}`: {source}")))?;
        let beside = read_document(folder, PROBITY, environment).await;
        let beside = beside.ok().flatten();
        let beside = beside.and_then(|bytes| ExplanationFile::from_json(&bytes).ok());
        Ok(StoredAttributions {
            location: location.to_owned(),
            analysis,
            facts: beside.and_then(|file| file.attributions),
        })
    }
}

impl ExplainDocuments {
    /// Compares with `baseline`, by label; adds drift and violations to the documents.
    pub fn compare(
        &mut self,
        baseline: &StoredAttributions,
        request: &ExplainRequest,
    ) -> Result<(), ExplainError> {
        let known = baseline.analysis.explanations.as_ref();
        let known = known.map_or(&[][..], |known| known.kernel_shap.as_slice());
        let (Some(found), Some(settings)) = (&self.attributions, &request.shap) else {
            return Err(compared("nothing was attributed to features".to_owned()));
        };
        if let Some(then) = &baseline.facts
            && (then.output, is_path_dependent(then.method))
                != (found.output, is_path_dependent(found.method))
        {
            self.probity.notes.push(
                "the earlier attributions are of another quantity or from another baseline: their \
                 rankings may differ though nothing drifted"
                    .to_owned(),
            );
        }
        let mut violations = DriftViolations::default();
        for (output, (label, current)) in self.explanations.kernel_shap.iter().enumerate() {
            let Some((_, then)) = known.iter().find(|(known, _)| known == label) else {
                return Err(compared(format!(
                    "`{}` has no attributions of `{label}`",
                    baseline.location
                )));
            };
            let rows = (0..found.n_rows()).flat_map(|row| found.value(row, output).iter().copied());
            let rows = FeatureMatrix::new(rows.collect(), found.names.len());
            let drift = AttributionDrift {
                label,
                baseline: &then.global_shap_values,
                current: &current.global_shap_values,
                rows: rows.as_ref().map(|attributions| CurrentRows {
                    attributions,
                    method: settings.aggregation,
                    seed: request.seed,
                }),
            };
            let facts = attribution_drift(drift).map_err(|error| compared(error.to_string()))?;
            let violation = attribution_violation(&facts);
            violations
                .violations
                .extend(violation.map(DriftViolation::Attribution));
            self.probity.drift.push(facts);
        }
        if settings.aggregation == AggregationMethod::Median {
            self.probity.notes.push(
                "medians of attributions may be negative; their absolute values are ranked"
                    .to_owned(),
            );
        }
        self.violations = Some(violations);
        Ok(())
    }

    /// Whether a verdict found a violation; no, where nothing was compared.
    pub fn is_violated(&self, verdict: Verdict) -> bool {
        self.probity.drift.iter().any(|drift| match verdict {
            Verdict::Aws => drift.violates,
            Verdict::Corrected => drift.significant == Some(true),
        })
    }
}

fn is_path_dependent(method: AttributionMethod) -> bool {
    method == AttributionMethod::TreePathDependent
}

fn compared(reason: String) -> ExplainError {
    ExplainError::Compare { reason }
}
