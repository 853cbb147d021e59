//! Clarify's two monitors: an `analysis.json` against another baseline.

use probity_data::location::Environment;
use probity_domain::document::analysis::Analysis;
use probity_domain::document::bias_violations::{DriftViolation, DriftViolations};
use probity_metrics::bias::{BiasDriftSettings, BiasSide, bias_drift};
use probity_metrics::explain::attribution_drift::{
    AttributionDrift, attribution_drift, attribution_violation,
};

use super::{Recheck, Rechecked, RecheckedViolation, document, required};
use crate::bias::ANALYSIS;
use crate::data_quality::VIOLATIONS;

pub(super) async fn recheck_bias(
    baseline: &Analysis,
    folder: &str,
    environment: &Environment,
) -> Result<Rechecked, Recheck> {
    let current = analysis(folder, environment).await?;
    // AWS's rule needs the values alone, and not the samples behind them.
    let drift = bias_drift(
        BiasSide {
            analysis: &current,
            facets: None,
        },
        BiasSide {
            analysis: baseline,
            facets: None,
        },
        BiasDriftSettings::default(),
    );
    Ok(Rechecked {
        now: drift.violations.violations.iter().map(told).collect(),
        then: then(folder, environment).await?,
        notes: Vec::new(),
    })
}

pub(super) async fn recheck_ranking(
    baseline: &Analysis,
    folder: &str,
    environment: &Environment,
) -> Result<Rechecked, Recheck> {
    let current = analysis(folder, environment).await?;
    let unlike = |reason: String| Recheck::Unlike {
        folder: folder.to_owned(),
        reason,
    };
    let by_label = |analysis: &Analysis| {
        let explanations = analysis.explanations.clone();
        explanations.map_or_else(Vec::new, |found| found.kernel_shap)
    };
    let known = by_label(baseline);
    let mut now = Vec::new();
    for (label, found) in by_label(&current) {
        let Some((_, then)) = known.iter().find(|(known, _)| *known == label) else {
            return Err(unlike(format!("they have no attributions of `{label}`")));
        };
        let facts = attribution_drift(AttributionDrift {
            label: &label,
            baseline: &then.global_shap_values,
            current: &found.global_shap_values,
            rows: None,
        })
        .map_err(|error| unlike(error.to_string()))?;
        now.extend(
            attribution_violation(&facts).map(|found| told(&DriftViolation::Attribution(found))),
        );
    }
    Ok(Rechecked {
        now,
        then: then(folder, environment).await?,
        notes: Vec::new(),
    })
}

async fn analysis(folder: &str, environment: &Environment) -> Result<Analysis, Recheck> {
    let found = document((folder, ANALYSIS), environment, Analysis::from_json).await?;
    required(found, folder, ANALYSIS)
}

pub(super) async fn then(
    folder: &str,
    environment: &Environment,
) -> Result<Option<Vec<RecheckedViolation>>, Recheck> {
    let found = document(
        (folder, VIOLATIONS),
        environment,
        DriftViolations::from_json,
    );
    let found = found.await?;
    Ok(found.map(|found| found.violations.iter().map(told).collect()))
}

fn told(violation: &DriftViolation) -> RecheckedViolation {
    let subject = match violation {
        DriftViolation::Bias(found) => format!(
            "{} {} {}",
            found.facet, found.facet_value, found.metric_name
        ),
        DriftViolation::Attribution(found) => found.label.clone(),
    };
    RecheckedViolation {
        subject,
        check: violation.check_type().to_owned(),
        description: violation.description().to_owned(),
    }
}
