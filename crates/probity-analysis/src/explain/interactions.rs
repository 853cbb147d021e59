//! SHAP interaction values of trees: how a value of one feature changes what another one moves.
//! Computed while they are written, since there are as many as pairs of features for each row.
//!
//! A line per row, output and pair. The diagonal is a feature's own effect; a pair stands once,
//! with both its halves, so that the lines of a row and an output sum to its raw score less the
//! expected value.

use std::io::{self, Write};
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use probity_data::model::OpenedModel;
use probity_domain::document::csv::{CsvField, CsvWriter};
use probity_metrics::explain::{Background, TreeExplainer};

use super::error::ExplainError;
use super::trees::names;

/// Where they are, below the results.
pub(super) const INTERACTIONS_PATH: &str = "explanations_shap/interactions.csv";

/// Rows that are computed at once.
const ROWS_AT_ONCE: usize = 64;

/// What they are computed from.
#[derive(Clone, Debug)]
pub(super) struct Interactions {
    pub(super) opened: Arc<OpenedModel>,
    pub(super) rows: RecordBatch,
    /// Absent of path-dependent values.
    pub(super) baseline: Option<RecordBatch>,
    /// From the raw score to what is explained.
    pub(super) scale: f64,
}

impl Interactions {
    /// Writes `row,label,feature,other_feature,value`.
    pub(super) fn write(&self, labels: &[String], out: &mut dyn Write) -> io::Result<()> {
        let failed = |error: ExplainError| io::Error::other(error.to_string());
        let explainer = self.explainer().map_err(failed)?;
        let names = names(&self.rows);
        let columns = self.opened.match_columns(&self.rows);
        let columns = columns.map_err(io::Error::other)?.columns;
        let mut csv = CsvWriter::new(out);
        csv.write_record(
            ["row", "label", "feature", "other_feature", "value"].map(CsvField::Text),
        )?;
        let n = columns.len();
        let mut start = 0;
        while start < self.rows.num_rows() {
            let chunk = ROWS_AT_ONCE.min(self.rows.num_rows() - start);
            let matrix = self.opened.features_of(&self.rows.slice(start, chunk));
            let values = explainer.interaction_values(&matrix.map_err(io::Error::other)?);
            for (game, pairs) in values.chunks_exact((n * n).max(1)).enumerate() {
                let row = i64::try_from(start + game / labels.len()).map_err(io::Error::other)?;
                let label = &labels[game % labels.len()];
                for one in 0..n {
                    for other in one..n {
                        let halves = if one == other { 1.0 } else { 2.0 };
                        let value = pairs[one * n + other] * halves * self.scale;
                        csv.write_record([
                            CsvField::Integer(row),
                            CsvField::Text(label),
                            CsvField::Text(&names[columns[one]]),
                            CsvField::Text(&names[columns[other]]),
                            CsvField::Float(value),
                        ])?;
                    }
                }
            }
            start += chunk;
        }
        csv.finish()?;
        Ok(())
    }

    fn explainer(&self) -> Result<TreeExplainer, ExplainError> {
        let method = |reason: String| ExplainError::Method { reason };
        let trees = self.opened.trees();
        let trees = trees.ok_or_else(|| method("the model is no tree ensemble".to_owned()))?;
        let baseline = self
            .baseline
            .as_ref()
            .map(|rows| self.opened.features_of(rows));
        let baseline = baseline
            .transpose()
            .map_err(|error| method(error.to_string()))?;
        let background = match &baseline {
            Some(rows) => Background::Interventional(rows),
            None => Background::PathDependent,
        };
        TreeExplainer::new(trees, background).map_err(|error| method(error.to_string()))
    }
}
