//! A server without a wire: an empty store in a folder of its own, and callers.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use probity_app::{Access, App, Caller, Clock, Fault, Ids, LocalProcesses, Settings};
use probity_store::{Store, audit, sqlite_url};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Notify;

/// The first time that a server of the tests shows: 2026-11-27T00:00:00Z.
pub(crate) const START_MS: i64 = 1_795_737_600_000;

/// A second later at each look, so that times tell what came first.
#[derive(Debug)]
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now_ms(&self) -> i64 {
        self.0.fetch_add(1000, Ordering::Relaxed)
    }
}

#[derive(Debug, Default)]
struct Counted(AtomicI64);

impl Ids for Counted {
    fn uuid(&self) -> String {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        format!("00000000-0000-4000-8000-{number:012}")
    }
}

pub(crate) struct Server {
    pub(crate) app: App,
    pub(crate) ada: Caller,
    _folder: TempDir,
}

impl Server {
    pub(crate) async fn start() -> Server {
        Server::with(LocalProcesses::Refused).await
    }

    pub(crate) async fn with(local_processes: LocalProcesses) -> Server {
        let folder = TempDir::new().unwrap();
        let store = Store::open(&sqlite_url(&folder.path().join("probity.db")).unwrap())
            .await
            .unwrap();
        let app = App {
            store,
            vault: probity_store::Vault::open(&[7; 32]),
            clock: Arc::new(Ticking(AtomicI64::new(START_MS))),
            ids: Arc::new(Counted::default()),
            settings: Arc::new(Settings {
                account_id: "111122223333".to_owned(),
                local_processes,
                schedule_jitter_ms: 0,
            }),
            jobs: Arc::new(Notify::new()),
            endpoints: Arc::new(Notify::new()),
            seals: Arc::default(),
            policy: probity_app::Policies::default(),
        };
        Server {
            app,
            ada: caller("ada", Access::Administrator, "us-west-2"),
            _folder: folder,
        }
    }

    /// The actions of all events, in their order; the chain is unbroken.
    pub(crate) async fn actions(&self) -> Vec<String> {
        let verified = audit::verify(&self.app.store).await.unwrap();
        assert_eq!(verified.broken_at, None);
        let wanted = audit::ListEvents {
            order: audit::EventOrder::OldestFirst,
            limit: 1000,
            ..audit::ListEvents::default()
        };
        let events = audit::list(&self.app.store, &wanted).await.unwrap();
        events.into_iter().map(|event| event.event.action).collect()
    }
}

pub(crate) fn caller(user: &str, access: Access, region: &str) -> Caller {
    Caller {
        user: user.to_owned(),
        access,
        account: "111122223333".to_owned(),
        region: region.to_owned(),
        request_id: "11111111-2222-4333-8444-555555555555".to_owned(),
    }
}

pub(crate) fn model(name: &str) -> Value {
    json!({
        "ModelName": name,
        "ExecutionRoleArn": "arn:aws:iam::111122223333:role/service-role/Governor",
        "PrimaryContainer": {
            "Image": "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-scikit-learn:1.2-1",
            "Environment": {},
            "ModelDataUrl": format!("s3://b/{name}/model.tar.gz"),
        },
    })
}

/// The message of a fault that a caller can mend.
#[track_caller]
pub(crate) fn invalid(answer: Result<Value, Fault>) -> String {
    match answer {
        Err(Fault::Invalid { message }) => message,
        other => panic!("neither an answer nor another fault was expected: {other:?}"),
    }
}

/// What was not found, as `KIND NAME`.
#[track_caller]
pub(crate) fn missing(answer: Result<Value, Fault>) -> String {
    match answer {
        Err(Fault::NotFound { kind, name }) => format!("{} {name}", kind.as_str()),
        other => panic!("neither an answer nor another fault was expected: {other:?}"),
    }
}

/// What is there already, as `KIND NAME`.
#[track_caller]
pub(crate) fn existing(answer: Result<Value, Fault>) -> String {
    match answer {
        Err(Fault::Exists { kind, name }) => format!("{} {name}", kind.as_str()),
        other => panic!("neither an answer nor another fault was expected: {other:?}"),
    }
}

/// The values of `member` in the list `items` of an answer.
pub(crate) fn values<'a>(answer: &'a Value, items: &str, member: &str) -> Vec<&'a str> {
    let items = answer[items].as_array().unwrap();
    items
        .iter()
        .map(|item| item[member].as_str().unwrap())
        .collect()
}
