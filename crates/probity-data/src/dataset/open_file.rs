//! Opens one file of a dataset in its format.

use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;

use super::content::Content;
use super::error::ReadDataset;
use super::options::{Format, ReadOptions};
use super::partition::Body;
use super::recognition::{
    format_of_name, format_of_unnamed, is_parquet, same_kind, text_under_parquet_name,
};
use crate::format::capture::{CaptureFile, Labels, SeenIds, Widths};
use crate::format::csv::CsvFile;
use crate::format::json::JsonFile;
use crate::format::parquet::ParquetFile;
use crate::location::SourceFile;

/// A file of which partitions are cut.
pub(crate) enum OpenFile {
    Csv(Box<CsvFile>),
    Json(Box<JsonFile>),
    Capture(Box<CaptureFile>),
    Parquet(ParquetFile),
}

/// What the first file told about all.
#[derive(Debug)]
pub(crate) struct FirstFile {
    format: Format,
    uri: Option<String>,
    delimiter: Option<u8>,
    capture_widths: Widths,
    n_features: Option<usize>,
    /// Of all files so far.
    event_ids: SeenIds,
}

impl FirstFile {
    pub(crate) fn of(format: Format) -> Self {
        FirstFile {
            format,
            uri: None,
            delimiter: None,
            capture_widths: Widths::default(),
            n_features: None,
            event_ids: SeenIds::default(),
        }
    }
}

/// The format of the first file that tells one; names that contradict it are
/// found before anything is read.
pub(crate) async fn format_of_files(files: &[SourceFile]) -> Result<Format, ReadDataset> {
    let first_file = files.first().ok_or(ReadDataset::NoFiles)?;
    let first = match format_of_name(first_file) {
        Some(format) => format,
        None => {
            let mut content = Content::open(first_file).await?;
            format_of_unnamed(&mut content, first_file.extension().as_deref()).await?
        }
    };
    for file in files {
        if let Some(found) = format_of_name(file) {
            check_kind((first_file.uri(), first), (file.uri(), found))?;
        }
    }
    Ok(first)
}

fn check_kind(
    (first_uri, first): (&str, Format),
    (uri, found): (&str, Format),
) -> Result<(), ReadDataset> {
    if same_kind(first, found) {
        return Ok(());
    }
    Err(ReadDataset::MixedFormats {
        first_uri: first_uri.to_owned(),
        first,
        uri: uri.to_owned(),
        found,
    })
}

/// `None` for a file without any record.
pub(crate) async fn open(
    file: &SourceFile,
    first: &mut FirstFile,
    options: &Arc<ReadOptions>,
) -> Result<Option<OpenFile>, ReadDataset> {
    let (format, content) = format_and_content(file, first, options).await?;
    let Some(content) = content else {
        return open_parquet(file, options).await.map(Some);
    };
    open_content(
        content,
        (format, file.extension().as_deref()),
        first,
        options,
    )
    .await
}

async fn open_parquet(
    file: &SourceFile,
    options: &Arc<ReadOptions>,
) -> Result<OpenFile, ReadDataset> {
    let damage = match ParquetFile::open(file, options).await {
        Ok(file) => return Ok(OpenFile::Parquet(file)),
        Err(damage @ ReadDataset::Parquet { .. }) => damage,
        Err(other) => return Err(other),
    };
    match text_under_parquet_name(&mut Content::open(file).await?).await? {
        Some(found) => Err(ReadDataset::OtherContent {
            uri: file.uri().to_owned(),
            expected: Format::Parquet,
            found,
        }),
        None => Err(damage),
    }
}

/// The format of this file, and its content unless it is Parquet.
async fn format_and_content(
    file: &SourceFile,
    first: &mut FirstFile,
    options: &ReadOptions,
) -> Result<(Format, Option<Content>), ReadDataset> {
    let named = options.format.or_else(|| format_of_name(file));
    if named == Some(Format::Parquet) {
        return Ok((Format::Parquet, None));
    }
    let mut content = Content::open(file).await?;
    let format = match named {
        Some(format) => format,
        None => format_of_unnamed(&mut content, file.extension().as_deref()).await?,
    };
    if format != Format::Parquet && is_parquet(&mut content).await? {
        return Err(ReadDataset::OtherContent {
            uri: file.uri().to_owned(),
            expected: format,
            found: Format::Parquet,
        });
    }
    if content.ended() && content.buffer().trim_ascii().is_empty() {
        return Ok((first.format, Some(content)));
    }
    match &first.uri {
        None => first.uri = Some(file.uri().to_owned()),
        Some(uri) => check_kind((uri, first.format), (file.uri(), format))?,
    }
    Ok((format, (format != Format::Parquet).then_some(content)))
}

/// Content of a text format; `extension` is that of the file.
pub(crate) async fn open_content(
    content: Content,
    (format, extension): (Format, Option<&str>),
    first: &mut FirstFile,
    options: &Arc<ReadOptions>,
) -> Result<Option<OpenFile>, ReadDataset> {
    match format {
        Format::Csv => {
            let by_name = (extension == Some("tsv")).then_some(b'\t');
            let delimiter = options.delimiter.or(by_name).or(first.delimiter);
            let file = CsvFile::open(content, delimiter, options).await?;
            first.delimiter = first
                .delimiter
                .or(file.as_ref().map(|file| file.dialect.delimiter));
            Ok(file.map(|file| OpenFile::Csv(Box::new(file))))
        }
        Format::JsonLines | Format::Json => {
            let file = if format == Format::JsonLines {
                JsonFile::lines(content, options, first.n_features).await?
            } else {
                JsonFile::values(content, options, first.n_features).await?
            };
            first.n_features = first.n_features.or(file.n_features());
            Ok(Some(OpenFile::Json(Box::new(file))))
        }
        Format::Capture | Format::MergedCapture => {
            let labels = if format == Format::Capture {
                Labels::Absent
            } else {
                Labels::Present
            };
            let known = (labels, first.capture_widths, &first.event_ids);
            let file = CaptureFile::open(content, options, known).await?;
            first.capture_widths = file.widths();
            Ok(Some(OpenFile::Capture(Box::new(file))))
        }
        Format::Parquet => Err(ReadDataset::Options {
            problem: "Parquet is read at random, not as a stream",
        }),
    }
}

impl OpenFile {
    /// The next partition's content.
    pub(crate) async fn next_body(&mut self) -> Result<Option<Body>, ReadDataset> {
        Ok(match self {
            OpenFile::Csv(file) => file.next_block().await?.map(Body::Csv),
            OpenFile::Json(file) => file.next_block().await?.map(Body::Json),
            OpenFile::Capture(file) => file.next_block().await?.map(Body::Capture),
            OpenFile::Parquet(file) => file.next_run().map(Body::Parquet),
        })
    }

    /// The columns, where all files must have the same.
    pub(crate) fn schema(&self) -> Option<SchemaRef> {
        match self {
            OpenFile::Csv(file) => Some(Arc::clone(&file.schema)),
            OpenFile::Parquet(file) => Some(Arc::clone(file.schema())),
            OpenFile::Json(_) | OpenFile::Capture(_) => None,
        }
    }

    pub(crate) fn take_notes(&mut self) -> Vec<String> {
        match self {
            OpenFile::Csv(file) => std::mem::take(&mut file.notes),
            OpenFile::Json(_) | OpenFile::Capture(_) | OpenFile::Parquet(_) => Vec::new(),
        }
    }
}
