//! Checks that name no violation because they could not judge: a pass would be a false promise.

use super::DataQualityReport;
use super::words::plural_of;

/// Why nothing was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unjudged {
    NoRows,
    BaselineHasNoRows,
    TooFewRows { rows: u64, minimum: u64 },
    BaselineTooSmall { rows: u64, minimum: u64 },
    NothingTested,
}

impl Unjudged {
    /// `None` when the check judged something, or when there was no check.
    pub(crate) fn of(report: &DataQualityReport<'_>) -> Option<Self> {
        let check = report.probity.check.as_ref()?;
        let minimum = check.minimum_rows;
        let rows = report.statistics.dataset.item_count;
        if rows == 0 {
            return Some(Self::NoRows);
        }
        if rows < minimum {
            return Some(Self::TooFewRows { rows, minimum });
        }
        // A baseline of constraints alone has no columns, and says nothing about its rows.
        let baseline = report
            .baseline
            .filter(|baseline| !baseline.features.is_empty())
            .map(|baseline| baseline.dataset.item_count);
        match baseline {
            Some(0) => Some(Self::BaselineHasNoRows),
            Some(rows) if rows < minimum => Some(Self::BaselineTooSmall { rows, minimum }),
            Some(_) | None => (check.tested == 0).then_some(Self::NothingTested),
        }
    }

    /// A headline, without the period.
    pub(crate) fn headline(self) -> String {
        let too_few = |whose: &str, rows: u64, minimum: u64| {
            let rows = plural_of(rows, "row");
            format!("Nothing could be judged: {whose}{rows}, and {minimum} are needed")
        };
        match self {
            Self::NoRows => "Nothing could be judged: the data has no rows".to_owned(),
            Self::BaselineHasNoRows => {
                "Nothing could be judged: the baseline has no rows".to_owned()
            }
            Self::TooFewRows { rows, minimum } => too_few("the data has ", rows, minimum),
            Self::BaselineTooSmall { rows, minimum } => too_few("the baseline has ", rows, minimum),
            Self::NothingTested => "No violation found, but drift was not tested".to_owned(),
        }
    }

    /// Without a row on one side not even a fixed limit was tried.
    pub(crate) fn is_without_rows(self) -> bool {
        match self {
            Self::NoRows | Self::BaselineHasNoRows => true,
            Self::TooFewRows { .. } | Self::BaselineTooSmall { .. } | Self::NothingTested => false,
        }
    }

    /// What a reader may and may not conclude.
    pub(crate) fn explained(self) -> &'static str {
        match self {
            Self::NoRows | Self::BaselineHasNoRows => {
                "This is not a pass: there was nothing to compare. Look at where the data come from."
            }
            Self::TooFewRows { .. } | Self::BaselineTooSmall { .. } => {
                "This is not a pass: so few rows can hide a change of almost any size."
            }
            Self::NothingTested => {
                "The corrected verdict had nothing to test: no column has enough values, \
                 or values that failed, on both sides."
            }
        }
    }
}
