//! A store, buckets and workers of one test.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use probity_app::{Access, App, Caller, Clock, Ids, LocalProcesses, Settings};
use probity_data::location::Environment;
use probity_store::Store;
use probity_store::log_event::{self, Read, ReadLines, StreamKey};
use probity_worker::{Compute, Lease, LocalProcess, Parts};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Runs as the world does, from a fixed day.
#[derive(Debug)]
pub(crate) struct TestClock {
    start: Instant,
    ahead_ms: AtomicI64,
}

impl TestClock {
    pub(crate) fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap();
        self.ahead_ms.fetch_add(by, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        let passed = i64::try_from(self.start.elapsed().as_millis()).unwrap();
        1_795_000_000_000 + passed + self.ahead_ms.load(Ordering::SeqCst)
    }
}

#[derive(Debug, Default)]
struct CountedIds(AtomicU64);

impl Ids for CountedIds {
    fn uuid(&self) -> String {
        let number = self.0.fetch_add(1, Ordering::SeqCst);
        format!("00000000-0000-4000-8000-{number:012}")
    }
}

pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) caller: Caller,
    pub(crate) home: TempDir,
    environment: Arc<Environment>,
    pub(crate) scripts: LocalProcess,
}

/// A worker that runs until it is stopped or dropped.
pub(crate) struct Running {
    shutdown: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn stop(mut self) {
        drop(self.shutdown.take());
        (&mut self.task).await.unwrap();
    }

    /// As `kill -9`: nothing is tidied up.
    pub(crate) async fn kill(self) {
        self.task.abort();
    }
}

impl World {
    pub(crate) async fn new() -> World {
        World::with(LocalProcesses::Refused).await
    }

    pub(crate) async fn with(local_processes: LocalProcesses) -> World {
        let home = tempfile::tempdir().unwrap();
        let database = home.path().join("probity.db");
        let store = Store::open(&format!("sqlite://{}?mode=rwc", database.display()))
            .await
            .unwrap();
        let clock = Arc::new(TestClock {
            start: Instant::now(),
            ahead_ms: AtomicI64::new(0),
        });
        let app = App {
            store,
            vault: probity_store::Vault::open(&[7; 32]),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            ids: Arc::new(CountedIds::default()),
            settings: Arc::new(Settings {
                account_id: "111122223333".to_owned(),
                local_processes,
                schedule_jitter_ms: 0,
            }),
            jobs: Arc::default(),
            endpoints: Arc::default(),
            seals: Arc::default(),
            policy: probity_app::Policies::default(),
        };
        let buckets = home.path().join("objects");
        std::fs::create_dir_all(buckets.join("governance-wire-test")).unwrap();
        let environment = Environment::default().with_buckets(buckets);
        World {
            app,
            clock,
            caller: Caller {
                user: "ada".to_owned(),
                access: Access::Administrator,
                account: "111122223333".to_owned(),
                region: "us-west-2".to_owned(),
                request_id: "request".to_owned(),
            },
            home,
            environment: Arc::new(environment),
            scripts: LocalProcess::Refused {
                reason: "not in this test".to_owned(),
            },
        }
    }

    pub(crate) fn parts(&self, owner: &str) -> Parts {
        Parts {
            app: self.app.clone(),
            environment: Arc::clone(&self.environment),
            jobs_folder: self.home.path().join(format!("jobs-{owner}")),
            owner: owner.to_owned(),
            concurrency: NonZeroUsize::new(2).unwrap(),
            compute: Compute::new(NonZeroUsize::new(2).unwrap()).unwrap(),
            threads: NonZeroUsize::new(2).unwrap(),
            scripts: self.scripts.clone(),
            lease: Lease {
                clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
                length: Duration::from_secs(30),
            },
            exports: probity_worker::PointFeed::default(),
            fonts: probity_analysis::card_document::Fonts::default(),
            catch_up: probity_app::monitoring_schedule::CatchUp::Each,
        }
    }

    pub(crate) fn start(&self, owner: &str) -> Running {
        let (shutdown, told) = oneshot::channel::<()>();
        let parts = self.parts(owner);
        let task = tokio::spawn(async move {
            probity_worker::run(parts, async {
                let _ = told.await;
            })
            .await;
        });
        Running {
            shutdown: Some(shutdown),
            task,
        }
    }

    /// Where an object lies.
    pub(crate) fn object(&self, key: &str) -> PathBuf {
        self.home
            .path()
            .join("objects/governance-wire-test")
            .join(key)
    }

    pub(crate) fn put(&self, key: &str, content: impl AsRef<[u8]>) {
        let place = self.object(key);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, content).unwrap();
    }

    pub(crate) fn read(&self, key: &str) -> String {
        let place = self.object(key);
        std::fs::read_to_string(&place).unwrap_or_else(|error| panic!("{key}: {error}"))
    }

    pub(crate) fn json(&self, key: &str) -> Value {
        serde_json::from_str(&self.read(key)).unwrap()
    }

    /// A Model whose archive is one file of `golden/models`.
    pub(crate) async fn model(&self, name: &str, golden: &str) {
        let key = format!("models/{name}/model.json");
        let content = std::fs::read(golden_folder().join("models").join(golden)).unwrap();
        self.put(&key, content);
        let model = serde_json::json!({
            "ModelName": name,
            "ExecutionRoleArn": "arn:aws:iam::111122223333:role/service-role/Governor",
            "PrimaryContainer": {
                "Image": "any/image:1",
                "ModelDataUrl": format!("s3://governance-wire-test/{key}"),
            },
        });
        probity_app::model::create(&self.app, &self.caller, model)
            .await
            .unwrap();
    }

    pub(crate) async fn processing_job(&self, body: Value) -> String {
        let name = body["ProcessingJobName"].as_str().unwrap().to_owned();
        probity_app::processing_job::create(&self.app, &self.caller, body)
            .await
            .unwrap();
        name
    }

    pub(crate) async fn describe(&self, name: &str) -> Value {
        let input = serde_json::json!({"ProcessingJobName": name});
        probity_app::processing_job::describe(&self.app, &self.caller, input)
            .await
            .unwrap()
    }

    /// Waits for the final status.
    pub(crate) async fn ended(&self, name: &str) -> Value {
        let started = Instant::now();
        loop {
            let job = self.describe(name).await;
            let status = job["ProcessingJobStatus"].as_str().unwrap();
            if !matches!(status, "InProgress" | "Stopping") {
                return job;
            }
            assert!(started.elapsed() < Duration::from_secs(120), "{job}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The job's log, line by line.
    pub(crate) async fn log(&self, group: &str, job: &str) -> Vec<String> {
        let streams = log_event::ListStreams {
            region: "us-west-2".to_owned(),
            group: group.to_owned(),
            prefix: format!("{job}/"),
            order: log_event::StreamOrder::Name,
            after: None,
            limit: 10,
        };
        let streams = log_event::streams(&self.app.store, &streams).await.unwrap();
        let stream = &streams.items.first().expect("the job has a log").name;
        let wanted = ReadLines {
            stream: StreamKey {
                region: "us-west-2",
                group,
                stream,
            },
            from_ms: 0,
            to_ms: i64::MAX,
            read: Read::After(0),
            limit: 10_000,
        };
        let lines = log_event::lines(&self.app.store, &wanted).await.unwrap();
        lines.into_iter().map(|line| line.message).collect()
    }
}

pub(crate) fn golden_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden")
}

/// A request as the SageMaker SDK sends it.
pub(crate) fn request(name: &str) -> Value {
    let place = golden_folder().join("wire/requests").join(name);
    serde_json::from_slice(&std::fs::read(place).unwrap()).unwrap()
}
