//! A check as JUnit XML: one test case per column and check, so that CI shows violations where
//! it shows failed tests.
//!
//! Form: the `testsuites`/`testsuite`/`testcase` elements that Jenkins, GitLab and GitHub
//! actions read. Characters that XML 1.0 forbids become U+FFFD.

use std::collections::HashMap;
use std::fmt::Write as _;

use probity_domain::document::constraint_violations::ConstraintCheckType;

use crate::data_quality::{
    DataQualityReport, Feature, Features, Finding, Unjudged, all_findings, compares_distributions,
    findings_under, settings_of,
};
use crate::verdict::Verdict;

/// Every check of every column under `verdict`; failures carry the sentence and the documents'
/// own description, checks that were withheld are skipped with the reason.
pub fn check_results(report: &DataQualityReport<'_>, verdict: Verdict) -> String {
    let findings = all_findings(report);
    let features = Features::of(report);
    let named = findings_under(&findings, verdict);
    let failed: HashMap<(&str, ConstraintCheckType), &Finding<'_>> = named
        .iter()
        .map(|finding| ((finding.feature_name, finding.check), *finding))
        .collect();
    let mut cases = Cases::default();
    if let Some(unjudged) = Unjudged::of(report) {
        cases.write_skipped_dataset(&unjudged.headline());
    }
    let mut seen = std::collections::HashSet::new();
    for feature in &features.list {
        for check in feature_checks(report, feature) {
            seen.insert((feature.name, check));
            let outcome = match failed.get(&(feature.name, check)) {
                Some(finding) => failure(finding, &features),
                None => withheld(report, feature, check),
            };
            cases.write(feature.name, check, &outcome);
        }
    }
    // Findings about the table as a whole, or about checks that the documents do not list.
    for finding in named {
        if seen.insert((finding.feature_name, finding.check)) {
            let outcome = failure(finding, &features);
            cases.write(finding.feature_name, finding.check, &outcome);
        }
    }
    cases.finish(verdict, report.notes())
}

fn failure<'a>(finding: &'a Finding<'a>, features: &Features<'_>) -> Outcome<'a> {
    Outcome::Failed {
        finding,
        told: features.told(finding),
    }
}

enum Outcome<'a> {
    Passed,
    Skipped(String),
    Failed {
        finding: &'a Finding<'a>,
        told: String,
    },
}

/// The checks that the documents say were made of a column.
fn feature_checks(
    report: &DataQualityReport<'_>,
    feature: &Feature<'_>,
) -> Vec<ConstraintCheckType> {
    let mut checks = Vec::new();
    if report.baseline.is_some() && feature.current.is_none() {
        return vec![ConstraintCheckType::MissingColumnCheck];
    }
    let Some(constraint) = feature.constraint else {
        // Without constraints the only question is whether the column belongs here.
        return if report.constraints.is_some() {
            vec![ConstraintCheckType::ExtraColumnCheck]
        } else {
            Vec::new()
        };
    };
    checks.push(ConstraintCheckType::DataTypeCheck);
    if constraint.completeness.is_some() {
        checks.push(ConstraintCheckType::CompletenessCheck);
    }
    if feature.drift().is_some()
        || (feature.changed_kind() && compares_distributions(&settings_of(report, feature)))
    {
        checks.push(ConstraintCheckType::BaselineDriftCheck);
    }
    if constraint
        .string_constraints
        .as_ref()
        .is_some_and(|strings| strings.domains.is_some())
    {
        checks.push(ConstraintCheckType::CategoricalValuesCheck);
    }
    checks
}

/// A drift check that had too few rows, or no distance, was not passed: it was not made.
fn withheld<'a>(
    report: &DataQualityReport<'_>,
    feature: &Feature<'_>,
    check: ConstraintCheckType,
) -> Outcome<'a> {
    if let Some(unjudged) = Unjudged::of(report).filter(|unjudged| unjudged.is_without_rows()) {
        return Outcome::Skipped(unjudged.headline());
    }
    let is_drift = check == ConstraintCheckType::BaselineDriftCheck;
    if is_drift && feature.drift().is_none() {
        return Outcome::Skipped("drift not judged: the data type changed".to_owned());
    }
    let minimum = report
        .probity
        .check
        .as_ref()
        .map_or(0, |check| check.minimum_rows);
    let Some(drift) = feature.drift().filter(|_| is_drift) else {
        return Outcome::Passed;
    };
    if drift.distance.is_some() && drift.n_baseline.min(drift.n_current) >= minimum {
        return Outcome::Passed;
    }
    Outcome::Skipped(
        drift
            .note
            .clone()
            .unwrap_or_else(|| "drift could not be judged".to_owned()),
    )
}

#[derive(Default)]
struct Cases {
    text: String,
    tests: usize,
    failures: usize,
    skipped: usize,
}

impl Cases {
    fn write(&mut self, feature_name: &str, check: ConstraintCheckType, outcome: &Outcome<'_>) {
        self.tests += 1;
        let class = escape(feature_name);
        let _ = write!(
            self.text,
            "    <testcase classname=\"{class}\" name=\"{}\"",
            check.name()
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
            Outcome::Failed { finding, told } => {
                self.failures += 1;
                writeln!(
                    self.text,
                    ">\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>",
                    finding.check.name(),
                    escape(told),
                    escape(finding.description.trim())
                )
            }
        };
    }

    /// A case about the data as a whole: CI must not show a check that judged nothing as passed.
    fn write_skipped_dataset(&mut self, why: &str) {
        self.tests += 1;
        self.skipped += 1;
        let _ = writeln!(
            self.text,
            "    <testcase classname=\"dataset\" name=\"judged\">\n      <skipped message=\"{}\"/>\n    </testcase>",
            escape(why)
        );
    }

    fn finish<'a>(self, verdict: Verdict, notes: impl Iterator<Item = &'a str>) -> String {
        let Self {
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
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <testsuites name=\"probity\" {counts}>\n  \
             <testsuite name=\"data quality\" {counts}>\n    \
             <properties>\n      <property name=\"verdict\" value=\"{}\"/>\n{properties}    </properties>\n\
             {text}  </testsuite>\n</testsuites>\n",
            verdict.name()
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
