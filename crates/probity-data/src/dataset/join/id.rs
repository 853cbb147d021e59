//! Ids as texts that can be compared. An id is what is written, except that a whole number written with zeros
//! after the point is the number: pandas writes `1.0` for the id 1 where the column has gaps. `01` and `1` are
//! two ids.

use std::borrow::Cow;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::error::ArrowError;

/// The ids of a column as text.
pub(super) fn texts(column: &ArrayRef) -> Result<StringArray, ArrowError> {
    let text = match column.data_type() {
        DataType::Utf8 => return Ok(column.as_string::<i32>().clone()),
        _ => cast(column, &DataType::Utf8)?,
    };
    Ok(text.as_string::<i32>().clone())
}

/// The id at `row`; `None` where it is missing.
pub(super) fn at(texts: &StringArray, row: usize) -> Option<&str> {
    (!texts.is_null(row)).then(|| same_number(texts.value(row)))
}

fn same_number(text: &str) -> &str {
    let Some((whole, zeros)) = text.split_once('.') else {
        return text;
    };
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let is_whole = !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !zeros.is_empty()
        && zeros.bytes().all(|byte| byte == b'0');
    if is_whole { whole } else { text }
}

/// An id for a message, which is not to be longer than a line.
pub(super) fn shown(id: &str) -> Cow<'_, str> {
    const SHOWN: usize = 60;
    match id.char_indices().nth(SHOWN) {
        None => Cow::Borrowed(id),
        Some((end, _)) => Cow::Owned(format!("{}…", &id[..end])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::{Float64Array, Int32Array, Int64Array};
    use std::sync::Arc;

    #[track_caller]
    fn check(column: ArrayRef, expected: &[Option<&str>]) {
        let texts = texts(&column).unwrap();
        let found: Vec<_> = (0..texts.len()).map(|row| at(&texts, row)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_whole_number_is_one_id_however_it_is_stored() {
        check(
            Arc::new(StringArray::from(vec![
                Some("1"),
                Some("1.0"),
                Some("-2.00"),
                None,
            ])),
            &[Some("1"), Some("1"), Some("-2"), None],
        );
        check(Arc::new(Int64Array::from(vec![1])), &[Some("1")]);
        check(Arc::new(Int32Array::from(vec![-2])), &[Some("-2")]);
        check(
            Arc::new(Float64Array::from(vec![Some(1.0), Some(1.5), None])),
            &[Some("1"), Some("1.5"), None],
        );
    }

    #[test]
    fn other_spellings_are_other_ids() {
        check(
            Arc::new(StringArray::from(vec![
                "01", "1.50", "1e0", "a.0", ".0", "1.", "+1",
            ])),
            &[
                Some("01"),
                Some("1.50"),
                Some("1e0"),
                Some("a.0"),
                Some(".0"),
                Some("1."),
                Some("+1"),
            ],
        );
    }
}
