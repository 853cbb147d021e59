//! What of the calls is kept.

use http::StatusCode;
use probity_app::invocation::REDACTION_TAG as TAG;
use probity_store::tag;
use serde_json::json;

use super::{ARN, CSV, ROW, STREAM, SYNC, Served};

#[tokio::test]
async fn calls_are_captured_as_they_were() {
    let served = Served::new().await;
    served.put_binary(served.capture_config(100)).await;
    let headers = [
        CSV,
        ("x-amzn-sagemaker-inference-id", "id-1"),
        ("x-amzn-sagemaker-custom-attributes", "trace=abc"),
    ];
    let answer = served.ask(SYNC, &headers, ROW).await;
    let streamed = served.ask(STREAM, &headers[..1], ROW).await;
    assert_eq!(streamed.status, StatusCode::OK);
    // A refusal is no inference.
    served.ask(SYNC, &[CSV], "1,2").await;
    let records = served.captured().await;
    assert_eq!(records.len(), 2, "{records:?}");
    let named = records
        .iter()
        .find(|record| record["eventMetadata"]["inferenceId"] == "id-1");
    let record = named.unwrap();
    let sides = &record["captureData"];
    assert_eq!(sides["endpointInput"]["data"], ROW);
    assert_eq!(sides["endpointInput"]["encoding"], "CSV");
    assert_eq!(sides["endpointOutput"]["data"], answer.text());
    assert_eq!(
        sides["endpointOutput"]["observedContentType"],
        "text/csv; charset=utf-8"
    );
    let metadata = &record["eventMetadata"];
    assert_eq!(metadata["customAttributes"], json!(["trace=abc"]));
    assert_eq!(metadata["inferenceTime"], "2022-04-18T00:21:48Z");
    let other = records.iter().find(|other| *other != record).unwrap();
    assert_eq!(
        other["captureData"]["endpointOutput"]["data"],
        answer.text()
    );
}

#[tokio::test]
async fn a_sample_and_rules_of_the_tag_are_kept_to() {
    let served = Served::new().await;
    served.put_binary(served.capture_config(0)).await;
    served.ask(SYNC, &[CSV], ROW).await;
    assert!(served.captured().await.is_empty());
    served.put_binary(served.capture_config(100)).await;
    let mut unit = served.app.store.begin().await.unwrap();
    let rules = (TAG.to_owned(), "0=drop".to_owned());
    tag::put(&mut unit, ARN, &[rules]).await.unwrap();
    unit.commit().await.unwrap();
    served.ask(SYNC, &[CSV], ROW).await;
    let records = served.captured().await;
    let data = records[0]["captureData"]["endpointInput"]["data"].as_str();
    assert_eq!(data, Some(",1,3,-0.5,0.9,-0.3"));
}

#[tokio::test]
async fn with_rules_that_are_not_understood_nothing_is_kept() {
    let served = Served::new().await;
    served.put_binary(served.capture_config(100)).await;
    let mut unit = served.app.store.begin().await.unwrap();
    let rules = (TAG.to_owned(), "0=forget".to_owned());
    tag::put(&mut unit, ARN, &[rules]).await.unwrap();
    unit.commit().await.unwrap();
    let answer = served.ask(SYNC, &[CSV], ROW).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(served.captured().await.is_empty());
    let losses = served.log.take_losses();
    assert_eq!(losses.len(), 1);
    assert_eq!(losses[0].lost, 1);
}
