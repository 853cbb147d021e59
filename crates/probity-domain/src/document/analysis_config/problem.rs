//! What is wrong with a configuration: all of it at once, each with its place, what was
//! found, what was expected and what would be right.

use std::cell::RefCell;
use std::fmt;

/// Something wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblem {
    pub severity: Severity,
    /// E.g. `facet[1].name_or_index`; empty for the document as a whole.
    pub path: String,
    /// What was found and what was expected.
    pub problem: String,
    /// What would be right, where that is known.
    pub remedy: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The analysis runs, but perhaps not as it was meant.
    Warning,
    /// The analysis cannot run.
    Error,
}

impl ConfigProblem {
    pub(super) fn error(path: impl Into<String>, problem: impl Into<String>) -> ConfigProblem {
        ConfigProblem {
            severity: Severity::Error,
            path: path.into(),
            problem: problem.into(),
            remedy: None,
        }
    }

    pub(super) fn warning(path: impl Into<String>, problem: impl Into<String>) -> ConfigProblem {
        ConfigProblem {
            severity: Severity::Warning,
            ..ConfigProblem::error(path, problem)
        }
    }

    #[must_use]
    pub(super) fn with_remedy(self, remedy: impl Into<String>) -> ConfigProblem {
        ConfigProblem {
            remedy: Some(remedy.into()),
            ..self
        }
    }
}

/// `` `facet[1]`: found …, expected …; write … ``
impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "`{}`: ", self.path)?;
        }
        f.write_str(&self.problem)?;
        match &self.remedy {
            Some(remedy) => write!(f, "; {remedy}"),
            None => Ok(()),
        }
    }
}

/// Why the bytes of an `analysis_config.json` could not be read.
#[derive(Debug, thiserror::Error)]
pub enum AnalysisConfigErrors {
    /// The source says what and where, by line and column.
    #[error("the analysis configuration is not JSON")]
    NotJson { source: serde_json::Error },
    #[error("{}", told(.problems))]
    Wrong { problems: Vec<ConfigProblem> },
}

impl AnalysisConfigErrors {
    /// Everything that is wrong; of a text that is not JSON nothing more is known.
    pub fn problems(&self) -> &[ConfigProblem] {
        match self {
            Self::NotJson { .. } => &[],
            Self::Wrong { problems } => problems,
        }
    }
}

fn told(problems: &[ConfigProblem]) -> String {
    if let [problem] = problems {
        return format!("the analysis configuration is wrong: {problem}");
    }
    let mut text = format!(
        "the analysis configuration has {} problems:",
        problems.len()
    );
    for problem in problems {
        text.push_str(&format!("\n- {problem}"));
    }
    text
}

/// Problems found so far, shared by everything that reads one document.
#[derive(Debug, Default)]
pub(super) struct Problems(RefCell<Vec<ConfigProblem>>);

impl Problems {
    pub(super) fn add(&self, problem: ConfigProblem) {
        self.0.borrow_mut().push(problem);
    }

    pub(super) fn into_list(self) -> Vec<ConfigProblem> {
        self.0.into_inner()
    }
}
