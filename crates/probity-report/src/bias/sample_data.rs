//! Bias results made from invented confusion matrices. The intervals are large-sample
//! approximations, good enough to be looked at; real ones come from `probity-metrics`.

use probity_domain::document::analysis::{
    Analysis, BiasStage, FacetMetrics, MetricEntry, MetricValue, StageMetrics,
};
use probity_domain::document::bias_file::{
    BiasFile, FORMAT, FacetFacts, GroupFacts, MetricFacts, OutcomeFacts, VERSION,
};
use probity_domain::document::probity_file::{DatasetFacts, Interval};

use super::words::metric_number;
use crate::number;

/// True positives, false positives, false negatives, true negatives.
pub(crate) type Cells = [u64; 4];

pub(crate) fn group(cells: Cells) -> GroupFacts {
    let [
        true_positives,
        false_positives,
        false_negatives,
        true_negatives,
    ] = cells;
    GroupFacts {
        n: cells.iter().sum(),
        true_positives,
        false_positives,
        false_negatives,
        true_negatives,
    }
}

/// A share with its rows.
#[derive(Clone, Copy)]
struct Share {
    part: u64,
    whole: u64,
}

impl Share {
    fn value(self) -> f64 {
        number::share(self.part, self.whole).unwrap_or(f64::NAN)
    }

    fn variance(self) -> f64 {
        let p = self.value();
        p * (1.0 - p) / self.whole as f64
    }
}

pub(crate) fn interval(low: f64, high: f64, method: &str) -> Interval {
    Interval {
        low,
        high,
        level: 0.95,
        method: method.to_owned(),
    }
}

struct Metric<'a> {
    name: &'a str,
    description: &'a str,
    stage: &'a str,
}

fn of_predictions<'a>(name: &'a str, description: &'a str) -> Metric<'a> {
    Metric {
        name,
        description,
        stage: "post_training",
    }
}

/// The difference of a share, `a − d` or for some metrics `d − a`.
fn difference(metric: &Metric<'_>, (first, second): (Share, Share), group: &str) -> MetricFacts {
    let value = first.value() - second.value();
    let spread = 1.96 * (first.variance() + second.variance()).sqrt();
    let is_computed = value.is_finite();
    let reading = format!(
        "{} of {group} against {} of the other side: {} percentage points apart.",
        number::percent(second.value()),
        number::percent(first.value()),
        number::short((value.abs() * 1000.0).round() / 10.0)
    );
    MetricFacts {
        name: metric.name.to_owned(),
        stage: metric.stage.to_owned(),
        description: metric.description.to_owned(),
        value: is_computed.then_some(value),
        interval: is_computed.then(|| interval(value - spread, value + spread, "Newcombe")),
        n_advantaged: first.whole,
        n_disadvantaged: second.whole,
        reading: if is_computed { reading } else { String::new() },
        error: (!is_computed).then(|| "Facet set is empty.".to_owned()),
        note: None,
    }
}

/// A number with an invented interval of a tenth of itself and a bit.
fn number_of(metric: &Metric<'_>, value: f64, rows: (u64, u64)) -> MetricFacts {
    let spread = value.abs() * 0.1 + 0.02;
    let is_finite = value.is_finite();
    MetricFacts {
        name: metric.name.to_owned(),
        stage: metric.stage.to_owned(),
        description: metric.description.to_owned(),
        value: (!value.is_nan()).then_some(value),
        interval: is_finite.then(|| interval(value - spread, value + spread, "bootstrap, 2,000")),
        n_advantaged: rows.0,
        n_disadvantaged: rows.1,
        reading: format!("The value is {}.", metric_number(value)),
        error: value.is_nan().then(|| "Facet set is empty.".to_owned()),
        note: (!is_finite && !value.is_nan())
            .then(|| "no interval: a group has no row to divide by".to_owned()),
    }
}

/// Both groups of a facet value, by cells.
#[derive(Clone, Copy)]
pub(crate) struct Both {
    pub(crate) d: GroupFacts,
    pub(crate) a: GroupFacts,
}

impl Both {
    fn shares(self, share: fn(&GroupFacts) -> (u64, u64)) -> (Share, Share) {
        let of = |group: &GroupFacts| {
            let (part, whole) = share(group);
            Share { part, whole }
        };
        (of(&self.a), of(&self.d))
    }

    fn rows(self) -> (u64, u64) {
        (self.a.n, self.d.n)
    }
}

fn labels(g: &GroupFacts) -> (u64, u64) {
    (g.true_positives + g.false_negatives, g.n)
}

fn predictions(g: &GroupFacts) -> (u64, u64) {
    (g.true_positives + g.false_positives, g.n)
}

fn accuracy(g: &GroupFacts) -> (u64, u64) {
    (g.true_positives + g.true_negatives, g.n)
}

fn recall(g: &GroupFacts) -> (u64, u64) {
    (g.true_positives, g.true_positives + g.false_negatives)
}

fn precision(g: &GroupFacts) -> (u64, u64) {
    (g.true_positives, g.true_positives + g.false_positives)
}

fn specificity(g: &GroupFacts) -> (u64, u64) {
    (g.true_negatives, g.true_negatives + g.false_positives)
}

fn right_rejections(g: &GroupFacts) -> (u64, u64) {
    (g.true_negatives, g.true_negatives + g.false_negatives)
}

fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

pub(crate) fn pre_training(both: Both, name: &str) -> Vec<MetricFacts> {
    let metric = |name, description| Metric {
        name,
        description,
        stage: "pre_training",
    };
    let (a, d) = both.shares(labels);
    let gap = (a.value() - d.value()).abs();
    let mut grouped = number_of(
        &metric("CDDL", "Conditional Demographic Disparity in Labels (CDDL)"),
        0.6 * gap,
        both.rows(),
    );
    grouped.note = Some("all rows are resampled: the value depends on the shares".to_owned());
    let (n_a, n_d) = both.rows();
    let imbalance = (n_a as f64 - n_d as f64) / (n_a + n_d) as f64;
    vec![
        grouped,
        number_of(
            &metric("CI", "Class Imbalance (CI)"),
            imbalance,
            both.rows(),
        ),
        difference(
            &metric("DPL", "Difference in Positive Proportions in Labels (DPL)"),
            (a, d),
            name,
        ),
        number_of(
            &metric("JS", "Jensen-Shannon Divergence (JS)"),
            gap * gap / 2.0,
            both.rows(),
        ),
        number_of(
            &metric("KL", "Kullback-Liebler Divergence (KL)"),
            gap * gap * 2.0,
            both.rows(),
        ),
        number_of(
            &metric("KS", "Kolmogorov-Smirnov Distance (KS)"),
            gap,
            both.rows(),
        ),
        number_of(
            &metric("LP", "L-p Norm (LP)"),
            gap * 2.0_f64.sqrt(),
            both.rows(),
        ),
        number_of(
            &metric("TVD", "Total Variation Distance (TVD)"),
            gap,
            both.rows(),
        ),
    ]
}

pub(crate) fn post_training(both: Both, name: &str) -> Vec<MetricFacts> {
    let metric = of_predictions;
    let apart = |text: Metric<'_>, share: fn(&GroupFacts) -> (u64, u64)| {
        difference(&text, both.shares(share), name)
    };
    let reversed = |text: Metric<'_>, share: fn(&GroupFacts) -> (u64, u64)| {
        let (a, d) = both.shares(share);
        difference(&text, (d, a), name)
    };
    let (q_a, q_d) = both.shares(predictions);
    let per = |g: &GroupFacts| ratio(labels(g).0, predictions(g).0);
    let per_rejected = |g: &GroupFacts| ratio(g.n - labels(g).0, g.n - predictions(g).0);
    let errors = |g: &GroupFacts| ratio(g.false_negatives, g.false_positives);
    let flipped = both.d.false_negatives as f64 / both.d.n as f64 / 2.0;
    vec![
        apart(metric("AD", "Accuracy Difference (AD)"), accuracy),
        number_of(
            &metric(
                "CDDPL",
                "Conditional Demographic Disparity in Predicted Labels (CDDPL)",
            ),
            0.7 * (q_a.value() - q_d.value()),
            both.rows(),
        ),
        apart(
            metric("DAR", "Difference in Acceptance Rates (DAR)"),
            precision,
        ),
        number_of(
            &metric("DCA", "Difference in Conditional Acceptance (DCA)"),
            per(&both.a) - per(&both.d),
            both.rows(),
        ),
        number_of(
            &metric("DCR", "Difference in Conditional Rejection (DCR)"),
            per_rejected(&both.d) - per_rejected(&both.a),
            both.rows(),
        ),
        number_of(
            &metric("DI", "Disparate Impact (DI)"),
            q_d.value() / q_a.value(),
            both.rows(),
        ),
        apart(
            metric(
                "DPPL",
                "Difference in Positive Proportions in Predicted Labels (DPPL)",
            ),
            predictions,
        ),
        reversed(
            metric("DRR", "Difference in Rejection Rates (DRR)"),
            right_rejections,
        ),
        number_of(&metric("FT", "Flip Test (FT)"), -flipped, both.rows()),
        number_of(
            &metric("GE", "Generalized Entropy (GE)"),
            0.0841,
            both.rows(),
        ),
        apart(metric("RD", "Recall Difference (RD)"), recall),
        reversed(metric("SD", "Specificity Difference (SD)"), specificity),
        number_of(
            &metric("TE", "Treatment Equality (TE)"),
            errors(&both.d) - errors(&both.a),
            both.rows(),
        ),
    ]
}

pub(crate) fn extended(both: Both) -> Vec<MetricFacts> {
    let metric = of_predictions;
    let gap = |share: fn(&GroupFacts) -> (u64, u64)| {
        let (a, d) = both.shares(share);
        d.value() - a.value()
    };
    let (a, d) = both.shares(accuracy);
    vec![
        number_of(
            &metric(
                "equalized_odds_difference",
                "larger of the gaps in true and false positive rate",
            ),
            gap(recall).abs().max(gap(specificity).abs()),
            both.rows(),
        ),
        number_of(
            &metric(
                "equal_opportunity_difference",
                "gap of the true positive rates",
            ),
            gap(recall),
            both.rows(),
        ),
        number_of(
            &metric(
                "average_odds_difference",
                "mean gap of true and false positive rate",
            ),
            (gap(recall) - gap(specificity)) / 2.0,
            both.rows(),
        ),
        number_of(
            &metric("error_rate_ratio", "errors of d relative to a"),
            (1.0 - d.value()) / (1.0 - a.value()),
            both.rows(),
        ),
        number_of(
            &metric("theil_index", "inequality of benefit"),
            0.1255,
            both.rows(),
        ),
        number_of(
            &metric("consistency", "similar rows, same prediction"),
            0.913,
            both.rows(),
        ),
        number_of(
            &metric(
                "someone_elses_metric",
                "a metric that this page does not know",
            ),
            0.2,
            both.rows(),
        ),
    ]
}

/// A facet value with its cells, in group d and in all others.
pub(crate) fn facet((name, value): (&str, &str), d: Cells, a: Cells) -> FacetFacts {
    let both = Both {
        d: group(d),
        a: group(a),
    };
    let words = format!("{name} = {value}");
    let mut metrics = pre_training(both, &words);
    metrics.extend(post_training(both, &words));
    FacetFacts {
        facet: name.to_owned(),
        value_or_threshold: value.to_owned(),
        data_type: if value.starts_with('(') {
            "CONTINUOUS".to_owned()
        } else {
            "CATEGORICAL".to_owned()
        },
        advantaged: both.a,
        disadvantaged: both.d,
        n_missing: 0,
        metrics,
        extended: extended(both),
    }
}

pub(crate) fn outcome(column: &str, (n_positive, n): (u64, u64)) -> OutcomeFacts {
    OutcomeFacts {
        column: column.to_owned(),
        data_type: "CATEGORICAL".to_owned(),
        positive: "yes".to_owned(),
        n,
        n_positive,
        n_missing: 0,
        values: Vec::new(),
    }
}

/// A file over `facets`, the first of which says how many rows there are.
pub(crate) fn file(source: &str, facets: Vec<FacetFacts>) -> BiasFile {
    let sum = |share: fn(&GroupFacts) -> (u64, u64)| {
        facets.first().map_or((0, 0), |facet| {
            let (d, a) = (share(&facet.disadvantaged), share(&facet.advantaged));
            (d.0 + a.0, d.1 + a.1)
        })
    };
    BiasFile {
        format: FORMAT.to_owned(),
        version: VERSION,
        writer: "probity 0.1.0".to_owned(),
        dataset: DatasetFacts {
            sources: vec![source.to_owned()],
            format: "csv".to_owned(),
            rows: sum(labels).1,
            files: 1,
            partitions: 1,
            notes: Vec::new(),
        },
        label: outcome("approved", sum(labels)),
        predicted_label: Some(outcome("predicted", sum(predictions))),
        group_variable: Some("region".to_owned()),
        facets,
        subgroups: None,
        segments: Vec::new(),
        check: None,
        explanations: None,
        notes: Vec::new(),
    }
}

/// What Clarify's own document would say of the same.
pub(crate) fn analysis(file: &BiasFile) -> Analysis {
    let stage = |name: &str| {
        let facets = file.facets.iter().map(|facet| {
            let metrics = facet.metrics.iter().filter(|metric| metric.stage == name);
            let entries = metrics.map(entry).collect();
            let one = FacetMetrics {
                value_or_threshold: facet.value_or_threshold.clone(),
                metrics: entries,
            };
            (facet.facet.clone(), vec![one])
        });
        StageMetrics::Computed(BiasStage {
            label: file.label.column.clone(),
            facets: facets.collect(),
            label_value_or_threshold: file.label.positive.clone(),
        })
    };
    Analysis {
        post_training_bias_metrics: file
            .predicted_label
            .is_some()
            .then(|| stage("post_training")),
        pre_training_bias_metrics: Some(stage("pre_training")),
        ..Analysis::default()
    }
}

fn entry(metric: &MetricFacts) -> MetricEntry {
    MetricEntry {
        name: metric.name.clone(),
        description: metric.description.clone(),
        value: match (metric.value, &metric.error) {
            (Some(value), _) => MetricValue::Float(value),
            (None, error) => MetricValue::Error(error.clone().unwrap_or_default()),
        },
    }
}
