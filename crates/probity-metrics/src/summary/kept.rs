//! A value that a table keeps, and how it is written: numbers as Spark casts them to a
//! string (integers plain, doubles as Java prints them), dates and times as ISO 8601.

/// A kept value. Numbers and times stay numbers until somebody asks for the text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kept {
    /// Place in the table's texts. `is_cut` when only the beginning of a long text is there.
    Text {
        start: u32,
        length: u16,
        is_cut: bool,
    },
    /// Row of the batch at hand, or word of its dictionary, whose text is read only if the
    /// value is still in the table when the batch ends ([`super::frequent::FrequentTable::settle`]).
    Row(u32),
    Integer(i64),
    Unsigned(u64),
    Double(f64),
    Single(f32),
    Time {
        ticks: i64,
        unit: TimeUnit,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeUnit {
    /// Days since 1970-01-01.
    Date,
    /// Time of day.
    OfDay(Tick),
    /// Since 1970-01-01T00:00:00; `is_utc` when the column names a time zone.
    Instant { tick: Tick, is_utc: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tick {
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
}

impl Tick {
    fn digits(self) -> usize {
        match self {
            Self::Second => 0,
            Self::Millisecond => 3,
            Self::Microsecond => 6,
            Self::Nanosecond => 9,
        }
    }

    pub(crate) fn nanoseconds(self) -> i64 {
        match self {
            Self::Second => 1_000_000_000,
            Self::Millisecond => 1_000_000,
            Self::Microsecond => 1_000,
            Self::Nanosecond => 1,
        }
    }

    fn per_second(self) -> i64 {
        match self {
            Self::Second => 1,
            Self::Millisecond => 1_000,
            Self::Microsecond => 1_000_000,
            Self::Nanosecond => 1_000_000_000,
        }
    }
}

const SECONDS_PER_DAY: i64 = 86_400;

/// Text of a date or time.
pub(crate) fn time_text(ticks: i64, unit: TimeUnit) -> String {
    match unit {
        TimeUnit::Date => date_text(ticks),
        TimeUnit::OfDay(tick) => time_of_day_text(ticks, tick),
        TimeUnit::Instant { tick, is_utc } => {
            let per_day = SECONDS_PER_DAY * tick.per_second();
            let day = date_text(ticks.div_euclid(per_day));
            let time = time_of_day_text(ticks.rem_euclid(per_day), tick);
            let zone = if is_utc { "Z" } else { "" };
            format!("{day}T{time}{zone}")
        }
    }
}

/// Proleptic Gregorian date of a day number; the era arithmetic of Hinnant, "chrono-compatible
/// low-level date algorithms".
fn date_text(days: i64) -> String {
    let shifted = i128::from(days) + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i128::from(month <= 2);
    match year {
        0..=9999 => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:+05}-{month:02}-{day:02}"),
    }
}

fn time_of_day_text(ticks: i64, tick: Tick) -> String {
    let seconds = ticks.div_euclid(tick.per_second());
    let fraction = ticks.rem_euclid(tick.per_second());
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let whole = format!("{hour:02}:{minute:02}:{second:02}");
    if fraction == 0 {
        return whole;
    }
    let digits = format!("{fraction:0width$}", width = tick.digits());
    format!("{whole}.{}", digits.trim_end_matches('0'))
}

/// `Double.toString` of Java: `1.0`, `0.001`, `1.0E7`, `1.0E-4`.
pub(crate) fn double_text(value: f64) -> String {
    java_text(value, &format!("{value:e}"))
}

/// `Float.toString` of Java: the shortest digits that name this `f32`.
pub(crate) fn single_text(value: f32) -> String {
    java_text(f64::from(value), &format!("{value:e}"))
}

/// From Rust's shortest scientific form, `-1.25e-7`, to Java's.
fn java_text(value: f64, scientific: &str) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return "NaN".to_owned();
    };
    let magnitude = value.abs();
    let is_plain = magnitude == 0.0 || (1e-3..1e7).contains(&magnitude);
    let point = |text: String| {
        if text.contains('.') {
            text
        } else {
            text + ".0"
        }
    };
    if !is_plain {
        return format!("{}E{exponent}", point(mantissa.to_owned()));
    }
    plain_text(mantissa, exponent.parse().unwrap_or(0))
}

/// Moves the point of `mantissa` by `exponent` digits; −3 to 6 of them.
fn plain_text(mantissa: &str, exponent: i32) -> String {
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest.replace('.', "")),
        None => ("", mantissa.replace('.', "")),
    };
    match usize::try_from(exponent) {
        Ok(shift) => {
            let n_whole = shift + 1;
            let padded = format!("{digits:0<n_whole$}");
            let (whole, fraction) = padded.split_at(n_whole);
            let fraction = if fraction.is_empty() { "0" } else { fraction };
            format!("{sign}{whole}.{fraction}")
        }
        Err(_) => {
            let zeros = "0".repeat(exponent.unsigned_abs() as usize - 1);
            format!("{sign}0.{zeros}{digits}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_read_as_java_prints_them() {
        for (value, text) in [
            (0.0, "0.0"),
            (1.0, "1.0"),
            (-2.5, "-2.5"),
            (123_456.0, "123456.0"),
            (9_999_999.0, "9999999.0"),
            (1e7, "1.0E7"),
            (1.25e-7, "1.25E-7"),
            (0.001, "0.001"),
            (0.00123, "0.00123"),
            (0.012, "0.012"),
            (9.99e-4, "9.99E-4"),
            (1e300, "1.0E300"),
            (f64::INFINITY, "Infinity"),
        ] {
            assert_eq!(double_text(value), text);
        }
        assert_eq!(single_text(1.1), "1.1");
    }

    #[test]
    fn dates_are_iso() {
        for (days, text) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (11_016, "2000-02-29"),
            (20_781, "2026-11-24"),
            (2_932_897, "+10000-01-01"),
            (-719_529, "-0001-12-31"),
        ] {
            assert_eq!(time_text(days, TimeUnit::Date), text);
        }
    }

    #[test]
    fn the_end_of_time_has_a_text() {
        assert!(time_text(i64::MAX, TimeUnit::Date).starts_with('+'));
        let unit = TimeUnit::Instant {
            tick: Tick::Nanosecond,
            is_utc: true,
        };
        assert_eq!(time_text(i64::MIN, unit), "1677-09-21T00:12:43.145224192Z");
    }

    #[test]
    fn instants_show_their_fraction_and_zone() {
        let unit = |is_utc| TimeUnit::Instant {
            tick: Tick::Millisecond,
            is_utc,
        };
        assert_eq!(time_text(1_500, unit(true)), "1970-01-01T00:00:01.5Z");
        assert_eq!(time_text(-1, unit(false)), "1969-12-31T23:59:59.999");
        assert_eq!(
            time_text(45_296_000_000, TimeUnit::OfDay(Tick::Microsecond)),
            "12:34:56"
        );
    }
}
