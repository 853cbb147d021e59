//! Clarify's documents: read, written again unchanged, and what their readers put up with.

use probity_domain::document::analysis::{Analysis, MetricValue, StageMetrics};
use probity_domain::document::bias_file::BiasFile;
use probity_domain::document::bias_violations::{
    BiasViolation, DriftViolation, DriftViolations, attribution_drift_description,
    bias_drift_description,
};
use probity_domain::document::{PythonFloat, ReadDocument};

use crate::lenient_reading::check_error;
use crate::{golden, written};

/// A file under `golden/clarify`.
pub(crate) fn clarify_golden(path: &str) -> Vec<u8> {
    golden(&format!("../clarify/{path}"))
}

fn rewritten_analysis(bytes: &[u8]) -> String {
    let analysis = Analysis::from_json(bytes).unwrap();
    written(|out| analysis.write_json(out))
}

#[track_caller]
fn check_same_analysis(path: &str) {
    let original = clarify_golden(path);
    assert_eq!(
        rewritten_analysis(&original),
        String::from_utf8(original).unwrap()
    );
}

#[test]
fn an_analysis_of_the_service_is_written_again_byte_for_byte() {
    check_same_analysis("analysis/service_adult.json");
}

#[test]
fn every_kind_of_value_is_written_again_byte_for_byte() {
    check_same_analysis("analysis/every_kind.json");
}

#[test]
fn every_character_is_written_as_python_writes_it() {
    check_same_analysis("python_json/text.json");
}

#[test]
fn floats_are_printed_as_python_prints_them() {
    let table = String::from_utf8(clarify_golden("python_json/expected.tsv")).unwrap();
    let mut checked = 0;
    for line in table.lines() {
        let (bits, expected) = line.split_once('\t').unwrap();
        let value = f64::from_bits(u64::from_str_radix(bits, 16).unwrap());
        assert_eq!(PythonFloat(value).to_string(), expected, "bits {bits}");
        checked += 1;
    }
    assert!(checked > 2_000, "only {checked} doubles in the table");
}

fn pre_training(bytes: &[u8]) -> StageMetrics {
    let analysis = Analysis::from_json(bytes).unwrap();
    analysis.pre_training_bias_metrics.unwrap()
}

#[test]
fn infinities_and_bare_numbers_of_other_writers_are_read() {
    let StageMetrics::Computed(stage) =
        pre_training(&clarify_golden("analysis/guide_infinity.json"))
    else {
        panic!("the stage was computed");
    };
    assert_eq!(
        (
            stage.label.as_str(),
            stage.label_value_or_threshold.as_str()
        ),
        ("3", "True")
    );
    let (facet, values) = &stage.facets[0];
    assert_eq!(facet, "Gender");
    let texts: Vec<_> = values
        .iter()
        .map(|value| value.value_or_threshold.as_str())
        .collect();
    assert_eq!(texts, ["0", "0.5"]);
    let numbers: Vec<_> = values[0]
        .metrics
        .iter()
        .map(|metric| metric.value.clone())
        .collect();
    let expected = [
        MetricValue::Float(f64::INFINITY),
        MetricValue::Float(f64::NEG_INFINITY),
        MetricValue::Error(String::new()),
    ];
    assert_eq!(numbers, expected);
}

#[test]
fn a_stage_that_failed_has_no_facets_and_an_error() {
    let failed = pre_training(&clarify_golden("analysis/every_kind.json"));
    let error = "Threshold values must be provided for continuous features".to_owned();
    assert_eq!(failed, StageMetrics::Failed { error });
}

#[test]
fn an_analysis_that_is_wrong_names_the_place() {
    let stage = |facets: &str| {
        let file = format!(r#"{{"pre_training_bias_metrics": {{{facets}}}}}"#);
        Analysis::from_json(file.as_bytes())
    };
    check_error(
        stage(r#""label": "y""#),
        "`analysis.json` is wrong at `pre_training_bias_metrics`: missing field `facets` \
         at line 1 column 45",
    );
    check_error(
        stage(r#""facets": {"sex": [{"metrics": [{"name": "CI", "value": "much"}]}]}"#),
        "`analysis.json` is wrong at `pre_training_bias_metrics.facets.sex[0].metrics[0].value`: \
         invalid value: string \"much\", expected a number, null, \"Infinity\" or \"-Infinity\" \
         at line 1 column 93",
    );
}

fn violations(path: &str) -> Result<DriftViolations, ReadDocument> {
    DriftViolations::from_json(&golden(path))
}

#[track_caller]
fn check_same_violations(name: &str) {
    let path = format!("bias_violations/{name}");
    let document = violations(&path).unwrap();
    assert_eq!(
        written(|out| document.write_json(out)),
        String::from_utf8(golden(&path)).unwrap()
    );
}

#[test]
fn violations_of_both_monitors_are_written_again_byte_for_byte() {
    check_same_violations("service_adult_drift.json");
    check_same_violations("guide_attribution_drift.json");
    check_same_violations("guide_older_words.json");
}

#[test]
fn a_clean_check_has_an_empty_list() {
    check_same_violations("clean.json");
    assert_eq!(
        violations("bias_violations/clean.json").unwrap(),
        DriftViolations::default()
    );
}

#[test]
fn the_sentences_of_violations_are_those_of_the_service() {
    let found = violations("bias_violations/service_adult_drift.json").unwrap();
    let value = |number| MetricValue::Float(number);
    let expected = [
        (
            "CDDPL",
            value(0.374_894_782_529_513),
            value(0.281_765_637_331_942_76),
        ),
        (
            "DCA",
            value(-36.693_877_551_020_41),
            value(-0.527_868_852_459_016_3),
        ),
        ("TE", value(f64::INFINITY), value(2.916_666_666_666_667)),
    ];
    for (violation, (metric, current, baseline)) in found.violations.iter().zip(expected) {
        let expected = DriftViolation::Bias(BiasViolation {
            facet: "Sex".to_owned(),
            facet_value: "0".to_owned(),
            metric_name: metric.to_owned(),
            description: bias_drift_description(&current, &baseline),
        });
        assert_eq!(violation, &expected);
    }
    let found = violations("bias_violations/guide_attribution_drift.json").unwrap();
    assert_eq!(
        found.violations[0].description(),
        attribution_drift_description(0.763_972_092_327_732_2, 0.9)
    );
}

#[test]
fn a_violation_of_another_monitor_is_told() {
    check_error(
        violations("constraint_violations/taxi_2019.json"),
        "`constraint_violations.json` is wrong at `violations[0]`: missing field `metric_name` \
         at line 6 column 3",
    );
    let other = r#"{"violations": [{"metric_name": "x", "constraint_check_type": "check"}]}"#;
    check_error(
        DriftViolations::from_json(other.as_bytes()),
        "`constraint_violations.json` is wrong at `violations[0]`: `constraint_check_type` is \
         `check`, expected `bias_drift_check` or `feature_attribution_drift_check` \
         at line 1 column 71",
    );
}

#[test]
fn version_1_of_our_own_file_is_written_again_byte_for_byte() {
    let original = golden("bias/v1.json");
    let file = BiasFile::from_json(&original).unwrap();
    assert_eq!(
        written(|out| file.write_json(out)),
        String::from_utf8(original).unwrap()
    );
}

#[test]
fn a_result_of_another_kind_is_told() {
    check_error(
        BiasFile::from_json(&golden("probity/v1.json")),
        "`probity.json` has the format `probity/data-quality`, expected `probity/bias`",
    );
}
