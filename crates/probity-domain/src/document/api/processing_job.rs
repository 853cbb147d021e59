//! A processing job: which image, on which inputs, to which outputs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Rest;

/// `CreateProcessingJob` as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ProcessingJob {
    pub processing_job_name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub processing_inputs: Vec<ProcessingInput>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processing_output_config: Option<ProcessingOutputConfig>,
    pub processing_resources: ProcessingResources,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopping_condition: Option<StoppingCondition>,
    pub app_specification: AppSpecification,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// The schedule whose execution this job is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monitoring_schedule_arn: Option<String>,
    #[serde(flatten)]
    pub rest: Rest,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ProcessingInput {
    pub input_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_managed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub s3_input: Option<ProcessingS3Input>,
    /// Athena or Redshift.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset_definition: Option<Value>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ProcessingS3Input {
    /// A prefix: one object, or all below it.
    pub s3_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_path: Option<String>,
    /// `S3Prefix` or `ManifestFile`.
    pub s3_data_type: String,
    /// `File` where it is missing, or `Pipe`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub s3_input_mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub s3_data_distribution_type: Option<String>,
    /// `None` where it is missing, or `Gzip`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub s3_compression_type: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ProcessingOutputConfig {
    pub outputs: Vec<ProcessingOutput>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_id: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ProcessingOutput {
    pub output_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub s3_output: Option<ProcessingS3Output>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature_store_output: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_managed: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ProcessingS3Output {
    pub s3_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_path: Option<String>,
    /// `EndOfJob` or `Continuous`.
    pub s3_upload_mode: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ProcessingResources {
    pub cluster_config: ProcessingClusterConfig,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ProcessingClusterConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_type: Option<String>,
    #[serde(rename = "VolumeSizeInGB")]
    pub volume_size_in_gb: u32,
    #[serde(flatten)]
    pub rest: Rest,
}

/// `StoppingCondition` of processing jobs and of monitoring job definitions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct StoppingCondition {
    pub max_runtime_in_seconds: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AppSpecification {
    pub image_uri: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub container_entrypoint: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub container_arguments: Vec<String>,
}

/// What an image does, by the name of its repository: account, region and tag differ by place and
/// time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageRole {
    /// Data quality and model quality.
    Analyzer,
    /// Bias and explanations.
    Clarify,
    /// Whatever its entry point does.
    Other,
}

impl ImageRole {
    pub const ANALYZER_REPOSITORY: &'static str = "sagemaker-model-monitor-analyzer";
    pub const CLARIFY_REPOSITORY: &'static str = "sagemaker-clarify-processing";

    pub fn of(image_uri: &str) -> ImageRole {
        let last = image_uri.rsplit('/').next().unwrap_or(image_uri);
        let repository = last.split(['@', ':']).next().unwrap_or(last);
        match repository {
            Self::ANALYZER_REPOSITORY => Self::Analyzer,
            Self::CLARIFY_REPOSITORY => Self::Clarify,
            _ => Self::Other,
        }
    }
}

impl ProcessingJob {
    pub fn image_role(&self) -> ImageRole {
        ImageRole::of(&self.app_specification.image_uri)
    }

    /// The input that a container would find at `local_path`.
    pub fn input_at(&self, local_path: &str) -> Option<&ProcessingS3Input> {
        self.processing_inputs
            .iter()
            .filter_map(|input| input.s3_input.as_ref())
            .find(|input| input.local_path.as_deref() == Some(local_path))
    }

    pub fn outputs(&self) -> &[ProcessingOutput] {
        self.processing_output_config
            .as_ref()
            .map_or(&[], |config| config.outputs.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_image_is_known_by_its_repository() {
        for (uri, role) in [
            (
                "159807026194.dkr.ecr.us-west-2.amazonaws.com/sagemaker-model-monitor-analyzer",
                ImageRole::Analyzer,
            ),
            (
                "1.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-clarify-processing:1.0",
                ImageRole::Clarify,
            ),
            ("sagemaker-clarify-processing@sha256:00", ImageRole::Clarify),
            ("host:5000/sagemaker-clarify-processing", ImageRole::Clarify),
            (
                "1.dkr.ecr/sagemaker-scikit-learn:1.2-1-cpu-py3",
                ImageRole::Other,
            ),
            ("sagemaker-clarify-processing/mine", ImageRole::Other),
            ("", ImageRole::Other),
        ] {
            assert_eq!(ImageRole::of(uri), role, "{uri}");
        }
    }

    /// As the SageMaker Python SDK sends it.
    #[test]
    fn a_job_reads_back_as_it_was_written() {
        let written = json!({
            "ProcessingJobName": "wire-clarify",
            "ProcessingInputs": [{
                "InputName": "dataset",
                "AppManaged": false,
                "S3Input": {
                    "S3Uri": "s3://b/clarify/data.csv",
                    "LocalPath": "/opt/ml/processing/input/data",
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                    "S3DataDistributionType": "FullyReplicated",
                    "S3CompressionType": "None",
                },
            }],
            "ProcessingOutputConfig": { "Outputs": [{
                "OutputName": "analysis_result",
                "S3Output": {
                    "S3Uri": "s3://b/clarify/bias",
                    "LocalPath": "/opt/ml/processing/output",
                    "S3UploadMode": "EndOfJob",
                },
                "AppManaged": false,
            }] },
            "ProcessingResources": { "ClusterConfig": {
                "InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 30,
            } },
            "StoppingCondition": { "MaxRuntimeInSeconds": 1800 },
            "AppSpecification": { "ImageUri": "x/sagemaker-clarify-processing:1.0" },
            "RoleArn": "arn:aws:iam::111122223333:role/service-role/Governor",
            "NetworkConfig": { "EnableNetworkIsolation": false },
        });
        let job: ProcessingJob = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(&job).unwrap(), written);
        assert_eq!(job.image_role(), ImageRole::Clarify);
        let input = job.input_at("/opt/ml/processing/input/data").unwrap();
        assert_eq!(input.s3_uri, "s3://b/clarify/data.csv");
        assert_eq!(job.outputs().len(), 1);
    }
}
