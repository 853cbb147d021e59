//! Model-quality results of invented predictions. Intervals and standard deviations are rough,
//! good enough to be looked at; real ones come from `probity-metrics`.

use probity_domain::document::ConfusionMatrix;
use probity_domain::document::model_quality_file::{
    CalibrationBin, CalibrationCurve, ClassQuality, FORMAT, ModelQualityFile, QualityColumns,
    QualityFacts, QualityMetric, QualityRows, ResidualFacts, VERSION,
};
use probity_domain::document::model_quality_statistics::{
    BinaryMetrics, EvaluatedDataset, MetricValue, ModelQualityStatistics, MulticlassMetrics,
    PrecisionRecallCurve, ProblemMetrics, ProblemType, RegressionMetrics, RocCurve,
};
use probity_domain::document::probity_file::{
    DatasetFacts, Interval, QuantileFacts, QuantileValue,
};

use crate::number;

pub(crate) fn interval(low: f64, high: f64, method: &str) -> Interval {
    Interval {
        low,
        high,
        level: 0.95,
        method: method.to_owned(),
    }
}

pub(crate) fn metric(name: &str, value: f64, n: u64) -> QualityMetric {
    let spread = (1.96 * (value * (1.0 - value)).abs() / n.max(1) as f64).sqrt() + 0.001;
    let exists = value.is_finite();
    QualityMetric {
        name: name.to_owned(),
        value: exists.then_some(value),
        interval: exists.then(|| interval(value - spread, value + spread, "bootstrap, 2,000")),
        n,
        note: (!exists).then(|| "no row to divide by".to_owned()),
    }
}

/// Standard deviations of all metrics, as SageMaker's file has them.
fn with_deviations(metrics: &[QualityMetric], mut set: impl FnMut(&str, MetricValue)) {
    for metric in metrics {
        let deviation = metric.value.map(|value| value.abs() * 0.004);
        set(
            &metric.name,
            MetricValue {
                value: metric.value,
                standard_deviation: deviation.filter(|_| metric.n >= 200),
            },
        );
    }
}

/// A model that scores positives higher, by `strength`: share of positive and of negative rows
/// above a threshold.
fn above(threshold: f64, strength: f64) -> (f64, f64) {
    let rest = 1.0 - threshold;
    (rest.powf(1.0 / strength), rest.powf(strength))
}

pub(crate) struct Documents {
    pub(crate) statistics: ModelQualityStatistics,
    pub(crate) file: ModelQualityFile,
}

fn documents(metrics: ProblemMetrics, whole: QualityFacts, columns: QualityColumns) -> Documents {
    let rows = whole.rows.n;
    let statistics = ModelQualityStatistics {
        version: 0.0,
        dataset: Some(EvaluatedDataset {
            item_count: whole.rows.n_used,
            evaluation_time: "2026-11-24T18:00:00.000Z".to_owned(),
        }),
        metrics,
    };
    let file = ModelQualityFile {
        format: FORMAT.to_owned(),
        version: VERSION,
        writer: "probity 0.1.0".to_owned(),
        dataset: DatasetFacts {
            sources: vec!["predictions.csv".to_owned()],
            format: "csv".to_owned(),
            rows,
            files: 1,
            partitions: 1,
            notes: Vec::new(),
        },
        problem_type: statistics.metrics.problem_type(),
        columns,
        seed: 7,
        whole,
        segments: Vec::new(),
        check: None,
        history: Vec::new(),
        notes: Vec::new(),
    };
    Documents { statistics, file }
}

fn rows(n_used: u64, n_missing_label: u64) -> QualityRows {
    QualityRows {
        n: n_used + n_missing_label,
        n_used,
        n_missing_label,
        ..QualityRows::default()
    }
}

pub(crate) fn columns(probability: Option<&str>) -> QualityColumns {
    QualityColumns {
        label: "label".to_owned(),
        prediction: Some("prediction".to_owned()),
        probability: probability.map(str::to_owned),
        probability_threshold: probability.map(|_| 0.5),
        positive: None,
    }
}

fn whole_number(value: f64) -> u64 {
    // Invented counts are far below the limits of either type.
    format!("{:.0}", value.max(0.0)).parse().unwrap_or(0)
}

pub(crate) fn binary(positives: u64, negatives: u64, strength: f64) -> Documents {
    let (tpr, fpr) = above(0.5, strength);
    let tp = whole_number(positives as f64 * tpr);
    let fp = whole_number(negatives as f64 * fpr);
    let (fn_, tn) = (positives - tp, negatives - fp);
    let n = positives + negatives;
    let facts = binary_facts([tp, fp, fn_, tn], strength);
    let mut metrics = BinaryMetrics {
        confusion_matrix: ConfusionMatrix {
            classes: vec!["0".to_owned(), "1".to_owned()],
            rows: vec![vec![tn, fp], vec![fn_, tp]],
        },
        ..BinaryMetrics::default()
    };
    with_deviations(&facts.metrics, |name, value| {
        if let Some(place) = metrics.scalar_mut(name) {
            *place = value;
        }
    });
    let points: Vec<(f64, f64)> = (0..=100_u32)
        .map(|step| above(1.0 - f64::from(step) / 100.0, strength))
        .collect();
    metrics.receiver_operating_characteristic_curve = RocCurve {
        false_positive_rates: points.iter().map(|point| point.1).collect(),
        true_positive_rates: points.iter().map(|point| point.0).collect(),
    };
    let precision = |(tpr, fpr): &(f64, f64)| {
        let (tp, fp) = (tpr * positives as f64, fpr * negatives as f64);
        if tp + fp > 0.0 { tp / (tp + fp) } else { 1.0 }
    };
    metrics.precision_recall_curve = PrecisionRecallCurve {
        precisions: points.iter().map(precision).collect(),
        recalls: points.iter().map(|point| point.0).collect(),
    };
    let mut facts = facts;
    facts.rows = rows(n, 14);
    documents(
        ProblemMetrics::Binary(Box::new(metrics)),
        facts,
        columns(Some("score")),
    )
}

fn binary_facts([tp, fp, fn_, tn]: [u64; 4], strength: f64) -> QualityFacts {
    let n = tp + fp + fn_ + tn;
    let (positives, negatives) = (tp + fn_, tn + fp);
    let share = |part, whole| number::share(part, whole).unwrap_or(f64::NAN);
    let (recall, precision) = (share(tp, positives), share(tp, tp + fp));
    let f =
        |beta: f64| (1.0 + beta * beta) * precision * recall / (beta * beta * precision + recall);
    let rate = share(positives, n);
    let constant = |beta: f64| (1.0 + beta * beta) * rate / (beta * beta * rate + 1.0);
    let auc = 1.0 / (1.0 + 1.0 / (strength * strength));
    QualityFacts {
        rows: rows(n, 0),
        metrics: vec![
            metric("recall", recall, positives),
            metric("precision", precision, tp + fp),
            metric("accuracy", share(tp + tn, n), n),
            metric("recall_best_constant_classifier", 1.0, positives),
            metric("precision_best_constant_classifier", rate, n),
            metric("accuracy_best_constant_classifier", rate, n),
            metric("true_positive_rate", recall, positives),
            metric("true_negative_rate", share(tn, negatives), negatives),
            metric("false_positive_rate", share(fp, negatives), negatives),
            metric("false_negative_rate", share(fn_, positives), positives),
            metric("auc", auc, n),
            metric("f0_5", f(0.5), n),
            metric("f1", f(1.0), n),
            metric("f2", f(2.0), n),
            metric("f0_5_best_constant_classifier", constant(0.5), n),
            metric("f1_best_constant_classifier", constant(1.0), n),
            metric("f2_best_constant_classifier", constant(2.0), n),
        ],
        extended: vec![
            metric("log_loss", 0.412, n),
            metric("brier_score", 0.134, n),
            metric("expected_calibration_error", 0.043, n),
            metric("matthews_correlation", 0.56, n),
            metric("balanced_accuracy", 0.79, n),
        ],
        calibration: vec![calibration(n, "equal_width"), calibration(n, "equal_rows")],
        ..QualityFacts::default()
    }
}

fn calibration(n: u64, bins_by: &str) -> CalibrationCurve {
    let bins = (0..10_u32).map(|bin| {
        let middle = f64::from(bin) / 10.0 + 0.05;
        let observed = middle - 0.25 * middle * (1.0 - middle);
        let weight = if bins_by == "equal_width" {
            (11 - u64::from(bin)).pow(2)
        } else {
            50
        };
        let spread = 0.02 + 0.3 / (weight as f64).sqrt() / 3.0;
        CalibrationBin {
            low: middle - 0.05,
            high: middle + 0.05,
            n: n * weight / 500,
            mean_probability: middle,
            positive_share: observed,
            interval: interval(
                (observed - spread).max(0.0),
                (observed + spread).min(1.0),
                "Wilson",
            ),
        }
    });
    CalibrationCurve {
        bins_by: bins_by.to_owned(),
        bins: bins.collect(),
    }
}

pub(crate) fn multiclass(classes: &[&str]) -> Documents {
    let count = classes.len();
    let rows_of = |actual: usize| -> Vec<u64> {
        (0..count)
            .map(
                |predicted| match (predicted == actual, predicted.abs_diff(actual)) {
                    (true, _) => 900 / (actual as u64 + 1) + 40,
                    (false, 1) => 30 + 6 * actual as u64,
                    (false, 2) => 7,
                    (false, _) => u64::from((actual + predicted).is_multiple_of(5)),
                },
            )
            .collect()
    };
    let matrix = ConfusionMatrix {
        classes: classes.iter().map(|class| (*class).to_owned()).collect(),
        rows: (0..count).map(rows_of).collect(),
    };
    let n: u64 = matrix.rows.iter().flatten().sum();
    let right: u64 = (0..count).map(|class| matrix.rows[class][class]).sum();
    let accuracy = number::share(right, n).unwrap_or(0.0);
    let names = [
        "weighted_recall",
        "weighted_precision",
        "weighted_f0_5",
        "weighted_f1",
        "weighted_f2",
    ];
    let mut facts = QualityFacts {
        rows: rows(n, 0),
        metrics: vec![metric("accuracy", accuracy, n)],
        extended: vec![
            metric("matthews_correlation", 0.71, n),
            metric("balanced_accuracy", 0.68, n),
        ],
        classes: (0..count)
            .map(|class| class_quality(&matrix, class))
            .collect(),
        ..QualityFacts::default()
    };
    facts
        .metrics
        .extend(names.iter().map(|name| metric(name, accuracy - 0.01, n)));
    facts
        .metrics
        .push(metric("accuracy_best_constant_classifier", 0.21, n));
    let constants = names
        .iter()
        .map(|name| metric(&format!("{name}_best_constant_classifier"), 0.2, n));
    facts.metrics.extend(constants);
    let mut metrics = MulticlassMetrics {
        confusion_matrix: matrix,
        ..MulticlassMetrics::default()
    };
    with_deviations(&facts.metrics, |name, value| {
        if let Some(place) = metrics.scalar_mut(name) {
            *place = value;
        }
    });
    documents(
        ProblemMetrics::Multiclass(Box::new(metrics)),
        facts,
        columns(None),
    )
}

fn class_quality(matrix: &ConfusionMatrix, class: usize) -> ClassQuality {
    let support: u64 = matrix.rows[class].iter().sum();
    let n_predicted: u64 = matrix.rows.iter().map(|row| row[class]).sum();
    let right = matrix.rows[class][class];
    let around =
        |value: Option<f64>| value.map(|value| interval(value - 0.03, value + 0.03, "Wilson"));
    let (precision, recall) = (
        number::share(right, n_predicted),
        number::share(right, support),
    );
    let f1 = number::share(2 * right, support + n_predicted);
    ClassQuality {
        class: matrix.classes[class].clone(),
        support,
        n_predicted,
        precision,
        precision_interval: around(precision),
        recall,
        recall_interval: around(recall),
        f1,
        f1_interval: around(f1),
    }
}

pub(crate) fn regression(scale: f64) -> Documents {
    let n = 627;
    let mut facts = QualityFacts {
        rows: rows(n, 3),
        metrics: [("mae", 1.5916), ("mse", 5.0305), ("rmse", 2.2429)]
            .map(|(name, value)| {
                let mut metric = metric(name, value * scale, n);
                metric.interval = Some(interval(
                    value * scale * 0.93,
                    value * scale * 1.07,
                    "delta",
                ));
                metric
            })
            .to_vec(),
        extended: vec![
            metric("mean_absolute_percentage_error", 0.21, n),
            metric("max_error", 9.7 * scale, n),
        ],
        residuals: Some(ResidualFacts {
            n,
            min: -7.4 * scale,
            max: 9.7 * scale,
            quantiles: QuantileFacts {
                rank_error: 0.0,
                values: [
                    (0.01, -5.1),
                    (0.05, -3.4),
                    (0.1, -2.5),
                    (0.25, -1.1),
                    (0.5, 0.1),
                    (0.75, 1.3),
                    (0.9, 2.9),
                    (0.95, 4.1),
                    (0.99, 6.6),
                ]
                .map(|(p, value)| QuantileValue {
                    p,
                    value: value * scale,
                })
                .to_vec(),
            },
        }),
        ..QualityFacts::default()
    };
    facts.metrics.push(metric("r2", 0.2367 / scale, n));
    let mut metrics = RegressionMetrics::default();
    with_deviations(&facts.metrics, |name, value| {
        if let Some(place) = metrics.scalar_mut(name) {
            *place = value;
        }
    });
    let documents = documents(ProblemMetrics::Regression(metrics), facts, columns(None));
    debug_assert_eq!(documents.file.problem_type, ProblemType::Regression);
    documents
}
