//! Labels as they are uploaded: for those who have them in a table, or in a program, and not as objects.

use probity_domain::document::UtcTime;
use probity_domain::document::capture_record::write_json_string;

/// One label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The caller's inference id, or the event's id.
    pub id: String,
    pub value: LabelValue,
    pub inference_ms: Option<i64>,
}

/// What is true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabelValue {
    /// The field of a CSV record, or several.
    Csv(String),
    /// The text of a JSON document.
    Json(String),
}

/// The content of an object with these labels.
pub fn label_object(labels: &[Label]) -> Vec<u8> {
    let mut out = Vec::with_capacity(labels.len() * 160);
    for label in labels {
        let (data, encoding) = match &label.value {
            LabelValue::Csv(data) => (data, "CSV"),
            LabelValue::Json(data) => (data, "JSON"),
        };
        out.extend_from_slice(b"{\"groundTruthData\":{\"data\":");
        write_json_string(data, &mut out);
        out.extend_from_slice(b",\"encoding\":\"");
        out.extend_from_slice(encoding.as_bytes());
        out.extend_from_slice(b"\"},\"eventMetadata\":{\"eventId\":");
        write_json_string(&label.id, &mut out);
        if let Some(at_ms) = label.inference_ms {
            let time = UtcTime::from_epoch_ms(at_ms);
            out.extend_from_slice(format!(",\"inferenceTime\":\"{time}\"").as_bytes());
        }
        out.extend_from_slice(b"},\"eventVersion\":\"0\"}\n");
    }
    out
}

/// Where an object with labels goes that is uploaded now: `PREFIX/yyyy/mm/dd/hh/MMSS-NAME.jsonl`.
pub fn label_place(ground_truth: &str, now_ms: i64, name: &str) -> String {
    let prefix = ground_truth.trim_end_matches('/');
    let UtcTime {
        year,
        month,
        day,
        hour,
        minute,
        second,
        ..
    } = UtcTime::from_epoch_ms(now_ms);
    format!("{prefix}/{year:04}/{month:02}/{day:02}/{hour:02}/{minute:02}{second:02}-{name}.jsonl")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_that_of_the_developer_guide() {
        let label = Label {
            id: "aaaa-bbbb-cccc".to_owned(),
            value: LabelValue::Csv("1".to_owned()),
            inference_ms: None,
        };
        let json = Label {
            id: "7".to_owned(),
            value: LabelValue::Json("{\"label\": 1}".to_owned()),
            inference_ms: Some(1_650_241_308_000),
        };
        assert_eq!(
            String::from_utf8(label_object(&[label, json])).unwrap(),
            r#"{"groundTruthData":{"data":"1","encoding":"CSV"},"eventMetadata":{"eventId":"aaaa-bbbb-cccc"},"eventVersion":"0"}
{"groundTruthData":{"data":"{\"label\": 1}","encoding":"JSON"},"eventMetadata":{"eventId":"7","inferenceTime":"2022-04-18T00:21:48Z"},"eventVersion":"0"}
"#
        );
    }

    #[test]
    fn labels_go_to_the_hour_of_their_upload() {
        let place = label_place("s3://b/truth/", 1_650_241_308_000, "x");
        assert_eq!(place, "s3://b/truth/2022/04/18/00/2148-x.jsonl");
    }
}
