//! An endpoint: what it serves, and what is being prepared to be served next.
//!
//! The API's endpoint names a configuration, which names models. Ours keeps both as they were when
//! the deployment began: deleting or replacing them does not change what is in service, also not
//! after a restart.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Rest;
use super::endpoint_config::EndpointConfig;
use super::model::Model;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Endpoint {
    pub endpoint_name: String,
    /// What answers invocations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_service: Option<Deployment>,
    /// What a worker prepares, or could not prepare when the endpoint has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending: Option<Deployment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_deployment_config: Option<Value>,
}

/// One configuration on its way to, or in, service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Deployment {
    /// Tells this deployment from the endpoint's others.
    pub id: String,
    /// The configuration with what an update retained of the one before.
    pub config: EndpointConfig,
    /// The models that the variants name, each once.
    pub models: Vec<Model>,
    /// The variants as they stand now, in the order of the configuration.
    pub variants: Vec<VariantSetting>,
    pub started_ms: i64,
    /// When a worker had it ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_ms: Option<i64>,
}

/// What changes about a variant while it serves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct VariantSetting {
    pub variant_name: String,
    pub weight: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serverless_config: Option<Rest>,
}

/// A variant together with the model that it serves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ServedVariant<'a> {
    pub name: &'a str,
    pub weight: f64,
    pub model: &'a Model,
}

impl Deployment {
    /// The variants with their models. A variant without a model (it would be given inference
    /// components) serves nothing and is left out.
    pub fn served(&self) -> Vec<ServedVariant<'_>> {
        let served = self
            .config
            .production_variants
            .iter()
            .filter_map(|variant| {
                let model_name = variant.model_name.as_deref()?;
                let model = self
                    .models
                    .iter()
                    .find(|model| model.model_name == model_name)?;
                let setting = self
                    .variants
                    .iter()
                    .find(|setting| setting.variant_name == variant.variant_name);
                Some(ServedVariant {
                    name: &variant.variant_name,
                    weight: setting.map_or_else(|| variant.weight(), |setting| setting.weight),
                    model,
                })
            });
        served.collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_variant_serves_with_the_weight_that_it_has_now() {
        let deployment: Deployment = serde_json::from_value(json!({
            "Config": { "ProductionVariants": [
                { "VariantName": "a", "ModelName": "m", "InitialVariantWeight": 3.0 },
                { "VariantName": "b", "ModelName": "m" },
                { "VariantName": "c" },
            ] },
            "Models": [{ "ModelName": "m" }],
            "Variants": [{ "VariantName": "a", "Weight": 0.5 }],
        }))
        .unwrap();
        let served: Vec<_> = deployment
            .served()
            .into_iter()
            .map(|variant| (variant.name, variant.weight))
            .collect();
        assert_eq!(served, [("a", 0.5), ("b", 1.0)]);
    }
}
