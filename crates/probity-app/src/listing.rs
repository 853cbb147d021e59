//! Lists: the filters, sort orders and pages of the real API, for every kind of [`Stored`].
//!
//! Where the API's documents give no default for `MaxResults` it is 10, as where they do.

use probity_store::Cursor;
use probity_store::resource::{self, ListResources, SortBy, SortOrder};
use serde_json::{Map, Value};

use crate::deed::Deed;
use crate::fault::Fault;
use crate::page_token::Question;
use crate::stored::Stored;
use crate::timestamp;

const PAGE: u32 = 10;
const LONGEST_PAGE: u64 = 100;

/// One page of a kind.
pub(crate) async fn list(deed: &Deed<'_>, stored: &Stored, input: &Value) -> Result<Value, Fault> {
    list_where(deed, stored, input, Vec::new()).await
}

/// One page of those that have these attributes as well.
pub(crate) async fn list_where(
    deed: &Deed<'_>,
    stored: &Stored,
    input: &Value,
    attributes: Vec<(String, String)>,
) -> Result<Value, Fault> {
    let question = Question::of(&[deed.action, deed.region], input);
    let mut request = request(deed, stored, input)?;
    request.attributes.extend(attributes);
    if let Some(token) = token(input) {
        request.after = Some(question.after::<Cursor>(token)?);
    }
    let page = resource::list(&deed.app.store, &request).await?;
    let summaries = page
        .items
        .iter()
        .map(|resource| Value::Object((stored.list.summary)(&stored.describe(resource))));
    let mut answer = Map::new();
    answer.insert(stored.list.items.to_owned(), summaries.collect());
    if let Some(next) = &page.next {
        answer.insert("NextToken".to_owned(), question.token(next)?.into());
    }
    Ok(Value::Object(answer))
}

/// An empty token asks for the first page, as a missing one does.
pub(crate) fn token(input: &Value) -> Option<&str> {
    input
        .get("NextToken")
        .and_then(Value::as_str)
        .filter(|token| !token.is_empty())
}

/// How many items a page has at most.
pub(crate) fn page_limit(input: &Value) -> u32 {
    input
        .get("MaxResults")
        .and_then(Value::as_u64)
        .map(|limit| limit.clamp(1, LONGEST_PAGE))
        .and_then(|limit| u32::try_from(limit).ok())
        .unwrap_or(PAGE)
}

/// The question without its place in the list.
fn request(deed: &Deed<'_>, stored: &Stored, input: &Value) -> Result<ListResources, Fault> {
    let text = |member: &str| input.get(member).and_then(Value::as_str);
    let time = |member: &str| match input.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => timestamp::read(member, value).map(Some),
    };
    let attributes = stored
        .list
        .filters
        .iter()
        .filter_map(|(member, attribute)| {
            Some(((*attribute).to_owned(), text(member)?.to_owned()))
        });
    // The API's "after" is "at or after", its "before" is before; the store's bounds are part of
    // the range.
    Ok(ListResources {
        kind: stored.kind,
        region: deed.region.to_owned(),
        name_contains: text("NameContains")
            .filter(|part| !part.is_empty())
            .map(str::to_owned),
        created_after_ms: time("CreationTimeAfter")?,
        created_before_ms: time("CreationTimeBefore")?.map(|ms| ms - 1),
        modified_after_ms: time("LastModifiedTimeAfter")?,
        modified_before_ms: time("LastModifiedTimeBefore")?.map(|ms| ms - 1),
        status: text("StatusEquals").map(str::to_owned),
        attributes: attributes.collect(),
        sort_by: match text("SortBy") {
            None => stored.list.sort_by,
            Some("Name") => SortBy::Name,
            Some("CreationTime") => SortBy::Created,
            Some("LastModifiedTime") => SortBy::Modified,
            Some("Status") => SortBy::Status,
            Some(other) => return Err(Fault::invalid(format!("cannot sort by `{other}`"))),
        },
        order: match text("SortOrder") {
            None => stored.list.order,
            Some("Ascending") => SortOrder::Ascending,
            Some("Descending") => SortOrder::Descending,
            Some(other) => return Err(Fault::invalid(format!("no sort order `{other}`"))),
        },
        after: None,
        limit: page_limit(input),
    })
}
