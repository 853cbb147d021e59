//! Models: where an archive lies, or which URL answers.

use probity_domain::document::api::model::{ContainerDefinition, Model};
use probity_domain::{Arn, ResourceKind};
use probity_store::resource::{self, Resource, ResourceKey, SortBy, SortOrder};
use serde_json::{Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::listing;
use crate::stored::{self, Listing, Shown, Stored, no_attributes, pick};

pub(crate) static MODEL: Stored = Stored {
    kind: ResourceKind::Model,
    name_member: "ModelName",
    arn_member: "ModelArn",
    kept: &[
        "ModelName",
        "PrimaryContainer",
        "Containers",
        "InferenceExecutionConfig",
        "ExecutionRoleArn",
        "VpcConfig",
        "EnableNetworkIsolation",
    ],
    shown: &[Shown::CreationTime],
    attributes: no_attributes,
    list: Listing {
        items: "Models",
        summary: |model| pick(model, &["ModelName", "ModelArn", "CreationTime"]),
        sort_by: SortBy::Created,
        order: SortOrder::Descending,
        filters: &[],
    },
};

pub async fn create(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:CreateModel")?;
    let mut draft = MODEL.draft(&input)?;
    let model: Model = serde_json::from_value(Value::Object(draft.body.clone()))
        .map_err(|source| Fault::invalid(source.to_string()))?;
    check(&deed, &model).await?;
    draft
        .body
        .entry("EnableNetworkIsolation")
        .or_insert(Value::Bool(false));
    let resource = stored::insert(&deed, &MODEL, draft).await?;
    Ok(json!({ "ModelArn": resource.arn }))
}

pub async fn describe(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DescribeModel")?;
    stored::describe(&deed, &MODEL, &input).await
}

pub async fn list(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:ListModels")?;
    listing::list(&deed, &MODEL, &input).await
}

/// An endpoint that serves the model goes on: it keeps what it was given.
pub async fn delete(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DeleteModel")?;
    stored::delete(&deed, &MODEL, MODEL.name(&input)?, |_| Ok(())).await?;
    Ok(json!({}))
}

async fn check(deed: &Deed<'_>, model: &Model) -> Result<(), Fault> {
    if model.primary_container.is_some() && !model.containers.is_empty() {
        return Err(Fault::invalid(
            "Only one of PrimaryContainer and Containers may be given",
        ));
    }
    if model.all_containers().next().is_none() {
        return Err(Fault::invalid(
            "A model needs a PrimaryContainer or Containers",
        ));
    }
    for container in model.all_containers() {
        if container.image.is_none() && container.model_package_name.is_none() {
            return Err(Fault::invalid(
                "A container needs an Image or a ModelPackageName",
            ));
        }
        if container.model_data_url.is_some() && container.model_data_source.is_some() {
            return Err(Fault::invalid(
                "Only one of ModelDataUrl and ModelDataSource may be given for a container",
            ));
        }
        if let Some(package) = &container.model_package_name {
            find_package(deed, package).await?;
        }
    }
    Ok(())
}

/// The model of that name, with containers of model packages in the place of references to them:
/// what can be served.
pub(crate) async fn resolved(deed: &Deed<'_>, name: &str) -> Result<Model, Fault> {
    let mut model: Model = stored::read_body(&stored::get(deed, &MODEL, name).await?)?;
    for container in model
        .primary_container
        .iter_mut()
        .chain(&mut model.containers)
    {
        if let Some(package) = container.model_package_name.clone() {
            let package = find_package(deed, &package).await?;
            resolve(container, &package)?;
        }
    }
    Ok(model)
}

/// A package's first container, with the model's own variables before the package's.
fn resolve(container: &mut ContainerDefinition, package: &Resource) -> Result<(), Fault> {
    let containers = package.body.pointer("/InferenceSpecification/Containers/0");
    let Some(first) = containers else {
        return Err(Fault::invalid(format!(
            "Model package \"{}\" has no container to serve",
            package.arn
        )));
    };
    let first: ContainerDefinition = serde_json::from_value(first.clone())
        .map_err(|source| Fault::internal(format!("read `{}`", package.arn), source))?;
    let own = std::mem::take(&mut container.environment);
    container.environment = first.environment;
    container.environment.extend(own);
    container.image = container.image.take().or(first.image);
    if container.model_data_uri().is_none() {
        container.model_data_url = first.model_data_url;
        container.model_data_source = first.model_data_source;
    }
    Ok(())
}

/// A package by its ARN, by its group and version, or by its name.
async fn find_package(deed: &Deed<'_>, reference: &str) -> Result<Resource, Fault> {
    let named;
    let name = match reference.parse::<Arn>() {
        Ok(arn) => {
            named = arn;
            named.resource_name()
        }
        Err(_) => reference,
    };
    let key = ResourceKey {
        kind: ResourceKind::ModelPackage,
        region: deed.region,
        name,
    };
    resource::get(&deed.app.store, key)
        .await?
        .ok_or_else(|| Fault::NotFound {
            kind: ResourceKind::ModelPackage,
            name: name.to_owned(),
        })
}
