//! Columns whose values may not be seen: each is replaced by a hash before anything is counted.
//!
//! The hash is the first 64 bits of SHA-256 of the value's text, of a number the text that an
//! open column would show. It hides values that cannot
//! be guessed; it is no protection for a column of few known values, whose hashes anyone can
//! compute.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use sha2::{Digest, Sha256};

use super::UpdateSummary;
use super::column::ColumnSummary;
use super::column_texts::as_texts;
use super::hash::hash_text;

/// What every redacted value starts with.
pub const REDACTED_PREFIX: &str = "redacted:";

pub(crate) fn update(summary: &mut ColumnSummary, column: &dyn Array) -> Result<(), UpdateSummary> {
    let texts = as_texts(column)?;
    let texts = texts.as_string::<i32>();
    summary.is_redacted = true;
    summary.lengths = super::lengths::Lengths::default();
    summary.end_numbers();
    let n_missing = texts.null_count() as u64;
    // Only NaN becomes null on the way to a text.
    summary.n_nan += n_missing.saturating_sub(column.logical_null_count() as u64);
    summary.update_missing(n_missing);
    for text in texts.iter().flatten() {
        let redacted = redacted_text(text);
        summary.types.string += 1;
        summary.values.add_text(hash_text(&redacted), &redacted, 1);
    }
    Ok(())
}

/// The column with every value replaced by [`redacted_text`] of it.
pub fn redacted_texts(column: &dyn Array) -> Result<ArrayRef, UpdateSummary> {
    let texts = as_texts(column)?;
    let redacted: StringArray = texts
        .as_string::<i32>()
        .iter()
        .map(|text| text.map(redacted_text))
        .collect();
    Ok(Arc::new(redacted))
}

/// `redacted:` and sixteen hexadecimal digits.
pub fn redacted_text(text: &str) -> String {
    let mut redacted = String::with_capacity(REDACTED_PREFIX.len() + 16);
    redacted.push_str(REDACTED_PREFIX);
    for byte in Sha256::digest(text.as_bytes()).iter().take(8) {
        write!(redacted, "{byte:02x}").expect("a string takes any text");
    }
    redacted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_of_the_text() {
        // SHA-256 of "abc", FIPS 180-4.
        assert_eq!(redacted_text("abc"), "redacted:ba7816bf8f01cfea");
    }
}
