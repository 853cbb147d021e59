//! Metrics of model quality against scikit-learn (`golden/quality/**`) and against the
//! samples of the AWS developer guide.

use arrow::array::{Float64Array, StringArray};
use probity_domain::document::model_quality_statistics::{ProblemMetrics, ProblemType};
use probity_metrics::quality::{QualityBatch, QualityFindings};
use serde::Deserialize;

use crate::generator::golden;
use crate::quality_rows::{binary, metric, multiclass, predicted, regression, settings, written};

fn cases<T: serde::de::DeserializeOwned>(area: &str) -> Vec<T> {
    serde_json::from_value(golden(&format!("quality/{area}/expected.json"))).unwrap()
}

/// Relative; a metric that does not exist on one side must not on the other.
#[track_caller]
fn check(what: &str, found: Option<f64>, expected: Option<f64>, tolerance: f64) {
    match (found, expected) {
        (None, None) => {}
        (Some(found), Some(expected)) => assert!(
            (found - expected).abs() <= tolerance * expected.abs().max(tolerance),
            "{what}: {found} is not {expected}"
        ),
        _ => panic!("{what}: {found:?} is not {expected:?}"),
    }
}

#[track_caller]
fn check_all(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        check(what, Some(*found), Some(*expected), tolerance);
    }
}

#[derive(Deserialize)]
struct BinaryCase {
    name: String,
    labels: Vec<f64>,
    probabilities: Vec<f64>,
    confusion: Vec<Vec<u64>>,
    accuracy: f64,
    recall: Option<f64>,
    precision: Option<f64>,
    f0_5: Option<f64>,
    f1: Option<f64>,
    f2: Option<f64>,
    brier: f64,
    log_loss: f64,
    auc: Option<f64>,
    auc_error: Option<f64>,
    matthews: Option<f64>,
    balanced: Option<f64>,
    #[serde(default)]
    false_positive_rates: Vec<f64>,
    #[serde(default)]
    true_positive_rates: Vec<f64>,
    #[serde(default)]
    precisions: Vec<f64>,
    #[serde(default)]
    recalls: Vec<f64>,
    #[serde(default)]
    bin_shares: Vec<f64>,
    #[serde(default)]
    bin_means: Vec<f64>,
    #[serde(default)]
    bin_rows: Vec<u64>,
}

fn binary_findings(case: &BinaryCase) -> QualityFindings {
    binary(&case.labels, &case.probabilities)
        .findings()
        .unwrap()
}

/// A handful of operations on counts.
const COUNTS: f64 = 1e-14;
/// Sums of at most 400 terms of one sign: 400 × 2⁻⁵².
const SUMS: f64 = 1e-13;

#[test]
fn binary_metrics_agree_with_scikit_learn() {
    for case in cases::<BinaryCase>("binary") {
        let (name, findings) = (&case.name, binary_findings(&case));
        let ProblemMetrics::Binary(section) = &findings.statistics else {
            panic!("another section");
        };
        assert_eq!(section.confusion_matrix.rows, case.confusion, "{name}");
        for (metric, expected) in [
            ("accuracy", Some(case.accuracy)),
            ("recall", case.recall),
            ("precision", case.precision),
            ("f0_5", case.f0_5),
            ("f1", case.f1),
            ("f2", case.f2),
            ("auc", case.auc),
        ] {
            let what = format!("{name}: {metric}");
            check(&what, written(&findings, metric).0, expected, COUNTS);
        }
        for (ours, expected) in [("brier_score", case.brier), ("log_loss", case.log_loss)] {
            let what = format!("{name}: {ours}");
            check(&what, metric(&findings, ours).value, Some(expected), SUMS);
        }
        if case.auc.is_some() {
            let balanced = metric(&findings, "balanced_accuracy").value;
            check(name, balanced, case.balanced, COUNTS);
            // scikit-learn calls an undefined correlation 0.
            let matthews = metric(&findings, "matthews_correlation")
                .value
                .unwrap_or(0.0);
            check(name, Some(matthews), case.matthews, 1e-13);
        }
    }
}

#[test]
fn the_error_of_the_auc_is_delongs() {
    let mut checked = 0;
    for case in cases::<BinaryCase>("binary") {
        let Some(error) = case.auc_error.filter(|error| *error > 0.0) else {
            continue;
        };
        let findings = binary_findings(&case);
        let auc = metric(&findings, "auc");
        let interval = auc.interval.as_ref().unwrap();
        assert_eq!(interval.method, "delong, log odds", "{}", case.name);
        // The width on the scale of log odds is 2z times the error over A(1 − A).
        let log_odds = |share: f64| (share / (1.0 - share)).ln();
        let width = log_odds(interval.high) - log_odds(interval.low);
        let value = auc.value.unwrap();
        let found = width / 2.0 / 1.959_963_984_540_054 * value * (1.0 - value);
        // The log odds of the ends lose two or three digits near 1.
        check(&case.name, Some(found), Some(error), 1e-11);
        checked += 1;
    }
    assert!(checked >= 3, "{checked}");
}

#[test]
fn curves_agree_with_scikit_learn() {
    let mut checked = 0;
    for case in cases::<BinaryCase>("binary") {
        let (name, findings) = (&case.name, binary_findings(&case));
        if case.auc.is_none() || case.false_positive_rates.len() > 199 {
            continue;
        }
        let ProblemMetrics::Binary(section) = &findings.statistics else {
            panic!("another section");
        };
        let roc = &section.receiver_operating_characteristic_curve;
        // Ours ends with (1, 1) once more, as Spark's.
        let (last, points) = roc.false_positive_rates.split_last().unwrap();
        assert_eq!(*last, 1.0);
        check_all(name, points, &case.false_positive_rates, COUNTS);
        let (_, points) = roc.true_positive_rates.split_last().unwrap();
        check_all(name, points, &case.true_positive_rates, COUNTS);
        let curve = &section.precision_recall_curve;
        assert_eq!(
            (curve.recalls[0], curve.precisions[0]),
            (0.0, curve.precisions[1])
        );
        check_all(name, &curve.recalls[1..], &case.recalls, COUNTS);
        check_all(name, &curve.precisions[1..], &case.precisions, COUNTS);
        checked += 1;
    }
    assert!(checked >= 3, "{checked}");
}

#[test]
fn calibration_agrees_with_scikit_learn() {
    let mut checked = 0;
    for case in cases::<BinaryCase>("binary") {
        let (name, findings) = (&case.name, binary_findings(&case));
        // scikit-learn counts the edges of bins to the left, we to the right.
        let on_edge = |score: &f64| (score * 10.0).fract() == 0.0;
        if case.auc.is_none() || case.probabilities.iter().any(on_edge) {
            continue;
        }
        let bins = &findings.facts.calibration[0].bins;
        let rows: Vec<u64> = bins.iter().map(|bin| bin.n).collect();
        assert_eq!(rows, case.bin_rows, "{name}");
        let shares: Vec<f64> = bins.iter().map(|bin| bin.positive_share).collect();
        check_all(name, &shares, &case.bin_shares, COUNTS);
        let means: Vec<f64> = bins.iter().map(|bin| bin.mean_probability).collect();
        check_all(name, &means, &case.bin_means, SUMS);
        checked += 1;
    }
    assert!(checked >= 3, "{checked}");
}

#[test]
fn a_long_curve_is_written_with_200_points_of_the_whole() {
    let cases = cases::<BinaryCase>("binary");
    let case = cases.iter().find(|case| case.labels.len() == 400).unwrap();
    let findings = binary_findings(case);
    let ProblemMetrics::Binary(section) = &findings.statistics else {
        panic!("another section");
    };
    let roc = &section.receiver_operating_characteristic_curve;
    // 400 scores have 402 points, of which the corners of the staircase suffice.
    assert!(roc.false_positive_rates.len() <= 200);
    let whole: Vec<(u64, u64)> = case
        .false_positive_rates
        .iter()
        .zip(&case.true_positive_rates)
        .map(|(x, y)| (x.to_bits(), y.to_bits()))
        .collect();
    for (x, y) in roc
        .false_positive_rates
        .iter()
        .zip(&roc.true_positive_rates)
    {
        assert!(whole.contains(&(x.to_bits(), y.to_bits())), "({x}, {y})");
    }
}

#[derive(Deserialize)]
struct MulticlassCase {
    name: String,
    labels: Vec<String>,
    predictions: Vec<String>,
    classes: Vec<String>,
    confusion: Vec<Vec<u64>>,
    #[serde(flatten)]
    metrics: std::collections::BTreeMap<String, f64>,
}

#[test]
fn multiclass_metrics_agree_with_scikit_learn() {
    for case in cases::<MulticlassCase>("multiclass") {
        let findings = multiclass(&case.labels, &case.predictions)
            .findings()
            .unwrap();
        let ProblemMetrics::Multiclass(section) = &findings.statistics else {
            panic!("another section");
        };
        assert_eq!(section.confusion_matrix.classes, case.classes);
        assert_eq!(
            section.confusion_matrix.rows, case.confusion,
            "{}",
            case.name
        );
        for (name, expected) in &case.metrics {
            // Five classes, each a handful of operations; scikit-learn rounds in another order.
            let what = format!("{}: {name}", case.name);
            check(&what, metric(&findings, name).value, Some(*expected), 1e-13);
        }
        assert_eq!(case.metrics.len(), 8);
    }
}

#[derive(Deserialize)]
struct RegressionCase {
    name: String,
    labels: Vec<f64>,
    predictions: Vec<f64>,
    mae: f64,
    mse: f64,
    rmse: f64,
    r2: f64,
    mape: f64,
    n_mape: u64,
    max_error: f64,
    log_ratio_error: f64,
    quantiles: Vec<f64>,
}

#[test]
fn regression_metrics_agree_with_scikit_learn() {
    for case in cases::<RegressionCase>("regression") {
        let (name, findings) = (
            &case.name,
            regression(&case.labels, &case.predictions)
                .findings()
                .unwrap(),
        );
        for (ours, expected) in [("mae", case.mae), ("mse", case.mse), ("rmse", case.rmse)] {
            check(name, metric(&findings, ours).value, Some(expected), SUMS);
        }
        // Labels of 1e8 with a spread of 0.3: scikit-learn's mean is off by up to 400 × 2⁻⁵²
        // of 1e8, which is 1e-5 of the spread; squared, 1e-10.
        let r2 = if case.name == "large mean" {
            1e-9
        } else {
            1e-12
        };
        let found = metric(&findings, "r2");
        check(name, found.value, Some(case.r2), r2);
        let interval = found.interval.as_ref().unwrap();
        let width = ((1.0 - interval.low) / (1.0 - interval.high)).ln();
        let error = width / 2.0 / 1.959_963_984_540_054;
        // Differences of moments of fourth order: two or three digits less.
        let loose = if case.name == "large mean" {
            1e-5
        } else {
            1e-10
        };
        check(name, Some(error), Some(case.log_ratio_error), loose);
        let relative = metric(&findings, "mean_absolute_percentage_error");
        check(name, relative.value, Some(case.mape), SUMS);
        assert_eq!(relative.n, case.n_mape);
        check(
            name,
            metric(&findings, "max_error").value,
            Some(case.max_error),
            COUNTS,
        );
        let residuals = findings.facts.residuals.as_ref().unwrap();
        let values: Vec<f64> = residuals.quantiles.values.iter().map(|q| q.value).collect();
        check_all(name, &values, &case.quantiles, COUNTS);
    }
}

/// Class and prediction of the rows behind the guide's samples.
fn repeated(cells: [(&str, &str, usize); 4]) -> (Vec<String>, Vec<String>) {
    let rows = cells.into_iter().flat_map(|(label, prediction, n)| {
        std::iter::repeat_n((label.to_owned(), prediction.to_owned()), n)
    });
    rows.unzip()
}

#[test]
fn the_multiclass_sample_of_the_guide_is_met_to_the_last_digit() {
    let (labels, predictions) = repeated([
        ("0", "0", 1180),
        ("0", "1", 510),
        ("1", "0", 268),
        ("1", "1", 138),
    ]);
    let findings = multiclass(&labels, &predictions).findings().unwrap();
    for (name, expected) in [
        ("accuracy", 0.628_816_793_893_129_7),
        ("weighted_recall", 0.628_816_793_893_129_7),
        ("weighted_precision", 0.698_317_226_962_950_5),
        ("weighted_f0_5", 0.680_394_731_717_877_1),
        ("weighted_f1", 0.657_116_234_666_490_4),
        ("weighted_f2", 0.638_402_435_439_460_1),
        (
            "accuracy_best_constant_classifier",
            0.193_702_290_076_335_88,
        ),
        (
            "weighted_recall_best_constant_classifier",
            0.193_702_290_076_335_88,
        ),
        (
            "weighted_precision_best_constant_classifier",
            0.037_520_577_180_816_97,
        ),
        (
            "weighted_f0_5_best_constant_classifier",
            0.044_734_431_041_520_11,
        ),
        (
            "weighted_f1_best_constant_classifier",
            0.062_864_212_446_836_43,
        ),
        (
            "weighted_f2_best_constant_classifier",
            0.105_703_131_412_624_14,
        ),
    ] {
        let (value, deviation) = written(&findings, name);
        assert_eq!(value, Some(expected), "{name}");
        assert!(deviation.is_some_and(|deviation| deviation > 0.0), "{name}");
    }
}

#[test]
fn the_binary_sample_of_the_guide_is_met_to_the_last_digit() {
    let (labels, predictions) =
        repeated([("0", "0", 1), ("0", "1", 2), ("1", "0", 0), ("1", "1", 1)]);
    let (labels, predictions) = (StringArray::from(labels), StringArray::from(predictions));
    let quality = predicted(ProblemType::BinaryClassification, &labels, &predictions);
    let findings = quality.findings().unwrap();
    for (name, expected) in [
        ("recall", 1.0),
        ("precision", 0.333_333_333_333_333_3),
        ("accuracy", 0.5),
        ("recall_best_constant_classifier", 1.0),
        ("precision_best_constant_classifier", 0.25),
        ("accuracy_best_constant_classifier", 0.25),
        ("true_positive_rate", 1.0),
        ("true_negative_rate", 0.333_333_333_333_333_37),
        ("false_positive_rate", 0.666_666_666_666_666_6),
        ("false_negative_rate", 0.0),
        ("f0_5", 0.384_615_384_615_384_6),
        ("f1", 0.5),
        ("f2", 0.714_285_714_285_714_3),
        ("f0_5_best_constant_classifier", 0.294_117_647_058_823_54),
        ("f1_best_constant_classifier", 0.4),
        ("f2_best_constant_classifier", 0.625),
    ] {
        assert_eq!(written(&findings, name), (Some(expected), None), "{name}");
    }
}

#[test]
fn the_regression_sample_of_the_guide_is_met() {
    let (labels, predictions) = repeated([
        ("0", "0", 1180),
        ("0", "1", 510),
        ("1", "0", 268),
        ("1", "1", 138),
    ]);
    let number = |texts: Vec<String>| texts.iter().map(|text| text.parse().unwrap()).collect();
    let (labels, predictions): (Vec<f64>, Vec<f64>) = (number(labels), number(predictions));
    let findings = regression(&labels, &predictions).findings().unwrap();
    for (name, expected) in [
        ("mae", 0.371_183_206_106_870_2),
        ("mse", 0.371_183_206_106_870_2),
        ("rmse", 0.609_248_066_149_471),
        ("r2", -1.376_611_187_221_266_5),
    ] {
        // Of R², the guide's last digits come from another order of 2,096 sums: × 2⁻⁵².
        let tolerance = if name == "r2" { 5e-13 } else { 1e-15 };
        check(name, written(&findings, name).0, Some(expected), tolerance);
    }
}

#[test]
fn predictions_in_another_spelling_of_json_are_the_same_classes() {
    // The case that SageMaker never fixed: every metric is 0.0 there.
    let labels = StringArray::from(vec!["0", "1", "2", "1"]);
    let quoted = StringArray::from(vec!["\"0\"", "1.0", " 2", "2e0"]);
    let quality = predicted(ProblemType::MulticlassClassification, &labels, &quoted);
    let findings = quality.findings().unwrap();
    assert_eq!(written(&findings, "accuracy").0, Some(0.75));
    let ProblemMetrics::Multiclass(section) = &findings.statistics else {
        panic!("another section");
    };
    assert_eq!(section.confusion_matrix.classes, ["0", "1", "2"]);
}

#[test]
fn rows_that_lack_a_value_are_left_out_and_counted() {
    let labels = StringArray::from(vec![Some("1"), None, Some("0"), Some("0"), Some("1")]);
    let predictions = StringArray::from(vec![Some("1"), None, None, Some("0"), Some("1")]);
    let scores = StringArray::from(vec![Some("0.9"), None, Some("0.5"), Some(""), Some("0.3")]);
    let mut quality =
        probity_metrics::quality::ModelQuality::new(&settings(ProblemType::BinaryClassification));
    let batch = QualityBatch {
        label: &labels,
        prediction: Some(&predictions),
        probability: Some(&scores),
    };
    quality.update(&batch).unwrap();
    let rows = quality.findings().unwrap().facts.rows;
    assert_eq!((rows.n, rows.n_used), (5, 2));
    let missing = (
        rows.n_missing_label,
        rows.n_missing_prediction,
        rows.n_missing_probability,
    );
    assert_eq!(missing, (1, 1, 1));
}

#[test]
fn a_probability_that_is_nan_is_missing() {
    let labels = StringArray::from(vec!["1", "0", "1", "yes"]);
    let texts = StringArray::from(vec!["0.5", "NaN", "nan", "0.9"]);
    let numbers = Float64Array::from(vec![0.5, f64::NAN, f64::NAN, 0.9]);
    for scores in [&texts as &dyn arrow::array::Array, &numbers] {
        let mut quality = probity_metrics::quality::ModelQuality::new(&settings(
            ProblemType::BinaryClassification,
        ));
        let batch = QualityBatch {
            label: &labels,
            prediction: None,
            probability: Some(scores),
        };
        quality.update(&batch).unwrap();
        let rows = quality.findings().unwrap().facts.rows;
        assert_eq!((rows.n_used, rows.n_missing_probability), (2, 2));
    }
}

#[test]
fn what_is_no_probability_is_an_error_that_counts() {
    for (scores, expected) in [
        (
            vec!["0.5", "1.5", "-2"],
            "2 of 3 rows have a probability outside 0 to 1, the first is `1.5`",
        ),
        (
            vec!["0.5", "[0.1]", "0.1"],
            "1 of 3 rows have a probability that is no number",
        ),
    ] {
        let labels = StringArray::from(vec!["1", "0", "1"]);
        let scores = StringArray::from(scores);
        let mut quality = probity_metrics::quality::ModelQuality::new(&settings(
            ProblemType::BinaryClassification,
        ));
        let batch = QualityBatch {
            label: &labels,
            prediction: None,
            probability: Some(&scores),
        };
        quality.update(&batch).unwrap();
        let error = quality.findings().unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}
