//! Which endpoints serve a model: they are found by attributes of their rows.

use std::collections::BTreeMap;

use probity_domain::ResourceKind;
use probity_domain::document::api::endpoint::Endpoint;
use probity_store::resource::{self, Resource};
use serde_json::Value;

use crate::deed::Deed;
use crate::fault::Fault;
use crate::stored::Members;

/// Of every row that tells its models. Rows that were written before they did lack it until the
/// endpoint changes.
const TOLD: &str = "models";

/// The attribute of endpoints that serve, or are going to serve, a model of this name.
pub(crate) fn of_model(name: &str) -> String {
    format!("model:{name}")
}

/// The same of a model package, by the name or ARN that the model gives.
pub(crate) fn of_package(name: &str) -> String {
    format!("package:{name}")
}

pub(super) fn attributes(body: &Members) -> BTreeMap<String, String> {
    // What cannot be read tells nothing, and is looked into by whoever asks.
    let Ok(endpoint) = serde_json::from_value::<Endpoint>(Value::Object(body.clone())) else {
        return BTreeMap::new();
    };
    let mut told = vec![TOLD.to_owned()];
    let deployment = endpoint.in_service.or(endpoint.pending);
    for model in deployment.iter().flat_map(|now| &now.models) {
        told.push(of_model(&model.model_name));
        let packages = model
            .all_containers()
            .filter_map(|container| container.model_package_name.as_deref());
        told.extend(packages.map(of_package));
    }
    told.into_iter().map(|name| (name, String::new())).collect()
}

/// Names of models by the attributes of an endpoint that serves, or is going to serve, them; `None`
/// where the row does not tell them yet.
pub(crate) fn models_told(attributes: &BTreeMap<String, String>) -> Option<Vec<&str>> {
    if !attributes.contains_key(TOLD) {
        return None;
    }
    let names = attributes.keys();
    Some(
        names
            .filter_map(|name| name.strip_prefix("model:"))
            .collect(),
    )
}

/// What the rows that do not tell their models yet would tell, by the names of their endpoints.
pub(crate) async fn untold(
    deed: &Deed<'_>,
) -> Result<BTreeMap<String, BTreeMap<String, String>>, Fault> {
    let kind = (ResourceKind::Endpoint, deed.region);
    let rows = resource::lacking(&deed.app.store, kind, TOLD).await?;
    let told = rows.into_iter().filter_map(|row| match row.body {
        Value::Object(body) => Some((row.name, attributes(&body))),
        _ => None,
    });
    Ok(told.collect())
}

/// Endpoints with any of these attributes, and those that do not tell their models yet; by name.
pub(crate) async fn serving(deed: &Deed<'_>, wanted: &[String]) -> Result<Vec<Resource>, Fault> {
    let store = &deed.app.store;
    let kind = (ResourceKind::Endpoint, deed.region);
    let pairs: Vec<(&str, &str)> = wanted.iter().map(|name| (name.as_str(), "")).collect();
    let mut rows = resource::with_any(store, kind, &pairs).await?;
    rows.extend(resource::lacking(store, kind, TOLD).await?);
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(rows)
}
