//! Errors of readers come back from the engine wrapped in its own.

use datafusion::common::DataFusionError;
use probity_data::dataset::ReadDataset;

/// The reader's own error; else that of the engine.
pub(crate) fn reader_error(error: DataFusionError) -> Result<ReadDataset, DataFusionError> {
    match error {
        DataFusionError::External(inner) => match inner.downcast::<ReadDataset>() {
            Ok(read) => Ok(*read),
            Err(inner) => Err(DataFusionError::External(inner)),
        },
        other => Err(other),
    }
}
