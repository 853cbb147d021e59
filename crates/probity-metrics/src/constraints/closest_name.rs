//! The name that was probably meant.

/// The name that differs in case alone, or by at most two letters put in, left out or
/// changed; of several the closest, then the first.
pub(crate) fn closest_name<'a>(
    name: &str,
    names: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    names
        .map(|known| (letters_apart(&wanted, &known.to_lowercase()), known))
        .filter(|(apart, _)| *apart <= 2)
        .min_by_key(|(apart, _)| *apart)
        .map(|(_, known)| known)
}

/// Levenshtein's distance (1965).
fn letters_apart(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::closest_name;

    #[track_caller]
    fn check(name: &str, expected: Option<&str>) {
        let names = ["income", "Age", "page", "x"];
        assert_eq!(closest_name(name, names.into_iter()), expected);
    }

    #[test]
    fn small_slips_are_forgiven() {
        check("age", Some("Age"));
        check("incme", Some("income"));
        check("incomes", Some("income"));
    }

    #[test]
    fn other_words_are_not_guessed_at() {
        check("height", None);
    }
}
