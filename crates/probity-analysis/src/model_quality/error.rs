//! What can go wrong in a model-quality analysis, and whose turn it is.

use datafusion::common::DataFusionError;
use probity_data::dataset::{InvalidRecordColumns, ReadDataset, UnknownColumn};
use probity_data::location::{ReadLocation, WriteOutput};
use probity_metrics::quality::{CheckQuality, QualityError};
use thiserror::Error;
use tokio::task::JoinError;

use crate::engine_error::reader_error;

type Cause = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, Error)]
pub enum ModelQualityError {
    #[error(transparent)]
    Locate(#[from] ReadLocation),
    #[error(transparent)]
    Read(#[from] ReadDataset),
    #[error("`{option}` names a column that `{location}` does not have")]
    Column {
        option: &'static str,
        location: String,
        source: UnknownColumn,
    },
    #[error("no column of labels: give one with --label")]
    NoLabel,
    #[error("no column of the model's answers: give one with {options}")]
    NoPrediction { options: &'static str },
    #[error(transparent)]
    Expressions(#[from] InvalidRecordColumns),
    #[error("`{uri}` has no column `{column}`, which other files have")]
    ColumnMissingInFile { column: String, uri: String },
    #[error("no column named `{name}` to redact")]
    NothingToRedact { name: String },
    #[error(
        "`{hidden}` is redacted and `{open}` is not: hashes cannot be compared with values; redact both"
    )]
    HalfRedacted { hidden: String, open: String },
    #[error("failed to read `{uri}`")]
    Engine {
        uri: String,
        source: DataFusionError,
    },
    #[error("`{uri}` cannot be measured")]
    Rows { uri: String, source: QualityError },
    #[error("{columns} of `{location}` cannot be measured")]
    Unmeasurable {
        columns: String,
        location: String,
        source: QualityError,
    },
    #[error(
        "{unreadable} of {rows} rows of `{location}` have a label in `{column}` that is no class or number of this problem type, the first is `{first}`: give the right column or problem type, or labels that are 1 and 0"
    )]
    OtherLabels {
        column: String,
        location: String,
        unreadable: u64,
        rows: u64,
        first: String,
    },
    #[error(transparent)]
    Measure(#[from] QualityError),
    #[error("`{location}` has no rows: there is nothing to measure")]
    NoRows { location: String },
    #[error(
        "no baseline in `{location}`: there is no `constraints.json` of a model-quality baseline"
    )]
    NoBaseline { location: String },
    #[error("failed to read `{location}`")]
    Document { location: String, source: Cause },
    #[error(transparent)]
    Check(#[from] CheckQuality),
    #[error("a worker stopped unexpectedly")]
    Worker(#[from] JoinError),
    #[error(transparent)]
    Write(#[from] WriteOutput),
}

impl ModelQualityError {
    /// A reader's own error keeps its type; what the engine adds is kept as a source.
    pub(super) fn from_engine(uri: &str, error: DataFusionError) -> ModelQualityError {
        match reader_error(error) {
            Ok(read) => Self::Read(read),
            Err(source) => Self::Engine {
                uri: uri.to_owned(),
                source,
            },
        }
    }

    /// Whether the user can mend it by giving other input; else it is a failure at run time.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Locate(_)
            | Self::Read(_)
            | Self::Column { .. }
            | Self::NoLabel
            | Self::NoPrediction { .. }
            | Self::Expressions(_)
            | Self::ColumnMissingInFile { .. }
            | Self::NothingToRedact { .. }
            | Self::HalfRedacted { .. }
            | Self::Engine { .. }
            | Self::Rows { .. }
            | Self::Unmeasurable { .. }
            | Self::OtherLabels { .. }
            | Self::Measure(_)
            | Self::NoRows { .. }
            | Self::NoBaseline { .. }
            | Self::Document { .. }
            | Self::Check(_) => true,
            Self::Worker(_) => false,
            Self::Write(write) => matches!(
                write,
                WriteOutput::NotAFolder { .. } | WriteOutput::Name { .. }
            ),
        }
    }
}
