//! How the command ends: exit codes, and errors told once.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::client::CallError;
use probity_analysis::bias::BiasError;
use probity_analysis::data_quality::AnalysisError;
use probity_analysis::explain::ExplainError;
use probity_analysis::model_quality::ModelQualityError;
use probity_app::Fault;
use probity_data::location::WriteOutput;
use probity_data::model::OpenModel;
use probity_store::backup::{BackUp, Restore};

/// How a command ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    NoViolation,
    Violations,
}

impl Exit {
    pub(crate) fn code(self) -> ExitCode {
        match self {
            Self::NoViolation => ExitCode::from(0),
            Self::Violations => ExitCode::from(1),
        }
    }
}

/// The input or the way of asking was wrong: the user can mend it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

/// What was asked for was tried, and failed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Failed(pub(crate) String);

const BAD_INPUT: u8 = 2;
const FAILURE: u8 = 3;

/// Prints `error` with its causes, and gives the exit code that says who must act.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    let mut text = format!("error: {error}");
    let mut cause = error.source();
    let mut last = error.to_string();
    while let Some(inner) = cause {
        let message = inner.to_string();
        if message != last {
            text.push_str(&format!(": {message}"));
        }
        last = message;
        cause = inner.source();
    }
    // Nothing is left to do when standard error is closed as well.
    let _ = writeln!(io::stderr(), "{text}");
    ExitCode::from(code_of(error))
}

fn code_of(error: &anyhow::Error) -> u8 {
    if error.downcast_ref::<Usage>().is_some() {
        return BAD_INPUT;
    }
    if let Some(error) = error.downcast_ref::<CallError>() {
        return if error.is_bad_input() {
            BAD_INPUT
        } else {
            FAILURE
        };
    }
    if let Some(error) = error.downcast_ref::<WriteOutput>() {
        return match error {
            WriteOutput::NotAFolder { .. } | WriteOutput::Name { .. } => BAD_INPUT,
            WriteOutput::Local { .. } | WriteOutput::Remote { .. } => FAILURE,
        };
    }
    if let Some(error) = error.downcast_ref::<BiasError>() {
        return if error.is_bad_input() {
            BAD_INPUT
        } else {
            FAILURE
        };
    }
    if let Some(error) = error.downcast_ref::<ExplainError>() {
        return if error.is_bad_input() {
            BAD_INPUT
        } else {
            FAILURE
        };
    }
    if let Some(fault) = error.downcast_ref::<Fault>() {
        return match fault {
            Fault::Internal { .. } | Fault::Overloaded => FAILURE,
            Fault::NotFound { .. }
            | Fault::Missing { .. }
            | Fault::Exists { .. }
            | Fault::InUse { .. }
            | Fault::Limit { .. }
            | Fault::Conflict { .. }
            | Fault::Invalid { .. }
            | Fault::Denied { .. } => BAD_INPUT,
        };
    }
    if let Some(error) = error.downcast_ref::<BackUp>() {
        return match error {
            BackUp::Postgres | BackUp::Exists { .. } | BackUp::Path { .. } => BAD_INPUT,
            BackUp::Write { .. } | BackUp::Copy { .. } => FAILURE,
        };
    }
    if let Some(error) = error.downcast_ref::<Restore>() {
        return match error {
            Restore::Read { .. }
            | Restore::Foreign { .. }
            | Restore::Damaged { .. }
            | Restore::Later { .. }
            | Restore::InUse { .. } => BAD_INPUT,
            Restore::Write { .. } => FAILURE,
        };
    }
    if error.downcast_ref::<OpenModel>().is_some() {
        return BAD_INPUT;
    }
    if let Some(error) = error.downcast_ref::<ModelQualityError>() {
        return if error.is_bad_input() {
            BAD_INPUT
        } else {
            FAILURE
        };
    }
    match error.downcast_ref::<AnalysisError>() {
        Some(error) if error.is_bad_input() => BAD_INPUT,
        Some(_) | None => FAILURE,
    }
}
