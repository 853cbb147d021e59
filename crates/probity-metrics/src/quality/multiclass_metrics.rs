//! Model Monitor's metrics of a multiclass classifier, and ours, with intervals.
//!
//! Weighted metrics as Spark's `MulticlassMetrics` has them, whose numbers are SageMaker's:
//! the metric of each class (0 where it divides nothing by nothing), weighted by the rows
//! with that label. Intervals: Wilson for shares of rows; else the delta method over the
//! cells of the matrix.

use std::collections::BTreeMap;

use probity_domain::document::ConfusionMatrix;
use probity_domain::document::model_quality_file::{QualityFacts, QualityMetric};
use probity_domain::document::model_quality_statistics::{MulticlassMetrics, ProblemMetrics};
use probity_domain::document::probity_file::Interval;

use super::classes::class_quality;
use super::findings::{QualityFindings, metric_with, or_note, with_deviations};
use super::interval::{
    delta_standard_error, interval, on_fisher_z, on_log_odds, share_interval, weighted_sum, wilson,
};
use super::labels::sort_classes;
use super::multiclass::MulticlassQuality;
use super::rates::f_of;
use super::subsample::{deviations, draw_cells};

/// Measures of a class, in the order of the file: recall, precision, then F by β.
const MEASURES: [(&str, Measure); 5] = [
    ("weighted_recall", Measure::Recall),
    ("weighted_precision", Measure::Precision),
    ("weighted_f0_5", Measure::F(0.5)),
    ("weighted_f1", Measure::F(1.0)),
    ("weighted_f2", Measure::F(2.0)),
];

#[derive(Clone, Copy, Debug)]
enum Measure {
    Recall,
    Precision,
    F(f64),
}

/// The confusion matrix by numbers of classes.
#[derive(Clone, Debug)]
pub(crate) struct ClassCounts {
    pub(crate) classes: Vec<String>,
    /// `(label, prediction)` of each cell with rows.
    places: Vec<(usize, usize)>,
    rows: Vec<u64>,
}

/// Sums of a confusion matrix.
#[derive(Debug)]
struct Margins {
    n: u64,
    right: Vec<u64>,
    support: Vec<u64>,
    predicted: Vec<u64>,
}

impl ClassCounts {
    pub(crate) fn of(summary: &MulticlassQuality) -> Self {
        let labels = summary.counts.keys();
        let predictions = summary.counts.values().flat_map(BTreeMap::keys);
        let mut classes: Vec<String> = labels.chain(predictions).cloned().collect();
        classes.sort_unstable();
        classes.dedup();
        sort_classes(&mut classes);
        let numbers: BTreeMap<&String, usize> = classes
            .iter()
            .enumerate()
            .map(|(number, class)| (class, number))
            .collect();
        let (mut places, mut rows) = (Vec::new(), Vec::new());
        for (label, predictions) in &summary.counts {
            for (prediction, count) in predictions {
                places.push((numbers[label], numbers[prediction]));
                rows.push(*count);
            }
        }
        Self {
            places,
            rows,
            classes: classes.clone(),
        }
    }

    fn margins(&self, rows: &[u64]) -> Margins {
        let none = vec![0; self.classes.len()];
        let mut margins = Margins {
            n: rows.iter().sum(),
            right: none.clone(),
            support: none.clone(),
            predicted: none,
        };
        for (&(label, prediction), &count) in self.places.iter().zip(rows) {
            margins.support[label] += count;
            margins.predicted[prediction] += count;
            if label == prediction {
                margins.right[label] += count;
            }
        }
        margins
    }

    fn matrix(&self) -> ConfusionMatrix {
        let mut rows = vec![vec![0; self.classes.len()]; self.classes.len()];
        for (&(label, prediction), &count) in self.places.iter().zip(&self.rows) {
            rows[label][prediction] += count;
        }
        ConfusionMatrix {
            classes: self.classes.clone(),
            rows,
        }
    }

    /// The class that the constant classifier always says: `1` as in every sample of
    /// SageMaker's, else the last one. By what rule the service chooses is unknown.
    fn constant_class(&self) -> usize {
        let one = self.classes.iter().position(|class| class == "1");
        one.unwrap_or(self.classes.len().saturating_sub(1))
    }

    /// Rows with their derivatives.
    fn cells<'a>(
        &'a self,
        derivative: impl Fn(usize, usize) -> f64 + 'a,
    ) -> impl Iterator<Item = (f64, f64)> + 'a {
        self.places
            .iter()
            .zip(&self.rows)
            .map(move |(&(label, prediction), &count)| {
                (count as f64, derivative(label, prediction))
            })
    }
}

impl Margins {
    fn accuracy(&self) -> f64 {
        self.right.iter().sum::<u64>() as f64 / self.n as f64
    }

    fn class_measure(&self, class: usize, measure: Measure) -> f64 {
        let share = |whole: u64| {
            if whole == 0 {
                0.0
            } else {
                self.right[class] as f64 / whole as f64
            }
        };
        let (recall, precision) = (share(self.support[class]), share(self.predicted[class]));
        match measure {
            Measure::Recall => recall,
            Measure::Precision => precision,
            Measure::F(beta) => f_of(precision, recall, beta),
        }
    }

    fn weighted(&self, measure: Measure) -> f64 {
        let parts = (0..self.support.len()).map(|class| {
            self.class_measure(class, measure) * self.support[class] as f64 / self.n as f64
        });
        parts.sum()
    }

    /// The constant classifier of a class has recall 1 and its share of rows as precision
    /// there, and 0 everywhere else.
    fn constant_weighted(&self, class: usize, measure: Measure) -> f64 {
        let (support, n) = (self.support[class] as f64, self.n as f64);
        // In this order the digits are those of SageMaker's sample.
        constant_measure(support / n, measure) * support / n
    }
}

fn constant_measure(share: f64, measure: Measure) -> f64 {
    match measure {
        Measure::Recall => 1.0,
        Measure::Precision => share,
        Measure::F(beta) => f_of(share, 1.0, beta),
    }
}

pub(crate) fn findings(summary: &MulticlassQuality, counts: &ClassCounts) -> QualityFindings {
    let margins = counts.margins(&counts.rows);
    let metrics = metrics(counts, &margins);
    let deviations = deviations(margins.n, summary.seed(), |random| {
        let drawn = counts.margins(&draw_cells(&counts.rows, random));
        values(&drawn, counts.constant_class())
            .into_iter()
            .map(Some)
            .collect()
    });
    let mut section = MulticlassMetrics {
        confusion_matrix: counts.matrix(),
        ..MulticlassMetrics::default()
    };
    for (name, value) in with_deviations(&metrics, &deviations) {
        *section
            .scalar_mut(&name)
            .expect("the metrics are those of the section") = value;
    }
    let classes = counts.classes.iter().enumerate().map(|(place, class)| {
        let sums = (margins.support[place], margins.predicted[place]);
        class_quality(class, margins.right[place], sums)
    });
    let constant = &counts.classes[counts.constant_class()];
    QualityFindings {
        statistics: ProblemMetrics::Multiclass(Box::new(section)),
        facts: QualityFacts {
            rows: summary.rows,
            extended: extended(counts, &margins),
            classes: classes.collect(),
            notes: vec![format!(
                "the best constant classifier always says `{constant}`"
            )],
            metrics,
            ..QualityFacts::default()
        },
    }
}

/// The numbers of [`metrics`], in their order.
fn values(margins: &Margins, constant: usize) -> Vec<f64> {
    let mut values = vec![margins.accuracy()];
    values.extend(MEASURES.map(|(_, measure)| margins.weighted(measure)));
    values.push(margins.constant_weighted(constant, Measure::Recall));
    values.extend(MEASURES.map(|(_, measure)| margins.constant_weighted(constant, measure)));
    values
}

/// In the order of `statistics.json`.
fn metrics(counts: &ClassCounts, margins: &Margins) -> Vec<QualityMetric> {
    let (n, right) = (margins.n, margins.right.iter().sum());
    let accuracy =
        |name: &str, value| metric_with(name, Some(value), n, |_| Ok(share_interval(right, n)));
    let mut metrics = vec![accuracy("accuracy", margins.accuracy())];
    for (name, measure) in MEASURES {
        let value = margins.weighted(measure);
        metrics.push(match measure {
            // Σ (right/support) · support/n is the accuracy.
            Measure::Recall => accuracy(name, value),
            Measure::Precision => metric_with(name, Some(value), n, |value| {
                Ok(weighted_interval(counts, margins, (value, 0.0)))
            }),
            Measure::F(beta) => metric_with(name, Some(value), n, |value| {
                Ok(weighted_interval(counts, margins, (value, beta)))
            }),
        });
    }
    let constant = counts.constant_class();
    let support = margins.support[constant];
    let ends = wilson(support as f64, n as f64);
    let of_constant = |name: &str, measure| {
        let value = margins.constant_weighted(constant, measure);
        let of_share = |share: f64| constant_measure(share, measure) * share;
        let (low, high) = (of_share(ends.0), of_share(ends.1));
        metric_with(name, Some(value), n, |_| {
            Ok(interval((low, high), "wilson, share of the class"))
        })
    };
    metrics.push(of_constant(
        "accuracy_best_constant_classifier",
        Measure::Recall,
    ));
    for (name, measure) in MEASURES {
        metrics.push(of_constant(
            &format!("{name}_best_constant_classifier"),
            measure,
        ));
    }
    metrics
}

/// The delta method for Σ s·F(class)/n with F = (1 + β²)·right/(β²·support + predicted), of
/// which β = 0 is the precision. At 0 and 1, where its error is 0, the interval of the
/// accuracy, which is then 0 or 1 too.
fn weighted_interval(
    counts: &ClassCounts,
    margins: &Margins,
    (value, beta): (f64, f64),
) -> Interval {
    let squared = beta * beta;
    let classes = 0..counts.classes.len();
    let terms: Vec<(f64, f64, f64)> = classes
        .map(|class| {
            let support = margins.support[class] as f64;
            let right = margins.right[class] as f64;
            let whole = squared * support + margins.predicted[class] as f64;
            if whole <= 0.0 {
                return (0.0, 0.0, 0.0);
            }
            // Derivatives of support·F by support, predicted and right.
            let f = (1.0 + squared) * right / whole;
            let by_predicted = -f * support / whole;
            (
                f + squared * by_predicted,
                by_predicted,
                (1.0 + squared) * support / whole,
            )
        })
        .collect();
    let error = delta_standard_error(counts.cells(|label, prediction| {
        let by_right = if label == prediction {
            terms[label].2
        } else {
            0.0
        };
        terms[label].0 + terms[prediction].1 + by_right
    }));
    if error > 0.0 && value > 0.0 && value < 1.0 {
        return interval(on_log_odds(value, error), "delta, log odds");
    }
    share_interval(margins.right.iter().sum(), margins.n)
}

fn extended(counts: &ClassCounts, margins: &Margins) -> Vec<QualityMetric> {
    let n = margins.n;
    let correlation = metric_with("matthews_correlation", correlation(margins), n, |value| {
        let error = correlation_error(counts, margins);
        if error > 0.0 && value.abs() < 1.0 {
            return Ok(interval(on_fisher_z(value, error), "delta, fisher z"));
        }
        Err("its rows show no spread to make an interval of".to_owned())
    });
    let present: Vec<usize> = (0..counts.classes.len())
        .filter(|class| margins.support[*class] > 0)
        .collect();
    let parts: Vec<(f64, (f64, f64), f64)> = present
        .iter()
        .map(|&class| {
            let (right, support) = (margins.right[class] as f64, margins.support[class] as f64);
            (
                right / support,
                wilson(right, support),
                1.0 / present.len() as f64,
            )
        })
        .collect();
    let balanced = parts
        .iter()
        .map(|(recall, _, weight)| recall * weight)
        .sum();
    let balanced = metric_with("balanced_accuracy", Some(balanced), n, |_| {
        Ok(interval(weighted_sum(&parts), "mover of wilson"))
    });
    vec![
        or_note(correlation, "the labels or the predictions have one class"),
        balanced,
    ]
}

/// The correlation of Gorodkin (2004), which for two classes is Matthews's.
fn correlation(margins: &Margins) -> Option<f64> {
    let (agreement, labels, predictions) = correlation_parts(margins);
    let spread = labels * predictions;
    (spread > 0.0).then(|| agreement / spread.sqrt())
}

/// accuracy − Σ p·t, 1 − Σ t², 1 − Σ p² over the shares t of labels and p of predictions.
fn correlation_parts(margins: &Margins) -> (f64, f64, f64) {
    let n = margins.n as f64;
    let (mut agreement, mut labels, mut predictions) = (margins.accuracy(), 1.0, 1.0);
    for (support, predicted) in margins.support.iter().zip(&margins.predicted) {
        let (t, p) = (*support as f64 / n, *predicted as f64 / n);
        agreement -= t * p;
        labels -= t * t;
        predictions -= p * p;
    }
    (agreement, labels, predictions)
}

fn correlation_error(counts: &ClassCounts, margins: &Margins) -> f64 {
    let n = margins.n as f64;
    let (agreement, labels, predictions) = correlation_parts(margins);
    let scale = (labels * predictions).sqrt();
    let value = agreement / scale;
    delta_standard_error(counts.cells(|label, prediction| {
        let t = |class: usize| margins.support[class] as f64 / n;
        let p = |class: usize| margins.predicted[class] as f64 / n;
        let is_right = f64::from(u8::from(label == prediction));
        let by_agreement = is_right - p(label) - t(prediction);
        by_agreement / scale + value * (t(label) / labels + p(prediction) / predictions)
    }))
}
