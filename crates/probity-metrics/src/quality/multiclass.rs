//! What one scan keeps of a multiclass classifier's rows: rows by label and prediction.

use std::collections::{BTreeMap, HashMap};

use arrow::array::Array;
use probity_domain::document::model_quality_file::QualityRows;

use super::labels::{class_name, for_each_class};
use super::{QualityBatch, QualityError, QualityFindings, multiclass_metrics, rows};
use crate::summary::{ReadState, StateReader, StateWriter};

const NAME: &str = "multiclass_quality";
const VERSION: u32 = 1;

/// The confusion matrix is written whole, so its side is bounded.
pub const MOST_CLASSES: usize = 1000;

/// A mergeable summary; see [`crate::summary::Summary`] for its laws. The order of the rows
/// does not matter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MulticlassQuality {
    /// Of the subsamples behind the standard deviations.
    seed: u64,
    pub(crate) rows: QualityRows,
    /// Rows by label, then prediction.
    pub(crate) counts: BTreeMap<String, BTreeMap<String, u64>>,
}

impl MulticlassQuality {
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
            problem: "a multiclass classifier",
        })?;
        let mut classes = Classes::default();
        let labels = classes.numbers(batch.label)?;
        let predictions = classes.numbers(prediction)?;
        let mut pairs: BTreeMap<(usize, usize), u64> = BTreeMap::new();
        for (label, prediction) in labels.into_iter().zip(predictions) {
            self.rows.n += 1;
            match (label, prediction) {
                (None, _) => self.rows.n_missing_label += 1,
                (_, None) => self.rows.n_missing_prediction += 1,
                (Some(label), Some(prediction)) => {
                    self.rows.n_used += 1;
                    *pairs.entry((label, prediction)).or_default() += 1;
                }
            }
        }
        for ((label, prediction), count) in pairs {
            self.add(&classes.names[label], &classes.names[prediction], count);
        }
        self.check_classes()
    }

    fn add(&mut self, label: &str, prediction: &str, count: u64) {
        let of_label = entry(&mut self.counts, label);
        *entry(of_label, prediction) += count;
    }

    fn check_classes(&self) -> Result<(), QualityError> {
        // Half of the classes may be predictions alone, so this bounds the memory, too.
        let predicted = self.counts.values().map(BTreeMap::len).max().unwrap_or(0);
        if self.counts.len().max(predicted) > MOST_CLASSES {
            return Err(QualityError::TooManyClasses { most: MOST_CLASSES });
        }
        Ok(())
    }

    /// Adds the rows of `other` to ours.
    pub fn merge(&mut self, other: &Self) {
        rows::merge(&mut self.rows, &other.rows);
        for (label, predictions) in &other.counts {
            for (prediction, count) in predictions {
                self.add(label, prediction, *count);
            }
        }
    }

    /// Every metric, with intervals and standard deviations.
    pub fn findings(&self) -> Result<QualityFindings, QualityError> {
        if self.rows.n_used == 0 {
            return Err(QualityError::NoRows { rows: self.rows.n });
        }
        let counts = multiclass_metrics::ClassCounts::of(self);
        if counts.classes.len() > MOST_CLASSES {
            return Err(QualityError::TooManyClasses { most: MOST_CLASSES });
        }
        Ok(multiclass_metrics::findings(self, &counts))
    }

    /// Versioned bytes, settings included.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = StateWriter::with_header(NAME, VERSION);
        writer.u64(self.seed);
        rows::write(&self.rows, &mut writer);
        writer.u64(self.counts.len() as u64);
        for (label, predictions) in &self.counts {
            writer.text(label);
            writer.u64(predictions.len() as u64);
            for (prediction, count) in predictions {
                writer.text(prediction);
                writer.u64(*count);
            }
        }
        writer.finish(NAME)
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ReadState> {
        let (mut reader, _) = StateReader::open(bytes, NAME, VERSION)?;
        let mut summary = Self::new(reader.u64()?);
        summary.rows = rows::read(&mut reader)?;
        let mut found = 0;
        for _ in 0..reader.u64()? {
            let label = reader.text()?.to_owned();
            for _ in 0..reader.u64()? {
                let prediction = reader.text()?.to_owned();
                let count = reader.count()?;
                found += count;
                summary.add(&label, &prediction, count);
            }
        }
        reader.close()?;
        if found != summary.rows.n_used {
            return Err(ReadState::Damaged {
                what: "its confusion matrix has other rows than it counts",
            });
        }
        Ok(summary)
    }
}

fn entry<'a, V: Default>(map: &'a mut BTreeMap<String, V>, key: &str) -> &'a mut V {
    // Most keys are there: only a new one is copied.
    if !map.contains_key(key) {
        map.insert(key.to_owned(), V::default());
    }
    map.get_mut(key)
        .expect("it was inserted if it was not there")
}

/// Numbers for the classes of a batch.
#[derive(Debug, Default)]
struct Classes {
    names: Vec<String>,
    places: HashMap<String, usize>,
}

impl Classes {
    fn numbers(&mut self, column: &dyn Array) -> Result<Vec<Option<usize>>, QualityError> {
        let mut numbers = Vec::with_capacity(column.len());
        let number_of = |text: &str| -> Result<Option<usize>, QualityError> {
            Ok(self.number(&class_name(text)))
        };
        for_each_class(column, number_of, |number| numbers.push(number.copied()))?;
        Ok(numbers)
    }

    /// `None` for the empty text, which is a missing value.
    fn number(&mut self, class: &str) -> Option<usize> {
        if class.is_empty() {
            return None;
        }
        if let Some(place) = self.places.get(class) {
            return Some(*place);
        }
        self.places.insert(class.to_owned(), self.names.len());
        self.names.push(class.to_owned());
        Some(self.names.len() - 1)
    }
}
