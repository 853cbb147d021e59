//! Captured events, plain and merged with ground truth.

use probity_data::{ColumnsPosition, Nested, ReadOptions};

use crate::reading::{check, check_error, options};

/// An event of an endpoint; `None` for a side that was not captured.
fn event(input: Option<(&str, &str)>, output: Option<(&str, &str)>) -> String {
    let side = |name: &str, side: Option<(&str, &str)>| {
        side.map(|(encoding, data)| {
            format!("\"{name}\":{{\"data\":{data:?},\"encoding\":\"{encoding}\"}}")
        })
    };
    let sides: Vec<String> = [side("endpointInput", input), side("endpointOutput", output)]
        .into_iter()
        .flatten()
        .collect();
    format!(
        "{{\"captureData\":{{{}}},\"eventMetadata\":{{\"eventId\":\"e\"}},\"eventVersion\":\"0\"}}\n",
        sides.join(",")
    )
}

fn csv(input: &str, output: &str) -> String {
    event(Some(("CSV", input)), Some(("CSV", output)))
}

fn json(input: &str, output: &str) -> String {
    event(Some(("JSON", input)), Some(("JSON", output)))
}

fn named(names: &[&str]) -> ReadOptions {
    ReadOptions {
        column_names: Some(names.iter().map(|name| (*name).to_owned()).collect()),
        ..options()
    }
}

#[test]
fn output_columns_come_first_unless_asked_last() {
    check(
        &[("a.jsonl", &csv("1,x\n", "0.5\n"))],
        options(),
        "_c0|_c1|_c2",
        &["0.5|1|x"],
    );
    let end = ReadOptions {
        columns_position: ColumnsPosition::End,
        ..options()
    };
    check(
        &[("a.jsonl", &csv("1,x\n", "0.5\n"))],
        end,
        "_c0|_c1|_c2",
        &["1|x|0.5"],
    );
}

#[test]
fn names_are_the_baselines_by_position() {
    check(
        &[("a.jsonl", &csv("1,x", "0.5"))],
        named(&["score", "age"]),
        "score|age|_c2",
        &["0.5|1|x"],
    );
}

#[test]
fn records_of_an_event_are_zipped() {
    let text = csv("1,\"a\nb\"\n,2\n", "0.1\n0.2\n");
    check(
        &[("a.jsonl", &text)],
        options(),
        "_c0|_c1|_c2",
        &["0.1|1|a\nb", "0.2|·|2"],
    );
    check_error(
        &[("a.jsonl", csv("1\n2\n3\n", "0.1\n0.2\n").as_bytes())],
        options(),
        "`a.jsonl` line 1: the event has 2 output records for 3 input records",
    );
}

#[test]
fn one_captured_side_is_enough() {
    check(
        &[("a.jsonl", &event(Some(("CSV", "1,2")), None))],
        options(),
        "_c0|_c1",
        &["1|2"],
    );
    check(
        &[("a.jsonl", &event(None, Some(("CSV", "0.5"))))],
        options(),
        "_c0",
        &["0.5"],
    );
    check_error(
        &[("a.jsonl", event(None, None).as_bytes())],
        options(),
        "`a.jsonl` line 1: not a captured event: neither input nor output was captured",
    );
}

#[test]
fn json_payloads_keep_their_keys() {
    let text = json(r#"{"age":40,"id":"i"}"#, r#"{"score":0.50,"id":"o"}"#);
    check(
        &[("a.jsonl", &text)],
        options(),
        "score|id|age",
        &["0.50|i|40"],
    );
    let lines = json(
        "{\"age\":1}\n{\"age\":2}\n",
        "[{\"score\":3},{\"score\":4}]",
    );
    check(
        &[("a.jsonl", &lines)],
        options(),
        "score|age",
        &["3|1", "4|2"],
    );
}

#[test]
fn instances_are_refused_or_flattened() {
    let text = json(
        r#"{"instances": [{"features": [28, 2]}]}"#,
        r#"{"score":0.5}"#,
    );
    check_error(
        &[("a.jsonl", text.as_bytes())],
        options(),
        "`a.jsonl` line 1: `instances` is nested; pass `--flatten` to make it columns, or flatten it beforehand",
    );
    let flatten = ReadOptions {
        nested: Nested::Flatten,
        ..options()
    };
    check(
        &[("a.jsonl", &text)],
        flatten,
        "score|instances.0.features.0|instances.0.features.1",
        &["0.5|28|2"],
    );
}

#[test]
fn an_encoding_mismatch_is_said_in_the_words_of_the_service() {
    let text = csv("1", "2") + &event(Some(("CSV", "1")), Some(("JSON", "{}")));
    check_error(
        &[("a.jsonl", text.as_bytes())],
        options(),
        "`a.jsonl` line 2: Encoding mismatch: Encoding is CSV for endpointInput, but Encoding is JSON for endpointOutput. We currently only support the same type of input and output encoding at the moment.",
    );
}

#[test]
fn base64_says_what_to_configure() {
    let text = event(Some(("BASE64", "MQ==")), Some(("BASE64", "MQ==")));
    check_error(
        &[("a.jsonl", text.as_bytes())],
        options(),
        "`a.jsonl` line 1: the data of endpointOutput is BASE64: its content type was not declared as text when it was captured; add it to `csv_content_types` or `json_content_types` of the endpoint's capture configuration",
    );
}

#[test]
fn an_event_of_another_width_than_the_first_is_an_error_in_any_block() {
    let text = csv("1,2", "0.5").repeat(5) + &csv("1", "0.5");
    for block_size_bytes in [1, 300, 1 << 20] {
        let options = ReadOptions {
            block_size_bytes,
            ..options()
        };
        check_error(
            &[("a.jsonl", text.as_bytes())],
            options,
            "`a.jsonl` line 6: expected 3 columns, found 2",
        );
    }
}

#[test]
fn damaged_events_are_errors_that_show_no_value() {
    let good = csv("1", "2");
    let after = |bad: &str, expected: &str| {
        check_error(
            &[("a.jsonl", format!("{good}{bad}\n").as_bytes())],
            options(),
            expected,
        );
    };
    after(
        "{\"captureData\":",
        "`a.jsonl` line 2 column 15: invalid JSON: the line ends too early",
    );
    after(
        "{\"captureData\":\"secret\"}",
        "`a.jsonl` line 2: not a captured event: `captureData` and its sides are not as an endpoint captures them",
    );
    after(
        "{\"eventVersion\":\"0\"}",
        "`a.jsonl` line 2: not a captured event: it has no `captureData`",
    );
    after(
        &csv("\"secret", "1"),
        "`a.jsonl` line 2 of the data of endpointInput: a quote is never closed",
    );
    after(
        &json("{\"a\":secret}", "{}"),
        "`a.jsonl` line 2 of the data of endpointInput: invalid JSON at byte 5: expected a value",
    );
}

fn merged(ground_truth: (&str, &str), input: &str, output: &str) -> String {
    let (encoding, data) = ground_truth;
    let truth = format!("{{\"groundTruthData\":{{\"data\":{data:?},\"encoding\":\"{encoding}\"}},");
    csv(input, output).replacen('{', &truth, 1)
}

#[test]
fn ground_truth_comes_last() {
    check(
        &[("a.jsonl", &merged(("CSV", "1\n"), "7,8", "0.5"))],
        options(),
        "_c0|_c1|_c2|groundTruth",
        &["0.5|7|8|1"],
    );
    check(
        &[("a.jsonl", &merged(("CSV", "1,x"), "7", "0.5"))],
        options(),
        "_c0|_c1|groundTruth_0|groundTruth_1",
        &["0.5|7|1|x"],
    );
    check(
        &[("a.jsonl", &merged(("CSV", "1\n0\n"), "7\n8", "0.5\n0.6"))],
        options(),
        "_c0|_c1|groundTruth",
        &["0.5|7|1", "0.6|8|0"],
    );
}

#[test]
fn ground_truth_of_another_number_of_records_is_an_error() {
    check_error(
        &[(
            "a.jsonl",
            merged(("CSV", "1"), "7\n8", "0.5\n0.6").as_bytes(),
        )],
        options(),
        "`a.jsonl` line 1: the event has 1 ground truth records for 2 captured records",
    );
}

#[test]
fn a_capture_without_ground_truth_among_merged_ones_is_an_error() {
    let text = merged(("CSV", "1"), "7", "0.5") + &csv("7", "0.5");
    check_error(
        &[("a.jsonl", text.as_bytes())],
        options(),
        "`a.jsonl` line 2: not a captured event: it has no `groundTruthData`",
    );
}

/// The published shape of an endpoint's record, and of merged records of an
/// endpoint and of a batch transform job.
#[test]
fn the_published_records_are_read() {
    let endpoint = include_str!("../../../../golden/capture/records/endpoint.jsonl");
    check(
        &[("a.jsonl", endpoint)],
        named(&["churn"]),
        "churn|_c1|_c2|_c3|_c4",
        &["0.036397725343704224|132|10|182.9|1"],
    );
    let merged = include_str!("../../../../golden/capture/records/merged_endpoint.jsonl");
    check(
        &[("a.jsonl", merged)],
        options(),
        "_c0|_c1|_c2|_c3|groundTruth",
        &["0.0364|132|10|182.9|1"],
    );
    let batch = include_str!("../../../../golden/capture/records/merged_batch.jsonl");
    let flatten = ReadOptions {
        nested: Nested::Flatten,
        ..options()
    };
    check(
        &[("a.jsonl", batch)],
        flatten,
        "SageMakerOutput.predicted_label|SageMakerOutput.score|features.0|features.1|groundTruth.label",
        &["0|0.0476|29|2|1"],
    );
}
