//! Samples of every kind of bias report: each is rendered in the tests, and looked at when the
//! page changes.

use probity_domain::document::analysis::{Analysis, MetricValue, StageMetrics};
use probity_domain::document::bias_file::{
    BiasCheckFacts, BiasFile, FacetFacts, MetricDriftFacts, SegmentFacts, SubgroupFacts,
    SubgroupRow, ValueFacts,
};

use probity_domain::document::bias_violations::{
    BiasViolation, DriftViolation, DriftViolations, bias_drift_description,
};

use super::BiasReport;
use super::sample_data::{
    Both, Cells, analysis, facet, file, group, interval, post_training, pre_training,
};

/// The documents of one report.
#[derive(Clone, Debug)]
pub struct BiasSample {
    pub name: &'static str,
    pub title: Option<String>,
    pub analysis: Analysis,
    pub probity: BiasFile,
    pub violations: Option<DriftViolations>,
}

impl BiasSample {
    fn new(name: &'static str, probity: BiasFile) -> Self {
        Self {
            name,
            title: None,
            analysis: analysis(&probity),
            probity,
            violations: None,
        }
    }

    pub fn report(&self) -> BiasReport<'_> {
        BiasReport {
            title: self.title.as_deref(),
            analysis: &self.analysis,
            probity: &self.probity,
            violations: self.violations.as_ref(),
        }
    }

    /// So many groups with all metrics, in so many segments.
    pub fn wide(groups: u64, segments: u64) -> Self {
        let facets: Vec<FacetFacts> = (0..groups)
            .map(|index| {
                let value = format!("district number {index:03} of the country");
                let d = [40 + index % 7, 12, 20 + index % 11, 90];
                facet(
                    ("district_of_residence", &value),
                    d,
                    [4_000, 1_200, 1_500, 9_000],
                )
            })
            .collect();
        let mut file = file("applications/*.parquet", facets.clone());
        file.segments = (0..segments)
            .map(|index| {
                let name = format!("branch {index:03}");
                segment(&name, facets.iter().take(10).cloned().collect())
            })
            .collect();
        Self::new("bias-wide", file)
    }
}

/// Every kind of report that the page must show well.
pub fn samples() -> Vec<BiasSample> {
    vec![
        predictions(),
        labels_only(),
        even(),
        many_groups(),
        errors(),
        worse(),
        unchanged(),
        untested(),
        failed(),
    ]
}

/// Women and men of the Adult data, as the service once counted them.
const WOMEN: Cells = [18, 5, 12, 175];
const MEN: Cells = [94, 41, 48, 273];

fn predictions() -> BiasSample {
    let mut sex = facet(("sex", "F"), WOMEN, MEN);
    sex.n_missing = 3;
    let mut file = file("adult.csv", vec![sex]);
    file.notes
        .push("the facet `sex` has 3 rows without a value; they count as advantaged".to_owned());
    BiasSample {
        title: Some("Loan approvals, third quarter".to_owned()),
        ..BiasSample::new("bias-predictions", file)
    }
}

fn labels_only() -> BiasSample {
    let mut sex = facet(("sex", "F"), [0, 0, 30, 180], [0, 0, 142, 314]);
    sex.metrics.retain(|metric| metric.stage == "pre_training");
    sex.extended.clear();
    let mut file = file("adult.csv", vec![sex]);
    file.predicted_label = None;
    file.group_variable = None;
    for metric in &mut file.facets[0].metrics {
        if metric.name == "CDDL" {
            metric.value = None;
            metric.interval = None;
            metric.error = Some("Group variable is empty or not provided".to_owned());
            metric.note = None;
        }
    }
    BiasSample::new("bias-labels", file)
}

fn even() -> BiasSample {
    let mut facet = facet(("sex", "F"), [52, 20, 31, 97], [53, 19, 30, 98]);
    // A distance is above 0 in every sample: that is no finding.
    for metric in &mut facet.metrics {
        if ["CDDL", "CDDPL", "FT", "DCA", "DCR", "DI", "TE"].contains(&metric.name.as_str())
            && let Some(value) = metric.value
        {
            metric.interval = Some(interval(value - 0.3, value + 0.3, "bootstrap, 2,000"));
        }
        if ["KL", "JS"].contains(&metric.name.as_str()) {
            metric.interval = Some(interval(0.000_01, 0.02, "bootstrap, 2,000"));
        }
    }
    BiasSample::new("bias-even", file("even.csv", vec![facet]))
}

fn many_groups() -> BiasSample {
    let regions: [(&str, Cells); 5] = [
        ("north", [210, 60, 70, 500]),
        ("south", [90, 30, 120, 610]),
        ("east", [150, 44, 61, 420]),
        ("west", [140, 52, 66, 380]),
        ("islands", [4, 1, 9, 30]),
    ];
    let total: Cells = regions.iter().fold([0; 4], |sum, (_, cells)| {
        std::array::from_fn(|i| sum[i] + cells[i])
    });
    let mut facets: Vec<FacetFacts> = regions
        .iter()
        .map(|(name, cells)| {
            let others = std::array::from_fn(|i| total[i] - cells[i]);
            facet(("region", name), *cells, others)
        })
        .collect();
    facets.push(facet(
        ("age", "(60, 95]"),
        [60, 30, 80, 300],
        [534, 157, 246, 1_640],
    ));
    let mut file = file("applications-2026-11.parquet", facets);
    file.label.values = [("yes", 920), ("no", 1_800), ("withdrawn", 140)]
        .map(|(value, n)| ValueFacts {
            value: value.to_owned(),
            n,
        })
        .to_vec();
    if let Some(predicted) = &mut file.predicted_label {
        predicted.values = [("no", 2_060), ("yes", 781), ("withdrawn", 19)]
            .map(|(value, n)| ValueFacts {
                value: value.to_owned(),
                n,
            })
            .to_vec();
    }
    file.subgroups = Some(subgroups(&[
        (
            &[("region", "south"), ("age", "(60, 95]")],
            [20, 10, 50, 160],
        ),
        (&[("region", "south"), ("age", "rest")], [70, 20, 70, 450]),
        (
            &[("region", "north"), ("age", "(60, 95]")],
            [30, 16, 17, 80],
        ),
        (&[("region", "east"), ("age", "rest")], [140, 40, 50, 380]),
    ]));
    let everyone = |scale: u64| {
        vec![facet(
            ("region", "south"),
            [90 / scale, 30, 120 / scale, 610 / scale],
            [500 / scale, 150 / scale, 200 / scale, 1_300 / scale],
        )]
    };
    let mut failing = segment("[0, 18]", Vec::new());
    failing.error = Some("no row with a positive label".to_owned());
    file.segments = vec![
        segment("online", everyone(2)),
        segment("branch", everyone(3)),
        failing,
        segment("__default__", everyone(10)),
    ];
    BiasSample::new("bias-many-groups", file)
}

fn subgroups(groups: &[(&[(&str, &str)], Cells)]) -> SubgroupFacts {
    let rows = groups.iter().map(|(values, cells)| {
        let both = Both {
            d: group(*cells),
            a: group([534, 157, 246, 1_640]),
        };
        let named = |metrics: Vec<_>, name: &str| {
            let found = metrics.into_iter().find(
                |metric: &probity_domain::document::bias_file::MetricFacts| metric.name == name,
            );
            found.expect("the samples have every metric")
        };
        let mut label_rate = named(pre_training(both, "it"), "DPL");
        label_rate.value = Some(0.21);
        label_rate.interval = Some(interval(0.17, 0.26, "Wilson"));
        let mut prediction_rate = label_rate.clone();
        prediction_rate.value = Some(0.1234);
        SubgroupRow {
            values: values
                .iter()
                .map(|(facet, value)| ((*facet).to_owned(), (*value).to_owned()))
                .collect(),
            counts: both.d,
            label_rate,
            prediction_rate: Some(prediction_rate),
            difference: named(post_training(both, "it"), "DPPL"),
        }
    });
    SubgroupFacts {
        minimum_rows: 30,
        n_too_small: 2,
        groups: rows.collect(),
    }
}

fn segment(name: &str, facets: Vec<FacetFacts>) -> SegmentFacts {
    let n = facets
        .first()
        .map_or(0, |f| f.advantaged.n + f.disadvantaged.n);
    SegmentFacts {
        config_name: "channel".to_owned(),
        column: "channel".to_owned(),
        segment: name.to_owned(),
        n,
        facets,
        error: None,
    }
}

/// Infinite and absent values, an empty group, and names that are markup.
fn errors() -> BiasSample {
    let mut infinite = facet(("gender", "x"), [3, 0, 2, 7], [0, 0, 4, 12]);
    infinite.n_missing = 2;
    let empty = facet(
        ("<script>alert(\"facet\")</script>", "<b>none</b>"),
        [0, 0, 0, 0],
        [8, 3, 2, 15],
    );
    let long = facet(
        (
            "",
            "a value that is much too long to be shown in a table without being cut somewhere",
        ),
        [2, 1, 1, 6],
        [6, 2, 1, 9],
    );
    let mut file = file(
        "</title><script>alert(1)</script>.csv",
        vec![infinite, empty, long],
    );
    file.label.column = "<img src=x onerror=alert(2)>".to_owned();
    file.label.n_missing = 1;
    file.notes
        .push("only 28 rows: <i>every</i> interval is wide".to_owned());
    BiasSample::new("bias-errors", file)
}

fn drift(facet: &FacetFacts, moved: &[(&str, f64, f64)]) -> Vec<MetricDriftFacts> {
    facet
        .metrics
        .iter()
        .map(|metric| {
            let found = moved.iter().find(|(name, _, _)| *name == metric.name);
            let (_, by, p) = found.copied().unwrap_or(("", 0.0, 0.71));
            let is_tested = metric.value.is_some_and(f64::is_finite) && metric.name != "GE";
            let baseline = metric.value.map(|value| value - by);
            MetricDriftFacts {
                facet: facet.facet.clone(),
                value_or_threshold: facet.value_or_threshold.clone(),
                name: metric.name.clone(),
                baseline,
                current: metric.value,
                interval: is_tested
                    .then(|| interval(by - 0.06, by + 0.06, "bootstrap of both samples, 2,000")),
                p_value: is_tested.then_some(p / 2.0),
                p_adjusted: is_tested.then_some(p),
                violates_aws: metric
                    .value
                    .zip(baseline)
                    .is_some_and(|(now, then)| now.abs() > then.abs() + 1e-3),
                violates_corrected: is_tested && p < 0.05,
                note: (!is_tested).then(|| "the baseline has no counts of this".to_owned()),
            }
        })
        .collect()
}

fn check(name: &'static str, moved: &[(&str, f64, f64)]) -> BiasSample {
    let sex = facet(("sex", "F"), WOMEN, MEN);
    let metrics = drift(&sex, moved);
    let mut file = file("adult-2026-11.csv", vec![sex]);
    file.check = Some(BiasCheckFacts {
        baseline: "baseline/analysis.json".to_owned(),
        verdict: "aws".to_owned(),
        false_discovery_rate: 0.05,
        tested: metrics.iter().filter(|m| m.p_value.is_some()).count() as u64,
        metrics,
        notes: Vec::new(),
    });
    let mut sample = BiasSample::new(name, file);
    sample.violations = sample.probity.check.as_ref().map(violations);
    sample
}

/// What SageMaker's document says of the same.
fn violations(check: &BiasCheckFacts) -> DriftViolations {
    let float = |value: Option<f64>| MetricValue::Float(value.unwrap_or(f64::NAN));
    let named = check.metrics.iter().filter(|metric| metric.violates_aws);
    DriftViolations {
        violations: named
            .map(|metric| {
                DriftViolation::Bias(BiasViolation {
                    facet: metric.facet.clone(),
                    facet_value: metric.value_or_threshold.clone(),
                    metric_name: metric.name.clone(),
                    description: bias_drift_description(
                        &float(metric.current),
                        &float(metric.baseline),
                    ),
                })
            })
            .collect(),
        ..DriftViolations::default()
    }
}

fn worse() -> BiasSample {
    check(
        "bias-check-worse",
        &[
            ("DPPL", 0.14, 0.0004),
            ("RD", 0.11, 0.02),
            ("AD", 0.012, 0.6),
            ("DI", -0.21, 0.03),
            ("TE", 2.4, 0.4),
        ],
    )
}

fn unchanged() -> BiasSample {
    check("bias-check-unchanged", &[])
}

/// Against a bare `analysis.json`, on so few rows that nothing is tested.
fn untested() -> BiasSample {
    let mut sample = check("bias-check-untested", &[]);
    if let Some(check) = &mut sample.probity.check {
        check.tested = 0;
        check.notes.push(
            "the baseline has no sample sizes: only the error of the current data is known"
                .to_owned(),
        );
        for metric in &mut check.metrics {
            metric.interval = None;
            metric.p_value = None;
            metric.p_adjusted = None;
            metric.violates_corrected = false;
        }
    }
    sample
}

/// A stage that failed as a whole.
fn failed() -> BiasSample {
    let mut sex = facet(("sex", "F"), [0, 0, 30, 180], [0, 0, 142, 314]);
    sex.metrics.retain(|metric| metric.stage == "pre_training");
    sex.extended.clear();
    let mut sample = BiasSample::new("bias-failed", file("adult.csv", vec![sex]));
    sample.analysis.post_training_bias_metrics = Some(StageMetrics::Failed {
        error: "No Label values are present in the predicted Label Column,Positive Predicted Index Series contains all False values".to_owned(),
    });
    sample
}
