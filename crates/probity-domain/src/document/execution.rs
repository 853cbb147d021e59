//! What is kept of a run of a monitor beside its row: what it looked at, by which definition, and
//! how it ended. Ours; AWS shows less.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::api::monitoring_job_definition::MonitoringJobDefinition;

/// Why a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExecutionCause {
    /// A slot of the schedule was due.
    Slot,
    /// The schedule's expression is `NOW`.
    Now,
    /// Somebody asked for it.
    Asked,
    /// Labels came after the window had been scored.
    LateLabels,
    /// It ran elsewhere, and its results were imported.
    Imported,
}

impl ExecutionCause {
    pub const ALL: [ExecutionCause; 5] = [
        Self::Slot,
        Self::Now,
        Self::Asked,
        Self::LateLabels,
        Self::Imported,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Slot => "slot",
            Self::Now => "now",
            Self::Asked => "asked",
            Self::LateLabels => "late-labels",
            Self::Imported => "imported",
        }
    }

    pub fn parse(text: &str) -> Option<ExecutionCause> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == text)
    }
}

/// From `start_ms`, up to and without `end_ms`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionWindow {
    pub start_ms: i64,
    pub end_ms: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExecutionBody {
    pub window: ExecutionWindow,
    /// As it stood when the run became due: what was measured does not change with the schedule.
    pub definition: MonitoringJobDefinition,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processing_job_arn: Option<String>,
    /// The job that joined labels with what was captured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merge_job_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_ms: Option<i64>,
    /// Where the results lie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<String>,
    /// Of the constraints that were obeyed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraints_sha256: Option<String>,
    /// The first violations, in words; all of them are in the results.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<String>,
    /// What a reader should know: what was skipped, lost or late.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// How labels and captures were joined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub join: Option<Value>,
    /// How much of the endpoint's traffic was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Value>,
    /// The execution that this one scores anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rescores: Option<String>,
}

/// Of windows in any order, those that cover the most without one reading what another has read:
/// the earliest to end first. Their places in `windows`, in the order of time.
pub fn without_overlap(windows: &[ExecutionWindow]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..windows.len()).collect();
    order.sort_by_key(|index| (windows[*index].end_ms, windows[*index].start_ms, *index));
    let mut chosen = Vec::new();
    let mut covered_to = i64::MIN;
    for index in order {
        let window = windows[index];
        if window.start_ms >= covered_to && window.start_ms < window.end_ms {
            covered_to = window.end_ms;
            chosen.push(index);
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_is_found_by_its_name() {
        for cause in ExecutionCause::ALL {
            assert_eq!(ExecutionCause::parse(cause.as_str()), Some(cause));
        }
    }

    #[test]
    fn a_body_reads_back_and_shows_nothing_that_is_not_there() {
        let body = ExecutionBody {
            window: ExecutionWindow {
                start_ms: 1,
                end_ms: 2,
            },
            failure_reason: Some("NoData".to_owned()),
            ..ExecutionBody::default()
        };
        let value = serde_json::to_value(&body).unwrap();
        assert_eq!(value["window"]["startMs"], 1);
        assert!(value.get("join").is_none() && value.get("notes").is_none());
        assert_eq!(
            serde_json::from_value::<ExecutionBody>(value).unwrap(),
            body
        );
    }

    #[test]
    fn windows_that_overlap_are_not_counted_twice() {
        let window = |start_ms, end_ms| ExecutionWindow { start_ms, end_ms };
        let hours = [window(2, 3), window(0, 1), window(0, 3), window(1, 2)];
        assert_eq!(without_overlap(&hours), [1, 3, 0]);
        assert_eq!(without_overlap(&[window(5, 5)]), Vec::<usize>::new());
    }
}
