//! What one scan keeps of a binary classifier's rows: the confusion matrix and, with
//! probabilities, every score with its label, the losses, and the bins of calibration.

use arrow::array::Array;
use probity_domain::document::model_quality_file::QualityRows;

use super::binary_columns::{Number, for_each_number, outcomes};
use super::calibration::EqualWidth;
use super::labels::class_name;
use super::outcome::Outcome;
use super::rejected::Rejected;
use super::scores::Scores;
use super::{QualityBatch, QualityError, QualityFindings, binary_metrics, rows};
use crate::bias::Confusion;
use crate::summary::{Moments, ReadState, StateReader, StateWriter};

const NAME: &str = "binary_quality";
const VERSION: u32 = 1;

/// Probabilities are brought into [ε, 1 − ε] before their logarithm is taken, with ε = 2⁻⁵²
/// as in scikit-learn: a certain and wrong prediction costs 36.04, not infinity.
const CLIP: f64 = f64::EPSILON;

#[derive(Clone, Debug, PartialEq)]
pub struct BinarySettings {
    /// The label (and prediction) that is positive, in any spelling; every other is negative.
    /// `None`: 1, true and yes are positive, 0, false and no negative, anything else an error.
    pub positive: Option<String>,
    /// A probability above it predicts the positive class; one that equals it does not.
    pub threshold: f64,
    /// Of the subsamples behind the standard deviations.
    pub seed: u64,
}

/// A mergeable summary; see [`crate::summary::Summary`] for its laws.
#[derive(Clone, Debug, PartialEq)]
pub struct BinaryQuality {
    pub(crate) settings: BinarySettings,
    pub(crate) rows: QualityRows,
    pub(crate) confusion: Confusion,
    /// `None` until a batch has probabilities.
    pub(crate) probabilities: Option<Probabilities>,
}

/// What is kept of the probabilities of used rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Probabilities {
    pub(crate) scores: Scores,
    /// Of (p − y)².
    pub(crate) brier: Moments,
    /// Of −ln p of the true class.
    pub(crate) log_loss: Moments,
    pub(crate) bins: EqualWidth,
    outside: Rejected,
    unreadable: Rejected,
}

impl BinaryQuality {
    pub fn new(settings: BinarySettings) -> Self {
        let positive = settings.positive.as_deref();
        let positive = positive.map(|value| class_name(value).into_owned());
        Self {
            settings: BinarySettings {
                positive,
                ..settings
            },
            rows: QualityRows::default(),
            confusion: Confusion::default(),
            probabilities: None,
        }
    }

    /// Adds the rows of a batch.
    pub fn update(&mut self, batch: &QualityBatch<'_>) -> Result<(), QualityError> {
        let positive = self.settings.positive.as_deref();
        let labels = outcomes(batch.label, "label", positive)?;
        let predictions = match batch.prediction {
            Some(column) => Some(outcomes(column, "prediction", positive)?),
            None => None,
        };
        let Some(column) = batch.probability else {
            let predictions = predictions.ok_or(QualityError::NoPredictionOrProbability)?;
            self.add_predictions(&labels, &predictions);
            return Ok(());
        };
        self.add_probabilities(&labels, predictions.as_deref(), column)
    }

    fn add_predictions(&mut self, labels: &[Option<Outcome>], predictions: &[Option<Outcome>]) {
        for (label, prediction) in labels.iter().zip(predictions) {
            self.rows.n += 1;
            match (label, prediction) {
                (None, _) => self.rows.n_missing_label += 1,
                (_, None) => self.rows.n_missing_prediction += 1,
                (Some(label), Some(prediction)) => self.count(*label, *prediction),
            }
        }
    }

    fn add_probabilities(
        &mut self,
        labels: &[Option<Outcome>],
        predictions: Option<&[Option<Outcome>]>,
        column: &dyn Array,
    ) -> Result<(), QualityError> {
        let mut kept = self.probabilities.take().unwrap_or_default();
        let mut used: Vec<(f64, Outcome)> = Vec::with_capacity(labels.len());
        let mut place = 0;
        let added = for_each_number(column, |number| {
            let prediction = predictions.map(|predictions| predictions[place]);
            let label = self.label_to_use(labels[place], prediction);
            place += 1;
            let Some(label) = label else {
                return;
            };
            if number.is_missing() {
                self.rows.n_missing_probability += 1;
            }
            if let Some(probability) = kept.accepted(number) {
                let by_threshold = Outcome::when(|| probability > self.settings.threshold);
                self.count(label, prediction.flatten().unwrap_or(by_threshold));
                used.push((probability, label));
            }
        });
        kept.add(&used);
        self.probabilities = Some(kept);
        added
    }

    /// Counts the row, and what it lacks.
    fn label_to_use(
        &mut self,
        label: Option<Outcome>,
        prediction: Option<Option<Outcome>>,
    ) -> Option<Outcome> {
        self.rows.n += 1;
        if label.is_none() {
            self.rows.n_missing_label += 1;
        } else if prediction == Some(None) {
            self.rows.n_missing_prediction += 1;
            return None;
        }
        label
    }

    fn count(&mut self, label: Outcome, predicted: Outcome) {
        self.rows.n_used += 1;
        let cell = match (label, predicted) {
            (Outcome::Negative, Outcome::Negative) => &mut self.confusion.true_negatives,
            (Outcome::Negative, Outcome::Positive) => &mut self.confusion.false_positives,
            (Outcome::Positive, Outcome::Negative) => &mut self.confusion.false_negatives,
            (Outcome::Positive, Outcome::Positive) => &mut self.confusion.true_positives,
        };
        *cell += 1;
    }

    /// Adds the rows of `other`, which has the same settings and columns, behind ours.
    pub fn merge(&mut self, other: &Self) {
        rows::merge(&mut self.rows, &other.rows);
        self.confusion.true_negatives += other.confusion.true_negatives;
        self.confusion.false_positives += other.confusion.false_positives;
        self.confusion.false_negatives += other.confusion.false_negatives;
        self.confusion.true_positives += other.confusion.true_positives;
        if let Some(theirs) = &other.probabilities {
            self.probabilities.get_or_insert_default().merge(theirs);
        }
    }

    /// Every metric, with intervals and standard deviations.
    pub fn findings(&self) -> Result<QualityFindings, QualityError> {
        if let Some(kept) = &self.probabilities {
            kept.check(self.rows.n)?;
        }
        if self.rows.n_used == 0 {
            return Err(QualityError::NoRows { rows: self.rows.n });
        }
        Ok(binary_metrics::findings(self))
    }

    /// Versioned bytes, settings included.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = StateWriter::with_header(NAME, VERSION);
        writer.u8(u8::from(self.settings.positive.is_some()));
        writer.text(self.settings.positive.as_deref().unwrap_or_default());
        writer.f64(self.settings.threshold);
        writer.u64(self.settings.seed);
        rows::write(&self.rows, &mut writer);
        writer.u64(self.confusion.true_negatives);
        writer.u64(self.confusion.false_positives);
        writer.u64(self.confusion.false_negatives);
        writer.u64(self.confusion.true_positives);
        writer.u8(u8::from(self.probabilities.is_some()));
        if let Some(kept) = &self.probabilities {
            kept.write(&mut writer);
        }
        writer.finish(NAME)
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ReadState> {
        let (mut reader, _) = StateReader::open(bytes, NAME, VERSION)?;
        let has_positive = reader.flag()?;
        let positive = reader.text()?.to_owned();
        let settings = BinarySettings {
            positive: has_positive.then_some(positive),
            threshold: reader.f64()?,
            seed: reader.u64()?,
        };
        let rows = rows::read(&mut reader)?;
        let confusion = Confusion {
            true_negatives: reader.count()?,
            false_positives: reader.count()?,
            false_negatives: reader.count()?,
            true_positives: reader.count()?,
        };
        let probabilities = if reader.flag()? {
            Some(Probabilities::read(&mut reader)?)
        } else {
            None
        };
        reader.close()?;
        let scored = probabilities
            .as_ref()
            .is_none_or(|kept| kept.are_of(&confusion));
        if confusion.rows() != rows.n_used || !scored {
            return Err(ReadState::Damaged {
                what: "its confusion matrix has other rows than it counts",
            });
        }
        Ok(Self {
            settings,
            rows,
            confusion,
            probabilities,
        })
    }
}

impl Probabilities {
    /// The number if it is a probability; others are counted.
    fn accepted(&mut self, number: Number) -> Option<f64> {
        match number {
            Number::Missing => {}
            // How pandas and JSON writers spell a missing number.
            Number::Present(value) if value.is_nan() => {}
            Number::Unreadable(text) => self.unreadable.add(&text),
            Number::Present(value) if (0.0..=1.0).contains(&value) => return Some(value),
            Number::Present(value) => self.outside.add(&value.to_string()),
        }
        None
    }

    fn add(&mut self, used: &[(f64, Outcome)]) {
        let mut terms = Vec::with_capacity(used.len());
        for &(probability, label) in used {
            self.scores.push(probability, label);
            self.bins.add(probability, label);
            let miss = probability - f64::from(u8::from(label.is_positive()));
            terms.push(miss * miss);
        }
        self.brier.add_block(&terms);
        terms.clear();
        terms.extend(used.iter().map(|&(probability, label)| {
            let of_truth = if label.is_positive() {
                probability
            } else {
                1.0 - probability
            };
            -of_truth.clamp(CLIP, 1.0 - CLIP).ln()
        }));
        self.log_loss.add_block(&terms);
        self.scores.settle();
    }

    fn merge(&mut self, other: &Self) {
        self.scores.merge(&other.scores);
        self.brier.combine(&other.brier);
        self.log_loss.combine(&other.log_loss);
        self.bins.merge(&other.bins);
        self.outside.merge(&other.outside);
        self.unreadable.merge(&other.unreadable);
    }

    fn check(&self, rows: u64) -> Result<(), QualityError> {
        if self.unreadable.count > 0 {
            return Err(QualityError::NotNumbers {
                role: "probability",
                count: self.unreadable.count,
                rows,
                first: self.unreadable.first.clone(),
            });
        }
        if self.outside.count > 0 {
            return Err(QualityError::NotProbabilities {
                count: self.outside.count,
                rows,
                first: self.outside.first.clone(),
            });
        }
        Ok(())
    }

    /// Whether the scores are of the same labels as the matrix.
    fn are_of(&self, confusion: &Confusion) -> bool {
        let (negatives, positives) = self.scores.groups().totals();
        let n = confusion.rows();
        positives == confusion.positive_labels()
            && negatives + positives == n
            && self.brier.count() == n
            && self.log_loss.count() == n
    }

    fn write(&self, writer: &mut StateWriter) {
        self.scores.write(writer);
        self.brier.write(writer);
        self.log_loss.write(writer);
        self.bins.write(writer);
        self.outside.write(writer);
        self.unreadable.write(writer);
    }

    fn read(reader: &mut StateReader<'_>) -> Result<Self, ReadState> {
        Ok(Self {
            scores: Scores::read(reader)?,
            brier: Moments::read(reader)?,
            log_loss: Moments::read(reader)?,
            bins: EqualWidth::read(reader)?,
            outside: Rejected::read(reader)?,
            unreadable: Rejected::read(reader)?,
        })
    }
}
