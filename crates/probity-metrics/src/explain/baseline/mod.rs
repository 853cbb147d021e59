//! A baseline where none is given: a few rows that stand for the whole table, the centres of
//! its clusters.
//!
//! Source: AWS developer guide, "SHAP baselines for explainability": k-means of numbers,
//! k-prototypes (Huang, "Extensions to the k-means algorithm", 1998) with categories among
//! them, `num_clusters` clusters or the best number from 1 to 12. How Clarify chooses the
//! number, starts and rounds is not published; what is done here is told in each module.

mod centres;
mod mixed_table;
mod prototypes;
mod silhouette;

use arrow::array::{RecordBatch, UInt64Array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;

use super::row_sample::RowSample;
use mixed_table::MixedTable;
use prototypes::Clustering;

/// Rows that are clustered; of more, so many are drawn.
pub const MOST_CLUSTERED_ROWS: usize = 10_000;

/// Clusters that are tried where no number is given.
pub const MOST_TRIED_CLUSTERS: usize = 12;

/// Clusters that may be asked for. Each is a row that every coalition is completed with.
pub const MOST_CLUSTERS: usize = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BaselineSettings {
    /// `None` chooses from 1 to 12.
    pub num_clusters: Option<usize>,
    pub seed: u64,
}

/// Rows that stand for "nothing known".
#[derive(Clone, Debug, PartialEq)]
pub struct ComputedBaseline {
    /// The largest cluster first. Columns and types of the features.
    pub rows: RecordBatch,
    /// Rows of each cluster, of those that were clustered.
    pub sizes: Vec<u64>,
    /// Rows of the table.
    pub n_rows: u64,
    /// Of them clustered.
    pub n_clustered: u64,
    /// E.g. `3 clusters of 10,000 rows by k-prototypes`.
    pub description: String,
    /// What a reader should know: fewer clusters than asked for, rows that were drawn.
    pub notes: Vec<String>,
}

/// Why no baseline could be computed.
#[derive(Debug, thiserror::Error)]
pub enum ComputeBaseline {
    #[error("a baseline cannot be computed of no rows; give one")]
    NoRows,
    #[error("a baseline cannot be computed of no features")]
    NoFeatures,
    #[error("`num_clusters` is {found}; it is from 1 to {MOST_CLUSTERS}")]
    NumClusters { found: usize },
    #[error(
        "column `{column}` has the type {data_type}, which is neither numbers nor categories; give a baseline, or leave the column out"
    )]
    UnsupportedType { column: String, data_type: String },
    #[error("the rows for a baseline could not be gathered")]
    Gather(#[source] ArrowError),
}

/// Clusters the rows of `batches`, which have the columns of `schema`: the features alone.
pub fn computed_baseline(
    schema: &SchemaRef,
    batches: &[RecordBatch],
    settings: BaselineSettings,
) -> Result<ComputedBaseline, ComputeBaseline> {
    if let Some(found) = settings.num_clusters
        && !(1..=MOST_CLUSTERS).contains(&found)
    {
        return Err(ComputeBaseline::NumClusters { found });
    }
    if schema.fields().is_empty() {
        return Err(ComputeBaseline::NoFeatures);
    }
    let n_rows: u64 = batches.iter().map(|batch| batch.num_rows() as u64).sum();
    if n_rows == 0 {
        return Err(ComputeBaseline::NoRows);
    }
    let rows = sampled_rows(schema, batches, settings.seed).map_err(ComputeBaseline::Gather)?;
    let table = MixedTable::new(&rows)?;
    let clustering = match settings.num_clusters {
        Some(asked) => Clustering::best(&table, asked, settings.seed),
        None => silhouette::best_number(&table, settings.seed),
    };
    let n_clustered = rows.num_rows() as u64;
    let centres = centres::rows(&rows, &table, &clustering).map_err(ComputeBaseline::Gather)?;
    Ok(ComputedBaseline {
        rows: centres,
        sizes: clustering.sizes(),
        n_rows,
        n_clustered,
        description: description(clustering.n_clusters(), n_clustered, &table),
        notes: notes(&clustering, settings.num_clusters, (n_clustered, n_rows)),
    })
}

/// At most as many rows as are clustered, in their order.
fn sampled_rows(
    schema: &SchemaRef,
    batches: &[RecordBatch],
    seed: u64,
) -> Result<RecordBatch, ArrowError> {
    let mut sample = RowSample::new(seed, MOST_CLUSTERED_ROWS);
    let mut first = 0;
    for batch in batches {
        for row in first..first + batch.num_rows() as u64 {
            sample.offer(row, || ());
        }
        first += batch.num_rows() as u64;
    }
    let chosen: Vec<u64> = sample.in_order().into_iter().map(|(row, ())| row).collect();
    let mut taken = Vec::with_capacity(batches.len());
    let mut first = 0;
    for batch in batches {
        let end = first + batch.num_rows() as u64;
        let from = chosen.partition_point(|row| *row < first);
        let to = chosen.partition_point(|row| *row < end);
        let places: UInt64Array = chosen[from..to].iter().map(|row| row - first).collect();
        taken.push(take_record_batch(batch, &places)?);
        first = end;
    }
    concat_batches(schema, &taken)
}

fn description(n_clusters: usize, n_rows: u64, table: &MixedTable) -> String {
    let clusters = if n_clusters == 1 {
        "cluster"
    } else {
        "clusters"
    };
    let rows = if n_rows == 1 { "row" } else { "rows" };
    format!(
        "{n_clusters} {clusters} of {} {rows} by {}",
        with_commas(n_rows),
        table.method()
    )
}

/// 10,000
fn with_commas(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn notes(clustering: &Clustering, asked: Option<usize>, rows: (u64, u64)) -> Vec<String> {
    let mut notes = Vec::new();
    let (n_clustered, n_rows) = rows;
    if n_clustered < n_rows {
        notes.push(format!(
            "the baseline was computed of {} rows drawn from {}",
            with_commas(n_clustered),
            with_commas(n_rows)
        ));
    }
    let found = clustering.n_clusters();
    if let Some(asked) = asked.filter(|asked| *asked > found) {
        notes.push(format!(
            "{asked} clusters were asked for; the rows have {found} that differ"
        ));
    }
    notes
}
