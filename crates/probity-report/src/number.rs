//! Numbers as people read them: a few significant digits, digit groups, a sane form for very
//! large and very small values. Exact values stay in the JSON documents beside the report.

/// `1234567` → `1,234,567`.
pub(crate) fn count(value: u64) -> String {
    group_digits(&value.to_string())
}

/// Of numbers of which nothing else is known.
const SIGNIFICANT: usize = 4;

/// Four significant digits, but never fewer than the whole integer part:
/// `0.1234`, `12.35`, `1,234,568`, `1.2×10³⁰⁰`.
pub fn short(value: f64) -> String {
    with_digits(value, SIGNIFICANT)
}

/// `short`, with as many digits more as tell the value from each of `others` that it is not:
/// 0.99996 is `1` alone, and `0.99996` beside a limit of 1. Two values that are told from each other
/// this way differ in print, even when one of them has more digits because of a third.
pub fn short_apart(value: f64, others: &[f64]) -> String {
    // Seventeen tell any two doubles apart; powers of ten have one fewer.
    const ALL: usize = 18;
    (SIGNIFICANT..ALL)
        .find_map(|digits| {
            let text = with_digits(value, digits);
            let is_alike = |other: &f64| {
                other.total_cmp(&value).is_ne() && with_digits(*other, digits) == text
            };
            (!others.iter().any(is_alike)).then_some(text)
        })
        .unwrap_or_else(|| with_digits(value, ALL))
}

fn with_digits(value: f64, digits: usize) -> String {
    if value.is_nan() {
        return "unknown".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "−∞" }.to_owned();
    }
    let size = value.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    if !(1e-4..1e12).contains(&size) {
        return scientific(value, digits - 1);
    }
    let last = i32::try_from(digits).unwrap_or(i32::MAX) - 1;
    fixed_trimmed(value, last - exponent(size))
}

/// The number itself where that is short, else to six significant digits, and never fewer than the
/// whole integer part: what documents promise of their numbers.
pub(crate) fn six_digits(value: f64) -> String {
    const DIGITS: usize = 6;
    let size = value.abs();
    if !value.is_finite() || size == 0.0 {
        return short(value);
    }
    if !(1e-4..1e12).contains(&size) {
        return scientific(value, DIGITS);
    }
    let plain = format!("{value}");
    let fraction = plain
        .split_once('.')
        .map_or(0, |(_, fraction)| fraction.len());
    let most = usize::try_from(5 - exponent(size)).unwrap_or(0);
    if fraction <= most {
        return grouped(&plain);
    }
    let rounded = format!("{value:.most$}");
    let trimmed = if rounded.contains('.') {
        rounded.trim_end_matches('0').trim_end_matches('.')
    } else {
        &rounded
    };
    grouped(trimmed)
}

/// Four significant digits and a power of ten, where there is no room for the integer part.
pub(crate) fn powered(value: f64) -> String {
    if value.is_finite() && value.abs() >= 1.0 {
        return scientific(value, SIGNIFICANT);
    }
    short(value)
}

/// A count where there is no room for all its digits: `950`, `1.2k`, `12k`, `3.4M`, `1.2bn`.
#[expect(
    clippy::cast_precision_loss,
    reason = "two digits need no more than 53 bits"
)]
pub fn compact_count(value: i64) -> String {
    let size = value as f64;
    if value.unsigned_abs() < 1000 {
        return fixed_trimmed(size, 0);
    }
    let step = |size: f64| {
        let unit = unit_of(size).map_or(0, |(power, _)| power);
        10.0_f64.powi((exponent(size) - 1).min(unit))
    };
    // Rounded before its unit is chosen: 999,999 is 1M, not 1,000k.
    let round = (size / step(size)).round() * step(size);
    with_unit(round, step(round)).unwrap_or_else(|| fixed_trimmed(round, 0))
}

/// A distance between 0 and 1: three decimals are what a comparison of samples can carry.
pub(crate) fn thousandths(value: f64) -> String {
    if value > 0.0 && value < 0.0005 {
        return "<0.001".to_owned();
    }
    if value.is_finite() {
        fixed_trimmed(value, 3)
    } else {
        short(value)
    }
}

/// A value on an axis whose ticks are `step` apart: no more decimals than the step needs, and no
/// fewer, so that no two ticks are alike. A power of ten is written where the value itself is tiny
/// or huge.
pub(crate) fn on_axis(value: f64, step: f64) -> String {
    if !value.is_finite() {
        return short(value);
    }
    let (size, step) = (value.abs(), step.abs());
    if size < step / 2.0 {
        return "0".to_owned();
    }
    // One digit more than the leading one of the step, for steps like 2.5.
    let last_place = exponent(step).saturating_sub(1);
    let is_tiny = size < 1e-4 && step < 1e-5;
    if is_tiny || size >= 1e12 {
        let digits = exponent(size).saturating_sub(last_place).saturating_add(1);
        return scientific(value, usize::try_from(digits).unwrap_or(1).clamp(1, 17));
    }
    if step >= 1000.0
        && let Some(text) = with_unit(value, step)
    {
        return text;
    }
    fixed_trimmed(value, last_place.saturating_neg())
}

/// A share in per cent: `12.3%`, `<0.1%` when there is something, `>99.9%` when not all.
pub(crate) fn percent(share: f64) -> String {
    if share.is_nan() {
        return "unknown".to_owned();
    }
    if share > 0.0 && share < 0.0005 {
        return "<0.1%".to_owned();
    }
    if share < 1.0 && share > 0.9995 {
        return ">99.9%".to_owned();
    }
    let decimals = if (0.1..=0.9).contains(&share) { 0 } else { 1 };
    let text = fixed_trimmed(share * 100.0, decimals);
    format!("{text}%")
}

/// A share that is a limit: with the decimals that tell it from its neighbours, `99.9875%`.
pub(crate) fn limit_percent(share: f64) -> String {
    if !share.is_finite() {
        return "unknown".to_owned();
    }
    match fixed_trimmed(share * 100.0, 4).as_str() {
        "100" if share < 1.0 => ">99.9999%".to_owned(),
        "0" if share > 0.0 => "<0.0001%".to_owned(),
        text => format!("{text}%"),
    }
}

/// A share of counts; `None` when there is no whole.
pub(crate) fn percent_of(part: u64, whole: u64) -> Option<String> {
    share(part, whole).map(percent)
}

/// `part / whole`, unknown when `whole` is zero.
#[expect(
    clippy::cast_precision_loss,
    reason = "a share needs no more than 53 bits"
)]
pub(crate) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// A p-value: two significant digits, and `<0.0001` below what a reader can use.
pub(crate) fn probability(value: f64) -> String {
    if value.is_nan() {
        return "unknown".to_owned();
    }
    if value < 1e-4 {
        return "<0.0001".to_owned();
    }
    let decimals = (1 - exponent(value)).clamp(2, 4);
    fixed_trimmed(value, decimals)
}

/// Position of the leading decimal digit; 0 for `[1, 10)`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "an f64's decimal exponent lies within ±324"
)]
pub(crate) fn exponent(size: f64) -> i32 {
    size.abs().log10().floor() as i32
}

fn fixed_trimmed(value: f64, decimals: i32) -> String {
    // No double of a size that is written so has more digits that matter.
    const MOST: usize = 22;
    let decimals = usize::try_from(decimals).unwrap_or(0).min(MOST);
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    let mut out = String::new();
    let is_zero = whole == "0" && fraction.is_empty();
    if value < 0.0 && !is_zero {
        out.push('−');
    }
    out.push_str(&group_digits(whole));
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// A plain decimal number with digit groups and a minus sign: `-1234.5` → `−1,234.5`.
pub(crate) fn grouped(plain: &str) -> String {
    let (sign, size) = match plain.strip_prefix('-') {
        Some(size) => ("−", size),
        None => ("", plain),
    };
    let (whole, fraction) = size.split_once('.').unwrap_or((size, ""));
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", group_digits(whole))
}

fn group_digits(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Units of counts, largest first, as dashboards write them; `m` would be a thousandth.
const UNITS: [(i32, &str); 3] = [(9, "bn"), (6, "M"), (3, "k")];

/// The largest that `value` has one of.
fn unit_of(value: f64) -> Option<(i32, &'static str)> {
    let has_one = |power: i32| value.abs() >= 10.0_f64.powi(power);
    UNITS.into_iter().find(|(power, _)| has_one(*power))
}

/// `None` when the step is so fine that a unit would save nothing. Thousands of a unit are written
/// where the next larger one would need too many decimals: `1,000.5M`, beside `999.5M`.
fn with_unit(value: f64, step: f64) -> Option<String> {
    let (largest, _) = unit_of(value)?;
    let near = UNITS
        .into_iter()
        .filter(|(power, _)| (0..=3).contains(&(largest - power)));
    let (decimals, power, unit) = near
        .map(|(power, unit)| (power - exponent(step), power, unit))
        .find(|(decimals, _, _)| *decimals <= 2)?;
    let text = fixed_trimmed(value / 10.0_f64.powi(power), decimals.max(1));
    Some(format!("{text}{unit}"))
}

fn scientific(value: f64, significant: usize) -> String {
    let text = format!("{:.*e}", significant - 1, value.abs());
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa = if mantissa.contains('.') {
        mantissa.trim_end_matches('0').trim_end_matches('.')
    } else {
        mantissa
    };
    let sign = if value < 0.0 { "−" } else { "" };
    let power: String = power.chars().map(superscript).collect();
    format!("{sign}{mantissa}×10{power}")
}

fn superscript(digit: char) -> char {
    match digit {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4' => '⁴',
        '5' => '⁵',
        '6' => '⁶',
        '7' => '⁷',
        '8' => '⁸',
        '9' => '⁹',
        _ => '⁰',
    }
}

#[cfg(test)]
mod tests {
    use super::{
        compact_count, count, limit_percent, on_axis, percent, probability, short, short_apart,
        six_digits, thousandths,
    };

    #[track_caller]
    fn check(shown: String, expected: &str) {
        assert_eq!(shown, expected);
    }

    #[test]
    fn counts_have_digit_groups() {
        check(count(0), "0");
        check(count(999), "999");
        check(count(1_234_567), "1,234,567");
    }

    #[test]
    fn numbers_keep_four_digits_and_the_whole_integer_part() {
        check(short(0.123_449), "0.1234");
        check(short(-12.346), "−12.35");
        check(short(1_234_567.8), "1,234,568");
        check(short(10.0), "10");
        check(short(0.0), "0");
        check(short(-0.0), "0");
    }

    #[test]
    fn short_numbers_stay_as_they_are() {
        check(six_digits(0.81), "0.81");
        check(six_digits(1.0), "1");
        check(six_digits(0.0), "0");
        check(six_digits(-12.25), "−12.25");
        check(six_digits(1_234_567.0), "1,234,567");
        check(six_digits(8_812.0), "8,812");
    }

    #[test]
    fn long_numbers_keep_six_digits_whatever_their_size() {
        check(six_digits(0.812_345_678_9), "0.812346");
        check(six_digits(1.0 / 3.0), "0.333333");
        check(six_digits(123.456_789), "123.457");
        check(six_digits(4e-9), "4×10⁻⁹");
        check(six_digits(f64::NAN), "unknown");
        check(six_digits(123_456_789_012_345.0), "1.23457×10¹⁴");
        check(six_digits(-0.000_012_345_678), "−1.23457×10⁻⁵");
    }

    #[test]
    fn distances_never_round_to_nothing() {
        check(thousandths(0.12345), "0.123");
        check(thousandths(4e-7), "<0.001");
        check(thousandths(0.0), "0");
    }

    #[test]
    fn extreme_numbers_are_written_with_a_power_of_ten() {
        check(short(1.2e300), "1.2×10³⁰⁰");
        check(short(-4e-9), "−4×10⁻⁹");
        check(short(1e12), "1×10¹²");
    }

    #[test]
    fn shares_never_round_to_nothing_or_to_everything() {
        check(percent(0.0), "0%");
        check(percent(0.000_01), "<0.1%");
        check(percent(0.1234), "12%");
        check(percent(0.0123), "1.2%");
        check(percent(0.999_99), ">99.9%");
        check(percent(1.0), "100%");
    }

    #[test]
    fn limits_are_never_rounded_to_everything() {
        check(limit_percent(0.999_875), "99.9875%");
        check(limit_percent(0.979), "97.9%");
        check(limit_percent(1.0 - 1e-9), ">99.9999%");
        check(limit_percent(1.0), "100%");
        check(limit_percent(0.0), "0%");
    }

    #[test]
    fn tick_labels_carry_the_decimals_of_their_step() {
        check(on_axis(0.30000000000000004, 0.1), "0.3");
        check(on_axis(2.5, 2.5), "2.5");
        check(on_axis(f64::NEG_INFINITY, 1e307), "−∞");
        check(on_axis(1e-17, 0.1), "0");
        check(on_axis(250_000.0, 50_000.0), "250k");
        check(on_axis(-2_500_000.0, 500_000.0), "−2.5M");
        check(on_axis(1e9, 5e8), "1bn");
        check(on_axis(1_730_050_000.0, 50_000.0), "1,730.05M");
        check(on_axis(1_730_050_000.0, 10.0), "1,730,050,000");
    }

    #[test]
    fn tick_labels_have_the_digits_of_a_fine_step_whatever_its_size() {
        check(on_axis(0.999_94, 2e-5), "0.99994");
        check(on_axis(1.0, 2e-5), "1");
        check(on_axis(0.999_999_998, 2e-9), "0.999999998");
        check(on_axis(0.000_02, 2e-5), "0.00002");
        check(on_axis(4e-9, 2e-9), "4×10⁻⁹");
        check(on_axis(1.25e-9, 2.5e-10), "1.25×10⁻⁹");
        check(on_axis(1_000_001_000_000.0, 1e6), "1.000001×10¹²");
        check(on_axis(1.0, 0.0), "1");
    }

    #[test]
    fn counts_are_compact_in_the_units_of_axes() {
        for (count, text) in [
            (0, "0"),
            (999, "999"),
            (-950, "−950"),
            (1_250, "1.3k"),
            (2_000, "2k"),
            (9_999, "10k"),
            (12_345, "12k"),
            (123_456, "123k"),
            (999_999, "1M"),
            (3_449_000, "3.4M"),
            (-25_000_000, "−25M"),
            (1_234_567_890, "1.2bn"),
            (i64::MAX, "9,223,372,037bn"),
        ] {
            check(compact_count(count), text);
        }
    }

    #[test]
    fn values_that_differ_are_told_apart() {
        check(short_apart(0.999_96, &[]), "1");
        check(short_apart(0.999_96, &[1.0]), "0.99996");
        check(short_apart(1.0, &[0.999_96]), "1");
        check(short_apart(0.999_96, &[0.999_96, 0.5]), "1");
        check(short_apart(0.123_41, &[0.123_44]), "0.12341");
        check(short_apart(12_345.678, &[12_345.681]), "12,345.678");
        check(short_apart(1.000_000_1e-9, &[1e-9]), "1.0000001×10⁻⁹");
        let next = f64::from_bits(1.0_f64.to_bits() - 1);
        assert_ne!(short_apart(next, &[1.0]), short_apart(1.0, &[next]));
        check(short_apart(f64::NAN, &[f64::NAN]), "unknown");
    }

    #[test]
    fn p_values_stop_where_they_say_nothing_more() {
        check(probability(3e-12), "<0.0001");
        check(probability(0.000_23), "0.0002");
        check(probability(0.034), "0.034");
        check(probability(0.5), "0.5");
        check(probability(1.0), "1");
    }
}
