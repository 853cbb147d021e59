//! Why an analysis has no result, in the words that SageMaker's clients show: `ClientError`
//! where the user can mend it, `AlgorithmError` where not. Clarify's failures begin with its own
//! phrase (page "Troubleshoot SageMaker Clarify processing jobs"), then comes ours.

use probity_analysis::bias::BiasError;
use probity_analysis::data_quality::AnalysisError;
use probity_analysis::explain::ExplainError;
use probity_analysis::model_quality::ModelQualityError;
use probity_analysis::records::PrepareRecords;
use probity_analysis::scan::Scan;
use probity_data::ReadDataset;
use probity_data::location::{ReadLocation, WriteOutput};
use probity_domain::document::analysis_config::AnalysisConfigErrors;
use probity_domain::document::model_quality_statistics::UnknownProblemType;
use thiserror::Error;

use super::dataset_format::DatasetFormatError;
use super::predictor::OpenPredictor;
use super::scripts::RunScript;
use super::spec::AnalysisImage;
use crate::chain::{Chain, at_most};
use crate::stage::StageError;

/// Of `FailureReason` in SageMaker's API.
const MAX_REASON: usize = 1024;

#[derive(Debug, Error)]
pub enum AnalysisFailed {
    #[error("image `{image}` is none of those that run here as a monitor")]
    Image { image: String },
    #[error("no ProcessingInput has a LocalPath that holds `{path}`")]
    NoInput { path: String },
    #[error("`{path}` is not a file of one ProcessingInput of S3DataType `S3Prefix`")]
    NotInOneInput { path: String },
    #[error("no ProcessingOutput has a LocalPath that holds `{path}`")]
    NoOutput { path: String },
    #[error("the environment variable `{name}` is missing")]
    NoVariable { name: &'static str },
    #[error("the environment variable `{name}` is `{value}`; expected {expected}")]
    Variable {
        name: &'static str,
        value: String,
        expected: &'static str,
    },
    #[error(transparent)]
    Format(#[from] DatasetFormatError),
    #[error(transparent)]
    ProblemType(#[from] UnknownProblemType),
    #[error("no `analysis_config.json` among the ProcessingInputs")]
    NoConfiguration,
    #[error("explanations are found by asking a model, and `predictor` names none")]
    NoPredictor,
    #[error(transparent)]
    Predictor(#[from] OpenPredictor),
    #[error(transparent)]
    Locate(#[from] ReadLocation),
    #[error(transparent)]
    Stage(#[from] StageError),
    #[error(transparent)]
    Script(#[from] RunScript),
    #[error(transparent)]
    Prepare(#[from] PrepareRecords),
    /// Nothing is left to analyse; how many there were tells why.
    #[error("no record can be analysed: {}{}", said_of(*counts), after("; ", why))]
    NoRecords {
        counts: RecordCounts,
        /// What the reader has to say of those that cannot be read.
        why: String,
    },
    /// What was captured is not what the definition and its configuration say.
    #[error("{problem}")]
    Captured { problem: String },
    #[error(transparent)]
    DataQuality(#[from] AnalysisError),
    #[error(transparent)]
    ModelQuality(#[from] ModelQualityError),
    #[error(transparent)]
    Bias(#[from] BiasError),
    #[error(transparent)]
    Explain(#[from] ExplainError),
    #[error(transparent)]
    Write(#[from] WriteOutput),
}

/// How records of an execution were counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordCounts {
    /// Whose time is in the window, readable or not.
    pub in_window: u64,
    /// In the window, and passed over because they cannot be read.
    pub skipped: u64,
    /// In files that the window touches, of another time.
    pub outside: u64,
    /// With an id that was read before.
    pub duplicates: u64,
}

fn after(mark: &str, text: &str) -> String {
    match text.is_empty() {
        true => String::new(),
        false => format!("{mark}{text}"),
    }
}

fn said_of(counts: RecordCounts) -> String {
    let RecordCounts {
        in_window,
        skipped,
        outside,
        ..
    } = counts;
    match (in_window, skipped) {
        (0, _) => format!("0 of the window, {outside} of other times in the same files"),
        (_, 0) => format!("{in_window} of the window, and none of them is left"),
        (_, skipped) => format!("{in_window} of the window, of which {skipped} cannot be read"),
    }
}

impl AnalysisFailed {
    /// `FailureReason`.
    pub fn reason(&self, image: AnalysisImage) -> String {
        let who = match self.is_bad_input() {
            true => "ClientError: ",
            false => "AlgorithmError: ",
        };
        let phrase = match image {
            AnalysisImage::Analyzer => None,
            AnalysisImage::Clarify => self.clarify_phrase(),
        };
        let phrase = phrase.map_or_else(String::new, |phrase| format!("{phrase} "));
        at_most(MAX_REASON, &format!("{who}{phrase}{}", self.told()))
    }

    /// `ExitMessage`, where the image leaves one.
    pub fn exit_message(&self, image: AnalysisImage) -> String {
        let message = match (image, self.is_bad_input()) {
            (AnalysisImage::Analyzer, _) => format!("Error: {}", self.told()),
            (AnalysisImage::Clarify, true) => format!("Customer Error: {}", self.told()),
            (AnalysisImage::Clarify, false) => format!("Internal Error: {}", self.told()),
        };
        at_most(MAX_REASON, &message)
    }

    /// Whether there was nothing of the window, readable or not.
    pub(crate) fn is_without_records(&self) -> bool {
        match self {
            Self::NoRecords { counts, .. } => counts.in_window == 0,
            _ => false,
        }
    }

    /// With its causes.
    pub(crate) fn told(&self) -> String {
        Chain(self).to_string()
    }

    /// Where nothing was left to analyse, how the records of the captures were counted.
    pub(super) fn or_no_records(
        self,
        counted: impl FnOnce() -> (RecordCounts, String),
    ) -> AnalysisFailed {
        match self.found_nothing() {
            true => {
                let (counts, why) = counted();
                Self::NoRecords { counts, why }
            }
            false => self,
        }
    }

    /// Says each analysis in its own way.
    fn found_nothing(&self) -> bool {
        let read = match self {
            Self::DataQuality(AnalysisError::NoRows { .. })
            | Self::ModelQuality(ModelQualityError::NoRows { .. })
            | Self::Bias(BiasError::NoRows { .. })
            | Self::Explain(
                ExplainError::NoRows { .. } | ExplainError::Configured(BiasError::NoRows { .. }),
            )
            | Self::Prepare(PrepareRecords::NoRows { .. }) => return true,
            Self::DataQuality(
                AnalysisError::Read(read) | AnalysisError::Scan(Scan::Read(read)),
            )
            | Self::ModelQuality(ModelQualityError::Read(read))
            | Self::Bias(BiasError::Read(read))
            | Self::Explain(
                ExplainError::Read(read) | ExplainError::Configured(BiasError::Read(read)),
            )
            | Self::Prepare(PrepareRecords::Read(read)) => read,
            _ => return false,
        };
        matches!(read, ReadDataset::NoRecords { .. })
    }

    fn is_bad_input(&self) -> bool {
        match self {
            Self::Image { .. }
            | Self::NoInput { .. }
            | Self::NotInOneInput { .. }
            | Self::NoOutput { .. }
            | Self::NoVariable { .. }
            | Self::Variable { .. }
            | Self::Format(_)
            | Self::ProblemType(_)
            | Self::NoConfiguration
            | Self::NoPredictor
            | Self::Predictor(_)
            | Self::Locate(_)
            | Self::Script(_) => true,
            Self::NoRecords { .. } | Self::Captured { .. } => true,
            Self::Prepare(error) => error.is_bad_input(),
            Self::Stage(staged) => staged.is_bad_input(),
            Self::DataQuality(error) => error.is_bad_input(),
            Self::ModelQuality(error) => error.is_bad_input(),
            Self::Bias(error) => error.is_bad_input(),
            Self::Explain(error) => error.is_bad_input(),
            Self::Write(_) => false,
        }
    }

    /// What Clarify says first, where it has a word for it.
    fn clarify_phrase(&self) -> Option<&'static str> {
        match self {
            Self::Bias(error) => bias_phrase(error),
            Self::Explain(ExplainError::Configured(error)) => bias_phrase(error),
            Self::Explain(ExplainError::Unfit { problems }) => unfit_phrase(problems),
            _ => None,
        }
    }
}

fn bias_phrase(error: &BiasError) -> Option<&'static str> {
    match error {
        BiasError::Config(errors) | BiasError::ConfigFile { source: errors, .. } => {
            Some(match errors {
                AnalysisConfigErrors::NotJson { .. } => {
                    "Unable to load analysis configuration as JSON."
                }
                AnalysisConfigErrors::Wrong { .. } => {
                    "Analysis configuration schema validation error."
                }
            })
        }
        BiasError::Column { key, .. } if key.starts_with("facet") => {
            Some("Unable to locate the facet.")
        }
        BiasError::Column { key, .. } if key == "label" => Some("Headers must contain label."),
        BiasError::Unfit { problems } => unfit_phrase(problems),
        // Headers that are too few or too many are found by the reader.
        BiasError::Read(read) if read.to_string().contains("names") => {
            Some("Headers in config do not match with the number of columns in the dataset.")
        }
        _ => None,
    }
}

/// Of problems that begin with the key that they are of.
fn unfit_phrase(problems: &str) -> Option<&'static str> {
    if problems.contains("no column is left for the model") {
        return Some("Data must contain features.");
    }
    let phrases = [
        ("`label`", "Headers must contain label."),
        ("`facet", "Unable to locate the facet."),
        ("`features`", "Feature names not found."),
        (
            "`headers`",
            "Headers in config do not match with the number of columns in the dataset.",
        ),
    ];
    let phrase = phrases
        .into_iter()
        .find(|(key, _)| problems.starts_with(key));
    phrase.map(|(_, phrase)| phrase)
}
