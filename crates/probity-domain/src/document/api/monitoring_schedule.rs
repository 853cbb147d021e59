//! `MonitoringScheduleConfig`: when a monitor runs, and what it does, by name or written out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Rest;
use super::monitoring_job_definition::{
    BaselineConfig, MonitoringAppSpecification, MonitoringInput, MonitoringJobDefinition,
    MonitoringJobInput, MonitoringOutputConfig,
};
use super::processing_job::{ProcessingResources, StoppingCondition};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct MonitoringScheduleConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule_config: Option<ScheduleConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monitoring_job_definition: Option<InlineJobDefinition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monitoring_job_definition_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monitoring_type: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ScheduleConfig {
    /// `cron(…)` or `NOW`.
    pub schedule_expression: String,
    /// An offset from the time of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_analysis_start_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_analysis_end_time: Option<String>,
}

/// A definition inside its schedule: data quality only. Its members have other names than those
/// of a definition that stands by itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct InlineJobDefinition {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline_config: Option<BaselineConfig>,
    /// Exactly one.
    pub monitoring_inputs: Vec<InlineInput>,
    pub monitoring_output_config: MonitoringOutputConfig,
    pub monitoring_resources: ProcessingResources,
    pub monitoring_app_specification: MonitoringAppSpecification,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopping_condition: Option<StoppingCondition>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    pub role_arn: String,
    #[serde(flatten)]
    pub rest: Rest,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct InlineInput {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint_input: Option<MonitoringInput>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_transform_input: Option<MonitoringInput>,
}

impl InlineJobDefinition {
    /// The same as a definition by itself, without a name.
    pub fn definition(&self) -> MonitoringJobDefinition {
        let input = self.monitoring_inputs.first().cloned().unwrap_or_default();
        let mut app_specification = self.monitoring_app_specification.clone();
        app_specification
            .environment
            .extend(self.environment.clone());
        MonitoringJobDefinition {
            job_definition_name: String::new(),
            baseline_config: self.baseline_config.clone(),
            app_specification,
            job_input: MonitoringJobInput {
                endpoint_input: input.endpoint_input,
                batch_transform_input: input.batch_transform_input,
                ground_truth_s3_input: None,
            },
            job_output_config: self.monitoring_output_config.clone(),
            job_resources: self.monitoring_resources.clone(),
            stopping_condition: self.stopping_condition.clone(),
            role_arn: self.role_arn.clone(),
            rest: Rest::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_inline_definition_becomes_one_by_itself() {
        let config: MonitoringScheduleConfig = serde_json::from_value(json!({
            "ScheduleConfig": { "ScheduleExpression": "cron(0 * ? * * *)" },
            "MonitoringJobDefinition": {
                "BaselineConfig": { "ConstraintsResource": { "S3Uri": "s3://b/c.json" } },
                "MonitoringInputs": [{ "EndpointInput": { "EndpointName": "e", "LocalPath": "/in" } }],
                "MonitoringOutputConfig": { "MonitoringOutputs": [
                    { "S3Output": { "S3Uri": "s3://b/r", "LocalPath": "/out" } },
                ] },
                "MonitoringResources": { "ClusterConfig": { "InstanceCount": 1 } },
                "MonitoringAppSpecification": { "ImageUri": "i" },
                "Environment": { "A": "1" },
                "StoppingCondition": { "MaxRuntimeInSeconds": 1800 },
                "RoleArn": "arn:aws:iam::111122223333:role/r",
            },
        }))
        .unwrap();
        let definition = config.monitoring_job_definition.unwrap().definition();
        let input = definition.job_input.endpoint_input.unwrap();
        assert_eq!(input.endpoint_name.as_deref(), Some("e"));
        assert_eq!(definition.app_specification.environment["A"], "1");
        assert_eq!(definition.job_output_config.monitoring_outputs.len(), 1);
        assert_eq!(
            definition
                .stopping_condition
                .unwrap()
                .max_runtime_in_seconds,
            1800
        );
    }
}
