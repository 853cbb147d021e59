//! The stages of `cargo xtask test`: what one found, how long it took, and the closing table.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::Success;
use crate::test_counts::Counts;

/// What a stage found.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub counts: Counts,
    /// A sentence for each thing that is wrong; empty when the stage passed.
    pub problems: Vec<String>,
    /// What could not be tried, and why.
    pub not_run: Vec<String>,
}

impl Outcome {
    pub(crate) fn of_counts(counts: Counts) -> Outcome {
        Outcome {
            counts,
            ..Outcome::default()
        }
    }

    pub(crate) fn problem(text: impl Into<String>) -> Outcome {
        Outcome {
            problems: vec![text.into()],
            ..Outcome::default()
        }
    }

    pub(crate) fn not_run(reason: impl Into<String>) -> Outcome {
        Outcome {
            not_run: vec![reason.into()],
            ..Outcome::default()
        }
    }

    /// A check that is not made of tests counts as one test.
    pub(crate) fn check(success: Success, problem: &str) -> Outcome {
        match success {
            Success::Yes => Outcome::of_counts(Counts {
                passed: 1,
                failed: 0,
            }),
            Success::No => Outcome::problem(problem),
        }
    }

    /// Failures to count: a stage that failed without a failing test counts one.
    fn failed(&self) -> u64 {
        if self.counts.failed == 0 && !self.problems.is_empty() {
            1
        } else {
            self.counts.failed
        }
    }
}

#[derive(Debug)]
struct Row {
    name: &'static str,
    wall: Duration,
    outcome: Outcome,
}

/// All stages that were run, in order.
#[derive(Debug, Default)]
pub(crate) struct Stages {
    rows: Vec<Row>,
}

impl Stages {
    /// Runs one stage. An error of the stage itself is a problem of that stage, so that
    /// the others still run.
    pub(crate) fn run(
        &mut self,
        name: &'static str,
        stage: impl FnOnce() -> Result<Outcome>,
    ) -> Success {
        println!("\n=== {name}");
        let start = Instant::now();
        let outcome = stage().unwrap_or_else(|error| Outcome::problem(format!("{error:#}")));
        let wall = start.elapsed();
        for problem in &outcome.problems {
            println!("{name}: {problem}");
        }
        for reason in &outcome.not_run {
            println!("{name}: not run: {reason}");
        }
        println!("=== {name}: {:.1} s", wall.as_secs_f64());
        let success = if outcome.failed() == 0 {
            Success::Yes
        } else {
            Success::No
        };
        self.rows.push(Row {
            name,
            wall,
            outcome,
        });
        success
    }

    /// Prints the table, what was not run, and the line with the sums at the very end.
    pub(crate) fn summarise(&self, not_run_allowed: NotRun) -> Success {
        println!(
            "\n{:<12} {:>9} {:>8} {:>8}",
            "stage", "seconds", "passed", "failed"
        );
        let mut total = Counts::default();
        for row in &self.rows {
            let (passed, failed) = (row.outcome.counts.passed, row.outcome.failed());
            total += Counts { passed, failed };
            println!(
                "{:<12} {:>9.1} {passed:>8} {failed:>8}",
                row.name,
                row.wall.as_secs_f64()
            );
        }
        let mut missing = 0;
        for row in &self.rows {
            for problem in &row.outcome.problems {
                println!("failed: {}: {problem}", row.name);
            }
            for reason in &row.outcome.not_run {
                println!("not run: {}: {reason}", row.name);
                missing += 1;
            }
        }
        if missing > 0 && not_run_allowed == NotRun::Refused {
            println!("{missing} could not be run, and `--all` was asked for");
            total.failed += 1;
        }
        println!("\n{} passed, {} failed", total.passed, total.failed);
        if total.failed == 0 {
            Success::Yes
        } else {
            Success::No
        }
    }
}

/// What a missing tool means for the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotRun {
    Listed,
    Refused,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stages(outcome: Outcome) -> Stages {
        Stages {
            rows: vec![Row {
                name: "probe",
                wall: Duration::ZERO,
                outcome,
            }],
        }
    }

    #[test]
    fn a_problem_without_a_failing_test_fails_the_run() {
        assert_eq!(
            stages(Outcome::problem("broken")).summarise(NotRun::Listed),
            Success::No
        );
    }

    #[test]
    fn a_failing_test_fails_the_run() {
        let outcome = Outcome::of_counts(Counts {
            passed: 3,
            failed: 1,
        });
        assert_eq!(stages(outcome).summarise(NotRun::Listed), Success::No);
    }

    #[test]
    fn a_missing_tool_fails_only_when_all_is_asked_for() {
        assert_eq!(
            stages(Outcome::not_run("no npm")).summarise(NotRun::Listed),
            Success::Yes
        );
        assert_eq!(
            stages(Outcome::not_run("no npm")).summarise(NotRun::Refused),
            Success::No
        );
    }

    #[test]
    fn an_error_of_a_stage_does_not_stop_the_others() {
        let mut stages = Stages::default();
        assert_eq!(
            stages.run("first", || anyhow::bail!("no disk")),
            Success::No
        );
        assert_eq!(
            stages.run("second", || Ok(Outcome::check(Success::Yes, "never"))),
            Success::Yes
        );
        assert_eq!(stages.summarise(NotRun::Listed), Success::No);
    }
}
