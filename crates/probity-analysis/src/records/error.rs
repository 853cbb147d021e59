//! Why rows are not made into a file.

use std::path::PathBuf;

use datafusion::common::DataFusionError;
use datafusion::error::DataFusionError as Engine;
use probity_data::dataset::{ReadDataset, UnknownColumn};
use probity_data::location::ReadLocation;
use thiserror::Error;
use tokio::task::JoinError;

use crate::engine_error::reader_error;

#[derive(Debug, Error)]
pub enum PrepareRecords {
    #[error(transparent)]
    Locate(#[from] ReadLocation),
    #[error(transparent)]
    Read(#[from] ReadDataset),
    #[error("there is no row in `{location}`")]
    NoRows { location: String },
    #[error("`{variable}`: {source}")]
    Column {
        variable: &'static str,
        source: UnknownColumn,
    },
    /// The engine's own sentence names the column or the place in the text.
    #[error("the SQL of the records cannot be used: {problem}")]
    Sql { problem: String },
    #[error("the SQL of the records failed on the rows")]
    Rows {
        #[source]
        source: Box<DataFusionError>,
    },
    #[error("column `{name}` of the SQL of the records is {kind}; select what is in it")]
    Nested { name: String, kind: String },
    #[error("the SQL of the records gives two columns `{name}`; name one of them with `as`")]
    Repeated { name: String },
    #[error("failed to write `{}`", path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("a worker stopped unexpectedly")]
    Worker(#[from] JoinError),
}

impl PrepareRecords {
    /// Whether the user can mend it.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Locate(_)
            | Self::Read(_)
            | Self::NoRows { .. }
            | Self::Column { .. }
            | Self::Sql { .. }
            | Self::Rows { .. }
            | Self::Nested { .. }
            | Self::Repeated { .. } => true,
            Self::Write { .. } | Self::Worker(_) => false,
        }
    }

    /// A reader's own error keeps its type.
    pub(super) fn from_engine(error: Engine) -> PrepareRecords {
        match reader_error(error) {
            Ok(read) => Self::Read(read),
            Err(source) => Self::Rows {
                source: Box::new(source),
            },
        }
    }
}
