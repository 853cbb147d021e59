//! The JSON of one captured event, as far as its data are concerned.

use std::borrow::Cow;

use serde::Deserialize;

use super::rows::EventFault;
use crate::format::json::JsonScanner;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Event<'a> {
    #[serde(borrow)]
    pub(crate) capture_data: Option<CaptureData<'a>>,
    #[serde(borrow)]
    pub(crate) ground_truth_data: Option<Payload<'a>>,
}

/// Only the sides that were captured are there.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CaptureData<'a> {
    #[serde(borrow)]
    pub(crate) endpoint_input: Option<Payload<'a>>,
    #[serde(borrow)]
    pub(crate) endpoint_output: Option<Payload<'a>>,
    /// In merged files of batch transform jobs, which join input and output.
    #[serde(borrow)]
    pub(crate) batch_transform_output: Option<Payload<'a>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Payload<'a> {
    #[serde(borrow)]
    pub(crate) data: Cow<'a, str>,
    #[serde(borrow)]
    encoding: Cow<'a, str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Csv,
    Json,
    Base64,
    Unknown,
}

impl Encoding {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Encoding::Csv => "CSV",
            Encoding::Json => "JSON",
            Encoding::Base64 => "BASE64",
            Encoding::Unknown => "unknown",
        }
    }
}

impl Payload<'_> {
    pub(crate) fn encoding(&self) -> Encoding {
        let is = |name: &str| self.encoding.eq_ignore_ascii_case(name);
        match () {
            () if is("CSV") => Encoding::Csv,
            () if is("JSON") || is("JSONLINES") => Encoding::Json,
            () if is("BASE64") => Encoding::Base64,
            () => Encoding::Unknown,
        }
    }
}

impl Event<'_> {
    pub(crate) fn parse(line: &str) -> Result<Event<'_>, EventFault> {
        serde_json::from_str(line).map_err(|error| {
            // Its text may quote the content, so only the place is passed on.
            let column = error.column() as u64;
            match error.classify() {
                serde_json::error::Category::Data => EventFault::Event(
                    "`captureData` and its sides are not as an endpoint captures them",
                ),
                serde_json::error::Category::Eof => EventFault::Json {
                    column,
                    problem: "the line ends too early",
                },
                serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
                    EventFault::Json {
                        column,
                        problem: "syntax error",
                    }
                }
            }
        })
    }
}

/// The members of the first object of `text`, as far as it goes.
pub(crate) fn first_keys(text: &str) -> Vec<String> {
    use crate::format::json::{First, JsonValue};
    let mut scanner = JsonScanner::new(text);
    let mut keys = Vec::new();
    if scanner.value() != Ok(JsonValue::ObjectStart) {
        return keys;
    }
    let mut first = First::Yes;
    while let Ok(Some(key)) = scanner.next_key(first) {
        first = First::No;
        keys.push(key.into_owned());
        if scanner.skip_value().is_err() {
            break;
        }
    }
    keys
}
