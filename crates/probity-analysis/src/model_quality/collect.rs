//! One pass over labels and predictions: one summary of all rows, and one per value of each
//! segment column.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, RecordBatch, UInt32Array};
use datafusion::arrow::compute::{cast, take};
use datafusion::arrow::datatypes::{DataType, Schema};
use futures::{StreamExt, TryStreamExt};
use probity_data::dataset::Partition;
use probity_metrics::quality::{ModelQuality, QualityBatch, QualityError, QualitySettings};
use probity_metrics::summary::redacted_texts;

use super::ModelQualityError;
use super::open::{ColumnNames, OpenRows};
use super::request::QualityRequest;
use crate::scan::Progress;

/// Values of a segment column that are measured apart.
const MOST_SEGMENTS: usize = 1000;

/// What every worker needs.
#[derive(Debug)]
struct Work {
    names: ColumnNames,
    settings: QualitySettings,
    redacted: Vec<String>,
}

/// What the pass found.
#[derive(Debug)]
pub(super) struct Collected {
    pub(super) whole: ModelQuality,
    /// One per segment column.
    pub(super) segments: Vec<Segments>,
    pub(super) rows: u64,
    pub(super) partitions: u64,
}

/// The values of a column, in order of first appearance.
#[derive(Debug, Default)]
pub(super) struct Segments {
    places: HashMap<Option<String>, usize>,
    pub(super) parts: Vec<(Option<String>, ModelQuality)>,
}

/// Reads all partitions on all cores, and merges what they give in their order.
pub(super) async fn collect(
    rows: &OpenRows,
    request: &QualityRequest,
    progress: Progress<'_>,
) -> Result<Collected, ModelQualityError> {
    let work = Arc::new(Work {
        names: rows.names.clone(),
        settings: settings(request),
        redacted: request.input.redacted.iter().cloned().collect(),
    });
    let threads = request.input.threads.get();
    let mut parts = rows
        .dataset
        .partitions()
        .map_err(ModelQualityError::from)
        .map_ok(|partition| {
            let work = Arc::clone(&work);
            async move {
                let partition = Arc::new(partition);
                let task = tokio::spawn(read_partition(Arc::clone(&partition), work));
                Ok((partition, task.await??))
            }
        })
        .try_buffered(threads);
    let mut whole = Collected::new(&work);
    while let Some((partition, part)) = parts.try_next().await? {
        whole.append(part, &work)?;
        progress(&partition);
    }
    drop(parts);
    Ok(whole)
}

fn settings(request: &QualityRequest) -> QualitySettings {
    QualitySettings {
        positive: request.positive.clone(),
        probability_threshold: request.probability_threshold,
        ..QualitySettings::new(request.problem_type, request.seed)
    }
}

impl Collected {
    fn new(work: &Work) -> Collected {
        let segments = work.names.segments.iter();
        Collected {
            whole: ModelQuality::new(&work.settings),
            segments: segments.map(|_| Segments::default()).collect(),
            rows: 0,
            partitions: 0,
        }
    }

    fn append(&mut self, part: Collected, work: &Work) -> Result<(), ModelQualityError> {
        self.whole.merge(&part.whole);
        self.rows += part.rows;
        self.partitions += 1;
        let columns = self.segments.iter_mut().zip(&work.names.segments);
        for ((ours, column), theirs) in columns.zip(part.segments) {
            for (value, quality) in theirs.parts {
                ours.part(&value, (column, &work.settings))?.merge(&quality);
            }
        }
        Ok(())
    }
}

impl Segments {
    fn part(
        &mut self,
        value: &Option<String>,
        (column, settings): (&str, &QualitySettings),
    ) -> Result<&mut ModelQuality, ModelQualityError> {
        let place = match self.places.get(value) {
            Some(place) => *place,
            None if self.parts.len() == MOST_SEGMENTS => {
                return Err(ModelQualityError::TooManySegments {
                    column: column.to_owned(),
                    most: MOST_SEGMENTS,
                });
            }
            None => {
                self.places.insert(value.clone(), self.parts.len());
                self.parts
                    .push((value.clone(), ModelQuality::new(settings)));
                self.parts.len() - 1
            }
        };
        Ok(&mut self.parts[place].1)
    }
}

async fn read_partition(
    partition: Arc<Partition>,
    work: Arc<Work>,
) -> Result<Collected, ModelQualityError> {
    let schema = partition.schema()?;
    let names = &work.names;
    let mut streamed = vec![place(&schema, &names.label, &partition)?];
    let others = names.prediction.iter().chain(&names.probability);
    for name in others.chain(&names.segments) {
        streamed.push(place(&schema, name, &partition)?);
    }
    // A column may be asked for twice, and is streamed once.
    let mut distinct = streamed.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let at = |column: usize| distinct.iter().position(|known| *known == column);
    let places: Vec<usize> = streamed.into_iter().filter_map(at).collect();
    let mut part = Collected::new(&work);
    let mut batches = partition.stream(Some(distinct))?;
    while let Some(batch) = batches.next().await {
        let batch =
            batch.map_err(|error| ModelQualityError::from_engine(partition.uri(), error))?;
        add_batch(&mut part, &batch, (&places, &work), partition.uri())?;
    }
    Ok(part)
}

fn place(schema: &Schema, name: &str, partition: &Partition) -> Result<usize, ModelQualityError> {
    schema
        .index_of(name)
        .map_err(|_| ModelQualityError::ColumnMissingInFile {
            column: name.to_owned(),
            uri: partition.uri().to_owned(),
        })
}

fn add_batch(
    part: &mut Collected,
    batch: &RecordBatch,
    (places, work): (&[usize], &Work),
    uri: &str,
) -> Result<(), ModelQualityError> {
    let failed = |source: QualityError| ModelQualityError::Rows {
        uri: uri.to_owned(),
        source,
    };
    let mut columns = Vec::with_capacity(places.len());
    for place in places {
        let column = batch.column(*place);
        let name = batch.schema_ref().field(*place).name();
        columns.push(match work.redacted.contains(name) {
            true => redacted_texts(column).map_err(|error| failed(error.into()))?,
            false => Arc::clone(column),
        });
    }
    part.rows += batch.num_rows() as u64;
    let mut others = columns.iter().skip(1);
    let prediction = work.names.prediction.as_ref().and_then(|_| others.next());
    let probability = work.names.probability.as_ref().and_then(|_| others.next());
    let rows = Rows {
        label: &columns[0],
        prediction,
        probability,
    };
    rows.add_to(&mut part.whole).map_err(failed)?;
    for ((segments, column), values) in part
        .segments
        .iter_mut()
        .zip(&work.names.segments)
        .zip(others)
    {
        for (value, indices) in rows_by_value(values, uri)? {
            let quality = segments.part(&value, (column, &work.settings))?;
            let taken = rows.take(&indices, uri)?;
            taken.as_rows().add_to(quality).map_err(failed)?;
        }
    }
    Ok(())
}

/// The columns of a batch.
struct Rows<'a> {
    label: &'a ArrayRef,
    prediction: Option<&'a ArrayRef>,
    probability: Option<&'a ArrayRef>,
}

struct TakenRows {
    label: ArrayRef,
    prediction: Option<ArrayRef>,
    probability: Option<ArrayRef>,
}

impl TakenRows {
    fn as_rows(&self) -> Rows<'_> {
        Rows {
            label: &self.label,
            prediction: self.prediction.as_ref(),
            probability: self.probability.as_ref(),
        }
    }
}

impl Rows<'_> {
    fn add_to(&self, quality: &mut ModelQuality) -> Result<(), QualityError> {
        quality.update(&QualityBatch {
            label: self.label.as_ref(),
            prediction: self.prediction.map(|column| column.as_ref()),
            probability: self.probability.map(|column| column.as_ref()),
        })
    }

    fn take(&self, indices: &UInt32Array, uri: &str) -> Result<TakenRows, ModelQualityError> {
        let taken = |column: &ArrayRef| {
            take(column, indices, None)
                .map_err(|error| ModelQualityError::from_engine(uri, error.into()))
        };
        Ok(TakenRows {
            label: taken(self.label)?,
            prediction: self.prediction.map(taken).transpose()?,
            probability: self.probability.map(taken).transpose()?,
        })
    }
}

/// Positions of the rows of every value, values in order of first appearance.
fn rows_by_value(
    values: &ArrayRef,
    uri: &str,
) -> Result<Vec<(Option<String>, UInt32Array)>, ModelQualityError> {
    let texts = cast(values, &DataType::Utf8)
        .map_err(|error| ModelQualityError::from_engine(uri, error.into()))?;
    let mut places: HashMap<Option<&str>, usize> = HashMap::new();
    let mut found: Vec<(Option<String>, Vec<u32>)> = Vec::new();
    for (row, text) in texts.as_string::<i32>().iter().enumerate() {
        let place = *places.entry(text).or_insert_with(|| {
            found.push((text.map(str::to_owned), Vec::new()));
            found.len() - 1
        });
        found[place]
            .1
            .push(u32::try_from(row).expect("a batch has fewer than 2^32 rows"));
    }
    let arrays = found.into_iter();
    Ok(arrays
        .map(|(value, rows)| (value, UInt32Array::from(rows)))
        .collect())
}
