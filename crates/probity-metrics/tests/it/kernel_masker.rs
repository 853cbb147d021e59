//! Masked rows of tables: every type of column, groups, fixed columns, missing values, and the
//! whole road to the Shapley values of a model.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, DictionaryArray, Float64Array, Int64Array, NullArray,
    RecordBatch, StringArray, StringViewArray, TimestampSecondArray,
};
use arrow::compute::{cast, concat, take};
use arrow::datatypes::{Float64Type, Int8Type};
use arrow::util::display::array_value_to_string;
use probity_metrics::explain::kernel::{
    Coalition, CoalitionValues, KernelDesign, MaskedBatches, MaskedChunk, Player, Players,
    ScoreCollector, TabularMasker, mean_scores,
};

use crate::kernel_games::gap;

/// One column of each type; the row number is in the values, and every third is missing.
fn table(from: i64, n_rows: i64) -> RecordBatch {
    let rows = || (from..from + n_rows).map(|row| (row % 3 != 0).then_some(row));
    let texts = || rows().map(|row| row.map(|row| format!("text {row}")));
    let dictionary: DictionaryArray<Int8Type> = texts()
        .map(|text| text.map(|text| text[..6].to_owned()))
        .collect::<Vec<_>>()
        .iter()
        .map(Option::as_deref)
        .collect();
    let n_rows = usize::try_from(n_rows).unwrap();
    RecordBatch::try_from_iter([
        (
            "integer",
            Arc::new(rows().collect::<Int64Array>()) as ArrayRef,
        ),
        ("text", Arc::new(texts().collect::<StringArray>())),
        ("view", Arc::new(texts().collect::<StringViewArray>())),
        ("category", Arc::new(dictionary)),
        (
            "flag",
            Arc::new(
                rows()
                    .map(|row| row.map(|row| row % 2 == 0))
                    .collect::<BooleanArray>(),
            ),
        ),
        ("time", Arc::new(rows().collect::<TimestampSecondArray>())),
        ("nothing", Arc::new(NullArray::new(n_rows))),
        (
            "number",
            Arc::new(
                (from..)
                    .take(n_rows)
                    .map(|row| row as f64)
                    .collect::<Float64Array>(),
            ),
        ),
    ])
    .unwrap()
}

fn texts(column: &dyn Array) -> Vec<String> {
    (0..column.len())
        .map(|row| {
            if column.is_null(row) {
                return "missing".to_owned();
            }
            array_value_to_string(column, row).unwrap()
        })
        .collect()
}

fn player(name: &str, columns: &[usize]) -> Player {
    Player {
        name: name.to_owned(),
        columns: columns.to_vec(),
    }
}

/// Every cell of a chunk's inputs, against rows picked one by one.
#[track_caller]
fn check(players: Players, n_baseline: i64) {
    let (baseline, rows) = (table(50, n_baseline), table(0, 4));
    let masker = TabularMasker::new(baseline.clone(), players.clone()).unwrap();
    let n_players = players.n_players();
    let coalitions: Vec<Coalition> = (0..4)
        .map(|step| Coalition::of(n_players, (0..n_players).filter(|p| (p + step) % 3 == 0)))
        .collect();
    let chunk = MaskedChunk {
        rows: 1..4,
        coalitions: 1..4,
    };
    let masked = masker.masked_chunk(&rows, &coalitions, &chunk).unwrap();
    assert_eq!(
        masked.num_rows(),
        3 * 3 * usize::try_from(n_baseline).unwrap()
    );
    for column in 0..rows.num_columns() {
        let (ours, theirs) = (texts(rows.column(column)), texts(baseline.column(column)));
        let mut expected = Vec::new();
        for own in &ours[1..4] {
            for coalition in &coalitions[1..4] {
                let is_own = players
                    .owner(column)
                    .is_none_or(|player| coalition.contains(player));
                expected.extend(theirs.iter().map(|their| if is_own { own } else { their }));
            }
        }
        let found = texts(masked.column(column));
        assert!(found.iter().eq(expected), "column {column}");
        assert_eq!(
            masked.column(column).data_type(),
            rows.column(column).data_type()
        );
    }
}

#[test]
fn every_type_of_column_is_masked_with_few_and_with_many_rows_of_baseline() {
    for n_baseline in [1, 3, 40] {
        let schema = table(0, 1).schema();
        let names = schema.fields().iter().map(|field| field.name().as_str());
        check(Players::of_columns(names).unwrap(), n_baseline);
    }
}

#[test]
fn columns_of_a_group_go_together_and_those_of_nobody_stay() {
    for n_baseline in [1, 40] {
        let groups = vec![player("first", &[1, 7]), player("second", &[0, 3, 2])];
        check(Players::new(groups, 8).unwrap(), n_baseline);
    }
}

#[test]
fn one_row_is_masked_like_a_chunk_of_one() {
    let players = Players::new(vec![player("all", &[0, 1])], 8).unwrap();
    let masker = TabularMasker::new(table(50, 2), players).unwrap();
    let rows = table(0, 3);
    let coalitions = [Coalition::empty(1), Coalition::full(1)];
    let masked = masker.masked(&rows, 2, &coalitions).unwrap();
    assert_eq!(
        texts(masked.column(1)),
        ["text 50", "missing", "text 2", "text 2"]
    );
}

#[test]
fn what_cannot_be_masked_is_told() {
    let rows = table(0, 3);
    let players = || Players::new(vec![player("all", &[0, 1])], 8).unwrap();
    let error = TabularMasker::new(rows.slice(0, 0), players()).unwrap_err();
    assert_eq!(error.to_string(), "the baseline has no row");
    let few = Players::of_columns(["a"]).unwrap();
    let error = TabularMasker::new(rows.clone(), few).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the baseline has 8 columns, the players 1"
    );
    let masker = TabularMasker::new(rows.clone(), players()).unwrap();
    let check = |rows: &RecordBatch, row_idx: usize, coalition: Coalition, expected: &str| {
        let error = masker.masked(rows, row_idx, &[coalition]).unwrap_err();
        assert_eq!(error.to_string(), expected);
    };
    check(
        &rows,
        3,
        Coalition::empty(1),
        "row 3 is not among the 3 rows to explain",
    );
    check(
        &rows,
        0,
        Coalition::empty(2),
        "a coalition of 2 players was asked of 1",
    );
    check(
        &rows.project(&[0, 1]).unwrap(),
        0,
        Coalition::empty(1),
        "the baseline has 8 columns, the rows to explain 2",
    );
    let mut columns = rows.columns().to_vec();
    columns[0] = cast(&columns[0], columns[7].data_type()).unwrap();
    let other = RecordBatch::try_from_iter(
        (rows.schema().fields().iter().zip(columns)).map(|(f, column)| (f.name().clone(), column)),
    )
    .unwrap();
    check(
        &other,
        0,
        Coalition::empty(1),
        "column `integer` is Float64 in the rows to explain, but Int64 in the baseline",
    );
}

/// Two outputs: one linear, one with interactions.
fn model(inputs: &RecordBatch) -> Vec<f64> {
    let columns: Vec<&Float64Array> = (inputs.columns().iter())
        .map(|column| column.as_primitive::<Float64Type>())
        .collect();
    (0..inputs.num_rows())
        .flat_map(|row| {
            let x: Vec<f64> = columns.iter().map(|column| column.value(row)).collect();
            [linear(&x), x[0] * x[1] + (x[2] - x[3] * x[4]).tanh()]
        })
        .collect()
}

const COEFFICIENTS: [f64; 5] = [1.5, -2.0, 0.25, 0.0, 3.0];

fn linear(x: &[f64]) -> f64 {
    x.iter().zip(COEFFICIENTS).map(|(x, c)| x * c).sum::<f64>() + 0.5
}

fn numbers(seed: u64, n_rows: usize) -> RecordBatch {
    let columns = (0..5u64).map(|column| {
        let values =
            (0..n_rows).map(|row| ((row * 7 + 3) as f64 * (column + seed + 1) as f64).sin());
        let name = ["a", "b", "c", "d", "e"][column as usize];
        (name, Arc::new(values.collect::<Float64Array>()) as ArrayRef)
    });
    RecordBatch::try_from_iter(columns).unwrap()
}

/// Masks, scores, collects in reverse order, solves: values by row and output.
fn explain(masker: &TabularMasker, rows: &RecordBatch, most_inputs: usize) -> Vec<[Vec<f64>; 2]> {
    let players = masker.players();
    let design = KernelDesign::new(players.n_players(), None, 0).unwrap();
    let coalitions = players.asked_coalitions(&design);
    let n_baseline = masker.inputs_per_coalition();
    let all = 0..rows.num_rows();
    let batches = MaskedBatches::new(all.clone(), coalitions.len(), n_baseline, most_inputs);
    let mut collector = ScoreCollector::new(all, coalitions.len(), 2);
    for chunk in batches.collect::<Vec<_>>().iter().rev() {
        let inputs = masker.masked_chunk(rows, &coalitions, chunk).unwrap();
        let means = mean_scores(&model(&inputs), n_baseline, 2).unwrap();
        collector.add(chunk, &means).unwrap();
    }
    let empty = mean_scores(&model(masker.baseline()), n_baseline, 2).unwrap();
    let full = model(rows);
    std::iter::from_fn(|| collector.next_finished())
        .map(|row| {
            [0, 1].map(|output| {
                let asked = row.output(output);
                let (empty, values) = if players.has_fixed_columns() {
                    (asked[0], &asked[1..])
                } else {
                    (empty[output], asked)
                };
                let full = full[row.row_idx * 2 + output];
                let values = CoalitionValues {
                    empty,
                    full,
                    values,
                };
                design.solve(&values).unwrap().values
            })
        })
        .collect()
}

#[test]
fn the_values_of_a_linear_model_are_coefficients_times_distances_from_the_baseline() {
    let (baseline, rows) = (numbers(3, 20), numbers(8, 6));
    let players = Players::of_columns(["a", "b", "c", "d", "e"]).unwrap();
    let masker = TabularMasker::new(baseline.clone(), players).unwrap();
    for (row, values) in explain(&masker, &rows, 100).iter().enumerate() {
        for (column, coefficient) in COEFFICIENTS.into_iter().enumerate() {
            let of = |batch: &RecordBatch, row: usize| {
                batch
                    .column(column)
                    .as_primitive::<Float64Type>()
                    .value(row)
            };
            let mean = (0..20).map(|row| of(&baseline, row)).sum::<f64>() / 20.0;
            let expected = coefficient * (of(&rows, row) - mean);
            assert!((values[0][column] - expected).abs() < 1e-13);
        }
    }
}

#[test]
fn chunks_of_any_size_give_the_same_bytes() {
    let players = Players::new(vec![player("ab", &[0, 1]), player("d", &[3])], 5).unwrap();
    for n_baseline in [2, 20] {
        let masker = TabularMasker::new(numbers(3, n_baseline), players.clone()).unwrap();
        let rows = numbers(8, 6);
        let whole = explain(&masker, &rows, 1_000_000);
        for most_inputs in [1, 7, 50, 130] {
            assert_eq!(explain(&masker, &rows, most_inputs), whole);
        }
    }
}

#[test]
fn a_group_gets_what_its_features_do_together_and_fixed_columns_keep_the_row_s_value() {
    let (baseline, rows) = (numbers(3, 15), numbers(8, 3));
    let players = Players::new(vec![player("ab", &[0, 1]), player("d", &[3])], 5).unwrap();
    let masker = TabularMasker::new(baseline.clone(), players).unwrap();
    for (row, values) in explain(&masker, &rows, 64).iter().enumerate() {
        // By the definition for two players, from rows put together here.
        let mean_with = |own: &[usize]| {
            let columns = (0..5).map(|column| {
                let (own_column, theirs) = (rows.column(column), baseline.column(column));
                let positions = arrow::array::UInt64Array::from(vec![row as u64; 15]);
                let own_column = take(own_column, &positions, None).unwrap();
                let source = if own.contains(&column) || column == 2 || column == 4 {
                    own_column
                } else {
                    concat(&[theirs]).unwrap()
                };
                (["a", "b", "c", "d", "e"][column], source)
            });
            let inputs = RecordBatch::try_from_iter(columns).unwrap();
            mean_scores(&model(&inputs), 15, 2).unwrap()
        };
        let (nobody, first, second, all) = (
            mean_with(&[]),
            mean_with(&[0, 1]),
            mean_with(&[3]),
            mean_with(&[0, 1, 3]),
        );
        for output in 0..2 {
            let of_first = (first[output] - nobody[output] + all[output] - second[output]) / 2.0;
            let of_second = (second[output] - nobody[output] + all[output] - first[output]) / 2.0;
            assert!(gap(&values[output], &[of_first, of_second]) < 1e-14);
        }
    }
}
