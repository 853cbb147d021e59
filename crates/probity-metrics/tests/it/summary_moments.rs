//! Moments against numpy, and against exact rational arithmetic.

use probity_metrics::summary::Moments;
use serde::Deserialize;

use crate::generator::{golden, values};

#[derive(Deserialize)]
struct Figures {
    sum: f64,
    mean: f64,
    std_dev: f64,
}

#[derive(Deserialize)]
struct GoldenCase {
    kind: String,
    seed: u64,
    n: u32,
    #[serde(flatten)]
    exact: Figures,
    min: f64,
    max: f64,
    numpy: Figures,
}

fn moments(values: &[f64], block: usize) -> Moments {
    let mut moments = Moments::default();
    for block in values.chunks(block) {
        moments.add_block(block);
    }
    moments
}

#[track_caller]
fn check(found: f64, expected: f64, tolerance: f64) {
    assert!(
        (found - expected).abs() <= tolerance,
        "{found} against {expected} ± {tolerance}"
    );
}

#[test]
fn moments_agree_with_exact_arithmetic_and_with_numpy() {
    let cases: Vec<GoldenCase> =
        serde_json::from_value(golden("summary/moments/expected.json")).unwrap();
    assert_eq!(cases.len(), 8);
    for case in cases {
        let data = values(&case.kind, case.seed, case.n);
        for block in [1, 7, 512, 100_000] {
            let found = moments(&data, block).profile().unwrap();
            assert_eq!((found.min, found.max), (case.min, case.max));

            // A compensated sum is the exact one to two units in the last place, plus errors of
            // second order: n² · 2⁻¹⁰⁶ · Σ|x|, far below.
            let unit = f64::EPSILON;
            check(found.sum, case.exact.sum, 2.0 * unit * case.exact.sum.abs());
            check(
                found.mean,
                case.exact.mean,
                3.0 * unit * case.exact.mean.abs(),
            );
            // Chan, Golub, LeVeque (1983): a relative error of n·u²κ² within a block, κ² = 1 +
            // mean²/var, and one rounding per merge. A merge also sees both means rounded, each
            // by u·|mean|; over all merges that moves Σ(x − mean)² by at most 2·u·|mean|·n·σ,
            // which is 2·u·κ of it.
            let n = f64::from(case.n);
            let kappa_squared = 1.0 + (case.exact.mean / case.exact.std_dev.max(1e-9)).powi(2);
            let relative = (n / block as f64 + 600.0) * unit
                + 2.0 * unit * kappa_squared.sqrt()
                + n * unit * unit * kappa_squared;
            let spread = relative * case.exact.std_dev;
            check(found.std_dev, case.exact.std_dev, spread);

            // numpy adds pairwise: log₂(n) + 128/8 roundings of Σ|x|.
            let total: f64 = data.iter().map(|value| value.abs()).sum();
            check(found.sum, case.numpy.sum, 40.0 * unit * total);
            check(found.mean, case.numpy.mean, 40.0 * unit * total / n);
            let numpy_spread = 100.0 * unit * kappa_squared.sqrt() * case.exact.std_dev;
            check(found.std_dev, case.numpy.std_dev, spread + numpy_spread);
        }
    }
}
