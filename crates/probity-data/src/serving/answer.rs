//! What a model in process says, in the form that was asked for: a line or an element per record.
//!
//! Numbers are spelled the shortest way that reads back the same, in all forms alike.

use std::io::Write;

use bytes::Bytes;
use probity_domain::document::csv::{CsvField, CsvWriter};

use super::media::Media;
use crate::model::Predictions;

/// What of the predictions is told of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Every score; one score is told as it is, several as a list.
    Scores,
    /// Of two classes the probability of the second, as SageMaker's XGBoost container.
    Positive,
    Labels,
}

impl Told {
    /// `of_classes`: a graph whose outputs are the classes of a classifier.
    pub(super) fn of(predictions: &Predictions, of_classes: OutputsAre) -> Told {
        match (predictions.n_outputs, of_classes) {
            (0, _) => Self::Labels,
            (2, OutputsAre::Classes) => Self::Positive,
            _ => Self::Scores,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OutputsAre {
    Classes,
    /// Classes or targets, as the library has them.
    AsReported,
}

/// The body of the answer.
pub(super) fn write(
    media: Media,
    predictions: &Predictions,
    (told, n_records): (Told, usize),
) -> Bytes {
    let mut body = Vec::with_capacity(24 * (n_records * predictions.n_outputs.max(1) + 1));
    let labels = predictions.labels.as_deref().unwrap_or_default();
    let numbers = labels_are_numbers(labels);
    match media {
        Media::Csv if told == Told::Labels => return labels_csv(labels),
        Media::Csv => {
            for record in 0..n_records {
                scores_csv(&mut body, told_of(predictions, told, record));
                body.push(b'\n');
            }
        }
        Media::Json => {
            body.extend_from_slice(b"{\"predictions\": [");
            for record in 0..n_records {
                if record > 0 {
                    body.extend_from_slice(b", ");
                }
                json(&mut body, predictions, (told, record, numbers));
            }
            body.extend_from_slice(b"]}");
        }
        Media::JsonLines => {
            for record in 0..n_records {
                json(&mut body, predictions, (told, record, numbers));
                body.push(b'\n');
            }
        }
    }
    body.into()
}

fn told_of(predictions: &Predictions, told: Told, record: usize) -> &[f64] {
    let scores = predictions.row(record);
    match told {
        Told::Positive => &scores[1..],
        Told::Scores | Told::Labels => scores,
    }
}

/// How labels go into JSON: where all are numbers, as numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Labels {
    Numbers,
    Texts,
}

fn labels_are_numbers(labels: &[String]) -> Labels {
    match labels.iter().all(|label| label.parse::<i64>().is_ok()) {
        true => Labels::Numbers,
        false => Labels::Texts,
    }
}

fn json(
    body: &mut Vec<u8>,
    predictions: &Predictions,
    (told, record, labels): (Told, usize, Labels),
) {
    if told == Told::Labels {
        let label = predictions.labels.as_ref().and_then(|all| all.get(record));
        match label {
            None => body.extend_from_slice(b"null"),
            Some(label) if labels == Labels::Numbers => body.extend_from_slice(label.as_bytes()),
            Some(label) => {
                body.extend_from_slice(
                    serde_json::Value::from(label.as_str())
                        .to_string()
                        .as_bytes(),
                );
            }
        }
        return;
    }
    match told_of(predictions, told, record) {
        [score] => json_number(body, *score),
        scores => {
            body.push(b'[');
            for (at, score) in scores.iter().enumerate() {
                if at > 0 {
                    body.extend_from_slice(b", ");
                }
                json_number(body, *score);
            }
            body.push(b']');
        }
    }
}

/// JSON has no word for what is no number.
fn json_number(body: &mut Vec<u8>, number: f64) {
    match number.is_finite() {
        true => put_number(body, number),
        false => body.extend_from_slice(b"null"),
    }
}

fn scores_csv(body: &mut Vec<u8>, scores: &[f64]) {
    for (at, score) in scores.iter().enumerate() {
        if at > 0 {
            body.push(b',');
        }
        match score.is_nan() {
            true => body.extend_from_slice(b"nan"),
            false => put_number(body, *score),
        }
    }
}

/// `0.5`, `1.0`, `1e-7`: what Rust and Python print of a float, and JSON reads.
fn put_number(body: &mut Vec<u8>, number: f64) {
    write!(body, "{number:?}").expect("a vector takes all that is written");
}

fn labels_csv(labels: &[String]) -> Bytes {
    let mut csv = CsvWriter::new(Vec::new());
    for label in labels {
        csv.write_record([CsvField::Text(label)])
            .expect("a vector takes all that is written");
    }
    let body = csv.finish();
    body.expect("a vector takes all that is written").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(scores: &[f64], n_outputs: usize) -> Predictions {
        Predictions {
            scores: scores.to_vec(),
            n_outputs,
            ..Predictions::default()
        }
    }

    #[track_caller]
    fn check(predictions: &Predictions, outputs: OutputsAre, expected: [&str; 3]) {
        let n_records = match predictions.n_outputs {
            0 => predictions.labels.as_ref().unwrap().len(),
            n_outputs => predictions.scores.len() / n_outputs,
        };
        let told = Told::of(predictions, outputs);
        for (media, expected) in [Media::Csv, Media::Json, Media::JsonLines]
            .into_iter()
            .zip(expected)
        {
            let body = write(media, predictions, (told, n_records));
            assert_eq!(std::str::from_utf8(&body).unwrap(), expected, "{media:?}");
        }
    }

    #[test]
    fn one_score_is_a_number_and_several_are_a_list() {
        check(
            &scores(&[0.5, 1e-7], 1),
            OutputsAre::AsReported,
            [
                "0.5\n1e-7\n",
                "{\"predictions\": [0.5, 1e-7]}",
                "0.5\n1e-7\n",
            ],
        );
        check(
            &scores(&[0.25, 0.75, 1.0, 0.0], 2),
            OutputsAre::AsReported,
            [
                "0.25,0.75\n1.0,0.0\n",
                "{\"predictions\": [[0.25, 0.75], [1.0, 0.0]]}",
                "[0.25, 0.75]\n[1.0, 0.0]\n",
            ],
        );
    }

    #[test]
    fn of_two_classes_the_second_is_told() {
        check(
            &scores(&[0.25, 0.75], 2),
            OutputsAre::Classes,
            ["0.75\n", "{\"predictions\": [0.75]}", "0.75\n"],
        );
    }

    #[test]
    fn labels_alone_are_told_as_they_are() {
        let labels = |labels: &[&str]| Predictions {
            labels: Some(labels.iter().map(ToString::to_string).collect()),
            ..Predictions::default()
        };
        check(
            &labels(&["1", "0"]),
            OutputsAre::AsReported,
            ["1\n0\n", "{\"predictions\": [1, 0]}", "1\n0\n"],
        );
        check(
            &labels(&["a,b", "c"]),
            OutputsAre::AsReported,
            [
                "\"a,b\"\nc\n",
                "{\"predictions\": [\"a,b\", \"c\"]}",
                "\"a,b\"\n\"c\"\n",
            ],
        );
    }

    #[test]
    fn what_is_no_number_is_null_in_json() {
        check(
            &scores(&[f64::NAN], 1),
            OutputsAre::AsReported,
            ["nan\n", "{\"predictions\": [null]}", "null\n"],
        );
    }
}
