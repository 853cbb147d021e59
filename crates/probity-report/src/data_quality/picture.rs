//! Which picture of a column can be drawn, and the numbers in it.

use std::collections::HashMap;

use probity_domain::document::statistics::CategoryBucket;

use super::feature::{Feature, Presence, Side, category_shares};
use crate::chart::{CategoryBar, CategoryChart, NumericChart, TwoSides};
use crate::distribution::WeightedValues;
use crate::number;

/// Categories with a bar of their own; the others share one.
const MOST_CATEGORIES: usize = 8;
/// What redaction writes instead of a value; such a text gives nothing away.
const HASH_PREFIX: &str = "redacted:";

#[derive(Clone, Debug)]
pub(crate) enum Picture {
    Numeric {
        chart: NumericChart,
        samples: TwoSides<WeightedValues>,
    },
    Categories(CategoryChart),
    /// Nothing to draw, and why.
    Nothing(String),
}

impl Picture {
    pub(crate) fn of(feature: &Feature<'_>) -> Self {
        if feature.presence == Presence::Gone {
            return Self::Nothing("There are no current values to show.".to_owned());
        }
        let Some(current) = feature.current else {
            return Self::Nothing("There are no current values to show.".to_owned());
        };
        // A type that changed leaves the sides without a common scale: the current one alone.
        let baseline = feature
            .baseline
            .filter(|side| side.numeric.is_some() == current.numeric.is_some());
        let is_numeric = current.numeric.is_some()
            || feature.baseline.is_some_and(|side| side.numeric.is_some());
        if feature.redacted && is_numeric {
            return Self::Nothing(
                "The values are redacted; their distribution is not shown.".to_owned(),
            );
        }
        if current.numeric.is_some() {
            return numeric(baseline, current);
        }
        categories(feature, baseline, current)
    }

    /// Shares for a picture the size of a word.
    pub(crate) fn shares(&self) -> Option<TwoSides<Vec<f64>>> {
        match self {
            Self::Numeric { chart, .. } => Some(chart.shares.clone()),
            Self::Categories(chart) => Some(chart.shares()),
            Self::Nothing(_) => None,
        }
    }

    /// Whether a baseline stands beside the current data.
    pub(crate) fn compares(&self) -> bool {
        match self {
            Self::Numeric { samples, .. } => {
                samples.baseline.is_some() && samples.current.is_some()
            }
            Self::Categories(chart) => chart
                .bars
                .iter()
                .any(|bar| bar.shares.baseline.is_some() && bar.shares.current.is_some()),
            Self::Nothing(_) => false,
        }
    }
}

fn numeric(baseline: Option<Side<'_>>, current: Side<'_>) -> Picture {
    let sample = |side: Side<'_>| side.numeric.and_then(WeightedValues::of);
    let samples = TwoSides {
        baseline: baseline.and_then(sample),
        current: sample(current),
    };
    match NumericChart::of(&samples) {
        Some(chart) => Picture::Numeric { chart, samples },
        None => Picture::Nothing("The documents hold no distribution of this column.".to_owned()),
    }
}

fn categories(feature: &Feature<'_>, baseline: Option<Side<'_>>, current: Side<'_>) -> Picture {
    if current.missing.n_present == 0 {
        return Picture::Nothing("No value is present.".to_owned());
    }
    let Some(now) = current.categories else {
        return Picture::Nothing(too_many_values(feature));
    };
    let before = baseline.and_then(|side| side.categories);
    let mut chart = category_chart(before, now);
    if feature.redacted {
        for bar in chart
            .bars
            .iter_mut()
            .filter(|bar| !bar.label.starts_with(HASH_PREFIX))
        {
            if bar.label != OTHER {
                "(value withheld)".clone_into(&mut bar.label);
            }
        }
    }
    Picture::Categories(chart)
}

fn too_many_values(feature: &Feature<'_>) -> String {
    let kind = feature
        .current
        .map_or("Unknown", |side| side.inferred_type.name());
    match feature.facts {
        Some(facts) => format!(
            "About {} distinct values: too many to keep the share of each.",
            number::short(facts.distinct.estimate.round())
        ),
        None => format!("The documents hold no distribution of this {kind} column."),
    }
}

const OTHER: &str = "all others";

fn category_chart(before: Option<&[CategoryBucket]>, now: &[CategoryBucket]) -> CategoryChart {
    let current = category_shares(now);
    let baseline = before.map(category_shares);
    let share = |shares: &HashMap<&str, f64>, name: &str| shares.get(name).copied().unwrap_or(0.0);
    let mut names: Vec<&str> = current
        .keys()
        .chain(baseline.iter().flat_map(HashMap::keys))
        .copied()
        .collect();
    names.sort_unstable();
    names.dedup();
    let larger = |name: &str| {
        let before = baseline.as_ref().map_or(0.0, |shares| share(shares, name));
        share(&current, name).max(before)
    };
    names.sort_by(|a, b| larger(b).total_cmp(&larger(a)));
    let shown = if names.len() == MOST_CATEGORIES + 1 {
        names.len()
    } else {
        MOST_CATEGORIES
    };
    let rest = names.split_off(names.len().min(shown));
    let bar = |label: &str, of: &dyn Fn(&HashMap<&str, f64>) -> f64| CategoryBar {
        label: if label.is_empty() {
            "(empty text)".to_owned()
        } else {
            label.to_owned()
        },
        shares: TwoSides {
            baseline: baseline.as_ref().map(of),
            current: Some(of(&current)),
        },
    };
    let mut bars: Vec<CategoryBar> = names
        .iter()
        .map(|name| bar(name, &|shares| share(shares, name)))
        .collect();
    if !rest.is_empty() {
        bars.push(bar(OTHER, &|shares| {
            rest.iter().map(|name| share(shares, name)).sum()
        }));
    }
    CategoryChart { bars }
}
