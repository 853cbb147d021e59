//! What a schedule obeys, and its change by somebody who says why: the definition with the new
//! baseline and the schedule that names it are written in one unit with their events.
//!
//! Definitions cannot be changed (SageMaker has no such operation), so that a named one is followed
//! by another under a new name; one that stands in its schedule changes there.

use chrono::DateTime;
use probity_domain::ResourceKind;
use probity_domain::document::api::monitoring_job_definition::{
    BaselineConfig, MonitoringType, S3Resource,
};
use probity_domain::document::api::processing_job::ProcessingJob;
use probity_store::Unit;
use probity_store::resource::{self, Resource, ResourceKey};
use probity_store::tag;
use serde_json::{Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::event;
use crate::fault::Fault;
use crate::job_definition::stored_of;
use crate::monitoring_schedule::{self, CONFIG, MONITORING_SCHEDULE, Schedule};
use crate::stored::{self, Draft, Edited, Members, Stored};

/// Characters that a name may have.
const LONGEST_NAME: usize = 63;
/// Of the time at the end of a new definition's name: `-20261127130000`.
const STAMP: usize = 15;

/// What a schedule is compared with, and where its results go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obeyed {
    pub monitoring_type: MonitoringType,
    pub constraints_uri: Option<String>,
    pub statistics_uri: Option<String>,
    pub output_uri: String,
}

/// A document that becomes part of the baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaselineDocument {
    pub uri: String,
    pub sha256: String,
}

/// A change of a baseline. What is `None` stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaselineChange {
    pub schedule: String,
    pub reason: String,
    pub constraints: Option<BaselineDocument>,
    pub statistics: Option<BaselineDocument>,
    /// Hashes of the documents before; `None` where there is none, or it cannot be read any more.
    pub constraints_before: Option<String>,
    pub statistics_before: Option<String>,
}

/// For `UpdateMonitoringBaseline`: what is obeyed before it.
pub async fn obeyed(app: &App, caller: &Caller, schedule: &str) -> Result<Obeyed, Fault> {
    let deed = Deed::authorise(app, caller, "probity:UpdateMonitoringBaseline")?;
    let (_, schedule) = read(&deed, schedule).await?;
    obeyed_by(&deed, &schedule).await
}

/// For the page of a schedule.
pub(crate) async fn obeyed_for_page(deed: &Deed<'_>, schedule: &str) -> Result<Obeyed, Fault> {
    let (_, schedule) = read(deed, schedule).await?;
    obeyed_by(deed, &schedule).await
}

/// Writes the change and gives the answer of `UpdateMonitoringBaseline`.
pub async fn update(app: &App, caller: &Caller, change: &BaselineChange) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "probity:UpdateMonitoringBaseline")?;
    let deed = deed.because(Some(&change.reason));
    let (resource, schedule) = read(&deed, &change.schedule).await?;
    let before = obeyed_by(&deed, &schedule).await?;
    let baseline = changed(&before, change);
    let named = match schedule.definition_name.as_str() {
        "" => None,
        name => Some(follower(&deed, (&schedule, name), &baseline).await?),
    };
    let mut unit = deed.app.store.begin().await?;
    let name = match named {
        None => None,
        Some((stored, draft)) => {
            let made = stored::insert_in(&mut unit, &deed, stored, draft).await?;
            Some(made.name)
        }
    };
    let key = MONITORING_SCHEDULE.key(&deed, &change.schedule);
    let version = resource.version;
    stored::change_in(&mut unit, &deed, key, |resource| {
        if resource.version != version {
            return Err(Fault::Conflict {
                message: format!("schedule `{}` has changed meanwhile", change.schedule),
            });
        }
        put(resource, &baseline, name.as_deref());
        Ok(Edited::Yes)
    })
    .await?;
    let told = told(&before, change, name.as_deref());
    record(&mut unit, &deed, (&resource.arn, &told)).await?;
    unit.commit().await?;
    let mut answer = told;
    answer["MonitoringScheduleArn"] = Value::from(resource.arn);
    Ok(answer)
}

async fn read(deed: &Deed<'_>, name: &str) -> Result<(Resource, Schedule), Fault> {
    let resource = stored::get(deed, &MONITORING_SCHEDULE, name).await?;
    let schedule = monitoring_schedule::schedule_of(deed.app, &resource).await?;
    Ok((resource, schedule))
}

async fn obeyed_by(deed: &Deed<'_>, schedule: &Schedule) -> Result<Obeyed, Fault> {
    let baseline = schedule.definition.baseline_config.as_ref();
    let uri = |resource: Option<&S3Resource>| {
        let uri = resource.and_then(|resource| resource.s3_uri.clone());
        uri.filter(|uri| !uri.is_empty())
    };
    let outputs = &schedule.definition.job_output_config.monitoring_outputs;
    let mut obeyed = Obeyed {
        monitoring_type: schedule.monitoring_type,
        constraints_uri: baseline.and_then(|found| uri(found.constraints_resource.as_ref())),
        statistics_uri: baseline.and_then(|found| uri(found.statistics_resource.as_ref())),
        output_uri: outputs
            .first()
            .map_or_else(String::new, |output| output.s3_output.s3_uri.clone()),
    };
    let job = baseline.and_then(|found| found.baselining_job_name.as_deref());
    if let (None, None, Some(job)) = (&obeyed.constraints_uri, &obeyed.statistics_uri, job)
        && let Some(folder) = output_of(deed, job).await?
    {
        let (constraints, statistics) = documents_of(schedule.monitoring_type);
        obeyed.constraints_uri = Some(format!("{folder}/{constraints}"));
        obeyed.statistics_uri = statistics.map(|name| format!("{folder}/{name}"));
    }
    Ok(obeyed)
}

/// The files of a baseline of this kind: what is obeyed, and what it was made from.
fn documents_of(kind: MonitoringType) -> (&'static str, Option<&'static str>) {
    match kind {
        MonitoringType::DataQuality => ("constraints.json", Some("statistics.json")),
        MonitoringType::ModelQuality => ("constraints.json", None),
        MonitoringType::ModelBias | MonitoringType::ModelExplainability => ("analysis.json", None),
    }
}

/// The folder of a processing job's results.
async fn output_of(deed: &Deed<'_>, job: &str) -> Result<Option<String>, Fault> {
    let key = ResourceKey {
        kind: ResourceKind::ProcessingJob,
        region: deed.region,
        name: job,
    };
    let Some(found) = resource::get(&deed.app.store, key).await? else {
        return Ok(None);
    };
    let job: ProcessingJob = stored::read_body(&found)?;
    let outputs = job.processing_output_config.into_iter();
    let mut places = outputs
        .flat_map(|config| config.outputs)
        .filter_map(|output| output.s3_output);
    Ok(places
        .next()
        .map(|place| place.s3_uri.trim_end_matches('/').to_owned()))
}

/// The baseline after the change. Both places are named: a job's name alone would mean its output.
fn changed(before: &Obeyed, change: &BaselineChange) -> BaselineConfig {
    let place = |new: &Option<BaselineDocument>, old: &Option<String>| {
        let uri = new.as_ref().map(|document| document.uri.clone());
        let uri = uri.or_else(|| old.clone())?;
        Some(S3Resource { s3_uri: Some(uri) })
    };
    let statistics = place(&change.statistics, &before.statistics_uri);
    BaselineConfig {
        baselining_job_name: None,
        constraints_resource: place(&change.constraints, &before.constraints_uri),
        // The other kinds have no such member.
        statistics_resource: statistics
            .filter(|_| before.monitoring_type == MonitoringType::DataQuality),
    }
}

/// The definition that follows the one called `name`.
async fn follower(
    deed: &Deed<'_>,
    (schedule, name): (&Schedule, &str),
    baseline: &BaselineConfig,
) -> Result<(&'static Stored, Draft), Fault> {
    let kind = schedule.monitoring_type;
    let stored = stored_of(kind);
    let old = stored::get(deed, stored, name).await?;
    let mut body = match old.body {
        Value::Object(body) => body,
        _ => Members::new(),
    };
    let new_name = free_name(deed, stored, name).await?;
    body.insert("JobDefinitionName".to_owned(), new_name.as_str().into());
    let member = format!("{}BaselineConfig", kind.as_str());
    body.insert(member, document(baseline));
    let tags = tag::list(&deed.app.store, &old.arn).await?;
    let draft = Draft {
        name: new_name,
        status: "",
        body,
        tags,
        job: None,
    };
    Ok((stored, draft))
}

/// Definitions of one second that a name may have to step over.
const MOST_OF_A_SECOND: i64 = 100;

/// The following name that no definition has: several changes may come within a second.
async fn free_name(deed: &Deed<'_>, stored: &Stored, name: &str) -> Result<String, Fault> {
    for second in 0..MOST_OF_A_SECOND {
        let free = following_name(name, deed.now_ms + second * 1000);
        match stored::get(deed, stored, &free).await {
            Ok(_) => {}
            Err(Fault::NotFound { .. }) => return Ok(free),
            Err(fault) => return Err(fault),
        }
    }
    Err(Fault::Overloaded)
}

/// `churn` and `churn-20261127130000` are both followed by `churn-20261128090000`.
fn following_name(name: &str, now_ms: i64) -> String {
    let stamp = DateTime::from_timestamp_millis(now_ms)
        .unwrap_or_default()
        .format("%Y%m%d%H%M%S")
        .to_string();
    let base = match name.rsplit_once('-') {
        Some((base, last))
            if last.len() == STAMP - 1 && last.bytes().all(|b| b.is_ascii_digit()) =>
        {
            base
        }
        Some(_) | None => name,
    };
    let base: String = base.chars().take(LONGEST_NAME - STAMP).collect();
    format!("{}-{stamp}", base.trim_end_matches('-'))
}

/// Puts the new definition's name, or the new baseline, into the schedule.
fn put(resource: &mut Resource, baseline: &BaselineConfig, name: Option<&str>) {
    let Some(config) = resource.body.get_mut(CONFIG) else {
        return;
    };
    match name {
        Some(name) => {
            config["MonitoringJobDefinitionName"] = Value::from(name);
            resource.attributes.insert(
                monitoring_schedule::DEFINITION_ATTRIBUTE.to_owned(),
                name.to_owned(),
            );
        }
        None => config["MonitoringJobDefinition"]["BaselineConfig"] = document(baseline),
    }
}

fn document(baseline: &BaselineConfig) -> Value {
    let place = |resource: &Option<S3Resource>| {
        let uri = resource.as_ref()?.s3_uri.as_ref()?;
        Some(json!({ "S3Uri": uri }))
    };
    let mut members = Members::new();
    for (name, value) in [
        ("ConstraintsResource", place(&baseline.constraints_resource)),
        ("StatisticsResource", place(&baseline.statistics_resource)),
    ] {
        if let Some(value) = value {
            members.insert(name.to_owned(), value);
        }
    }
    Value::Object(members)
}

/// What changed, in the words of the answer and of the event.
fn told(before: &Obeyed, change: &BaselineChange, name: Option<&str>) -> Value {
    let mut told = json!({});
    if let Some(name) = name {
        told["MonitoringJobDefinitionName"] = Value::from(name);
    }
    let sides = [
        (
            "Constraints",
            (&before.constraints_uri, &change.constraints_before),
            &change.constraints,
        ),
        (
            "Statistics",
            (&before.statistics_uri, &change.statistics_before),
            &change.statistics,
        ),
    ];
    for (words, (uri, sha256), after) in sides {
        let Some(after) = after else { continue };
        let mut side = json!({
            "AfterS3Uri": after.uri,
            "AfterSha256": after.sha256,
        });
        if let Some(uri) = uri {
            side["BeforeS3Uri"] = Value::from(uri.as_str());
        }
        if let Some(sha256) = sha256 {
            side["BeforeSha256"] = Value::from(sha256.as_str());
        }
        told[words] = side;
    }
    told
}

async fn record(
    unit: &mut Unit,
    deed: &Deed<'_>,
    (arn, told): (&str, &Value),
) -> Result<(), Fault> {
    event::record(unit, deed, arn, json!({ "baseline": told })).await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-27T13:00:00Z.
    const NOW_MS: i64 = 1_795_784_400_000;

    #[test]
    fn a_follower_of_a_follower_has_one_time_in_its_name() {
        for name in ["churn", "churn-20251127130000"] {
            assert_eq!(following_name(name, NOW_MS), "churn-20261127130000");
        }
        assert_eq!(following_name("a-1", NOW_MS), "a-1-20261127130000");
        let long = following_name(&"x".repeat(63), NOW_MS);
        assert_eq!(long.len(), LONGEST_NAME);
    }

    fn obeyed(monitoring_type: MonitoringType) -> Obeyed {
        Obeyed {
            monitoring_type,
            constraints_uri: Some("s3://b/old/constraints.json".to_owned()),
            statistics_uri: Some("s3://b/old/statistics.json".to_owned()),
            output_uri: "s3://b/results".to_owned(),
        }
    }

    fn change() -> BaselineChange {
        BaselineChange {
            schedule: "s".to_owned(),
            reason: "r".to_owned(),
            constraints: Some(BaselineDocument {
                uri: "s3://b/new.json".to_owned(),
                sha256: "ab".to_owned(),
            }),
            statistics: None,
            constraints_before: Some("cd".to_owned()),
            statistics_before: None,
        }
    }

    #[test]
    fn what_is_not_changed_stays_named() {
        let baseline = changed(&obeyed(MonitoringType::DataQuality), &change());
        assert_eq!(
            document(&baseline),
            json!({
                "ConstraintsResource": { "S3Uri": "s3://b/new.json" },
                "StatisticsResource": { "S3Uri": "s3://b/old/statistics.json" },
            })
        );
        let baseline = changed(&obeyed(MonitoringType::ModelBias), &change());
        assert_eq!(baseline.statistics_resource, None);
    }

    #[test]
    fn the_event_has_both_hashes() {
        let told = told(&obeyed(MonitoringType::DataQuality), &change(), Some("d"));
        assert_eq!(told["Constraints"]["BeforeSha256"], "cd");
        assert_eq!(told["Constraints"]["AfterSha256"], "ab");
        assert_eq!(told["MonitoringJobDefinitionName"], "d");
        assert!(told.get("Statistics").is_none());
    }
}
