//! Columns that expressions make of JSON Lines and JSON.

use probity_data::{Format, ReadOptions, RecordColumns, RecordExpression, RecordRole, RecordValue};
use proptest::prelude::{Strategy, proptest};

use crate::reading::{check, check_error, options, read};

fn expression(text: &str) -> RecordExpression {
    RecordExpression::parse(text).unwrap()
}

/// Features, the label and the predicted label, `""` for none.
pub(crate) fn columns(expressions: [&str; 3], headers: Option<&str>) -> RecordColumns {
    let [features, label, predicted] = expressions;
    let roles = [(label, RecordRole::Label), (predicted, RecordRole::Output)];
    let values = roles.into_iter().filter(|(text, _)| !text.is_empty());
    RecordColumns::new(
        (!features.is_empty()).then(|| expression(features)),
        values
            .map(|(text, role)| RecordValue {
                expression: expression(text),
                role,
            })
            .collect(),
        headers.map(|names| names.split(',').map(str::to_owned).collect()),
    )
    .unwrap()
}

fn of(format: Format, columns: RecordColumns) -> ReadOptions {
    ReadOptions {
        format: Some(format),
        record_columns: Some(columns),
        ..options()
    }
}

fn lines(expressions: [&str; 3], headers: Option<&str>) -> ReadOptions {
    of(Format::JsonLines, columns(expressions, headers))
}

fn json(expressions: [&str; 3], headers: Option<&str>) -> ReadOptions {
    of(Format::Json, columns(expressions, headers))
}

const USUAL: [&str; 3] = ["features", "label", "predicted_label"];

#[track_caller]
fn check_lines_error(text: &str, expressions: [&str; 3], headers: Option<&str>, expected: &str) {
    check_error(
        &[("a.jsonl", text.as_bytes())],
        lines(expressions, headers),
        expected,
    );
}

#[track_caller]
fn check_json_error(text: &str, expressions: [&str; 3], expected: &str) {
    check_error(
        &[("a.json", text.as_bytes())],
        json(expressions, None),
        expected,
    );
}

#[test]
fn headers_name_features_then_label_then_predicted_label() {
    let text = "{\"label\":1,\"features\":[39,\"a\",1.50],\"predicted_label\":0}\n\n\
                {\"features\":[null,\"\",1e5],\"label\":0}\n";
    check(
        &[("a.jsonl", text)],
        lines(USUAL, Some("age,sex,income,target,predicted")),
        "age|sex|income|target|predicted",
        &["39|a|1.50|1|0", "·||1e5|0|·"],
    );
}

#[test]
fn without_headers_columns_are_numbered_from_0() {
    check(
        &[("a.jsonl", "{\"features\":[1,2],\"label\":\"yes\"}")],
        lines(["features", "label", ""], None),
        "column_0|column_1|column_2",
        &["1|2|yes"],
    );
}

#[test]
fn features_can_be_listed_by_name() {
    check(
        &[("a.jsonl", "{\"b\":{\"c\":2},\"a\":1,\"label\":0}")],
        lines(["[a, b.c]", "label", ""], Some("a,c,label")),
        "a|c|label",
        &["1|2|0"],
    );
}

#[test]
fn lists_of_labels_and_scores_are_kept_as_json() {
    check(
        &[(
            "a.jsonl",
            "{\"labels\":[\"cat\",\"dog\"],\"scores\":[0.10, 0.90]}",
        )],
        lines(["", "labels", "scores"], Some("labels,scores")),
        "labels|scores",
        &["[\"cat\",\"dog\"]|[0.10,0.90]"],
    );
}

#[test]
fn a_document_has_its_records_in_one_list() {
    let rows: &[&str] = &["1|2.0|yes|1", "3|4|·|0"];
    let records =
        "[{\"features\":[1,2.0],\"label\":\"yes\",\"p\":1},\n{\"features\":[3,4],\"p\":0}]";
    check(
        &[("a.json", records)],
        json(["[*].features", "[*].label", "[*].p"], Some("a,b,label,p")),
        "a|b|label|p",
        rows,
    );
    check(
        &[("a.json", &format!("{{\"data\":{{\"rows\":{records}}}}}"))],
        json(
            [
                "data.rows[*].features",
                "data.rows[*].label",
                "data.rows[*].p",
            ],
            Some("a,b,label,p"),
        ),
        "a|b|label|p",
        rows,
    );
}

#[test]
fn a_document_can_keep_features_and_labels_apart() {
    check(
        &[(
            "a.json",
            "{\"x\":[[1.50,2],[3,4]],\"y\":[\"a\",null],\"p\":{\"q\":[[0.1,0.9],[1,0]]}}",
        )],
        json(["x", "y", "p.q"], None),
        "column_0|column_1|column_2|column_3",
        &["1.50|2|a|[0.1,0.9]", "3|4|·|[1,0]"],
    );
}

#[test]
fn inner_lists_are_spliced_where_the_expression_says_so() {
    check(
        &[("a.json", "[[{\"f\":[1],\"y\":0}],{\"f\":[2],\"y\":1},[]]")],
        json(["[].f", "[].y", ""], None),
        "column_0|column_1",
        &["1|0", "2|1"],
    );
}

#[test]
fn the_cut_into_blocks_changes_no_row() {
    let record = |row: usize| format!("{{\"f\":[{row},{row}.50],\"y\":{}}}", row % 2);
    let records: Vec<String> = (0..40).map(record).collect();
    let expected: Vec<String> = (0..40)
        .map(|row| format!("{row}|{row}.50|{}", row % 2))
        .collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    for block_size_bytes in [1, 30, 300, 1 << 20] {
        let small = |options: ReadOptions| ReadOptions {
            block_size_bytes,
            ..options
        };
        check(
            &[("a.jsonl", &records.join("\n"))],
            small(lines(["f", "y", ""], Some("a,b,y"))),
            "a|b|y",
            &expected,
        );
        check(
            &[("a.json", &format!("[{}]", records.join(",\n")))],
            small(json(["[*].f", "[*].y", ""], Some("a,b,y"))),
            "a|b|y",
            &expected,
        );
    }
}

#[test]
fn the_number_of_features_is_that_of_the_first_record_in_all_files() {
    let files: [(&str, &[u8]); 2] = [
        ("a.jsonl", b"{\"f\":[1,2]}\n"),
        ("b.jsonl", b"\n{\"f\":[1]}\n"),
    ];
    check_error(
        &files,
        lines(["f", "", ""], None),
        "`b.jsonl` line 2: `f` gives 1 features, expected 2 as in the records before",
    );
    let documents: [(&str, &[u8]); 2] =
        [("a.json", b"{\"f\":[[1,2]]}"), ("b.json", b"{\"f\":[[1]]}")];
    check_error(
        &documents,
        json(["f", "", ""], None),
        "`b.json` line 1: `f` gives 1 features, expected 2 as in the records before",
    );
}

#[test]
fn headers_of_another_number_are_an_error_with_both_numbers() {
    let text = "{\"features\":[1,2],\"label\":1}";
    for headers in ["a,label", "a,b,c,label"] {
        let names = headers.split(',').count();
        check_lines_error(
            text,
            ["features", "label", ""],
            Some(headers),
            &format!(
                "Headers in config do not match with the number of columns in the dataset. `a.jsonl` has 3 columns, `headers` names {names}"
            ),
        );
    }
}

#[test]
fn an_expression_that_never_matches_is_taken_for_a_mistake() {
    check_lines_error(
        "{\"features\":[1],\"label\":1}\n{\"features\":[2],\"label\":0}",
        ["features", "Label", ""],
        None,
        "`a.jsonl`: `Label` gives nothing in any of 2 records; is a name in it misspelled?",
    );
    check_lines_error(
        "{\"features\":[1]}",
        ["Features", "", ""],
        None,
        "`a.jsonl` line 1: `Features` gives nothing, expected a list with the features of a record",
    );
    check_json_error(
        "{\"a\":[{\"y\":1}]}",
        ["", "b[*].y", ""],
        "`a.json` line 1: `b[*].y` gives no list, expected a list with an element for each record",
    );
}

#[test]
fn a_later_file_without_labels_is_a_note() {
    let files: [(&str, &[u8]); 2] = [("a.jsonl", b"{\"y\":1}\n"), ("b.jsonl", b"{\"y\":null}\n")];
    let table = read(&files, lines(["", "y", ""], None)).unwrap();
    assert_eq!(table.rows.len(), 2);
    let note = &table.notes[0];
    assert!(
        note.ends_with("b.jsonl`: `y` gives nothing in any of 1 records"),
        "{note}"
    );
}

#[test]
fn features_that_are_no_flat_list_are_an_error_with_their_line() {
    let text = |features: &str| format!("{{\"features\":[1]}}\n{{\"features\":{features}}}");
    let expression = ["features", "", ""];
    check_lines_error(
        &text("7"),
        expression,
        None,
        "`a.jsonl` line 2: `features` gives a number, expected a list with the features of a record",
    );
    check_lines_error(
        &text("[[1]]"),
        expression,
        None,
        "`a.jsonl` line 2: `features` gives a list that holds a list, expected a list of single values",
    );
    check_lines_error(
        &text("[1,2]"),
        expression,
        None,
        "`a.jsonl` line 2: `features` gives 2 features, expected 1 as in the records before",
    );
}

#[test]
fn a_label_that_is_an_object_is_an_error() {
    check_lines_error(
        "{\"label\":{\"a\":1}}",
        ["", "label", ""],
        None,
        "`a.jsonl` line 1: `label` gives an object, expected one value, or a list of them",
    );
}

#[test]
fn lists_of_a_document_must_have_an_element_for_each_record() {
    check_json_error(
        "{\"x\":[[1],[2]],\"y\":[1]}",
        ["x", "y", ""],
        "`a.json`: `x` gives a list of 2, but `y` one of 1; both must have an element for each record",
    );
    check_json_error(
        "{\"x\":[[1],[2]],\"y\":1}",
        ["x", "y", ""],
        "`a.json` line 1: `y` gives a number, expected a list with an element for each record",
    );
}

#[test]
fn an_expression_that_fails_says_why() {
    check_lines_error(
        "{\"label\":\"a\"}",
        ["", "abs(label)", ""],
        None,
        "`a.jsonl` line 1: `abs(label)` cannot be followed: argument 0 expects type number, given string",
    );
}

#[test]
fn broken_json_is_an_error_with_its_place() {
    check_lines_error(
        "{\"y\":1}\n{\"y\":1",
        ["", "y", ""],
        None,
        "`a.jsonl` line 2 column 7: invalid JSON: expected `,` or `}`",
    );
    check_lines_error(
        "{\"y\":1} 2",
        ["", "y", ""],
        None,
        "`a.jsonl` line 1 column 9: invalid JSON: text follows the record on its line",
    );
    check_json_error(
        "{\"x\":\n[1,]}",
        ["", "x", ""],
        "`a.json` line 2 column 4: invalid JSON: expected a value",
    );
    check_json_error(
        "{\"x\":[{\"y\":1}]} 5",
        ["", "x[*].y", ""],
        "`a.json` line 1 column 17: invalid JSON: text follows the document",
    );
    check_json_error(
        "[\n{\"y\":1}",
        ["", "[*].y", ""],
        "`a.json` line 2 column 8: invalid JSON: the array is never closed; is the file truncated?",
    );
}

#[test]
fn a_document_beyond_the_limit_is_refused_with_advice() {
    let limited = ReadOptions {
        max_record_bytes: 20,
        ..json(["x", "", ""], None)
    };
    check_error(
        &[("a.json", b"{\"x\":[[1,2,3,4,5,6,7]]}")],
        limited,
        "`a.json` is longer than 20 bytes, too long for expressions over the whole document; use JSON Lines, or an array of records with expressions that all begin with `[*]`",
    );
}

#[test]
fn no_records_are_no_rows() {
    for text in ["", " \n", "[]"] {
        let table = read(
            &[("a.json", text.as_bytes())],
            json(["[*].f", "", ""], None),
        )
        .unwrap();
        assert_eq!(table.rows.len(), 0, "{text:?}");
    }
}

/// A record: two features and a label, as JSON has them.
fn any_record() -> impl Strategy<Value = ([String; 2], Option<String>)> {
    let number = || "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,5})?([eE][+-]?[0-9]{1,3})?";
    ([number(), number()], proptest::option::of("[a-z]{1,4}"))
}

proptest! {
    #[test]
    fn lines_arrays_and_documents_of_the_same_records_are_the_same_rows(
        records in proptest::collection::vec(any_record(), 1..20),
    ) {
        let label = |label: &Option<String>| {
            label.as_ref().map_or_else(|| "null".to_owned(), |label| format!("\"{label}\""))
        };
        let texts: Vec<String> = records
            .iter()
            .map(|([one, two], y)| format!("{{\"f\":[{one},{two}],\"y\":{}}}", label(y)))
            .collect();
        let apart = format!(
            "{{\"f\":[{}],\"y\":[{}]}}",
            records.iter().map(|([one, two], _)| format!("[{one},{two}]")).collect::<Vec<_>>().join(","),
            records.iter().map(|(_, y)| label(y)).collect::<Vec<_>>().join(","),
        );
        let array = format!("[{}]", texts.join(","));
        let inner = format!("{{\"d\":{array}}}");
        let rows: Vec<Vec<Option<String>>> = records
            .into_iter()
            .map(|([one, two], y)| vec![Some(one), Some(two), y])
            .collect();
        let any_label = rows.iter().any(|row| row[2].is_some());
        for (text, options) in [
            (texts.join("\n"), lines(["f", "y", ""], None)),
            (array, json(["[*].f", "[*].y", ""], None)),
            (inner, json(["d[*].f", "d[*].y", ""], None)),
            (apart, json(["f", "y", ""], None)),
        ] {
            match read(&[("a.json", text.as_bytes())], options) {
                Ok(table) => assert_eq!(table.rows, rows),
                Err(message) => assert!(!any_label && message.contains("gives nothing"), "{message}"),
            }
        }
    }
}
