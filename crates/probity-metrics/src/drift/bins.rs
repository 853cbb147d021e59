//! The bins that PSI and the Jensen-Shannon distance share: deciles of the baseline for
//! numbers, categories for strings.
//!
//! Deciles make the bins equally full in the baseline, wherever its mass lies. Tied deciles
//! give one cut. A value that alone holds a tenth of the baseline has a bin of its own, so
//! that a column of zeros and ones, or a constant, moves when its values do. The outermost
//! bins are open: values beyond the baseline's range belong to them. Nulls are in no bin.

use std::fmt;

use super::sample::{CategoricalSample, NumericSample};

/// Bins that the baseline is cut into, before ties.
const QUANTILE_BINS: u64 = 10;

/// A cut between two bins, beside a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    pub value: f64,
    pub side: Side,
}

/// Whether the value of a cut belongs to the bin above it or below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The cut is just below the value.
    Below,
    /// The cut is just above the value.
    Above,
}

/// What a bin holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Bin {
    /// Numbers between two cuts; open where a cut is absent.
    Range {
        low: Option<Cut>,
        high: Option<Cut>,
    },
    Category(String),
}

impl fmt::Display for Bin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Side::{Above, Below};
        match self {
            Self::Category(category) => write!(f, "`{category}`"),
            Self::Range {
                low: None,
                high: None,
            } => write!(f, "all"),
            Self::Range {
                low: None,
                high: Some(Cut { value, side: Above }),
            } => write!(f, "≤ {value}"),
            Self::Range {
                low: None,
                high: Some(Cut { value, side: Below }),
            } => write!(f, "< {value}"),
            Self::Range {
                low: Some(Cut { value, side: Above }),
                high: None,
            } => write!(f, "> {value}"),
            Self::Range {
                low: Some(Cut { value, side: Below }),
                high: None,
            } => write!(f, "≥ {value}"),
            Self::Range {
                low: Some(low),
                high: Some(high),
            } => {
                if low.value.total_cmp(&high.value).is_eq() {
                    return write!(f, "= {}", low.value);
                }
                let open = if low.side == Above { '(' } else { '[' };
                let close = if high.side == Above { ']' } else { ')' };
                write!(f, "{open}{}, {}{close}", low.value, high.value)
            }
        }
    }
}

/// Both samples counted in the same bins.
#[derive(Clone, Debug, PartialEq)]
pub struct BinnedCounts {
    pub bins: Vec<Bin>,
    /// Baseline and current rows of each bin.
    pub counts: Vec<(u64, u64)>,
    pub n_baseline: u64,
    pub n_current: u64,
}

impl BinnedCounts {
    /// Baseline and current share of each bin.
    pub fn shares(&self) -> impl Iterator<Item = (f64, f64)> {
        let (n, m) = (self.n_baseline as f64, self.n_current as f64);
        self.counts
            .iter()
            .map(move |&(a, b)| (a as f64 / n, b as f64 / m))
    }
}

/// Deciles of the baseline as bins. `None` when either sample is empty.
pub fn numeric_bins(baseline: &NumericSample, current: &NumericSample) -> Option<BinnedCounts> {
    if baseline.n() == 0 || current.n() == 0 {
        return None;
    }
    let cuts = decile_cuts(baseline);
    let mut bins = Vec::with_capacity(cuts.len() + 1);
    let mut counts = Vec::with_capacity(cuts.len() + 1);
    let mut low = None;
    let mut below = (0, 0);
    for high in cuts.into_iter().map(Some).chain([None]) {
        let up_to = match high {
            Some(Cut {
                value,
                side: Side::Below,
            }) => (
                baseline.rank_exclusive(value),
                current.rank_exclusive(value),
            ),
            Some(Cut {
                value,
                side: Side::Above,
            }) => (baseline.rank(value), current.rank(value)),
            None => (baseline.n(), current.n()),
        };
        bins.push(Bin::Range { low, high });
        counts.push((up_to.0 - below.0, up_to.1 - below.1));
        (low, below) = (high, up_to);
    }
    Some(BinnedCounts {
        bins,
        counts,
        n_baseline: baseline.n(),
        n_current: current.n(),
    })
}

/// Rising cuts. The decile `q` is the smallest value with at least q tenths of the rows at
/// or below it.
fn decile_cuts(baseline: &NumericSample) -> Vec<Cut> {
    let n = u128::from(baseline.n());
    let mut cuts: Vec<Cut> = Vec::new();
    let mut previous = None;
    for q in 1..QUANTILE_BINS {
        let position = baseline.cumulative().partition_point(|&rows| {
            u128::from(rows) * u128::from(QUANTILE_BINS) < u128::from(q) * n
        });
        if previous.replace(position) == Some(position) {
            continue;
        }
        let value = baseline.values()[position];
        let rows = baseline.rank(value) - baseline.rank_exclusive(value);
        let holds_a_tenth = u128::from(rows) * u128::from(QUANTILE_BINS) >= n;
        // A baseline of ten rows or fewer is all such values.
        if holds_a_tenth {
            cuts.push(Cut {
                value,
                side: Side::Below,
            });
        }
        cuts.push(Cut {
            value,
            side: Side::Above,
        });
    }
    cuts
}

/// Every category of either sample as a bin. `None` when either sample is empty.
pub fn category_bins(
    baseline: &CategoricalSample,
    current: &CategoricalSample,
) -> Option<BinnedCounts> {
    if baseline.n() == 0 || current.n() == 0 {
        return None;
    }
    let paired = baseline.paired(current);
    Some(BinnedCounts {
        bins: paired
            .iter()
            .map(|&(category, ..)| Bin::Category(category.to_owned()))
            .collect(),
        counts: paired.iter().map(|&(_, a, b)| (a, b)).collect(),
        n_baseline: baseline.n(),
        n_current: current.n(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(baseline: &[(f64, u64)], current: &[(f64, u64)], expected: &[(&str, u64, u64)]) {
        let binned = numeric_bins(
            &NumericSample::from_counts(baseline),
            &NumericSample::from_counts(current),
        )
        .unwrap();
        let found: Vec<_> = binned
            .bins
            .iter()
            .zip(&binned.counts)
            .map(|(bin, &(a, b))| (bin.to_string(), a, b))
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|&(bin, a, b)| (bin.to_owned(), a, b))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_column_without_ties_is_cut_into_ten_equal_bins() {
        let rows: Vec<(f64, u64)> = (1..=100).map(|i| (f64::from(i), 1)).collect();
        let binned = numeric_bins(
            &NumericSample::from_counts(&rows),
            &NumericSample::from_counts(&[(0.5, 1), (200.0, 2)]),
        )
        .unwrap();
        assert_eq!(binned.counts.len(), 10);
        assert!(binned.counts.iter().all(|&(a, _)| a == 10));
        assert_eq!((binned.counts[0].1, binned.counts[9].1), (1, 2));
        assert_eq!(binned.bins[0].to_string(), "≤ 10");
        assert_eq!(binned.bins[1].to_string(), "(10, 20]");
        assert_eq!(binned.bins[9].to_string(), "> 90");
    }

    #[test]
    fn zeros_and_ones_have_a_bin_each() {
        check(
            &[(0.0, 70), (1.0, 30)],
            &[(0.0, 50), (0.5, 1), (1.0, 40), (7.0, 9)],
            &[
                ("< 0", 0, 0),
                ("= 0", 70, 50),
                ("(0, 1)", 0, 1),
                ("= 1", 30, 40),
                ("> 1", 0, 9),
            ],
        );
    }

    #[test]
    fn a_constant_that_changes_leaves_its_bin() {
        check(
            &[(5.0, 10)],
            &[(3.0, 4)],
            &[("< 5", 0, 4), ("= 5", 10, 0), ("> 5", 0, 0)],
        );
    }

    #[test]
    fn counts_of_all_bins_add_up_to_the_samples() {
        let baseline: Vec<(f64, u64)> = (0..17)
            .map(|i| (f64::from(i), u64::try_from(i * i % 7 + 1).unwrap()))
            .collect();
        let binned = numeric_bins(
            &NumericSample::from_counts(&baseline),
            &NumericSample::from_counts(&[(-1.0, 3), (4.0, 5), (99.0, 2)]),
        )
        .unwrap();
        let sums = binned
            .counts
            .iter()
            .fold((0, 0), |sum, bin| (sum.0 + bin.0, sum.1 + bin.1));
        assert_eq!(sums, (binned.n_baseline, binned.n_current));
    }

    #[test]
    fn categories_of_either_side_are_bins() {
        let binned = category_bins(
            &CategoricalSample::from_counts([("a", 3), ("b", 2)]),
            &CategoricalSample::from_counts([("b", 1), ("c", 4)]),
        )
        .unwrap();
        assert_eq!(binned.counts, [(3, 0), (2, 1), (0, 4)]);
    }
}
