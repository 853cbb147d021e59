//! Which values of a column belong to a group: the listed ones, or those above a threshold.
//! Clarify's rules, measured on its Python library.

use super::detection::{ColumnType, SeriesKind, TypedColumn, as_number, larger};
use super::group_error::GroupError;
use super::spelling::{number, truth};
use super::value::{Value, python_float};

/// Some of the distinct values of a column.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    pub kind: SeriesKind,
    /// As the documents name it: the listed values joined by `,`, or the interval.
    pub value_or_threshold: String,
    members: Members,
}

#[derive(Clone, Debug, PartialEq)]
enum Members {
    /// By the place of a distinct value.
    Listed(Vec<bool>),
    One(usize),
}

impl Selection {
    /// Whether it holds the value at this place of [`TypedColumn::distinct`]; a missing value
    /// is in no group.
    pub fn contains(&self, place: Option<usize>) -> bool {
        match (&self.members, place) {
            (_, None) => false,
            (Members::Listed(members), Some(place)) => members[place],
            (Members::One(member), Some(place)) => *member == place,
        }
    }

    /// One group per distinct value, in order of first appearance.
    pub(crate) fn each(column: &TypedColumn) -> Vec<Selection> {
        let one = |(place, (value, _)): (usize, &(Value, u64))| Selection {
            kind: SeriesKind::Categorical,
            value_or_threshold: value.to_string(),
            members: Members::One(place),
        };
        column.distinct().iter().enumerate().map(one).collect()
    }

    /// The listed values, or the interval from the one listed threshold to the maximum of the
    /// column; to `maximum` if that is larger.
    pub(crate) fn of(
        column: &TypedColumn,
        listed: &[Value],
        maximum: Option<Value>,
    ) -> Result<Selection, GroupError> {
        match (column.kind(listed.len()), listed) {
            (SeriesKind::Continuous, [threshold]) => above(column, threshold, maximum),
            _ => Ok(Selection {
                kind: SeriesKind::Categorical,
                value_or_threshold: joined(listed),
                members: Members::Listed(matching(column, listed)?),
            }),
        }
    }
}

pub(crate) fn joined(listed: &[Value]) -> String {
    let texts: Vec<String> = listed.iter().map(Value::to_string).collect();
    texts.join(",")
}

/// The distinct values that equal a listed one. If there are none, listed values are read as
/// values of the column's type, so that `"1"` finds 1 and 1 finds `"1"`.
pub(crate) fn matching(column: &TypedColumn, listed: &[Value]) -> Result<Vec<bool>, GroupError> {
    let find = |listed: &[Value]| -> Vec<bool> {
        let is_listed = |value: &Value| listed.iter().any(|listed| listed.equals(value));
        let distinct = column.distinct().iter();
        distinct.map(|(value, _)| is_listed(value)).collect()
    };
    let found = find(listed);
    if found.contains(&true) {
        return Ok(found);
    }
    let converted: Vec<Value> = listed
        .iter()
        .map(|value| converted(value, column))
        .collect::<Result<_, _>>()?;
    Ok(find(&converted))
}

fn converted(value: &Value, column: &TypedColumn) -> Result<Value, GroupError> {
    let converted = match (column.column_type(), value) {
        (ColumnType::Text, _) => Some(Value::Text(value.to_string())),
        (ColumnType::Integer | ColumnType::Float, Value::Text(text)) => number(text.trim_ascii()),
        // `bool("False")` is true in Python, and the service then takes the wrong group.
        (ColumnType::Boolean, Value::Text(text)) => truth(text)
            .map(Value::Boolean)
            .or_else(|| number(text).filter(is_truth)),
        (ColumnType::Boolean, _) if !is_truth(value) => None,
        _ => Some(value.clone()),
    };
    converted.ok_or_else(|| GroupError::OtherType {
        column: column.name().to_owned(),
        value: value.to_string(),
        column_type: column.column_type(),
        examples: examples(column),
    })
}

fn is_truth(value: &Value) -> bool {
    matches!(value.number(), Some(0.0 | 1.0))
}

/// Values that would be right.
fn examples(column: &TypedColumn) -> String {
    let of_column = column.distinct().iter().take(3);
    let texts: Vec<String> = of_column.map(|(value, _)| value.to_string()).collect();
    texts.join("`, `")
}

/// `(threshold, maximum]`. With a threshold beyond the maximum the interval is turned round
/// and holds nothing; there is none where the threshold equals the maximum's *absolute* value
/// (measured: a threshold of 22 with a maximum of -22).
fn above(
    column: &TypedColumn,
    threshold: &Value,
    maximum: Option<Value>,
) -> Result<Selection, GroupError> {
    let threshold = match threshold {
        Value::Text(text) => text.trim_ascii().parse().ok().map(Value::Float),
        Value::Boolean(value) => Some(Value::Integer(i64::from(*value))),
        Value::Integer(_) | Value::Float(_) => Some(threshold.clone()),
    };
    let threshold = threshold
        .filter(|threshold| threshold.number().is_some_and(|number| !number.is_nan()))
        .ok_or_else(|| GroupError::ThresholdIsNoNumber {
            column: column.name().to_owned(),
        })?;
    let maximum = [column.maximum(), maximum]
        .into_iter()
        .flatten()
        .reduce(larger)
        .unwrap_or_else(|| threshold.clone());

    let (from, to) = (number_of(&threshold), number_of(&maximum));
    #[expect(clippy::float_cmp, reason = "the same number, or an interval")]
    let is_empty = from == to.abs();
    let (low, high) = (from.min(to), from.max(to));
    let is_inside = |value: &Value| {
        let number = as_number(value).and_then(|number| number.number());
        !is_empty && number.is_some_and(|number| low < number && number <= high)
    };
    let distinct = column.distinct().iter();
    Ok(Selection {
        kind: SeriesKind::Continuous,
        value_or_threshold: if is_empty {
            String::new()
        } else {
            interval_text(threshold, maximum)
        },
        members: Members::Listed(distinct.map(|(value, _)| is_inside(value)).collect()),
    })
}

/// Of a threshold or maximum, which are numbers.
fn number_of(value: &Value) -> f64 {
    value.number().unwrap_or(f64::NAN)
}

/// Whole numbers only where both are, as an array of pandas has one type.
fn interval_text(threshold: Value, maximum: Value) -> String {
    let (low, high) = if number_of(&threshold) <= number_of(&maximum) {
        (threshold, maximum)
    } else {
        (maximum, threshold)
    };
    match (&low, &high) {
        (Value::Integer(low), Value::Integer(high)) => format!("({low}, {high}]"),
        _ => {
            let text = |value: &Value| python_float(number_of(value));
            format!("({}, {}]", text(&low), text(&high))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, StringArray, StructArray};

    use super::*;
    use crate::bias::joint_counts::JointCounts;
    use crate::bias::spelling::Spelling;
    use crate::summary::Summary;

    fn column(values: &[&str]) -> TypedColumn {
        let values: ArrayRef = Arc::new(StringArray::from(values.to_vec()));
        let mut counts = JointCounts::default();
        let batch = StructArray::try_from(vec![("x", values)]).unwrap();
        counts.update(&batch).unwrap();
        TypedColumn::new(&counts, 0, Spelling::Csv)
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    /// The name of the group and its members among `values`.
    #[track_caller]
    fn check(values: &[&str], listed: &[Value], expected: (&str, &[&str])) {
        let column = column(values);
        let selection = Selection::of(&column, listed, None).unwrap();
        let members = (0..column.distinct().len())
            .filter(|place| selection.contains(Some(*place)))
            .map(|place| column.distinct()[place].0.to_string());
        let members: Vec<String> = members.collect();
        assert_eq!(selection.value_or_threshold, expected.0);
        assert_eq!(members, expected.1);
    }

    const MANY_ZEROS_AND_ONES: [&str; 42] = {
        let mut values = ["0"; 42];
        values[0] = "1";
        values
    };

    #[test]
    fn a_group_above_a_threshold_goes_up_to_the_maximum() {
        let ages = ["23", "40", "58"];
        check(&ages, &[Value::Integer(40)], ("(40, 58]", &["58"]));
        check(&ages, &[Value::Float(40.0)], ("(40.0, 58.0]", &["58"]));
        check(&ages, &[text("39.5")], ("(39.5, 58.0]", &["40", "58"]));
        check(
            &["0.5", "1"],
            &[Value::Integer(0)],
            ("(0.0, 1.0]", &["0.5", "1.0"]),
        );
    }

    #[test]
    fn a_threshold_at_or_above_the_maximum_holds_nothing() {
        check(&["23", "58"], &[Value::Integer(58)], ("", &[]));
        check(&["23", "58"], &[Value::Integer(70)], ("(58, 70]", &[]));
    }

    #[test]
    fn the_maximum_is_compared_without_its_sign() {
        check(&["-40", "-22"], &[Value::Integer(22)], ("", &[]));
        check(
            &["-50", "-22"],
            &[Value::Integer(-40)],
            ("(-40, -22]", &["-22"]),
        );
    }

    #[test]
    fn listed_values_find_those_of_another_type() {
        let ones = &MANY_ZEROS_AND_ONES;
        check(ones, &[text("1")], ("1", &["1"]));
        check(ones, &[Value::Float(1.0)], ("1.0", &["1"]));
        check(ones, &[text("1.0")], ("1.0", &["1"]));
        check(&["1", "x"], &[Value::Integer(1)], ("1", &["1"]));
        check(&["true", "false"], &[text("False")], ("False", &["False"]));
        check(&["true", "false"], &[Value::Integer(0)], ("0", &["False"]));
    }

    #[test]
    fn listed_values_that_are_absent_make_an_empty_group() {
        check(&MANY_ZEROS_AND_ONES, &[Value::Integer(7)], ("7", &[]));
        check(&["F", "M"], &[text("X"), text("F")], ("X,F", &["F"]));
    }

    #[track_caller]
    fn check_refused(values: &[&str], listed: &[Value], expected: &str) {
        let refusal = Selection::of(&column(values), listed, None);
        assert_eq!(refusal.unwrap_err().to_string(), expected);
    }

    #[test]
    fn a_value_of_the_wrong_type_is_named_with_what_would_be_right() {
        check_refused(
            &MANY_ZEROS_AND_ONES,
            &[text("abc")],
            "`abc` cannot be a value of column `x`, which holds whole numbers: list values such as `1`, `0`",
        );
        check_refused(
            &["true", "false"],
            &[text("abc")],
            "`abc` cannot be a value of column `x`, which holds true/false: list values such as `True`, `False`",
        );
    }

    #[test]
    fn a_threshold_must_be_a_number() {
        check_refused(
            &["1", "2", "3"],
            &[text("abc")],
            "column `x` holds numbers: it is cut by one threshold, which must be a number",
        );
    }
}
