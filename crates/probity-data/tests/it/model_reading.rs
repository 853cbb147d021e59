//! Models of the real libraries predict what the libraries predict, on every row: also at the
//! thresholds, at values that round to them, at infinities and where everything is missing.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use probity_data::model::{
    Iterations, ModelBody, OpenOptions, OpenedModel, Predict, open_model, read_model,
};
use probity_metrics::model::{FeatureKind, FeatureMatrix, Link};
use serde_json::Value;

use crate::golden_models::{GoldenModel, golden_folder, golden_models, magnitudes, split_kinds};

fn raw_scores(model: &OpenedModel, rows: &FeatureMatrix) -> Vec<f64> {
    match &model.body {
        ModelBody::Trees(trees) => trees.raw_scores(rows),
        ModelBody::Linear(linear) => linear.raw_scores(rows),
        ModelBody::Onnx(_) => unreachable!("no model here is a graph"),
    }
}

/// How far a raw score may be off: the rounding of all that is added for the row.
fn allowed(golden: &GoldenModel, model: &OpenedModel, rows: &FeatureMatrix) -> Vec<f64> {
    let per_row = |row: &[f64]| match &model.body {
        ModelBody::Trees(trees) => magnitudes(trees, row),
        ModelBody::Linear(linear) => (0..linear.n_outputs())
            .map(|output| {
                let products = linear
                    .weights(output)
                    .iter()
                    .zip(row)
                    .map(|(w, x)| (w * x).abs());
                products.sum::<f64>() + linear.intercepts()[output].abs()
            })
            .collect(),
        ModelBody::Onnx(_) => unreachable!("no model here is a graph"),
    };
    let sums = rows.rows().flat_map(per_row);
    sums.map(|sum| sum * golden.rounding() + 1e-15).collect()
}

/// The rows as the model is given them.
fn rows_of(golden: &GoldenModel, model: &OpenedModel) -> FeatureMatrix {
    let rows = golden.matrix("rows").unwrap();
    match model.trees() {
        Some(_) => rows,
        None => {
            let values = rows
                .values()
                .iter()
                .map(|x| if x.is_nan() { 0.0 } else { *x });
            FeatureMatrix::new(values.collect(), rows.n_features()).unwrap()
        }
    }
}

#[track_caller]
fn check_raw(golden: &GoldenModel, model: &OpenedModel, expected: &[f64]) {
    let rows = rows_of(golden, model);
    let found = raw_scores(model, &rows);
    let allowed = allowed(golden, model, &rows);
    assert_eq!(found.len(), expected.len(), "{}", golden.name);
    for (idx, (found, expected)) in found.iter().zip(expected).enumerate() {
        let row = rows.row(idx / model.n_outputs().unwrap());
        assert!(
            (found - expected).abs() <= allowed[idx],
            "{} row {idx} {row:?}: {found} and not {expected}",
            golden.name
        );
    }
}

#[test]
fn raw_scores_are_the_librarys_own() {
    let models = golden_models();
    assert!(models.len() > 60, "{}", models.len());
    for golden in models {
        check_raw(&golden, &golden.open(), &golden.numbers("raw").unwrap());
    }
}

#[test]
fn predictions_are_the_librarys_own() {
    for golden in golden_models() {
        let model = golden.open();
        // `multi:softmax` and MultiClassOneVsAll were asked for something else than probabilities.
        if ["xgboost/softmax", "catboost/ova"].contains(&golden.name.as_str()) {
            continue;
        }
        let rows = rows_of(&golden, &model);
        let found = model.scores(&rows).unwrap();
        let raw_errors = allowed(&golden, &model, &rows);
        let expected = golden.numbers("predictions").unwrap();
        assert_eq!(found.len(), expected.len(), "{}", golden.name);
        for (idx, (found, expected)) in found.iter().zip(&expected).enumerate() {
            // Links change by at most their value (exp), twice a root (square), or a quarter.
            let slope = match model.link().unwrap() {
                Link::SignedSquare => 2.0 * expected.abs().sqrt(),
                _ => expected.abs().max(1.0),
            };
            let own = golden.rounding() * expected.abs();
            assert!(
                (found - expected).abs() <= raw_errors[idx] * slope + own,
                "{} row {idx}: {found} and not {expected}",
                golden.name
            );
        }
    }
}

#[test]
fn all_iterations_are_used_where_that_is_asked() {
    let mut n_models = 0;
    let iterations = Iterations::All;
    for golden in golden_models() {
        if let Some(expected) = golden.numbers("all_iterations_raw") {
            check_raw(
                &golden,
                &golden.open_with(OpenOptions {
                    iterations,
                    ..OpenOptions::default()
                }),
                &expected,
            );
            let counts = golden.open().library.iterations;
            let other = golden.member("other");
            assert_eq!(counts.best, other["best_iteration"].as_u64());
            assert_eq!(counts.in_file as u64, other["iterations"].as_u64().unwrap());
            assert!(counts.used < counts.in_file, "{}", golden.name);
            n_models += 1;
        }
    }
    assert_eq!(n_models, 4);
}

#[test]
fn json_and_ubjson_say_the_same() {
    let mut n_models = 0;
    for golden in golden_models() {
        let ubjson = golden.path().with_extension("ubj");
        if ubjson.exists() {
            let (json, ubjson) = (golden.open(), open_model(&ubjson).unwrap());
            assert!(json.body == ubjson.body, "{}", golden.name);
            assert_eq!(json.library, ubjson.library, "{}", golden.name);
            assert_ne!(json.sha256, ubjson.sha256);
            n_models += 1;
        }
    }
    assert_eq!(n_models, 15);
}

/// Else the tests above would not see a mistake in one of them.
#[test]
fn the_models_hold_every_kind_of_split() {
    let mut kinds = BTreeSet::new();
    for golden in golden_models() {
        if let Some(trees) = golden.open().trees() {
            kinds.extend(split_kinds(trees));
        }
    }
    assert_eq!(kinds.len(), 7, "{kinds:?}");
}

#[test]
fn names_of_categories_are_the_codes_of_the_library() {
    let mut n_models = 0;
    for golden in golden_models() {
        let Some(named) = golden.member("named_rows").as_array() else {
            continue;
        };
        let columns = golden.member("columns").as_array().unwrap();
        // In another order, with a label in front, as text.
        let text = |row: &serde_json::Value, idx: usize| match &row[idx] {
            serde_json::Value::Null => None,
            serde_json::Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        let mut batch: Vec<(String, ArrayRef)> = vec![(
            "label".to_owned(),
            Arc::new(Float64Array::from(vec![1.0; named.len()])),
        )];
        for (idx, column) in columns.iter().enumerate().rev() {
            let values = named.iter().map(|row| text(row, idx));
            let values: ArrayRef = Arc::new(StringArray::from_iter(values));
            batch.push((column.as_str().unwrap().to_owned(), values));
        }
        let batch = RecordBatch::try_from_iter_with_nullable(
            batch.into_iter().map(|(name, values)| (name, values, true)),
        )
        .unwrap();
        let model = golden.open();
        if golden.name.starts_with("xgboost17") {
            // Its file has no names of categories.
            let error = model.features_of(&batch).unwrap_err().to_string();
            assert!(error.contains("does not say which code"), "{error}");
            continue;
        }
        let rows = golden.matrix("rows").unwrap();
        let predictions = futures::executor::block_on(model.predict(&batch)).unwrap();
        assert_eq!(
            Some(predictions.scores),
            model.scores(&rows),
            "{}",
            golden.name
        );
        assert_eq!(model.match_columns(&batch).unwrap().unused, ["label"]);
        n_models += 1;
    }
    assert_eq!(n_models, 4);
}

#[test]
fn what_cannot_be_read_says_why_and_what_to_do() {
    for (file, named) in [
        (
            "xgboost/dart.json",
            "the booster `dart` (its trees carry `weight_drop`)",
        ),
        ("lightgbm/linear_tree.txt", "`linear_tree`"),
        ("catboost/categorical.json", "categorical features"),
    ] {
        let error = open_model(&golden_folder().join(file)).unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains(named), "{source}");
    }
    for (file, named) in [
        (
            "xgboost17/binary.deprecated",
            "save it as `model.json` or `model.ubj`",
        ),
        ("catboost/binary_form.cbm", "format=\"json\""),
    ] {
        let error = open_model(&golden_folder().join(file))
            .unwrap_err()
            .to_string();
        assert!(error.contains(named), "{error}");
    }
}

#[test]
fn summaries_say_what_was_understood() {
    let open = |file: &str| open_model(&golden_folder().join(file)).unwrap();
    let model = open("xgboost/forest.json");
    let summary = model.summary();
    assert_eq!(summary.version, Some("3.2.0"));
    assert_eq!(summary.objective, Some("multi:softprob"));
    assert_eq!((summary.n_outputs, summary.features.len()), (Some(3), 6));
    let trees = summary.trees.unwrap();
    assert_eq!(trees.n_trees, summary.iterations.used * 9);
    assert!(trees.has_covers && trees.max_depth == 2);
    let model = open("catboost/multiclass.json");
    let names = model.summary().output_names.unwrap().to_vec();
    assert_eq!(names, ["low", "mid", "top"]);
    assert_eq!(model.summary().version, Some("1.2.10"));
    let model = open("lightgbm/zero_as_missing.txt");
    assert!(model.summary().missing_values.contains("zero counts"));
    assert_eq!(model.summary().version, Some("v4"));
}

/// Every file, cut anywhere, is refused.
#[test]
fn truncated_models_are_refused() {
    for file in [
        "xgboost/regression.json",
        "xgboost/categorical.ubj",
        "lightgbm/categorical.txt",
        "catboost/multiclass.json",
        "catboost/lossguide.json",
    ] {
        let bytes = std::fs::read(golden_folder().join(file)).unwrap();
        let end = match file.ends_with("txt") {
            // What follows is about training.
            true => bytes
                .windows(12)
                .position(|text| text == b"end of trees")
                .unwrap(),
            false => bytes.len() - 1,
        };
        for length in (0..end).step_by(97).chain([end - 1]) {
            let read = read_model("model", &bytes[..length], OpenOptions::default());
            assert!(read.is_err(), "{file} cut to {length} bytes");
        }
        assert!(read_model("model", &bytes, OpenOptions::default()).is_ok());
    }
}

fn json_of(file: &str) -> Value {
    serde_json::from_slice(&std::fs::read(golden_folder().join(file)).unwrap()).unwrap()
}

fn read_json(document: &Value) -> Result<OpenedModel, String> {
    let bytes = serde_json::to_vec(document).unwrap();
    let read = read_model("model.json", &bytes, OpenOptions::default());
    read.map_err(|error| {
        let source = std::error::Error::source(&error).unwrap();
        source.to_string()
    })
}

/// A walk from the root finds a tree in all of these, and it is another one.
#[test]
fn trees_whose_nodes_were_mixed_up_are_refused() {
    let check = |children: &[(&str, usize, i64)], expected: &str| {
        let mut document = json_of("xgboost/binary.json");
        let tree = &mut document["learner"]["gradient_booster"]["model"]["trees"][0];
        let shape = [&tree["left_children"][1], &tree["right_children"][1]];
        assert_eq!(shape, [&Value::from(3), &Value::from(4)]);
        for (side, node, child) in children {
            tree[*side][*node] = Value::from(*child);
        }
        let error = read_json(&document).unwrap_err();
        assert_eq!(error, format!("the model is damaged: tree 0 {expected}"));
    };
    let twice = [("left_children", 1, 4)];
    check(&twice, "reaches node 4 in more than one way");
    check(
        &[("left_children", 1, 0)],
        "reaches node 0 in more than one way",
    );
    let cut = [("left_children", 1, -1), ("right_children", 1, -1)];
    check(&cut, "reaches node 3 from no other");
}

/// As XGBoost marks what pruning left behind.
#[test]
fn nodes_that_pruning_deleted_are_no_damage() {
    let whole = json_of("xgboost/binary.json");
    let mut pruned = whole.clone();
    let tree = &mut pruned["learner"]["gradient_booster"]["model"]["trees"][0];
    for (member, value) in [
        ("left_children", -1),
        ("right_children", -1),
        ("split_indices", 2_147_483_647),
        ("default_left", 1),
        ("split_conditions", 0),
        ("base_weights", 0),
        ("sum_hessian", 0),
        ("split_type", 0),
    ] {
        let values = tree[member].as_array_mut().unwrap();
        values.push(Value::from(value));
    }
    assert!(read_json(&pruned).unwrap().body == read_json(&whole).unwrap().body);
}

/// What XGBoost 3.2 writes for `Bern`, `Genève`, `Zürich`, `東京` of a frame of pandas: as many
/// bytes as there are letters.
#[test]
fn damaged_names_of_categories_are_not_used() {
    let mut document = json_of("xgboost/categorical.json");
    let model = &mut document["learner"]["gradient_booster"]["model"];
    let encoded = model["cats"]["enc"].as_array_mut().unwrap();
    let texts = |values: &Value| {
        values["offsets"]
            .as_array()
            .is_some_and(|ends| ends.len() > 1)
    };
    let at = encoded.iter().position(texts).unwrap();
    let bytes = "BernGenèveZürich東京".bytes().take(18);
    let bytes: Vec<i8> = bytes.map(u8::cast_signed).collect();
    encoded[at] = serde_json::json!({"offsets": [0, 4, 10, 16, 18], "values": bytes});
    let opened = read_json(&document).unwrap();
    let feature = &opened.features()[at];
    let unnamed = FeatureKind::Categorical { categories: None };
    assert_eq!(feature.kind, unnamed);
    let notes = &opened.library.notes;
    let named = format!("category names of `{}` are damaged", feature.name);
    assert!(notes.iter().any(|note| note.contains(&named)), "{notes:?}");
    let columns = opened.features().iter().map(|feature| {
        let values: ArrayRef = match feature.kind == unnamed {
            true => Arc::new(StringArray::from(vec!["Bern"])),
            false => Arc::new(StringArray::from(vec![""])),
        };
        (feature.name.as_str(), values)
    });
    let records = RecordBatch::try_from_iter(columns).unwrap();
    let error = opened.features_of(&records).unwrap_err().to_string();
    assert!(
        error.contains("names in the model's file are damaged"),
        "{error}"
    );
}
