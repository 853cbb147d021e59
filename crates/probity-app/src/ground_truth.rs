//! Labels that somebody hands over in a request, for who has no object store to put them in: they become an
//! object like any other upload, and the windows that wait for them are scored anew.
//!
//! This crate writes no objects: the server asks for a [`LabelUpload`], puts it in its place, and says so.

use probity_domain::ResourceKind;
use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_store::job::{self, NewJob};
use probity_store::resource::{self, ListResources};
use serde_json::{Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::event;
use crate::fault::Fault;
use crate::monitoring_schedule::{self, Schedule};
use crate::stored::text;
use crate::timestamp;

/// What a worker's queue calls the jobs that look for windows that labels came late for; the subject is the
/// schedule's name.
pub const LATE_LABELS_JOB: &str = "late_labels";

const ACTION: &str = "probity:AddGroundTruthLabels";
/// Labels come in batches: a window is not scored anew for each.
const PAUSE_MS: i64 = 5_000;
/// Schedules looked through for those that share a place of labels.
const MAX_PAGES: usize = 50;

/// Labels that are to be written.
#[derive(Clone, Debug)]
pub struct LabelUpload {
    /// `GroundTruthS3Input.S3Uri`
    pub ground_truth: String,
    pub labels: Vec<UploadedLabel>,
    /// For the object's name.
    pub id: String,
    pub now_ms: i64,
    /// Which wait for labels there: names and ARNs.
    schedules: Vec<(String, String)>,
}

/// One label of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadedLabel {
    pub id: String,
    pub value: UploadedValue,
    pub inference_ms: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadedValue {
    /// What stands in a field of a CSV record.
    Text(String),
    /// A document.
    Json(String),
}

/// Labels for a schedule, or for a place that schedules read labels from.
pub async fn plan(app: &App, caller: &Caller, input: &Value) -> Result<LabelUpload, Fault> {
    let deed = Deed::authorise(app, caller, ACTION)?;
    let labels = labels_of(input)?;
    let name = text(input, "MonitoringScheduleName").ok();
    let place = text(input, "GroundTruthS3Uri").ok();
    let (ground_truth, schedules) = match (name, place) {
        (Some(name), None) => {
            let found = monitoring_schedule::get(app, deed.region, name).await?;
            let schedule = found.ok_or_else(|| Fault::NotFound {
                kind: ResourceKind::MonitoringSchedule,
                name: name.to_owned(),
            })?;
            let place = ground_truth_of(&schedule).ok_or_else(|| {
                Fault::invalid(format!(
                    "Schedule {name} compares nothing with labels: its definition has no \
                     GroundTruthS3Input"
                ))
            })?;
            (
                place.to_owned(),
                vec![(schedule.name.clone(), schedule.arn.clone())],
            )
        }
        (None, Some(place)) if place.starts_with("s3://") => {
            let readers = readers_of(&deed, place).await?;
            if readers.is_empty() {
                return Err(Fault::invalid(format!(
                    "No schedule reads labels from {place}: GroundTruthS3Uri must be the \
                     GroundTruthS3Input of a schedule's definition"
                )));
            }
            (place.to_owned(), readers)
        }
        (None, Some(_)) => return Err(Fault::invalid("GroundTruthS3Uri must begin with s3://")),
        (Some(_), Some(_)) | (None, None) => {
            return Err(Fault::invalid(
                "Give either MonitoringScheduleName or GroundTruthS3Uri",
            ));
        }
    };
    if goes_up(&ground_truth) {
        return Err(Fault::invalid(format!(
            "Labels cannot be put in {ground_truth}: it has a part that is `.` or `..`"
        )));
    }
    Ok(LabelUpload {
        ground_truth,
        labels,
        id: app.ids.uuid(),
        now_ms: deed.now_ms,
        schedules,
    })
}

/// The labels are at `place`: whoever waits for them looks soon.
pub async fn uploaded(
    app: &App,
    caller: &Caller,
    (upload, place): (&LabelUpload, &str),
) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, ACTION)?;
    let mut unit = app.store.begin().await?;
    let change = json!({ "labels": { "object": place, "count": upload.labels.len() } });
    for (name, arn) in &upload.schedules {
        event::record(&mut unit, &deed, arn, change.clone()).await?;
        let look = late_labels_job((deed.region, name), deed.now_ms);
        job::enqueue_once(&mut unit, &look).await?;
    }
    unit.commit().await?;
    app.jobs.notify_one();
    let names: Vec<&str> = upload
        .schedules
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    Ok(json!({
        "S3Uri": place,
        "LabelCount": upload.labels.len(),
        "MonitoringScheduleNames": names,
    }))
}

/// The job that looks for windows of a schedule that labels came late for, soon after `at_ms`: one for all
/// labels that come in the same few seconds. One that runs already is another, since it was due before.
pub fn late_labels_job((region, schedule): (&str, &str), at_ms: i64) -> NewJob {
    let run_at_ms = (at_ms.div_euclid(PAUSE_MS) + 1) * PAUSE_MS;
    NewJob {
        id: format!("{LATE_LABELS_JOB}/{region}/{schedule}/{run_at_ms}"),
        kind: LATE_LABELS_JOB.to_owned(),
        subject: schedule.to_owned(),
        region: region.to_owned(),
        run_at_ms,
    }
}

/// For the worker: looks again then.
pub async fn enqueue_look(app: &App, look: NewJob) -> Result<(), Fault> {
    let mut unit = app.store.begin().await?;
    job::enqueue_once(&mut unit, &look).await?;
    unit.commit().await?;
    Ok(())
}

/// Where a schedule that compares with labels reads them.
pub fn ground_truth_of(schedule: &Schedule) -> Option<&str> {
    let compares = match schedule.monitoring_type {
        MonitoringType::ModelQuality | MonitoringType::ModelBias => true,
        MonitoringType::DataQuality | MonitoringType::ModelExplainability => false,
    };
    let input = schedule.definition.job_input.ground_truth_s3_input.as_ref();
    input
        .and_then(|input| input.s3_uri.as_deref())
        .filter(|uri| compares && !uri.is_empty())
}

/// No key of an object has such a part, and a folder's path would leave its bucket by it.
fn goes_up(place: &str) -> bool {
    place.split('/').any(|part| matches!(part, "." | ".."))
}

/// The schedules that read labels there.
async fn readers_of(deed: &Deed<'_>, place: &str) -> Result<Vec<(String, String)>, Fault> {
    let mut found = Vec::new();
    let mut wanted = ListResources::all(ResourceKind::MonitoringSchedule, deed.region, 100);
    for _ in 0..MAX_PAGES {
        let page = resource::list(&deed.app.store, &wanted).await?;
        for resource in &page.items {
            // One whose definition is gone reads nothing.
            let Ok(schedule) = monitoring_schedule::schedule_of(deed.app, resource).await else {
                continue;
            };
            let reads = ground_truth_of(&schedule);
            if reads.is_some_and(|uri| uri.trim_end_matches('/') == place.trim_end_matches('/')) {
                found.push((schedule.name, schedule.arn));
            }
        }
        match page.next {
            Some(next) => wanted.after = Some(next),
            None => break,
        }
    }
    Ok(found)
}

fn labels_of(input: &Value) -> Result<Vec<UploadedLabel>, Fault> {
    let labels = input.get("Labels").and_then(Value::as_array);
    let labels = labels.map_or(&[][..], Vec::as_slice);
    labels
        .iter()
        .enumerate()
        .map(|(at, label)| {
            let problem = |what: &str| Fault::invalid(format!("Labels[{at}]: {what}"));
            let id = text(label, "Id").map_err(|_| problem("Id is missing"))?;
            let value = match (label.get("Label"), label.get("LabelDocument")) {
                (Some(Value::String(text)), None) => UploadedValue::Text(text.clone()),
                (None, Some(Value::String(text))) => {
                    let document: Value = serde_json::from_str(text)
                        .map_err(|_| problem("LabelDocument is not JSON"))?;
                    UploadedValue::Json(document.to_string())
                }
                _ => return Err(problem("give either Label or LabelDocument")),
            };
            let time = label.get("InferenceTime").filter(|time| !time.is_null());
            Ok(UploadedLabel {
                id: id.to_owned(),
                value,
                inference_ms: time
                    .map(|time| timestamp::read("InferenceTime", time))
                    .transpose()?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_the_same_seconds_are_looked_for_once_and_later() {
        let look = |at_ms| late_labels_job(("eu-west-1", "s"), at_ms);
        assert_eq!(look(5_000), look(9_999));
        assert_eq!(look(9_999).run_at_ms, 10_000);
        assert_ne!(look(10_000).id, look(9_999).id);
    }

    #[test]
    fn a_label_is_a_field_or_a_document() {
        let labels = labels_of(&json!({ "Labels": [
            { "Id": "a", "Label": "1" },
            { "Id": "b", "LabelDocument": "{\"label\": 1}", "InferenceTime": 1.5 },
        ] }));
        let labels = labels.unwrap();
        assert_eq!(labels[0].value, UploadedValue::Text("1".to_owned()));
        assert_eq!(
            labels[1].value,
            UploadedValue::Json("{\"label\":1}".to_owned())
        );
        assert_eq!(labels[1].inference_ms, Some(1_500));
    }

    #[test]
    fn what_is_no_label_is_named_by_its_number() {
        for label in [
            json!({ "Label": "1" }),
            json!({ "Id": "a" }),
            json!({ "Id": "a", "Label": "1", "LabelDocument": "1" }),
            json!({ "Id": "a", "LabelDocument": "{" }),
        ] {
            let refused = labels_of(&json!({ "Labels": [{ "Id": "ok", "Label": "1" }, label] }));
            assert!(refused.unwrap_err().to_string().contains("Labels[1]"));
        }
    }
}
