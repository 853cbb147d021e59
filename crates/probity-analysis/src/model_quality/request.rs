//! What a model-quality analysis is asked for.

use probity_data::dataset::ColumnChoice;
use probity_domain::document::model_quality_statistics::ProblemType;

use crate::data_quality::Input;

/// A dataset of labels and predictions, and which column is what.
#[derive(Clone, Debug)]
pub struct QualityRequest {
    pub input: Input,
    pub problem_type: ProblemType,
    pub columns: QualityColumnChoices,
    /// A probability above it predicts the positive class.
    pub probability_threshold: f64,
    /// The positive class of a binary classifier.
    pub positive: Option<String>,
    pub unreadable_labels: UnreadableLabelRule,
    /// Columns whose values are measured apart as well.
    pub segments: Vec<ColumnChoice>,
    /// RFC 3339 in UTC, for `statistics.json`.
    pub evaluated_at: String,
    /// Of the subsamples behind the standard deviations.
    pub seed: u64,
}

/// What becomes of labels that are no class, or no number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnreadableLabelRule {
    /// The analysis ends: whoever gave the data can mend them.
    #[default]
    Refuse,
    /// They are left out, counted and told, as long as most labels can be read: a monitor goes on.
    LeaveOut,
}

/// Columns by name, by position, or by an expression over JSON records.
#[derive(Clone, Debug, Default)]
pub struct QualityColumnChoices {
    /// Merged captures have one: their ground truth.
    pub label: Option<ColumnChoice>,
    pub prediction: Option<ColumnChoice>,
    pub probability: Option<ColumnChoice>,
}
