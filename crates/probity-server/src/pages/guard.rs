//! Slows down whoever guesses keys: after some failures from one place, or for one key from there,
//! nothing is tried any more for a while.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Failures are remembered this long.
const WINDOW: Duration = Duration::from_secs(600);
const FOR_A_KEY: u32 = 5;
/// Many people may come from one address.
const FOR_AN_ADDRESS: u32 = 50;
/// More are not kept: the oldest go.
const MOST: usize = 20_000;

#[derive(Debug, Default)]
pub(crate) struct Guard(Mutex<HashMap<(IpAddr, String), Failures>>);

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    since: Instant,
}

impl Guard {
    /// How long to wait, for who has failed too often.
    pub(crate) fn wait(&self, from: IpAddr, key: &str) -> Option<Duration> {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failures.retain(|_, known| known.since.elapsed() < WINDOW);
        let over = |key: &str, most: u32| {
            let known = failures.get(&(from, key.to_owned()))?;
            (known.count >= most).then(|| WINDOW.saturating_sub(known.since.elapsed()))
        };
        over(key, FOR_A_KEY).or_else(|| over("", FOR_AN_ADDRESS))
    }

    pub(crate) fn failed(&self, from: IpAddr, key: &str) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= MOST {
            failures.clear();
        }
        // What was typed may be anything.
        let key: String = key.chars().take(128).collect();
        for key in [key, String::new()] {
            let known = failures.entry((from, key)).or_insert(Failures {
                count: 0,
                since: Instant::now(),
            });
            known.count = known.count.saturating_add(1);
        }
    }

    pub(crate) fn succeeded(&self, from: IpAddr, key: &str) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failures.remove(&(from, key.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_tried_some_times_and_others_go_on() {
        let guard = Guard::default();
        let from = IpAddr::from([10, 0, 0, 1]);
        for _ in 0..FOR_A_KEY {
            assert_eq!(guard.wait(from, "AK"), None);
            guard.failed(from, "AK");
        }
        assert!(guard.wait(from, "AK").is_some());
        assert_eq!(guard.wait(from, "OTHER"), None);
        assert_eq!(guard.wait(IpAddr::from([10, 0, 0, 2]), "AK"), None);
        guard.succeeded(from, "AK");
        assert_eq!(guard.wait(from, "AK"), None);
    }

    #[test]
    fn one_address_does_not_try_all_keys() {
        let guard = Guard::default();
        let from = IpAddr::from([10, 0, 0, 1]);
        for key in 0..FOR_AN_ADDRESS {
            guard.failed(from, &key.to_string());
        }
        assert!(guard.wait(from, "new").is_some());
    }
}
