//! From the name of an endpoint or a Model to the Model document that answers for it.

use probity_domain::ResourceKind;
use probity_domain::document::api::endpoint::Endpoint;
use probity_domain::document::api::model::Model;
use probity_store::resource::{self, ResourceKey};
use probity_store::{Store, StoreError};
use serde::de::DeserializeOwned;
use thiserror::Error;

#[derive(Debug, Error)]
pub enum FindModel {
    #[error("there is no endpoint `{name}` in {region}")]
    NoEndpoint { name: String, region: String },
    #[error("endpoint `{name}` is not in service")]
    NotInService { name: String },
    #[error("endpoint `{name}` has no variant `{variant}`")]
    NoVariant { name: String, variant: String },
    #[error("there is no model `{name}` in {region}")]
    NoModel { name: String, region: String },
    #[error("failed to read what is kept of `{name}`")]
    Document {
        name: String,
        #[source]
        source: serde_json::Error,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Of the variant of that name, else of the first.
pub(crate) async fn model_of_endpoint(
    store: &Store,
    (region, name): (&str, &str),
    variant: Option<&str>,
) -> Result<Model, FindModel> {
    let endpoint: Option<Endpoint> = read(store, ResourceKind::Endpoint, (region, name)).await?;
    let endpoint = endpoint.ok_or_else(|| FindModel::NoEndpoint {
        name: name.to_owned(),
        region: region.to_owned(),
    })?;
    let in_service = endpoint.in_service.ok_or_else(|| FindModel::NotInService {
        name: name.to_owned(),
    })?;
    let served = in_service.served();
    let found = match variant {
        None => served.first(),
        Some(wanted) => served.iter().find(|served| served.name == wanted),
    };
    found
        .map(|found| found.model.clone())
        .ok_or_else(|| FindModel::NoVariant {
            name: name.to_owned(),
            variant: variant.unwrap_or("0").to_owned(),
        })
}

pub(crate) async fn model_of_name(
    store: &Store,
    (region, name): (&str, &str),
) -> Result<Model, FindModel> {
    let model = read(store, ResourceKind::Model, (region, name)).await?;
    model.ok_or_else(|| FindModel::NoModel {
        name: name.to_owned(),
        region: region.to_owned(),
    })
}

async fn read<T: DeserializeOwned>(
    store: &Store,
    kind: ResourceKind,
    (region, name): (&str, &str),
) -> Result<Option<T>, FindModel> {
    let found = resource::get(store, ResourceKey { kind, region, name }).await?;
    let read = found
        .map(|found| serde_json::from_value(found.body))
        .transpose();
    read.map_err(|source| FindModel::Document {
        name: name.to_owned(),
        source,
    })
}
