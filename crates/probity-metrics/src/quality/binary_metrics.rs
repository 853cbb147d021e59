//! Model Monitor's metrics of a binary classifier, and ours, with intervals. Formulas over
//! the confusion matrix are in `rates`, those over scores in `curves` and `calibration`.

use probity_domain::document::ConfusionMatrix;
use probity_domain::document::model_quality_file::{
    CalibrationCurve, ClassQuality, QualityFacts, QualityMetric,
};
use probity_domain::document::model_quality_statistics::{BinaryMetrics, ProblemMetrics};
use probity_domain::document::probity_file::Interval;

use super::binary::{BinaryQuality, Probabilities};
use super::calibration::{calibration_loss, equal_rows_curve, expected_calibration_error};
use super::classes::class_quality;
use super::curves::{area, area_interval, area_of_sample, precision_recall_curve, roc_curve};
use super::findings::{QualityFindings, metric, metric_with, or_note, with_deviations};
use super::interval::{
    delta_standard_error, interval, on_fisher_z, on_log_odds, on_logarithms, share_interval,
    weighted_sum, wilson,
};
use super::random::Random;
use super::rates::{
    always_positive, cells, correct, f_beta, f_beta_gradient, f_of, matthews, matthews_gradient,
    negative_labels, precision, recall, share,
};
use super::scores::{ScoreGroup, ScoreGroups};
use super::subsample::{deviations, draw_cells, draws};
use crate::bias::Confusion;
use crate::summary::Moments;

/// Of what is summed over the bins of a calibration curve: wider than it need be.
const ALL_BINS: &str = "wilson, all bins at once, conservative";

/// Added to each cell before the delta method, as Agresti and others do, so that a perfect
/// classifier of few rows is not certain to be perfect.
const PSEUDO_ROWS: f64 = 0.5;

const NO_POSITIVE_LABEL: &str = "no row has a positive label";
const NO_NEGATIVE_LABEL: &str = "no row has a negative label";
const NO_POSITIVE_PREDICTION: &str = "no row has a positive prediction";
const NOTHING_POSITIVE: &str = "no row has a positive label or a positive prediction";
const ONE_CLASS: &str = "only one class has rows";

pub(crate) fn findings(quality: &BinaryQuality) -> QualityFindings {
    let confusion = &quality.confusion;
    let scores = match &quality.probabilities {
        Some(kept) => kept.scores.groups(),
        None => scores_of_predictions(confusion),
    };
    let metrics = metrics(confusion, &scores);
    let deviations = deviations(quality.rows.n_used, quality.settings.seed, |random| {
        let drawn = drawn(confusion, random);
        let auc = match &quality.probabilities {
            Some(_) => area_of_sample(&scores, draws(quality.rows.n_used), random),
            None => area(&scores_of_predictions(&drawn)),
        };
        values(&drawn, auc)
    });
    let mut section = BinaryMetrics {
        confusion_matrix: matrix(confusion),
        receiver_operating_characteristic_curve: roc_curve(&scores),
        precision_recall_curve: precision_recall_curve(&scores),
        ..BinaryMetrics::default()
    };
    for (name, value) in with_deviations(&metrics, &deviations) {
        *section
            .scalar_mut(&name)
            .expect("the metrics are those of the section") = value;
    }
    let mut facts = QualityFacts {
        rows: quality.rows,
        metrics,
        extended: extended(confusion),
        classes: classes(confusion),
        ..QualityFacts::default()
    };
    match &quality.probabilities {
        Some(kept) => add_probabilities(&mut facts, kept, &scores),
        None => facts.notes.push(
            "the curves and the AUC are of predictions, not of probabilities: one point".to_owned(),
        ),
    }
    QualityFindings {
        statistics: ProblemMetrics::Binary(Box::new(section)),
        facts,
    }
}

/// As Spark has it when predictions are given for scores.
fn scores_of_predictions(confusion: &Confusion) -> ScoreGroups {
    let group = |score, negatives, positives| ScoreGroup {
        score,
        negatives,
        positives,
    };
    let groups = [
        group(1.0, confusion.false_positives, confusion.true_positives),
        group(0.0, confusion.true_negatives, confusion.false_negatives),
    ];
    ScoreGroups {
        groups: groups
            .into_iter()
            .filter(|group| group.rows() > 0)
            .collect(),
        is_exact: true,
    }
}

fn matrix(confusion: &Confusion) -> ConfusionMatrix {
    ConfusionMatrix {
        classes: vec!["0".to_owned(), "1".to_owned()],
        rows: vec![
            vec![confusion.true_negatives, confusion.false_positives],
            vec![confusion.false_negatives, confusion.true_positives],
        ],
    }
}

fn drawn(confusion: &Confusion, random: &mut Random) -> Confusion {
    let cells = [
        confusion.true_negatives,
        confusion.false_positives,
        confusion.false_negatives,
        confusion.true_positives,
    ];
    let drawn = draw_cells(&cells, random);
    Confusion {
        true_negatives: drawn[0],
        false_positives: drawn[1],
        false_negatives: drawn[2],
        true_positives: drawn[3],
    }
}

/// The numbers of [`metrics`], in their order.
fn values(confusion: &Confusion, auc: Option<f64>) -> Vec<Option<f64>> {
    let constant = always_positive(confusion);
    let false_positive_rate = share(confusion.false_positives, negative_labels(confusion));
    let accuracy = |confusion: &Confusion| share(correct(confusion), confusion.rows());
    vec![
        recall(confusion),
        precision(confusion),
        accuracy(confusion),
        recall(&constant),
        precision(&constant),
        accuracy(&constant),
        recall(confusion),
        // The form whose digits are those of SageMaker's samples.
        false_positive_rate.map(|rate| 1.0 - rate),
        false_positive_rate,
        share(confusion.false_negatives, confusion.positive_labels()),
        auc,
        f_beta(confusion, 0.5),
        f_beta(confusion, 1.0),
        f_beta(confusion, 2.0),
        f_beta(&constant, 0.5),
        f_beta(&constant, 1.0),
        f_beta(&constant, 2.0),
    ]
}

/// In the order of `statistics.json`.
fn metrics(confusion: &Confusion, scores: &ScoreGroups) -> Vec<QualityMetric> {
    let values = values(confusion, area(scores));
    let (n, positives) = (confusion.rows(), confusion.positive_labels());
    let (negatives, predicted) = (negative_labels(confusion), confusion.positive_predictions());
    let of_rows = |place: usize, name: &str, count: u64, whole: u64, note: &str| {
        let metric = metric_with(name, values[place], whole, |_| {
            Ok(share_interval(count, whole))
        });
        or_note(metric, note)
    };
    let (tp, fp) = (confusion.true_positives, confusion.false_positives);
    let (tn, fn_) = (confusion.true_negatives, confusion.false_negatives);
    let constant = metric_with(
        "recall_best_constant_classifier",
        values[3],
        positives,
        |_| Err("finds every positive row, whatever the data".to_owned()),
    );
    let auc = metric_with("auc", values[10], n, |_| {
        area_interval(scores).ok_or_else(|| ONE_CLASS.to_owned())
    });
    vec![
        of_rows(0, "recall", tp, positives, NO_POSITIVE_LABEL),
        of_rows(1, "precision", tp, predicted, NO_POSITIVE_PREDICTION),
        of_rows(2, "accuracy", correct(confusion), n, ""),
        or_note(constant, NO_POSITIVE_LABEL),
        of_rows(4, "precision_best_constant_classifier", positives, n, ""),
        of_rows(5, "accuracy_best_constant_classifier", positives, n, ""),
        of_rows(6, "true_positive_rate", tp, positives, NO_POSITIVE_LABEL),
        of_rows(7, "true_negative_rate", tn, negatives, NO_NEGATIVE_LABEL),
        of_rows(8, "false_positive_rate", fp, negatives, NO_NEGATIVE_LABEL),
        of_rows(9, "false_negative_rate", fn_, positives, NO_POSITIVE_LABEL),
        or_note(auc, ONE_CLASS),
        f_metric("f0_5", confusion, 0.5),
        f1_metric(confusion),
        f_metric("f2", confusion, 2.0),
        constant_f_metric("f0_5_best_constant_classifier", confusion, 0.5),
        constant_f_metric("f1_best_constant_classifier", confusion, 1.0),
        constant_f_metric("f2_best_constant_classifier", confusion, 2.0),
    ]
}

/// Rows that an F-measure rests on.
fn f_rows(confusion: &Confusion) -> u64 {
    confusion.rows() - confusion.true_negatives
}

fn f1_metric(confusion: &Confusion) -> QualityMetric {
    let n = f_rows(confusion);
    let metric = metric_with("f1", f_beta(confusion, 1.0), n, |_| {
        Ok(f1_interval(confusion.true_positives, n))
    });
    or_note(metric, NOTHING_POSITIVE)
}

/// F1 = 2J/(1 + J) rises with J = TP/(TP + FP + FN), which is a proportion.
pub(crate) fn f1_interval(true_positives: u64, rows: u64) -> Interval {
    let (low, high) = wilson(true_positives as f64, rows as f64);
    let f1 = |jaccard: f64| 2.0 * jaccard / (1.0 + jaccard);
    interval((f1(low), f1(high)), "wilson, tp of tp + fp + fn")
}

fn f_metric(name: &str, confusion: &Confusion, beta: f64) -> QualityMetric {
    let metric = metric_with(name, f_beta(confusion, beta), f_rows(confusion), |value| {
        let cells = cells(confusion).map(|cell| cell + PSEUDO_ROWS);
        let [_, fp, fn_, tp] = cells;
        let error = cell_error(cells, f_beta_gradient(cells, beta));
        let centre = f_of(tp / (tp + fp), tp / (tp + fn_), beta);
        Ok(interval(
            holding(value, on_log_odds(centre, error)),
            "delta, log odds",
        ))
    });
    or_note(metric, NOTHING_POSITIVE)
}

fn constant_f_metric(name: &str, confusion: &Confusion, beta: f64) -> QualityMetric {
    let constant = always_positive(confusion);
    let (positives, n) = (confusion.positive_labels(), confusion.rows());
    metric_with(name, f_beta(&constant, beta), n, |_| {
        let (low, high) = wilson(positives as f64, n as f64);
        let ends = (f_of(low, 1.0, beta), f_of(high, 1.0, beta));
        Ok(interval(ends, "wilson, positive labels"))
    })
}

fn cell_error(cells: [f64; 4], gradient: [f64; 4]) -> f64 {
    delta_standard_error(cells.into_iter().zip(gradient))
}

/// An interval around a shifted centre, widened to hold the value itself.
fn holding(value: f64, (low, high): (f64, f64)) -> (f64, f64) {
    (low.min(value), high.max(value))
}

fn extended(confusion: &Confusion) -> Vec<QualityMetric> {
    let n = confusion.rows();
    let correlation = metric_with(
        "matthews_correlation",
        matthews(cells(confusion)),
        n,
        |value| {
            let cells = cells(confusion).map(|cell| cell + PSEUDO_ROWS);
            let centre = matthews(cells).unwrap_or(value);
            let error = cell_error(cells, matthews_gradient(cells));
            Ok(interval(
                holding(value, on_fisher_z(centre, error)),
                "delta, fisher z",
            ))
        },
    );
    let rates = share(confusion.true_positives, confusion.positive_labels())
        .zip(share(confusion.true_negatives, negative_labels(confusion)));
    let balanced = rates.map(|(positive, negative)| f64::midpoint(positive, negative));
    let balanced = metric_with("balanced_accuracy", balanced, n, |_| {
        let part = |count: u64, n: u64| {
            let (count, n) = (count as f64, n as f64);
            (count / n, wilson(count, n), 0.5)
        };
        let parts = [
            part(confusion.true_positives, confusion.positive_labels()),
            part(confusion.true_negatives, negative_labels(confusion)),
        ];
        Ok(interval(weighted_sum(&parts), "mover of wilson"))
    });
    vec![
        or_note(correlation, "a class has no labels or no predictions"),
        or_note(balanced, ONE_CLASS),
    ]
}

fn classes(confusion: &Confusion) -> Vec<ClassQuality> {
    let (tp, tn) = (confusion.true_positives, confusion.true_negatives);
    let n = confusion.rows();
    let predicted = confusion.positive_predictions();
    vec![
        class_quality("0", tn, (negative_labels(confusion), n - predicted)),
        class_quality("1", tp, (confusion.positive_labels(), predicted)),
    ]
}

fn add_probabilities(facts: &mut QualityFacts, kept: &Probabilities, scores: &ScoreGroups) {
    let n = facts.rows.n_used;
    facts.extended.push(mean_loss("log_loss", &kept.log_loss));
    let brier = mean_loss("brier_score", &kept.brier);
    let curves = [kept.bins.curve(), equal_rows_curve(scores)];
    let parts = brier_parts(&brier, &curves[0], n);
    facts.extended.push(brier);
    facts.extended.extend(parts);
    let names = [
        "expected_calibration_error",
        "expected_calibration_error_equal_rows",
    ];
    for (name, curve) in names.into_iter().zip(&curves) {
        facts.extended.push(calibration_error(name, curve, n));
    }
    facts.calibration.extend(curves);
    if !scores.is_exact {
        facts.notes.push(format!(
            "more than ten million different scores: counted in cells, the AUC is off by at most {:e}",
            scores.auc_error()
        ));
    }
}

fn calibration_error(name: &str, curve: &CalibrationCurve, n: u64) -> QualityMetric {
    let found = expected_calibration_error(curve);
    metric_with(name, found.map(|(error, _)| error), n, |_| {
        let (_, ends) = found.ok_or_else(|| "no rows".to_owned())?;
        Ok(interval(ends, ALL_BINS))
    })
}

/// What of the Brier score is due to probabilities that are off, and the rest.
fn brier_parts(brier: &QualityMetric, curve: &CalibrationCurve, n: u64) -> [QualityMetric; 2] {
    let calibration = calibration_loss(curve);
    let whole = brier.value.zip(brier.interval.as_ref());
    let refinement = brier.value.zip(calibration);
    let no_interval = || "the Brier score has no interval".to_owned();
    let mut parts = [
        metric_with(
            "brier_calibration_loss",
            calibration.map(|(loss, _)| loss),
            n,
            |_| {
                let (_, ends) = calibration.ok_or_else(|| "no rows".to_owned())?;
                Ok(interval(ends, ALL_BINS))
            },
        ),
        metric_with(
            "brier_refinement_loss",
            refinement.map(|(score, (loss, _))| score - loss),
            n,
            |_| {
                let ((score, of_score), loss) = whole.zip(calibration).ok_or_else(no_interval)?;
                let ends = [
                    (score, (of_score.low, of_score.high), 1.0),
                    (loss.0, loss.1, -1.0),
                ];
                let (low, high) = weighted_sum(&ends);
                Ok(interval(
                    (low.max(0.0), high.min(1.0)),
                    "mover of both, conservative",
                ))
            },
        ),
    ];
    for part in &mut parts {
        part.note
            .get_or_insert_with(|| "over ten bins of equal width".to_owned());
    }
    parts
}

/// The mean of losses that are not negative.
fn mean_loss(name: &str, losses: &Moments) -> QualityMetric {
    let Some(profile) = losses.profile() else {
        return metric(name, None, 0);
    };
    let n = profile.n_finite as f64;
    metric_with(name, Some(profile.mean), profile.n_finite, |mean| {
        if mean <= 0.0 || profile.n_finite < 2 {
            return Err("its rows show no spread to make an interval of".to_owned());
        }
        let error = profile.std_dev / (n - 1.0).sqrt();
        Ok(interval(on_logarithms(mean, error), "delta, logarithm"))
    })
}
