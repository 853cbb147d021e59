//! The endpoints that are in service, by region and name. Rows are read when an endpoint is first
//! asked, when a change rings, and at most once a second; models are opened once per deployment.
//!
//! What was in service answers on while a change is read, and while the database is away.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use probity_app::invocation::InvokedEndpoint;
use tokio::sync::Mutex;

use super::RuntimeParts;
use super::error::{RuntimeError, chain};
use super::in_service::InService;
use super::traffic::EndpointTraffic;

/// Other servers on the same database ring no bell here.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What could not be read or opened is left alone for so long, unless a change rings: opening
/// may mean to copy a large model.
const AFTER_FAILURE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Endpoints {
    parts: RuntimeParts,
    traffic: EndpointTraffic,
    by_region: RwLock<HashMap<String, HashMap<String, Arc<Slot>>>>,
    /// How often a change has rung.
    rings: AtomicU64,
}

/// One endpoint.
#[derive(Debug, Default)]
struct Slot {
    known: RwLock<Option<Known>>,
    /// Held by who reads the row; when that failed last.
    reading: Mutex<Option<Failure>>,
}

#[derive(Clone, Copy, Debug)]
struct Failure {
    at: Instant,
    rings: u64,
}

#[derive(Clone, Debug)]
struct Known {
    in_service: Arc<InService>,
    version: i64,
    read_at: Instant,
    rings: u64,
}

impl Known {
    fn is_fresh(&self, rings: u64) -> bool {
        self.rings == rings && self.read_at.elapsed() < LOOK_AGAIN
    }
}

impl Slot {
    fn known(&self) -> Option<Known> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.clone()
    }

    fn learn(&self, known: Known) {
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known);
    }
}

impl Endpoints {
    pub(super) fn new(parts: RuntimeParts) -> Endpoints {
        Endpoints {
            traffic: EndpointTraffic::new(Arc::clone(&parts.app.clock)),
            parts,
            by_region: RwLock::default(),
            rings: AtomicU64::new(0),
        }
    }

    pub(super) fn parts(&self) -> &RuntimeParts {
        &self.parts
    }

    pub(super) fn traffic(&self) -> &EndpointTraffic {
        &self.traffic
    }

    pub(super) async fn follow_changes(&self) {
        loop {
            self.parts.app.endpoints.notified().await;
            self.rings.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The endpoint, where it is in service.
    pub(super) async fn find(
        &self,
        region: &str,
        name: &str,
    ) -> Result<Option<Arc<InService>>, RuntimeError> {
        let rings = self.rings.load(Ordering::Relaxed);
        let slot = self.slot(region, name);
        let known = slot.as_ref().and_then(|slot| slot.known());
        if let Some(known) = known.filter(|known| known.is_fresh(rings)) {
            return Ok(Some(known.in_service));
        }
        // A name that is no endpoint's gets no slot: clients may ask for any.
        let slot = match slot {
            Some(slot) => slot,
            None if probity_app::invocation::endpoint(&self.parts.app, region, name)
                .await?
                .is_none() =>
            {
                return Ok(None);
            }
            None => self.new_slot(region, name),
        };
        self.look_again((region, name), &slot, rings).await
    }

    /// Reads the row, unless somebody does: then what is known answers meanwhile.
    async fn look_again(
        &self,
        place: (&str, &str),
        slot: &Slot,
        rings: u64,
    ) -> Result<Option<Arc<InService>>, RuntimeError> {
        let mut failure = match (slot.reading.try_lock(), slot.known()) {
            (Ok(reading), _) => reading,
            (Err(_), Some(known)) => return Ok(Some(known.in_service)),
            (Err(_), None) => slot.reading.lock().await,
        };
        let known = slot.known();
        if let Some(known) = known.clone().filter(|known| known.is_fresh(rings)) {
            return Ok(Some(known.in_service));
        }
        let failed = failure
            .filter(|failure| failure.rings == rings && failure.at.elapsed() < AFTER_FAILURE);
        match (failed, &known) {
            (None, _) => {}
            (Some(_), Some(known)) => return Ok(Some(Arc::clone(&known.in_service))),
            (Some(_), None) => {
                return Err(RuntimeError::NotReady {
                    endpoint: place.1.to_owned(),
                    reason: "it could not be opened a moment ago".to_owned(),
                });
            }
        }
        match self.read(place, known.as_ref(), rings).await {
            Ok(Some(read)) => {
                *failure = None;
                let in_service = Arc::clone(&read.in_service);
                slot.learn(read);
                Ok(Some(in_service))
            }
            Ok(None) => {
                self.forget(place.0, place.1);
                Ok(None)
            }
            Err(error) => {
                *failure = Some(Failure {
                    at: Instant::now(),
                    rings,
                });
                answer_as_before(error, known)
            }
        }
    }

    /// What the row says now; `None` where nothing is in service.
    async fn read(
        &self,
        (region, name): (&str, &str),
        before: Option<&Known>,
        rings: u64,
    ) -> Result<Option<Known>, RuntimeError> {
        let read_at = Instant::now();
        let found = probity_app::invocation::endpoint(&self.parts.app, region, name).await?;
        let Some(found) = found else {
            return Ok(None);
        };
        let Some(deployment) = &found.in_service else {
            return Ok(None);
        };
        let in_service = match before {
            Some(before) if is_same(before, &found, &deployment.id) => {
                Arc::clone(&before.in_service)
            }
            _ => {
                let before = before.map(|before| &*before.in_service);
                let opened = InService::open(
                    (name, region),
                    (&found, deployment),
                    before,
                    (&self.parts, &self.traffic),
                );
                Arc::new(opened.await?)
            }
        };
        Ok(Some(Known {
            in_service,
            version: found.version,
            read_at,
            rings,
        }))
    }

    fn slot(&self, region: &str, name: &str) -> Option<Arc<Slot>> {
        let by_region = self
            .by_region
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        by_region.get(region)?.get(name).cloned()
    }

    fn new_slot(&self, region: &str, name: &str) -> Arc<Slot> {
        let mut by_region = self
            .by_region
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let names = by_region.entry(region.to_owned()).or_default();
        Arc::clone(names.entry(name.to_owned()).or_default())
    }

    fn forget(&self, region: &str, name: &str) {
        let mut by_region = self
            .by_region
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(names) = by_region.get_mut(region) {
            names.remove(name);
        }
    }
}

/// What was in service goes on, where anything was.
fn answer_as_before(
    error: RuntimeError,
    known: Option<Known>,
) -> Result<Option<Arc<InService>>, RuntimeError> {
    let Some(known) = known else {
        return Err(error);
    };
    let name = &known.in_service.name;
    tracing::error!(
        endpoint = name,
        "endpoint `{name}` answers as before its last change: {}",
        chain(&error)
    );
    Ok(Some(known.in_service))
}

/// The version alone does not tell: an endpoint may have been deleted and made again. And tags
/// change without it.
fn is_same(known: &Known, found: &InvokedEndpoint, deployment_id: &str) -> bool {
    known.version == found.version
        && known.in_service.deployment_id == deployment_id
        && known.in_service.redaction == found.redaction
}
