//! `ListModelCardExportJobs`. `ModelCardExportJobNameContains` is about the job's own name, and the
//! rows' names have the card's, too, so pages are made here and not by the store.

use probity_store::resource::{ListResources, SortOrder};
use serde_json::{Map, Value};

use super::{BETWEEN, EXPORT_JOB, described};
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::lineage;
use crate::listing;
use crate::page_token::Question;
use crate::sorted_page::{self, Key, Place};
use crate::stored;
use crate::timestamp;

/// Jobs of one card; none where there is no such card. The API's documents give no order: the
/// newest come first, as with other jobs.
pub async fn list(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:ListModelCardExportJobs")?;
    let text = |member: &str| input.get(member).and_then(Value::as_str);
    let question = Question::of(&[deed.action, deed.region], &input);
    let after = match listing::token(&input) {
        Some(token) => Some(question.after::<Place>(token)?),
        None => None,
    };
    let mut jobs = sorted_page::every(&deed, wanted(&deed, &input)?).await?;
    if let Some(part) = text("ModelCardExportJobNameContains") {
        jobs.retain(|job| own_name(&job.name).contains(part));
    }
    let items = jobs.into_iter().map(|job| {
        let key = match text("SortBy") {
            Some("Name") => Key::Text(own_name(&job.name).to_owned()),
            Some("Status") => Key::Text(job.status.clone()),
            Some(_) | None => Key::Number(job.created_ms as f64),
        };
        let name = job.name.clone();
        (Place { key, name }, job)
    });
    let order = match text("SortOrder") {
        Some("Ascending") => SortOrder::Ascending,
        Some(_) | None => SortOrder::Descending,
    };
    let limit = listing::page_limit(&input);
    let (jobs, next) = sorted_page::page(items.collect(), order, after.as_ref(), limit);
    let summaries = jobs
        .iter()
        .map(|job| Value::Object((EXPORT_JOB.list.summary)(&described(job))));
    let mut answer = Map::new();
    answer.insert(EXPORT_JOB.list.items.to_owned(), summaries.collect());
    if let Some(next) = &next {
        answer.insert("NextToken".to_owned(), question.token(next)?.into());
    }
    Ok(Value::Object(answer))
}

/// What the store can narrow down.
fn wanted(deed: &Deed<'_>, input: &Value) -> Result<ListResources, Fault> {
    let text = |member: &str| input.get(member).and_then(Value::as_str);
    let time = |member: &str| match input.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => timestamp::read(member, value).map(Some),
    };
    let card = stored::text(input, "ModelCardName")?;
    let card = lineage::name_of(deed, probity_domain::ResourceKind::ModelCard, card)?;
    let mut wanted = ListResources::all(EXPORT_JOB.kind, deed.region, 0);
    wanted.attributes = vec![("ModelCardName".to_owned(), card)];
    if let Some(version) = input.get("ModelCardVersion").and_then(Value::as_i64) {
        let version = ("ModelCardVersion".to_owned(), version.to_string());
        wanted.attributes.push(version);
    }
    wanted.status = text("StatusEquals").map(str::to_owned);
    // The API's "after" is "at or after", its "before" is before.
    wanted.created_after_ms = time("CreationTimeAfter")?;
    wanted.created_before_ms = time("CreationTimeBefore")?.map(|ms| ms - 1);
    Ok(wanted)
}

fn own_name(row_name: &str) -> &str {
    match row_name.split_once(BETWEEN) {
        Some((_, job)) => job,
        None => row_name,
    }
}
