//! One 64-bit hash per value, the same on every machine and in every version.
//!
//! Summary states outlive the program that wrote them, so the hashes are fixed: XXH3 of the
//! bytes of a text (its output is frozen by its specification), and for numbers the 64-bit
//! finaliser "Mix13" (Stafford, 2011; SplitMix64), a bijection, so that no two integers share
//! a hash.

use xxhash_rust::xxh3::xxh3_64;

use super::kept::TimeUnit;

/// Tell the domains of numbers apart, so that a date is no integer. Arbitrary, and fixed.
const OF_DOUBLES: u64 = 0x2438_5a2c_3f45_9b17;
const OF_UNSIGNED: u64 = 0x5f09_7c2e_a8b3_16d5;
const OF_DATES: u64 = 0x9e2b_0f6a_44d1_c863;
const OF_TIMES_OF_DAY: u64 = 0xc7a3_5d18_0be6_924f;
const OF_INSTANTS: u64 = 0x3d6e_81f4_97ac_205b;
const OF_UTC_INSTANTS: u64 = 0x71b8_e29d_5c03_fa46;

/// Every decimal of so many digits has a double of its own, the one that its text reads as.
const DIGITS_OF_A_DOUBLE: usize = 15;

const TWO_TO_64: f64 = f64::from_bits((1023 + 64) << 52);

#[inline]
pub(crate) fn hash_text(text: &str) -> u64 {
    xxh3_64(text.as_bytes())
}

#[inline]
pub(crate) fn hash_integer(value: i64) -> u64 {
    mix(value.cast_unsigned())
}

/// Of an integer that is beyond `i64`.
#[inline]
pub(crate) fn hash_unsigned(value: u64) -> u64 {
    mix(value ^ OF_UNSIGNED)
}

/// A double without a fraction hashes as the integer that it equals; no NaN.
#[inline]
pub(crate) fn hash_double(value: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "compared with its origin below"
    )]
    let integer = value as i64;
    #[expect(clippy::float_cmp, reason = "exactly the integer, or not")]
    let is_whole = integer as f64 == value && integer != i64::MAX;
    if is_whole {
        hash_integer(integer)
    } else if (i64::MAX as f64..TWO_TO_64).contains(&value) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a double from 2^63 on has no fraction, and this one is below 2^64"
        )]
        let unsigned = value as u64;
        hash_unsigned(unsigned)
    } else {
        mix(value.to_bits() ^ OF_DOUBLES)
    }
}

/// Of a decimal by its plain text and the double nearest to it: as the integer or double that
/// it equals, whatever its precision and scale; as its digits when no double is exact enough.
pub(crate) fn hash_decimal(text: &str, nearest: f64) -> u64 {
    let shortest = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text
    };
    if let Ok(integer) = shortest.parse() {
        return hash_integer(integer);
    }
    if let Ok(unsigned) = shortest.parse() {
        return hash_unsigned(unsigned);
    }
    let digits = shortest.trim_start_matches(['-', '0', '.']);
    let n_significant = digits
        .trim_end_matches('0')
        .bytes()
        .filter(u8::is_ascii_digit)
        .count();
    if n_significant <= DIGITS_OF_A_DOUBLE {
        hash_double(nearest)
    } else {
        hash_text(shortest)
    }
}

/// Of a date by its days, of any other time by its nanoseconds, so that one instant is one
/// value in every unit.
#[inline]
pub(crate) fn hash_time(ticks: i64, unit: TimeUnit) -> u64 {
    let (tick, domain) = match unit {
        TimeUnit::Date => return mix(ticks.cast_unsigned() ^ OF_DATES),
        TimeUnit::OfDay(tick) => (tick, OF_TIMES_OF_DAY),
        TimeUnit::Instant {
            tick,
            is_utc: false,
        } => (tick, OF_INSTANTS),
        TimeUnit::Instant { tick, is_utc: true } => (tick, OF_UTC_INSTANTS),
    };
    let nanoseconds = i128::from(ticks) * i128::from(tick.nanoseconds());
    match i64::try_from(nanoseconds) {
        Ok(nanoseconds) => mix(nanoseconds.cast_unsigned() ^ domain),
        Err(_) => mix(xxh3_64(&nanoseconds.to_le_bytes()) ^ domain),
    }
}

#[inline]
fn mix(mut bits: u64) -> u64 {
    // A constant first: zero would stay zero.
    bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::kept::Tick;

    /// A change here makes every stored summary unreadable in meaning.
    #[test]
    fn hashes_never_change() {
        // XXH3's specification and the reference output of SplitMix64 seeded with 0 and 1.
        assert_eq!(hash_text(""), 0x2d06_8005_38d3_94c2);
        assert_eq!(hash_integer(0), 0xe220_a839_7b1d_cdaf);
        assert_eq!(hash_integer(1), 0x910a_2dec_8902_5cc1);
    }

    #[test]
    fn a_whole_double_hashes_as_its_integer() {
        assert_eq!(hash_double(-7.0), hash_integer(-7));
        assert_eq!(hash_double(0.0), hash_integer(0));
        assert_ne!(hash_double(0.5), hash_integer(0));
    }

    #[test]
    fn doubles_beyond_the_integers_differ() {
        assert_ne!(hash_double(1e19), hash_double(1e20));
        assert_ne!(hash_double(f64::MAX), hash_double(f64::INFINITY));
    }

    #[test]
    fn a_double_between_the_signed_and_the_unsigned_hashes_as_its_integer() {
        assert_eq!(hash_double(1e19), hash_unsigned(10_000_000_000_000_000_000));
        assert_eq!(hash_double(2f64.powi(63)), hash_unsigned(1 << 63));
    }

    #[track_caller]
    fn check_decimal(text: &str, expected: u64) {
        assert_eq!(hash_decimal(text, text.parse().unwrap()), expected);
    }

    #[test]
    fn a_decimal_hashes_as_the_number_that_it_equals() {
        check_decimal("1", hash_integer(1));
        check_decimal("-1.00", hash_integer(-1));
        check_decimal("0.00", hash_integer(0));
        check_decimal("18446744073709551615", hash_unsigned(u64::MAX));
        check_decimal("1.50", hash_double(1.5));
        check_decimal("-0.1000", hash_double(-0.1));
        check_decimal("100000000000000000000", hash_double(1e20));
    }

    #[test]
    fn decimals_beyond_the_digits_of_a_double_differ() {
        let hash = |text: &str| hash_decimal(text, text.parse().unwrap());
        assert_ne!(hash("0.12345678901234567"), hash("0.12345678901234568"));
        assert_eq!(hash("0.12345678901234567"), hash("0.123456789012345670"));
    }

    #[test]
    fn dates_times_and_integers_are_different_things() {
        let of_day = TimeUnit::OfDay(Tick::Nanosecond);
        let instant = |is_utc| TimeUnit::Instant {
            tick: Tick::Nanosecond,
            is_utc,
        };
        let mut hashes = [TimeUnit::Date, of_day, instant(false), instant(true)]
            .map(|unit| hash_time(5, unit))
            .to_vec();
        hashes.push(hash_integer(5));
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), 5);
    }

    #[test]
    fn instants_beyond_the_nanoseconds_of_64_bits_differ() {
        let unit = |tick| TimeUnit::Instant {
            tick,
            is_utc: false,
        };
        let seconds = |ticks| hash_time(ticks, unit(Tick::Second));
        assert_ne!(seconds(i64::MAX), seconds(i64::MIN));
        // The year 4000 in two units.
        let year_4000 = 64_060_588_800;
        assert_eq!(
            seconds(year_4000),
            hash_time(year_4000 * 1_000_000, unit(Tick::Microsecond))
        );
    }
}
