//! `dataset_format`: how the analyzer reads its dataset. A JSON document in a variable; forms
//! of the SageMaker SDK's `DatasetFormat`, and of real jobs for captures merged with labels.

use probity_data::dataset::{ColumnsPosition, Format, Header, Inputs, ReadOptions};
use serde::Deserialize;
use thiserror::Error;

use super::spec::JobSpec;

#[derive(Debug, Error)]
pub enum DatasetFormatError {
    #[error("`dataset_format` is no JSON object of a known form")]
    NotRead {
        #[source]
        source: serde_json::Error,
    },
    #[error(
        "`dataset_format` names {found}; expected one of `csv`, `json`, `parquet`, \
         `sagemakerCaptureJson` and `sagemakerMergeJson`"
    )]
    NotOne { found: String },
    #[error("`output_columns_position` is `{found}`; expected `START` or `END`")]
    Position { found: String },
}

#[derive(Debug, Default, Deserialize)]
struct Written {
    csv: Option<Csv>,
    json: Option<Json>,
    parquet: Option<serde_json::Value>,
    #[serde(rename = "sagemakerCaptureJson")]
    capture: Option<Captured>,
    #[serde(rename = "sagemakerMergeJson")]
    merged: Option<Captured>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Captured {
    capture_index_names: Option<Vec<String>>,
}

impl Captured {
    fn inputs(&self) -> Inputs {
        let names = self.capture_index_names.as_ref();
        match names.is_none_or(|names| names.iter().any(|name| name == "endpointInput")) {
            true => Inputs::Read,
            false => Inputs::PassedOver,
        }
    }
}

#[derive(Debug, Deserialize)]
struct Csv {
    #[serde(default)]
    header: Option<Truth>,
    output_columns_position: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Json {
    /// The second spelling is that of a page of the developer guide.
    #[serde(default, alias = "line")]
    lines: Option<Truth>,
}

/// `true`, or a text that says so.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Truth {
    Is(bool),
    Said(String),
}

impl Truth {
    fn holds(&self) -> bool {
        match self {
            Self::Is(truth) => *truth,
            Self::Said(text) => text.eq_ignore_ascii_case("true"),
        }
    }
}

/// How the job's data are read; by their content where nothing says it.
pub(super) fn read_options(spec: &JobSpec) -> Result<ReadOptions, DatasetFormatError> {
    of_variable(spec.variable("dataset_format"))
}

fn of_variable(variable: Option<&str>) -> Result<ReadOptions, DatasetFormatError> {
    let Some(text) = variable else {
        return Ok(ReadOptions::default());
    };
    let written: Written =
        serde_json::from_str(text).map_err(|source| DatasetFormatError::NotRead { source })?;
    let mut read = ReadOptions::default();
    let mut named = Vec::new();
    if let Some(csv) = &written.csv {
        named.push("csv");
        read.format = Some(Format::Csv);
        read.header = match csv.header.as_ref().is_none_or(Truth::holds) {
            true => Header::Present,
            false => Header::Absent,
        };
        read.columns_position = position(csv.output_columns_position.as_deref())?;
    }
    if let Some(json) = &written.json {
        named.push("json");
        read.format = Some(match json.lines.as_ref().is_some_and(Truth::holds) {
            true => Format::JsonLines,
            false => Format::Json,
        });
    }
    if written.parquet.is_some() {
        named.push("parquet");
        read.format = Some(Format::Parquet);
    }
    for (name, found, format) in [
        ("sagemakerCaptureJson", &written.capture, Format::Capture),
        ("sagemakerMergeJson", &written.merged, Format::MergedCapture),
    ] {
        if let Some(found) = found {
            named.push(name);
            read.format = Some(format);
            read.inputs = found.inputs();
        }
    }
    match named.as_slice() {
        [_] => Ok(read),
        [] => Err(DatasetFormatError::NotOne {
            found: "none".to_owned(),
        }),
        names => Err(DatasetFormatError::NotOne {
            found: names.join(" and "),
        }),
    }
}

fn position(said: Option<&str>) -> Result<ColumnsPosition, DatasetFormatError> {
    match said {
        None => Ok(ColumnsPosition::Start),
        Some(text) if text.eq_ignore_ascii_case("start") => Ok(ColumnsPosition::Start),
        Some(text) if text.eq_ignore_ascii_case("end") => Ok(ColumnsPosition::End),
        Some(text) => Err(DatasetFormatError::Position {
            found: text.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Format) -> ReadOptions {
        let read = of_variable(Some(text)).unwrap();
        assert_eq!(read.format, Some(expected), "{text}");
        read
    }

    #[test]
    fn every_form_of_the_sdk_is_read() {
        let csv = check(
            r#"{"csv": {"header": true, "output_columns_position": "START"}}"#,
            Format::Csv,
        );
        assert_eq!(csv.header, Header::Present);
        let bare = check(
            r#"{"csv": {"header": false, "output_columns_position": "END"}}"#,
            Format::Csv,
        );
        assert_eq!(bare.header, Header::Absent);
        assert_eq!(bare.columns_position, ColumnsPosition::End);
        check(r#"{"json": {"lines": true}}"#, Format::JsonLines);
        check(r#"{"json": {"line": true}}"#, Format::JsonLines);
        check(r#"{"json": {}}"#, Format::Json);
        check(r#"{"parquet": {}}"#, Format::Parquet);
        check(
            r#"{"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}"#,
            Format::Capture,
        );
        let merged = check(
            r#"{"sagemakerMergeJson": {"captureIndexNames": ["endpointOutput"]}}"#,
            Format::MergedCapture,
        );
        assert_eq!(merged.inputs, Inputs::PassedOver);
    }

    #[test]
    fn a_form_that_is_not_known_is_refused_by_name() {
        for text in ["{}", r#"{"orc": {}}"#, "[]", r#"{"csv": {}, "json": {}}"#] {
            assert!(of_variable(Some(text)).is_err(), "{text}");
        }
        let error = of_variable(Some(r#"{"csv": {"output_columns_position": "MIDDLE"}}"#));
        assert!(error.unwrap_err().to_string().contains("MIDDLE"));
    }
}
