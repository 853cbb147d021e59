//! How long endpoints took: percentiles over stretches of time, from the histograms of their hours.

use probity_store::endpoint_latency::{self, Latencies};

use super::DAY_MS;
use crate::deed::Deed;
use crate::fault::Fault;

/// As long as the page shows calls.
const DAYS: i64 = 14;
/// A quarter of a day, as for calls.
const LENGTH_MS: i64 = DAY_MS / 4;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Latency {
    /// The oldest first, without gaps; empty where nothing was measured.
    pub stretches: Vec<Stretch>,
    /// Of the whole time.
    pub all: Option<Percentiles>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stretch {
    pub from_ms: i64,
    /// `None` without calls.
    pub percentiles: Option<Percentiles>,
}

/// In microseconds. What the model took, and in the end what the server added.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Percentiles {
    pub calls: u64,
    pub p50_us: f64,
    pub p90_us: f64,
    pub p99_us: f64,
    pub maximum_us: f64,
    pub overhead_p50_us: f64,
    pub overhead_p99_us: f64,
}

pub(super) async fn of_endpoints(deed: &Deed<'_>, endpoints: &[&str]) -> Result<Latency, Fault> {
    let last = deed.now_ms.div_euclid(LENGTH_MS);
    let first = last - DAYS * DAY_MS / LENGTH_MS + 1;
    let span = (deed.region, first * LENGTH_MS);
    let hours = endpoint_latency::hours_of(&deed.app.store, endpoints, span).await?;
    if hours.is_empty() {
        return Ok(Latency::default());
    }
    let mut all = Latencies::default();
    let mut sums = vec![Latencies::default(); usize::try_from(last - first + 1).unwrap_or(0)];
    for (from_ms, hour) in &hours {
        let place = usize::try_from(from_ms.div_euclid(LENGTH_MS) - first).ok();
        if let Some(sum) = place.and_then(|place| sums.get_mut(place)) {
            sum.merge(hour);
            all.merge(hour);
        }
    }
    let stretches = (first..=last).zip(&sums).map(|(place, sum)| Stretch {
        from_ms: place * LENGTH_MS,
        percentiles: percentiles(sum),
    });
    Ok(Latency {
        stretches: stretches.collect(),
        all: percentiles(&all),
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "microseconds of a century are exact in a double"
)]
fn percentiles(calls: &Latencies) -> Option<Percentiles> {
    let overhead = |quantile: f64| calls.overhead.quantile(quantile).unwrap_or(0.0);
    Some(Percentiles {
        calls: calls.model.count(),
        p50_us: calls.model.quantile(0.5)?,
        p90_us: calls.model.quantile(0.9)?,
        p99_us: calls.model.quantile(0.99)?,
        maximum_us: calls.model.maximum_us()? as f64,
        overhead_p50_us: overhead(0.5),
        overhead_p99_us: overhead(0.99),
    })
}
