//! Monitoring schedules: what is watched, when, and by which definition.
//!
//! The next slot of a schedule is a job in the queue. Whoever claims it writes, in one unit, the
//! execution of the slot, the job that runs it, and the job of the slot after: a server that dies
//! misses none and doubles none. A change of the schedule names a new generation, and jobs of
//! older ones do nothing.

use std::collections::BTreeMap;

use probity_domain::ResourceKind;
use probity_domain::document::api::monitoring_job_definition::{
    MonitoringJobDefinition, MonitoringType,
};
use probity_domain::document::api::monitoring_schedule::MonitoringScheduleConfig;
use probity_domain::document::execution::ExecutionCause;
use probity_domain::resource::ScheduleState;
use probity_store::job::NewJob;
use probity_store::monitoring_execution as executions;
use probity_store::resource::{self, Resource, ResourceKey, SortBy, SortOrder};
use serde_json::{Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::endpoint;
use crate::fault::Fault;
use crate::job_definition;
use crate::listing;
use crate::monitoring_alert;
use crate::monitoring_execution;
use crate::stored::{self, Draft, Edited, Listing, Members, Shown, Stored, pick};
use crate::tags;

mod expression;
mod slot;
mod window;

pub use expression::{InvalidExpression, ScheduleExpression, Slots};
pub use slot::{CatchUp, SLOT_JOB, Taken, take_slot};
pub(crate) use window::{check_window, whole_seconds, window};

/// Of a schedule that is started: whether it has run yet.
const RUNS_LOOKED_AT: u32 = 100;

/// Of a run that is told no time limit: one hour.
const LONGEST_RUN_S: u64 = 3600;

const NO_DEFINITION: &str =
    "A schedule needs a MonitoringJobDefinition or a MonitoringJobDefinitionName";

pub(crate) const CONFIG: &str = "MonitoringScheduleConfig";
/// Names the generation of the schedule's slots. Never shown.
const GENERATION: &str = "ProbityGeneration";
/// Where the transform jobs capture to that it watches. Never shown.
const CAPTURED_TO: &str = "ProbityCapturedTo";

/// The attribute that names the endpoint that it watches.
pub(crate) const ENDPOINT: &str = "endpoint";
/// The attribute that names the place that transform jobs capture to, without a slash at its end.
pub(crate) const CAPTURES: &str = "captures";
pub(crate) const TYPE_ATTRIBUTE: &str = "type";
pub(crate) const DEFINITION_ATTRIBUTE: &str = "definition";

pub(crate) static MONITORING_SCHEDULE: Stored = Stored {
    kind: ResourceKind::MonitoringSchedule,
    name_member: "MonitoringScheduleName",
    arn_member: "MonitoringScheduleArn",
    kept: &["MonitoringScheduleName", CONFIG],
    shown: &[
        Shown::Status("MonitoringScheduleStatus"),
        Shown::CreationTime,
        Shown::LastModifiedTime,
    ],
    attributes,
    list: Listing {
        items: "MonitoringScheduleSummaries",
        summary,
        sort_by: SortBy::Created,
        order: SortOrder::Descending,
        filters: &[
            ("EndpointName", ENDPOINT),
            ("MonitoringTypeEquals", TYPE_ATTRIBUTE),
            ("MonitoringJobDefinitionName", DEFINITION_ATTRIBUTE),
        ],
    },
};

/// A schedule as the server acts upon it.
#[derive(Clone, Debug)]
pub struct Schedule {
    pub name: String,
    pub arn: String,
    pub state: ScheduleState,
    pub config: MonitoringScheduleConfig,
    pub monitoring_type: MonitoringType,
    pub definition: MonitoringJobDefinition,
    /// Empty where the definition stands in the schedule.
    pub definition_name: String,
    /// Empty where a transform job's records are watched.
    pub endpoint: String,
    pub created_ms: i64,
    generation: String,
}

pub async fn create(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:CreateMonitoringSchedule")?;
    let name = MONITORING_SCHEDULE.name(&input)?.to_owned();
    let planned = planned(&deed, &input).await?;
    let draft = Draft {
        status: ScheduleState::Scheduled.as_str(),
        body: planned.body(&name),
        tags: tags::of_request(&input)?,
        job: planned.first_job(&deed, &name),
        name,
    };
    let mut unit = app.store.begin().await?;
    let resource = stored::insert_in(&mut unit, &deed, &MONITORING_SCHEDULE, draft).await?;
    monitoring_alert::create_default(&mut unit, &deed, &resource.name).await?;
    unit.commit().await?;
    app.jobs.notify_one();
    Ok(json!({ "MonitoringScheduleArn": resource.arn }))
}

pub async fn describe(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DescribeMonitoringSchedule")?;
    let name = MONITORING_SCHEDULE.name(&input)?;
    let resource = stored::get(&deed, &MONITORING_SCHEDULE, name).await?;
    let mut members = MONITORING_SCHEDULE.describe(&resource);
    hide(&mut members);
    let last = executions::latest(&app.store, (deed.region, name), 1).await?;
    // A schedule made anew under an old name has none of the other's runs.
    if let Some(last) = last
        .first()
        .filter(|last| last.created_ms >= resource.created_ms)
    {
        let summary = monitoring_execution::summary(last);
        members.insert("LastMonitoringExecutionSummary".to_owned(), summary);
    }
    Ok(Value::Object(members))
}

/// Takes out what is kept for the server alone.
pub(crate) fn hide(members: &mut Members) {
    for member in [GENERATION, CAPTURED_TO] {
        members.shift_remove(member);
    }
}

pub async fn list(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:ListMonitoringSchedules")?;
    listing::list(&deed, &MONITORING_SCHEDULE, &input).await
}

pub async fn update(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:UpdateMonitoringSchedule")?;
    let name = MONITORING_SCHEDULE.name(&input)?;
    // What is wrong with a change of nothing is that there is nothing.
    stored::get(&deed, &MONITORING_SCHEDULE, name).await?;
    let planned = planned(&deed, &input).await?;
    let resource = stored::change(&deed, &MONITORING_SCHEDULE, name, |resource| {
        let state = not_pending(resource)?;
        resource.body = Value::Object(planned.body(name));
        if !state.runs() {
            return Ok(Edited::Yes);
        }
        Ok(match planned.first_job(&deed, name) {
            Some(job) => Edited::WithJob(job),
            None => Edited::Yes,
        })
    })
    .await?;
    Ok(json!({ "MonitoringScheduleArn": resource.arn }))
}

/// Runs its slots from now on; what was missed while it was stopped is not run. A schedule that
/// runs once does so now, if it was stopped before it could.
pub async fn start(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:StartMonitoringSchedule")?;
    let name = MONITORING_SCHEDULE.name(&input)?;
    let runs = executions::latest(&app.store, (deed.region, name), RUNS_LOOKED_AT).await?;
    stored::change(&deed, &MONITORING_SCHEDULE, name, |resource| {
        if not_pending(resource)?.runs() {
            return Ok(Edited::Not);
        }
        // Runs of an older schedule of this name, and those that were asked for, are others.
        let has_run = runs.iter().any(|run| {
            run.cause == ExecutionCause::Now.as_str() && run.created_ms >= resource.created_ms
        });
        let config = config_of(resource)?;
        let generation = app.ids.uuid();
        set_member(resource, GENERATION, generation.clone().into());
        resource.status = ScheduleState::Scheduled.as_str().to_owned();
        let expression = expression_of(&config, deed.now_ms)?;
        let next_ms = match &expression {
            ScheduleExpression::Now => (!has_run).then_some(deed.now_ms),
            ScheduleExpression::Cron(slots) => slots.after(deed.now_ms),
        };
        Ok(match slot::job(&deed, (name, &generation), next_ms) {
            Some(job) => Edited::WithJob(job),
            None => Edited::Yes,
        })
    })
    .await?;
    Ok(json!({}))
}

/// Runs no slot any more; a run that is under way ends by itself.
pub async fn stop(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:StopMonitoringSchedule")?;
    let name = MONITORING_SCHEDULE.name(&input)?;
    stored::change(&deed, &MONITORING_SCHEDULE, name, |resource| {
        if !not_pending(resource)?.runs() {
            return Ok(Edited::Not);
        }
        resource.status = ScheduleState::Stopped.as_str().to_owned();
        set_member(resource, GENERATION, app.ids.uuid().into());
        Ok(Edited::Yes)
    })
    .await?;
    Ok(json!({}))
}

/// Its executions stay.
pub async fn delete(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DeleteMonitoringSchedule")?;
    let name = MONITORING_SCHEDULE.name(&input)?;
    let mut unit = app.store.begin().await?;
    let key = MONITORING_SCHEDULE.key(&deed, name);
    stored::delete_in(&mut unit, &deed, key, |resource| {
        not_pending(resource).map(|_| ())
    })
    .await?;
    let subject = monitoring_alert::subject_of(name);
    monitoring_alert::delete_of(&mut unit, &deed, &subject).await?;
    unit.commit().await?;
    Ok(json!({}))
}

/// The schedule as the server acts upon it; `None` when there is none.
pub async fn get(app: &App, region: &str, name: &str) -> Result<Option<Schedule>, Fault> {
    let key = ResourceKey {
        kind: ResourceKind::MonitoringSchedule,
        region,
        name,
    };
    match resource::get(&app.store, key).await? {
        Some(resource) => Ok(Some(schedule_of(app, &resource).await?)),
        None => Ok(None),
    }
}

/// With the definition that it names, as that stands now.
pub(crate) async fn schedule_of(app: &App, resource: &Resource) -> Result<Schedule, Fault> {
    let deed = Deed::of_server(app, &resource.region, "probity:ReadMonitoringSchedule");
    let known = without_definition(resource)?;
    let kind = known.monitoring_type;
    let (definition, definition_name) = definition_of(&deed, &known.config, kind).await?;
    Ok(Schedule {
        endpoint: endpoint_of(&definition).to_owned(),
        definition,
        definition_name,
        ..known
    })
}

/// As far as the schedule itself tells.
pub(crate) fn without_definition(resource: &Resource) -> Result<Schedule, Fault> {
    let config = config_of(resource)?;
    let text = |member: &str| resource.body.get(member).and_then(Value::as_str);
    let name = config.monitoring_job_definition_name.clone();
    Ok(Schedule {
        name: resource.name.clone(),
        arn: resource.arn.clone(),
        state: state(resource)?,
        endpoint: text("EndpointName").unwrap_or_default().to_owned(),
        monitoring_type: type_of(&config)?,
        definition: MonitoringJobDefinition::default(),
        definition_name: name.unwrap_or_default(),
        created_ms: resource.created_ms,
        generation: text(GENERATION).unwrap_or_default().to_owned(),
        config,
    })
}

/// A request, checked against what it names.
struct Planned {
    config: MonitoringScheduleConfig,
    document: Value,
    expression: ScheduleExpression,
    endpoint: String,
    captured_to: Option<String>,
    generation: String,
}

impl Planned {
    fn body(&self, name: &str) -> Members {
        let mut body = Members::new();
        body.insert("MonitoringScheduleName".to_owned(), name.into());
        let monitoring_type = self.config.monitoring_type.as_deref().unwrap_or_default();
        body.insert("MonitoringType".to_owned(), monitoring_type.into());
        body.insert(CONFIG.to_owned(), self.document.clone());
        if !self.endpoint.is_empty() {
            body.insert("EndpointName".to_owned(), self.endpoint.as_str().into());
        }
        if let Some(place) = &self.captured_to {
            body.insert(CAPTURED_TO.to_owned(), place.as_str().into());
        }
        body.insert(GENERATION.to_owned(), self.generation.as_str().into());
        body
    }

    fn first_job(&self, deed: &Deed<'_>, name: &str) -> Option<NewJob> {
        let first = match &self.expression {
            ScheduleExpression::Now => Some(deed.now_ms),
            ScheduleExpression::Cron(slots) => slots.after(deed.now_ms),
        };
        slot::job(deed, (name, &self.generation), first)
    }
}

async fn planned(deed: &Deed<'_>, input: &Value) -> Result<Planned, Fault> {
    let mut document = input.get(CONFIG).cloned().unwrap_or_default();
    fill(&mut document)?;
    let config = read_config(&document)?;
    let monitoring_type = type_of(&config)?;
    let expression = expression_of(&config, deed.now_ms)?;
    let (definition, _) = definition_of(deed, &config, monitoring_type).await?;
    check(deed, &config, &definition).await?;
    window::check(&expression, config.schedule_config.as_ref(), &definition)?;
    check_run_time(&expression, (&definition, monitoring_type), deed.now_ms)?;
    Ok(Planned {
        endpoint: endpoint_of(&definition).to_owned(),
        captured_to: captured_to(&definition),
        generation: deed.app.ids.uuid(),
        config,
        document,
        expression,
    })
}

/// What the service adds: the kind and the time limit of a definition that stands inside.
fn fill(document: &mut Value) -> Result<(), Fault> {
    let Value::Object(config) = document else {
        return Err(Fault::invalid("MonitoringScheduleConfig is missing"));
    };
    let by_name = config.get("MonitoringJobDefinitionName");
    let is_named = by_name.is_some_and(|name| !name.is_null());
    let inside = config.get_mut("MonitoringJobDefinition");
    let inside = inside.filter(|definition| !definition.is_null());
    if inside.is_none() && !is_named {
        return Err(Fault::invalid(NO_DEFINITION));
    }
    let is_inside = inside.is_some();
    if let Some(Value::Object(definition)) = inside {
        definition
            .entry("StoppingCondition")
            .or_insert_with(|| json!({ "MaxRuntimeInSeconds": LONGEST_RUN_S }));
    }
    if is_inside {
        config
            .entry("MonitoringType")
            .or_insert_with(|| MonitoringType::DataQuality.as_str().into());
    }
    Ok(())
}

fn read_config(document: &Value) -> Result<MonitoringScheduleConfig, Fault> {
    serde_json::from_value(document.clone()).map_err(|source| Fault::invalid(source.to_string()))
}

async fn check(
    deed: &Deed<'_>,
    config: &MonitoringScheduleConfig,
    definition: &MonitoringJobDefinition,
) -> Result<(), Fault> {
    if let Some(inside) = &config.monitoring_job_definition {
        if config.monitoring_type.as_deref() != Some(MonitoringType::DataQuality.as_str()) {
            return Err(Fault::invalid(
                "A MonitoringJobDefinition inside a schedule is of the MonitoringType \
                 DataQuality; other kinds are named by MonitoringJobDefinitionName",
            ));
        }
        if inside.monitoring_inputs.len() != 1
            || definition.job_output_config.monitoring_outputs.len() != 1
        {
            return Err(Fault::invalid(
                "A MonitoringJobDefinition has exactly one of MonitoringInputs and one of \
                 MonitoringOutputs",
            ));
        }
        job_definition::check(deed.app, definition)?;
    }
    let name = endpoint_of(definition);
    if !name.is_empty() {
        stored::get(deed, &endpoint::ENDPOINT, name)
            .await
            .map_err(|fault| match fault {
                Fault::NotFound { .. } => Fault::invalid(format!(
                    "Could not find endpoint \"{}\".",
                    deed.arn(format!("endpoint/{name}"))
                )),
                fault => fault,
            })?;
    }
    Ok(())
}

/// A run may take as long as the time between two; one that joins labels half of it, because it
/// is two jobs. Schedules more frequent than AWS has are cut instead of refused.
fn check_run_time(
    expression: &ScheduleExpression,
    (definition, monitoring_type): (&MonitoringJobDefinition, MonitoringType),
    now_ms: i64,
) -> Result<(), Fault> {
    let ScheduleExpression::Cron(slots) = expression else {
        return Ok(());
    };
    let period_s = slots
        .after(now_ms)
        .and_then(|slot| slots.period_ms(slot))
        .and_then(|period| u64::try_from(period / 1000).ok())
        .unwrap_or(u64::MAX);
    let limit = definition.stopping_condition.as_ref();
    let limit = limit.map_or(0, |limit| limit.max_runtime_in_seconds);
    let most = match monitoring_type {
        MonitoringType::DataQuality | MonitoringType::ModelExplainability => period_s,
        MonitoringType::ModelQuality | MonitoringType::ModelBias => period_s / 2,
    };
    // The SDK sends an hour where nobody chose, of every kind.
    if limit > most && limit > LONGEST_RUN_S {
        return Err(Fault::invalid(format!(
            "MaxRuntimeInSeconds is {limit}, and a run of this schedule may take {most} seconds"
        )));
    }
    Ok(())
}

async fn definition_of(
    deed: &Deed<'_>,
    config: &MonitoringScheduleConfig,
    monitoring_type: MonitoringType,
) -> Result<(MonitoringJobDefinition, String), Fault> {
    match (
        &config.monitoring_job_definition,
        &config.monitoring_job_definition_name,
    ) {
        (Some(inside), None) => Ok((inside.definition(), String::new())),
        (None, Some(name)) => {
            let stored = job_definition::stored_of(monitoring_type);
            let resource = stored::get(deed, stored, name).await.map_err(|fault| {
                let Fault::NotFound { .. } = fault else {
                    return fault;
                };
                Fault::invalid(format!(
                    "Could not find the {} job definition `{name}`",
                    monitoring_type.as_str()
                ))
            })?;
            Ok((stored::read_body(&resource)?, name.clone()))
        }
        (Some(_), Some(_)) => Err(Fault::invalid(
            "A schedule has a MonitoringJobDefinition or a MonitoringJobDefinitionName, not both",
        )),
        (None, None) => Err(Fault::invalid(NO_DEFINITION)),
    }
}

fn type_of(config: &MonitoringScheduleConfig) -> Result<MonitoringType, Fault> {
    let text = config.monitoring_type.as_deref();
    let known = MonitoringType::ALL
        .into_iter()
        .find(|kind| Some(kind.as_str()) == text);
    known.ok_or_else(|| {
        Fault::invalid("MonitoringType is required with a MonitoringJobDefinitionName")
    })
}

pub(crate) fn expression_of(
    config: &MonitoringScheduleConfig,
    now_ms: i64,
) -> Result<ScheduleExpression, Fault> {
    let given = config.schedule_config.as_ref();
    let text = given.map_or(expression::DAILY, |given| {
        given.schedule_expression.as_str()
    });
    ScheduleExpression::parse(text, now_ms).map_err(|error| Fault::invalid(error.to_string()))
}

/// Names the generation of its slots, as their jobs do.
pub(crate) fn generation_of(resource: &Resource) -> &str {
    let generation = resource.body.get(GENERATION);
    generation.and_then(Value::as_str).unwrap_or_default()
}

/// Whether a slot must be waiting: false where the last one is over, and of a schedule that runs
/// once.
pub(crate) fn has_more_slots(resource: &Resource, now_ms: i64) -> bool {
    let expression = config_of(resource).and_then(|config| expression_of(&config, now_ms));
    match expression {
        Ok(ScheduleExpression::Cron(slots)) => slots.after(now_ms).is_some(),
        Ok(ScheduleExpression::Now) | Err(_) => false,
    }
}

pub(crate) fn config_of(resource: &Resource) -> Result<MonitoringScheduleConfig, Fault> {
    let document = resource.body.get(CONFIG).cloned().unwrap_or_default();
    serde_json::from_value(document)
        .map_err(|source| Fault::internal(format!("read `{}`", resource.arn), source))
}

pub(crate) fn endpoint_of(definition: &MonitoringJobDefinition) -> &str {
    let input = definition.job_input.endpoint_input.as_ref();
    input
        .and_then(|input| input.endpoint_name.as_deref())
        .unwrap_or_default()
}

fn captured_to(definition: &MonitoringJobDefinition) -> Option<String> {
    let input = definition.job_input.batch_transform_input.as_ref()?;
    let place = input.data_captured_destination_s3_uri.as_deref()?;
    Some(place.trim_end_matches('/').to_owned())
}

pub(crate) fn state(resource: &Resource) -> Result<ScheduleState, Fault> {
    ScheduleState::parse(&resource.status).ok_or_else(|| {
        let problem = std::io::Error::other(format!("no state `{}`", resource.status));
        Fault::internal(format!("read `{}`", resource.arn), problem)
    })
}

/// SageMaker refuses everything while a schedule is made ready.
fn not_pending(resource: &Resource) -> Result<ScheduleState, Fault> {
    let state = state(resource)?;
    match state {
        ScheduleState::Pending => Err(Fault::invalid(format!(
            "Monitoring schedule in status {} cannot be changed: \"{}\"",
            state.as_str(),
            resource.arn
        ))),
        ScheduleState::Failed | ScheduleState::Scheduled | ScheduleState::Stopped => Ok(state),
    }
}

fn set_member(resource: &mut Resource, member: &str, value: Value) {
    if let Value::Object(body) = &mut resource.body {
        body.insert(member.to_owned(), value);
    }
}

fn attributes(body: &Members) -> BTreeMap<String, String> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let config = body.get(CONFIG);
    let name = config.and_then(|config| config.get("MonitoringJobDefinitionName"));
    let found = [
        (ENDPOINT, text(body.get("EndpointName"))),
        (CAPTURES, text(body.get(CAPTURED_TO))),
        (TYPE_ATTRIBUTE, text(body.get("MonitoringType"))),
        (DEFINITION_ATTRIBUTE, text(name)),
    ];
    found
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

fn summary(schedule: &Members) -> Members {
    let mut members = pick(
        schedule,
        &[
            "MonitoringScheduleName",
            "MonitoringScheduleArn",
            "CreationTime",
            "LastModifiedTime",
            "MonitoringScheduleStatus",
            "EndpointName",
            "MonitoringType",
        ],
    );
    let config = schedule.get(CONFIG);
    let name = config.and_then(|config| config.get("MonitoringJobDefinitionName"));
    if let Some(name) = name {
        members.insert("MonitoringJobDefinitionName".to_owned(), name.clone());
    }
    members
}
