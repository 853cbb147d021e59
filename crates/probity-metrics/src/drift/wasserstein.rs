//! Wasserstein-1 (earth mover's) distance: ∫ |F(x) − G(x)| dx, exact on the weighted
//! samples, in the unit of the column (Vallender 1974).

use super::sample::NumericSample;

/// `None` when either sample is empty, or the integral is not finite: infinite values, or
/// values so far apart that their difference overflows.
pub fn wasserstein_1(baseline: &NumericSample, current: &NumericSample) -> Option<f64> {
    let (n, m) = (baseline.n(), current.n());
    if n == 0 || m == 0 {
        return None;
    }
    let (per_n, per_m) = (1.0 / n as f64, 1.0 / m as f64);
    let mut area = 0.0;
    let mut before: Option<(f64, f64)> = None;
    baseline.walk(current, |value, a, b| {
        if let Some((left, gap)) = before {
            area += gap * (value - left);
        }
        before = Some((value, (a as f64 * per_n - b as f64 * per_m).abs()));
    });
    area.is_finite().then_some(area)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(baseline: &[f64], current: &[f64], expected: Option<f64>) {
        let found = wasserstein_1(
            &NumericSample::from_values(baseline),
            &NumericSample::from_values(current),
        );
        assert_eq!(found, expected);
    }

    #[test]
    fn a_shift_costs_its_length() {
        check(&[0.0, 1.0, 2.0], &[5.0, 6.0, 7.0], Some(5.0));
    }

    #[test]
    fn mass_that_stays_costs_nothing() {
        check(&[0.0, 10.0], &[0.0, 14.0], Some(2.0));
    }

    #[test]
    fn sizes_may_differ() {
        check(&[0.0], &[0.0, 4.0], Some(2.0));
    }

    #[test]
    fn an_overflow_is_unknown() {
        check(&[-1e308], &[1e308], None);
        check(&[0.0], &[f64::INFINITY], None);
    }
}
