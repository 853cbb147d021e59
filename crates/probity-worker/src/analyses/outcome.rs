//! What an analysis says when it is done: the message that SageMaker's containers leave in
//! `/opt/ml/output/message`, which users and the monitoring schedule read; and what a monitor
//! keeps of a result beside its documents.

use probity_analysis::measures::Measure;

use super::failure::RecordCounts;

/// A finished analysis. Its documents are in their place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    pub exit_message: String,
    /// Of a check.
    pub n_violations: Option<usize>,
    /// The violations in words.
    pub violations: Vec<String>,
    /// That were analysed.
    pub rows: Option<u64>,
    /// Of captured events.
    pub counts: RecordCounts,
    /// What was decided while the rows were read.
    pub notes: Vec<String>,
    pub measures: Vec<Measure>,
    /// Of the constraints that were obeyed, in lower-case hex.
    pub constraints_sha256: Option<String>,
    /// Violations of these are not among `n_violations`.
    pub segments: Vec<SegmentOutcome>,
}

/// The same checks over the rows of one value of a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SegmentOutcome {
    /// `region=north`
    pub name: String,
    pub rows: u64,
    pub n_violations: Option<usize>,
    /// Why there is no verdict.
    pub problem: Option<String>,
}

impl Outcome {
    /// Of the analyzer image, as real jobs answered.
    pub(crate) fn of_monitor(n_violations: Option<usize>) -> Outcome {
        Outcome {
            exit_message: match n_violations {
                None | Some(0) => {
                    "Completed: Job completed successfully with no violations.".to_owned()
                }
                Some(n) => format!(
                    "CompletedWithViolations: Job completed successfully with {n} violations."
                ),
            },
            n_violations,
            ..Outcome::default()
        }
    }

    /// Of the Clarify image; the last line of its log.
    pub(crate) fn of_clarify() -> Outcome {
        Outcome {
            exit_message: "Completed: SageMaker XAI Analyzer ran successfully".to_owned(),
            ..Outcome::default()
        }
    }
}
