//! The documents of model quality, as the service, the guide and we have written them.

use probity_domain::document::model_quality_constraints::ModelQualityConstraints;
use probity_domain::document::model_quality_file::ModelQualityFile;
use probity_domain::document::model_quality_statistics::{ModelQualityStatistics, ProblemType};
use probity_domain::document::model_quality_violations::ModelQualityViolations;

use crate::{golden, written};

#[track_caller]
fn check(path: &str, rewrite: fn(&[u8]) -> String) {
    let original = String::from_utf8(golden(path)).unwrap();
    let found = rewrite(original.as_bytes());
    for (number, (expected, found)) in original.lines().zip(found.lines()).enumerate() {
        assert_eq!(found, expected, "line {}", number + 1);
    }
    assert_eq!(found, original);
}

fn statistics(bytes: &[u8]) -> String {
    let document = ModelQualityStatistics::from_json(bytes).unwrap();
    written(|out| document.write_json(out))
}

fn constraints(bytes: &[u8]) -> String {
    let document = ModelQualityConstraints::from_json(bytes).unwrap();
    written(|out| document.write_json(out))
}

fn violations(bytes: &[u8]) -> String {
    let document = ModelQualityViolations::from_json(bytes).unwrap();
    written(|out| document.write_json(out))
}

fn quality_file(bytes: &[u8]) -> String {
    let document = ModelQualityFile::from_json(bytes).unwrap();
    written(|out| document.write_json(out))
}

#[test]
fn statistics_of_the_service_are_written_again_byte_for_byte() {
    check("model_quality_statistics/regression_sdk.json", statistics);
}

#[test]
fn the_samples_of_the_guide_are_written_again_byte_for_byte() {
    check("model_quality_statistics/binary_guide.json", statistics);
    check("model_quality_statistics/multiclass_guide.json", statistics);
}

#[test]
fn constraints_keep_what_we_do_not_know() {
    check(
        "model_quality_constraints/multiclass_user.json",
        constraints,
    );
    check(
        "model_quality_constraints/additional_properties.json",
        constraints,
    );
}

#[test]
fn violations_are_written_again_byte_for_byte() {
    check("model_quality_violations/described.json", violations);
}

#[test]
fn version_1_of_our_own_file_is_written_again_byte_for_byte() {
    check("model_quality/v1.json", quality_file);
}

#[test]
fn every_metric_of_a_section_has_its_place() {
    let files = [
        ("regression_sdk", 4, ProblemType::Regression),
        ("binary_guide", 17, ProblemType::BinaryClassification),
        (
            "multiclass_guide",
            12,
            ProblemType::MulticlassClassification,
        ),
    ];
    for (file, count, problem_type) in files {
        let bytes = golden(&format!("model_quality_statistics/{file}.json"));
        let statistics = ModelQualityStatistics::from_json(&bytes).unwrap();
        assert_eq!(statistics.metrics.problem_type(), problem_type);
        let scalars = statistics.metrics.scalars();
        assert_eq!(scalars.len(), count, "{file}");
        assert!(
            scalars.iter().all(|(_, metric)| metric.value.is_some()),
            "{file}"
        );
    }
}

#[test]
fn a_file_of_another_analysis_is_refused() {
    let error = ModelQualityFile::from_json(br#"{"format": "probity/bias", "version": 1}"#);
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("`probity/model-quality`")
    );
    let json = br#"{"format": "probity/model-quality", "version": 2}"#;
    let error = ModelQualityFile::from_json(json).unwrap_err().to_string();
    assert!(error.contains("version 2"), "{error}");
}
