//! JMESPath over the records of a request or an answer: which of them are to be explained, and
//! where the features of a line lie. A record of CSV is a list, of JSON Lines what its line holds,
//! as online explanations define it
//! (<https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-online-explainability-create-endpoint.html>).

use jmespath::{Rcvar, Variable};
use serde_json::{Number, Value};
use thiserror::Error;

use super::csv;
use super::media::Media;
use super::rows::{BadRecords, Cell};
use crate::dataset::{InvalidExpression, RecordExpression};
use crate::format::expression::{Tree, kind_of};
use crate::format::json::JsonScanner;

/// Why an expression did not say what was asked of records.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ApplyExpression {
    #[error(transparent)]
    Records(#[from] BadRecords),
    #[error("the model answered {found} records, and {expected} were asked")]
    Count { found: usize, expected: usize },
    #[error("`{expression}` gives {found} for record {record}, and {expected} is expected")]
    Kind {
        expression: String,
        record: usize,
        found: &'static str,
        expected: &'static str,
    },
    #[error("`{expression}` cannot be applied to record {record}: {problem}")]
    Failed {
        expression: String,
        record: usize,
        problem: String,
    },
}

/// An expression over records of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordPath {
    expression: RecordExpression,
}

impl RecordPath {
    pub fn parse(text: &str) -> Result<RecordPath, InvalidExpression> {
        let expression = RecordExpression::parse(text)?;
        Ok(RecordPath { expression })
    }

    /// Whether each of `n_records` records of an answer is meant.
    pub fn holds(
        &self,
        (media, body): (Media, &str),
        n_records: usize,
    ) -> Result<Vec<bool>, ApplyExpression> {
        let records = records(media, body)?;
        let records = match records.as_slice() {
            // Clarify takes several values in one line as a record each.
            [Value::Array(values)] if n_records > 1 && values.len() == n_records => values
                .iter()
                .map(|value| Value::Array(vec![value.clone()]))
                .collect(),
            _ => records,
        };
        if records.len() != n_records {
            return Err(ApplyExpression::Count {
                found: records.len(),
                expected: n_records,
            });
        }
        let held = records.iter().enumerate().map(|(at, record)| {
            let text = record.to_string();
            let mut tree = Tree::default();
            match &*self.search(&mut tree, (&text, at + 1))? {
                Variable::Bool(holds) => Ok(*holds),
                other => Err(self.kind((at + 1, other), "true or false")),
            }
        });
        held.collect()
    }

    /// The list that lies at the expression in each line, a line each.
    pub fn lists_of_lines(&self, body: &str) -> Result<String, ApplyExpression> {
        let mut lists = String::new();
        let lines = body.lines().filter(|line| !line.trim().is_empty());
        for (at, line) in lines.enumerate() {
            let mut tree = Tree::default();
            let found = self.search(&mut tree, (line, at + 1))?;
            match &*found {
                Variable::Array(_) | Variable::Object(_) => {
                    lists.push_str(&tree.text_of(&found).unwrap_or_default());
                    lists.push('\n');
                }
                other => return Err(self.kind((at + 1, other), "a list")),
            }
        }
        Ok(lists)
    }

    fn search<'t>(
        &self,
        tree: &mut Tree<'t>,
        (text, record): (&'t str, usize),
    ) -> Result<Rcvar, ApplyExpression> {
        let failed = |problem: String| ApplyExpression::Failed {
            expression: self.expression.as_str().to_owned(),
            record,
            problem,
        };
        let root = tree.add(&mut JsonScanner::new(text));
        let root = root.map_err(|fault| failed(fault.problem.to_owned()))?;
        self.expression.search(&root).map_err(failed)
    }

    fn kind(&self, (record, found): (usize, &Variable), expected: &'static str) -> ApplyExpression {
        ApplyExpression::Kind {
            expression: self.expression.as_str().to_owned(),
            record,
            found: kind_of(found),
            expected,
        }
    }
}

/// The records of a body as JSON values.
fn records(media: Media, body: &str) -> Result<Vec<Value>, BadRecords> {
    match media {
        Media::Csv => {
            let rows = csv::parse(body)?;
            let records = rows.cells.chunks(rows.n_columns);
            Ok(records
                .map(|record| Value::Array(record.iter().map(value_of).collect()))
                .collect())
        }
        Media::Json | Media::JsonLines => body
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(at, line)| {
                serde_json::from_str(line).map_err(|error| BadRecords::LineNotJson {
                    line: at + 1,
                    problem: error.to_string(),
                })
            })
            .collect(),
    }
}

/// A field that reads as a number is one.
fn value_of(cell: &Cell<'_>) -> Value {
    match cell {
        Cell::Missing => Value::Null,
        Cell::Truth(truth) => Value::Bool(*truth),
        Cell::Number(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
        Cell::Text(text) => {
            let number: Option<f64> = text.trim().parse().ok();
            match number.and_then(Number::from_f64) {
                Some(number) => Value::Number(number),
                None => Value::String(text.to_string()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expression: &str, media: Media, (body, n): (&str, usize), expected: &[bool]) {
        let path = RecordPath::parse(expression).unwrap();
        assert_eq!(path.holds((media, body), n).unwrap(), expected);
    }

    /// The examples of Amazon's page.
    #[test]
    fn the_documented_expressions_choose_records() {
        check("`true`", Media::Csv, ("0.1\n0.9\n", 2), &[true, true]);
        check("`false`", Media::Csv, ("0.1\n", 1), &[false]);
        check(
            "[1]>`0.5`",
            Media::Csv,
            ("1,0.6\n0,0.4\n", 2),
            &[true, false],
        );
        check(
            "probability>`0.5`",
            Media::JsonLines,
            ("{\"probability\":0.6}\n{\"probability\":0.4}\n", 2),
            &[true, false],
        );
        check(
            "!contains(probabilities[:-1], max(probabilities))",
            Media::JsonLines,
            (
                "{\"probabilities\":[0.1,0.6]}\n{\"probabilities\":[0.6,0.1]}",
                2,
            ),
            &[true, false],
        );
    }

    #[test]
    fn several_values_in_one_line_are_a_record_each() {
        check("[0]>`0.5`", Media::Csv, ("0.6,0.3", 2), &[true, false]);
    }

    #[test]
    fn what_is_neither_true_nor_false_is_refused() {
        let path = RecordPath::parse("[0]").unwrap();
        let error = path.holds((Media::Csv, "0.6"), 1).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`[0]` gives a number for record 1, and true or false is expected"
        );
        let error = path.holds((Media::Csv, "0.6"), 2).unwrap_err();
        assert!(matches!(error, ApplyExpression::Count { .. }));
        assert!(RecordPath::parse("[0").is_err());
    }

    #[test]
    fn features_are_found_in_each_line() {
        let path = RecordPath::parse("data.features").unwrap();
        let body = "{\"data\":{\"features\":[1,\"a\"]}}\n\n{\"data\":{\"features\":[2.50,null]}}\n";
        assert_eq!(
            path.lists_of_lines(body).unwrap(),
            "[1,\"a\"]\n[2.50,null]\n"
        );
        assert!(path.lists_of_lines("{}").is_err());
    }
}
