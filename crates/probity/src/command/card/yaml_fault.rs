//! What the parser of YAML finds wrong, in words for whoever wrote the file: its own speak to
//! programmers, of options that nobody here can set.

use serde_saphyr::Error;
use serde_saphyr::budget::BudgetBreach;

use super::source::{MOST_ALIASES, MOST_DEPTH, MOST_NODES};

const ONE_DOCUMENT: &str = "a file holds one card: a second document (`---`) is not taken";

/// `None` where the parser's words are as good as ours: what is wrong with the notation.
pub(super) fn told(error: &Error) -> Option<String> {
    Some(match error {
        Error::WithSnippet { error, .. } | Error::AliasError { error, .. } => return told(error),
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            format!("the key `{key}` stands twice in one mapping")
        }
        Error::DuplicateMappingKey { key: None, .. } => {
            "a key stands twice in one mapping".to_owned()
        }
        Error::MultipleDocuments { .. } => ONE_DOCUMENT.to_owned(),
        Error::UnsupportedTag { tag, .. } => {
            format!("the tag `{tag}` is not taken: a card has no tags of YAML")
        }
        Error::UnknownAnchor { .. } => "`*` names an anchor that is not there".to_owned(),
        Error::MergeValueNotMapOrSeqOfMaps { .. } => {
            "`<<` takes a mapping, or a list of mappings".to_owned()
        }
        Error::RecursiveReferencesRequireWeakTypes { .. } => {
            "an anchor is used within itself".to_owned()
        }
        Error::AliasReplayCounterOverflow { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => too_many_uses(),
        Error::Budget { breach, .. } => bound(breach),
        Error::Eof { .. } => "the text ends too early".to_owned(),
        // The scanner's own bound has no kind of error.
        other if other.to_string().contains("recursion limit") => too_deep(),
        _ => return None,
    })
}

fn too_deep() -> String {
    format!("nested too deep: {MOST_DEPTH} levels at most")
}

fn too_many_uses() -> String {
    format!("anchors are used too often: {MOST_ALIASES} times at most, {MOST_NODES} values in all")
}

fn bound(breach: &BudgetBreach) -> String {
    match breach {
        BudgetBreach::Documents { .. } => ONE_DOCUMENT.to_owned(),
        BudgetBreach::Depth { .. } => too_deep(),
        BudgetBreach::Nodes { .. } | BudgetBreach::Events { .. } => {
            format!("too many values: {MOST_NODES} at most")
        }
        BudgetBreach::Aliases { .. }
        | BudgetBreach::AliasAnchorRatio { .. }
        | BudgetBreach::RecordedAnchorEvents { .. }
        | BudgetBreach::RecordedAnchorBytes { .. } => too_many_uses(),
        BudgetBreach::SequenceUnbalanced => "a list or mapping ends that never began".to_owned(),
        _ => "more than the file of a card may hold".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::command::card::source::{Notation, Source};

    #[track_caller]
    fn check(text: &str, problem: &str) {
        let fault = Source::parse(text, Notation::Yaml).unwrap_err();
        assert_eq!(fault.problem, problem);
    }

    #[test]
    fn faults_are_told_in_words_of_cards() {
        check(
            "a: 1\nb: 2\na: 3\n",
            "the key `a` stands twice in one mapping",
        );
        check(
            "a: 1\n---\nb: 2\n",
            "a file holds one card: a second document (`---`) is not taken",
        );
        check("a: *b\n", "`*` names an anchor that is not there");
        let deep: String = (0..200).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
        check(&deep, "nested too deep: 32 levels at most");
    }

    #[test]
    fn no_fault_speaks_of_the_parser() {
        let uses = "- *t\n".repeat(200);
        let texts = [
            format!("t: &t x\nl:\n{uses}"),
            format!("t: &t {}\nl:\n{uses}", "x".repeat(100_000)),
            format!("a: {}{}", "[".repeat(1000), "]".repeat(1000)),
            "- x\n".repeat(70_000),
            "a: !secret x".to_owned(),
            "a: &a [*a]".to_owned(),
            "a: [1".to_owned(),
            "<<: 1".to_owned(),
        ];
        for text in texts {
            let fault = Source::parse(&text, Notation::Yaml).unwrap_err();
            for word in ["Options", "budget", "Budget", "limit exceeded", "_", "{"] {
                assert!(!fault.problem.contains(word), "{fault:?}");
            }
        }
    }
}
