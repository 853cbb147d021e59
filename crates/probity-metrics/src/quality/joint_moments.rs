//! Spread of the labels, and how it goes with the squared residuals: what R² and its error
//! need, in one pass.
//!
//! Around the mean of the labels, as Chan, Golub and LeVeque (1983) and, for higher powers,
//! Pébay (2008): each block around its own mean, and blocks brought to their common mean.

use crate::summary::{ReadState, StateReader, StateWriter};

/// Sums over rows with label y and residual e, m being the mean of the labels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct JointMoments {
    n: u64,
    mean: f64,
    /// Σ (y − m)², Σ (y − m)³, Σ (y − m)⁴.
    powers: [f64; 3],
    /// Σ e², Σ e² (y − m), Σ e² (y − m)².
    squares: [f64; 3],
    /// Σ e⁴.
    fourth: f64,
}

impl JointMoments {
    /// Adds labels with their residuals.
    pub(crate) fn add_block(&mut self, rows: &[(f64, f64)]) {
        if rows.is_empty() {
            return;
        }
        let n = rows.len() as f64;
        let first = rows[0].0;
        let mean = first + rows.iter().map(|(label, _)| label - first).sum::<f64>() / n;
        let mut block = Self {
            n: rows.len() as u64,
            mean,
            ..Self::default()
        };
        let mut drift = 0.0;
        for &(label, residual) in rows {
            let (y, square) = (label - mean, residual * residual);
            drift += y;
            for (power, term) in block
                .powers
                .iter_mut()
                .zip([y * y, y * y * y, y * y * y * y])
            {
                *power += term;
            }
            for (sum, term) in block
                .squares
                .iter_mut()
                .zip([square, square * y, square * y * y])
            {
                *sum += term;
            }
            block.fourth += square * square;
        }
        // What rounding of the mean adds (Chan, Golub, LeVeque, eq. 1.7).
        block.powers[0] = (block.powers[0] - drift * drift / n).max(0.0);
        self.combine(&block);
    }

    /// Adds what `other` has seen.
    pub(crate) fn combine(&mut self, other: &Self) {
        if other.n == 0 {
            return;
        }
        if self.n == 0 {
            *self = *other;
            return;
        }
        let n = self.n + other.n;
        let mean = self.mean + (other.mean - self.mean) * (other.n as f64 / n as f64);
        let (ours, theirs) = (self.around(mean), other.around(mean));
        let add = |a: [f64; 3], b: [f64; 3]| [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
        *self = Self {
            n,
            mean,
            powers: add(ours.powers, theirs.powers),
            squares: add(ours.squares, theirs.squares),
            fourth: ours.fourth + theirs.fourth,
        };
    }

    /// The sums around another point: (y − c)ᵏ by the binomial theorem in (y − m) and m − c.
    fn around(&self, mean: f64) -> Self {
        let (d, n) = (self.mean - mean, self.n as f64);
        let [two, three, four] = self.powers;
        let [e, ey, eyy] = self.squares;
        Self {
            n: self.n,
            mean,
            powers: [
                two + n * d * d,
                three + 3.0 * d * two + n * d * d * d,
                four + 4.0 * d * three + 6.0 * d * d * two + n * d * d * d * d,
            ],
            squares: [e, ey + d * e, eyy + 2.0 * d * ey + d * d * e],
            fourth: self.fourth,
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.n
    }

    /// Σ (y − m)².
    pub(crate) fn label_spread(&self) -> f64 {
        self.powers[0]
    }

    /// The standard error of ln(Σe² / Σ(y − m)²), by the delta method. `None` where the
    /// residuals or the labels have no spread, or powers of them are beyond the doubles.
    pub(crate) fn log_ratio_error(&self) -> Option<f64> {
        let n = self.n as f64;
        let (e, y) = (self.squares[0] / n, self.powers[0] / n);
        let variance = self.fourth / n / (e * e) - 2.0 * self.squares[2] / n / (e * y)
            + self.powers[2] / n / (y * y);
        (variance.is_finite() && variance > 0.0).then(|| (variance / n).sqrt())
    }

    pub(crate) fn write(&self, writer: &mut StateWriter) {
        writer.u64(self.n);
        writer.f64(self.mean);
        writer.f64_slice(&self.powers);
        writer.f64_slice(&self.squares);
        writer.f64(self.fourth);
    }

    pub(crate) fn read(reader: &mut StateReader<'_>) -> Result<Self, ReadState> {
        let mut moments = Self {
            n: reader.count()?,
            mean: reader.f64()?,
            ..Self::default()
        };
        let sums = moments.powers.iter_mut().chain(&mut moments.squares);
        for sum in sums.chain(std::iter::once(&mut moments.fourth)) {
            *sum = reader.f64()?;
        }
        let is_possible = moments.mean.is_finite()
            && moments.powers[0] >= 0.0
            && moments.squares[0] >= 0.0
            && moments.fourth >= 0.0;
        if !is_possible {
            return Err(ReadState::Damaged {
                what: "its joint moments are impossible",
            });
        }
        Ok(moments)
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "results that are exact by construction")]
mod tests {
    use super::*;

    const ROWS: [(f64, f64); 5] = [
        (1.0, 0.5),
        (2.0, -1.0),
        (4.0, 0.0),
        (7.0, 2.0),
        (11.0, -0.5),
    ];

    fn of(rows: &[(f64, f64)]) -> JointMoments {
        let mut moments = JointMoments::default();
        moments.add_block(rows);
        moments
    }

    #[test]
    fn the_sums_are_those_worked_by_hand() {
        // The mean is 5: distances −4, −3, −1, 2, 6.
        let moments = of(&ROWS);
        assert_eq!(moments.mean, 5.0);
        assert_eq!(moments.powers, [66.0, 132.0, 1650.0]);
        assert_eq!(moments.squares, [5.5, 5.5, 38.0]);
        assert_eq!(moments.fourth, 17.125);
    }

    #[test]
    fn parts_give_the_sums_of_the_whole() {
        let whole = of(&ROWS);
        for cut in 0..=ROWS.len() {
            let mut parts = of(&ROWS[..cut]);
            parts.combine(&of(&ROWS[cut..]));
            let pairs = parts.powers.iter().chain(&parts.squares);
            for (found, expected) in pairs.zip(whole.powers.iter().chain(&whole.squares)) {
                // A dozen roundings of terms below 2,000.
                assert!((found - expected).abs() < 1e-11, "{found} {expected}");
            }
        }
    }

    #[test]
    fn labels_without_spread_have_no_error() {
        assert_eq!(of(&[(3.0, 1.0), (3.0, 2.0)]).log_ratio_error(), None);
        assert_eq!(JointMoments::default().log_ratio_error(), None);
    }
}
