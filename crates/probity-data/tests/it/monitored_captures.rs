//! Captures as a monitor reads them: those of a window, and on after what cannot be read.

use probity_data::{
    BadRecords, EventTally, Format, Nested, ReadOptions, RecordColumns, RecordExpression,
    SkipReason, Window,
};

use crate::reading::{Table, check_error, lines, options, read};

const HOUR_MS: i64 = 3_600_000;
/// 2022-04-18T10:00:00Z
const TEN_MS: i64 = 1_650_276_000_000;
const TEN: Window = Window {
    start_ms: TEN_MS,
    end_ms: TEN_MS + HOUR_MS,
};

/// An event with an id and a time as minutes after ten.
fn event(id: &str, minute: i64, sides: &str) -> String {
    let time = match minute {
        0..60 => format!("2022-04-18T10:{minute:02}:00Z"),
        60.. => format!("2022-04-18T11:{:02}:00Z", minute - 60),
        _ => format!("2022-04-18T09:{:02}:00Z", minute + 60),
    };
    format!(
        "{{\"captureData\":{{{sides}}},\"eventMetadata\":{{\"eventId\":\"{id}\",\"inferenceTime\":\"{time}\"}},\"eventVersion\":\"0\"}}\n"
    )
}

fn side(name: &str, encoding: &str, data: &str) -> String {
    format!("\"endpoint{name}\":{{\"data\":{data:?},\"encoding\":\"{encoding}\"}}")
}

fn both(encoding: &str, input: &str, output: &str) -> String {
    format!(
        "{},{}",
        side("Input", encoding, input),
        side("Output", encoding, output)
    )
}

fn csv(id: &str, minute: i64) -> String {
    event(id, minute, &both("CSV", &format!("{minute},x"), "0.5"))
}

fn monitoring() -> ReadOptions {
    ReadOptions::monitoring(Format::Capture, TEN)
}

fn read_counted(files: &[(&str, &[u8])], options: &ReadOptions) -> (Table, EventTally) {
    let table = read(files, options.clone()).unwrap();
    (table, options.events.total())
}

#[test]
fn events_outside_the_window_are_passed_over_in_blocks_of_any_size() {
    let text: String = [-1, 0, 30, 59, 60]
        .iter()
        .map(|minute| csv(&minute.to_string(), *minute))
        .collect();
    for block_size_bytes in [1, 400, 1 << 20] {
        for bad_records in [BadRecords::Refuse, BadRecords::Skip] {
            let options = ReadOptions {
                window: Some(TEN),
                bad_records,
                block_size_bytes,
                ..options()
            };
            let (table, tally) = read_counted(&[("a.jsonl", text.as_bytes())], &options);
            assert_eq!(lines(&table), ["0.5|0|x", "0.5|30|x", "0.5|59|x"]);
            assert_eq!((tally.read, tally.outside_window), (3, 2));
        }
    }
}

#[test]
fn an_event_without_a_time_is_of_the_hour_of_its_folder_if_there_is_one() {
    let untimed = csv("a", 0).replace("2022-04-18T10:00:00Z", "yesterday");
    let (table, tally) = read_counted(&[("a.jsonl", untimed.as_bytes())], &monitoring());
    assert_eq!((table.rows.len(), tally.read, tally.untimed), (1, 1, 1));
}

#[test]
fn a_bad_event_in_the_window_is_an_error_unless_it_may_be_skipped() {
    let text = format!("{}{{broken\n", csv("a", 1));
    let options = ReadOptions {
        window: Some(TEN),
        ..options()
    };
    check_error(
        &[("a.jsonl", text.as_bytes())],
        options,
        "`a.jsonl` line 2 column 2: invalid JSON: syntax error",
    );
}

/// Each with what it is counted as.
fn poison() -> Vec<(Vec<u8>, SkipReason)> {
    let text = |sides: String| event("p", 5, &sides).into_bytes();
    let json = |input: &str| text(both("JSON", input, "{\"score\":1}"));
    let keys: String = (0..300).map(|key| format!("\"k{key}\":1,")).collect();
    let mixed = format!(
        "{},{}",
        side("Input", "CSV", "1,x"),
        side("Output", "JSON", "{}")
    );
    vec![
        (
            b"{\"captureData\":{\"endpointInput\":{\"da\n".to_vec(),
            SkipReason::InvalidJson,
        ),
        (b"\"text\"\n".to_vec(), SkipReason::NotAnEvent),
        (
            b"{\"captureData\":{}} {}\n".to_vec(),
            SkipReason::InvalidJson,
        ),
        (
            b"{\"captureData\":\"\xff\xfe\"}\n".to_vec(),
            SkipReason::InvalidUtf8,
        ),
        (
            b"{\"eventVersion\":\"0\"}\n".to_vec(),
            SkipReason::NotAnEvent,
        ),
        (text(String::new()), SkipReason::NotAnEvent),
        (text(mixed), SkipReason::EncodingMismatch),
        (text(both("BASE64", "AAAA", "AAAA")), SkipReason::Base64),
        (
            text(both("XML", "<a/>", "<b/>")),
            SkipReason::UnknownEncoding,
        ),
        (text(both("CSV", "1,\"x", "0.5")), SkipReason::Payload),
        (text(both("JSON", "{\"a\":", "{}")), SkipReason::Payload),
        (json("{\"ok\":1,\"deep\":{\"a\":[1]}}"), SkipReason::Nested),
        (text(both("CSV", "1,x,2", "0.5")), SkipReason::RaggedWidth),
        (
            text(both("CSV", "1,x\n2,y,3", "0.5\n0.6")),
            SkipReason::RaggedWidth,
        ),
        (
            text(both("CSV", "1,x\n2,y", "0.5")),
            SkipReason::RecordCounts,
        ),
        (
            json(&format!("{{{keys}\"last\":1}}")),
            SkipReason::TooManyColumns,
        ),
        (
            text(both("CSV", &"9".repeat(5_000), "0.5")),
            SkipReason::TooLong,
        ),
    ]
}

/// The good events are read whatever stands between them, in front of all others too, and nothing of the bad
/// ones is left: no row, no value, no column.
#[test]
fn everything_goes_on_after_poison() {
    let mut bytes = Vec::new();
    let mut expected = EventTally::default();
    for (number, (bad, reason)) in poison().into_iter().enumerate() {
        // Ids differ, or they would be duplicates.
        let bad = String::from_utf8(bad.clone()).map_or(bad, |text| {
            text.replace("\"p\"", &format!("\"p{number}\""))
                .into_bytes()
        });
        bytes.extend_from_slice(&bad);
        *expected.skipped.entry(reason).or_default() += 1;
        bytes.extend_from_slice(csv(&format!("good{number}"), 7).as_bytes());
        expected.read += 1;
    }
    for block_size_bytes in [1, 777, 1 << 20] {
        let options = ReadOptions {
            block_size_bytes,
            max_record_bytes: 4_000,
            max_columns: 100,
            ..monitoring()
        };
        let (table, tally) = read_counted(&[("a.jsonl", &bytes)], &options);
        assert_eq!(table.columns, ["_c0", "_c1", "_c2"], "{block_size_bytes}");
        let rows = lines(&table);
        assert!(rows.iter().all(|row| row == "0.5|7|x"), "{rows:?}");
        assert_eq!(rows.len() as u64, expected.read);
        assert_eq!(
            (tally.read, &tally.skipped),
            (expected.read, &expected.skipped)
        );
    }
}

#[test]
fn what_was_skipped_is_told_with_places_and_without_content() {
    let secret = event("s", 1, &both("CSV", "secret,\"value", "0.5"));
    let text = format!("{}{secret}{}", csv("a", 1), csv("b", 2));
    let (table, tally) = read_counted(&[("a.jsonl", text.as_bytes())], &monitoring());
    let place = &tally.places[&SkipReason::Payload][0];
    assert!(place.uri.ends_with("a.jsonl") && place.line == 2);
    assert_eq!(table.notes.len(), 1);
    assert!(
        table.notes[0].starts_with(
            "skipped 1 of 3 events: 1 whose payload is not the CSV or JSON that it says it is, first at"
        ),
        "{:?}",
        table.notes
    );
    assert!(!table.notes[0].contains("secret"));
}

#[test]
fn an_id_is_read_once_over_files_and_blocks() {
    let (one, two) = (
        csv("a", 1) + &csv("b", 2) + &csv("a", 3),
        csv("b", 4) + &csv("c", 5),
    );
    for block_size_bytes in [1, 1 << 20] {
        let options = ReadOptions {
            block_size_bytes,
            ..monitoring()
        };
        let files = [("1.jsonl", one.as_bytes()), ("2.jsonl", two.as_bytes())];
        let (table, tally) = read_counted(&files, &options);
        assert_eq!(lines(&table), ["0.5|1|x", "0.5|2|x", "0.5|5|x"]);
        assert_eq!((tally.read, tally.duplicates), (3, 2));
    }
}

#[test]
fn base64_of_text_is_decoded_and_of_anything_else_skipped() {
    let side = |name: &str, content_type: &str, data: &str| {
        format!(
            "\"endpoint{name}\":{{\"observedContentType\":\"{content_type}\",\"mode\":\"X\",\"data\":\"{data}\",\"encoding\":\"BASE64\"}}"
        )
    };
    // `1,x` and `0.5`.
    let csv = |id, content_type| {
        let sides = format!(
            "{},{}",
            side("Input", "text/csv; charset=utf-8", "MSx4"),
            side("Output", content_type, "MC41")
        );
        event(id, 1, &sides)
    };
    let text = csv("a", "Text/CSV") + &csv("b", "text/html");
    let (table, tally) = read_counted(&[("a.jsonl", text.as_bytes())], &monitoring());
    assert_eq!(lines(&table), ["0.5|1|x"]);
    assert_eq!((tally.read, tally.decoded), (1, 1));
    assert_eq!(tally.skipped[&SkipReason::EncodingMismatch], 1);
    let json = side("Output", "application/jsonlines", "eyJhIjoxfQp7ImEiOjJ9");
    let (table, _) = read_counted(&[("a.jsonl", event("a", 1, &json).as_bytes())], &options());
    assert_eq!(lines(&table), ["1", "2"]);
}

#[test]
fn the_width_is_that_of_most_events_not_of_the_first() {
    let odd = event("odd", 1, &both("CSV", "1", "0.5"));
    let text = odd + &csv("a", 2) + &csv("b", 3);
    let (table, tally) = read_counted(&[("a.jsonl", text.as_bytes())], &monitoring());
    assert_eq!(lines(&table), ["0.5|2|x", "0.5|3|x"]);
    assert_eq!(tally.skipped[&SkipReason::RaggedWidth], 1);
}

/// A model that was updated at ten, with another number of features.
#[test]
fn the_width_is_that_of_the_window() {
    let before: String = (0..20)
        .map(|id| event(&id.to_string(), -1, &both("CSV", "1", "0")))
        .collect();
    let text = before + &csv("a", 2);
    let (table, tally) = read_counted(&[("a.jsonl", text.as_bytes())], &monitoring());
    assert_eq!(lines(&table), ["0.5|2|x"]);
    assert_eq!((tally.outside_window, tally.skipped_total()), (20, 0));
}

#[test]
fn keys_used_as_values_make_no_million_columns() {
    let text: String = (0..2_000)
        .map(|id| {
            let key = format!("{{\"score\":{id},\"k{id}\":1}}");
            event(&id.to_string(), 1, &side("Output", "JSON", &key))
        })
        .collect();
    let options = ReadOptions {
        max_columns: 50,
        ..monitoring()
    };
    let (table, tally) = read_counted(&[("a.jsonl", text.as_bytes())], &options);
    assert_eq!((table.columns.len(), tally.read), (50, 49));
    assert_eq!(tally.skipped[&SkipReason::TooManyColumns], 1_951);
}

#[test]
fn expressions_that_do_not_fit_an_event_skip_it() {
    let columns = RecordColumns::new(
        Some(RecordExpression::parse("features").unwrap()),
        vec![],
        None,
    );
    let options = ReadOptions {
        record_columns: Some(columns.unwrap()),
        nested: Nested::Refuse,
        ..monitoring()
    };
    let input = |id, data: &str| event(id, 1, &side("Input", "JSON", data));
    let text = input("a", "{\"features\":[1]}")
        + &input("b", "{\"features\":[1,2]}")
        + &input("c", "{\"features\":{}}")
        + &input("d", "{\"features\":[3,4]}");
    let (table, tally) = read_counted(&[("a.jsonl", text.as_bytes())], &options);
    assert_eq!(lines(&table), ["1|2", "3|4"]);
    assert_eq!(tally.skipped[&SkipReason::RaggedWidth], 1);
    assert_eq!(tally.skipped[&SkipReason::Expression], 1);
}

#[test]
fn a_dataset_of_which_nothing_is_left_has_no_partitions_and_says_why() {
    let text = csv("a", 100) + "{broken\n";
    let (table, tally) = read_counted(&[("a.jsonl", text.as_bytes())], &monitoring());
    assert_eq!((table.partitions, tally.read), (0, 0));
    assert_eq!((tally.outside_window, tally.skipped_total()), (1, 1));
    assert!(
        table
            .notes
            .iter()
            .any(|note| note.starts_with("skipped 1 of 1 event:"))
    );
}

#[test]
fn labels_of_merged_events_are_counted_too() {
    let merged =
        |id, truth: &str| csv(id, 1).replacen('{', &format!("{{\"groundTruthData\":{truth},"), 1);
    let good = merged("a", "{\"data\":\"1\",\"encoding\":\"CSV\"}");
    let two = merged("b", "{\"data\":\"1\\n0\",\"encoding\":\"CSV\"}");
    let text = good + &two + &csv("c", 1);
    let options = ReadOptions::monitoring(Format::MergedCapture, TEN);
    let (table, tally) = read_counted(&[("a.jsonl", text.as_bytes())], &options);
    assert_eq!(lines(&table), ["0.5|1|x|1"]);
    assert_eq!(tally.skipped[&SkipReason::LabelCounts], 1);
    assert_eq!(tally.skipped[&SkipReason::NoGroundTruth], 1);
}
