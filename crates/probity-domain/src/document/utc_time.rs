//! A moment of UTC by its calendar, for the documents and object names that spell it.
//!
//! Days to dates: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"
//! (`civil_from_days`), which holds for every day of the proleptic Gregorian calendar.

use std::fmt;

const MS_PER_DAY: i64 = 86_400_000;

/// A moment of UTC, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UtcTime {
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    /// 1 to 31.
    pub day: i64,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
    pub millisecond: i64,
}

impl UtcTime {
    /// `ms` are milliseconds since 1970-01-01T00:00:00Z.
    pub fn from_epoch_ms(ms: i64) -> UtcTime {
        let (days, rest) = (ms.div_euclid(MS_PER_DAY), ms.rem_euclid(MS_PER_DAY));
        // Counted from 0000-03-01, so that the leap day is the last of its year; an era is 400 years.
        let days = days + 719_468;
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = if month_from_march < 10 {
            month_from_march + 3
        } else {
            month_from_march - 9
        };
        UtcTime {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
            hour: rest / 3_600_000,
            minute: rest / 60_000 % 60,
            second: rest / 1_000 % 60,
            millisecond: rest % 1_000,
        }
    }

    /// The beginning of an hour by its calendar; `None` for none that exists.
    pub fn hour_epoch_ms(year: i64, month: i64, day: i64, hour: i64) -> Option<i64> {
        if !(0..=9_999).contains(&year) || !(0..24).contains(&hour) {
            return None;
        }
        let ms = days_from_civil(year, month, day) * MS_PER_DAY + hour * 3_600_000;
        // A day that its month does not have, or no month, comes back as another date.
        let time = UtcTime::from_epoch_ms(ms);
        ((time.year, time.month, time.day) == (year, month, day)).then_some(ms)
    }

    /// Milliseconds since 1970 of a moment as RFC 3339 spells it: `2022-04-18T00:21:48Z`, also with
    /// a fraction of the second (cut to milliseconds) and with an offset as `+02:00`.
    pub fn parse_epoch_ms(text: &str) -> Option<i64> {
        let bytes = text.as_bytes();
        let separators = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
        let well_formed = bytes.len() >= 20
            && separators.iter().all(|(at, byte)| bytes[*at] == *byte)
            && matches!(bytes[10], b'T' | b't' | b' ');
        if !well_formed {
            return None;
        }
        let (minute, second) = (digits(&bytes[14..16])?, digits(&bytes[17..19])?);
        let hour = UtcTime::hour_epoch_ms(
            digits(&bytes[..4])?,
            digits(&bytes[5..7])?,
            digits(&bytes[8..10])?,
            digits(&bytes[11..13])?,
        )?;
        // 60 is a leap second, which clocks of computers count as the next one.
        if minute > 59 || second > 60 {
            return None;
        }
        let (fraction, offset) = fraction(&bytes[19..])?;
        Some(hour + minute * 60_000 + second * 1_000 + fraction - offset_ms(offset)?)
    }
}

/// Howard Hinnant's `days_from_civil`, the inverse of the above.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let month_from_march = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn digits(bytes: &[u8]) -> Option<i64> {
    bytes.iter().try_fold(0, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
        Some(number * 10 + digit)
    })
}

/// Milliseconds of `.123456`, and what follows.
fn fraction(rest: &[u8]) -> Option<(i64, &[u8])> {
    let Some(rest) = rest.strip_prefix(b".") else {
        return Some((0, rest));
    };
    let end = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    let shown = digits(&rest[..end.min(3)])?;
    let ms = match end {
        0 => return None,
        1 => shown * 100,
        2 => shown * 10,
        _ => shown,
    };
    Some((ms, &rest[end..]))
}

fn offset_ms(offset: &[u8]) -> Option<i64> {
    match offset {
        b"Z" | b"z" => Some(0),
        [sign @ (b'+' | b'-'), hours @ .., b':', tens, ones] if hours.len() == 2 => {
            let minutes = digits(hours)? * 60 + digits(&[*tens, *ones])?;
            Some(if *sign == b'-' { -minutes } else { minutes } * 60_000)
        }
        _ => None,
    }
}

/// `2022-04-18T00:21:48Z`: to the second, as captured records have it.
impl fmt::Display for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Every captured record has one, and the formatter is slow for numbers of two digits.
        if let Some(text) = self.text()
            && let Ok(text) = std::str::from_utf8(&text)
        {
            return f.write_str(text);
        }
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            self.year, self.month, self.day, self.hour, self.minute, self.second
        )
    }
}

impl UtcTime {
    /// The twenty characters of a year of four digits.
    fn text(&self) -> Option<[u8; 20]> {
        let mut text = *b"0000-00-00T00:00:00Z";
        let places = [
            (0, self.year / 100),
            (2, self.year % 100),
            (5, self.month),
            (8, self.day),
            (11, self.hour),
            (14, self.minute),
            (17, self.second),
        ];
        for (place, number) in places {
            let number = u8::try_from(number).ok().filter(|number| *number < 100)?;
            text[place] += number / 10;
            text[place + 1] += number % 10;
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(ms: i64, expected: &str) {
        assert_eq!(UtcTime::from_epoch_ms(ms).to_string(), expected);
    }

    // Expected values by `date -u -d @SECONDS`.
    #[test]
    fn moments_are_those_of_the_calendar() {
        check(0, "1970-01-01T00:00:00Z");
        check(1_650_241_308_999, "2022-04-18T00:21:48Z");
        check(951_782_400_000, "2000-02-29T00:00:00Z");
        check(253_402_300_799_000, "9999-12-31T23:59:59Z");
        check(253_402_300_800_000, "10000-01-01T00:00:00Z");
        check(-62_167_219_200_000, "0000-01-01T00:00:00Z");
        check(-62_198_755_200_000, "-001-01-01T00:00:00Z");
        check(1_709_251_199_000, "2024-02-29T23:59:59Z");
        check(1_709_251_200_000, "2024-03-01T00:00:00Z");
        check(4_107_542_399_000, "2100-02-28T23:59:59Z");
        check(4_107_542_400_000, "2100-03-01T00:00:00Z");
        check(-1_000, "1969-12-31T23:59:59Z");
    }

    #[test]
    fn what_is_written_is_read_back() {
        for ms in [
            0,
            1_650_241_308_000,
            951_782_400_000,
            4_107_542_399_000,
            -1_000,
        ] {
            let text = UtcTime::from_epoch_ms(ms).to_string();
            assert_eq!(UtcTime::parse_epoch_ms(&text), Some(ms), "{text}");
        }
        let read = UtcTime::parse_epoch_ms;
        assert_eq!(read("1970-01-01T00:00:01.5Z"), Some(1_500));
        assert_eq!(read("1970-01-01T00:00:01.123456+00:00"), Some(1_123));
        assert_eq!(read("1970-01-01T02:00:00+02:00"), Some(0));
        assert_eq!(read("1969-12-31T22:30:00-01:30"), Some(0));
    }

    #[test]
    fn what_is_no_moment_is_not_read() {
        for text in [
            "",
            "yesterday",
            "2022-02-30T00:00:00Z",
            "2022-13-01T00:00:00Z",
            "2022-04-18T24:00:00Z",
            "2022-04-18T00:60:00Z",
            "2022-04-18T00:21:48",
            "2022-04-18T00:21:48.Z",
            "2022-04-18T00:21:48.1",
            "2022-04-18 00:21:48 UTC",
            "2022-04-18T00:21:48+2:00",
            "1650241308",
            "２022-04-18T00:21:48Z",
        ] {
            assert_eq!(UtcTime::parse_epoch_ms(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut before = UtcTime::from_epoch_ms(-MS_PER_DAY);
        for day in 0..60_000 {
            let time = UtcTime::from_epoch_ms(day * MS_PER_DAY);
            let next_day = time.day == before.day + 1 && time.month == before.month;
            let next_month = time.day == 1
                && (time.month == before.month + 1
                    || (time.month, before.month, time.year) == (1, 12, before.year + 1));
            assert!(next_day || next_month, "{before} {time}");
            before = time;
        }
    }
}
