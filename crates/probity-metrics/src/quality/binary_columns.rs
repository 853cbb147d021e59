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
    let read = if positive.is_none() && has_quick_numbers(column.data_type()) {
        read_numbers(column, &mut outcomes)
    } else {
        let class_of = |text: &str| outcome_of(text, positive);
        for_each_class(column, class_of, |outcome| outcomes.push(outcome.copied()))
    };
    match read {
        Ok(()) => Ok(outcomes),
        Err(ReadOutcome::Column(error)) => Err(error.into()),
        Err(ReadOutcome::Neither(value)) => Err(QualityError::NeitherClass {
            role,
            found: values_to_name(column, value),
        }),
    }
}

/// Why a column has no outcomes.
enum ReadOutcome {
    Column(UpdateSummary),
    /// The first class that is not known.
    Neither(String),
}

impl From<UpdateSummary> for ReadOutcome {
    fn from(error: UpdateSummary) -> Self {
        Self::Column(error)
    }
}

/// As many values of a column as an error names.
const VALUES_TO_NAME: usize = 3;

/// Texts in an error are cut here, in characters.
const LONGEST_EXAMPLE: usize = 40;

/// The unknown class, then others in order of first appearance.
fn values_to_name(column: &dyn Array, unknown: String) -> String {
    let mut named = vec![unknown];
    let mut more = false;
    let class_of = |text: &str| -> Result<Option<()>, UpdateSummary> {
        let class = class_name(text);
        let is_new = !class.is_empty() && !named.iter().any(|name| *name == class);
        if is_new && named.len() < VALUES_TO_NAME {
            named.push(class.into_owned());
        } else {
            more |= is_new;
        }
        Ok(None)
    };
    // The column was read before; what cannot be read again is left out of the examples.
    let _ = for_each_class(column, class_of, |_| {});
    let short = |name: &String| {
        let short: String = name.chars().take(LONGEST_EXAMPLE).collect();
        format!("`{short}`")
    };
    let names: Vec<String> = named.iter().map(short).collect();
    names.join(", ") + if more { " and others" } else { "" }
}

fn outcome_of(text: &str, positive: Option<&str>) -> Result<Option<Outcome>, ReadOutcome> {
    let class = class_name(text);
    if class.is_empty() {
        return Ok(None);
    }
    if let Some(positive) = positive {
        return Ok(Some(Outcome::when(|| class == positive)));
    }
    match class.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" => Ok(Some(Outcome::Positive)),
        "0" | "false" | "no" => Ok(Some(Outcome::Negative)),
        _ => Err(ReadOutcome::Neither(class.into_owned())),
    }
}

fn has_quick_numbers(data_type: &DataType) -> bool {
    data_type.is_integer() || matches!(data_type, DataType::Float64 | DataType::Float32)
}

fn read_numbers(
    column: &dyn Array,
    outcomes: &mut Vec<Option<Outcome>>,
) -> Result<(), ReadOutcome> {
    let numbers = cast(column, &DataType::Float64).map_err(|_| unsupported(column))?;
    for value in numbers.as_primitive::<Float64Type>() {
        outcomes.push(match value {
            None => None,
            Some(value) if value.is_nan() => None,
            Some(value) if value.to_bits() == 1.0_f64.to_bits() => Some(Outcome::Positive),
            Some(value) if (value + 0.0).to_bits() == 0 => Some(Outcome::Negative),
            Some(value) => return Err(ReadOutcome::Neither(value.to_string())),
        });
    }
    Ok(())
}

fn unsupported(column: &dyn Array) -> UpdateSummary {
    UpdateSummary::UnsupportedType {
        data_type: column.data_type().to_string(),
    }
}

/// A cell of a column of numbers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Number {
    Missing,
    Present(f64),
    /// A text that is no number.
    Unreadable(String),
}

impl Number {
    /// NaN is how many programs write that there is no number.
    pub(crate) fn is_missing(&self) -> bool {
        match self {
            Self::Missing => true,
            Self::Present(value) => value.is_nan(),
            Self::Unreadable(_) => false,
        }
    }
}

/// The numbers of a column; NaN is present, the empty text is missing.
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
        let found = |column: &dyn Array| outcomes(column, "label", None).unwrap_err().to_string();
        let texts = StringArray::from(vec!["1", "good", "bad", "good", ""]);
        let error = found(&texts);
        assert!(error.contains("found `good`, `1`, `bad`, known"), "{error}");
        assert!(error.contains("`--positive`"), "{error}");
        assert!(error.contains("multiclass"), "{error}");
        let texts = StringArray::from(vec!["a", "b", "c", "d"]);
        let error = found(&texts);
        assert!(
            error.contains("found `a`, `b`, `c` and others, known"),
            "{error}"
        );
        let error = found(&Float64Array::from(vec![1.0, 0.25]));
        assert!(error.contains("found `0.25`, `1`, known"), "{error}");
    }

    #[test]
    fn yes_and_no_are_known_in_any_case() {
        let texts = StringArray::from(vec!["yes", "No", "YES", "no ", "False"]);
        check(
            &texts,
            None,
            &[
                Some(Positive),
                Some(Negative),
                Some(Positive),
                Some(Negative),
                Some(Negative),
            ],
        );
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
