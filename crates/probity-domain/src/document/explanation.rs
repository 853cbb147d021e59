//! *Explain this number* as `probity why --output json` prints it: the bins, counts, formulas
//! and steps behind every figure of one column.
//!
//! Printed for programs, not kept beside a result: made again from the result's summaries.

use serde::{Deserialize, Serialize};

use super::constraint_violations::{ConstraintCheckType, Violation};
use super::number::{double, optional_double};
use super::probity_file::{CorrectedViolation, DriftFacts, FeatureFacts, Interval};

/// Everything behind the numbers of one column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    pub folder: String,
    pub feature: String,
    pub facts: Option<FeatureFacts>,
    /// Completeness, data type and domain: counts, ratio, rule.
    pub shares: Vec<ShareExplanation>,
    /// Of a check, where the column was compared.
    pub drift: Option<DriftExplanation>,
    /// Why there is no drift to explain, if so.
    pub no_drift: Option<String>,
    pub violations: Vec<Violation>,
    pub corrected_violations: Vec<CorrectedViolation>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShareExplanation {
    pub check: ConstraintCheckType,
    pub bad: u64,
    pub n: u64,
    /// `1 − bad / n`; absent of nothing.
    #[serde(default, with = "optional_double")]
    pub ratio: Option<f64>,
    /// Smallest ratio that the constraints accept.
    #[serde(default, with = "optional_double")]
    pub threshold: Option<f64>,
    pub baseline_bad: Option<u64>,
    pub baseline_n: Option<u64>,
    /// Fisher's exact test of "the share of bad values rose".
    #[serde(default, with = "optional_double")]
    pub p_value: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriftExplanation {
    pub method: String,
    #[serde(with = "double")]
    pub threshold: f64,
    pub workings: DriftWorkings,
    /// As `probity.json` has it.
    pub recorded: Option<DriftFacts>,
    /// Whether the figures made now equal the recorded ones.
    pub agrees: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriftWorkings {
    pub comparison: ExplainedComparison,
    pub bins: Vec<ExplainedBin>,
    pub largest_gap: ExplainedGap,
    /// In the order in which the figures build on each other.
    pub steps: Vec<ExplainedStep>,
}

/// The figures themselves, as [`DriftFacts`] names them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExplainedComparison {
    #[serde(default, with = "optional_double")]
    pub distance: Option<f64>,
    #[serde(with = "double")]
    pub effect: f64,
    pub interval: Interval,
    #[serde(with = "double")]
    pub p_value: f64,
    #[serde(default, with = "optional_double")]
    pub psi: Option<f64>,
    #[serde(default, with = "optional_double")]
    pub jensen_shannon: Option<f64>,
    #[serde(default, with = "optional_double")]
    pub wasserstein_1: Option<f64>,
    pub n_baseline: u64,
    pub n_current: u64,
    /// If not, the corrected verdict is withheld.
    pub enough_rows: bool,
    pub note: Option<String>,
}

/// One bin of PSI and the Jensen-Shannon distance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExplainedBin {
    /// E.g. `(3, 5]`, or a category in backticks.
    pub label: String,
    pub baseline_rows: u64,
    pub current_rows: u64,
    #[serde(with = "double")]
    pub baseline_share: f64,
    #[serde(with = "double")]
    pub current_share: f64,
    /// What the bin adds to the index.
    #[serde(with = "double")]
    pub psi_term: f64,
    /// What the bin adds to the Jensen-Shannon divergence, i.e. to the square of the distance.
    #[serde(with = "double")]
    pub divergence_term: f64,
}

/// Where the samples are farthest apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExplainedGap {
    /// `x ≤ 3.5`, or a category in backticks.
    pub place: String,
    pub baseline_rows: u64,
    pub current_rows: u64,
    #[serde(with = "double")]
    pub baseline_share: f64,
    #[serde(with = "double")]
    pub current_share: f64,
}

/// One figure: its formula in symbols, the same with this column's numbers, the outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExplainedStep {
    /// As the member of `probity.json`, where it is one.
    pub name: String,
    pub formula: String,
    pub numbers: String,
    /// `None` when it cannot be computed; the comparison's note says why.
    #[serde(default, with = "optional_double")]
    pub result: Option<f64>,
}
