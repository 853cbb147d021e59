//! How captured events are read: those of the window alone, and around those that cannot be
//! read.

use chrono::DateTime;
use probity_data::Window;
use probity_data::dataset::{BadRecords, Format, ReadOptions};

use super::failure::{AnalysisFailed, RecordCounts};
use super::spec::JobSpec;

/// `read` for what the job looks at: `start_time` and `end_time` of an execution.
pub(super) fn monitoring(spec: &JobSpec, read: ReadOptions) -> Result<ReadOptions, AnalysisFailed> {
    let (Some(start), Some(end)) = (spec.variable("start_time"), spec.variable("end_time")) else {
        return Ok(read);
    };
    let window = Window {
        start_ms: instant(("start_time", start))?,
        end_ms: instant(("end_time", end))?,
    };
    match read.format {
        Some(format @ (Format::Capture | Format::MergedCapture)) => {
            let captured = ReadOptions::monitoring(format, window);
            Ok(ReadOptions {
                window: captured.window,
                bad_records: BadRecords::Skip,
                max_columns: captured.max_columns,
                max_record_bytes: captured.max_record_bytes,
                ..read
            })
        }
        Some(Format::Csv | Format::Json | Format::JsonLines | Format::Parquet) | None => Ok(read),
    }
}

fn instant((name, text): (&'static str, &str)) -> Result<i64, AnalysisFailed> {
    let time = DateTime::parse_from_rfc3339(text);
    time.map(|time| time.timestamp_millis())
        .map_err(|_| AnalysisFailed::Variable {
            name,
            value: text.to_owned(),
            expected: "a time as in `2021-05-06T22:00:00Z`",
        })
}

/// Tells an analysis without rows how the events were counted.
pub(super) fn counted(error: AnalysisFailed, read: &ReadOptions) -> AnalysisFailed {
    error.or_no_records(|| (counts(read), read.events.total().notes().join("; ")))
}

/// Of the events that were read last.
pub(super) fn counts(read: &ReadOptions) -> RecordCounts {
    let tally = read.events.total();
    RecordCounts {
        in_window: tally.in_window(),
        skipped: tally.skipped_total(),
        outside: tally.outside_window,
        duplicates: tally.duplicates,
    }
}
