//! Columns that expressions make of captured events, and columns of captures chosen by their position.

use probity_data::{
    CaptureSide, ColumnChoice, ReadOptions, RecordColumns, RecordExpression, RecordRole,
    RecordValue,
};

use crate::reading::{check, check_error, options, read};

/// An event with the sides that are not empty, each as its encoding and data.
fn event(sides: &[(&str, &str, &str)]) -> String {
    let side = |(name, encoding, data): &(&str, &str, &str)| {
        format!("\"{name}\":{{\"data\":{data:?},\"encoding\":\"{encoding}\"}}")
    };
    let is_truth = |side: &&(&str, &str, &str)| side.0 == "groundTruthData";
    let captured: Vec<String> = sides.iter().filter(|it| !is_truth(it)).map(side).collect();
    let truth: Vec<String> = sides.iter().filter(is_truth).map(side).collect();
    let truth = truth
        .first()
        .map_or_else(String::new, |truth| format!("{truth},"));
    format!(
        "{{\"eventVersion\":\"0\",{truth}\"captureData\":{{{}}},\"eventMetadata\":{{\"eventId\":\"e\"}}}}\n",
        captured.join(",")
    )
}

/// Features, label, predicted label and probability, `""` for none.
fn by_expression(expressions: [&str; 4]) -> ReadOptions {
    let parse = |text: &str| RecordExpression::parse(text).unwrap();
    let [features, label, predicted, probability] = expressions;
    let values = [
        (label, RecordRole::Label),
        (predicted, RecordRole::Output),
        (probability, RecordRole::Output),
    ];
    let values = values
        .into_iter()
        .filter(|(text, _)| !text.is_empty())
        .map(|(text, role)| RecordValue {
            expression: parse(text),
            role,
        });
    let columns = RecordColumns::new(
        (!features.is_empty()).then(|| parse(features)),
        values.collect(),
        None,
    );
    ReadOptions {
        record_columns: Some(columns.unwrap()),
        ..options()
    }
}

#[track_caller]
fn check_event(sides: &[(&str, &str, &str)], expressions: [&str; 4], rows: &[&str]) {
    let width = rows[0].split('|').count();
    let names: Vec<String> = (0..width)
        .map(|column| format!("column_{column}"))
        .collect();
    check(
        &[("a.jsonl", &event(sides))],
        by_expression(expressions),
        &names.join("|"),
        rows,
    );
}

#[test]
fn each_side_has_its_columns() {
    check_event(
        &[
            (
                "endpointInput",
                "JSON",
                "{\"instances\":[{\"features\":[28,1.50]}]}",
            ),
            (
                "endpointOutput",
                "JSON",
                "{\"predictions\":[{\"label\":1,\"score\":0.90}]}",
            ),
            ("groundTruthData", "JSON", "{\"label\": 0}"),
        ],
        [
            "instances[*].features",
            "label",
            "predictions[0].label",
            "predictions[*].score",
        ],
        &["28|1.50|0|1|0.90"],
    );
}

#[test]
fn a_mini_batch_has_a_row_for_each_record() {
    let rows: &[&str] = &["1|a|yes|0.5", "2|b|no|0.25"];
    let input = "{\"x\":[[1,\"a\"],[2,\"b\"]]}";
    let labels = ("groundTruthData", "CSV", "yes\nno\n");
    for (input, features) in [
        (input, "x"),
        ("{\"x\":[1,\"a\"]}\n{\"x\":[2,\"b\"]}\n", "x"),
        ("[{\"x\":[1,\"a\"]},{\"x\":[2,\"b\"]}]", "[*].x"),
    ] {
        for (output, score) in [
            ("{\"scores\":[0.5,0.25]}", "scores"),
            ("{\"p\":[{\"score\":0.5},{\"score\":0.25}]}", "p[*].score"),
            ("{\"score\":0.5}\n{\"score\":0.25}", "score"),
        ] {
            check_event(
                &[
                    ("endpointInput", "JSON", input),
                    ("endpointOutput", "JSON", output),
                    labels,
                ],
                [features, "label", "", score],
                rows,
            );
        }
    }
}

#[test]
fn the_scores_of_one_record_are_one_list() {
    check_event(
        &[
            ("endpointInput", "JSON", "{\"features\":[1,2]}"),
            (
                "endpointOutput",
                "JSON",
                "{\"probabilities\":[0.10,0.60,0.30]}",
            ),
        ],
        ["features", "", "probabilities", ""],
        &["1|2|[0.10,0.60,0.30]"],
    );
    check_event(
        &[
            ("endpointInput", "JSON", "{\"x\":[[1],[2]]}"),
            ("endpointOutput", "JSON", "{\"p\":[[0.1,0.9],[1,0]]}"),
        ],
        ["x", "", "p", ""],
        &["1|[0.1,0.9]", "2|[1,0]"],
    );
}

#[test]
fn one_side_of_a_batch_transform_job_has_all() {
    check_event(
        &[
            (
                "batchTransformOutput",
                "JSON",
                "{\"SageMakerOutput\":{\"predicted_label\":0,\"score\":0.0476},\"features\":[29,2]}",
            ),
            ("groundTruthData", "JSON", "{\"label\": 1}"),
        ],
        [
            "features",
            "label",
            "SageMakerOutput.predicted_label",
            "SageMakerOutput.score",
        ],
        &["29|2|1|0|0.0476"],
    );
}

#[test]
fn a_bare_label_needs_no_expression_to_apply() {
    for label in [("CSV", "1"), ("JSON", "1"), ("JSON", "[1]"), ("CSV", "1\n")] {
        check_event(
            &[
                ("endpointInput", "JSON", "{\"features\":[7]}"),
                ("groundTruthData", label.0, label.1),
            ],
            ["features", "label", "", ""],
            &["7|1"],
        );
    }
}

#[test]
fn sides_that_differ_in_records_are_an_error() {
    let text = event(&[
        ("endpointInput", "JSON", "{\"x\":[[1],[2]]}"),
        ("endpointOutput", "JSON", "{\"p\":[0.5,0.25,0.125]}"),
    ]);
    check_error(
        &[("a.jsonl", text.as_bytes())],
        by_expression(["x", "", "p", ""]),
        "`a.jsonl` line 1: `p` gives 3 values for 2 records, expected one value for each record",
    );
}

#[test]
fn an_event_with_another_number_of_features_is_an_error_in_any_block() {
    let text = [
        event(&[("endpointInput", "JSON", "{\"f\":[1,2]}")]),
        event(&[("endpointInput", "JSON", "{\"f\":[1]}")]),
    ];
    for block_size_bytes in [1, 1 << 20] {
        check_error(
            &[("a.jsonl", text.concat().as_bytes())],
            ReadOptions {
                block_size_bytes,
                ..by_expression(["f", "", "", ""])
            },
            "`a.jsonl` line 2: `f` gives 1 features, expected 2 as in the records before",
        );
    }
}

#[test]
fn csv_payloads_are_read_as_without_expressions() {
    let text = event(&[
        ("endpointInput", "CSV", "1,x"),
        ("endpointOutput", "CSV", "0.5"),
    ]);
    check(
        &[("a.jsonl", &text)],
        by_expression(["features", "", "predictions", ""]),
        "_c0|_c1|_c2",
        &["0.5|1|x"],
    );
}

#[track_caller]
fn check_choice(text: &str, options: ReadOptions, choice: (&str, CaptureSide), expected: &str) {
    let table = read(&[("a.jsonl", text.as_bytes())], options).unwrap();
    let schema = &table.schemas[0];
    let (name, side) = choice;
    let position = ColumnChoice::from(name).resolve_on(schema, side).unwrap();
    assert_eq!(schema.field(position).name(), expected);
}

#[test]
fn position_0_is_the_first_column_of_the_side_that_is_meant() {
    let text = event(&[
        ("endpointInput", "CSV", "1,x"),
        ("endpointOutput", "CSV", "0.5"),
        ("groundTruthData", "CSV", "1"),
    ]);
    let end = || ReadOptions {
        columns_position: probity_data::ColumnsPosition::End,
        ..options()
    };
    check_choice(&text, options(), ("0", CaptureSide::Output), "_c0");
    check_choice(&text, end(), ("0", CaptureSide::Output), "_c2");
    check_choice(&text, options(), ("1", CaptureSide::Input), "_c2");
    check_choice(
        &text,
        options(),
        ("0", CaptureSide::GroundTruth),
        "groundTruth",
    );
}

#[test]
fn expressions_name_their_columns() {
    let text = event(&[
        ("endpointInput", "JSON", "{\"f\":[1,2]}"),
        (
            "endpointOutput",
            "JSON",
            "{\"predictions\":[{\"score\":0.5}]}",
        ),
        ("groundTruthData", "JSON", "{\"label\":1}"),
    ]);
    let options = || by_expression(["f", "label", "predictions[0].score", ""]);
    let score = ("predictions[0].score", CaptureSide::Output);
    check_choice(&text, options(), score, "column_3");
    check_choice(&text, options(), ("0", CaptureSide::Output), "column_3");
    check_choice(
        &text,
        options(),
        ("label", CaptureSide::GroundTruth),
        "column_2",
    );
    check_choice(&text, options(), ("1", CaptureSide::Input), "column_1");
}
