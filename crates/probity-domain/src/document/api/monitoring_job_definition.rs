//! The four kinds of monitoring job definitions: what is watched, against what, and how often it
//! may take how long. They differ in the first words of their members' names only.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Rest;
use super::processing_job::{ProcessingResources, ProcessingS3Output, StoppingCondition};

/// Which kind of monitor a definition belongs to (`MonitoringType` of the API).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MonitoringType {
    DataQuality,
    ModelQuality,
    ModelBias,
    ModelExplainability,
}

/// A definition of any kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct MonitoringJobDefinition {
    pub job_definition_name: String,
    #[serde(
        alias = "DataQualityBaselineConfig",
        alias = "ModelQualityBaselineConfig",
        alias = "ModelBiasBaselineConfig",
        alias = "ModelExplainabilityBaselineConfig",
        skip_serializing_if = "Option::is_none"
    )]
    pub baseline_config: Option<BaselineConfig>,
    #[serde(
        alias = "DataQualityAppSpecification",
        alias = "ModelQualityAppSpecification",
        alias = "ModelBiasAppSpecification",
        alias = "ModelExplainabilityAppSpecification"
    )]
    pub app_specification: MonitoringAppSpecification,
    #[serde(
        alias = "DataQualityJobInput",
        alias = "ModelQualityJobInput",
        alias = "ModelBiasJobInput",
        alias = "ModelExplainabilityJobInput"
    )]
    pub job_input: MonitoringJobInput,
    #[serde(
        alias = "DataQualityJobOutputConfig",
        alias = "ModelQualityJobOutputConfig",
        alias = "ModelBiasJobOutputConfig",
        alias = "ModelExplainabilityJobOutputConfig"
    )]
    pub job_output_config: MonitoringOutputConfig,
    pub job_resources: ProcessingResources,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopping_condition: Option<StoppingCondition>,
    pub role_arn: String,
    #[serde(flatten)]
    pub rest: Rest,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct BaselineConfig {
    /// The job whose output is the baseline where no resource is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baselining_job_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraints_resource: Option<S3Resource>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistics_resource: Option<S3Resource>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct S3Resource {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub s3_uri: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct MonitoringAppSpecification {
    pub image_uri: String,
    /// Clarify's configuration: bias and explanations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_preprocessor_source_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_analytics_processor_source_uri: Option<String>,
    /// Model quality: `BinaryClassification`, `MulticlassClassification` or `Regression`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem_type: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    #[serde(flatten)]
    pub rest: Rest,
}

/// Captured calls of an endpoint, or of transform jobs; never both.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct MonitoringJobInput {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint_input: Option<MonitoringInput>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_transform_input: Option<MonitoringInput>,
    #[serde(rename = "GroundTruthS3Input", skip_serializing_if = "Option::is_none")]
    pub ground_truth_s3_input: Option<S3Resource>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct MonitoringInput {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint_name: Option<String>,
    #[serde(
        rename = "DataCapturedDestinationS3Uri",
        skip_serializing_if = "Option::is_none"
    )]
    pub data_captured_destination_s3_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset_format: Option<Value>,
    pub local_path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features_attribute: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inference_attribute: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability_attribute: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability_threshold_attribute: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time_offset: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time_offset: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude_features_attribute: Option<String>,
    #[serde(flatten)]
    pub rest: Rest,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct MonitoringOutputConfig {
    pub monitoring_outputs: Vec<MonitoringOutput>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_id: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct MonitoringOutput {
    pub s3_output: ProcessingS3Output,
}

impl MonitoringType {
    pub const ALL: [MonitoringType; 4] = [
        Self::DataQuality,
        Self::ModelQuality,
        Self::ModelBias,
        Self::ModelExplainability,
    ];

    /// Also the first words of the members' names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DataQuality => "DataQuality",
            Self::ModelQuality => "ModelQuality",
            Self::ModelBias => "ModelBias",
            Self::ModelExplainability => "ModelExplainability",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_type_reads_all_four_kinds() {
        for monitoring in MonitoringType::ALL {
            let kind = monitoring.as_str();
            let definition: MonitoringJobDefinition = serde_json::from_value(json!({
                "JobDefinitionName": "d",
                format!("{kind}AppSpecification"): { "ImageUri": "i", "ConfigUri": "s3://b/c" },
                format!("{kind}BaselineConfig"): { "BaseliningJobName": "j" },
                format!("{kind}JobInput"): {
                    "EndpointInput": { "EndpointName": "e", "LocalPath": "/in" },
                    "GroundTruthS3Input": { "S3Uri": "s3://b/g" },
                },
                format!("{kind}JobOutputConfig"): { "MonitoringOutputs": [
                    { "S3Output": { "S3Uri": "s3://b/r", "LocalPath": "/out" } },
                ] },
            }))
            .unwrap();
            assert_eq!(definition.app_specification.image_uri, "i", "{kind}");
            let input = definition.job_input.endpoint_input.unwrap();
            assert_eq!(input.endpoint_name.as_deref(), Some("e"), "{kind}");
            assert_eq!(definition.job_output_config.monitoring_outputs.len(), 1);
            let baseline = definition.baseline_config.unwrap();
            assert_eq!(baseline.baselining_job_name.as_deref(), Some("j"));
            let labels = definition.job_input.ground_truth_s3_input.unwrap();
            assert_eq!(labels.s3_uri.as_deref(), Some("s3://b/g"));
        }
    }
}
