//! Models behind content types: all forms of a request give the same scores, those of the model
//! itself, and what cannot be answered is refused in words.

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;
use probity_data::location::Environment;
use probity_data::model::{MissingValue, OpenedModel};
use probity_data::serving::{
    AsyncInvocation, AsyncOutcome, Holds, Invocation, InvokeModel, MODEL_URL, ModelSource,
    OpenServed, ServedModel, open_served, run_async_invocation,
};
use probity_metrics::model::FeatureMatrix;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::golden_models::{golden_folder, golden_models};
use super::model_server::{ModelServer, Reply, ok};

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(work)
}

async fn ask(
    model: &ServedModel,
    (content_type, accept): (&str, Option<&str>),
    body: impl Into<Bytes>,
) -> Result<String, InvokeModel> {
    let answer = model.invoke(Invocation {
        content_type: Some(content_type),
        accept,
        body: body.into(),
        ..Invocation::default()
    });
    let answer = answer.await?;
    Ok(String::from_utf8(answer.body.to_vec()).unwrap())
}

fn csv_of(rows: &[Value]) -> String {
    let rows = rows.iter().map(|row| {
        let cells = row.as_array().unwrap().iter().map(|cell| match cell {
            Value::Null => String::new(),
            Value::String(text) => format!("\"{}\"", text.replace('"', "\"\"")),
            other => other.to_string(),
        });
        cells.collect::<Vec<_>>().join(",") + "\n"
    });
    rows.collect()
}

fn json_lines(rows: &[Value]) -> String {
    let lines = rows.iter().map(|row| json!({"features": row}).to_string());
    lines.collect::<Vec<_>>().join("\n")
}

/// Scores of an answer, flat.
fn scores(answer: &str, form: &str) -> Vec<f64> {
    let flat = |value: &Value| -> Vec<f64> {
        match value {
            Value::Array(scores) => scores.iter().map(|x| x.as_f64().unwrap()).collect(),
            score => vec![score.as_f64().unwrap()],
        }
    };
    match form {
        "text/csv" => {
            let fields = answer.lines().flat_map(|line| line.split(','));
            fields.map(|field| field.parse().unwrap()).collect()
        }
        "application/json" => {
            let answer: Value = serde_json::from_str(answer).unwrap();
            let predictions = answer["predictions"].as_array().unwrap();
            predictions.iter().flat_map(flat).collect()
        }
        _ => {
            let lines = answer.lines();
            lines
                .flat_map(|line| flat(&serde_json::from_str(line).unwrap()))
                .collect()
        }
    }
}

#[test]
fn all_forms_give_the_scores_of_the_model() {
    let forms = ["text/csv", "application/json", "application/jsonlines"];
    let mut n_models = 0;
    for golden in golden_models() {
        let Some(rows) = golden.member("rows").as_array() else {
            continue;
        };
        let opened = golden.open();
        let Some(matrix) = golden.matrix("rows") else {
            continue;
        };
        let expected = opened.scores(&as_seen(&opened, matrix)).unwrap();
        let model = ServedModel::of_opened(opened);
        // Categories by their names, where the model's file has them.
        let named = golden.member("named_rows").as_array();
        for rows in named.into_iter().chain([rows]) {
            let bodies = [
                csv_of(rows),
                json!({ "instances": rows }).to_string(),
                json_lines(rows),
            ];
            for (body, content_type) in bodies.into_iter().zip(forms) {
                for accept in forms {
                    let asked = ask(&model, (content_type, Some(accept)), body.clone());
                    let answer = block_on(asked);
                    let Ok(answer) = answer else {
                        // Codes are no categories to some.
                        assert!(named.is_some(), "{}: {answer:?}", golden.name);
                        continue;
                    };
                    let found = scores(&answer, accept);
                    assert_eq!(found.len(), expected.len(), "{}", golden.name);
                    let same = found
                        .iter()
                        .zip(&expected)
                        .all(|(a, b)| a.to_bits() == b.to_bits());
                    assert!(same, "{} {content_type} {accept}", golden.name);
                }
            }
        }
        n_models += 1;
    }
    assert!(n_models > 30, "{n_models} models");
}

/// Of scores near 1 of graphs that compute in float32; of values, relative to them.
const TOLERANCE: f64 = 1e-5;

#[test]
fn graphs_tell_the_scores_of_their_library() {
    let folder = golden_folder().join("../onnx");
    let text = std::fs::read(folder.join("expected.json")).unwrap();
    let golden: Value = serde_json::from_slice(&text).unwrap();
    for (name, expected) in golden["models"].as_object().unwrap() {
        // It needs an ONNX Runtime.
        if name == "network_of_a_runtime" {
            continue;
        }
        let path = folder.join(format!("{name}.onnx"));
        let opened = probity_data::model::open_model(&path).unwrap();
        let model = ServedModel::of_opened(opened);
        let input = expected["input"].as_str().unwrap();
        let rows = golden["inputs"][input]["rows"].as_array().unwrap();
        let csv = block_on(ask(&model, ("text/csv", None), csv_of(rows))).unwrap();
        let body = json!({ "instances": rows }).to_string();
        let json = block_on(ask(&model, ("application/json", None), body)).unwrap();
        let found = scores(&csv, "text/csv");
        assert_eq!(scores(&json, "application/json"), found, "{name}");
        let of_two = expected["names"]
            .as_array()
            .is_some_and(|names| names.len() == 2);
        let wanted = expected["scores"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|row| {
                let row = row.as_array().unwrap().iter().map(|x| x.as_f64().unwrap());
                row.skip(usize::from(of_two)).collect::<Vec<f64>>()
            });
        let wanted: Vec<f64> = wanted.collect();
        assert_eq!(found.len(), wanted.len(), "{name}");
        for (found, wanted) in found.iter().zip(&wanted) {
            let bound = TOLERANCE * wanted.abs().max(1.0);
            assert!((found - wanted).abs() <= bound, "{name}: {found} {wanted}");
        }
    }
}

/// What is missing adds nothing to a linear model of XGBoost.
fn as_seen(opened: &OpenedModel, matrix: FeatureMatrix) -> FeatureMatrix {
    if opened.library.missing_value != MissingValue::Zero {
        return matrix;
    }
    let values = matrix.values().iter();
    let values = values.map(|value| if value.is_nan() { 0.0 } else { *value });
    FeatureMatrix::new(values.collect(), matrix.n_features()).unwrap()
}

fn binary() -> OpenedModel {
    let path = golden_folder().join("xgboost/binary.json");
    probity_data::model::open_model(&path).unwrap()
}

const ROW: &str = "0.1,1,3,-0.5,0.9,-0.3";

#[test]
fn names_of_features_are_understood() {
    let path = golden_folder().join("xgboost/categorical.json");
    let opened = probity_data::model::open_model(&path).unwrap();
    let names: Vec<String> = opened.features().iter().map(|f| f.name.clone()).collect();
    let model = ServedModel::of_opened(opened);
    let values = [
        json!(0.1),
        json!(0.5),
        json!(1),
        json!(null),
        json!("w9"),
        json!(20),
    ];
    let mut named = serde_json::Map::new();
    // In another order than the model has.
    for (name, value) in names.iter().zip(&values).rev() {
        named.insert(name.clone(), json!(value));
    }
    let by_place = json!([values]).to_string();
    let form = ("application/json", None);
    let expected = block_on(ask(&model, form, by_place)).unwrap();
    for body in [
        json!(named).to_string(),
        json!([named]).to_string(),
        json!({"instances": [named]}).to_string(),
    ] {
        assert_eq!(block_on(ask(&model, form, body)).unwrap(), expected);
    }
    let lacking = json!({ names[0].as_str(): 1 }).to_string();
    let error = block_on(ask(&model, form, lacking))
        .unwrap_err()
        .to_string();
    assert!(error.contains("the records lack"), "{error}");
}

#[test]
fn the_answer_has_the_form_that_is_accepted() {
    let model = ServedModel::of_opened(binary());
    let answer = |accept| {
        let asked = model.invoke(Invocation {
            content_type: Some("text/csv; charset=utf-8"),
            accept,
            body: Bytes::from_static(ROW.as_bytes()),
            ..Invocation::default()
        });
        block_on(asked).unwrap().content_type.unwrap()
    };
    assert_eq!(answer(None), "text/csv; charset=utf-8");
    assert_eq!(answer(Some("*/*")), "text/csv; charset=utf-8");
    assert_eq!(
        answer(Some("image/png, application/json;q=0.5")),
        "application/json"
    );
    let refused = block_on(ask(&model, ("text/csv", Some("image/png")), ROW));
    assert!(matches!(
        refused,
        Err(InvokeModel::Answered { status: 406, .. })
    ));
}

#[test]
fn what_is_not_taken_is_refused_as_a_container_would() {
    let model = ServedModel::of_opened(binary());
    #[track_caller]
    fn check(model: &ServedModel, content_type: &str, body: &'static str, expected: (u16, &str)) {
        let refused = block_on(ask(model, (content_type, None), body)).unwrap_err();
        let InvokeModel::Answered { status, message } = refused else {
            panic!("{refused}")
        };
        assert_eq!(status, expected.0);
        assert!(message.contains(expected.1), "{message}");
    }
    check(&model, "text/libsvm", "1:2", (415, "LIBSVM"));
    check(
        &model,
        "image/png",
        "",
        (415, "`image/png` is not supported"),
    );
    check(&model, "text/csv", "", (400, "no record"));
    check(&model, "text/csv", "1,2", (400, "2 columns"));
    check(
        &model,
        "text/csv",
        "1,2,3,4,5,x",
        (400, "no number in row 0"),
    );
    check(&model, "application/json", "{", (400, "not JSON"));
    check(
        &model,
        "application/json",
        "[[[1]]]",
        (400, "a list or an object"),
    );
}

#[test]
fn a_large_body_is_answered_in_its_order() {
    let model = ServedModel::of_opened(binary());
    let rows: String = (0..2_000)
        .map(|at| format!("{},1,3,-0.5,0.9,-0.3\n", f64::from(at) / 1e3))
        .collect();
    let all = block_on(ask(&model, ("text/csv", None), rows.clone())).unwrap();
    let one_by_one: String = rows
        .lines()
        .map(|row| block_on(ask(&model, ("text/csv", None), row.to_owned())).unwrap())
        .collect();
    assert_eq!(all, one_by_one);
}

fn source(uri: &Path) -> ModelSource {
    ModelSource {
        name: "m".to_owned(),
        model_data_uri: Some(uri.display().to_string()),
        ..ModelSource::default()
    }
}

fn archive(folder: &Path, name: &str) {
    let mut builder = tar::Builder::new(flate2::write::GzEncoder::new(
        std::fs::File::create(folder.join(name)).unwrap(),
        flate2::Compression::fast(),
    ));
    let model = golden_folder().join("xgboost/binary.json");
    builder
        .append_path_with_name(model, "xgboost-model")
        .unwrap();
    builder.into_inner().unwrap().finish().unwrap();
}

#[test]
fn data_are_an_archive_a_file_or_a_folder() {
    let environment = Environment::default();
    let folder = tempfile::tempdir().unwrap();
    archive(folder.path(), "model.tar.gz");
    let expected = block_on(ask(
        &ServedModel::of_opened(binary()),
        ("text/csv", None),
        ROW,
    ));
    let expected = expected.unwrap();
    for place in [
        folder.path().join("model.tar.gz"),
        folder.path().to_owned(),
        golden_folder().join("xgboost/binary.json"),
    ] {
        let found = block_on(async {
            let model = open_served(&source(&place), &environment).await.unwrap();
            ask(&model, ("text/csv", None), ROW).await.unwrap()
        });
        assert_eq!(found, expected, "{}", place.display());
    }
    let missing = source(&folder.path().join("nothing"));
    let error = block_on(open_served(&missing, &environment)).unwrap_err();
    assert!(matches!(error, OpenServed::Locate { .. }), "{error}");
}

#[test]
fn a_request_names_one_of_many_models() {
    let folder = tempfile::tempdir().unwrap();
    archive(folder.path(), "a.tar.gz");
    let source = ModelSource {
        holds: Holds::Archives,
        ..source(folder.path())
    };
    block_on(async {
        let models = open_served(&source, &Environment::default()).await.unwrap();
        let ask = |target| {
            models.invoke(Invocation {
                content_type: Some("text/csv"),
                target_model: target,
                body: Bytes::from_static(ROW.as_bytes()),
                ..Invocation::default()
            })
        };
        assert!(ask(Some("a.tar.gz")).await.is_ok());
        assert!(ask(Some("/a.tar.gz")).await.is_ok());
        for (target, expected) in [
            (None, "needs a target model"),
            (Some("b.tar.gz"), "Failed to download model data"),
            (Some("../a.tar.gz"), "is no name of a target model"),
        ] {
            let error = ask(target).await.unwrap_err();
            assert!(matches!(error, InvokeModel::Target { .. }), "{error}");
            assert!(error.to_string().contains(expected), "{error}");
        }
        // What was not there may come.
        archive(folder.path(), "b.tar.gz");
        assert!(ask(Some("b.tar.gz")).await.is_ok());
    });
}

fn url_source(url: &str) -> ModelSource {
    ModelSource {
        name: "m".to_owned(),
        environment: BTreeMap::from([(MODEL_URL.to_owned(), url.to_owned())]),
        ..ModelSource::default()
    }
}

#[test]
fn a_model_server_gets_the_request_as_it_came() {
    block_on(async {
        let server = ModelServer::start(|call| {
            let seen = format!(
                "{}|{:?}|{:?}|{:?}|{}",
                call.line,
                call.header("content-type"),
                call.header("accept"),
                call.header("x-amzn-sagemaker-custom-attributes"),
                call.body
            );
            ok(seen)
        })
        .await;
        let source = url_source(&format!("{}/v1/score", server.url));
        let model = open_served(&source, &Environment::default()).await.unwrap();
        let mut headers = http::HeaderMap::new();
        headers.insert(
            "x-amzn-sagemaker-custom-attributes",
            "trace=1".parse().unwrap(),
        );
        let answer = model
            .invoke(Invocation {
                content_type: Some("image/png"),
                accept: Some("a/b"),
                headers: Some(&headers),
                body: Bytes::from_static(b"anything"),
                ..Invocation::default()
            })
            .await
            .unwrap();
        assert_eq!(
            std::str::from_utf8(&answer.body).unwrap(),
            "POST /v1/score|Some(\"image/png\")|Some(\"a/b\")|Some(\"trace=1\")|anything"
        );
    });
}

#[test]
fn what_a_model_server_refuses_is_told_in_its_words() {
    block_on(async {
        let server = ModelServer::start(|_| Reply::Answer(422, "no such thing".to_owned())).await;
        let model = open_served(&url_source(&server.url), &Environment::default()).await;
        let error = ask(&model.unwrap(), ("text/csv", None), ROW)
            .await
            .unwrap_err();
        let InvokeModel::Answered { status, message } = error else {
            panic!("{error}")
        };
        assert_eq!((status, message.as_str()), (422, "no such thing"));
        // A port that nobody listens on.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let gone = url_source(&format!("http://127.0.0.1:{port}"));
        let model = open_served(&gone, &Environment::default()).await.unwrap();
        let error = ask(&model, ("text/csv", None), ROW).await.unwrap_err();
        assert!(matches!(error, InvokeModel::Unreachable { .. }), "{error}");
    });
}

fn asynchronous(folder: &Path, input: &str) -> AsyncInvocation {
    let place = |name: &str| folder.join(name).display().to_string();
    AsyncInvocation {
        endpoint: "e".to_owned(),
        region: "us-east-1".to_owned(),
        variant: "v".to_owned(),
        model: "m".to_owned(),
        inference_id: "id".to_owned(),
        input: place(input),
        output: place("out/answer"),
        failure: place("out/failure"),
        content_type: Some("text/csv".to_owned()),
        accept: None,
        custom_attributes: None,
    }
}

#[test]
fn an_asynchronous_invocation_writes_its_answer_or_its_failure() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("in.csv"), ROW).unwrap();
    std::fs::write(folder.path().join("bad.csv"), "1,2").unwrap();
    let model = ServedModel::of_opened(binary());
    let environment = Environment::default();
    let run = |input| {
        let asked = asynchronous(folder.path(), input);
        block_on(run_async_invocation(&model, &asked, &environment)).unwrap()
    };
    let read = |name| std::fs::read_to_string(folder.path().join("out").join(name)).unwrap();
    assert_eq!(run("in.csv"), AsyncOutcome::Answered);
    let expected = block_on(ask(&model, ("text/csv", None), ROW)).unwrap();
    assert_eq!(read("answer"), expected);
    assert!(!folder.path().join("out/failure").exists());
    assert_eq!(run("bad.csv"), AsyncOutcome::Failed);
    assert!(
        read("failure").contains("the model answered 400"),
        "{}",
        read("failure")
    );
    assert_eq!(run("nothing.csv"), AsyncOutcome::Failed);
    assert!(
        read("failure").contains("no file or folder"),
        "{}",
        read("failure")
    );
}

fn content_type() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("text/csv"),
        Just("application/json"),
        Just("application/jsonlines"),
    ]
}

/// Bodies that are nearly right.
fn body() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&str; 23] = [
        "1",
        "2.5",
        ",",
        "\n",
        "\r\n",
        "\"",
        "\"\"",
        "[",
        "]",
        "{",
        "}",
        ":",
        "\"features\"",
        "\"instances\"",
        "null",
        "true",
        "-",
        "e9",
        "nan",
        "\u{feff}",
        "é",
        " ",
        "\\u12",
    ];
    prop_oneof![
        proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..40)
            .prop_map(|pieces| pieces.concat().into_bytes()),
        proptest::collection::vec(any::<u8>(), 0..64),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_body_is_answered_or_refused(content_type in content_type(), body in body()) {
        static MODEL: std::sync::OnceLock<ServedModel> = std::sync::OnceLock::new();
        let model = MODEL.get_or_init(|| ServedModel::of_opened(binary()));
        match futures::executor::block_on(ask(model, (content_type, None), body)) {
            Ok(answer) => prop_assert!(!answer.is_empty()),
            Err(InvokeModel::Answered { status, .. }) => prop_assert_eq!(status, 400),
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}
