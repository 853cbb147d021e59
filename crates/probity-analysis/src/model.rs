//! A model that an analysis asks, and how its scores become the predicted labels that bias is
//! measured on.
//!
//! The rules are those of Clarify (`ModelPredictedLabelConfig` of the SageMaker SDK): a label
//! of the model is taken as it is; one score is compared with a threshold; of several scores
//! the highest names the label.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use probity_data::model::{AskModel, OpenedModel, Predict, Predictions};
use probity_domain::document::analysis_config::{
    AnalysisConfig, ConfigValue, DEFAULT_PROBABILITY_THRESHOLD,
};
use probity_domain::document::explanation_file::ModelFacts;
use probity_metrics::model::TreeEnsemble;

use crate::explain::{ExplainError, Records};

/// A model and what is known of it.
#[derive(Clone, Debug)]
pub struct Model {
    pub asked: Arc<dyn Predict>,
    /// Where it is computed here: then its trees can be looked into.
    pub opened: Option<Arc<OpenedModel>>,
    pub facts: ModelFacts,
    /// Batches that it is asked at once.
    pub concurrency: usize,
    /// Records of such a batch.
    pub records_at_once: usize,
    /// Its own labels are what the user asked for, rather than its scores.
    pub says_labels: SaysLabels,
}

impl Model {
    /// Whether it is an ensemble of trees that is computed here.
    pub fn has_trees(&self) -> bool {
        self.trees().is_some()
    }

    /// Whether the trees say how much training data reached each node.
    pub fn has_covers(&self) -> bool {
        self.trees().is_some_and(TreeEnsemble::has_covers)
    }

    /// Without the columns that a model whose features have names does not know, and a note of
    /// them: they move nothing.
    pub fn only_features(&self, records: Records) -> Result<Records, ExplainError> {
        let matched = self.opened.as_ref();
        let matched = matched.map(|opened| opened.match_columns(&records.rows));
        match matched {
            Some(Ok(matched)) if !matched.unused.is_empty() => records.without(&matched.unused),
            // What does not match is told when the model is asked.
            Some(_) | None => Ok(records),
        }
    }

    /// What the model's file calls its outputs.
    pub fn output_names(&self) -> Option<Vec<String>> {
        let summary = self.opened.as_ref()?.summary();
        let names = summary.output_names?;
        // Of two classes a model may report the score of the second alone.
        let fits = summary
            .n_outputs
            .is_some_and(|n_outputs| [n_outputs, n_outputs.max(2)].contains(&names.len()));
        fits.then(|| names.to_vec())
    }

    /// The trees, where it is an ensemble that is computed here.
    pub(crate) fn trees(&self) -> Option<&TreeEnsemble> {
        self.opened.as_ref()?.trees()
    }
}

/// Whether a predicted label is read from the answer or decided from scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaysLabels {
    /// The configuration says where they lie.
    Asked,
    /// A file's labels were decided at 0.5; the scores can be compared with any threshold.
    AsScores,
}

/// From scores to predicted labels.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LabelRule {
    threshold: f64,
    /// Of the classes, in the order of the scores.
    headers: Option<Vec<String>>,
    says_labels: SaysLabels,
}

impl LabelRule {
    pub(crate) fn of(config: &AnalysisConfig, model: &Model) -> LabelRule {
        let headers = config
            .predictor
            .as_ref()
            .and_then(|predictor| predictor.label_headers.as_ref());
        LabelRule {
            threshold: config
                .probability_threshold
                .unwrap_or(DEFAULT_PROBABILITY_THRESHOLD),
            headers: headers.map(|headers| headers.iter().map(said).collect()),
            says_labels: model.says_labels,
        }
    }

    /// The predicted label of every record.
    fn labels(&self, predictions: &Predictions, n_records: usize) -> Result<Labels, AskModel> {
        if let Some(labels) = &predictions.labels
            && (self.says_labels == SaysLabels::Asked || predictions.n_outputs == 0)
        {
            return Ok(Labels::Names(labels.clone()));
        }
        if predictions.n_outputs == 0 {
            return Err(AskModel::Answer {
                answer: "neither a score nor a label".to_owned(),
            });
        }
        let names = self.headers.as_ref().or(predictions.output_names.as_ref());
        let n_classes = predictions.n_outputs.max(2);
        let names = names.filter(|names| names.len() == n_classes);
        let classes: Vec<usize> = (0..n_records)
            .map(|row| self.class(predictions.row(row)))
            .collect();
        Ok(match names {
            Some(names) => {
                Labels::Names(classes.iter().map(|class| names[*class].clone()).collect())
            }
            None => Labels::Classes(classes),
        })
    }

    /// One score, or the second of two, is that of the positive class.
    fn class(&self, scores: &[f64]) -> usize {
        match scores {
            [score] | [_, score] => usize::from(*score > self.threshold),
            scores => {
                let mut best = 0;
                for (class, score) in scores.iter().enumerate() {
                    // The first of equal scores, as numpy's argmax has it.
                    if *score > scores[best] {
                        best = class;
                    }
                }
                best
            }
        }
    }
}

enum Labels {
    Names(Vec<String>),
    Classes(Vec<usize>),
}

fn said(value: &ConfigValue) -> String {
    match value {
        ConfigValue::Integer(number) => number.to_string(),
        ConfigValue::Float(number) => number.to_string(),
        ConfigValue::Text(text) => text.clone(),
        ConfigValue::Boolean(truth) => truth.to_string(),
    }
}

/// How the labels of the dataset are spelled, so that predicted ones can equal them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LabelSpelling {
    /// Everything is a text, as in CSV.
    Texts,
    /// Numbers are numbers.
    Typed,
}

/// A model asked for the predicted label of rows.
#[derive(Clone, Debug)]
pub(crate) struct LabelModel {
    pub(crate) model: Arc<dyn Predict>,
    pub(crate) rule: LabelRule,
    pub(crate) spelling: LabelSpelling,
}

impl LabelModel {
    /// A column of predicted labels, one per record.
    pub(crate) async fn labels(&self, records: &RecordBatch) -> Result<ArrayRef, AskModel> {
        let predictions = self.model.predict(records).await?;
        let labels = self.rule.labels(&predictions, records.num_rows())?;
        Ok(match (labels, self.spelling) {
            (Labels::Classes(classes), LabelSpelling::Texts) => Arc::new(
                StringArray::from_iter_values(classes.iter().map(ToString::to_string)),
            ),
            (Labels::Classes(classes), LabelSpelling::Typed) => {
                Arc::new(Int64Array::from_iter_values(classes.iter().map(|class| {
                    i64::try_from(*class).expect("a model has fewer classes than 2^63")
                })))
            }
            (Labels::Names(names), LabelSpelling::Texts) => Arc::new(StringArray::from(names)),
            (Labels::Names(names), LabelSpelling::Typed) => typed(names),
        })
    }
}

/// Names that are all whole numbers are numbers.
fn typed(names: Vec<String>) -> ArrayRef {
    let numbers: Option<Vec<i64>> = names.iter().map(|name| name.parse().ok()).collect();
    match numbers {
        Some(numbers) => Arc::new(Int64Array::from(numbers)),
        None => Arc::new(StringArray::from(names)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(threshold: f64, headers: &[&str]) -> LabelRule {
        let headers: Vec<String> = headers.iter().map(ToString::to_string).collect();
        LabelRule {
            threshold,
            headers: (!headers.is_empty()).then_some(headers),
            says_labels: SaysLabels::AsScores,
        }
    }

    #[track_caller]
    fn check(rule: &LabelRule, (scores, n_outputs): (&[f64], usize), expected: &[&str]) {
        let predictions = Predictions {
            scores: scores.to_vec(),
            n_outputs,
            ..Predictions::default()
        };
        let labels = rule.labels(&predictions, scores.len() / n_outputs).unwrap();
        let labels = match labels {
            Labels::Names(names) => names,
            Labels::Classes(classes) => classes.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(labels, expected);
    }

    #[test]
    fn one_score_is_positive_above_the_threshold() {
        check(&rule(0.5, &[]), (&[0.5, 0.51], 1), &["0", "1"]);
        check(&rule(0.8, &[]), (&[0.2, 0.8, 0.1, 0.9], 2), &["0", "1"]);
        check(&rule(0.5, &["no", "yes"]), (&[0.4, 0.6], 1), &["no", "yes"]);
    }

    #[test]
    fn of_several_scores_the_highest_names_the_label() {
        let animals = rule(0.5, &["cat", "dog", "fish"]);
        check(&animals, (&[0.1, 0.6, 0.3], 3), &["dog"]);
        check(&rule(0.5, &[]), (&[0.4, 0.4, 0.2], 3), &["0"]);
    }

    #[test]
    fn an_answer_with_neither_score_nor_label_is_an_error() {
        let nothing = Predictions::default();
        assert!(rule(0.5, &[]).labels(&nothing, 1).is_err());
    }
}
