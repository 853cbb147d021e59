//! Export jobs: a version of a card, set as a PDF and put where its reader wants it.
//!
//! Source: CreateModelCardExportJob, DescribeModelCardExportJob and ListModelCardExportJobs in the
//! SageMaker API reference. A job belongs to its card: its name need be unique there only, its ARN
//! is `…:model-card/CARD/export-job/JOB`, and it goes with the card.

mod list;

use std::collections::BTreeMap;

use probity_domain::resource::{JobEnd, JobState};
use probity_domain::{Arn, ResourceKind};
use probity_store::Unit;
use probity_store::job::NewJob;
use probity_store::resource::{self, ListResources, Resource, SortBy, SortOrder};
use serde_json::{Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::sorted_page;
use crate::stored::{self, Draft, Edited, Listing, Members, Stored, pick};
use crate::timestamp;

pub use list::list;

/// What a worker's queue calls these jobs. The subject is the row's name, `CARD/export-job/JOB`.
pub const JOB_KIND: &str = "model_card_export_job";

/// Between the card's name and the job's, in the ARN and in the row's name.
const BETWEEN: &str = "/export-job/";

/// The longest `FailureReason`.
const LONGEST_REASON: usize = 1024;

pub(crate) static EXPORT_JOB: Stored = Stored {
    kind: ResourceKind::ModelCardExportJob,
    name_member: "ModelCardExportJobName",
    arn_member: "ModelCardExportJobArn",
    kept: &[
        "ModelCardExportJobName",
        "ModelCardName",
        "ModelCardVersion",
        "OutputConfig",
    ],
    shown: &[],
    attributes,
    list: Listing {
        items: "ModelCardExportJobSummaries",
        summary,
        sort_by: SortBy::Created,
        order: SortOrder::Ascending,
        filters: &[],
    },
};

/// Lists are of one card, and may be of one version.
fn attributes(job: &Members) -> BTreeMap<String, String> {
    let mut attributes = BTreeMap::new();
    if let Some(card) = job.get("ModelCardName").and_then(Value::as_str) {
        attributes.insert("ModelCardName".to_owned(), card.to_owned());
    }
    if let Some(version) = job.get("ModelCardVersion").and_then(Value::as_i64) {
        attributes.insert("ModelCardVersion".to_owned(), version.to_string());
    }
    attributes
}

fn summary(job: &Members) -> Members {
    let members = [
        "ModelCardExportJobName",
        "ModelCardExportJobArn",
        "Status",
        "ModelCardName",
        "ModelCardVersion",
        "CreatedAt",
        "LastModifiedAt",
    ];
    pick(job, &members)
}

fn described(job: &Resource) -> Members {
    let mut members = EXPORT_JOB.describe(job);
    members.insert("Status".to_owned(), Value::from(job.status.as_str()));
    members.insert("CreatedAt".to_owned(), timestamp::seconds(job.created_ms));
    members.insert(
        "LastModifiedAt".to_owned(),
        timestamp::seconds(job.modified_ms),
    );
    members
}

fn row_name(card: &str, job: &str) -> String {
    format!("{card}{BETWEEN}{job}")
}

/// Without a version, the one that is the latest now is exported, whatever happens before the job
/// runs.
pub async fn create(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:CreateModelCardExportJob")?;
    let job = stored::text(&input, "ModelCardExportJobName")?;
    let version = input.get("ModelCardVersion").and_then(Value::as_i64);
    let card = super::version::read(&deed, stored::text(&input, "ModelCardName")?, version).await?;
    let name = card.resource.name.as_str();
    check_output(&input)?;
    let mut body = match &input {
        Value::Object(members) => pick(members, EXPORT_JOB.kept),
        _ => Members::new(),
    };
    body.insert("ModelCardName".to_owned(), Value::from(name));
    body.insert("ModelCardVersion".to_owned(), Value::from(card.version));
    let row_name = row_name(name, job);
    let draft = Draft {
        status: JobState::InProgress.as_str(),
        body,
        tags: Vec::new(),
        job: Some(NewJob {
            id: app.ids.uuid(),
            kind: JOB_KIND.to_owned(),
            subject: row_name.clone(),
            region: deed.region.to_owned(),
            run_at_ms: deed.now_ms,
        }),
        name: row_name,
    };
    let mut unit = app.store.begin().await?;
    // Against the deletion of the card, which would leave the job behind.
    if resource::lock(&mut unit, card.resource.key())
        .await?
        .is_none()
    {
        return Err(Fault::NotFound {
            kind: ResourceKind::ModelCard,
            name: name.to_owned(),
        });
    }
    let written = stored::insert_in(&mut unit, &deed, &EXPORT_JOB, draft).await;
    let written = written.map_err(|fault| match fault {
        Fault::Exists { .. } => Fault::Conflict {
            message: format!("Model card export job {job} of model card {name} already exists."),
        },
        other => other,
    })?;
    unit.commit().await?;
    app.jobs.notify_one();
    Ok(json!({ "ModelCardExportJobArn": written.arn }))
}

/// The API's pattern also allows `https://`, which nothing here writes to, and keys that no bucket
/// of ours takes: the job would only fail later.
fn check_output(input: &Value) -> Result<(), Fault> {
    let path = input["OutputConfig"]["S3OutputPath"]
        .as_str()
        .unwrap_or_default();
    let refused = |problem: &str| {
        let message = format!("OutputConfig.S3OutputPath {problem}, and is `{path}`");
        Err(Fault::invalid(message))
    };
    let Some(place) = path.strip_prefix("s3://") else {
        return refused("must begin with s3://");
    };
    // Slashes at the end are left out where the job's own folder is added.
    let mut parts = place.trim_end_matches('/').split('/');
    if parts.next().is_none_or(str::is_empty) {
        return refused("must name a bucket");
    }
    for part in parts {
        if matches!(part, "" | "." | "..") {
            return refused("must have no empty part and no part `.` or `..` in its key");
        }
        if part.chars().any(char::is_control) {
            return refused("must have no control characters in its key");
        }
    }
    Ok(())
}

pub async fn describe(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DescribeModelCardExportJob")?;
    let arn = stored::text(&input, "ModelCardExportJobArn")?;
    let name = name_in(&deed, arn)?;
    let job = stored::get(&deed, &EXPORT_JOB, &name).await?;
    Ok(Value::Object(described(&job)))
}

/// The row's name in an ARN of the caller's account and region.
fn name_in(deed: &Deed<'_>, text: &str) -> Result<String, Fault> {
    let missing = || EXPORT_JOB.missing(text);
    let arn: Arn = text.parse().map_err(|_| missing())?;
    let is_ours = arn.region() == deed.region && arn.account() == deed.account;
    let is_job = arn.resource_type() == ResourceKind::ModelCard.as_str()
        && arn.resource_name().contains(BETWEEN);
    match is_ours && is_job {
        true => Ok(arn.resource_name().to_owned()),
        false => Err(missing()),
    }
}

/// With their card, in the unit that deletes it and holds its lock. What they wrote stays.
pub(crate) async fn delete_all_in(
    unit: &mut Unit,
    deed: &Deed<'_>,
    card: &str,
) -> Result<(), Fault> {
    let mut wanted = ListResources::all(EXPORT_JOB.kind, deed.region, 0);
    wanted.attributes = vec![("ModelCardName".to_owned(), card.to_owned())];
    for job in sorted_page::every(deed, wanted).await? {
        stored::delete_in(unit, deed, job.key(), |_| Ok(())).await?;
    }
    Ok(())
}

/// What a worker needs to know of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportJob {
    pub card: String,
    pub version: i64,
    pub job: String,
    /// As the caller gave it.
    pub output_path: String,
    pub created_ms: i64,
}

impl ExportJob {
    /// Where the PDF goes: below a folder of the job, under the name that a reader sees when it is
    /// downloaded.
    pub fn uri(&self) -> String {
        format!(
            "{}/{}/{}-v{}.pdf",
            self.output_path.trim_end_matches('/'),
            self.job,
            self.card,
            self.version
        )
    }
}

/// How an export ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportEnd {
    Completed {
        uri: String,
    },
    /// Why, and what to do about it.
    Failed {
        reason: String,
    },
}

/// For the worker: the job, `None` where it has ended or is no more.
pub async fn start(app: &App, region: &str, subject: &str) -> Result<Option<ExportJob>, Fault> {
    let deed = Deed::of_server(app, region, "probity:StartJob");
    let job = match stored::get(&deed, &EXPORT_JOB, subject).await {
        Ok(job) => job,
        Err(Fault::NotFound { .. }) => return Ok(None),
        Err(fault) => return Err(fault),
    };
    if crate::long_job::state(&job)?.is_final() {
        return Ok(None);
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(Some(ExportJob {
        card: text(&job.body["ModelCardName"]),
        version: job.body["ModelCardVersion"].as_i64().unwrap_or_default(),
        job: text(&job.body["ModelCardExportJobName"]),
        output_path: text(&job.body["OutputConfig"]["S3OutputPath"]),
        created_ms: job.created_ms,
    }))
}

/// For the worker: the final status, once. A job that went with its card needs none.
pub async fn finish(app: &App, region: &str, done: (&str, &ExportEnd)) -> Result<(), Fault> {
    let deed = Deed::of_server(app, region, "probity:FinishJob");
    let (subject, end) = done;
    let finished = stored::change(&deed, &EXPORT_JOB, subject, |job| finished(job, end)).await;
    match finished {
        Ok(_) | Err(Fault::NotFound { .. }) => Ok(()),
        Err(fault) => Err(fault),
    }
}

fn finished(job: &mut Resource, end: &ExportEnd) -> Result<Edited, Fault> {
    let (state, member, value) = match end {
        ExportEnd::Completed { uri } => (
            JobEnd::Completed,
            "ExportArtifacts",
            json!({ "S3ExportArtifacts": uri }),
        ),
        ExportEnd::Failed { reason } => {
            let cut: String = reason.chars().take(LONGEST_REASON).collect();
            (JobEnd::Failed, "FailureReason", Value::from(cut))
        }
    };
    let Ok(next) = crate::long_job::state(job)?.finish(state) else {
        return Ok(Edited::Not);
    };
    job.status = next.as_str().to_owned();
    if let Value::Object(body) = &mut job.body {
        body.insert(member.to_owned(), value);
    }
    Ok(Edited::Yes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pdf_lies_in_the_folder_of_its_job() {
        let job = |output_path: &str| ExportJob {
            card: "credit".to_owned(),
            version: 3,
            job: "for-the-board".to_owned(),
            output_path: output_path.to_owned(),
            created_ms: 0,
        };
        let expected = "s3://b/cards/for-the-board/credit-v3.pdf";
        assert_eq!(job("s3://b/cards").uri(), expected);
        assert_eq!(job("s3://b/cards/").uri(), expected);
        assert_eq!(job("s3://b").uri(), "s3://b/for-the-board/credit-v3.pdf");
    }

    #[test]
    fn a_key_that_no_bucket_takes_is_refused_at_once() {
        let check = |path: &str| check_output(&json!({"OutputConfig": {"S3OutputPath": path}}));
        for fine in [
            "s3://b",
            "s3://b/",
            "s3://b/cards",
            "s3://b/a/..b/c//",
            "s3://b/a b/ü",
        ] {
            assert!(check(fine).is_ok(), "{fine}");
        }
        for bad in [
            "https://b/cards",
            "s3://",
            "s3:///cards",
            "s3://bkt/../..",
            "s3://bkt/a/./b",
            "s3://bkt/a//b/",
            "s3://bkt//a",
            "s3://bkt/a\nb",
        ] {
            let refused = check(bad).unwrap_err().to_string();
            assert!(
                refused.contains("S3OutputPath") && refused.contains(bad),
                "{refused}"
            );
        }
    }
}
