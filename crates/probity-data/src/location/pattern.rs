//! Patterns over paths and object keys: `*` and `?` within a name, `[a-z]`,
//! `{train,test}`, and `**` over any number of folders. One matcher for local
//! paths and for keys, so that a pattern means the same everywhere.

use glob::MatchOptions;

use super::error::ReadLocation;

const MATCHING: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

/// More alternatives than anyone types; `{a,b}` groups multiply.
const MAX_ALTERNATIVES: usize = 1024;

/// Names that a folder's readers pass over, as Spark and Hadoop do: `.crc`
/// files, `_SUCCESS`, `_delta_log`. A name with `=` is a partition folder
/// (`_day=1`) and is not hidden.
pub(crate) fn is_hidden(name: &str) -> bool {
    name.starts_with('.') || (name.starts_with('_') && !name.contains('='))
}

/// A path with wildcards.
#[derive(Debug)]
pub(crate) struct Pattern {
    /// The folders before the first wildcard, with a `/` at the end; empty if there are none.
    prefix: String,
    alternatives: Vec<glob::Pattern>,
    /// Names below the prefix; `None` when `**` makes it open.
    depth: Option<usize>,
    /// The pattern itself spells a hidden name below its prefix.
    wants_hidden: bool,
}

impl Pattern {
    /// `None` when `text` has no wildcard. `location` is for the error.
    pub(crate) fn parse(location: &str, text: &str) -> Result<Option<Pattern>, ReadLocation> {
        let Some(first) = text.find(['*', '?', '[', '{']) else {
            return Ok(None);
        };
        let prefix = text[..first]
            .rfind('/')
            .map_or("", |end| &text[..=end])
            .to_owned();
        let malformed = |problem: String| ReadLocation::Malformed {
            location: location.to_owned(),
            problem,
        };
        let texts = expand_braces(text).map_err(|problem| malformed(problem.to_owned()))?;
        let mut alternatives = Vec::with_capacity(texts.len());
        for alternative in &texts {
            alternatives.push(
                glob::Pattern::new(alternative).map_err(|error| malformed(error.msg.to_owned()))?,
            );
        }
        let names: Vec<Vec<&str>> = texts
            .iter()
            .map(|text| text[prefix.len()..].split('/').collect())
            .collect();
        let open = names.iter().flatten().any(|name| name.contains("**"));
        let first_depth = names.first().map_or(0, Vec::len);
        let same_depth = names.iter().all(|names| names.len() == first_depth);
        Ok(Some(Pattern {
            prefix,
            alternatives,
            depth: (!open && same_depth).then_some(first_depth),
            wants_hidden: names.iter().flatten().any(|name| is_hidden(name)),
        }))
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(crate) fn depth(&self) -> Option<usize> {
        self.depth
    }

    /// Whether a name below the prefix is passed over.
    pub(crate) fn skips(&self, name: &str) -> bool {
        !self.wants_hidden && is_hidden(name)
    }

    pub(crate) fn matches(&self, path: &str) -> bool {
        self.alternatives
            .iter()
            .any(|pattern| pattern.matches_with(path, MATCHING))
    }
}

/// `a{b,c}d` as `abd` and `acd`; groups may be nested.
fn expand_braces(text: &str) -> Result<Vec<String>, &'static str> {
    let mut expanded = Vec::new();
    let mut waiting = vec![text.to_owned()];
    while let Some(text) = waiting.pop() {
        if expanded.len() + waiting.len() > MAX_ALTERNATIVES {
            return Err("its `{…}` groups give too many alternatives");
        }
        match first_group(&text)? {
            None => expanded.push(text),
            Some(group) => {
                let alternatives = group.alternatives.iter().rev();
                waiting.extend(
                    alternatives.map(|middle| format!("{}{middle}{}", group.before, group.after)),
                );
            }
        }
    }
    Ok(expanded)
}

struct Group<'a> {
    before: &'a str,
    alternatives: Vec<&'a str>,
    after: &'a str,
}

/// The first `{…}` group that is not inside `[…]`.
fn first_group(text: &str) -> Result<Option<Group<'_>>, &'static str> {
    let mut depth = 0_usize;
    let mut in_class = false;
    let (mut open, mut part_start) = (0, 0);
    let mut alternatives = Vec::new();
    for (at, character) in text.char_indices() {
        match character {
            '[' => in_class = true,
            ']' => in_class = false,
            _ if in_class => {}
            '{' => {
                depth += 1;
                if depth == 1 {
                    (open, part_start) = (at, at + 1);
                }
            }
            ',' if depth == 1 => {
                alternatives.push(&text[part_start..at]);
                part_start = at + 1;
            }
            '}' if depth == 1 => {
                alternatives.push(&text[part_start..at]);
                return Ok(Some(Group {
                    before: &text[..open],
                    alternatives,
                    after: &text[at + 1..],
                }));
            }
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    if depth > 0 {
        Err("a `{` is not closed")
    } else {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Pattern {
        Pattern::parse(text, text).unwrap().unwrap()
    }

    #[track_caller]
    fn check_match(pattern: &str, path: &str) {
        assert!(parse(pattern).matches(path), "`{pattern}` misses `{path}`");
    }

    #[track_caller]
    fn check_no_match(pattern: &str, path: &str) {
        assert!(!parse(pattern).matches(path), "`{pattern}` takes `{path}`");
    }

    #[test]
    fn a_star_stays_within_one_name() {
        check_match("data/*.csv", "data/a.csv");
        check_no_match("data/*.csv", "data/deep/a.csv");
        check_match("data/*/a.csv", "data/deep/a.csv");
    }

    #[test]
    fn two_stars_cross_any_number_of_folders() {
        check_match("data/**/*.csv", "data/a.csv");
        check_match("data/**/*.csv", "data/x/y/a.csv");
        check_no_match("data/**/*.csv", "other/a.csv");
    }

    #[test]
    fn classes_question_marks_and_braces_match() {
        check_match("day-[0-2]?.csv", "day-19.csv");
        check_no_match("day-[!0-2]?.csv", "day-19.csv");
        check_match("{train,test}/{a,b{1,2}}.csv", "test/b2.csv");
        check_no_match("{train,test}/{a,b{1,2}}.csv", "test/b.csv");
        check_match("[{]x,y}.csv", "{x,y}.csv");
    }

    #[test]
    fn the_prefix_is_the_folders_before_the_first_wildcard() {
        assert_eq!(parse("data/2026/day-*.csv").prefix(), "data/2026/");
        assert_eq!(parse("*.csv").prefix(), "");
        assert_eq!(parse("/{a,b}/x").prefix(), "/");
    }

    #[test]
    fn the_depth_is_known_unless_two_stars_open_it() {
        assert_eq!(parse("data/*/x-*.csv").depth(), Some(2));
        assert_eq!(parse("data/**/x.csv").depth(), None);
        assert_eq!(parse("data/{a,b/c}.csv").depth(), None);
    }

    #[test]
    fn hidden_names_are_skipped_unless_the_pattern_spells_one() {
        assert!(parse("data/**").skips("_SUCCESS") && parse("data/**").skips(".part.crc"));
        assert!(!parse("data/**").skips("_day=1"));
        assert!(!parse("data/_tmp*/a.csv").skips("_tmp1"));
        assert!(parse("_data/*.csv").skips("_a.csv"));
    }

    #[test]
    fn a_path_without_wildcards_is_no_pattern() {
        assert!(
            Pattern::parse("data/a.csv", "data/a.csv")
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn malformed_patterns_are_refused() {
        for text in ["data/[a", "data/{a,b", "a/x**"] {
            let error = Pattern::parse(text, text).unwrap_err();
            assert!(
                matches!(error, ReadLocation::Malformed { .. }),
                "{text}: {error}"
            );
        }
        let many = "{0,1}".repeat(20);
        assert!(Pattern::parse(&many, &many).is_err());
    }
}
