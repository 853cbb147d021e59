//! A column of the records as the numbers of one feature: numbers as they are, and categories as
//! the codes that the model's file gives them. What is unknown to the file goes the way of the
//! library that trained the model, unless the whole column is encoded in another way.

use std::collections::HashMap;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type};
use probity_metrics::model::{Feature, FeatureKind};

use super::features::{MAX_NAMED, ReadFeatures};
use super::library_model::{LibraryFacts, UnknownCategory};

pub(super) struct Column<'a> {
    pub(super) name: &'a str,
    pub(super) values: &'a ArrayRef,
}

impl Column<'_> {
    pub(super) fn numbers(
        &self,
        feature: &Feature,
        facts: &LibraryFacts,
    ) -> Result<Vec<f64>, ReadFeatures> {
        match &feature.kind {
            FeatureKind::Numeric => match self.values()? {
                Values::Numbers(numbers) => Ok(numbers),
                Values::Texts(texts) => self.parsed(&texts, |row_idx| ReadFeatures::NotANumber {
                    column: self.name.to_owned(),
                    row_idx,
                }),
            },
            FeatureKind::Categorical { categories: None } => match self.values()? {
                Values::Numbers(numbers) => Ok(numbers),
                Values::Texts(texts) => self.parsed(&texts, |row_idx| {
                    let column = self.name.to_owned();
                    match facts.damaged_categories.contains(&feature.name) {
                        true => ReadFeatures::DamagedNames { column, row_idx },
                        false => ReadFeatures::UnknownCodes { column, row_idx },
                    }
                }),
            },
            FeatureKind::Categorical {
                categories: Some(categories),
            } => self.codes(categories, facts.unknown_category),
        }
    }

    fn values(&self) -> Result<Values, ReadFeatures> {
        let failed = || ReadFeatures::Type {
            column: self.name.to_owned(),
            data_type: self.values.data_type().clone(),
        };
        let mut values = ArrayRef::clone(self.values);
        if let DataType::Dictionary(_, inner) = values.data_type() {
            values = cast(&values, &inner.clone()).map_err(|_| failed())?;
        }
        let target = match values.data_type() {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
            DataType::Boolean | DataType::Null => DataType::Float64,
            number if number.is_numeric() => DataType::Float64,
            _ => return Err(failed()),
        };
        let values = cast(&values, &target).map_err(|_| failed())?;
        Ok(match target {
            DataType::Utf8 => Values::Texts(values.as_string::<i32>().clone()),
            _ => {
                let numbers = values.as_primitive::<Float64Type>().iter();
                Values::Numbers(numbers.map(|number| number.unwrap_or(f64::NAN)).collect())
            }
        })
    }

    fn parsed(
        &self,
        texts: &StringArray,
        failed: impl Fn(usize) -> ReadFeatures,
    ) -> Result<Vec<f64>, ReadFeatures> {
        let parsed = texts.iter().enumerate().map(|(row_idx, text)| match text {
            Some(text) => number_of(text).ok_or_else(|| failed(row_idx)),
            None => Ok(f64::NAN),
        });
        parsed.collect()
    }

    fn codes(
        &self,
        categories: &[String],
        unknown: UnknownCategory,
    ) -> Result<Vec<f64>, ReadFeatures> {
        let codes: HashMap<&str, u32> = categories.iter().map(String::as_str).zip(0..).collect();
        let texts: Vec<Option<String>> = match (self.values()?, unknown) {
            (Values::Numbers(numbers), UnknownCategory::Refused)
                if self.holds_codes(categories) =>
            {
                return self.checked_codes(numbers, categories.len());
            }
            (Values::Texts(texts), _) => texts.iter().map(|text| text.map(str::to_owned)).collect(),
            (Values::Numbers(numbers), _) => numbers
                .iter()
                .map(|number| (!number.is_nan()).then(|| number.to_string()))
                .collect(),
        };
        let coded: Vec<Option<u32>> = texts
            .iter()
            .map(|text| code_of(text.as_deref()?, &codes))
            .collect();
        let is_filled = |text: &String| !text.trim().is_empty();
        let mut pairs = texts.iter().zip(&coded);
        let first_unknown =
            pairs.position(|(text, code)| code.is_none() && text.as_ref().is_some_and(is_filled));
        match (first_unknown, unknown) {
            (Some(row_idx), UnknownCategory::Refused) => Err(ReadFeatures::UnknownCategory {
                column: self.name.to_owned(),
                row_idx,
                known: shown_of(categories),
            }),
            (Some(_), UnknownCategory::Missing)
                if coded.iter().all(Option::is_none) && self.is_other_than(categories, &texts) =>
            {
                Err(ReadFeatures::NoKnownCategory {
                    column: self.name.to_owned(),
                    known: shown_of(categories),
                })
            }
            _ => Ok(coded
                .into_iter()
                .map(|code| code.map_or(f64::NAN, f64::from))
                .collect()),
        }
    }

    /// Numbers where the names of the categories are none: XGBoost's `DMatrix` takes the codes
    /// of a feature of the type `c`.
    fn holds_codes(&self, categories: &[String]) -> bool {
        let is_number = |name: &String| name.trim().parse().is_ok_and(f64::is_finite);
        *self.values.data_type() != DataType::Boolean && !categories.iter().any(is_number)
    }

    fn checked_codes(
        &self,
        numbers: Vec<f64>,
        n_categories: usize,
    ) -> Result<Vec<f64>, ReadFeatures> {
        let end = u32::try_from(n_categories).map_or(f64::INFINITY, f64::from);
        let is_code = |number: f64| number.fract() == 0.0 && (0.0..end).contains(&number);
        let other = |number: &f64| !number.is_nan() && !is_code(*number);
        match numbers.iter().position(other) {
            None => Ok(numbers),
            Some(row_idx) => Err(ReadFeatures::NoSuchCode {
                column: self.name.to_owned(),
                row_idx,
                n_categories,
            }),
        }
    }

    /// Whether a column without a known category is encoded in another way than the model knows.
    /// One category that is new in all records of a batch is only new: partial dependence asks
    /// for such batches.
    fn is_other_than(&self, categories: &[String], texts: &[Option<String>]) -> bool {
        let mut given = texts
            .iter()
            .flatten()
            .filter(|text| !text.trim().is_empty());
        let first = given.next();
        let numbers = self.values.data_type().is_numeric() && self.holds_codes(categories);
        numbers || given.any(|text| Some(text) != first)
    }
}

/// As many as a message lists, and one that says that there are more.
fn shown_of(categories: &[String]) -> Vec<String> {
    categories.iter().take(MAX_NAMED + 1).cloned().collect()
}

enum Values {
    Numbers(Vec<f64>),
    Texts(StringArray),
}

/// A text without content is a missing value; `true` and `false` are 1 and 0.
pub(crate) fn number_of(text: &str) -> Option<f64> {
    let text = text.trim();
    match text {
        "" => Some(f64::NAN),
        "true" | "True" | "TRUE" => Some(1.0),
        "false" | "False" | "FALSE" => Some(0.0),
        number => number.parse().ok(),
    }
}

/// A category that is a number is the same however it is spelled: `10`, `10.0`.
fn code_of(text: &str, codes: &HashMap<&str, u32>) -> Option<u32> {
    if let Some(code) = codes.get(text) {
        return Some(*code);
    }
    let number: f64 = text.trim().parse().ok()?;
    codes.get(number.to_string().as_str()).copied()
}
