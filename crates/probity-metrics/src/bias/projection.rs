//! Intervals of anything that is a function of a few independent shares.
//!
//! Pearson's χ² of a set of true shares p against the observed ones, Σ nᵢ(p̂ᵢ − pᵢ)²/(pᵢ(1 − pᵢ)),
//! says how far the sample is from what p would give. The interval of f holds the values
//! that f takes where χ² ≤ z²: a value is left out when every p that has it is refuted. For one
//! share this is Wilson's interval (1927); for a difference or a ratio of two it is the
//! score interval of Miettinen and Nurminen (1985) without their factor N/(N − 1), taken at the p that
//! fits best by χ² and not by likelihood; both hold their level in small samples and next to 0
//! and 1, where bootstrap intervals do not (`docs/statistics.md` has the comparison).
//! Near the smallest value of a distance (KL, TVD, …), where bootstrap intervals miss
//! 0, it stays right: it holds 0 exactly when equality is not refuted.
//!
//! χ² is a sum of squares zᵢ² with pᵢ the Wilson bound at zᵢ, so that the region is a ball
//! in z, over which the extremes of f are sought.

use statrs::distribution::{ContinuousCDF, Normal};

use super::rate::Share;

/// A number that depends on some true shares.
pub(crate) type OfShares = fn(&[f64]) -> f64;

/// The most shares that one number depends on.
pub(crate) const MOST_SHARES: usize = 5;

/// z with P(|Z| ≤ z) = `level` for a standard normal Z.
pub(crate) fn two_sided_deviations(level: f64) -> f64 {
    Normal::standard().inverse_cdf(f64::midpoint(1.0, level))
}

/// P(|Z| ≤ z).
pub(crate) fn two_sided_level(z: f64) -> f64 {
    1.0 - 2.0 * Normal::standard().sf(z)
}

/// P(|Z| > z) at the smallest z whose interval is not refuted: 1 where every interval holds
/// what is tested. `holds` says so of the interval at z.
pub(crate) fn two_sided_p_value(holds: impl Fn(f64) -> bool) -> f64 {
    // P(|Z| > 38) is the smallest that a double can hold. 26 halvings give z to 6e-7.
    let (mut refuting, mut holding) = (0.0, 38.0);
    for _ in 0..26 {
        let z = f64::midpoint(refuting, holding);
        if holds(z) {
            holding = z;
        } else {
            refuting = z;
        }
    }
    2.0 * Normal::standard().sf(f64::midpoint(refuting, holding))
}

/// Smallest and largest `value` over the shares that are at most `z` deviations off.
pub(crate) fn extremes(shares: &[Share], z: f64, value: OfShares) -> (f64, f64) {
    let search = Search { shares, z, value };
    (-search.largest(-1.0), search.largest(1.0))
}

/// A point of the unit ball.
type Direction = [f64; MOST_SHARES];

struct Search<'a> {
    shares: &'a [Share],
    z: f64,
    value: OfShares,
}

/// Of the scan of a disc; a maximum is then refined to more than nine digits of the angle.
const ANGLES: u32 = 48;
const RADII: [f64; 3] = [1.0 / 3.0, 2.0 / 3.0, 1.0];

impl Search<'_> {
    fn largest(&self, sign: f64) -> f64 {
        match self.shares.len() {
            0 => sign * (self.value)(&[]),
            1 => {
                let (mut low, mut high) = ([0.0; MOST_SHARES], [0.0; MOST_SHARES]);
                (low[0], high[0]) = (-1.0, 1.0);
                self.at(&low, sign).max(self.at(&high, sign))
            }
            2 => self.largest_of_disc(sign),
            _ => self.largest_of_ball(sign),
        }
    }

    fn at(&self, direction: &Direction, sign: f64) -> f64 {
        let mut p = [0.0; MOST_SHARES];
        for ((p, share), z) in p.iter_mut().zip(self.shares).zip(direction) {
            *p = share.bound(self.z * z);
        }
        sign * (self.value)(&p[..self.shares.len()])
    }

    /// Inner circles too: a few numbers, such as the generalized entropy where most
    /// predictions are wrong, are largest inside.
    fn largest_of_disc(&self, sign: f64) -> f64 {
        let step = std::f64::consts::TAU / f64::from(ANGLES);
        let on = |radius: f64, angle: f64| {
            let mut direction = [0.0; MOST_SHARES];
            (direction[0], direction[1]) = (radius * angle.cos(), radius * angle.sin());
            self.at(&direction, sign)
        };
        let mut best = (f64::NEG_INFINITY, 1.0, 0.0);
        for radius in RADII {
            for turn in 0..ANGLES {
                let angle = f64::from(turn) * step;
                let found = on(radius, angle);
                if found > best.0 {
                    best = (found, radius, angle);
                }
            }
        }
        let (coarse, radius, angle) = best;
        golden_section(angle - step, angle + step, |angle| on(radius, angle)).max(coarse)
    }

    /// On the sphere a maximum is where the direction and the gradient are parallel.
    fn largest_of_ball(&self, sign: f64) -> f64 {
        let mut best = self.climb([0.0; MOST_SHARES], sign);
        // From every corner of the cube, for numbers with several maxima.
        let length = (self.shares.len() as f64).sqrt();
        let mut start = (f64::NEG_INFINITY, [0.0; MOST_SHARES]);
        for corner in 0..1_u32 << self.shares.len() {
            let mut direction = [0.0; MOST_SHARES];
            for (place, end) in direction.iter_mut().take(self.shares.len()).enumerate() {
                *end = if corner >> place & 1 == 1 { 1.0 } else { -1.0 } / length;
            }
            let found = self.at(&direction, sign);
            if found > start.0 {
                start = (found, direction);
            }
        }
        best = best.max(self.climb(start.1, sign));
        best
    }

    fn climb(&self, mut direction: Direction, sign: f64) -> f64 {
        let mut best = self.at(&direction, sign);
        let mut weight = 1.0;
        for _ in 0..60 {
            let gradient = self.gradient(&direction, sign);
            let Some(uphill) = unit(gradient) else {
                return best;
            };
            let mut next = direction;
            for (next, uphill) in next.iter_mut().zip(uphill) {
                *next += weight * (uphill - *next);
            }
            let Some(next) = unit(next) else {
                return best;
            };
            let found = self.at(&next, sign);
            if found > best {
                let gain = found - best;
                (best, direction) = (found, next);
                if gain <= 1e-10 * best.abs() {
                    break;
                }
            } else {
                weight /= 2.0;
                if weight < 1e-3 {
                    break;
                }
            }
        }
        best
    }

    fn gradient(&self, direction: &Direction, sign: f64) -> Direction {
        const STEP: f64 = 1e-4;
        let mut gradient = [0.0; MOST_SHARES];
        for (place, slope) in gradient.iter_mut().take(self.shares.len()).enumerate() {
            let (mut below, mut above) = (*direction, *direction);
            below[place] -= STEP;
            above[place] += STEP;
            *slope = (self.at(&above, sign) - self.at(&below, sign)) / (2.0 * STEP);
        }
        gradient
    }
}

/// `None` for a direction of no length.
fn unit(mut direction: Direction) -> Option<Direction> {
    let length = direction.iter().map(|part| part * part).sum::<f64>().sqrt();
    if !(length > 0.0 && length.is_finite()) {
        return None;
    }
    for part in &mut direction {
        *part /= length;
    }
    Some(direction)
}

/// Kiefer (1953): the largest value between `low` and `high` of a function with one peak.
pub(crate) fn golden_section(mut low: f64, mut high: f64, value: impl Fn(f64) -> f64) -> f64 {
    let ratio = (5.0_f64.sqrt() - 1.0) / 2.0;
    let (mut left, mut right) = (high - ratio * (high - low), low + ratio * (high - low));
    let (mut at_left, mut at_right) = (value(left), value(right));
    // The value is flat at the peak: half the digits of the place give all of the value.
    for _ in 0..36 {
        if at_left < at_right {
            (low, left, at_left) = (left, right, at_right);
            right = low + ratio * (high - low);
            at_right = value(right);
        } else {
            (high, right, at_right) = (right, left, at_left);
            left = high - ratio * (high - low);
            at_left = value(left);
        }
    }
    at_left.max(at_right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(found: (f64, f64), expected: (f64, f64), tolerance: f64) {
        assert!(
            (found.0 - expected.0).abs() < tolerance && (found.1 - expected.1).abs() < tolerance,
            "{found:?} is not {expected:?}"
        );
    }

    #[test]
    fn one_share_gives_wilsons_interval() {
        // Wilson's interval of 8 in 10 at 95 % as tabled: 0.4902 to 0.9433.
        let z = two_sided_deviations(0.95);
        let found = extremes(&[Share::new(8, 10)], z, |p| p[0]);
        check(found, (0.490_162_5, 0.943_317_8), 1e-6);
    }

    /// χ² of two shares with the difference `gap`, at the p that fits best, by scanning.
    fn smallest_chi_squared(a: Share, d: Share, gap: f64) -> f64 {
        let of = |share: Share, p: f64| {
            let n = share.rows as f64;
            let off = share.count as f64 / n - p;
            if off.abs() < 1e-15 {
                0.0
            } else {
                n * off * off / (p * (1.0 - p))
            }
        };
        (1..200_000)
            .map(|step| f64::from(step) / 200_000.0)
            .filter(|p| (0.0..=1.0).contains(&(p - gap)))
            .map(|p| of(a, p) + of(d, p - gap))
            .fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn the_ends_of_a_difference_are_just_refuted() {
        let (a, d) = (Share::new(30, 70), Share::new(3, 20));
        let (low, high) = extremes(&[a, d], 1.96, |p| p[0] - p[1]);
        for end in [low, high] {
            let chi_squared = smallest_chi_squared(a, d, end);
            assert!((chi_squared - 1.96 * 1.96).abs() < 1e-3, "{chi_squared}");
        }
    }

    #[test]
    fn many_rows_give_the_normal_interval_for_any_number_of_shares() {
        let share = |count| Share::new(count, 1_000_000_000_000);
        let four = [
            share(300_000_000_000),
            share(200_000_000_000),
            share(700_000_000_000),
            share(600_000_000_000),
        ];
        let deviation = [0.3_f64, 0.2, 0.7, 0.6]
            .map(|p| p * (1.0 - p) / 1e12)
            .iter()
            .sum::<f64>()
            .sqrt();
        let found = extremes(&four, 2.0, |p| p[0] - p[1] + p[2] - p[3]);
        check(found, (0.2 - 2.0 * deviation, 0.2 + 2.0 * deviation), 1e-9);
    }
}
