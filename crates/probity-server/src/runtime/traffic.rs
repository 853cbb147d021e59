//! How many calls endpoints answered, failed and captured, by the hour of the server's clock:
//! counted here, taken every second or so and kept in the store. Metrics count the same for
//! operators; these counts are what reports state as their coverage.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use probity_app::Clock;
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
                Arc::strong_count(counted) > 1
            });
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
        self.hours.lock().unwrap_or_else(PoisonError::into_inner)
    }
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

    #[test]
    fn an_endpoint_that_is_gone_is_forgotten_once_it_was_taken() {
        let all = EndpointTraffic::new(Arc::new(SetClock::default()));
        all.of_variant("r", "e", "v").answered();
        assert_eq!(all.take().len(), 1);
        assert!(all.variants().is_empty());
    }
}
