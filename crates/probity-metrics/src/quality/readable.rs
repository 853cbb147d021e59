//! Labels that nobody can read, left out: one record that says `maybe` must not silence the monitor
//! of a day.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, StringArray};
use probity_domain::document::model_quality_statistics::ProblemType;

use super::binary_columns::outcomes;
use super::regression::numbers;
use super::rejected::Rejected;
use super::{QualityError, QualitySettings};
use crate::summary::as_texts;

/// Labels that were left out because they are no class, or no number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnreadableLabels(Rejected);

impl UnreadableLabels {
    pub fn count(&self) -> u64 {
        self.0.count
    }

    /// The first of them, cut at 40 characters; empty where there is none.
    pub fn first(&self) -> &str {
        &self.0.first
    }

    /// As if the labels of `other` followed.
    pub fn merge(&mut self, other: &UnreadableLabels) {
        self.0.merge(&other.0);
    }
}

/// The column with its unreadable labels missing; `left_out` counts them. Where every text is a
/// class, all are readable.
pub fn readable_labels(
    column: &ArrayRef,
    settings: &QualitySettings,
    left_out: &mut UnreadableLabels,
) -> Result<ArrayRef, QualityError> {
    let mut found = Rejected::default();
    let readable: ArrayRef = match settings.problem_type {
        ProblemType::MulticlassClassification => return Ok(Arc::clone(column)),
        ProblemType::BinaryClassification if settings.positive.is_some() => {
            return Ok(Arc::clone(column));
        }
        ProblemType::BinaryClassification => {
            if outcomes(column, "label", None).is_ok() {
                return Ok(Arc::clone(column));
            }
            Arc::new(outcomes_of(&as_texts(column)?, &mut found))
        }
        ProblemType::Regression => {
            let readable = Float64Array::from(numbers(column, &mut found)?);
            if found.count == 0 {
                return Ok(Arc::clone(column));
            }
            Arc::new(readable)
        }
    };
    left_out.0.merge(&found);
    Ok(readable)
}

fn outcomes_of(texts: &ArrayRef, found: &mut Rejected) -> StringArray {
    let mut readable = |text: &str| {
        let is_readable = outcomes(&StringArray::from(vec![text]), "label", None).is_ok();
        if !is_readable {
            found.add(text);
        }
        is_readable
    };
    let texts = texts.as_string::<i32>().iter();
    texts
        .map(|text| text.filter(|text| readable(text)))
        .collect()
}

#[cfg(test)]
mod tests {
    use arrow::array::Array;

    use super::*;

    #[track_caller]
    fn check(problem_type: ProblemType, column: ArrayRef, expected: (&[bool], u64, &str)) {
        let mut left_out = UnreadableLabels::default();
        let settings = QualitySettings::new(problem_type, 0);
        let readable = readable_labels(&column, &settings, &mut left_out).unwrap();
        let is_there: Vec<bool> = (0..readable.len())
            .map(|row| readable.is_valid(row))
            .collect();
        let found = (is_there.as_slice(), left_out.count(), left_out.first());
        assert_eq!(found, expected);
    }

    fn texts(values: &[&str]) -> ArrayRef {
        Arc::new(StringArray::from(values.to_vec()))
    }

    #[test]
    fn labels_of_no_class_are_left_out_and_counted() {
        let column = texts(&["1", "maybe", "No", "2", "true"]);
        let expected = [true, false, true, false, true];
        check(
            ProblemType::BinaryClassification,
            column,
            (&expected, 2, "maybe"),
        );
        let numbers = Arc::new(Float64Array::from(vec![1.0, 0.5, 0.0]));
        check(
            ProblemType::BinaryClassification,
            numbers,
            (&[true, false, true], 1, "0.5"),
        );
    }

    #[test]
    fn labels_that_are_no_numbers_are_left_out_and_counted() {
        let column = texts(&["1.5", "n/a", "", " 2 ", "1e300"]);
        // An empty text is a missing label, and nobody's fault.
        let expected = [true, false, false, true, false];
        check(ProblemType::Regression, column, (&expected, 2, "n/a"));
    }

    #[test]
    fn every_text_is_a_class_of_its_own() {
        let column = texts(&["a", "maybe"]);
        check(
            ProblemType::MulticlassClassification,
            column,
            (&[true, true], 0, ""),
        );
    }

    #[test]
    fn of_two_parts_the_first_label_of_the_first_is_named() {
        let settings = QualitySettings::new(ProblemType::Regression, 0);
        let mut sums = UnreadableLabels::default();
        for part in [["1", "x"], ["y", "z"]] {
            let mut left_out = UnreadableLabels::default();
            readable_labels(&texts(&part), &settings, &mut left_out).unwrap();
            sums.merge(&left_out);
        }
        assert_eq!((sums.count(), sums.first()), (3, "x"));
    }
}
