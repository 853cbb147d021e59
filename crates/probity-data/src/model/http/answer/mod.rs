//! Answers of models, read: as many records as were asked about, each with finite scores, a label or
//! both, or a sentence that says what is wrong.

mod csv;
mod gathering;
mod json;
mod mlflow;
mod v2;

use probity_domain::document::analysis_config::{AcceptType, ColumnReference, ContentType};

use super::options::{HttpOptions, InvalidHttpOptions, Protocol};
use crate::dataset::RecordExpression;
use crate::model::Predictions;
use gathering::Gathering;
pub(super) use gathering::append;

/// How answers are read.
#[derive(Clone, Debug)]
pub(super) struct AnswerForm {
    format: Format,
    label_headers: Option<Vec<String>>,
}

#[derive(Clone, Debug)]
enum Format {
    Csv(Places<usize>),
    Lines(Places<RecordExpression>),
    Json(Places<RecordExpression>),
    V2(Places<ColumnReference>),
    Mlflow(Places<usize>),
}

/// Where an answer holds what.
#[derive(Clone, Debug, PartialEq)]
struct Places<P> {
    label: Option<P>,
    probability: Option<P>,
}

/// What an answer is to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) n_records: usize,
    pub(super) request: RequestHolds,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestHolds {
    /// By its form: the answer is that of the record, no list of answers.
    OneRecord,
    Records,
}

/// What is wrong with an answer, as it goes on after "the model answered".
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unusable(pub(super) String);

impl Unusable {
    fn count(found: usize, asked: usize) -> Unusable {
        Unusable(format!("with {found} records to a request of {asked}"))
    }

    fn unreadable(problem: impl std::fmt::Display) -> Unusable {
        Unusable(format!("what cannot be read: {problem}"))
    }
}

impl AnswerForm {
    pub(super) fn new(options: &HttpOptions) -> Result<AnswerForm, InvalidHttpOptions> {
        let headers = options
            .label_headers
            .clone()
            .filter(|headers| !headers.is_empty());
        if let Some(repeated) = headers.as_deref().and_then(repeated) {
            let problem = format!("it names `{repeated}` twice");
            return Err(InvalidHttpOptions::setting("label_headers", problem));
        }
        let format = match options.protocol {
            Protocol::SageMaker => match accepted(options)? {
                AcceptType::Csv => Format::Csv(places(options, index_of)?),
                AcceptType::JsonLines => Format::Lines(places(options, expression_of)?),
                AcceptType::Json => Format::Json(places(options, expression_of)?),
            },
            Protocol::V2 => Format::V2(places(options, |_, place| Ok(place.clone()))?),
            Protocol::Mlflow if names_expression(options) => {
                Format::Json(places(options, expression_of)?)
            }
            Protocol::Mlflow => Format::Mlflow(places(options, index_of)?),
        };
        Ok(AnswerForm {
            format,
            label_headers: headers,
        })
    }

    pub(super) fn accept(&self) -> &'static str {
        match self.format {
            Format::Csv(_) => "text/csv",
            Format::Lines(_) => "application/jsonlines",
            Format::Json(_) | Format::V2(_) | Format::Mlflow(_) => "application/json",
        }
    }

    pub(super) fn read(&self, body: &[u8], asked: Asked) -> Result<Predictions, Unusable> {
        let text =
            std::str::from_utf8(body).map_err(|_| Unusable::unreadable("it is not UTF-8"))?;
        let text = text.trim_start_matches('\u{feff}');
        let mut gathering = Gathering::new(asked.n_records, self.label_headers.as_deref());
        match &self.format {
            Format::Csv(places) => csv::read(text, places, &mut gathering)?,
            Format::Lines(places) => json::read_lines(text, places, &mut gathering)?,
            Format::Json(places) => json::read(text, places, asked.request, &mut gathering)?,
            Format::V2(places) => v2::read(text, places, &mut gathering)?,
            Format::Mlflow(places) => mlflow::read(text, places, &mut gathering)?,
        }
        gathering.finish()
    }
}

fn accepted(options: &HttpOptions) -> Result<AcceptType, InvalidHttpOptions> {
    match (options.accept, options.content_type) {
        (Some(accept), _) => Ok(accept),
        (None, ContentType::Csv) => Ok(AcceptType::Csv),
        (None, ContentType::JsonLines) => Ok(AcceptType::JsonLines),
        (None, ContentType::Json) => Ok(AcceptType::Json),
        (None, ContentType::Jpeg | ContentType::Png | ContentType::Npy) => {
            Err(InvalidHttpOptions::setting("accept_type", "it is missing"))
        }
    }
}

fn names_expression(options: &HttpOptions) -> bool {
    let places = [&options.label, &options.probability];
    places
        .into_iter()
        .any(|place| matches!(place, Some(ColumnReference::Name(_))))
}

fn places<P>(
    options: &HttpOptions,
    read: impl Fn(&'static str, &ColumnReference) -> Result<P, InvalidHttpOptions>,
) -> Result<Places<P>, InvalidHttpOptions> {
    let place = |setting, place: &Option<ColumnReference>| {
        place.as_ref().map(|place| read(setting, place)).transpose()
    };
    Ok(Places {
        label: place("label", &options.label)?,
        probability: place("probability", &options.probability)?,
    })
}

fn index_of(setting: &'static str, place: &ColumnReference) -> Result<usize, InvalidHttpOptions> {
    match place {
        ColumnReference::Index(index) => Ok(*index),
        // As the command line gives it.
        ColumnReference::Name(name) => name.parse().map_err(|_| {
            let problem = format!("it is `{name}`, and answers without names need an index from 0");
            InvalidHttpOptions::setting(setting, problem)
        }),
    }
}

/// An index is a place in the list that an answer is: the SageMaker SDK writes one whatever the
/// content type.
fn expression_of(
    setting: &'static str,
    place: &ColumnReference,
) -> Result<RecordExpression, InvalidHttpOptions> {
    let path = match place {
        ColumnReference::Name(name) => name.clone(),
        ColumnReference::Index(index) => format!("[{index}]"),
    };
    RecordExpression::parse(&path)
        .map_err(|error| InvalidHttpOptions::setting(setting, error.to_string()))
}

fn repeated(names: &[String]) -> Option<&String> {
    names
        .iter()
        .enumerate()
        .find(|(position, name)| names[..*position].contains(name))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, Strategy, any, proptest};
    use proptest::sample::select;

    use super::*;

    fn forms() -> Vec<AnswerForm> {
        let mut csv_by_index = HttpOptions::new("http://h", Protocol::SageMaker);
        csv_by_index.label = Some(ColumnReference::Index(0));
        csv_by_index.probability = Some(ColumnReference::Index(1));
        let mut json = HttpOptions::new("http://h", Protocol::SageMaker);
        json.accept = Some(AcceptType::Json);
        let mut lines = HttpOptions::new("http://h", Protocol::SageMaker);
        lines.accept = Some(AcceptType::JsonLines);
        lines.label_headers = Some(vec!["a".to_owned(), "b".to_owned()]);
        let options = [
            HttpOptions::new("http://h", Protocol::SageMaker),
            csv_by_index,
            json,
            lines,
            HttpOptions::new("http://h", Protocol::V2),
            HttpOptions::new("http://h", Protocol::Mlflow),
        ];
        options
            .iter()
            .map(|options| AnswerForm::new(options).unwrap())
            .collect()
    }

    /// Pieces that answers are made of, so that some of what chance makes is nearly an answer.
    fn answer() -> impl Strategy<Value = String> {
        let pieces = select(vec![
            "[",
            "]",
            "{",
            "}",
            ",",
            "\n",
            "\"",
            "'",
            ":",
            "0.5",
            "-1",
            "1e999",
            "NaN",
            "null",
            "true",
            "é",
            "[0.1,0.9]",
            "\"['a','b']\"",
            "\"[0.1,0.9]\"",
            "\"a\":1",
            "\"predictions\":",
            "{\"outputs\":[{\"name\":\"y\",\"datatype\":\"FP32\",\"shape\":[",
            "],\"data\":[",
            "]}]}",
        ]);
        proptest::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat())
    }

    fn check(body: &[u8], n_records: usize) {
        for form in forms() {
            for request in [RequestHolds::OneRecord, RequestHolds::Records] {
                let asked = Asked {
                    n_records: if request == RequestHolds::OneRecord {
                        1
                    } else {
                        n_records
                    },
                    request,
                };
                let Ok(found) = form.read(body, asked) else {
                    continue;
                };
                assert_eq!(found.scores.len(), asked.n_records * found.n_outputs);
                assert!(found.scores.iter().all(|score| score.is_finite()));
                let labels = found.labels.as_ref().map(Vec::len);
                assert!(labels.unwrap_or(asked.n_records) == asked.n_records);
                assert!(found.n_outputs > 0 || labels.is_some());
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn what_is_read_is_whole(body in answer(), n_records in 1..4_usize) {
            check(body.as_bytes(), n_records);
        }

        #[test]
        fn any_bytes_are_an_answer_or_an_error(body in any::<Vec<u8>>()) {
            check(&body, 2);
        }
    }

    #[test]
    fn hostile_answers_are_errors() {
        for body in [
            "[".repeat(1 << 20),
            "{\"a\":".repeat(1 << 18),
            "\"".repeat(9),
            "\n".repeat(1 << 16),
        ] {
            check(body.as_bytes(), 3);
        }
    }
}
