//! Pages of what was sorted here and not by the store: by any property of a document.
//!
//! A page ends with the key of its last item, not with a count, so that what is created or
//! deleted meanwhile neither repeats nor hides others.

use std::cmp::Ordering;

use probity_store::resource::{self, ListResources, Resource, SortOrder};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::deed::Deed;
use crate::fault::Fault;
use crate::listing;
use crate::page_token::Question;
use crate::stored::Stored;
use crate::timestamp;

/// Rows that are read at once.
const ROWS: u32 = 1000;

/// Where an item stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) key: Key,
    /// Orders what has the same key.
    pub(crate) name: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Key {
    Number(f64),
    Text(String),
    /// The property is not there: last in both orders.
    Missing,
}

impl Key {
    pub(crate) fn of(value: Option<&Value>) -> Key {
        match value {
            Some(Value::Number(number)) => number.as_f64().map_or(Key::Missing, Key::Number),
            Some(Value::String(text)) => Key::Text(text.clone()),
            Some(Value::Bool(flag)) => Key::Number(f64::from(u8::from(*flag))),
            Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => Key::Missing,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Key::Number(_) => 0,
            Key::Text(_) => 1,
            Key::Missing => 2,
        }
    }
}

impl Place {
    fn order(&self, other: &Place, order: SortOrder) -> Ordering {
        let present = match (&self.key, &other.key) {
            (Key::Number(a), Key::Number(b)) => a.total_cmp(b),
            (Key::Text(a), Key::Text(b)) => a.cmp(b),
            (a, b) => {
                return a
                    .rank()
                    .cmp(&b.rank())
                    .then_with(|| self.by_name(other, order));
            }
        };
        match order {
            SortOrder::Ascending => present.then_with(|| self.by_name(other, order)),
            SortOrder::Descending => present.reverse().then_with(|| self.by_name(other, order)),
        }
    }

    fn by_name(&self, other: &Place, order: SortOrder) -> Ordering {
        match order {
            SortOrder::Ascending => self.name.cmp(&other.name),
            SortOrder::Descending => other.name.cmp(&self.name),
        }
    }
}

/// The page behind `after`, and where it ends if more follows.
pub(crate) fn page<T>(
    mut items: Vec<(Place, T)>,
    order: SortOrder,
    after: Option<&Place>,
    limit: u32,
) -> (Vec<T>, Option<Place>) {
    if let Some(after) = after {
        items.retain(|(place, _)| place.order(after, order) == Ordering::Greater);
    }
    items.sort_by(|(a, _), (b, _)| a.order(b, order));
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = match items.len() > limit {
        true => items
            .get(limit.saturating_sub(1))
            .map(|(place, _)| place.clone()),
        false => None,
    };
    items.truncate(limit);
    (items.into_iter().map(|(_, item)| item).collect(), next)
}

/// Every row that `wanted` asks for, however many pages they fill.
pub(crate) async fn every(
    deed: &Deed<'_>,
    mut wanted: ListResources,
) -> Result<Vec<Resource>, Fault> {
    wanted.limit = ROWS;
    let mut rows = Vec::new();
    loop {
        let page = resource::list(&deed.app.store, &wanted).await?;
        rows.extend(page.items);
        match page.next {
            Some(next) => wanted.after = Some(next),
            None => return Ok(rows),
        }
    }
}

/// Answers a list request from these rows: for lists whose filters or orders the store lacks.
pub(crate) fn list_of(
    deed: &Deed<'_>,
    stored: &Stored,
    input: &Value,
    rows: Vec<Resource>,
) -> Result<Value, Fault> {
    let question = Question::of(&[deed.action, deed.region], input);
    let after = match listing::token(input) {
        Some(token) => Some(question.after::<Place>(token)?),
        None => None,
    };
    let time = |member: &str| match input.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => timestamp::read(member, value).map(Some),
    };
    let (from, to) = (time("CreationTimeAfter")?, time("CreationTimeBefore")?);
    let text = |member: &str| input.get(member).and_then(Value::as_str);
    let order = match text("SortOrder") {
        Some("Ascending") => SortOrder::Ascending,
        Some("Descending") => SortOrder::Descending,
        Some(_) | None => stored.list.order,
    };
    let sort_by = text("SortBy").unwrap_or("CreationTime");
    let wanted = rows.into_iter().filter(|row| {
        from.is_none_or(|from| row.created_ms >= from)
            && to.is_none_or(|to| row.created_ms < to)
            && stored.list.filters.iter().all(|(member, attribute)| {
                text(member).is_none_or(|value| {
                    row.attributes
                        .get(*attribute)
                        .is_some_and(|own| own == value)
                })
            })
    });
    let items = wanted.map(|row| {
        let key = match sort_by {
            "Name" => Key::Text(row.name.clone()),
            "CreationTime" => Key::Number(row.created_ms as f64),
            other => Key::of(row.body.get(other)),
        };
        let place = Place {
            key,
            name: row.name.clone(),
        };
        (place, row)
    });
    let (rows, next) = page(
        items.collect(),
        order,
        after.as_ref(),
        listing::page_limit(input),
    );
    let summaries = rows
        .iter()
        .map(|row| Value::Object((stored.list.summary)(&stored.describe(row))));
    let mut answer = Map::new();
    answer.insert(stored.list.items.to_owned(), summaries.collect());
    if let Some(next) = &next {
        answer.insert("NextToken".to_owned(), question.token(next)?.into());
    }
    Ok(Value::Object(answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(key: Key, name: &str) -> Place {
        Place {
            key,
            name: name.to_owned(),
        }
    }

    fn items() -> Vec<(Place, &'static str)> {
        vec![
            (place(Key::Missing, "d"), "d"),
            (place(Key::Number(2.0), "b"), "b"),
            (place(Key::Number(1.0), "a"), "a"),
            (place(Key::Number(2.0), "c"), "c"),
        ]
    }

    #[track_caller]
    fn check(order: SortOrder, expected: [&str; 4]) {
        let mut shown = Vec::new();
        let mut after = None;
        loop {
            let (page, next) = page(items(), order, after.as_ref(), 1);
            shown.extend(page);
            match next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        assert_eq!(shown, expected);
    }

    #[test]
    fn pages_of_one_show_everything_once_and_the_missing_last() {
        check(SortOrder::Ascending, ["a", "b", "c", "d"]);
        check(SortOrder::Descending, ["c", "b", "a", "d"]);
    }

    #[test]
    fn a_page_goes_on_behind_an_item_that_is_gone() {
        let mut items = items();
        items.retain(|(place, _)| place.name != "b");
        let after = place(Key::Number(2.0), "b");
        let (page, next) = page(items, SortOrder::Ascending, Some(&after), 10);
        assert_eq!((page, next), (vec!["c", "d"], None));
    }
}
