//! Times and numbers in words. Pages are made in UTC; a script shows the reader's own time where
//! scripts run.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use maud::{Markup, html};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

fn utc(at_ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at_ms).unwrap_or_default()
}

/// `2026-11-27T12:00:00Z`.
pub(crate) fn machine_time(at_ms: i64) -> String {
    utc(at_ms).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `27 Nov 2026, 12:00 UTC`.
pub(crate) fn moment_text(at_ms: i64) -> String {
    utc(at_ms).format("%-d %b %Y, %H:%M UTC").to_string()
}

/// `27 Nov`.
pub(crate) fn day_text(at_ms: i64) -> String {
    utc(at_ms).format("%-d %b").to_string()
}

/// `2026-11-27`.
pub(crate) fn date_text(at_ms: i64) -> String {
    utc(at_ms).format("%Y-%m-%d").to_string()
}

/// A point in time, with the exact one on hover.
pub(crate) fn moment(at_ms: i64) -> Markup {
    html! {
        time datetime=(machine_time(at_ms)) title=(moment_text(at_ms)) data-moment {
            (moment_text(at_ms))
        }
    }
}

/// `3 h ago`, with the exact time on hover.
pub(crate) fn ago(at_ms: i64, now_ms: i64) -> Markup {
    let text = match now_ms.saturating_sub(at_ms) {
        past if past < 0 => format!("in {}", span(-past)),
        past if past < MINUTE_MS => "just now".to_owned(),
        past => format!("{} ago", span(past)),
    };
    timed(at_ms, &text)
}

/// `3 h`, with the exact time on hover.
pub(crate) fn for_so_long(since_ms: i64, now_ms: i64) -> Markup {
    timed(since_ms, &span(now_ms.saturating_sub(since_ms)))
}

fn timed(at_ms: i64, text: &str) -> Markup {
    html! {
        time datetime=(machine_time(at_ms)) title=(moment_text(at_ms)) { (text) }
    }
}

/// A sentence whose names stand between backticks, as those of findings do.
pub(crate) fn prose(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// A sentence of a file with long decimals as short as people read them: `0.10940993964907006` is
/// `0.1094`. Numbers that differ still do so: `99.996666666667` is no `100` beside a limit of 100. What
/// stands between backticks is data or a name, and stays. Whoever wants the digits finds them in the
/// file.
pub(crate) fn rounded(text: &str) -> String {
    let mut pieces = Vec::new();
    for (at, part) in text.split('`').enumerate() {
        let is_code = at % 2 == 1;
        if at > 0 {
            pieces.push(Piece::words("`"));
        }
        pieces.extend(parted(part).into_iter().map(|piece| Piece {
            is_long: piece.is_long && !is_code,
            ..piece
        }));
    }
    let known: Vec<f64> = pieces.iter().filter_map(|piece| piece.value).collect();
    let said = |piece: &Piece<'_>| match piece.value.filter(|_| piece.is_long) {
        None => piece.text.to_owned(),
        Some(value) => {
            // What is less than everything is not said to be everything.
            let wholes = [1.0, 100.0].into_iter().filter(|whole| value < *whole);
            let others: Vec<f64> = known.iter().copied().chain(wholes).collect();
            probity_report::short_number_apart(value, &others)
        }
    };
    pieces.iter().map(said).collect()
}

/// A part of a sentence: a number, or what stands between numbers.
struct Piece<'a> {
    text: &'a str,
    value: Option<f64>,
    /// Has more decimals than people read.
    is_long: bool,
}

impl Piece<'_> {
    fn words(text: &str) -> Piece<'_> {
        Piece {
            text,
            value: None,
            is_long: false,
        }
    }
}

/// A sentence without backticks as its numbers and what stands between them.
fn parted(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(|sign: char| sign.is_ascii_digit()) {
        let (before, number) = rest.split_at(start);
        let (number, behind) = number.split_at(number_length(number));
        // Parts of names and versions are no numbers.
        let is_joined = |sign: char| sign.is_alphanumeric() || sign == '_';
        let stands_alone = !before.ends_with(is_joined) && !behind.starts_with(is_joined);
        pieces.push(Piece::words(before));
        pieces.push(Piece {
            text: number,
            value: match stands_alone {
                true => number.trim_end_matches('.').parse().ok(),
                false => None,
            },
            is_long: is_long(number),
        });
        rest = behind;
    }
    pieces.push(Piece::words(rest));
    pieces
}

/// Of a decimal number with its power of ten, `1.0E-4`.
fn number_length(text: &str) -> usize {
    let is_part = |sign: char| sign.is_ascii_digit() || sign == '.';
    let end = text.find(|sign| !is_part(sign)).unwrap_or(text.len());
    let digits =
        |text: &str| text.len() - text.trim_start_matches(|d: char| d.is_ascii_digit()).len();
    let power = text[end..].strip_prefix(['e', 'E']).map(|power| {
        let unsigned = power.strip_prefix(['-', '+']).unwrap_or(power);
        (power.len() - unsigned.len(), digits(unsigned))
    });
    match power {
        Some((sign, digits)) if digits > 0 => end + 1 + sign + digits,
        Some(_) | None => end,
    }
}

/// Powers of ten are short enough; a point at the end is the sentence's.
fn is_long(number: &str) -> bool {
    const LONG: usize = 7;
    let is_plain = number.contains('.') && !number.ends_with('.') && !number.contains(['e', 'E']);
    is_plain && number.trim_start_matches(['0', '.']).len() >= LONG
}

/// The start of a day that a field of a form names, `2026-11-27`, in UTC.
pub(crate) fn day_of_text(text: &str) -> Option<i64> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(day.and_time(NaiveTime::MIN).and_utc().timestamp_millis())
}

/// The largest unit that fits, rounded down.
pub(crate) fn span(ms: i64) -> String {
    match ms {
        ..MINUTE_MS => "1 min".to_owned(),
        MINUTE_MS..HOUR_MS => format!("{} min", ms / MINUTE_MS),
        HOUR_MS..DAY_MS => format!("{} h", ms / HOUR_MS),
        _ if ms < 60 * DAY_MS => format!("{} d", ms / DAY_MS),
        _ if ms < 730 * DAY_MS => format!("{} months", ms / (30 * DAY_MS)),
        _ => format!("{} years", ms / (365 * DAY_MS)),
    }
}

/// How long something took: `850 ms`, `12 s`, `3 min`.
pub(crate) fn took(ms: i64) -> String {
    match ms.max(0) {
        ms @ 0..1_000 => format!("{ms} ms"),
        ms @ 1_000..MINUTE_MS => format!("{} s", ms / 1_000),
        ms => span(ms),
    }
}

/// `12,345`.
pub(crate) fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 {
        text.insert(0, '\u{2212}');
    }
    text
}

/// `1.2k`, `3.4M`: for places that have no room, in the units of the axes of charts.
pub(crate) fn short_count(number: i64) -> String {
    probity_report::compact_count(number)
}

/// `812 B`, `39 KB`, `4.2 MB`.
pub(crate) fn size(bytes: u64) -> String {
    let value = bytes as f64;
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.0} KB", value / 1e3),
        1_000_000..10_000_000 => format!("{:.1} MB", value / 1e6),
        10_000_000..1_000_000_000 => format!("{:.0} MB", value / 1e6),
        _ => format!("{:.1} GB", value / 1e9),
    }
}

/// `62 %`, `0.3 %`; little is not nothing.
pub(crate) fn percent(value: f64) -> String {
    let text = match value {
        value if value > 0.0 && value < 0.1 => "<0.1".to_owned(),
        value if value < 10.0 && value.fract() != 0.0 => format!("{value:.1}"),
        value if value > 99.0 && value < 100.0 => ">99".to_owned(),
        value => format!("{value:.0}"),
    };
    format!("{text}\u{a0}%")
}

/// `1 model`, `2 models`.
pub(crate) fn number_of(number: usize, one: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    format!("{} {one}{plural}", count(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_decimals_of_sentences_are_short() {
        for (text, said) in [
            (
                "Baseline drift distance: 0.10940993964907006 exceeds threshold: 0.1",
                "Baseline drift distance: 0.1094 exceeds threshold: 0.1",
            ),
            (
                "Metric mae with 9.17010999272785 +/- 0.33263 was > '4.514979556783976'",
                "Metric mae with 9.17 +/- 0.33263 was > '4.515'",
            ),
            ("-0.151432668911842 of 2026.11.27", "-0.1514 of 2026.11.27"),
            (
                "1.23456789e-7, model_1.23456789 and 1.2345678.",
                "1.23456789e-7, model_1.23456789 and 1.2345678.",
            ),
            ("123456789", "123456789"),
            (
                "Expected completeness: 100.0%. Observed: Only 99.99666666666667% of values are present.",
                "Expected completeness: 100.0%. Observed: Only 99.997% of values are present.",
            ),
            (
                "Only 99.99666666666667% and 0.99999999 of all",
                "Only 99.997% and 0.99999999 of all",
            ),
            (
                "0.10000123 exceeds threshold: 0.1",
                "0.100001 exceeds threshold: 0.1",
            ),
            (
                "0.10000123 exceeds threshold: 1.0E-1.",
                "0.100001 exceeds threshold: 1.0E-1.",
            ),
            (
                "0.10000123 is not 0.10000456, and 0.10000123 is itself",
                "0.100001 is not 0.100005, and 0.100001 is itself",
            ),
            ("0.00000001234567 of 0", "1.23×10⁻⁸ of 0"),
            ("Outside: `52.5200066` (12)", "Outside: `52.5200066` (12)"),
            (
                "Missing column: `0.12345678`",
                "Missing column: `0.12345678`",
            ),
            (
                "`0.12345678` has 0.12345678 and `0.7654321",
                "`0.12345678` has 0.1235 and `0.7654321",
            ),
            ("", ""),
        ] {
            assert_eq!(rounded(text), said);
        }
    }

    #[test]
    fn spans_are_told_in_their_largest_unit() {
        for (ms, text) in [
            (5, "1 min"),
            (HOUR_MS, "1 h"),
            (3 * DAY_MS + HOUR_MS, "3 d"),
            (90 * DAY_MS, "3 months"),
        ] {
            assert_eq!(span(ms), text);
        }
    }

    #[test]
    fn numbers_are_grouped_and_shortened() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(-1_000), "\u{2212}1,000");
        assert_eq!(count(12), "12");
        assert_eq!(short_count(12_345), "12k");
        assert_eq!(short_count(1_240), "1.2k");
        assert_eq!(short_count(999_999), "1M");
        assert_eq!(percent(0.02), "<0.1\u{a0}%");
        assert_eq!(percent(62.5), "62\u{a0}%");
        assert_eq!(number_of(1, "model"), "1 model");
        assert_eq!(number_of(2, "model"), "2 models");
    }

    #[test]
    fn durations_are_told_in_the_unit_that_fits() {
        assert_eq!(took(850), "850 ms");
        assert_eq!(took(12_400), "12 s");
        assert_eq!(took(3 * MINUTE_MS), "3 min");
    }

    #[test]
    fn a_time_tells_machine_and_person() {
        let html = ago(1_795_780_800_000, 1_795_780_800_000 + 2 * HOUR_MS).into_string();
        assert_eq!(
            html,
            "<time datetime=\"2026-11-27T12:00:00Z\" title=\"27 Nov 2026, 12:00 UTC\">2 h ago</time>"
        );
    }
}
