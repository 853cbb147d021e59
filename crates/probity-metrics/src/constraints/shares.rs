//! The counts behind the checks of completeness, data type and domain: how many values are
//! bad, out of how many. The published verdict compares the ratio with a threshold; the
//! corrected one tests the counts of both sides (Fisher).

use std::borrow::Cow;
use std::collections::HashSet;

use probity_domain::document::constraint_violations::ConstraintCheckType;
use probity_domain::document::constraints::FeatureConstraints;
use probity_domain::document::statistics::InferredType;

use crate::summary::{ColumnProfile, category_name};

/// Standard errors by which a distinct count may be overestimated before we believe it: a
/// mistake in one of 30,000 columns.
const DISTINCT_MARGIN: f64 = 4.0;

/// `bad` of `n` values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    pub bad: u64,
    pub n: u64,
}

impl Share {
    /// `None` of nothing.
    pub fn good_ratio(self) -> Option<f64> {
        if self.n == 0 {
            return None;
        }
        Some((self.n - self.bad.min(self.n)) as f64 / self.n as f64)
    }
}

/// Missing values of all rows.
pub fn missing(profile: &ColumnProfile) -> Share {
    Share {
        bad: profile.n_missing,
        n: profile.n_present + profile.n_missing,
    }
}

/// Present values that are not of the `expected` type. Whole numbers are fractional too;
/// everything is a string; a column that was all null expects nothing.
pub fn of_other_type(expected: InferredType, profile: &ColumnProfile) -> Share {
    let types = &profile.types;
    let n = types.integral + types.fractional + types.boolean + types.string;
    let matching = match expected {
        InferredType::Integral => types.integral,
        InferredType::Fractional => types.integral + types.fractional,
        InferredType::Boolean => types.boolean,
        InferredType::String | InferredType::Unknown => n,
    };
    Share {
        bad: n - matching,
        n,
    }
}

/// Present values outside the domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainShare {
    pub share: Share,
    /// Most frequent values outside, with the rows that at least hold them.
    pub outside: Vec<(String, u64)>,
    /// `false` when the column has so many values that only some were counted: then there
    /// are at least `share.bad` bad values.
    pub is_exact: bool,
}

/// What lies outside `domains`.
pub fn outside_domain(domains: &[String], profile: &ColumnProfile) -> DomainShare {
    let inside: HashSet<Cow<'_, str>> = domains.iter().map(|value| category_name(value)).collect();
    let n = profile.n_present;
    if let Some(categories) = &profile.categories {
        let outside: Vec<(String, u64)> = categories
            .iter()
            .filter(|(value, _)| !inside.contains(value.as_str()))
            .cloned()
            .collect();
        let bad = outside.iter().map(|(_, count)| count).sum();
        return DomainShare {
            share: Share { bad, n },
            outside,
            is_exact: true,
        };
    }
    let outside: Vec<(String, u64)> = profile
        .frequent
        .iter()
        .filter(|frequent| !inside.contains(frequent.value.as_str()))
        .map(|frequent| (frequent.value.clone(), frequent.count))
        .collect();
    let counted: u64 = outside.iter().map(|(_, count)| count).sum();
    let bad = counted.max(values_beyond(domains.len(), profile)).min(n);
    DomainShare {
        share: Share { bad, n },
        outside,
        is_exact: false,
    }
}

/// A column with more distinct values than the domain has at least so many rows outside.
fn values_beyond(domain_size: usize, profile: &ColumnProfile) -> u64 {
    let distinct = &profile.distinct;
    let certain = distinct.estimate * (1.0 - DISTINCT_MARGIN * distinct.relative_standard_error);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "floats saturate; counts beyond 2^64 don't exist"
    )]
    let certain = certain.floor() as u64;
    certain.saturating_sub(domain_size as u64)
}

/// Every check of the feature that counts values, in the order of the checks.
pub fn of_feature(
    constraint: &FeatureConstraints,
    profile: &ColumnProfile,
) -> Vec<(ConstraintCheckType, Share)> {
    let mut shares = Vec::new();
    let data_type = of_other_type(constraint.inferred_type, profile);
    shares.push((ConstraintCheckType::DataTypeCheck, data_type));
    if constraint.completeness.is_some() {
        shares.push((ConstraintCheckType::CompletenessCheck, missing(profile)));
    }
    if let Some(domains) = domains(constraint) {
        let domain = outside_domain(domains, profile).share;
        shares.push((ConstraintCheckType::CategoricalValuesCheck, domain));
    }
    shares
}

/// The domain that a feature's values must lie in.
pub(crate) fn domains(constraint: &FeatureConstraints) -> Option<&[String]> {
    constraint.string_constraints.as_ref()?.domains.as_deref()
}

#[cfg(test)]
mod tests {
    use probity_domain::document::probity_file::{DistinctFacts, FrequentValue, TypeCounts};

    use super::*;
    use crate::constraints::check::tests::column_of;

    fn profile_of_types(types: TypeCounts) -> ColumnProfile {
        ColumnProfile {
            types,
            ..column_of(&["a"])
        }
    }

    #[track_caller]
    fn check_type(expected: InferredType, bad: u64) {
        let types = TypeCounts {
            integral: 5,
            fractional: 3,
            boolean: 2,
            string: 1,
            unknown: 7,
        };
        let share = of_other_type(expected, &profile_of_types(types));
        assert_eq!(share, Share { bad, n: 11 });
    }

    #[test]
    fn whole_numbers_are_fractional_but_not_the_other_way_round() {
        check_type(InferredType::Fractional, 3);
        check_type(InferredType::Integral, 6);
    }

    #[test]
    fn everything_is_a_string() {
        check_type(InferredType::String, 0);
    }

    #[test]
    fn a_column_that_was_empty_expects_nothing() {
        check_type(InferredType::Unknown, 0);
    }

    #[test]
    fn a_ratio_of_nothing_is_unknown() {
        assert_eq!(Share { bad: 0, n: 0 }.good_ratio(), None);
    }

    #[test]
    fn values_outside_the_domain_are_counted_and_named() {
        let domain = outside_domain(&["a".to_owned()], &column_of(&["a", "b", "b", "c"]));
        assert_eq!(domain.share, Share { bad: 3, n: 4 });
        assert_eq!(domain.outside, [("b".to_owned(), 2), ("c".to_owned(), 1)]);
        assert!(domain.is_exact);
    }

    /// Rows certainly outside the domain `a`, of 1,000 rows whose values were not all kept.
    #[track_caller]
    fn check_unkept(estimate: f64, relative_standard_error: f64, value: &str, bad: u64) {
        let profile = ColumnProfile {
            n_present: 1_000,
            categories: None,
            distinct: DistinctFacts {
                estimate,
                relative_standard_error,
            },
            frequent: vec![
                FrequentValue {
                    value: "a".to_owned(),
                    count: 600,
                    max_undercount: 9,
                },
                FrequentValue {
                    value: value.to_owned(),
                    count: 50,
                    max_undercount: 9,
                },
            ],
            ..column_of(&["a"])
        };
        let domain = outside_domain(&["a".to_owned(), "long ".repeat(100)], &profile);
        assert_eq!(domain.share, Share { bad, n: 1_000 });
        assert!(!domain.is_exact);
    }

    #[test]
    fn of_many_values_only_the_certain_ones_are_outside() {
        check_unkept(20.0, 0.0, "b", 50);
        check_unkept(202.0, 0.0, "b", 200);
        check_unkept(1_000.0, 0.016, "b", 934);
    }

    #[test]
    fn a_long_value_of_the_domain_is_inside_under_its_name() {
        check_unkept(2.0, 0.0, &category_name(&"long ".repeat(100)), 0);
        check_unkept(2.0, 0.0, &category_name(&"long ".repeat(101)), 50);
    }
}
