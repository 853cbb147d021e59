//! A week of traffic, the size of a word.

use std::fmt::Write as _;

use maud::{Markup, html};
use probity_app::dashboard::fleet::Traffic;

use super::words;

const HEIGHT: f64 = 22.0;
const STEP: usize = 4;

/// Columns of calls; what failed stands in them in the colour of failures, and in the words.
pub(super) fn traffic(traffic: &Traffic) -> Markup {
    let all: Vec<i64> = traffic
        .answered
        .iter()
        .zip(&traffic.failed)
        .map(|(answered, failed)| answered + failed)
        .collect();
    let most = all.iter().copied().max().unwrap_or(0);
    let rate = traffic.error_percent();
    let is_bad = rate.is_some_and(|rate| rate >= 1.0);
    html! {
        span.traffic {
            svg.spark viewBox=(format!("0 0 {} 22", all.len() * STEP)) aria-hidden="true" preserveAspectRatio="none" {
                @if most > 0 {
                    path.calls d=(columns(&all, most)) {}
                    path.errors d=(columns(&traffic.failed, most)) {}
                }
            }
            span.calls-number { (words::short_count(traffic.calls())) span.hidden { " calls in 7 days" } }
            @match rate {
                Some(rate) if rate > 0.0 => span.error-rate.bad[is_bad] { (words::percent(rate)) " errors" },
                Some(_) => span.error-rate { "no errors" },
                None => span.error-rate { "no calls" },
            }
        }
    }
}

/// Strokes from the base, each where the last one ended: a page has forty of these pictures, and its
/// weight is theirs. Whole pixels are all that a picture of this size shows.
fn columns(counts: &[i64], most: i64) -> String {
    let mut path = String::new();
    let (mut at, mut up) = (0, 0);
    for (place, count) in counts.iter().enumerate() {
        if *count <= 0 {
            continue;
        }
        let share = *count as f64 / most as f64;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a share of 22 is no larger than 22"
        )]
        let height = (HEIGHT * share).round().max(1.0) as i64;
        match path.is_empty() {
            true => drop(write!(path, "M{} 22v-{height}", place * STEP + STEP / 2)),
            false => drop(write!(path, "m{} {up}v-{height}", (place - at) * STEP)),
        }
        (at, up) = (place, height);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_high_as_their_share() {
        assert_eq!(columns(&[0, 5, 10], 10), "M6 22v-11m4 11v-22");
        assert_eq!(columns(&[1, 0, 0, 10_000], 10_000), "M2 22v-1m12 1v-22");
    }
}
