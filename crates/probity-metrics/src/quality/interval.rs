//! 95 % intervals of quality metrics. Where a metric is a proportion, or a rising function
//! of one, Wilson's score interval (1927), which holds near 0 and 1 and for few rows; for the
//! others the delta method on a scale where the error is nearly normal.

use probity_domain::document::probity_file::Interval;

use crate::drift::INTERVAL_LEVEL;

/// Quantile of the normal distribution at 0.975.
pub(crate) const Z: f64 = 1.959_963_984_540_054;

/// An interval of two ends, in words of how it was made.
pub(crate) fn interval((low, high): (f64, f64), method: &str) -> Interval {
    Interval {
        low,
        high,
        level: INTERVAL_LEVEL,
        method: method.to_owned(),
    }
}

/// Low and high end for a proportion; of no rows everything is possible.
pub(crate) fn wilson(count: f64, n: f64) -> (f64, f64) {
    wilson_at(Z, count, n)
}

/// The same at another level, given by its quantile of the normal distribution.
pub(crate) fn wilson_at(z: f64, count: f64, n: f64) -> (f64, f64) {
    if n <= 0.0 {
        return (0.0, 1.0);
    }
    let share = count / n;
    let scale = 1.0 + z * z / n;
    let centre = (share + z * z / (2.0 * n)) / scale;
    let margin = z / scale * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let low = if count <= 0.0 { 0.0 } else { centre - margin };
    let high = if count >= n { 1.0 } else { centre + margin };
    (low.max(0.0), high.min(1.0))
}

/// Wilson's interval of `count` of `n` rows.
pub(crate) fn share_interval(count: u64, n: u64) -> Interval {
    interval(wilson(count as f64, n as f64), "wilson")
}

/// The delta method for a value in (0, 1), on the scale of log odds.
pub(crate) fn on_log_odds(value: f64, standard_error: f64) -> (f64, f64) {
    let log_odds = (value / (1.0 - value)).ln();
    let margin = Z * standard_error / (value * (1.0 - value));
    let back = |x: f64| 1.0 / (1.0 + (-x).exp());
    (back(log_odds - margin), back(log_odds + margin))
}

/// The delta method for a positive value, on the scale of logarithms.
pub(crate) fn on_logarithms(value: f64, standard_error: f64) -> (f64, f64) {
    let factor = (Z * standard_error / value).exp();
    (value / factor, value * factor)
}

/// The delta method for a value in (−1, 1), on Fisher's scale z = artanh.
pub(crate) fn on_fisher_z(value: f64, standard_error: f64) -> (f64, f64) {
    let margin = Z * standard_error / (1.0 - value * value);
    let z = value.atanh();
    ((z - margin).tanh(), (z + margin).tanh())
}

/// Standard error of a function of shares, from the gradient: `(rows, derivative)` of each
/// cell of a multinomial sample.
pub(crate) fn delta_standard_error(cells: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (mut rows, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for (count, derivative) in cells {
        rows += count;
        sum += count * derivative;
        squares += count * derivative * derivative;
    }
    let mean = sum / rows;
    ((squares / rows - mean * mean).max(0.0) / rows).sqrt()
}

/// Low and high end for the sum of independent estimates, each with its interval and
/// weight: MOVER, the method of variance estimates recovery (Donner and Zou, 2012).
pub(crate) fn weighted_sum(parts: &[(f64, (f64, f64), f64)]) -> (f64, f64) {
    let (mut sum, mut below, mut above) = (0.0, 0.0, 0.0);
    for &(value, (low, high), weight) in parts {
        sum += weight * value;
        let (down, up) = if weight < 0.0 {
            (high - value, value - low)
        } else {
            (value - low, high - value)
        };
        below += (weight * down).powi(2);
        above += (weight * up).powi(2);
    }
    (sum - below.sqrt(), sum + above.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(found: (f64, f64), expected: (f64, f64), tolerance: f64) {
        assert!(
            (found.0 - expected.0).abs() <= tolerance && (found.1 - expected.1).abs() <= tolerance,
            "{found:?} is not {expected:?}"
        );
    }

    #[test]
    fn wilson_intervals_are_those_of_newcombe_1998() {
        // Table I of Newcombe (1998), method 3, printed with four decimals.
        check(wilson(81.0, 263.0), (0.2553, 0.3662), 5e-5);
        check(wilson(15.0, 148.0), (0.0624, 0.1605), 5e-5);
        check(wilson(0.0, 20.0), (0.0, 0.1611), 5e-5);
        check(wilson(1.0, 29.0), (0.0061, 0.1718), 5e-5);
    }

    #[test]
    fn an_interval_holds_its_value_at_both_ends() {
        check(wilson(7.0, 7.0), (0.645_67, 1.0), 1e-5);
        check(wilson(0.0, 0.0), (0.0, 1.0), 0.0);
    }

    #[test]
    fn the_difference_of_two_shares_is_newcombes() {
        // Newcombe (1998b), method 10: 56/70 − 48/80 is 0.2, from 0.0524 to 0.3339.
        let (a, b) = (wilson(56.0, 70.0), wilson(48.0, 80.0));
        check(
            weighted_sum(&[(0.8, a, 1.0), (0.6, b, -1.0)]),
            (0.0524, 0.3339),
            5e-5,
        );
    }

    #[test]
    fn the_delta_method_gives_a_share_its_binomial_error() {
        // 30 of 100: √(0.3·0.7/100).
        let found = delta_standard_error([(30.0, 1.0), (70.0, 0.0)].into_iter());
        assert!((found - 0.045_825_756_949_558_4).abs() < 1e-16, "{found}");
    }
}
