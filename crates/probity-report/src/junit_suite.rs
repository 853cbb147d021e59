//! JUnit XML: the `testsuites`/`testsuite`/`testcase` elements that Jenkins, GitLab and GitHub
//! actions read. Characters that XML 1.0 forbids become U+FFFD.

use std::fmt::Write as _;

use crate::verdict::Verdict;

/// What became of a test case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    /// Not made: CI must not show it as passed.
    Skipped(String),
    Failed {
        kind: String,
        message: String,
        details: String,
    },
}

/// A suite that grows by one case at a time.
#[derive(Clone, Debug)]
pub(crate) struct Suite {
    name: &'static str,
    text: String,
    tests: usize,
    failures: usize,
    skipped: usize,
}

impl Suite {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            text: String::new(),
            tests: 0,
            failures: 0,
            skipped: 0,
        }
    }

    pub(crate) fn write(&mut self, class: &str, name: &str, outcome: &Outcome) {
        self.tests += 1;
        let _ = write!(
            self.text,
            "    <testcase classname=\"{}\" name=\"{}\"",
            escape(class),
            escape(name)
        );
        let _ = match outcome {
            Outcome::Passed => writeln!(self.text, "/>"),
            Outcome::Skipped(why) => {
                self.skipped += 1;
                writeln!(
                    self.text,
                    ">\n      <skipped message=\"{}\"/>\n    </testcase>",
                    escape(why)
                )
            }
            Outcome::Failed {
                kind,
                message,
                details,
            } => {
                self.failures += 1;
                writeln!(
                    self.text,
                    ">\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>",
                    escape(kind),
                    escape(message),
                    escape(details.trim())
                )
            }
        };
    }

    /// A case about the data as a whole: CI must not show a check that judged nothing as passed.
    pub(crate) fn write_skipped_dataset(&mut self, why: &str) {
        self.write("dataset", "judged", &Outcome::Skipped(why.to_owned()));
    }

    /// The verdict that decided, where there are two.
    pub(crate) fn finish<'a>(
        self,
        verdict: Option<Verdict>,
        notes: impl Iterator<Item = &'a str>,
    ) -> String {
        let Self {
            name,
            text,
            tests,
            failures,
            skipped,
        } = self;
        let counts =
            format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\"");
        let properties: String = notes
            .map(|note| {
                format!(
                    "      <property name=\"note\" value=\"{}\"/>\n",
                    escape(note)
                )
            })
            .collect();
        let verdict = verdict.map_or_else(String::new, |verdict| {
            format!(
                "      <property name=\"verdict\" value=\"{}\"/>\n",
                verdict.name()
            )
        });
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <testsuites name=\"probity\" {counts}>\n  \
             <testsuite name=\"{name}\" {counts}>\n    \
             <properties>\n{verdict}{properties}    </properties>\n\
             {text}  </testsuite>\n</testsuites>\n"
        )
    }
}

/// For text and attributes. Line breaks are written as references: a parser would otherwise
/// turn those of an attribute into spaces.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(out, "&#{};", u32::from(character));
            }
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[track_caller]
    fn check(text: &str, escaped: &str) {
        assert_eq!(escape(text), escaped);
    }

    #[test]
    fn markup_characters_are_references() {
        check("a<b & \"c\">", "a&lt;b &amp; &quot;c&quot;&gt;");
    }

    #[test]
    fn forbidden_characters_are_replaced() {
        check("a\u{1}b\u{ffff}\n", "a\u{fffd}b\u{fffd}&#10;");
    }
}
