//! What each metric of model quality is called and how it is computed.
//!
//! Sources: Model Monitor's developer guide ("Model Quality Metrics") for its own; the papers
//! named below for the rest.

/// On which scale a metric lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    /// From 0 to 1.
    Share,
    /// From −1 or below, to 1.
    Signed,
    /// From 0 upwards, in a unit of its own.
    Unbounded,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MetricText {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) formula: &'static str,
    pub(crate) scale: Scale,
}

/// The metric of an always equal prediction is named after the metric.
pub(crate) const CONSTANT: &str = "_best_constant_classifier";

pub(crate) fn text_of(name: &str) -> Option<&'static MetricText> {
    TEXTS.iter().find(|text| text.name == name)
}

/// `True positive rate`; of an unknown metric its name in words.
pub(crate) fn label_of(name: &str) -> String {
    match text_of(name) {
        Some(text) => text.label.to_owned(),
        None => {
            let words = name.replace('_', " ");
            let mut characters = words.chars();
            let first = characters.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(characters).collect()
        }
    }
}

pub(crate) fn scale_of(name: &str) -> Scale {
    text_of(name).map_or(Scale::Unbounded, |text| text.scale)
}

const fn text(
    name: &'static str,
    label: &'static str,
    formula: &'static str,
    scale: Scale,
) -> MetricText {
    MetricText {
        name,
        label,
        formula,
        scale,
    }
}

const TEXTS: &[MetricText] = &[
    text(
        "accuracy",
        "Accuracy",
        "right predictions ÷ rows",
        Scale::Share,
    ),
    text("recall", "Recall", "TP ÷ (TP + FN)", Scale::Share),
    text("precision", "Precision", "TP ÷ (TP + FP)", Scale::Share),
    text(
        "true_positive_rate",
        "True positive rate",
        "TP ÷ (TP + FN)",
        Scale::Share,
    ),
    text(
        "true_negative_rate",
        "True negative rate",
        "TN ÷ (TN + FP)",
        Scale::Share,
    ),
    text(
        "false_positive_rate",
        "False positive rate",
        "FP ÷ (FP + TN)",
        Scale::Share,
    ),
    text(
        "false_negative_rate",
        "False negative rate",
        "FN ÷ (FN + TP)",
        Scale::Share,
    ),
    text(
        "auc",
        "AUC",
        "share of pairs in which the positive row scores higher",
        Scale::Share,
    ),
    text("f0_5", "F0.5", "1.25 P R ÷ (0.25 P + R)", Scale::Share),
    text("f1", "F1", "2 P R ÷ (P + R)", Scale::Share),
    text("f2", "F2", "5 P R ÷ (4 P + R)", Scale::Share),
    text(
        "weighted_recall",
        "Weighted recall",
        "recall per class, weighted by its rows",
        Scale::Share,
    ),
    text(
        "weighted_precision",
        "Weighted precision",
        "precision per class, weighted by its rows",
        Scale::Share,
    ),
    text(
        "weighted_f0_5",
        "Weighted F0.5",
        "F0.5 per class, weighted by its rows",
        Scale::Share,
    ),
    text(
        "weighted_f1",
        "Weighted F1",
        "F1 per class, weighted by its rows",
        Scale::Share,
    ),
    text(
        "weighted_f2",
        "Weighted F2",
        "F2 per class, weighted by its rows",
        Scale::Share,
    ),
    text(
        "mae",
        "Mean absolute error",
        "mean |label − prediction|",
        Scale::Unbounded,
    ),
    text(
        "mse",
        "Mean squared error",
        "mean (label − prediction)²",
        Scale::Unbounded,
    ),
    text("rmse", "Root mean squared error", "√MSE", Scale::Unbounded),
    text(
        "r2",
        "R²",
        "1 − Σ (label − prediction)² ÷ Σ (label − mean)²",
        Scale::Signed,
    ),
    text(
        "log_loss",
        "Log loss",
        "−mean ln of the probability given to what happened",
        Scale::Unbounded,
    ),
    text(
        "brier_score",
        "Brier score",
        "mean (probability − outcome)², Brier (1950)",
        Scale::Share,
    ),
    text(
        "brier_calibration_loss",
        "Brier: calibration",
        "Σ bins share · (mean probability − observed share)²",
        Scale::Share,
    ),
    text(
        "brier_refinement_loss",
        "Brier: refinement",
        "what is left of the Brier score when the bins are calibrated",
        Scale::Share,
    ),
    text(
        "expected_calibration_error",
        "Expected calibration error",
        "Σ bins share · |mean probability − observed share|, bins of equal width",
        Scale::Share,
    ),
    text(
        "expected_calibration_error_equal_rows",
        "Expected calibration error, equal rows",
        "the same, bins of equal rows",
        Scale::Share,
    ),
    text(
        "matthews_correlation",
        "Matthews correlation",
        "correlation of labels and predictions, Matthews (1975)",
        Scale::Signed,
    ),
    text(
        "balanced_accuracy",
        "Balanced accuracy",
        "mean recall of the classes",
        Scale::Share,
    ),
    text(
        "mean_absolute_percentage_error",
        "Mean absolute percentage error",
        "mean |label − prediction| ÷ |label|, labels of 0 left out",
        Scale::Unbounded,
    ),
    text(
        "max_error",
        "Largest error",
        "max |label − prediction|",
        Scale::Unbounded,
    ),
    text(
        "mean_error",
        "Mean error",
        "mean (label − prediction): above 0, predictions are too low",
        Scale::Unbounded,
    ),
];

#[cfg(test)]
mod tests {
    use super::{TEXTS, label_of};

    #[test]
    fn every_metric_has_one_text() {
        let mut names: Vec<&str> = TEXTS.iter().map(|text| text.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), TEXTS.len());
    }

    #[test]
    fn an_unknown_metric_is_called_by_its_name() {
        assert_eq!(label_of("some_new_metric"), "Some new metric");
        assert_eq!(label_of("f0_5"), "F0.5");
    }
}
