//! An endpoint as DescribeEndpoint shows it.

use probity_domain::document::api::endpoint::{Deployment, Endpoint, VariantSetting};
use probity_domain::resource::EndpointState;
use probity_store::resource::Resource;
use serde_json::{Value, json};

use super::{ENDPOINT, state};
use crate::fault::Fault;
use crate::stored::{self, Members, pick};
use crate::timestamp;

/// What Describe shows of an endpoint.
pub(crate) fn members(resource: &Resource) -> Result<Members, Fault> {
    let endpoint: Endpoint = stored::read_body(resource)?;
    let state = state(resource)?;
    let row = ENDPOINT.describe(resource);
    let mut members = pick(&row, &["EndpointName", "EndpointArn"]);
    let mut show = |member: &str, value: Value| {
        members.insert(member.to_owned(), value);
    };
    if let Some(deployment) = endpoint.in_service.as_ref().or(endpoint.pending.as_ref()) {
        show(
            "EndpointConfigName",
            deployment.config.endpoint_config_name.as_str().into(),
        );
        if let Some(capture) = capture_summary(deployment, state) {
            show("DataCaptureConfig", capture);
        }
        let config = json!(deployment.config);
        for member in ["AsyncInferenceConfig", "ExplainerConfig", "MetricsConfig"] {
            if let Some(value) = config.get(member) {
                show(member, value.clone());
            }
        }
    }
    if let Some(deployment) = &endpoint.in_service {
        show("ProductionVariants", variants(deployment));
    }
    if let (Some(deployment), true) = (&endpoint.pending, state.is_in_progress()) {
        show(
            "PendingDeploymentSummary",
            json!({
                "EndpointConfigName": deployment.config.endpoint_config_name,
                "ProductionVariants": variants(deployment),
                "StartTime": timestamp::seconds(deployment.started_ms),
            }),
        );
    }
    if let Some(reason) = &endpoint.failure_reason {
        show("FailureReason", reason.as_str().into());
    }
    if let Some(config) = &endpoint.last_deployment_config {
        show("LastDeploymentConfig", config.clone());
    }
    let rest = ["EndpointStatus", "CreationTime", "LastModifiedTime"];
    members.extend(pick(&row, &rest));
    Ok(members)
}

/// `KmsKeyId` is required in the service model, and empty where there is none.
fn capture_summary(deployment: &Deployment, state: EndpointState) -> Option<Value> {
    let capture = deployment.config.data_capture_config.as_ref()?;
    let runs = capture.is_enabled() && state.serves();
    Some(json!({
        "EnableCapture": capture.is_enabled(),
        "CaptureStatus": if runs { "Started" } else { "Stopped" },
        "CurrentSamplingPercentage": capture.initial_sampling_percentage,
        "DestinationS3Uri": capture.destination_s3_uri,
        "KmsKeyId": capture.kms_key_id.as_deref().unwrap_or_default(),
    }))
}

fn variants(deployment: &Deployment) -> Value {
    deployment
        .variants
        .iter()
        .map(|setting| variant(deployment, setting))
        .collect()
}

fn variant(deployment: &Deployment, setting: &VariantSetting) -> Value {
    let mut summary = json!({
        "VariantName": setting.variant_name,
        "DeployedImages": images(deployment, &setting.variant_name),
        "CurrentWeight": setting.weight,
        "DesiredWeight": setting.weight,
    });
    if let Some(count) = setting.instance_count {
        summary["CurrentInstanceCount"] = count.into();
        summary["DesiredInstanceCount"] = count.into();
    }
    if let Some(config) = &setting.serverless_config {
        summary["CurrentServerlessConfig"] = Value::Object(config.clone());
        summary["DesiredServerlessConfig"] = Value::Object(config.clone());
    }
    summary
}

/// The images that the models name. None is pulled, so none resolves to another.
fn images(deployment: &Deployment, variant_name: &str) -> Value {
    let resolved = timestamp::seconds(deployment.ready_ms.unwrap_or(deployment.started_ms));
    let served = deployment.served();
    let images = served
        .iter()
        .filter(|served| served.name == variant_name)
        .flat_map(|served| served.model.all_containers())
        .filter_map(|container| container.image.as_deref())
        .map(|image| {
            json!({
                "SpecifiedImage": image,
                "ResolvedImage": image,
                "ResolutionTime": resolved,
            })
        });
    images.collect()
}
