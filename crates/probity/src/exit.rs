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
    let is_bad_input = is_bad_use(error)
        .or_else(|| is_bad_data(error))
        .unwrap_or(false);
    match is_bad_input {
        true => BAD_INPUT,
        false => FAILURE,
    }
}

/// Of errors of the command line, of a server and of its store.
fn is_bad_use(error: &anyhow::Error) -> Option<bool> {
    if error.downcast_ref::<Usage>().is_some() {
        return Some(true);
    }
    if let Some(error) = error.downcast_ref::<CallError>() {
        return Some(error.is_bad_input());
    }
    if let Some(fault) = error.downcast_ref::<Fault>() {
        return Some(match fault {
            Fault::Internal { .. } | Fault::Overloaded => false,
            Fault::NotFound { .. }
            | Fault::Missing { .. }
            | Fault::Exists { .. }
            | Fault::InUse { .. }
            | Fault::Limit { .. }
            | Fault::Conflict { .. }
            | Fault::Invalid { .. }
            | Fault::Denied { .. } => true,
        });
    }
    if let Some(error) = error.downcast_ref::<BackUp>() {
        return Some(match error {
            BackUp::Postgres | BackUp::Exists { .. } | BackUp::Path { .. } => true,
            BackUp::Write { .. } | BackUp::Copy { .. } => false,
        });
    }
    error.downcast_ref::<Restore>().map(|error| match error {
        Restore::Read { .. }
        | Restore::Foreign { .. }
        | Restore::Damaged { .. }
        | Restore::Later { .. }
        | Restore::InUse { .. } => true,
        Restore::Write { .. } => false,
    })
}

/// Of errors of an analysis and of what it reads and writes.
fn is_bad_data(error: &anyhow::Error) -> Option<bool> {
    if error.downcast_ref::<OpenModel>().is_some() {
        return Some(true);
    }
    if let Some(error) = error.downcast_ref::<WriteOutput>() {
        return Some(match error {
            WriteOutput::NotAFolder { .. } | WriteOutput::Name { .. } => true,
            WriteOutput::Local { .. } | WriteOutput::Remote { .. } => false,
        });
    }
    if let Some(error) = error.downcast_ref::<BiasError>() {
        return Some(error.is_bad_input());
    }
    if let Some(error) = error.downcast_ref::<ExplainError>() {
        return Some(error.is_bad_input());
    }
    if let Some(error) = error.downcast_ref::<ModelQualityError>() {
        return Some(error.is_bad_input());
    }
    let error = error.downcast_ref::<AnalysisError>();
    error.map(AnalysisError::is_bad_input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_around_a_call_does_not_change_who_must_act() {
        let url = || "http://127.0.0.1:8420".to_owned();
        let refused = CallError::Refused {
            code: "ConflictException".to_owned(),
            message: "another version is there".to_owned(),
        };
        for (error, code) in [
            (refused, BAD_INPUT),
            (CallError::NoServer { url: url() }, FAILURE),
            (CallError::Slow { url: url() }, FAILURE),
        ] {
            let told = anyhow::Error::new(error).context("your text is kept");
            assert_eq!(code_of(&told), code, "{told:#}");
        }
    }
}
