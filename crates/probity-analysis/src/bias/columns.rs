//! The columns of a dataset, known before its rows.

use datafusion::arrow::datatypes::SchemaRef;
use futures::TryStreamExt;
use probity_data::dataset::Dataset;

use super::BiasError;

/// The columns of the first partition.
pub(crate) async fn first_schema(
    dataset: &Dataset,
    location: &str,
) -> Result<SchemaRef, BiasError> {
    match dataset.partitions().try_next().await? {
        Some(partition) => Ok(partition.schema()?),
        None => Err(BiasError::NoRows {
            location: location.to_owned(),
        }),
    }
}
