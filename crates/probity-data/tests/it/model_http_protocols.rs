//! Models behind the Open Inference Protocol and behind MLflow's scoring server.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray,
};
use probity_data::model::http::{HttpModel, HttpOptions, Protocol};
use probity_data::model::{Predict, Predictions};
use probity_domain::document::analysis_config::ColumnReference;

use crate::model_server::{ModelServer, Reply, ok};

fn numbers() -> RecordBatch {
    let whole: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let real: ArrayRef = Arc::new(Float64Array::from(vec![0.5, -1e-7]));
    RecordBatch::try_from_iter([("a", whole), ("b", real)]).unwrap()
}

fn mixed() -> RecordBatch {
    let whole: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let text: ArrayRef = Arc::new(StringArray::from(vec!["x", "y\"z"]));
    let truth: ArrayRef = Arc::new(BooleanArray::from(vec![true, false]));
    let spelled: ArrayRef = Arc::new(StringArray::from(vec!["1.50", "3"]));
    RecordBatch::try_from_iter([("i", whole), ("t", text), ("b", truth), ("s", spelled)]).unwrap()
}

fn texts(values: &[&str]) -> Option<Vec<String>> {
    Some(values.iter().map(|value| (*value).to_owned()).collect())
}

/// A server of one model, `m`, with these metadata and this answer.
async fn served(metadata: Option<&'static str>, answer: &'static str) -> ModelServer {
    ModelServer::start(move |call| match call.line.as_str() {
        "GET /v2/models/m" => match metadata {
            Some(metadata) => ok(metadata),
            None => Reply::Answer(404, String::new()),
        },
        "POST /v2/models/m/infer" | "POST /invocations" => ok(answer),
        line => Reply::Answer(400, line.to_owned()),
    })
    .await
}

fn v2(server: &ModelServer, change: impl FnOnce(&mut HttpOptions)) -> HttpModel {
    let mut options = server.options(Protocol::V2);
    options.url = format!("{}/v2/models/m", server.url);
    change(&mut options);
    HttpModel::new(options).unwrap()
}

const SCORES: &str =
    r#"{"outputs":[{"name":"y","shape":[2],"datatype":"FP32","data":[0.25,0.75]}]}"#;

#[track_caller]
fn assert_infers(server: &ModelServer, expected: &str) {
    let bodies: Vec<String> = server
        .calls()
        .into_iter()
        .filter(|call| call.line.starts_with("POST"))
        .map(|call| call.body)
        .collect();
    assert_eq!(bodies.first().map(String::as_str), Some(expected));
}

#[tokio::test]
async fn a_model_is_asked_what_it_takes() {
    let metadata = r#"{"name":"m","platform":"p","inputs":[{"name":"x","datatype":"FP32","shape":[-1,2]}],"outputs":[]}"#;
    let server = served(Some(metadata), SCORES).await;
    let model = v2(&server, |_| {});
    assert_eq!(
        model.predict(&numbers()).await.unwrap().scores,
        [0.25, 0.75]
    );
    model.predict(&numbers()).await.unwrap();
    assert_infers(
        &server,
        r#"{"inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[1,0.5,2,-1e-7]}]}"#,
    );
    assert_eq!(
        server
            .calls()
            .iter()
            .filter(|call| call.line.starts_with("GET"))
            .count(),
        1
    );
}

#[tokio::test]
async fn each_input_by_its_name_gets_its_column() {
    let metadata = r#"{"inputs":[{"name":"t","datatype":"BYTES","shape":[-1,1]},{"name":"i","datatype":"INT64","shape":[-1]},
        {"name":"s","datatype":"FP64","shape":[-1,1]},{"name":"b","datatype":"BOOL","shape":[-1,1]}]}"#;
    let server = served(Some(metadata), SCORES).await;
    v2(&server, |_| {}).predict(&mixed()).await.unwrap();
    assert_infers(
        &server,
        concat!(
            r#"{"inputs":[{"name":"t","shape":[2,1],"datatype":"BYTES","data":["x","y\"z"]},"#,
            r#"{"name":"i","shape":[2],"datatype":"INT64","data":[1,2]},"#,
            r#"{"name":"s","shape":[2,1],"datatype":"FP64","data":[1.50,3]},"#,
            r#"{"name":"b","shape":[2,1],"datatype":"BOOL","data":[true,false]}]}"#
        ),
    );
}

#[tokio::test]
async fn without_metadata_the_records_decide() {
    let server = served(None, SCORES).await;
    v2(&server, |_| {}).predict(&numbers()).await.unwrap();
    assert_infers(
        &server,
        r#"{"inputs":[{"name":"input-0","shape":[2,2],"datatype":"FP64","data":[1,0.5,2,-1e-7]}]}"#,
    );
    let server = served(None, SCORES).await;
    v2(&server, |_| {}).predict(&mixed()).await.unwrap();
    assert_infers(
        &server,
        concat!(
            r#"{"inputs":[{"name":"i","shape":[2,1],"datatype":"INT64","data":[1,2]},"#,
            r#"{"name":"t","shape":[2,1],"datatype":"BYTES","data":["x","y\"z"]},"#,
            r#"{"name":"b","shape":[2,1],"datatype":"BOOL","data":[true,false]},"#,
            r#"{"name":"s","shape":[2,1],"datatype":"FP64","data":[1.50,3]}]}"#
        ),
    );
}

#[tokio::test]
async fn a_model_without_batches_gets_single_records() {
    let metadata = r#"{"inputs":[{"name":"x","datatype":"FP64","shape":[1,2]}]}"#;
    let one = r#"{"outputs":[{"name":"y","shape":[1,1],"datatype":"FP64","data":[0.5]}]}"#;
    let server = served(Some(metadata), one).await;
    let model = v2(&server, |_| {});
    assert_eq!(model.predict(&numbers()).await.unwrap().scores, [0.5, 0.5]);
    assert!(model.notes().is_empty());
}

#[tokio::test]
async fn records_that_do_not_fit_the_inputs_are_refused() {
    let check = async |inputs: &'static str, records: RecordBatch, problem: &str| {
        let server = served(Some(inputs), SCORES).await;
        let error = v2(&server, |_| {})
            .predict(&records)
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("the model cannot take these records: "),
            "{error}"
        );
        assert!(error.contains(problem), "{error}");
    };
    check(
        r#"{"inputs":[{"name":"x","datatype":"FP32","shape":[-1,3]}]}"#,
        numbers(),
        "the model's input `x` takes 3 features, and there are 2",
    )
    .await;
    check(
        r#"{"inputs":[{"name":"x","datatype":"INT64","shape":[-1,2]}]}"#,
        numbers(),
        "column `b` of record 1 is no whole number, which an input of INT64 cannot hold",
    )
    .await;
    check(
        r#"{"inputs":[{"name":"x","datatype":"FP32","shape":[-1,4]}]}"#,
        mixed(),
        "column `t` of record 1 holds a text, which an input of FP32 cannot hold",
    )
    .await;
    check(
        r#"{"inputs":[{"name":"a","datatype":"FP32","shape":[-1]},{"name":"c","datatype":"FP32","shape":[-1]}]}"#,
        numbers(),
        "the model takes an input `c`, which is no feature",
    )
    .await;
    let missing: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.0), None]));
    let missing = RecordBatch::try_from_iter([("a", missing)]).unwrap();
    check(
        r#"{"inputs":[{"name":"x","datatype":"FP32","shape":[-1,1]}]}"#,
        missing,
        "column `a` of record 2 is missing, which an input of FP32 cannot hold",
    )
    .await;
}

async fn v2_answer(
    answer: &'static str,
    change: impl FnOnce(&mut HttpOptions),
) -> Result<Predictions, String> {
    let server = served(None, answer).await;
    v2(&server, change)
        .predict(&numbers())
        .await
        .map_err(|error| error.to_string())
}

#[tokio::test]
async fn outputs_are_scores_and_labels() {
    let both = concat!(
        r#"{"model_name":"m","outputs":[{"name":"label","shape":[2],"datatype":"INT64","data":[1,0]},"#,
        r#"{"name":"probabilities","shape":[2,2],"datatype":"FP32","data":[[0.25,0.75],[0.5,0.5]]}]}"#
    );
    let found = v2_answer(both, |_| {}).await.unwrap();
    assert_eq!(
        (found.scores, found.n_outputs),
        (vec![0.25, 0.75, 0.5, 0.5], 2)
    );
    assert_eq!(found.labels, texts(&["1", "0"]));
    let named = |options: &mut HttpOptions| {
        options.probability = Some(ColumnReference::Name("probabilities".to_owned()));
        options.label_headers = texts(&["no", "yes"]);
    };
    assert_eq!(
        v2_answer(both, named).await.unwrap().labels,
        texts(&["yes", "no"])
    );
    let first = |options: &mut HttpOptions| options.probability = Some(ColumnReference::Index(0));
    assert_eq!(v2_answer(both, first).await.unwrap().scores, [1.0, 0.0]);
    let words = r#"{"outputs":[{"name":"l","shape":[2,1],"datatype":"BYTES","data":["a","b"]}]}"#;
    let found = v2_answer(words, |_| {}).await.unwrap();
    assert_eq!((found.n_outputs, found.labels), (0, texts(&["a", "b"])));
}

#[tokio::test]
async fn outputs_that_make_no_sense_are_told() {
    let check = async |answer: &'static str, problem: &str| {
        let error = v2_answer(answer, |_| {}).await.unwrap_err();
        assert!(error.contains(problem), "{error}");
    };
    check("[]", "no answer of the Open Inference Protocol").await;
    check(
        r#"{"outputs":[]}"#,
        "which of its outputs are the scores: none",
    )
    .await;
    let two = r#"{"outputs":[{"name":"p","shape":[1],"datatype":"FP32","data":[1]},{"name":"q","shape":[1],"datatype":"FP32","data":[1]}]}"#;
    check(two, "which of its outputs are the scores: `p`, `q`").await;
    let huge = r#"{"outputs":[{"name":"p","shape":[1,18446744073709551615],"datatype":"FP32","data":[1]}]}"#;
    check(huge, "not what its shape says").await;
    let none = r#"{"outputs":[{"name":"p","shape":[0],"datatype":"FP32","data":[]}]}"#;
    check(none, "with 0 records to a request of 1").await;
    let null = r#"{"outputs":[{"name":"p","shape":[1],"datatype":"FP32","data":[null]}]}"#;
    check(null, "a score is not a number").await;
    let place = |options: &mut HttpOptions| options.probability = Some(ColumnReference::Index(3));
    let error = v2_answer(SCORES, place).await.unwrap_err();
    assert!(
        error.contains("there is no output column 3; there are `y`"),
        "{error}"
    );
}

#[tokio::test]
async fn a_v2_server_says_whether_it_is_ready() {
    let server = ModelServer::start(|_| ok("")).await;
    v2(&server, |_| {}).ping().await.unwrap();
    assert_eq!(server.calls()[0].line, "GET /v2/health/ready");
}

async fn mlflow(
    answer: &'static str,
    change: impl FnOnce(&mut HttpOptions),
) -> Result<Predictions, String> {
    let server = served(None, answer).await;
    let mut options = server.options(Protocol::Mlflow);
    change(&mut options);
    let model = HttpModel::new(options).unwrap();
    model
        .predict(&numbers())
        .await
        .map_err(|error| error.to_string())
}

#[tokio::test]
async fn mlflow_gets_a_split_frame() {
    let server = served(None, r#"{"predictions":[1,2]}"#).await;
    let model = HttpModel::new(server.options(Protocol::Mlflow)).unwrap();
    let with_missing: ArrayRef = Arc::new(StringArray::from(vec![Some("x"), None]));
    let records = RecordBatch::try_from_iter([
        ("i", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef),
        ("t", with_missing),
    ])
    .unwrap();
    assert_eq!(model.predict(&records).await.unwrap().scores, [1.0, 2.0]);
    assert_infers(
        &server,
        r#"{"dataframe_split":{"columns":["i","t"],"data":[[1,"x"],[2,null]]}}"#,
    );
}

#[tokio::test]
async fn predictions_of_mlflow_are_numbers_lists_or_objects() {
    let found = mlflow(r#"{"predictions":[0.5,1]}"#, |_| {}).await.unwrap();
    assert_eq!((found.scores, found.n_outputs), (vec![0.5, 1.0], 1));
    let found = mlflow("[0.5,1]", |_| {}).await.unwrap();
    assert_eq!(found.scores, [0.5, 1.0]);
    let found = mlflow(r#"{"predictions":[[0.5,0.5],[0.1,0.9]]}"#, |_| {})
        .await
        .unwrap();
    assert_eq!(
        (found.scores, found.n_outputs),
        (vec![0.5, 0.5, 0.1, 0.9], 2)
    );
    let objects =
        r#"{"predictions":[{"no":0.5,"yes":0.5,"label":"no"},{"yes":0.9,"no":0.1,"label":"yes"}]}"#;
    let found = mlflow(objects, |_| {}).await.unwrap();
    assert_eq!(found.scores, [0.5, 0.5, 0.1, 0.9]);
    assert_eq!(
        (found.output_names, found.labels),
        (texts(&["no", "yes"]), texts(&["no", "yes"]))
    );
    let found = mlflow(r#"{"predictions":["a","b"]}"#, |_| {})
        .await
        .unwrap();
    assert_eq!((found.n_outputs, found.labels), (0, texts(&["a", "b"])));
    let path = |options: &mut HttpOptions| {
        options.probability = Some(ColumnReference::Name("predictions[*].yes".to_owned()));
    };
    assert_eq!(mlflow(objects, path).await.unwrap().scores, [0.5, 0.9]);
    let second = |options: &mut HttpOptions| options.probability = Some(ColumnReference::Index(1));
    let lists = r#"{"predictions":[[0.5,0.25],[0.1,0.9]]}"#;
    assert_eq!(mlflow(lists, second).await.unwrap().scores, [0.25, 0.9]);
}

#[tokio::test]
async fn predictions_that_make_no_sense_are_told() {
    let check = async |answer: &'static str, problem: &str| {
        let error = mlflow(answer, |_| {}).await.unwrap_err();
        assert!(error.contains(problem), "{error}");
    };
    check(r#"{"error":"x"}"#, "it has no list `predictions`").await;
    check(
        r#"{"predictions":[NaN]}"#,
        "it is not JSON at line 1, column 17",
    )
    .await;
    check(r#"{"predictions":[null]}"#, "a score is not a number").await;
    check(
        r#"{"predictions":[{"a":[1]}]}"#,
        "a member is neither a number nor a text",
    )
    .await;
    check(
        r#"{"predictions":[1,2,3]}"#,
        "with 3 records to a request of 1",
    )
    .await;
}
