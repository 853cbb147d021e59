//! Invocations from request to answer, on a SQLite file and real models.

mod calls;
mod captures;
mod explanations;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use futures::FutureExt;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use probity_app::{Access, App, Caller, Clock, Ids, LocalProcesses, Settings};
use probity_data::capture::{CaptureLog, CaptureOptions, KeyedHash, NewNames, Redaction};
use probity_data::location::Environment;
use probity_domain::ResourceKind;
use probity_store::Store;
use probity_store::resource::{self, Resource, ResourceKey};
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
            vault: probity_store::Vault::open(&[7; 32]),
            clock: Arc::new(FixedClock),
            ids: Arc::clone(&ids),
            settings: Arc::new(Settings {
                account_id: "111122223333".to_owned(),
                local_processes: LocalProcesses::Refused,
                schedule_jitter_ms: 0,
            }),
            jobs: Arc::new(Notify::new()),
            endpoints: Arc::new(Notify::new()),
            seals: Arc::default(),
            policy: probity_app::Policies::default(),
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
