//! What can go wrong in an analysis, and whose turn it is.

use probity_data::dataset::ReadDataset;
use probity_data::location::{ReadLocation, WriteOutput};
use probity_metrics::constraints::EditConstraints;
use probity_metrics::summary::ReadState;
use thiserror::Error;

use crate::scan::Scan;

type Cause = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, Error)]
pub enum AnalysisError {
    #[error(transparent)]
    Locate(#[from] ReadLocation),
    #[error(transparent)]
    Read(#[from] ReadDataset),
    #[error(transparent)]
    Scan(#[from] Scan),
    #[error("no baseline in `{folder}`: it has neither `statistics.json` nor `constraints.json`")]
    NoBaseline { folder: String },
    #[error("no result in `{folder}`: `{document}` is not there")]
    NoResult {
        folder: String,
        document: &'static str,
    },
    #[error("failed to read `{document}` of `{folder}`")]
    Document {
        folder: String,
        document: &'static str,
        source: Cause,
    },
    #[error("failed to read the summaries in `{document}` of `{folder}`")]
    Summaries {
        folder: String,
        document: String,
        source: ReadState,
    },
    #[error(
        "`{document}` of `{folder}` is not the file that `probity.json` describes (its SHA-256 differs); run the command that made it again"
    )]
    OtherSummaries { folder: String, document: String },
    #[error("no feature `{feature}` in `{folder}`{suggestion}")]
    NoFeature {
        folder: String,
        feature: String,
        /// Empty, or `; did you mean …`.
        suggestion: String,
    },
    #[error(
        "`{feature}` is redacted in one folder and not in another; merging would mix hashes with values"
    )]
    MixedRedaction { feature: String },
    #[error(
        "`{folder}` has no column in common with the results before it; they describe other data"
    )]
    NoCommonColumn { folder: String },
    #[error("`{location}` has no rows: there is nothing to judge")]
    NoRows { location: String },
    #[error(
        "the constraints in `{folder}` were edited {edits} times, which a new baseline would lose; give another folder, or --discard-edits"
    )]
    WouldLoseEdits { folder: String, edits: usize },
    #[error("standard input cannot be both the data and the baseline")]
    StandardInputTwice,
    #[error(
        "`{feature}` is redacted here but not in the baseline `{baseline}`: hashes cannot be compared with values; make the baseline again with --redact {feature}"
    )]
    RedactedHereOnly { feature: String, baseline: String },
    #[error(transparent)]
    Edit(#[from] EditConstraints),
    #[error(transparent)]
    Write(#[from] WriteOutput),
}

impl AnalysisError {
    /// Whether the user can mend it by giving other input; else it is a failure at run time.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Locate(_)
            | Self::Read(_)
            | Self::NoBaseline { .. }
            | Self::NoResult { .. }
            | Self::Document { .. }
            | Self::Summaries { .. }
            | Self::OtherSummaries { .. }
            | Self::NoFeature { .. }
            | Self::MixedRedaction { .. }
            | Self::RedactedHereOnly { .. }
            | Self::NoCommonColumn { .. }
            | Self::StandardInputTwice
            | Self::NoRows { .. }
            | Self::WouldLoseEdits { .. }
            | Self::Edit(_) => true,
            Self::Scan(scan) => match scan {
                // What the engine refuses is what the file holds: a column of a type without
                // a summary, a damaged page.
                Scan::Read(_) | Scan::Aggregate { .. } | Scan::NothingToRedact { .. } => true,
                Scan::State(_) | Scan::Worker(_) => false,
            },
            Self::Write(write) => matches!(
                write,
                WriteOutput::NotAFolder { .. } | WriteOutput::Name { .. }
            ),
        }
    }
}
