//! The worked tables of `docs/concepts/`: every row is computed anew and must stand in its page,
//! letter for letter. Where a page is to change, the failing test says what has to stand there.

use probity_domain::document::constraints::{CategoricalDriftMethod, ComparisonMethod};
use probity_metrics::bias::{
    BIAS_INTERVAL_LEVEL, BiasCounts, BiasMetric, Confusion, Group, OutcomeCounts, Positive, Share,
    Stratum, bias_interval, bias_metric,
};
use probity_metrics::drift::{
    Bin, CategoricalSample, NumericSample, adjust_benjamini_hochberg, category_bins,
    compare_categorical, compare_numeric, increase_p_value,
};
use probity_metrics::explain::attribution_drift::ndcg;
use probity_metrics::explain::{Background, TreeExplainer};
use probity_metrics::model::{
    Branch, Condition, EnsembleTree, Feature, FeatureKind, FeatureMatrix, Link, Node, Precision,
    Split, Target, Tree, TreeEnsemble,
};

const DRIFT: &str = include_str!("../../../../docs/concepts/drift.md");
const BIAS: &str = include_str!("../../../../docs/concepts/bias.md");
const EXPLANATIONS: &str = include_str!("../../../../docs/concepts/explanations.md");

#[track_caller]
fn stands_in(page: &str, lines: &[String]) {
    let missing: Vec<&String> = lines
        .iter()
        .filter(|line| !page.lines().any(|known| known == line.as_str()))
        .collect();
    assert!(missing.is_empty(), "not in the page:\n{missing:#?}");
}

/// With a true minus sign.
fn number(value: f64) -> String {
    format!("{value:.4}").replace('-', "\u{2212}")
}

fn interval(low: f64, high: f64) -> String {
    format!("{} to {}", number(low), number(high))
}

/// Days that customers wait, by 1,000 customers then and 500 now.
const WAITING: [(f64, u64, u64); 5] = [
    (1.0, 100, 10),
    (2.0, 200, 50),
    (3.0, 400, 190),
    (4.0, 200, 150),
    (5.0, 100, 100),
];

fn waiting() -> (NumericSample, NumericSample) {
    let of = |side: fn(&(f64, u64, u64)) -> (f64, u64)| {
        NumericSample::from_counts(&WAITING.iter().map(side).collect::<Vec<_>>())
    };
    (
        of(|(days, then, _)| (*days, *then)),
        of(|(days, _, now)| (*days, *now)),
    )
}

#[test]
fn distribution_functions_of_waiting_days() {
    let (then, now) = waiting();
    let mut lines = Vec::new();
    for (days, rows_then, rows_now) in WAITING {
        let f = then.rank(days) as f64 / then.n() as f64;
        let g = now.rank(days) as f64 / now.n() as f64;
        lines.push(format!(
            "| {days} | {rows_then} | {rows_now} | {f:.2} | {g:.2} | {:.2} |",
            (f - g).abs()
        ));
    }
    stands_in(DRIFT, &lines);
}

#[test]
fn figures_of_waiting_days() {
    let (then, now) = waiting();
    let simple = compare_numeric(&then, &now, ComparisonMethod::Simple).unwrap();
    let robust = compare_numeric(&then, &now, ComparisonMethod::Robust).unwrap();
    let lines = [
        format!(
            "| effect, and SageMaker's `Simple` | {} |",
            number(simple.distance.unwrap())
        ),
        format!(
            "| SageMaker's `Robust` | {} |",
            number(robust.distance.unwrap())
        ),
        format!(
            "| 95 % interval of the effect | {} |",
            interval(simple.interval.low, simple.interval.high)
        ),
        format!("| p-value | {:.1e} |", simple.p_value).replace("e-", " · 10^−"),
        format!(
            "| Wasserstein-1, in days | {} |",
            number(simple.wasserstein_1.unwrap())
        ),
        format!("| PSI | {} |", number(simple.psi.unwrap())),
        format!(
            "| Jensen-Shannon distance | {} |",
            number(simple.jensen_shannon.unwrap())
        ),
    ];
    assert_eq!(simple.effect, simple.distance.unwrap());
    stands_in(DRIFT, &lines);
}

#[test]
fn psi_of_payment_types() {
    let then = CategoricalSample::from_counts([("card", 600), ("cash", 300), ("voucher", 100)]);
    let now = CategoricalSample::from_counts([("app", 60), ("card", 200), ("cash", 240)]);
    let binned = category_bins(&then, &now).unwrap();
    let half = |count: u64, n: u64| (count as f64).max(0.5) / n as f64;
    let mut lines = Vec::new();
    let mut sum = 0.0;
    for bin in &binned.bins {
        let Bin::Category(name) = bin else {
            panic!("no category: {bin:?}")
        };
        let (rows_then, rows_now) = (then.count(name), now.count(name));
        let (p, q) = (half(rows_then, 1_000), half(rows_now, 500));
        let term = (p - q) * (p / q).ln();
        sum += term;
        lines.push(format!(
            "| `{name}` | {rows_then} | {rows_now} | {p} | {q} | {} |",
            number(term)
        ));
    }
    let found = compare_categorical(
        &then,
        &now,
        CategoricalDriftMethod::LInfinity,
        ComparisonMethod::Simple,
    )
    .unwrap();
    assert!(
        (sum - found.psi.unwrap()).abs() < 1e-12,
        "four terms of order 1"
    );
    lines.push(format!("| **PSI** | | | | | **{}** |", number(sum)));
    stands_in(DRIFT, &lines);
    let text = format!(
        "The Jensen-Shannon distance of the same table is {}, its effect {}.",
        number(found.jensen_shannon.unwrap()),
        number(found.effect)
    );
    stands_in(DRIFT, &[text]);
}

#[test]
fn adjusted_p_values() {
    let raw = [0.001, 0.008, 0.039, 0.041, 0.6];
    let adjusted = adjust_benjamini_hochberg(&raw);
    let lines: Vec<String> = raw
        .iter()
        .zip(&adjusted)
        .enumerate()
        .map(|(at, (p, adjusted))| {
            let rank = at + 1;
            let alarm = |is: bool| if is { "alarm" } else { "–" };
            format!(
                "| {rank} | {p} | {p} · 5/{rank} = {} | {} | {} | {} |",
                number(p * 5.0 / rank as f64),
                number(*adjusted),
                alarm(*p <= 0.05),
                alarm(*adjusted <= 0.05)
            )
        })
        .collect();
    stands_in(DRIFT, &lines);
}

#[test]
fn missing_values_that_chance_explains_or_not() {
    let lines: Vec<String> = [(2, 1), (2, 4), (2, 8)]
        .into_iter()
        .map(|(then, now)| {
            let p = increase_p_value(then, 1_000, now, 500).unwrap();
            format!("| {then} of 1,000 | {now} of 500 | {} |", number(p))
        })
        .collect();
    stands_in(DRIFT, &lines);
}

/// The loans of `docs/concepts/bias.md`: confusion matrices of men and women.
fn loans() -> BiasCounts {
    let men = Confusion {
        true_positives: 300,
        false_negatives: 60,
        false_positives: 90,
        true_negatives: 150,
    };
    let women = Confusion {
        true_positives: 120,
        false_negatives: 80,
        false_positives: 40,
        true_negatives: 160,
    };
    // Of each cell, so many rows are of those who live in the city.
    let in_city = |rows: u64, group: Group| match group {
        Group::Advantaged => rows / 3,
        Group::Disadvantaged => rows / 2,
    };
    let mut counts = BiasCounts::default();
    let (mut city, mut country) = (OutcomeCounts::default(), OutcomeCounts::default());
    for (group, confusion) in [(Group::Advantaged, men), (Group::Disadvantaged, women)] {
        for (label, predicted, rows) in [
            (true, true, confusion.true_positives),
            (true, false, confusion.false_negatives),
            (false, true, confusion.false_positives),
            (false, false, confusion.true_negatives),
        ] {
            let positive = Positive { label, predicted };
            let there = in_city(rows, group);
            counts.total.add(group, positive, rows);
            city.add(group, positive, there);
            country.add(group, positive, rows - there);
        }
    }
    let stratum = |value: &str, counts| Stratum {
        value: value.to_owned(),
        counts,
    };
    counts.strata = Some(vec![stratum("city", city), stratum("country", country)]);
    counts
}

#[test]
fn bias_of_loans() {
    let counts = loans();
    let mut lines = Vec::new();
    for metric in BiasMetric::PRE_TRAINING
        .into_iter()
        .chain(BiasMetric::POST_TRAINING)
    {
        // Looks at rows, not at counts.
        if metric == BiasMetric::Ft {
            continue;
        }
        let value = bias_metric(metric, &counts).unwrap();
        let found = bias_interval(metric, Some(value), &counts, BIAS_INTERVAL_LEVEL);
        let interval = found.interval.unwrap();
        lines.push(format!(
            "| {} | {} | {} | {} |",
            metric.name(),
            formula(metric),
            number(value),
            self::interval(interval.low, interval.high)
        ));
    }
    stands_in(BIAS, &lines);
}

/// With the numbers of the example.
fn formula(metric: BiasMetric) -> &'static str {
    match metric {
        BiasMetric::Ci => "(600 − 400)/1,000",
        BiasMetric::Dpl => "360/600 − 200/400",
        BiasMetric::Kl => "0.4 ln(0.4/0.5) + 0.6 ln(0.6/0.5)",
        BiasMetric::Js => "½ [KL(P_a, P) + KL(P_d, P)], P = (0.45, 0.55)",
        BiasMetric::Lp => "√((0.4 − 0.5)² + (0.6 − 0.5)²)",
        BiasMetric::Tvd => "½ (\\|0.4 − 0.5\\| + \\|0.6 − 0.5\\|)",
        BiasMetric::Ks => "max(\\|0.4 − 0.5\\|, \\|0.6 − 0.5\\|)",
        BiasMetric::Cddl => "below",
        BiasMetric::Dppl => "390/600 − 160/400",
        BiasMetric::Di => "(160/400)/(390/600)",
        BiasMetric::Dca => "360/390 − 200/160",
        BiasMetric::Dcr => "200/240 − 240/210",
        BiasMetric::Ad => "450/600 − 280/400",
        BiasMetric::Rd => "300/360 − 120/200",
        BiasMetric::Sd => "160/200 − 150/240",
        BiasMetric::Dar => "300/390 − 120/160",
        BiasMetric::Drr => "160/240 − 150/210",
        BiasMetric::Te => "80/40 − 60/90",
        BiasMetric::Cddpl => "as CDDL, of predictions",
        BiasMetric::Ge => "below",
        BiasMetric::Ft => "of rows, not of counts",
    }
}

#[test]
fn disparity_by_place() {
    let counts = loans();
    let mut lines = Vec::new();
    let mut weighted = 0.0;
    for stratum in counts.strata.as_ref().unwrap() {
        let (a, d) = (
            stratum.counts.of(Group::Advantaged),
            stratum.counts.of(Group::Disadvantaged),
        );
        let share = |d: u64, a: u64| d as f64 / (d + a) as f64;
        let refused = share(d.negative_labels(), a.negative_labels());
        let accepted = share(d.positive_labels(), a.positive_labels());
        weighted += stratum.counts.rows() as f64 * (refused - accepted);
        lines.push(format!(
            "| {} | {} | {}/{} = {} | {}/{} = {} | {} |",
            stratum.value,
            stratum.counts.rows(),
            d.negative_labels(),
            a.negative_labels() + d.negative_labels(),
            number(refused),
            d.positive_labels(),
            a.positive_labels() + d.positive_labels(),
            number(accepted),
            number(refused - accepted)
        ));
    }
    let value = bias_metric(BiasMetric::Cddl, &counts).unwrap();
    assert!(
        (weighted / 1_000.0 - value).abs() < 1e-12,
        "two terms below 1"
    );
    stands_in(BIAS, &lines);
}

#[test]
fn generalised_entropy_by_hand() {
    // Benefits: 0 of a false negative, 1 of a right prediction, 2 of a false positive.
    let mean = (730.0 + 2.0 * 130.0) / 1_000.0;
    let term = |benefit: f64| (benefit / mean) * (benefit / mean) - 1.0;
    let by_hand: f64 =
        (140.0 * term(0.0) + 730.0 * term(1.0) + 130.0 * term(2.0)) / (2.0 * 1_000.0);
    let value = bias_metric(BiasMetric::Ge, &loans()).unwrap();
    assert!((by_hand - value).abs() < 1e-12, "three terms below 4");
    let line = format!("The mean benefit is {mean}, and GE = {}.", number(value));
    stands_in(BIAS, &[line]);
}

#[test]
fn a_share_of_few_rows_and_of_many() {
    let lines: Vec<String> = [(4, 10), (40, 100), (400, 1_000), (0, 20)]
        .into_iter()
        .map(|(part, whole)| {
            let share = Share::new(part, whole);
            let (low, high) = share.wilson_interval(0.95).unwrap();
            format!(
                "| {part} of {whole} | {} | {} |",
                number(share.value().unwrap()),
                interval(low, high)
            )
        })
        .collect();
    stands_in(BIAS, &lines);
}

/// 0.2 below an income of 30; above, 0.5 below the age of 25 and 0.9 from there on.
fn approvals() -> TreeEnsemble {
    let split = |feature: u32, threshold: f64, (first, second): (u32, u32)| {
        Node::Split(Split {
            feature,
            condition: Condition::Below(threshold),
            missing: Branch::First,
            zero_is_missing: false,
            first,
            second,
        })
    };
    let nodes = vec![
        split(0, 30.0, (1, 2)),
        Node::Leaf(0),
        split(1, 25.0, (3, 4)),
        Node::Leaf(1),
        Node::Leaf(2),
    ];
    // Of 100 rows of training 40 had an income below 30, and of the others 15 were younger than 25.
    let covers = vec![100.0, 40.0, 60.0, 15.0, 45.0];
    let tree = Tree::new(nodes, covers, vec![0.2, 0.5, 0.9], 1).unwrap();
    let feature = |name: &str| Feature {
        name: name.to_owned(),
        kind: FeatureKind::Numeric,
    };
    let tree = EnsembleTree {
        tree,
        target: Target::One(0),
    };
    TreeEnsemble::new(
        vec![feature("income"), feature("age")],
        vec![tree],
        vec![0.0],
        (Link::Identity, Precision::Double),
    )
    .unwrap()
}

#[test]
fn shapley_values_of_an_approval() {
    let model = approvals();
    let row = FeatureMatrix::new(vec![50.0, 22.0], 2).unwrap();
    let baseline = FeatureMatrix::new(vec![20.0, 40.0], 2).unwrap();
    let mut lines = Vec::new();
    for (name, income, age) in [
        ("nothing", 20.0, 40.0),
        ("income", 50.0, 40.0),
        ("age", 20.0, 22.0),
        ("income, age", 50.0, 22.0),
    ] {
        let asked = FeatureMatrix::new(vec![income, age], 2).unwrap();
        let score = model.raw_scores(&asked)[0];
        lines.push(format!("| {name} | {income} | {age} | {score:.1} |"));
    }
    for (name, background) in [
        ("baseline row", Background::Interventional(&baseline)),
        ("training data", Background::PathDependent),
    ] {
        let explainer = TreeExplainer::new(&model, background).unwrap();
        let values = explainer.shap_values(&row);
        let expected = explainer.expected_values()[0];
        let sum = expected + values[0] + values[1];
        assert!((sum - 0.5).abs() < 1e-12, "efficiency: {sum}");
        lines.push(format!(
            "| {name} | {} | {} | {} | {} |",
            number(expected),
            number(values[0]),
            number(values[1]),
            number(sum)
        ));
    }
    stands_in(EXPLANATIONS, &lines);
}

#[test]
fn rankings_of_features() {
    let baseline = [0.40, 0.30, 0.20, 0.10];
    let lines: Vec<String> = [
        ("as before", [0.40, 0.30, 0.20, 0.10]),
        ("the first two swapped", [0.30, 0.40, 0.20, 0.10]),
        ("the first is third", [0.20, 0.40, 0.30, 0.10]),
        ("all reversed", [0.10, 0.20, 0.30, 0.40]),
    ]
    .into_iter()
    .map(|(name, current)| {
        let score = ndcg(&baseline, &current).unwrap();
        let verdict = if score < 0.9 { "violates" } else { "–" };
        format!("| {name} | {} | {verdict} |", number(score))
    })
    .collect();
    stands_in(EXPLANATIONS, &lines);
}
