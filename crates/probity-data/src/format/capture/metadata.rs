//! The ids and the time of an event, without reading its payloads.
//!
//! Records of endpoints, and merged ones, have `eventMetadata` at their end, after payloads of any length. There
//! it is looked for from behind: `"eventMetadata":{` cannot stand inside a JSON string, whose quotes are
//! escaped, so what is found is a member; and when nothing but the version and the closing brace follows, it is
//! a member of the event itself. Any other line is read from its start.

use std::borrow::Cow;

use memchr::memmem;
use probity_domain::document::UtcTime;
use serde::Deserialize;

const MEMBER: &[u8] = b"\"eventMetadata\":{";

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventMetadata<'a> {
    #[serde(borrow, default, deserialize_with = "text_or_nothing")]
    pub(crate) event_id: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "text_or_nothing")]
    pub(crate) inference_id: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "text_or_nothing")]
    inference_time: Option<Cow<'a, str>>,
}

/// Anything else than a string is no id and no time.
fn text_or_nothing<'de: 'a, 'a, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Cow<'a, str>>, D::Error> {
    let raw: &'de serde_json::value::RawValue = Deserialize::deserialize(deserializer)?;
    Ok(serde_json::from_str::<Text<'de>>(raw.get())
        .ok()
        .map(|text| text.0))
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Whole<'a> {
    #[serde(borrow, default)]
    event_metadata: Option<EventMetadata<'a>>,
}

impl<'a> EventMetadata<'a> {
    /// Of a line; empty for one that is not an event.
    pub(crate) fn of(line: &'a [u8]) -> EventMetadata<'a> {
        Self::at_end(line)
            .or_else(|| {
                let whole: Whole<'a> = serde_json::from_slice(line).ok()?;
                whole.event_metadata
            })
            .unwrap_or_default()
    }

    fn at_end(line: &'a [u8]) -> Option<EventMetadata<'a>> {
        let start = memmem::rfind(line, MEMBER)? + MEMBER.len() - 1;
        let mut values = serde_json::Deserializer::from_slice(&line[start..]).into_iter();
        let metadata: EventMetadata<'a> = values.next()?.ok()?;
        let rest = &line[start + values.byte_offset()..];
        matches!(rest, b"}" | b",\"eventVersion\":\"0\"}").then_some(metadata)
    }

    /// What labels are matched by: the inference id, which the caller gave, before the event's own.
    pub(crate) fn join_id(&self) -> Option<&str> {
        let given = self.inference_id.as_deref().filter(|id| !id.is_empty());
        given.or(self.event_id.as_deref())
    }

    pub(crate) fn inference_ms(&self) -> Option<i64> {
        UtcTime::parse_epoch_ms(self.inference_time.as_deref()?)
    }
}

/// The beginning of the hour of the folder `…/yyyy/mm/dd/hh/NAME` in which a file lies.
pub(crate) fn hour_of_folder(uri: &str) -> Option<i64> {
    let mut parts = uri.rsplit('/').skip(1);
    let mut next = |digits: usize| {
        let part = parts.next()?;
        let is_number = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| part.parse::<i64>().ok())?
    };
    let (hour, day, month, year) = (next(2)?, next(2)?, next(2)?, next(4)?);
    UtcTime::hour_epoch_ms(year, month, day, hour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, id: Option<&str>, ms: Option<i64>) {
        let metadata = EventMetadata::of(line.as_bytes());
        assert_eq!((metadata.join_id(), metadata.inference_ms()), (id, ms));
    }

    #[test]
    fn ids_and_times_are_found_wherever_they_stand() {
        let data =
            r#""captureData":{"endpointInput":{"data":"\"eventMetadata\":{\"eventId\":\"no\"}"}}"#;
        let metadata = r#""eventMetadata":{"eventId":"e","inferenceTime":"1970-01-01T00:00:01Z"}"#;
        for line in [
            format!(r#"{{{data},{metadata},"eventVersion":"0"}}"#),
            format!(r#"{{"eventVersion":"0",{data},{metadata}}}"#),
            format!(r#"{{{metadata},{data}}}"#),
            format!(r#"{{ {metadata} , "eventVersion" : "0" , {data} }}"#),
            format!(
                r#"{{{data},"eventMetadata": {{"inferenceTime":"1970-01-01T00:00:01Z","eventId":"e"}}}}"#
            ),
        ] {
            check(&line, Some("e"), Some(1_000));
        }
    }

    #[test]
    fn the_callers_id_goes_before_the_events_own() {
        let line = |id: &str| {
            format!(r#"{{"eventMetadata":{{"eventId":"e","inferenceId":{id},"inferenceTime":7}}}}"#)
        };
        check(&line(r#""a\"b""#), Some("a\"b"), None);
        check(&line(r#""""#), Some("e"), None);
        check(&line("null"), Some("e"), None);
        check(&line("[1]"), Some("e"), None);
    }

    #[test]
    fn metadata_of_something_inside_is_not_the_events() {
        check(
            r#"{"captureData":{"eventMetadata":{"eventId":"inside"}}}"#,
            None,
            None,
        );
        check(r#"{"a":1,"eventMetadata":{"eventId":"torn"#, None, None);
        check("not json", None, None);
    }

    #[test]
    fn folders_tell_their_hour() {
        assert_eq!(
            hour_of_folder("s3://b/e/v/2022/04/18/00/21-48-1.jsonl"),
            Some(1_650_240_000_000)
        );
        assert_eq!(hour_of_folder("s3://b/e/v/2022/04/18/24/a.jsonl"), None);
        assert_eq!(hour_of_folder("s3://b/e/v/2022/4/18/00/a.jsonl"), None);
        assert_eq!(hour_of_folder("a.jsonl"), None);
    }
}
