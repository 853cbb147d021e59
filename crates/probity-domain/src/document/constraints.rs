//! `constraints.json` of a data-quality job: what a baseline suggests and a check obeys.
//!
//! Source: AWS developer guide, "Schema for constraints", and the SageMaker Python SDK,
//! which disagree about overrides. Every spelling is read and kept where it stood, members
//! that we don't know are kept too, so that an edit changes nothing but what it sets.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::java_json;
use super::number::{double, optional_double};
use super::read::{ReadDocument, read};
use super::statistics::{InferredType, write_inferred_type};

pub use super::monitoring_config::{
    CategoricalDriftMethod, ComparisonMethod, DistributionConstraints, MonitoringConfig, Switch,
};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Constraints {
    #[serde(default, with = "double")]
    pub version: f64,
    pub features: Vec<FeatureConstraints>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitoring_config: Option<MonitoringConfig>,
    /// Members that we don't know, as read.
    #[serde(flatten)]
    pub other_members: Map<String, Value>,
}

impl Constraints {
    /// Reads the bytes of a `constraints.json`.
    pub fn from_json(bytes: &[u8]) -> Result<Constraints, ReadDocument> {
        read("constraints.json", bytes)
    }

    /// Writes the file as SageMaker does.
    pub fn write_json<W: Write>(&self, writer: W) -> io::Result<()> {
        java_json::write(writer, self)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "WrittenFeature", into = "WrittenFeature")]
pub struct FeatureConstraints {
    pub name: String,
    pub inferred_type: InferredType,
    /// Smallest share of present values.
    pub completeness: Option<f64>,
    pub num_constraints: Option<NumConstraints>,
    pub string_constraints: Option<StringConstraints>,
    /// Overrides of `monitoring_config` for this feature.
    pub monitoring_config_overrides: Option<MonitoringConfig>,
    pub overrides_spelling: OverridesSpelling,
    /// Members that we don't know, as read.
    pub other_members: Map<String, Value>,
}

impl FeatureConstraints {
    /// The overrides from all places where they may stand. Those of the feature itself win
    /// over those inside `string_constraints` and `num_constraints`, which only versions of
    /// the SDK of 2019 to 2023 wrote.
    pub fn overrides(&self) -> MonitoringConfig {
        let string = self.string_constraints.as_ref();
        let numeric = self.num_constraints.as_ref();
        let places = [
            self.monitoring_config_overrides.as_ref(),
            string.and_then(|string| string.monitoring_config_overrides.as_ref()),
            numeric.and_then(|numeric| numeric.monitoring_config_overrides.as_ref()),
        ];
        let found = places.into_iter().flatten();
        found.fold(MonitoringConfig::default(), |merged, place| {
            merged.or(place)
        })
    }
}

/// How the overrides of a feature are spelled in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OverridesSpelling {
    /// `monitoringConfigOverrides`, of the published schema.
    #[default]
    Published,
    /// `monitoring_config_overrides`, which `Constraints.set_monitoring` of the SDK writes.
    Sdk,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NumConstraints {
    /// `false` claims nothing.
    #[serde(default)]
    pub is_non_negative: bool,
    #[serde(
        default,
        alias = "monitoringConfigOverrides",
        skip_serializing_if = "Option::is_none"
    )]
    pub monitoring_config_overrides: Option<MonitoringConfig>,
    /// Members that we don't know, as read.
    #[serde(flatten)]
    pub other_members: Map<String, Value>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StringConstraints {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domains: Option<Vec<String>>,
    /// The place where the SDK of 2019 put overrides of string features.
    #[serde(
        default,
        alias = "monitoringConfigOverrides",
        skip_serializing_if = "Option::is_none"
    )]
    pub monitoring_config_overrides: Option<MonitoringConfig>,
    /// Members that we don't know, as read.
    #[serde(flatten)]
    pub other_members: Map<String, Value>,
}

/// A feature with each spelling of its overrides as a member of its own.
#[derive(Serialize, Deserialize)]
struct WrittenFeature {
    name: String,
    #[serde(serialize_with = "write_inferred_type")]
    inferred_type: InferredType,
    #[serde(
        default,
        with = "optional_double",
        skip_serializing_if = "Option::is_none"
    )]
    completeness: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    num_constraints: Option<NumConstraints>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    string_constraints: Option<StringConstraints>,
    #[serde(
        default,
        rename = "monitoringConfigOverrides",
        skip_serializing_if = "Option::is_none"
    )]
    published: Option<MonitoringConfig>,
    #[serde(
        default,
        rename = "monitoring_config_overrides",
        skip_serializing_if = "Option::is_none"
    )]
    sdk: Option<MonitoringConfig>,
    #[serde(flatten)]
    other_members: Map<String, Value>,
}

impl From<WrittenFeature> for FeatureConstraints {
    fn from(written: WrittenFeature) -> FeatureConstraints {
        // The SDK edits files that SageMaker or Probity wrote: its word is the later one.
        let (overrides, spelling) = match (written.sdk, written.published) {
            (Some(sdk), Some(published)) => (Some(sdk.or(&published)), OverridesSpelling::Sdk),
            (Some(sdk), None) => (Some(sdk), OverridesSpelling::Sdk),
            (None, published) => (published, OverridesSpelling::Published),
        };
        FeatureConstraints {
            name: written.name,
            inferred_type: written.inferred_type,
            completeness: written.completeness,
            num_constraints: written.num_constraints,
            string_constraints: written.string_constraints,
            monitoring_config_overrides: overrides,
            overrides_spelling: spelling,
            other_members: written.other_members,
        }
    }
}

impl From<FeatureConstraints> for WrittenFeature {
    fn from(feature: FeatureConstraints) -> WrittenFeature {
        let overrides = feature.monitoring_config_overrides;
        let (published, sdk) = match feature.overrides_spelling {
            OverridesSpelling::Published => (overrides, None),
            OverridesSpelling::Sdk => (None, overrides),
        };
        WrittenFeature {
            name: feature.name,
            inferred_type: feature.inferred_type,
            completeness: feature.completeness,
            num_constraints: feature.num_constraints,
            string_constraints: feature.string_constraints,
            published,
            sdk,
            other_members: feature.other_members,
        }
    }
}
