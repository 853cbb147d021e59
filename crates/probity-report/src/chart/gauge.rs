//! Gauges: how far a column moved against what is allowed, and small meters of a share.

use maud::{Markup, html};

use super::coordinate;
use crate::number;

const LEFT: f64 = 4.0;
const RIGHT: f64 = 416.0;

/// A distance with its limit, and the interval of the difference behind it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gauge {
    pub(crate) distance: f64,
    pub(crate) threshold: f64,
    pub(crate) effect: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Gauge {
    /// The right end of the gauge: round, and with room right of everything shown.
    fn end(&self) -> f64 {
        let furthest = self.distance.max(self.threshold).max(self.high);
        let ends = [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0];
        ends.into_iter()
            .find(|end| furthest <= end * 0.95)
            .unwrap_or_else(|| furthest.max(1.0))
    }
}

pub(crate) fn gauge(gauge: Gauge, title: &str, description: &str) -> Markup {
    let end = gauge.end();
    let x = |value: f64| coordinate(LEFT + (RIGHT - LEFT) * (value / end).clamp(0.0, 1.0));
    let width = coordinate((RIGHT - LEFT) * (gauge.distance / end).clamp(0.0, 1.0));
    let class = if gauge.distance > gauge.threshold {
        "over"
    } else {
        "within"
    };
    let end_anchor = if gauge.threshold / end > 0.8 {
        "end"
    } else {
        "start"
    };
    let offset = if end_anchor == "end" { -4.0 } else { 4.0 };
    html! {
        svg.gauge viewBox="0 0 420 50" role="img" {
            title { (title) }
            desc { (description) }
            rect.track x=(LEFT) y="20" width=(RIGHT - LEFT) height="10" rx="2" {}
            rect.(class) x=(LEFT) y="20" width=(width) height="10" rx="2" {}
            path.interval d={ "M" (x(gauge.low)) " 25H" (x(gauge.high)) "M" (x(gauge.low)) " 21v8M" (x(gauge.high)) " 21v8" } {}
            circle.effect cx=(x(gauge.effect)) cy="25" r="3.2" {}
            path.limit d={ "M" (x(gauge.threshold)) " 14V36" } {}
            text.tick.(end_anchor) x=(x(gauge.threshold)) dx=(offset) y="14" {
                "allowed " (number::short(gauge.threshold))
            }
            text.tick.start x=(LEFT) y="46" { "0" }
            text.tick.end x=(RIGHT) y="46" { (number::short(end)) }
        }
    }
}

/// Half of the whole range: few columns move further, and the words beside it say the number.
const METER_END: f64 = 0.5;

/// A small bar of how far a column moved, in the colour of `class`.
pub(crate) fn meter(share: f64, class: &str) -> Markup {
    let width = coordinate(60.0 * (share / METER_END).clamp(0.0, 1.0));
    html! {
        svg.meter viewBox="0 0 60 12" aria-hidden="true" {
            rect.track y="3" width="60" height="6" rx="1" {}
            rect.(class) y="3" width=(width) height="6" rx="1" {}
        }
    }
}
