//! Models, versions and endpoints, by the calls that anybody would make.

use anyhow::Result;
use serde_json::{Value, json};

use super::credit::CREDIT;
use super::demand::DEMAND;
use super::fraud::FRAUD;
use super::stage::{Stage, role, uri};
use super::subject::{Subject, Version};

pub(super) const SUBJECTS: [&Subject; 3] = [&CREDIT, &DEMAND, &FRAUD];

/// What a model in process needs of a container: none of it is run.
const IMAGE: &str = "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:1.7-1-cpu-py3";

pub(super) fn captures() -> String {
    uri("captures")
}

pub(super) fn labels(subject: &Subject) -> String {
    uri(&format!("labels/{}", subject.name))
}

fn artifact_key(subject: &Subject, version: &Version) -> String {
    format!("models/{}/{}", subject.name, version.file)
}

pub(super) fn artifact(subject: &Subject, version: &Version) -> String {
    uri(&artifact_key(subject, version))
}

/// The model's file in the bucket and its version in the registry, which waits for its approval.
pub(super) async fn register(
    stage: &Stage,
    subject: &Subject,
    version: &Version,
) -> Result<String> {
    let location = stage
        .put(&artifact_key(subject, version), version.content)
        .await?;
    let package = json!({
        "ModelPackageGroupName": subject.name,
        "ModelPackageDescription": version.description,
        "ModelApprovalStatus": "PendingManualApproval",
        "InferenceSpecification": {
            "Containers": [{"Image": IMAGE, "ModelDataUrl": location}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    });
    let made = stage.sagemaker("CreateModelPackage", package).await?;
    Ok(made["ModelPackageArn"]
        .as_str()
        .unwrap_or_default()
        .to_owned())
}

pub(super) async fn create_group(stage: &Stage, subject: &Subject) -> Result<()> {
    let group = json!({
        "ModelPackageGroupName": subject.name,
        "ModelPackageGroupDescription": format!("Versions of the {} model", subject.name),
    });
    stage.sagemaker("CreateModelPackageGroup", group).await?;
    Ok(())
}

/// Makes a model of an approved version.
pub(super) async fn create_model(stage: &Stage, subject: &Subject, package: &str) -> Result<()> {
    let model = json!({
        "ModelName": subject.name,
        "ExecutionRoleArn": role(stage),
        "PrimaryContainer": {
            "Image": IMAGE,
            "ModelDataUrl": artifact(subject, &subject.serving()),
            "ModelPackageName": package,
        },
    });
    stage.sagemaker("CreateModel", model).await?;
    Ok(())
}

/// Serves it, with every call captured.
pub(super) async fn create_endpoint(stage: &Stage, subject: &Subject) -> Result<()> {
    let config = json!({
        "EndpointConfigName": subject.name,
        "ProductionVariants": [{
            "VariantName": "AllTraffic",
            "ModelName": subject.name,
            "InitialInstanceCount": 1,
            "InstanceType": "ml.m5.large",
            "InitialVariantWeight": 1,
        }],
        "DataCaptureConfig": {
            "EnableCapture": true,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": captures(),
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
        },
    });
    stage.sagemaker("CreateEndpointConfig", config).await?;
    let endpoint = json!({"EndpointName": subject.name, "EndpointConfigName": subject.name});
    stage.sagemaker("CreateEndpoint", endpoint).await?;
    Ok(())
}

pub(super) async fn endpoints_are_in_service(stage: &Stage) -> Result<()> {
    stage.idle().await?;
    for subject in SUBJECTS {
        let asked: (&str, Value) = ("DescribeEndpoint", json!({"EndpointName": subject.name}));
        stage.demand(asked, ("EndpointStatus", "InService")).await?;
    }
    Ok(())
}
