//! Search: resources by what their records hold, in the order of any property.
//!
//! Source: Search in the SageMaker API reference; the forms of records that clients read are in
//! its `SearchRecord`. A search reads the rows that its outermost `And` allows, compares their
//! documents here, and pages by the sort key. What the documentation leaves open is told in
//! docs/api-quirks.md.

mod cards;
mod expression;
mod extras;
mod kept;
mod monitors;
mod narrow;
mod operand;
mod path;
mod suggestion;

use probity_store::resource::{Resource, SortOrder};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::listing;
use crate::model_package_group::is_of_other_accounts;
use crate::page_token::Question;
use crate::sorted_page::{self, Key, Place};

use expression::Expression;
use extras::Extras;
use kept::Kept;

pub use suggestion::suggestions;

/// Longer than a page of lists: callers that expect one hit read one page only.
const PAGE: u32 = 100;
const DEFAULT_SORT: &str = "LastModifiedTime";

/// What a search asks for.
struct Asked<'a> {
    expression: Expression,
    visibility: Vec<(&'a str, &'a str)>,
    sort_by: &'a str,
    order: SortOrder,
}

impl<'a> Asked<'a> {
    fn read(input: &'a Value) -> Result<Asked<'a>, Fault> {
        let text = |member: &str| input.get(member).and_then(Value::as_str);
        let expression = match input.get("SearchExpression") {
            None | Some(Value::Null) => Expression::everything(),
            Some(document) => Expression::read(document)?,
        };
        let conditions = input.get("VisibilityConditions").and_then(Value::as_array);
        let visibility = conditions.into_iter().flatten().filter_map(|condition| {
            let value = |member: &str| condition.get(member).and_then(Value::as_str);
            Some((value("Key")?, value("Value")?))
        });
        Ok(Asked {
            expression,
            visibility: visibility.collect(),
            sort_by: text("SortBy").unwrap_or(DEFAULT_SORT),
            order: match text("SortOrder") {
                Some("Ascending") => SortOrder::Ascending,
                Some(_) | None => SortOrder::Descending,
            },
        })
    }

    /// Whether any part of the question needs a property under `start` of every record.
    fn needs(&self, start: &str) -> bool {
        self.expression.names(start)
            || expression::begins(self.sort_by, start)
            || self
                .visibility
                .iter()
                .any(|(key, _)| expression::begins(key, start))
    }

    /// A record that has the property with another value is hidden; one without it is shown.
    fn is_visible(&self, record: &Value) -> bool {
        self.visibility.iter().all(|(key, wanted)| {
            let values = path::values(record, key);
            values.is_empty() || values.iter().any(|value| value.as_str() == Some(wanted))
        })
    }

    fn place(&self, row: &Resource, record: &Value) -> Place {
        let key = match self.sort_by {
            "CreationTime" => Key::Number(row.created_ms as f64),
            DEFAULT_SORT => Key::Number(row.modified_ms as f64),
            other => Key::of(path::values(record, other).first().copied()),
        };
        Place {
            key,
            name: row.name.clone(),
        }
    }
}

pub async fn search(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:Search")?;
    let kept = input
        .get("Resource")
        .and_then(Value::as_str)
        .and_then(Kept::of);
    let Some(kept) = kept.filter(|_| !is_of_other_accounts(&input)) else {
        return Ok(answer(Vec::new(), 0));
    };
    let question = Question::of(&[deed.action, deed.region], &input);
    let after: Option<Place> = match listing::token(&input) {
        Some(token) => Some(question.after(token)?),
        None => None,
    };
    let asked = Asked::read(&input)?;
    let rows = narrow::rows(&deed, kept, &asked.expression).await?;
    let extras = Extras::of_all(&deed, (kept, &rows), |start| asked.needs(start)).await?;
    let mut found = Vec::new();
    for row in rows {
        let view = kept.view(&row, &extras)?;
        if asked.is_visible(&view) && asked.expression.holds(&view) {
            found.push((asked.place(&row, &view), row));
        }
    }
    let hits = found.len();
    let (page, next) = sorted_page::page(found, asked.order, after.as_ref(), limit(&input));
    let extras = extras.with_rest(&deed, kept, &page).await?;
    let mut records = Vec::with_capacity(page.len());
    for row in &page {
        records.push(json!({kept.wrapper(): kept.record(row, &extras)?}));
    }
    let mut answer = answer(records, hits);
    if let (Some(next), Value::Object(members)) = (&next, &mut answer) {
        members.insert("NextToken".to_owned(), question.token(next)?.into());
    }
    Ok(answer)
}

fn answer(results: Vec<Value>, hits: usize) -> Value {
    let mut members = Map::new();
    members.insert("Results".to_owned(), Value::Array(results));
    members.insert(
        "TotalHits".to_owned(),
        json!({"Value": hits, "Relation": "EqualTo"}),
    );
    Value::Object(members)
}

fn limit(input: &Value) -> u32 {
    match input.get("MaxResults") {
        None | Some(Value::Null) => PAGE,
        Some(_) => listing::page_limit(input),
    }
}
