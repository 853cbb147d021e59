//! What a reader of the results should know about how the data were read, gathered while
//! files are opened and partitions are read, in an order that does not depend on threads.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Clone, Debug, Default)]
pub(crate) struct Notes(Arc<Mutex<Gathered>>);

#[derive(Debug, Default)]
struct Gathered {
    of_files: Vec<String>,
    of_partitions: BTreeMap<usize, String>,
}

impl Notes {
    /// The partitions may be read twice; a note is kept once.
    pub(crate) fn add(&self, note: String) {
        let mut gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !gathered.of_files.contains(&note) {
            gathered.of_files.push(note);
        }
    }

    pub(crate) fn add_of_partition(&self, ordinal: usize, note: String) {
        let mut gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gathered.of_partitions.insert(ordinal, note);
    }

    /// Those of the files, and of the partitions the first one's: it stands for all.
    pub(crate) fn all(&self) -> Vec<String> {
        let gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_partition = gathered.of_partitions.values().next();
        let mut notes = gathered.of_files.clone();
        notes.extend(of_partition.cloned());
        notes
    }
}
