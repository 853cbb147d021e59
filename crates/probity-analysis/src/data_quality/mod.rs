//! Data quality, end to end: what `probity profile|baseline|check|why|merge|diff` and
//! `probity constraints set` do, and what a monitor's execution will do.

mod check;
mod compared;
mod corrected;
mod diff;
mod drift;
mod edit;
mod error;
mod explained;
mod input;
mod kept;
mod merge;
mod profile;
mod recheck;
mod result;
mod stored;
mod table;
mod why;

pub(crate) use result::WRITER;

pub use check::{CheckOptions, CheckOutcome, Verdict, check, load_baseline};
pub use compared::{ColumnPlace, ComparedResult};
pub use diff::{BaselineDiff, FeatureDiff, Presence, SettingDiff, diff};
pub use edit::{EditRequest, edit_constraints};
pub use error::AnalysisError;
pub use input::{Input, Surroundings};
pub use kept::keep_settings;
pub use merge::{merge, merge_stored};
pub use profile::{baseline, profile, refuse_to_lose_edits};
pub use recheck::violations_of_columns;
pub use result::{
    BASELINE_CONSTRAINTS, BASELINE_SUMMARIES, BaselineCopy, CONSTRAINTS, PROBITY, REPORT,
    ResultDocuments, STATISTICS, SUMMARIES, VIOLATIONS,
};
pub use stored::{StoredResult, StoredSummaries};
pub use table::{ProfileRow, ProfileTable, profile_table};
pub use why::why;
