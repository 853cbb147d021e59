//! The metrics that Clarify lacks, against fairlearn and AIF360.

use probity_metrics::bias::{
    BiasCounts, ExtendedMetric, OutcomeCounts, extended_interval, extended_metric,
};

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
