//! The content of a model card: what a model is for, how it was trained, what was measured, and
//! how risky it is.
//!
//! Source: "Amazon SageMaker Model Cards" in the SageMaker developer guide (schema
//! `SageMakerModelCardSchema` 0.1.0, its form of 2023, and the form that travels in model
//! packages). Content is accepted if any of them, or the SDKs' own superset, would hold it.

mod binding;
mod check;
mod content;
pub mod difference;
mod fault;
pub mod merge;
mod reading;
pub mod report;
mod schema;
mod strict_json;
mod written;

use std::collections::BTreeMap;

pub use binding::Binding;
pub use content::{Content, Variant};
pub use fault::{ContentFault, InvalidContent};
pub use report::ReportKind;
pub(crate) use schema::names_a_place;

/// How much harm a wrong model could do, in the judgement of its owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RiskRating {
    #[default]
    Unknown,
    Low,
    Medium,
    High,
}

impl RiskRating {
    pub const ALL: [RiskRating; 4] = [Self::Unknown, Self::Low, Self::Medium, Self::High];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
        }
    }

    pub fn parse(text: &str) -> Option<RiskRating> {
        Self::ALL.into_iter().find(|rating| rating.as_str() == text)
    }
}

/// A card as it is read; what is not said is `None` or empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelCard {
    pub overview: ModelOverview,
    pub package: Option<PackageDetails>,
    pub intended_uses: IntendedUses,
    pub business: BusinessDetails,
    pub training: TrainingDetails,
    pub evaluations: Vec<Evaluation>,
    pub additional: AdditionalInformation,
}

impl ModelCard {
    /// The model that the card describes: its id, or the ARN of the model package.
    pub fn model_id(&self) -> Option<&str> {
        let package = self.package.as_ref();
        let id = self.overview.model_id.as_deref();
        id.or_else(|| package.and_then(|package| package.arn.as_deref()))
    }

    pub fn evaluation(&self, name: &str) -> Option<&Evaluation> {
        self.evaluations
            .iter()
            .find(|evaluation| evaluation.name == name)
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelOverview {
    /// The ARN of a model, or whatever its owner calls it.
    pub model_id: Option<String>,
    pub model_name: Option<String>,
    pub model_version: Option<f64>,
    pub description: Option<String>,
    pub problem_type: Option<String>,
    pub algorithm_type: Option<String>,
    pub creator: Option<String>,
    pub owner: Option<String>,
    pub artifacts: Vec<String>,
    /// Images that the model runs in.
    pub container_images: Vec<String>,
}

/// The registered model that a card describes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PackageDetails {
    pub arn: Option<String>,
    pub name: Option<String>,
    pub group: Option<String>,
    pub version: Option<f64>,
    pub description: Option<String>,
    pub status: Option<String>,
    pub approval_status: Option<String>,
    pub approval_description: Option<String>,
    pub domain: Option<String>,
    pub task: Option<String>,
    pub created_by: Option<String>,
    pub source_algorithms: Vec<SourceAlgorithm>,
    pub containers: Vec<PackageContainer>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceAlgorithm {
    pub name: Option<String>,
    pub model_data_url: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct PackageContainer {
    pub image: Option<String>,
    pub model_data_url: Option<String>,
    pub nearest_model_name: Option<String>,
    /// Members of `model_data_source` and `base_model` (SDK 3), as they are: a path in the member,
    /// and its value.
    pub sources: Vec<(String, String)>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct IntendedUses {
    pub purpose: Option<String>,
    pub intended_uses: Option<String>,
    pub factors_affecting_efficiency: Option<String>,
    /// `None` where the card does not say; [`RiskRating::Unknown`] where it says so.
    pub risk_rating: Option<RiskRating>,
    pub risk_explanation: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct BusinessDetails {
    pub problem: Option<String>,
    pub stakeholders: Option<String>,
    pub line_of_business: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainingDetails {
    pub objective: Option<ObjectiveFunction>,
    pub observations: Option<String>,
    pub job_arn: Option<String>,
    pub datasets: Vec<String>,
    pub container_images: Vec<String>,
    pub metrics: Vec<TrainingMetric>,
    pub user_metrics: Vec<TrainingMetric>,
    pub hyper_parameters: Vec<HyperParameter>,
    pub user_hyper_parameters: Vec<HyperParameter>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObjectiveFunction {
    /// `Maximize` or `Minimize`.
    pub function: Option<String>,
    pub facet: Option<String>,
    pub condition: Option<String>,
    pub notes: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TrainingMetric {
    pub name: String,
    pub value: f64,
    pub notes: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HyperParameter {
    pub name: String,
    pub value: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    pub name: String,
    pub observation: Option<String>,
    pub job_arn: Option<String>,
    pub datasets: Vec<String>,
    /// Where a binding is kept, beside what users put there: [`Binding`].
    pub metadata: BTreeMap<String, String>,
    pub groups: Vec<MetricGroup>,
}

impl Evaluation {
    /// The report that the evaluation was taken from, where it was not typed in.
    pub fn binding(&self) -> Option<Binding> {
        Binding::of(&self.metadata)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct MetricGroup {
    pub name: String,
    pub metrics: Vec<Metric>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    pub name: String,
    pub notes: Option<String>,
    /// What a single value says of its axes; those of pictures are in the value.
    pub axes: Option<Axes>,
    pub value: MetricValue,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Axes {
    pub x: Option<String>,
    pub y: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum MetricValue {
    Number(f64),
    Text(String),
    Boolean(bool),
    LinearGraph {
        points: Vec<(f64, f64)>,
        x_axis: Option<String>,
        y_axis: Option<String>,
    },
    BarChart {
        values: Vec<f64>,
        /// May be fewer than the values, and none.
        labels: Vec<String>,
        y_axis: Option<String>,
    },
    /// Rows of equal or different lengths, as they are given.
    Matrix {
        rows: Vec<Vec<f64>>,
        row_names: Vec<String>,
        column_names: Vec<String>,
    },
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct AdditionalInformation {
    pub ethical_considerations: Option<String>,
    pub caveats: Option<String>,
    /// In the order of the document.
    pub custom: Vec<(String, String)>,
}
