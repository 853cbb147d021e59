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

#[expect(
    clippy::cast_precision_loss,
    reason = "there are fewer than a hundred bins"
)]
fn steps(shares: &[f64], largest: f64) -> String {
    let width = (WIDTH / shares.len().max(1) as f64).min(16.0);
    let start = (WIDTH - width * shares.len() as f64) / 2.0;
    let mut path = format!("M{} {HEIGHT}", coordinate(start));
    for (bin, share) in shares.iter().enumerate() {
        let y = coordinate(HEIGHT - (HEIGHT - 2.0) * share / largest);
        let _ = write!(
            path,
            "V{y}H{}",
            coordinate(start + width * (bin + 1) as f64)
        );
    }
    let _ = write!(path, "V{HEIGHT}");
    path
}
