//! A straight axis with round ticks.

use crate::number;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    low: f64,
    high: f64,
    /// The first and the last tick.
    ticks: (f64, f64),
    step: f64,
}

impl Axis {
    /// Of shares.
    pub(crate) const UNIT: Axis = Axis {
        low: 0.0,
        high: 1.0,
        ticks: (0.0, 1.0),
        step: 0.25,
    };

    /// From a round number below all finite `values` to one above; about five ticks.
    pub fn fitting(values: impl Iterator<Item = f64>) -> Axis {
        let Some((low, high)) = ends(values) else {
            return Axis::UNIT;
        };
        let size = low.abs().max(high.abs());
        // Values that are all the same, but for rounding, lie in the middle of a tick's distance.
        let span = match (high - low > size * 1e-9, size > 1e-300) {
            (true, _) => high - low,
            (false, true) => size,
            (false, false) => 1.0,
        };
        let step = round_step(span / 4.0);
        let (low, high) = (
            (low / step).floor() * step,
            ((high / step).floor() + 1.0) * step,
        );
        Axis {
            low,
            high,
            ticks: (low, high),
            step,
        }
    }

    /// A twentieth beyond all finite `values`, so that none lies on the frame. Two whole numbers
    /// have a tick each.
    pub(crate) fn padded(values: impl Iterator<Item = f64> + Clone) -> Axis {
        let Some((low, high)) = ends(values.clone()).filter(|(low, high)| {
            // One value, but for rounding.
            high - low > low.abs().max(high.abs()) * 1e-9
        }) else {
            return Axis::fitting(values);
        };
        let span = high - low;
        let (below, above) = (low - span * 0.05, high + span * 0.05);
        let is_two = low.fract() == 0.0
            && high.fract() == 0.0
            && finite(values).all(|value| value <= low || value >= high);
        // Within the ends, however they lie, there are two ticks or more.
        let step = if is_two { span } else { round_step(span / 5.0) };
        let ticks = if is_two {
            (low, high)
        } else {
            ((below / step).ceil() * step, (above / step).floor() * step)
        };
        Axis {
            low: below,
            high: above,
            ticks,
            step,
        }
    }

    /// 0 at the low end, 1 at the high end; beyond them the ends.
    pub fn position(&self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// Places of round numbers, with the texts that stand there.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        let mut ticks = Vec::new();
        let mut index = 0.0;
        let (first, last) = self.ticks;
        while first + index * self.step <= last + self.step / 2.0 {
            let value = first + index * self.step;
            ticks.push((value, number::on_axis(value, self.step)));
            index += 1.0;
        }
        ticks
    }
}

fn finite(values: impl Iterator<Item = f64>) -> impl Iterator<Item = f64> {
    // Beyond this size the distance of two values may overflow.
    const LARGEST: f64 = 1e300;
    values.filter(|value| value.abs() < LARGEST)
}

fn ends(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    finite(values).fold(None, |ends, value| {
        let (low, high) = ends.unwrap_or((value, value));
        Some((low.min(value), high.max(value)))
    })
}

/// 1, 2 or 5 times a power of ten, no less than `least`.
fn round_step(least: f64) -> f64 {
    let power = 10.0_f64.powi(number::exponent(least));
    let factor = least / power;
    let nice = [1.0, 2.0, 5.0].into_iter().find(|nice| factor <= *nice);
    nice.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::Axis;

    #[track_caller]
    fn check(values: &[f64], ticks: &[&str]) {
        let axis = Axis::fitting(values.iter().copied());
        let shown: Vec<String> = axis.ticks().into_iter().map(|tick| tick.1).collect();
        assert_eq!(shown, ticks);
    }

    #[test]
    fn ticks_are_round_and_enclose_all_values() {
        check(&[-3.2, 7.9], &["−5", "0", "5", "10"]);
        check(&[0.02, 0.11], &["0", "0.05", "0.1", "0.15"]);
        check(&[7.0, 7.0], &["6", "8"]);
    }

    #[track_caller]
    fn check_padded(values: &[f64], ticks: &[&str]) {
        let axis = Axis::padded(values.iter().copied());
        let shown: Vec<String> = axis.ticks().into_iter().map(|tick| tick.1).collect();
        assert_eq!(shown, ticks);
        for value in values {
            let place = axis.position(*value);
            assert!(place > 0.04 && place < 0.96, "{value} lies at {place}");
        }
    }

    #[test]
    fn a_padded_axis_keeps_values_off_the_frame() {
        check_padded(&[0.0, 1.0, 0.0], &["0", "1"]);
        check_padded(&[1.0, 2.0], &["1", "2"]);
        check_padded(&[17.0, 90.0, 40.0], &["20", "40", "60", "80"]);
        check_padded(&[-0.3, 0.9, 0.2], &["0", "0.5"]);
        check_padded(&[7.0, 7.0], &["6", "8"]);
    }

    #[test]
    fn values_that_are_no_numbers_have_no_say() {
        check(
            &[f64::NAN, f64::INFINITY],
            &["0", "0.25", "0.5", "0.75", "1"],
        );
    }
}
