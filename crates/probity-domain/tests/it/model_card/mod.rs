//! Contents of model cards as they come in: which are accepted, which are refused, and what is
//! said of those.

mod differences;
mod oracle;
mod reports;

use probity_domain::document::model_card::{Content, InvalidContent, Variant};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A file or folder under `golden/model_card`.
fn golden_path(path: &str) -> String {
    format!(
        "{}/../../golden/model_card/{path}",
        env!("CARGO_MANIFEST_DIR")
    )
}

fn golden_lines(path: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(golden_path(path)).unwrap();
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

fn good(folder: &str) -> Vec<(String, String)> {
    let files = std::fs::read_dir(golden_path(folder)).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    let read = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path.display().to_string(), text)
    };
    paths.map(read).collect()
}

#[test]
fn good_cards_are_accepted() {
    for (folder, variant, least) in [
        ("good", Variant::Card, 8),
        ("good_package", Variant::Package, 2),
    ] {
        let cards = good(folder);
        assert!(cards.len() >= least);
        for (path, text) in cards {
            let content = Content::parse(&text, variant);
            let content = content.unwrap_or_else(|error| panic!("{path}: {error}"));
            let value: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(content.value(), &value, "{path}");
        }
    }
}

#[test]
fn what_a_card_says_is_written_as_a_content_that_says_the_same() {
    for (path, text) in good("good") {
        let content = Content::parse(&text, Variant::Card).unwrap();
        let written = Content::of_value(content.card().value(), Variant::Card);
        let written = written.unwrap_or_else(|error| panic!("{path}: {error}"));
        let (mut found, mut expected) = (written.card().clone(), content.card().clone());
        // An empty section says nothing.
        let said = |training: &mut probity_domain::document::model_card::TrainingDetails| {
            training.objective = training
                .objective
                .take()
                .filter(|objective| objective.function.is_some() || objective.notes.is_some());
        };
        said(&mut found.training);
        said(&mut expected.training);
        assert_eq!(found, expected, "{path}");
    }
}

fn invalid(text: &str, variant: Variant) -> InvalidContent {
    match Content::parse(text, variant) {
        Ok(content) => panic!("accepted: {}", content.text()),
        Err(error) => error,
    }
}

/// The place and a part of the sentence that tells what is wrong there.
#[track_caller]
fn refused(content: &Value, path: &str, problem: &str) {
    refused_text(&content.to_string(), Variant::Card, (path, problem));
}

#[track_caller]
fn refused_text(text: &str, variant: Variant, expected: (&str, &str)) {
    let error = invalid(text, variant);
    let (path, problem) = expected;
    let [fault] = error.faults.as_slice() else {
        panic!("not one fault: {error}");
    };
    assert_eq!(fault.path, path, "{error}");
    assert!(fault.problem.contains(problem), "{error}");
    assert_eq!(
        error.to_string(),
        format!("Model card content is not valid: {fault}")
    );
}

fn overview(member: &str, value: Value) -> Value {
    json!({"model_overview": {member: value}})
}

#[test]
fn roots_and_sections_that_are_wrong_are_refused_with_their_path() {
    refused(&json!([]), "$", "found a list, expected an object");
    refused(&json!("{}"), "$", "found the text `{}`, expected an object");
    refused(&json!(null), "$", "found `null`");
    refused(
        &json!({"no_such_section": 1}),
        "$.no_such_section",
        "not known here",
    );
    refused(
        &json!({"Model_overview": {}}),
        "$.Model_overview",
        "`model_overview`",
    );
    refused(&json!({"$schema": "x"}), "$[\"$schema\"]", "not known here");
    refused(
        &json!({"model_overview": []}),
        "$.model_overview",
        "found a list",
    );
    refused(
        &json!({"intended_uses": null}),
        "$.intended_uses",
        "found `null`, expected an object; leave the key out",
    );
    refused(
        &json!({"evaluation_details": {}}),
        "$.evaluation_details",
        "expected a list",
    );
    refused(
        &json!({"business_details": "b"}),
        "$.business_details",
        "found the text `b`",
    );
}

#[test]
fn wrong_members_of_the_overview_are_refused_with_their_path() {
    refused(
        &overview("model_nme", json!("m")),
        "$.model_overview.model_nme",
        "not known",
    );
    refused(
        &overview("model_id", json!(1)),
        "$.model_overview.model_id",
        "found `1`, expected a text",
    );
    refused(
        &overview("model_description", json!("é".repeat(1025))),
        "$.model_overview.model_description",
        "1025 characters, at most 1024",
    );
    refused(
        &overview("model_version", json!(0.5)),
        "$.model_overview.model_version",
        "found `0.5`, expected a number from 1",
    );
    refused(
        &overview("model_version", json!("1")),
        "$.model_overview.model_version",
        "expected a number",
    );
    refused(
        &overview("model_artifact", json!("s3://b")),
        "$.model_overview.model_artifact",
        "a list",
    );
    refused(
        &overview("model_artifact", json!(["s3://b", 2])),
        "$.model_overview.model_artifact[1]",
        "`2`",
    );
    refused(
        &overview("inference_environment", json!({"image": "i"})),
        "$.model_overview.inference_environment.image",
        "expected `container_image`",
    );
    refused(
        &overview("problem_type", json!(true)),
        "$.model_overview.problem_type",
        "found `true`",
    );
}

#[test]
fn wrong_members_of_other_sections_are_refused_with_their_path() {
    refused(
        &json!({"intended_uses": {"risk_rating": "high"}}),
        "$.intended_uses.risk_rating",
        "found the text `high`, expected `High`, `Medium`, `Low` or `Unknown`",
    );
    refused(
        &json!({"intended_uses": {"purpose_of_model": "x".repeat(2049)}}),
        "$.intended_uses.purpose_of_model",
        "2049 characters, at most 2048",
    );
    refused(
        &json!({"business_details": {"business_problem": ["p"]}}),
        "$.business_details.business_problem",
        "found a list",
    );
    refused(
        &json!({"additional_information": {"custom_details": {"a b": 1}}}),
        "$.additional_information.custom_details[\"a b\"]",
        "found `1`, expected a text",
    );
    refused(
        &json!({"additional_information": {"custom_details": {"team": "x".repeat(1025)}}}),
        "$.additional_information.custom_details.team",
        "at most 1024",
    );
    refused(
        &json!({"model_package_details": {"inference_specification": {}}}),
        "$.model_package_details.inference_specification.containers",
        "the key is missing",
    );
    refused(
        &json!({"model_package_details": {"created_by": "ada"}}),
        "$.model_package_details.created_by",
        "expected an object",
    );
    refused(
        &json!({"model_package_details": {"source_algorithms": vec![json!({"algorithm_name": "a"}); 16]}}),
        "$.model_package_details.source_algorithms",
        "16 items, at most 15",
    );
}

fn job(member: &str, value: Value) -> Value {
    json!({"training_details": {"training_job_details": {member: value}}})
}

#[test]
fn wrong_training_details_are_refused_with_their_path() {
    let at = |rest: &str| format!("$.training_details.training_job_details.{rest}");
    refused(
        &json!({"training_details": {"objective_function": "Minimize"}}),
        "$.training_details.objective_function",
        "expected an object",
    );
    refused(
        &job("training_arn", json!("a".repeat(1025))),
        &at("training_arn"),
        "at most 1024",
    );
    refused(
        &job("training_metrics", json!([{"name": "auc"}])),
        &at("training_metrics[0].value"),
        "missing",
    );
    refused(
        &job("training_metrics", json!([{"name": "auc", "value": "0.9"}])),
        &at("training_metrics[0].value"),
        "found the text `0.9`, expected a number",
    );
    refused(
        &job(
            "user_provided_training_metrics",
            json!([{"name": "", "value": 1}]),
        ),
        &at("user_provided_training_metrics[0].name"),
        "empty",
    );
    refused(
        &job("hyper_parameters", json!([{"name": "eta", "value": 0.1}])),
        &at("hyper_parameters[0].value"),
        "found `0.1`, expected a text",
    );
    refused(
        &job("user_provided_hyper_parameters", json!([{"value": "1"}])),
        &at("user_provided_hyper_parameters[0].name"),
        "missing",
    );
    refused(
        &job("training_environment", json!({"container_image": "i"})),
        &at("training_environment.container_image"),
        "expected a list",
    );
}

fn evaluation(member: &str, value: Value) -> Value {
    json!({"evaluation_details": [{"name": "e", member: value}]})
}

#[test]
fn wrong_evaluations_are_refused_with_their_path() {
    let at = |rest: &str| format!("$.evaluation_details[0].{rest}");
    refused(
        &json!({"evaluation_details": [{}]}),
        &at("name"),
        "the key is missing",
    );
    refused(
        &json!({"evaluation_details": [{"name": "\n"}]}),
        &at("name"),
        "empty",
    );
    refused(
        &json!({"evaluation_details": ["e"]}),
        "$.evaluation_details[0]",
        "expected an object",
    );
    refused(
        &evaluation("evaluation_observation", json!("o".repeat(2097))),
        &at("evaluation_observation"),
        "2096",
    );
    refused(
        &evaluation("evaluation_job_arn", json!("a".repeat(257))),
        &at("evaluation_job_arn"),
        "256",
    );
    refused(
        &evaluation("datasets", json!(vec!["d"; 11])),
        &at("datasets"),
        "11 items, at most 10",
    );
    refused(
        &evaluation("metadata", json!({"k": {}})),
        &at("metadata.k"),
        "found an object, expected a text",
    );
    refused(
        &evaluation("metadata", json!([])),
        &at("metadata"),
        "expected an object of texts",
    );
    refused(
        &evaluation("metric_groups", json!([{"name": "g"}])),
        &at("metric_groups[0].metric_data"),
        "missing",
    );
    refused(
        &evaluation("metric_groups", json!([{"metric_data": []}])),
        &at("metric_groups[0].name"),
        "missing",
    );
}

#[track_caller]
fn refused_metric(metric: Value, rest: &str, problem: &str) {
    let content = evaluation(
        "metric_groups",
        json!([{"name": "g", "metric_data": [{"name": "ok", "type": "number", "value": 1}, metric]}]),
    );
    let path = format!("$.evaluation_details[0].metric_groups[0].metric_data[1]{rest}");
    refused(&content, &path, problem);
}

#[test]
fn wrong_metrics_are_refused_with_their_path() {
    refused_metric(json!(1), "", "expected a metric");
    refused_metric(
        json!({"name": "m", "value": 1}),
        ".type",
        "the key is missing: `number`",
    );
    refused_metric(
        json!({"name": "m", "type": "Number", "value": 1}),
        ".type",
        "found the text `Number`",
    );
    refused_metric(json!({"type": "number", "value": 1}), ".name", "missing");
    refused_metric(json!({"name": "m", "type": "number"}), ".value", "missing");
    refused_metric(
        json!({"name": "m", "type": "number", "value": null}),
        ".value",
        "found `null`",
    );
    refused_metric(
        json!({"name": "m", "type": "number", "value": [1]}),
        ".value",
        "a number, a text or a boolean",
    );
    refused_metric(
        json!({"name": "m", "type": "string", "value": "s".repeat(64)}),
        ".value",
        "at most 63",
    );
    refused_metric(
        json!({"name": "m", "type": "number", "value": 1, "unit": "s"}),
        ".unit",
        "not known",
    );
    refused_metric(
        json!({"name": "m", "type": "number", "value": 1, "x_axis_name": ["x"]}),
        ".x_axis_name",
        "a text",
    );
}

#[test]
fn wrong_charts_are_refused_with_their_path() {
    refused_metric(
        json!({"name": "m", "type": "linear_graph", "value": []}),
        ".value",
        "the list is empty",
    );
    refused_metric(
        json!({"name": "m", "type": "linear_graph", "value": [[1, 2], [1, 2, 3]]}),
        ".value[1]",
        "3 items, exactly 2",
    );
    refused_metric(
        json!({"name": "m", "type": "linear_graph", "value": [[1, "2"]]}),
        ".value[0][1]",
        "the text `2`",
    );
    refused_metric(
        json!({"name": "m", "type": "bar_chart", "value": []}),
        ".value",
        "the list is empty",
    );
    refused_metric(
        json!({"name": "m", "type": "bar_chart", "value": [1], "x_axis_name": "a"}),
        ".x_axis_name",
        "a list",
    );
    refused_metric(
        json!({"name": "m", "type": "bar_chart", "value": [1], "x_axis_name": ["a".repeat(64)]}),
        ".x_axis_name[0]",
        "64 characters, at most 63",
    );
    refused_metric(
        json!({"name": "m", "type": "matrix", "value": vec![[1]; 21]}),
        ".value",
        "21 items, at most 20",
    );
    refused_metric(
        json!({"name": "m", "type": "matrix", "value": [vec![1; 21]]}),
        ".value[0]",
        "at most 20",
    );
    refused_metric(
        json!({"name": "m", "type": "matrix", "value": [[]]}),
        ".value[0]",
        "the list is empty",
    );
    refused_metric(
        json!({"name": "m", "type": "matrix", "value": [1]}),
        ".value[0]",
        "found `1`, expected a list",
    );
}

#[test]
fn texts_that_are_no_json_are_refused() {
    for (text, problem) in [
        ("", "the content is not JSON: EOF"),
        ("{", "the content is not JSON: EOF"),
        ("{} {}", "trailing characters"),
        (r#"{"a": NaN}"#, "not JSON"),
        (r#"{"a": Infinity}"#, "not JSON"),
        (r#"{"a": 1e999}"#, "out of range"),
        (r#"{"a": "\ud800"}"#, "not JSON"),
        ("{'model_overview': {}}", "not JSON"),
        (&"[".repeat(200), "recursion limit"),
    ] {
        refused_text(text, Variant::Card, ("$", problem));
    }
}

#[test]
fn a_key_that_is_there_twice_is_refused_with_its_path() {
    refused_text(
        r#"{"intended_uses": {"risk_rating": "High", "risk_rating": "Low"}}"#,
        Variant::Card,
        ("$.intended_uses.risk_rating", "more than once"),
    );
    refused_text(
        r#"{"evaluation_details": [{"name": "a"}, {"name": "b", "na\u006de": "c"}]}"#,
        Variant::Card,
        ("$.evaluation_details[1].name", "more than once"),
    );
}

#[test]
fn cards_of_packages_have_less_room() {
    let refused = |content: Value, path: &str, problem: &str| {
        assert!(
            Content::of_value(content.clone(), Variant::Card).is_ok(),
            "{content}"
        );
        refused_text(&content.to_string(), Variant::Package, (path, problem));
    };
    refused(
        overview("model_name", json!("m")),
        "$.model_overview.model_name",
        "expected `model_creator` or `model_artifact`",
    );
    refused(
        json!({"model_package_details": {}}),
        "$.model_package_details",
        "not known here",
    );
    refused(
        job("hyper_parameters", json!([{"name": "eta"}])),
        "$.training_details.training_job_details.hyper_parameters[0].value",
        "missing",
    );
    refused(
        job(
            "user_provided_hyper_parameters",
            json!([{"name": "eta", "value": ""}]),
        ),
        "$.training_details.training_job_details.user_provided_hyper_parameters[0].value",
        "empty",
    );
}

#[test]
fn all_faults_are_told_at_once_up_to_a_bound() {
    let content = json!({
        "model_overview": {"model_id": 1},
        "evaluation_details": [{"metric_groups": [{"name": ""}]}],
        "extra": true,
    });
    let error = invalid(&content.to_string(), Variant::Card);
    let paths: Vec<&str> = error
        .faults
        .iter()
        .map(|fault| fault.path.as_str())
        .collect();
    assert_eq!(
        paths,
        [
            "$.model_overview.model_id",
            "$.evaluation_details[0].metric_groups[0].name",
            "$.evaluation_details[0].metric_groups[0].metric_data",
            "$.evaluation_details[0].name",
            "$.extra",
        ]
    );
    let many = json!({"evaluation_details": vec![json!({}); 25]});
    let error = invalid(&many.to_string(), Variant::Card);
    assert_eq!((error.faults.len(), error.more), (20, 5));
    assert!(error.to_string().ends_with("; and 5 more"), "{error}");
}

#[test]
fn long_keys_and_values_are_not_repeated_in_full() {
    let content =
        json!({"k".repeat(90_000): 1, "intended_uses": {"risk_rating": "r".repeat(9_000)}});
    let error = invalid(&content.to_string(), Variant::Card);
    assert!(error.to_string().len() < 1_000, "{error}");
}

proptest! {
    #[test]
    fn any_text_is_parsed_without_panic(text in "\\PC{0,200}") {
        let _ = Content::parse(&text, Variant::Card);
    }

    /// What remains of a card when a part of its text is cut out or replaced.
    #[test]
    fn a_damaged_card_is_parsed_without_panic(
        start in 0.0..1.0_f64,
        length in 0_usize..60,
        patch in "[\\[\\]{},:\"0-9a-z\\\\é𝒳 -]{0,12}",
    ) {
        let text = std::fs::read_to_string(golden_path("good/every_member.json")).unwrap();
        let letters: Vec<char> = text.chars().collect();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a place in a short text"
        )]
        let start = (start * letters.len() as f64) as usize;
        let end = letters.len().min(start + length);
        let damaged: String = letters[..start].iter().copied()
            .chain(patch.chars())
            .chain(letters[end..].iter().copied())
            .collect();
        for variant in [Variant::Card, Variant::Package] {
            if let Ok(content) = Content::parse(&damaged, variant) {
                let again = Content::parse(&content.text(), variant);
                prop_assert_eq!(again.as_ref(), Ok(&content));
            }
        }
    }
}
