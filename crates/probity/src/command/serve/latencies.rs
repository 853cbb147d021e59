//! What endpoints took, on its way from memory to the store: each minute is added to its own row and
//! to the one of its hour, and a row is written anew until that has succeeded.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use probity_app::App;
use probity_app::cloudwatch::endpoint_metrics;
use probity_server::runtime::Minute;
use probity_store::endpoint_latency::{self, EndpointLatency, HOUR_MS, Latencies, MINUTE_MS};

/// Length and start of a stretch; region, endpoint and variant.
type Place = (i64, i64, String, String, String);

#[derive(Debug)]
pub(crate) struct Unsaved {
    /// Names this process among those that count the same endpoint.
    part: String,
    counted: BTreeMap<Place, Latencies>,
    unsaved: BTreeSet<Place>,
}

impl Unsaved {
    pub(crate) fn of(part: String) -> Unsaved {
        Unsaved {
            part,
            counted: BTreeMap::new(),
            unsaved: BTreeSet::new(),
        }
    }

    pub(crate) fn add(&mut self, minutes: Vec<Minute>) {
        for minute in minutes {
            for length_ms in [MINUTE_MS, HOUR_MS] {
                let place = (
                    length_ms,
                    minute.from_ms - minute.from_ms.rem_euclid(length_ms),
                    minute.region.clone(),
                    minute.endpoint.clone(),
                    minute.variant.clone(),
                );
                let counted = self.counted.entry(place.clone()).or_default();
                counted.merge(&minute.calls);
                self.unsaved.insert(place);
            }
        }
    }

    /// In one unit; what is not saved is tried again with the next.
    pub(crate) async fn save(&mut self, app: &App) -> Result<()> {
        if self.unsaved.is_empty() {
            return Ok(());
        }
        let mut unit = app.store.begin().await?;
        let mut variants = BTreeSet::new();
        for place in &self.unsaved {
            let Some(calls) = self.counted.get(place) else {
                continue;
            };
            let (length_ms, from_ms, region, endpoint, variant) = place.clone();
            if length_ms == HOUR_MS {
                variants.insert((region.clone(), endpoint.clone(), variant.clone(), from_ms));
            }
            let row = EndpointLatency {
                region,
                endpoint,
                variant,
                length_ms,
                from_ms,
                part: self.part.clone(),
                calls: calls.clone(),
            };
            endpoint_latency::put(&mut unit, &row).await?;
        }
        endpoint_metrics::announce(&mut unit, &variants).await?;
        unit.commit().await?;
        self.unsaved.clear();
        self.forget();
        Ok(())
    }

    /// Nothing is added any more to what began long before the newest.
    fn forget(&mut self) {
        let newest = self.counted.keys().map(|(_, from_ms, ..)| *from_ms).max();
        let from = newest.unwrap_or(0) - 2 * HOUR_MS;
        self.counted.retain(|(_, from_ms, ..), _| *from_ms >= from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(from_ms: i64, us: u64) -> Minute {
        let mut calls = Latencies::default();
        calls.model.record(us);
        Minute {
            region: "r".to_owned(),
            endpoint: "e".to_owned(),
            variant: "v".to_owned(),
            from_ms,
            calls,
        }
    }

    #[test]
    fn a_minute_counts_in_its_row_and_in_that_of_its_hour() {
        let mut unsaved = Unsaved::of("p".to_owned());
        unsaved.add(vec![minute(HOUR_MS, 1), minute(HOUR_MS + MINUTE_MS, 2)]);
        unsaved.unsaved.clear();
        unsaved.add(vec![minute(HOUR_MS + MINUTE_MS, 3)]);
        let count = |length_ms, from_ms| {
            let place = (
                length_ms,
                from_ms,
                "r".to_owned(),
                "e".to_owned(),
                "v".to_owned(),
            );
            unsaved.counted[&place].model.count()
        };
        assert_eq!(count(HOUR_MS, HOUR_MS), 3);
        assert_eq!(count(MINUTE_MS, HOUR_MS), 1);
        assert_eq!(count(MINUTE_MS, HOUR_MS + MINUTE_MS), 2);
        // What was written is written again with what came later, and nothing else is.
        assert_eq!(unsaved.unsaved.len(), 2);
        unsaved.add(vec![minute(9 * HOUR_MS, 3)]);
        unsaved.forget();
        assert_eq!(unsaved.counted.len(), 2);
    }
}
