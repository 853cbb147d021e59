//! One record on its way: the part of it that the model sees, and what is written of it and of
//! the model's answer: `DataProcessing` and `GenerateInferenceId` of CreateTransformJob.
//!
//! JSON: the answer is the member `SageMakerOutput` of the input object, or stands beside
//! `SageMakerInput` where the input is no object. CSV: the answer's columns follow the input's.
//! Source: "Associate Prediction Results with Input Records" of the AWS developer guide; the
//! order of reserved members as in the output of a real job.

use std::borrow::Cow;

use serde_json::{Map, Value};
use thiserror::Error;

use super::json_path::{JsonPath, NotInRecord};

/// How records are spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    Csv,
    Json,
    /// Nothing is known of what is inside.
    Opaque,
}

impl Spelling {
    /// Of a content type, whose parameters do not matter.
    pub(super) fn of_content_type(content_type: Option<&str>) -> Spelling {
        let name = content_type.unwrap_or_default();
        let name = name.split(';').next().unwrap_or_default().trim();
        match name.to_ascii_lowercase().as_str() {
            "text/csv" => Self::Csv,
            "application/json" | "application/jsonlines" | "application/x-jsonlines" => Self::Json,
            _ => Self::Opaque,
        }
    }
}

/// Whether the input stands beside the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Join {
    Nothing,
    Input,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Processing {
    pub(super) input_filter: JsonPath,
    pub(super) output_filter: JsonPath,
    pub(super) join: Join,
    pub(super) input: Spelling,
    pub(super) output: Spelling,
}

/// What a captured record can be found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Inference {
    pub(super) id: String,
    /// Of the start of the job: `2023-01-21T01:29:04Z`.
    pub(super) time: String,
}

#[derive(Debug, Error)]
pub(crate) enum ProcessRecord {
    #[error("{side} record {line} is no JSON")]
    NotJson {
        side: &'static str,
        line: usize,
        #[source]
        source: serde_json::Error,
    },
    #[error("{side} record {line} is no text")]
    NotText { side: &'static str, line: usize },
    #[error("{side} record {line}")]
    Filter {
        side: &'static str,
        line: usize,
        #[source]
        source: NotInRecord,
    },
    #[error(
        "records of this content type can be neither filtered nor joined nor numbered; text/csv, \
         application/json and application/jsonlines can"
    )]
    Opaque,
}

impl Processing {
    /// Whether answers must be told apart.
    pub(super) fn is_by_record(&self) -> bool {
        self.join == Join::Input || !self.output_filter.is_whole()
    }

    /// What the model is sent.
    pub(super) fn sent<'a>(
        &self,
        record: &'a [u8],
        line: usize,
    ) -> Result<Cow<'a, [u8]>, ProcessRecord> {
        if self.input_filter.is_whole() {
            return Ok(Cow::Borrowed(record));
        }
        let failed = |source| ProcessRecord::Filter {
            side: "input",
            line,
            source,
        };
        match self.input {
            Spelling::Csv => {
                let text = text_of(record, ("input", line))?;
                let fields = fields(text);
                let kept = self.input_filter.of_fields(&fields).map_err(failed)?;
                Ok(Cow::Owned(kept.join(",").into_bytes()))
            }
            Spelling::Json => {
                let value = json_of(record, ("input", line))?;
                let kept = self.input_filter.of_json(&value).map_err(failed)?;
                Ok(Cow::Owned(kept.to_string().into_bytes()))
            }
            Spelling::Opaque => Err(ProcessRecord::Opaque),
        }
    }

    /// What is written of a record and its answer, without a line end.
    pub(super) fn written(
        &self,
        (record, answer): (&[u8], &[u8]),
        inference: Option<&Inference>,
        line: usize,
    ) -> Result<Vec<u8>, ProcessRecord> {
        if !self.is_by_record() && inference.is_none() {
            return Ok(answer.to_vec());
        }
        match self.output {
            Spelling::Csv => self.written_csv((record, answer), inference, line),
            Spelling::Json => self.written_json((record, answer), inference, line),
            Spelling::Opaque => Err(ProcessRecord::Opaque),
        }
    }

    fn written_csv(
        &self,
        (record, answer): (&[u8], &[u8]),
        inference: Option<&Inference>,
        line: usize,
    ) -> Result<Vec<u8>, ProcessRecord> {
        let mut all = Vec::new();
        if self.join == Join::Input {
            all.extend(fields(text_of(record, ("input", line))?));
        }
        all.extend(fields(text_of(answer, ("output", line))?));
        let kept = self.output_filter.of_fields(&all);
        let mut kept = kept.map_err(|source| ProcessRecord::Filter {
            side: "output",
            line,
            source,
        })?;
        if let Some(inference) = inference {
            kept.extend([inference.id.as_str(), &inference.time]);
        }
        Ok(kept.join(",").into_bytes())
    }

    fn written_json(
        &self,
        (record, answer): (&[u8], &[u8]),
        inference: Option<&Inference>,
        line: usize,
    ) -> Result<Vec<u8>, ProcessRecord> {
        let answer = json_of(answer, ("output", line))?;
        let joined = match self.join {
            Join::Nothing => answer,
            Join::Input => joined(json_of(record, ("input", line))?, answer),
        };
        let kept = self.output_filter.of_json(&joined);
        let kept = kept.map_err(|source| ProcessRecord::Filter {
            side: "output",
            line,
            source,
        })?;
        let kept = match inference {
            None => kept,
            Some(inference) => numbered(kept, inference),
        };
        Ok(kept.to_string().into_bytes())
    }
}

fn joined(input: Value, answer: Value) -> Value {
    let mut members = Map::new();
    members.insert("SageMakerOutput".to_owned(), answer);
    match input {
        Value::Object(input) => {
            for (name, value) in input {
                members.entry(name).or_insert(value);
            }
        }
        other => {
            members.insert("SageMakerInput".to_owned(), other);
        }
    }
    Value::Object(members)
}

fn numbered(record: Value, inference: &Inference) -> Value {
    let mut members = Map::new();
    members.insert(
        "SageMakerInferenceId".to_owned(),
        inference.id.clone().into(),
    );
    members.insert(
        "SageMakerInferenceTime".to_owned(),
        inference.time.clone().into(),
    );
    match record {
        Value::Object(record) => members.extend(record),
        other => {
            members.insert("SageMakerOutput".to_owned(), other);
        }
    }
    Value::Object(members)
}

fn json_of(record: &[u8], (side, line): (&'static str, usize)) -> Result<Value, ProcessRecord> {
    serde_json::from_slice(record).map_err(|source| ProcessRecord::NotJson { side, line, source })
}

fn text_of<'a>(
    record: &'a [u8],
    (side, line): (&'static str, usize),
) -> Result<&'a str, ProcessRecord> {
    std::str::from_utf8(record).map_err(|_| ProcessRecord::NotText { side, line })
}

/// Fields as they are spelled, quotes and all.
fn fields(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut quoted = false;
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                found.push(&line[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&line[start..]);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn processing(input_filter: &str, output_filter: &str, join: Join) -> Processing {
        Processing {
            input_filter: JsonPath::parse(input_filter).unwrap(),
            output_filter: JsonPath::parse(output_filter).unwrap(),
            join,
            input: Spelling::Csv,
            output: Spelling::Csv,
        }
    }

    fn inference() -> Inference {
        Inference {
            id: "id-1".to_owned(),
            time: "2023-01-21T01:29:04Z".to_owned(),
        }
    }

    fn text(bytes: impl AsRef<[u8]>) -> String {
        String::from_utf8(bytes.as_ref().to_vec()).unwrap()
    }

    #[test]
    fn the_model_does_not_see_an_id_that_stands_beside_its_answer() {
        let csv = processing("$[1:]", "$[0,-1]", Join::Input);
        assert_eq!(text(csv.sent(b"id7,1,\"a,b\"", 1).unwrap()), "1,\"a,b\"");
        let written = csv.written((b"id7,1,2", b"0.5"), None, 1).unwrap();
        assert_eq!(text(written), "id7,0.5");
        let written = csv.written((b"id7,1,2", b"0.5"), Some(&inference()), 1);
        assert_eq!(text(written.unwrap()), "id7,0.5,id-1,2023-01-21T01:29:04Z");
    }

    #[test]
    fn an_answer_in_json_becomes_a_member() {
        let json = Processing {
            input: Spelling::Json,
            output: Spelling::Json,
            ..processing("$", "$", Join::Input)
        };
        let record = br#"{"features":[29,2]}"#;
        let written = json.written((record, br#"{"score":0.5}"#), Some(&inference()), 1);
        assert_eq!(
            text(written.unwrap()),
            r#"{"SageMakerInferenceId":"id-1","SageMakerInferenceTime":"2023-01-21T01:29:04Z","SageMakerOutput":{"score":0.5},"features":[29,2]}"#
        );
        let list = json.written((b"[1,2]", b"0.5"), None, 1).unwrap();
        assert_eq!(
            text(list),
            r#"{"SageMakerOutput":0.5,"SageMakerInput":[1,2]}"#
        );
    }

    #[test]
    fn without_join_and_ids_an_answer_is_written_as_it_came() {
        let plain = processing("$", "$", Join::Nothing);
        assert!(!plain.is_by_record());
        assert_eq!(
            text(plain.written((b"1", b"0.50"), None, 1).unwrap()),
            "0.50"
        );
        let numbered = plain
            .written((b"1", b"0.50"), Some(&inference()), 1)
            .unwrap();
        assert_eq!(text(numbered), "0.50,id-1,2023-01-21T01:29:04Z");
    }

    #[test]
    fn a_content_type_that_is_not_known_cannot_be_joined() {
        let opaque = Processing {
            output: Spelling::of_content_type(Some("application/x-npy")),
            ..processing("$", "$", Join::Input)
        };
        let error = opaque.written((b"1", b"2"), None, 1).unwrap_err();
        assert!(matches!(error, ProcessRecord::Opaque));
        assert_eq!(
            Spelling::of_content_type(Some("text/csv; header=absent")),
            Spelling::Csv
        );
    }
}
