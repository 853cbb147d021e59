//! ONNX models as exporters write them, against the predictions of the libraries that were
//! exported (golden/onnx).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{Field, Schema};
use probity_data::model::onnx::{OnnxModel, ReadOnnx};
use probity_data::model::{AskModel, Predict, Predictions, open_model};
use probity_metrics::model::{FeatureKind, FeatureMatrix};
use serde_json::Value;

/// Of scores near 1, where the graph computes in float32: its rounding is 6e-8, some sums add
/// up a few.
const TOLERANCE: f64 = 1e-6;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden/onnx")
}

fn bytes_of(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(format!("{name}.onnx"))).unwrap()
}

fn model_of(name: &str) -> OnnxModel {
    OnnxModel::read(&bytes_of(name)).unwrap_or_else(|error| panic!("{name}: {error:?}"))
}

fn expected() -> Value {
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The rows of an input; numbers become a column of numbers, strings one of strings.
fn records_of(expected: &Value, input: &str) -> RecordBatch {
    let input = &expected["inputs"][input];
    let rows = input["rows"].as_array().unwrap();
    let columns = input["columns"].as_array().unwrap();
    let arrays: Vec<ArrayRef> = (0..columns.len())
        .map(|column| {
            let cells: Vec<&Value> = rows.iter().map(|row| &row[column]).collect();
            if cells.iter().any(|cell| cell.is_string()) {
                let texts = cells.iter().map(|cell| cell.as_str());
                return Arc::new(StringArray::from_iter(texts)) as ArrayRef;
            }
            if cells.iter().all(|cell| cell.is_i64()) {
                let whole = cells.iter().map(|cell| cell.as_i64());
                return Arc::new(Int64Array::from_iter(whole)) as ArrayRef;
            }
            Arc::new(Float64Array::from_iter(
                cells.iter().map(|cell| cell.as_f64()),
            )) as ArrayRef
        })
        .collect();
    let fields: Vec<Field> = columns
        .iter()
        .zip(&arrays)
        .map(|(name, array)| Field::new(name.as_str().unwrap(), array.data_type().clone(), true))
        .collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

fn numbers(rows: &Value) -> Vec<f64> {
    let rows = rows.as_array().unwrap().iter();
    rows.flat_map(|row| {
        row.as_array()
            .unwrap()
            .iter()
            .map(|x| x.as_f64().unwrap_or(f64::NAN))
    })
    .collect()
}

fn texts(list: &Value) -> Option<Vec<String>> {
    let list = list.as_array()?.iter();
    Some(list.map(|text| text.as_str().unwrap().to_owned()).collect())
}

#[track_caller]
fn assert_close(name: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{name}");
    for (idx, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (found - expected).abs();
        let allowed = TOLERANCE * expected.abs().max(1.0);
        assert!(
            error <= allowed,
            "{name}, score {idx}: {found} instead of {expected}"
        );
    }
}

#[track_caller]
fn assert_predicts(name: &str, predictions: &Predictions, entry: &Value) {
    assert_close(name, &predictions.scores, &numbers(&entry["scores"]));
    assert_eq!(predictions.labels, texts(&entry["labels"]), "{name}");
    assert_eq!(predictions.output_names, texts(&entry["names"]), "{name}");
}

async fn predictions_of(model: &OnnxModel, records: &RecordBatch) -> Predictions {
    model.predict(records).await.unwrap()
}

/// Models that need a runtime, and one whose labels are not its library's (below).
const APART: [&str; 1] = ["network_of_a_runtime"];

#[tokio::test]
async fn every_exported_model_predicts_what_its_library_does() {
    let expected = expected();
    let mut checked = 0;
    for (name, entry) in expected["models"].as_object().unwrap() {
        if APART.contains(&name.as_str()) {
            continue;
        }
        let records = records_of(&expected, entry["input"].as_str().unwrap());
        let mut predictions = predictions_of(&model_of(name), &records).await;
        if name == "network_by_hand" {
            assert_eq!(predictions.labels, None);
        }
        if name == "logistic_columns" {
            // Its two outputs are the two classes.
            assert_eq!(predictions.n_outputs, 2);
        }
        if entry["names"].is_null() {
            predictions.output_names = None;
        }
        assert_predicts(name, &predictions, entry);
        checked += 1;
    }
    assert!(checked > 30, "{checked} models were checked");
}

/// Trees and weights as explanations see them, against the library too. One output stands for
/// two classes where the trees have one sum.
#[test]
fn the_form_of_a_model_predicts_what_its_library_does() {
    let expected = expected();
    let (mut trees, mut linear) = (Vec::new(), Vec::new());
    for (name, entry) in expected["models"].as_object().unwrap() {
        let Ok(model) = OnnxModel::read(&bytes_of(name)) else {
            continue;
        };
        let input = &expected["inputs"][entry["input"].as_str().unwrap()];
        let width = input["columns"].as_array().unwrap().len();
        let rows = || FeatureMatrix::new(numbers(&input["rows"]), width).unwrap();
        let scores = numbers(&entry["scores"]);
        if let Some(form) = model.as_trees() {
            let found = form.predict(&rows());
            let second: Vec<f64> = scores.chunks(2).map(|row| row[row.len() - 1]).collect();
            let one_of_two = found.len() * 2 == scores.len();
            assert_close(name, &found, if one_of_two { &second } else { &scores });
            assert!(!form.has_covers(), "{name}: the exporters write no counts");
            trees.push(name.as_str());
        }
        if let Some(form) = model.as_linear() {
            assert_close(name, &form.predict(&rows()), &scores);
            linear.push(name.as_str());
        }
    }
    assert_eq!(
        trees,
        [
            "tree",
            "forest_two",
            "forest_three",
            "forest_value",
            "extra_trees",
            "extra_trees_value",
            "boosting_two",
            "boosting_three",
            "boosting_value",
            "histogram_two",
            "histogram_three",
            "histogram_value",
            "xgboost_two",
            "xgboost_three",
            "xgboost_value",
            "lightgbm_two",
            "lightgbm_tensor",
            "lightgbm_three",
            "lightgbm_value",
        ]
    );
    assert_eq!(
        linear,
        [
            "logistic",
            "logistic_tensor",
            "multinomial",
            "ridge",
            "ridge_double"
        ]
    );
}

#[tokio::test]
async fn columns_are_taken_by_name_and_text_is_read_as_numbers() {
    let expected = expected();
    let people = records_of(&expected, "people");
    let reordered = people.project(&[3, 2, 1, 0]).unwrap();
    let model = model_of("columns_forest");
    let entry = &expected["models"]["columns_forest"];
    assert_predicts(
        "reordered",
        &predictions_of(&model, &reordered).await,
        entry,
    );

    let spelled: Vec<ArrayRef> = people
        .columns()
        .iter()
        .map(|column| {
            datafusion::arrow::compute::cast(
                column,
                &datafusion::arrow::datatypes::DataType::Utf8View,
            )
            .unwrap()
        })
        .collect();
    let names = people.schema();
    let fields = names.fields().iter().zip(&spelled);
    let fields: Vec<Field> = fields
        .map(|(field, array)| Field::new(field.name(), array.data_type().clone(), true))
        .collect();
    let spelled = RecordBatch::try_new(Arc::new(Schema::new(fields)), spelled).unwrap();
    assert_predicts("spelled", &predictions_of(&model, &spelled).await, entry);
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter(columns).unwrap()
}

async fn refusal(model: &OnnxModel, records: &RecordBatch) -> String {
    match model.predict(records).await {
        Err(AskModel::Records { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn records_that_do_not_fit_are_refused_by_column_and_record() {
    let one: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
    let two = batch(vec![("a", one.clone()), ("b", one.clone())]);
    let ridge = model_of("ridge");
    let reason = refusal(&ridge, &two).await;
    assert_eq!(reason, "it takes 10 columns, and they have 2");

    let people = model_of("columns_logistic");
    let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("x")]));
    let nothing: ArrayRef = Arc::new(StringArray::from(vec![None::<&str>]));
    let of = |income: &ArrayRef, age: &ArrayRef, region: &ArrayRef| {
        batch(vec![
            ("income", income.clone()),
            ("age", age.clone()),
            ("region", region.clone()),
            ("grade", texts.clone()),
        ])
    };
    let reason = refusal(&people, &of(&texts, &one, &texts)).await;
    assert_eq!(
        reason,
        "column `income` holds text that is no number in record 1 of the batch, and the model takes numbers there; encode the column as it was for training, or leave it out if it is no feature"
    );
    let reason = refusal(&people, &of(&one, &one, &nothing)).await;
    assert!(
        reason.starts_with("column `region` has no value in record 1"),
        "{reason}"
    );
    let half: ArrayRef = Arc::new(Float64Array::from(vec![0.5]));
    let reason = refusal(&people, &of(&one, &half, &texts)).await;
    assert_eq!(
        reason,
        "column `age` is no whole number in record 1 of the batch, and the model takes whole numbers there; encode the column as it was for training, or leave it out if it is no feature"
    );
}

#[test]
fn features_that_are_given_as_text_are_categories() {
    let kinds = |name: &str| -> Vec<(String, bool)> {
        let opened = open_model(&folder().join(format!("{name}.onnx"))).unwrap();
        let features = opened.features().iter().map(|feature| {
            let categorical = FeatureKind::Categorical { categories: None };
            (feature.name.clone(), feature.kind == categorical)
        });
        features.collect()
    };
    let expected = [
        ("income", false),
        ("age", false),
        ("region", true),
        ("grade", true),
    ];
    let expected = expected.map(|(name, categorical)| (name.to_owned(), categorical));
    assert_eq!(kinds("columns_logistic"), expected);
    assert!(kinds("ridge").iter().all(|(_, categorical)| !categorical));
}

#[test]
fn an_unknown_operator_is_named_with_the_way_out() {
    let refused = OnnxModel::read(&bytes_of("network_of_a_runtime"));
    let Err(error @ ReadOnnx::UnknownOperators { .. }) = refused else {
        panic!("{refused:?}");
    };
    let text = error.to_string();
    assert!(
        text.contains("`CumSum`") && text.contains("libonnxruntime.so"),
        "{text}"
    );
}

#[test]
fn a_runtime_that_is_not_there_is_named() {
    let library = Path::new("/nowhere/libonnxruntime.so");
    let refused = OnnxModel::read_with(&bytes_of("network_of_a_runtime"), Some(library));
    assert!(
        matches!(refused, Err(ReadOnnx::Runtime { .. })),
        "{refused:?}"
    );
}

/// Runs where `PROBITY_TEST_ONNX_RUNTIME` names the library of an ONNX Runtime.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "the test asks whether there is a runtime"
)]
async fn a_runtime_runs_what_is_not_evaluated_here() {
    let Ok(library) = std::env::var("PROBITY_TEST_ONNX_RUNTIME") else {
        println!("skipped: PROBITY_TEST_ONNX_RUNTIME names no ONNX Runtime");
        return;
    };
    let expected = expected();
    let bytes = bytes_of("network_of_a_runtime");
    let model = OnnxModel::read_with(&bytes, Some(Path::new(&library))).unwrap();
    assert!(model.needs_runtime() && model.as_trees().is_none());
    let entry = &expected["models"]["network_of_a_runtime"];
    let records = records_of(&expected, "wine");
    assert_predicts("runtime", &predictions_of(&model, &records).await, entry);
}
