//! Whether probabilities can be taken at their word: predicted against observed shares over
//! ten bins, and their mean distance, the expected calibration error.
//!
//! Bins of equal width are `[0, 0.1) … [0.9, 1]`; bins of equal rows are cut where a tenth of
//! the rows is passed, equal probabilities never apart. Intervals of the shares: Wilson.

use std::f64::consts::SQRT_2;

use probity_domain::document::model_quality_file::{CalibrationBin, CalibrationCurve};
use statrs::function::erf::erfc_inv;

use super::interval::{share_interval, wilson_at};
use super::outcome::Outcome;
use super::scores::ScoreGroups;
use crate::drift::INTERVAL_LEVEL;
use crate::summary::{ReadState, StateReader, StateWriter};

pub(crate) const BINS: usize = 10;

/// Rows of one bin.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct BinRows {
    n: u64,
    positives: u64,
    sum_of_probabilities: f64,
}

impl BinRows {
    fn mean_probability(&self) -> f64 {
        self.sum_of_probabilities / self.n as f64
    }

    fn share(&self) -> f64 {
        self.positives as f64 / self.n as f64
    }

    fn document(&self, low: f64, high: f64) -> CalibrationBin {
        CalibrationBin {
            low,
            high,
            n: self.n,
            mean_probability: self.mean_probability(),
            positive_share: self.share(),
            interval: share_interval(self.positives, self.n),
        }
    }
}

/// Bins of equal width, filled row by row.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct EqualWidth([BinRows; BINS]);

impl EqualWidth {
    /// `probability` is in [0, 1].
    #[inline]
    pub(crate) fn add(&mut self, probability: f64, label: Outcome) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 10"
        )]
        let place = (probability * BINS as f64) as usize;
        let bin = &mut self.0[place.min(BINS - 1)];
        bin.n += 1;
        bin.positives += u64::from(label.is_positive());
        bin.sum_of_probabilities += probability;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (ours, theirs) in self.0.iter_mut().zip(&other.0) {
            ours.n += theirs.n;
            ours.positives += theirs.positives;
            ours.sum_of_probabilities += theirs.sum_of_probabilities;
        }
    }

    pub(crate) fn curve(&self) -> CalibrationCurve {
        let edge = |place: usize| place as f64 / BINS as f64;
        let filled = self.0.iter().enumerate().filter(|(_, bin)| bin.n > 0);
        CalibrationCurve {
            bins_by: "equal_width".to_owned(),
            bins: filled
                .map(|(place, bin)| bin.document(edge(place), edge(place + 1)))
                .collect(),
        }
    }

    pub(crate) fn write(&self, writer: &mut StateWriter) {
        for bin in &self.0 {
            writer.u64(bin.n);
            writer.u64(bin.positives);
            writer.f64(bin.sum_of_probabilities);
        }
    }

    pub(crate) fn read(reader: &mut StateReader<'_>) -> Result<Self, ReadState> {
        let mut bins = Self::default();
        for bin in &mut bins.0 {
            *bin = BinRows {
                n: reader.count()?,
                positives: reader.count()?,
                sum_of_probabilities: reader.f64()?,
            };
            let is_possible = bin.positives <= bin.n && bin.sum_of_probabilities.is_finite();
            if !is_possible {
                return Err(ReadState::Damaged {
                    what: "its calibration bins are impossible",
                });
            }
        }
        Ok(bins)
    }
}

/// Bins with a tenth of the rows each, or as near as ties allow.
pub(crate) fn equal_rows_curve(scores: &ScoreGroups) -> CalibrationCurve {
    let (negatives, positives) = scores.totals();
    let rows = (negatives + positives) as f64;
    let mut bins = Vec::with_capacity(BINS);
    let (mut bin, mut low) = (BinRows::default(), 0.0);
    let (mut passed, mut tenths) = (0u64, 1.0);
    for (place, group) in scores.groups.iter().rev().enumerate() {
        if bin.n == 0 {
            low = group.score;
        }
        bin.n += group.rows();
        bin.positives += group.positives;
        bin.sum_of_probabilities += group.score * group.rows() as f64;
        passed += group.rows();
        let passed_tenths = passed as f64 * BINS as f64 / rows;
        if passed_tenths >= tenths || place + 1 == scores.groups.len() {
            bins.push(bin.document(low, group.score));
            bin = BinRows::default();
            tenths = passed_tenths.floor() + 1.0;
        }
    }
    CalibrationCurve {
        bins_by: "equal_rows".to_owned(),
        bins,
    }
}

/// Mean distance of predicted and observed shares, weighted by rows, with an interval that
/// holds for all bins at once (Wilson's at 1 − 0.05/bins): the distance of a sample is too
/// large on average, so that an interval around it would be wrong.
pub(crate) fn expected_calibration_error(curve: &CalibrationCurve) -> Option<(f64, (f64, f64))> {
    let rows: u64 = curve.bins.iter().map(|bin| bin.n).sum();
    if rows == 0 {
        return None;
    }
    let (mut error, mut low, mut high) = (0.0, 0.0, 0.0);
    for bin in &curve.bins {
        let weight = bin.n as f64 / rows as f64;
        let (nearest, farthest) = distances(bin, curve.bins.len());
        error += weight * (bin.mean_probability - bin.positive_share).abs();
        low += weight * nearest;
        high += weight * farthest;
    }
    Some((error, (low, high.min(1.0))))
}

/// Least and largest distance of the predicted from the true share, as far as the rows of the
/// bin tell: Wilson's, at a level that holds for all `n_bins` together (Bonferroni).
fn distances(bin: &CalibrationBin, n_bins: usize) -> (f64, f64) {
    let z = SQRT_2 * erfc_inv((1.0 - INTERVAL_LEVEL) / n_bins as f64);
    let count = bin.positive_share * bin.n as f64;
    let (from, to) = wilson_at(z, count, bin.n as f64);
    let predicted = bin.mean_probability;
    let nearest = (from - predicted).max(predicted - to).max(0.0);
    (nearest, (predicted - from).max(to - predicted))
}

/// The part of the Brier score that is due to probabilities that are off: Σ w (p̄ − ȳ)² over
/// the bins (Murphy, 1973). The rest is refinement. With an interval that holds for all bins
/// at once, and so is wider than it need be.
pub(crate) fn calibration_loss(curve: &CalibrationCurve) -> Option<(f64, (f64, f64))> {
    let rows: u64 = curve.bins.iter().map(|bin| bin.n).sum();
    if rows == 0 {
        return None;
    }
    let (mut loss, mut low, mut high) = (0.0, 0.0, 0.0);
    for bin in &curve.bins {
        let (nearest, farthest) = distances(bin, curve.bins.len());
        let off = bin.mean_probability - bin.positive_share;
        loss += bin.n as f64 * off * off;
        low += bin.n as f64 * nearest * nearest;
        high += bin.n as f64 * farthest * farthest;
    }
    let n = rows as f64;
    Some((loss / n, (low / n, (high / n).min(1.0))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::scores::Scores;

    const ROWS: [(f64, Outcome); 6] = [
        (0.05, Outcome::Negative),
        (0.05, Outcome::Positive),
        (0.3, Outcome::Negative),
        (0.95, Outcome::Positive),
        (1.0, Outcome::Positive),
        (1.0, Outcome::Negative),
    ];

    fn curves() -> [CalibrationCurve; 2] {
        let (mut width, mut scores) = (EqualWidth::default(), Scores::default());
        for (probability, label) in ROWS {
            width.add(probability, label);
            scores.push(probability, label);
        }
        [width.curve(), equal_rows_curve(&scores.groups())]
    }

    #[track_caller]
    fn check(curve: &CalibrationCurve, expected: &[(f64, f64, u64)]) {
        let found: Vec<(f64, f64, u64)> = curve
            .bins
            .iter()
            .map(|bin| (bin.low, bin.high, bin.n))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn rows_fall_into_the_bins_of_their_probability() {
        let [width, rows] = curves();
        check(&width, &[(0.0, 0.1, 2), (0.3, 0.4, 1), (0.9, 1.0, 3)]);
        // Two rows share 0.05 and two share 1: neither pair is cut.
        check(
            &rows,
            &[
                (0.05, 0.05, 2),
                (0.3, 0.3, 1),
                (0.95, 0.95, 1),
                (1.0, 1.0, 2),
            ],
        );
    }

    #[test]
    fn the_error_is_the_mean_distance_of_the_bins() {
        let [width, _] = curves();
        // |0.05 − 0.5|·2 + 0.3·1 + |2.95/3 − 2/3|·3 = 0.9 + 0.3 + 0.95, over 6 rows.
        let (error, (low, high)) = expected_calibration_error(&width).unwrap();
        assert!((error - 2.15 / 6.0).abs() < 1e-15, "{error}");
        assert!(low < error && error < high);
    }
}
