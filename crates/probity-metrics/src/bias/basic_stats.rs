//! The numbers behind the first part of Clarify's report: how large the sensitive group is,
//! how labels fall in it, and how well the model does. Names and texts are those of Clarify's
//! Python library (`bias_basic_stats`, `model_performance_report`).

use super::counts::{BiasCounts, Confusion, Group};
use super::detection::{SeriesKind, TypedColumn};
use super::divide::divide;
use super::group_error::GroupError;
use super::groups::{BiasTable, sorting};
use super::value::Value;

/// The sensitive group *d* of a facet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BasicStats {
    /// `proportion`: of all rows.
    pub proportion: f64,
    /// `observed_label_distribution`: shares of positive and negative labels.
    pub observed_label_distribution: [f64; 2],
    /// `confusion_matrix`: shares of TP, FP, FN and TN.
    pub confusion_matrix: [f64; 4],
}

impl BasicStats {
    pub fn of(counts: &BiasCounts) -> BasicStats {
        let group = counts.total.of(Group::Disadvantaged);
        let positive = divide(group.positive_labels(), group.rows());
        let negative = divide(group.negative_labels(), group.rows());
        BasicStats {
            proportion: divide(group.rows(), counts.total.rows()),
            observed_label_distribution: [positive, negative],
            confusion_matrix: shares(&group),
        }
    }
}

/// TP, FP, FN and TN as fractions.
fn shares(confusion: &Confusion) -> [f64; 4] {
    [
        confusion.true_positives,
        confusion.false_positives,
        confusion.false_negatives,
        confusion.true_negatives,
    ]
    .map(|rows| divide(rows, confusion.rows()))
}

/// One line of the report of model performance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PerformanceMetric {
    pub name: &'static str,
    pub description: &'static str,
    pub value: f64,
}

/// How well predictions agree with labels, whatever the group.
#[derive(Clone, Debug, PartialEq)]
pub struct PerformanceReport {
    pub metrics: Vec<PerformanceMetric>,
    /// Shares of TP, FP, FN and TN.
    pub binary_confusion_matrix: [f64; 4],
}

impl PerformanceReport {
    pub fn of(counts: &BiasCounts) -> PerformanceReport {
        let all = counts.total.of(Group::Advantaged) + counts.total.of(Group::Disadvantaged);
        PerformanceReport {
            metrics: PERFORMANCE
                .iter()
                .map(|(name, description, value)| PerformanceMetric {
                    name,
                    description,
                    value: value(&all),
                })
                .collect(),
            binary_confusion_matrix: shares(&all),
        }
    }
}

type Line = (&'static str, &'static str, fn(&Confusion) -> f64);

const PERFORMANCE: [Line; 10] = [
    (
        "Accuracy",
        "Proportion of inputs assigned the correct predicted label by the model.",
        |all| divide(all.true_positives + all.true_negatives, all.rows()),
    ),
    (
        "Proportion of Positive Predictions in Labels",
        "Proportion of input assigned in positive predicted label.",
        |all| divide(all.positive_predictions(), all.rows()),
    ),
    (
        "Proportion of Negative Predictions in Labels",
        "Proportion of input assigned the negative predicted label.",
        |all| divide(all.negative_predictions(), all.rows()),
    ),
    (
        "True Positive Rate / Recall",
        "Proportion of inputs with positive observed label correctly assigned the positive predicted label.",
        recall,
    ),
    (
        "True Negative Rate / Specificity",
        "Proportion of inputs with negative observed label correctly assigned the negative predicted label.",
        |all| divide(all.true_negatives, all.negative_labels()),
    ),
    (
        "Acceptance Rate / Precision",
        "Proportion of inputs with positive predicted label that actually have a positive observed label.",
        precision,
    ),
    (
        "Rejection Rate",
        "Proportion of inputs with negative predicted label that actually have a negative observed label.",
        |all| divide(all.true_negatives, all.negative_predictions()),
    ),
    (
        "Conditional Acceptance",
        "Ratio between the positive observed labels and positive predicted labels.",
        |all| divide(all.positive_labels(), all.positive_predictions()),
    ),
    (
        "Conditional Rejection",
        "Ratio between the negative observed labels and negative predicted labels.",
        |all| divide(all.negative_labels(), all.negative_predictions()),
    ),
    (
        "F1 Score",
        "Harmonic mean of precision and recall.",
        f1_score,
    ),
];

fn recall(all: &Confusion) -> f64 {
    divide(all.true_positives, all.positive_labels())
}

fn precision(all: &Confusion) -> f64 {
    divide(all.true_positives, all.positive_predictions())
}

/// 0 where precision and recall are.
fn f1_score(all: &Confusion) -> f64 {
    let (precision, recall) = (precision(all), recall(all));
    if precision + recall > 0.0 {
        2.0 * precision * recall / (precision + recall)
    } else {
        0.0
    }
}

/// A larger table of classes is nothing to look at.
const MOST_CLASSES: usize = 500;

/// Rows by class of the label and class of the prediction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassConfusion {
    /// All values of labels and predictions, sorted.
    pub classes: Vec<String>,
    /// By label, then by prediction.
    pub rows: Vec<Vec<u64>>,
}

impl BiasTable<'_> {
    /// Of labels that are categories; `None` for a measure, and for more than 500 classes. Rows
    /// without a label or without a prediction are in no class.
    pub fn class_confusion(
        &self,
        label: &str,
        predicted_label: &str,
    ) -> Result<Option<ClassConfusion>, GroupError> {
        let labels = self.column(label)?;
        let predictions = self.column(predicted_label)?;
        if labels.kind(0) == SeriesKind::Continuous {
            return Ok(None);
        }
        if labels.distinct().len().max(predictions.distinct().len()) > MOST_CLASSES {
            return Ok(None);
        }
        let classes = classes(labels, predictions);
        let mut rows = vec![vec![0; classes.len()]; classes.len()];
        let class_of = |column: &TypedColumn| -> Vec<usize> {
            let of_value = |(value, _): &(Value, u64)| {
                let name = value.to_string();
                let class = classes.iter().position(|class| *class == name);
                class.expect("the classes are the values of both columns")
            };
            column.distinct().iter().map(of_value).collect()
        };
        let (of_label, of_prediction) = (class_of(labels), class_of(predictions));
        let places = self.places(label)?.into_iter();
        let both = places.zip(self.places(predicted_label)?);
        for ((label, prediction), n) in both.zip(self.counts.rows()) {
            if let (Some(label), Some(prediction)) = (label, prediction) {
                rows[of_label[label]][of_prediction[prediction]] += n;
            }
        }
        Ok(Some(ClassConfusion { classes, rows }))
    }
}

fn classes(labels: &TypedColumn, predictions: &TypedColumn) -> Vec<String> {
    let both = labels.distinct().iter().chain(predictions.distinct());
    let mut values: Vec<&Value> = both.map(|(value, _)| value).collect();
    values.sort_by(|left, right| sorting(left, right));
    let mut classes: Vec<String> = Vec::new();
    for name in values.into_iter().map(Value::to_string) {
        if !classes.contains(&name) {
            classes.push(name);
        }
    }
    classes
}
