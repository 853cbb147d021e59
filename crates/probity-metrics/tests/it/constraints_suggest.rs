//! Suggest, then verify: what a dataset suggests holds on it (the law of Deequ's rules).

use arrow::array::{Array, BooleanArray, Float64Array, Int64Array, StringArray};
use probity_domain::document::constraints::{CategoricalDriftMethod, Constraints};
use probity_domain::document::statistics::InferredType;
use probity_metrics::constraints::{
    DistanceOutcome, Observed, check_dataset, negative_value_notes, suggest,
};
use probity_metrics::summary::{ColumnProfile, ColumnSummary, Summary};
use proptest::prelude::*;

fn profile_of(column: &dyn Array) -> ColumnProfile {
    let mut summary = ColumnSummary::default();
    summary.update(column).unwrap();
    summary.profile()
}

fn text_profile(values: &[Option<&str>]) -> ColumnProfile {
    profile_of(&StringArray::from(values.to_vec()))
}

fn suggested(columns: &[(String, ColumnProfile)]) -> Constraints {
    let columns = columns
        .iter()
        .map(|(name, profile)| (name.as_str(), profile));
    let constraints = suggest(columns, CategoricalDriftMethod::LInfinity);
    // As a check meets them: read back from the file.
    let mut bytes = Vec::new();
    constraints.write_json(&mut bytes).unwrap();
    let read = Constraints::from_json(&bytes).unwrap();
    assert_eq!(read, constraints);
    read
}

/// Texts of few values or many, and what may go wrong with each.
fn texts() -> impl Strategy<Value = Vec<Option<String>>> {
    let word = prop_oneof![
        "[a-c]",
        "[a-z]{1,6}",
        "-?[0-9]{1,3}",
        "-?[0-9]{1,3}\\.[0-9]{1,2}",
        Just("1e400".to_owned()),
        Just("true".to_owned()),
        Just("NaN".to_owned()),
        Just("…\"\\\n".to_owned()),
    ];
    let one_kind = (word, 0..4_usize).prop_flat_map(|(first, kind)| {
        let word: BoxedStrategy<String> = match kind {
            0 => "[a-c]".boxed(),
            1 => "-?[0-9]{1,3}".boxed(),
            2 => "-?[0-9]{1,3}(\\.[0-9]{1,2})?".boxed(),
            _ => "[a-z]{1,6}".boxed(),
        };
        prop::collection::vec(prop::option::weighted(0.9, word), 0..300).prop_map(
            move |mut words| {
                words.push(Some(first.clone()));
                words
            },
        )
    });
    prop_oneof![9 => one_kind, 1 => Just(Vec::new()), 1 => Just(vec![None, None])]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn constraints_suggested_from_texts_hold_on_them(columns in prop::collection::vec(texts(), 1..4)) {
        let columns: Vec<(String, ColumnProfile)> = columns
            .iter()
            .enumerate()
            .map(|(i, values)| (format!("c{i}"), profile_of(&StringArray::from(values.clone()))))
            .collect();
        check_hold(&columns);
    }

    #[test]
    fn constraints_suggested_from_numbers_hold_on_them(
        numbers in prop::collection::vec(prop::option::of(prop::num::f64::ANY), 0..200),
    ) {
        check_hold(&[("x".to_owned(), profile_of(&Float64Array::from(numbers)))]);
    }
}

/// No column is its own violation, at a distance of nothing.
#[track_caller]
fn check_hold(columns: &[(String, ColumnProfile)]) {
    let constraints = suggested(columns);
    let observed: Vec<Observed<'_>> = columns
        .iter()
        .map(|(name, profile)| Observed {
            name,
            profile,
            distance: Some(DistanceOutcome::Distance(0.0)),
        })
        .collect();
    assert_eq!(check_dataset(&constraints, &observed), []);
    assert_eq!(
        negative_value_notes(&constraints, &observed),
        [] as [String; 0]
    );
}

/// The size of the domain suggested for a text column with so many rows of each value.
#[track_caller]
fn check_domain(counts: &[usize], expected: Option<usize>) {
    let names: Vec<String> = (0..counts.len()).map(|i| format!("v{i}")).collect();
    let values: Vec<Option<&str>> = counts
        .iter()
        .zip(&names)
        .flat_map(|(count, name)| std::iter::repeat_n(Some(name.as_str()), *count))
        .collect();
    let constraints = suggested(&[("x".to_owned(), text_profile(&values))]);
    let strings = constraints.features[0].string_constraints.as_ref();
    let size = strings
        .and_then(|strings| strings.domains.as_ref())
        .map(Vec::len);
    assert_eq!(size, expected, "{counts:?}");
}

#[test]
fn a_domain_is_suggested_when_all_values_have_probably_been_seen() {
    check_domain(&[418], Some(1));
    check_domain(&[2], Some(1));
    check_domain(&[30, 19, 1], Some(3));
    check_domain(&[5; 120], Some(120));
}

#[test]
fn no_domain_is_suggested_when_more_values_are_to_come() {
    check_domain(&[1], None);
    check_domain(&[2, 1], None);
    check_domain(&[30, 19, 1, 1], None);
    check_domain(&[5; 121], None);
    let mut long_tail = vec![100_000 / 88; 88];
    long_tail.extend([1; 12]);
    check_domain(&long_tail, None);
}

#[test]
fn a_boolean_column_is_a_string_column_of_two_values() {
    let profile = profile_of(&BooleanArray::from(vec![true, false, true, true, false]));
    let constraints = suggested(&[("x".to_owned(), profile)]);
    let feature = &constraints.features[0];
    assert_eq!(feature.inferred_type, InferredType::String);
    let domains = feature.string_constraints.as_ref().unwrap().domains.clone();
    assert_eq!(domains, Some(vec!["true".to_owned(), "false".to_owned()]));
}

#[test]
fn completeness_is_the_observed_share() {
    let profile = text_profile(&[Some("a"), None, Some("a"), Some("a")]);
    let constraints = suggested(&[("x".to_owned(), profile)]);
    assert_eq!(constraints.features[0].completeness, Some(0.75));
}

#[test]
fn an_empty_column_claims_nothing() {
    let constraints = suggested(&[("x".to_owned(), text_profile(&[]))]);
    let feature = &constraints.features[0];
    assert_eq!(feature.completeness, None);
    assert_eq!(
        (&feature.num_constraints, &feature.string_constraints),
        (&None, &None)
    );
}

#[test]
fn a_negative_minimum_is_noted_where_the_baseline_had_none() {
    let baseline = profile_of(&Int64Array::from(vec![0, 1, 2]));
    let constraints = suggested(&[("x".to_owned(), baseline)]);
    let today = profile_of(&Int64Array::from(vec![0, -1, 2]));
    let observed = [Observed {
        name: "x",
        profile: &today,
        distance: None,
    }];
    assert_eq!(
        negative_value_notes(&constraints, &observed),
        ["column `x` has negative values (minimum -1.0); the baseline had none"]
    );
}

#[test]
fn nothing_is_claimed_of_the_sign_of_infinities() {
    let claim = |values: Vec<f64>| {
        let column = ("x".to_owned(), profile_of(&Float64Array::from(values)));
        let feature = suggested(&[column]).features.remove(0);
        feature.num_constraints.unwrap().is_non_negative
    };
    assert!(claim(vec![0.0, 2.5]));
    assert!(!claim(vec![0.0, -2.5]));
    assert!(!claim(vec![0.0, 2.5, f64::INFINITY]));
}
