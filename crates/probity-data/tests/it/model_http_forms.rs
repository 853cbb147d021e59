//! What a model behind the SageMaker protocol is sent, and how its answers are read: the documented
//! examples of `predictor` and of the model responses.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use probity_data::DatasetType;
use probity_data::model::http::{HttpModel, HttpOptions, Protocol};
use probity_data::model::{Predict, Predictions};
use probity_domain::document::analysis_config::{
    AcceptType, ColumnReference, ConfigValue, ContentTemplate, ContentType, Predictor,
};

use crate::model_server::{ModelServer, ok};

fn named(name: &str) -> Option<ColumnReference> {
    Some(ColumnReference::Name(name.to_owned()))
}

fn index(index: usize) -> Option<ColumnReference> {
    Some(ColumnReference::Index(index))
}

/// `A` 0, 3 and `B` 1, 4: the records of the guide's examples.
fn two_records() -> RecordBatch {
    let column = |values: [i64; 2]| -> ArrayRef { Arc::new(Int64Array::from(values.to_vec())) };
    RecordBatch::try_from_iter([("A", column([0, 3])), ("B", column([1, 4]))]).unwrap()
}

/// The bodies of the requests for records, whatever is answered.
async fn bodies(records: &RecordBatch, change: impl FnOnce(&mut HttpOptions)) -> Vec<String> {
    let server = ModelServer::start(|_| ok("nonsense")).await;
    let model = server.model(|options| {
        options.concurrency = 1;
        change(options);
    });
    model.predict(records).await.unwrap_err();
    server.calls().into_iter().map(|call| call.body).collect()
}

fn json_templates(content: &str, record: &str) -> impl FnOnce(&mut HttpOptions) {
    let (content, record) = (content.to_owned(), record.to_owned());
    move |options| {
        options.content_type = ContentType::Json;
        options.content_template = Some(ContentTemplate::Text(content));
        options.record_template = Some(record);
    }
}

#[track_caller]
fn assert_first(bodies: &[String], expected: &str) {
    assert_eq!(bodies.first().map(String::as_str), Some(expected));
}

#[tokio::test]
async fn csv_has_no_header_and_spells_values_as_the_dataset() {
    let whole: ArrayRef = Arc::new(Int64Array::from(vec![Some(38), None]));
    let real: ArrayRef = Arc::new(Float64Array::from(vec![0.1, 1e21]));
    let text: ArrayRef = Arc::new(StringArray::from(vec![Some("a \"b\", c"), Some("")]));
    let spelled: ArrayRef = Arc::new(StringArray::from(vec![Some("1.50"), None]));
    let records =
        RecordBatch::try_from_iter([("i", whole), ("r", real), ("t", text), ("s", spelled)])
            .unwrap();
    let bodies = bodies(&records, |_| {}).await;
    assert_first(&bodies, "38,0.1,\"a \"\"b\"\", c\",1.50\n,1e21,\"\",");
}

#[tokio::test]
async fn a_single_missing_value_is_still_a_line() {
    let only: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(3)]));
    let records = RecordBatch::try_from_iter([("only", only)]).unwrap();
    assert_first(&bodies(&records, |_| {}).await, "1\n\"\"\n3");
}

#[tokio::test]
async fn a_line_of_json_holds_the_features() {
    let lines = |options: &mut HttpOptions| {
        options.content_type = ContentType::JsonLines;
        options.content_template = Some(ContentTemplate::Text(
            r#"{"myfeatures":$features}"#.to_owned(),
        ));
    };
    let bodies = bodies(&two_records(), lines).await;
    assert_first(&bodies, "{\"myfeatures\":[0,1]}\n{\"myfeatures\":[3,4]}");
}

#[tokio::test]
async fn json_is_made_by_templates_as_the_guide_shows() {
    let two = two_records();
    let listed = r#"{"instances":[[0,1],[3,4]],"feature_names":["A","B"]}"#;
    let template = r#"{"instances":$records,"feature_names":$feature_names}"#;
    assert_first(
        &bodies(&two, json_templates(template, "$features")).await,
        listed,
    );
    let objects = r#"[{"A":0,"B":1},{"A":3,"B":4}]"#;
    assert_first(
        &bodies(&two, json_templates("$records", "$features_kvp")).await,
        objects,
    );
    let named = r#"{"A":"${A}","B":"${B}"}"#;
    assert_first(
        &bodies(&two, json_templates("$records", named)).await,
        objects,
    );
    let single = bodies(&two, json_templates("$record", "$features_kvp")).await;
    assert_first(&single, r#"{"A":0,"B":1}"#);
}

#[tokio::test]
async fn values_keep_their_type_in_json() {
    let text: ArrayRef = Arc::new(StringArray::from(vec!["a\"b", "1.50", "007", "true"]));
    let code: ArrayRef = Arc::new(StringArray::from(vec![
        Some("1"),
        Some("2"),
        None,
        Some("4"),
    ]));
    let records = RecordBatch::try_from_iter([("t", text), ("c", code)]).unwrap();
    let change = |options: &mut HttpOptions| {
        json_templates("$records", "$features")(options);
        options.text_features = vec!["c".to_owned()];
    };
    let expected = r#"[["a\"b","1"],[1.50,"2"],["007",null],[true,"4"]]"#;
    assert_first(&bodies(&records, change).await, expected);
}

#[tokio::test]
async fn feature_names_may_be_the_models_own() {
    let change = |options: &mut HttpOptions| {
        json_templates("$records", r#"{"n":$feature_names,"x":"${x1}"}"#)(options);
        options.feature_names = Some(vec!["x1".to_owned(), "x2".to_owned()]);
    };
    let expected = r#"[{"n":["x1","x2"],"x":0},{"n":["x1","x2"],"x":3}]"#;
    assert_first(&bodies(&two_records(), change).await, expected);
}

#[tokio::test]
async fn a_content_template_of_members_is_a_template() {
    let change = |options: &mut HttpOptions| {
        json_templates("", "$features")(options);
        let members = serde_json::json!({"instances": "$records", "kind": "a"});
        options.content_template = Some(ContentTemplate::Members(
            members.as_object().unwrap().clone(),
        ));
    };
    let expected = r#"{"instances":[[0,1],[3,4]],"kind":"a"}"#;
    assert_first(&bodies(&two_records(), change).await, expected);
}

#[tokio::test]
async fn headers_go_with_every_request() {
    let server = ModelServer::start(|_| ok("1\n2")).await;
    let model = server.model(|options| {
        options.accept = Some(AcceptType::Csv);
        options.custom_attributes = Some("trace=1".to_owned());
        options.target_model = Some("a.tar.gz".to_owned());
        options.headers = vec![("Authorization".to_owned(), "Bearer t".to_owned())];
    });
    model.predict(&two_records()).await.unwrap();
    model.ping().await.unwrap();
    let calls = server.calls();
    assert_eq!(calls[0].line, "POST /invocations");
    assert_eq!(calls[0].header("content-type"), Some("text/csv"));
    assert_eq!(calls[0].header("accept"), Some("text/csv"));
    assert_eq!(
        calls[0].header("x-amzn-sagemaker-custom-attributes"),
        Some("trace=1")
    );
    assert_eq!(
        calls[0].header("x-amzn-sagemaker-target-model"),
        Some("a.tar.gz")
    );
    assert_eq!(calls[0].header("authorization"), Some("Bearer t"));
    assert_eq!(calls[1].line, "GET /ping");
    assert_eq!(calls[1].header("authorization"), Some("Bearer t"));
}

/// What is made of an answer to the two records.
async fn read(
    answer: &'static str,
    change: impl FnOnce(&mut HttpOptions),
) -> Result<Predictions, String> {
    let server = ModelServer::start(move |_| ok(answer)).await;
    let model = server.model(change);
    model
        .predict(&two_records())
        .await
        .map_err(|error| error.to_string())
}

async fn read_one(
    answer: &'static str,
    change: impl FnOnce(&mut HttpOptions),
) -> Result<Predictions, String> {
    let server = ModelServer::start(move |_| ok(answer)).await;
    let model = server.model(change);
    let one = two_records().slice(0, 1);
    model.predict(&one).await.map_err(|error| error.to_string())
}

#[track_caller]
fn check(found: Result<Predictions, String>, scores: &[f64], n_outputs: usize) {
    let found = found.unwrap();
    assert_eq!(
        (found.scores.as_slice(), found.n_outputs),
        (scores, n_outputs)
    );
}

fn texts(values: &[&str]) -> Option<Vec<String>> {
    Some(values.iter().map(|value| (*value).to_owned()).collect())
}

#[tokio::test]
async fn answers_of_csv_are_one_record_per_line_or_single_values_in_one() {
    check(read("0.6\n0.3\n", |_| {}).await, &[0.6, 0.3], 1);
    check(read("0.6\r\n0.3", |_| {}).await, &[0.6, 0.3], 1);
    check(read("0.6,0.3", |_| {}).await, &[0.6, 0.3], 1);
    let classes = read("0.1,0.6,0.3\n0.2,0.2,0.6", |_| {}).await;
    check(classes, &[0.1, 0.6, 0.3, 0.2, 0.2, 0.6], 3);
}

#[tokio::test]
async fn one_line_is_no_record_per_value_where_classes_are_known() {
    let headers = |options: &mut HttpOptions| options.label_headers = texts(&["x", "y"]);
    // One record was answered where two were sent; asked again one by one, both are.
    check(read("0.6,0.4", headers).await, &[0.6, 0.4, 0.6, 0.4], 2);
}

#[tokio::test]
async fn label_and_score_of_csv_are_taken_by_index() {
    let both = |options: &mut HttpOptions| {
        options.label = index(0);
        options.probability = index(1);
    };
    let found = read("1,0.6\n0,0.3", both).await.unwrap();
    assert_eq!(
        (found.scores, found.labels),
        (vec![0.6, 0.3], texts(&["1", "0"]))
    );
    let found = read("1,0.6\n0,0.3", |options| options.label = index(0))
        .await
        .unwrap();
    assert_eq!(
        (found.scores, found.n_outputs, found.labels),
        (vec![], 0, texts(&["1", "0"]))
    );
}

#[tokio::test]
async fn lists_of_autopilot_are_parsed_and_put_in_one_order() {
    let both = |options: &mut HttpOptions| {
        options.label = index(0);
        options.probability = index(1);
    };
    let answer =
        "\"['cat','dog','fish']\",\"[0.1,0.6,0.3]\"\n\"['fish','cat','dog']\",\"[0.5,0.3,0.2]\"";
    let found = read(answer, both).await.unwrap();
    assert_eq!(found.scores, [0.1, 0.6, 0.3, 0.3, 0.2, 0.5]);
    assert_eq!(found.output_names, texts(&["cat", "dog", "fish"]));
    assert_eq!(found.labels, texts(&["dog", "fish"]));
}

#[tokio::test]
async fn the_highest_score_names_the_label() {
    let headers =
        |options: &mut HttpOptions| options.label_headers = texts(&["cat", "dog", "fish"]);
    let found = read("0.1,0.6,0.3\n0.2,0.2,0.6", headers).await.unwrap();
    assert_eq!(found.labels, texts(&["dog", "fish"]));
    assert_eq!(found.output_names, texts(&["cat", "dog", "fish"]));
    let error = read_one("0.1,0.6", headers).await.unwrap_err();
    assert!(
        error.contains("2 scores, and `label_headers` has 3 names"),
        "{error}"
    );
}

fn json(
    accept: AcceptType,
    label: Option<ColumnReference>,
    probability: Option<ColumnReference>,
) -> impl FnOnce(&mut HttpOptions) {
    move |options| {
        options.accept = Some(accept);
        options.label = label;
        options.probability = probability;
    }
}

#[tokio::test]
async fn lines_of_json_are_searched_one_by_one() {
    let lines = "{\"score\":0.6,\"predicted_label\":1}\n{\"score\":0.3,\"predicted_label\":0}\n";
    let scores = json(AcceptType::JsonLines, None, named("score"));
    check(read(lines, scores).await, &[0.6, 0.3], 1);
    let both = json(
        AcceptType::JsonLines,
        named("predicted_label"),
        named("score"),
    );
    assert_eq!(read(lines, both).await.unwrap().labels, texts(&["1", "0"]));
    let classes = "{\"probabilities\":[0.1,0.9]}\n{\"probabilities\":[0.7,0.3]}";
    let scores = json(AcceptType::JsonLines, None, named("probabilities"));
    check(read(classes, scores).await, &[0.1, 0.9, 0.7, 0.3], 2);
    let labels = "{\"l\":[\"x\",\"y\"],\"p\":[0.1,0.9]}\n{\"l\":[\"x\",\"y\"],\"p\":[0.7,0.3]}";
    let both = json(AcceptType::JsonLines, named("l"), named("p"));
    assert_eq!(read(labels, both).await.unwrap().labels, texts(&["y", "x"]));
}

#[tokio::test]
async fn json_is_searched_as_a_whole() {
    let whole = r#"{"predictions":[{"score":0.6,"label":"a"},{"score":0.3,"label":"b"}]}"#;
    let scores = json(AcceptType::Json, None, named("predictions[*].score"));
    check(read(whole, scores).await, &[0.6, 0.3], 1);
    let both = json(
        AcceptType::Json,
        named("predictions[*].label"),
        named("predictions[*].score"),
    );
    assert_eq!(read(whole, both).await.unwrap().labels, texts(&["a", "b"]));
    check(
        read("[0.6,0.3]", json(AcceptType::Json, None, named("[*]"))).await,
        &[0.6, 0.3],
        1,
    );
    check(
        read("[[1,2],[3,4]]", json(AcceptType::Json, None, None)).await,
        &[1.0, 2.0, 3.0, 4.0],
        2,
    );
}

#[tokio::test]
async fn a_request_of_one_record_is_answered_by_one_record() {
    let answers = ["{\"p\":[0.6,0.4]}", "{\"p\":[0.3,0.7]}"];
    let server =
        ModelServer::start(move |call| ok(answers[usize::from(call.body.contains('3'))])).await;
    let model = server.model(|options| {
        json_templates("$record", "$features")(options);
        options.probability = named("p");
    });
    let found = model.predict(&two_records()).await.unwrap();
    assert_eq!(
        (found.scores, found.n_outputs),
        (vec![0.6, 0.4, 0.3, 0.7], 2)
    );
    assert_eq!(server.calls().len(), 2);
    assert!(model.notes().is_empty());
}

/// An answer that cannot be used is told with what it was, shortly.
async fn check_told(
    answer: &'static str,
    accept: AcceptType,
    place: Option<ColumnReference>,
    problem: &str,
) {
    let read = read_one(answer, json(accept, None, place)).await;
    let error = read.unwrap_err();
    assert!(error.starts_with("the model answered "), "{error}");
    assert!(error.contains(problem), "{error}");
}

#[tokio::test]
async fn answers_of_csv_that_make_no_sense_are_told() {
    let check = async |answer, place, problem: &str| {
        check_told(answer, AcceptType::Csv, place, problem).await;
    };
    check("abc", None, "a score is not a number (to record 1): `abc`").await;
    check("NaN", None, "score 1 is not finite in record 1").await;
    check("inf", None, "score 1 is not finite in record 1").await;
    check("", None, "with 0 records to a request of 1").await;
    check("0.6,0.4\n0.6", None, "with 2 records to a request of 1").await;
    check("\"0.3", None, "a quote is never closed").await;
    let missing = "a line has 1 fields, and field 1 was to be taken";
    check("0.6", index(1), missing).await;
    check("\"[0.6,null]\"", None, "a list has a missing value").await;
}

#[tokio::test]
async fn answers_of_json_that_make_no_sense_are_told() {
    let lines = async |answer, problem: &str| {
        check_told(answer, AcceptType::JsonLines, named("score"), problem).await;
    };
    lines("<html>", "it is not JSON").await;
    lines("{\"a\":1}", "`score` gives nothing").await;
    lines("{\"score\":true}", "a score is a boolean").await;
    lines("{\"score\":{}}", "a score is an object").await;
    lines("{\"score\":\"high\"}", "a score is not a number").await;
    lines("{\"score\":NaN}", "(to record 1)").await;
    lines("{\"score\":1e999}", "score 1 is not finite").await;
    let whole = async |answer, place, problem: &str| {
        check_told(answer, AcceptType::Json, place, problem).await;
    };
    whole("[[1]]x", None, "text follows").await;
    whole("[1,2,3]", None, "with 3 records to a request of 1").await;
    whole("{\"a\":\"x\"}", named("sum(a)"), "cannot be followed").await;
    let deep: &'static str = Box::leak("[".repeat(100_000).into_boxed_str());
    whole(deep, None, "it is not JSON").await;
}

#[tokio::test]
async fn records_that_no_request_can_carry_are_told() {
    let infinite: ArrayRef = Arc::new(Float64Array::from(vec![1.0, f64::INFINITY]));
    let records = RecordBatch::try_from_iter([("x", infinite)]).unwrap();
    let server = ModelServer::start(|_| ok("[1]")).await;
    let model = server.model(json_templates("$records", "$features"));
    let error = model.predict(&records).await.unwrap_err().to_string();
    assert!(
        error.contains("column `x` of record 2 is infinite"),
        "{error}"
    );
    assert!(server.calls().is_empty());
}

#[test]
fn options_follow_from_the_predictor() {
    let predictor = Predictor {
        accept_type: Some(AcceptType::Json),
        probability: named("p"),
        label_headers: Some(vec![
            ConfigValue::Integer(1),
            ConfigValue::Text("a".to_owned()),
        ]),
        record_template: Some("$features".to_owned()),
        content_template: Some(ContentTemplate::Text("$records".to_owned())),
        target_model: Some("t".to_owned()),
        custom_attributes: Some("c".to_owned()),
        ..Predictor::default()
    };
    let options = HttpOptions::of_predictor("http://h", &predictor, DatasetType::Json);
    assert_eq!(options.content_type, ContentType::Json);
    assert_eq!(options.label_headers, texts(&["1", "a"]));
    HttpModel::new(options).unwrap();
    let csv = HttpOptions::of_predictor("http://h", &Predictor::default(), DatasetType::Parquet);
    assert_eq!(csv.content_type, ContentType::Csv);
}

#[test]
fn options_that_contradict_themselves_are_refused() {
    let check = |change: &dyn Fn(&mut HttpOptions), expected: &str| {
        let mut options = HttpOptions::new("http://h", Protocol::SageMaker);
        change(&mut options);
        assert_eq!(HttpModel::new(options).unwrap_err().to_string(), expected);
    };
    check(
        &|options| options.probability = named("score"),
        "`probability` cannot be used: it is `score`, and answers without names need an index from 0",
    );
    check(
        &|options| options.content_type = ContentType::JsonLines,
        "`content_template` cannot be used: it is missing; for example `{\"features\":$features}`",
    );
    check(
        &|options| options.content_type = ContentType::Jpeg,
        "`content_type` cannot be used: `image/jpeg` is no form of records",
    );
    check(
        &|options| options.concurrency = 0,
        "`concurrency` cannot be used: it is 0",
    );
    check(
        &|options| options.label_headers = texts(&["a", "a"]),
        "`label_headers` cannot be used: it names `a` twice",
    );
    check(
        &|options| options.headers = vec![("x".to_owned(), "hush\n".to_owned())],
        "`headers` cannot be used: `x` has a value that no header may have",
    );
    check(
        &|options| options.url = "h:80".to_owned(),
        "`h:80` is no address of a model: its scheme is neither `http` nor `https`; expected `http://HOST:PORT`",
    );
}
