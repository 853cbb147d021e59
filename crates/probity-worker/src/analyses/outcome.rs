//! What an analysis says when it is done: the message that SageMaker's containers leave in
//! `/opt/ml/output/message`, which users and the monitoring schedule read.

/// A finished analysis. Its documents are in their place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub exit_message: String,
    /// Of a check.
    pub n_violations: Option<usize>,
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
        }
    }

    /// Of the Clarify image; the last line of its log.
    pub(crate) fn of_clarify() -> Outcome {
        Outcome {
            exit_message: "Completed: SageMaker XAI Analyzer ran successfully".to_owned(),
            n_violations: None,
        }
    }
}
