//! Tells the format of a file: by its extension where that says it, else by
//! how its content begins.
//!
//! `.csv`, `.tsv` and `.parquet` are taken at their word, but Parquet under a name for
//! text, or text under Parquet's, is an error and not read as what it is not. Names for JSON do not
//! tell lines from arrays, nor captures from other lines, so they and all other
//! names are looked into: Parquet's magic number, `[` for a JSON array, `{` for
//! objects (with a member `captureData` captured events, with `groundTruthData`
//! too merged ones), CSV for the rest. Objects that end with their line are JSON
//! Lines; one object over several lines is JSON.

use super::content::Content;
use super::error::ReadDataset;
use super::options::Format;
use crate::format::capture::first_keys;
use crate::location::SourceFile;

const MAGIC: &[u8] = b"PAR1";
/// The first record is looked for in as much content.
const SAMPLE_BYTES: usize = 64 << 10;
const LONG_SAMPLE_BYTES: usize = 8 << 20;

/// The format that the name alone tells.
pub(crate) fn format_of_name(file: &SourceFile) -> Option<Format> {
    match file.extension()?.as_str() {
        "csv" | "tsv" => Some(Format::Csv),
        "parquet" | "parq" | "pq" => Some(Format::Parquet),
        _ => None,
    }
}

/// The format of a file whose name tells none, by its content. Text under a name for JSON
/// is JSON, if broken.
pub(crate) async fn format_of_unnamed(
    content: &mut Content,
    extension: Option<&str>,
) -> Result<Format, ReadDataset> {
    let found = format_of_content(content).await?;
    Ok(match (found, extension) {
        (Format::Csv, Some("json")) => Format::Json,
        (Format::Csv, Some("jsonl" | "ndjson")) => Format::JsonLines,
        _ => found,
    })
}

/// Whether content that should be text is Parquet. A CSV file may begin with the word
/// `PAR1`; in Parquet a control character follows.
pub(crate) async fn is_parquet(content: &mut Content) -> Result<bool, ReadDataset> {
    content.fill(MAGIC.len() + 1).await?;
    let next = content.buffer().strip_prefix(MAGIC).and_then(<[u8]>::first);
    Ok(next.is_some_and(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace()))
}

/// The format of text that should be Parquet; `None` when it may be Parquet that is cut off
/// or damaged.
pub(crate) async fn text_under_parquet_name(
    content: &mut Content,
) -> Result<Option<Format>, ReadDataset> {
    let found = format_of_content(content).await?;
    let sample = content.buffer();
    let begins_as_magic = sample.starts_with(b"PAR") || MAGIC.starts_with(sample);
    let is_text = match std::str::from_utf8(sample) {
        Ok(_) => true,
        Err(cut) => cut.error_len().is_none(),
    };
    let is_text = is_text && !sample.contains(&0);
    Ok((is_text && !begins_as_magic).then_some(found))
}

/// What content begins like. What was read stays in the buffer.
async fn format_of_content(content: &mut Content) -> Result<Format, ReadDataset> {
    content.fill(SAMPLE_BYTES).await?;
    if content.buffer().starts_with(MAGIC) {
        return Ok(Format::Parquet);
    }
    let start = content
        .buffer()
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(content.buffer())
        .trim_ascii_start();
    match start.first() {
        Some(b'[') => Ok(Format::Json),
        Some(b'{') => {
            if memchr::memchr(b'\n', start).is_none() {
                content.fill(LONG_SAMPLE_BYTES).await?;
            }
            Ok(format_of_objects(content.buffer()))
        }
        _ => Ok(Format::Csv),
    }
}

fn format_of_objects(sample: &[u8]) -> Format {
    let sample = sample
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(sample)
        .trim_ascii_start();
    let line = sample.split(|byte| *byte == b'\n').next().unwrap_or(sample);
    let text = String::from_utf8_lossy(line);
    let keys = first_keys(&text);
    let has = |name: &str| keys.iter().any(|key| key == name);
    match (has("captureData"), has("groundTruthData")) {
        (true, true) => Format::MergedCapture,
        (true, false) => Format::Capture,
        (false, _) if line.trim_ascii_end().ends_with(b"}") => Format::JsonLines,
        (false, _) => Format::Json,
    }
}

/// Lines and arrays of objects are the same to whoever reads the rows.
pub(crate) fn same_kind(first: Format, other: Format) -> bool {
    let is_json = |format| matches!(format, Format::Json | Format::JsonLines);
    first == other || (is_json(first) && is_json(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Format) {
        assert_eq!(format_of_objects(text.as_bytes()), expected);
    }

    #[test]
    fn objects_that_end_with_their_line_are_json_lines() {
        check("{\"a\":1}\n{\"a\":2}\n", Format::JsonLines);
        check("{\"a\":1}", Format::JsonLines);
        check("{\n \"a\":1\n}", Format::Json);
        check("{\"a\":{\n\"b\":1}}", Format::Json);
    }

    #[test]
    fn captures_are_told_by_their_members() {
        check(r#"{"captureData":{},"eventMetadata":{}}"#, Format::Capture);
        check(
            r#"{"eventVersion":"0","groundTruthData":{},"captureData":{}}"#,
            Format::MergedCapture,
        );
        check(r#"{"note":"captureData"}"#, Format::JsonLines);
    }
}
