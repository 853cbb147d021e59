//! The shares of rows that bias metrics are made of: of the rows of a group, of those with a
//! positive label, and so on, how many have what. Each is a binomial count once the number
//! of rows it is taken of is given, and shares taken of different rows are independent.

use super::counts::Confusion;

/// Of so many rows, so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    pub count: u64,
    pub rows: u64,
}

impl Share {
    pub fn new(count: u64, rows: u64) -> Share {
        Share { count, rows }
    }

    /// `None` of no rows.
    pub fn value(self) -> Option<f64> {
        (self.rows > 0).then(|| self.count as f64 / self.rows as f64)
    }

    /// The share that lies `z` standard deviations *of its own* from the observed one, above
    /// for positive `z`: Wilson (1927), the root p of (x/n − p)² = z² p (1 − p)/n. Of no rows
    /// every share is as likely: 1 above and 0 below.
    pub(crate) fn bound(self, z: f64) -> f64 {
        let (x, n, z2) = (self.count as f64, self.rows as f64, z * z);
        if self.rows == 0 || (self.count == self.rows && z >= 0.0) {
            return if z < 0.0 { 0.0 } else { 1.0 };
        }
        if self.count == 0 && z <= 0.0 {
            return 0.0;
        }
        let spread = (x * (1.0 - x / n) + z2 / 4.0).sqrt();
        (x + z2 / 2.0 + z * spread) / (n + z2)
    }

    /// Wilson's interval for the share behind the observed one.
    pub fn wilson_interval(self, level: f64) -> Option<(f64, f64)> {
        let z = super::projection::two_sided_deviations(level);
        (self.rows > 0).then(|| (self.bound(-z), self.bound(z)))
    }
}

/// Shares within one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rate {
    /// Positive labels, of all rows.
    PositiveLabels,
    /// Positive predictions, of all rows.
    PositivePredictions,
    /// Right predictions, of all rows.
    Accuracy,
    /// Wrong predictions, of all rows.
    Error,
    /// Predicted positive, of the positive labels: recall, sensitivity.
    TruePositive,
    /// Predicted negative, of the positive labels.
    FalseNegative,
    /// Predicted negative, of the negative labels: specificity.
    TrueNegative,
    /// Predicted positive, of the negative labels.
    FalsePositive,
    /// Labelled positive, of the positive predictions: precision.
    PositivePredictiveValue,
    /// Labelled negative, of the positive predictions.
    FalseDiscovery,
    /// Labelled negative, of the negative predictions.
    NegativePredictiveValue,
    /// Labelled positive, of the negative predictions.
    FalseOmission,
}

impl Rate {
    pub fn of(self, group: &Confusion) -> Share {
        let (tp, fp) = (group.true_positives, group.false_positives);
        let (tn, fn_) = (group.true_negatives, group.false_negatives);
        let (count, rows) = match self {
            Rate::PositiveLabels => (tp + fn_, group.rows()),
            Rate::PositivePredictions => (tp + fp, group.rows()),
            Rate::Accuracy => (tp + tn, group.rows()),
            Rate::Error => (fp + fn_, group.rows()),
            Rate::TruePositive => (tp, tp + fn_),
            Rate::FalseNegative => (fn_, tp + fn_),
            Rate::TrueNegative => (tn, tn + fp),
            Rate::FalsePositive => (fp, tn + fp),
            Rate::PositivePredictiveValue => (tp, tp + fp),
            Rate::FalseDiscovery => (fp, tp + fp),
            Rate::NegativePredictiveValue => (tn, tn + fn_),
            Rate::FalseOmission => (fn_, tn + fn_),
        };
        Share::new(count, rows)
    }

    /// What the share is taken of, in words: `row with a positive label`.
    pub(crate) fn base(self) -> &'static str {
        match self {
            Rate::PositiveLabels | Rate::PositivePredictions | Rate::Accuracy | Rate::Error => {
                "row"
            }
            Rate::TruePositive | Rate::FalseNegative => "row with a positive label",
            Rate::TrueNegative | Rate::FalsePositive => "row with a negative label",
            Rate::PositivePredictiveValue | Rate::FalseDiscovery => {
                "row with a positive prediction"
            }
            Rate::NegativePredictiveValue | Rate::FalseOmission => "row with a negative prediction",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(count: u64, rows: u64, z: f64) {
        let (share, n) = (Share::new(count, rows), rows as f64);
        let p = share.bound(z);
        let seen = count as f64 / n;
        let deviations = (p - seen) * n.sqrt() / (p * (1.0 - p)).sqrt();
        assert!((deviations - z).abs() < 1e-9, "{deviations} is not {z}");
    }

    #[test]
    fn a_bound_is_so_many_of_its_own_deviations_away() {
        for (count, rows) in [(3, 10), (50, 100), (999, 1000)] {
            for z in [-2.5, -0.3, 0.4, 1.96, 5.0] {
                check(count, rows, z);
            }
        }
        check(0, 12, 1.96);
        check(12, 12, -1.96);
    }

    #[test]
    fn a_share_of_nothing_may_be_anything() {
        let nothing = Share::new(0, 0);
        assert_eq!(nothing.value(), None);
        assert!(nothing.bound(-1.0) <= 0.0 && nothing.bound(1.0) >= 1.0);
        assert!(Share::new(0, 9).bound(-1.0) <= 0.0);
        assert!(Share::new(9, 9).bound(1.0) >= 1.0);
    }

    #[test]
    fn rates_are_taken_of_the_rows_their_names_say() {
        let group = Confusion {
            true_negatives: 40,
            false_positives: 4,
            false_negatives: 6,
            true_positives: 10,
        };
        assert_eq!(Rate::TruePositive.of(&group), Share::new(10, 16));
        assert_eq!(Rate::TrueNegative.of(&group), Share::new(40, 44));
        assert_eq!(Rate::FalseDiscovery.of(&group), Share::new(4, 14));
        assert_eq!(Rate::FalseOmission.of(&group), Share::new(6, 46));
        assert_eq!(Rate::Error.of(&group), Share::new(10, 60));
    }
}
