//! Durations as people write them in the policy: `36h`, `90d`, `12w`, `1y`. A year is 365 days.

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// A longer one is a slip of the pen.
const LONGEST_MS: i64 = 100 * 365 * DAY_MS;

/// Milliseconds; `None` where the text is no duration from 1 hour to 100 years.
pub(super) fn parse(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let number = &text[..text.len() - unit.len_utf8()];
    if !number.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let unit_ms = match unit {
        'h' => HOUR_MS,
        'd' => DAY_MS,
        'w' => 7 * DAY_MS,
        'y' => 365 * DAY_MS,
        _ => return None,
    };
    let duration = number.parse::<i64>().ok()?.checked_mul(unit_ms)?;
    (1..=LONGEST_MS).contains(&duration).then_some(duration)
}

/// In whole days or hours, for a sentence.
pub(super) fn told(duration_ms: i64) -> String {
    if duration_ms % DAY_MS == 0 {
        return format!("{} days", duration_ms / DAY_MS);
    }
    format!("{} hours", duration_ms / HOUR_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected_hours: Option<i64>) {
        assert_eq!(parse(text), expected_hours.map(|hours| hours * HOUR_MS));
    }

    #[test]
    fn units_are_hours_days_weeks_and_years() {
        check("36h", Some(36));
        check("90d", Some(90 * 24));
        check("12w", Some(12 * 7 * 24));
        check("1y", Some(365 * 24));
    }

    #[test]
    fn other_texts_are_no_durations() {
        for text in [
            "",
            "d",
            "90",
            "0d",
            "-1d",
            "+1d",
            "1.5d",
            "90 d",
            "90D",
            "6m",
            "101y",
            "1é",
            "99999999999999999999d",
        ] {
            check(text, None);
        }
    }
}
