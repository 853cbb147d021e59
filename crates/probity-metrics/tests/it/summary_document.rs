//! Columns that come back from the documents they were written to.

use arrow::array::{Float64Array, Int64Array, StringArray};
use probity_metrics::summary::{ColumnSummary, KllSketch, Summary, feature_statistics};

use crate::generator::values;
use crate::summary_column::summary;

#[test]
fn a_feature_of_unknown_type_is_missing_in_every_row_of_its_dataset() {
    let nothing = summary(&[&StringArray::new_null(2)]);
    let statistics = feature_statistics("x", &nothing);
    let mut merged = ColumnSummary::from_statistics(&statistics, 2).unwrap();
    merged.merge(&summary(&[&Int64Array::from(vec![1, 2])]));
    assert_eq!((merged.n_present(), merged.n_missing()), (2, 2));
}

#[test]
fn counts_of_a_feature_go_before_those_of_its_dataset() {
    let numbers = summary(&[&Int64Array::from(vec![Some(1), None])]);
    let words = summary(&[&StringArray::from(vec![Some("a"), None])]);
    for known in [numbers, words] {
        let statistics = feature_statistics("x", &known);
        let read = ColumnSummary::from_statistics(&statistics, 100).unwrap();
        assert_eq!((read.n_present(), read.n_missing()), (1, 1));
    }
}

#[test]
fn a_document_of_our_own_comes_back_as_a_baseline() {
    let numbers = summary(&[&Float64Array::from(values("decimal", 3, 30_000))]);
    let read = ColumnSummary::from_statistics(&feature_statistics("x", &numbers), 30_000).unwrap();
    assert_eq!(
        read.sketch(),
        numbers.sketch().map(|sketch| {
            let (k, c) = sketch.parameters();
            KllSketch::from_levels(k, c, sketch.levels()).unwrap()
        })
    );
    let (ours, theirs) = (
        numbers.profile().numeric.unwrap(),
        read.profile().numeric.unwrap(),
    );
    assert_eq!(
        (ours.sum, ours.min, ours.max),
        (theirs.sum, theirs.min, theirs.max)
    );
    // √ and its square cost one rounding each.
    assert!((ours.std_dev - theirs.std_dev).abs() <= 2.0 * f64::EPSILON * ours.std_dev);
    assert!(read.profile().distinct.relative_standard_error > 0.0);

    let words = summary(&[&StringArray::from(vec!["a", "b", "a"])]);
    let read = ColumnSummary::from_statistics(&feature_statistics("x", &words), 3).unwrap();
    assert_eq!(read.categories(), words.categories());
    assert_eq!(
        ColumnSummary::from_bytes(&read.to_bytes())
            .unwrap()
            .profile(),
        read.profile()
    );
}

#[test]
fn a_high_cardinality_document_has_an_estimate_only() {
    let words: StringArray = (0..5_000).map(|i| Some(format!("word {i}"))).collect();
    let statistics = feature_statistics("x", &summary(&[&words]));
    let read = ColumnSummary::from_statistics(&statistics, 5_000).unwrap();
    assert_eq!(read.categories(), None);
    let distinct = read.profile().distinct;
    assert!((distinct.estimate - 5_000.0).abs() < 250.0 && distinct.relative_standard_error > 0.0);
}
