//! Explanations as a page: every sample, by selectors; numbers of the document; escaping; size.

use probity_report::explanation::{ExplanationSample, render, samples};
use scraper::{ElementRef, Html, Selector};

fn sample(name: &str) -> ExplanationSample {
    samples()
        .into_iter()
        .find(|sample| sample.name == name)
        .unwrap()
}

fn page(sample: &ExplanationSample) -> Html {
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
fn check_headline(sample_name: &str, expected: &str) {
    assert_eq!(texts(&page(&sample(sample_name)), "h1"), [expected]);
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
        let ids = all(&page, "[id]")
            .into_iter()
            .filter_map(|element| element.attr("id"));
        let mut ids: Vec<&str> = ids.collect();
        let n = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), n, "{}", sample.name);
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
fn nothing_is_fetched_from_anywhere_and_nothing_waits_for_a_script() {
    for sample in samples() {
        let html = render(&sample.report());
        // The address of a model that runs elsewhere is a text.
        for forbidden in [
            "href=\"http",
            "src=",
            "@import",
            "<link",
            "<iframe",
            " style=",
            " hidden>",
        ] {
            assert!(!html.contains(forbidden), "{}: {forbidden}", sample.name);
        }
    }
}

#[test]
fn names_of_the_data_never_become_markup() {
    let page = page(&sample("explanation-hostile"));
    assert_eq!(all(&page, "script").len(), 1);
    assert!(all(&page, "h1 b").is_empty());
    assert!(
        texts(&page, ".facts-table tbody th").contains(&"<script>alert(1)</script>".to_owned())
    );
}

#[test]
fn every_feature_has_a_row_with_its_numbers() {
    let sample = sample("explanation-raw-score");
    let page = page(&sample);
    let rows = texts(&page, "#output-1 .facts-table tbody tr");
    let label = &sample.probity.attributions.as_ref().unwrap().labels[0];
    assert_eq!(rows.len(), label.features.len());
    for feature in &label.features {
        let row = rows
            .iter()
            .find(|row| row.starts_with(&feature.feature))
            .unwrap();
        let interval = feature.interval.as_ref().unwrap();
        let values = [feature.global, interval.low, interval.high, feature.mean];
        // Smaller ones are written with a power of ten.
        for value in values.into_iter().filter(|value| value.abs() > 1e-4) {
            let digits = format!("{:.8}", value.abs());
            // Two digits after the zeros: rounding may change what follows.
            let zeros = digits
                .find(|digit: char| ('1'..='9').contains(&digit))
                .unwrap();
            assert!(row.contains(&digits[..=zeros]), "{digits}: {row}");
        }
    }
}

#[test]
fn the_headline_names_one_feature_only_where_it_is_surely_the_first() {
    check_headline(
        "explanation-estimated",
        "Marital Status and Capital Gain move the output most, about equally",
    );
    let mut apart = sample("explanation-estimated");
    let features = &mut apart.probity.attributions.as_mut().unwrap().labels[0].features;
    for feature in features.iter_mut() {
        let interval = feature.interval.as_mut().unwrap();
        (interval.low, interval.high) = (feature.global, feature.global);
    }
    assert_eq!(
        texts(&page(&apart), "h1"),
        ["Marital Status moves the output most, by 0.05473 on average"]
    );
}

#[test]
fn a_drifted_ranking_is_the_headline() {
    check_headline(
        "explanation-moved",
        "Other features drive the model than at the baseline: nDCG 0.853 is below 0.9",
    );
    check_headline(
        "explanation-unmoved",
        "The same features drive the model as at the baseline: nDCG 1, at least 0.9",
    );
}

#[test]
fn a_waterfall_has_a_step_per_feature_and_ends_at_the_output() {
    let sample = sample("explanation-raw-score");
    let page = page(&sample);
    let row = &sample.probity.attributions.as_ref().unwrap().rows[0];
    let steps = all(&page, "#rows svg path.up, #rows svg path.down");
    assert_eq!(steps.len(), row.features.len());
    let table = all(&page, "#rows .facts-table tbody tr");
    assert_eq!(table.len(), row.features.len());
}

#[test]
fn the_largest_pages_stay_readable() {
    for sample in samples() {
        let size = render(&sample.report()).len();
        assert!(size < 2_500_000, "{}: {size} bytes", sample.name);
    }
}

fn section_text(page: &Html, id: &str) -> String {
    texts(page, &format!("#{id}")).concat()
}

#[test]
fn rows_of_chosen_features_start_from_a_value_of_their_own() {
    let sample = sample("explanation-chosen");
    let page = page(&sample);
    let rows = section_text(&page, "rows");
    assert!(rows.contains("chosen features unknown"), "{rows}");
    assert!(!rows.contains("mean raw score"), "{rows}");
    // A group has its columns' values.
    assert!(
        rows.contains("demographics: age = 47, gender = 0") && !rows.contains("missing"),
        "{rows}"
    );
    let said = section_text(&page, "output-1");
    assert!(
        said.contains("every other column keeps the row’s own value")
            && !said.contains("the mean raw score is"),
        "{said}"
    );
}

#[test]
fn a_group_of_columns_is_not_missing() {
    let mut sample = sample("explanation-raw-score");
    let facts = sample.probity.attributions.as_mut().unwrap();
    let group = &mut facts.labels[0].features[4];
    assert_eq!(group.feature, "Marital Status");
    for point in &mut group.sample {
        point.text = None;
    }
    facts.rows[0].features[4].value = None;
    let page = page(&sample);
    let plots = texts(&page, "#output-1 svg title");
    assert!(
        !plots.contains(&"Attribution by value of Marital Status".to_owned()),
        "{plots:?}"
    );
    let key = texts(&page, "#output-1 svg text");
    assert!(
        key.contains(&"a group, or values not shown".to_owned()),
        "{key:?}"
    );
    let rows = section_text(&page, "rows");
    assert!(!rows.contains("missing"), "{rows}");
    assert!(rows.contains("not shown"), "{rows}");
}

#[test]
fn each_unit_has_its_name() {
    let mut sample = sample("explanation-raw-score");
    sample.probity.partial_dependence = self::sample("explanation-dependence")
        .probity
        .partial_dependence;
    let page = page(&sample);
    let rows = section_text(&page, "rows");
    assert!(
        rows.contains("mean raw score") && !rows.contains("output"),
        "{rows}"
    );
    let dependence = section_text(&page, "partial-dependence");
    assert!(
        dependence.contains("mean reported output") && !dependence.contains("mean output"),
        "{dependence}"
    );
    assert!(dependence.contains("not the raw score"), "{dependence}");
}

#[test]
fn values_over_the_training_data_are_not_said_to_be_of_a_baseline() {
    let of_trees = page(&sample("explanation-raw-score"));
    for id in ["output-1", "rows"] {
        let text = section_text(&of_trees, id);
        assert!(
            text.to_lowercase().contains("over the training data"),
            "{text}"
        );
        assert!(!text.contains("baseline"), "{text}");
    }
    let of_kernels = page(&sample("explanation-estimated"));
    assert!(section_text(&of_kernels, "output-1").contains("On the baseline the mean output is"));
}

#[test]
fn outputs_of_every_feature_have_the_order_of_the_model() {
    let mut sample = sample("explanation-classes");
    let facts = &mut sample.probity.partial_dependence;
    let mut turned = facts[0].clone();
    // The last output moves most, and falls.
    for (at, curve) in turned.labels.iter_mut().enumerate() {
        for (mean, value) in curve.means.iter_mut().zip((0..15).rev()) {
            mean.mean = f64::from(value) * (at as f64 + 1.0);
        }
    }
    facts.push(turned);
    let page = page(&sample);
    let text = section_text(&page, "partial-dependence");
    let places: Vec<usize> = ["output setosa", "output versicolor", "output virginica"]
        .into_iter()
        .flat_map(|name| {
            text.match_indices(name)
                .map(|(at, _)| at)
                .collect::<Vec<_>>()
        })
        .collect();
    let [a, d, b, e, c, f] = places[..] else {
        panic!("{places:?}")
    };
    assert!([a, b, c, d, e, f].is_sorted(), "{places:?}");
    assert!(
        text.contains("The mean output is lowest, 0, at 6.9, and highest, 42, at 1."),
        "{text}"
    );
}

#[test]
fn what_rounding_leaves_is_shown_as_nothing() {
    let mut sample = sample("explanation-raw-score");
    let feature = &mut sample.probity.attributions.as_mut().unwrap().labels[0].features[2];
    assert_eq!(feature.feature, "fnlwgt");
    (feature.global, feature.mean) = (5.093e-18, -5.093e-18);
    let interval = feature.interval.as_mut().unwrap();
    (interval.low, interval.high) = (4e-18, 6e-18);
    let page = page(&sample);
    let rows = texts(&page, "#output-1 .facts-table tbody tr");
    assert!(rows.iter().any(|row| row == "fnlwgt1200 to 00"), "{rows:?}");
    assert!(section_text(&page, "output-1").contains("1 feature does not move it at all"));
}

/// A feature that moves rows a ten-millionth as far as another has a square of 1e-14 of its.
#[test]
fn small_squares_are_not_what_rounding_leaves() {
    let mut sample = sample("explanation-raw-score");
    let facts = sample.probity.attributions.as_mut().unwrap();
    facts.aggregation = "mean_sq".to_owned();
    let largest = facts.labels[0].features[4].global;
    facts.labels[0].features[2].global = largest * 1e-14;
    let page = page(&sample);
    assert!(!section_text(&page, "output-1").contains("does not move it at all"));
}
