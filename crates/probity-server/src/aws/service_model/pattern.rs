//! AWS's patterns are regular expressions of Java that must match the whole text.
//!
//! Differences that matter (`java.util.regex.Pattern`): `\d`, `\w` and `\s` are ASCII, `.` stops
//! at five line ends, `\p{Print}` and its kin are POSIX classes of ASCII, and surrogates are
//! written as two escapes. Look-around is rare and needs backtracking, which is bounded here.

use std::sync::OnceLock;

use serde::Deserialize;

/// Steps of backtracking for one text, as the crate's own default; then the text does not match.
const BACKTRACKING: usize = 1_000_000;

/// Longer counts are compiled as "or more": a class of letters that is copied a thousand times
/// takes megabytes. The lengths of the shapes bound them; a pattern of one class keeps its bound.
const LONGEST_COUNT: usize = 255;

/// Compiled when it is first needed: a request needs a few of a hundred.
#[derive(Debug, Deserialize)]
#[serde(from = "String")]
pub(super) struct Pattern {
    text: String,
    compiled: OnceLock<Option<fancy_regex::Regex>>,
}

impl From<String> for Pattern {
    fn from(text: String) -> Pattern {
        Pattern {
            text,
            compiled: OnceLock::new(),
        }
    }
}

impl Pattern {
    /// As AWS spells it.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        if longest(&self.text).is_some_and(|most| text.chars().count() > most) {
            return false;
        }
        match self.compiled() {
            Some(compiled) => compiled.is_match(text).unwrap_or(false),
            // Every pattern compiles, says a test; one that does not must not lock users out.
            None => true,
        }
    }

    fn compiled(&self) -> Option<&fancy_regex::Regex> {
        self.compiled
            .get_or_init(|| {
                fancy_regex::RegexBuilder::new(&format!(r"\A(?:{})\z", translated(&self.text)))
                    .backtrack_limit(BACKTRACKING)
                    .build()
                    .inspect_err(|error| {
                        tracing::error!("pattern `{}` is not understood: {error}", self.text);
                    })
                    .ok()
            })
            .as_ref()
    }
}

/// The same pattern in the words of the regex crate.
fn translated(java: &str) -> String {
    let java = java.replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\x{10000}-\x{10FFFF}");
    let mut out = String::with_capacity(java.len() * 2);
    let mut rest = java.as_str();
    let mut in_class = false;
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        match character {
            '\\' => rest = escape(rest, &mut out),
            '[' => {
                in_class = true;
                out.push('[');
            }
            ']' => {
                in_class = false;
                out.push(']');
            }
            // An end may be counted in Java, `$…{1,128}`; it is where it is, however often.
            '$' if !in_class => {
                out.push('$');
                if rest.starts_with('{') {
                    rest = rest.split_once('}').map_or("", |(_, after)| after);
                }
            }
            '{' if !in_class => rest = count(rest, &mut out),
            '.' if !in_class => out.push_str(r"[^\n\r\x{85}\x{2028}\x{2029}]"),
            // `--` and `~~` are set operations to the crate, and text to Java.
            '-' | '~' if in_class && out.ends_with(character) => {
                out.push('\\');
                out.push(character);
            }
            _ => out.push(character),
        }
    }
    out
}

/// Writes a count `{least,most}` and gives what follows; other braces are written as they are.
fn count<'a>(rest: &'a str, out: &mut String) -> &'a str {
    let parsed = rest.split_once('}').and_then(|(count, after)| {
        let (least, most) = count.split_once(',')?;
        let most: usize = most.parse().ok()?;
        (most > LONGEST_COUNT).then_some((least, after))
    });
    let Some((least, after)) = parsed else {
        out.push('{');
        return rest;
    };
    out.push_str(&format!("{{{least},}}"));
    after
}

/// The bound of a pattern that is one class or dot with a long count, `.{0,1024}`.
fn longest(java: &str) -> Option<usize> {
    let (atom, count) = java.strip_suffix('}')?.rsplit_once('{')?;
    let is_class = atom.starts_with('[') && atom.find(']') == Some(atom.len() - 1);
    if atom != "." && !is_class {
        return None;
    }
    count.split_once(',')?.1.parse().ok()
}

/// Writes what `\` and the start of `rest` mean, and gives what follows.
fn escape<'a>(rest: &'a str, out: &mut String) -> &'a str {
    const CLASSES: [(&str, &str); 9] = [
        ("d", "[0-9]"),
        ("D", "[^0-9]"),
        ("w", "[a-zA-Z0-9_]"),
        ("W", "[^a-zA-Z0-9_]"),
        ("s", r"[ \t\n\x0B\f\r]"),
        ("S", r"[^ \t\n\x0B\f\r]"),
        ("p{Alnum}", "[a-zA-Z0-9]"),
        ("p{ASCII}", r"[\x00-\x7F]"),
        ("p{Print}", r"[\x20-\x7E]"),
    ];
    for (java, ours) in CLASSES {
        if let Some(after) = rest.strip_prefix(java) {
            out.push_str(ours);
            return after;
        }
    }
    let length = rest.chars().next().map_or(0, char::len_utf8);
    out.push('\\');
    out.push_str(&rest[..length]);
    &rest[length..]
}

#[cfg(test)]
mod tests {
    use super::super::shape::service_model;
    use super::*;

    #[track_caller]
    fn check(pattern: &str, matching: &[&str], others: &[&str]) {
        let pattern = Pattern::from(pattern.to_owned());
        assert!(pattern.compiled().is_some(), "{}", pattern.text());
        for text in matching {
            assert!(pattern.matches(text), "{} {text:?}", pattern.text());
        }
        for text in others {
            assert!(!pattern.matches(text), "{} {text:?}", pattern.text());
        }
    }

    #[test]
    fn a_pattern_matches_the_whole_text() {
        check("[a-z]+", &["abc"], &["abc1", "1abc", "abc\n", ""]);
        check("a|bc", &["a", "bc"], &["abc", "ac"]);
    }

    #[test]
    fn classes_are_those_of_java() {
        check(r"\d{12}", &["111122223333"], &["١١١١٢٢٢٢٣٣٣٣"]);
        check(r"[\w+=,.@-]+", &["a_b+c@d-e"], &["ä", "a b"]);
        check(".+", &["a b"], &["a\nb", "a\rb", "a\u{2028}b"]);
        check(r"[\S]+", &["ä/b"], &["a b"]);
        check(r"\p{ASCII}*", &["a\u{7f}"], &["ä"]);
    }

    #[test]
    fn look_around_is_understood() {
        check(
            "(?=.{1,8}$)a(-*[a-z])*",
            &["a-b", "abcdefgh"],
            &["abcdefghi"],
        );
        check(r"(?!\s*$).+", &["x", " x"], &[" ", ""]);
        check("a(b-?)*(?<!-)", &["ab", "ab-b"], &["ab-"]);
    }

    #[test]
    fn long_counts_are_bounds() {
        let text = |n| "ä".repeat(n);
        check(".{1,1024}", &[&text(1), &text(1024)], &[&text(1025), ""]);
        check(
            r"[\p{L}\p{M}]{0,1024}",
            &[&text(1024), ""],
            &[&text(1025), "1"],
        );
        check(r"a/[\S]{2,2048}", &["a/bc"], &["a/b", "a/b c"]);
        check("a{2,3}", &["aa", "aaa"], &["a", "aaaa"]);
    }

    #[test]
    fn code_points_beyond_the_first_plane_are_written_as_surrogates() {
        let pem = r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*";
        check(pem, &["a😀\t"], &["\n"]);
    }

    #[test]
    fn time_is_bounded_on_texts_made_to_backtrack() {
        let pattern = Pattern::from("(?=.*$)(a-*)*b".to_owned());
        assert!(!pattern.matches(&"a-".repeat(2000)));
    }

    #[test]
    fn every_pattern_of_the_model_compiles() {
        let mut n_patterns = 0;
        for service in [
            "sagemaker",
            "sagemaker-metrics",
            "logs",
            "cloudwatch",
            "ecr",
            "sts",
            "iam",
        ] {
            for pattern in service_model(service).unwrap().patterns() {
                n_patterns += 1;
                assert!(pattern.compiled().is_some(), "{}", pattern.text());
            }
        }
        assert!(n_patterns > 200, "{n_patterns}");
    }
}
