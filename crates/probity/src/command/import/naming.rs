//! What schedules of a bucket are called here: as their folders, or as `--as OLD=NEW` says, where
//! OLD is the folder's name, or `ENDPOINT/SCHEDULE` where several endpoints have one of that name.

use std::collections::BTreeSet;

use crate::exit::Usage;

/// As the service has it for names of schedules, endpoints and variants:
/// `[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}`, and no longer than that.
const LONGEST_NAME: usize = 63;

#[derive(Debug)]
pub(super) struct Naming<'a> {
    renamed: &'a [(String, String)],
    used: BTreeSet<&'a str>,
}

impl<'a> Naming<'a> {
    pub(super) fn of(renamed: &'a [(String, String)]) -> Result<Naming<'a>, Usage> {
        match renamed.iter().find(|(_, new)| !is_name(new)) {
            Some((old, new)) => Err(Usage(format!(
                "--as {old}={new}: `{new}` is no name of a schedule ({RULE})"
            ))),
            None => Ok(Naming {
                renamed,
                used: BTreeSet::new(),
            }),
        }
    }

    pub(super) fn name(&mut self, (endpoint, schedule): (&str, &str)) -> String {
        let whole = format!("{endpoint}/{schedule}");
        let given = |wanted: &str| self.renamed.iter().find(|(old, _)| old == wanted);
        match given(&whole).or_else(|| given(schedule)) {
            Some((old, new)) => {
                self.used.insert(old);
                new.clone()
            }
            None => schedule.to_owned(),
        }
    }

    /// A renaming of nothing is a mistake in typing, and would import under the wrong name.
    pub(super) fn check_used(&self) -> Result<(), Usage> {
        let mut olds = self.renamed.iter().map(|(old, _)| old.as_str());
        match olds.find(|old| !self.used.contains(old)) {
            Some(old) => Err(Usage(format!(
                "--as: there are no results of a schedule `{old}`"
            ))),
            None => Ok(()),
        }
    }
}

pub(super) const RULE: &str = "letters and digits, with hyphens between, 63 at most";

pub(super) fn is_name(text: &str) -> bool {
    let is_inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    text.len() <= LONGEST_NAME
        && text.bytes().all(is_inside)
        && !text.is_empty()
        && !text.starts_with('-')
        && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_the_service_takes() {
        for good in ["a", "churn-quality", "a--b", "7"] {
            assert!(is_name(good), "{good}");
        }
        let long = "a".repeat(64);
        for bad in ["", "bad name!", "under_score", "-a", "a-", "ä", &long] {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[test]
    fn a_renaming_is_of_something_that_is_there_and_to_a_name() {
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            let owned = pairs.iter();
            owned
                .map(|(old, new)| ((*old).to_owned(), (*new).to_owned()))
                .collect()
        };
        let renamed = pairs(&[("quality", "q"), ("churn/quality", "cq"), ("nope", "x")]);
        let mut naming = Naming::of(&renamed).unwrap();
        assert_eq!(naming.name(("churn", "quality")), "cq");
        assert_eq!(naming.name(("loans", "quality")), "q");
        assert_eq!(naming.name(("loans", "drift")), "drift");
        let refused = naming.check_used().unwrap_err();
        assert!(refused.0.contains("`nope`"), "{}", refused.0);
        assert!(Naming::of(&pairs(&[("a", "bad name!")])).is_err());
    }
}
