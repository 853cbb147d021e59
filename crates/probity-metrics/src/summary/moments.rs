//! Count, mean, sum, spread and range of finite numbers, in one pass.
//!
//! Spread: Chan, Golub, LeVeque, "Algorithms for Computing the Sample Variance" (1983); E[x²] −
//! E[x]² loses every digit when the mean is large against the spread. Sum: Neumaier's
//! compensated summation (1974), with huge values apart and scaled down, so that it overflows
//! only when the true sum does.

use super::ReadState;
use super::profile::NumericProfile;
use super::state::{StateReader, StateWriter};

/// Values at least this large are summed apart: 2^64 smaller ones cannot overflow.
const HUGE: f64 = f64::from_bits((1023 + 900) << 52);
/// Scale of the huge ones, `2^-100`: 2^64 of them cannot overflow either.
const SCALE_DOWN: f64 = f64::from_bits((1023 - 100) << 52);
const SCALE_UP: f64 = f64::from_bits((1023 + 100) << 52);

/// Independent sums that the kernels keep at once; the compiler turns them into vectors.
const LANES: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    count: u64,
    sum: Compensated,
    /// Of values from [`HUGE`] on, scaled down.
    huge: Compensated,
    /// Sum of squared distances from the mean; infinite beyond the doubles.
    m2: f64,
    min: f64,
    max: f64,
}

impl Default for Moments {
    fn default() -> Self {
        Self {
            count: 0,
            sum: Compensated::default(),
            huge: Compensated::default(),
            m2: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
        }
    }
}

impl Moments {
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Adds finite values as one block. The blocks decide the last digits of the spread, so a
    /// caller cuts its rows into the same blocks each time.
    pub fn add_block(&mut self, values: &[f64]) {
        if values.is_empty() {
            return;
        }
        let (min, max) = range(values);
        let mut block = Self {
            count: values.len() as u64,
            min,
            max,
            ..Self::default()
        };
        if min.abs().max(max.abs()) < HUGE {
            block.sum = compensated_sum(values);
        } else {
            for &value in values {
                block.add_to_sum(value);
            }
        }
        block.m2 = squared_distances(values, block.mean());
        self.combine(&block);
    }

    fn add_to_sum(&mut self, value: f64) {
        if value.abs() < HUGE {
            self.sum.add(value);
        } else {
            self.huge.add(value * SCALE_DOWN);
        }
    }

    /// Adds what `other` has seen.
    pub(crate) fn combine(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = *other;
            return;
        }
        let count = self.count + other.count;
        let shift = other.mean() - self.mean();
        let weight = other.count as f64 / count as f64;
        self.m2 += other.m2 + shift * shift * self.count as f64 * weight;
        self.sum.combine(other.sum);
        self.huge.combine(other.huge);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.count = count;
    }

    /// Infinite when the true sum is beyond the doubles.
    pub fn sum(&self) -> f64 {
        self.huge.value() * SCALE_UP + self.sum.value()
    }

    /// Of at least one value; finite even where the sum is not.
    fn mean(&self) -> f64 {
        let count = self.count as f64;
        let sum = self.sum();
        if sum.is_finite() {
            return sum / count;
        }
        let scaled = self.huge.value() + self.sum.value() * SCALE_DOWN;
        ((scaled / count) * SCALE_UP).clamp(self.min, self.max)
    }

    /// `None` without values.
    pub fn profile(&self) -> Option<NumericProfile> {
        if self.count == 0 {
            return None;
        }
        Some(NumericProfile {
            n_finite: self.count,
            n_nan: 0,
            n_infinite: 0,
            mean: self.mean(),
            sum: self.sum(),
            std_dev: (self.m2 / self.count as f64).sqrt(),
            min: self.min,
            max: self.max,
        })
    }

    /// Moments that only a document describes.
    pub(crate) fn from_profile(profile: &NumericProfile) -> Self {
        let mut moments = Self {
            count: profile.n_finite,
            ..Self::default()
        };
        if moments.count == 0 {
            return moments;
        }
        moments.add_to_sum(profile.sum);
        moments.m2 = profile.std_dev * profile.std_dev * profile.n_finite as f64;
        moments.min = profile.min;
        moments.max = profile.max;
        moments
    }

    pub(crate) fn write(&self, writer: &mut StateWriter) {
        writer.u64(self.count);
        let sums = [self.sum.sum, self.sum.error, self.huge.sum, self.huge.error];
        writer.f64_slice(&sums);
        writer.f64_slice(&[self.m2, self.min, self.max]);
    }

    pub(crate) fn read(reader: &mut StateReader<'_>) -> Result<Self, ReadState> {
        let count = reader.count()?;
        let sum = Compensated {
            sum: reader.f64()?,
            error: reader.f64()?,
        };
        let huge = Compensated {
            sum: reader.f64()?,
            error: reader.f64()?,
        };
        let (m2, min, max) = (reader.f64()?, reader.f64()?, reader.f64()?);
        let sums = [sum.sum, sum.error, huge.sum, huge.error];
        let is_possible = if count == 0 {
            sums.iter().chain([&m2]).all(|part| part.to_bits() == 0) && min > max
        } else {
            sums.iter().all(|part| part.is_finite())
                && m2 >= 0.0
                && min.is_finite()
                && max.is_finite()
                && min <= max
        };
        if !is_possible {
            return Err(ReadState::Damaged {
                what: "its moments are impossible",
            });
        }
        Ok(Self {
            count,
            sum,
            huge,
            m2,
            min,
            max,
        })
    }
}

/// A sum and the rounding error that it has lost so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Compensated {
    sum: f64,
    error: f64,
}

impl Compensated {
    #[inline]
    fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        // Knuth's two-sum: exact without a comparison of magnitudes.
        let of_value = sum - self.sum;
        self.error += (self.sum - (sum - of_value)) + (value - of_value);
        self.sum = sum;
    }

    fn combine(&mut self, other: Self) {
        self.add(other.sum);
        self.error += other.error;
    }

    fn value(self) -> f64 {
        self.sum + self.error
    }
}

fn compensated_sum(values: &[f64]) -> Compensated {
    let mut lanes = [Compensated::default(); LANES];
    let chunks = values.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            lane.add(value);
        }
    }
    let mut total = Compensated::default();
    for lane in lanes {
        total.combine(lane);
    }
    for &value in rest {
        total.add(value);
    }
    total
}

/// `Σ (x − mean)²`, less what rounding of the mean adds to it (Chan, Golub, LeVeque, eq. 1.7).
fn squared_distances(values: &[f64], mean: f64) -> f64 {
    let mut squares = [0.0; LANES];
    let mut drifts = [0.0; LANES];
    let chunks = values.chunks_exact(LANES);
    for (lane, &value) in chunks.remainder().iter().enumerate() {
        let distance = value - mean;
        squares[lane] = distance * distance;
        drifts[lane] = distance;
    }
    for chunk in chunks {
        for lane in 0..LANES {
            let distance = chunk[lane] - mean;
            squares[lane] += distance * distance;
            drifts[lane] += distance;
        }
    }
    let drift: f64 = drifts.iter().sum();
    let corrected = squares.iter().sum::<f64>() - drift * drift / values.len() as f64;
    if corrected.is_nan() {
        f64::INFINITY
    } else {
        corrected.max(0.0)
    }
}

fn range(values: &[f64]) -> (f64, f64) {
    let mut low = [f64::INFINITY; LANES];
    let mut high = [f64::NEG_INFINITY; LANES];
    let chunks = values.chunks_exact(LANES);
    for (lane, &value) in chunks.remainder().iter().enumerate() {
        low[lane] = value;
        high[lane] = value;
    }
    for chunk in chunks {
        for lane in 0..LANES {
            low[lane] = if chunk[lane] < low[lane] {
                chunk[lane]
            } else {
                low[lane]
            };
            high[lane] = if chunk[lane] > high[lane] {
                chunk[lane]
            } else {
                high[lane]
            };
        }
    }
    // Adding zero turns −0.0 into 0.0.
    let least = low.iter().copied().fold(f64::INFINITY, f64::min) + 0.0;
    let most = high.iter().copied().fold(f64::NEG_INFINITY, f64::max) + 0.0;
    (least, most)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "results that are exact by construction")]
mod tests {
    use super::*;

    fn of(values: &[f64]) -> NumericProfile {
        let mut moments = Moments::default();
        moments.add_block(values);
        moments.profile().unwrap()
    }

    #[test]
    fn moments_of_a_small_block_are_those_worked_by_hand() {
        let profile = of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0, 5.0]);
        // Σ = 45, mean 5, Σ(x − 5)² = 9 + 1 + 1 + 1 + 0 + 0 + 4 + 16 + 0 = 32.
        assert_eq!(
            (profile.sum, profile.mean, profile.min, profile.max),
            (45.0, 5.0, 2.0, 9.0)
        );
        assert_eq!(profile.std_dev, (32.0f64 / 9.0).sqrt());
    }

    #[test]
    fn nothing_has_no_moments() {
        assert_eq!(Moments::default().profile(), None);
    }

    #[test]
    fn a_sum_keeps_what_plain_addition_loses() {
        assert_eq!(of(&[1e16, 1.0, 1.0, -1e16]).sum, 2.0);
    }

    #[test]
    fn a_sum_beyond_the_doubles_is_infinite_and_the_mean_is_not() {
        let profile = of(&[f64::MAX, f64::MAX]);
        assert_eq!((profile.sum, profile.mean), (f64::INFINITY, f64::MAX));
    }

    #[test]
    fn a_sum_that_would_overflow_on_the_way_only_does_not() {
        let profile = of(&[f64::MAX, f64::MAX, -f64::MAX, -f64::MAX, 3.0]);
        assert_eq!((profile.sum, profile.mean), (3.0, 0.6));
        assert_eq!(profile.std_dev, f64::INFINITY);
    }

    #[test]
    fn overflow_survives_any_cut() {
        let values = [f64::MAX, -f64::MAX, f64::MAX, 1e300];
        let mut parts = Moments::default();
        for value in values {
            parts.add_block(&[value]);
        }
        assert_eq!(parts.profile().unwrap().sum, of(&values).sum);
        assert_eq!(parts.profile().unwrap().std_dev, f64::INFINITY);
    }

    #[test]
    fn negative_zero_is_zero() {
        let profile = of(&[-0.0]);
        assert_eq!(profile.min.to_bits(), 0);
        assert_eq!(profile.max.to_bits(), 0);
        assert_eq!(profile.sum.to_bits(), 0);
    }

    #[test]
    fn a_small_spread_around_a_large_mean_is_kept() {
        let values: Vec<f64> = (0..1000).map(|i| 1e9 + f64::from(i % 2)).collect();
        assert_eq!(of(&values).std_dev, 0.5);
    }
}
