//! A share with its interval on a scale from 0 to 1, in a row of a table; the mark of another
//! share beside it (a constant prediction, or the baseline).

use maud::{Markup, html};

use super::coordinate;

const LEFT: f64 = 6.0;
const RIGHT: f64 = 214.0;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ShareMark {
    pub(crate) value: f64,
    pub(crate) interval: Option<(f64, f64)>,
    /// A short stroke through the track.
    pub(crate) reference: Option<f64>,
}

/// Hidden from screen readers: the cells beside it say the same in numbers.
pub(crate) fn share_mark(mark: &ShareMark) -> Markup {
    let x = |value: f64| coordinate(LEFT + (RIGHT - LEFT) * value.clamp(0.0, 1.0));
    let reference = mark.reference.filter(|value| value.is_finite());
    html! {
        svg.forest viewBox="0 0 220 20" aria-hidden="true" {
            rect.track x=(LEFT) y="8" width=(RIGHT - LEFT) height="4" rx="2" {}
            @if let Some(reference) = reference { path.limit d={ "M" (x(reference)) " 3v14" } {} }
            @if let Some((low, high)) = mark.interval {
                path.interval d={ "M" (x(low)) " 10H" (x(high)) "M" (x(low)) " 6v8M" (x(high)) " 6v8" } {}
            }
            @if mark.value.is_finite() { circle.dot.sure cx=(x(mark.value)) cy="10" r="4" {} }
        }
    }
}

/// From the baseline (open) to the current value (filled).
pub(crate) fn share_move(then: f64, now: f64) -> Markup {
    let x = |value: f64| coordinate(LEFT + (RIGHT - LEFT) * value.clamp(0.0, 1.0));
    html! {
        svg.forest viewBox="0 0 220 20" aria-hidden="true" {
            rect.track x=(LEFT) y="8" width=(RIGHT - LEFT) height="4" rx="2" {}
            @if then.is_finite() && now.is_finite() {
                path.interval d={ "M" (x(then)) " 10H" (x(now)) } {}
                circle.dot.unsure cx=(x(then)) cy="10" r="4" {}
                circle.dot.sure cx=(x(now)) cy="10" r="4" {}
            }
        }
    }
}

/// The axis, for the head of the column.
pub(crate) fn share_axis_labels() -> Markup {
    html! {
        svg.forest viewBox="0 0 220 16" aria-hidden="true" {
            text.tick.start x="2" y="11" { "0" }
            text.tick.mid x="110" y="11" { "0.5" }
            text.tick.end x="218" y="11" { "1" }
        }
    }
}
