//! Baselines that were read already: hundreds of runs were compared with the same one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use probity_metrics::summary::ColumnSummary;

pub(super) type Columns = Arc<Vec<(String, ColumnSummary)>>;

/// A schedule has few baselines in its life; more than these are read again.
const MOST: usize = 8;

/// Columns by the hash of their state, or by their folder.
#[derive(Debug, Default)]
pub struct KnownBaselines(Mutex<HashMap<String, Columns>>);

impl KnownBaselines {
    pub(super) fn get(&self, name: &str) -> Option<Columns> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(name).cloned()
    }

    pub(super) fn put(&self, name: &str, columns: Columns) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MOST {
            known.insert(name.to_owned(), columns);
        }
    }
}
