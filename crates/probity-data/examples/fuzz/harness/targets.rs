//! What can be fuzzed: the readers of this crate, and the documents and states
//! that Probity keeps and reads back.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Float64Array, StringArray};
use probity_data::fuzzing;
use probity_domain::document::constraints::Constraints;
use probity_domain::document::statistics::Statistics;
use probity_metrics::summary::{ColumnSummary, Summary, decode_columns, encode_columns};

/// One reader.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub(crate) name: &'static str,
    /// Errors are right answers; only a panic, time or memory is a finding.
    pub(crate) run: fn(&[u8]),
    /// Inputs that are made here, beside those of the corpus folder: states
    /// whose bytes change with their version.
    pub(crate) made: fn() -> Vec<Vec<u8>>,
    pub(crate) tokens: &'static [&'static str],
}

const CSV_TOKENS: &[&str] = &[
    ",", ";", "\t", "|", "\"", "\"\"", "\n", "\r\n", "\r", ",,", "\",\"", "\"\n\"", "\u{feff}",
    " ", "a,b\n", "\n\n",
];

const JSON_TOKENS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "\\udc00",
    "\\\"",
    "null",
    "true",
    "false",
    "{}",
    "[]",
    "\"a\":",
    "{\"a\":",
    "[[",
    "\n",
    "\r\n",
    " ",
    "\"\"",
    ",\"a\":1",
    "\u{feff}",
    "{\"a.b\":1,\"a\":{\"b\":2}}",
];

const RECORD_COLUMNS_TOKENS: &[&str] = &[
    "[*].",
    "[].",
    "[?a]",
    "[0]",
    "[-1]",
    "[::2]",
    ".a",
    "@",
    "|",
    "&&",
    "!",
    "length(@)",
    ";",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "null",
    "1.50",
    "{\"a\":1,\"f\":[1,2]}",
    "\"f\":[1]",
    "\n",
    "\\\"",
];

const CAPTURE_TOKENS: &[&str] = &[
    "\"captureData\":",
    "\"endpointInput\":",
    "\"endpointOutput\":",
    "\"groundTruthData\":",
    "\"observedContentType\":",
    "\"text/csv\"",
    "\"application/json\"",
    "\"mode\":",
    "\"data\":",
    "\"encoding\":",
    "\"CSV\"",
    "\"JSON\"",
    "\"BASE64\"",
    "\"eventMetadata\":",
    "\"eventVersion\":\"0\"",
    "1,2\\n",
    "\\n",
    ",",
    "{",
    "}",
    "\"",
    "[",
    "]",
    "null",
    "\n",
    "\\\"",
];

const DOCUMENT_TOKENS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "null",
    "\"NaN\"",
    "NaN",
    "\"Infinity\"",
    "\"version\":",
    "\"features\":",
    "\"name\":",
    "\"inferred_type\":",
    "\"numerical_statistics\":",
    "\"string_statistics\":",
    "\"distribution\":",
    "\"kll\":",
    "\"buckets\":",
    "\"sketch\":",
    "\"parameters\":",
    "\"data\":",
    "\"common\":",
    "\"num_present\":",
    "\"num_constraints\":",
    "\"string_constraints\":",
    "\"domains\":",
    "\"monitoring_config\":",
    "\"completeness\":",
    "\"comparison_threshold\":",
    "-1",
    "1e400",
    "\"Fractional\"",
    "\"Integral\"",
    "\"Boolean\"",
    "[[",
    "{\"a\":",
];

const MODEL_TOKENS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    "\"",
    "null",
    "NaN",
    "-1",
    "1e39",
    "4294967295",
    "\"learner\":",
    "\"trees\":",
    "\"left_children\":",
    "\"categories\":[16777215]",
    "\"num_class\":\"",
    "\"splits\":",
    "\"leaf_values\":",
    "Tree=0\n",
    "num_leaves=",
    "cat_threshold=",
    "end of trees\n",
    "[$d#L\0\0\0\0",
    "[$l#",
    "SL\0\0\0\0\0\0\0",
    "\x7f\x7f\x7f\x7f",
    "ustar\0",
    "../",
];

const PARQUET_TOKENS: &[&str] = &[
    "PAR1",
    "PARE",
    "\0\0\0\0",
    "\x15\x04",
    "\x15\0",
    "\x19\x1c",
    "\x7f\x7f\x7f\x7f",
];

pub(crate) const TARGETS: &[Target] = &[
    Target {
        name: "csv",
        run: fuzzing::csv,
        made: none,
        tokens: CSV_TOKENS,
    },
    Target {
        name: "json",
        run: fuzzing::json,
        made: none,
        tokens: JSON_TOKENS,
    },
    Target {
        name: "json_lines",
        run: fuzzing::json_lines,
        made: none,
        tokens: JSON_TOKENS,
    },
    Target {
        name: "capture",
        run: fuzzing::capture,
        made: none,
        tokens: CAPTURE_TOKENS,
    },
    Target {
        name: "record_columns",
        run: fuzzing::record_columns,
        made: none,
        tokens: RECORD_COLUMNS_TOKENS,
    },
    Target {
        name: "parquet",
        run: fuzzing::parquet,
        made: none,
        tokens: PARQUET_TOKENS,
    },
    Target {
        name: "model",
        run: fuzzing::model,
        made: none,
        tokens: MODEL_TOKENS,
    },
    Target {
        name: "model_archive",
        run: fuzzing::model_archive,
        made: none,
        tokens: MODEL_TOKENS,
    },
    Target {
        name: "summary_state",
        run: summary_state,
        made: summary_states,
        tokens: &["\0\0\0\0\0\0\0\0"],
    },
    Target {
        name: "statistics",
        run: statistics,
        made: none,
        tokens: DOCUMENT_TOKENS,
    },
    Target {
        name: "constraints",
        run: constraints,
        made: none,
        tokens: DOCUMENT_TOKENS,
    },
];

fn none() -> Vec<Vec<u8>> {
    Vec::new()
}

/// A state that can be read can be looked at, merged, and written again. What
/// a merge gives need not be readable: counts have a bound (2⁵⁰ rows), and two
/// that keep it may break it together.
fn summary_state(bytes: &[u8]) {
    let Ok(columns) = decode_columns(bytes) else {
        return;
    };
    for (_, summary) in &columns {
        let again = ColumnSummary::from_bytes(&summary.to_bytes());
        assert!(
            again.is_ok(),
            "a state that was read and written cannot be read"
        );
        let mut merged = summary.clone();
        merged.merge(summary);
        drop(merged.value());
        drop(ColumnSummary::from_bytes(&merged.to_bytes()));
    }
}

fn summary_states() -> Vec<Vec<u8>> {
    let numbers: ArrayRef = Arc::new(Float64Array::from_iter(
        (0..40).map(|row| (row % 5 > 0).then_some(f64::from(row))),
    ));
    let texts: ArrayRef = Arc::new(StringArray::from_iter(
        (0..40).map(|row| (row % 7 > 0).then(|| format!("v{row}"))),
    ));
    let digits: ArrayRef = Arc::new(StringArray::from(vec!["1", "2.5", "true", "", "x", "NaN"]));
    let states = [
        vec![("number", numbers)],
        vec![("text", texts.clone()), ("digits", digits)],
        Vec::new(),
    ];
    let encoded = states.iter().map(|columns| {
        let summaries = columns.iter().filter_map(|(name, column)| {
            let mut summary = ColumnSummary::default();
            summary.update(column).ok()?;
            Some(((*name).to_owned(), summary))
        });
        encode_columns(&summaries.collect::<Vec<_>>())
    });
    encoded.collect()
}

/// A document that can be read can be written, and then read again.
fn statistics(bytes: &[u8]) {
    let Ok(document) = Statistics::from_json(bytes) else {
        return;
    };
    let mut written = Vec::new();
    if document.write_json(&mut written).is_ok() {
        assert!(
            Statistics::from_json(&written).is_ok(),
            "a document that was just written cannot be read"
        );
    }
}

fn constraints(bytes: &[u8]) {
    let Ok(document) = Constraints::from_json(bytes) else {
        return;
    };
    let mut written = Vec::new();
    if document.write_json(&mut written).is_ok() {
        assert!(
            Constraints::from_json(&written).is_ok(),
            "a document that was just written cannot be read"
        );
    }
}
