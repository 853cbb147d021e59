//! Doubles as Java prints them, because SageMaker's files come from the JVM: `1.0`,
//! `60.379999999999995`, `1.0E10`, `1.0E-5`.
//!
//! Source: the specification of `java.lang.Double.toString` as of JDK 19 (JDK-4511638):
//! the shortest decimal that reads back as the same double, of at least two digits.
//! JDK 18 and older print some doubles longer; see `docs/api-quirks.md`.

use std::fmt;

/// Displays a double as Java does, `NaN`, `Infinity` and `-Infinity` included.
///
/// ```
/// use probity_domain::document::JavaDouble;
///
/// assert_eq!(JavaDouble(100.0).to_string(), "100.0");
/// assert_eq!(JavaDouble(1e10).to_string(), "1.0E10");
/// assert_eq!(JavaDouble(f64::NEG_INFINITY).to_string(), "-Infinity");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JavaDouble(pub f64);

impl fmt::Display for JavaDouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = non_finite_name(self.0) {
            return f.write_str(name);
        }
        f.write_str(Text::of(self.0).as_str())
    }
}

/// Java's name of a double that is not finite.
pub(crate) fn non_finite_name(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        return Some("NaN");
    }
    if value.is_finite() {
        return None;
    }
    Some(if value > 0.0 { "Infinity" } else { "-Infinity" })
}

/// The double that Java's name stands for; also without the sign that Java leaves out.
pub(crate) fn non_finite_value(name: &str) -> Option<f64> {
    match name {
        "NaN" => Some(f64::NAN),
        "Infinity" | "+Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// Java's text of a finite double, without an allocation: at most a sign, 17 digits, a
/// point and `E-324`, or three zeros in front of the digits.
pub(crate) struct Text {
    bytes: [u8; 32],
    length: usize,
}

impl Text {
    pub(crate) fn of(value: f64) -> Text {
        let mut text = Text {
            bytes: [0; 32],
            length: 0,
        };
        if value.is_sign_negative() {
            text.push(b'-');
        }
        let magnitude = value.abs();
        // Zero, and where Java has no exponent, both write alike.
        if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) {
            text.push_all(ryu::Buffer::new().format_finite(magnitude).as_bytes());
        } else {
            text.push_scientific(&Decimal::shortest(magnitude));
        }
        text
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).expect("digits, signs and E are ASCII")
    }

    fn push(&mut self, byte: u8) {
        self.bytes[self.length] = byte;
        self.length += 1;
    }

    fn push_all(&mut self, bytes: &[u8]) {
        self.bytes[self.length..self.length + bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }

    fn push_scientific(&mut self, decimal: &Decimal) {
        let digits = decimal.digits();
        self.push(digits[0]);
        self.push(b'.');
        self.push_all(if digits.len() > 1 { &digits[1..] } else { b"0" });
        self.push(b'E');
        self.push_all(decimal.exponent.to_string().as_bytes());
    }
}

/// A positive number `d.ddd × 10^exponent`, without zeros at the end.
struct Decimal {
    digits: [u8; 17],
    length: usize,
    exponent: i32,
}

impl Decimal {
    fn shortest(magnitude: f64) -> Decimal {
        let decimal = Decimal::parse(ryu::Buffer::new().format_finite(magnitude));
        // Only the smallest subnormals have a shortest form of one digit that is not exact;
        // Java then takes the nearest of two digits: 4.9E-324, not 5.0E-324.
        if decimal.length == 1 && decimal.exponent < -300 {
            return Decimal::parse(&format!("{magnitude:.1e}"));
        }
        decimal
    }

    /// Reads `ddd.ddd` or `d.ddde-7`.
    fn parse(text: &str) -> Decimal {
        let (mantissa, power) = text.split_once('e').unwrap_or((text, "0"));
        let power: i32 = power
            .parse()
            .expect("a formatter of floats writes whole exponents");
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut decimal = Decimal {
            digits: [b'0'; 17],
            length: 0,
            exponent: 0,
        };
        let mut leading_zeros = 0;
        for digit in whole.bytes().chain(fraction.bytes()) {
            if decimal.length == 0 && digit == b'0' {
                leading_zeros += 1;
                continue;
            }
            if decimal.length < decimal.digits.len() {
                decimal.digits[decimal.length] = digit;
                decimal.length += 1;
            }
        }
        while decimal.length > 1 && decimal.digits[decimal.length - 1] == b'0' {
            decimal.length -= 1;
        }
        let whole_digits = i32::try_from(whole.len()).expect("a float has at most 309 digits");
        decimal.exponent = power + whole_digits - 1 - leading_zeros;
        decimal
    }

    fn digits(&self) -> &[u8] {
        &self.digits[..self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::JavaDouble;

    #[track_caller]
    fn check(value: f64, expected: &str) {
        assert_eq!(JavaDouble(value).to_string(), expected);
    }

    #[test]
    fn whole_doubles_keep_a_zero_behind_the_point() {
        check(1.0, "1.0");
        check(2048.0, "2048.0");
        check(9_999_999.0, "9999999.0");
    }

    #[test]
    fn scientific_form_begins_at_ten_million_and_below_a_thousandth() {
        check(1e7, "1.0E7");
        check(12_345_678.0, "1.2345678E7");
        check(1e10, "1.0E10");
        check(0.001, "0.001");
        check(0.000_999, "9.99E-4");
        check(1e-5, "1.0E-5");
    }

    #[test]
    fn digits_are_as_few_as_reading_back_needs() {
        check(60.379_999_999_999_995, "60.379999999999995");
        check(1970.0 / 1977.0 * 100.0, "99.64592817400101");
        check(0.1 + 0.2, "0.30000000000000004");
        check(2e23, "2.0E23");
        check(f64::MAX, "1.7976931348623157E308");
        check(f64::MIN_POSITIVE, "2.2250738585072014E-308");
    }

    #[test]
    fn smallest_subnormals_have_two_digits() {
        check(5e-324, "4.9E-324");
        check(1e-323, "9.9E-324");
        check(2e-323, "2.0E-323");
    }

    #[test]
    fn zeros_and_signs_are_kept() {
        check(0.0, "0.0");
        check(-0.0, "-0.0");
        check(-1.5, "-1.5");
        check(-1.5e-9, "-1.5E-9");
    }

    #[test]
    fn doubles_that_are_not_finite_have_names() {
        check(f64::NAN, "NaN");
        check(f64::INFINITY, "Infinity");
        check(f64::NEG_INFINITY, "-Infinity");
    }
}
