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

    /// From a round number to a round number that enclose all finite `values`; about five ticks.
    /// A value may lie on the frame: shares that end at 1 do not get an axis to 1.5.
    pub fn fitting(values: impl Iterator<Item = f64>) -> Axis {
        let Some((low, high)) = ends(values) else {
            return Axis::UNIT;
        };
        let size = low.abs().max(high.abs());
        // Values that are all the same, but for rounding, lie in the middle of a tick's distance.
        let span = match (high - low > (size * 1e-9).max(1e-300), size > 1e-300) {
            (true, _) => high - low,
            (false, true) => size,
            (false, false) => 1.0,
        };
        let step = round_step(span / 4.0);
        let mut first = near_whole(low / step).unwrap_or_else(|| (low / step).floor());
        let mut last = near_whole(high / step).unwrap_or_else(|| (high / step).ceil());
        if first >= last {
            // One value that is a tick has one on each side; but what is nothing or everything so
            // far seldom goes beyond.
            let only = first * step;
            first -= f64::from(only != 0.0);
            last += f64::from((only - 1.0).abs() > 1e-9);
        }
        Axis::between(first * step, last * step, step)
    }

    /// For counts, from 0 to no less than `largest`: whole ticks, about three of them.
    pub fn counting(largest: f64) -> Axis {
        let step = round_step(largest.max(1.0) / 3.0).max(1.0);
        let last = near_whole(largest / step).unwrap_or_else(|| (largest / step).ceil());
        Axis::between(0.0, last.max(1.0) * step, step)
    }

    fn between(low: f64, high: f64, step: f64) -> Axis {
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

/// The whole number that `steps` is but for rounding: 0.3 / 0.1 is 2.9999999999999996.
fn near_whole(steps: f64) -> Option<f64> {
    let nearest = steps.round();
    let slack = (steps.abs() * 4.0 * f64::EPSILON).max(1e-9);
    ((steps - nearest).abs() <= slack).then_some(nearest)
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

    #[test]
    fn an_axis_ends_where_the_values_end_on_a_tick() {
        check(&[0.0, 1.0], &["0", "0.5", "1"]);
        check(&[0.1, 0.3], &["0.1", "0.15", "0.2", "0.25", "0.3"]);
        check(&[-100.0, -20.0], &["−100", "−80", "−60", "−40", "−20"]);
        check(&[-97.0, -21.0], &["−100", "−80", "−60", "−40", "−20"]);
    }

    #[test]
    fn one_value_is_never_an_axis_without_length() {
        check(&[0.0, 0.0], &["0", "0.5"]);
        check(&[1.0, 1.0], &["0.5", "1"]);
        check(&[8.0], &["6", "8", "10"]);
        check(&[-8.0], &["−10", "−8", "−6"]);
        check(&[0.0, 5e-324], &["0", "0.5"]);
    }

    #[test]
    fn ticks_differ_however_small_their_step() {
        check(
            &[0.999_93, 1.0],
            &["0.99992", "0.99994", "0.99996", "0.99998", "1"],
        );
        check(
            &[1_730_040_000.0, 1_730_190_000.0],
            &["1,730M", "1,730.05M", "1,730.1M", "1,730.15M", "1,730.2M"],
        );
        check(&[0.0, 4e-8], &["0", "1×10⁻⁸", "2×10⁻⁸", "3×10⁻⁸", "4×10⁻⁸"]);
        check(
            &[-1e299, 1e299],
            &["−1×10²⁹⁹", "−5×10²⁹⁸", "0", "5×10²⁹⁸", "1×10²⁹⁹"],
        );
        // Steps of all sizes beside values of all sizes.
        for place in -15..=15 {
            let value = 1.234_567_891_234_5 * 10.0_f64.powi(place);
            for fineness in 1..=8 {
                let high = value * (1.0 + 10.0_f64.powi(-fineness));
                let ticks = Axis::fitting([value, high].into_iter()).ticks();
                let mut texts: Vec<_> = ticks.iter().map(|(_, text)| text).collect();
                texts.sort();
                texts.dedup();
                assert!(ticks.len() > 2, "{ticks:?}");
                assert_eq!(texts.len(), ticks.len(), "{ticks:?}");
            }
        }
    }

    #[test]
    fn counts_have_whole_ticks() {
        for (largest, ticks) in [
            (0.0, &["0", "1"] as &[&str]),
            (1.0, &["0", "1"]),
            (3.0, &["0", "1", "2", "3"]),
            (7.0, &["0", "5", "10"]),
            (10.0, &["0", "5", "10"]),
            (12.0, &["0", "5", "10", "15"]),
            (1_400.0, &["0", "500", "1,000", "1,500"]),
            (1_300_000.0, &["0", "500k", "1M", "1.5M"]),
        ] {
            let axis = Axis::counting(largest);
            let shown: Vec<String> = axis.ticks().into_iter().map(|tick| tick.1).collect();
            assert_eq!(shown, ticks);
            assert!(axis.position(largest) > 0.6 || largest == 0.0, "{largest}");
        }
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
