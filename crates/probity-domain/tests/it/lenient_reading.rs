//! What the wild demands of the readers, and what they say about a file that is wrong.

use std::error::Error;

use probity_domain::document::ReadDocument;
use probity_domain::document::constraint_violations::ConstraintViolations;
use probity_domain::document::constraints::{ComparisonMethod, Constraints, Switch};
use probity_domain::document::probity_file::ProbityFile;
use probity_domain::document::statistics::{InferredType, Statistics};

use crate::{golden, written};

/// A `statistics.json` of one feature.
fn statistics_of(feature: &str) -> Result<Statistics, ReadDocument> {
    let file =
        format!(r#"{{"version": 0, "dataset": {{"item_count": 3}}, "features": [{feature}]}}"#);
    Statistics::from_json(file.as_bytes())
}

fn numeric_with(mean: &str) -> String {
    format!(
        r#"{{"name": "x", "inferred_type": "Fractional", "numerical_statistics": {{
           "common": {{"num_present": 3, "num_missing": 0.0}},
           "mean": {mean}, "sum": 1, "std_dev": 0.5, "min": -1, "max": 2.0}}}}"#
    )
}

fn mean_of(text: &str) -> f64 {
    let statistics = statistics_of(&numeric_with(text)).unwrap();
    statistics.features[0]
        .numerical_statistics
        .as_ref()
        .unwrap()
        .mean
}

#[test]
fn numbers_that_are_not_finite_are_read_from_either_spelling() {
    assert!(mean_of(r#""NaN""#).is_nan());
    assert!(mean_of("NaN").is_nan());
    assert_eq!(mean_of("-Infinity"), f64::NEG_INFINITY);
    assert_eq!(mean_of(r#""Infinity""#), f64::INFINITY);
}

#[test]
fn whole_numbers_and_doubles_stand_for_each_other() {
    assert_eq!(mean_of("7"), 7.0);
    assert_eq!(statistics_of("").unwrap().version, 0.0);
}

#[test]
fn a_column_without_a_type_takes_the_one_of_its_statistics() {
    let untyped = numeric_with("1").replace(r#""inferred_type": "Fractional","#, "");
    let statistics = statistics_of(&untyped).unwrap();
    assert_eq!(
        statistics.features[0].inferred_type,
        InferredType::Fractional
    );
}

#[test]
fn members_of_other_tools_are_ignored() {
    let more = numeric_with("1").replace(r#""name""#, r#""more": {"a": [1]}, "name""#);
    assert_eq!(statistics_of(&more).unwrap().features[0].name, "x");
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let file = "\u{feff}{\"violations\" : [ ]}";
    assert_eq!(
        ConstraintViolations::from_json(file.as_bytes())
            .unwrap()
            .violations,
        []
    );
}

#[test]
fn a_boolean_column_is_written_as_a_string_column() {
    let statistics = statistics_of(r#"{"name": "x", "inferred_type": "Boolean"}"#).unwrap();
    assert_eq!(statistics.features[0].inferred_type, InferredType::Boolean);
    let text = written(|out| statistics.write_json(out));
    assert!(text.contains(r#""inferred_type" : "String""#), "{text}");
}

#[test]
fn settings_are_read_in_every_spelling() {
    let file = r#"{"features": [], "custom": {"kept": 1}, "monitoring_config": {
        "evaluate_constraints": "disabled", "emit_metrics": true,
        "distribution_constraints": {"comparison_method": "linf_simple"}}}"#;
    let constraints = Constraints::from_json(file.as_bytes()).unwrap();
    let text = written(|out| constraints.write_json(out));
    let config = constraints.monitoring_config.unwrap();
    assert_eq!(config.evaluate_constraints, Some(Switch::Disabled));
    assert_eq!(config.emit_metrics, Some(Switch::Enabled));
    let distribution = config.distribution_constraints.unwrap();
    assert_eq!(
        distribution.comparison_method,
        Some(ComparisonMethod::Simple)
    );
    assert!(
        text.contains("\"custom\" : {\n    \"kept\" : 1\n  }"),
        "{text}"
    );
}

/// The error and its causes, as a person sees them.
#[track_caller]
pub(crate) fn check_error<T: std::fmt::Debug>(result: Result<T, ReadDocument>, expected: &str) {
    let error = result.unwrap_err();
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        told = format!("{told}: {error}");
        cause = error.source();
    }
    assert_eq!(told, expected);
}

#[test]
fn errors_name_the_member_and_what_is_wrong() {
    check_error(
        statistics_of(&numeric_with(r#""much""#)),
        "`statistics.json` is wrong at `features[0].numerical_statistics.mean`: invalid value: \
         string \"much\", expected a number, \"NaN\", \"Infinity\" or \"-Infinity\" at line 3 column 25",
    );
    check_error(
        Constraints::from_json(
            br#"{"features": [{"name": "x", "inferred_type": "String"},
                 {"name": "y", "inferred_type": "String", "monitoringConfigOverrides":
                 {"evaluate_constraints": "Perhaps"}}]}"#,
        ),
        "`constraints.json` is wrong at `features[1].monitoringConfigOverrides.evaluate_constraints`: \
         invalid value: string \"Perhaps\", expected `Enabled` or `Disabled` at line 3 column 51",
    );
    check_error(
        Constraints::from_json(br#"{"features": [{"inferred_type": "String"}]}"#),
        "`constraints.json` is wrong at `features[0]`: missing field `name` at line 1 column 41",
    );
}

#[test]
fn a_cut_file_is_told() {
    check_error(
        ConstraintViolations::from_json(br#"{"violations": [{"feature_name": "x"#),
        "`constraint_violations.json` is not JSON: EOF while parsing a string at line 1 column 35",
    );
    check_error(
        ConstraintViolations::from_json(br#"{"violations": []} more"#),
        "`constraint_violations.json` is not JSON: trailing characters at line 1 column 20",
    );
}

#[test]
fn a_count_that_is_no_count_is_told() {
    for count in ["-1", "2.5", "\"NaN\"", "1e300"] {
        let feature = numeric_with("1").replace(
            r#""num_missing": 0.0"#,
            &format!(r#""num_missing": {count}"#),
        );
        assert!(statistics_of(&feature).is_err(), "{count}");
    }
}

#[test]
fn a_newer_version_of_our_own_file_is_told() {
    let newer = String::from_utf8(golden("probity/v1.json")).unwrap();
    check_error(
        ProbityFile::from_json(
            newer
                .replace("\"version\" : 1", "\"version\" : 2")
                .as_bytes(),
        ),
        "`probity.json` has version 2; this program reads up to 1",
    );
    check_error(
        ProbityFile::from_json(newer.replace("data-quality", "bias").as_bytes()),
        "`probity.json` has the format `probity/bias`, expected `probity/data-quality`",
    );
}
