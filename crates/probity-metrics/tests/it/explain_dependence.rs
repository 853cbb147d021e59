//! Partial dependence: grids, columns that are set, and the curves of models whose partial
//! dependence is known in closed form.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, DictionaryArray, Float64Array, Int8Array,
    Int32Array, Int64Array, NullArray, RecordBatch, StringArray, StringViewArray, UInt64Array,
};
use arrow::datatypes::{DataType, Field, Float64Type, Int8Type, Int32Type, Schema};
use probity_domain::document::explanations::{PdpDataType, PdpOutcome, UNSUPPORTED_DATA_TYPE};
use probity_metrics::explain::partial_dependence::{
    DependenceCurves, FeatureKind, Grid, GridError, PointScores, PointValue, SetColumn,
    dependence_facts, failed_dependence_facts, failed_pdp_entry, pdp_entry, with_column_set,
};

use crate::generator::{golden, values};

fn grid_of(column: impl Array + 'static, resolution: usize) -> Result<Grid, GridError> {
    Grid::new(&[Arc::new(column) as ArrayRef], resolution)
}

fn numbers(grid: &Grid) -> Vec<f64> {
    let number = |value: &PointValue| match value {
        PointValue::Number(number) => *number,
        other => panic!("{other:?} is no number"),
    };
    grid.points()
        .iter()
        .map(|point| number(&point.value))
        .collect()
}

fn counts(grid: &Grid) -> Vec<u64> {
    grid.points().iter().map(|point| point.n_rows).collect()
}

#[test]
fn points_are_those_of_the_guide() {
    // The guide's example: income in ten buckets of 1,407.8 from 343.
    let column = Float64Array::from(vec![343.0, 14_421.0]);
    let points = numbers(&grid_of(column, 10).unwrap());
    for (found, expected) in points.iter().zip([1046.9, 2454.7, 3862.5, 5270.3]) {
        assert!((found - expected).abs() < 1e-9, "{found}");
    }
}

#[test]
fn buckets_hold_the_rows_that_numpy_counts() {
    for case in golden("explain/grid/expected.json").as_array().unwrap() {
        let list = |name: &str| -> Vec<f64> {
            let values = case[name].as_array().unwrap();
            values.iter().map(|value| value.as_f64().unwrap()).collect()
        };
        let resolution = case["resolution"].as_u64().unwrap() as usize;
        let grid = grid_of(Float64Array::from(list("values")), resolution).unwrap();
        let expected: Vec<u64> = list("counts").iter().map(|count| *count as u64).collect();
        assert_eq!(counts(&grid), expected, "{case}");
        for (found, expected) in numbers(&grid).iter().zip(list("centres")) {
            // Two roundings of numbers of the size of the largest.
            assert!(
                (found - expected).abs() <= expected.abs().max(10.0) * 4e-16,
                "{found} {expected}"
            );
        }
    }
}

#[test]
fn missing_and_infinite_values_have_no_point_and_are_counted() {
    let column = Float64Array::from(vec![
        Some(1.0),
        None,
        Some(f64::NAN),
        Some(f64::INFINITY),
        Some(3.0),
        Some(f64::NEG_INFINITY),
    ]);
    let grid = grid_of(column, 2).unwrap();
    assert_eq!(numbers(&grid), [1.5, 2.5]);
    assert_eq!((grid.n_missing(), grid.n_infinite()), (2, 2));
    assert_eq!(grid.shares(), [0.5, 0.5]);
}

#[test]
fn equal_numbers_have_one_point() {
    let grid = grid_of(Float64Array::from(vec![7.5; 3]), 15).unwrap();
    assert_eq!(numbers(&grid), [7.5]);
    assert_eq!(counts(&grid), [3]);
}

#[test]
fn the_range_of_all_doubles_has_finite_points() {
    let column = Float64Array::from(vec![f64::MIN, 0.0, f64::MAX]);
    let grid = grid_of(column, 3).unwrap();
    assert!(numbers(&grid).iter().all(|number| number.is_finite()));
    assert_eq!(counts(&grid), [1, 1, 1]);
}

#[test]
fn whole_numbers_are_categories_while_the_grid_could_hold_them() {
    let column = || Int64Array::from(vec![Some(3), Some(1), None, Some(3), Some(2)]);
    let grid = grid_of(column(), 3).unwrap();
    assert_eq!(grid.kind(), FeatureKind::Categorical);
    let values: Vec<_> = grid
        .points()
        .iter()
        .map(|point| point.value.clone())
        .collect();
    assert_eq!(values, [1, 2, 3].map(PointValue::Integer));
    assert_eq!(counts(&grid), [1, 1, 2]);
    let grid = grid_of(column(), 2).unwrap();
    assert_eq!(grid.kind(), FeatureKind::Numerical);
    assert_eq!(numbers(&grid), [1.5, 2.5]);
    assert_eq!((counts(&grid), grid.n_missing()), (vec![1, 3], 1));
}

#[test]
fn unsigned_numbers_beyond_the_signed_ones_are_an_axis() {
    let grid = grid_of(UInt64Array::from(vec![0, u64::MAX]), 2).unwrap();
    assert_eq!(counts(&grid), [1, 1]);
    assert_eq!(grid.n_missing(), 0);
}

#[test]
fn a_column_in_pieces_has_the_grid_of_the_whole() {
    let all = values("decimal", 3, 1000);
    let whole = grid_of(Float64Array::from(all.clone()), 15).unwrap();
    let pieces: Vec<ArrayRef> = all
        .chunks(77)
        .map(|piece| Arc::new(Float64Array::from(piece.to_vec())) as ArrayRef)
        .collect();
    assert_eq!(Grid::new(&pieces, 15).unwrap(), whole);
}

#[test]
fn texts_and_truth_values_are_categories_in_order() {
    let texts: DictionaryArray<Int8Type> = vec![Some("b"), Some("a"), None, Some("b")]
        .into_iter()
        .collect();
    let grid = grid_of(texts, 15).unwrap();
    let values: Vec<_> = grid
        .points()
        .iter()
        .map(|point| point.value.clone())
        .collect();
    assert_eq!(
        values,
        ["a", "b"].map(|text| PointValue::Text(text.to_owned()))
    );
    assert_eq!((counts(&grid), grid.n_missing()), (vec![1, 2], 1));
    let grid = grid_of(BooleanArray::from(vec![true, false, true]), 15).unwrap();
    assert_eq!(counts(&grid), [1, 2]);
}

#[test]
fn what_is_no_category_is_refused_in_the_words_of_clarify() {
    let sentences: StringArray = (0..100).map(|row| Some(format!("text {row}"))).collect();
    let refused = grid_of(sentences, 15).unwrap_err();
    assert_eq!(refused.to_string(), UNSUPPORTED_DATA_TYPE);
    assert_eq!(
        failed_pdp_entry("t", &refused).data_type,
        PdpDataType::FreeText
    );
    assert_eq!(
        grid_of(Date32Array::from(vec![1]), 15).unwrap_err(),
        GridError::Unsupported
    );
    // Twenty texts may all differ: a small table has few rows of each.
    let few: StringArray = (0..20).map(|row| Some(format!("text {row}"))).collect();
    assert_eq!(grid_of(few, 15).unwrap().points().len(), 20);
}

#[test]
fn grids_that_cannot_be_are_told() {
    let many: StringArray = (0..3003)
        .map(|row| Some(format!("{}", row % 1001)))
        .collect();
    let error = grid_of(many, 15).unwrap_err();
    assert_eq!(error, GridError::TooManyCategories { found: 1001 });
    let facts = failed_dependence_facts("zip", &error);
    assert!(facts.error.unwrap().contains("1001 categories"));
    let nothing = [
        grid_of(Float64Array::from(vec![None, Some(f64::NAN)]), 15),
        grid_of(StringArray::from(vec![None::<&str>]), 15),
        grid_of(NullArray::new(4), 15),
        Grid::new(&[], 15),
    ];
    for grid in nothing {
        assert_eq!(grid.unwrap_err(), GridError::NoValues);
    }
    let error = grid_of(Float64Array::from(vec![1.0]), 0).unwrap_err();
    assert_eq!(error, GridError::Resolution { found: 0 });
}

fn batch_of(column: ArrayRef) -> RecordBatch {
    let other: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.0), None, Some(3.0)]));
    let metadata = HashMap::from([("source".to_owned(), "test".to_owned())]);
    let fields = vec![
        Field::new("other", DataType::Float64, true),
        Field::new("x", column.data_type().clone(), true),
    ];
    let schema = Schema::new_with_metadata(fields, metadata);
    RecordBatch::try_new(Arc::new(schema), vec![other, column]).unwrap()
}

#[track_caller]
fn check_set(column: ArrayRef, point: PointValue, expected: &ArrayRef) {
    let batch = batch_of(column);
    let set = with_column_set(&batch, 1, &point).unwrap();
    assert_eq!(set.column(1), expected);
    assert_eq!(set.schema().field(1).data_type(), expected.data_type());
    assert_eq!(set.column(0), batch.column(0));
    assert_eq!(set.schema().metadata(), batch.schema().metadata());
}

#[test]
fn a_column_that_is_set_keeps_a_type_that_holds_the_point() {
    let integers: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), None, Some(9)]));
    let expected: ArrayRef = Arc::new(Int32Array::from(vec![4; 3]));
    check_set(integers.clone(), PointValue::Number(4.0), &expected);
    check_set(integers, PointValue::Integer(4), &expected);
    let texts: ArrayRef = Arc::new(StringViewArray::from(vec!["a", "b", "c"]));
    let expected: ArrayRef = Arc::new(StringViewArray::from(vec!["z"; 3]));
    check_set(texts, PointValue::Text("z".to_owned()), &expected);
    let singles = arrow::array::Float32Array::from(vec![1.0, 2.0, 3.0]);
    let expected: ArrayRef = Arc::new(arrow::array::Float32Array::from(vec![0.1_f32; 3]));
    check_set(Arc::new(singles), PointValue::Number(0.1), &expected);
}

#[test]
fn whole_numbers_become_doubles_where_a_point_is_none_of_them() {
    let integers: ArrayRef = Arc::new(Int8Array::from(vec![1, 2, 3]));
    let expected: ArrayRef = Arc::new(Float64Array::from(vec![2.5; 3]));
    check_set(integers.clone(), PointValue::Number(2.5), &expected);
    let expected: ArrayRef = Arc::new(Float64Array::from(vec![300.0; 3]));
    check_set(integers, PointValue::Number(300.0), &expected);
}

#[test]
fn a_dictionary_stays_one() {
    let texts: DictionaryArray<Int32Type> = vec!["a", "b", "a"].into_iter().collect();
    let batch = batch_of(Arc::new(texts));
    let set = with_column_set(&batch, 1, &PointValue::Text("b".to_owned())).unwrap();
    assert_eq!(set.schema(), batch.schema());
}

#[test]
fn a_column_cannot_be_set_to_what_it_is_not() {
    let batch = batch_of(Arc::new(StringArray::from(vec!["a", "b", "c"])));
    let error = with_column_set(&batch, 1, &PointValue::Number(1.0)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "column `x` has the type Utf8, which cannot be set to a number"
    );
    let error = with_column_set(&batch, 2, &PointValue::Number(1.0)).unwrap_err();
    assert!(matches!(
        error,
        SetColumn::NoColumn {
            column_idx: 2,
            n_columns: 2
        }
    ));
}

/// f = (2·x + 3·y, x·y), of batches of so many rows.
fn curves_of(batch_rows: usize, seed: u64) -> (Grid, DependenceCurves, Vec<f64>) {
    let x = values("uniform", 1, 600);
    let y = values("decimal", 2, 600);
    let schema = Arc::new(Schema::new(vec![
        Field::new("x", DataType::Float64, false),
        Field::new("y", DataType::Float64, false),
    ]));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Float64Array::from(x)),
        Arc::new(Float64Array::from(y.clone())),
    ];
    let rows = RecordBatch::try_new(schema, columns).unwrap();
    let grid = Grid::new(&[rows.column(0).clone()], 15).unwrap();
    let mut curves = DependenceCurves::new(grid.points().len(), 2, seed);
    for first in (0..rows.num_rows()).step_by(batch_rows) {
        let batch = rows.slice(first, batch_rows.min(rows.num_rows() - first));
        let mut of_batch = DependenceCurves::new(grid.points().len(), 2, seed);
        for (point_idx, point) in grid.points().iter().enumerate() {
            let set = with_column_set(&batch, 0, &point.value).unwrap();
            let x = set.column(0).as_primitive::<Float64Type>();
            let y = set.column(1).as_primitive::<Float64Type>();
            let pairs = x.values().iter().zip(y.values());
            let scores: Vec<f64> = pairs
                .flat_map(|(x, y)| [2.0 * x + 3.0 * y, x * y])
                .collect();
            let of_point = PointScores {
                point_idx,
                first_row: first as u64,
                scores: &scores,
            };
            of_batch.update(of_point).unwrap();
        }
        curves.merge(&of_batch);
    }
    (grid, curves, y)
}

#[test]
fn the_curves_of_a_known_model_are_its_closed_form() {
    let (grid, curves, y) = curves_of(600, 7);
    let mean_y = y.iter().sum::<f64>() / y.len() as f64;
    let (sums, products) = (curves.means(0), curves.means(1));
    for (place, x) in numbers(&grid).into_iter().enumerate() {
        // 600 terms of at most 2,100: a few hundred roundings of 2e-13.
        assert!((sums[place] - (2.0 * x + 3.0 * mean_y)).abs() < 1e-10);
        assert!((products[place] - x * mean_y).abs() < 1e-10);
    }
    assert_eq!(curves.n_rows(), 600);
    let labels = ["a".to_owned(), "b".to_owned()];
    let facts = dependence_facts("x", &grid, &curves, &labels);
    // At x the output is 2·x + 3·y: the spread is that of 3·y/√n at every point.
    let variance = y.iter().map(|y| (y - mean_y).powi(2)).sum::<f64>() / 599.0;
    let half_width = 1.963_943 * 3.0 * (variance / 600.0).sqrt();
    for mean in &facts.labels[0].means {
        let interval = mean.interval.as_ref().unwrap();
        assert!(((interval.high - interval.low) / 2.0 / half_width - 1.0).abs() < 1e-5);
    }
    assert_eq!(facts.labels[1].individual.len(), 50);
    for curve in &facts.labels[1].individual {
        let of_row = curve[0] / numbers(&grid)[0];
        assert!(y.iter().any(|y| (y - of_row).abs() < 1e-9), "{of_row}");
        let expected = numbers(&grid).into_iter().map(|x| x * of_row);
        assert!(
            curve
                .iter()
                .zip(expected)
                .all(|(a, b)| (a - b).abs() < 1e-9)
        );
    }
    let PdpOutcome::Computed(curve) = pdp_entry("x", &grid, &curves, &labels).outcome else {
        panic!("a curve");
    };
    assert_eq!(curve.model_predictions, [sums, products]);
    assert!((curve.data_distribution.iter().sum::<f64>() - 1.0).abs() < 1e-12);
}

#[test]
fn batches_change_neither_the_rows_that_are_shown_nor_the_means() {
    let labels = ["a".to_owned(), "b".to_owned()];
    let (grid, whole, _) = curves_of(600, 7);
    let whole_facts = dependence_facts("x", &grid, &whole, &labels);
    for batch_rows in [1, 64, 599] {
        let (_, parts, _) = curves_of(batch_rows, 7);
        let facts = dependence_facts("x", &grid, &parts, &labels);
        assert_eq!(facts.labels[0].individual, whole_facts.labels[0].individual);
        for (a, b) in parts.means(0).iter().zip(whole.means(0)) {
            assert!((a - b).abs() < 1e-10);
        }
    }
    let (_, other, _) = curves_of(600, 8);
    let other = dependence_facts("x", &grid, &other, &labels);
    assert_ne!(other.labels[0].individual, whole_facts.labels[0].individual);
}

#[test]
fn outputs_that_are_no_numbers_are_left_out_and_counted() {
    let mut curves = DependenceCurves::new(1, 1, 0);
    let of_point = |scores| PointScores {
        point_idx: 0,
        first_row: 0,
        scores,
    };
    curves
        .update(of_point(&[1.0, f64::NAN, f64::INFINITY, 3.0]))
        .unwrap();
    assert_eq!((curves.means(0), curves.n_not_finite()), (vec![2.0], 2));
    let error = DependenceCurves::new(1, 2, 0)
        .update(of_point(&[1.0; 3]))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "3 scores are no whole number of rows of 2 outputs"
    );
}
