//! The same analysis again for each value of a column: `PROBITY_SEGMENT_BY` of the definition.
//! Results lie below `segments/column=value/` of the output, which holds no other file than
//! SageMaker's and ours then; `segments/segments.json` lists them. A segment that cannot be
//! analysed is told, and fails nothing.

use std::future::Future;

use probity_analysis::records::{KeepColumn, Segment, SplitBy, split};
use probity_data::location::OutputFolder;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::Tools;
use super::changes::{Changed, Changes, SEGMENT_BY};
use super::failure::AnalysisFailed;
use super::outcome::SegmentOutcome;

/// Values of a column that are looked at one by one.
const LIMIT: usize = 20;

/// Of a name in a path. Longer ones are cut to [`KEPT_OF_NAME`], and end with a hash of the whole:
/// two that begin alike have folders of their own.
const LONGEST_NAME: usize = 120;
const KEPT_OF_NAME: usize = 100;

/// What is known of one segment when its analysis is done.
#[derive(Clone, Debug, Default)]
pub(super) struct Judged {
    pub(super) n_violations: Option<usize>,
    /// In words.
    pub(super) violations: Vec<String>,
}

/// The rows of a segment, and where its documents belong.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) location: String,
    pub(super) folder: OutputFolder,
    /// Whose values are all one.
    pub(super) column: String,
}

/// What was found in all segments.
#[derive(Debug, Default)]
pub(super) struct AllSegments {
    pub(super) outcomes: Vec<SegmentOutcome>,
    pub(super) notes: Vec<String>,
}

/// Runs `analysis` for each segment of the changed rows.
pub(super) async fn analyse_each<Run, Answer>(
    changes: &Changes,
    (changed, output, keep): (&Changed, &str, KeepColumn),
    analysis: Run,
    tools: &Tools,
) -> Result<AllSegments, AnalysisFailed>
where
    Run: Fn(Part) -> Answer,
    Answer: Future<Output = Result<Judged, AnalysisFailed>>,
{
    if changes.segment_by.is_empty() {
        return Ok(AllSegments::default());
    }
    let by = SplitBy {
        variable: SEGMENT_BY,
        columns: changes.segment_by.clone(),
        limit: LIMIT,
        keep,
        folder: tools.work_folder.join("probity-segments"),
    };
    let found = split(&changed.prepared.path, &by, &tools.environment).await?;
    let mut all = AllSegments {
        notes: found.notes,
        ..AllSegments::default()
    };
    let mut listed = Vec::new();
    for segment in &found.parts {
        let path = format!("segments/{}", folder_name(segment));
        let place = format!("{}/{path}", output.trim_end_matches('/'));
        let part = Part {
            location: segment.path.display().to_string(),
            folder: OutputFolder::create(&place, &tools.environment).await?,
            column: segment.column.clone(),
        };
        let (judged, problem) = match analysis(part).await {
            Ok(judged) => (judged, None),
            Err(error) => (Judged::default(), Some(error.told())),
        };
        let outcome = SegmentOutcome {
            name: format!("{}={}", segment.column, segment.value),
            rows: segment.rows,
            n_violations: judged.n_violations,
            problem,
        };
        tools.log.line(told(&outcome));
        listed.push(json!({
            "column": segment.column,
            "value": segment.value,
            "rows": segment.rows,
            "path": path,
            "violations": judged.n_violations,
            "descriptions": judged.violations,
            "problem": outcome.problem,
        }));
        all.outcomes.push(outcome);
    }
    let place = format!("{}/segments", output.trim_end_matches('/'));
    let mut folder = OutputFolder::create(&place, &tools.environment).await?;
    let document = json!({ "version": 1, "segments": listed, "notes": all.notes });
    folder.write("segments.json", |out| {
        serde_json::to_writer_pretty(out, &document).map_err(std::io::Error::from)
    })?;
    folder.commit().await?;
    Ok(all)
}

fn told(outcome: &SegmentOutcome) -> String {
    let SegmentOutcome { name, rows, .. } = outcome;
    match (&outcome.problem, outcome.n_violations) {
        (Some(problem), _) => format!("Segment {name}: {rows} rows, no verdict: {problem}"),
        (None, None) => format!("Segment {name}: {rows} rows"),
        (None, Some(n)) => format!("Segment {name}: {rows} rows, {n} violations"),
    }
}

/// `region=north`; whatever is no plain letter of a name is written as in a URL.
fn folder_name(segment: &Segment) -> String {
    let mut name = format!("{}={}", escaped(&segment.column), escaped(&segment.value));
    if name.len() > LONGEST_NAME {
        let digest = Sha256::digest(name.as_bytes());
        name.truncate(KEPT_OF_NAME);
        name.push('-');
        for byte in digest.iter().take(8) {
            name.push_str(&format!("{byte:02x}"));
        }
    }
    name
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'(' | b')' => {
                out.push(char::from(byte));
            }
            b'.' if !out.is_empty() => out.push('.'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(value: &str) -> String {
        folder_name(&Segment {
            column: "region".to_owned(),
            value: value.to_owned(),
            rows: 1,
            path: std::path::PathBuf::new(),
        })
    }

    #[track_caller]
    fn check(value: &str, expected: &str) {
        assert_eq!(named(value), expected);
    }

    #[test]
    fn two_long_values_that_begin_alike_have_folders_of_their_own() {
        let (one, other) = (named(&"x".repeat(300)), named(&"x".repeat(301)));
        assert_ne!(one, other);
        assert!(one.len() <= LONGEST_NAME && one.starts_with("region=xxx"));
        check(&"x".repeat(113), &format!("region={}", "x".repeat(113)));
    }

    #[test]
    fn a_value_cannot_leave_its_folder() {
        check("north", "region=north");
        check("1.5", "region=1.5");
        check("../x", "region=%2E.%2Fx");
        check("a b=c", "region=a%20b%3Dc");
    }
}
