//! Columns that expressions make of JSON records, as `analysis_config.json` names them for JSON Lines and JSON:
//! Clarify's `features`, `label`, `predicted_label`, and `headers` in this order.

use std::collections::HashSet;

use super::capture_side::CaptureSide;
use crate::format::expression::{Base, RecordExpression};

/// What to take of each record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordColumns {
    /// A list of values in each record, one column per element.
    pub(crate) features: Option<RecordExpression>,
    /// One value per record each: the columns after the features.
    pub(crate) values: Vec<RecordValue>,
    /// Names of the features, then of the values.
    pub(crate) headers: Option<Vec<String>>,
}

/// A column of one value per record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordValue {
    pub expression: RecordExpression,
    /// What it is, which captures have on different sides.
    pub role: RecordRole,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordRole {
    /// What was observed: of captured events, in the ground truth.
    Label,
    /// What a model said: of captured events, in the output.
    Output,
    /// Anything else of the record: of captured events, in the input.
    Other,
}

impl RecordRole {
    /// Where captured events have it.
    pub(crate) fn side(self) -> CaptureSide {
        match self {
            RecordRole::Label => CaptureSide::GroundTruth,
            RecordRole::Output => CaptureSide::Output,
            RecordRole::Other => CaptureSide::Input,
        }
    }
}

/// Why columns cannot be taken so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRecordColumns {
    #[error(
        "no expression says what to take of a record; give `features`, `label` or `predicted_label`"
    )]
    Nothing,
    #[error("`headers` names two columns `{name}`; rename one of them")]
    RepeatedHeader { name: String },
    #[error(
        "`headers` has {headers} names, fewer than the {values} columns of label and predictions alone"
    )]
    TooFewHeaders { headers: usize, values: usize },
}

impl RecordColumns {
    pub fn new(
        features: Option<RecordExpression>,
        values: Vec<RecordValue>,
        headers: Option<Vec<String>>,
    ) -> Result<RecordColumns, InvalidRecordColumns> {
        if features.is_none() && values.is_empty() {
            return Err(InvalidRecordColumns::Nothing);
        }
        if let Some(headers) = &headers {
            let mut seen = HashSet::new();
            if let Some(name) = headers.iter().find(|name| !seen.insert(name.as_str())) {
                return Err(InvalidRecordColumns::RepeatedHeader { name: name.clone() });
            }
            if headers.len() < values.len() {
                return Err(InvalidRecordColumns::TooFewHeaders {
                    headers: headers.len(),
                    values: values.len(),
                });
            }
        }
        Ok(RecordColumns {
            features,
            values,
            headers,
        })
    }

    /// The list that all expressions go through, where it is the same one: then the records are its elements,
    /// and can be read one by one.
    pub(crate) fn shared_list(&self) -> Option<&Base> {
        let mut lists = self
            .expressions()
            .map(|expression| expression.elements().map(|elements| &elements.base));
        let first = lists.next()??;
        lists.all(|list| list == Some(first)).then_some(first)
    }

    pub(crate) fn expressions(&self) -> impl Iterator<Item = &RecordExpression> {
        let values = self.values.iter().map(|value| &value.expression);
        self.features.iter().chain(values)
    }

    /// How many features each record has, where the headers tell.
    pub(crate) fn features_by_headers(&self) -> Option<usize> {
        let headers = self.headers.as_ref()?;
        Some(headers.len() - self.values.len().min(headers.len()))
    }

    /// The name of column `position`: of a feature, or after them of a value.
    pub(crate) fn name(&self, position: usize) -> String {
        match &self.headers {
            Some(headers) => headers.get(position).cloned(),
            None => None,
        }
        .unwrap_or_else(|| format!("column_{position}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(expression: &str) -> RecordValue {
        RecordValue {
            expression: RecordExpression::parse(expression).unwrap(),
            role: RecordRole::Label,
        }
    }

    #[derive(Debug, PartialEq)]
    enum Records {
        AreElements,
        AreFoundTogether,
    }

    #[track_caller]
    fn check_list(features: Option<&str>, values: &[&str], expected: Records) {
        let features = features.map(|text| RecordExpression::parse(text).unwrap());
        let values = values.iter().map(|text| value(text)).collect();
        let columns = RecordColumns::new(features, values, None).unwrap();
        let found = match columns.shared_list() {
            Some(_) => Records::AreElements,
            None => Records::AreFoundTogether,
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn records_are_the_elements_of_a_list_that_all_expressions_go_through() {
        let elements = |features, values| check_list(features, values, Records::AreElements);
        elements(Some("[*].features"), &["[*].label"]);
        elements(Some("a.b[*][0:4]"), &["a.b[*][4]", "a.b[*].x.y"]);
        elements(None, &["a[].label"]);
        let together = |features, values| check_list(features, values, Records::AreFoundTogether);
        together(Some("a[*].features"), &["b[*].label"]);
        together(Some("a[*].features"), &["a[].label"]);
        together(Some("features"), &["label"]);
        together(Some("a[*].features"), &["a[?ok].label"]);
    }

    #[test]
    fn headers_name_every_column_once() {
        let repeated = RecordColumns::new(
            None,
            vec![value("a"), value("b")],
            Some(vec!["x".to_owned(), "x".to_owned()]),
        );
        assert_eq!(
            repeated.unwrap_err().to_string(),
            "`headers` names two columns `x`; rename one of them"
        );
        let few = RecordColumns::new(
            None,
            vec![value("a"), value("b")],
            Some(vec!["x".to_owned()]),
        );
        assert_eq!(
            few.unwrap_err(),
            InvalidRecordColumns::TooFewHeaders {
                headers: 1,
                values: 2
            }
        );
        assert_eq!(
            RecordColumns::new(None, vec![], None).unwrap_err(),
            InvalidRecordColumns::Nothing
        );
    }
}
