//! Classes as columns spell them. `1`, `1.0`, `"1"` and ` 1` are one class: a model that
//! answers in JSON spells its predictions otherwise than the file with the labels, which
//! in SageMaker makes every metric of a multiclass monitor 0.0
//! (aws/sagemaker-python-sdk issue 2953).

use std::borrow::Cow;

use arrow::array::{Array, AsArray};

use crate::summary::{TextValue, UpdateSummary, as_texts, double_text};

/// Whole numbers from here on are not all doubles.
const LARGEST_WHOLE: f64 = 9_007_199_254_740_992.0;

/// Spellings that are compared before a map is asked; most columns have fewer.
const FEW: usize = 8;

/// The class that a text spells; empty where there is none.
pub(crate) fn class_name(text: &str) -> Cow<'_, str> {
    let mut plain = text.trim();
    if let Some(inner) = plain
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    {
        plain = inner.trim();
    }
    match TextValue::of(plain) {
        TextValue::Integral(value) | TextValue::Fractional(value) => number_name(value, plain),
        TextValue::Boolean => Cow::Borrowed(plain),
        TextValue::String if plain.eq_ignore_ascii_case("true") => Cow::Borrowed("true"),
        TextValue::String if plain.eq_ignore_ascii_case("false") => Cow::Borrowed("false"),
        TextValue::String => Cow::Borrowed(plain),
    }
}

fn number_name(value: f64, plain: &str) -> Cow<'_, str> {
    if value.abs() >= LARGEST_WHOLE {
        return Cow::Borrowed(plain);
    }
    // Adding zero turns −0.0 into 0.0.
    let text = double_text(value + 0.0);
    let whole = text.strip_suffix(".0").map(str::to_owned);
    let name = whole.unwrap_or(text);
    if name == plain {
        Cow::Borrowed(plain)
    } else {
        Cow::Owned(name)
    }
}

/// Calls `use_class` for each row with the class that `class_of` makes of its text; `None`
/// for a missing value. Every spelling is looked at once.
pub(crate) fn for_each_class<C: Clone, E: From<UpdateSummary>>(
    column: &dyn Array,
    mut class_of: impl FnMut(&str) -> Result<Option<C>, E>,
    mut use_class: impl FnMut(Option<&C>),
) -> Result<(), E> {
    let texts = as_texts(column)?;
    let texts = texts.as_string::<i32>();
    let mut seen: Vec<(String, Option<C>)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for text in texts {
        let Some(text) = text else {
            use_class(None);
            continue;
        };
        let few = &seen[..seen.len().min(FEW)];
        let place = few.iter().position(|(spelling, _)| spelling == text);
        let place = match place.or_else(|| places.get(text).copied()) {
            Some(place) => place,
            None => {
                let class = class_of(text)?;
                places.insert(text.to_owned(), seen.len());
                seen.push((text.to_owned(), class));
                seen.len() - 1
            }
        };
        use_class(seen[place].1.as_ref());
    }
    Ok(())
}

/// Puts classes into the order of their numbers when all are numbers, else of their texts.
pub(crate) fn sort_classes(classes: &mut [String]) {
    let numbers: Option<Vec<f64>> = classes.iter().map(|class| class.parse().ok()).collect();
    if numbers.is_none() {
        classes.sort();
        return;
    }
    let number = |class: &String| class.parse::<f64>().unwrap_or(f64::NAN);
    classes.sort_by(|a, b| number(a).total_cmp(&number(b)).then_with(|| a.cmp(b)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(class_name(text), expected);
    }

    #[test]
    fn spellings_of_one_number_are_one_class() {
        for text in ["1", "1.0", "\"1\"", " 1", "1e0", "01", "\"1.0\"", "+1"] {
            check(text, "1");
        }
        check("0.50", "0.5");
        check("-0", "0");
        check("2.5e1", "25");
    }

    #[test]
    fn numbers_beyond_the_whole_doubles_stay_apart() {
        check("9007199254740993", "9007199254740993");
    }

    #[test]
    fn truth_is_spelled_small() {
        check("True", "true");
        check("FALSE", "false");
    }

    #[test]
    fn other_texts_lose_quotes_and_blanks_only() {
        check(" \"Cat \"", "Cat");
        check("cat", "cat");
        check("\"", "\"");
        check("", "");
    }

    #[test]
    fn classes_that_are_numbers_stand_in_their_order() {
        let mut classes = ["10", "9", "-1"].map(str::to_owned);
        sort_classes(&mut classes);
        assert_eq!(classes, ["-1", "9", "10"]);
        let mut classes = ["b", "10", "9"].map(str::to_owned);
        sort_classes(&mut classes);
        assert_eq!(classes, ["10", "9", "b"]);
    }
}
