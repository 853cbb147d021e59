//! What a file of a library says, in the forms of `probity-metrics`, with the facts that the
//! forms do not carry. And the limits that hold for the files of all libraries.

use probity_metrics::model::{LinearModel, TreeEnsemble};

use super::error::ReadModel;

/// Outputs of one model: classes or targets.
const MAX_OUTPUTS: u64 = 10_000;

/// Features of one model.
const MAX_FEATURES: u64 = 1_000_000;

/// Bits of all sets of categories of one model: 64 MiB. A set is as long as its largest code,
/// which a small file may say.
const MAX_CATEGORY_BITS: u64 = 1 << 29;

/// Which trees of a model that was stopped early are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Iterations {
    /// Up to the best one, as XGBoost's scikit-learn classes and SageMaker's own container do.
    #[default]
    Best,
    /// All that the file holds, as `xgboost.Booster.predict` does.
    All,
}

/// Where a category goes that the model's list does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownCategory {
    /// LightGBM.
    Missing,
    /// XGBoost.
    Refused,
}

/// What a missing value is to the model before its splits are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingValue {
    /// The trees say where it goes.
    Routed,
    /// Adds nothing: XGBoost's `gblinear`.
    Zero,
}

/// Whether the file names the features, or only counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureNames {
    Given,
    /// The names in the model's form are numbers that the library made up.
    MadeUp,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Form {
    Trees(TreeEnsemble),
    Linear(LinearModel),
}

/// A model of XGBoost, LightGBM or CatBoost.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LibraryModel {
    pub(crate) form: Form,
    pub(crate) facts: LibraryFacts,
}

#[derive(Clone, Debug, PartialEq)]
pub struct LibraryFacts {
    pub feature_names: FeatureNames,
    pub unknown_category: UnknownCategory,
    pub missing_value: MissingValue,
    /// As the library calls it.
    pub objective: Option<String>,
    /// Version of the library or of its format, as written.
    pub version: Option<String>,
    pub iterations: IterationCounts,
    /// What the outputs are called, where the file says.
    pub output_names: Option<Vec<String>>,
    /// Features whose names of categories the file holds in a damaged form: only codes are taken.
    pub damaged_categories: Vec<String>,
    /// What a reader has to know about the scores, as sentences.
    pub notes: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IterationCounts {
    pub in_file: usize,
    pub used: usize,
    /// Number of the best iteration, from 0, where training was stopped early.
    pub best: Option<u64>,
}

/// `Err` where a file says more outputs than any model has.
pub(crate) fn checked_outputs(found: u64) -> Result<usize, ReadModel> {
    checked(found, "outputs", MAX_OUTPUTS)
}

pub(crate) fn checked_features(found: u64) -> Result<usize, ReadModel> {
    checked(found, "features", MAX_FEATURES)
}

fn checked(found: u64, what: &'static str, limit: u64) -> Result<usize, ReadModel> {
    match usize::try_from(found) {
        Ok(count) if found <= limit => Ok(count),
        Ok(_) | Err(_) => Err(ReadModel::TooLarge { what, found, limit }),
    }
}

/// What sets of categories may still take.
#[derive(Debug)]
pub(crate) struct CategoryBits(u64);

impl CategoryBits {
    pub(crate) fn new() -> CategoryBits {
        CategoryBits(0)
    }

    /// Counts a set whose largest code is `largest`.
    pub(crate) fn take(&mut self, largest: u64) -> Result<(), ReadModel> {
        self.0 = self.0.saturating_add(largest).saturating_add(64);
        match self.0 <= MAX_CATEGORY_BITS {
            true => Ok(()),
            false => Err(ReadModel::TooLarge {
                what: "bits in its sets of categories",
                found: self.0,
                limit: MAX_CATEGORY_BITS,
            }),
        }
    }
}
