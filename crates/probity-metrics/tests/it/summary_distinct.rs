//! The distinct count within its stated error, over many seeds and sizes.

use probity_metrics::summary::{HyperLogLog, RELATIVE_STANDARD_ERROR};

use crate::generator::SplitMix64;

const N_SEEDS: u64 = 400;

/// Relative errors of `N_SEEDS` counts of `n` distinct values.
fn errors(n: u64) -> Vec<f64> {
    let error = |seed: u64| {
        let mut bits = SplitMix64(seed.wrapping_mul(0x1234_5678_9abc_def1));
        let mut sketch = HyperLogLog::default();
        (0..n).for_each(|_| sketch.insert(bits.next()));
        sketch.estimate() / n as f64 - 1.0
    };
    (1..=N_SEEDS).map(error).collect()
}

#[test]
fn the_error_is_the_stated_one_at_every_size() {
    for n in [100, 1_000, 5_000, 10_000, 20_000, 50_000, 200_000] {
        let errors = errors(n);
        let count = errors.len() as f64;
        let mean = errors.iter().sum::<f64>() / count;
        let spread = (errors.iter().map(|error| error * error).sum::<f64>() / count).sqrt();
        // The spread of a spread over 400 seeds is 1/√800 = 3.5 % of it: four of those above
        // the stated error is a failure in one run of 30,000. Seeds are fixed.
        assert!(spread < RELATIVE_STANDARD_ERROR * 1.14, "{n}: {spread}");
        // A bias of a quarter of the standard error is five times the standard error of the mean.
        assert!(mean.abs() < RELATIVE_STANDARD_ERROR * 0.25, "{n}: {mean}");
        if n >= 50_000 {
            assert!(
                spread > RELATIVE_STANDARD_ERROR * 0.86,
                "{n}: {spread} is too good"
            );
        }
    }
}
