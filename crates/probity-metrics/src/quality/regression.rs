//! What one scan keeps of a regression's rows: moments of the errors and of the labels, a
//! sketch of the residuals, and sums for the subsamples.

use arrow::array::Array;
use probity_domain::document::model_quality_file::QualityRows;

use super::binary_columns::{Number, for_each_number};
use super::joint_moments::JointMoments;
use super::rejected::Rejected;
use super::row_classes::RowClasses;
use super::{QualityBatch, QualityError, QualityFindings, regression_metrics, rows};
use crate::summary::{KllSketch, Moments, ReadState, StateReader, StateWriter};

const NAME: &str = "regression_quality";
const VERSION: u32 = 1;

/// A mergeable summary; see [`crate::summary::Summary`] for its laws.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RegressionQuality {
    seed: u64,
    pub(crate) rows: QualityRows,
    /// Of label − prediction.
    pub(crate) residuals: Moments,
    pub(crate) absolute: Moments,
    pub(crate) squared: Moments,
    /// Of |label − prediction| / |label|, of labels that are not 0.
    pub(crate) relative: Moments,
    pub(crate) joint: JointMoments,
    pub(crate) sketch: KllSketch,
    pub(crate) classes: RowClasses,
    bad_labels: Rejected,
    bad_predictions: Rejected,
}

impl RegressionQuality {
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            ..Self::default()
        }
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// Adds the rows of a batch; probabilities are not looked at.
    pub fn update(&mut self, batch: &QualityBatch<'_>) -> Result<(), QualityError> {
        let prediction = batch.prediction.ok_or(QualityError::NoPrediction {
            problem: "a regression",
        })?;
        let labels = numbers(batch.label, &mut self.bad_labels)?;
        let predictions = numbers(prediction, &mut self.bad_predictions)?;
        let mut used = Vec::with_capacity(labels.len());
        for (label, prediction) in labels.into_iter().zip(predictions) {
            self.rows.n += 1;
            match (label, prediction) {
                (None, _) => self.rows.n_missing_label += 1,
                (_, None) => self.rows.n_missing_prediction += 1,
                (Some(label), Some(prediction)) => used.push((label, label - prediction)),
            }
        }
        self.rows.n_used += used.len() as u64;
        self.add(&used);
        Ok(())
    }

    /// Labels and residuals.
    fn add(&mut self, used: &[(f64, f64)]) {
        let mut terms: Vec<f64> = used.iter().map(|(_, residual)| *residual).collect();
        self.residuals.add_block(&terms);
        self.sketch.extend(&terms);
        terms.iter_mut().for_each(|term| *term = term.abs());
        self.absolute.add_block(&terms);
        terms.iter_mut().for_each(|term| *term *= *term);
        self.squared.add_block(&terms);
        terms.clear();
        let not_zero = used.iter().filter(|(label, _)| label.abs() > 0.0);
        terms.extend(not_zero.map(|(label, residual)| (residual / label).abs().min(f64::MAX)));
        self.relative.add_block(&terms);
        self.joint.add_block(used);
        self.classes.add(used);
    }

    /// Adds the rows of `other` behind ours.
    pub fn merge(&mut self, other: &Self) {
        rows::merge(&mut self.rows, &other.rows);
        self.residuals.combine(&other.residuals);
        self.absolute.combine(&other.absolute);
        self.squared.combine(&other.squared);
        self.relative.combine(&other.relative);
        self.joint.combine(&other.joint);
        self.sketch.merge(&other.sketch);
        self.classes.merge(&other.classes);
        self.bad_labels.merge(&other.bad_labels);
        self.bad_predictions.merge(&other.bad_predictions);
    }

    /// Every metric, with intervals and standard deviations.
    pub fn findings(&self) -> Result<QualityFindings, QualityError> {
        for (role, rejected) in [
            ("label", &self.bad_labels),
            ("prediction", &self.bad_predictions),
        ] {
            if rejected.count > 0 {
                return Err(QualityError::NotNumbers {
                    role,
                    count: rejected.count,
                    rows: self.rows.n,
                    first: rejected.first.clone(),
                });
            }
        }
        if self.rows.n_used == 0 {
            return Err(QualityError::NoRows { rows: self.rows.n });
        }
        Ok(regression_metrics::findings(self))
    }

    /// Versioned bytes, settings included.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = StateWriter::with_header(NAME, VERSION);
        writer.u64(self.seed);
        rows::write(&self.rows, &mut writer);
        for moments in [
            &self.residuals,
            &self.absolute,
            &self.squared,
            &self.relative,
        ] {
            moments.write(&mut writer);
        }
        self.joint.write(&mut writer);
        self.sketch.write(&mut writer);
        self.classes.write(&mut writer);
        self.bad_labels.write(&mut writer);
        self.bad_predictions.write(&mut writer);
        writer.finish(NAME)
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ReadState> {
        let (mut reader, _) = StateReader::open(bytes, NAME, VERSION)?;
        let summary = Self {
            seed: reader.u64()?,
            rows: rows::read(&mut reader)?,
            residuals: Moments::read(&mut reader)?,
            absolute: Moments::read(&mut reader)?,
            squared: Moments::read(&mut reader)?,
            relative: Moments::read(&mut reader)?,
            joint: JointMoments::read(&mut reader)?,
            sketch: KllSketch::read(&mut reader)?,
            classes: RowClasses::read(&mut reader)?,
            bad_labels: Rejected::read(&mut reader)?,
            bad_predictions: Rejected::read(&mut reader)?,
        };
        reader.close()?;
        let used = summary.rows.n_used;
        let of_all = [&summary.residuals, &summary.absolute, &summary.squared];
        let is_possible = of_all.iter().all(|moments| moments.count() == used)
            && summary.relative.count() <= used
            && summary.joint.count() == used
            && summary.sketch.count() == used;
        if !is_possible {
            return Err(ReadState::Damaged {
                what: "its moments are of other rows than it counts",
            });
        }
        Ok(summary)
    }
}

/// Numbers from here on are rejected: the fourth power of a residual must be a double.
const TOO_LARGE: f64 = f64::from_bits((1023 + 250) << 52);

/// NaN is a missing value, as in columns of summaries.
/// `None` for a missing value, and for one that is no number to calculate with.
pub(crate) fn numbers(
    column: &dyn Array,
    rejected: &mut Rejected,
) -> Result<Vec<Option<f64>>, QualityError> {
    let mut numbers = Vec::with_capacity(column.len());
    for_each_number(column, |number| {
        numbers.push(match number {
            Number::Missing => None,
            Number::Present(value) if value.is_nan() => None,
            Number::Present(value) if value.abs() < TOO_LARGE => Some(value),
            Number::Present(value) => {
                rejected.add(&value.to_string());
                None
            }
            Number::Unreadable(text) => {
                rejected.add(&text);
                None
            }
        });
    })?;
    Ok(numbers)
}
