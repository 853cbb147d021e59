//! From a batch of records to the numbers that a model is given: which column is which feature,
//! and what a value of any type is as a number.
//!
//! Columns are matched by name where the model's file names its features, else by position. What
//! a category or a missing value becomes follows the library that trained the model.

use std::collections::HashMap;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Schema};
use probity_metrics::model::{Feature, FeatureMatrix};
use thiserror::Error;

use super::column::Column;
use super::library_model::{FeatureNames, LibraryFacts, MissingValue};

/// Names that an error lists.
pub(super) const MAX_NAMED: usize = 8;

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
    #[error(
        "column `{column}` is of the type {data_type}, which is neither a number nor text; encode the column as it was for training, or leave it out if it is no feature"
    )]
    Type { column: String, data_type: DataType },
    #[error(
        "column `{column}` holds text that is no number in row {row_idx} of the batch, and the model takes numbers there; encode the column as it was for training, or leave it out if it is no feature"
    )]
    NotANumber { column: String, row_idx: usize },
    #[error(
        "column `{column}` holds a category that the model was not trained on in row {row_idx} of the batch; leave out such records, or train with the category; it knows {}",
        listed(known)
    )]
    UnknownCategory {
        column: String,
        row_idx: usize,
        known: Vec<String>,
    },
    #[error(
        "none of the values of column `{column}` is a category that the model was trained on; encode the column as it was for training; it knows {}",
        listed(known)
    )]
    NoKnownCategory { column: String, known: Vec<String> },
    #[error(
        "column `{column}` holds a number in row {row_idx} of the batch that is no code of its {n_categories} categories, which are the whole numbers from 0; give the codes, or the names of the categories"
    )]
    NoSuchCode {
        column: String,
        row_idx: usize,
        n_categories: usize,
    },
    #[error(
        "column `{column}` holds the name of a category in row {row_idx} of the batch, and the model's file does not say which code it has; give the codes, or save the model with a version of its library that keeps the names"
    )]
    UnknownCodes { column: String, row_idx: usize },
    #[error(
        "column `{column}` holds the name of a category in row {row_idx} of the batch, and the names in the model's file are damaged: XGBoost cuts names with letters beyond ASCII in the wrong place; give the codes"
    )]
    DamagedNames { column: String, row_idx: usize },
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{
        Array, ArrayRef, BooleanArray, Float32Array, Float64Array, Int64Array, NullArray,
        StringArray,
    };
    use datafusion::arrow::datatypes::Field;

    use probity_metrics::model::FeatureKind;

    use super::super::library_model::{IterationCounts, UnknownCategory};
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
            damaged_categories: Vec::new(),
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
            "column `a` holds text that is no number in row 1 of the batch, and the model takes numbers there; encode the column as it was for training, or leave it out if it is no feature"
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
        let known = vec!["b".to_owned(), "a".to_owned(), "10".to_owned()];
        assert_eq!(
            refused,
            Err(ReadFeatures::UnknownCategory {
                column,
                row_idx,
                known
            })
        );
    }

    #[test]
    fn a_column_without_any_known_category_is_refused() {
        let named = categorical(Some(&["b", "a"]));
        let expected = "none of the values of column `c` is a category that the model was trained on; encode the column as it was for training; it knows `b`, `a`";
        for refused in [
            numbers(vec![0, 1, 1]),
            numbers(vec![0]),
            texts(vec![Some("0"), Some("1"), None]),
        ] {
            let error = matrix(&named, &batch(vec![("c", refused)])).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
        for missing in [
            texts(vec![Some("new"), Some("new"), None]),
            texts(vec![Some(" "), None]),
            Arc::new(NullArray::new(2)),
        ] {
            let found = matrix(&named, &batch(vec![("c", missing)])).unwrap();
            assert!(found.iter().all(|code| code.is_nan()), "{found:?}");
        }
    }

    #[test]
    fn codes_are_taken_where_no_name_is_a_number() {
        let refusing = facts(FeatureNames::Given, UnknownCategory::Refused);
        let named = categorical(Some(&["b", "a"]));
        let codes = |values: Vec<Option<f64>>| -> Result<Vec<f64>, ReadFeatures> {
            let values: ArrayRef = Arc::new(Float64Array::from(values));
            let records = batch(vec![("c", values)]);
            Ok(feature_matrix(&named, &refusing, &records)?
                .values()
                .to_vec())
        };
        let found = codes(vec![Some(1.0), None, Some(0.0)]).unwrap();
        assert_eq!((found[0], found[2]), (1.0, 0.0));
        assert!(found[1].is_nan());
        for other in [2.0, -1.0, 0.5, f64::INFINITY] {
            let error = codes(vec![Some(0.0), Some(other)]).unwrap_err().to_string();
            assert!(error.contains("no code of its 2 categories"), "{error}");
        }
        // Where names are numbers, numbers are names.
        let counted = categorical(Some(&["10", "1"]));
        let records = batch(vec![("c", numbers(vec![1, 10]))]);
        let found = feature_matrix(&counted, &refusing, &records).unwrap();
        assert_eq!(found.values(), [1.0, 0.0]);
        // A truth value is no code.
        let truths: ArrayRef = Arc::new(BooleanArray::from(vec![true, false]));
        let refused = feature_matrix(&named, &refusing, &batch(vec![("c", truths)]));
        assert!(matches!(refused, Err(ReadFeatures::UnknownCategory { .. })));
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
        let mut damaged = facts(FeatureNames::Given, UnknownCategory::Refused);
        damaged.damaged_categories = vec!["c".to_owned()];
        let refused = feature_matrix(&categorical(None), &damaged, &records);
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("the names in the model's file are damaged"));
        let codes = batch(vec![("c", numbers(vec![2]))]);
        assert_eq!(matrix(&categorical(None), &codes).unwrap(), [2.0]);
    }
}
