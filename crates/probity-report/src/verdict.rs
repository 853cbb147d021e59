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
        if check.verdict == "corrected" {
            Self::Corrected
        } else {
            Self::Aws
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
