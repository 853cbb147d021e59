//! A model behind HTTP, whatever runs it. Records go out in requests of bounded size, several at a time;
//! scores come back in the order of the records, all of them or none.
//!
//! A request that fails for the moment is sent again. One that was too large or too slow is split; where
//! a model fails on several records, or answers with another number of them, they are sent one by one.

mod address;
mod answer;
mod excerpt;
mod exchange;
mod failure;
mod options;
mod pieces;
mod request;
mod statistics;

use std::fmt;
use std::ops::Range;
use std::sync::{Mutex, OnceLock, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use datafusion::arrow::array::RecordBatch;
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::OnceCell;

pub use options::{HttpOptions, InvalidHttpOptions, Protocol, Retries, Timeouts};
pub use statistics::ModelStatistics;

use super::{AskModel, Predict, Predictions};
use answer::{AnswerForm, Asked, RequestHolds, Unusable};
use exchange::{Exchange, Failed, MediaTypes, WhenSlow};
use failure::{Failure, Place, Remedy};
use pieces::{Pieces, SizeLimit};
use request::{EncodedRecords, ModelInputs, RequestForm};

/// As Clarify's log says it.
const FELL_BACK: &str = "Fallback to per-record prediction because of model error.";

/// A model behind HTTP.
pub struct HttpModel {
    exchange: Exchange,
    form: RequestForm,
    answers: AnswerForm,
    limit: SizeLimit,
    concurrency: usize,
    address: String,
    /// Of V2, asked for once; `None` where the server has none.
    inputs: OnceCell<Option<ModelInputs>>,
    /// What the first answer had; that of every other one must be the same.
    outputs: OnceLock<Outputs>,
    notes: Mutex<Vec<&'static str>>,
}

#[derive(Debug, PartialEq)]
struct Outputs {
    n_outputs: usize,
    names: Option<Vec<String>>,
}

/// Without what is sent: keys may be among it.
impl fmt::Debug for HttpModel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("HttpModel")
            .field("address", &self.address)
            .field("form", &self.form)
            .field("answers", &self.answers)
            .field("statistics", &self.statistics())
            .finish_non_exhaustive()
    }
}

impl HttpModel {
    pub fn new(options: HttpOptions) -> Result<HttpModel, InvalidHttpOptions> {
        let positive = [
            ("concurrency", options.concurrency),
            ("max_records", options.max_records),
            ("max_payload_bytes", options.max_payload_bytes),
            ("max_answer_bytes", options.max_answer_bytes),
        ];
        if let Some((setting, _)) = positive.into_iter().find(|(_, value)| *value == 0) {
            return Err(InvalidHttpOptions::setting(setting, "it is 0"));
        }
        let exchange = Exchange::new(&options)?;
        Ok(HttpModel {
            form: RequestForm::new(&options)?,
            answers: AnswerForm::new(&options)?,
            limit: SizeLimit::new(options.max_records, options.max_payload_bytes),
            concurrency: options.concurrency,
            address: address::shown_url(&exchange.addresses.predict),
            exchange,
            inputs: OnceCell::new(),
            outputs: OnceLock::new(),
            notes: Mutex::new(Vec::new()),
        })
    }

    /// Where it is asked, without a password or a query.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Whether the model is there and ready: one attempt.
    pub async fn ping(&self) -> Result<(), AskModel> {
        let health = &self.exchange.addresses.health;
        match self.exchange.get_once(health).await {
            Ok(_) => Ok(()),
            Err(failed) => Err(self.told(failed, &address::shown_url(health), 0..0)),
        }
    }

    pub fn statistics(&self) -> ModelStatistics {
        self.exchange.counters.statistics()
    }

    /// What a reader of the results should know, each once.
    pub fn notes(&self) -> Vec<String> {
        let notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut notes: Vec<String> = notes.iter().map(|note| (*note).to_owned()).collect();
        if self.exchange.has_retried() {
            notes.push("Some requests to the model failed and were sent again.".to_owned());
        }
        notes
    }

    fn note(&self, note: &'static str) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if !notes.contains(&note) {
            notes.push(note);
        }
    }

    /// What a V2 model takes. A server may have no metadata; then the records decide.
    async fn inputs(&self) -> Result<Option<&ModelInputs>, AskModel> {
        let Some(metadata) = &self.exchange.addresses.metadata else {
            return Ok(None);
        };
        let asked = || async {
            match self.exchange.get(metadata).await {
                Ok(body) => Ok(serde_json::from_slice(&body).ok()),
                Err(Failed {
                    failure: Failure::Status { status, .. },
                    ..
                }) if matches!(status.as_u16(), 400 | 404 | 405 | 501) => Ok(None),
                Err(failed) => Err(self.told(failed, &address::shown_url(metadata), 0..0)),
            }
        };
        self.inputs.get_or_try_init(asked).await.map(Option::as_ref)
    }

    fn told(&self, failed: Failed, address: &str, records: Range<usize>) -> AskModel {
        failed.failure.told(Place {
            address,
            records,
            attempts: failed.attempts,
        })
    }

    /// One request, with the answer read.
    async fn ask(
        &self,
        encoded: &EncodedRecords,
        range: Range<usize>,
    ) -> (Range<usize>, Result<Predictions, Failed>) {
        let types = MediaTypes {
            content: self.form.content_type(),
            accept: self.answers.accept(),
        };
        let when_slow = if range.len() > 1 {
            WhenSlow::GiveUp
        } else {
            WhenSlow::Again
        };
        let body = Bytes::from(encoded.body(range.clone()));
        let asked = Asked {
            n_records: range.len(),
            request: if encoded.max_records == 1 {
                RequestHolds::OneRecord
            } else {
                RequestHolds::Records
            },
        };
        let answer = match self.exchange.post(body, types, when_slow).await {
            Ok(body) => self
                .answers
                .read(&body, asked)
                .map_err(|Unusable(problem)| Failed {
                    failure: Failure::Unusable {
                        problem,
                        excerpt: self.exchange.excerpt(&body),
                    },
                    attempts: 1,
                }),
            Err(failed) => Err(failed),
        };
        (range, answer)
    }

    /// Puts back, smaller, what failed; or says that it is no use.
    fn split(
        &self,
        pieces: &mut Pieces<'_>,
        range: Range<usize>,
        failed: Failed,
    ) -> Result<(), AskModel> {
        let n_records = range.len();
        let most = match failed.failure.split() {
            _ if n_records == 1 => return Err(self.told(failed, &self.address, range)),
            Remedy::Stop | Remedy::Again => return Err(self.told(failed, &self.address, range)),
            Remedy::Half => self.limit.lower(n_records.div_ceil(2)),
            Remedy::Quarter => self.limit.lower(n_records.div_ceil(4)),
            Remedy::Single => {
                self.note(FELL_BACK);
                self.limit.fell_back();
                1
            }
            Remedy::SingleForNow => {
                self.note(FELL_BACK);
                self.limit.lower(n_records.div_ceil(4));
                1
            }
        };
        pieces.put_back(range, most);
        Ok(())
    }

    fn check_outputs(&self, predictions: &Predictions) -> Result<(), AskModel> {
        let found = Outputs {
            n_outputs: predictions.n_outputs,
            names: predictions.output_names.clone(),
        };
        let first = self.outputs.get_or_init(|| Outputs {
            n_outputs: found.n_outputs,
            names: found.names.clone(),
        });
        if *first == found {
            return Ok(());
        }
        let answer = format!(
            "with {} scores for a record, after {}, or with its classes in another order",
            found.n_outputs, first.n_outputs
        );
        Err(AskModel::Answer { answer })
    }
}

#[async_trait]
impl Predict for HttpModel {
    async fn predict(&self, records: &RecordBatch) -> Result<Predictions, AskModel> {
        if records.num_rows() == 0 {
            return Ok(Predictions::default());
        }
        let encoded = self.form.encode(records, self.inputs().await?)?;
        let mut pieces = Pieces::new(&encoded, &self.limit);
        let mut in_flight = FuturesUnordered::new();
        loop {
            while in_flight.len() < self.concurrency
                && let Some(range) = pieces.next()?
            {
                in_flight.push(self.ask(&encoded, range));
            }
            match in_flight.next().await {
                None => break,
                Some((range, Ok(predictions))) => pieces.answered(range, predictions),
                Some((range, Err(failed))) => self.split(&mut pieces, range, failed)?,
            }
        }
        let predictions = pieces.in_order()?;
        self.check_outputs(&predictions)?;
        self.exchange.counters.delivered(records.num_rows());
        Ok(predictions)
    }
}
