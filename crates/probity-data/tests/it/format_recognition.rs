//! Which format a file is read in.

use probity_data::{Format, ReadOptions};

use crate::reading::{check_error, options, read};

#[track_caller]
fn check(name: &str, content: &str, expected: Format) {
    assert_eq!(
        read(&[(name, content.as_bytes())], options())
            .unwrap()
            .format,
        expected
    );
}

const CAPTURE: &str =
    r#"{"captureData":{"endpointOutput":{"data":"1","encoding":"CSV"}},"eventVersion":"0"}"#;
const MERGED: &str = r#"{"groundTruthData":{"data":"0","encoding":"CSV"},"captureData":{"endpointOutput":{"data":"1","encoding":"CSV"}}}"#;

#[test]
fn names_for_json_are_looked_into() {
    check("a.json", "[{\"a\":1}]", Format::Json);
    check("a.json", "{\"a\":1}\n{\"a\":1}\n", Format::JsonLines);
    check("a.jsonl", CAPTURE, Format::Capture);
    check("a.json", MERGED, Format::MergedCapture);
}

#[test]
fn names_that_say_nothing_are_looked_into() {
    check("data", "a,b\n1,2\n", Format::Csv);
    check("day.csv.out", "{\"a\":1}\n", Format::JsonLines);
    check("data.txt", "  [{\"a\":1}]", Format::Json);
}

#[test]
fn a_name_that_says_csv_is_taken_at_its_word() {
    check("a.csv", "{\"a\",b}\n1,2\n", Format::Csv);
}

#[test]
fn text_under_a_name_for_json_is_broken_json() {
    check_error(
        &[("a.jsonl", b"1\n2\n")],
        options(),
        "`a.jsonl` line 1 column 1: invalid JSON: expected an object",
    );
    check_error(
        &[("a.jsonl", b"{\"a\":1}\n\"x\"\n")],
        options(),
        "`a.jsonl` line 2 column 1: invalid JSON: expected an object",
    );
    check_error(
        &[("a.json", b"3")],
        options(),
        "`a.json` line 1 column 1: invalid JSON: expected an object",
    );
}

#[test]
fn text_under_a_name_for_parquet_is_told_apart_from_damage() {
    check_error(
        &[("x.parquet", b"a,b\n1,2\n3,4\n")],
        options(),
        "`x.parquet` was to be read as parquet, but holds csv; give `--format csv`",
    );
    check_error(
        &[("x.parquet", b"{\"a\":1}\n{\"a\":2}\n")],
        options(),
        "`x.parquet` was to be read as parquet, but holds json-lines; give `--format json-lines`",
    );
}

#[test]
fn a_csv_column_may_be_called_as_the_magic_number_of_parquet() {
    check("a.csv", "PAR1,b\n1,2\n", Format::Csv);
    check("a.csv", "PAR1\n1\n", Format::Csv);
}

#[test]
fn files_of_two_formats_are_an_error_that_names_both() {
    let error = |files: &[(&str, &[u8])], kinds: &str| {
        let message = format!("{kinds}; give `--format`, or a location with one kind of file");
        check_error(files, options(), &message);
    };
    error(
        &[("a.csv", b"a\n1\n"), ("b.parquet", b"PAR1")],
        "`a.csv` is csv but `b.parquet` is parquet",
    );
    error(
        &[("a.jsonl", b"{\"a\":1}"), ("b.jsonl", CAPTURE.as_bytes())],
        "`a.jsonl` is json-lines but `b.jsonl` is capture",
    );
}

#[test]
fn the_given_format_overrides_the_name() {
    let given = ReadOptions {
        format: Some(Format::JsonLines),
        ..options()
    };
    assert_eq!(
        read(&[("a.csv", b"{\"a\":1}\n")], given).unwrap().columns,
        ["a"]
    );
}

#[test]
fn compressed_content_is_recognised_by_the_name_inside() {
    use std::io::Write;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(b"a,b\n1,2\n").unwrap();
    let table = read(&[("a.csv.gz", &gzip.finish().unwrap())], options()).unwrap();
    assert_eq!(
        (table.format, table.columns),
        (Format::Csv, vec!["a".to_owned(), "b".to_owned()])
    );
}

#[test]
fn no_files_are_an_error() {
    check_error(&[], options(), "there are no files to read");
}
