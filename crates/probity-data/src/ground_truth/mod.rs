//! Ground truth: labels that users upload when they know them, merged with what a model was asked and said.
//!
//! A label is one line of JSON, `{"groundTruthData":{"data":"1","encoding":"CSV"},"eventMetadata":{"eventId":"…"},
//! "eventVersion":"0"}`, in `PREFIX/yyyy/mm/dd/hh/NAME.jsonl`, by the hour of its upload. Its id is the caller's
//! inference id where the event has one, else the event's own. Merged files are
//! `OUTPUT/ENDPOINT/VARIANT/yyyy/mm/dd/hh/part-00000-UUID.c000.jsonl`, by the hour of the inference; those of
//! batch transform jobs `OUTPUT/SCHEDULE/yyyy/mm/dd/hh/…`. Source: the "Ingest ground truth labels and merge them
//! with predictions" page of the SageMaker developer guide, and real files.
//!
//! Labels may come long after their inference. So what found no label is remembered beside the merged files, as
//! hashes of ids (`OUTPUT/_waiting/UUID.ids`, a name that readers of folders pass over), and [`late`] tells which
//! earlier merges would find more labels now.

mod captured;
mod error;
mod labels;
mod late;
mod merge;
mod merged_file;
mod report;
mod table;
mod upload;
mod waiting;

pub use error::MergeGroundTruth;
pub use labels::LabelTally;
pub use late::{FoundIds, Gained, Late, LateLabels, LookedThrough, Waiting, late};
pub use merge::{Captured, MergeRequest, merge};
pub use report::{LeftWaiting, MergeReport};
pub use table::{LabelTable, ReadLabels};
pub use upload::{Label, LabelValue, label_object, label_place};

use sha2::{Digest, Sha256};

/// An id as it is remembered: 128 bits of its SHA-256, the same on any machine and for ever.
type IdHash = u128;

fn hash_of(id: &str) -> IdHash {
    let digest = Sha256::digest(id.as_bytes());
    digest
        .iter()
        .take(16)
        .fold(0, |hash, byte| (hash << 8) | u128::from(*byte))
}

/// A name for the files of a merge, as a UUID is written, made of what tells it from others: the same parts give
/// the same name, so that a merge that is done again replaces its files.
pub fn file_id(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_le_bytes());
        digest.update(part.as_bytes());
    }
    let hex: String = digest
        .finalize()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let (a, b, c, d, e) = (
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    );
    format!("{a}-{b}-{c}-{d}-{e}")
}
