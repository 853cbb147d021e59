//! `probity serve --keep-…`: how long things are kept.

use clap::Args;
use probity_app::retention::Keep;

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct KeepArguments {
    /// Delete captures that are older, as `90d`, `36h` [default: kept for ever]
    #[arg(long, value_name = "AGE", value_parser = age_ms)]
    pub(crate) keep_captures: Option<i64>,
    /// Delete results of monitoring, lines of jobs and sent notifications that are older; roll-ups
    /// are kept
    /// [default: kept for ever]
    #[arg(long, value_name = "AGE", value_parser = age_ms)]
    pub(crate) keep_results: Option<i64>,
    /// Delete metric points and counts of calls that are older [default: kept for ever]
    #[arg(long, value_name = "AGE", value_parser = age_ms)]
    pub(crate) keep_metric_points: Option<i64>,
}

impl KeepArguments {
    pub(crate) fn keep(self) -> Keep {
        Keep {
            captures_ms: self.keep_captures,
            results_ms: self.keep_results,
            metric_points_ms: self.keep_metric_points,
        }
    }
}

const MS_PER_HOUR: i64 = 3_600_000;

/// `36h`, `90d`, `52w`. Nothing is deleted that is younger than an hour: it may not be read yet.
fn age_ms(text: &str) -> Result<i64, String> {
    let wrong = || format!("`{text}` is no age; write hours, days or weeks, as 36h, 90d, 52w");
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let hours = match unit {
        'h' => 1,
        'd' => 24,
        'w' => 7 * 24,
        _ => return Err(wrong()),
    };
    let count: i64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    if count < 1 {
        return Err(format!("`{text}` would keep nothing; the least is 1h"));
    }
    count
        .checked_mul(hours * MS_PER_HOUR)
        .ok_or_else(|| format!("`{text}` is longer than can be counted"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_hours_days_or_weeks() {
        assert_eq!(age_ms("36h"), Ok(36 * MS_PER_HOUR));
        assert_eq!(age_ms("90d"), Ok(90 * 24 * MS_PER_HOUR));
        assert_eq!(age_ms("2w"), Ok(14 * 24 * MS_PER_HOUR));
    }

    #[test]
    fn what_is_no_age_or_none_at_all_is_refused() {
        for text in [
            "",
            "d",
            "90",
            "0d",
            "-1d",
            "1.5d",
            "3m",
            "90 d",
            "9d9",
            "é",
            "9999999999999999w",
        ] {
            assert!(age_ms(text).is_err(), "{text}");
        }
    }
}
