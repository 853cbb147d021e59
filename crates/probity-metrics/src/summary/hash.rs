//! One 64-bit hash per value, the same on every machine and in every version.
//!
//! Summary states outlive the program that wrote them, so the hashes are fixed: XXH3 of the
//! bytes of a text (its output is frozen by its specification), and for numbers the 64-bit
//! finaliser "Mix13" (Stafford, 2011; SplitMix64), a bijection, so that no two integers share
//! a hash.

use xxhash_rust::xxh3::xxh3_64;

/// Tell the domains of numbers apart, so that a date is no integer. Arbitrary, and fixed.
const OF_DOUBLES: u64 = 0x2438_5a2c_3f45_9b17;
const OF_TIMES: u64 = 0x9e2b_0f6a_44d1_c863;
const OF_UNSIGNED: u64 = 0x5f09_7c2e_a8b3_16d5;

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
    } else {
        mix(value.to_bits() ^ OF_DOUBLES)
    }
}

/// Of a date or time by its number of days or ticks.
#[inline]
pub(crate) fn hash_time(ticks: i64) -> u64 {
    mix(ticks.cast_unsigned() ^ OF_TIMES)
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
    fn a_time_is_no_integer() {
        assert_ne!(hash_time(5), hash_integer(5));
    }
}
