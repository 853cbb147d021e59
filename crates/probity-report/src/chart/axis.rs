//! A straight axis with round ticks.

use crate::number;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Axis {
    low: f64,
    high: f64,
    step: f64,
}

impl Axis {
    /// Of shares.
    pub(crate) const UNIT: Axis = Axis {
        low: 0.0,
        high: 1.0,
        step: 0.25,
    };

    /// From a round number below all finite `values` to one above; about five ticks.
    pub(crate) fn fitting(values: impl Iterator<Item = f64>) -> Axis {
        // Beyond this size the distance of two values may overflow.
        const LARGEST: f64 = 1e300;
        let finite = values.filter(|value| value.abs() < LARGEST);
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        if low > high {
            return Axis::UNIT;
        }
        let size = low.abs().max(high.abs());
        // Values that are all the same, but for rounding, lie in the middle of a tick's distance.
        let span = match (high - low > size * 1e-9, size > 1e-300) {
            (true, _) => high - low,
            (false, true) => size,
            (false, false) => 1.0,
        };
        let power = 10.0_f64.powi(number::exponent(span / 4.0));
        let factor = span / 4.0 / power;
        let nice = [1.0, 2.0, 5.0].into_iter().find(|nice| factor <= *nice);
        let step = nice.unwrap_or(10.0) * power;
        Axis {
            low: (low / step).floor() * step,
            high: ((high / step).floor() + 1.0) * step,
            step,
        }
    }

    /// 0 at the low end, 1 at the high end; beyond them the ends.
    pub(crate) fn position(&self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    pub(crate) fn ticks(&self) -> Vec<(f64, String)> {
        let mut ticks = Vec::new();
        let mut index = 0.0;
        while self.low + index * self.step <= self.high + self.step / 2.0 {
            let value = self.low + index * self.step;
            ticks.push((value, number::on_axis(value, self.step)));
            index += 1.0;
        }
        ticks
    }
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
    fn values_that_are_no_numbers_have_no_say() {
        check(
            &[f64::NAN, f64::INFINITY],
            &["0", "0.25", "0.5", "0.75", "1"],
        );
    }
}
