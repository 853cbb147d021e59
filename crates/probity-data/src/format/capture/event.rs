//! The JSON of one captured event, as far as its data are concerned.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use probity_domain::document::capture_record::CaptureEncoding;
use serde::Deserialize;

use super::fault::EventFault;
use crate::format::json::JsonScanner;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Event<'a> {
    #[serde(borrow)]
    pub(crate) capture_data: Option<CaptureData<'a>>,
    #[serde(borrow)]
    pub(crate) ground_truth_data: Option<Payload<'a>>,
    /// A payload was in base64.
    #[serde(skip)]
    decoded: bool,
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
#[serde(rename_all = "camelCase")]
pub(crate) struct Payload<'a> {
    #[serde(borrow)]
    pub(crate) data: Cow<'a, str>,
    #[serde(borrow)]
    encoding: Cow<'a, str>,
    #[serde(borrow, default)]
    observed_content_type: Option<Cow<'a, str>>,
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

impl Payload<'_> {
    /// Base64 of a content type that is text, as of an endpoint that was not told its content types
    /// (`CaptureContentTypeHeader`), becomes that text. Says whether.
    fn decode(&mut self) -> bool {
        if self.encoding() != Encoding::Base64 {
            return false;
        }
        let encoding = CaptureEncoding::well_known(self.observed_content_type.as_deref());
        let text = match encoding {
            CaptureEncoding::Csv | CaptureEncoding::Json => STANDARD.decode(self.data.as_bytes()),
            CaptureEncoding::Base64 => return false,
        };
        let Some(text) = text.ok().and_then(|bytes| String::from_utf8(bytes).ok()) else {
            return false;
        };
        self.data = Cow::Owned(text);
        self.encoding = Cow::Borrowed(encoding.as_str());
        true
    }
}

impl<'a> Event<'a> {
    pub(crate) fn parse(line: &'a str) -> Result<Event<'a>, EventFault> {
        let mut event = Event::parse_encoded(line)?;
        let sides = event.capture_data.iter_mut().flat_map(|sides| {
            [
                &mut sides.endpoint_input,
                &mut sides.endpoint_output,
                &mut sides.batch_transform_output,
            ]
        });
        for payload in sides.flatten() {
            event.decoded |= payload.decode();
        }
        Ok(event)
    }

    pub(crate) fn is_decoded(&self) -> bool {
        self.decoded
    }

    fn parse_encoded(line: &'a str) -> Result<Event<'a>, EventFault> {
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
