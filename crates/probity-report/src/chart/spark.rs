//! A histogram the size of a word, for the overview table.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::{TwoSides, coordinate};

const WIDTH: f64 = 84.0;
const HEIGHT: f64 = 20.0;

/// Hidden from screen readers: the column's own section says the same in words and numbers.
pub(crate) fn spark(shares: &TwoSides<Vec<f64>>) -> Markup {
    let sides = [&shares.baseline, &shares.current];
    let largest = sides
        .into_iter()
        .flatten()
        .flatten()
        .copied()
        .fold(0.0, f64::max);
    html! {
        svg.spark viewBox="0 0 84 21" aria-hidden="true" {
            @if largest > 0.0 {
                @if let Some(baseline) = &shares.baseline { path.base d=(steps(baseline, largest)) {} }
                @if let Some(current) = &shares.current { path.now d=(steps(current, largest)) {} }
            }
        }
    }
}

/// Whole pixels of height are all that a picture of this size can show; bins of one height are
/// one step. The page has two such paths a column, so their length counts.
#[expect(
    clippy::cast_precision_loss,
    reason = "there are fewer than a hundred bins"
)]
fn steps(shares: &[f64], largest: f64) -> String {
    // Tenths, so that the rounded widths of relative steps add up.
    let width = ((WIDTH / shares.len().max(1) as f64).min(16.0) * 10.0).floor() / 10.0;
    let start = (WIDTH - width * shares.len() as f64) / 2.0;
    let top = |share: f64| {
        // A bin with few rows must not look like an empty one.
        let least = if share > 0.0 { 0.6 } else { 0.0 };
        let height = ((HEIGHT - 2.0) * share / largest).round().max(least);
        coordinate(HEIGHT - height)
    };
    let tops: Vec<String> = shares.iter().map(|share| top(*share)).collect();
    let mut path = format!("M{} {HEIGHT}", coordinate(start));
    for run in tops.chunk_by(|a, b| a == b) {
        let _ = write!(path, "V{}h{}", run[0], coordinate(width * run.len() as f64));
    }
    let _ = write!(path, "V{HEIGHT}");
    path
}

#[cfg(test)]
mod tests {
    use super::steps;

    #[track_caller]
    fn check(shares: &[f64], path: &str) {
        assert_eq!(steps(shares, 0.5), path);
    }

    #[test]
    fn bins_of_one_height_are_one_step() {
        check(&[0.25, 0.25, 0.5], "M18 20V11h32V2h16V20");
    }

    #[test]
    fn few_rows_are_more_than_none() {
        check(&[0.5, 1e-6, 0.0], "M18 20V2h16V19.4h16V20h16V20");
    }
}
