//! A check in Markdown, for the comment that a CI job leaves on a change.
//!
//! GitHub Flavored Markdown tables: cells escape the pipe and everything that would become
//! markup, so that a column name cannot forge a row or a link.

use std::fmt::Write as _;

use crate::data_quality::{
    DataQualityReport, Features, Finding, Unjudged, all_findings, baseline_of, check_label,
    findings_under, plural, plural_of,
};
use crate::number;
use crate::verdict::Verdict;

/// Rows of the table; comments have a limited size.
const MOST_ROWS: usize = 50;

/// The violations under `verdict`, with a sentence each, and what the other verdict says.
pub fn check_summary(report: &DataQualityReport<'_>, verdict: Verdict) -> String {
    let findings = all_findings(report);
    let features = Features::of(report);
    let named = findings_under(&findings, verdict);
    let mut out = String::new();
    let unjudged = Unjudged::of(report).filter(|_| named.is_empty());
    let (mark, outcome) = match unjudged {
        Some(unjudged) => ("⚠️", lower_first(&unjudged.headline())),
        None if named.is_empty() => ("✅", "no violation".to_owned()),
        None => ("❌", plural(named.len(), "violation")),
    };
    let _ = writeln!(out, "### {mark} Data quality: {outcome}\n");
    if let Some(unjudged) = unjudged {
        let _ = writeln!(out, "{}\n", unjudged.explained());
    }
    out.push_str(&compared(report));
    out.push_str(&notes(report));
    if !named.is_empty() {
        out.push_str("\n| Column | Check | What happened |\n| --- | --- | --- |\n");
        for finding in named.iter().take(MOST_ROWS) {
            let _ = writeln!(
                out,
                "| **{}** | {} | {} |",
                escape(finding.feature_name),
                check_label(finding.check),
                escape(&features.told(finding))
            );
        }
        if named.len() > MOST_ROWS {
            let more = number::count((named.len() - MOST_ROWS) as u64);
            let _ = writeln!(out, "\nAnd {more} more in the report.");
        }
    }
    out.push_str(&other_verdict(&findings, verdict));
    out
}

pub(crate) fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(char::to_lowercase);
    first.into_iter().flatten().chain(characters).collect()
}

/// What the check and the reading of the data want known, one quotation each.
fn notes(report: &DataQualityReport<'_>) -> String {
    let notes = report.notes();
    notes
        .map(|note| format!("\n> {}\n", escape(note)))
        .collect()
}

fn compared(report: &DataQualityReport<'_>) -> String {
    let rows = plural_of(report.statistics.dataset.item_count, "row");
    let columns = plural(report.statistics.features.len(), "column");
    let mut out = format!("{rows}, {columns}");
    if let Some(baseline) = report.baseline {
        let _ = write!(out, ", against {}", baseline_of(baseline));
    }
    if let Some(check) = &report.probity.check {
        let _ = write!(out, " (verdict: {})", escape(&check.verdict));
    }
    out.push_str(".\n");
    out
}

fn other_verdict(findings: &[Finding<'_>], verdict: Verdict) -> String {
    let of = |verdict: Verdict| findings_under(findings, verdict).len();
    let both = findings.iter().filter(|f| f.aws && f.corrected).count();
    other_verdict_finds(verdict, (of(verdict), of(verdict.other())), both)
}

/// How many violations `(own, theirs)` each verdict names, and how many both do.
pub(crate) fn other_verdict_finds(
    verdict: Verdict,
    (own, theirs): (usize, usize),
    both: usize,
) -> String {
    let says = match verdict {
        Verdict::Aws => "The verdict corrected for chance and for many tests",
        Verdict::Corrected => "SageMaker's rule",
    };
    let found = plural(theirs, "violation");
    let finds = match (theirs, both) {
        (0, _) if own == 0 => "finds no violation either".to_owned(),
        (0, _) => "finds no violation".to_owned(),
        _ if own == theirs && own == both => "finds the same".to_owned(),
        _ if own == 0 => format!("finds {found}"),
        (_, 0) => format!("finds {found}, none of them above"),
        (n, both) if n == both => format!("finds only {} of these", number::count(n as u64)),
        (_, both) => format!(
            "finds {found}, {} of them among those above",
            number::count(both as u64)
        ),
    };
    format!("\n{says} {finds}.\n")
}

pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' | '@' | ':' => {
                out.push('\\');
                out.push(character);
            }
            _ if character.is_control() => out.push(' '),
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
    fn a_name_cannot_leave_its_cell() {
        check("a|b\nc", "a\\|b c");
    }

    #[test]
    fn a_name_cannot_become_markup() {
        check("<b>_x_</b>", "&lt;b&gt;\\_x\\_&lt;/b&gt;");
        check("[x](http://e)", "\\[x\\](http\\://e)");
    }
}
