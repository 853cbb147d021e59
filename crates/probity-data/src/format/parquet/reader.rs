//! Reads byte ranges of an object, as Parquet's asynchronous reader asks for
//! them.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use datafusion::parquet::arrow::arrow_reader::ArrowReaderOptions;
use datafusion::parquet::arrow::async_reader::AsyncFileReader;
use datafusion::parquet::errors::{ParquetError, Result};
use datafusion::parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use futures::future::BoxFuture;
use futures::{FutureExt, TryFutureExt};
use object_store::ObjectStoreExt;

use super::pages::{MAX_PAGE_BYTES, oversized_page};
use crate::location::RandomAccess;

/// Fetched from the end of a file at once: the footer of most files.
const FOOTER_BYTES: usize = 64 << 10;

#[derive(Clone, Debug)]
pub(crate) struct ObjectReader {
    object: RandomAccess,
    /// Read once per file.
    metadata: Option<Arc<ParquetMetaData>>,
}

impl ObjectReader {
    pub(crate) fn new(object: RandomAccess) -> Self {
        ObjectReader {
            object,
            metadata: None,
        }
    }

    pub(crate) fn with_metadata(&self, metadata: Arc<ParquetMetaData>) -> Self {
        ObjectReader {
            object: self.object.clone(),
            metadata: Some(metadata),
        }
    }
}

fn outer(error: object_store::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}

/// Column chunks are what is read in several ranges at once.
fn check_pages(chunk: &Bytes) -> Result<()> {
    match oversized_page(chunk) {
        None => Ok(()),
        Some(size) => Err(ParquetError::General(format!(
            "a page claims to hold {size} bytes, more than the {MAX_PAGE_BYTES} that can be read"
        ))),
    }
}

impl AsyncFileReader for ObjectReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes>> {
        self.object
            .store
            .get_range(&self.object.meta.location, range)
            .map_err(outer)
            .boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, Result<Vec<Bytes>>> {
        async move {
            let chunks = self
                .object
                .store
                .get_ranges(&self.object.meta.location, &ranges)
                .await
                .map_err(outer)?;
            chunks.iter().try_for_each(check_pages)?;
            Ok(chunks)
        }
        .boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>>> {
        async move {
            if let Some(metadata) = &self.metadata {
                return Ok(Arc::clone(metadata));
            }
            let size = self.object.meta.size;
            let reader = ParquetMetaDataReader::new()
                .with_arrow_reader_options(options)
                .with_prefetch_hint(Some(FOOTER_BYTES));
            Ok(Arc::new(reader.load_and_finish(self, size).await?))
        }
        .boxed()
    }
}
