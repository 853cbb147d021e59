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
fn a_comment_of_many_violations_ends_with_how_many_are_left_out() {
    let mut sample = sample("drift");
    let violations = &mut sample.violations.as_mut().unwrap().violations;
    let first = violations[0].clone();
    violations.extend((0..60).map(|at| {
        let mut violation = first.clone();
        violation.feature_name = format!("column {at}");
        violation
    }));
    let markdown = check_summary(&sample.report(), Verdict::Aws);
    assert_eq!(rows(&markdown), 50);
    assert!(
        markdown.contains("And 15 more in the report."),
        "{markdown}"
    );
}

#[test]
fn the_other_verdict_is_told_as_well() {
    let ends = |name: &str, verdict: Verdict, end: &str| {
        let markdown = check_summary(&sample(name).report(), verdict);
        assert!(markdown.ends_with(end), "{markdown}");
    };
    ends(
        "verdicts-differ",
        Verdict::Corrected,
        "SageMaker's rule finds 5 violations, 4 of them among those above.\n",
    );
    ends(
        "drift",
        Verdict::Corrected,
        "SageMaker's rule finds the same.\n",
    );
    ends(
        "clean",
        Verdict::Corrected,
        "SageMaker's rule finds no violation either.\n",
    );
}

#[test]
fn a_check_that_judged_nothing_has_no_tick() {
    check(
        "no-rows",
        Verdict::Aws,
        0,
        "### ⚠️ Data quality: nothing could be judged: the data has no rows",
    );
    check(
        "nothing-tested",
        Verdict::Aws,
        0,
        "### ⚠️ Data quality: no violation found, but drift was not tested",
    );
    check(
        "too-few-rows",
        Verdict::Corrected,
        0,
        "### ⚠️ Data quality: nothing could be judged: the data has 12 rows, and 30 are needed",
    );
}

#[test]
fn notes_of_the_check_and_of_the_data_are_quoted() {
    for (name, note) in [
        (
            "too-few-rows",
            "\n> 12 rows are fewer than the minimum of 30",
        ),
        ("awkward", "\n> Column \\`id\\` occurs twice"),
    ] {
        let markdown = check_summary(&sample(name).report(), Verdict::Aws);
        assert!(markdown.contains(note), "{markdown}");
    }
}

#[test]
fn one_is_written_without_a_plural() {
    let markdown = check_summary(&sample("one-row").report(), Verdict::Aws);
    assert!(
        markdown.contains("1 row, 1 column, against a baseline of 1 row "),
        "{markdown}"
    );
}

#[test]
fn a_baseline_of_constraints_alone_has_no_row_count() {
    let mut sample = sample("clean");
    if let Some(baseline) = &mut sample.baseline {
        baseline.features.clear();
        baseline.dataset.item_count = 0;
    }
    let markdown = check_summary(&sample.report(), Verdict::Aws);
    assert!(
        markdown.contains("against a baseline without statistics"),
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
