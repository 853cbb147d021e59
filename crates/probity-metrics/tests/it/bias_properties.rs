//! What must hold of the bias metrics whatever the data: a slow implementation over rows finds
//! the same, and exchanging groups, exchanging outcomes and repeating all rows change them as
//! their definitions say.

use probity_metrics::bias::{
    BiasCounts, BiasFailure, BiasMetric, Group, OutcomeCounts, Positive, Stratum, bias_metric,
};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

/// Sums of at most a few hundred terms below 10, each rounded at 2⁻⁵² of it, in two orders.
const TOLERANCE: f64 = 1e-11;

#[derive(Clone, Copy, Debug)]
struct Row {
    in_d: bool,
    label: bool,
    predicted: bool,
    stratum: Option<u8>,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    // Rates near 0 and 1 make empty cells, where the conventions are.
    let rates = [0.0..1.0f64, 0.0..1.0, 0.0..1.0];
    (
        rates,
        prop::collection::vec(
            (
                [0.0..1.0f64, 0.0..1.0, 0.0..1.0],
                prop::option::weighted(0.9, 0..3u8),
            ),
            1..60,
        ),
    )
        .prop_map(|(rates, cells)| {
            let row = |(draws, stratum): &([f64; 3], Option<u8>)| Row {
                in_d: draws[0] < rates[0],
                label: draws[1] < rates[1],
                predicted: draws[2] < rates[2],
                stratum: *stratum,
            };
            cells.iter().map(row).collect()
        })
}

fn counts(rows: &[Row]) -> BiasCounts {
    let mut counts = BiasCounts {
        total: OutcomeCounts::default(),
        strata: Some(Vec::new()),
    };
    for row in rows {
        let group = if row.in_d {
            Group::Disadvantaged
        } else {
            Group::Advantaged
        };
        let positive = Positive {
            label: row.label,
            predicted: row.predicted,
        };
        counts.total.add(group, positive, 1);
        let strata = counts.strata.as_mut().unwrap();
        if let Some(value) = row.stratum.map(|stratum| stratum.to_string()) {
            if !strata.iter().any(|stratum| stratum.value == value) {
                strata.push(Stratum {
                    value: value.clone(),
                    counts: OutcomeCounts::default(),
                });
            }
            let stratum = strata.iter_mut().find(|stratum| stratum.value == value);
            stratum.unwrap().counts.add(group, positive, 1);
        }
    }
    counts
}

fn n(of: &[Row], is: &dyn Fn(&Row) -> bool) -> f64 {
    of.iter().filter(|row| is(row)).count() as f64
}

fn ratio(part: f64, whole: f64) -> f64 {
    if part == 0.0 && whole == 0.0 {
        0.0
    } else {
        part / whole
    }
}

/// Share of rows that are this, among those that are that.
fn rate(of: &[Row], this: &dyn Fn(&Row) -> bool, that: &dyn Fn(&Row) -> bool) -> f64 {
    ratio(n(of, &|row| this(row) && that(row)), n(of, that))
}

fn difference(left: f64, right: f64) -> f64 {
    if left.is_infinite() && right.is_infinite() {
        0.0
    } else {
        left - right
    }
}

fn label(row: &Row) -> bool {
    row.label
}

fn predicted(row: &Row) -> bool {
    row.predicted
}

fn any(_: &Row) -> bool {
    true
}

fn select(rows: &[Row], is: &dyn Fn(&Row) -> bool) -> Vec<Row> {
    rows.iter().copied().filter(|row| is(row)).collect()
}

/// A metric over rows, as its page in the developer guide has it; `None` where a group is
/// empty or no outcome is common.
fn by_rows(metric: BiasMetric, rows: &[Row]) -> Option<f64> {
    let (a, d) = (
        select(rows, &|row| !row.in_d),
        select(rows, &|row| row.in_d),
    );
    let both = |value: Option<f64>| value.filter(|_| !a.is_empty() && !d.is_empty());
    match metric {
        BiasMetric::Cddl => conditional(rows, &label),
        BiasMetric::Cddpl => conditional(rows, &predicted),
        BiasMetric::Ge => entropy(rows),
        BiasMetric::Kl | BiasMetric::Js | BiasMetric::Lp | BiasMetric::Tvd | BiasMetric::Ks => {
            both(distance(metric, &a, &d))
        }
        _ => both(Some(group_difference(metric, &a, &d))),
    }
}

fn conditional(rows: &[Row], accepted: &dyn Fn(&Row) -> bool) -> Option<f64> {
    let all = n(rows, accepted);
    if all == 0.0 || all == rows.len() as f64 {
        return None;
    }
    let (mut sum, mut n_rows) = (0.0, 0.0);
    for stratum in 0..3 {
        let within = select(rows, &|row| row.stratum == Some(stratum));
        let share = |is: bool| rate(&within, &|row| row.in_d, &|row| accepted(row) == is);
        sum += within.len() as f64 * (share(false) - share(true));
        n_rows += within.len() as f64;
    }
    Some(ratio(sum, n_rows))
}

fn entropy(rows: &[Row]) -> Option<f64> {
    let number = |is: bool| f64::from(u8::from(is));
    let benefit = |row: &Row| number(row.predicted) - number(row.label) + 1.0;
    let mean = rows.iter().map(benefit).sum::<f64>() / rows.len() as f64;
    let terms = rows.iter().map(|row| (benefit(row) / mean).powi(2) - 1.0);
    let value = terms.sum::<f64>() / (2.0 * rows.len() as f64);
    (mean > 0.0).then_some(value)
}

fn distance(metric: BiasMetric, a: &[Row], d: &[Row]) -> Option<f64> {
    let shares: Vec<(f64, f64)> = [false, true]
        .iter()
        .map(|is| {
            let share = |of: &[Row]| rate(of, &|row| row.label == *is, &any);
            (share(a), share(d))
        })
        .filter(|(a, d)| *a > 0.0 && *d > 0.0)
        .collect();
    let gaps = shares.iter().map(|(a, d)| (a - d).abs());
    let term = |p: f64, q: f64| p * (2.0 * p / (p + q)).ln();
    let value = match metric {
        BiasMetric::Kl => shares.iter().map(|(a, d)| a * (a.ln() - d.ln())).sum(),
        BiasMetric::Js => shares
            .iter()
            .map(|(a, d)| (term(*a, *d) + term(*d, *a)) / 2.0)
            .sum(),
        BiasMetric::Lp => gaps.map(|gap| gap * gap).sum::<f64>().sqrt(),
        BiasMetric::Tvd => gaps.sum::<f64>() / 2.0,
        _ => gaps.fold(0.0, f64::max),
    };
    (!shares.is_empty()).then_some(value)
}

fn group_difference(metric: BiasMetric, a: &[Row], d: &[Row]) -> f64 {
    let not_label = |row: &Row| !row.label;
    let not_predicted = |row: &Row| !row.predicted;
    match metric {
        BiasMetric::Ci => (a.len() as f64 - d.len() as f64) / (a.len() + d.len()) as f64,
        BiasMetric::Dpl => rate(a, &label, &any) - rate(d, &label, &any),
        BiasMetric::Ad => {
            let right = |row: &Row| row.label == row.predicted;
            rate(a, &right, &any) - rate(d, &right, &any)
        }
        BiasMetric::Dar => rate(a, &label, &predicted) - rate(d, &label, &predicted),
        BiasMetric::Drr => {
            rate(d, &not_label, &not_predicted) - rate(a, &not_label, &not_predicted)
        }
        BiasMetric::Dca => {
            let of = |of: &[Row]| ratio(n(of, &label), n(of, &predicted));
            difference(of(a), of(d))
        }
        BiasMetric::Dcr => {
            let of = |of: &[Row]| ratio(n(of, &not_label), n(of, &not_predicted));
            difference(of(d), of(a))
        }
        BiasMetric::Di => ratio(rate(d, &predicted, &any), rate(a, &predicted, &any)),
        BiasMetric::Dppl => rate(a, &predicted, &any) - rate(d, &predicted, &any),
        BiasMetric::Rd => rate(a, &predicted, &label) - rate(d, &predicted, &label),
        BiasMetric::Sd => rate(d, &not_predicted, &not_label) - rate(a, &not_predicted, &not_label),
        BiasMetric::Te => {
            let missed = |row: &Row| row.label && !row.predicted;
            let false_alarm = |row: &Row| !row.label && row.predicted;
            let of = |of: &[Row]| ratio(n(of, &missed), n(of, &false_alarm));
            difference(of(d), of(a))
        }
        other => panic!("{other:?} is no difference of two groups"),
    }
}

fn of_counts() -> impl Iterator<Item = BiasMetric> {
    let all = BiasMetric::PRE_TRAINING
        .into_iter()
        .chain(BiasMetric::POST_TRAINING);
    all.filter(|metric| *metric != BiasMetric::Ft)
}

fn check_close(
    metric: BiasMetric,
    found: Result<f64, BiasFailure>,
    expected: Option<f64>,
) -> Result<(), TestCaseError> {
    match (found, expected) {
        (Err(_), None) => {}
        (Ok(found), Some(expected)) => {
            let is_close = found == expected || (found - expected).abs() < TOLERANCE;
            prop_assert!(is_close, "{metric:?}: {found}, expected {expected}");
        }
        (found, expected) => prop_assert!(false, "{metric:?}: {found:?}, expected {expected:?}"),
    }
    Ok(())
}

fn changed(rows: &[Row], change: impl Fn(&mut Row)) -> BiasCounts {
    let mut rows = rows.to_vec();
    rows.iter_mut().for_each(change);
    counts(&rows)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_slow_implementation_over_rows_agrees(rows in rows()) {
        let counts = counts(&rows);
        for metric in of_counts() {
            check_close(metric, bias_metric(metric, &counts), by_rows(metric, &rows))?;
        }
    }

    #[test]
    fn values_stay_in_their_range(rows in rows()) {
        let counts = counts(&rows);
        for metric in of_counts() {
            let Ok(value) = bias_metric(metric, &counts) else {
                continue;
            };
            let range = match metric {
                BiasMetric::Kl | BiasMetric::Dca | BiasMetric::Dcr | BiasMetric::Te => f64::NEG_INFINITY..=f64::INFINITY,
                BiasMetric::Di => 0.0..=f64::INFINITY,
                // Rounding may leave a little less than nothing.
                BiasMetric::Ge => -1e-12..=f64::INFINITY,
                // Dropping outcomes makes JS less than a divergence.
                BiasMetric::Js => -1.0..=std::f64::consts::LN_2,
                BiasMetric::Lp => 0.0..=std::f64::consts::SQRT_2,
                BiasMetric::Tvd | BiasMetric::Ks => 0.0..=1.0,
                _ => -1.0..=1.0,
            };
            prop_assert!(range.contains(&value), "{metric:?}: {value}");
        }
    }

    /// What is advantage of one group is disadvantage of the other.
    #[test]
    fn exchanging_the_groups_turns_the_sign(rows in rows()) {
        let original = counts(&rows);
        let exchanged = changed(&rows, |row| row.in_d = !row.in_d);
        for metric in of_counts() {
            let (before, after) = (bias_metric(metric, &original), bias_metric(metric, &exchanged));
            let expected = before.ok().map(|value| match metric {
                BiasMetric::Di if value == 0.0 && original.total.of(Group::Advantaged).positive_predictions() == 0 => 0.0,
                BiasMetric::Di => 1.0 / value,
                BiasMetric::Js | BiasMetric::Lp | BiasMetric::Tvd | BiasMetric::Ks | BiasMetric::Ge => value,
                _ => -value,
            });
            // A share of nothing is 0 for both groups in CDDL and CDDPL, and KL has a direction.
            if !matches!(metric, BiasMetric::Cddl | BiasMetric::Cddpl | BiasMetric::Kl) {
                check_close(metric, after, expected)?;
            }
        }
    }

    #[test]
    fn exchanging_the_outcomes_exchanges_the_metrics_of_acceptance_and_rejection(rows in rows()) {
        let original = counts(&rows);
        let exchanged = changed(&rows, |row| {
            row.label = !row.label;
            row.predicted = !row.predicted;
        });
        let pairs = [
            (BiasMetric::Dpl, BiasMetric::Dpl, -1.0),
            (BiasMetric::Dppl, BiasMetric::Dppl, -1.0),
            (BiasMetric::Cddl, BiasMetric::Cddl, -1.0),
            (BiasMetric::Cddpl, BiasMetric::Cddpl, -1.0),
            (BiasMetric::Rd, BiasMetric::Sd, -1.0),
            (BiasMetric::Dar, BiasMetric::Drr, -1.0),
            (BiasMetric::Dca, BiasMetric::Dcr, -1.0),
            (BiasMetric::Ad, BiasMetric::Ad, 1.0),
            (BiasMetric::Kl, BiasMetric::Kl, 1.0),
            (BiasMetric::Js, BiasMetric::Js, 1.0),
            (BiasMetric::Ks, BiasMetric::Ks, 1.0),
        ];
        for (before, after, sign) in pairs {
            let expected = bias_metric(before, &original).ok().map(|value| sign * value);
            check_close(after, bias_metric(after, &exchanged), expected)?;
        }
    }

    #[test]
    fn repeating_all_rows_changes_no_metric(rows in rows(), times in 2..5usize) {
        let once = counts(&rows);
        let often = counts(&rows.repeat(times));
        for metric in of_counts() {
            check_close(metric, bias_metric(metric, &often), bias_metric(metric, &once).ok())?;
        }
    }
}
