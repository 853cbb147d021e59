//! Conditional demographic disparity and how sure it is: Σ wᵍ (d's share of the negatives −
//! d's share of the positives) over the strata g of the group variable, wᵍ = nᵍ/n.
//!
//! The interval combines Wilson's bounds of the shares, which are of different rows and so
//! independent, as Zou and Donner (2008) do ("MOVER"): distances from the estimate
//! to the bounds add up in squares. The weights vary with the rows drawn: their part is
//! z² (Σ wᵍ DDᵍ² − (Σ wᵍ DDᵍ)²)/n. All are widened by √(n/(n − shares)), as a variance is
//! for what was estimated from the same rows, which small samples with several strata need to cover. A stratum without negatives (or positives) has no such
//! share. Clarify puts 0 for it; the interval allows all from 0 to 1, added and not squared,
//! because that is not an error of sampling that evens out over strata.

use super::counts::{BiasCounts, OutcomeCounts};
use super::rate::Share;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StratumDisparity {
    strata: Vec<StratumShares>,
    rows: u64,
}

/// d's share of the negative and of the positive rows of a stratum.
#[derive(Clone, Copy, Debug, PartialEq)]
struct StratumShares {
    negatives: Share,
    positives: Share,
}

impl StratumDisparity {
    pub(crate) fn of_labels(counts: &BiasCounts) -> Option<StratumDisparity> {
        StratumDisparity::of(counts, |cell| cell & 2 != 0)
    }

    pub(crate) fn of_predictions(counts: &BiasCounts) -> Option<StratumDisparity> {
        StratumDisparity::of(counts, |cell| cell & 1 != 0)
    }

    fn of(counts: &BiasCounts, is_positive: fn(usize) -> bool) -> Option<StratumDisparity> {
        let strata = counts.strata.as_ref()?;
        let shares = |counts: &OutcomeCounts| {
            let (mut negatives, mut positives) = (Share::new(0, 0), Share::new(0, 0));
            for (cell, &rows) in counts.cells().iter().enumerate() {
                let share = if is_positive(cell) {
                    &mut positives
                } else {
                    &mut negatives
                };
                share.rows += rows;
                if cell & 4 != 0 {
                    share.count += rows;
                }
            }
            StratumShares {
                negatives,
                positives,
            }
        };
        Some(StratumDisparity {
            strata: strata
                .iter()
                .map(|stratum| shares(&stratum.counts))
                .collect(),
            rows: counts.total.rows(),
        })
    }

    pub(crate) fn observed(&self) -> f64 {
        let term = |shares: &StratumShares| self.weight(shares) * shares.disparity();
        self.strata.iter().map(term).sum()
    }

    /// Rows of strata that lack negatives or positives.
    pub(crate) fn rows_of_one_sided_strata(&self) -> u64 {
        let is_one_sided = |s: &&StratumShares| (s.negatives.rows == 0) != (s.positives.rows == 0);
        self.strata
            .iter()
            .filter(is_one_sided)
            .map(StratumShares::rows)
            .sum()
    }

    pub(crate) fn ends(&self, z: f64) -> (f64, f64) {
        let (mut below, mut above) = (0.0, 0.0);
        let (mut unknown_below, mut unknown_above) = (0.0, 0.0);
        let (mut mean, mut mean_square) = (0.0, 0.0);
        let z = z * self.widening();
        for shares in self.strata.iter().filter(|shares| shares.rows() > 0) {
            let (weight, disparity) = (self.weight(shares), shares.disparity());
            mean += weight * disparity;
            mean_square += weight * disparity * disparity;
            match shares.negatives.value() {
                Some(share) => {
                    below += square(weight * (share - shares.negatives.bound(-z)));
                    above += square(weight * (shares.negatives.bound(z) - share));
                }
                None => unknown_above += weight,
            }
            match shares.positives.value() {
                Some(share) => {
                    below += square(weight * (shares.positives.bound(z) - share));
                    above += square(weight * (share - shares.positives.bound(-z)));
                }
                None => unknown_below += weight,
            }
        }
        let weights = z * z * (mean_square - mean * mean).max(0.0) / self.rows as f64;
        (
            (mean - (below + weights).sqrt() - unknown_below).max(-1.0),
            (mean + (above + weights).sqrt() + unknown_above).min(1.0),
        )
    }

    /// At most √2, where most shares are of one row.
    fn widening(&self) -> f64 {
        let of_stratum =
            |s: &StratumShares| u64::from(s.negatives.rows > 0) + u64::from(s.positives.rows > 0);
        let shares: u64 = self.strata.iter().map(of_stratum).sum();
        let (rows, shares) = (self.rows as f64, shares as f64);
        (rows / (rows - shares).max(rows / 2.0)).sqrt()
    }

    fn weight(&self, shares: &StratumShares) -> f64 {
        shares.rows() as f64 / self.rows as f64
    }
}

impl StratumShares {
    fn rows(&self) -> u64 {
        self.negatives.rows + self.positives.rows
    }

    fn disparity(&self) -> f64 {
        self.negatives.value().unwrap_or(0.0) - self.positives.value().unwrap_or(0.0)
    }
}

fn square(x: f64) -> f64 {
    x * x
}
