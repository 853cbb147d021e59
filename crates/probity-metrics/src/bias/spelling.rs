//! What the values of a text column are. Clarify reads its data with pandas, so a whole column
//! of a CSV file has one type, and some words stand for a missing value. Source: the pandas
//! documentation of `read_csv` (`na_values`, `true_values`, type inference), version 1.5.

use super::value::Value;

/// Where the texts of a table come from, which decides what they can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Spelling {
    /// Fields of CSV: numbers, truth values and missing values are recognised.
    Csv,
    /// Values of JSON in their spelling: numbers and truth values are recognised, no word is a
    /// missing value. A number in quotes cannot be told from one without, and is a number.
    Json,
    /// Columns with types, as of Parquet: texts are texts.
    Typed,
}

/// pandas' words for a missing value.
const MISSING_WORDS: [&str; 18] = [
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A", "NA", "NULL", "NaN", "n/a", "nan", "null",
];

impl Spelling {
    pub(crate) fn is_missing(self, text: &str) -> bool {
        self == Spelling::Csv && MISSING_WORDS.contains(&text)
    }

    /// The whole number, decimal number or truth value that `text` spells; else a text.
    pub(crate) fn read(self, text: &str) -> Value {
        let as_text = || Value::Text(text.to_owned());
        match self {
            Spelling::Typed => as_text(),
            Spelling::Csv => truth(text)
                .map(Value::Boolean)
                .or_else(|| number(text.trim_ascii()))
                .unwrap_or_else(as_text),
            Spelling::Json => match text {
                "true" => Value::Boolean(true),
                "false" => Value::Boolean(false),
                _ => number(text).unwrap_or_else(as_text),
            },
        }
    }
}

/// As pandas spells truth values.
pub(crate) fn truth(text: &str) -> Option<bool> {
    match text {
        "True" | "TRUE" | "true" => Some(true),
        "False" | "FALSE" | "false" => Some(false),
        _ => None,
    }
}

/// `1`, `+1`, `007`; `1.5`, `.5`, `5.`, `1e-3`, `inf`. A decimal beyond the doubles is a text.
pub(crate) fn number(text: &str) -> Option<Value> {
    if let Ok(integer) = text.parse::<i64>() {
        return Some(Value::Integer(integer));
    }
    let double = text.parse::<f64>().ok()?;
    let has_digits = text.bytes().any(|byte| byte.is_ascii_digit());
    let is_word = double.is_nan() || (double.is_infinite() && has_digits);
    (!is_word).then_some(Value::Float(double + 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(spelling: Spelling, text: &str, expected: Value) {
        assert_eq!(spelling.read(text), expected, "`{text}`");
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn csv_is_read_as_pandas_does() {
        check(Spelling::Csv, "+1", Value::Integer(1));
        check(Spelling::Csv, " 01 ", Value::Integer(1));
        check(Spelling::Csv, "-0", Value::Integer(0));
        check(Spelling::Csv, "5.", Value::Float(5.0));
        check(Spelling::Csv, "1e3", Value::Float(1000.0));
        check(Spelling::Csv, "-Infinity", Value::Float(f64::NEG_INFINITY));
        check(Spelling::Csv, "TRUE", Value::Boolean(true));
        for other in ["1_0", "0x1F", "NAN", "T", "1e400", "", "-"] {
            check(Spelling::Csv, other, text(other));
        }
    }

    #[test]
    fn missing_words_are_those_of_csv() {
        assert!(Spelling::Csv.is_missing("NA"));
        assert!(Spelling::Csv.is_missing(""));
        assert!(!Spelling::Csv.is_missing("None"));
        assert!(!Spelling::Csv.is_missing(" NA"));
        assert!(!Spelling::Json.is_missing("NA"));
        assert!(!Spelling::Typed.is_missing(""));
    }

    #[test]
    fn json_spells_truth_in_lower_case() {
        check(Spelling::Json, "true", Value::Boolean(true));
        check(Spelling::Json, "True", text("True"));
        check(Spelling::Json, " 1", text(" 1"));
    }

    #[test]
    fn typed_texts_stay_texts() {
        check(Spelling::Typed, "1", text("1"));
    }
}
