//! The type of a value's text, by the patterns that Deequ 2.0.2 publishes (`DataType`), and
//! its number in the same pass.
//!
//! Fractional: `^(-|\+)? ?\d+((\.\d+)|((?:\.\d+)?[Ee][-+]?\d+))$`; Integral:
//! `^(-|\+)? ?\d+$`; Boolean: `^(true|false)$`; else String. `.5`, `5.`, `inf` and `NaN` are
//! Strings, `1e5` is Fractional, one space after the sign is allowed.

use probity_domain::document::probity_file::TypeCounts;
use probity_domain::document::statistics::InferredType;

/// What a text is, with its number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TextValue {
    Integral(f64),
    Fractional(f64),
    Boolean,
    String,
}

/// Powers of ten that are exact doubles.
const EXACT_POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Digits that always fit a `u64`.
const MOST_DIGITS: usize = 19;

impl TextValue {
    /// Numbers are read as `str::parse::<f64>` does: correctly rounded, too large is infinite.
    #[inline]
    pub fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let Some(&first) = bytes.first() else {
            return Self::String;
        };
        // The usual string starts with a letter and is done here.
        if first > b'9' {
            return match bytes {
                b"true" | b"false" => Self::Boolean,
                _ => Self::String,
            };
        }
        number(text, bytes).unwrap_or(Self::String)
    }
}

fn number(text: &str, bytes: &[u8]) -> Option<TextValue> {
    let mut at = usize::from(matches!(bytes[0], b'+' | b'-'));
    if bytes.get(at) == Some(&b' ') {
        at += 1;
    }
    let start = at;
    let mut mantissa = 0u64;
    at = digits(bytes, at, &mut mantissa);
    let n_integer_digits = at - start;
    if n_integer_digits == 0 {
        return None;
    }
    let mut n_digits = n_integer_digits;
    let mut exponent = 0i64;
    let mut is_fractional = false;
    if bytes.get(at) == Some(&b'.') {
        let end = digits(bytes, at + 1, &mut mantissa);
        let n_decimals = end - (at + 1);
        if n_decimals == 0 {
            return None;
        }
        n_digits += n_decimals;
        exponent = -i64::try_from(n_decimals).unwrap_or(i64::MAX);
        is_fractional = true;
        at = end;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let (end, value) = exponent_digits(bytes, at + 1)?;
        exponent = exponent.saturating_add(value);
        is_fractional = true;
        at = end;
    }
    if at != bytes.len() {
        return None;
    }
    let magnitude = if n_digits <= MOST_DIGITS {
        exact_product(mantissa, exponent)
    } else {
        None
    };
    let magnitude = match magnitude {
        Some(magnitude) => magnitude,
        None => text[start..]
            .parse::<f64>()
            .expect("digits with an optional fraction and exponent are a number"),
    };
    let value = if bytes[0] == b'-' {
        0.0 - magnitude
    } else {
        magnitude
    };
    Some(if is_fractional {
        TextValue::Fractional(value)
    } else {
        TextValue::Integral(value)
    })
}

/// Reads digits from `at` on into `mantissa` (which wraps when they are too many) and returns
/// where they end.
#[inline]
fn digits(bytes: &[u8], mut at: usize, mantissa: &mut u64) -> usize {
    while let Some(byte) = bytes.get(at) {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        *mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
        at += 1;
    }
    at
}

fn exponent_digits(bytes: &[u8], mut at: usize) -> Option<(usize, i64)> {
    let sign = bytes.get(at).copied();
    if matches!(sign, Some(b'+' | b'-')) {
        at += 1;
    }
    let start = at;
    let mut value = 0i64;
    while let Some(digit) = bytes.get(at).map(|byte| byte.wrapping_sub(b'0')) {
        if digit > 9 {
            break;
        }
        // Beyond this every number is 0 or infinite; the slow reader decides.
        value = (value * 10 + i64::from(digit)).min(1_000_000);
        at += 1;
    }
    if at == start {
        return None;
    }
    Some((at, if sign == Some(b'-') { -value } else { value }))
}

/// `mantissa × 10^exponent` where one rounding gives the right double (Clinger, "How to Read
/// Floating Point Numbers Accurately", 1990): both factors are exact.
#[inline]
fn exact_product(mantissa: u64, exponent: i64) -> Option<f64> {
    if mantissa > 1 << 53 {
        return None;
    }
    let power = EXACT_POWERS.get(usize::try_from(exponent.unsigned_abs()).ok()?)?;
    let mantissa = mantissa as f64;
    Some(if exponent < 0 {
        mantissa / power
    } else {
        mantissa * power
    })
}

/// The type that a column's values agree on.
pub fn inferred_type(counts: &TypeCounts) -> InferredType {
    let numbers = counts.integral + counts.fractional;
    if counts.string > 0 || (counts.boolean > 0 && numbers > 0) {
        InferredType::String
    } else if counts.boolean > 0 {
        InferredType::Boolean
    } else if counts.fractional > 0 {
        InferredType::Fractional
    } else if counts.integral > 0 {
        InferredType::Integral
    } else {
        InferredType::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: TextValue) {
        assert_eq!(TextValue::of(text), expected, "of `{text}`");
    }

    #[test]
    fn whole_numbers_are_integral() {
        check("0", TextValue::Integral(0.0));
        check("-12", TextValue::Integral(-12.0));
        check("+12", TextValue::Integral(12.0));
        check("007", TextValue::Integral(7.0));
        check(
            "123456789012345678901",
            TextValue::Integral(123_456_789_012_345_680_000.0),
        );
    }

    #[test]
    fn one_space_may_follow_the_sign() {
        check("- 5", TextValue::Integral(-5.0));
        check(" 5", TextValue::Integral(5.0));
        check("-  5", TextValue::String);
        check("5 ", TextValue::String);
    }

    #[test]
    fn fractions_need_digits_on_both_sides() {
        check("1.50", TextValue::Fractional(1.5));
        check(".5", TextValue::String);
        check("5.", TextValue::String);
        check("5.e3", TextValue::String);
    }

    #[test]
    fn scientific_notation_is_fractional() {
        check("1e5", TextValue::Fractional(1e5));
        check("-2.5E-3", TextValue::Fractional(-2.5e-3));
        check("1e", TextValue::String);
        check("1e+", TextValue::String);
    }

    #[test]
    fn numbers_beyond_the_doubles_are_infinite() {
        check("1e999", TextValue::Fractional(f64::INFINITY));
        check(
            "-1e99999999999999999999",
            TextValue::Fractional(f64::NEG_INFINITY),
        );
        check("1e-999", TextValue::Fractional(0.0));
    }

    #[test]
    fn booleans_are_lower_case() {
        check("true", TextValue::Boolean);
        check("false", TextValue::Boolean);
        check("True", TextValue::String);
    }

    #[test]
    fn names_of_non_numbers_are_strings() {
        for text in [
            "", "NaN", "nan", "inf", "Infinity", "0x10", "1_000", "1,5", "٣", "5\n",
        ] {
            check(text, TextValue::String);
        }
    }

    #[test]
    fn negative_zero_is_zero() {
        let TextValue::Fractional(zero) = TextValue::of("-0.0") else {
            panic!("`-0.0` is a fraction");
        };
        assert_eq!(zero.to_bits(), 0.0f64.to_bits());
    }

    #[test]
    fn a_column_takes_the_widest_type_of_its_values() {
        let counts = |integral, fractional, boolean, string| TypeCounts {
            integral,
            fractional,
            boolean,
            string,
            unknown: 1,
        };
        assert_eq!(inferred_type(&counts(0, 0, 0, 0)), InferredType::Unknown);
        assert_eq!(inferred_type(&counts(3, 0, 0, 0)), InferredType::Integral);
        assert_eq!(inferred_type(&counts(3, 1, 0, 0)), InferredType::Fractional);
        assert_eq!(inferred_type(&counts(0, 0, 2, 0)), InferredType::Boolean);
        assert_eq!(inferred_type(&counts(1, 0, 2, 0)), InferredType::String);
        assert_eq!(inferred_type(&counts(9, 9, 0, 1)), InferredType::String);
    }
}
