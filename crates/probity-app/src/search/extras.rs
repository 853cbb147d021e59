//! What records show beside their own rows: tags, endpoints, schedules and the card of a model,
//! components of a trial.
//!
//! They are read for all rows only where a filter or the sort order needs them, else for the rows
//! of the page alone.

use std::collections::HashMap;

use probity_domain::ResourceKind;
use probity_domain::document::api::endpoint::Endpoint;
use probity_store::resource::{self, ListResources, Resource, SortBy};
use probity_store::tag;
use serde_json::{Map, Value, json};

use super::cards::{self, Cards};
use super::kept::Kept;
use super::monitors::Monitors;
use crate::deed::Deed;
use crate::endpoint;
use crate::fault::Fault;
use crate::sorted_page;
use crate::stored;
use crate::timestamp;
use crate::trial_component::{self, TRIAL_COMPONENT};

pub(super) type ByName = HashMap<String, Vec<Value>>;

/// `None` is not read yet.
#[derive(Debug, Default)]
pub(super) struct Extras {
    tags: Option<ByName>,
    endpoints: Option<ByName>,
    transform_jobs: Option<HashMap<String, Value>>,
    components: Option<ByName>,
    monitors: Option<Monitors>,
    cards: Option<Cards>,
    contents: Option<HashMap<String, String>>,
}

impl Extras {
    /// What `needs` says that all rows need.
    pub(super) async fn of_all(
        deed: &Deed<'_>,
        (kept, rows): (Kept, &[Resource]),
        needs: impl Fn(&str) -> bool,
    ) -> Result<Extras, Fault> {
        let mut extras = Extras::default();
        if needs("Tags") || needs("Model.Tags") {
            extras.tags = Some(all_tags(deed, kept).await?);
        }
        match kept {
            Kept::Model => {
                let monitors = needs("MonitoringSchedules");
                if monitors || needs("Endpoints") {
                    extras.endpoints = Some(endpoints(deed).await?);
                }
                if monitors || needs("LastBatchTransformJob") {
                    extras.transform_jobs = Some(last_transform_jobs(deed).await?);
                }
                if monitors {
                    extras.monitors = Some(Monitors::all(deed).await?);
                }
                if needs("ModelCard") {
                    extras.cards = Some(Cards::all(deed).await?);
                }
            }
            Kept::Endpoint => {
                if needs("MonitoringSchedules") {
                    extras.monitors = Some(Monitors::all(deed).await?);
                }
            }
            Kept::ModelCard => {
                if needs("Content") {
                    extras.contents = Some(cards::contents(deed, rows).await?);
                }
            }
            Kept::Trial => {
                if needs("TrialComponentSummaries") {
                    extras.components = Some(components(deed).await?);
                }
            }
            Kept::Experiment
            | Kept::ModelPackage
            | Kept::ModelPackageGroup
            | Kept::TrialComponent => {}
        }
        Ok(extras)
    }

    /// With what the records of a page lack.
    pub(super) async fn with_rest(
        mut self,
        deed: &Deed<'_>,
        kept: Kept,
        page: &[Resource],
    ) -> Result<Extras, Fault> {
        if page.is_empty() {
            return Ok(self);
        }
        if self.tags.is_none() {
            let arns: Vec<&str> = page.iter().map(|row| row.arn.as_str()).collect();
            let tags = by_arn(tag::list_of(&deed.app.store, &arns).await?);
            self.tags = Some(tags);
        }
        if kept == Kept::Model {
            if self.endpoints.is_none() {
                let wanted = page.iter().map(|model| endpoint::of_model(&model.name));
                let wanted: Vec<String> = wanted.collect();
                let rows = endpoint::serving(deed, &wanted).await?;
                self.endpoints = Some(by_model(&rows)?);
            }
            if self.transform_jobs.is_none() {
                self.transform_jobs = Some(transform_jobs_of(deed, page).await?);
            }
            if self.monitors.is_none() {
                self.monitors = Some(self.monitors_of(deed, page).await?);
            }
            if self.cards.is_none() {
                self.cards = Some(Cards::of(deed, page).await?);
            }
        }
        if kept == Kept::Endpoint && self.monitors.is_none() {
            let names: Vec<&str> = page.iter().map(|row| row.name.as_str()).collect();
            self.monitors = Some(Monitors::of(deed, &names, &[]).await?);
        }
        if kept == Kept::ModelCard && self.contents.is_none() {
            self.contents = Some(cards::contents(deed, page).await?);
        }
        if kept == Kept::Trial && self.components.is_none() {
            let mut components = ByName::new();
            for row in page {
                let mut wanted = ListResources::all(TRIAL_COMPONENT.kind, deed.region, 0);
                wanted.attributes = vec![trial_component::of_trial(&row.name)];
                let rows = sorted_page::every(deed, wanted).await?;
                components.insert(row.name.clone(), rows.iter().map(as_component).collect());
            }
            self.components = Some(components);
        }
        Ok(self)
    }

    /// Schedules that watch what serves these models.
    async fn monitors_of(&self, deed: &Deed<'_>, models: &[Resource]) -> Result<Monitors, Fault> {
        let places: Vec<String> = models
            .iter()
            .filter_map(|model| self.captured(&model.name))
            .collect();
        let places: Vec<&str> = places.iter().map(String::as_str).collect();
        let names: Vec<&str> = models
            .iter()
            .flat_map(|model| self.endpoint_names(&model.name))
            .collect();
        Monitors::of(deed, &names, &places).await
    }

    fn endpoint_names(&self, model: &str) -> impl Iterator<Item = &str> {
        let endpoints = self.endpoints.as_ref().and_then(|all| all.get(model));
        let endpoints = endpoints.into_iter().flatten();
        endpoints.filter_map(|endpoint| endpoint.get("EndpointName")?.as_str())
    }

    /// Where the last transform job of a model captured to.
    fn captured(&self, model: &str) -> Option<String> {
        let job = self.transform_jobs.as_ref()?.get(model)?;
        let place = job.pointer("/DataCaptureConfig/DestinationS3Uri")?;
        Some(place.as_str()?.trim_end_matches('/').to_owned())
    }

    pub(super) fn schedules_of_model(&self, model: &str) -> Value {
        let Some(monitors) = &self.monitors else {
            return Value::Array(Vec::new());
        };
        let mut schedules: Vec<Value> = self
            .endpoint_names(model)
            .flat_map(|name| monitors.of_endpoint(name).iter().cloned())
            .collect();
        if let Some(place) = self.captured(model) {
            schedules.extend(monitors.of_place(&place).iter().cloned());
        }
        Value::Array(schedules)
    }

    pub(super) fn schedules_of_endpoint(&self, name: &str) -> Value {
        let monitors = self.monitors.as_ref();
        let schedules = monitors.map_or(&[][..], |monitors| monitors.of_endpoint(name));
        Value::Array(schedules.to_vec())
    }

    pub(super) fn card_of(&self, model: &Resource) -> Option<Value> {
        self.cards.as_ref()?.of_model(model).cloned()
    }

    /// `None` where it was not read.
    pub(super) fn content_of(&self, card: &str) -> Option<&str> {
        self.contents.as_ref()?.get(card).map(String::as_str)
    }

    /// `None` where they were not read.
    pub(super) fn tags_of(&self, arn: &str) -> Option<Value> {
        let tags = self.tags.as_ref()?;
        Some(Value::Array(tags.get(arn).cloned().unwrap_or_default()))
    }

    pub(super) fn endpoints_of(&self, model: &str) -> Value {
        named(self.endpoints.as_ref(), model)
    }

    pub(super) fn components_of(&self, trial: &str) -> Value {
        named(self.components.as_ref(), trial)
    }

    pub(super) fn last_transform_job_of(&self, model: &str) -> Option<Value> {
        self.transform_jobs.as_ref()?.get(model).cloned()
    }
}

fn named(values: Option<&ByName>, name: &str) -> Value {
    let values = values.and_then(|values| values.get(name));
    Value::Array(values.cloned().unwrap_or_default())
}

fn as_tag((key, value): &(String, String)) -> Value {
    json!({"Key": key, "Value": value})
}

/// The tags of all resources of a kind, by ARN.
async fn all_tags(deed: &Deed<'_>, kept: Kept) -> Result<ByName, Fault> {
    let start = deed.arn(format!("{}/", kept.kind().as_str())).to_string();
    Ok(by_arn(tag::list_under(&deed.app.store, &start).await?))
}

pub(super) fn by_arn(tags: Vec<(String, String, String)>) -> ByName {
    let mut by_arn = ByName::new();
    for (arn, key, value) in tags {
        by_arn.entry(arn).or_default().push(as_tag(&(key, value)));
    }
    by_arn
}

/// The endpoints that a model is behind, by the model's name.
async fn endpoints(deed: &Deed<'_>) -> Result<ByName, Fault> {
    let wanted = ListResources::all(ResourceKind::Endpoint, deed.region, 0);
    by_model(&sorted_page::every(deed, wanted).await?)
}

fn by_model(endpoints: &[Resource]) -> Result<ByName, Fault> {
    let mut by_model = ByName::new();
    for row in endpoints {
        let endpoint: Endpoint = stored::read_body(row)?;
        let Some(deployment) = endpoint.in_service.or(endpoint.pending) else {
            continue;
        };
        for model in deployment.models {
            let shown = by_model.entry(model.model_name).or_default();
            shown.push(json!({
                "EndpointName": row.name,
                "EndpointArn": row.arn,
                "CreationTime": timestamp::seconds(row.created_ms),
                "LastModifiedTime": timestamp::seconds(row.modified_ms),
                "EndpointStatus": row.status,
            }));
        }
    }
    Ok(by_model)
}

async fn last_transform_jobs(deed: &Deed<'_>) -> Result<HashMap<String, Value>, Fault> {
    let mut wanted = ListResources::all(ResourceKind::TransformJob, deed.region, 0);
    wanted.sort_by = SortBy::Created;
    let mut by_model = HashMap::new();
    for job in sorted_page::every(deed, wanted).await? {
        if let Some(model) = job.body.get("ModelName").and_then(Value::as_str) {
            by_model.insert(model.to_owned(), as_transform_job(&job));
        }
    }
    Ok(by_model)
}

async fn transform_jobs_of(
    deed: &Deed<'_>,
    models: &[Resource],
) -> Result<HashMap<String, Value>, Fault> {
    let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
    let kind = (ResourceKind::TransformJob, deed.region);
    let jobs = resource::newest_with(&deed.app.store, kind, ("ModelName", &names)).await?;
    let by_model = jobs.iter().filter_map(|job| {
        let model = job.body.get("ModelName")?.as_str()?;
        Some((model.to_owned(), as_transform_job(job)))
    });
    Ok(by_model.collect())
}

fn as_transform_job(job: &Resource) -> Value {
    let mut members = match &job.body {
        Value::Object(body) => body.clone(),
        _ => Map::new(),
    };
    members.retain(|name, _| !name.starts_with("probity:"));
    members.insert("TransformJobArn".to_owned(), Value::from(job.arn.as_str()));
    members.insert(
        "TransformJobStatus".to_owned(),
        Value::from(job.status.as_str()),
    );
    let created = timestamp::seconds(job.created_ms);
    members.insert("CreationTime".to_owned(), created);
    Value::Object(members)
}

/// All components, by the trials that they are part of.
async fn components(deed: &Deed<'_>) -> Result<ByName, Fault> {
    let wanted = ListResources::all(TRIAL_COMPONENT.kind, deed.region, 0);
    let mut by_trial = ByName::new();
    for component in sorted_page::every(deed, wanted).await? {
        for trial in trial_component::trial_names(&component) {
            let shown = by_trial.entry(trial.to_owned()).or_default();
            shown.push(as_component(&component));
        }
    }
    Ok(by_trial)
}

fn as_component(component: &Resource) -> Value {
    Value::Object(stored::pick(
        &TRIAL_COMPONENT.describe(component),
        &[
            "TrialComponentName",
            "TrialComponentArn",
            "CreationTime",
            "CreatedBy",
        ],
    ))
}
