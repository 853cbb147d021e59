//! How many calls endpoints answered, failed and captured, by the hour of the server's clock, and
//! how long they took, by its minute: counted here, taken every second or so and kept in the store. Metrics count the same for
//! operators; these counts are what reports state as their coverage.

use std::collections::BTreeMap;
use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use probity_app::Clock;
use probity_store::endpoint_latency::{Latencies, MINUTE_MS};
use probity_store::endpoint_traffic::{Counts, Traffic};

const MS_PER_HOUR: i64 = 3_600_000;

/// Region, endpoint, variant.
type Place = (String, String, String);

/// The calls of all endpoints that nobody has taken yet. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct EndpointTraffic {
    clock: Arc<dyn Clock>,
    variants: Arc<Mutex<BTreeMap<Place, Arc<VariantTraffic>>>>,
}

/// The calls of one variant, by the beginning of their hour: one, and two at its turn.
#[derive(Debug)]
pub(super) struct VariantTraffic {
    clock: Arc<dyn Clock>,
    hours: Mutex<Vec<(i64, Counts)>>,
    /// Each thread counts in one of them, so that calls do not wait for each other.
    minutes: [Mutex<Vec<(i64, Latencies)>>; SHARDS],
}

const SHARDS: usize = 8;

/// Of this thread.
fn shard() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static OWN: usize = NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS;
    }
    OWN.with(|own| *own)
}

/// How long one call took, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Took {
    pub(super) model: Duration,
    /// All but the model.
    pub(super) overhead: Duration,
    pub(super) outcome: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Answered,
    /// By the model, for what was asked of it.
    Refused,
    Failed,
}

/// The calls of one variant in one minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minute {
    pub region: String,
    pub endpoint: String,
    pub variant: String,
    pub from_ms: i64,
    pub calls: Latencies,
}

impl EndpointTraffic {
    pub(super) fn new(clock: Arc<dyn Clock>) -> EndpointTraffic {
        EndpointTraffic {
            clock,
            variants: Arc::default(),
        }
    }

    pub(super) fn of_variant(
        &self,
        region: &str,
        endpoint: &str,
        variant: &str,
    ) -> Arc<VariantTraffic> {
        let place = (region.to_owned(), endpoint.to_owned(), variant.to_owned());
        let new = || {
            Arc::new(VariantTraffic {
                clock: Arc::clone(&self.clock),
                hours: Mutex::default(),
                minutes: Default::default(),
            })
        };
        Arc::clone(self.variants().entry(place).or_insert_with(new))
    }

    /// What was counted since the last call, to be kept where reports find it.
    pub fn take(&self) -> Vec<Traffic> {
        let mut taken = Vec::new();
        self.variants()
            .retain(|(region, endpoint, variant), counted| {
                for (hour_ms, counts) in mem::take(&mut *counted.hours()) {
                    taken.push(Traffic {
                        region: region.clone(),
                        endpoint: endpoint.clone(),
                        variant: variant.clone(),
                        hour_ms,
                        counts,
                    });
                }
                // Others that hold it are endpoints in service.
                Arc::strong_count(counted) > 1 || counted.has_minutes()
            });
        taken
    }

    /// How long calls took in the minutes that began before `before_ms`: taken once.
    pub fn take_minutes(&self, before_ms: i64) -> Vec<Minute> {
        let mut taken = Vec::new();
        for ((region, endpoint, variant), counted) in &*self.variants() {
            for (from_ms, calls) in counted.take_minutes(before_ms) {
                taken.push(Minute {
                    region: region.clone(),
                    endpoint: endpoint.clone(),
                    variant: variant.clone(),
                    from_ms,
                    calls,
                });
            }
        }
        taken
    }

    /// Gives back what could not be kept, so that the next call has it again.
    pub fn put_back(&self, taken: Vec<Traffic>) {
        for traffic in taken {
            let (region, endpoint) = (&traffic.region, &traffic.endpoint);
            let variant = self.of_variant(region, endpoint, &traffic.variant);
            variant.add(traffic.hour_ms, traffic.counts);
        }
    }

    fn variants(&self) -> MutexGuard<'_, BTreeMap<Place, Arc<VariantTraffic>>> {
        self.variants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl VariantTraffic {
    pub(super) fn answered(&self) {
        self.count(Counts {
            answered: 1,
            ..Counts::default()
        });
    }

    pub(super) fn failed(&self) {
        self.count(Counts {
            failed: 1,
            ..Counts::default()
        });
    }

    /// A record of `at_ms` was kept.
    pub(super) fn captured(&self, at_ms: i64) {
        self.add(
            at_ms,
            Counts {
                captured: 1,
                ..Counts::default()
            },
        );
    }

    /// Both histograms are of whole microseconds.
    pub(super) fn took(&self, took: Took) {
        let now_ms = self.clock.now_ms();
        let minute_ms = now_ms - now_ms.rem_euclid(MINUTE_MS);
        let us = |span: Duration| u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        let mut minutes = lock(&self.minutes[shard()]);
        let position = minutes.iter().rposition(|(known, _)| *known == minute_ms);
        let position = position.unwrap_or_else(|| {
            minutes.push((minute_ms, Latencies::default()));
            minutes.len() - 1
        });
        let (_, calls) = &mut minutes[position];
        calls.model.record(us(took.model));
        calls.overhead.record(us(took.overhead));
        match took.outcome {
            Outcome::Answered => {}
            Outcome::Refused => calls.refused += 1,
            Outcome::Failed => calls.failed += 1,
        }
    }

    fn take_minutes(&self, before_ms: i64) -> BTreeMap<i64, Latencies> {
        let mut taken: BTreeMap<i64, Latencies> = BTreeMap::new();
        for shard in &self.minutes {
            let mut minutes = lock(shard);
            let (over, current) = mem::take(&mut *minutes)
                .into_iter()
                .partition(|(from_ms, _)| *from_ms < before_ms);
            *minutes = current;
            drop(minutes);
            let over: Vec<(i64, Latencies)> = over;
            for (from_ms, calls) in &over {
                taken.entry(*from_ms).or_default().merge(calls);
            }
        }
        taken
    }

    fn has_minutes(&self) -> bool {
        self.minutes.iter().any(|shard| !lock(shard).is_empty())
    }

    fn count(&self, counts: Counts) {
        self.add(self.clock.now_ms(), counts);
    }

    fn add(&self, at_ms: i64, counts: Counts) {
        let hour_ms = at_ms - at_ms.rem_euclid(MS_PER_HOUR);
        let mut hours = self.hours();
        // The last one, nearly always.
        let position = hours.iter().rposition(|(hour, _)| *hour == hour_ms);
        let position = position.unwrap_or_else(|| {
            hours.push((hour_ms, Counts::default()));
            hours.len() - 1
        });
        let (_, sum) = &mut hours[position];
        sum.answered += counts.answered;
        sum.failed += counts.failed;
        sum.captured += counts.captured;
    }

    fn hours(&self) -> MutexGuard<'_, Vec<(i64, Counts)>> {
        lock(&self.hours)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    #[derive(Debug, Default)]
    struct SetClock(AtomicI64);

    impl Clock for SetClock {
        fn now_ms(&self) -> i64 {
            self.0.load(Ordering::Relaxed)
        }
    }

    fn traffic(hour_ms: i64, (answered, failed, captured): (i64, i64, i64)) -> Traffic {
        Traffic {
            region: "r".to_owned(),
            endpoint: "e".to_owned(),
            variant: "v".to_owned(),
            hour_ms,
            counts: Counts {
                answered,
                failed,
                captured,
            },
        }
    }

    #[test]
    fn calls_are_counted_by_the_hour_and_taken_once() {
        let clock = Arc::new(SetClock::default());
        let all = EndpointTraffic::new(clock.clone());
        let counted = all.of_variant("r", "e", "v");
        counted.answered();
        counted.answered();
        counted.captured(0);
        clock.0.store(MS_PER_HOUR, Ordering::Relaxed);
        counted.failed();
        let taken = all.take();
        let expected = [traffic(0, (2, 0, 1)), traffic(MS_PER_HOUR, (0, 1, 0))];
        assert_eq!(taken, expected);
        assert!(all.take().is_empty());
        all.put_back(taken);
        counted.failed();
        let expected = [traffic(0, (2, 0, 1)), traffic(MS_PER_HOUR, (0, 2, 0))];
        assert_eq!(all.take(), expected);
    }

    fn took(model_us: u64, outcome: Outcome) -> Took {
        Took {
            model: Duration::from_micros(model_us),
            overhead: Duration::from_micros(7),
            outcome,
        }
    }

    #[test]
    fn what_calls_took_is_taken_when_their_minute_is_over() {
        let clock = Arc::new(SetClock::default());
        let all = EndpointTraffic::new(clock.clone());
        let counted = all.of_variant("r", "e", "v");
        counted.took(took(100, Outcome::Answered));
        // Of another thread, and so of another shard.
        std::thread::scope(|scope| {
            scope.spawn(|| counted.took(took(300, Outcome::Failed)));
        });
        assert!(all.take_minutes(0).is_empty());
        clock.0.store(MINUTE_MS + 1, Ordering::Relaxed);
        counted.took(took(900, Outcome::Refused));
        drop(counted);
        let taken = all.take_minutes(MINUTE_MS);
        assert_eq!(taken.len(), 1);
        let Minute { from_ms, calls, .. } = &taken[0];
        assert_eq!(
            (*from_ms, calls.model.count(), calls.model.sum_us()),
            (0, 2, 400)
        );
        assert_eq!((calls.refused, calls.failed), (0, 1));
        assert_eq!(calls.overhead.maximum_us(), Some(7));
        // Its endpoint is gone, and its last minute is not.
        all.take();
        let taken = all.take_minutes(i64::MAX);
        assert_eq!(taken[0].calls.refused, 1);
        all.take();
        assert!(all.variants().is_empty());
    }

    #[test]
    fn an_endpoint_that_is_gone_is_forgotten_once_it_was_taken() {
        let all = EndpointTraffic::new(Arc::new(SetClock::default()));
        all.of_variant("r", "e", "v").answered();
        assert_eq!(all.take().len(), 1);
        assert!(all.variants().is_empty());
    }
}
