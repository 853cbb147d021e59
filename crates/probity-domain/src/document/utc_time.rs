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
}

/// `2022-04-18T00:21:48Z`: to the second, as captured records have it.
impl fmt::Display for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            self.year, self.month, self.day, self.hour, self.minute, self.second
        )
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
        check(1_709_251_199_000, "2024-02-29T23:59:59Z");
        check(1_709_251_200_000, "2024-03-01T00:00:00Z");
        check(4_107_542_399_000, "2100-02-28T23:59:59Z");
        check(4_107_542_400_000, "2100-03-01T00:00:00Z");
        check(-1_000, "1969-12-31T23:59:59Z");
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
