//! A check in Markdown, for the comment that a CI job leaves on a change.
//!
//! GitHub Flavored Markdown tables: cells escape the pipe and everything that would become
//! markup, so that a column name cannot forge a row or a link.

use std::fmt::Write as _;

use crate::data_quality::{
    DataQualityReport, Features, Finding, all_findings, check_label, sentence,
};
use crate::number;
use crate::verdict::Verdict;

/// Rows of the table; comments have a limited size.
const MOST_ROWS: usize = 50;

/// The violations under `verdict`, with a sentence each, and what the other verdict says.
pub fn check_summary(report: &DataQualityReport<'_>, verdict: Verdict) -> String {
    let findings = all_findings(report);
    let features = Features::of(report);
    let named: Vec<&Finding<'_>> = findings.iter().filter(|f| f.holds_under(verdict)).collect();
    let mut out = String::new();
    let mark = if named.is_empty() { "✅" } else { "❌" };
    let _ = writeln!(out, "### {mark} Data quality: {}\n", outcome(&named));
    out.push_str(&compared(report));
    if !named.is_empty() {
        out.push_str("\n| Column | Check | What happened |\n| --- | --- | --- |\n");
        for finding in named.iter().take(MOST_ROWS) {
            let told = sentence(finding, features.named(finding.feature_name));
            let name = escape(finding.feature_name);
            let _ = writeln!(
                out,
                "| **{name}** | {} | {} |",
                check_label(finding.check),
                escape(&told)
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

fn outcome(named: &[&Finding<'_>]) -> String {
    match named.len() {
        0 => "no violation".to_owned(),
        1 => "1 violation".to_owned(),
        n => format!("{} violations", number::count(n as u64)),
    }
}

fn compared(report: &DataQualityReport<'_>) -> String {
    let rows = number::count(report.statistics.dataset.item_count);
    let columns = report.statistics.features.len();
    let mut out = format!("{rows} rows, {columns} columns");
    if let Some(baseline) = report.baseline {
        let _ = write!(
            out,
            ", against a baseline of {} rows",
            number::count(baseline.dataset.item_count)
        );
    }
    if let Some(check) = &report.probity.check {
        let _ = write!(out, " (verdict: {})", escape(&check.verdict));
        for note in &check.notes {
            let _ = write!(out, "\n\n> {}", escape(note));
        }
    }
    out.push_str(".\n");
    out
}

fn other_verdict(findings: &[Finding<'_>], verdict: Verdict) -> String {
    let (other, says) = match verdict {
        Verdict::Aws => (
            Verdict::Corrected,
            "The verdict corrected for chance and for many columns",
        ),
        Verdict::Corrected => (Verdict::Aws, "SageMaker's rule"),
    };
    let n = findings
        .iter()
        .filter(|finding| finding.holds_under(other))
        .count();
    let both = findings
        .iter()
        .filter(|finding| finding.aws && finding.corrected)
        .count();
    format!(
        "\n{says} finds {}, of which {} are the same.\n",
        number::count(n as u64),
        number::count(both as u64)
    )
}

fn escape(text: &str) -> String {
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
