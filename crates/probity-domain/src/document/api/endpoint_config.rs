//! How an endpoint serves: its variants, what it captures, how it explains.

use serde::{Deserialize, Serialize};

use super::Rest;

/// `CreateEndpointConfig` as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct EndpointConfig {
    pub endpoint_config_name: String,
    pub production_variants: Vec<ProductionVariant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_capture_config: Option<DataCaptureConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explainer_config: Option<ExplainerConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub async_inference_config: Option<AsyncInferenceConfig>,
    #[serde(flatten)]
    pub rest: Rest,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ProductionVariant {
    pub variant_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_instance_count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_variant_weight: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serverless_config: Option<Rest>,
    #[serde(flatten)]
    pub rest: Rest,
}

/// Which calls are recorded, and where to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DataCaptureConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_capture: Option<bool>,
    /// Percent of the calls, 0 to 100.
    pub initial_sampling_percentage: u8,
    pub destination_s3_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_id: Option<String>,
    pub capture_options: Vec<CaptureOption>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capture_content_type_header: Option<CaptureContentTypeHeader>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CaptureOption {
    /// `Input`, `Output` or `InputAndOutput`.
    pub capture_mode: String,
}

/// Content types whose bodies are recorded as text; all others are recorded in base64.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CaptureContentTypeHeader {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub csv_content_types: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub json_content_types: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ExplainerConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clarify_explainer_config: Option<ClarifyExplainerConfig>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ClarifyExplainerConfig {
    /// A JMESPath expression; `` `true` `` where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_explanations: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inference_config: Option<ClarifyInferenceConfig>,
    pub shap_config: ClarifyShapConfig,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ClarifyInferenceConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features_attribute: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_template: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_record_count: Option<u32>,
    #[serde(rename = "MaxPayloadInMB", skip_serializing_if = "Option::is_none")]
    pub max_payload_in_mb: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability_index: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_index: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability_attribute: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_attribute: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub label_headers: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub feature_headers: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub feature_types: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ClarifyShapConfig {
    pub shap_baseline_config: ClarifyShapBaselineConfig,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number_of_samples: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_logit: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// Explanations of text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_config: Option<Rest>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ClarifyShapBaselineConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shap_baseline: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shap_baseline_uri: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AsyncInferenceConfig {
    pub output_config: AsyncInferenceOutputConfig,
    #[serde(flatten)]
    pub rest: Rest,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AsyncInferenceOutputConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub s3_output_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub s3_failure_path: Option<String>,
    #[serde(flatten)]
    pub rest: Rest,
}

impl ProductionVariant {
    /// A variant without a weight has the weight 1.
    pub fn weight(&self) -> f64 {
        self.initial_variant_weight.unwrap_or(1.0)
    }
}

impl DataCaptureConfig {
    /// A configuration that does not say so is enabled.
    pub fn is_enabled(&self) -> bool {
        self.enable_capture.unwrap_or(true)
    }

    pub fn captures_input(&self) -> bool {
        self.captures("Input")
    }

    pub fn captures_output(&self) -> bool {
        self.captures("Output")
    }

    fn captures(&self, mode: &str) -> bool {
        self.capture_options
            .iter()
            .any(|option| option.capture_mode == mode || option.capture_mode == "InputAndOutput")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// As the SageMaker Python SDK sends it.
    fn written() -> Value {
        json!({
            "EndpointConfigName": "live",
            "ProductionVariants": [{
                "VariantName": "AllTraffic",
                "ModelName": "live-model",
                "InitialInstanceCount": 1,
                "InstanceType": "ml.m5.large",
                "InitialVariantWeight": 1.0,
                "VolumeSizeInGB": 30,
            }],
            "DataCaptureConfig": {
                "EnableCapture": true,
                "InitialSamplingPercentage": 100,
                "DestinationS3Uri": "s3://b/live-capture",
                "CaptureOptions": [{ "CaptureMode": "Input" }, { "CaptureMode": "Output" }],
                "CaptureContentTypeHeader": {
                    "CsvContentTypes": ["text/csv"],
                    "JsonContentTypes": ["application/json"],
                },
            },
            "KmsKeyId": "k",
        })
    }

    #[test]
    fn a_configuration_reads_back_as_it_was_written() {
        let config: EndpointConfig = serde_json::from_value(written()).unwrap();
        assert_eq!(serde_json::to_value(&config).unwrap(), written());
    }

    #[test]
    fn capture_is_on_unless_it_is_said_to_be_off() {
        let mut capture = DataCaptureConfig::default();
        assert!(capture.is_enabled());
        capture.enable_capture = Some(false);
        assert!(!capture.is_enabled());
    }

    #[test]
    fn one_option_may_ask_for_both_sides() {
        let mode = |mode: &str| DataCaptureConfig {
            capture_options: vec![CaptureOption {
                capture_mode: mode.to_owned(),
            }],
            ..DataCaptureConfig::default()
        };
        assert!(mode("InputAndOutput").captures_input());
        assert!(mode("InputAndOutput").captures_output());
        assert!(!mode("Input").captures_output());
        assert!(!mode("Output").captures_input());
    }
}
