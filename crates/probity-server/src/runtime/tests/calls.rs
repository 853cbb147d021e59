//! Calls at once, as a stream and for later, and their errors.

use aws_smithy_eventstream::frame::read_message_from;
use bytes::Buf;
use http::StatusCode;
use probity_app::Access;
use probity_data::serving::{ASYNC_INVOCATION, AsyncInvocation};
use probity_store::job;
use serde_json::json;

use super::{ASYNC, CSV, ROW, STREAM, SYNC, Served, model};

#[tokio::test]
async fn an_endpoint_answers_and_names_its_variant() {
    let served = Served::new().await;
    served.put_binary(json!({})).await;
    let answer = served.ask(SYNC, &[CSV], ROW).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let score: f64 = answer.text().trim().parse().unwrap();
    assert!(score > 0.0 && score < 1.0);
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(
        answer.header("x-amzn-invoked-production-variant"),
        "AllTraffic"
    );
    let json = served
        .ask(SYNC, &[CSV, ("accept", "application/json")], ROW)
        .await;
    assert_eq!(json.json(), json!({ "predictions": [score] }));
}

#[tokio::test]
async fn what_is_not_there_is_told_in_the_words_of_aws() {
    let served = Served::new().await;
    let answer = served.ask(SYNC, &[CSV], ROW).await;
    answer.check_error(
        400,
        "ValidationError",
        "Endpoint live of account 111122223333 not found.",
    );
    served.put_binary(json!({})).await;
    let nope = ("x-amzn-sagemaker-target-variant", "Nope");
    let answer = served.ask(SYNC, &[CSV, nope], ROW).await;
    answer.check_error(400, "ValidationError", "Variant Nope");
    let answer = served.ask("/endpoints/live/other", &[CSV], ROW).await;
    answer.check_error(404, "UnknownOperationException", "not recognized");
    let target = ("x-amzn-sagemaker-target-model", "a.tar.gz");
    let answer = served.ask(SYNC, &[CSV, target], ROW).await;
    answer.check_error(400, "ValidationError", "serves one model");
}

#[tokio::test]
async fn a_models_refusal_has_its_own_status_and_words() {
    let served = Served::new().await;
    served.put_binary(json!({})).await;
    let answer = served
        .ask(SYNC, &[("content-type", "text/libsvm")], "1:2")
        .await;
    answer.check_error(
        424,
        "ModelError",
        "Received client error (415) from primary",
    );
    let told = answer.json();
    assert_eq!(told["OriginalStatusCode"], 415);
    assert!(
        told["OriginalMessage"]
            .as_str()
            .unwrap()
            .starts_with("LIBSVM")
    );
    assert_eq!(
        told["LogStreamArn"],
        "arn:aws:logs:us-west-2:111122223333:log-group:/aws/sagemaker/Endpoints/live"
    );
}

#[tokio::test]
async fn every_call_is_measured_with_what_became_of_it() {
    let served = Served::new().await;
    served.put_binary(json!({})).await;
    served.ask(SYNC, &[CSV], ROW).await;
    served.ask(STREAM, &[CSV], ROW).await;
    let unknown_type = ("content-type", "text/libsvm");
    served.ask(SYNC, &[unknown_type], "1:2").await;
    let traffic = served.runtime.traffic();
    assert!(traffic.take_minutes(0).is_empty(), "their minute goes on");
    let minutes = traffic.take_minutes(i64::MAX);
    assert_eq!(minutes.len(), 1);
    let minute = &minutes[0];
    assert_eq!(
        (minute.endpoint.as_str(), minute.variant.as_str()),
        ("live", "AllTraffic")
    );
    let calls = &minute.calls;
    assert_eq!((calls.model.count(), calls.overhead.count()), (3, 3));
    assert_eq!((calls.refused, calls.failed), (1, 0));
}

#[tokio::test]
async fn who_only_reads_invokes_nothing() {
    let served = Served::new().await;
    served.put_binary(json!({})).await;
    for path in [SYNC, STREAM, ASYNC] {
        let answer = served.ask_as(Access::ReadOnly, (path, &[CSV]), ROW).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert_eq!(answer.header("x-amzn-errortype"), "AccessDeniedException");
    }
}

#[tokio::test]
async fn requests_are_shared_among_the_variants() {
    let served = Served::new().await;
    let variant = |name: &str, model: &str, weight: f64| json!({"VariantName": name, "ModelName": model, "InitialVariantWeight": weight});
    served
        .put(
            json!({"ProductionVariants": [variant("a", "m", 3.0), variant("b", "n", 1.0)]}),
            json!([
                model("m", "xgboost/binary.json"),
                model("n", "xgboost/binary.ubj")
            ]),
        )
        .await;
    let mut names = Vec::new();
    for _ in 0..8 {
        let answer = served.ask(SYNC, &[CSV], ROW).await;
        names.push(
            answer
                .header("x-amzn-invoked-production-variant")
                .to_owned(),
        );
    }
    assert_eq!(names.iter().filter(|name| *name == "a").count(), 6);
    let named = ("x-amzn-sagemaker-target-variant", "b");
    let answer = served.ask(SYNC, &[CSV, named], ROW).await;
    assert_eq!(answer.header("x-amzn-invoked-production-variant"), "b");
}

#[tokio::test]
async fn a_change_is_seen_by_the_next_request() {
    let served = Served::new().await;
    served.put_binary(json!({})).await;
    let before = served.ask(SYNC, &[CSV], ROW).await;
    served
        .put(
            json!({"ProductionVariants": [{"VariantName": "new", "ModelName": "n"}]}),
            json!([model("n", "xgboost/logitraw.json")]),
        )
        .await;
    let after = served.ask(SYNC, &[CSV], ROW).await;
    assert_eq!(after.header("x-amzn-invoked-production-variant"), "new");
    assert_ne!(before.text(), after.text());
}

#[tokio::test]
async fn a_stream_comes_in_frames() {
    let served = Served::new().await;
    served.put_binary(json!({})).await;
    let whole = served.ask(SYNC, &[CSV], ROW).await;
    let accept = ("x-amzn-sagemaker-accept", "text/csv");
    let answer = served.ask(STREAM, &[CSV, accept], ROW).await;
    assert_eq!(
        answer.header("content-type"),
        "application/vnd.amazon.eventstream"
    );
    assert_eq!(
        answer.header("x-amzn-sagemaker-content-type"),
        "text/csv; charset=utf-8"
    );
    assert_eq!(
        answer.header("x-amzn-invoked-production-variant"),
        "AllTraffic"
    );
    let mut frames = answer.body.as_slice();
    let mut text = Vec::new();
    while frames.has_remaining() {
        let message = read_message_from(&mut frames).unwrap();
        text.extend_from_slice(message.payload());
    }
    assert_eq!(text, whole.body);
    let refused = served.ask(STREAM, &[("content-type", "a/b")], "").await;
    refused.check_error(424, "ModelError", "(415)");
}

#[tokio::test]
async fn an_asynchronous_call_is_queued() {
    let served = Served::new().await;
    served
        .put_binary(
            json!({"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://b/out/"}}}),
        )
        .await;
    let input = ("x-amzn-sagemaker-inputlocation", "s3://b/in.csv");
    let id = ("x-amzn-sagemaker-inference-id", "id-3");
    let payload = ("x-amzn-sagemaker-content-type", "text/csv");
    let answer = served.ask(ASYNC, &[input, id, payload], "").await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(answer.json(), json!({"InferenceId": "id-3"}));
    let output = answer.header("x-amzn-sagemaker-outputlocation").to_owned();
    assert!(
        output.starts_with("s3://b/out/") && output.ends_with(".out"),
        "{output}"
    );
    let claim = job::Claim {
        owner: "o",
        kinds: &[ASYNC_INVOCATION],
        now_ms: i64::MAX / 2,
        due_ms: i64::MAX / 2,
        lease_ms: 1,
    };
    let queued = job::claim(&served.app.store, &claim)
        .await
        .unwrap()
        .unwrap();
    let asked: AsyncInvocation = serde_json::from_str(&queued.subject).unwrap();
    assert_eq!(
        (asked.input.as_str(), asked.model.as_str()),
        ("s3://b/in.csv", "m")
    );
    assert_eq!(
        (asked.output, asked.content_type.as_deref()),
        (output, Some("text/csv"))
    );
    let path = ("x-amzn-sagemaker-inputlocation", "/etc/passwd");
    let answer = served.ask(ASYNC, &[path], "").await;
    answer.check_error(400, "ValidationError", "inputLocation");
    let answer = served.ask(ASYNC, &[], "").await;
    answer.check_error(400, "ValidationError", "'inputLocation'");
}

#[tokio::test]
async fn an_asynchronous_answer_lies_in_the_inputs_bucket_where_no_place_is_configured() {
    let served = Served::new().await;
    served.put_binary(json!({})).await;
    let input = ("x-amzn-sagemaker-inputlocation", "s3://mine/a/in.csv");
    let answer = served.ask(ASYNC, &[input], "").await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    for (header, folder) in [
        ("x-amzn-sagemaker-outputlocation", ""),
        ("x-amzn-sagemaker-failurelocation", "failures/"),
    ] {
        let place = format!("s3://mine/async-inference/live/{folder}");
        assert!(answer.header(header).starts_with(&place), "{header}");
    }
}

#[tokio::test]
async fn a_model_that_cannot_be_opened_is_not_served() {
    let served = Served::new().await;
    served
        .put(
            json!({"ProductionVariants": [{"VariantName": "v", "ModelName": "m"}]}),
            json!([model("m", "xgboost/nothing.json")]),
        )
        .await;
    let answer = served.ask(SYNC, &[CSV], ROW).await;
    answer.check_error(503, "ServiceUnavailable", "cannot be served");
}
