//! When a receiver that failed is tried again.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(3600);

/// With the pauses below, the last try is about a day after the first.
pub(super) const MAX_ATTEMPTS: i64 = 33;

/// 5 s, doubled with each attempt up to an hour. `attempts` have been made, at least one.
pub(super) fn pause(attempts: i64) -> Duration {
    let doublings = u32::try_from((attempts - 1).clamp(0, 16)).unwrap_or(0);
    FIRST.saturating_mul(1 << doublings).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_from_seconds_to_an_hour() {
        let seconds: Vec<u64> = (1..=12).map(|at| pause(at).as_secs()).collect();
        let expected = [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600];
        assert_eq!(seconds, expected);
        assert_eq!(pause(i64::MAX), LONGEST);
    }

    #[test]
    fn all_attempts_take_about_a_day() {
        let all: u64 = (1..MAX_ATTEMPTS).map(|at| pause(at).as_secs()).sum();
        assert!((23 * 3600..25 * 3600).contains(&all), "{all}");
    }
}
