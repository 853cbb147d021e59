//! What can go wrong in an explanation, and whose turn it is.

use datafusion::arrow::error::ArrowError;
use datafusion::common::DataFusionError;
use probity_data::dataset::ReadDataset;
use probity_data::location::{ReadLocation, WriteOutput};
use probity_data::model::AskModel;
use thiserror::Error;
use tokio::task::JoinError;

use crate::bias::BiasError;
use crate::engine_error::reader_error;

#[derive(Debug, Error)]
pub enum ExplainError {
    #[error(transparent)]
    Locate(#[from] ReadLocation),
    #[error(transparent)]
    Read(#[from] ReadDataset),
    /// Opening the table that a configuration describes, and the bias part of it.
    #[error(transparent)]
    Configured(#[from] BiasError),
    #[error("the configuration does not fit: {problems}")]
    Unfit { problems: String },
    #[error("`{location}` has no rows: there is nothing to explain")]
    NoRows { location: String },
    #[error("`{uri}` has no column `{column}`, which other files have")]
    ColumnMissingInFile { column: String, uri: String },
    #[error(
        "column `{column}` holds lists or objects: an explanation needs a number or a text per \
         row; leave it out with `excluded_columns`, or read the data flattened"
    )]
    NestedColumn { column: String },
    #[error("column `{column}` cannot be brought into one type")]
    Column { column: String, source: ArrowError },
    #[error("the columns do not make a table")]
    Table { source: ArrowError },
    #[error("failed to read `{uri}`")]
    Engine {
        uri: String,
        source: DataFusionError,
    },
    #[error("the baseline does not fit the data: {reason}")]
    Baseline { reason: String },
    #[error("failed to ask the model about {rows}")]
    Ask { rows: String, source: AskModel },
    #[error(
        "stopped with {n_kept} of {n_rows} rows explained; they are kept in `{path}`, and the same \
         command goes on from there"
    )]
    Stopped {
        n_kept: usize,
        n_rows: usize,
        path: String,
        source: Box<ExplainError>,
    },
    #[error("{reason}")]
    Method { reason: String },
    #[error("failed to compare attributions: {reason}")]
    Compare { reason: String },
    #[error(
        "the model gave {found} scores for a record that it gave {expected} for before: what it \
         reports must not depend on the record"
    )]
    Outputs { found: usize, expected: usize },
    #[error(
        "the model reports labels that are no numbers, and no score; name where its scores lie in `probability`"
    )]
    NoScores,
    #[error("{what} is {value}, not a number: nothing can be divided among features")]
    NotFinite { what: String, value: f64 },
    #[error("failed to keep what is done in `{path}`")]
    Checkpoint {
        path: String,
        source: std::io::Error,
    },
    #[error("a worker stopped unexpectedly")]
    Worker(#[from] JoinError),
    #[error(transparent)]
    Write(#[from] WriteOutput),
    #[error("failed to typeset the report")]
    Typeset {
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl ExplainError {
    /// A reader's own error keeps its type; what the engine adds is kept as a source.
    pub(super) fn from_engine(uri: &str, error: DataFusionError) -> ExplainError {
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
            | Self::Unfit { .. }
            | Self::NoRows { .. }
            | Self::ColumnMissingInFile { .. }
            | Self::NestedColumn { .. }
            | Self::Column { .. }
            | Self::Engine { .. }
            | Self::Baseline { .. }
            | Self::Method { .. }
            | Self::Compare { .. }
            | Self::Outputs { .. }
            | Self::NoScores
            | Self::NotFinite { .. } => true,
            Self::Configured(error) => error.is_bad_input(),
            Self::Stopped { source, .. } => source.is_bad_input(),
            Self::Ask { source, .. } => matches!(source, AskModel::Records { .. }),
            Self::Table { .. }
            | Self::Checkpoint { .. }
            | Self::Worker(_)
            | Self::Typeset { .. } => false,
            Self::Write(write) => matches!(
                write,
                WriteOutput::NotAFolder { .. } | WriteOutput::Name { .. }
            ),
        }
    }
}
