//! Parquet files: typed columns, read by runs of row groups.
//!
//! The Arrow schema that some writers store beside the Parquet one is not
//! used: it says which arrays the writer held (large or view strings), not what
//! the values are.

mod columns;
mod pages;
mod quiet;
mod reader;

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use datafusion::parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};

pub(crate) use columns::check_types;

use super::rows_per_batch;
use crate::dataset::error::ReadDataset;
use crate::dataset::options::ReadOptions;
use crate::location::{RandomAccess, SourceFile};
use columns::{flat_batch, flat_schema, with_dictionaries};
use quiet::{Panicked, catch_future, catch_stream};
use reader::ObjectReader;

/// A Parquet file whose footer was read.
pub(crate) struct ParquetFile {
    shared: Arc<Shared>,
    runs: VecDeque<Run>,
}

#[derive(Debug)]
struct Shared {
    uri: Arc<str>,
    /// Keeps a spooled file while it is read.
    _file: Option<SourceFile>,
    reader: ObjectReader,
    metadata: ArrowReaderMetadata,
    schema: SchemaRef,
}

impl Shared {
    fn damaged(&self, source: ParquetError) -> ReadDataset {
        ReadDataset::Parquet {
            uri: self.uri.to_string(),
            source: source.into(),
        }
    }
}

#[derive(Clone, Debug)]
struct Run {
    groups: Range<usize>,
    size_bytes: u64,
    rows: u64,
}

/// A run of row groups and how to read them.
#[derive(Clone, Debug)]
pub(crate) struct RowGroups {
    shared: Arc<Shared>,
    run: Run,
}

impl ParquetFile {
    pub(crate) async fn open(
        file: &SourceFile,
        options: &ReadOptions,
    ) -> Result<ParquetFile, ReadDataset> {
        let uri: Arc<str> = file.uri().into();
        let location = |source| ReadDataset::Location {
            uri: uri.to_string(),
            source,
        };
        let object = file.random_access().await.map_err(location)?;
        Self::open_object(Arc::clone(&uri), (object, Some(file.clone())), options).await
    }

    pub(crate) async fn open_object(
        uri: Arc<str>,
        (object, file): (RandomAccess, Option<SourceFile>),
        options: &ReadOptions,
    ) -> Result<ParquetFile, ReadDataset> {
        let damaged = |source: ParquetError| ReadDataset::Parquet {
            uri: uri.to_string(),
            source: source.into(),
        };
        let mut reader = ObjectReader::new(object);
        let read = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let plain = ArrowReaderMetadata::load_async(&mut reader, read).boxed();
        let plain = catch_future(plain).await;
        let plain = plain
            .unwrap_or_else(|Panicked| Err(decoder_panicked()))
            .map_err(damaged)?;
        check_footer(plain.metadata()).map_err(damaged)?;

        // Refuses lists before leaves are counted on.
        flat_schema(&uri, plain.schema(), options.nested)?;
        let wanted = with_dictionaries(plain.schema(), plain.metadata());
        let read = ArrowReaderOptions::new().with_schema(wanted);
        let metadata =
            ArrowReaderMetadata::try_new(Arc::clone(plain.metadata()), read).map_err(damaged)?;
        let schema = flat_schema(&uri, metadata.schema(), options.nested)?;
        let runs = runs(metadata.metadata(), options.block_size_bytes);
        let reader = reader.with_metadata(Arc::clone(metadata.metadata()));
        Ok(ParquetFile {
            shared: Arc::new(Shared {
                uri,
                _file: file,
                reader,
                metadata,
                schema,
            }),
            runs,
        })
    }

    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.shared.schema
    }

    pub(crate) fn next_run(&mut self) -> Option<RowGroups> {
        let run = self.runs.pop_front()?;
        Some(RowGroups {
            shared: Arc::clone(&self.shared),
            run,
        })
    }
}

/// The decoder asserts what it should check: some damaged pages make it panic.
/// That must end the reading of a file, not the process. Nothing of the decoder
/// is used afterwards.
fn decoder_panicked() -> ParquetError {
    ParquetError::General("the decoder gave up on a damaged page".to_owned())
}

/// The numbers of a damaged footer can be anything; the decoder takes them at
/// their word.
fn check_footer(metadata: &ParquetMetaData) -> Result<(), ParquetError> {
    let sane = |group: &RowGroupMetaData| {
        let columns = group.columns().iter().all(|chunk| {
            chunk.compressed_size() >= 0
                && chunk.uncompressed_size() >= 0
                && chunk.num_values() >= 0
                && chunk.data_page_offset() >= 0
                && chunk
                    .dictionary_page_offset()
                    .is_none_or(|offset| offset >= 0)
        });
        columns && group.num_rows() >= 0
    };
    if metadata.row_groups().iter().all(sane) {
        return Ok(());
    }
    Err(ParquetError::General(
        "the footer has negative sizes".to_owned(),
    ))
}

/// Row groups in runs of at least `block_size_bytes` of uncompressed content,
/// the last one less; a file without row groups is one empty run.
fn runs(metadata: &ParquetMetaData, block_size_bytes: u64) -> VecDeque<Run> {
    let mut runs = VecDeque::new();
    let mut run = Run {
        groups: 0..0,
        size_bytes: 0,
        rows: 0,
    };
    for (position, group) in metadata.row_groups().iter().enumerate() {
        run.groups.end = position + 1;
        run.size_bytes = run
            .size_bytes
            .saturating_add(group.total_byte_size().max(0).cast_unsigned());
        run.rows = run
            .rows
            .saturating_add(group.num_rows().max(0).cast_unsigned());
        if run.size_bytes >= block_size_bytes {
            runs.push_back(run);
            run = Run {
                groups: position + 1..position + 1,
                size_bytes: 0,
                rows: 0,
            };
        }
    }
    if !run.groups.is_empty() || runs.is_empty() {
        runs.push_back(run);
    }
    runs
}

impl RowGroups {
    pub(crate) fn uri(&self) -> &Arc<str> {
        &self.shared.uri
    }

    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.shared.schema
    }

    pub(crate) fn size_bytes(&self) -> u64 {
        self.run.size_bytes
    }

    /// The batches, of the columns at the positions `projection`, which are named by `schema`.
    pub(crate) fn stream(
        &self,
        projection: &[usize],
        schema: SchemaRef,
    ) -> Result<BoxStream<'static, Result<RecordBatch, ReadDataset>>, ReadDataset> {
        let shared = Arc::clone(&self.shared);
        let mut leaves = projection.to_vec();
        leaves.sort_unstable();
        leaves.dedup();
        // Batches come with their leaves in the order of the file.
        let order: Vec<usize> = projection
            .iter()
            .map(|column| leaves.partition_point(|leaf| leaf < column))
            .collect();
        let mask = ProjectionMask::leaves(shared.metadata.parquet_schema(), leaves.iter().copied());
        let batches = ParquetRecordBatchStreamBuilder::new_with_metadata(
            shared.reader.clone(),
            shared.metadata.clone(),
        )
        .with_projection(mask)
        .with_row_groups(self.run.groups.clone().collect())
        .with_batch_size(rows_per_batch(projection.len()))
        .build()
        .map_err(|source| shared.damaged(source))?;
        let expected = self.run.rows;
        let read = Arc::new(AtomicU64::new(0));
        let n_rows = Arc::clone(&read);
        let file = Arc::clone(&shared);
        let batches = catch_stream(batches.boxed());
        let flatten = move |batch: Result<Result<RecordBatch, ParquetError>, Panicked>| {
            let batch = batch
                .unwrap_or_else(|Panicked| Err(decoder_panicked()))
                .map_err(|source| file.damaged(source))?;
            n_rows.fetch_add(batch.num_rows() as u64, Ordering::Relaxed);
            flat_batch(&batch, &order, &schema).map_err(|source| ReadDataset::Columns {
                uri: file.uri.to_string(),
                source,
            })
        };
        // Damage can lose or repeat rows without any page being unreadable.
        let complete = futures::stream::iter([()]).filter_map(move |()| {
            let all = read.load(Ordering::Relaxed) == expected;
            let damage =
                ParquetError::General("its pages have other rows than its footer says".to_owned());
            std::future::ready((!all).then(|| Err(shared.damaged(damage))))
        });
        Ok(batches.map(flatten).chain(complete).boxed())
    }
}
