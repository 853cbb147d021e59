//! What an explanation is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use datafusion::arrow::array::{ArrayRef, RecordBatch};
use probity_domain::document::analysis_config::{AggregationMethod, AnalysisConfig};
use probity_domain::document::probity_file::DatasetFacts;

use crate::model::Model;

/// A table, a model, and what to find out.
#[derive(Clone, Debug)]
pub struct ExplainRequest {
    pub model: Model,
    /// What the model sees of each row.
    pub rows: RecordBatch,
    pub dataset: DatasetFacts,
    /// The column that joins rows of several datasets; written beside the local values.
    pub join: Option<(String, ArrayRef)>,
    /// Of the model's outputs, as the user calls them.
    pub label_headers: Option<Vec<String>>,
    pub shap: Option<ShapSettings>,
    pub pdp: Option<PdpSettings>,
    /// Columns whose values nobody shall see: attributions of them are shown, values are not.
    pub hidden: BTreeSet<String>,
    /// Draws samples of rows for pictures and intervals too.
    pub seed: u64,
    pub threads: NonZeroUsize,
    /// Where what is done is kept until the result is written; nowhere, if absent.
    pub checkpoint: Option<PathBuf>,
}

#[derive(Clone, Debug)]
pub struct ShapSettings {
    pub baseline: BaselineChoice,
    /// Coalitions of each row; chosen from the number of features if absent.
    pub n_samples: Option<u64>,
    pub aggregation: AggregationMethod,
    pub quantity: Quantity,
    /// Positions of the columns to explain, all if absent.
    pub features: Option<Vec<usize>>,
    /// Columns that are present and absent together, under one name.
    pub groups: BTreeMap<String, Vec<usize>>,
    /// Rows that get a waterfall of their own.
    pub shown_rows: Vec<u64>,
    /// Whether every row's values are written.
    pub save_local_values: bool,
    /// Whether every row's interaction values are written; of trees only.
    pub save_interactions: bool,
}

/// What is divided among the features, and so by which method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// What the model reports. By the trees themselves where that is their sum.
    Reported,
    /// The logit of what the model reports, which is a probability.
    LogOdds,
    /// The sum of the trees.
    RawScore,
}

/// The rows that stand for "nothing known".
#[derive(Clone, Debug)]
pub enum BaselineChoice {
    /// With the columns of the rows.
    Given(RecordBatch),
    /// Computed by clustering, into so many rows.
    Clusters(Option<u64>),
    /// The training data behind the trees: path-dependent values.
    TrainingData,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PdpSettings {
    /// Buckets of a numeric feature.
    pub grid_resolution: usize,
    pub features: PdpFeatures,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PdpFeatures {
    /// Positions of columns.
    Named(Vec<usize>),
    /// Those of the largest global attribution.
    Top(usize),
}

/// Of a numeric feature, as in the SDK.
pub const DEFAULT_GRID_RESOLUTION: usize = 15;

/// Features that get a partial dependence, where nobody says which.
pub const DEFAULT_TOP_FEATURES: usize = 10;

/// What asks a model for what it cannot explain here.
pub(super) fn refused_kind(config: &AnalysisConfig) -> Option<&'static str> {
    let methods = config.methods.as_ref()?;
    let shap = methods.shap.as_ref();
    if shap.is_some_and(|shap| shap.text_config.is_some()) {
        return Some(
            "`methods.shap.text_config`: explanations of texts are not part of this version",
        );
    }
    if shap.is_some_and(|shap| shap.image_config.is_some()) {
        return Some(
            "`methods.shap.image_config`: explanations of images are not part of this version",
        );
    }
    if methods.asymmetric_shapley_value.is_some() || config.time_series_data_config.is_some() {
        return Some(
            "`methods.asymmetric_shapley_value`: explanations of time series are not part of this \
             version",
        );
    }
    None
}
