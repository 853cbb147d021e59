//! What ran elsewhere becomes endpoints, schedules and history here. Nothing is copied: rows name
//! the places of what lies in buckets already. Doing it twice changes nothing, and a name that
//! something else has keeps what it has: nobody's history gets the runs of another.
//!
//! An imported endpoint serves nothing: it is a record of where its calls were captured, and
//! `OutOfService`. An imported schedule is `Stopped`, so that somebody looks at what was recovered
//! before it runs.

use std::fmt;

use probity_domain::document::api::endpoint::{Deployment, Endpoint};
use probity_domain::document::api::endpoint_config::{
    CaptureOption, DataCaptureConfig, EndpointConfig, ProductionVariant,
};
use probity_domain::document::api::monitoring_job_definition::{
    MonitoringJobDefinition, MonitoringType,
};
use probity_domain::document::execution::{ExecutionBody, ExecutionCause, ExecutionWindow};
use probity_domain::resource::{EndpointState, ExecutionState, ScheduleState};
use probity_store::metric_point::{self, MetricPoint};
use probity_store::monitoring_execution::{self as executions, Execution, UNKNOWN_VIOLATIONS};
use probity_store::resource::{self, Inserted, Resource};
use serde_json::{Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::endpoint::ENDPOINT;
use crate::event;
use crate::fault::Fault;
use crate::job_definition::stored_of;
use crate::monitoring_alert;
use crate::monitoring_schedule::{self, CONFIG, MONITORING_SCHEDULE, Schedule};
use crate::stored::{self, Draft, Members, Stored};

/// Why an imported endpoint does not answer.
const REASON: &str = "The endpoint was imported: its calls were captured elsewhere, and no model \
                      is served here. CreateEndpoint under another name, or delete this one first.";

/// A record of captured traffic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedEndpoint {
    pub name: String,
    pub variants: Vec<String>,
    /// What stands before `/{endpoint}/{variant}/yyyy/mm/dd/hh`.
    pub capture_uri: String,
}

/// A schedule with the definition that was recovered for it.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedSchedule {
    pub name: String,
    pub monitoring_type: MonitoringType,
    pub expression: String,
    /// Empty where transform jobs were watched.
    pub endpoint: String,
    /// The members of `Create…JobDefinition`, without the name.
    pub definition: Members,
}

/// A run that left results.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedRun {
    pub scheduled_ms: i64,
    pub window: ExecutionWindow,
    pub output_uri: String,
    /// `None` where nothing was compared with a baseline.
    pub violations: Option<usize>,
    /// The first ones in words.
    pub told: Vec<String>,
    pub metrics: Vec<MetricPoint>,
}

/// Whether anything was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Imported {
    Yes,
    /// One of this name was there, and stays as it is.
    Kept,
}

/// What became of a schedule, and so whether its runs may follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScheduleImport {
    New,
    /// The same one is here: runs that it does not have yet may follow.
    Same,
    /// Another one has the name, and stays as it is.
    Taken(Taken),
}

/// The schedule that has the name which an imported one would have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    name: String,
    kind: &'static str,
    /// Empty where transform jobs are watched.
    endpoint: String,
    /// What stands before `/{endpoint}/{schedule}`; empty where its definition is gone.
    output_uri: String,
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Taken { name, kind, .. } = self;
        write!(f, "name `{name}` is taken by a schedule of ")?;
        match self.endpoint.as_str() {
            "" => write!(f, "transform jobs")?,
            endpoint => write!(f, "endpoint `{endpoint}`")?,
        }
        match self.output_uri.as_str() {
            "" => write!(f, " ({kind})")?,
            place => write!(f, " ({kind}, results in `{place}`)")?,
        }
        write!(f, "; use --as")
    }
}

pub async fn endpoint(
    app: &App,
    caller: &Caller,
    imported: &ImportedEndpoint,
) -> Result<Imported, Fault> {
    let deed = Deed::authorise(app, caller, "probity:ImportMonitoringHistory")?;
    let config = EndpointConfig {
        endpoint_config_name: format!("imported-{}", imported.name),
        production_variants: imported
            .variants
            .iter()
            .map(|name| ProductionVariant {
                variant_name: name.clone(),
                ..ProductionVariant::default()
            })
            .collect(),
        data_capture_config: Some(DataCaptureConfig {
            enable_capture: Some(false),
            initial_sampling_percentage: 100,
            destination_s3_uri: imported.capture_uri.clone(),
            capture_options: ["Input", "Output"].map(option).to_vec(),
            ..DataCaptureConfig::default()
        }),
        ..EndpointConfig::default()
    };
    let endpoint = Endpoint {
        endpoint_name: imported.name.clone(),
        pending: Some(Deployment {
            id: app.ids.uuid(),
            config,
            started_ms: deed.now_ms,
            ..Deployment::default()
        }),
        failure_reason: Some(REASON.to_owned()),
        ..Endpoint::default()
    };
    let body = serde_json::to_value(&endpoint)
        .map_err(|source| Fault::internal("write an endpoint", source))?;
    let Value::Object(body) = body else {
        return Ok(Imported::Kept);
    };
    let draft = Draft {
        name: imported.name.clone(),
        status: EndpointState::OutOfService.as_str(),
        body,
        tags: Vec::new(),
        job: None,
    };
    kept_if_there(stored::insert(&deed, &ENDPOINT, draft).await)
}

fn option(mode: &str) -> CaptureOption {
    CaptureOption {
        capture_mode: mode.to_owned(),
    }
}

fn kept_if_there<T>(inserted: Result<T, Fault>) -> Result<Imported, Fault> {
    match inserted {
        Ok(_) => Ok(Imported::Yes),
        Err(Fault::Exists { .. }) => Ok(Imported::Kept),
        Err(fault) => Err(fault),
    }
}

/// The definition and the schedule, in one unit.
pub async fn schedule(
    app: &App,
    caller: &Caller,
    imported: &ImportedSchedule,
) -> Result<ScheduleImport, Fault> {
    let deed = Deed::authorise(app, caller, "probity:ImportMonitoringHistory")?;
    let key = MONITORING_SCHEDULE.key(&deed, &imported.name);
    if let Some(resource) = resource::get(&app.store, key).await? {
        return compared(app, &resource, imported).await;
    }
    let kind: &Stored = stored_of(imported.monitoring_type);
    let definition_name = imported.name.clone();
    let mut definition = imported.definition.clone();
    definition.insert(
        "JobDefinitionName".to_owned(),
        definition_name.as_str().into(),
    );
    let mut body = Members::new();
    body.insert(
        "MonitoringScheduleName".to_owned(),
        imported.name.as_str().into(),
    );
    body.insert(
        "MonitoringType".to_owned(),
        imported.monitoring_type.as_str().into(),
    );
    body.insert(
        CONFIG.to_owned(),
        json!({
            "ScheduleConfig": { "ScheduleExpression": imported.expression },
            "MonitoringJobDefinitionName": definition_name,
            "MonitoringType": imported.monitoring_type.as_str(),
        }),
    );
    if !imported.endpoint.is_empty() {
        body.insert("EndpointName".to_owned(), imported.endpoint.as_str().into());
    }
    let draft = |name: &str, status, body| Draft {
        name: name.to_owned(),
        status,
        body,
        tags: Vec::new(),
        job: None,
    };
    let mut unit = app.store.begin().await?;
    let made = draft(&definition_name, "", definition);
    // One of that name is the user's own, or that of an import before; either is obeyed.
    kept_if_there(stored::insert_in(&mut unit, &deed, kind, made).await)?;
    let made = draft(&imported.name, ScheduleState::Stopped.as_str(), body);
    let inserted = stored::insert_in(&mut unit, &deed, &MONITORING_SCHEDULE, made).await;
    // One that somebody made in this moment is a conflict: asked again, it is compared.
    inserted?;
    monitoring_alert::create_default(&mut unit, &deed, &imported.name).await?;
    unit.commit().await?;
    Ok(ScheduleImport::New)
}

/// Whether the schedule that is here is the one of the bucket: of the same kind, of the same
/// endpoint, and with its results in the same place.
async fn compared(
    app: &App,
    resource: &Resource,
    imported: &ImportedSchedule,
) -> Result<ScheduleImport, Fault> {
    let known = monitoring_schedule::without_definition(resource)?;
    let here = match monitoring_schedule::schedule_of(app, resource).await {
        Ok(found) => found,
        // Its definition is gone: nothing tells where its results are.
        Err(Fault::Invalid { .. }) => known,
        Err(fault) => return Err(fault),
    };
    Ok(match taken_by(&here, imported) {
        Some(taken) => ScheduleImport::Taken(taken),
        None => ScheduleImport::Same,
    })
}

fn taken_by(here: &Schedule, imported: &ImportedSchedule) -> Option<Taken> {
    let wanted = Value::Object(imported.definition.clone());
    let wanted: Option<MonitoringJobDefinition> = serde_json::from_value(wanted).ok();
    let wanted = wanted.as_ref().and_then(output_of);
    let place = output_of(&here.definition);
    let is_same = here.monitoring_type == imported.monitoring_type
        && here.endpoint == imported.endpoint
        && place.is_some()
        && place == wanted;
    (!is_same).then(|| Taken {
        name: imported.name.clone(),
        kind: here.monitoring_type.as_str(),
        endpoint: here.endpoint.clone(),
        output_uri: place.unwrap_or_default().to_owned(),
    })
}

/// Where results go, without a slash at its end.
fn output_of(definition: &MonitoringJobDefinition) -> Option<&str> {
    let output = definition.job_output_config.monitoring_outputs.first()?;
    let place = output.s3_output.s3_uri.trim_end_matches('/');
    (!place.is_empty()).then_some(place)
}

/// Runs of a schedule that is here, in one unit: how many were new.
pub async fn runs(
    app: &App,
    caller: &Caller,
    (imported, runs): (&ImportedSchedule, &[ImportedRun]),
) -> Result<usize, Fault> {
    let deed = Deed::authorise(app, caller, "probity:ImportMonitoringHistory")?;
    let schedule = imported.name.as_str();
    let found = monitoring_schedule::get(app, deed.region, schedule).await?;
    let found = found.ok_or_else(|| MONITORING_SCHEDULE.missing(schedule))?;
    if let Some(taken) = taken_by(&found, imported) {
        return Err(Fault::invalid(taken.to_string()));
    }
    let mut unit = app.store.begin().await?;
    let mut n_new = 0;
    for run in runs {
        // A slot that ran here left its results in the same folder: they are no second run.
        let slot = (deed.region, schedule, run.scheduled_ms);
        if executions::next_revision(&mut unit, slot).await? > 0 {
            continue;
        }
        let body = ExecutionBody {
            window: run.window,
            definition: found.definition.clone(),
            finished_ms: Some(run.scheduled_ms),
            output_uri: Some(run.output_uri.clone()),
            violations: run.told.clone(),
            ..ExecutionBody::default()
        };
        let state = match run.violations {
            None | Some(0) => ExecutionState::Completed,
            Some(_) => ExecutionState::CompletedWithViolations,
        };
        let violations = run.violations.and_then(|n| i64::try_from(n).ok());
        let execution = Execution {
            id: app.ids.uuid(),
            region: deed.region.to_owned(),
            schedule: schedule.to_owned(),
            scheduled_ms: run.scheduled_ms,
            cause: ExecutionCause::Imported.as_str().to_owned(),
            revision: 0,
            status: state.as_str().to_owned(),
            // Lists in the order of creation are to show it where it belongs.
            created_ms: run.scheduled_ms,
            modified_ms: run.scheduled_ms,
            monitoring_type: found.monitoring_type.as_str().to_owned(),
            endpoint: found.endpoint.clone(),
            job_definition: found.definition_name.clone(),
            violations: violations.unwrap_or(UNKNOWN_VIOLATIONS),
            body: serde_json::to_value(&body)
                .map_err(|source| Fault::internal("write an execution", source))?,
        };
        if executions::insert(&mut unit, &execution).await? == Inserted::Yes {
            metric_point::insert(&mut unit, &run.metrics).await?;
            n_new += 1;
        }
    }
    if n_new > 0 {
        let times = runs.iter().map(|run| run.scheduled_ms);
        let change = json!({ "imported": {
            "executions": n_new,
            "firstMs": times.clone().min(),
            "lastMs": times.max(),
        } });
        event::record(&mut unit, &deed, &found.arn, change).await?;
    }
    unit.commit().await?;
    Ok(n_new)
}
