//! Entry points for fuzzing: each drives a reader on bytes held in memory with
//! small blocks and tight limits, so that cuts fall everywhere. Errors are
//! right answers; only a panic is a finding.

use std::io::Write;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use probity_metrics::model::FeatureMatrix;

use crate::dataset::content::Content;
use crate::dataset::notes::Notes;
use crate::dataset::open_file::{FirstFile, OpenFile, open_content};
use crate::dataset::partition::Partition;
use crate::dataset::{
    Format, Header, Nested, ReadDataset, ReadOptions, RecordColumns, RecordExpression, RecordRole,
    RecordValue,
};
use crate::format::parquet::ParquetFile;
use crate::location::RandomAccess;
use crate::model::{OpenOptions, open_model, read_model};

const URI: &str = "fuzz";

/// CSV with a header of any delimiter.
pub fn csv(data: &[u8]) {
    text(data, Format::Csv);
}

pub fn json_lines(data: &[u8]) {
    text(data, Format::JsonLines);
}

/// A JSON array, or objects one after the other.
pub fn json(data: &[u8]) {
    text(data, Format::Json);
}

/// Captured events; with ground truth when the first byte is odd.
pub fn capture(data: &[u8]) {
    let merged = data.first().is_some_and(|byte| byte % 2 == 1);
    text(
        data,
        if merged {
            Format::MergedCapture
        } else {
            Format::Capture
        },
    );
}

/// JSON by expressions: a line `FORMAT;FEATURES;LABEL`, then the content.
pub fn record_columns(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let (Some(line), Some(content)) = (parts.next(), parts.next()) else {
        return;
    };
    let mut fields = std::str::from_utf8(line).unwrap_or_default().split(';');
    let format = match fields.next() {
        Some("json") => Format::Json,
        Some("capture") => Format::Capture,
        Some("merged") => Format::MergedCapture,
        Some(_) | None => Format::JsonLines,
    };
    let mut expression = || {
        fields
            .next()
            .and_then(|text| RecordExpression::parse(text).ok())
    };
    let features = expression();
    let label = expression().map(|expression| RecordValue {
        expression,
        role: RecordRole::Label,
    });
    let columns = RecordColumns::new(features, label.into_iter().collect(), None);
    if let Ok(columns) = columns {
        let options = ReadOptions {
            record_columns: Some(columns),
            ..options_of(content)
        };
        text_with(content, format, options);
    }
}

pub fn parquet(data: &[u8]) {
    let bytes = Bytes::copy_from_slice(data);
    run(async move { drain_parquet(bytes).await });
}

/// A model of any library; one that can be read scores a row of missing values.
pub fn model(data: &[u8]) {
    let Ok(model) = read_model("model", data, OpenOptions::default()) else {
        return;
    };
    let n_features = model.features().len();
    if let Some(row) = FeatureMatrix::new(vec![f64::NAN; n_features], n_features) {
        drop(model.scores(&row));
    }
    drop(model.summary());
}

/// An archive with a model, from a file as it is opened.
pub fn model_archive(data: &[u8]) {
    let Ok(mut file) = tempfile::NamedTempFile::new() else {
        return;
    };
    if file.write_all(data).is_ok() {
        drop(open_model(file.path()));
    }
}

fn text(data: &[u8], format: Format) {
    text_with(data, format, options_of(data));
}

/// The options come from the length, so that a corpus file means the same each time.
fn options_of(data: &[u8]) -> ReadOptions {
    ReadOptions {
        header: if data.len().is_multiple_of(2) {
            Header::Present
        } else {
            Header::Absent
        },
        nested: if data.len().is_multiple_of(3) {
            Nested::Refuse
        } else {
            Nested::Flatten
        },
        block_size_bytes: 64,
        max_record_bytes: 4096,
        ..ReadOptions::default()
    }
}

fn text_with(data: &[u8], format: Format, options: ReadOptions) {
    let content = Content::in_memory(URI, Bytes::copy_from_slice(data), 1 + data.len() % 61);
    run(async move { drain_text(content, format, Arc::new(options)).await });
}

/// The readers wait for nothing but themselves here.
fn run(reading: impl Future<Output = Result<(), ReadDataset>>) {
    drop(futures::executor::block_on(reading));
}

async fn drain_text(
    content: Content,
    format: Format,
    options: Arc<ReadOptions>,
) -> Result<(), ReadDataset> {
    let mut first = FirstFile::of(format);
    let Some(file) = open_content(content, (format, None), &mut first, &options).await? else {
        return Ok(());
    };
    drain(file).await
}

async fn drain_parquet(bytes: Bytes) -> Result<(), ReadDataset> {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let path = Path::from(URI);
    let outer = |error| ReadDataset::Parquet {
        uri: URI.to_owned(),
        source: datafusion::parquet::errors::ParquetError::External(Box::new(error)).into(),
    };
    store.put(&path, bytes.into()).await.map_err(outer)?;
    let meta = store.head(&path).await.map_err(outer)?;
    let options = ReadOptions {
        nested: Nested::Flatten,
        block_size_bytes: 64,
        ..ReadOptions::default()
    };
    let object = (RandomAccess { store, meta }, None);
    drain(OpenFile::Parquet(
        ParquetFile::open_object(URI.into(), object, &options).await?,
    ))
    .await
}

async fn drain(mut file: OpenFile) -> Result<(), ReadDataset> {
    let mut ordinal = 0;
    while let Some(body) = file.next_body().await? {
        let mut batches = Partition::new(ordinal, body, Notes::default()).stream(None)?;
        ordinal += 1;
        while let Some(batch) = batches.next().await {
            if batch.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}
