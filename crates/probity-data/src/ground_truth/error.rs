//! Why labels could not be merged. What single records hold is never an error: they are counted.

use std::io;

use crate::dataset::ReadDataset;
use crate::location::{ReadLocation, WriteOutput};

#[derive(Debug, thiserror::Error)]
pub enum MergeGroundTruth {
    #[error("failed to find the captures in `{location}`")]
    Captures {
        location: String,
        source: ReadLocation,
    },
    #[error("failed to read the captures")]
    Events(#[source] ReadDataset),
    #[error("failed to find the ground truth in `{location}`")]
    FindLabels {
        location: String,
        source: ReadLocation,
    },
    #[error("failed to read the ground truth")]
    Labels(#[source] ReadDataset),
    #[error("failed to keep merged records in a temporary file")]
    Temporary(#[source] io::Error),
    #[error("failed to write `{location}`")]
    Write {
        location: String,
        source: WriteOutput,
    },
    #[error("failed to read `{location}`, which says what still waits for labels")]
    Waiting {
        location: String,
        source: ReadLocation,
    },
}
