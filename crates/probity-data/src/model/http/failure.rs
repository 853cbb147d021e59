//! Why one request brought nothing, and what helps: the same again, fewer records at once, or nothing.

use std::error::Error;
use std::fmt;
use std::ops::Range;
use std::time::Duration;

use reqwest::StatusCode;

use crate::model::AskModel;

/// What became of a request.
#[derive(Debug)]
pub(super) enum Failure {
    /// No connection came about.
    Unreachable(reqwest::Error),
    /// A connection broke before the answer was complete.
    Interrupted(reqwest::Error),
    TimedOut(Duration),
    Status {
        status: StatusCode,
        excerpt: String,
        /// The pause that the server asks for.
        retry_after: Option<Duration>,
    },
    Redirected {
        status: StatusCode,
        to: String,
    },
    TooLong {
        limit_bytes: usize,
    },
    /// An answer that was understood to be wrong, or not understood.
    Unusable {
        problem: String,
        excerpt: String,
    },
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// It may pass by itself.
    Again,
    /// The request was too large.
    Half,
    /// The request took too long; each further attempt costs as much time.
    Quarter,
    /// The model may not be made for several records at once, or one of them may be to blame.
    Single,
    /// The model may only be overburdened: these one by one, of the next not so many.
    SingleForNow,
    /// The next request would fare no better.
    Stop,
}

impl Failure {
    /// For a request that may be sent again, and may be split.
    pub(super) fn remedy(&self) -> Remedy {
        match self {
            Failure::Unreachable(_) | Failure::Interrupted(_) => Remedy::Again,
            Failure::TimedOut(_) => Remedy::Quarter,
            Failure::Status { status, .. } => match status.as_u16() {
                413 => Remedy::Half,
                408 | 429 => Remedy::Again,
                // Who asks, or where, is wrong.
                401 | 403 | 404 | 405 | 407 | 410 => Remedy::Stop,
                501 | 505 => Remedy::Stop,
                500..=599 => Remedy::Again,
                _ => Remedy::Single,
            },
            Failure::Redirected { .. } => Remedy::Stop,
            Failure::TooLong { .. } | Failure::Unusable { .. } => Remedy::Single,
        }
    }

    /// For a request of several records that is not to be sent again.
    pub(super) fn split(&self) -> Remedy {
        match (self, self.remedy()) {
            (Failure::Unreachable(_), _) => Remedy::Stop,
            // A server that asks for fewer requests is not given more.
            (Failure::Status { status, .. }, _) if status.as_u16() == 429 => Remedy::Stop,
            (_, Remedy::Again) => Remedy::SingleForNow,
            (_, remedy) => remedy,
        }
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Failure::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// For the user: which records, and after how many attempts.
    pub(super) fn told(self, place: Place<'_>) -> AskModel {
        let unreachable = |source: Box<dyn Error + Send + Sync>| AskModel::Unreachable {
            address: place.address.to_owned(),
            source,
        };
        match self {
            Failure::Unreachable(error) => unreachable(Cause::of(&error, place.attempts).into()),
            Failure::Interrupted(error) => unreachable(
                Cause(format!(
                    "the connection broke before the answer to {place} was complete: {}",
                    innermost(&error)
                ))
                .into(),
            ),
            Failure::TimedOut(limit) => unreachable(
                Cause(format!(
                    "no answer to {place} within {} seconds",
                    limit.as_secs_f64()
                ))
                .into(),
            ),
            Failure::Status {
                status, excerpt, ..
            } => AskModel::Answer {
                answer: format!("{status} to {place}: {excerpt}"),
            },
            Failure::Redirected { status, to } => AskModel::Answer {
                answer: format!("{status} to {place}: it is at `{to}` now; give that address"),
            },
            Failure::TooLong { limit_bytes } => AskModel::Answer {
                answer: format!("more than {limit_bytes} bytes to {place}"),
            },
            Failure::Unusable { problem, excerpt } => AskModel::Answer {
                answer: format!("{problem} (to {place}): {excerpt}"),
            },
        }
    }
}

/// What a request was about.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    pub(super) address: &'a str,
    /// In the batch that was to be predicted; empty where no records were sent.
    pub(super) records: Range<usize>,
    pub(super) attempts: u32,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.records.len() {
            0 => write!(formatter, "`{}`", self.address)?,
            1 => write!(formatter, "record {}", self.records.end)?,
            _ => write!(
                formatter,
                "records {} to {}",
                self.records.start + 1,
                self.records.end
            )?,
        }
        match self.attempts {
            0 | 1 => Ok(()),
            attempts => write!(formatter, " in {attempts} attempts"),
        }
    }
}

/// A cause in words of our own: the client's texts hold addresses.
#[derive(Debug)]
struct Cause(String);

impl Cause {
    fn of(error: &reqwest::Error, attempts: u32) -> Cause {
        let cause = innermost(error);
        match attempts {
            0 | 1 => Cause(cause),
            attempts => Cause(format!("{cause} ({attempts} attempts)")),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Error for Cause {}

/// Not the client's own text, which names the address with all that is in it.
pub(super) fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    match cause.downcast_ref::<reqwest::Error>() {
        // Nothing is below it; its text would name the address.
        Some(_) => "the request failed".to_owned(),
        None => cause.to_string(),
    }
}
