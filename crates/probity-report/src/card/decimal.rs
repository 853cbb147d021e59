//! Numbers of a column below each other by their decimal points.

use crate::number;

/// As wide as a digit, and as a point.
const DIGIT_SPACE: char = '\u{2007}';
const POINT_SPACE: char = '\u{2008}';

/// The number as the card has it where that is short, else to six significant digits. The exact
/// one is in the content.
pub(super) fn exact(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() || (size != 0.0 && !(1e-4..1e12).contains(&size)) {
        return number::short(value);
    }
    let plain = format!("{value}");
    let fraction = plain
        .split_once('.')
        .map_or(0, |(_, fraction)| fraction.len());
    #[expect(clippy::cast_sign_loss, reason = "clamped to 0 and above")]
    let most = (5 - number::exponent(if size == 0.0 { 1.0 } else { size })).clamp(0, 9) as usize;
    if fraction <= most {
        return number::grouped(&plain);
    }
    let rounded = format!("{value:.most$}");
    let trimmed = if rounded.contains('.') {
        rounded.trim_end_matches('0').trim_end_matches('.')
    } else {
        &rounded
    };
    number::grouped(trimmed)
}

/// The same texts, filled up on their right so that their points stand below each other.
pub(super) fn aligned(values: &[&str]) -> Vec<String> {
    let is_number = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|character| character.is_ascii_digit() || matches!(character, '.' | ',' | '−'))
    };
    let decimals = |text: &str| text.split_once('.').map(|(_, fraction)| fraction.len());
    let most = values
        .iter()
        .filter(|value| is_number(value))
        .filter_map(|value| decimals(value))
        .max();
    let Some(most) = most else {
        return values.iter().map(|value| (*value).to_owned()).collect();
    };
    let filled = values.iter().map(|value| {
        let mut text = (*value).to_owned();
        if is_number(value) {
            let own = decimals(value);
            if own.is_none() {
                text.push(POINT_SPACE);
            }
            text.extend(std::iter::repeat_n(DIGIT_SPACE, most - own.unwrap_or(0)));
        }
        text
    });
    filled.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: f64, expected: &str) {
        assert_eq!(exact(value), expected);
    }

    #[test]
    fn short_numbers_stay_as_they_are() {
        check(0.81, "0.81");
        check(1.0, "1");
        check(0.0, "0");
        check(-12.25, "−12.25");
        check(1_234_567.0, "1,234,567");
        check(8_812.0, "8,812");
    }

    #[test]
    fn long_numbers_keep_six_digits() {
        check(0.812_345_678_9, "0.812346");
        check(1.0 / 3.0, "0.333333");
        check(123.456_789, "123.457");
        check(4e-9, "4×10⁻⁹");
        check(f64::NAN, "unknown");
    }

    #[test]
    fn points_stand_below_each_other() {
        assert_eq!(
            aligned(&["0.25", "12", "yes", "3.5"]),
            ["0.25", "12\u{2008}\u{2007}\u{2007}", "yes", "3.5\u{2007}"]
        );
        assert_eq!(aligned(&["1", "22"]), ["1", "22"]);
    }
}
