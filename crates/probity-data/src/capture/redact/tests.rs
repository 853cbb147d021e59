//! Rules on payloads of every form, and what must not be kept when a rule cannot be applied.

use super::*;

fn rules(text: &str, names: &[&str]) -> Redaction {
    Redaction::parse(text, KeyedHash::new(b"key"))
        .unwrap()
        .with_names(names.iter().map(|name| (*name).to_owned()).collect())
}

const NAMES: &[&str] = &["age", "email", "note"];

#[track_caller]
fn check(
    redaction: &Redaction,
    (side, encoding): (Side, CaptureEncoding),
    data: &str,
    expected: Option<&str>,
) {
    let found = redaction.apply(side, encoding, data.as_bytes());
    let found = found.map(|found| String::from_utf8(found.into_owned()).unwrap());
    assert_eq!(found.as_deref(), expected, "{data}");
}

const CSV_IN: (Side, CaptureEncoding) = (Side::Input, CaptureEncoding::Csv);
const CSV_OUT: (Side, CaptureEncoding) = (Side::Output, CaptureEncoding::Csv);
const JSON_IN: (Side, CaptureEncoding) = (Side::Input, CaptureEncoding::Json);
const JSON_OUT: (Side, CaptureEncoding) = (Side::Output, CaptureEncoding::Json);

#[test]
fn without_rules_nothing_is_touched() {
    let redaction = Redaction::none();
    check(&redaction, CSV_IN, "1,\"", Some("1,\""));
    check(
        &redaction,
        (Side::Input, CaptureEncoding::Base64),
        "x",
        Some("x"),
    );
}

/// RFC 4231 has no case of a three-letter key; this one is of Python's `hmac`:
/// `hmac.new(b"key", b"a@b", "sha256").hexdigest()[:32]`.
#[test]
fn a_hash_is_hmac_sha256() {
    check(
        &rules("1=hash", &[]),
        CSV_IN,
        "1,a@b\n",
        Some("1,85a0be1cfa9b2af7882b9c6c18033471\n"),
    );
}

#[test]
fn cells_are_dropped_and_cut_where_they_stand() {
    let redaction = rules("1=drop 2=truncate:2", &[]);
    check(
        &redaction,
        CSV_IN,
        "1,x,hello\r\n\r\n2,\"a,\"\"b\",\"ü,,\"",
        Some("1,,he\r\n\r\n2,,\"ü,\""),
    );
    check(&redaction, CSV_IN, "1,,\n", Some("1,,\n"));
    check(&rules("email=drop", NAMES), CSV_IN, "1,x,y", Some("1,,y"));
}

#[test]
fn csv_in_which_the_column_cannot_be_told_is_not_kept() {
    check(&rules("2=drop", &[]), CSV_IN, "1,2,3\n1;2;3\n", None);
    check(&rules("1=drop", &[]), CSV_IN, "1,\"x\n", None);
    check(&rules("1=drop", &[]), CSV_IN, "1,\"x\"y\n", None);
    check(&rules("1=drop", &[]), CSV_IN, "1,x\"y\"\n", None);
    check(&rules("email=drop", &[]), CSV_IN, "1,x\n", None);
    check(
        &rules("email=drop", NAMES),
        (Side::Input, CaptureEncoding::Base64),
        "1,x,y",
        None,
    );
}

#[test]
fn the_output_has_columns_of_its_own() {
    let redaction = rules("0=drop email=drop", NAMES);
    check(&redaction, CSV_OUT, "0.5\n", Some("0.5\n"));
    check(
        &redaction,
        JSON_OUT,
        "{\"predictions\": [0.5]}",
        Some("{\"predictions\": [0.5]}"),
    );
    check(
        &rules("output:1=drop", &[]),
        CSV_OUT,
        "0.5,x\n",
        Some("0.5,\n"),
    );
}

#[test]
fn members_are_found_at_any_depth_and_the_rest_stays_as_it_was() {
    let redaction = rules("email=drop person.name=truncate:1", &[]);
    check(
        &redaction,
        JSON_IN,
        " {\"instances\": [ {\"email\":\"a\\\"b\", \"x\":1.0e5}, {\"person\":{\"name\":\"Zoë\"},\"name\":\"kept\"} ] }\n",
        Some(
            " {\"instances\": [ {\"email\":null, \"x\":1.0e5}, {\"person\":{\"name\":\"Z\"},\"name\":\"kept\"} ] }\n",
        ),
    );
    check(
        &redaction,
        JSON_IN,
        "{\"email\":{\"a\":[1,\"x\"]},\"b\":[2]}",
        Some("{\"email\":{\"a\":[null,null]},\"b\":[2]}"),
    );
    check(
        &redaction,
        JSON_IN,
        "{\"x\":1}\n{\"em\\u0061il\":7}\n",
        Some("{\"x\":1}\n{\"em\\u0061il\":null}\n"),
    );
}

#[test]
fn elements_of_rows_are_found_by_position() {
    let redaction = rules("email=drop", NAMES);
    let cases = [
        ("[[1,\"x\",2],[3,\"y\",4]]", "[[1,null,2],[3,null,4]]"),
        ("[1,\"x\",2]", "[1,null,2]"),
        (
            "{\"instances\":[{\"features\":[1,\"x\",2]}]}",
            "{\"instances\":[{\"features\":[1,null,2]}]}",
        ),
        (
            "{\"instances\":[[1,\"x\",2]]}",
            "{\"instances\":[[1,null,2]]}",
        ),
        (
            "[1,\"x\",2]\n{\"features\":[3,\"y\",4]}\n",
            "[1,null,2]\n{\"features\":[3,null,4]}\n",
        ),
        (
            "{\"instances\":[{\"email\":\"x\",\"tags\":[1]}]}",
            "{\"instances\":[{\"email\":null,\"tags\":[1]}]}",
        ),
        (
            "{\"inputs\":{\"email\":[\"x\",\"y\"],\"age\":[1,2]}}",
            "{\"inputs\":{\"email\":[null,null],\"age\":[1,2]}}",
        ),
    ];
    for (data, expected) in cases {
        check(&redaction, JSON_IN, data, Some(expected));
    }
}

#[test]
fn forms_that_name_their_columns_need_no_other_names() {
    let redaction = rules("email=drop", &[]);
    check(
        &redaction,
        JSON_IN,
        "{\"dataframe_split\":{\"columns\":[\"email\",\"age\"],\"data\":[[\"x\",1],[\"y\",2]]}}",
        Some(
            "{\"dataframe_split\":{\"columns\":[\"email\",\"age\"],\"data\":[[null,1],[null,2]]}}",
        ),
    );
    check(
        &redaction,
        JSON_IN,
        "{\"inputs\":[{\"name\":\"email\",\"shape\":[2],\"data\":[\"x\",\"y\"]},{\"name\":\"age\",\"shape\":[2],\"data\":[1,2]}]}",
        Some(
            "{\"inputs\":[{\"name\":\"email\",\"shape\":[2],\"data\":[null,null]},{\"name\":\"age\",\"shape\":[2],\"data\":[1,2]}]}",
        ),
    );
    check(
        &rules("1=drop", &[]),
        JSON_IN,
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[2,2],\"data\":[1,2,3,4]}]}",
        Some("{\"inputs\":[{\"name\":\"x\",\"shape\":[2,2],\"data\":[1,null,3,null]}]}"),
    );
}

#[test]
fn json_in_which_the_field_cannot_be_told_is_not_kept() {
    let unnamed = rules("email=drop", &[]);
    for data in [
        "[[1,\"x\"]]",
        "{\"features\":[1,\"x\"]}",
        "{",
        "{\"email\":1} x",
        "not json",
    ] {
        check(&unnamed, JSON_IN, data, None);
    }
    let positional = rules("1=drop", &[]);
    for data in [
        "{\"email\":\"x\"}",
        "[[1]]",
        "{\"instances\":[1,2]}",
        "[1,{\"a\":2}]",
    ] {
        check(&positional, JSON_IN, data, None);
    }
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    check(&positional, JSON_IN, &deep, None);
}

mod laws {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever stands beside it.
        #[test]
        fn a_dropped_column_is_never_kept(
            cells in proptest::collection::vec("[a-z\",\n\r ]{0,6}", 1..6),
            junk in "[\",\n\r;a ]{0,8}",
        ) {
            let quoted = |text: &String| format!("\"{}\"", text.replace('"', "\"\""));
            let mut text: String = cells
                .iter()
                .map(|cell| format!("{},SECRET,x\n", quoted(cell)))
                .collect();
            let redaction = rules("1=drop", &[]);
            let apply = |text: &str| {
                let kept = redaction.apply(Side::Input, CaptureEncoding::Csv, text.as_bytes());
                kept.map(|kept| String::from_utf8(kept.into_owned()).unwrap())
            };
            prop_assert_eq!(apply(&text), Some(text.replace("SECRET", "")));
            text.push_str(&junk);
            prop_assert!(!apply(&text).is_some_and(|kept| kept.contains("SECRET")));
        }

        #[test]
        fn redacting_never_panics_and_keeps_json_json(text in "[\\[\\]{}\",:a1 \\\\n]{0,40}") {
            let redaction = rules("a=drop 0=hash", &[]);
            if let Some(kept) = redaction.apply(Side::Input, CaptureEncoding::Json, text.as_bytes())
                && serde_json::from_str::<serde_json::Value>(&text).is_ok()
            {
                prop_assert!(serde_json::from_slice::<serde_json::Value>(&kept).is_ok(), "{text}");
            }
        }
    }
}
