//! Intervals of model quality hold the true value as often as they say, and the corrected
//! verdict raises no more false alarms than it says, on samples of known populations.

use arrow::array::StringArray;
use probity_domain::document::model_quality_statistics::ProblemType;
use probity_metrics::quality::{
    QualityComparison, QualityFindings, check_constraints, suggest_constraints,
};

use crate::generator::SplitMix64;
use crate::quality_rows::{binary, metric, predicted, regression};

const ROWS: usize = 200;
const SAMPLES: u32 = 1500;

/// 95 % of 1,500 samples, give or take three of its standard errors of 0.56 %, and one per
/// cent for what the methods, which are exact only for many rows, are off at 200.
const COVERED: std::ops::RangeInclusive<f64> = 0.923..=0.977;

fn uniform(random: &mut SplitMix64) -> f64 {
    (random.next() >> 11) as f64 * 0.5_f64.powi(53)
}

/// How often the interval of each metric holds its true value.
#[track_caller]
fn check(truth: &[(&str, f64)], mut sample: impl FnMut() -> QualityFindings) {
    let mut held = vec![0u32; truth.len()];
    for _ in 0..SAMPLES {
        let findings = sample();
        for (held, (name, value)) in held.iter_mut().zip(truth) {
            let interval = metric(&findings, name).interval.as_ref().unwrap();
            *held += u32::from((interval.low..=interval.high).contains(value));
        }
    }
    for (held, (name, _)) in held.iter().zip(truth) {
        let share = f64::from(*held) / f64::from(SAMPLES);
        assert!(COVERED.contains(&share), "{name}: {share}");
    }
}

/// 30 % of the rows are positive, with the larger of two uniform scores; the others have the
/// smaller of two.
fn binary_sample(random: &mut SplitMix64, rows: usize) -> QualityFindings {
    let (mut labels, mut scores) = (Vec::new(), Vec::new());
    for _ in 0..rows {
        let (a, b) = (uniform(random), uniform(random));
        let is_positive = uniform(random) < 0.3;
        labels.push(f64::from(u8::from(is_positive)));
        scores.push(if is_positive { a.max(b) } else { a.min(b) });
    }
    binary(&labels, &scores).findings().unwrap()
}

#[test]
fn intervals_of_binary_metrics_hold_the_truth_at_their_rate() {
    // Densities 2x and 2(1 − x): above ½ lie 3/4 of the positives, 1/4 of the negatives.
    let (tp, fp, fn_, tn) = (0.225, 0.175, 0.075, 0.525_f64);
    let f = |beta: f64| {
        let squared = beta * beta;
        (1.0 + squared) * tp / ((1.0 + squared) * tp + squared * fn_ + fp)
    };
    let constant_f1 = 2.0 * 0.3 / 1.3;
    let matthews = (tp * tn - fp * fn_) / (0.3 * 0.7 * 0.4 * 0.6_f64).sqrt();
    let truth = [
        ("recall", 0.75),
        ("precision", 0.5625),
        ("accuracy", 0.75),
        ("accuracy_best_constant_classifier", 0.3),
        ("false_positive_rate", 0.25),
        // ∫ 2x (1 − (1 − x)²) dx
        ("auc", 5.0 / 6.0),
        ("f0_5", f(0.5)),
        ("f1", f(1.0)),
        ("f2", f(2.0)),
        ("f1_best_constant_classifier", constant_f1),
        ("matthews_correlation", matthews),
        ("balanced_accuracy", 0.75),
        // ∫ −ln(x) 2x dx, for both classes alike, and ∫ (1 − x)² 2x dx.
        ("log_loss", 0.5),
        ("brier_score", 1.0 / 6.0),
    ];
    let mut random = SplitMix64(1);
    check(&truth, || binary_sample(&mut random, ROWS));
}

#[test]
fn intervals_over_calibration_bins_hold_the_truth_at_least_at_their_rate() {
    let (mut error, mut loss) = (0.0, 0.0);
    for bin in 0..10 {
        let (a, b) = (f64::from(bin) / 10.0, f64::from(bin + 1) / 10.0);
        let positives = 0.3 * (b * b - a * a);
        // ∫ x 2x dx and ∫ x 2(1 − x) dx
        let of_positives = 0.3 * 2.0 / 3.0 * (b.powi(3) - a.powi(3));
        let of_negatives = 0.7 * (b * b - a * a - 2.0 / 3.0 * (b.powi(3) - a.powi(3)));
        let rows = positives + 0.7 * (2.0 * b - b * b - 2.0 * a + a * a);
        let off = of_positives + of_negatives - positives;
        error += off.abs();
        loss += off * off / rows;
    }
    // ∫ (1 − x)² 2x dx = ∫ x² 2(1 − x) dx = 1/6: the Brier score of either class.
    let truths = [
        ("expected_calibration_error", error),
        ("brier_calibration_loss", loss),
        ("brier_refinement_loss", 1.0 / 6.0 - loss),
    ];
    let mut random = SplitMix64(6);
    let mut held = [0; 3];
    for _ in 0..500 {
        let findings = binary_sample(&mut random, 1000);
        for (held, (name, truth)) in held.iter_mut().zip(truths) {
            let found = metric(&findings, name);
            let interval = found.interval.as_ref().unwrap();
            *held += u32::from((interval.low..=interval.high).contains(&truth));
        }
    }
    // They hold for all bins at once, so that 95 % is the least they may; less three
    // standard errors of 1 %.
    for (held, (name, truth)) in held.into_iter().zip(truths) {
        assert!(held >= 460, "{name}: {held} of 500 hold {truth}");
    }
}

#[test]
fn intervals_of_multiclass_metrics_hold_the_truth_at_their_rate() {
    // Shares by label and prediction.
    let cells = [
        [0.35, 0.05, 0.05],
        [0.06, 0.2, 0.04],
        [0.05, 0.05, 0.15_f64],
    ];
    let support = cells.map(|row| row.iter().sum::<f64>());
    let predicted_share = |class: usize| cells.iter().map(|row| row[class]).sum::<f64>();
    let weighted = |squared: f64| {
        (0..3)
            .map(|class| {
                let whole = squared * support[class] + predicted_share(class);
                support[class] * (1.0 + squared) * cells[class][class] / whole
            })
            .sum::<f64>()
    };
    let recalls = (0..3).map(|class| cells[class][class] / support[class]);
    let agreement = 0.7
        - (0..3)
            .map(|class| support[class] * predicted_share(class))
            .sum::<f64>();
    let labels = 1.0 - support.iter().map(|share| share * share).sum::<f64>();
    let predictions = 1.0
        - (0..3)
            .map(|class| predicted_share(class).powi(2))
            .sum::<f64>();
    let truth = [
        ("accuracy", 0.7),
        ("weighted_precision", weighted(0.0)),
        ("weighted_f0_5", weighted(0.25)),
        ("weighted_f1", weighted(1.0)),
        ("weighted_f2", weighted(4.0)),
        ("balanced_accuracy", recalls.sum::<f64>() / 3.0),
        (
            "matthews_correlation",
            agreement / (labels * predictions).sqrt(),
        ),
    ];
    let mut random = SplitMix64(2);
    check(&truth, || {
        let (mut labels, mut predictions) = (Vec::new(), Vec::new());
        for _ in 0..ROWS {
            let mut left = uniform(&mut random);
            let mut cell = (2, 2);
            for (label, row) in cells.iter().enumerate() {
                for (prediction, share) in row.iter().enumerate() {
                    if left >= 0.0 {
                        cell = (label, prediction);
                    }
                    left -= share;
                }
            }
            labels.push(["a", "b", "c"][cell.0]);
            predictions.push(["a", "b", "c"][cell.1]);
        }
        let (labels, predictions) = (StringArray::from(labels), StringArray::from(predictions));
        let quality = predicted(ProblemType::MulticlassClassification, &labels, &predictions);
        quality.findings().unwrap()
    });
}

/// Box and Muller (1958).
fn normal(random: &mut SplitMix64) -> f64 {
    let radius = (-2.0 * (1.0 - uniform(random)).ln()).sqrt();
    radius * (std::f64::consts::TAU * uniform(random)).cos()
}

#[test]
fn intervals_of_regression_metrics_hold_the_truth_at_their_rate() {
    let truth = [
        ("mae", (2.0 / std::f64::consts::PI).sqrt()),
        ("mse", 1.0),
        ("rmse", 1.0),
        // Labels: a part of variance 3 that is predicted, and errors of variance 1.
        ("r2", 0.75),
        ("mean_error", 0.0),
    ];
    let mut random = SplitMix64(3);
    check(&truth, || {
        let (mut labels, mut predictions) = (Vec::new(), Vec::new());
        for _ in 0..ROWS {
            let prediction = 3.0_f64.sqrt() * normal(&mut random);
            labels.push(prediction + normal(&mut random));
            predictions.push(prediction);
        }
        regression(&labels, &predictions).findings().unwrap()
    });
}

#[test]
fn unchanged_samples_seldom_violate_the_corrected_verdict_and_often_the_other() {
    let mut random = SplitMix64(4);
    let (mut alarms, mut plain, mut constraints) = (0u32, 0u32, 0u32);
    let checks = 400;
    for _ in 0..checks {
        let baseline = binary_sample(&mut random, 500);
        let current = binary_sample(&mut random, 500);
        let verdicts = verdicts(&baseline, &current);
        alarms += u32::from(
            verdicts
                .changes
                .iter()
                .any(|change| change.violates_corrected),
        );
        plain += verdicts.violations.violations.len() as u32;
        constraints += verdicts.changes.len() as u32;
    }
    // Where nothing changed, any alarm is false, so that the false-discovery rate is the
    // share of checks with one: at most 5 %, plus three standard errors of 1.1 % each.
    let share = f64::from(alarms) / f64::from(checks);
    assert!(share <= 0.083, "{share}");
    // Metrics of one check move together; over 400 checks half of all violate.
    let share = f64::from(plain) / f64::from(constraints);
    assert!((0.42..0.58).contains(&share), "{share}");
}

#[test]
fn a_real_drop_is_found() {
    let mut random = SplitMix64(5);
    let baseline = binary_sample(&mut random, 2000);
    let (mut labels, mut scores) = (Vec::new(), Vec::new());
    for _ in 0..2000 {
        // Scores that know nothing.
        labels.push(f64::from(u8::from(uniform(&mut random) < 0.3)));
        scores.push(uniform(&mut random));
    }
    let current = binary(&labels, &scores).findings().unwrap();
    let verdicts = verdicts(&baseline, &current);
    for change in &verdicts.changes {
        assert!(
            change.violates_corrected && change.violates_aws,
            "{change:?}"
        );
        let interval = change.interval.as_ref().unwrap();
        assert!(interval.low > 0.0 || interval.high < 0.0, "{change:?}");
    }
}

fn verdicts(
    baseline: &QualityFindings,
    current: &QualityFindings,
) -> probity_metrics::quality::QualityVerdicts {
    let constraints = suggest_constraints(&baseline.statistics);
    let comparison = QualityComparison {
        constraints: &constraints,
        baseline: Some(&baseline.facts.metrics),
        current,
    };
    check_constraints(&comparison, 0.05).unwrap()
}
