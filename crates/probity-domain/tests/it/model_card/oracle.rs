//! Against the verdicts of an independent validator: see golden/model_card/PROVENANCE.md.

use probity_domain::document::model_card::{Content, Variant};
use serde_json::Value;

use super::golden_lines;

/// As the faults of a content spell it.
fn path(steps: &Value) -> String {
    let mut path = "$".to_owned();
    for step in steps.as_array().unwrap() {
        match step.as_str() {
            None => path.push_str(&format!("[{step}]")),
            Some(name) if !name.is_empty() && !name.contains([' ', '"', ':']) => {
                path.push_str(&format!(".{name}"));
            }
            Some(_) => path.push_str(&format!("[{step}]")),
        }
    }
    path
}

#[test]
fn verdicts_and_places_are_those_of_an_independent_validator() {
    let cases = golden_lines("oracle/cases.jsonl");
    assert!(cases.len() >= 500);
    for case in &cases {
        let variant = match case["variant"].as_str().unwrap() {
            "card" => Variant::Card,
            _ => Variant::Package,
        };
        let expected: Vec<String> = case["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(path)
            .collect();
        let result = Content::of_value(case["content"].clone(), variant);
        let (found, more) = match result {
            Ok(_) => (Vec::new(), 0),
            Err(error) => (error.faults, error.more),
        };
        let found: Vec<String> = found.into_iter().map(|fault| fault.path).collect();
        let told = format!(
            "expected {expected:?}, found {found:?} in {}",
            case["content"]
        );
        assert_eq!(case["valid"], Value::from(found.is_empty()), "{told}");
        // The validator places a missing or unknown member, and all that is wrong with a metric,
        // at the object around it; we say where inside.
        for expected in &expected {
            assert!(
                more > 0 || found.iter().any(|path| path.starts_with(expected.as_str())),
                "{told}"
            );
        }
        for found in &found {
            assert!(
                expected.iter().any(|path| found.starts_with(path.as_str())),
                "{told}"
            );
        }
    }
}
