//! Bias reports: every sample, by selectors; every number of the documents; escaping, size.

use probity_report::Verdict;
use probity_report::bias::{BiasSample, check_results, check_summary, render, samples};
use scraper::{ElementRef, Html, Selector};

fn sample(name: &str) -> BiasSample {
    samples()
        .into_iter()
        .find(|sample| sample.name == name)
        .unwrap()
}

fn page(sample: &BiasSample) -> Html {
    Html::parse_document(&render(&sample.report()))
}

fn all<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

fn text(element: ElementRef<'_>) -> String {
    let text: String = element.text().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn texts(page: &Html, selector: &str) -> Vec<String> {
    all(page, selector).into_iter().map(text).collect()
}

#[track_caller]
fn check(sample_name: &str, selector: &str, expected: &[&str]) {
    assert_eq!(texts(&page(&sample(sample_name)), selector), expected);
}

#[test]
fn every_sample_is_a_well_formed_page() {
    for sample in samples() {
        let page = page(&sample);
        assert!(page.errors.is_empty(), "{}: {:?}", sample.name, page.errors);
        assert_eq!(all(&page, "h1").len(), 1, "{}", sample.name);
        for shape in all(&page, "svg *") {
            for (name, value) in shape.value().attrs() {
                let wrong = value.contains("NaN") || value.contains("inf");
                assert!(!wrong, "{}: {name}={value}", sample.name);
            }
        }
        for link in all(&page, "a") {
            let target = format!("[id=\"{}\"]", &link.attr("href").unwrap()[1..]);
            assert_eq!(all(&page, &target).len(), 1, "{}: {target}", sample.name);
        }
    }
}

#[test]
fn every_picture_is_described_or_hidden_from_screen_readers() {
    for sample in samples() {
        let page = page(&sample);
        for chart in all(&page, "svg") {
            let is_hidden = chart.attr("aria-hidden") == Some("true");
            let says = |name: &str| {
                let child = chart.select(&Selector::parse(name).unwrap()).next();
                child.map(text).is_some_and(|text| !text.is_empty())
            };
            let is_described = chart.attr("role") == Some("img") && says("title") && says("desc");
            assert!(is_hidden != is_described, "{}", sample.name);
        }
    }
}

#[test]
fn nothing_is_fetched_from_anywhere_and_no_script_is_needed() {
    for sample in samples() {
        let html = render(&sample.report());
        for forbidden in ["http:", "https:", "@import", "<link", "<iframe", " style="] {
            assert!(!html.contains(forbidden), "{}: {forbidden}", sample.name);
        }
        // The one script sorts the table of columns of another report; hidden things stay so.
        assert!(!html.contains(" hidden>"), "{}", sample.name);
    }
}

#[test]
fn every_metric_of_the_document_has_a_row_with_value_rows_and_reading() {
    let sample = sample("bias-predictions");
    let page = page(&sample);
    let rows = texts(&page, "article table.metrics tbody tr:not(.stage)");
    let facet = &sample.probity.facets[0];
    let metrics: Vec<_> = facet.metrics.iter().chain(&facet.extended).collect();
    assert_eq!(rows.len(), metrics.len());
    for metric in metrics {
        let row = rows
            .iter()
            .find(|row| row.contains(&metric.reading))
            .unwrap();
        let value = format!("{:.2}", metric.value.unwrap().abs());
        let value = value.trim_end_matches('0');
        assert!(row.contains(&value[..value.len() - 1]), "{value}: {row}");
        let interval = metric.interval.as_ref().unwrap();
        assert!(row.contains(&interval.method), "{row}");
        for n in [metric.n_advantaged, metric.n_disadvantaged] {
            assert!(row.contains(&n.to_string()), "{n}: {row}");
        }
    }
}

#[test]
fn each_metric_is_explained_with_its_formula() {
    let page = page(&sample("bias-predictions"));
    let explained = texts(&page, "table.formulas tbody th");
    assert_eq!(explained.len(), 21 + 7);
    assert!(explained.contains(&"TE".to_owned()));
    let words = text(all(&page, "table.formulas")[0]);
    assert!(words.contains("FNd ÷ FPd − FNa ÷ FPa"), "{words}");
    assert!(words.contains("a metric that this page does not know"));
}

#[test]
fn the_three_most_notable_differences_ask_different_questions() {
    check(
        "bias-predictions",
        ".findings li .type",
        &["sex = F · DPPL", "sex = F · DPL", "sex = F · CDDPL"],
    );
}

#[test]
fn distances_are_never_said_to_be_beyond_sampling_error() {
    check(
        "bias-even",
        "h1",
        &["No difference between groups beyond sampling error"],
    );
    let page = page(&sample("bias-even"));
    assert!(text(all(&page, ".findings")[0]).contains("Nothing beyond sampling error"));
    // CI tells the sizes of the groups; KL and JS lie above 0 in every sample.
    for row in all(&page, "table.metrics tbody tr") {
        let is_marked = !row
            .select(&Selector::parse(".badge.sure").unwrap())
            .collect::<Vec<_>>()
            .is_empty();
        assert!(!is_marked, "{}", text(row));
    }
}

/// Of even groups: one metric of all is just beyond its own interval.
fn one_just_beyond(name: &str) -> BiasSample {
    let mut sample = sample("bias-even");
    for metric in &mut sample.probity.facets[0].metrics {
        if metric.name == name {
            metric.value = Some(0.1);
            let interval = metric.interval.as_mut().unwrap();
            (interval.low, interval.high) = (0.004, 0.196);
        }
    }
    sample
}

#[test]
fn one_interval_of_many_that_leaves_out_the_ideal_value_is_no_headline() {
    let page = page(&one_just_beyond("RD"));
    assert_eq!(
        texts(&page, "h1"),
        ["No difference between groups beyond sampling error"]
    );
    let words = text(all(&page, ".findings")[0]);
    assert!(words.contains("after correction for"), "{words}");
    assert!(
        words.contains("leaves out its ideal value; 0 remain"),
        "{words}"
    );
    assert!(all(&page, ".badge.sure").is_empty());
    let badges = texts(&page, "table.metrics .badge");
    assert!(badges[0].starts_with("May be chance among "), "{badges:?}");
}

#[test]
fn the_flip_test_alone_is_no_headline() {
    let page = page(&one_just_beyond("FT"));
    assert_eq!(
        texts(&page, "h1"),
        ["No difference between groups beyond sampling error"]
    );
    assert!(all(&page, ".badge.sure").is_empty());
    let badges = texts(&page, "table.metrics .badge");
    assert_eq!(badges, ["Interval holds neighbours fixed"]);
}

#[test]
fn an_error_stands_where_the_value_would() {
    let page = page(&sample("bias-labels"));
    let rows = texts(&page, "table.metrics tbody tr");
    let cddl = rows.iter().find(|row| row.starts_with("CDDL")).unwrap();
    assert!(cddl.contains("no value"), "{cddl}");
    assert!(
        cddl.contains("Not computed Group variable is empty or not provided"),
        "{cddl}"
    );
}

#[test]
fn a_stage_that_failed_says_why() {
    let page = page(&sample("bias-failed"));
    let words = text(all(&page, ".failed")[0]);
    assert!(
        words.contains("After training (predictions): No Label values"),
        "{words}"
    );
}

#[test]
fn an_infinite_value_is_shown_as_such() {
    let page = page(&sample("bias-errors"));
    let values = texts(&page, "td.value");
    assert!(
        values.iter().any(|value| value.starts_with('∞')),
        "{values:?}"
    );
    let words = text(all(&page, "main")[0]);
    assert!(words.contains("no interval: a group has no row to divide by"));
    assert!(words.contains("there is nothing to compare"));
}

#[test]
fn markup_in_names_values_and_notes_is_text() {
    let sample = sample("bias-errors");
    let page = page(&sample);
    assert_eq!(all(&page, "script").len(), 1);
    assert!(all(&page, "img, main i:not(.key), bdi b").is_empty());
    assert!(
        texts(&page, "article h3")[1].contains("<script>alert(\"facet\")</script> = <b>none</b>")
    );
    assert!(text(all(&page, ".lead")[0]).contains("<img src=x onerror=alert(2)>"));
}

#[test]
fn groups_subgroups_and_segments_have_a_table_each() {
    let page = page(&sample("bias-many-groups"));
    assert_eq!(all(&page, "#facets tbody tr").len(), 6);
    assert_eq!(all(&page, "#subgroups tbody tr").len(), 4);
    assert_eq!(all(&page, "#segments table.multiples tbody tr").len(), 4);
    let segments = text(all(&page, "#segments")[0]);
    assert!(
        segments.contains("no row with a positive label"),
        "{segments}"
    );
    assert!(segments.contains("all others"), "{segments}");
    let first = texts(&page, "#subgroups tbody th");
    assert_eq!(first[0], "region = south, age in (60, 95]");
}

#[test]
fn a_check_shows_both_verdicts_and_what_decides() {
    check(
        "bias-check-worse",
        "h1",
        &["3 of 21 metrics are worse than the baseline"],
    );
    check(
        "bias-check-unchanged",
        "h1",
        &["None of 21 metrics is worse than the baseline"],
    );
    check("bias-check-worse", ".tile-decides", &["decides this check"]);
    let page = page(&sample("bias-check-worse"));
    let rows = texts(&page, "table.moves tbody tr");
    assert_eq!(rows.len(), 21);
    let dppl = rows.iter().find(|row| row.contains("DPPL")).unwrap();
    assert!(dppl.ends_with("0.0004SageMaker Corrected"), "{dppl}");
    // DI fell: further from 1, not further from 0.
    let di = rows.iter().find(|row| row.contains("= FDI")).unwrap();
    assert!(di.ends_with("0.03Corrected"), "{di}");
}

#[test]
fn under_the_corrected_verdict_nothing_tested_is_no_pass() {
    let mut sample = sample("bias-check-untested");
    if let Some(check) = &mut sample.probity.check {
        "corrected".clone_into(&mut check.verdict);
    }
    let page = page(&sample);
    assert_eq!(
        texts(&page, "h1"),
        ["No violation found, but no change could be tested"]
    );
    assert!(all(&page, ".mark.good").is_empty());
    let junit = check_results(&sample.report(), Verdict::Corrected);
    assert!(
        junit.contains("tests=\"22\" failures=\"0\" errors=\"0\" skipped=\"22\""),
        "{junit}"
    );
    let markdown = check_summary(&sample.report(), Verdict::Corrected);
    assert!(
        markdown.starts_with("### ⚠️ Bias: no violation found, but"),
        "{markdown}"
    );
}

#[test]
fn with_nothing_tested_chance_is_said_to_explain_nothing() {
    let sample = sample("bias-check-untested");
    let markdown = check_summary(&sample.report(), Verdict::Aws);
    assert!(
        markdown.ends_with(
            "⚠️ 0 of 21 could be tested: the verdict corrected for chance says nothing.\n"
        ),
        "{markdown}"
    );
    let page = page(&sample);
    let words = text(all(&page, ".verdicts")[0]);
    assert!(words.contains("0 of 21 could be tested"), "{words}");
    let row = texts(&page, "table.moves tbody tr");
    assert!(row.iter().all(|row| row.ends_with("Not tested")), "{row:?}");
}

#[test]
fn a_metric_without_a_value_on_one_side_is_not_compared() {
    let mut sample = sample("bias-check-unchanged");
    let check = sample.probity.check.as_mut().unwrap();
    for metric in check.metrics.iter_mut().take(2) {
        metric.baseline = None;
        metric.p_value = None;
    }
    let page = page(&sample);
    assert_eq!(
        texts(&page, "h1"),
        ["No violation found, but 2 of 21 metrics could not be compared"]
    );
    let badges = texts(&page, "table.moves .badge");
    assert_eq!(badges.iter().filter(|b| *b == "Not compared").count(), 2);
    let markdown = check_summary(&sample.report(), Verdict::Aws);
    assert!(
        markdown.contains("\n2 of 21 metrics could not be compared.\n"),
        "{markdown}"
    );
}

#[test]
fn junit_fails_what_the_verdict_names_in_sagemakers_words() {
    let sample = sample("bias-check-worse");
    let junit = check_results(&sample.report(), Verdict::Aws);
    let mut reader = quick_xml::Reader::from_str(&junit);
    while !matches!(reader.read_event().unwrap(), quick_xml::events::Event::Eof) {}
    assert!(
        junit.contains("<testsuite name=\"bias\" tests=\"21\" failures=\"3\""),
        "{junit}"
    );
    assert!(
        junit.contains("<testcase classname=\"sex = F\" name=\"DPPL\">"),
        "{junit}"
    );
    assert!(junit.contains("Metric value 0.18"), "{junit}");
    assert!(
        junit.contains("meet the baseline constraint requirement"),
        "{junit}"
    );
    let corrected = check_results(&sample.report(), Verdict::Corrected);
    assert!(corrected.contains("name=\"DI\">"), "{corrected}");
    assert!(corrected.contains("name=\"TE\"/>"), "{corrected}");
}

#[test]
fn markdown_names_each_violation_and_the_other_verdict() {
    let report = sample("bias-check-worse");
    let markdown = check_summary(&report.report(), Verdict::Aws);
    assert!(
        markdown.starts_with("### ❌ Bias: 3 violations\n"),
        "{markdown}"
    );
    assert!(
        markdown.contains("| sex = F | **DPPL** | 0.047 then, 0.187 now; now − then is"),
        "{markdown}"
    );
    assert!(
        markdown.ends_with("finds 3 violations, 2 of them among those above.\n"),
        "{markdown}"
    );
}

#[test]
fn a_wide_result_stays_below_a_megabyte() {
    let size = render(&BiasSample::wide(200, 100).report()).len();
    assert!(size < 1_000_000, "{size} bytes");
}

#[test]
fn one_is_written_without_a_plural() {
    for sample in samples() {
        let words = text(all(&page(&sample), "body")[0]);
        for wrong in [" 1 rows", " 1 metrics", " 1 files", " 1 groups"] {
            assert!(!words.contains(wrong), "{}: {wrong}", sample.name);
        }
    }
}
