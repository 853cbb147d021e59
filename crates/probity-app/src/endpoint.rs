//! Endpoints: created and updated here, made ready by a worker, served by the runtime.

use std::collections::BTreeMap;

use probity_domain::ResourceKind;
use probity_domain::document::api::endpoint::{Deployment, Endpoint, VariantSetting};
use probity_domain::document::api::endpoint_config::EndpointConfig;
use probity_domain::resource::{DeploymentEnd, EndpointState};
use probity_store::job::NewJob;
use probity_store::resource::{self, ListResources, Resource, SortBy, SortOrder};
use serde_json::{Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::endpoint_config::ENDPOINT_CONFIG;
use crate::fault::Fault;
use crate::stored::{self, Draft, Edited, Listing, Members, Shown, Stored, pick};
use crate::{listing, model, monitoring_alert, monitoring_schedule, tags};

mod description;
mod models;
mod retained;

pub(crate) use description::members;
pub(crate) use models::{models_told, of_model, of_package, serving, untold};

/// What a worker's queue calls the work on an endpoint; its subject is the endpoint's name.
pub const JOB_KIND: &str = "endpoint";

/// The body is an [`Endpoint`], which Describe does not show as it is: see [`members`].
pub(crate) static ENDPOINT: Stored = Stored {
    kind: ResourceKind::Endpoint,
    name_member: "EndpointName",
    arn_member: "EndpointArn",
    kept: &["EndpointName"],
    shown: &[
        Shown::CreationTime,
        Shown::LastModifiedTime,
        Shown::Status("EndpointStatus"),
    ],
    attributes: models::attributes,
    list: Listing {
        items: "Endpoints",
        summary: |endpoint| {
            let members = [
                "EndpointName",
                "EndpointArn",
                "CreationTime",
                "LastModifiedTime",
                "EndpointStatus",
            ];
            pick(endpoint, &members)
        },
        sort_by: SortBy::Created,
        order: SortOrder::Descending,
        filters: &[],
    },
};

/// How the work on a deployment ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prepared {
    Ready,
    /// With a reason for people.
    Failed(String),
}

pub async fn create(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:CreateEndpoint")?;
    let name = ENDPOINT.name(&input)?;
    let config_name = stored::text(&input, "EndpointConfigName")?;
    let endpoint = Endpoint {
        endpoint_name: name.to_owned(),
        pending: Some(deployment(&deed, config_name).await?),
        last_deployment_config: given(&input, "DeploymentConfig"),
        ..Endpoint::default()
    };
    let draft = Draft {
        name: name.to_owned(),
        status: EndpointState::Creating.as_str(),
        body: body(&endpoint)?,
        tags: tags::of_request(&input)?,
        job: Some(job(&deed, name)),
    };
    let resource = stored::insert(&deed, &ENDPOINT, draft).await?;
    Ok(json!({ "EndpointArn": resource.arn }))
}

pub async fn describe(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DescribeEndpoint")?;
    let resource = stored::get(&deed, &ENDPOINT, ENDPOINT.name(&input)?).await?;
    Ok(Value::Object(members(&resource)?))
}

pub async fn list(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:ListEndpoints")?;
    listing::list(&deed, &ENDPOINT, &input).await
}

pub async fn update(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:UpdateEndpoint")?;
    let name = ENDPOINT.name(&input)?;
    let config_name = stored::text(&input, "EndpointConfigName")?;
    let mut next = deployment(&deed, config_name).await?;
    let resource = stored::change(&deed, &ENDPOINT, name, |resource| {
        let state = state(resource)?;
        let updating = state
            .update()
            .map_err(|_| not_now(resource, state, "update"))?;
        let mut endpoint: Endpoint = stored::read_body(resource)?;
        if let Some(now) = &endpoint.in_service {
            retained::retain(&input, now, &mut next);
        }
        endpoint.pending = Some(next);
        endpoint.failure_reason = None;
        if input.get("RetainDeploymentConfig") != Some(&Value::Bool(true)) {
            endpoint.last_deployment_config = given(&input, "DeploymentConfig");
        }
        resource.status = updating.as_str().to_owned();
        write(resource, &endpoint)?;
        Ok(Edited::WithJob(job(&deed, name)))
    })
    .await?;
    Ok(json!({ "EndpointArn": resource.arn }))
}

/// Nothing has to be started or stopped for it, so it is done when the answer leaves.
pub async fn update_weights_and_capacities(
    app: &App,
    caller: &Caller,
    input: Value,
) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:UpdateEndpointWeightsAndCapacities")?;
    let name = ENDPOINT.name(&input)?;
    let desired = match input.get("DesiredWeightsAndCapacities") {
        Some(Value::Array(desired)) => desired.as_slice(),
        _ => &[],
    };
    let resource = stored::change(&deed, &ENDPOINT, name, |resource| {
        let state = state(resource)?;
        state
            .update()
            .map_err(|_| not_now(resource, state, "update"))?;
        let mut endpoint: Endpoint = stored::read_body(resource)?;
        let settings = match &mut endpoint.in_service {
            Some(deployment) => deployment.variants.as_mut_slice(),
            None => &mut [],
        };
        for wish in desired {
            set_variant(settings, wish)?;
        }
        write(resource, &endpoint)?;
        Ok(Edited::Yes)
    })
    .await?;
    app.endpoints.notify_one();
    Ok(json!({ "EndpointArn": resource.arn }))
}

pub async fn delete(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DeleteEndpoint")?;
    let allowed = |resource: &Resource| {
        let state = state(resource)?;
        state
            .delete()
            .map_err(|_| not_now(resource, state, "delete"))
    };
    let name = ENDPOINT.name(&input)?;
    refuse_watched(&deed, name).await?;
    let mut unit = app.store.begin().await?;
    stored::delete_in(&mut unit, &deed, ENDPOINT.key(&deed, name), allowed).await?;
    let subject = format!("{}/{name}", ENDPOINT.kind.as_str());
    monitoring_alert::delete_of(&mut unit, &deed, &subject).await?;
    unit.commit().await?;
    app.endpoints.notify_one();
    Ok(json!({}))
}

/// AWS wants the schedules deleted first that watch an endpoint.
async fn refuse_watched(deed: &Deed<'_>, name: &str) -> Result<(), Fault> {
    let mut wanted = ListResources::all(ResourceKind::MonitoringSchedule, deed.region, 1);
    wanted.attributes = vec![(monitoring_schedule::ENDPOINT.to_owned(), name.to_owned())];
    let watching = resource::list(&deed.app.store, &wanted).await?;
    match watching.items.first() {
        None => Ok(()),
        Some(schedule) => Err(Fault::invalid(format!(
            "Cannot delete endpoint \"{}\": the monitoring schedule \"{}\" watches it. Delete \
             the schedule first.",
            deed.arn(format!("endpoint/{name}")),
            schedule.name
        ))),
    }
}

/// For the worker: what is to be made ready. `None` when there is nothing to do any more.
pub async fn pending(app: &App, region: &str, name: &str) -> Result<Option<Deployment>, Fault> {
    let deed = Deed::of_server(app, region, "probity:PrepareEndpoint");
    let resource = match stored::get(&deed, &ENDPOINT, name).await {
        Ok(resource) => resource,
        Err(Fault::NotFound { .. }) => return Ok(None),
        Err(fault) => return Err(fault),
    };
    if state(&resource)?.finish(DeploymentEnd::Ready).is_err() {
        return Ok(None);
    }
    let endpoint: Endpoint = stored::read_body(&resource)?;
    Ok(endpoint.pending)
}

/// For the worker: puts the endpoint's pending deployment into service, or says why not. Does
/// nothing when the endpoint waits for nothing any more.
pub async fn finish(app: &App, region: &str, name: &str, prepared: &Prepared) -> Result<(), Fault> {
    let deed = Deed::of_server(app, region, "probity:FinishEndpoint");
    let end = match prepared {
        Prepared::Ready => DeploymentEnd::Ready,
        Prepared::Failed(_) => DeploymentEnd::Failed,
    };
    let finished = stored::change(&deed, &ENDPOINT, name, |resource| {
        let Ok(next) = state(resource)?.finish(end) else {
            return Ok(Edited::Not);
        };
        let mut endpoint: Endpoint = stored::read_body(resource)?;
        match prepared {
            Prepared::Ready => {
                endpoint.in_service = endpoint.pending.take().map(|deployment| Deployment {
                    ready_ms: Some(deed.now_ms),
                    ..deployment
                });
            }
            Prepared::Failed(reason) => {
                endpoint.failure_reason = Some(reason.clone());
                // What could not be created stays to be looked at; what could not replace
                // another is gone.
                if endpoint.in_service.is_some() {
                    endpoint.pending = None;
                }
            }
        }
        resource.status = next.as_str().to_owned();
        write(resource, &endpoint)?;
        Ok(Edited::Yes)
    })
    .await;
    match finished {
        Ok(_) => app.endpoints.notify_one(),
        Err(Fault::NotFound { .. }) => {}
        Err(fault) => return Err(fault),
    }
    Ok(())
}

/// The configuration and its models as they stand.
async fn deployment(deed: &Deed<'_>, config_name: &str) -> Result<Deployment, Fault> {
    let resource = stored::get(deed, &ENDPOINT_CONFIG, config_name).await?;
    let config: EndpointConfig = stored::read_body(&resource)?;
    let mut models = BTreeMap::new();
    for variant in &config.production_variants {
        if let Some(name) = &variant.model_name
            && !models.contains_key(name)
        {
            models.insert(name.clone(), model::resolved(deed, name).await?);
        }
    }
    let variants = config
        .production_variants
        .iter()
        .map(|variant| VariantSetting {
            variant_name: variant.variant_name.clone(),
            weight: variant.weight(),
            instance_count: variant.initial_instance_count,
            serverless_config: variant.serverless_config.clone(),
        });
    Ok(Deployment {
        id: deed.app.ids.uuid(),
        variants: variants.collect(),
        config,
        models: models.into_values().collect(),
        started_ms: deed.now_ms,
        ready_ms: None,
    })
}

fn set_variant(settings: &mut [VariantSetting], wish: &Value) -> Result<(), Fault> {
    let name = stored::text(wish, "VariantName")?;
    let Some(setting) = settings
        .iter_mut()
        .find(|setting| setting.variant_name == name)
    else {
        return Err(Fault::invalid(format!(
            "The endpoint has no production variant `{name}`"
        )));
    };
    if let Some(weight) = wish.get("DesiredWeight").and_then(Value::as_f64) {
        setting.weight = weight;
    }
    let count = wish.get("DesiredInstanceCount").and_then(Value::as_u64);
    if let Some(count) = count.and_then(|count| u32::try_from(count).ok()) {
        setting.instance_count = Some(count);
    }
    if let (Some(config), Some(update)) = (
        &mut setting.serverless_config,
        wish.get("ServerlessUpdateConfig")
            .and_then(Value::as_object),
    ) {
        config.extend(update.clone());
    }
    Ok(())
}

fn job(deed: &Deed<'_>, name: &str) -> NewJob {
    NewJob {
        id: deed.app.ids.uuid(),
        kind: JOB_KIND.to_owned(),
        subject: name.to_owned(),
        region: deed.region.to_owned(),
        run_at_ms: deed.now_ms,
    }
}

fn body(endpoint: &Endpoint) -> Result<Members, Fault> {
    match serde_json::to_value(endpoint) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Ok(Members::new()),
        Err(source) => Err(Fault::internal("write an endpoint", source)),
    }
}

fn write(resource: &mut Resource, endpoint: &Endpoint) -> Result<(), Fault> {
    stored::write_body(resource, endpoint)?;
    if let Value::Object(members) = &resource.body {
        resource.attributes = (ENDPOINT.attributes)(members);
    }
    Ok(())
}

fn given(input: &Value, member: &str) -> Option<Value> {
    input.get(member).filter(|value| !value.is_null()).cloned()
}

pub(crate) fn state(resource: &Resource) -> Result<EndpointState, Fault> {
    EndpointState::parse(&resource.status).ok_or_else(|| {
        let problem = std::io::Error::other(format!("no state `{}`", resource.status));
        Fault::internal(format!("read `{}`", resource.arn), problem)
    })
}

/// SageMaker's words for an endpoint that something is being done to.
fn not_now(resource: &Resource, state: EndpointState, wish: &str) -> Fault {
    let arn = &resource.arn;
    if state.is_in_progress() {
        return Fault::invalid(format!("Cannot update in-progress endpoint \"{arn}\"."));
    }
    Fault::invalid(format!(
        "Cannot {wish} endpoint \"{arn}\" in the state {}.",
        state.as_str()
    ))
}
