//! The page: every sample, by selectors; size, escaping, redaction, self-containment.

use probity_domain::document::constraints::Switch;
use probity_domain::document::probity_file::{FrequentValue, LengthFacts};
use probity_report::data_quality::{Sample, render, samples};
use scraper::{ElementRef, Html, Selector};

fn page(sample: &Sample) -> Html {
    Html::parse_document(&render(&sample.report()))
}

fn sample(name: &str) -> Sample {
    samples()
        .into_iter()
        .find(|sample| sample.name == name)
        .unwrap()
}

fn all<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

fn text(element: ElementRef<'_>) -> String {
    element
        .text()
        .collect::<Vec<_>>()
        .join("")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[track_caller]
fn check(sample_name: &str, selector: &str, expected: &[&str]) {
    let page = page(&sample(sample_name));
    let found: Vec<String> = all(&page, selector).into_iter().map(text).collect();
    assert_eq!(found, expected);
}

#[test]
fn every_sample_is_a_well_formed_page() {
    for sample in samples() {
        let page = page(&sample);
        assert!(page.errors.is_empty(), "{}: {:?}", sample.name, page.errors);
        assert_eq!(all(&page, "h1").len(), 1, "{}", sample.name);
        assert_eq!(all(&page, "main").len(), 1, "{}", sample.name);
    }
}

#[test]
fn every_column_of_either_side_has_a_section() {
    for sample in samples() {
        let page = page(&sample);
        let mut names: Vec<&str> = sample
            .statistics
            .features
            .iter()
            .map(|f| f.name.as_str())
            .collect();
        names.extend(
            sample
                .baseline
                .iter()
                .flat_map(|b| &b.features)
                .map(|f| f.name.as_str()),
        );
        names.sort_unstable();
        names.dedup();
        assert_eq!(
            all(&page, "article.feature").len(),
            names.len(),
            "{}",
            sample.name
        );
        assert_eq!(
            all(&page, "table.columns tbody tr").len(),
            names.len(),
            "{}",
            sample.name
        );
    }
}

#[test]
fn links_inside_the_page_lead_somewhere() {
    for sample in samples() {
        let page = page(&sample);
        for link in all(&page, "a") {
            let href = link.attr("href").unwrap();
            assert!(href.starts_with('#'), "{}: {href}", sample.name);
            let target = format!("[id=\"{}\"]", &href[1..]);
            assert_eq!(all(&page, &target).len(), 1, "{}: {href}", sample.name);
        }
    }
}

#[test]
fn every_chart_says_what_it_shows_to_a_screen_reader() {
    for sample in samples() {
        let page = page(&sample);
        for chart in all(&page, "svg") {
            let is_hidden = chart.attr("aria-hidden") == Some("true");
            let is_image = chart.attr("role") == Some("img");
            assert!(
                is_hidden != is_image,
                "{}: a chart is either an image or hidden",
                sample.name
            );
            if is_image {
                let says = |name: &str| {
                    chart
                        .select(&Selector::parse(name).unwrap())
                        .next()
                        .map(text)
                };
                assert!(
                    says("title").is_some_and(|title| !title.is_empty()),
                    "{}",
                    sample.name
                );
                assert!(
                    says("desc").is_some_and(|desc| !desc.is_empty()),
                    "{}",
                    sample.name
                );
            }
        }
        let charts = all(&page, "svg.chart").len();
        assert_eq!(
            all(&page, "figure details table.numbers").len(),
            charts,
            "{}",
            sample.name
        );
    }
}

#[test]
fn no_number_of_a_picture_is_unknown() {
    for sample in samples() {
        let page = page(&sample);
        for shape in all(&page, "svg *") {
            for (name, value) in shape.value().attrs() {
                let wrong = value.contains("NaN") || value.contains("inf");
                assert!(!wrong, "{}: {name}={value}", sample.name);
            }
        }
    }
}

#[test]
fn nothing_is_fetched_from_anywhere() {
    for sample in samples() {
        let html = render(&sample.report());
        for forbidden in [
            "http:",
            "https:",
            "//cdn",
            "@import",
            "<link",
            "<img",
            "<iframe",
            " src=",
            " style=",
            " onclick=",
        ] {
            assert!(!html.contains(forbidden), "{}: {forbidden}", sample.name);
        }
    }
}

#[test]
fn the_policy_allows_this_style_sheet_and_this_script_only() {
    use base64::Engine as _;
    use sha2::{Digest as _, Sha256};
    let page = page(&sample("drift"));
    let policy = all(&page, "meta[http-equiv=Content-Security-Policy]")[0]
        .attr("content")
        .unwrap()
        .to_owned();
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    for element in ["style", "script"] {
        let elements = all(&page, element);
        assert_eq!(elements.len(), 1);
        let content: String = elements[0].text().collect();
        let hash =
            base64::engine::general_purpose::STANDARD.encode(Sha256::digest(content.as_bytes()));
        assert!(
            policy.contains(&format!("{element}-src 'sha256-{hash}'")),
            "{element}: {policy}"
        );
    }
}

#[test]
fn markup_in_a_name_is_text() {
    let page = page(&sample("awkward"));
    assert_eq!(all(&page, "script").len(), 1);
    let names: Vec<String> = all(&page, "article h3").into_iter().map(text).collect();
    assert!(
        names
            .iter()
            .any(|name| name == "<script>alert(\"x\")</script>"),
        "{names:?}"
    );
    assert!(all(&page, "td b, th b, bdi b").is_empty());
}

#[test]
fn a_redacted_column_shows_no_value_of_either_side() {
    let html = render(&sample("awkward").report());
    for secret in ["gold-customer", "silver", "81,23", "81234", "81.2"] {
        assert!(!html.contains(secret), "{secret}");
    }
    assert!(html.contains("redacted:9f86d081"));
    check(
        "awkward",
        "article header .badge",
        &["Redacted", "Redacted"],
    );
}

/// As documents of another program, or an older one, may.
#[test]
fn a_value_that_documents_still_hold_of_a_redacted_column_is_not_shown() {
    let mut sample = sample("awkward");
    let mut planted = 0;
    for facts in &mut sample.probity.features {
        if facts.redacted {
            facts.frequent = vec![FrequentValue {
                value: "planted-secret".to_owned(),
                count: 70,
                max_undercount: 0,
            }];
            facts.lengths = Some(LengthFacts {
                min: 7_654_321,
                max: 7_654_321,
                mean: 7_654_321.0,
            });
            planted += 1;
        }
    }
    assert!(planted > 0);
    sample.baseline = None;
    sample.probity.check = None;
    for statistics in &mut sample.statistics.features {
        if statistics.name.starts_with("secret") {
            statistics.string_statistics = None;
            statistics.numerical_statistics = None;
        }
    }
    let html = render(&sample.report());
    assert!(!html.contains("planted-secret") && !html.contains("7,654,321"));
}

#[test]
fn the_headline_counts_columns_under_the_deciding_verdict() {
    check(
        "drift",
        "h1",
        &["5 of 12 columns violate their constraints"],
    );
    check("clean", "h1", &["No violation in 12 columns"]);
    check("baseline", "h1", &["4,800 rows in 12 columns"]);
    check("no-columns", "h1", &["0 rows in 0 columns"]);
}

#[test]
fn a_check_that_judged_nothing_is_not_a_pass() {
    let cases = [
        ("no-rows", "Nothing could be judged: the data has no rows"),
        (
            "too-few-rows",
            "Nothing could be judged: the data has 12 rows, and 30 are needed",
        ),
        (
            "one-row",
            "Nothing could be judged: the data has 1 row, and 30 are needed",
        ),
        (
            "nothing-tested",
            "No violation found, but drift was not tested",
        ),
    ];
    for (name, headline) in cases {
        let mut sample = sample(name);
        if let Some(check) = &mut sample.probity.check {
            "corrected".clone_into(&mut check.verdict);
        }
        let page = page(&sample);
        assert_eq!(text(all(&page, "h1")[0]), headline, "{name}");
        assert!(all(&page, ".mark.good").is_empty(), "{name}");
        assert_eq!(all(&page, ".mark.warning").len(), 1, "{name}");
        assert!(!all(&page, ".tile.unjudged").is_empty(), "{name}");
        let words = text(all(&page, ".words")[0]);
        assert!(!words.contains("nothing stands out"), "{name}: {words}");
    }
    check("no-rows", "span.ok", &["Not judged", "Not judged"]);
}

#[test]
fn limits_that_are_exceeded_are_named_however_few_the_rows() {
    check(
        "too-few-rows",
        "h1",
        &["1 of 3 columns violates its constraints"],
    );
    let html = render(&sample("too-few-rows").report());
    for overclaim in ["This is not a pass", "clear shift", "some shift"] {
        assert!(!html.contains(overclaim), "{overclaim}");
    }
}

#[test]
fn notes_come_before_the_verdicts() {
    let page = page(&sample("too-few-rows"));
    let first = all(&page, "main > section")[0];
    assert!(text(first).contains("fewer than the minimum of 30"));
}

#[test]
fn one_is_written_without_a_plural() {
    for sample in samples() {
        let page = page(&sample);
        let words = text(all(&page, "body")[0]);
        for wrong in [
            " 1 rows",
            " 1 columns",
            " 1 files",
            " 1 tests",
            "for sure",
            "surely",
        ] {
            assert!(!words.contains(wrong), "{}: {wrong}", sample.name);
        }
    }
}

#[test]
fn columns_are_sorted_by_how_far_they_moved() {
    let page = page(&sample("drift"));
    let names: Vec<String> = all(&page, "article h3").into_iter().map(text).collect();
    assert_eq!(&names[..2], ["annual_income", "employment_years"]);
    let in_table: Vec<String> = all(&page, "table.columns tbody th")
        .into_iter()
        .map(text)
        .collect();
    assert_eq!(names, in_table);
}

#[test]
fn a_verdict_that_was_withheld_says_why() {
    let page = page(&sample("too-few-rows"));
    let remarks: Vec<String> = all(&page, "p.remark").into_iter().map(text).collect();
    assert_eq!(remarks.len(), 3);
    assert!(
        remarks
            .iter()
            .all(|remark| remark.contains("too few to judge drift")),
        "{remarks:?}"
    );
}

#[test]
fn a_column_with_too_few_rows_has_no_adjusted_p() {
    let page = page(&sample("too-few-rows"));
    let notes: Vec<String> = all(&page, "dl.facts div")
        .into_iter()
        .map(text)
        .filter(|fact| fact.starts_with("Adjusted p"))
        .collect();
    assert!(!notes.is_empty());
    for note in notes {
        assert!(
            note.contains("not tested") && note.ends_with("left out of the correction"),
            "{note}"
        );
    }
}

#[test]
fn a_column_that_lost_all_its_values_says_so() {
    let page = page(&sample("awkward"));
    let sentences: Vec<String> = all(&page, "p.finding").into_iter().map(text).collect();
    let expected = "Completeness 100% of the rows have no value (2,000 of 2,000); allowed are at most 0%. SageMaker Corrected";
    assert!(
        sentences.iter().any(|sentence| sentence == expected),
        "{sentences:?}"
    );
}

#[test]
fn drift_beyond_a_limit_says_by_how_much() {
    assert_eq!(
        told("drift", "annual_income"),
        ["The distribution moved by 0.287, more than the allowed 0.1."]
    );
}

#[test]
fn a_p_value_below_its_limit_is_not_worded_as_a_distance() {
    let mut sample = sample("drift");
    let facts = sample.probity.features.iter_mut();
    for drift in facts
        .filter(|facts| facts.name == "home_ownership")
        .filter_map(|facts| facts.drift.as_mut())
    {
        "ChiSquared".clone_into(&mut drift.method);
        (drift.distance, drift.threshold) = (Some(0.004), 0.05);
    }
    let html = render(&sample.report());
    assert!(html.contains("chi-squared p-value 0.004, below the limit of 0.05."));
}

#[test]
fn a_comparison_that_is_switched_off_is_a_constraint_to_show() {
    let mut sample = sample("baseline");
    sample
        .constraints
        .as_mut()
        .unwrap()
        .monitoring_config
        .as_mut()
        .unwrap()
        .distribution_constraints
        .as_mut()
        .unwrap()
        .perform_comparison = Some(Switch::Disabled);
    assert_eq!(limits(&sample, "age").last().unwrap(), "Driftnot compared");
}

#[test]
fn a_limit_that_only_the_documents_know_is_told_in_their_words() {
    let mut sample = sample("drift");
    let facts = sample.probity.features.iter_mut();
    for drift in facts.filter_map(|facts| facts.drift.as_mut()) {
        drift.distance = None;
    }
    if let Some(check) = &mut sample.probity.check {
        check.corrected_violations.clear();
    }
    let html = render(&sample.report());
    assert!(!html.contains("more than chance explains: adjusted p"));
    assert!(html.contains("exceeds threshold"));
}

/// The sentences of the violations table that are about `column`.
fn told(sample_name: &str, column: &str) -> Vec<String> {
    let page = page(&sample(sample_name));
    let cell = Selector::parse("th, td").unwrap();
    all(&page, "table.violations tbody tr")
        .into_iter()
        .map(|row| row.select(&cell).map(text).collect::<Vec<_>>())
        .filter(|cells| cells[0] == column)
        .map(|cells| cells[2].clone())
        .collect()
}

#[test]
fn drift_that_only_the_corrected_verdict_finds_says_what_it_found() {
    assert_eq!(
        told("verdicts-differ", "interest_rate"),
        [
            "The largest difference from the baseline is 0.072 (95% interval 0.031 to 0.113), \
          more than chance explains: adjusted p 0.0003. \
          SageMaker’s distance, 0, is within the allowed 0.1."
        ]
    );
    let chi_squared = told("verdicts-differ", "purpose");
    assert!(
        chi_squared[0].ends_with(
            "adjusted p 0.012. SageMaker’s chi-squared p-value, 0.2, is not below its limit of 0.05."
        ),
        "{chi_squared:?}"
    );
}

#[test]
fn values_of_another_type_are_told_in_words() {
    assert_eq!(
        told("awkward", "became_numeric"),
        [
            "Expected String; found 2,000 fractions (100%).",
            "None of the values is among the baseline’s 2 values; the data type changed."
        ]
    );
}

#[test]
fn drift_across_a_change_of_type_is_not_judged() {
    let page = page(&sample("awkward"));
    let remarks: Vec<String> = all(&page, "p.remark").into_iter().map(text).collect();
    let said = remarks
        .iter()
        .filter(|remark| *remark == "Drift was not judged: the data type changed.");
    assert_eq!(said.count(), 3, "{remarks:?}");
}

#[test]
fn infinite_values_are_counted_beside_the_picture() {
    let page = page(&sample("awkward"));
    let facts: Vec<String> = all(&page, "dl.facts div").into_iter().map(text).collect();
    assert!(
        facts
            .iter()
            .any(|fact| fact == "Infinite3outside moments and distribution"),
        "{facts:?}"
    );
}

#[test]
fn only_a_report_with_constraints_is_titled_a_baseline() {
    check("baseline", ".kind", &["Probity Baseline"]);
    check("profile", ".kind", &["Probity Data profile"]);
    check("clean", ".kind", &["Probity Data quality check"]);
}

/// Rows of the constraints in the section of `column`.
fn limits(sample: &Sample, column: &str) -> Vec<String> {
    let page = page(sample);
    let name = Selector::parse("h3").unwrap();
    let row = Selector::parse("table.limits tr").unwrap();
    all(&page, "article")
        .into_iter()
        .filter(|article| article.select(&name).any(|h3| text(h3) == column))
        .flat_map(|article| article.select(&row).map(text).collect::<Vec<_>>())
        .collect()
}

#[test]
fn a_baseline_shows_the_constraints_of_each_column() {
    let baseline = sample("baseline");
    assert_eq!(
        limits(&baseline, "interest_rate"),
        [
            "Data typeFractional, all values",
            "Completeness100% of the rows or more",
            "Signno negative value",
            "DriftRobust distance at most 0.15"
        ]
    );
    assert_eq!(
        limits(&baseline, "home_ownership"),
        [
            "Data typeString, all values",
            "Completeness100% of the rows or more",
            "Valuesone of 3: “rent”, “mortgage”, “own”; 99% of the values or more",
            "DriftLInfinity distance at most 0.1"
        ]
    );
    assert!(limits(&baseline, "annual_income")[1].starts_with("Completeness99.625%"));
    check("baseline", "table.limits .badge", &["Own settings"]);
    assert_eq!(limits(&sample("profile"), "age"), Vec::<String>::new());
}

#[test]
fn a_baseline_shows_the_settings_of_the_file() {
    check(
        "baseline",
        "section.settings tr",
        &[
            "Constraints are checkedon",
            "Metrics are emittedon",
            "Must have the typeall values",
            "Must be a known value99% of the values or more",
            "Distributions are comparedon",
            "Drift of numbersRobust distance at most 0.1",
            "Drift of other columnsLInfinity distance at most 0.1",
        ],
    );
    check("profile", "section.settings", &[]);
}

#[test]
fn constraints_of_a_redacted_column_show_no_value() {
    let mut sample = sample("awkward");
    sample.baseline = None;
    sample.violations = None;
    sample.probity.check = None;
    assert_eq!(
        limits(&sample, "secret_tier")[2],
        "Valuesone of 2, which are redacted; 99% of the values or more"
    );
    assert!(!render(&sample.report()).contains("gold-customer"));
}

#[test]
fn numbers_of_one_side_are_not_called_current() {
    for name in ["baseline", "profile"] {
        let page = page(&sample(name));
        let heads: Vec<String> = all(&page, "article th").into_iter().map(text).collect();
        assert!(heads.iter().any(|head| head == "Share"), "{heads:?}");
        assert!(!heads.iter().any(|head| head == "Current"), "{heads:?}");
        let titles: Vec<String> = all(&page, "svg title").into_iter().map(text).collect();
        assert!(
            titles.iter().all(|title| !title.contains("current")),
            "{titles:?}"
        );
    }
}

#[test]
fn a_profile_has_one_series_and_no_verdict() {
    let page = page(&sample("baseline"));
    assert!(all(&page, ".tile").is_empty());
    assert!(all(&page, "path.base").is_empty());
    assert!(!all(&page, "path.only").is_empty());
}

#[test]
fn a_hundred_columns_with_full_sketches_stay_under_a_megabyte() {
    let wide = Sample::wide(100, 4_700);
    let size = render(&wide.report()).len();
    assert!(size < 1_000_000, "{size} bytes");
}

/// The limit is a megabyte; the tenth that is left is for longer names and for notes.
#[test]
fn a_hundred_columns_that_all_moved_stay_well_under_a_megabyte() {
    let moved = Sample::all_moved(100, 4_700);
    let html = render(&moved.report());
    assert!(html.len() < 900_000, "{} bytes", html.len());
    let page = Html::parse_document(&html);
    assert!(page.errors.is_empty(), "{:?}", page.errors);
    let rows = all(&page, "table.violations tbody tr").len();
    assert_eq!(rows, 200, "each column has two findings");
    assert_eq!(all(&page, "path.now").len(), 200, "two pictures a column");
}

#[test]
fn ten_thousand_columns_stay_under_ten_megabytes() {
    let wide = Sample::wide(10_000, 20);
    let html = render(&wide.report());
    assert!(html.len() < 10_000_000, "{} bytes", html.len());
    let rows = html.matches("<tr").count();
    assert!(rows >= 10_000, "{rows} rows");
}
