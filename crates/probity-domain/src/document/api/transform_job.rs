//! A transform job: a model over every record below a prefix.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Rest;

/// `CreateTransformJob` as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TransformJob {
    pub transform_job_name: String,
    pub model_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_concurrent_transforms: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_client_config: Option<ModelClientConfig>,
    /// 6 where it is missing; 0 is no limit.
    #[serde(rename = "MaxPayloadInMB", skip_serializing_if = "Option::is_none")]
    pub max_payload_in_mb: Option<u32>,
    /// `MultiRecord` or `SingleRecord`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_strategy: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    pub transform_input: TransformInput,
    pub transform_output: TransformOutput,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_capture_config: Option<BatchDataCaptureConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_processing: Option<DataProcessing>,
    #[serde(flatten)]
    pub rest: Rest,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ModelClientConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invocations_timeout_in_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invocations_max_retries: Option<u32>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TransformInput {
    pub data_source: TransformDataSource,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// `None` where it is missing, or `Gzip`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression_type: Option<String>,
    /// `None` where it is missing, `Line`, `RecordIO` or `TFRecord`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split_type: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TransformDataSource {
    pub s3_data_source: TransformS3DataSource,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TransformS3DataSource {
    /// `S3Prefix`, `ManifestFile`, `AugmentedManifestFile` or `Converse`.
    pub s3_data_type: String,
    pub s3_uri: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TransformOutput {
    pub s3_output_path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept: Option<String>,
    /// `None` where it is missing, or `Line`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assemble_with: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_id: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct BatchDataCaptureConfig {
    pub destination_s3_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generate_inference_id: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DataProcessing {
    /// JSONPath; `$` where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_filter: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_filter: Option<String>,
    /// `None` where it is missing, or `Input`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub join_source: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// As the SageMaker Python SDK sends it.
    #[test]
    fn a_job_reads_back_as_it_was_written() {
        let written = json!({
            "TransformJobName": "t",
            "ModelName": "m",
            "MaxPayloadInMB": 6,
            "BatchStrategy": "MultiRecord",
            "TransformInput": {
                "DataSource": { "S3DataSource": {
                    "S3DataType": "S3Prefix", "S3Uri": "s3://b/async/in.csv",
                } },
                "ContentType": "text/csv",
                "SplitType": "Line",
            },
            "TransformOutput": {
                "S3OutputPath": "s3://b/out", "Accept": "text/csv", "AssembleWith": "Line",
            },
            "DataCaptureConfig": {
                "DestinationS3Uri": "s3://b/capture", "GenerateInferenceId": true,
            },
            "DataProcessing": { "InputFilter": "$", "OutputFilter": "$", "JoinSource": "Input" },
            "TransformResources": { "InstanceType": "ml.m5.large", "InstanceCount": 1 },
        });
        let job: TransformJob = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(&job).unwrap(), written);
    }
}
