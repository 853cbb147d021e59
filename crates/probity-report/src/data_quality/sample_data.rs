//! Makes the documents of samples from lists of values. The verdicts are plausible, not the
//! engine's: samples exist to be looked at.

use probity_domain::document::constraint_violations::{
    ConstraintCheckType, ConstraintViolations, Violation,
};
use probity_domain::document::constraints::{
    CategoricalDriftMethod, ComparisonMethod, Constraints, DistributionConstraints,
    FeatureConstraints, MonitoringConfig, NumConstraints, StringConstraints, Switch,
};
use probity_domain::document::probity_file::{
    CheckFacts, CorrectedViolation, DatasetFacts, DistinctFacts, DriftFacts, FeatureFacts,
    FrequentValue, Interval, LengthFacts, ProbityFile, QuantileFacts, QuantileValue, TypeCounts,
};
use probity_domain::document::statistics::{
    CategoricalDistribution, CategoryBucket, CommonStatistics, DatasetStatistics,
    FeatureStatistics, InferredType, KllDistribution, KllParameters, KllSketchDocument,
    NumericalDistribution, NumericalStatistics, Statistics, StringDistribution, StringStatistics,
};

use super::feature::category_shares;
use super::samples::Sample;
use crate::distribution::WeightedValues;

const MINIMUM_ROWS: u64 = 30;

/// Values of one side of a column.
#[derive(Clone, Debug)]
pub(super) enum Values {
    /// Each stands for `2^level` rows.
    Numbers {
        level: usize,
        values: Vec<f64>,
    },
    Categories(Vec<(String, u64)>),
    /// Texts of which only the number and the most frequent are known.
    ManyTexts {
        n: u64,
        frequent: Vec<(String, u64)>,
    },
    Nothing,
}

#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) redacted: bool,
    /// `ChiSquared` instead of a distance.
    pub(super) chi_squared: bool,
    /// Values and missing rows.
    pub(super) baseline: Option<(Values, u64)>,
    pub(super) current: Option<(Values, u64)>,
}

impl Column {
    pub(super) fn new(name: &str, baseline: (Values, u64), current: (Values, u64)) -> Self {
        Self {
            name: name.to_owned(),
            redacted: false,
            chi_squared: false,
            baseline: Some(baseline),
            current: Some(current),
        }
    }
}

/// A check of `current` against `baseline`.
pub(super) fn check(name: &'static str, source: &str, columns: &[Column]) -> Sample {
    let mut sample = profile(name, source, columns);
    let baseline = statistics(columns, |column| column.baseline.as_ref());
    let constraints = constraints(&baseline);
    let mut tested = 0;
    for (facts, column) in sample.probity.features.iter_mut().zip(present(columns)) {
        facts.drift = drift(column);
        let drift = facts.drift.as_ref();
        tested += u64::from(drift.is_some_and(|drift| drift.n_current >= MINIMUM_ROWS));
    }
    let violations = violations(columns, &sample, &constraints);
    let corrected = violations
        .iter()
        .filter(|v| holds_when_corrected(v, &sample))
        .map(|violation| CorrectedViolation {
            feature_name: violation.feature_name.clone(),
            constraint_check_type: violation.constraint_check_type,
            p_adjusted: Some(0.0),
            description: violation.description.clone(),
        });
    sample.probity.check = Some(CheckFacts {
        baseline: "baseline/".to_owned(),
        baseline_summaries: None,
        verdict: "aws".to_owned(),
        false_discovery_rate: 0.05,
        tested,
        minimum_rows: MINIMUM_ROWS,
        corrected_violations: corrected.collect(),
        notes: Vec::new(),
    });
    sample.violations = Some(ConstraintViolations { violations });
    sample.baseline = Some(baseline);
    sample.constraints = Some(constraints);
    sample
}

/// The current side alone.
pub(super) fn profile(name: &'static str, source: &str, columns: &[Column]) -> Sample {
    let statistics = statistics(columns, |column| column.current.as_ref());
    let features = statistics
        .features
        .iter()
        .zip(present(columns))
        .map(|(s, column)| facts(s, column));
    let rows = statistics.dataset.item_count;
    let probity = ProbityFile {
        format: "probity/data-quality".to_owned(),
        version: 1,
        writer: "probity 0.1.0".to_owned(),
        dataset: DatasetFacts {
            sources: vec![source.to_owned()],
            format: "csv".to_owned(),
            rows,
            files: 1,
            partitions: 1,
            notes: Vec::new(),
        },
        summaries: None,
        features: features.collect(),
        check: None,
        history: Vec::new(),
    };
    Sample {
        name,
        statistics,
        baseline: None,
        probity,
        constraints: None,
        violations: None,
    }
}

fn present(columns: &[Column]) -> impl Iterator<Item = &Column> {
    columns.iter().filter(|column| column.current.is_some())
}

fn statistics(columns: &[Column], side: fn(&Column) -> Option<&(Values, u64)>) -> Statistics {
    let features: Vec<FeatureStatistics> = columns
        .iter()
        .filter_map(|column| {
            let (values, missing) = side(column)?;
            Some(feature_statistics(&column.name, values, *missing))
        })
        .collect();
    let rows = columns
        .iter()
        .filter_map(side)
        .map(|(values, missing)| n(values) + missing)
        .max();
    let dataset = DatasetStatistics {
        item_count: rows.unwrap_or(0),
    };
    Statistics {
        version: 0.0,
        dataset,
        features,
    }
}

fn n(values: &Values) -> u64 {
    match values {
        Values::Numbers { level, values } => (values.len() as u64) << level,
        Values::Categories(buckets) => buckets.iter().map(|bucket| bucket.1).sum(),
        Values::ManyTexts { n, .. } => *n,
        Values::Nothing => 0,
    }
}

fn feature_statistics(name: &str, values: &Values, num_missing: u64) -> FeatureStatistics {
    let common = CommonStatistics {
        num_present: n(values),
        num_missing,
    };
    let mut feature = FeatureStatistics {
        name: name.to_owned(),
        inferred_type: InferredType::Unknown,
        numerical_statistics: None,
        string_statistics: None,
    };
    match values {
        Values::Numbers { level, values } => {
            let integral = values
                .iter()
                .all(|value| value.fract() == 0.0 && value.abs() < 1e15);
            feature.inferred_type = if integral {
                InferredType::Integral
            } else {
                InferredType::Fractional
            };
            feature.numerical_statistics = Some(numerical(common, *level, values));
        }
        Values::Categories(buckets) => {
            feature.inferred_type = InferredType::String;
            let buckets: Vec<CategoryBucket> = buckets
                .iter()
                .map(|(value, count)| CategoryBucket {
                    value: value.clone(),
                    count: *count,
                })
                .collect();
            #[expect(clippy::cast_precision_loss, reason = "samples have few categories")]
            let distinct_count = buckets.len() as f64;
            let distribution = Some(StringDistribution {
                categorical: CategoricalDistribution { buckets },
            });
            feature.string_statistics = Some(StringStatistics {
                common,
                distinct_count,
                distribution,
            });
        }
        Values::ManyTexts { n, .. } => {
            feature.inferred_type = InferredType::String;
            #[expect(clippy::cast_precision_loss, reason = "samples are small")]
            let distinct_count = *n as f64 * 0.93;
            feature.string_statistics = Some(StringStatistics {
                common,
                distinct_count,
                distribution: None,
            });
        }
        Values::Nothing => {}
    }
    feature
}

#[expect(clippy::cast_precision_loss, reason = "samples are small")]
fn numerical(common: CommonStatistics, level: usize, values: &[f64]) -> NumericalStatistics {
    let count = values.len().max(1) as f64;
    let mean = values.iter().map(|value| value / count).sum::<f64>();
    let variance = values
        .iter()
        .map(|value| (value - mean) * ((value - mean) / count))
        .sum::<f64>();
    let mut data = vec![Vec::new(); level];
    data.push(values.to_vec());
    let sketch = KllSketchDocument {
        parameters: KllParameters { c: 0.64, k: 2048.0 },
        data,
    };
    NumericalStatistics {
        common,
        mean,
        sum: mean * common.num_present as f64,
        std_dev: variance.sqrt(),
        min: values.iter().copied().fold(f64::INFINITY, f64::min),
        max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        distribution: Some(NumericalDistribution {
            kll: KllDistribution {
                buckets: Vec::new(),
                sketch,
            },
        }),
    }
}

/// As a baseline suggests them, with the settings of a file.
pub(super) fn constraints(baseline: &Statistics) -> Constraints {
    let features = baseline.features.iter().map(|feature| {
        let numeric = feature.numerical_statistics.as_ref();
        let text = feature.string_statistics.as_ref();
        let common = numeric.map(|n| n.common).or_else(|| text.map(|t| t.common));
        let domains = text
            .and_then(|text| text.distribution.as_ref())
            .map(|distribution| {
                distribution
                    .categorical
                    .buckets
                    .iter()
                    .map(|bucket| bucket.value.clone())
                    .collect()
            });
        FeatureConstraints {
            name: feature.name.clone(),
            inferred_type: feature.inferred_type,
            completeness: common
                .and_then(|c| crate::number::share(c.num_present, c.num_present + c.num_missing)),
            num_constraints: numeric.map(|n| NumConstraints {
                is_non_negative: n.min >= 0.0,
                ..NumConstraints::default()
            }),
            string_constraints: domains.map(|domains| StringConstraints {
                domains: Some(domains),
                ..StringConstraints::default()
            }),
            ..FeatureConstraints::default()
        }
    });
    Constraints {
        features: features.collect(),
        monitoring_config: Some(settings()),
        ..Constraints::default()
    }
}

fn settings() -> MonitoringConfig {
    MonitoringConfig {
        evaluate_constraints: Some(Switch::Enabled),
        emit_metrics: Some(Switch::Enabled),
        datatype_check_threshold: Some(1.0),
        domain_content_threshold: Some(0.99),
        distribution_constraints: Some(DistributionConstraints {
            perform_comparison: Some(Switch::Enabled),
            comparison_threshold: Some(0.1),
            comparison_method: Some(ComparisonMethod::Robust),
            categorical_drift_method: Some(CategoricalDriftMethod::LInfinity),
            ..DistributionConstraints::default()
        }),
        ..MonitoringConfig::default()
    }
}

fn facts(statistics: &FeatureStatistics, column: &Column) -> FeatureFacts {
    let (values, n_missing) = column
        .current
        .as_ref()
        .map_or((&Values::Nothing, 0), |(values, missing)| {
            (values, *missing)
        });
    let present = n(values);
    let frequent = match values {
        Values::Categories(values)
        | Values::ManyTexts {
            frequent: values, ..
        } => values
            .iter()
            .take(10)
            .map(|(value, count)| FrequentValue {
                value: value.clone(),
                count: *count,
                max_undercount: 0,
            })
            .collect(),
        Values::Numbers { .. } | Values::Nothing => Vec::new(),
    };
    let quantiles = statistics
        .numerical_statistics
        .as_ref()
        .and_then(WeightedValues::of)
        .map(|sample| QuantileFacts {
            rank_error: if matches!(values, Values::Numbers { level: 0, .. }) {
                0.0
            } else {
                0.004
            },
            values: [0.25, 0.5, 0.75]
                .map(|p| QuantileValue {
                    p,
                    value: sample.quantile(p),
                })
                .to_vec(),
        });
    let texts = statistics.string_statistics.as_ref();
    let is_text = matches!(values, Values::ManyTexts { .. });
    FeatureFacts {
        name: column.name.clone(),
        inferred_type: statistics.inferred_type,
        redacted: column.redacted,
        n: present + n_missing,
        n_missing,
        type_counts: type_counts(statistics.inferred_type, present, n_missing),
        n_nan: 0,
        n_infinite: 0,
        distinct: DistinctFacts {
            estimate: distinct(values, texts),
            relative_standard_error: if is_text { 0.01 } else { 0.0 },
        },
        quantiles,
        frequent,
        lengths: is_text.then_some(LengthFacts {
            min: 4,
            max: 812,
            mean: 96.4,
        }),
        drift: None,
    }
}

fn type_counts(inferred_type: InferredType, present: u64, unknown: u64) -> TypeCounts {
    let of = |wanted: InferredType| if inferred_type == wanted { present } else { 0 };
    TypeCounts {
        integral: of(InferredType::Integral),
        fractional: of(InferredType::Fractional),
        boolean: of(InferredType::Boolean),
        string: of(InferredType::String),
        unknown,
    }
}

#[expect(clippy::cast_precision_loss, reason = "samples are small")]
fn distinct(values: &Values, texts: Option<&StringStatistics>) -> f64 {
    if let Values::Numbers { values, .. } = values {
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.dedup();
        return sorted.len() as f64;
    }
    texts.map_or(0.0, |text| text.distinct_count)
}

#[expect(clippy::cast_precision_loss, reason = "samples are small")]
fn drift(column: &Column) -> Option<DriftFacts> {
    let (baseline, current) = (&column.baseline.as_ref()?.0, &column.current.as_ref()?.0);
    let (n_baseline, n_current) = (n(baseline), n(current));
    let before = feature_statistics(&column.name, baseline, 0);
    let now = feature_statistics(&column.name, current, 0);
    let numeric = before
        .numerical_statistics
        .as_ref()
        .zip(now.numerical_statistics.as_ref());
    let effect = match numeric {
        Some((before, now)) => WeightedValues::of(before)?.distance(&WeightedValues::of(now)?),
        None => largest_share_difference(&before, &now)?,
    };
    let (a, b) = (n_baseline as f64, n_current as f64);
    let spread = ((a + b) / (a * b)).sqrt();
    // Two terms of Kolmogorov's series: enough for a picture.
    let lambda = effect / spread;
    let p_value =
        (2.0 * ((-2.0 * lambda * lambda).exp() - (-8.0 * lambda * lambda).exp())).clamp(0.0, 1.0);
    let p_value = if lambda < 0.5 { 1.0 } else { p_value };
    let too_few = n_current < MINIMUM_ROWS;
    let distance = if column.chi_squared {
        p_value
    } else {
        (effect - 1.8 * spread).max(0.0)
    };
    let method = match (column.chi_squared, numeric.is_some()) {
        (true, _) => "ChiSquared",
        (false, true) => "Robust",
        (false, false) => "LInfinity",
    };
    let distance = if method == "LInfinity" {
        effect
    } else {
        distance
    };
    let threshold = if column.chi_squared { 0.05 } else { 0.1 };
    Some(DriftFacts {
        method: method.to_owned(),
        distance: Some(distance),
        threshold,
        n_baseline,
        n_current,
        effect,
        interval: Interval {
            low: (effect - 1.36 * spread).max(0.0),
            high: (effect + 1.36 * spread).min(1.0),
            level: 0.95,
            method: "simultaneous band (DKW)".to_owned(),
        },
        p_value,
        p_adjusted: (!too_few).then_some((p_value * 2.0).min(1.0)),
        psi: Some(effect * effect * 4.2),
        jensen_shannon: Some((effect * 0.62).min(1.0)),
        wasserstein_1: numeric.map(|(before, now)| (before.mean - now.mean).abs()),
        violates_aws: if column.chi_squared { distance < threshold } else { distance > threshold },
        violates_corrected: !too_few && p_value < 0.01 && effect > 0.05,
        note: too_few.then(|| {
            format!("{n_current} rows are too few to judge drift (at least 30 are needed); the corrected verdict is withheld.")
        }),
    })
}

fn largest_share_difference(before: &FeatureStatistics, now: &FeatureStatistics) -> Option<f64> {
    let buckets = |feature: &FeatureStatistics| {
        let text = feature.string_statistics.as_ref()?;
        Some(text.distribution.as_ref()?.categorical.buckets.clone())
    };
    let (before, now) = (buckets(before)?, buckets(now)?);
    let (before, now) = (category_shares(&before), category_shares(&now));
    let of = |shares: &std::collections::HashMap<&str, f64>, name: &str| {
        shares.get(name).copied().unwrap_or(0.0)
    };
    before
        .keys()
        .chain(now.keys())
        .map(|name| (of(&before, name) - of(&now, name)).abs())
        .reduce(f64::max)
}

fn violations(columns: &[Column], sample: &Sample, constraints: &Constraints) -> Vec<Violation> {
    let mut violations = Vec::new();
    for column in columns {
        let constraint = constraints
            .features
            .iter()
            .find(|constraint| constraint.name == column.name);
        let facts = sample
            .probity
            .features
            .iter()
            .find(|facts| facts.name == column.name);
        let found = match (&column.current, constraint, facts) {
            (Some((values, missing)), Some(constraint), Some(facts)) => {
                broken(constraint, facts, (values, *missing))
            }
            (None, _, _) => vec![(
                ConstraintCheckType::MissingColumnCheck,
                "There are missing columns in current dataset.".to_owned(),
            )],
            (Some(_), _, _) => vec![(
                ConstraintCheckType::ExtraColumnCheck,
                "There are extra columns in current dataset.".to_owned(),
            )],
        };
        violations.extend(
            found
                .into_iter()
                .map(|(constraint_check_type, description)| Violation {
                    feature_name: column.name.clone(),
                    constraint_check_type,
                    description,
                }),
        );
    }
    violations
}

fn broken(
    constraint: &FeatureConstraints,
    facts: &FeatureFacts,
    (values, missing): (&Values, u64),
) -> Vec<(ConstraintCheckType, String)> {
    let mut found = Vec::new();
    if facts.inferred_type != constraint.inferred_type && n(values) > 0 {
        let text = "Data type match requirement is not met. Expected match: 100.0%.";
        found.push((ConstraintCheckType::DataTypeCheck, text.to_owned()));
    }
    let share = crate::number::share(n(values), n(values) + missing).unwrap_or(1.0);
    if constraint
        .completeness
        .is_some_and(|least| share < least - 0.004)
    {
        let text = format!("Value: {share} does not meet the constraint requirement!");
        found.push((ConstraintCheckType::CompletenessCheck, text));
    }
    if let Some(drift) = facts.drift.as_ref().filter(|drift| drift.violates_aws) {
        let distance = drift.distance.unwrap_or(0.0);
        let text = format!(
            "Baseline drift distance: {distance} exceeds threshold: {}",
            drift.threshold
        );
        found.push((ConstraintCheckType::BaselineDriftCheck, text));
    }
    let strings = constraint.string_constraints.as_ref();
    if let Some(domains) = strings.and_then(|s| s.domains.as_ref()) {
        let known = match values {
            Values::Categories(buckets) => {
                let known = buckets.iter().filter(|bucket| domains.contains(&bucket.0));
                crate::number::share(known.map(|bucket| bucket.1).sum(), n(values))
            }
            Values::Numbers { .. } => Some(0.0),
            Values::ManyTexts { .. } | Values::Nothing => None,
        };
        if let Some(share) = known.filter(|share| *share < 1.0) {
            let text = format!(
                "Value: {share} does not meet the constraint requirement! Expected in domain: 100.0%."
            );
            found.push((ConstraintCheckType::CategoricalValuesCheck, text));
        }
    }
    found
}

fn holds_when_corrected(violation: &Violation, sample: &Sample) -> bool {
    if violation.constraint_check_type != ConstraintCheckType::BaselineDriftCheck {
        return true;
    }
    let facts = sample
        .probity
        .features
        .iter()
        .find(|facts| facts.name == violation.feature_name);
    facts
        .and_then(|facts| facts.drift.as_ref())
        .is_some_and(|drift| drift.violates_corrected)
}
