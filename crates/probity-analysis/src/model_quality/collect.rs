//! One pass over labels and predictions: one summary of all rows, and one per value of each
//! segment column.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::Schema;
use futures::{StreamExt, TryStreamExt};
use probity_data::dataset::Partition;
use probity_metrics::quality::{
    ModelQuality, QualityBatch, QualityError, QualitySettings, SegmentedQuality, UnreadableLabels,
    readable_labels,
};
use probity_metrics::summary::redacted_texts;

use super::ModelQualityError;
use super::open::{ColumnNames, OpenRows};
use super::request::{QualityRequest, UnreadableLabelRule};
use crate::scan::Progress;

/// What every worker needs.
#[derive(Debug)]
struct Work {
    names: ColumnNames,
    settings: QualitySettings,
    redacted: Vec<String>,
    unreadable_labels: UnreadableLabelRule,
}

/// What the pass found.
#[derive(Debug)]
pub(super) struct Collected {
    pub(super) whole: ModelQuality,
    /// One per segment column.
    pub(super) segments: Vec<SegmentedQuality>,
    pub(super) rows: u64,
    pub(super) partitions: u64,
    /// Labels that were left out.
    pub(super) unreadable: UnreadableLabels,
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
        unreadable_labels: request.unreadable_labels,
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
        whole.append(&part)?;
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
            segments: segments
                .map(|column| SegmentedQuality::new(&work.settings, column))
                .collect(),
            rows: 0,
            partitions: 0,
            unreadable: UnreadableLabels::default(),
        }
    }

    fn append(&mut self, part: &Collected) -> Result<(), ModelQualityError> {
        self.whole.merge(&part.whole);
        self.rows += part.rows;
        self.partitions += 1;
        self.unreadable.merge(&part.unreadable);
        for (ours, theirs) in self.segments.iter_mut().zip(&part.segments) {
            ours.merge(theirs)?;
        }
        Ok(())
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
    if work.unreadable_labels == UnreadableLabelRule::LeaveOut {
        columns[0] =
            readable_labels(&columns[0], &work.settings, &mut part.unreadable).map_err(failed)?;
    }
    part.rows += batch.num_rows() as u64;
    let mut others = columns.iter().skip(1);
    let prediction = work.names.prediction.as_ref().and_then(|_| others.next());
    let probability = work.names.probability.as_ref().and_then(|_| others.next());
    let rows = QualityBatch {
        label: columns[0].as_ref(),
        prediction: prediction.map(|column| column.as_ref()),
        probability: probability.map(|column| column.as_ref()),
    };
    part.whole.update(&rows).map_err(failed)?;
    for (segments, values) in part.segments.iter_mut().zip(others) {
        segments.update(&rows, values.as_ref()).map_err(failed)?;
    }
    Ok(())
}
