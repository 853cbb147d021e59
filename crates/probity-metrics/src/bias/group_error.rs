//! Why a dataset and a configuration do not go together. The messages are ours, for people;
//! [`GroupError::clarify_text`] is what Clarify writes into `analysis.json` for a stage that
//! fails as a whole.

use super::detection::{ColumnType, SeriesKind};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GroupError {
    #[error("there is no column `{column}`; the columns are `{columns}`")]
    NoColumn { column: String, columns: String },
    #[error(
        "facet `{facet}` holds numbers and needs a threshold, above which the group lies: give one number in `value_or_threshold`"
    )]
    NoThreshold { facet: String },
    #[error("column `{column}` holds numbers: it is cut by one threshold, which must be a number")]
    ThresholdIsNoNumber { column: String },
    #[error(
        "`{value}` cannot be a value of column `{column}`, which holds {}: list values such as `{examples}`",
        column_type.name()
    )]
    OtherType {
        column: String,
        value: String,
        column_type: ColumnType,
        examples: String,
    },
    #[error(
        "no positive value of label `{label}` is given: list at least one in `label_values_or_threshold`"
    )]
    NoPositiveValues { label: String },
    #[error(
        "label `{label}` is {} and predicted label `{predicted_label}` is {}: both must be of one kind, so write their values alike",
        label_kind.name(),
        predicted_kind.name()
    )]
    KindsDiffer {
        label: String,
        label_kind: SeriesKind,
        predicted_label: String,
        predicted_kind: SeriesKind,
    },
    #[error(
        "no prediction in `{predicted_label}` is positive, so that metrics of predictions cannot be computed: positive is `{positive}`"
    )]
    NoPositivePrediction {
        predicted_label: String,
        positive: String,
    },
    #[error(
        "`{interval}` is no interval of numbers for segments of `{column}`: write `[1, 4]`, with `(` or `)` where a bound is left out"
    )]
    NotAnInterval { column: String, interval: String },
}

impl GroupError {
    /// The service's words for the same failure, where it has any.
    pub fn clarify_text(&self) -> Option<&'static str> {
        match self {
            Self::NoThreshold { .. } => {
                Some("Threshold values must be provided for continuous features")
            }
            Self::ThresholdIsNoNumber { .. } => Some(
                "Facet/label value provided must be a single numeric threshold for continuous data",
            ),
            Self::NoPositiveValues { .. } => {
                Some("Positive label values or thresholds are empty for Label column")
            }
            Self::KindsDiffer { .. } => Some(
                "Predicted Label Column series datatype is not the same as Label Column series",
            ),
            Self::NoPositivePrediction { .. } => Some(
                "No Label values are present in the predicted Label Column,Positive Predicted Index Series contains all False values",
            ),
            Self::NoColumn { .. } | Self::OtherType { .. } | Self::NotAnInterval { .. } => None,
        }
    }
}
