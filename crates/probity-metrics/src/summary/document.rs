//! Between a column summary and the documents that describe it: `statistics.json` (both ways)
//! and `probity.json`.

use probity_domain::document::probity_file::{
    FeatureFacts, LengthFacts, QuantileFacts, QuantileValue, TypeCounts,
};
use probity_domain::document::statistics::{
    CategoricalDistribution, CategoryBucket, CommonStatistics, FeatureStatistics, InferredType,
    KllBucket, KllDistribution, KllParameters, KllSketchDocument, NumericalDistribution,
    NumericalStatistics, StringDistribution, StringStatistics,
};

use super::ReadState;
use super::column::{ColumnSummary, Numbers};
use super::kll::KllSketch;
use super::moments::Moments;
use super::profile::{ColumnProfile, NumericProfile};
use super::values::{RecordedDistinct, Values};

/// Buckets of a numeric distribution in SageMaker's files; not configurable there.
const N_BUCKETS: u32 = 10;

/// Quantiles of `probity.json`.
const QUANTILES: [f64; 7] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

/// The column's entry in `statistics.json`. Its schema has no Boolean: such a column is
/// written as a String with the categories `true` and `false`.
pub fn feature_statistics(name: &str, summary: &ColumnSummary) -> FeatureStatistics {
    let profile = summary.profile();
    let common = CommonStatistics {
        num_present: profile.n_present,
        num_missing: profile.n_missing,
    };
    let mut statistics = FeatureStatistics {
        name: name.to_owned(),
        inferred_type: profile.inferred_type,
        numerical_statistics: None,
        string_statistics: None,
    };
    match profile.inferred_type {
        InferredType::Integral | InferredType::Fractional => {
            statistics.numerical_statistics = profile
                .numeric
                .map(|numeric| numerical_statistics(summary, common, &numeric));
        }
        InferredType::String | InferredType::Boolean => {
            statistics.inferred_type = InferredType::String;
            statistics.string_statistics = Some(string_statistics(common, &profile));
        }
        InferredType::Unknown => {}
    }
    statistics
}

fn numerical_statistics(
    summary: &ColumnSummary,
    common: CommonStatistics,
    numeric: &NumericProfile,
) -> NumericalStatistics {
    let distribution = summary.sketch().filter(|sketch| !sketch.is_empty());
    NumericalStatistics {
        common,
        mean: numeric.mean,
        sum: numeric.sum,
        std_dev: numeric.std_dev,
        min: numeric.min,
        max: numeric.max,
        distribution: distribution.map(|sketch| NumericalDistribution {
            kll: kll_distribution(&sketch, numeric),
        }),
    }
}

fn kll_distribution(sketch: &KllSketch, numeric: &NumericProfile) -> KllDistribution {
    let (k, c) = sketch.parameters();
    let buckets = sketch.buckets(N_BUCKETS, numeric.min, numeric.max);
    KllDistribution {
        buckets: (buckets.iter())
            .map(|bucket| KllBucket {
                lower_bound: bucket.lower,
                upper_bound: bucket.upper,
                count: bucket.count as f64,
            })
            .collect(),
        sketch: KllSketchDocument {
            parameters: KllParameters { c, k: f64::from(k) },
            data: sketch.levels().to_vec(),
        },
    }
}

fn string_statistics(common: CommonStatistics, profile: &ColumnProfile) -> StringStatistics {
    let bucket = |(value, count): &(String, u64)| CategoryBucket {
        value: value.clone(),
        count: *count,
    };
    StringStatistics {
        common,
        distinct_count: profile.distinct.estimate.round(),
        distribution: profile
            .categories
            .as_ref()
            .map(|categories| StringDistribution {
                categorical: CategoricalDistribution {
                    buckets: categories.iter().map(bucket).collect(),
                },
            }),
    }
}

/// The column's entry in `probity.json`, before any check.
pub fn feature_facts(name: &str, summary: &ColumnSummary) -> FeatureFacts {
    let profile = summary.profile();
    FeatureFacts {
        name: name.to_owned(),
        inferred_type: profile.inferred_type,
        redacted: profile.redacted,
        n: profile.n_present + profile.n_missing,
        n_missing: profile.n_missing,
        type_counts: profile.types,
        n_nan: profile.n_nan,
        n_infinite: profile.n_infinite,
        distinct: profile.distinct,
        quantiles: summary.sketch().and_then(|sketch| quantile_facts(&sketch)),
        frequent: profile.frequent,
        lengths: profile.lengths.map(|lengths| LengthFacts {
            min: lengths.min,
            max: lengths.max,
            mean: lengths.mean,
        }),
        drift: None,
    }
}

fn quantile_facts(sketch: &KllSketch) -> Option<QuantileFacts> {
    if sketch.is_empty() {
        return None;
    }
    let values = sketch.quantiles(&QUANTILES);
    let pair = |(p, value): (&f64, f64)| QuantileValue { p: *p, value };
    Some(QuantileFacts {
        rank_error: sketch.rank_error(),
        values: QUANTILES.iter().zip(values).map(pair).collect(),
    })
}

impl ColumnSummary {
    /// What a `statistics.json` without our state beside it tells about a column, e.g. one
    /// that SageMaker wrote: every present value counts as of the inferred type, and distinct
    /// values beyond the listed categories are an estimate. A feature of type `Unknown` has no
    /// counts of its own: it is missing in each of the dataset's `item_count` rows.
    pub fn from_statistics(
        statistics: &FeatureStatistics,
        item_count: u64,
    ) -> Result<Self, ReadState> {
        if let Some(numerical) = &statistics.numerical_statistics {
            return of_numbers(statistics.inferred_type, numerical);
        }
        if let Some(strings) = &statistics.string_statistics {
            return Ok(of_strings(statistics.inferred_type, strings));
        }
        let mut unknown = Self::default();
        if statistics.inferred_type == InferredType::Unknown {
            unknown.update_missing(item_count);
        }
        Ok(unknown)
    }
}

fn of_numbers(
    inferred: InferredType,
    statistics: &NumericalStatistics,
) -> Result<ColumnSummary, ReadState> {
    let common = statistics.common;
    let mut types = TypeCounts {
        unknown: common.num_missing,
        ..TypeCounts::default()
    };
    if inferred == InferredType::Integral {
        types.integral = common.num_present;
    } else {
        types.fractional = common.num_present;
    }
    let moments = Moments::from_profile(&NumericProfile {
        n_finite: common.num_present,
        n_nan: 0,
        n_infinite: 0,
        mean: statistics.mean,
        sum: statistics.sum,
        std_dev: statistics.std_dev,
        min: statistics.min,
        max: statistics.max,
    });
    let sketch = match &statistics.distribution {
        Some(distribution) => recorded_sketch(&distribution.kll.sketch)?,
        None => KllSketch::new(),
    };
    let values = recorded_numbers(&sketch);
    let numbers = Some(Box::new(Numbers {
        moments,
        sketch,
        waiting: Vec::new(),
    }));
    Ok(ColumnSummary {
        types,
        numbers,
        values,
        ..ColumnSummary::default()
    })
}

fn recorded_sketch(document: &KllSketchDocument) -> Result<KllSketch, ReadState> {
    let k = document.parameters.k;
    if !(1.0..=1e6).contains(&k) {
        return Err(ReadState::Damaged {
            what: "the size parameter of its sketch is impossible",
        });
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "in 1..=1e6"
    )]
    let k = k as u32;
    KllSketch::from_levels(k, document.parameters.c, &document.data)
}

/// The document counts no distinct numbers; those that the sketch kept are a lower bound.
fn recorded_numbers(sketch: &KllSketch) -> Values {
    let estimate = sketch.cumulative().len() as f64;
    Values::from_recorded(
        &[],
        RecordedDistinct {
            estimate,
            is_complete: false,
        },
    )
}

fn of_strings(inferred: InferredType, statistics: &StringStatistics) -> ColumnSummary {
    let common = statistics.common;
    let mut types = TypeCounts {
        unknown: common.num_missing,
        ..TypeCounts::default()
    };
    if inferred == InferredType::Boolean {
        types.boolean = common.num_present;
    } else {
        types.string = common.num_present;
    }
    let counts: Vec<(String, u64)> = (statistics.distribution.iter())
        .flat_map(|distribution| &distribution.categorical.buckets)
        .map(|bucket| (bucket.value.clone(), bucket.count))
        .collect();
    let recorded = RecordedDistinct {
        estimate: statistics.distinct_count,
        is_complete: statistics.distribution.is_some(),
    };
    let values = Values::from_recorded(&counts, recorded);
    ColumnSummary {
        types,
        numbers: None,
        values,
        ..ColumnSummary::default()
    }
}
