//! An app on a database of its own, at a time that stands still unless it is moved on.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use probity_app::{Access, App, Caller, Clock, Fault, Ids, LocalProcesses, Settings};
use probity_store::Store;
use tempfile::TempDir;
use tokio::sync::Notify;

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) caller: Caller,
    clock: Arc<StandingClock>,
    _folder: TempDir,
}

#[derive(Debug)]
struct StandingClock(AtomicI64);

impl Clock for StandingClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
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

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const START_MS: i64 = 1_795_305_600_000;

impl World {
    pub(crate) async fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/probity.db?mode=rwc", folder.path().display());
        let clock = Arc::new(StandingClock(AtomicI64::new(START_MS)));
        let app = App {
            store: Store::open(&url).await.unwrap(),
            vault: probity_store::Vault::open(&[7; 32]),
            clock: clock.clone(),
            ids: Arc::new(CountedIds::default()),
            settings: Arc::new(Settings {
                account_id: ACCOUNT.to_owned(),
                local_processes: LocalProcesses::Refused,
                schedule_jitter_ms: 0,
            }),
            jobs: Arc::new(Notify::new()),
            endpoints: Arc::new(Notify::new()),
            seals: Arc::default(),
            policy: probity_app::Policies::default(),
        };
        let caller = Caller {
            user: "ada".to_owned(),
            access: Access::Administrator,
            account: ACCOUNT.to_owned(),
            region: "us-west-2".to_owned(),
            request_id: "request-1".to_owned(),
        };
        World {
            app,
            caller,
            clock,
            _folder: folder,
        }
    }

    pub(crate) fn pass_ms(&self, ms: i64) {
        self.clock.0.fetch_add(ms, Ordering::SeqCst);
    }
}

/// Calls a verb of the world: `call!(world, experiment::create, {"ExperimentName": "e"})`.
macro_rules! call {
    ($world:expr, $($verb:ident)::+, $($input:tt)+) => {
        probity_app::$($verb)::+(
            &$world.app,
            &$world.caller,
            serde_json::json!($($input)+),
        )
        .await
    };
}
pub(crate) use call;

/// What the fault is, in one word.
#[track_caller]
pub(crate) fn fault(answer: Result<serde_json::Value, Fault>) -> &'static str {
    match answer.unwrap_err() {
        Fault::NotFound { .. } | Fault::Missing { .. } => "not found",
        Fault::Exists { .. } => "exists",
        Fault::InUse { .. } => "in use",
        Fault::Limit { .. } => "limit",
        Fault::Conflict { .. } => "conflict",
        Fault::Invalid { .. } => "invalid",
        Fault::Denied { .. } => "denied",
        Fault::Overloaded => "overloaded",
        Fault::Internal { .. } => "internal",
    }
}
