//! Binding an evaluation of a card to the report that it is taken from: its numbers come from the
//! report, and the report's place and hash stay with them. Who reads the report is not the app:
//! a verb here says where one may lie, and another takes what was read.
//!
//! A binding is part of the content, so that it makes a version as any edit does.

use probity_domain::document::UtcTime;
use probity_domain::document::card_report::CardReport;
use probity_domain::document::model_card::report::group_value;
use probity_domain::document::model_card::{Binding, Content, ReportKind, Variant};
use probity_store::monitoring_execution as executions;
use serde_json::{Map, Value, json};

use super::source::{self, Origin};
use super::stamp::{self, bound_now};
use super::version::{self, CardVersion, NewContent};
use super::{MODEL_CARD, VERSION, create};
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::monitoring_execution::body_of;
use crate::monitoring_schedule::MONITORING_SCHEDULE;
use crate::processing_job::{PROCESSING_JOB, output_places};
use crate::stored;
use crate::{lineage, tags};

/// `ModelCardContent` of the API.
const MOST_CHARACTERS: usize = 100_000;
/// What binding adds to a card.
pub(super) const METRICS: &str = "the metrics of the report";

/// A tag `probity:bind/EVALUATION` of a card names the report of that evaluation.
pub const BIND_TAG: &str = "probity:bind/";

/// What jobs and monitors call the files that a card can take.
const ANALYSIS: &str = "analysis.json";
const STATISTICS: &str = "statistics.json";
const VIOLATIONS: &str = "constraint_violations.json";

/// Where the report of an evaluation may lie, and who wrote it where that is known.
#[derive(Clone, Debug, PartialEq)]
pub struct WantedReport {
    pub evaluation: String,
    /// The first that is there counts.
    pub uris: Vec<String>,
    /// `None` where the report says it itself.
    pub kind: Option<ReportKind>,
    pub origin: Option<Origin>,
    /// The schedule whose newest execution the evaluation stands for.
    pub follows: Option<String>,
}

impl WantedReport {
    /// A report at a place, of whatever kind it is.
    pub fn at(evaluation: &str, uri: &str) -> WantedReport {
        WantedReport {
            evaluation: evaluation.to_owned(),
            uris: vec![uri.to_owned()],
            kind: None,
            origin: None,
            follows: None,
        }
    }
}

/// For `BindModelCardEvaluation`: which report the request means.
pub async fn wanted_report(
    app: &App,
    caller: &Caller,
    input: &Value,
) -> Result<WantedReport, Fault> {
    let deed = Deed::authorise(app, caller, "probity:BindModelCardEvaluation")?;
    let card = version::read(&deed, MODEL_CARD.name(input)?, None).await?;
    version::expect_version(&card, input)?;
    let text = |member: &str| input.get(member).and_then(Value::as_str);
    let evaluation = stored::text(input, "EvaluationName")?;
    let named = (
        text("ReportS3Uri"),
        text("ProcessingJobName"),
        text("MonitoringScheduleName"),
    );
    let mut wanted = match named {
        (Some(uri), None, None) => WantedReport::at(evaluation, uri),
        (None, Some(job), None) => of_job(&deed, evaluation, job).await?,
        (None, None, Some(schedule)) => of_schedule(&deed, evaluation, schedule).await?,
        _ => {
            return Err(Fault::invalid(
                "Exactly one of ReportS3Uri, ProcessingJobName and MonitoringScheduleName must be \
                 given",
            ));
        }
    };
    if let Some(kind) = text("Kind") {
        wanted.kind = Some(report_kind(kind)?);
    }
    Ok(wanted)
}

fn report_kind(text: &str) -> Result<ReportKind, Fault> {
    ReportKind::parse(text).ok_or_else(|| {
        let known: Vec<&str> = ReportKind::ALL.iter().map(|kind| kind.as_str()).collect();
        Fault::invalid(format!(
            "Kind `{text}` is none that is known: {}",
            known.join(", ")
        ))
    })
}

async fn of_job(deed: &Deed<'_>, evaluation: &str, name: &str) -> Result<WantedReport, Fault> {
    let name = lineage::name_of(deed, PROCESSING_JOB.kind, name)?;
    let job = stored::get(deed, &PROCESSING_JOB, &name).await?;
    if job.status != "Completed" {
        return Err(Fault::invalid(format!(
            "Processing job `{name}` is in status {}: it has no report to bind",
            job.status
        )));
    }
    let places = output_places(&job.body);
    let files = [ANALYSIS, STATISTICS, "evaluation.json"];
    let uris = places
        .iter()
        .flat_map(|place| files.map(|file| format!("{place}/{file}")));
    Ok(WantedReport {
        evaluation: evaluation.to_owned(),
        uris: uris.collect(),
        kind: None,
        origin: Some(source::of_job(deed, &job).await?),
        follows: None,
    })
}

/// The last run of a schedule that ended with a verdict.
pub(super) async fn of_schedule(
    deed: &Deed<'_>,
    evaluation: &str,
    name: &str,
) -> Result<WantedReport, Fault> {
    let name = lineage::name_of(deed, MONITORING_SCHEDULE.kind, name)?;
    let schedule = stored::get(deed, &MONITORING_SCHEDULE, &name).await?;
    let last = executions::last_with_verdict(&deed.app.store, (deed.region, &name)).await?;
    let last = last.filter(|run| run.created_ms >= schedule.created_ms);
    let Some(last) = last else {
        return Err(Fault::invalid(format!(
            "Monitoring schedule `{name}` has no execution that completed: there is no report to \
             bind"
        )));
    };
    let Some(folder) = body_of(&last)?.output_uri else {
        return Err(Fault::invalid(format!(
            "Execution `{}` of the monitoring schedule `{name}` left no results",
            last.id
        )));
    };
    let files: &[&str] = match last.monitoring_type.as_str() {
        "ModelBias" | "ModelExplainability" => &[ANALYSIS],
        _ => &[STATISTICS, VIOLATIONS],
    };
    let folder = folder.trim_end_matches('/');
    Ok(WantedReport {
        evaluation: evaluation.to_owned(),
        uris: files
            .iter()
            .map(|file| format!("{folder}/{file}"))
            .collect(),
        kind: None,
        origin: Some(source::of_execution(deed, &last)?),
        follows: Some(name),
    })
}

/// `BindModelCardEvaluation`, with the report that was read for it. An evaluation that is bound to
/// it already, and stands, stays as it is, and the answer names the version that is there.
pub async fn bind(
    app: &App,
    caller: &Caller,
    (input, wanted, report): (&Value, &WantedReport, &CardReport),
) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "probity:BindModelCardEvaluation")?;
    let card = version::read(&deed, MODEL_CARD.name(input)?, None).await?;
    version::expect_version(&card, input)?;
    let next = bound(&deed, card.content.value(), (wanted, report)).await?;
    let known = stamp::bound_already(&deed, &card, (&wanted.evaluation, &next)).await?;
    let (version, binding) = match known {
        Some(known) => (card.version, known),
        None => {
            let reason = input.get("Reason").and_then(Value::as_str).map_or_else(
                || format!("bound `{}` to {}", wanted.evaluation, report.uri),
                str::to_owned,
            );
            let (value, binding) = next;
            (write(&deed, &card, (value, &reason)).await?, binding)
        }
    };
    let mut answer = Map::new();
    answer.insert("ModelCardArn".to_owned(), card.resource.arn.into());
    answer.insert(VERSION.to_owned(), version.into());
    answer.insert(
        "EvaluationName".to_owned(),
        wanted.evaluation.clone().into(),
    );
    answer.insert("MetricGroupCount".to_owned(), report.groups.len().into());
    answer.extend(described(&binding));
    Ok(Value::Object(answer))
}

/// `UnbindModelCardEvaluation`: the numbers stay, as if they had been typed in; a tag that bound
/// the evaluation goes.
pub async fn unbind(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "probity:UnbindModelCardEvaluation")?;
    let card = version::read(&deed, MODEL_CARD.name(&input)?, None).await?;
    version::expect_version(&card, &input)?;
    let name = stored::text(&input, "EvaluationName")?;
    let known = card.content.card().evaluation(name);
    let Some(known) = known else {
        return Err(Fault::missing(format!(
            "Model card {} has no evaluation `{name}`",
            card.resource.name
        )));
    };
    if known.binding().is_none() {
        return Err(Fault::invalid(format!(
            "Evaluation `{name}` is not bound to a report"
        )));
    }
    let value = edited(card.content.value(), name, |evaluation| {
        if let Some(Value::Object(metadata)) = evaluation.get_mut("metadata") {
            metadata.retain(|name, _| !Binding::owns(name));
            if metadata.is_empty() {
                evaluation.shift_remove("metadata");
            }
        }
    });
    let reason = input.get("Reason").and_then(Value::as_str);
    let reason = reason.map_or_else(|| format!("unbound `{name}`"), str::to_owned);
    let (content, text) = checked(value, METRICS)?;
    let new = NewContent {
        content: &content,
        text: &text,
        reason: Some(&reason),
    };
    let mut unit = app.store.begin().await?;
    let next = version::write_content(&mut unit, &deed, (&card, new)).await?;
    // The tag said what holds no more.
    let tag = format!("{BIND_TAG}{name}");
    tags::remove_in(&mut unit, &deed, (&card.resource.arn, &tag)).await?;
    unit.commit().await?;
    Ok(json!({ "ModelCardArn": card.resource.arn, VERSION: next }))
}

/// `AddTags` of a card, whose tags bind evaluations to reports that were read for it.
pub async fn add_tags(
    app: &App,
    caller: &Caller,
    (input, reports): (&Value, &[(WantedReport, CardReport)]),
) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:AddTags")?;
    // What tags do to the content is an edit.
    app.authorise(caller, "sagemaker:UpdateModelCard")?;
    let card = version::read(&deed, stored::text(input, "ResourceArn")?, None).await?;
    let new = tags::of_request(input)?;
    let mut value = card.content.value().clone();
    for (wanted, report) in reports {
        let next = bound(&deed, &value, (wanted, report)).await?;
        let known = stamp::bound_already(&deed, &card, (&wanted.evaluation, &next)).await?;
        if known.is_none() {
            value = next.0;
        }
    }
    let mut unit = app.store.begin().await?;
    if value != *card.content.value() {
        let (content, text) = checked(value, METRICS)?;
        let new = NewContent {
            content: &content,
            text: &text,
            reason: Some("bound by a tag"),
        };
        version::write_content(&mut unit, &deed, (&card, new)).await?;
    }
    tags::add_in(&mut unit, &deed, (&card.resource.arn, &new)).await?;
    unit.commit().await?;
    tags::all_of(app, &card.resource.arn).await
}

/// `CreateModelCard` with tags that bind evaluations to reports that were read for it.
pub async fn create_bound(
    app: &App,
    caller: &Caller,
    (input, reports): (&Value, &[(WantedReport, CardReport)]),
) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:CreateModelCard")?;
    let sent = stamp::stamped(&deed, None, stored::text(input, "Content")?).await?;
    let mut value = sent.0.into_value();
    for (wanted, report) in reports {
        value = bound(&deed, &value, (wanted, report)).await?.0;
    }
    create::first_version(&deed, input, checked(value, METRICS)?).await
}

/// The evaluations that tags of a request bind, each with the place of its report.
pub fn reports_of_tags(input: &Value) -> Result<Vec<WantedReport>, Fault> {
    let new = tags::of_request(input)?;
    let bindings = new.iter().filter_map(|(key, value)| {
        let evaluation = key.strip_prefix(BIND_TAG)?;
        Some((evaluation, value.as_str()))
    });
    Ok(bindings
        .map(|(evaluation, uri)| WantedReport::at(evaluation, uri))
        .collect())
}

async fn write(
    deed: &Deed<'_>,
    card: &CardVersion,
    (value, reason): (Value, &str),
) -> Result<i64, Fault> {
    let (content, text) = checked(value, METRICS)?;
    let new = NewContent {
        content: &content,
        text: &text,
        reason: Some(reason),
    };
    let mut unit = deed.app.store.begin().await?;
    let next = version::write_content(&mut unit, deed, (card, new)).await?;
    unit.commit().await?;
    Ok(next)
}

/// Content that was made here is held against the same rules as what callers send. `added` is what
/// it has beside what they sent.
pub(super) fn checked(value: Value, added: &str) -> Result<(Content, String), Fault> {
    let content = Content::of_value(value, Variant::Card)
        .map_err(|error| Fault::invalid(error.to_string()))?;
    let text = content.text();
    let characters = text.chars().count();
    if characters > MOST_CHARACTERS {
        return Err(Fault::invalid(format!(
            "With {added} the card would have {characters} characters, and it may have \
             {MOST_CHARACTERS}"
        )));
    }
    Ok((content, text))
}

/// The content with an evaluation taken from a report.
pub(super) async fn bound(
    deed: &Deed<'_>,
    before: &Value,
    (wanted, report): (&WantedReport, &CardReport),
) -> Result<(Value, Binding), Fault> {
    let origin = match &wanted.origin {
        Some(origin) => Some(origin.clone()),
        None => source::origin_of(deed, &report.uri).await?,
    };
    let read = Binding {
        report: report.uri.clone(),
        sha256: report.sha256.clone(),
        kind: report.kind.as_str().to_owned(),
        follows: wanted.follows.clone(),
        reported_at: report.modified_ms.map(moment),
        ..Binding::default()
    };
    let binding = bound_now(deed, origin.as_ref(), read);
    let job_arn = origin.and_then(|origin| origin.job_arn);
    let value = edited(before, &wanted.evaluation, |evaluation| {
        let groups: Vec<Value> = report.groups.iter().map(group_value).collect();
        evaluation.insert("metric_groups".to_owned(), groups.into());
        match job_arn {
            Some(job) => evaluation.insert("evaluation_job_arn".to_owned(), job.into()),
            None => evaluation.shift_remove("evaluation_job_arn"),
        };
        let metadata = evaluation
            .entry("metadata")
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(metadata) = metadata {
            put(metadata, &binding);
        }
    });
    Ok((value, binding))
}

/// Instead of the binding that was there.
pub(super) fn put(metadata: &mut Map<String, Value>, binding: &Binding) {
    metadata.retain(|name, _| !Binding::owns(name));
    let members = binding.members().into_iter();
    metadata.extend(members.map(|(name, value)| (name.to_owned(), value.into())));
}

/// With milliseconds, unlike [`UtcTime`]'s own form: a model that was made within the second before
/// would look like one that was made after.
pub(super) fn moment(ms: i64) -> String {
    let time = UtcTime::from_epoch_ms(ms);
    let seconds = time.to_string();
    format!("{}.{:03}Z", seconds.trim_end_matches('Z'), time.millisecond)
}

/// The content with the evaluation of that name edited; it is added where there is none.
fn edited(content: &Value, name: &str, edit: impl FnOnce(&mut Map<String, Value>)) -> Value {
    let mut root = content.as_object().cloned().unwrap_or_default();
    let known = root.get("evaluation_details").and_then(Value::as_array);
    let mut evaluations = known.cloned().unwrap_or_default();
    let index = evaluations
        .iter()
        .position(|evaluation| evaluation["name"] == name);
    let known = index.and_then(|index| evaluations[index].as_object().cloned());
    let mut evaluation = known.unwrap_or_default();
    evaluation.insert("name".to_owned(), name.into());
    edit(&mut evaluation);
    match index {
        Some(index) => evaluations[index] = Value::Object(evaluation),
        None => evaluations.push(Value::Object(evaluation)),
    }
    root.insert("evaluation_details".to_owned(), evaluations.into());
    Value::Object(root)
}

/// A binding in the words of the API.
pub(super) fn described(binding: &Binding) -> Map<String, Value> {
    let mut members = Map::new();
    let mut show = |member: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            members.insert(member.to_owned(), value.into());
        }
    };
    show("ReportS3Uri", Some(&binding.report));
    show("Sha256", Some(&binding.sha256));
    show("Kind", Some(&binding.kind));
    show("Source", binding.source.as_deref());
    show("Follows", binding.follows.as_deref());
    show("BoundBy", binding.bound_by.as_deref());
    for (member, text) in [
        ("ReportedAt", &binding.reported_at),
        ("BoundAt", &binding.bound_at),
    ] {
        let at_ms = text.as_deref().and_then(UtcTime::parse_epoch_ms);
        if let Some(at_ms) = at_ms {
            members.insert(member.to_owned(), crate::timestamp::seconds(at_ms));
        }
    }
    members
}
