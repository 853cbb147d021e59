//! Other constraints over results that lie already: what a run would have found by them, without
//! its rows. Each kind of monitor is judged by the code that judged it then, from the small
//! documents that it left: summaries, metrics, or `analysis.json`.
//!
//! The verdict is AWS's, which decides the state of an execution.

mod analysis;
mod data_quality;
mod known;
mod model_quality;

use probity_data::location::{Environment, ReadLocation, read_document};
use probity_domain::document::ReadDocument;
use probity_domain::document::analysis::Analysis;
use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_domain::document::constraints::Constraints;
use probity_domain::document::model_quality_constraints::ModelQualityConstraints;
use thiserror::Error;

use crate::data_quality::AnalysisError;

pub use known::KnownBaselines;

/// Constraints of one kind of monitor: `constraints.json`, or an `analysis.json` to compare with.
#[derive(Clone, Debug)]
pub enum NewConstraints {
    DataQuality(Box<Constraints>),
    ModelQuality(Box<ModelQualityConstraints>),
    Bias(Box<Analysis>),
    Explainability(Box<Analysis>),
}

/// One violation in the words of its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecheckedViolation {
    /// A feature, a metric, a facet's metric, or a label.
    pub subject: String,
    /// As `constraint_check_type` spells it.
    pub check: String,
    pub description: String,
}

/// What one result says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rechecked {
    /// By the new constraints.
    pub now: Vec<RecheckedViolation>,
    /// What the run itself found; `None` where it left no such document, as one that had no
    /// baseline.
    pub then: Option<Vec<RecheckedViolation>>,
    /// What keeps the answer from being the whole one.
    pub notes: Vec<String>,
}

/// What the result was compared with, where it kept no copy.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reference<'a> {
    /// A folder with the `statistics.json` of the schedule's baseline.
    pub baseline_folder: Option<&'a str>,
    /// Shared by the runs of one look.
    pub known: Option<&'a KnownBaselines>,
}

#[derive(Debug, Error)]
pub enum Recheck {
    #[error("the document is no constraints of a {kind} monitor")]
    Constraints {
        kind: &'static str,
        #[source]
        source: ReadDocument,
    },
    #[error("`{folder}` has no `{document}`")]
    NoResult {
        folder: String,
        document: &'static str,
    },
    #[error("`{document}` of `{folder}` cannot be read")]
    Document {
        folder: String,
        document: &'static str,
        #[source]
        source: ReadDocument,
    },
    #[error("failed to read `{folder}`")]
    Locate {
        folder: String,
        #[source]
        source: ReadLocation,
    },
    #[error(transparent)]
    DataQuality(#[from] AnalysisError),
    #[error("`{folder}` cannot be judged by these constraints: {reason}")]
    Unlike { folder: String, reason: String },
}

impl NewConstraints {
    /// Reads the document that monitors of this kind take as their constraints.
    pub fn parse(kind: MonitoringType, bytes: &[u8]) -> Result<NewConstraints, Recheck> {
        let read = match kind {
            MonitoringType::DataQuality => Constraints::from_json(bytes)
                .map(Box::new)
                .map(NewConstraints::DataQuality),
            MonitoringType::ModelQuality => ModelQualityConstraints::from_json(bytes)
                .map(Box::new)
                .map(NewConstraints::ModelQuality),
            MonitoringType::ModelBias => Analysis::from_json(bytes)
                .map(Box::new)
                .map(NewConstraints::Bias),
            MonitoringType::ModelExplainability => Analysis::from_json(bytes)
                .map(Box::new)
                .map(NewConstraints::Explainability),
        };
        read.map_err(|source| Recheck::Constraints {
            kind: kind.as_str(),
            source,
        })
    }

    /// Judges the result in `folder`.
    pub async fn recheck(
        &self,
        folder: &str,
        reference: Reference<'_>,
        environment: &Environment,
    ) -> Result<Rechecked, Recheck> {
        match self {
            Self::DataQuality(constraints) => {
                data_quality::recheck(constraints, folder, reference, environment).await
            }
            Self::ModelQuality(constraints) => {
                model_quality::recheck(constraints, folder, environment).await
            }
            Self::Bias(baseline) => analysis::recheck_bias(baseline, folder, environment).await,
            Self::Explainability(baseline) => {
                analysis::recheck_ranking(baseline, folder, environment).await
            }
        }
    }
}

/// What a run itself found, from its `constraint_violations.json`; `None` where it left none.
pub async fn found_then(
    kind: MonitoringType,
    folder: &str,
    environment: &Environment,
) -> Result<Option<Vec<RecheckedViolation>>, Recheck> {
    match kind {
        MonitoringType::DataQuality => data_quality::then(folder, environment).await,
        MonitoringType::ModelQuality => model_quality::then(folder, environment).await,
        MonitoringType::ModelBias | MonitoringType::ModelExplainability => {
            analysis::then(folder, environment).await
        }
    }
}

/// A document of a result; `None` where it is not there.
async fn document<T>(
    (folder, name): (&str, &'static str),
    environment: &Environment,
    parse: impl FnOnce(&[u8]) -> Result<T, ReadDocument>,
) -> Result<Option<T>, Recheck> {
    let bytes = match read_document(folder, name, environment).await {
        Ok(Some(bytes)) => bytes,
        Ok(None) | Err(ReadLocation::Missing { .. }) => return Ok(None),
        Err(source) => {
            return Err(Recheck::Locate {
                folder: folder.to_owned(),
                source,
            });
        }
    };
    parse(&bytes).map(Some).map_err(|source| Recheck::Document {
        folder: folder.to_owned(),
        document: name,
        source,
    })
}

fn required<T>(found: Option<T>, folder: &str, document: &'static str) -> Result<T, Recheck> {
    found.ok_or_else(|| Recheck::NoResult {
        folder: folder.to_owned(),
        document,
    })
}
