//! `analysis_config.json`: what a Clarify job is asked to analyse.
//!
//! Source: AWS developer guide, "Analysis Configuration Files"; the schema of the SageMaker
//! Python SDK 2.257 where the guide is silent or differs, and then both are read. The schema
//! is closed: an unknown key is an error. Reading answers whether the document is a
//! configuration at all, [`AnalysisConfig::validate`] whether its parts fit together.

mod dataset;
mod languages;
mod methods;
mod node;
mod place;
mod predictor;
mod problem;
mod schema;
mod shap;
mod spelling;
mod time_series;
mod validate;
mod value;

use std::io::{self, Write};

use serde::Serialize;

use super::python_json;
use node::Node;
use place::Place;
use problem::Problems;

pub use dataset::{DatasetType, FacetConfig, SegmentConfig};
pub use methods::{
    BiasMethods, Methods, MetricSelection, POST_TRAINING_METRICS, PRE_TRAINING_METRICS,
    PartialDependence, ReportMethod,
};
pub use predictor::{AcceptType, ContentTemplate, ContentType, Predictor, TimeSeriesPredictor};
pub use problem::{AnalysisConfigErrors, ConfigProblem, Severity};
pub use shap::{
    AggregationMethod, BaselineItem, ImageConfig, ImageDebug, ImageModelType, Shap, ShapBaseline,
    TextConfig, TextGranularity,
};
pub use time_series::{
    AsymmetricShapley, ExplanationDirection, ExplanationGranularity, MissingSeriesValues,
    TimeSeriesBaseline, TimeSeriesBaselineValues, TimeSeriesData, TimeSeriesFormat,
};
pub use value::{ColumnReference, ConfigValue};

/// The whole document. A member that is absent is `None`, never its default.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AnalysisConfig {
    /// `1.0`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Absent only in the configuration of a monitor, whose data are captured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset_type: Option<DatasetType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset_uri: Option<String>,
    /// Names of the columns; of JSON first the features, then label and predicted label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<ColumnReference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicted_label: Option<ColumnReference>,
    /// JMESPath to the features of JSON (2-D) or of a line of JSON Lines (1-D).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features: Option<String>,
    /// The positive values, or the exclusive lower bound of positive ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_values_or_threshold: Option<Vec<ConfigValue>>,
    /// A score above it is a positive prediction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability_threshold: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment_config: Option<Vec<SegmentConfig>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facet: Option<Vec<FacetConfig>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facet_dataset_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facet_headers: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicted_label_dataset_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicted_label_headers: Option<Vec<String>>,
    /// Columns that the model does not see.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excluded_columns: Option<Vec<ColumnReference>>,
    /// The column by which several datasets are joined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joinsource_name_or_index: Option<ColumnReference>,
    /// Subgroups of the conditional demographic disparities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_variable: Option<ColumnReference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_series_data_config: Option<TimeSeriesData>,
    /// Absent only in the configuration of a bias monitor, which computes every metric.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub methods: Option<Methods>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predictor: Option<Predictor>,
}

/// Of scores, where the configuration does not say.
pub const DEFAULT_PROBABILITY_THRESHOLD: f64 = 0.5;

impl AnalysisConfig {
    /// Reads the bytes of the `analysis_config.json` of a job.
    pub fn from_json(bytes: &[u8]) -> Result<AnalysisConfig, AnalysisConfigErrors> {
        read(bytes, Purpose::Job)
    }

    /// Reads that of a monitor, which may leave out `dataset_type` and `methods`; or that of
    /// a job.
    pub fn from_monitor_json(bytes: &[u8]) -> Result<AnalysisConfig, AnalysisConfigErrors> {
        read(bytes, Purpose::Monitor)
    }

    /// Writes the file as Python does, with the names that the SDK's schema knows.
    pub fn write_json<W: Write>(&self, writer: W) -> io::Result<()> {
        python_json::write(writer, self)
    }

    /// The same, where the model is named beside the configuration: `predictor` then needs no
    /// name of its own.
    pub fn with_model_named_elsewhere(mut self) -> AnalysisConfig {
        let predictor = self.predictor.get_or_insert_default();
        if predictor.endpoint_name.is_none() && predictor.model_name.is_none() {
            let name = Some("given-beside".to_owned());
            match predictor.instance_type {
                Some(_) => predictor.model_name = name,
                None => predictor.endpoint_name = name,
            }
        }
        self
    }

    /// The facets, none when the key is absent.
    pub fn facets(&self) -> &[FacetConfig] {
        self.facet.as_deref().unwrap_or_default()
    }

    /// The pre-training metrics asked for, in the order of `analysis.json`.
    pub fn pre_training_metrics(&self) -> Vec<&'static str> {
        match &self.methods {
            Some(methods) => methods.pre_training_metrics(),
            None => MetricSelection::All.of(&PRE_TRAINING_METRICS),
        }
    }

    /// The post-training metrics asked for, in the order of `analysis.json`.
    pub fn post_training_metrics(&self) -> Vec<&'static str> {
        match &self.methods {
            Some(methods) => methods.post_training_metrics(),
            None => MetricSelection::All.of(&POST_TRAINING_METRICS),
        }
    }
}

#[derive(Clone, Copy)]
enum Purpose {
    Job,
    Monitor,
}

fn read(bytes: &[u8], purpose: Purpose) -> Result<AnalysisConfig, AnalysisConfigErrors> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let document: Node =
        serde_json::from_slice(bytes).map_err(|source| AnalysisConfigErrors::NotJson { source })?;
    let problems = Problems::default();
    let config = dataset::read(&Place::root(&document, &problems), purpose);
    let problems = problems.into_list();
    match config {
        Some(config) if problems.is_empty() => Ok(config),
        _ => Err(AnalysisConfigErrors::Wrong { problems }),
    }
}
