//! Files that were written once stay readable, and are written again unchanged.

use probity_domain::document::constraint_violations::ConstraintViolations;
use probity_domain::document::constraints::Constraints;
use probity_domain::document::explanation::Explanation;
use probity_domain::document::probity_file::ProbityFile;
use probity_domain::document::statistics::Statistics;

use crate::{golden, written};

fn statistics(bytes: &[u8]) -> String {
    let document = Statistics::from_json(bytes).unwrap();
    written(|out| document.write_json(out))
}

fn constraints(bytes: &[u8]) -> String {
    let document = Constraints::from_json(bytes).unwrap();
    written(|out| document.write_json(out))
}

fn violations(bytes: &[u8]) -> String {
    let document = ConstraintViolations::from_json(bytes).unwrap();
    written(|out| document.write_json(out))
}

fn probity_file(bytes: &[u8]) -> String {
    let document = ProbityFile::from_json(bytes).unwrap();
    written(|out| document.write_json(out))
}

#[track_caller]
fn check_same_bytes(path: &str, rewrite: fn(&[u8]) -> String) {
    let original = golden(path);
    pretty_assert(
        &String::from_utf8(original.clone()).unwrap(),
        &rewrite(&original),
    );
}

/// Names the first line that differs: the whole files are long.
#[track_caller]
fn pretty_assert(expected: &str, found: &str) {
    for (number, (expected, found)) in expected.lines().zip(found.lines()).enumerate() {
        assert_eq!(found, expected, "line {}", number + 1);
    }
    assert_eq!(found, expected);
}

/// For files whose line breaks are not the service's: equal as JSON, `1` and `1.0` apart.
#[track_caller]
fn check_same_values(path: &str, rewrite: fn(&[u8]) -> String) {
    let original = golden(path);
    let expected: serde_json::Value = serde_json::from_slice(&original).unwrap();
    let rewritten = rewrite(&original);
    let found: serde_json::Value = serde_json::from_str(&rewritten).unwrap();
    assert_eq!(found, expected);
    assert_eq!(
        rewrite(rewritten.as_bytes()),
        rewritten,
        "a second time changes nothing"
    );
}

#[test]
fn violations_of_the_service_are_written_again_byte_for_byte() {
    check_same_bytes("constraint_violations/taxi_2019.json", violations);
}

#[test]
fn statistics_of_the_service_say_the_same() {
    check_same_values("statistics/string_2019.json", statistics);
}

#[test]
fn constraints_of_2019_keep_their_old_members() {
    check_same_values("constraints/sdk_2019.json", constraints);
}

#[test]
fn a_printed_explanation_says_the_same() {
    check_same_values("explanation/printed.json", |bytes| {
        let document: Explanation = serde_json::from_slice(bytes).unwrap();
        serde_json::to_string_pretty(&document).unwrap()
    });
}

#[test]
fn every_statistic_is_written_again_byte_for_byte() {
    check_same_bytes("statistics/numeric.json", statistics);
}

#[test]
fn every_constraint_is_written_again_byte_for_byte() {
    check_same_bytes("constraints/published_schema.json", constraints);
}

#[test]
fn version_1_of_our_own_file_is_written_again_byte_for_byte() {
    check_same_bytes("probity/v1.json", probity_file);
}

#[test]
fn a_column_that_was_not_tested_has_no_adjusted_p() {
    let old = String::from_utf8(golden("probity/v1.json")).unwrap();
    let new = old.replace("\"p_adjusted\" : 1.0", "\"p_adjusted\" : null");
    assert_ne!(new, old, "the old file says 1.0 of such a column");
    let document = ProbityFile::from_json(new.as_bytes()).unwrap();
    let drifts = document
        .features
        .iter()
        .filter_map(|facts| facts.drift.as_ref());
    assert!(drifts.clone().any(|drift| drift.p_adjusted.is_none()));
    pretty_assert(&new, &probity_file(new.as_bytes()));
}
