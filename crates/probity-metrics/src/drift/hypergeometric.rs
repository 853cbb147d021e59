//! Tails of the hypergeometric distribution: of `population` rows `marked` are marked, and
//! `drawn` are drawn without replacement. The exact distribution, under "both samples come
//! from one population", of how many marked rows the first sample holds.
//!
//! Probabilities by Loader (2000), "Fast and Accurate Computation of Binomial
//! Probabilities": three binomial probabilities whose saddle-point form loses no digits to
//! logarithms of factorials, which for 10⁹ rows would cost five. Tails are sums outward from
//! their largest term, each term from its neighbour's ratio.

use std::f64::consts::{PI, SQRT_2};

use statrs::function::erf::erfc;
use statrs::function::gamma::ln_gamma;

/// Terms below this fraction of their sum are left out.
const NEGLIGIBLE: f64 = 1e-16;

/// From this variance on (σ = 316), two-sided tails are taken from the normal distribution.
/// The relative error at z standard deviations is about z³/(6σ): 2 % at z = 3.5.
const NORMAL_VARIANCE: f64 = 1e5;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Hypergeometric {
    population: u64,
    marked: u64,
    drawn: u64,
}

impl Hypergeometric {
    /// `marked` and `drawn` are at most `population`.
    pub(crate) fn new(population: u64, marked: u64, drawn: u64) -> Self {
        Self {
            population,
            marked: marked.min(population),
            drawn: drawn.min(population),
        }
    }

    fn smallest(&self) -> u64 {
        (self.marked + self.drawn).saturating_sub(self.population)
    }

    fn largest(&self) -> u64 {
        self.marked.min(self.drawn)
    }

    pub(crate) fn mean(&self) -> f64 {
        self.marked as f64 * (self.drawn as f64 / self.population as f64)
    }

    pub(crate) fn variance(&self) -> f64 {
        let share = self.marked as f64 / self.population as f64;
        let rest = (self.population - self.drawn) as f64 / (self.population as f64 - 1.0).max(1.0);
        self.drawn as f64 * share * (1.0 - share) * rest
    }

    fn ln_probability(&self, x: u64) -> f64 {
        let unmarked = self.population - self.marked;
        let p = self.drawn as f64 / self.population as f64;
        let q = (self.population - self.drawn) as f64 / self.population as f64;
        ln_binomial(x, self.marked, (p, q)) + ln_binomial(self.drawn - x, unmarked, (p, q))
            - ln_binomial(self.drawn, self.population, (p, q))
    }

    /// P(X ≥ x).
    pub(crate) fn upper_tail(&self, x: u64) -> f64 {
        if x <= self.smallest() {
            return 1.0;
        }
        if x > self.largest() {
            return 0.0;
        }
        if (x as f64) < self.mean() {
            return (1.0 - self.sum_down(x - 1)).clamp(0.0, 1.0);
        }
        self.sum_up(x).min(1.0)
    }

    /// P(X ≤ x).
    pub(crate) fn lower_tail(&self, x: u64) -> f64 {
        if x >= self.largest() {
            return 1.0;
        }
        if x < self.smallest() {
            return 0.0;
        }
        if x as f64 > self.mean() {
            return (1.0 - self.sum_up(x + 1)).clamp(0.0, 1.0);
        }
        self.sum_down(x).min(1.0)
    }

    /// P(|X − mean| ≥ deviation).
    pub(crate) fn two_sided_tail(&self, deviation: f64) -> f64 {
        if deviation <= 0.0 {
            return 1.0;
        }
        let variance = self.variance();
        if variance > NORMAL_VARIANCE {
            return erfc(deviation / variance.sqrt() / SQRT_2).min(1.0);
        }
        let mean = self.mean();
        // The deviation of a count is known up to rounding; the count itself belongs to the tail.
        let slack = 1e-9 * (1.0 + mean);
        let upper = to_count((mean + deviation - slack).ceil()).map_or(1.0, |x| self.upper_tail(x));
        let lower =
            to_count((mean - deviation + slack).floor()).map_or(0.0, |x| self.lower_tail(x));
        (upper + lower).min(1.0)
    }

    /// The count at which the probabilities, summed outward from the most likely count, reach
    /// `share`: a draw when `share` is uniform in [0, 1). Takes about one standard deviation
    /// of steps.
    pub(crate) fn at_probability(&self, share: f64) -> u64 {
        let (smallest, largest) = (self.smallest(), self.largest());
        let peak = (self.marked as f64 + 1.0) * (self.drawn as f64 + 1.0);
        let peak = to_count(peak / (self.population as f64 + 2.0)).unwrap_or(0);
        let mode = peak.clamp(smallest, largest);
        let at_mode = self.ln_probability(mode).exp();
        let mut left = share - at_mode;
        let (mut below, mut above) = ((mode, at_mode), (mode, at_mode));
        while left >= 0.0 && (below.0 > smallest || above.0 < largest) {
            if above.0 < largest {
                above = (above.0 + 1, above.1 * self.ratio(above.0));
                left -= above.1;
                if left < 0.0 {
                    return above.0;
                }
            } else {
                above.1 = 0.0;
            }
            if below.0 > smallest {
                below = (below.0 - 1, below.1 / self.ratio(below.0 - 1));
                left -= below.1;
                if left < 0.0 {
                    return below.0;
                }
            } else {
                below.1 = 0.0;
            }
            if above.1 + below.1 < NEGLIGIBLE {
                break;
            }
        }
        mode
    }

    /// P(X = k + 1) / P(X = k).
    fn ratio(&self, k: u64) -> f64 {
        let (k, marked, drawn) = (k as f64, self.marked as f64, self.drawn as f64);
        let rest = self.population as f64 - marked - drawn;
        (marked - k) * (drawn - k) / ((k + 1.0) * (rest + k + 1.0))
    }

    fn sum_up(&self, from: u64) -> f64 {
        let (marked, drawn) = (self.marked as f64, self.drawn as f64);
        // Unmarked rows that are not drawn when no marked row is.
        let rest = self.population as f64 - marked - drawn;
        let (mut term, mut sum) = (1.0, 1.0);
        let mut k = from as f64;
        for _ in from..self.largest() {
            term *= (marked - k) * (drawn - k) / ((k + 1.0) * (rest + k + 1.0));
            sum += term;
            k += 1.0;
            if term < NEGLIGIBLE * sum {
                break;
            }
        }
        (self.ln_probability(from) + f64::ln(sum)).exp()
    }

    fn sum_down(&self, from: u64) -> f64 {
        let (marked, drawn) = (self.marked as f64, self.drawn as f64);
        let rest = self.population as f64 - marked - drawn;
        let (mut term, mut sum) = (1.0, 1.0);
        let mut k = from as f64;
        for _ in self.smallest()..from {
            term *= k * (rest + k) / ((marked - k + 1.0) * (drawn - k + 1.0));
            sum += term;
            k -= 1.0;
            if term < NEGLIGIBLE * sum {
                break;
            }
        }
        (self.ln_probability(from) + f64::ln(sum)).exp()
    }
}

/// `None` below 0.
fn to_count(x: f64) -> Option<u64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole and not negative here"
    )]
    (x >= 0.0).then_some(x as u64)
}

/// ln of the binomial probability of `x` in `n` trials with chance `p` (and `q` = 1 − p).
fn ln_binomial(x: u64, n: u64, (p, q): (f64, f64)) -> f64 {
    let (x, n) = (x as f64, n as f64);
    let rest = n - x;
    if x < 0.5 {
        return if n < 0.5 { 0.0 } else { n * (-p).ln_1p() };
    }
    if rest < 0.5 {
        return n * (-q).ln_1p();
    }
    stirling_error(n)
        - stirling_error(x)
        - stirling_error(rest)
        - deviance(x, n * p)
        - deviance(rest, n * q)
        + 0.5 * (n / (2.0 * PI * x * rest)).ln()
}

/// ln n! less Stirling's formula (n + ½) ln n − n + ½ ln 2π.
fn stirling_error(n: f64) -> f64 {
    if n <= 15.0 {
        return ln_gamma(n + 1.0) - (n + 0.5) * n.ln() + n - 0.5 * (2.0 * PI).ln();
    }
    let square = n * n;
    (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / 1680.0 / square) / square) / square) / n
}

/// x ln(x / mean) + mean − x, by a series where that would cancel.
fn deviance(x: f64, mean: f64) -> f64 {
    let difference = x - mean;
    if difference.abs() >= 0.1 * (x + mean) {
        return x * (x / mean).ln() + mean - x;
    }
    let v = difference / (x + mean);
    let mut sum = difference * v;
    let mut power = 2.0 * x * v;
    let mut odd = 1.0;
    loop {
        power *= v * v;
        odd += 2.0;
        let next = sum + power / odd;
        // The terms fall by v² ≤ 0.01, so this ends within ten steps.
        if (next - sum).abs() <= f64::EPSILON * next.abs() {
            return next;
        }
        sum = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(found: f64, expected: f64) {
        assert!(
            (found - expected).abs() <= 1e-12 * expected.abs(),
            "{found} is not {expected}"
        );
    }

    #[test]
    fn small_tails_are_the_counted_ones() {
        // Draw 3 of 10 with 4 marked: C(4,k) C(6,3−k) / 120 = 20, 60, 36, 4 for k = 0…3.
        let draw = Hypergeometric::new(10, 4, 3);
        check(draw.upper_tail(2), 40.0 / 120.0);
        check(draw.upper_tail(1), 100.0 / 120.0);
        check(draw.upper_tail(3), 4.0 / 120.0);
        check(draw.lower_tail(0), 20.0 / 120.0);
        check(draw.lower_tail(2), 116.0 / 120.0);
        // The mean is 1.2: at least 0.8 away are 0, 2 and 3.
        check(draw.two_sided_tail(0.8), 60.0 / 120.0);
    }

    #[test]
    fn counts_outside_the_support_have_certain_tails() {
        let draw = Hypergeometric::new(10, 8, 7);
        check(draw.upper_tail(5), 1.0);
        check(draw.lower_tail(7), 1.0);
        assert!(draw.upper_tail(8) < f64::MIN_POSITIVE && draw.lower_tail(4) < f64::MIN_POSITIVE);
    }

    #[test]
    fn both_tails_of_a_billion_rows_make_one() {
        let draw = Hypergeometric::new(2_000_000_000, 700_000_000, 1_000_000_000);
        let x = 350_004_000;
        let (upper, lower) = (draw.sum_up(x), draw.sum_down(x - 1));
        // A hundred thousand terms, each ratio rounded: 1e5 × 2⁻⁵².
        assert!((upper + lower - 1.0).abs() < 1e-9, "{upper} + {lower}");
    }

    #[test]
    fn certain_draws_have_no_spread() {
        check(Hypergeometric::new(10, 0, 5).upper_tail(0), 1.0);
        check(Hypergeometric::new(10, 10, 5).lower_tail(5), 1.0);
        check(Hypergeometric::new(10, 10, 10).two_sided_tail(0.0), 1.0);
    }
}
