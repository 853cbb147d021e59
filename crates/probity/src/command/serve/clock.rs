//! The server's clock: the machine's, or simulated time for demonstrations and tests.

use std::cell::RefCell;
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::Result;
use chrono::{DateTime, Utc};
use probity_app::{Clock, Ids};
use ring::rand::{SecureRandom, SystemRandom};
use uuid::{Builder, Uuid};

use crate::exit::Usage;

/// Milliseconds since 1970, by the machine.
#[expect(
    clippy::disallowed_methods,
    reason = "the command is the one place that reads the clock"
)]
pub(crate) fn machine_now_ms() -> i64 {
    Utc::now().timestamp_millis()
}

#[derive(Debug)]
pub(crate) struct MachineClock;

impl Clock for MachineClock {
    fn now_ms(&self) -> i64 {
        machine_now_ms()
    }
}

/// Time that begins at a chosen moment and runs at a chosen rate.
///
/// A function of the machine's clock and three numbers, so that a restart goes on where the
/// simulated time has got to meanwhile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SimulatedClock {
    /// Simulated time at the anchor.
    start_ms: i64,
    /// The machine's time at the anchor.
    anchor_ms: i64,
    /// Simulated seconds per second.
    rate: f64,
}

impl SimulatedClock {
    /// Of `START@RATE`, beginning now.
    pub(crate) fn parse(text: &str, anchor_ms: i64) -> Result<SimulatedClock> {
        let wrong = || {
            Usage(format!(
                "`{text}` is not a clock; write START@RATE, as 2026-01-01T00:00:00Z@3600"
            ))
        };
        let (start, rate) = text.rsplit_once('@').ok_or_else(wrong)?;
        let start = DateTime::parse_from_rfc3339(start).map_err(|_| wrong())?;
        let rate: f64 = rate.parse().map_err(|_| wrong())?;
        if !(rate.is_finite() && rate > 0.0) {
            return Err(wrong().into());
        }
        Ok(SimulatedClock {
            start_ms: start.timestamp_millis(),
            anchor_ms,
            rate,
        })
    }

    /// As it is kept in the store.
    pub(crate) fn to_setting(self) -> String {
        format!("{} {} {}", self.start_ms, self.anchor_ms, self.rate)
    }

    pub(crate) fn of_setting(text: &str) -> Option<SimulatedClock> {
        let mut parts = text.split(' ');
        let clock = SimulatedClock {
            start_ms: parts.next()?.parse().ok()?,
            anchor_ms: parts.next()?.parse().ok()?,
            rate: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(clock)
    }

    /// Whether both begin at the same moment and run at the same rate, whenever they were set.
    pub(crate) fn same_as(&self, other: &SimulatedClock) -> bool {
        self.start_ms == other.start_ms && self.rate.to_bits() == other.rate.to_bits()
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "milliseconds of a few centuries are exact in a double"
    )]
    fn at(&self, machine_ms: i64) -> i64 {
        self.start_ms + ((machine_ms - self.anchor_ms) as f64 * self.rate) as i64
    }
}

impl Clock for SimulatedClock {
    fn now_ms(&self) -> i64 {
        self.at(machine_now_ms())
    }

    fn rate(&self) -> Option<f64> {
        Some(self.rate)
    }
}

impl fmt::Display for SimulatedClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = DateTime::from_timestamp_millis(self.start_ms).unwrap_or_default();
        write!(f, "{}@{}", start.format("%Y-%m-%dT%H:%M:%SZ"), self.rate)
    }
}

/// Time that somebody sets forward, step by step, until it is the machine's own. Between two steps it
/// runs as the machine's does.
#[derive(Debug)]
pub(crate) struct SteppedClock {
    /// What is added to the machine's time: negative, and 0 in the end.
    behind_ms: AtomicI64,
}

impl SteppedClock {
    pub(crate) fn at(ms: i64) -> SteppedClock {
        let clock = SteppedClock {
            behind_ms: AtomicI64::new(i64::MIN),
        };
        clock.set(ms);
        clock
    }

    /// Never back, and never beyond the machine's time.
    pub(crate) fn set(&self, ms: i64) {
        let behind_ms = (ms - machine_now_ms()).min(0);
        self.behind_ms.fetch_max(behind_ms, Ordering::Relaxed);
    }

    /// From now on it is the machine's time.
    pub(crate) fn catch_up(&self) {
        self.behind_ms.store(0, Ordering::Relaxed);
    }
}

impl Clock for SteppedClock {
    fn now_ms(&self) -> i64 {
        machine_now_ms() + self.behind_ms.load(Ordering::Relaxed)
    }
}

/// Random UUIDs, of random bytes that are fetched for many at once: each answer has one, and each
/// captured call another.
#[derive(Debug)]
pub(crate) struct RandomIds;

const UUID_BYTES: usize = 16;
const FETCHED_BYTES: usize = 256 * UUID_BYTES;

/// Random bytes, and how many of them are used up.
struct Fetched {
    bytes: [u8; FETCHED_BYTES],
    used: usize,
}

thread_local! {
    static FETCHED: RefCell<Fetched> = const {
        RefCell::new(Fetched {
            bytes: [0; FETCHED_BYTES],
            used: FETCHED_BYTES,
        })
    };
}

impl Ids for RandomIds {
    fn uuid(&self) -> String {
        FETCHED.with_borrow_mut(|fetched| {
            if fetched.used == FETCHED_BYTES {
                if SystemRandom::new().fill(&mut fetched.bytes).is_err() {
                    return Uuid::new_v4().to_string();
                }
                fetched.used = 0;
            }
            let mut random = [0; UUID_BYTES];
            random.copy_from_slice(&fetched.bytes[fetched.used..][..UUID_BYTES]);
            fetched.used += UUID_BYTES;
            Builder::from_random_bytes(random).into_uuid().to_string()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simulated_time_runs_at_its_rate() {
        let clock = SimulatedClock::parse("2026-01-01T00:00:00Z@3600", 1_000).unwrap();
        assert_eq!(clock.at(1_000), 1_767_225_600_000);
        assert_eq!(clock.at(2_000), 1_767_225_600_000 + 3_600_000);
        assert_eq!(clock.to_string(), "2026-01-01T00:00:00Z@3600");
    }

    #[test]
    fn a_kept_clock_is_the_same_clock() {
        let clock = SimulatedClock::parse("2026-01-01T00:00:00+02:00@0.5", 77).unwrap();
        assert_eq!(SimulatedClock::of_setting(&clock.to_setting()), Some(clock));
        assert_eq!(SimulatedClock::of_setting("1 2"), None);
        let later = SimulatedClock::parse("2026-01-01T00:00:00+02:00@0.5", 99).unwrap();
        assert!(clock.same_as(&later));
    }

    #[test]
    fn a_stepped_clock_never_runs_back_nor_ahead_of_the_machine() {
        let hour = 3_600_000;
        let clock = SteppedClock::at(machine_now_ms() - 2 * hour);
        let at_first = clock.now_ms();
        assert!((machine_now_ms() - at_first - 2 * hour).abs() < hour / 2);
        clock.set(at_first + hour);
        clock.set(at_first);
        assert!(clock.now_ms() >= at_first + hour);
        clock.set(machine_now_ms() + hour);
        assert!(clock.now_ms() <= machine_now_ms());
        clock.catch_up();
        assert!(machine_now_ms() - clock.now_ms() < hour / 2);
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "",
            "now@1",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00Z@0",
            "2026-01-01T00:00:00Z@x",
        ] {
            assert!(SimulatedClock::parse(text, 0).is_err(), "{text}");
        }
    }

    #[test]
    fn ids_are_uuids_that_never_come_again() {
        let ids: std::collections::BTreeSet<String> = (0..1000).map(|_| RandomIds.uuid()).collect();
        assert_eq!(ids.len(), 1000);
        for id in ids {
            assert_eq!(Uuid::parse_str(&id).unwrap().get_version_num(), 4, "{id}");
        }
    }
}
