//! Model-quality reports: every sample, by selectors; every number of the documents; escaping,
//! size.

use probity_report::Verdict;
use probity_report::model_quality::{QualitySample, check_results, check_summary, render, samples};
use scraper::{ElementRef, Html, Selector};

fn sample(name: &str) -> QualitySample {
    samples()
        .into_iter()
        .find(|sample| sample.name == name)
        .unwrap()
}

fn page(sample: &QualitySample) -> Html {
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
    }
}

#[test]
fn every_picture_is_described_and_has_its_numbers_or_is_hidden() {
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
        for figure in all(&page, "figure") {
            let table = Selector::parse("table.numbers").unwrap();
            assert!(figure.select(&table).next().is_some(), "{}", sample.name);
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
        assert!(!html.contains(" hidden>"), "{}", sample.name);
    }
}

/// The numbers of an element, whatever stands between them.
fn numbers(element: ElementRef<'_>) -> Vec<f64> {
    let words: Vec<&str> = element.text().collect();
    let words = words.join(" ").replace('−', "-").replace(',', "");
    let is_number = |c: char| c.is_ascii_digit() || c == '.' || c == '-';
    let parts = words.split(|c| !is_number(c));
    parts.filter_map(|part| part.parse().ok()).collect()
}

/// Tables show three decimals, or four digits.
#[track_caller]
fn assert_shown(element: ElementRef<'_>, value: f64) {
    let tolerance = 0.000_51_f64.max(value.abs() * 0.000_51);
    let is_shown = numbers(element)
        .iter()
        .any(|number| (number - value).abs() <= tolerance);
    assert!(is_shown, "{value}: {}", text(element));
}

#[test]
fn every_metric_interval_and_standard_deviation_of_the_documents_is_shown() {
    for name in ["quality-binary", "quality-multiclass", "quality-regression"] {
        let sample = sample(name);
        let page = page(&sample);
        let whole = &sample.probity.whole;
        let (constants, own): (Vec<_>, Vec<_>) = whole
            .metrics
            .iter()
            .chain(&whole.extended)
            .partition(|metric| metric.name.ends_with("_best_constant_classifier"));
        let rows = all(&page, "table.quality tbody tr");
        assert_eq!(rows.len(), own.len(), "{name}");
        for (row, metric) in rows.iter().zip(own) {
            let interval = metric.interval.as_ref().unwrap();
            for value in [metric.value.unwrap(), interval.low, interval.high] {
                assert_shown(*row, value);
            }
            let constant = format!("{}_best_constant_classifier", metric.name);
            if let Some(constant) = constants.iter().find(|other| other.name == constant) {
                assert_shown(*row, constant.value.unwrap());
            }
            let scalars = sample.statistics.metrics.scalars();
            if let Some((_, scalar)) = scalars.iter().find(|(name, _)| *name == metric.name) {
                assert_shown(*row, scalar.standard_deviation.unwrap());
            }
        }
    }
}

#[test]
fn the_headline_says_how_good_the_predictions_are() {
    check(
        "quality-binary",
        "h1",
        &["Accuracy 0.795, AUC 0.852 on 4,800 rows"],
    );
    check(
        "quality-regression",
        "h1",
        &["RMSE 2.243, R² 0.237 on 627 rows"],
    );
    check(
        "quality-empty",
        "h1",
        &["Nothing could be measured: no row has a label and a prediction"],
    );
}

#[test]
fn rows_that_were_left_out_are_told() {
    let page = page(&sample("quality-binary"));
    let lead = text(all(&page, ".lead")[0]);
    assert!(lead.ends_with("Left out: 14 without a label."), "{lead}");
    assert!(lead.contains("positive above 0.5"), "{lead}");
}

#[test]
fn a_binary_result_has_matrix_curves_and_calibration() {
    let page = page(&sample("quality-binary"));
    let titles = texts(&page, "figure > figcaption b");
    let expected = [
        "Confusion matrix",
        "ROC curve",
        "Precision against recall",
        "Calibration",
        "Calibration",
    ];
    assert_eq!(titles, expected);
    let counts = texts(&page, ".confusion .count");
    assert_eq!(counts, ["2,886", "674", "311", "929"]);
}

#[test]
fn the_baselines_curves_lie_behind_the_current_ones() {
    let dashed = |name: &str| all(&page(&sample(name)), ".curve.then").len();
    assert_eq!(dashed("quality-binary"), 0);
    assert_eq!(dashed("quality-check-worse"), 2);
    assert_eq!(dashed("quality-check-regression"), 1);
}

#[test]
fn the_hardest_class_comes_first() {
    let page = page(&sample("quality-multiclass"));
    let classes = texts(&page, "#classes tbody th");
    assert_eq!(classes.len(), 5);
    let words = texts(&page, ".said li");
    assert!(
        words[1].starts_with(&format!("Hardest is class {}:", classes[0])),
        "{words:?}"
    );
}

#[test]
fn segments_are_rows_and_markup_in_them_is_text() {
    let page = page(&sample("quality-binary"));
    assert_eq!(all(&page, "script").len(), 1);
    let segments = texts(&page, "table.multiples tbody th b");
    assert_eq!(
        segments,
        ["online", "<script>alert(1)</script>", "no value"]
    );
    let html = render(&sample("quality-multiclass").report());
    assert!(html.contains("&lt;b&gt;bag&lt;/b&gt;") && !html.contains("<b>bag"));
}

#[test]
fn a_check_shows_both_verdicts_limits_and_what_decides() {
    check(
        "quality-check-worse",
        "h1",
        &["11 of 11 metrics are worse than their limits"],
    );
    check(
        "quality-check-unchanged",
        "h1",
        &["None of 11 metrics is worse than its limit"],
    );
    let page = page(&sample("quality-check-worse"));
    let rows = texts(&page, "table.moves tbody tr");
    assert!(
        rows[0].contains("at least 0.749SageMaker Corrected"),
        "{}",
        rows[0]
    );
    assert_eq!(texts(&page, ".tile-decides"), ["decides this check"]);
}

#[test]
fn junit_and_markdown_name_what_the_verdict_names() {
    let sample = sample("quality-check-worse");
    let junit = check_results(&sample.report(), Verdict::Aws);
    let mut reader = quick_xml::Reader::from_str(&junit);
    while !matches!(reader.read_event().unwrap(), quick_xml::events::Event::Eof) {}
    assert!(
        junit.contains("<testsuite name=\"model quality\" tests=\"11\" failures=\"11\""),
        "{junit}"
    );
    assert!(junit.contains("Metric recall with 0.69"), "{junit}");
    let markdown = check_summary(&sample.report(), Verdict::Corrected);
    assert!(
        markdown.starts_with("### ❌ Model quality: 11 violations\n"),
        "{markdown}"
    );
    assert!(
        markdown.contains(
            "| BinaryClassification | **recall** | 0.749 then, 0.695 now, limit at least 0.749;"
        ),
        "{markdown}"
    );
    assert!(
        markdown.ends_with("SageMaker's rule finds the same.\n"),
        "{markdown}"
    );
}

#[test]
fn under_the_corrected_verdict_nothing_tested_is_no_pass() {
    let mut sample = sample("quality-check-unchanged");
    let check = sample.probity.check.as_mut().unwrap();
    "corrected".clone_into(&mut check.verdict);
    check.tested = 0;
    for metric in &mut check.metrics {
        metric.p_value = None;
        metric.note = Some("too few rows: 12 in the current data".to_owned());
    }
    let page = page(&sample);
    assert!(all(&page, ".mark.good").is_empty());
    let junit = check_results(&sample.report(), Verdict::Corrected);
    assert!(
        junit.contains("tests=\"12\" failures=\"0\" errors=\"0\" skipped=\"12\""),
        "{junit}"
    );
    assert!(junit.contains("too few rows: 12"), "{junit}");
}

#[test]
fn many_classes_and_segments_stay_below_a_megabyte() {
    let size = render(&QualitySample::wide(120, 400).report()).len();
    assert!(size < 1_000_000, "{size} bytes");
    let page = page(&QualitySample::wide(60, 2));
    assert_eq!(all(&page, ".confusion .cell").len(), 30 * 30);
}
