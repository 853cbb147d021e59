//! How much a model was asked, for the report and the log.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What a model delivered so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ModelStatistics {
    /// Requests that were sent, with those that failed.
    pub requests: u64,
    /// Of them, those that were sent again.
    pub retries: u64,
    /// Records whose scores were delivered.
    pub records: u64,
    /// Time during which at least one request was under way.
    pub seconds: f64,
}

/// As Clarify's log says it.
impl fmt::Display for ModelStatistics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
        let rate = match self.seconds > 0.0 {
            true => self.requests as f64 / self.seconds,
            false => 0.0,
        };
        let ModelStatistics {
            requests, seconds, ..
        } = self;
        write!(
            formatter,
            "Model endpoint delivered {rate:.1} requests per second and a total of {requests} requests over {seconds:.1} seconds"
        )
    }
}

#[derive(Debug, Default)]
pub(super) struct Counters(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    statistics: ModelStatistics,
    busy: Duration,
    in_flight: usize,
    /// When the first of the requests in flight was sent.
    since: Option<Instant>,
}

impl Counters {
    /// A request that is under way until what is given here is dropped, also when nobody waits for
    /// its answer any more.
    pub(super) fn begin(&self, attempt: u32) -> InFlight<'_> {
        let mut counted = self.lock();
        counted.statistics.requests += 1;
        counted.statistics.retries += u64::from(attempt > 0);
        counted.in_flight += 1;
        counted.since.get_or_insert_with(Instant::now);
        InFlight(self)
    }

    pub(super) fn delivered(&self, records: usize) {
        self.lock().statistics.records += records as u64;
    }

    pub(super) fn statistics(&self) -> ModelStatistics {
        let counted = self.lock();
        let under_way = counted
            .since
            .map_or(Duration::ZERO, |since| since.elapsed());
        ModelStatistics {
            seconds: (counted.busy + under_way).as_secs_f64(),
            ..counted.statistics
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct InFlight<'c>(&'c Counters);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let mut counted = self.0.lock();
        counted.in_flight -= 1;
        if counted.in_flight == 0
            && let Some(since) = counted.since.take()
        {
            counted.busy += since.elapsed();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_is_that_of_the_log() {
        let statistics = ModelStatistics {
            requests: 30,
            retries: 2,
            records: 1_000,
            seconds: 4.0,
        };
        assert_eq!(
            statistics.to_string(),
            "Model endpoint delivered 7.5 requests per second and a total of 30 requests over 4.0 seconds"
        );
    }

    #[test]
    fn requests_at_the_same_time_are_one_time() {
        let counters = Counters::default();
        let (first, second) = (counters.begin(0), counters.begin(1));
        drop(first);
        let after_first = counters.statistics();
        assert_eq!((after_first.requests, after_first.retries), (2, 1));
        assert!(counters.lock().since.is_some());
        drop(second);
        let ended = counters.statistics();
        let later = counters.statistics();
        assert_eq!(ended.seconds.to_bits(), later.seconds.to_bits());
    }
}
