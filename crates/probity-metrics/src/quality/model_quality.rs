//! The three kinds of summary behind one face, for whoever scans rows.

use probity_domain::document::model_quality_statistics::ProblemType;

use super::{
    BinaryQuality, BinarySettings, MulticlassQuality, QualityBatch, QualityError, QualityFindings,
    RegressionQuality,
};
use crate::summary::ReadState;

/// What is to be measured.
#[derive(Clone, Debug, PartialEq)]
pub struct QualitySettings {
    pub problem_type: ProblemType,
    /// The positive class of a binary classifier; see [`BinarySettings`].
    pub positive: Option<String>,
    /// A probability above it predicts the positive class.
    pub probability_threshold: f64,
    /// Of the subsamples behind the standard deviations.
    pub seed: u64,
}

impl QualitySettings {
    /// The threshold that SageMaker's demonstrations give.
    pub const DEFAULT_THRESHOLD: f64 = 0.5;

    pub fn new(problem_type: ProblemType, seed: u64) -> Self {
        Self {
            problem_type,
            positive: None,
            probability_threshold: Self::DEFAULT_THRESHOLD,
            seed,
        }
    }
}

/// A mergeable summary of labels and predictions; see [`crate::summary::Summary`] for its
/// laws.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelQuality {
    Regression(Box<RegressionQuality>),
    Binary(Box<BinaryQuality>),
    Multiclass(Box<MulticlassQuality>),
}

impl ModelQuality {
    pub fn new(settings: &QualitySettings) -> Self {
        match settings.problem_type {
            ProblemType::Regression => {
                Self::Regression(Box::new(RegressionQuality::new(settings.seed)))
            }
            ProblemType::BinaryClassification => {
                Self::Binary(Box::new(BinaryQuality::new(BinarySettings {
                    positive: settings.positive.clone(),
                    threshold: settings.probability_threshold,
                    seed: settings.seed,
                })))
            }
            ProblemType::MulticlassClassification => {
                Self::Multiclass(Box::new(MulticlassQuality::new(settings.seed)))
            }
        }
    }

    pub fn problem_type(&self) -> ProblemType {
        match self {
            Self::Regression(_) => ProblemType::Regression,
            Self::Binary(_) => ProblemType::BinaryClassification,
            Self::Multiclass(_) => ProblemType::MulticlassClassification,
        }
    }

    /// Adds the rows of a batch.
    pub fn update(&mut self, batch: &QualityBatch<'_>) -> Result<(), QualityError> {
        match self {
            Self::Regression(summary) => summary.update(batch),
            Self::Binary(summary) => summary.update(batch),
            Self::Multiclass(summary) => summary.update(batch),
        }
    }

    /// Adds the rows of `other`, a summary with the same settings, behind ours. One of
    /// another problem type changes nothing.
    pub fn merge(&mut self, other: &Self) {
        match (self, other) {
            (Self::Regression(ours), Self::Regression(theirs)) => ours.merge(theirs),
            (Self::Binary(ours), Self::Binary(theirs)) => ours.merge(theirs),
            (Self::Multiclass(ours), Self::Multiclass(theirs)) => ours.merge(theirs),
            _ => {}
        }
    }

    /// Every metric, with intervals and standard deviations.
    pub fn findings(&self) -> Result<QualityFindings, QualityError> {
        match self {
            Self::Regression(summary) => summary.findings(),
            Self::Binary(summary) => summary.findings(),
            Self::Multiclass(summary) => summary.findings(),
        }
    }

    /// Versioned bytes, settings included.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Regression(summary) => summary.to_bytes(),
            Self::Binary(summary) => summary.to_bytes(),
            Self::Multiclass(summary) => summary.to_bytes(),
        }
    }

    /// Reads the bytes of a summary of this problem type.
    pub fn from_bytes(problem_type: ProblemType, bytes: &[u8]) -> Result<Self, ReadState> {
        Ok(match problem_type {
            ProblemType::Regression => {
                Self::Regression(Box::new(RegressionQuality::from_bytes(bytes)?))
            }
            ProblemType::BinaryClassification => {
                Self::Binary(Box::new(BinaryQuality::from_bytes(bytes)?))
            }
            ProblemType::MulticlassClassification => {
                Self::Multiclass(Box::new(MulticlassQuality::from_bytes(bytes)?))
            }
        })
    }
}
