//! Explanations made from invented attributions, good enough to be looked at; real ones come
//! from `probity-metrics`.

use probity_domain::document::explanation_file::{
    AttributionDriftFacts, AttributionFacts, AttributionMethod, DependenceCurve, DependenceFacts,
    DependenceMean, DependencePoint, ExplainedOutput, ExplanationFile, FORMAT, FeatureAttributions,
    LabelAttributions, ModelFacts, RankFacts, RowAttribution, RowAttributions, SampledAttribution,
    VERSION,
};
use probity_domain::document::probity_file::{DatasetFacts, Interval};

/// Numbers that look random and are the same everywhere: SplitMix64, Steele et al. (2014).
#[derive(Clone, Debug)]
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn from(seed: u64) -> Self {
        Self(seed)
    }

    /// In [0, 1).
    pub(crate) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
        let unit = ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64;
        unit
    }

    /// About normal, mean 0, variance 1.
    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.next()).sum::<f64>() - 6.0
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

pub(crate) fn file(source: &str, rows: u64) -> ExplanationFile {
    ExplanationFile {
        format: FORMAT.to_owned(),
        version: VERSION,
        writer: "probity 0.1.0".to_owned(),
        dataset: DatasetFacts {
            sources: vec![source.to_owned()],
            format: "csv".to_owned(),
            rows,
            files: 1,
            partitions: 1,
            notes: Vec::new(),
        },
        model: ModelFacts {
            location: "model.ubj".to_owned(),
            kind: "XGBoost".to_owned(),
            sha256: Some(
                "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
            ),
            summary: "500 trees of depth 6, 12 features, 1 output".to_owned(),
        },
        attributions: None,
        partial_dependence: Vec::new(),
        drift: Vec::new(),
        notes: Vec::new(),
    }
}

pub(crate) fn attributions(method: AttributionMethod, output: ExplainedOutput) -> AttributionFacts {
    let is_kernel = matches!(
        method,
        AttributionMethod::KernelSampled | AttributionMethod::KernelEnumerated
    );
    let has_baseline = method != AttributionMethod::TreePathDependent;
    AttributionFacts {
        method,
        output,
        aggregation: "mean_abs".to_owned(),
        n_rows: 1000,
        n_baseline_rows: has_baseline.then_some(3),
        baseline: if has_baseline {
            "3 clusters of 10,000 rows by k-prototypes".to_owned()
        } else {
            "the training rows of each node".to_owned()
        },
        n_coalitions: is_kernel.then_some(2048),
        seed: (method == AttributionMethod::KernelSampled).then_some(7),
        chosen_features: false,
        largest_additivity_error: 2.22e-15,
        labels: Vec::new(),
        rows: Vec::new(),
    }
}

/// A feature by name, by how far it moves the output, and by how its values look.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) name: String,
    pub(crate) scale: f64,
    pub(crate) values: Values,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Values {
    Range(f64, f64),
    /// Mostly 0, now and then large.
    Rare(f64),
    Words(&'static [&'static str]),
}

pub(crate) fn shape(name: &str, scale: f64, values: Values) -> Shape {
    Shape {
        name: name.to_owned(),
        scale,
        values,
    }
}

pub(crate) fn label(name: &str, shapes: &[Shape], seed: u64) -> LabelAttributions {
    let mut numbers = Numbers::from(seed);
    LabelAttributions {
        label: name.to_owned(),
        expected_value: 0.2506,
        features: shapes
            .iter()
            .map(|shape| feature(shape, &mut numbers))
            .collect(),
    }
}

fn feature(shape: &Shape, numbers: &mut Numbers) -> FeatureAttributions {
    let sample: Vec<SampledAttribution> = (0..300).map(|_| point(shape, numbers)).collect();
    let n = sample.len() as f64;
    let global = sample
        .iter()
        .map(|point| point.attribution.abs())
        .sum::<f64>()
        / n;
    let mean = sample.iter().map(|point| point.attribution).sum::<f64>() / n;
    let spread = (0.12 * global).max(shape.scale * 0.02);
    FeatureAttributions {
        feature: shape.name.clone(),
        global,
        interval: (global > 0.0)
            .then(|| interval(global - spread, global + spread, "normal, over rows")),
        mean,
        standard_error: None,
        sample,
    }
}

fn point(shape: &Shape, numbers: &mut Numbers) -> SampledAttribution {
    let noise = numbers.normal() * 0.18;
    let unit = numbers.next();
    match shape.values {
        Values::Range(low, high) => {
            let number = low + unit * (high - low);
            let number = if high - low > 10.0 {
                number.round()
            } else {
                number
            };
            let curve = (unit * 3.4 - 1.2).tanh() - 0.25;
            SampledAttribution {
                number: Some(number),
                text: None,
                attribution: shape.scale * (curve + noise),
            }
        }
        Values::Rare(high) => {
            let is_rare = unit > 0.92;
            let number = if is_rare {
                (numbers.next() * high).round()
            } else {
                0.0
            };
            let push = if is_rare { 3.2 } else { -0.3 };
            SampledAttribution {
                number: Some(number),
                text: None,
                attribution: shape.scale * (push + noise),
            }
        }
        Values::Words(words) => {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a position in a short list"
            )]
            let at = ((unit * unit * words.len() as f64) as usize).min(words.len() - 1);
            let push = at as f64 / words.len() as f64 * 2.0 - 0.6;
            SampledAttribution {
                number: None,
                text: Some(words[at].to_owned()),
                attribution: shape.scale * (push + noise),
            }
        }
    }
}

/// A row whose values are the first of each sample.
pub(crate) fn row(number: u64, label: &LabelAttributions, at: usize) -> RowAttributions {
    let features: Vec<RowAttribution> = label
        .features
        .iter()
        .map(|feature| {
            let point = feature.sample.get(at);
            RowAttribution {
                feature: feature.feature.clone(),
                value: point.and_then(|point| {
                    point
                        .number
                        .map(|number| {
                            format!("{number:.4}")
                                .trim_end_matches('0')
                                .trim_end_matches('.')
                                .to_owned()
                        })
                        .or_else(|| point.text.clone())
                }),
                attribution: point.map_or(0.0, |point| point.attribution),
                standard_error: feature.standard_error,
            }
        })
        .collect();
    let change: f64 = features.iter().map(|feature| feature.attribution).sum();
    RowAttributions {
        row: number,
        label: label.label.clone(),
        expected_value: label.expected_value,
        output: label.expected_value + change,
        features,
    }
}

pub(crate) fn numeric_dependence(
    name: &str,
    (low, high): (f64, f64),
    labels: &[&str],
) -> DependenceFacts {
    let mut numbers = Numbers::from(name.len() as u64);
    let n = 15;
    let places: Vec<f64> = (0..n).map(|at| f64::from(at) / f64::from(n - 1)).collect();
    let shares: Vec<f64> = places
        .iter()
        .map(|place| (-((place - 0.35) / 0.25).powi(2)).exp() + 0.01)
        .collect();
    let total: f64 = shares.iter().sum();
    DependenceFacts {
        feature: name.to_owned(),
        data_type: "numerical".to_owned(),
        error: None,
        n_rows: 1000,
        points: places
            .iter()
            .zip(&shares)
            .map(|(place, share)| DependencePoint {
                number: Some(low + place * (high - low)),
                text: None,
                share: share / total,
            })
            .collect(),
        labels: labels
            .iter()
            .enumerate()
            .map(|(at, label)| curve(label, &places, (at as f64, &mut numbers)))
            .collect(),
    }
}

fn curve(label: &str, places: &[f64], (turn, numbers): (f64, &mut Numbers)) -> DependenceCurve {
    let shape =
        |place: f64, shift: f64| 0.3 + (0.2 - 0.13 * turn) * ((place + shift) * 4.0 - 1.4).tanh();
    let means = places.iter().map(|place| {
        let mean = shape(*place, 0.0);
        DependenceMean {
            mean,
            interval: Some(interval(mean - 0.018, mean + 0.018, "normal, over rows")),
        }
    });
    let individual = (0..50).map(|_| {
        let (shift, level) = (numbers.normal() * 0.12, numbers.normal() * 0.07);
        places
            .iter()
            .map(|place| shape(*place, shift) + level)
            .collect()
    });
    DependenceCurve {
        label: label.to_owned(),
        means: means.collect(),
        individual: individual.collect(),
    }
}

pub(crate) fn categorical_dependence(
    name: &str,
    words: &[&str],
    labels: &[&str],
) -> DependenceFacts {
    let n = words.len() as f64;
    DependenceFacts {
        feature: name.to_owned(),
        data_type: "categorical".to_owned(),
        error: None,
        n_rows: 1000,
        points: words
            .iter()
            .enumerate()
            .map(|(at, word)| DependencePoint {
                number: None,
                text: Some((*word).to_owned()),
                share: 2.0 * (n - at as f64) / (n * (n + 1.0)),
            })
            .collect(),
        labels: labels
            .iter()
            .map(|label| DependenceCurve {
                label: (*label).to_owned(),
                means: (0..words.len())
                    .map(|at| {
                        let mean = 0.2 + 0.3 * ((at * 7) % words.len()) as f64 / n;
                        DependenceMean {
                            mean,
                            interval: Some(interval(mean - 0.02, mean + 0.02, "normal, over rows")),
                        }
                    })
                    .collect(),
                individual: Vec::new(),
            })
            .collect(),
    }
}

pub(crate) fn drift(
    label: &str,
    (ndcg, low, high): (f64, f64, f64),
    ranks: &[(&str, u64)],
) -> AttributionDriftFacts {
    AttributionDriftFacts {
        label: label.to_owned(),
        ndcg,
        interval: Some(interval(low, high, "bootstrap, 1,000")),
        threshold: 0.9,
        violates: ndcg < 0.9,
        significant: Some(high < 0.9),
        ranks: (1..)
            .zip(ranks)
            .map(|(rank, (name, now))| RankFacts {
                feature: (*name).to_owned(),
                baseline_rank: rank,
                current_rank: *now,
                baseline: 0.2 / rank as f64,
                current: 0.2 / *now as f64,
            })
            .collect(),
    }
}
