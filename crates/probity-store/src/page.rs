//! Pages of a list. A cursor is the sort key and the name of the last item, not a count of
//! items, so that rows that come or go meanwhile neither repeat nor hide others.

use serde::{Deserialize, Serialize};

/// Where the next page starts: after this item, which need not exist any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The value that the list is sorted by; times as decimal milliseconds.
    pub key: String,
    pub name: String,
}

/// One page; `next` is there when more follows.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// From rows of which one more than `limit` was asked for.
    pub(crate) fn of(mut rows: Vec<T>, limit: u32, cursor: impl Fn(&T) -> Cursor) -> Page<T> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = if has_more {
            rows.last().map(cursor)
        } else {
            None
        };
        Page { items: rows, next }
    }
}

/// What to ask the database for, to know whether more follows.
pub(crate) fn one_more(limit: u32) -> i64 {
    i64::from(limit) + 1
}
