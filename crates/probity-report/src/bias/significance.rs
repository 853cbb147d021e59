//! Which differences remain when it counts how many were looked at. Of twelve 95 % intervals
//! of even groups, one leaves out its ideal value in about every second page.
//!
//! The documents have intervals and no p-values. Taking the estimate as normal, the interval's
//! half on the side of the ideal value is `z(level)` standard errors (ratios: of the logarithm),
//! which gives an approximate two-sided p; over all of them Benjamini and Hochberg (1995).

use std::f64::consts::TAU;

use probity_domain::document::bias_file::{BiasFile, MetricFacts};

use super::metric_text::{Ideal, has_direction, ideal_of};
use super::words::leaves_out_ideal;

/// Expected share of false alarms among what is said to be beyond sampling error.
const FALSE_DISCOVERY_RATE: f64 = 0.05;

/// What can be said of one metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Beyond sampling error, also among so many.
    Sure,
    /// Its own interval leaves out the ideal value, but one of so many may by chance.
    MayBeChance,
    /// The flip test: its interval holds the neighbours fixed and takes ties as they come, so
    /// that it is too narrow by an unknown amount.
    NeighboursFixed,
    /// Within its interval, or without one, or without a direction.
    Within,
}

/// The correction for all metrics of a page, or of a table of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Correction {
    pub(crate) n_metrics: usize,
    /// Metrics whose own interval leaves out the ideal value.
    pub(crate) n_leaving_out: usize,
    /// Metrics that remain after the correction.
    pub(crate) n_sure: usize,
    /// The largest p-value that remains; nothing does without it.
    largest_p: Option<f64>,
}

impl Correction {
    /// Over the metrics of all facets.
    pub(crate) fn of(file: &BiasFile) -> Self {
        let facets = file.facets.iter();
        Self::over(facets.flat_map(|facet| facet.metrics.iter().chain(&facet.extended)))
    }

    pub(crate) fn over<'a>(metrics: impl Iterator<Item = &'a MetricFacts>) -> Self {
        let judged: Vec<&MetricFacts> = metrics.filter(|metric| is_judged(metric)).collect();
        Self::of_judged(&judged)
    }

    /// Over the differences of subgroups, which all have a direction, whatever they are called.
    pub(crate) fn over_differences<'a>(metrics: impl Iterator<Item = &'a MetricFacts>) -> Self {
        let judged: Vec<&MetricFacts> = metrics.filter(|m| m.interval.is_some()).collect();
        Self::of_judged(&judged)
    }

    fn of_judged(judged: &[&MetricFacts]) -> Self {
        let mut p_values: Vec<f64> = judged.iter().filter_map(|metric| p_value(metric)).collect();
        p_values.sort_by(f64::total_cmp);
        let leaving_out = judged.iter().filter(|metric| leaves_out_ideal(metric));
        let (n_sure, largest_p) = largest_rejected(&p_values);
        Self {
            n_metrics: judged.len(),
            n_leaving_out: leaving_out.count(),
            n_sure,
            largest_p,
        }
    }

    pub(crate) fn standing(&self, metric: &MetricFacts) -> Standing {
        if !has_direction(&metric.name) {
            return Standing::Within;
        }
        self.standing_of_difference(metric)
    }

    pub(crate) fn standing_of_difference(&self, metric: &MetricFacts) -> Standing {
        if !leaves_out_ideal(metric) {
            return Standing::Within;
        }
        match metric.name.as_str() {
            "FT" => Standing::NeighboursFixed,
            // The sizes of groups are one fact, and none of outcomes: not among the others.
            "CI" => Standing::Sure,
            _ if self.remains(metric) => Standing::Sure,
            _ => Standing::MayBeChance,
        }
    }

    /// A difference of outcomes or errors beyond sampling error.
    pub(crate) fn is_sure_difference(&self, metric: &MetricFacts) -> bool {
        metric.name != "CI" && self.standing(metric) == Standing::Sure
    }

    fn remains(&self, metric: &MetricFacts) -> bool {
        let limit = self.largest_p;
        p_value(metric)
            .zip(limit)
            .is_some_and(|(p, limit)| p <= limit)
    }
}

/// Whether a metric is one of those that a page looks at for differences.
fn is_judged(metric: &MetricFacts) -> bool {
    !matches!(metric.name.as_str(), "CI" | "FT")
        && has_direction(&metric.name)
        && metric.interval.is_some()
}

/// How many of the sorted p-values Benjamini-Hochberg rejects, and the largest of them.
#[expect(
    clippy::cast_precision_loss,
    reason = "a page has far fewer than 2^53 metrics"
)]
fn largest_rejected(sorted: &[f64]) -> (usize, Option<f64>) {
    let n = sorted.len() as f64;
    let last = sorted
        .iter()
        .enumerate()
        .rev()
        .find(|(at, p)| **p <= (at + 1) as f64 / n * FALSE_DISCOVERY_RATE);
    match last {
        Some((at, p)) => (at + 1, Some(*p)),
        None => (0, None),
    }
}

/// Approximate and two-sided; `None` without an interval. Where an interval says nothing of a
/// standard error (no width, an infinite end, the value outside), only what its level does say.
fn p_value(metric: &MetricFacts) -> Option<f64> {
    let interval = metric.interval.as_ref()?;
    let said_by_level = if leaves_out_ideal(metric) {
        1.0 - interval.level
    } else {
        1.0
    };
    let ideal = ideal_of(&metric.name);
    let on_scale = |value: f64| match ideal {
        Ideal::One => value.ln(),
        Ideal::Zero | Ideal::Whole => value - ideal.value(),
    };
    let distance = on_scale(metric.value?);
    let nearest = if distance > 0.0 {
        interval.low
    } else {
        interval.high
    };
    let half = (distance - on_scale(nearest)).abs();
    let is_inside = metric
        .value
        .is_some_and(|value| (interval.low..=interval.high).contains(&value));
    if !(is_inside && half > 0.0 && half.is_finite() && distance.is_finite()) {
        return Some(said_by_level);
    }
    let z = distance.abs() / half * quantile_of_level(interval.level)?;
    Some(2.0 * upper_tail(z))
}

/// The z with `level` of a normal distribution between −z and z.
fn quantile_of_level(level: f64) -> Option<f64> {
    if !(level > 0.0 && level < 1.0) {
        return None;
    }
    let tail = (1.0 - level) / 2.0;
    let (mut low, mut high) = (0.0, 40.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if upper_tail(middle) > tail {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(low)
}

/// P(Z > z) for z ≥ 0. Abramowitz and Stegun (1964): below 2 the series 26.2.11, above it the
/// continued fraction 26.2.14; both beyond ten digits with so many terms.
fn upper_tail(z: f64) -> f64 {
    let density = (-z * z / 2.0).exp() / TAU.sqrt();
    if z < 2.0 {
        let (mut term, mut sum) = (z, z);
        for odd in (3..80).step_by(2) {
            term *= z * z / f64::from(odd);
            sum += term;
        }
        return 0.5 - density * sum;
    }
    let fraction = (1..=80).rev().fold(z, |rest, n| z + f64::from(n) / rest);
    density / fraction
}

#[cfg(test)]
mod tests {
    use probity_domain::document::bias_file::MetricFacts;
    use probity_domain::document::probity_file::Interval;

    use super::{Correction, Standing, largest_rejected, p_value, quantile_of_level, upper_tail};

    fn metric(name: &str, value: f64, (low, high): (f64, f64)) -> MetricFacts {
        MetricFacts {
            name: name.to_owned(),
            stage: "post_training".to_owned(),
            description: String::new(),
            value: Some(value),
            interval: Some(Interval {
                low,
                high,
                level: 0.95,
                method: "bootstrap".to_owned(),
            }),
            n_advantaged: 100,
            n_disadvantaged: 100,
            reading: String::new(),
            error: None,
            note: None,
        }
    }

    #[track_caller]
    fn check_p(metric: &MetricFacts, expected: f64) {
        let p = p_value(metric).unwrap();
        // The expected values are given with four digits.
        assert!((p / expected - 1.0).abs() < 1e-3, "{p} for {expected}");
    }

    #[test]
    fn tails_agree_with_the_tables_of_the_normal_distribution() {
        // Abramowitz and Stegun, table 26.1.
        for (z, tail) in [
            (0.0, 0.5),
            (1.0, 0.158_655_253_9),
            (1.999_999, 0.022_750_185_9),
            (2.0, 0.022_750_131_9),
            (5.0, 2.866_515_719e-7),
        ] {
            let found = upper_tail(z);
            assert!((found / tail - 1.0).abs() < 1e-8, "{z}: {found}");
        }
        assert!((quantile_of_level(0.95).unwrap() - 1.959_963_985).abs() < 1e-9);
    }

    #[test]
    fn the_half_on_the_side_of_the_ideal_value_gives_the_p_value() {
        // An interval that ends at the ideal value: p is what its level leaves.
        check_p(&metric("DPL", 0.1, (0.0, 0.5)), 0.05);
        check_p(&metric("DPL", -0.1, (-0.9, 0.0)), 0.05);
        // Three standard errors.
        check_p(&metric("DPL", 0.3, (0.3 - 0.195_996, 0.4)), 0.002_700);
        // ln 0.5 is as far from 0 as ln 2.
        check_p(&metric("DI", 0.5, (0.25, 1.0)), 0.05);
        check_p(&metric("DI", 2.0, (1.0, 9.0)), 0.05);
    }

    #[test]
    fn an_interval_without_a_standard_error_says_no_more_than_its_level() {
        check_p(&metric("DPL", 0.1, (0.1, 0.1)), 0.05);
        check_p(&metric("TE", 3.0, (f64::NEG_INFINITY, 9.0)), 1.0);
        check_p(&metric("DI", 0.0, (0.0, 0.4)), 0.05);
    }

    #[test]
    fn benjamini_and_hochberg_keep_the_four_of_their_own_example() {
        // Benjamini and Hochberg (1995), section 3.2.
        let p_values = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
            0.5719, 0.6528, 0.7590, 1.0,
        ];
        assert_eq!(largest_rejected(&p_values), (4, Some(0.0095)));
        assert_eq!(largest_rejected(&[0.2, 0.6]), (0, None));
        assert_eq!(largest_rejected(&[]), (0, None));
    }

    #[test]
    fn one_of_twelve_just_beyond_its_interval_may_be_chance() {
        let mut metrics = vec![metric("DPL", 0.1, (-0.1, 0.3)); 11];
        metrics.push(metric("RD", 0.1, (0.01, 0.19)));
        let correction = Correction::over(metrics.iter());
        assert_eq!((correction.n_metrics, correction.n_leaving_out), (12, 1));
        assert_eq!(correction.standing(&metrics[11]), Standing::MayBeChance);
        assert_eq!(correction.standing(&metrics[0]), Standing::Within);
        // As one of one it is what its interval says.
        let alone = Correction::over(metrics.iter().skip(11));
        assert_eq!(alone.standing(&metrics[11]), Standing::Sure);
    }

    #[test]
    fn the_flip_test_is_never_sure() {
        let metrics = [metric("FT", 0.2, (0.15, 0.25))];
        let correction = Correction::over(metrics.iter());
        assert_eq!(correction.n_metrics, 0);
        assert_eq!(correction.standing(&metrics[0]), Standing::NeighboursFixed);
    }
}
