//! CSV files.

use probity_data::{Header, ReadOptions};
use proptest::prelude::*;

use crate::reading::{check, check_error, lines, options, read, small_blocks};

#[test]
fn values_keep_their_spelling_and_their_spaces() {
    check(
        &[("a.csv", "n,t\n1.50, x \n1e5,true\n")],
        options(),
        "n|t",
        &["1.50| x ", "1e5|true"],
    );
}

#[test]
fn empty_fields_are_missing_quoted_or_not() {
    check(
        &[("a.csv", "a,b\n,\"\"\n1,\n")],
        options(),
        "a|b",
        &["·|·", "1|·"],
    );
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_name() {
    check(
        &[("a.csv", "\u{feff}a,b\n1,2\n")],
        options(),
        "a|b",
        &["1|2"],
    );
    check(
        &[("a.csv", "\u{feff}\"a\",b\n1,2\n")],
        options(),
        "a|b",
        &["1|2"],
    );
}

#[test]
fn quoted_line_ends_and_doubled_quotes_are_content() {
    check(
        &[("a.csv", "a,b\r\n\"x\ny\",\"say \"\"hi\"\"\"\r\n")],
        options(),
        "a|b",
        &["x\ny|say \"hi\""],
    );
}

#[test]
fn the_header_may_have_quoted_line_ends() {
    check(
        &[("a.csv", "\"a\nb\",c\n1,2\n")],
        options(),
        "a\nb|c",
        &["1|2"],
    );
}

#[test]
fn blank_lines_are_skipped_anywhere() {
    check(
        &[("a.csv", "\n\na,b\n\n1,2\r\n\r\n\n3,4")],
        options(),
        "a|b",
        &["1|2", "3|4"],
    );
}

#[test]
fn a_file_of_bare_carriage_returns_has_records() {
    check(
        &[("a.csv", "a,b\r1,2\r3,4\r")],
        options(),
        "a|b",
        &["1|2", "3|4"],
    );
}

#[test]
fn without_a_header_names_come_from_the_baseline_and_then_from_positions() {
    let names = |names: &[&str]| ReadOptions {
        header: Header::Absent,
        column_names: Some(names.iter().map(|name| (*name).to_owned()).collect()),
        ..options()
    };
    check(&[("a.csv", "1,2\n")], names(&["x", "y"]), "x|y", &["1|2"]);
    check(
        &[("a.csv", "1,2,3\n")],
        names(&["x"]),
        "x|_c1|_c2",
        &["1|2|3"],
    );
    check(&[("a.csv", "1\n")], names(&["x", "y"]), "x", &["1"]);
}

fn configured(names: Option<&[&str]>) -> ReadOptions {
    let names = names.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    ReadOptions {
        header: Header::Configured,
        column_names: names,
        ..options()
    }
}

#[test]
fn configured_names_mean_that_there_is_no_header() {
    let names: &[&str] = &["a", "b"];
    check(
        &[("a.csv", "1,2\n3,4\n")],
        configured(Some(names)),
        "a|b",
        &["1|2", "3|4"],
    );
    check(
        &[("a.csv", "1,2\n")],
        configured(None),
        "column_0|column_1",
        &["1|2"],
    );
}

#[test]
fn a_first_record_of_the_configured_names_is_a_header() {
    let names: &[&str] = &["a", "b"];
    check(
        &[
            ("a.csv", "a,b\n1,2\n"),
            ("b.csv", "3,4\n"),
            ("c.csv", "b,a\n"),
        ],
        configured(Some(names)),
        "a|b",
        &["1|2", "3|4", "b|a"],
    );
}

#[test]
fn configured_names_of_another_number_are_an_error_with_both_numbers() {
    let names: &[&str] = &["a", "b", "c"];
    check_error(
        &[("a.csv", b"1,2\n")],
        configured(Some(names)),
        "Headers in config do not match with the number of columns in the dataset. `a.csv` has 2 columns, `headers` names 3",
    );
    let twice: &[&str] = &["a", "a"];
    check_error(
        &[("a.csv", b"1,2\n")],
        configured(Some(twice)),
        "`a.csv`: two columns are called `a`; rename one of them",
    );
}

#[test]
fn a_repeated_column_is_renamed_and_said() {
    let table = read(&[("a.csv", b"a,a\n1,2\n")], options()).unwrap();
    assert_eq!(table.columns, ["a", "a.1"]);
    assert!(table.notes[0].ends_with("`: column 2 is another `a` and is read as `a.1`"));
    assert_eq!(table.original_names["a.1"], "a");
    assert_eq!(table.original_names.len(), 1);
}

#[test]
fn records_of_several_fields_under_one_name_are_ragged() {
    check_error(
        &[("a.csv", b"x\n1,2\n3,4,5\n")],
        options(),
        "`a.csv` line 2: expected 1 columns, found 2",
    );
}

#[test]
fn any_delimiter_can_be_given_and_the_usual_ones_are_found() {
    let given = ReadOptions {
        delimiter: Some(b'^'),
        ..options()
    };
    check(&[("a.csv", "a^b\n1,5^2\n")], given, "a|b", &["1,5|2"]);
    check(&[("a.csv", "a;b\n1,5;2\n")], options(), "a|b", &["1,5|2"]);
    check(
        &[("a.tsv", "a\tb,c\n1\t2,3\n")],
        options(),
        "a|b,c",
        &["1|2,3"],
    );
}

#[test]
fn a_header_without_rows_is_an_empty_table() {
    let table = read(&[("a.csv", b"a,b\n")], options()).unwrap();
    assert_eq!(
        (table.columns.len(), table.rows.len(), table.partitions),
        (2, 0, 1)
    );
}

#[test]
fn a_file_of_nothing_is_passed_over_and_said() {
    let table = read(&[("a.csv", b"\n\n"), ("b.csv", b"a\n1\n")], options()).unwrap();
    assert_eq!(lines(&table), ["1"]);
    assert!(
        table.notes[0].ends_with("a.csv` holds no records and was passed over"),
        "{:?}",
        table.notes
    );
}

#[test]
fn files_are_matched_by_name_whatever_their_order() {
    check(
        &[("a.csv", "a,b\n1,2\n"), ("b.csv", "b,a\n3,4\n")],
        options(),
        "a|b",
        &["1|2", "4|3"],
    );
}

#[test]
fn files_with_other_columns_are_an_error_that_names_both() {
    check_error(
        &[("a.csv", b"a,b\n1,2\n"), ("b.csv", b"a,c\n1,2\n")],
        options(),
        "the columns of `b.csv` are not those of `a.csv`: missing `b`; extra `c`",
    );
}

#[test]
fn a_ragged_record_is_an_error_with_its_line() {
    let ragged = "a,b\n1,\"x\ny\"\n\n1,2,3\n";
    check_error(
        &[("a.csv", ragged.as_bytes())],
        options(),
        "`a.csv` line 5: expected 2 columns, found 3",
    );
    check_error(
        &[("a.csv", b"a,b\n1\n")],
        options(),
        "`a.csv` line 2: expected 2 columns, found 1",
    );
    // The line counts from the start of the file, not of its block.
    let long = format!("a,b\n{}1\n", "1,2\n".repeat(100));
    check_error(
        &[("a.csv", long.as_bytes())],
        small_blocks(32),
        "`a.csv` line 102: expected 2 columns, found 1",
    );
}

#[test]
fn invalid_utf8_is_an_error_with_its_line() {
    let message = "line 3: not valid UTF-8; convert the file, for example with iconv";
    check_error(
        &[("a.csv", b"a,b\n1,2\n1,\xff\n")],
        options(),
        &format!("`a.csv` {message}"),
    );
    // Half a character each in two fields makes no whole one.
    check_error(
        &[("a.csv", b"a,b\n1,2\n\xc3,2\n\xa9,2\n")],
        options(),
        &format!("`a.csv` {message}"),
    );
}

#[test]
fn a_quote_never_closed_is_an_error_with_its_line() {
    let message = "`a.csv` line 3: a quote in the record that begins here is never closed";
    check_error(&[("a.csv", b"a,b\n1,2\n1,\"2\n3,4\n")], options(), message);
    check_error(
        &[("a.csv", b"\"a,b\n1,2\n")],
        options(),
        "`a.csv` line 1: a quote in the record that begins here is never closed",
    );
}

#[test]
fn a_record_beyond_the_limit_is_an_error_before_it_is_whole() {
    let limited = ReadOptions {
        block_size_bytes: 64,
        max_record_bytes: 1000,
        ..options()
    };
    let long = format!("a,b\n1,2\n1,{}", "x".repeat(5000));
    let message = "`a.csv` line 3: the record that begins here is longer than 1000 bytes";
    check_error(&[("a.csv", long.as_bytes())], limited.clone(), message);
    check_error(
        &[("a.csv", format!("{long}\n").as_bytes())],
        limited,
        message,
    );
}

#[test]
fn wide_tables_are_read_whole() {
    let header: Vec<String> = (0..5000).map(|column| format!("c{column}")).collect();
    let row: Vec<String> = (0..5000).map(|column| column.to_string()).collect();
    let text = format!(
        "{}\n{}",
        header.join(","),
        format!("{}\n", row.join(",")).repeat(700)
    );
    let table = read(&[("a.csv", text.as_bytes())], options()).unwrap();
    assert_eq!((table.columns.len(), table.rows.len()), (5000, 700));
    assert!(
        table
            .rows
            .iter()
            .all(|values| values[4999].as_deref() == Some("4999"))
    );
}

#[derive(Clone, Debug)]
struct Written {
    text: String,
    rows: Vec<Vec<String>>,
}

/// Random tables, with some fields quoted that need not be.
fn written(delimiter: char) -> impl Strategy<Value = Written> {
    let special = format!("[ab0é\"\n\r,;|\t{delimiter} ]{{0,8}}");
    let field = prop_oneof![3 => "[a-z0-9.]{0,6}", 1 => prop::string::string_regex(&special).unwrap(), 1 => "[x-z]{60,70}"];
    let row_of = move |width| prop::collection::vec((field.clone(), any::<bool>()), width);
    let line_end = prop_oneof![Just("\n"), Just("\r\n")];
    (1_usize..5, line_end).prop_flat_map(move |(width, line_end)| {
        prop::collection::vec(row_of(width), 0..40).prop_map(move |fields| {
            let mut text: String = (0..width)
                .map(|at| format!("h{at}"))
                .collect::<Vec<_>>()
                .join(&delimiter.to_string());
            text.push_str(line_end);
            for row in &fields {
                let cells: Vec<String> = row
                    .iter()
                    .map(|(value, quote)| {
                        let must = value.contains([delimiter, '"', '\n', '\r'])
                            || (width == 1 && value.is_empty());
                        if must || *quote {
                            format!("\"{}\"", value.replace('"', "\"\""))
                        } else {
                            value.clone()
                        }
                    })
                    .collect();
                text.push_str(&cells.join(&delimiter.to_string()));
                text.push_str(line_end);
            }
            let rows = fields
                .into_iter()
                .map(|row| row.into_iter().map(|(value, _)| value).collect())
                .collect();
            Written { text, rows }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn what_was_written_is_read_in_blocks_of_any_size(
        (delimiter, written) in prop_oneof![Just(','), Just(';'), Just('\t'), Just('^')]
            .prop_flat_map(|delimiter| (Just(delimiter), written(delimiter))),
        block_size_bytes in prop_oneof![Just(1_u64), 2_u64..40, Just(1 << 20)],
    ) {
        let options = ReadOptions { delimiter: Some(delimiter as u8), block_size_bytes, ..options() };
        let table = read(&[("a.csv", written.text.as_bytes())], options).unwrap();
        let rows: Vec<Vec<String>> = table.rows.into_iter()
            .map(|row| row.into_iter().map(Option::unwrap_or_default).collect())
            .collect();
        prop_assert_eq!(rows, written.rows);
    }
}

/// Random text, valid or not, against an independent reader.
fn fields_by_csv_core(text: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv_core::ReaderBuilder::new()
        .terminator(csv_core::Terminator::Any(b'\n'))
        .build();
    let (mut output, mut ends) = ([0; 4096], [0; 1024]);
    let (mut rows, mut rest) = (Vec::new(), text);
    loop {
        let (result, read, _, n_ends) = reader.read_record(rest, &mut output, &mut ends);
        rest = &rest[read..];
        match result {
            csv_core::ReadRecordResult::Record => {
                let starts = std::iter::once(0).chain(ends.iter().copied());
                let fields = starts
                    .zip(&ends[..n_ends])
                    .map(|(start, end)| &output[start..*end]);
                rows.push(
                    fields
                        .map(|field| String::from_utf8_lossy(field).into_owned())
                        .collect(),
                );
            }
            csv_core::ReadRecordResult::End => return rows,
            // The end of the input: a quote was not closed.
            _ => return rows,
        }
    }
}

proptest! {
    #[test]
    fn odd_quotes_are_understood_as_by_csv_core(text in "[ab\",\n]{0,60}") {
        // A line end more makes the last record whole for it; an empty line is none.
        let by_core = fields_by_csv_core(format!("{text}\n").as_bytes());
        let width = by_core.first().map_or(1, Vec::len);
        let options = ReadOptions {
            delimiter: Some(b','), header: Header::Absent, block_size_bytes: 7, ..options()
        };
        match read(&[("a.csv", text.as_bytes())], options) {
            Ok(table) => {
                let rows: Vec<Vec<String>> = table.rows.into_iter()
                    .map(|row| row.into_iter().map(Option::unwrap_or_default).collect())
                    .collect();
                prop_assert_eq!(rows, by_core);
            }
            Err(message) if message.contains("expected") => {
                prop_assert!(by_core.iter().any(|row| row.len() != width), "{}", message);
            }
            Err(message) => prop_assert!(message.contains("never closed"), "{}", message),
        }
    }
}
