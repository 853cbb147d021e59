//! The axis of columns that count things: from 0 by whole, round steps, so that a reader can say how
//! high a column is that is not the highest.

use std::fmt::Write as _;

use maud::{Markup, html};
use probity_report::Axis;

/// Room between a number and the line that it names.
const GAP: f64 = 6.0;

pub(super) struct CountAxis {
    values: Axis,
    /// Where 0 is, from above.
    base: f64,
    /// Of the frame.
    height: f64,
}

impl CountAxis {
    pub(super) fn of(largest: i64, (base, height): (f64, f64)) -> CountAxis {
        CountAxis {
            values: Axis::counting(largest as f64),
            base,
            height,
        }
    }

    /// Of a column.
    pub(super) fn height(&self, count: i64) -> f64 {
        self.height * self.values.position(count as f64)
    }

    /// One path for all lines: the fleet's page is weighed.
    pub(super) fn grid(&self, (left, right): (f64, f64)) -> Markup {
        let ticks = self.values.ticks();
        let y = |value: f64| self.base - self.height * self.values.position(value);
        let mut lines = String::new();
        for (value, _) in ticks.iter().skip(1) {
            let _ = write!(lines, "M{left} {}H{right}", tenths(y(*value)));
        }
        html! {
            path.grid d=(lines) {}
            path.axis d=(format!("M{left} {}H{right}", self.base)) {}
            @for (value, text) in &ticks {
                text.scale x=(left - GAP) y=(tenths(y(*value) + 4.0)) text-anchor="end" { (text) }
            }
        }
    }
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::CountAxis;

    #[test]
    fn columns_are_read_against_round_numbers() {
        let axis = CountAxis::of(7, (170.0, 158.0));
        assert_eq!(axis.height(10).to_string(), "158");
        assert_eq!(axis.height(5).to_string(), "79");
        assert_eq!(
            axis.grid((36.0, 460.0)).into_string(),
            "<path class=\"grid\" d=\"M36 91H460M36 12H460\"></path>\
             <path class=\"axis\" d=\"M36 170H460\"></path>\
             <text class=\"scale\" x=\"30\" y=\"174\" text-anchor=\"end\">0</text>\
             <text class=\"scale\" x=\"30\" y=\"95\" text-anchor=\"end\">5</text>\
             <text class=\"scale\" x=\"30\" y=\"16\" text-anchor=\"end\">10</text>"
        );
    }

    #[test]
    fn nothing_counted_is_a_column_without_height() {
        assert_eq!(CountAxis::of(0, (170.0, 158.0)).height(0).to_string(), "0");
    }
}
