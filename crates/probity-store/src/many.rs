//! Statements that ask for many rows by their names.

/// Names that one statement asks for.
pub(crate) const NAMES: usize = 400;

/// `$3, $4, $5` for three that begin with the third.
pub(crate) fn places(first: usize, count: usize) -> String {
    let places: Vec<String> = (first..first + count).map(|at| format!("${at}")).collect();
    places.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_follow_each_other() {
        assert_eq!(places(3, 3), "$3, $4, $5");
        assert_eq!(places(1, 0), "");
    }
}
