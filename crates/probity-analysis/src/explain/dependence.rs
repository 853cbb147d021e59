//! Partial dependence: the model asked about all rows, with one feature set to each point of a
//! grid.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use futures::{StreamExt, TryStreamExt};
use probity_domain::document::explanation_file::DependenceFacts;
use probity_domain::document::explanations::PdpEntry;
use probity_metrics::explain::partial_dependence::{
    DependenceCurves, Grid, PointScores, dependence_facts, failed_dependence_facts,
    failed_pdp_entry, pdp_entry, with_column_set,
};

use super::choice::Ask;
use super::error::ExplainError;
use super::request::ExplainRequest;
use super::scores::Scorer;
use super::watch::Watch;

/// Records that are made and asked at once.
const RECORDS_AT_ONCE: usize = 1 << 14;

/// The curves of some features, as both documents have them.
#[derive(Debug, Default)]
pub(super) struct Dependence {
    pub(super) entries: Vec<PdpEntry>,
    pub(super) facts: Vec<DependenceFacts>,
}

/// What stays the same for all features.
struct Asking<'a> {
    request: &'a ExplainRequest,
    scorer: Arc<Scorer>,
    labels: &'a [String],
}

/// Of the features at `columns`, in this order. A feature without a grid says why.
pub(super) async fn dependence(
    request: &ExplainRequest,
    (columns, grid_resolution): (&[usize], usize),
    labels: &[String],
    watch: Watch<'_>,
) -> Result<Dependence, ExplainError> {
    let scorer = Scorer::new(&request.model, Ask::Reported).expecting(labels.len());
    let asking = Asking {
        request,
        scorer: Arc::new(scorer),
        labels,
    };
    let mut found = Dependence::default();
    let schema = request.rows.schema();
    for (done, column) in columns.iter().enumerate() {
        let name = schema.field(*column).name();
        let grid = Grid::new(
            std::slice::from_ref(request.rows.column(*column)),
            grid_resolution,
        );
        match grid {
            Ok(grid) => {
                let curves = asking.curves(*column, &grid).await?;
                found.entries.push(pdp_entry(name, &grid, &curves, labels));
                found
                    .facts
                    .push(dependence_facts(name, &grid, &curves, labels));
            }
            Err(error) => {
                found.entries.push(failed_pdp_entry(name, &error));
                found.facts.push(failed_dependence_facts(name, &error));
            }
        }
        watch.dependence(done as u64 + 1, columns.len() as u64);
    }
    Ok(found)
}

impl Asking<'_> {
    async fn curves(&self, column: usize, grid: &Grid) -> Result<DependenceCurves, ExplainError> {
        let rows = &self.request.rows;
        let starts = (0..rows.num_rows()).step_by(RECORDS_AT_ONCE);
        let asked: Vec<(usize, usize)> = (0..grid.points().len())
            .flat_map(|point| starts.clone().map(move |start| (point, start)))
            .collect();
        let mut curves =
            DependenceCurves::new(grid.points().len(), self.labels.len(), self.request.seed);
        let mut answers = futures::stream::iter(asked)
            .map(|(point, start)| {
                let n = RECORDS_AT_ONCE.min(rows.num_rows() - start);
                let set =
                    with_column_set(&rows.slice(start, n), column, &grid.points()[point].value);
                let scorer = Arc::clone(&self.scorer);
                async move {
                    let set = set.map_err(|error| ExplainError::Method {
                        reason: error.to_string(),
                    })?;
                    let scores = tokio::spawn(ask(scorer, set)).await??;
                    Ok::<_, ExplainError>((point, start, scores))
                }
            })
            .buffered(self.request.model.concurrency.max(1));
        while let Some((point_idx, start, scores)) = answers.try_next().await? {
            let of_point = PointScores {
                point_idx,
                first_row: start as u64,
                scores: &scores,
            };
            curves
                .update(of_point)
                .map_err(|error| ExplainError::Method {
                    reason: error.to_string(),
                })?;
        }
        Ok(curves)
    }
}

async fn ask(scorer: Arc<Scorer>, records: RecordBatch) -> Result<Vec<f64>, ExplainError> {
    let what = || "rows with one feature set".to_owned();
    Ok(scorer.scores(&records, what).await?.0)
}
