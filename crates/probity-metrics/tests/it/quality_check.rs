//! Verdicts about thresholds: what decides them, and what they say of a baseline that is not
//! ours.

use probity_domain::document::model_quality_constraints::ModelQualityConstraints;
use probity_domain::document::model_quality_file::MetricChange;
use probity_metrics::quality::{
    QualityComparison, QualityFindings, QualityVerdicts, check_constraints, suggest_constraints,
};

use crate::quality_rows::binary;

/// So many rows, of which every third is positive and one in `wrong_in` predicted wrongly.
fn findings(rows: u32, wrong_in: u32) -> QualityFindings {
    let labels: Vec<f64> = (0..rows).map(|i| f64::from(u8::from(i % 3 == 0))).collect();
    let scores: Vec<f64> = (0..rows)
        .map(|i| {
            let is_high = (i % 3 == 0) != (i % wrong_in == 0);
            (if is_high { 0.6 } else { 0.1 }) + f64::from(i % 17) / 100.0
        })
        .collect();
    binary(&labels, &scores).findings().unwrap()
}

fn verdicts(
    constraints: &ModelQualityConstraints,
    baseline: Option<&QualityFindings>,
    current: &QualityFindings,
) -> QualityVerdicts {
    let comparison = QualityComparison {
        constraints,
        baseline: baseline.map(|findings| findings.facts.metrics.as_slice()),
        current,
    };
    check_constraints(&comparison, 0.05).unwrap()
}

#[track_caller]
fn change<'a>(verdicts: &'a QualityVerdicts, name: &str) -> &'a MetricChange {
    let mut changes = verdicts.changes.iter();
    changes.find(|change| change.name == name).unwrap()
}

#[test]
fn suggested_constraints_hold_on_their_own_baseline() {
    let baseline = findings(600, 7);
    let constraints = suggest_constraints(&baseline.statistics);
    let verdicts = verdicts(&constraints, Some(&baseline), &baseline);
    assert_eq!(verdicts.violations.violations, []);
    assert_eq!(verdicts.tested, constraints.constraints.len() as u64);
    for change in &verdicts.changes {
        assert_eq!(change.difference, Some(0.0), "{}", change.name);
        assert_eq!(change.p_value, Some(0.5), "{}", change.name);
        assert!(!change.violates_corrected, "{}", change.name);
    }
}

#[test]
fn a_violation_is_told_as_the_service_tells_it() {
    let (baseline, current) = (findings(600, 7), findings(100, 4));
    let verdicts = verdicts(
        &suggest_constraints(&baseline.statistics),
        Some(&baseline),
        &current,
    );
    let violations = &verdicts.violations.violations;
    let accuracy = violations
        .iter()
        .find(|v| v.metric_name == "accuracy")
        .unwrap();
    // Below 200 rows there is no standard deviation.
    assert_eq!(
        accuracy.description,
        "Metric accuracy with 0.75 +/- NaN was LessThanThreshold '0.8566666666666667'"
    );
    let rate = violations
        .iter()
        .find(|v| v.metric_name == "false_positive_rate")
        .unwrap();
    assert_eq!(rate.constraint_check_type.name(), "GreaterThanThreshold");
}

#[test]
fn a_drop_that_few_rows_explain_violates_only_awss_rule() {
    let (baseline, current) = (findings(600, 7), findings(60, 6));
    let verdicts = verdicts(
        &suggest_constraints(&baseline.statistics),
        Some(&baseline),
        &current,
    );
    let accuracy = change(&verdicts, "accuracy");
    assert!(
        accuracy.violates_aws && !accuracy.violates_corrected,
        "{accuracy:?}"
    );
    let interval = accuracy.interval.as_ref().unwrap();
    assert!(interval.low < 0.0 && interval.high > 0.0, "{interval:?}");
}

#[test]
fn too_few_rows_withhold_the_corrected_verdict() {
    let (baseline, current) = (findings(600, 7), findings(60, 4));
    let verdicts = verdicts(
        &suggest_constraints(&baseline.statistics),
        Some(&baseline),
        &current,
    );
    // 20 rows are positive.
    let recall = change(&verdicts, "recall");
    assert!(recall.violates_aws && !recall.violates_corrected);
    assert_eq!(
        recall.note.as_deref(),
        Some("too few rows: 20 in the current data, a verdict needs 30")
    );
    assert_eq!(recall.p_value, None);
}

#[test]
fn an_edited_threshold_is_a_fixed_number() {
    let (baseline, current) = (findings(600, 7), findings(600, 5));
    let mut constraints = suggest_constraints(&baseline.statistics);
    for (name, constraint) in &mut constraints.constraints {
        if name == "accuracy" {
            constraint.threshold = 0.5;
        }
    }
    let verdicts = verdicts(&constraints, Some(&baseline), &current);
    let accuracy = change(&verdicts, "accuracy");
    // What the baseline measured stays told, beside the limit that decides.
    let measured = baseline.facts.metrics.iter().find(|m| m.name == "accuracy");
    assert_eq!(accuracy.baseline, measured.unwrap().value);
    assert_eq!(accuracy.threshold, 0.5);
    let current = accuracy.current.unwrap();
    assert_eq!(accuracy.difference, Some(current - 0.5));
    let interval = accuracy.interval.as_ref().unwrap();
    assert_eq!(interval.method, "mover, against a fixed limit");
    assert!(interval.low < current - 0.5 && interval.high > current - 0.5);
    assert!(
        accuracy
            .note
            .as_ref()
            .unwrap()
            .contains("measured against the threshold")
    );
    assert!(accuracy.p_value.unwrap() > 0.999 && !accuracy.violates_aws);
    assert_eq!(change(&verdicts, "f1").note, None);
}

#[test]
fn a_baseline_of_sagemakers_own_has_no_error_that_we_know() {
    let (baseline, current) = (findings(600, 7), findings(600, 4));
    let constraints = suggest_constraints(&baseline.statistics);
    let known = verdicts(&constraints, Some(&baseline), &current);
    let unknown = verdicts(&constraints, None, &current);
    let (known, unknown) = (change(&known, "accuracy"), change(&unknown, "accuracy"));
    assert!(
        unknown
            .note
            .as_ref()
            .unwrap()
            .contains("sampling error is unknown")
    );
    // One error instead of two.
    assert!(unknown.p_value < known.p_value);
}

#[test]
fn a_metric_that_the_data_lack_is_named_and_not_judged() {
    let current = findings(600, 7);
    let json = br#"{"binary_classification_constraints": {
        "gini": {"threshold": 0.6, "comparison_operator": "LessThanThreshold"}}}"#;
    let constraints = ModelQualityConstraints::from_json(json).unwrap();
    let verdicts = verdicts(&constraints, None, &current);
    let gini = change(&verdicts, "gini");
    assert!(!gini.violates_aws && gini.current.is_none());
    assert_eq!(
        gini.note.as_deref(),
        Some("no metric of this name for BinaryClassification")
    );
    assert_eq!(verdicts.tested, 0);
    assert_eq!(
        verdicts.notes,
        [
            "no value in the current data, so that neither rule judges 1 of 1 constraint: `gini` (no metric of this name for BinaryClassification)"
        ]
    );
}

#[test]
fn a_name_with_a_slip_is_corrected() {
    let json = br#"{"binary_classification_constraints": {
        "recal": {"threshold": 0.6, "comparison_operator": "LessThanThreshold"}}}"#;
    let constraints = ModelQualityConstraints::from_json(json).unwrap();
    let verdicts = verdicts(&constraints, None, &findings(600, 7));
    assert_eq!(
        change(&verdicts, "recal").note.as_deref(),
        Some("no metric of this name; did you mean `recall`?")
    );
}

#[test]
fn constraints_without_a_metric_are_said_to_check_nothing() {
    let json = br#"{"binary_classification_constraints": {}}"#;
    let constraints = ModelQualityConstraints::from_json(json).unwrap();
    let verdicts = verdicts(&constraints, None, &findings(600, 7));
    assert_eq!(
        verdicts.notes,
        ["the constraints name no metric, so that nothing was checked"]
    );
}

#[test]
fn a_check_in_which_all_is_judged_has_no_notes() {
    let baseline = findings(600, 7);
    let constraints = suggest_constraints(&baseline.statistics);
    assert_eq!(
        verdicts(&constraints, Some(&baseline), &baseline).notes,
        [""; 0]
    );
}

#[test]
fn a_metric_without_a_value_is_not_judged() {
    let baseline = findings(600, 7);
    let current = binary(&[0.0; 50], &[0.1; 50]).findings().unwrap();
    let verdicts = verdicts(
        &suggest_constraints(&baseline.statistics),
        Some(&baseline),
        &current,
    );
    let auc = change(&verdicts, "auc");
    assert_eq!(
        (auc.current, auc.violates_aws, auc.p_value),
        (None, false, None)
    );
    assert_eq!(auc.note.as_deref(), Some("only one class has rows"));
}

#[test]
fn constraints_of_another_problem_are_refused() {
    let json = br#"{"regression_constraints": {}}"#;
    let constraints = ModelQualityConstraints::from_json(json).unwrap();
    let comparison = QualityComparison {
        constraints: &constraints,
        baseline: None,
        current: &findings(60, 7),
    };
    let error = check_constraints(&comparison, 0.05)
        .unwrap_err()
        .to_string();
    assert!(error.contains("Regression baseline"), "{error}");
}
