//! What the report knows about one column, from all documents, and how far it moved.

use std::collections::HashMap;

use probity_domain::document::constraints::FeatureConstraints;
use probity_domain::document::probity_file::{DriftFacts, FeatureFacts};
use probity_domain::document::statistics::{
    CategoryBucket, CommonStatistics, FeatureStatistics, InferredType, NumericalStatistics,
};

use super::DataQualityReport;
use super::findings::{self, Finding};
use crate::chart::TwoSides;
use crate::distribution::WeightedValues;
use crate::number;

/// A column of the current data, of the baseline, or of both.
#[derive(Clone, Debug)]
pub(crate) struct Feature<'a> {
    /// Position in the report's documents: current columns first, then those that are gone.
    pub(crate) position: usize,
    pub(crate) name: &'a str,
    pub(crate) presence: Presence,
    pub(crate) redacted: bool,
    pub(crate) baseline: Option<Side<'a>>,
    pub(crate) current: Option<Side<'a>>,
    pub(crate) facts: Option<&'a FeatureFacts>,
    pub(crate) constraint: Option<&'a FeatureConstraints>,
    /// Positions in the list of findings.
    pub(crate) findings: Vec<usize>,
    /// Sorting key in [0, 1]; see [`movement`].
    pub(crate) moved: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// There is nothing to compare with.
    Alone,
    Both,
    /// Only the baseline has it.
    Gone,
    /// Only the current data have it.
    New,
}

/// One side's statistics of a column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side<'a> {
    pub(crate) inferred_type: InferredType,
    pub(crate) missing: Missing,
    pub(crate) numeric: Option<&'a NumericalStatistics>,
    /// `None` when there were too many values to keep.
    pub(crate) categories: Option<&'a [CategoryBucket]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Missing {
    pub(crate) n_present: u64,
    pub(crate) n_missing: u64,
}

impl Missing {
    pub(crate) fn rows(self) -> u64 {
        self.n_present + self.n_missing
    }

    /// Unknown when there are no rows.
    pub(crate) fn share(self) -> Option<f64> {
        number::share(self.n_missing, self.rows())
    }
}

impl<'a> Feature<'a> {
    pub(crate) fn drift(&self) -> Option<&'a DriftFacts> {
        self.facts?.drift.as_ref()
    }

    /// Numbers became texts or the reverse: such distributions cannot be compared.
    pub(crate) fn changed_kind(&self) -> bool {
        let kinds = [self.baseline, self.current].map(|side| {
            side.map(|side| side.inferred_type)
                .filter(|inferred| *inferred != InferredType::Unknown)
                .map(InferredType::is_numeric)
        });
        matches!(kinds, [Some(before), Some(now)] if before != now)
    }

    /// What the only side is called where there is nothing to compare with.
    pub(crate) fn current_label(&self) -> &'static str {
        match self.presence {
            Presence::Alone => "Values",
            Presence::Both | Presence::Gone | Presence::New => "Current",
        }
    }

    /// Anchor of the column's section.
    pub(crate) fn anchor(&self) -> String {
        format!("c{}", self.position)
    }

    pub(crate) fn shown_name(&self) -> &'a str {
        shown_name(self.name)
    }
}

/// A name that can be seen.
pub(crate) fn shown_name(name: &str) -> &str {
    if name.trim().is_empty() {
        "(no name)"
    } else {
        name
    }
}

/// All columns of a report, to be found by name.
#[derive(Clone, Debug)]
pub(crate) struct Features<'a> {
    /// In the order of the documents.
    pub(crate) list: Vec<Feature<'a>>,
    positions: HashMap<&'a str, usize>,
}

impl<'a> Features<'a> {
    pub(crate) fn of(report: &DataQualityReport<'a>) -> Self {
        let mut list = all(report);
        let positions: HashMap<&str, usize> = list
            .iter()
            .map(|feature| (feature.name, feature.position))
            .collect();
        for (index, finding) in findings::all(report).iter().enumerate() {
            if let Some(position) = positions.get(finding.feature_name) {
                list[*position].findings.push(index);
            }
        }
        Self { list, positions }
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Feature<'a>> {
        self.list.get(*self.positions.get(name)?)
    }

    /// What a finding says in words, with the numbers of its column.
    pub(crate) fn told(&self, finding: &Finding<'_>) -> String {
        findings::sentence(finding, self.named(finding.feature_name))
    }

    /// Furthest moved first; then those with findings; then in the order of the documents.
    pub(crate) fn by_movement(&self) -> Vec<&Feature<'a>> {
        let mut sorted: Vec<&Feature<'a>> = self.list.iter().collect();
        sorted.sort_by(|a, b| {
            b.moved
                .total_cmp(&a.moved)
                .then(a.findings.is_empty().cmp(&b.findings.is_empty()))
        });
        sorted
    }
}

fn all<'a>(report: &DataQualityReport<'a>) -> Vec<Feature<'a>> {
    let baseline: HashMap<&str, &FeatureStatistics> =
        by_name(report.baseline.iter().flat_map(|b| &b.features));
    let facts: HashMap<&str, &FeatureFacts> = report
        .probity
        .features
        .iter()
        .map(|facts| (facts.name.as_str(), facts))
        .collect();
    let constraints: HashMap<&str, &FeatureConstraints> = report
        .constraints
        .iter()
        .flat_map(|file| &file.features)
        .map(|constraint| (constraint.name.as_str(), constraint))
        .collect();
    let current_names: HashMap<&str, &FeatureStatistics> =
        by_name(report.statistics.features.iter());
    let gone = report
        .baseline
        .iter()
        .flat_map(|b| &b.features)
        .filter(|feature| !current_names.contains_key(feature.name.as_str()));
    let current = report
        .statistics
        .features
        .iter()
        .map(|feature| (feature.name.as_str(), Some(feature)));
    let columns = current.chain(gone.map(|feature| (feature.name.as_str(), None)));
    let mut features: Vec<Feature<'a>> = columns
        .enumerate()
        .map(|(position, (name, current))| {
            let rows = report.statistics.dataset.item_count;
            let baseline_rows = report
                .baseline
                .map_or(0, |baseline| baseline.dataset.item_count);
            let sides = TwoSides {
                baseline: baseline
                    .get(name)
                    .map(|statistics| side(statistics, baseline_rows)),
                current: current.map(|statistics| side(statistics, rows)),
            };
            Feature {
                position,
                name,
                presence: if report.baseline.is_some() {
                    presence(&sides)
                } else {
                    Presence::Alone
                },
                redacted: facts.get(name).is_some_and(|facts| facts.redacted),
                baseline: sides.baseline,
                current: sides.current,
                facts: facts.get(name).copied().filter(|_| current.is_some()),
                constraint: constraints.get(name).copied(),
                findings: Vec::new(),
                moved: 0.0,
            }
        })
        .collect();
    for feature in &mut features {
        feature.moved = movement(feature);
    }
    features
}

fn by_name<'a>(
    features: impl Iterator<Item = &'a FeatureStatistics>,
) -> HashMap<&'a str, &'a FeatureStatistics> {
    features
        .map(|feature| (feature.name.as_str(), feature))
        .collect()
}

fn presence(sides: &TwoSides<Side<'_>>) -> Presence {
    match (sides.current, sides.baseline) {
        (Some(_), None) => Presence::New,
        (None, Some(_)) => Presence::Gone,
        (Some(_), Some(_)) | (None, None) => Presence::Both,
    }
}

/// A column of type `Unknown` has no statistics: none of the dataset's rows holds a value.
fn side(statistics: &FeatureStatistics, rows: u64) -> Side<'_> {
    let numeric = statistics.numerical_statistics.as_ref();
    let text = statistics.string_statistics.as_ref();
    let common = numeric.map(|n| n.common).or_else(|| text.map(|t| t.common));
    let CommonStatistics {
        num_present,
        num_missing,
    } = common.unwrap_or(CommonStatistics {
        num_present: 0,
        num_missing: rows,
    });
    Side {
        inferred_type: statistics.inferred_type,
        missing: Missing {
            n_present: num_present,
            n_missing: num_missing,
        },
        numeric,
        categories: text
            .and_then(|text| text.distribution.as_ref())
            .map(|distribution| distribution.categorical.buckets.as_slice()),
    }
}

/// How far a column moved: the largest difference of its distribution functions or category
/// shares, or of its share of missing values if that is larger; 1 for a column that came or went.
fn movement(feature: &Feature<'_>) -> f64 {
    match feature.presence {
        Presence::Alone => return 0.0,
        Presence::New | Presence::Gone => return 1.0,
        Presence::Both => {}
    }
    let effect = match feature.drift() {
        Some(drift) => drift.effect,
        None => distance_of_sides(feature).unwrap_or(0.0),
    };
    let missing = |side: Option<Side<'_>>| side.and_then(|side| side.missing.share());
    let missing_change = match (missing(feature.baseline), missing(feature.current)) {
        (Some(before), Some(now)) => (now - before).abs(),
        (None, _) | (_, None) => 0.0,
    };
    let moved = effect.max(missing_change);
    if moved.is_finite() {
        moved.clamp(0.0, 1.0)
    } else {
        0.0
    }
}

fn distance_of_sides(feature: &Feature<'_>) -> Option<f64> {
    let (baseline, current) = (feature.baseline?, feature.current?);
    if let (Some(before), Some(now)) = (baseline.numeric, current.numeric) {
        return Some(WeightedValues::of(before)?.distance(&WeightedValues::of(now)?));
    }
    let (before, now) = (baseline.categories?, current.categories?);
    let before = category_shares(before);
    let now = category_shares(now);
    let names = before.keys().chain(now.keys());
    let share = |shares: &HashMap<&str, f64>, name: &str| shares.get(name).copied().unwrap_or(0.0);
    names
        .map(|name| (share(&before, name) - share(&now, name)).abs())
        .reduce(f64::max)
}

/// Shares of the categories among the values present.
pub(crate) fn category_shares(buckets: &[CategoryBucket]) -> HashMap<&str, f64> {
    let total: u64 = buckets.iter().map(|bucket| bucket.count).sum();
    buckets
        .iter()
        .filter_map(|bucket| Some((bucket.value.as_str(), number::share(bucket.count, total)?)))
        .collect()
}
