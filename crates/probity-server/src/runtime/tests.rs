//! Invocations from request to answer, on a SQLite file and real models.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use aws_smithy_eventstream::frame::read_message_from;
use bytes::Buf;
use futures::FutureExt;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use probity_app::{Access, App, Caller, Clock, Ids, LocalProcesses, Settings};
use probity_data::capture::{CaptureLog, CaptureOptions, KeyedHash, NewNames, Redaction};
use probity_data::location::Environment;
use probity_data::serving::{ASYNC_INVOCATION, AsyncInvocation};
use probity_domain::ResourceKind;
use probity_store::resource::{self, Resource, ResourceKey};
use probity_store::{Store, job, tag};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Notify;

use super::{CaptureParts, EndpointRuntime, RuntimeParts};
use crate::server::Runtime;

#[derive(Debug)]
struct FixedClock;

impl Clock for FixedClock {
    fn now_ms(&self) -> i64 {
        // 2022-04-18T00:21:48Z
        1_650_241_308_000
    }
}

#[derive(Debug, Default)]
struct Counted(AtomicUsize);

impl Ids for Counted {
    fn uuid(&self) -> String {
        let n = self.0.fetch_add(1, Ordering::Relaxed);
        format!("00000000-0000-4000-8000-{n:012}")
    }
}

struct Served {
    app: App,
    runtime: EndpointRuntime,
    log: CaptureLog,
    home: TempDir,
    version: AtomicI64,
}

struct Answered {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answered {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    #[track_caller]
    fn check_error(&self, status: u16, code: &str, message: &str) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert_eq!(self.header("x-amzn-errortype"), code);
        let told = self.json()["Message"].as_str().unwrap().to_owned();
        assert!(told.contains(message), "{told}");
    }
}

fn golden(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden/models");
    folder.join(name).display().to_string()
}

fn caller(access: Access) -> Caller {
    Caller {
        user: "governor".to_owned(),
        access,
        account: "111122223333".to_owned(),
        region: "us-west-2".to_owned(),
        request_id: "request".to_owned(),
    }
}

impl Served {
    async fn new() -> Served {
        let home = tempfile::tempdir().unwrap();
        let database = home.path().join("probity.db");
        let url = format!("sqlite://{}?mode=rwc", database.display());
        let ids: Arc<dyn Ids> = Arc::new(Counted::default());
        let app = App {
            store: Store::open(&url).await.unwrap(),
            clock: Arc::new(FixedClock),
            ids: Arc::clone(&ids),
            settings: Arc::new(Settings {
                account_id: "111122223333".to_owned(),
                local_processes: LocalProcesses::Refused,
            }),
            jobs: Arc::new(Notify::new()),
            endpoints: Arc::new(Notify::new()),
        };
        let names = NewNames::new(move || ids.uuid());
        let options = CaptureOptions::new(names, Environment::default());
        let log = CaptureLog::open(&home.path().join("capture"), options).unwrap();
        let parts = RuntimeParts {
            app: app.clone(),
            environment: Environment::default(),
            capture: Some(CaptureParts {
                log: log.clone(),
                clock: Arc::clone(&app.clock),
                ids: Arc::clone(&app.ids),
                hash: KeyedHash::new(b"key"),
                redaction: Redaction::none(),
            }),
        };
        Served {
            runtime: EndpointRuntime::new(parts),
            app,
            log,
            home,
            version: AtomicI64::new(0),
        }
    }

    /// The endpoint `live` with this configuration and these models.
    async fn put(&self, config: Value, models: Value) {
        let deployment = json!({
            "Id": format!("d{}", self.version.fetch_add(1, Ordering::Relaxed)),
            "Config": config,
            "Models": models,
        });
        let key = ResourceKey {
            kind: ResourceKind::Endpoint,
            region: "us-west-2",
            name: "live",
        };
        let mut unit = self.app.store.begin().await.unwrap();
        resource::delete(&mut unit, key).await.unwrap();
        let row = Resource {
            kind: ResourceKind::Endpoint,
            region: "us-west-2".to_owned(),
            name: "live".to_owned(),
            arn: ARN.to_owned(),
            version: 1,
            status: "InService".to_owned(),
            created_ms: 0,
            modified_ms: 0,
            created_by: String::new(),
            modified_by: String::new(),
            attributes: Default::default(),
            body: json!({"EndpointName": "live", "InService": deployment}),
        };
        resource::insert(&mut unit, &row).await.unwrap();
        unit.commit().await.unwrap();
        self.app.endpoints.notify_one();
        // The bell is heard by whoever follows; here nobody else does.
        self.runtime.follow_changes().now_or_never();
    }

    /// A binary model of XGBoost behind the variant `AllTraffic`.
    async fn put_binary(&self, more: Value) {
        let mut config = json!({
            "ProductionVariants": [{"VariantName": "AllTraffic", "ModelName": "m"}],
        });
        for (name, value) in more.as_object().unwrap() {
            config[name] = value.clone();
        }
        self.put(config, json!([model("m", "xgboost/binary.json")]))
            .await;
    }

    async fn ask(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answered {
        self.ask_as(Access::Administrator, (path, headers), body)
            .await
    }

    async fn ask_as(
        &self,
        access: Access,
        (path, headers): (&str, &[(&str, &str)]),
        body: &str,
    ) -> Answered {
        let mut request = Request::post(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.to_owned().into()).unwrap();
        let answer = self.runtime.answer(&caller(access), request).await;
        let (head, body) = answer.into_parts();
        Answered {
            status: head.status,
            headers: head.headers,
            body: body.collect().await.unwrap().to_bytes().to_vec(),
        }
    }

    /// The captured records, delivered to the folder `captured`.
    async fn captured(&self) -> Vec<Value> {
        assert_eq!(self.log.flush().await, 0);
        let mut records = Vec::new();
        let mut folders = vec![self.home.path().join("captured")];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = folder.read_dir() else {
                continue;
            };
            for entry in entries {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = std::fs::read_to_string(path).unwrap();
                records.extend(text.lines().map(|line| serde_json::from_str(line).unwrap()));
            }
        }
        records
    }

    fn capture_config(&self, percent: u64) -> Value {
        json!({"DataCaptureConfig": {
            "EnableCapture": true,
            "InitialSamplingPercentage": percent,
            "DestinationS3Uri": self.home.path().join("captured").display().to_string(),
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {
                "CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]
            },
        }})
    }
}

const ARN: &str = "arn:aws:sagemaker:us-west-2:111122223333:endpoint/live";
const SYNC: &str = "/endpoints/live/invocations";
const STREAM: &str = "/endpoints/live/invocations-response-stream";
const ASYNC: &str = "/endpoints/live/async-invocations";
const CSV: (&str, &str) = ("content-type", "text/csv");
const ROW: &str = "0.1,1,3,-0.5,0.9,-0.3";

fn model(name: &str, file: &str) -> Value {
    json!({"ModelName": name, "PrimaryContainer": {"ModelDataUrl": golden(file)}})
}

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

const TAG: &str = probity_app::invocation::REDACTION_TAG;

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

fn explainer(enable: Option<&str>) -> Value {
    let mut config = json!({
        "InferenceConfig": {"FeatureHeaders": ["a", "b", "c", "d", "e", "f"]},
        "ShapConfig": {"ShapBaselineConfig": {"ShapBaseline": "0,0,0,0,0,0"}},
    });
    if let Some(enable) = enable {
        config["EnableExplanations"] = json!(enable);
    }
    json!({"ExplainerConfig": {"ClarifyExplainerConfig": config}})
}

#[tokio::test]
async fn an_explanation_adds_up_to_the_answer() {
    let served = Served::new().await;
    served.put_binary(json!({})).await;
    let baseline = served.ask(SYNC, &[CSV], "0,0,0,0,0,0").await;
    let baseline: f64 = baseline.text().trim().parse().unwrap();
    served.put_binary(explainer(None)).await;
    let both = [CSV, ("accept", "text/csv")];
    let two = format!("{ROW}\n1,2,3,4,5,6\n");
    let answer = served.ask(SYNC, &both, &two).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/json");
    let told = answer.json();
    assert_eq!(told["version"], "1.0");
    assert_eq!(
        told["predictions"]["content_type"],
        "text/csv; charset=utf-8"
    );
    let scores = told["predictions"]["data"].as_str().unwrap();
    let explained = told["explanations"]["kernel_shap"].as_array().unwrap();
    assert_eq!(explained.len(), 2);
    for (score, record) in scores.lines().zip(explained) {
        let features = record.as_array().unwrap();
        assert_eq!(features[0]["feature_header"], "a");
        let sum: f64 = features
            .iter()
            .map(|feature| {
                feature["attributions"][0]["attribution"][0]
                    .as_f64()
                    .unwrap()
            })
            .sum();
        let score: f64 = score.parse().unwrap();
        // Six features: all coalitions are asked, and only rounding is left.
        assert!(
            (baseline + sum - score).abs() < 1e-9,
            "{baseline} + {sum} = {score}"
        );
    }
    // The same request has the same explanation.
    assert_eq!(served.ask(SYNC, &both, &two).await.body, answer.body);
}

#[tokio::test]
async fn records_are_explained_where_the_answer_says() {
    let served = Served::new().await;
    served.put_binary(explainer(Some("[0]>`2`"))).await;
    let both = [CSV, ("accept", "text/csv")];
    let answer = served.ask(SYNC, &both, ROW).await;
    assert_eq!(answer.json()["explanations"], json!({}));
    let header = ("x-amzn-sagemaker-enable-explanations", "`true`");
    let answer = served.ask(SYNC, &[both[0], both[1], header], ROW).await;
    assert_eq!(
        answer.json()["explanations"]["kernel_shap"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let wrong = ("x-amzn-sagemaker-enable-explanations", "[0");
    let answer = served.ask(SYNC, &[both[0], both[1], wrong], ROW).await;
    answer.check_error(400, "ValidationError", "JMESPath");
    let answer = served.ask(SYNC, &[CSV], ROW).await;
    answer.check_error(400, "ValidationError", "Accept is missing");
    served.put_binary(json!({})).await;
    let answer = served.ask(SYNC, &[both[0], both[1], header], ROW).await;
    answer.check_error(400, "ValidationError", "no explainer");
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
