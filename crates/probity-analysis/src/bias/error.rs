//! What can go wrong in a bias analysis, and whose turn it is.

use datafusion::common::DataFusionError;
use probity_data::dataset::{JoinDatasets, ReadDataset, UnknownColumn};
use probity_data::location::{ReadLocation, WriteOutput};
use probity_data::model::AskModel;
use probity_domain::document::analysis_config::AnalysisConfigErrors;
use probity_metrics::bias::GroupError;
use probity_metrics::summary::UpdateSummary;
use thiserror::Error;
use tokio::task::JoinError;

use crate::engine_error::reader_error;

type Cause = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, Error)]
pub enum BiasError {
    #[error(transparent)]
    Locate(#[from] ReadLocation),
    #[error(transparent)]
    Read(#[from] ReadDataset),
    #[error(transparent)]
    Config(#[from] AnalysisConfigErrors),
    #[error("failed to read the configuration `{location}`")]
    ConfigFile {
        location: String,
        source: AnalysisConfigErrors,
    },
    #[error("`{location}` is not there")]
    NoDocument { location: String },
    #[error("failed to read `{location}`")]
    Document { location: String, source: Cause },
    #[error("the configuration does not fit: {problems}")]
    Unfit { problems: String },
    #[error("no dataset: the configuration has no `dataset_uri`; give one with --data")]
    NoData,
    #[error("`{location}` has no rows: there is nothing to measure")]
    NoRows { location: String },
    #[error("`{key}` names a column that `{location}` does not have")]
    Column {
        key: String,
        location: String,
        source: UnknownColumn,
    },
    #[error("no column named `{name}` to redact")]
    NothingToRedact { name: String },
    #[error("`{uri}` has no column `{column}`, which other files have")]
    ColumnMissingInFile { column: String, uri: String },
    #[error("failed to count the values of `{uri}`")]
    Count { uri: String, source: UpdateSummary },
    #[error("failed to read `{uri}`")]
    Engine {
        uri: String,
        source: DataFusionError,
    },
    #[error("failed to predict the rows of `{uri}`")]
    Ask { uri: String, source: AskModel },
    #[error(transparent)]
    Group(#[from] GroupError),
    #[error(transparent)]
    Join(#[from] JoinDatasets),
    /// Nothing is measured against nobody.
    #[error("{problem}")]
    Unmeasurable { problem: String },
    #[error("a worker stopped unexpectedly")]
    Worker(#[from] JoinError),
    #[error(transparent)]
    Write(#[from] WriteOutput),
}

impl BiasError {
    /// A reader's own error keeps its type; what the engine adds is kept as a source.
    pub(super) fn from_engine(uri: &str, error: DataFusionError) -> BiasError {
        match reader_error(error) {
            Ok(read) => Self::Read(read),
            Err(source) => Self::Engine {
                uri: uri.to_owned(),
                source,
            },
        }
    }

    pub(super) fn counting(uri: &str, source: UpdateSummary) -> BiasError {
        let uri = uri.to_owned();
        Self::Count { uri, source }
    }

    /// Whether the user can mend it by giving other input; else it is a failure at run time.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Locate(_)
            | Self::Read(_)
            | Self::Config(_)
            | Self::ConfigFile { .. }
            | Self::NoDocument { .. }
            | Self::Document { .. }
            | Self::Unfit { .. }
            | Self::NoData
            | Self::NoRows { .. }
            | Self::Column { .. }
            | Self::ColumnMissingInFile { .. }
            | Self::Count { .. }
            | Self::Engine { .. }
            | Self::NothingToRedact { .. }
            | Self::Group(_)
            | Self::Join(_)
            | Self::Unmeasurable { .. } => true,
            Self::Ask { source, .. } => matches!(source, AskModel::Records { .. }),
            Self::Worker(_) => false,
            Self::Write(write) => matches!(
                write,
                WriteOutput::NotAFolder { .. } | WriteOutput::Name { .. }
            ),
        }
    }
}
