//! Which of the two verdicts of a check is asked for.

use probity_domain::document::probity_file::CheckFacts;

/// The rule that decides whether a column violates its constraints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// SageMaker's: a distance or share against its limit.
    Aws,
    /// Corrected for chance and for the number of columns (Benjamini-Hochberg).
    Corrected,
}

impl Verdict {
    /// The verdict that decided the check's exit code.
    pub fn deciding(check: &CheckFacts) -> Self {
        Self::named(&check.verdict)
    }

    /// As the documents of a check spell it; anything else is SageMaker's, the default.
    pub(crate) fn named(name: &str) -> Self {
        if name == "corrected" {
            Self::Corrected
        } else {
            Self::Aws
        }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Self::Aws => Self::Corrected,
            Self::Corrected => Self::Aws,
        }
    }

    /// As in `--verdict` and `probity.json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Corrected => "corrected",
        }
    }
}
