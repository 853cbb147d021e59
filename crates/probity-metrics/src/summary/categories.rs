//! Exact counts of every value, for columns with few of them.

use super::frequent::FrequentTable;

/// Most values of a categorical column. Deequ's `DEFAULT_CARDINALITY_THRESHOLD`, above which
/// its profiles, and so SageMaker's files, have no histogram of values.
pub const MOST_CATEGORIES: usize = 120;

/// By falling count, then by value; `None` when the table holds too many values. The caller
/// knows that the table has dropped nothing.
pub(crate) fn exact_categories(table: &FrequentTable) -> Option<Vec<(String, u64)>> {
    if table.len() > MOST_CATEGORIES {
        return None;
    }
    let mut counts: Vec<(String, u64)> = table
        .entries()
        .iter()
        .map(|entry| (table.display(entry), entry.count))
        .collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Some(counts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::frequent::category_name;
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
    fn long_texts_are_categories_under_their_names() {
        let texts = ["1", "2"].map(|end| "x".repeat(10_000) + end);
        let found = exact_categories(&table(texts.clone().into_iter())).unwrap();
        let mut names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let mut expected = texts.each_ref().map(|text| category_name(text));
        expected.sort_unstable();
        assert_eq!(names, expected);
    }
}
