//! The metrics that Clarify lacks, against fairlearn and AIF360.

use probity_metrics::bias::{
    BiasCounts, ExtendedMetric, OutcomeCounts, extended_interval, extended_metric,
};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::{IntoParallelIterator, ParallelIterator};

use crate::bias_intervals::Population;
use crate::generator::golden;

/// Sums of fewer than ten terms of size 1, in another order.
const TOLERANCE: f64 = 1e-13;

fn counts(case: &serde_json::Value) -> BiasCounts {
    let cells: Vec<u64> = serde_json::from_value(case["cells"].clone()).unwrap();
    BiasCounts {
        total: OutcomeCounts::new(cells.try_into().unwrap()),
        strata: None,
    }
}

#[test]
fn every_metric_agrees_with_fairlearn_and_aif360() {
    let expected = golden("bias-extended/expected.json");
    let mut compared = 0;
    for case in expected["cases"].as_array().unwrap() {
        let counts = counts(case);
        for metric in ExtendedMetric::ALL {
            let theirs = match &case["expected"][metric.name()] {
                serde_json::Value::Null => continue,
                serde_json::Value::String(infinite) => infinite.parse().unwrap(),
                number => number.as_f64().unwrap(),
            };
            let ours = extended_metric(metric, &counts).unwrap();
            assert!(
                ours == theirs || (ours - theirs).abs() < TOLERANCE,
                "{} of {}: {ours} is not {theirs}",
                metric.name(),
                case["cells"]
            );
            compared += 1;
        }
    }
    // Six tables; neither oracle has differential fairness without smoothing.
    assert_eq!(compared, 6 * (ExtendedMetric::ALL.len() - 1));
}

#[test]
fn every_finite_value_lies_in_its_interval() {
    for case in golden("bias-extended/expected.json")["cases"]
        .as_array()
        .unwrap()
    {
        let counts = counts(case);
        for metric in ExtendedMetric::ALL {
            let value = extended_metric(metric, &counts).unwrap();
            let found = extended_interval(metric, &counts, 0.95);
            match found.interval {
                // The search for the ends stops at ten digits.
                Some(interval) => assert!(
                    interval.low <= value + 1e-9 && value - 1e-9 <= interval.high,
                    "{}: {value} is not in {interval:?}",
                    metric.name()
                ),
                None => assert!(found.note.is_some(), "{}", metric.name()),
            }
        }
    }
}

const SAMPLES: u32 = 300;

/// Equal groups are the hard case: there the metrics that cannot be negative are 0 in truth
/// and above 0 in every sample. 300 samples of each population; four standard errors below
/// 93 %, which score intervals of a few hundred rows reach, are 87 %.
#[test]
fn intervals_cover_the_truth_at_their_level() {
    let equal = Population {
        disadvantaged: 0.4,
        label: [0.5, 0.5],
        recall: [0.75, 0.75],
        fallout: [0.25, 0.25],
        n_strata: 1,
    };
    let unequal = Population {
        label: [0.6, 0.4],
        recall: [0.85, 0.7],
        fallout: [0.3, 0.15],
        ..equal
    };
    for (population, rows) in [(equal, 200), (unequal, 200), (unequal, 2000)] {
        let truth = population.truth();
        let samples: Vec<BiasCounts> = (0..SAMPLES)
            .map(|seed| {
                let mut generator = ChaCha8Rng::seed_from_u64(u64::from(seed) + rows);
                population.sample(rows, &mut generator)
            })
            .collect();
        ExtendedMetric::ALL.into_par_iter().for_each(|metric| {
            let truth = extended_metric(metric, &truth).unwrap();
            let covers = |sample: &&BiasCounts| {
                let interval = extended_interval(metric, sample, 0.95).interval;
                // The search for the ends stops at ten digits.
                interval.is_some_and(|i| i.low <= truth + 1e-9 && truth - 1e-9 <= i.high)
            };
            let coverage = samples.iter().filter(covers).count() as f64 / f64::from(SAMPLES);
            assert!(
                coverage >= 0.93 - 4.0 * (0.93_f64 * 0.07 / f64::from(SAMPLES)).sqrt(),
                "{}: {coverage} of {rows} rows of {population:?}",
                metric.name()
            );
        });
    }
}
