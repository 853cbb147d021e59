//! Exact counts of every value, for columns with few of them.

use super::frequent::FrequentTable;
use super::kept::Kept;

/// Most values of a categorical column. Deequ's `DEFAULT_CARDINALITY_THRESHOLD`, above which
/// its profiles, and so SageMaker's files, have no histogram of values.
pub const MOST_CATEGORIES: usize = 120;

/// By falling count, then by value; `None` when the table holds too many values or texts too
/// long to be kept whole. The caller knows that the table has dropped nothing.
pub(crate) fn exact_categories(table: &FrequentTable) -> Option<Vec<(String, u64)>> {
    let is_cut = |kept: Kept| matches!(kept, Kept::Text { is_cut: true, .. });
    if table.len() > MOST_CATEGORIES || table.entries().iter().any(|entry| is_cut(entry.kept)) {
        return None;
    }
    let mut counts: Vec<(String, u64)> = table
        .entries()
        .iter()
        .map(|entry| (table.text(entry), entry.count))
        .collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Some(counts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::hash::hash_text;

    fn table(texts: impl Iterator<Item = String>) -> FrequentTable {
        let mut table = FrequentTable::default();
        for text in texts {
            table.insert_text(hash_text(&text), &text, 1 + text.len() as u64 % 2);
        }
        table
    }

    #[test]
    fn categories_fall_by_count_and_then_by_value() {
        let found = exact_categories(&table(["bb", "a", "c"].map(String::from).into_iter()));
        let expected = [("a", 2), ("c", 2), ("bb", 1)].map(|(text, n)| (text.to_owned(), n));
        assert_eq!(found, Some(expected.to_vec()));
    }

    #[test]
    fn one_value_too_many_ends_them() {
        let of = |n: usize| exact_categories(&table((0..n).map(|i| i.to_string())));
        assert_eq!(
            of(MOST_CATEGORIES).map(|found| found.len()),
            Some(MOST_CATEGORIES)
        );
        assert_eq!(of(MOST_CATEGORIES + 1), None);
    }

    #[test]
    fn a_text_too_long_to_keep_ends_them() {
        assert_eq!(
            exact_categories(&table(std::iter::once("x".repeat(10_000)))),
            None
        );
    }
}
