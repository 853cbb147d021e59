//! What an execution found, for whoever writes it down.

use probity_app::monitoring_execution::NumberInterval;
use probity_store::metric_point::MetricPoint;

/// The result of an analysis. Its documents are in their place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Finding {
    /// `Completed: …` or `CompletedWithViolations: …`, as the container leaves it.
    pub exit_message: String,
    /// `None` where nothing was compared.
    pub n_violations: Option<usize>,
    /// In words, as notifications tell them.
    pub violations: Vec<String>,
    pub output_uri: String,
    pub metrics: Vec<MetricPoint>,
    /// Of some of them.
    pub intervals: Vec<NumberInterval>,
    /// For people, in the order of their weight.
    pub notes: Vec<String>,
    pub tally: Tally,
    /// Of the constraints that were obeyed.
    pub constraints_sha256: Option<String>,
    /// Violations of these are not among `n_violations`.
    pub segments: Vec<SegmentFinding>,
}

/// How the records were counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows of the analysis.
    pub rows: Option<u64>,
    /// Events outside the window, in files that it touches.
    pub outside: u64,
    /// Events that could not be read, and were passed over.
    pub skipped: u64,
    /// Events with an id that was read before.
    pub duplicates: u64,
}

/// The same checks over the rows of one value of a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SegmentFinding {
    /// `region=north`
    pub name: String,
    pub rows: u64,
    pub n_violations: Option<usize>,
    /// Why there is no verdict.
    pub problem: Option<String>,
}
