//! What the monitors of a card's model measured last: not part of any version, and looked up when
//! somebody asks. Numbers are those of the metric points, so that no file is read.

use std::collections::BTreeSet;

use probity_domain::ResourceKind;
use probity_domain::document::api::endpoint::Endpoint;
use probity_domain::document::api::model::Model;
use probity_domain::document::card_dossier::{LiveExecution, LiveSection};
use probity_domain::document::execution::ExecutionBody;
use probity_domain::document::model_card::{Metric, MetricGroup, MetricValue};
use probity_store::metric_point::MetricPoint;
use probity_store::monitoring_execution::{self as executions, Execution};
use probity_store::resource::{self, Resource};
use serde_json::Value;

use super::source;
use super::subject::Subject;
use super::version::CardVersion;
use crate::deed::Deed;
use crate::endpoint;
use crate::fault::Fault;
use crate::monitoring_execution::body_of;
use crate::monitoring_schedule;
use crate::run_points::{self, RunOf, Watches};
use crate::stored;
use crate::transform_job;

/// Runs of a schedule among which the last that ended is sought.
const RUNS: u32 = 20;
/// Numbers that a section shows at most.
const POINTS: u32 = 300;

pub(super) async fn sections(
    deed: &Deed<'_>,
    card: &CardVersion,
) -> Result<Vec<LiveSection>, Fault> {
    let subject = Subject::of(deed, card.content.card()).await?;
    let mut sections = Vec::new();
    for schedule in schedules_of(deed, &subject).await? {
        sections.push(section(deed, &schedule).await?);
    }
    sections.sort_by(|a, b| {
        let key = |own: &LiveSection| (own.monitoring_type.clone(), own.schedule.clone());
        key(a).cmp(&key(b))
    });
    Ok(sections)
}

/// Schedules that watch what serves the model, or what transform jobs of it captured.
pub(super) async fn schedules_of(
    deed: &Deed<'_>,
    subject: &Subject,
) -> Result<Vec<Resource>, Fault> {
    if subject.model_name().is_none() && subject.package().is_none() {
        return Ok(Vec::new());
    }
    let mut watched: Vec<(&str, String)> = Vec::new();
    let endpoints = endpoints_of(deed, subject).await?.into_iter();
    watched.extend(endpoints.map(|name| (monitoring_schedule::ENDPOINT, name)));
    if let Some(model) = subject.model_name()
        && let Some(job) = transform_job::last_of(deed, model).await?
        && let Some(place) = captured(&job)
    {
        watched.push((monitoring_schedule::CAPTURES, place));
    }
    let pairs: Vec<(&str, &str)> = watched
        .iter()
        .map(|(attribute, value)| (*attribute, value.as_str()))
        .collect();
    let kind = (ResourceKind::MonitoringSchedule, deed.region);
    Ok(resource::with_any(&deed.app.store, kind, &pairs).await?)
}

/// Where a transform job captured to.
pub(crate) fn captured(job: &Resource) -> Option<String> {
    let place = job.body.pointer("/DataCaptureConfig/DestinationS3Uri")?;
    Some(place.as_str()?.trim_end_matches('/').to_owned())
}

async fn endpoints_of(deed: &Deed<'_>, subject: &Subject) -> Result<BTreeSet<String>, Fault> {
    let mut wanted: Vec<String> = subject
        .model_name()
        .map(endpoint::of_model)
        .into_iter()
        .collect();
    if let Some(package) = subject.package() {
        wanted.extend([&package.arn, &package.name].map(|name| endpoint::of_package(name)));
    }
    let mut names = BTreeSet::new();
    for row in endpoint::serving(deed, &wanted).await? {
        let endpoint: Endpoint = stored::read_body(&row)?;
        let Some(deployment) = endpoint.in_service.or(endpoint.pending) else {
            continue;
        };
        if deployment.models.iter().any(|model| is_of(model, subject)) {
            names.insert(row.name);
        }
    }
    Ok(names)
}

fn is_of(model: &Model, subject: &Subject) -> bool {
    if subject.model_name() == Some(model.model_name.as_str()) {
        return true;
    }
    let Some(package) = subject.package() else {
        return false;
    };
    let names = [package.arn.as_str(), package.name.as_str()];
    model
        .all_containers()
        .filter_map(|container| container.model_package_name.as_deref())
        .any(|name| names.contains(&name))
}

async fn section(deed: &Deed<'_>, schedule: &Resource) -> Result<LiveSection, Fault> {
    let name = schedule.name.as_str();
    let runs = executions::latest(&deed.app.store, (deed.region, name), RUNS).await?;
    // A schedule made anew under an old name has none of the other's runs.
    let last = runs
        .iter()
        .find(|run| source::has_ended(run) && run.created_ms >= schedule.created_ms);
    let text = |member: &str| schedule.body.get(member).and_then(Value::as_str);
    Ok(LiveSection {
        monitoring_type: text("MonitoringType").unwrap_or_default().to_owned(),
        schedule: name.to_owned(),
        endpoint: text("EndpointName").map(str::to_owned),
        execution: match last {
            Some(execution) => Some(measured(deed, execution).await?),
            None => None,
        },
    })
}

async fn measured(deed: &Deed<'_>, execution: &Execution) -> Result<LiveExecution, Fault> {
    let body: ExecutionBody = body_of(execution)?;
    let mut groups = Vec::new();
    let points = points(deed, (execution, &body)).await?;
    if !points.is_empty() {
        groups.push(MetricGroup {
            name: format!("{} metrics", execution.monitoring_type),
            metrics: points.iter().map(metric).collect(),
        });
    }
    if !body.violations.is_empty() {
        let texts = body.violations.iter().enumerate();
        let metrics = texts.map(|(index, text)| Metric {
            axes: None,
            name: format!("violation {}", index + 1),
            notes: None,
            value: MetricValue::Text(text.clone()),
        });
        groups.push(MetricGroup {
            name: "violations".to_owned(),
            metrics: metrics.collect(),
        });
    }
    Ok(LiveExecution {
        arn: source::execution_arn(deed, execution),
        status: execution.status.clone(),
        at_ms: source::finished_ms(execution),
        violations: (execution.violations >= 0).then_some(execution.violations),
        failure_reason: body.failure_reason,
        groups,
    })
}

async fn points(
    deed: &Deed<'_>,
    (execution, body): (&Execution, &ExecutionBody),
) -> Result<Vec<MetricPoint>, Fault> {
    let watches = match execution.endpoint.as_str() {
        "" => Watches::TransformJobs,
        _ => Watches::Endpoint,
    };
    let Some(namespace) = run_points::namespace(&execution.monitoring_type, watches) else {
        return Ok(Vec::new());
    };
    let run = RunOf {
        schedule: &execution.schedule,
        namespace: &namespace,
        start_ms: body.window.start_ms,
        revision: execution.revision,
    };
    run_points::of_run(deed, run, POINTS).await
}

/// `auc`, or `kl_divergence (Feature = age)`.
fn metric(point: &MetricPoint) -> Metric {
    let others: Vec<String> = run_points::own_dimensions(point)
        .iter()
        .map(|(name, value)| format!("{name} = {value}"))
        .collect();
    Metric {
        axes: None,
        name: match others.is_empty() {
            true => point.name.clone(),
            false => format!("{} ({})", point.name, others.join(", ")),
        },
        notes: None,
        value: MetricValue::Number(run_points::mean(point)),
    }
}
