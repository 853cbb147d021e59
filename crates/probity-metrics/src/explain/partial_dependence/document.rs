//! Partial dependence as the documents have it.

use probity_domain::document::explanation_file::{DependenceFacts, DependencePoint};
use probity_domain::document::explanations::{
    PdpCurve, PdpDataType, PdpEntry, PdpOutcome, PdpValue,
};

use super::curves::DependenceCurves;
use super::grid::{Grid, GridError, PointValue};

/// The entry of `analysis.json`. `labels` are those of `kernel_shap`, one per output.
pub fn pdp_entry(
    feature: &str,
    grid: &Grid,
    curves: &DependenceCurves,
    labels: &[String],
) -> PdpEntry {
    let outputs = 0..labels.len();
    PdpEntry {
        feature_name: feature.to_owned(),
        data_type: grid.kind().data_type(),
        outcome: PdpOutcome::Computed(PdpCurve {
            feature_values: grid
                .points()
                .iter()
                .map(|point| (&point.value).into())
                .collect(),
            data_distribution: grid.shares(),
            model_predictions: outputs.map(|output| curves.means(output)).collect(),
            label_headers: labels.to_vec(),
        }),
    }
}

/// The entry of a feature that has no curve.
pub fn failed_pdp_entry(feature: &str, error: &GridError) -> PdpEntry {
    PdpEntry {
        feature_name: feature.to_owned(),
        data_type: failed_data_type(error),
        outcome: PdpOutcome::Failed {
            error: error.to_string(),
        },
    }
}

/// What `probity.json` says.
pub fn dependence_facts(
    feature: &str,
    grid: &Grid,
    curves: &DependenceCurves,
    labels: &[String],
) -> DependenceFacts {
    let points = grid.points().iter().zip(grid.shares());
    let point = |(value, share): (&PointValue, f64)| {
        let (number, text) = number_or_text(value);
        DependencePoint {
            number,
            text,
            share,
        }
    };
    DependenceFacts {
        feature: feature.to_owned(),
        data_type: grid.kind().data_type().name().to_owned(),
        error: None,
        n_rows: curves.n_rows(),
        points: points
            .map(|(at, share)| point((&at.value, share)))
            .collect(),
        labels: curves.labelled(labels),
    }
}

/// What `probity.json` says of a feature that has no curve.
pub fn failed_dependence_facts(feature: &str, error: &GridError) -> DependenceFacts {
    DependenceFacts {
        feature: feature.to_owned(),
        data_type: failed_data_type(error).name().to_owned(),
        error: Some(error.to_string()),
        n_rows: 0,
        points: Vec::new(),
        labels: Vec::new(),
    }
}

fn failed_data_type(error: &GridError) -> PdpDataType {
    match error {
        GridError::Unsupported => PdpDataType::FreeText,
        GridError::TooManyCategories { .. } => PdpDataType::Categorical,
        GridError::NoValues | GridError::Resolution { .. } => PdpDataType::Numerical,
    }
}

impl From<&PointValue> for PdpValue {
    fn from(value: &PointValue) -> PdpValue {
        match value {
            PointValue::Number(number) => PdpValue::Float(*number),
            PointValue::Integer(number) => PdpValue::Integer(*number),
            PointValue::Boolean(value) => PdpValue::Boolean(*value),
            PointValue::Text(text) => PdpValue::Text(text.clone()),
        }
    }
}

/// A category of whole numbers is a number here: the picture has its kind from `data_type`.
fn number_or_text(value: &PointValue) -> (Option<f64>, Option<String>) {
    match value {
        PointValue::Number(number) => (Some(*number), None),
        #[expect(clippy::cast_precision_loss, reason = "a place in a picture")]
        PointValue::Integer(number) => (Some(*number as f64), None),
        PointValue::Boolean(value) => (None, Some(value.to_string())),
        PointValue::Text(text) => (None, Some(text.clone())),
    }
}
