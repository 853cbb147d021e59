//! Gauss–Legendre rules on `[0, 1]`: `∫ p(t) dt = Σ weight · p(t)`, exactly for polynomials of
//! degree below twice the number of points.
//!
//! The points are the roots of a Legendre polynomial, found by Newton's method from the usual
//! cosine (Abramowitz and Stegun, Handbook of Mathematical Functions, 22.16.6 and 25.4.29).

use std::f64::consts::PI;

/// Points of one rule that a kernel takes at a time.
pub(super) const POINTS_AT_ONCE: usize = 8;

/// Newton's method doubles its digits in each step; from the cosine, four steps are enough.
const STEPS: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) at: f64,
    pub(super) weight: f64,
}

/// The rule for the integrand of a leaf whose way asks for `n_features` features: a
/// polynomial of degree `n_features − 1`.
///
/// Far fewer than half as many points are enough when there are many features. The integrand
/// is a mixture of `t^a (1 − t)^c` with `a + c` at most the degree; with `t = cos²(φ/2)` each
/// of these is a bump in `φ` that is no narrower than a Gaussian of variance `1 / degree`, so
/// that its Fourier coefficient of order `n` is at most about `exp(−n² / (2 · degree))` of
/// the first. It is below 1e-17 from `n² = 78 · degree` on, and a rule is exact up to twice
/// its number of points: `√(20 · degree)` points.
pub(super) fn rule(n_features: usize) -> Vec<Point> {
    let mut enough = 1;
    while enough * enough < 20 * n_features {
        enough += 1;
    }
    gauss_legendre(n_features.div_ceil(2).clamp(1, enough))
}

fn gauss_legendre(n_points: usize) -> Vec<Point> {
    (0..n_points)
        .map(|idx| {
            let count = n_points as f64;
            let mut x = (PI * (idx as f64 + 0.75) / (count + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..STEPS {
                let (value, derivative) = legendre(n_points, x);
                slope = derivative;
                let step = value / derivative;
                x -= step;
                if step.abs() < 1e-16 {
                    break;
                }
            }
            Point {
                at: (1.0 + x) / 2.0,
                weight: 1.0 / ((1.0 - x * x) * slope * slope),
            }
        })
        .collect()
}

/// The Legendre polynomial of a degree of at least 1, and its derivative.
fn legendre(degree: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for k in 2..=degree {
        let k = k as f64;
        let next = ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k;
        before = value;
        value = next;
    }
    let derivative = degree as f64 * (x * value - before) / (x * x - 1.0);
    (value, derivative)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `∫ t^a (1 − t)^c dt = a! c! / (a + c + 1)!`.
    fn check(a: i32, c: i32) {
        let n_features = usize::try_from(a + c + 1).expect("positive");
        let integral: f64 = rule(n_features)
            .iter()
            .map(|point| point.weight * point.at.powi(a) * (1.0 - point.at).powi(c))
            .sum();
        let (few, many) = (a.min(c), f64::from(a + c + 1));
        let exact = (1..=few).fold(1.0 / many, |product, k| {
            product * f64::from(k) / (many - f64::from(few) + f64::from(k - 1))
        });
        // Roundings of up to a thousand factors; the largest value of the integrand counts,
        // as other features' terms are of its size.
        let peak = match a + c {
            0 => 1.0,
            degree => {
                let top = f64::from(a) / f64::from(degree);
                top.powi(a) * (1.0 - top).powi(c)
            }
        };
        let error = (integral - exact).abs();
        assert!(
            error <= 1e-13 * exact + 1e-15 * peak,
            "{a} {c}: {integral} {exact}"
        );
    }

    #[test]
    fn rules_are_exact_for_their_degree() {
        for degree in [0, 1, 2, 5, 11, 12, 30, 79, 100, 400, 5000] {
            for a in [0, 1, degree / 3, degree / 2, degree] {
                check(a.min(degree), degree - a.min(degree));
            }
        }
    }
}
