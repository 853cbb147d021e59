//! Findings that are accepted, each with its reason. An entry that excuses nothing any more
//! is a finding itself, so the list only shrinks by itself.

use std::path::Path;

use super::Finding;

/// Path, a part of the finding's text, and why it is accepted.
const ACCEPTED: &[(&str, &str, &str)] = &[];

pub(crate) fn apply(findings: Vec<Finding>) -> Vec<Finding> {
    apply_list(findings, ACCEPTED)
}

fn apply_list(findings: Vec<Finding>, accepted: &[(&str, &str, &str)]) -> Vec<Finding> {
    let excuses = |entry: &(&str, &str, &str), finding: &Finding| {
        finding.path == Path::new(entry.0) && finding.text.contains(entry.1)
    };
    let stale: Vec<Finding> = accepted
        .iter()
        .filter(|entry| !findings.iter().any(|finding| excuses(entry, finding)))
        .map(|(path, text, _)| {
            let message =
                format!("the exception `{text}` excuses nothing: remove it from the list in tidy");
            Finding::of_file(Path::new(path), message)
        })
        .collect();
    let mut kept: Vec<Finding> = findings
        .into_iter()
        .filter(|finding| !accepted.iter().any(|entry| excuses(entry, finding)))
        .collect();
    kept.extend(stale);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[(&str, &str, &str)] = &[("a.rs", "more than", "one table of constants")];

    #[test]
    fn an_accepted_finding_is_left_out_and_others_stay() {
        let large = Finding::of_file(Path::new("a.rs"), "more than 600 lines");
        let other = Finding::of_file(Path::new("b.rs"), "more than 600 lines");
        assert_eq!(apply_list(vec![large, other.clone()], TABLE), [other]);
    }

    #[test]
    fn an_exception_without_its_finding_is_a_finding() {
        assert_eq!(apply_list(Vec::new(), TABLE).len(), 1);
    }
}
