//! The rows of a binary classifier as its columns hold them: which label is positive, which
//! probability is usable.

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};

use super::QualityError;
use super::labels::{class_name, for_each_class};
use super::outcome::Outcome;
use crate::summary::{TextValue, UpdateSummary, as_texts};

/// `None` for a missing value.
pub(crate) fn outcomes(
    column: &dyn Array,
    role: &'static str,
    positive: Option<&str>,
) -> Result<Vec<Option<Outcome>>, QualityError> {
    let mut outcomes = Vec::with_capacity(column.len());
    if positive.is_none() && has_quick_numbers(column.data_type()) {
        read_numbers(column, role, &mut outcomes)?;
        return Ok(outcomes);
    }
    let class_of = |text: &str| outcome_of(text, role, positive);
    for_each_class(column, class_of, |outcome| outcomes.push(outcome.copied()))?;
    Ok(outcomes)
}

fn outcome_of(
    text: &str,
    role: &'static str,
    positive: Option<&str>,
) -> Result<Option<Outcome>, QualityError> {
    let class = class_name(text);
    if class.is_empty() {
        return Ok(None);
    }
    match (positive, class.as_ref()) {
        (Some(positive), class) => Ok(Some(Outcome::when(|| class == positive))),
        (None, "1" | "true") => Ok(Some(Outcome::Positive)),
        (None, "0" | "false") => Ok(Some(Outcome::Negative)),
        (None, _) => Err(QualityError::NeitherClass {
            role,
            value: text.to_owned(),
        }),
    }
}

fn has_quick_numbers(data_type: &DataType) -> bool {
    data_type.is_integer() || matches!(data_type, DataType::Float64 | DataType::Float32)
}

fn read_numbers(
    column: &dyn Array,
    role: &'static str,
    outcomes: &mut Vec<Option<Outcome>>,
) -> Result<(), QualityError> {
    let numbers = cast(column, &DataType::Float64).map_err(|_| unsupported(column))?;
    for value in numbers.as_primitive::<Float64Type>() {
        outcomes.push(match value {
            None => None,
            Some(value) if value.is_nan() => None,
            Some(value) if value.to_bits() == 1.0_f64.to_bits() => Some(Outcome::Positive),
            Some(value) if (value + 0.0).to_bits() == 0 => Some(Outcome::Negative),
            Some(value) => {
                let value = value.to_string();
                return Err(QualityError::NeitherClass { role, value });
            }
        });
    }
    Ok(())
}

fn unsupported(column: &dyn Array) -> QualityError {
    QualityError::Column(UpdateSummary::UnsupportedType {
        data_type: column.data_type().to_string(),
    })
}

/// A cell of a column of numbers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Number {
    Missing,
    Present(f64),
    /// A text that is no number.
    Unreadable(String),
}

/// The numbers of a column; NaN of a typed column is present, the empty text is missing.
pub(crate) fn for_each_number(
    column: &dyn Array,
    mut use_number: impl FnMut(Number),
) -> Result<(), QualityError> {
    let data_type = column.data_type();
    let is_number = data_type.is_numeric() || *data_type == DataType::Boolean;
    if is_number {
        let numbers = cast(column, &DataType::Float64).map_err(|_| unsupported(column))?;
        for value in numbers.as_primitive::<Float64Type>() {
            use_number(value.map_or(Number::Missing, Number::Present));
        }
        return Ok(());
    }
    let texts = as_texts(column)?;
    for text in texts.as_string::<i32>() {
        use_number(text.map_or(Number::Missing, number_of));
    }
    Ok(())
}

/// A number in any spelling that a program may write, in quotes or not.
fn number_of(text: &str) -> Number {
    if let TextValue::Integral(value) | TextValue::Fractional(value) = TextValue::of(text) {
        return Number::Present(value);
    }
    let mut plain = text.trim();
    if let Some(inner) = plain
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    {
        plain = inner.trim();
    }
    if plain.is_empty() {
        return Number::Missing;
    }
    match plain.parse() {
        Ok(value) => Number::Present(value),
        Err(_) => Number::Unreadable(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::Outcome::{Negative, Positive};
    use super::*;
    use arrow::array::{BooleanArray, Float64Array, StringArray};

    #[track_caller]
    fn check(column: &dyn Array, positive: Option<&str>, expected: &[Option<Outcome>]) {
        assert_eq!(outcomes(column, "label", positive).unwrap(), expected);
    }

    #[test]
    fn one_and_true_are_positive_however_they_are_spelled() {
        let texts = StringArray::from(vec![Some("1"), Some("0.0"), Some("\"1\""), None, Some("")]);
        check(
            &texts,
            None,
            &[Some(Positive), Some(Negative), Some(Positive), None, None],
        );
        let numbers = Float64Array::from(vec![1.0, 0.0, f64::NAN]);
        check(&numbers, None, &[Some(Positive), Some(Negative), None]);
        check(
            &BooleanArray::from(vec![true, false]),
            None,
            &[Some(Positive), Some(Negative)],
        );
    }

    #[test]
    fn a_named_class_is_positive_and_every_other_is_not() {
        let texts = StringArray::from(vec!["yes", "no", "maybe"]);
        check(
            &texts,
            Some("yes"),
            &[Some(Positive), Some(Negative), Some(Negative)],
        );
        let numbers = Float64Array::from(vec![2.0, 1.0]);
        check(&numbers, Some("2"), &[Some(Positive), Some(Negative)]);
    }

    #[test]
    fn a_class_that_is_neither_is_named() {
        let texts = StringArray::from(vec!["1", "yes"]);
        let error = outcomes(&texts, "label", None).unwrap_err();
        assert!(error.to_string().contains("label `yes`"), "{error}");
        let numbers = Float64Array::from(vec![0.25]);
        let error = outcomes(&numbers, "prediction", None).unwrap_err();
        assert!(error.to_string().contains("prediction `0.25`"), "{error}");
    }

    #[test]
    fn numbers_are_read_in_every_spelling() {
        let expected = [("0.5", 0.5), (" .5 ", 0.5), ("\"1e-3\"", 0.001), ("1", 1.0)];
        for (text, value) in expected {
            assert_eq!(number_of(text), Number::Present(value));
        }
        assert_eq!(number_of(" "), Number::Missing);
        assert_eq!(number_of("x"), Number::Unreadable("x".to_owned()));
    }
}
