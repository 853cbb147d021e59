//! One pass over the rows of a bias analysis: how often each combination of label,
//! prediction, facets and group occurs, and, for the metrics that compare single rows, the
//! features of every row.

use std::num::NonZeroUsize;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, StructArray};
use datafusion::arrow::datatypes::{Field, Fields, Schema};
use futures::{StreamExt, TryStreamExt};
use probity_data::dataset::{Partition, ReadDataset};
use probity_data::model::AskModel;
use probity_metrics::bias::{FeatureRows, JointCounts};
use probity_metrics::summary::redacted_texts;

use super::BiasError;
use crate::model::LabelModel;
use crate::scan::Progress;

/// The columns to read, by name: a column may stand elsewhere in each file.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// Counted together, each once.
    pub(super) counted: Vec<String>,
    /// Kept row by row; empty when no metric needs them.
    pub(super) features: Vec<String>,
    /// Counted, but in no file: a model says it.
    pub(super) predicted: Option<PredictedColumn>,
    /// Hashed before anything is counted.
    pub(super) redacted: Vec<String>,
    pub(super) threads: NonZeroUsize,
}

/// Predicted labels that a model is asked for.
#[derive(Clone, Debug)]
pub(super) struct PredictedColumn {
    /// What it is called among the counted columns.
    pub(super) name: String,
    pub(super) model: LabelModel,
    /// The columns that the model sees.
    pub(super) features: Vec<String>,
}

/// What the pass found.
#[derive(Clone, Debug, Default)]
pub(super) struct Collected {
    pub(super) counts: JointCounts,
    /// The combination of every row, when features are kept.
    pub(super) codes: Vec<u32>,
    pub(super) features: FeatureRows,
    pub(super) partitions: u64,
}

/// Reads the partitions on all cores, and joins what they give in their order.
pub(super) async fn collect<S>(
    partitions: S,
    wanted: Arc<Wanted>,
    progress: Progress<'_>,
) -> Result<Collected, BiasError>
where
    S: futures::Stream<Item = Result<Partition, ReadDataset>> + Send + Unpin,
{
    let threads = wanted.threads.get();
    let mut parts = partitions
        .map_err(BiasError::from)
        .map_ok(|partition| {
            let wanted = Arc::clone(&wanted);
            async move {
                let partition = Arc::new(partition);
                let task = tokio::spawn(read_partition(Arc::clone(&partition), wanted));
                Ok((partition, task.await??))
            }
        })
        .try_buffered(threads);
    let mut whole = Collected::default();
    while let Some((partition, part)) = parts.try_next().await? {
        whole.append(part);
        progress(&partition);
    }
    Ok(whole)
}

impl Collected {
    fn append(&mut self, part: Collected) {
        let translation = self.counts.merge_with_codes(&part.counts);
        self.codes
            .extend(part.codes.iter().map(|code| translation[*code as usize]));
        self.features.append(part.features);
        self.partitions += 1;
    }
}

async fn read_partition(
    partition: Arc<Partition>,
    wanted: Arc<Wanted>,
) -> Result<Collected, BiasError> {
    let schema = partition.schema()?;
    let places = places(&schema, &wanted, partition.uri())?;
    let mut part = Collected::default();
    let mut batches = partition.stream(Some(places.streamed.clone()))?;
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(|error| BiasError::from_engine(partition.uri(), error))?;
        let predicted = match &wanted.predicted {
            Some(column) => Some(ask(column, &batch, &places, partition.uri()).await?),
            None => None,
        };
        add_batch(&mut part, (&batch, predicted), (&places, &wanted))
            .map_err(|error| BiasError::counting(partition.uri(), error))?;
    }
    Ok(part)
}

/// The labels that the model gives the rows of a batch.
async fn ask(
    column: &PredictedColumn,
    batch: &RecordBatch,
    places: &Places,
    uri: &str,
) -> Result<ArrayRef, BiasError> {
    let failed = |source| BiasError::Ask {
        uri: uri.to_owned(),
        source,
    };
    let records = batch.project(&places.asked).map_err(|error| {
        failed(AskModel::Failed {
            reason: error.to_string(),
        })
    })?;
    column.model.labels(&records).await.map_err(failed)
}

/// Where the wanted columns are among the streamed ones.
struct Places {
    /// Positions in the file.
    streamed: Vec<usize>,
    /// Positions in the batch.
    counted: Vec<Counted>,
    features: Vec<usize>,
    asked: Vec<usize>,
}

#[derive(Clone, Copy)]
enum Counted {
    /// Position in the batch.
    Read(usize),
    Predicted,
}

fn places(schema: &Schema, wanted: &Wanted, uri: &str) -> Result<Places, BiasError> {
    let mut streamed: Vec<usize> = Vec::new();
    let mut place = |name: &String| -> Result<usize, BiasError> {
        let at = schema
            .index_of(name)
            .map_err(|_| BiasError::ColumnMissingInFile {
                column: name.clone(),
                uri: uri.to_owned(),
            })?;
        let known = streamed.iter().position(|known| *known == at);
        Ok(known.unwrap_or_else(|| {
            streamed.push(at);
            streamed.len() - 1
        }))
    };
    let predicted = wanted.predicted.as_ref();
    let is_predicted = |name: &String| predicted.is_some_and(|column| column.name == *name);
    let counted = wanted.counted.iter().map(|name| match is_predicted(name) {
        true => Ok(Counted::Predicted),
        false => place(name).map(Counted::Read),
    });
    let counted = counted.collect::<Result<_, BiasError>>()?;
    let asked = predicted.map_or(&[][..], |column| column.features.as_slice());
    let asked = asked.iter().map(&mut place).collect::<Result<_, _>>()?;
    let features = wanted.features.iter().map(&mut place);
    let features = features.collect::<Result<_, _>>()?;
    Ok(Places {
        streamed,
        counted,
        features,
        asked,
    })
}

fn add_batch(
    part: &mut Collected,
    (batch, predicted): (&RecordBatch, Option<ArrayRef>),
    (places, wanted): (&Places, &Wanted),
) -> Result<(), probity_metrics::summary::UpdateSummary> {
    let counted = wanted.counted.iter().zip(&places.counted);
    let (fields, columns): (Vec<Field>, Vec<ArrayRef>) = counted
        .map(|(name, at)| {
            let column = match (at, &predicted) {
                (Counted::Read(at), _) => batch.column(*at),
                (Counted::Predicted, Some(column)) => column,
                (Counted::Predicted, None) => unreachable!("a predicted column was asked for"),
            };
            let column = match wanted.redacted.contains(name) {
                true => redacted_texts(column)?,
                false => Arc::clone(column),
            };
            Ok((Field::new(name, column.data_type().clone(), true), column))
        })
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .unzip();
    let tuples = StructArray::new(Fields::from(fields), columns, None);
    let codes = part.counts.update_with_codes(&tuples)?;
    if !wanted.features.is_empty() {
        part.codes.extend(codes);
        let features: Vec<ArrayRef> = places
            .features
            .iter()
            .map(|at| Arc::clone(batch.column(*at)))
            .collect();
        part.features.update(&features);
    }
    Ok(())
}
