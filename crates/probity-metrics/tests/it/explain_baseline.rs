//! Computed baselines: agreement with scikit-learn on numbers, categories, missing values,
//! and what is done where a table has too little.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, DictionaryArray, Float64Array, Int64Array,
    RecordBatch, StringArray,
};
use arrow::datatypes::{Field, Float64Type, Int32Type, Int64Type, Schema};
use probity_metrics::explain::baseline::{
    BaselineSettings, ComputeBaseline, ComputedBaseline, computed_baseline,
};

use crate::generator::{SplitMix64, golden};

fn table(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let field = |(name, column): &(&str, ArrayRef)| {
        Field::new(*name, column.data_type().clone(), column.null_count() > 0)
    };
    let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    RecordBatch::try_new(Arc::new(schema), columns).unwrap()
}

fn try_baseline(
    batches: &[RecordBatch],
    num_clusters: Option<usize>,
    seed: u64,
) -> Result<ComputedBaseline, ComputeBaseline> {
    let settings = BaselineSettings { num_clusters, seed };
    computed_baseline(&batches[0].schema(), batches, settings)
}

fn baseline(batch: &RecordBatch, num_clusters: Option<usize>) -> ComputedBaseline {
    try_baseline(std::slice::from_ref(batch), num_clusters, 1).unwrap()
}

fn doubles(values: impl IntoIterator<Item = f64>) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(values))
}

fn column<'a>(baseline: &'a ComputedBaseline, name: &str) -> &'a ArrayRef {
    baseline.rows.column_by_name(name).unwrap()
}

/// The rows of the golden table, as two columns.
fn blobs() -> (RecordBatch, serde_json::Value) {
    let golden = golden("explain/baseline/expected.json");
    let rows = golden["rows"].as_array().unwrap();
    let nth = |n: usize| rows.iter().map(move |row| row[n].as_f64().unwrap());
    (
        table(vec![("x", doubles(nth(0))), ("y", doubles(nth(1)))]),
        golden,
    )
}

#[test]
fn clusters_of_numbers_are_those_of_scikit_learn() {
    let (rows, golden) = blobs();
    for case in &golden["by_number"].as_array().unwrap()[..3] {
        let n = case["n"].as_u64().unwrap() as usize;
        let found = baseline(&rows, Some(n));
        let sizes: Vec<u64> = serde_json::from_value(case["sizes"].clone()).unwrap();
        assert_eq!(found.sizes, sizes);
        let x = column(&found, "x").as_primitive::<Float64Type>();
        let y = column(&found, "y").as_primitive::<Float64Type>();
        for (place, centre) in case["centres"].as_array().unwrap().iter().enumerate() {
            // Means of up to 160 numbers below 100.
            assert!((x.value(place) - centre[0].as_f64().unwrap()).abs() < 1e-11);
            assert!((y.value(place) - centre[1].as_f64().unwrap()).abs() < 1e-11);
        }
        assert_eq!(
            found.description,
            format!("{n} clusters of 280 rows by k-means")
        );
        assert!(found.notes.is_empty());
    }
}

#[test]
fn the_number_of_clusters_is_that_of_the_best_silhouette() {
    let (rows, golden) = blobs();
    let cases = golden["by_number"].as_array().unwrap();
    let silhouette = |case: &&serde_json::Value| case["silhouette"].as_f64().unwrap();
    let best = cases
        .iter()
        .max_by(|a, b| silhouette(a).total_cmp(&silhouette(b)))
        .unwrap();
    let found = baseline(&rows, None);
    assert_eq!(found.rows.num_rows() as u64, best["n"].as_u64().unwrap());
}

#[test]
fn rows_without_clusters_are_one_mean_row() {
    let mut bits = SplitMix64(4);
    let mut uniform = || (bits.next() >> 11) as f64 * (0.5f64).powi(53);
    // Five independent columns: no cut of a cube is a cluster.
    let columns: Vec<Vec<f64>> = (0..5)
        .map(|_| (0..400).map(|_| uniform()).collect())
        .collect();
    let names = ["a", "b", "c", "d", "e"];
    let rows = table(
        names
            .into_iter()
            .zip(columns.iter().cloned().map(doubles))
            .collect(),
    );
    let found = baseline(&rows, None);
    assert_eq!(
        (found.rows.num_rows(), found.sizes.as_slice()),
        (1, [400].as_slice())
    );
    for (name, values) in names.into_iter().zip(columns) {
        let mean = values.iter().sum::<f64>() / 400.0;
        let centre = column(&found, name).as_primitive::<Float64Type>().value(0);
        assert!((centre - mean).abs() < 1e-13);
    }
    assert_eq!(found.description, "1 cluster of 400 rows by k-means");
}

#[test]
fn categories_decide_where_numbers_do_not() {
    // Two groups that differ in three categories; the number is noise.
    let n = 200;
    let mut bits = SplitMix64(8);
    let noise: Vec<f64> = (0..n).map(|_| (bits.next() % 1000) as f64).collect();
    let texts = |a: &'static str, b: &'static str| -> ArrayRef {
        let values: StringArray = (0..n)
            .map(|row| Some(if row % 5 < 3 { a } else { b }))
            .collect();
        Arc::new(values)
    };
    let codes: DictionaryArray<Int32Type> = (0..n)
        .map(|row| if row % 5 < 3 { "m" } else { "f" })
        .collect();
    let flags: BooleanArray = (0..n).map(|row| Some(row % 5 < 3)).collect();
    let rows = table(vec![
        ("noise", doubles(noise)),
        ("job", texts("clerk", "nurse")),
        ("sex", Arc::new(codes)),
        ("flag", Arc::new(flags)),
        ("city", texts("Ulm", "Rom")),
        ("pet", texts("cat", "dog")),
    ]);
    let found = baseline(&rows, Some(2));
    assert_eq!(found.sizes, [120, 80]);
    let jobs: Vec<_> = column(&found, "job")
        .as_string::<i32>()
        .iter()
        .flatten()
        .collect();
    assert_eq!(jobs, ["clerk", "nurse"]);
    assert_eq!(
        column(&found, "flag").as_boolean(),
        &BooleanArray::from(vec![true, false])
    );
    assert_eq!(found.rows.schema(), rows.schema());
    assert_eq!(found.description, "2 clusters of 200 rows by k-prototypes");
}

#[test]
fn whole_numbers_take_a_value_that_occurs() {
    // The mean is 3.2; no row has 3.
    let rows = table(vec![(
        "code",
        Arc::new(Int64Array::from(vec![1, 1, 4, 4, 6])),
    )]);
    let found = baseline(&rows, Some(1));
    assert_eq!(
        column(&found, "code").as_primitive::<Int64Type>().values(),
        &[4]
    );
}

#[test]
fn a_column_that_is_mostly_missing_is_missing_in_the_baseline() {
    let rows = table(vec![
        (
            "few",
            Arc::new(Float64Array::from(vec![Some(5.0), None, Some(f64::NAN)])) as ArrayRef,
        ),
        (
            "most",
            Arc::new(Float64Array::from(vec![Some(5.0), None, Some(7.0)])),
        ),
        (
            "text",
            Arc::new(StringArray::from(vec![None, None, Some("a")])),
        ),
        (
            "count",
            Arc::new(Int64Array::from(vec![None, Some(2), Some(2)])),
        ),
    ]);
    let found = baseline(&rows, Some(1));
    assert!(column(&found, "few").is_null(0));
    assert_eq!(
        column(&found, "most")
            .as_primitive::<Float64Type>()
            .value(0),
        6.0
    );
    assert!(column(&found, "text").is_null(0));
    assert_eq!(
        column(&found, "count").as_primitive::<Int64Type>().value(0),
        2
    );
}

#[test]
fn fewer_clusters_than_asked_for_are_told() {
    let rows = table(vec![("x", doubles([1.0, 1.0, 2.0, 2.0, 2.0]))]);
    let found = baseline(&rows, Some(4));
    assert_eq!(found.sizes, [3, 2]);
    assert_eq!(
        found.notes,
        ["4 clusters were asked for; the rows have 2 that differ"]
    );
    let constant = table(vec![("x", doubles([0.1; 7]))]);
    assert_eq!(baseline(&constant, None).rows.num_rows(), 1);
}

#[test]
fn many_rows_are_drawn_and_batches_change_nothing() {
    let n = 12_000;
    let mut bits = SplitMix64(6);
    let values: Vec<f64> = (0..n)
        .map(|row| f64::from(row % 3 * 100) + (bits.next() % 7) as f64)
        .collect();
    let rows = table(vec![("x", doubles(values))]);
    let whole = try_baseline(std::slice::from_ref(&rows), None, 5).unwrap();
    assert_eq!((whole.n_rows, whole.n_clustered), (12_000, 10_000));
    assert_eq!(whole.description, "3 clusters of 10,000 rows by k-means");
    assert_eq!(
        whole.notes,
        ["the baseline was computed of 10,000 rows drawn from 12,000"]
    );
    let batches: Vec<RecordBatch> = (0..n as usize)
        .step_by(997)
        .map(|first| rows.slice(first, 997.min(n as usize - first)))
        .collect();
    assert_eq!(try_baseline(&batches, None, 5).unwrap(), whole);
    assert_ne!(try_baseline(&batches, None, 6).unwrap(), whole);
}

#[test]
fn tables_without_a_baseline_are_told() {
    let dates = table(vec![("day", Arc::new(Date32Array::from(vec![1])))]);
    assert_eq!(
        try_baseline(&[dates], None, 0).unwrap_err().to_string(),
        "column `day` has the type Date32, which is neither numbers nor categories; give a \
         baseline, or leave the column out"
    );
    let empty = table(vec![("x", doubles([]))]);
    let refused = |clusters| try_baseline(std::slice::from_ref(&empty), clusters, 0).unwrap_err();
    assert!(matches!(refused(None), ComputeBaseline::NoRows));
    assert!(matches!(
        refused(Some(0)),
        ComputeBaseline::NumClusters { found: 0 }
    ));
}
