//! Why a dataset could not be read. A message names the file and the line or
//! column, and never a value: the column may be one that must stay redacted.

use datafusion::common::DataFusionError;
use datafusion::parquet::errors::ParquetError;

use super::column_choice::UnknownColumn;
use super::options::Format;
use crate::location::ReadLocation;

#[derive(Debug, thiserror::Error)]
pub enum ReadDataset {
    #[error("failed to read `{uri}`")]
    Location { uri: String, source: ReadLocation },
    #[error("there are no files to read")]
    NoFiles,
    #[error("`{uri}` holds no records")]
    NoRecords { uri: String },
    #[error("the options cannot be used: {problem}")]
    Options { problem: &'static str },
    #[error("`{first_uri}` is {} but `{uri}` is {}; give `--format`, or a location with one kind of file", first.name(), found.name())]
    MixedFormats {
        first_uri: String,
        first: Format,
        uri: String,
        found: Format,
    },
    #[error("`{uri}` line {line}: not valid UTF-8; convert the file, for example with iconv")]
    InvalidUtf8 { uri: String, line: u64 },
    #[error("`{uri}` line {line}: the record that begins here is longer than {limit_bytes} bytes")]
    RecordTooLong {
        uri: String,
        line: u64,
        limit_bytes: u64,
    },
    #[error("`{uri}` line {line}: expected {expected} columns, found {found}")]
    RaggedRecord {
        uri: String,
        line: u64,
        expected: usize,
        found: usize,
    },
    #[error("`{uri}` line {line}: a quote in the record that begins here is never closed")]
    UnclosedQuote { uri: String, line: u64 },
    #[error(
        "the columns of `{uri}` are not those of `{first_uri}`: missing {}; extra {}",
        listed(missing),
        listed(extra)
    )]
    ColumnsDiffer {
        first_uri: String,
        uri: String,
        missing: Vec<String>,
        extra: Vec<String>,
    },
    #[error("column `{column}` holds {first_type} in `{first_uri}` but {found_type} in `{uri}`")]
    TypesDiffer {
        first_uri: String,
        uri: String,
        column: String,
        first_type: &'static str,
        found_type: &'static str,
    },
    #[error("`{uri}` was to be read as {}, but holds {}; give `--format {}`", expected.name(), found.name(), found.name())]
    OtherContent {
        uri: String,
        expected: Format,
        found: Format,
    },
    #[error("`{uri}` has {found} columns, more than the {limit} that can be read")]
    TooManyColumns {
        uri: String,
        found: usize,
        limit: usize,
    },
    #[error("`{uri}` line {line} column {column}: invalid JSON: {problem}")]
    InvalidJson {
        uri: String,
        line: u64,
        column: u64,
        problem: &'static str,
    },
    #[error(
        "`{uri}` line {line}: `{path}` is nested; pass `--flatten` to make it columns, or flatten it beforehand"
    )]
    NestedValue {
        uri: String,
        line: u64,
        path: String,
    },
    #[error("`{uri}` line {line}: {places} both make the column `{column}`; rename one of them")]
    SameColumn {
        uri: String,
        line: u64,
        column: String,
        places: String,
    },
    #[error("`{uri}`: two columns are called `{column}`; rename one of them")]
    RepeatedColumn { uri: String, column: String },
    #[error("`{uri}` line {line}: `{expression}` gives {found}, expected {expected}")]
    ExpressionGave {
        uri: String,
        line: u64,
        expression: String,
        found: String,
        expected: &'static str,
    },
    #[error("`{uri}` line {line}: `{expression}` cannot be followed: {problem}")]
    ExpressionFailed {
        uri: String,
        line: u64,
        expression: String,
        problem: String,
    },
    #[error(
        "`{uri}`: `{expression}` gives nothing in any of {rows} records; is a name in it misspelled?"
    )]
    ExpressionMatchesNothing {
        uri: String,
        expression: String,
        rows: usize,
    },
    #[error(
        "`{uri}` line {line}: `{expression}` gives {found} features, expected {expected} as in the records before"
    )]
    FeatureCount {
        uri: String,
        line: u64,
        expression: String,
        found: usize,
        expected: usize,
    },
    #[error(
        "`{uri}`: `{first}` gives a list of {first_length}, but `{other}` one of {other_length}; both must have an element for each record"
    )]
    ListLengths {
        uri: String,
        first: String,
        first_length: usize,
        other: String,
        other_length: usize,
    },
    #[error(
        "`{uri}` is longer than {limit_bytes} bytes, too long for expressions over the whole document; use JSON Lines, or an array of records with expressions that all begin with `[*]`"
    )]
    DocumentTooLong { uri: String, limit_bytes: u64 },
    // The first sentence is Clarify's.
    #[error(
        "Headers in config do not match with the number of columns in the dataset. `{uri}` has {columns} columns, `headers` names {headers}"
    )]
    HeadersDiffer {
        uri: String,
        headers: usize,
        columns: usize,
    },
    #[error("`{uri}` cannot be joined")]
    IdColumn { uri: String, source: UnknownColumn },
    #[error("`{uri}` line {line}: not a captured event: {problem}")]
    NotAnEvent {
        uri: String,
        line: u64,
        problem: &'static str,
    },
    #[error(
        "`{uri}` line {line}: Encoding mismatch: Encoding is {input} for endpointInput, but Encoding is {output} for endpointOutput. We currently only support the same type of input and output encoding at the moment."
    )]
    EncodingMismatch {
        uri: String,
        line: u64,
        input: &'static str,
        output: &'static str,
    },
    #[error(
        "`{uri}` line {line}: the data of {side} is BASE64: its content type was not declared as text when it was captured; add it to `csv_content_types` or `json_content_types` of the endpoint's capture configuration"
    )]
    Base64 {
        uri: String,
        line: u64,
        side: &'static str,
    },
    #[error(
        "`{uri}` line {line}: the event has {outputs} output records for {inputs} input records"
    )]
    RecordCountsDiffer {
        uri: String,
        line: u64,
        inputs: usize,
        outputs: usize,
    },
    #[error(
        "`{uri}` line {line}: the event has {labels} ground truth records for {records} captured records"
    )]
    LabelCountsDiffer {
        uri: String,
        line: u64,
        labels: usize,
        records: usize,
    },
    #[error("`{uri}` line {line} of the data of {side}: {problem}")]
    Payload {
        uri: String,
        line: u64,
        side: &'static str,
        problem: String,
    },
    #[error("`{uri}` is not a readable Parquet file; it may be truncated or damaged")]
    Parquet { uri: String, source: ParquetDamage },
    #[error("`{uri}`: column `{column}` holds {kind}, which cannot be summarised; {advice}")]
    UnsupportedColumn {
        uri: String,
        column: String,
        kind: &'static str,
        advice: &'static str,
    },
    #[error("`{uri}`: the columns could not be put together")]
    Columns {
        uri: String,
        source: datafusion::arrow::error::ArrowError,
    },
}

/// What the Parquet decoder says, without the names of its layers before it.
#[derive(Debug, thiserror::Error)]
#[error("{}", without_layers(&.0.to_string()))]
pub struct ParquetDamage(ParquetError);

impl From<ParquetError> for ParquetDamage {
    fn from(error: ParquetError) -> Self {
        ParquetDamage(error)
    }
}

fn without_layers(text: &str) -> String {
    const LAYERS: [&str; 5] = [
        "Parquet error: ",
        "Parquet argument error: ",
        "Arrow: ",
        "External: ",
        "EOF: ",
    ];
    let mut rest = text;
    while let Some(inner) = LAYERS.iter().find_map(|layer| rest.strip_prefix(layer)) {
        rest = inner;
    }
    rest.to_owned()
}

impl From<ReadDataset> for DataFusionError {
    fn from(error: ReadDataset) -> Self {
        DataFusionError::External(Box::new(error))
    }
}

/// At most ten names: a message is for a person.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 10;
    if names.is_empty() {
        return "none".to_owned();
    }
    let shown: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{name}`"))
        .collect();
    let shown = shown.join(", ");
    match names.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_told_without_the_layers_that_found_it() {
        let inner = ParquetError::EOF("eof decoding byte array".to_owned());
        let arrow = ParquetError::ArrowError(format!("Parquet argument error: {inner}"));
        let damage = ParquetDamage::from(arrow);
        assert_eq!(damage.to_string(), "eof decoding byte array");
        assert!(std::error::Error::source(&damage).is_none());
        let general = ParquetError::General("Invalid footer".to_owned());
        assert_eq!(ParquetDamage::from(general).to_string(), "Invalid footer");
    }
}
