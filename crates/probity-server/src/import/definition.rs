//! The job definition that the results of a monitor tell of. What they do not tell has the value
//! that the SDK would send, and somebody looks at it before the schedule runs.

use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use serde_json::{Map, Value, json};

use super::text;

const ANALYZER: &str = "probity/sagemaker-model-monitor-analyzer";
const CLARIFY: &str = "probity/sagemaker-clarify-processing:1.0";

/// The members of `Create…JobDefinition`, without the name.
pub(super) fn recovered(kind: MonitoringType, wanted: &Value, account: &str) -> Map<String, Value> {
    let words = kind.as_str();
    let mut members = Map::new();
    let mut put = |member: &str, value: Value| {
        members.insert(format!("{words}{member}"), value);
    };
    put("AppSpecification", app(kind, wanted));
    if let Some(baseline) = baseline(kind, wanted) {
        put("BaselineConfig", baseline);
    }
    put("JobInput", input(kind, wanted));
    put(
        "JobOutputConfig",
        json!({ "MonitoringOutputs": [{ "S3Output": {
            "S3Uri": text(wanted, "OutputS3Uri"),
            "LocalPath": "/opt/ml/processing/output",
            "S3UploadMode": "EndOfJob",
        } }] }),
    );
    members.insert(
        "JobResources".to_owned(),
        json!({ "ClusterConfig": {
            "InstanceCount": 1,
            "InstanceType": "ml.m5.xlarge",
            "VolumeSizeInGB": 20,
        } }),
    );
    members.insert(
        "StoppingCondition".to_owned(),
        json!({ "MaxRuntimeInSeconds": 1800 }),
    );
    let role = format!("arn:aws:iam::{account}:role/imported");
    members.insert("RoleArn".to_owned(), role.into());
    members
}

fn app(kind: MonitoringType, wanted: &Value) -> Value {
    match kind {
        MonitoringType::DataQuality => json!({ "ImageUri": ANALYZER }),
        MonitoringType::ModelQuality => {
            json!({ "ImageUri": ANALYZER, "ProblemType": text(wanted, "ProblemType") })
        }
        MonitoringType::ModelBias | MonitoringType::ModelExplainability => {
            json!({ "ImageUri": CLARIFY, "ConfigUri": text(wanted, "ConfigS3Uri") })
        }
    }
}

fn baseline(kind: MonitoringType, wanted: &Value) -> Option<Value> {
    let mut members = Map::new();
    let mut put = |member: &str, uri: &str| {
        if !uri.is_empty() {
            members.insert(member.to_owned(), json!({ "S3Uri": uri }));
        }
    };
    put(
        "ConstraintsResource",
        text(wanted, "BaselineConstraintsS3Uri"),
    );
    if kind == MonitoringType::DataQuality {
        put(
            "StatisticsResource",
            text(wanted, "BaselineStatisticsS3Uri"),
        );
    }
    (!members.is_empty()).then_some(Value::Object(members))
}

fn input(kind: MonitoringType, wanted: &Value) -> Value {
    let mut source = json!({
        "LocalPath": "/opt/ml/processing/input/endpoint",
        "S3InputMode": "File",
        "S3DataDistributionType": "FullyReplicated",
    });
    match kind {
        MonitoringType::ModelQuality | MonitoringType::ModelBias => {
            source["InferenceAttribute"] = Value::from("0");
        }
        MonitoringType::DataQuality | MonitoringType::ModelExplainability => {}
    }
    let endpoint = text(wanted, "EndpointName");
    let member = match endpoint {
        "" => {
            source["DataCapturedDestinationS3Uri"] = text(wanted, "BatchDataS3Uri").into();
            source["DatasetFormat"] = json!({ "Csv": {} });
            "BatchTransformInput"
        }
        endpoint => {
            source["EndpointName"] = endpoint.into();
            "EndpointInput"
        }
    };
    let mut input = json!({ member: source });
    match kind {
        MonitoringType::ModelQuality | MonitoringType::ModelBias => {
            input["GroundTruthS3Input"] = json!({ "S3Uri": text(wanted, "GroundTruthS3Uri") });
        }
        MonitoringType::DataQuality | MonitoringType::ModelExplainability => {}
    }
    input
}

#[cfg(test)]
mod tests {
    use probity_domain::document::api::monitoring_job_definition::MonitoringJobDefinition;

    use super::*;
    use crate::aws::{Service, accept};

    /// What an import writes, its users must be able to create by themselves.
    #[test]
    fn each_kind_is_a_definition_that_the_service_takes() {
        let wanted = json!({
            "OutputS3Uri": "s3://b/results",
            "EndpointName": "churn",
            "BaselineConstraintsS3Uri": "s3://b/baseline/constraints.json",
            "BaselineStatisticsS3Uri": "s3://b/baseline/statistics.json",
            "ConfigS3Uri": "s3://b/analysis_config.json",
            "ProblemType": "Regression",
            "GroundTruthS3Uri": "s3://b/labels",
        });
        let model = Service::SageMaker.model().unwrap();
        for kind in MonitoringType::ALL {
            let mut members = recovered(kind, &wanted, "111122223333");
            members.insert("JobDefinitionName".to_owned(), "d".into());
            let operation = format!("Create{}JobDefinition", kind.as_str());
            let accepted = accept(model, &operation, Value::Object(members));
            let read: MonitoringJobDefinition = serde_json::from_value(accepted.unwrap()).unwrap();
            let input = read.job_input.endpoint_input.unwrap();
            assert_eq!(input.endpoint_name.as_deref(), Some("churn"));
            assert!(read.baseline_config.is_some());
        }
    }
}
