//! From a batch of records to the numbers that a model is given: which column is which feature,
//! and what a value of any type is as a number.
//!
//! Columns are matched by name where the model's file names its features, else by position. What
//! a category or a missing value becomes follows the library that trained the model.

use std::collections::HashMap;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, Schema};
use probity_metrics::model::{Feature, FeatureKind, FeatureMatrix};
use thiserror::Error;

use super::library_model::{FeatureNames, LibraryFacts, MissingValue, UnknownCategory};

/// Names that an error lists.
const MAX_NAMED: usize = 8;

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReadFeatures {
    #[error(
        "the records lack {} of the {n_features} features of the model: {}",
        missing.len(), listed(missing)
    )]
    MissingColumns {
        missing: Vec<String>,
        n_features: usize,
    },
    #[error(
        "the records have {found} columns and the model takes {expected} features by position; leave out columns that are no features"
    )]
    ColumnCount { found: usize, expected: usize },
    #[error("the records have more than one column `{column}`")]
    Twice { column: String },
    #[error("column `{column}` is of the type {data_type}, which is neither a number nor text")]
    Type { column: String, data_type: DataType },
    #[error("column `{column}` holds text that is no number in row {row_idx} of the batch")]
    NotANumber { column: String, row_idx: usize },
    #[error(
        "column `{column}` holds a category that the model was not trained on in row {row_idx} of the batch; its library refuses it too"
    )]
    UnknownCategory { column: String, row_idx: usize },
    #[error(
        "column `{column}` holds the name of a category in row {row_idx} of the batch, and the model's file does not say which code it has; give the codes, or save the model with a version of its library that keeps the names"
    )]
    UnknownCodes { column: String, row_idx: usize },
}

fn listed(names: &[String]) -> String {
    let quoted = names.iter().take(MAX_NAMED).map(|name| format!("`{name}`"));
    let mut text = quoted.collect::<Vec<_>>().join(", ");
    if names.len() > MAX_NAMED {
        text.push_str(", …");
    }
    text
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchedBy {
    Name,
    Position,
}

/// Which column of the records is which feature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchedColumns {
    pub by: MatchedBy,
    /// Index of the column, per feature.
    pub columns: Vec<usize>,
    /// Columns that are no feature: labels, predictions, identifiers.
    pub unused: Vec<String>,
}

/// Finds each feature among the columns.
pub fn match_columns(
    features: &[Feature],
    names: FeatureNames,
    schema: &Schema,
) -> Result<MatchedColumns, ReadFeatures> {
    let mut by_name: HashMap<&str, usize> = HashMap::new();
    for (idx, field) in schema.fields().iter().enumerate() {
        if by_name.insert(field.name(), idx).is_some() {
            let column = field.name().clone();
            return Err(ReadFeatures::Twice { column });
        }
    }
    let found: Vec<Option<usize>> = features
        .iter()
        .map(|feature| by_name.get(feature.name.as_str()).copied())
        .collect();
    if let Some(columns) = found.iter().copied().collect::<Option<Vec<usize>>>() {
        return Ok(matched_by_name(columns, schema));
    }
    if names == FeatureNames::MadeUp || is_without_header(schema) {
        return by_position(features.len(), schema);
    }
    let missing = features
        .iter()
        .zip(&found)
        .filter(|(_, found)| found.is_none());
    Err(ReadFeatures::MissingColumns {
        missing: missing.map(|(feature, _)| feature.name.clone()).collect(),
        n_features: features.len(),
    })
}

fn matched_by_name(columns: Vec<usize>, schema: &Schema) -> MatchedColumns {
    let mut used = vec![false; schema.fields().len()];
    for column in &columns {
        used[*column] = true;
    }
    let unused = schema.fields().iter().zip(used).filter(|(_, used)| !used);
    MatchedColumns {
        by: MatchedBy::Name,
        unused: unused.map(|(field, _)| field.name().clone()).collect(),
        columns,
    }
}

/// Whether the columns are called `_c0`, `_c1`, …: the data have no header.
fn is_without_header(schema: &Schema) -> bool {
    let mut fields = schema.fields().iter().enumerate();
    fields.all(|(idx, field)| field.name().strip_prefix("_c") == Some(idx.to_string().as_str()))
}

fn by_position(n_features: usize, schema: &Schema) -> Result<MatchedColumns, ReadFeatures> {
    let found = schema.fields().len();
    if found != n_features {
        return Err(ReadFeatures::ColumnCount {
            found,
            expected: n_features,
        });
    }
    Ok(MatchedColumns {
        by: MatchedBy::Position,
        columns: (0..n_features).collect(),
        unused: Vec::new(),
    })
}

/// The features of the records, as the model's library would see them.
pub fn feature_matrix(
    features: &[Feature],
    facts: &LibraryFacts,
    records: &RecordBatch,
) -> Result<FeatureMatrix, ReadFeatures> {
    let matched = match_columns(features, facts.feature_names, &records.schema())?;
    let n_features = features.len();
    let mut values = vec![0.0; records.num_rows() * n_features];
    for (idx, (feature, column)) in features.iter().zip(&matched.columns).enumerate() {
        let schema = records.schema();
        let column = Column {
            name: schema.field(*column).name(),
            values: records.column(*column),
        };
        let numbers = column.numbers(feature, facts)?;
        for (row, number) in values.chunks_exact_mut(n_features).zip(numbers) {
            row[idx] = match facts.missing_value {
                MissingValue::Zero if number.is_nan() => 0.0,
                MissingValue::Zero | MissingValue::Routed => number,
            };
        }
    }
    Ok(FeatureMatrix::new(values, n_features).expect("as many values as rows times features"))
}

struct Column<'a> {
    name: &'a str,
    values: &'a ArrayRef,
}

impl Column<'_> {
    fn numbers(&self, feature: &Feature, facts: &LibraryFacts) -> Result<Vec<f64>, ReadFeatures> {
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
                Values::Texts(texts) => self.parsed(&texts, |row_idx| ReadFeatures::UnknownCodes {
                    column: self.name.to_owned(),
                    row_idx,
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
        let texts: Vec<Option<String>> = match self.values()? {
            Values::Texts(texts) => texts.iter().map(|text| text.map(str::to_owned)).collect(),
            Values::Numbers(numbers) => numbers
                .iter()
                .map(|number| (!number.is_nan()).then(|| number.to_string()))
                .collect(),
        };
        let coded = texts.iter().enumerate().map(|(row_idx, text)| {
            let Some(text) = text else {
                return Ok(f64::NAN);
            };
            match (code_of(text, &codes), unknown) {
                (Some(code), _) => Ok(f64::from(code)),
                (None, _) if text.trim().is_empty() => Ok(f64::NAN),
                (None, UnknownCategory::Missing) => Ok(f64::NAN),
                (None, UnknownCategory::Refused) => Err(ReadFeatures::UnknownCategory {
                    column: self.name.to_owned(),
                    row_idx,
                }),
            }
        });
        coded.collect()
    }
}

enum Values {
    Numbers(Vec<f64>),
    Texts(StringArray),
}

/// A text without content is a missing value; `true` and `false` are 1 and 0.
fn number_of(text: &str) -> Option<f64> {
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{BooleanArray, Float32Array, Int64Array, NullArray};
    use datafusion::arrow::datatypes::Field;

    use super::super::library_model::IterationCounts;
    use super::*;

    fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
        let fields: Vec<Field> = columns
            .iter()
            .map(|(name, values)| Field::new(*name, values.data_type().clone(), true))
            .collect();
        let arrays = columns.into_iter().map(|(_, values)| values).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
    }

    fn numbers(values: Vec<i64>) -> ArrayRef {
        Arc::new(Int64Array::from(values))
    }

    fn texts(values: Vec<Option<&str>>) -> ArrayRef {
        Arc::new(StringArray::from(values))
    }

    fn numeric(names: &[&str]) -> Vec<Feature> {
        let features = names.iter().map(|name| Feature {
            name: (*name).to_owned(),
            kind: FeatureKind::Numeric,
        });
        features.collect()
    }

    fn categorical(categories: Option<&[&str]>) -> Vec<Feature> {
        let categories = categories.map(|names| names.iter().map(|n| (*n).to_owned()).collect());
        vec![Feature {
            name: "c".to_owned(),
            kind: FeatureKind::Categorical { categories },
        }]
    }

    fn facts(names: FeatureNames, unknown_category: UnknownCategory) -> LibraryFacts {
        LibraryFacts {
            feature_names: names,
            unknown_category,
            missing_value: MissingValue::Routed,
            objective: None,
            version: None,
            iterations: IterationCounts::default(),
            output_names: None,
            notes: Vec::new(),
        }
    }

    fn matrix(features: &[Feature], records: &RecordBatch) -> Result<Vec<f64>, ReadFeatures> {
        let facts = facts(FeatureNames::Given, UnknownCategory::Missing);
        feature_matrix(features, &facts, records).map(|matrix| matrix.values().to_vec())
    }

    #[test]
    fn columns_are_found_by_name_in_any_order() {
        let records = batch(vec![
            ("label", numbers(vec![9])),
            ("b", numbers(vec![2])),
            ("a", numbers(vec![1])),
        ]);
        assert_eq!(matrix(&numeric(&["a", "b"]), &records).unwrap(), [1.0, 2.0]);
        let matched = match_columns(
            &numeric(&["a", "b"]),
            FeatureNames::Given,
            &records.schema(),
        );
        assert_eq!(matched.unwrap().unused, ["label"]);
        let error = matrix(&numeric(&["a", "x"]), &records).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the records lack 1 of the 2 features of the model: `x`"
        );
    }

    #[test]
    fn columns_are_taken_by_position_only_where_nothing_has_names() {
        let without_header = batch(vec![("_c0", numbers(vec![1])), ("_c1", numbers(vec![2]))]);
        let named = numeric(&["a", "b"]);
        assert_eq!(matrix(&named, &without_header).unwrap(), [1.0, 2.0]);
        let too_few = matrix(&numeric(&["a", "b", "c"]), &without_header);
        assert!(matches!(too_few, Err(ReadFeatures::ColumnCount { .. })));
        let records = batch(vec![("x", numbers(vec![1])), ("y", numbers(vec![2]))]);
        assert!(matrix(&named, &records).is_err());
        let made_up = match_columns(
            &numeric(&["f0", "f1"]),
            FeatureNames::MadeUp,
            &records.schema(),
        );
        assert_eq!(made_up.unwrap().columns, [0, 1]);
    }

    #[test]
    fn values_of_any_type_become_numbers() {
        let records = batch(vec![
            ("bool", Arc::new(BooleanArray::from(vec![true, false]))),
            ("f32", Arc::new(Float32Array::from(vec![Some(0.1), None]))),
            ("text", texts(vec![Some(" 1e3"), Some("-inf")])),
            ("empty", texts(vec![Some(""), None])),
            ("null", Arc::new(NullArray::new(2))),
        ]);
        let names = ["bool", "f32", "text", "empty", "null"];
        let found = matrix(&numeric(&names), &records).unwrap();
        assert_eq!(found[..3], [1.0, f64::from(0.1_f32), 1e3]);
        assert_eq!((found[5], found[7]), (0.0, f64::NEG_INFINITY));
        assert!([3, 4, 6, 8, 9].iter().all(|idx| found[*idx].is_nan()));
    }

    #[test]
    fn text_that_is_no_number_is_refused_with_its_place() {
        let records = batch(vec![("a", texts(vec![Some("1"), Some("secret")]))]);
        let error = matrix(&numeric(&["a"]), &records).unwrap_err().to_string();
        assert_eq!(
            error,
            "column `a` holds text that is no number in row 1 of the batch"
        );
    }

    #[test]
    fn categories_become_their_codes() {
        let named = categorical(Some(&["b", "a", "10"]));
        let records = batch(vec![(
            "c",
            texts(vec![Some("a"), None, Some("z"), Some("10.0"), Some("b")]),
        )]);
        let found = matrix(&named, &records).unwrap();
        assert_eq!((found[0], found[3], found[4]), (1.0, 2.0, 0.0));
        assert!(found[1].is_nan() && found[2].is_nan());
        let refusing = facts(FeatureNames::Given, UnknownCategory::Refused);
        let refused = feature_matrix(&named, &refusing, &records);
        let column = "c".to_owned();
        let row_idx = 2;
        assert_eq!(
            refused,
            Err(ReadFeatures::UnknownCategory { column, row_idx })
        );
    }

    #[test]
    fn names_of_categories_need_a_list() {
        let records = batch(vec![("c", texts(vec![Some("2"), Some("a")]))]);
        let refused = matrix(&categorical(None), &records);
        let column = "c".to_owned();
        assert_eq!(
            refused,
            Err(ReadFeatures::UnknownCodes { column, row_idx: 1 })
        );
        let codes = batch(vec![("c", numbers(vec![2]))]);
        assert_eq!(matrix(&categorical(None), &codes).unwrap(), [2.0]);
    }
}
