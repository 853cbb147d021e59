//! JSON Lines and JSON files.

use probity_data::{Format, Nested, ReadOptions};

use crate::reading::{check, check_error, lines, options, read, small_blocks};

fn flatten() -> ReadOptions {
    ReadOptions {
        nested: Nested::Flatten,
        ..options()
    }
}

#[test]
fn columns_come_in_order_of_first_appearance_and_absent_keys_are_missing() {
    let text = "{\"a\":1}\n{\"b\":\"x\",\"a\":null}\n\n{\"c\":true,\"b\":\"\"}\n";
    check(
        &[("a.jsonl", text)],
        options(),
        "a|b|c",
        &["1|·|·", "·|x|·", "·||true"],
    );
}

#[test]
fn numbers_keep_their_spelling_and_strings_are_unescaped() {
    check(
        &[(
            "a.jsonl",
            r#"{"n":1.50,"e":1E+5,"s":"\u00e9\n\"","d":"1.0"}"#,
        )],
        options(),
        "n|e|s|d",
        &["1.50|1E+5|é\n\"|1.0"],
    );
}

#[test]
fn of_a_repeated_key_the_last_value_counts() {
    check(
        &[("a.jsonl", r#"{"a":1,"b":2,"a":3}"#)],
        options(),
        "a|b",
        &["3|2"],
    );
}

#[test]
fn a_bare_nan_is_missing_and_a_quoted_one_is_text() {
    check(
        &[(
            "a.jsonl",
            "{\"a\":NaN,\"b\":\"NaN\"}\n{\"a\":1.5,\"b\":-Infinity}\n",
        )],
        options(),
        "a|b",
        &["·|NaN", "1.5|-Infinity"],
    );
}

#[test]
fn a_repeated_key_is_said_once() {
    let repeated = "{\"a\":1,\"b\":2}\n{\"a\":1,\"a\":3}\n{\"b\":null,\"b\":3}\n";
    for block_size in [1, 1000] {
        let files = [
            ("a.jsonl", repeated.as_bytes()),
            ("b.jsonl", repeated.as_bytes()),
        ];
        let notes = read(&files, small_blocks(block_size)).unwrap().notes;
        assert_eq!(notes.len(), 1);
        assert!(
            notes[0].ends_with("a.jsonl`: `a` appears twice in one record; its last value counts"),
            "{notes:?}"
        );
    }
    let cleared = read(&[("a.jsonl", b"{\"a\":null,\"a\":1}")], options()).unwrap();
    assert_eq!(cleared.notes.len(), 1);
    let once = read(&[("a.jsonl", b"{\"a\":1}\n{\"a\":1}\n")], options()).unwrap();
    assert_eq!(once.notes, Vec::<String>::new());
}

#[test]
fn keys_that_flatten_to_one_column_are_an_error_that_names_both() {
    check_error(
        &[("a.jsonl", br#"{"a.b":1,"a":{"b":2}}"#)],
        flatten(),
        r#"`a.jsonl` line 1: "a.b" and "a"."b" both make the column `a.b`; rename one of them"#,
    );
    check_error(
        &[(
            "a.jsonl",
            b"{\"a\":{\"b\":{\"c\":1}}}\n{\"a\":{\"b.c\":2}}\n",
        )],
        flatten(),
        r#"`a.jsonl` line 2: "a"."b"."c" and "a"."b.c" both make the column `a.b.c`; rename one of them"#,
    );
}

#[test]
fn flattened_columns_remember_the_member_they_are_from() {
    let record = br#"{"l":[1,{"x":2}],"u":{"a":{"b":3}},"p.q":4}"#;
    let names = read(&[("a.jsonl", record)], flatten())
        .unwrap()
        .original_names;
    let expected = [("l.0", "l"), ("l.1.x", "l"), ("u.a.b", "u")];
    let expected = expected.map(|(name, original)| (name.to_owned(), original.to_owned()));
    assert_eq!(names, expected.into());
}

#[test]
fn blocks_have_their_own_columns() {
    let text = "{\"a\":1}\n{\"a\":2}\n{\"a\":3,\"b\":4}\n{\"b\":5}\n";
    for block_size in [1, 8, 9, 20, 1000] {
        check(
            &[("a.jsonl", text)],
            small_blocks(block_size),
            "a|b",
            &["1|·", "2|·", "3|4", "·|5"],
        );
    }
}

#[test]
fn nested_values_are_refused_with_their_path_or_flattened() {
    let text = "{\"a\":1}\n{\"a\":2,\"b\":{\"c\":{\"d\":1},\"e\":[7,[8]],\"f\":{}}}\n";
    check_error(
        &[("a.jsonl", text.as_bytes())],
        options(),
        "`a.jsonl` line 2: `b` is nested; pass `--flatten` to make it columns, or flatten it beforehand",
    );
    check(
        &[("a.jsonl", text)],
        flatten(),
        "a|b.c.d|b.e.0|b.e.1.0",
        &["1|·|·|·", "2|1|7|8"],
    );
}

#[test]
fn features_of_sagemaker_json_lines_flatten_to_positions() {
    check(
        &[("a.jsonl", r#"{"features":[1,"x"]}"#)],
        flatten(),
        "features.0|features.1",
        &["1|x"],
    );
}

#[test]
fn an_array_of_objects_is_read_in_blocks_of_any_size() {
    let text = " [ {\"a\":\"]},{\"},\n {\"a\":\"2\\\"\"} ,{\"b\":3}\n]\n";
    for block_size in [1, 5, 12, 17, 30, 1000] {
        check(
            &[("a.json", text)],
            small_blocks(block_size),
            "a|b",
            &["]},{|·", "2\"|·", "·|3"],
        );
    }
    let table = read(&[("a.json", b"[]")], options()).unwrap();
    assert_eq!((table.format, table.rows.len()), (Format::Json, 0));
}

#[test]
fn one_object_over_several_lines_is_one_record() {
    check(
        &[("a.json", "{\n  \"a\": 1,\n  \"b\": 2\n}\n")],
        options(),
        "a|b",
        &["1|2"],
    );
}

#[test]
fn lines_and_arrays_may_be_files_of_one_dataset() {
    check(
        &[
            ("a.json", "[{\"a\":1}]"),
            ("b.json", "{\"a\":2}\n{\"a\":3}\n"),
        ],
        options(),
        "a",
        &["1", "2", "3"],
    );
}

#[test]
fn malformed_json_is_an_error_with_its_place() {
    let error = |name: &str, text: &str, expected: &str| {
        check_error(&[(name, text.as_bytes())], options(), expected)
    };
    error(
        "a.jsonl",
        "{\"a\":1}\n{\"a\":é}\n",
        "`a.jsonl` line 2 column 6: invalid JSON: expected a value",
    );
    error(
        "a.jsonl",
        "{\"a\":1}\n{\"a\":\n1}\n",
        "`a.jsonl` line 2 column 6: invalid JSON: the text ends where a value is expected",
    );
    error(
        "a.jsonl",
        "{\"a\":1} {\"a\":2}\n",
        "`a.jsonl` line 1 column 9: invalid JSON: text follows the record on its line",
    );
    error(
        "a.jsonl",
        "{\"a\":1}\n[1]\n",
        "`a.jsonl` line 2 column 1: invalid JSON: expected an object",
    );
    error(
        "a.json",
        "[{\"a\":1},\n5]",
        "`a.json` line 2 column 1: invalid JSON: expected an object",
    );
    error(
        "a.json",
        "[{\"a\":1}{\"a\":2}]",
        "`a.json` line 1 column 8: invalid JSON: expected `,` or `]`",
    );
    error(
        "a.json",
        "[{\"a\":1},]",
        "`a.json` line 1 column 9: invalid JSON: expected an object",
    );
}

#[test]
fn a_truncated_array_is_an_error_wherever_it_is_cut() {
    let text = "[{\"a\":1},{\"a\":2},{\"a\":3}]";
    for size in 1..text.len() {
        for block_size in [1, 8, 1000] {
            let result = read(
                &[("a.json", &text.as_bytes()[..size])],
                small_blocks(block_size),
            );
            assert!(
                result.is_err(),
                "{} in blocks of {block_size}",
                &text[..size]
            );
        }
    }
}

#[test]
fn invalid_utf8_and_long_records_are_errors_with_their_line() {
    check_error(
        &[("a.jsonl", b"{\"a\":1}\n{\"a\":\"\xff\"}\n")],
        options(),
        "`a.jsonl` line 2: not valid UTF-8; convert the file, for example with iconv",
    );
    let limited = ReadOptions {
        block_size_bytes: 16,
        max_record_bytes: 100,
        ..options()
    };
    let message = "the record that begins here is longer than 100 bytes";
    let long = format!("{{\"a\":1}}\n{{\"a\":\"{}\"}}\n", "x".repeat(1000));
    check_error(
        &[("a.jsonl", long.as_bytes())],
        limited.clone(),
        &format!("`a.jsonl` line 2: {message}"),
    );
    let long = format!("[{{\"a\":1}},\n{{\"a\":\"{}\"}}]", "x".repeat(1000));
    check_error(
        &[("a.json", long.as_bytes())],
        limited,
        &format!("`a.json` line 2: {message}"),
    );
}

#[test]
fn rare_keys_of_many_rows_are_read() {
    let text: String = (0..20_000)
        .map(|row| format!("{{\"id\":{row},\"k{}\":1}}\n", row % 3000))
        .collect();
    let table = read(&[("a.jsonl", text.as_bytes())], options()).unwrap();
    assert_eq!((table.columns.len(), table.rows.len()), (3001, 20_000));
    let present = |position: usize| {
        table
            .rows
            .iter()
            .filter(|row| row[position].is_some())
            .count()
    };
    assert_eq!((present(0), present(1), present(3000)), (20_000, 7, 6));
    assert!(lines(&table)[19_999].starts_with("19999|"));
}
