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
/// More are not kept: the older half goes.
const MOST: usize = 20_000;
/// What was typed may be anything.
const LONGEST_KEY: usize = 128;

#[derive(Debug, Default)]
pub(crate) struct Guard(Mutex<Tries>);

/// By address and key; without a key, all of the address.
type Tries = HashMap<(IpAddr, String), Failures>;

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    since: Instant,
}

impl Guard {
    /// Counts a try as a failure before its secret is looked at, so that many at once are as many.
    /// Who has failed too often is told how long to wait, and that try is none.
    pub(crate) fn attempt(&self, from: IpAddr, key: &str) -> Result<(), Duration> {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tries.retain(|_, known| known.since.elapsed() < WINDOW);
        let (of_key, of_address) = names(from, key);
        for (name, most) in [(&of_key, FOR_A_KEY), (&of_address, FOR_AN_ADDRESS)] {
            if let Some(known) = tries.get(name)
                && known.count >= most
            {
                return Err(WINDOW.saturating_sub(known.since.elapsed()));
            }
        }
        make_room(&mut tries);
        for name in [of_key, of_address] {
            let known = tries.entry(name).or_insert(Failures {
                count: 0,
                since: Instant::now(),
            });
            known.count = known.count.saturating_add(1);
        }
        Ok(())
    }

    /// The secret was right: nobody guesses this key.
    pub(crate) fn succeeded(&self, from: IpAddr, key: &str) {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (of_key, of_address) = names(from, key);
        tries.remove(&of_key);
        take_back(&mut tries, &of_address);
    }

    /// The secret could not be looked at, which is nobody's failure but ours.
    pub(crate) fn not_tried(&self, from: IpAddr, key: &str) {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (of_key, of_address) = names(from, key);
        take_back(&mut tries, &of_key);
        take_back(&mut tries, &of_address);
    }
}

/// A try without a key is one of the address.
fn names(from: IpAddr, key: &str) -> ((IpAddr, String), (IpAddr, String)) {
    let key: String = key.chars().take(LONGEST_KEY).collect();
    ((from, format!("key {key}")), (from, String::new()))
}

fn take_back(tries: &mut Tries, name: &(IpAddr, String)) {
    if let Some(known) = tries.get_mut(name) {
        known.count = known.count.saturating_sub(1);
    }
}

fn make_room(tries: &mut Tries) {
    if tries.len() < MOST {
        return;
    }
    let mut since: Vec<Instant> = tries.values().map(|known| known.since).collect();
    let middle = since.len() / 2;
    let (_, middle, _) = since.select_nth_unstable(middle);
    let middle = *middle;
    tries.retain(|_, known| known.since > middle);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_tried_some_times_and_others_go_on() {
        let guard = Guard::default();
        let from = IpAddr::from([10, 0, 0, 1]);
        for _ in 0..FOR_A_KEY {
            assert_eq!(guard.attempt(from, "AK"), Ok(()));
        }
        assert!(guard.attempt(from, "AK").is_err());
        assert_eq!(guard.attempt(from, "OTHER"), Ok(()));
        assert_eq!(guard.attempt(IpAddr::from([10, 0, 0, 2]), "AK"), Ok(()));
        guard.succeeded(from, "AK");
        assert_eq!(guard.attempt(from, "AK"), Ok(()));
    }

    #[test]
    fn one_address_does_not_try_all_keys() {
        let guard = Guard::default();
        let from = IpAddr::from([10, 0, 0, 1]);
        for key in 0..FOR_AN_ADDRESS {
            assert_eq!(guard.attempt(from, &key.to_string()), Ok(()));
        }
        assert!(guard.attempt(from, "new").is_err());
        // Who is let in, and who could not be looked at, has not failed.
        guard.succeeded(from, "0");
        assert_eq!(guard.attempt(from, "new"), Ok(()));
        assert!(guard.attempt(from, "another").is_err());
        guard.not_tried(from, "new");
        assert_eq!(guard.attempt(from, "another"), Ok(()));
    }

    #[test]
    fn tries_at_once_are_counted_before_they_are_answered() {
        let guard = Guard::default();
        let from = IpAddr::from([10, 0, 0, 1]);
        let passed = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..20)
                .map(|_| scope.spawn(|| guard.attempt(from, "AK").is_ok()))
                .collect();
            tries
                .into_iter()
                .filter_map(|one| one.join().ok())
                .filter(|passed| *passed)
                .count()
        });
        assert_eq!(passed, FOR_A_KEY as usize);
    }

    #[test]
    fn the_newer_half_is_remembered_where_there_are_too_many() {
        let now = Instant::now();
        let mut tries: Tries = (0..MOST)
            .map(|n| {
                let name = (IpAddr::from([10, 0, 0, 1]), n.to_string());
                let since = now + Duration::from_millis(n as u64);
                (name, Failures { count: 1, since })
            })
            .collect();
        make_room(&mut tries);
        assert_eq!(tries.len(), MOST - MOST / 2 - 1);
        let newest = (IpAddr::from([10, 0, 0, 1]), (MOST - 1).to_string());
        assert!(tries.contains_key(&newest));
    }
}
