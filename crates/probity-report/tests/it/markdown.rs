//! The comment for CI.

use probity_report::Verdict;
use probity_report::data_quality::{Sample, samples};
use probity_report::markdown::check_summary;

fn sample(name: &str) -> Sample {
    samples()
        .into_iter()
        .find(|sample| sample.name == name)
        .unwrap()
}

fn rows(markdown: &str) -> usize {
    markdown
        .lines()
        .filter(|line| line.starts_with("| **"))
        .count()
}

#[track_caller]
fn check(sample_name: &str, verdict: Verdict, expected_rows: usize, heading: &str) {
    let markdown = check_summary(&sample(sample_name).report(), verdict);
    assert_eq!(markdown.lines().next(), Some(heading));
    assert_eq!(rows(&markdown), expected_rows, "{markdown}");
}

#[test]
fn the_heading_counts_the_violations_of_the_verdict() {
    check(
        "drift",
        Verdict::Aws,
        5,
        "### ❌ Data quality: 5 violations",
    );
    check(
        "clean",
        Verdict::Aws,
        0,
        "### ✅ Data quality: no violation",
    );
}

#[test]
fn the_other_verdict_is_told_as_well() {
    let markdown = check_summary(&sample("verdicts-differ").report(), Verdict::Corrected);
    assert!(
        markdown.ends_with("SageMaker's rule finds 5, of which 4 are the same.\n"),
        "{markdown}"
    );
}

#[test]
fn every_row_of_the_table_has_three_cells() {
    for sample in samples() {
        let markdown = check_summary(&sample.report(), Verdict::Aws);
        for line in markdown.lines().filter(|line| line.starts_with("| **")) {
            let cells = line.replace("\\|", "").matches('|').count();
            assert_eq!(cells, 4, "{}: {line}", sample.name);
        }
    }
}
