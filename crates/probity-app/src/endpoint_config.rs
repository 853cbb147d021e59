//! Endpoint configurations: which models serve with which weights, what is captured, how calls
//! are explained.

use std::collections::BTreeSet;

use probity_domain::ResourceKind;
use probity_domain::document::api::endpoint_config::EndpointConfig;
use probity_store::resource::{SortBy, SortOrder};
use serde_json::{Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::listing;
use crate::model::MODEL;
use crate::stored::{self, Listing, Shown, Stored, no_attributes, pick};

pub(crate) static ENDPOINT_CONFIG: Stored = Stored {
    kind: ResourceKind::EndpointConfig,
    name_member: "EndpointConfigName",
    arn_member: "EndpointConfigArn",
    kept: &[
        "EndpointConfigName",
        "ProductionVariants",
        "DataCaptureConfig",
        "KmsKeyId",
        "AsyncInferenceConfig",
        "ExplainerConfig",
        "ExecutionRoleArn",
        "VpcConfig",
        "EnableNetworkIsolation",
        "MetricsConfig",
        "CrossRegionTrafficConfig",
    ],
    shown: &[Shown::CreationTime],
    attributes: no_attributes,
    list: Listing {
        items: "EndpointConfigs",
        summary: |config| {
            let members = ["EndpointConfigName", "EndpointConfigArn", "CreationTime"];
            pick(config, &members)
        },
        sort_by: SortBy::Created,
        order: SortOrder::Descending,
        filters: &[],
    },
};

pub async fn create(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:CreateEndpointConfig")?;
    let shadows = input.get("ShadowProductionVariants");
    if shadows.is_some_and(|shadows| !shadows.is_null()) {
        return Err(Fault::invalid(
            "ShadowProductionVariants: this server runs no shadow variants",
        ));
    }
    let mut draft = ENDPOINT_CONFIG.draft(&input)?;
    let config: EndpointConfig = serde_json::from_value(Value::Object(draft.body.clone()))
        .map_err(|source| Fault::invalid(source.to_string()))?;
    check(&deed, &config).await?;
    draft
        .body
        .entry("EnableNetworkIsolation")
        .or_insert(Value::Bool(false));
    let resource = stored::insert(&deed, &ENDPOINT_CONFIG, draft).await?;
    Ok(json!({ "EndpointConfigArn": resource.arn }))
}

pub async fn describe(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DescribeEndpointConfig")?;
    stored::describe(&deed, &ENDPOINT_CONFIG, &input).await
}

pub async fn list(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:ListEndpointConfigs")?;
    listing::list(&deed, &ENDPOINT_CONFIG, &input).await
}

/// An endpoint that serves by the configuration goes on: it keeps what it was given.
pub async fn delete(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DeleteEndpointConfig")?;
    let name = ENDPOINT_CONFIG.name(&input)?;
    stored::delete(&deed, &ENDPOINT_CONFIG, name, |_| Ok(())).await?;
    Ok(json!({}))
}

async fn check(deed: &Deed<'_>, config: &EndpointConfig) -> Result<(), Fault> {
    let mut names = BTreeSet::new();
    for variant in &config.production_variants {
        if !names.insert(variant.variant_name.as_str()) {
            return Err(Fault::invalid(format!(
                "Variant names must be unique within an endpoint configuration: `{}`",
                variant.variant_name
            )));
        }
        let Some(model_name) = &variant.model_name else {
            return Err(Fault::invalid(format!(
                "Variant `{}` names no model: this server runs no inference components",
                variant.variant_name
            )));
        };
        if variant.serverless_config.is_some() && variant.initial_instance_count.is_some() {
            return Err(Fault::invalid(format!(
                "Variant `{}` may have a ServerlessConfig or an InitialInstanceCount, not both",
                variant.variant_name
            )));
        }
        stored::get(deed, &MODEL, model_name).await?;
    }
    Ok(())
}
