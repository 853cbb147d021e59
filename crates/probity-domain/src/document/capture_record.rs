//! One captured inference, as one line of JSON: what went into a model and what came out.
//!
//! Source: the "Capture data" pages of the SageMaker developer guide and real files. Compact,
//! members in the order in which the service writes them; `customAttributes` is an array whose
//! first element is the header's value; a side that was not captured is absent. A payload is
//! text where its content type was configured as CSV or JSON, else base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::utc_time::UtcTime;

/// The sides of an inference that are captured (`CaptureOptions`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptureMode {
    Input,
    Output,
    InputAndOutput,
}

impl CaptureMode {
    /// From the `CaptureMode` members of `CaptureOptions`: each adds a side. `None` when no
    /// known one is there. The SDK's older words are the same.
    pub fn from_options<'a>(options: impl IntoIterator<Item = &'a str>) -> Option<CaptureMode> {
        let mut mode = None;
        for option in options {
            let side = match option {
                "Input" | "REQUEST" => CaptureMode::Input,
                "Output" | "RESPONSE" => CaptureMode::Output,
                "InputAndOutput" => CaptureMode::InputAndOutput,
                _ => continue,
            };
            mode = Some(match mode {
                None => side,
                Some(known) if known == side => side,
                Some(_) => CaptureMode::InputAndOutput,
            });
        }
        mode
    }

    pub fn has_input(self) -> bool {
        match self {
            Self::Input | Self::InputAndOutput => true,
            Self::Output => false,
        }
    }

    pub fn has_output(self) -> bool {
        match self {
            Self::Output | Self::InputAndOutput => true,
            Self::Input => false,
        }
    }
}

/// How a payload stands in the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptureEncoding {
    Csv,
    Json,
    Base64,
}

impl CaptureEncoding {
    /// By the content type alone, whatever is configured.
    pub fn well_known(content_type: Option<&str>) -> CaptureEncoding {
        let essence = content_type.map(essence).unwrap_or_default();
        match essence.to_ascii_lowercase().as_str() {
            "text/csv" => Self::Csv,
            "application/json" | "application/jsonlines" | "application/x-jsonlines" => Self::Json,
            other if other.ends_with("+json") => Self::Json,
            _ => Self::Base64,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Json => "JSON",
            Self::Base64 => "BASE64",
        }
    }
}

/// `CaptureContentTypeHeader`: the content types whose payloads are kept as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaptureContentTypes {
    csv: Vec<String>,
    json: Vec<String>,
}

impl CaptureContentTypes {
    pub fn new(csv: Vec<String>, json: Vec<String>) -> CaptureContentTypes {
        CaptureContentTypes { csv, json }
    }

    /// What the SDK configures when its user says nothing.
    pub fn sdk_default() -> CaptureContentTypes {
        let types = |name: &str| vec![name.to_owned()];
        CaptureContentTypes::new(types("text/csv"), types("application/json"))
    }

    /// Parameters, as `; charset=utf-8`, do not count; neither does the case of letters.
    pub fn encoding(&self, content_type: Option<&str>) -> CaptureEncoding {
        let Some(content_type) = content_type else {
            return CaptureEncoding::Base64;
        };
        let essence = essence(content_type);
        let named = |types: &[String]| types.iter().any(|name| name.eq_ignore_ascii_case(essence));
        if named(&self.csv) {
            CaptureEncoding::Csv
        } else if named(&self.json) {
            CaptureEncoding::Json
        } else {
            CaptureEncoding::Base64
        }
    }
}

/// A content type without its parameters.
fn essence(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

/// One side's payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapturedPayload<'a> {
    /// As it was sent, parameters included.
    pub content_type: Option<&'a str>,
    pub data: &'a [u8],
    /// Text that is no UTF-8 is written in base64 all the same.
    pub encoding: CaptureEncoding,
}

/// One captured inference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaptureRecord<'a> {
    pub input: Option<CapturedPayload<'a>>,
    pub output: Option<CapturedPayload<'a>>,
    pub event_id: &'a str,
    pub inference_id: Option<&'a str>,
    pub custom_attributes: Option<&'a str>,
    /// Milliseconds since 1970; the record keeps seconds.
    pub at_ms: i64,
}

impl CaptureRecord<'_> {
    /// Every record begins and ends so; what does not was not written whole.
    pub const START: &'static [u8] = b"{\"captureData\":{";
    pub const END: &'static [u8] = b"\"},\"eventVersion\":\"0\"}";

    /// Adds the record to `out`, without an end of line. A record contains no line feed.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(Self::START);
        if let Some(input) = &self.input {
            write_payload(input, ("endpointInput", "INPUT"), out);
        }
        if let Some(output) = &self.output {
            if self.input.is_some() {
                out.push(b',');
            }
            write_payload(output, ("endpointOutput", "OUTPUT"), out);
        }
        out.extend_from_slice(b"},\"eventMetadata\":{\"eventId\":");
        write_json_string(self.event_id, out);
        if let Some(id) = self.inference_id {
            out.extend_from_slice(b",\"inferenceId\":");
            write_json_string(id, out);
        }
        if let Some(attributes) = self.custom_attributes {
            out.extend_from_slice(b",\"customAttributes\":[");
            write_json_string(attributes, out);
            out.push(b']');
        }
        out.extend_from_slice(b",\"inferenceTime\":\"");
        let time = UtcTime::from_epoch_ms(self.at_ms).to_string();
        out.extend_from_slice(time.as_bytes());
        out.extend_from_slice(Self::END);
    }
}

fn write_payload(payload: &CapturedPayload<'_>, (name, mode): (&str, &str), out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":{\"observedContentType\":");
    match payload.content_type {
        Some(content_type) => write_json_string(content_type, out),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"mode\":\"");
    out.extend_from_slice(mode.as_bytes());
    out.extend_from_slice(b"\",\"data\":");
    let text = match payload.encoding {
        CaptureEncoding::Csv | CaptureEncoding::Json => std::str::from_utf8(payload.data).ok(),
        CaptureEncoding::Base64 => None,
    };
    let encoding = match text {
        Some(text) => {
            write_json_string(text, out);
            payload.encoding
        }
        None => {
            write_base64(payload.data, out);
            CaptureEncoding::Base64
        }
    };
    out.extend_from_slice(b",\"encoding\":\"");
    out.extend_from_slice(encoding.as_str().as_bytes());
    out.extend_from_slice(b"\"}");
}

fn write_base64(data: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let start = out.len();
    // Four letters for each three bytes begun; exactly what the encoder fills.
    out.resize(start + data.len().div_ceil(3) * 4, b'=');
    let written = STANDARD.encode_slice(data, &mut out[start..]);
    out.truncate(start + written.expect("the room is four letters for each three bytes begun"));
    out.push(b'"');
}

/// Quotes, backslashes and control characters are escaped, as Jackson does; the rest is UTF-8.
pub fn write_json_string(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut copied = 0;
    for (position, byte) in bytes.iter().copied().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[copied..position]);
        copied = position + 1;
        let short = match byte {
            b'"' | b'\\' => byte,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x08 => b'b',
            0x0c => b'f',
            _ => {
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(byte >> 4)]);
                out.push(HEX[usize::from(byte & 15)]);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', short]);
    }
    out.extend_from_slice(&bytes[copied..]);
    out.push(b'"');
}

/// Whether the inference with this event id belongs to the sample of `percent` (0 to 100). The
/// same id always has the same answer, and of random ids `percent` of a hundred belong.
pub fn is_sampled(percent: u8, event_id: &str) -> bool {
    if percent >= 100 {
        return true;
    }
    // A hundred classes of one size each, but for 2⁶⁴ not being a multiple of a hundred.
    let class = (u128::from(hash(event_id.as_bytes())) * 100) >> 64;
    class < u128::from(percent)
}

/// FNV-1a (Fowler, Noll, Vo), whose high bits the finisher of SplitMix64 makes even.
fn hash(bytes: &[u8]) -> u64 {
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    for byte in bytes {
        state = (state ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EVENT: CaptureRecord<'_> = CaptureRecord {
        input: None,
        output: None,
        event_id: "f04a8538-696c-4648-8064-8b680b2e3318",
        inference_id: None,
        custom_attributes: None,
        at_ms: 1_650_241_308_123,
    };

    fn text(record: &CaptureRecord<'_>) -> String {
        let mut out = Vec::new();
        record.write(&mut out);
        String::from_utf8(out).unwrap()
    }

    fn csv<'a>(content_type: &'a str, data: &'a str) -> Option<CapturedPayload<'a>> {
        Some(CapturedPayload {
            content_type: Some(content_type),
            data: data.as_bytes(),
            encoding: CaptureContentTypes::sdk_default().encoding(Some(content_type)),
        })
    }

    #[test]
    fn a_record_is_that_of_the_service() {
        let real = include_str!("../../../../golden/capture/records/endpoint.jsonl");
        let record = CaptureRecord {
            input: csv("text/csv", "132,10,182.9,1"),
            output: csv("text/csv; charset=utf-8", "0.036397725343704224"),
            ..EVENT
        };
        assert_eq!(text(&record), real.trim_end());
    }

    #[test]
    fn ids_and_attributes_stand_before_the_time() {
        let record = CaptureRecord {
            output: csv("application/json", "{\"a\": \"ü\"}\n"),
            inference_id: Some("7"),
            custom_attributes: Some("trace=\"1\""),
            ..EVENT
        };
        let expected = r#"{"captureData":{"endpointOutput":{"observedContentType":"application/json","mode":"OUTPUT","data":"{\"a\": \"ü\"}\n","encoding":"JSON"}},"eventMetadata":{"eventId":"f04a8538-696c-4648-8064-8b680b2e3318","inferenceId":"7","customAttributes":["trace=\"1\""],"inferenceTime":"2022-04-18T00:21:48Z"},"eventVersion":"0"}"#;
        assert_eq!(text(&record), expected);
    }

    #[test]
    fn what_has_no_known_type_or_is_no_text_is_base64() {
        let payload = |content_type, data, encoding| {
            text(&CaptureRecord {
                input: Some(CapturedPayload {
                    content_type,
                    data,
                    encoding,
                }),
                ..EVENT
            })
        };
        let untyped = payload(None, b"hello", CaptureEncoding::Base64);
        let shown =
            r#"{"observedContentType":null,"mode":"INPUT","data":"aGVsbG8=","encoding":"BASE64"}"#;
        assert!(untyped.contains(shown), "{untyped}");
        let broken = payload(Some("text/csv"), b"\xff", CaptureEncoding::Csv);
        let shown = r#"{"observedContentType":"text/csv","mode":"INPUT","data":"/w==","encoding":"BASE64"}"#;
        assert!(broken.contains(shown), "{broken}");
        assert!(payload(None, b"", CaptureEncoding::Base64).contains("\"data\":\"\""));
    }

    #[test]
    fn a_content_type_is_known_without_its_parameters() {
        let types = CaptureContentTypes::new(
            vec!["text/csv".to_owned()],
            vec!["application/jsonlines".to_owned()],
        );
        let check = |given: Option<&str>, encoding| assert_eq!(types.encoding(given), encoding);
        check(Some("text/csv;charset=utf-8"), CaptureEncoding::Csv);
        check(Some("Text/CSV"), CaptureEncoding::Csv);
        check(Some("application/jsonlines"), CaptureEncoding::Json);
        check(Some("application/json"), CaptureEncoding::Base64);
        check(Some("text/csvx"), CaptureEncoding::Base64);
        check(None, CaptureEncoding::Base64);
    }

    #[test]
    fn options_add_up_to_a_mode() {
        let mode = |options: &[&str]| CaptureMode::from_options(options.iter().copied());
        assert_eq!(mode(&["Input"]), Some(CaptureMode::Input));
        assert_eq!(
            mode(&["Output", "Input"]),
            Some(CaptureMode::InputAndOutput)
        );
        assert_eq!(mode(&["Output", "Output"]), Some(CaptureMode::Output));
        assert_eq!(
            mode(&["InputAndOutput", "Input"]),
            Some(CaptureMode::InputAndOutput)
        );
        assert_eq!(mode(&[]), None);
    }

    /// 5σ of a binomial share: √(p·(1−p)/n) is at most 0.16 % for 100,000 ids.
    #[test]
    fn the_sample_has_its_share() {
        const IDS: u32 = 100_000;
        for percent in [0_u8, 1, 10, 20, 50, 99, 100] {
            let sampled = (0..IDS)
                .filter(|id| is_sampled(percent, &format!("{id:08x}-696c-4648-8064-{id:012x}")))
                .count();
            let share = sampled as f64 / f64::from(IDS);
            let expected = f64::from(percent) / 100.0;
            assert!((share - expected).abs() < 0.008, "{percent} %: {share}");
            if percent == 0 || percent == 100 {
                assert_eq!(
                    sampled,
                    usize::try_from(IDS).unwrap() * usize::from(percent) / 100
                );
            }
        }
    }

    #[test]
    fn a_smaller_sample_is_part_of_a_larger_one() {
        for id in 0..1_000 {
            let id = id.to_string();
            assert!(!is_sampled(20, &id) || is_sampled(50, &id));
        }
    }

    proptest! {
        #[test]
        fn another_reader_finds_what_was_written(
            data in proptest::collection::vec(any::<u8>(), 0..200),
            attributes in any::<String>(),
        ) {
            let record = CaptureRecord {
                input: Some(CapturedPayload {
                    content_type: Some("text/csv"),
                    data: &data,
                    encoding: CaptureEncoding::Csv,
                }),
                custom_attributes: Some(&attributes),
                ..EVENT
            };
            let line = text(&record);
            prop_assert!(!line.contains('\n'));
            prop_assert!(line.as_bytes().starts_with(CaptureRecord::START));
            prop_assert!(line.as_bytes().ends_with(CaptureRecord::END));
            let read: serde_json::Value = serde_json::from_str(&line).unwrap();
            let input = &read["captureData"]["endpointInput"];
            let found = input["data"].as_str().unwrap();
            let found = match input["encoding"].as_str() {
                Some("BASE64") => STANDARD.decode(found).unwrap(),
                _ => found.as_bytes().to_vec(),
            };
            prop_assert_eq!(found, data);
            prop_assert_eq!(read["eventMetadata"]["customAttributes"][0].as_str(), Some(attributes.as_str()));
        }
    }
}
