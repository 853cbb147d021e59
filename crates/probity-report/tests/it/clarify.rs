//! The three forms of a Clarify report: one content.

use probity_report::clarify::{ClarifySample, notebook_of, render, samples, typesetting_of};
use quick_xml::events::Event;
use scraper::{Html, Selector};
use serde_json::Value;

fn sample(name: &str) -> ClarifySample {
    samples()
        .into_iter()
        .find(|sample| sample.name == name)
        .unwrap()
}

fn notebook_text(sample: &ClarifySample) -> String {
    let mut bytes = Vec::new();
    notebook_of(&sample.report())
        .write_json(&mut bytes)
        .unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn bias_and_explanations_stand_on_one_page() {
    let sample = sample("clarify-both");
    let page = Html::parse_document(&render(&sample.report()));
    assert!(page.errors.is_empty(), "{:?}", page.errors);
    for (selector, n) in [
        ("h1", 1),
        ("#bias", 1),
        ("#explanations", 1),
        ("#output-1", 1),
        ("#f0", 1),
        ("footer", 1),
    ] {
        assert_eq!(
            page.select(&Selector::parse(selector).unwrap()).count(),
            n,
            "{selector}"
        );
    }
    let mut ids: Vec<&str> = page
        .select(&Selector::parse("[id]").unwrap())
        .filter_map(|part| part.attr("id"))
        .collect();
    let n = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), n);
}

#[test]
fn every_picture_of_the_typeset_report_is_well_formed_and_named() {
    for sample in samples() {
        let typesetting = typesetting_of(&sample.report());
        for (name, bytes) in &typesetting.files {
            assert!(
                typesetting.source.contains(&format!("\"{name}\"")),
                "{}: {name}",
                sample.name
            );
            let text = std::str::from_utf8(bytes).unwrap();
            assert!(!text.contains("var("), "{}: {name}", sample.name);
            let mut reader = quick_xml::Reader::from_str(text);
            loop {
                let event = reader.read_event();
                assert!(event.is_ok(), "{}: {name}: {event:?}", sample.name);
                if matches!(event, Ok(Event::Eof)) {
                    break;
                }
            }
        }
    }
}

#[test]
fn names_of_the_data_are_strings_of_the_markup() {
    let source = typesetting_of(&sample("explanation-hostile").report()).source;
    // Outside of strings nothing of the data is left.
    let mut outside = String::new();
    let mut is_inside = false;
    let mut characters = source.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' if is_inside => {
                characters.next();
            }
            '"' => is_inside = !is_inside,
            character if !is_inside => outside.push(character),
            _ => {}
        }
    }
    for forbidden in ["panic", "alert", "passwd", "1pt)</h1>"] {
        assert!(source.contains(forbidden), "{forbidden}");
        assert!(!outside.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn every_notebook_follows_the_format() {
    for sample in samples() {
        let notebook: Value = serde_json::from_str(&notebook_text(&sample)).unwrap();
        assert_eq!(
            (&notebook["nbformat"], &notebook["nbformat_minor"]),
            (&Value::from(4), &Value::from(5))
        );
        let cells = notebook["cells"].as_array().unwrap();
        let mut ids = Vec::new();
        for cell in cells {
            ids.push(cell["id"].as_str().unwrap());
            let is_code = cell["cell_type"] == "code";
            assert_eq!(is_code, cell.get("outputs").is_some(), "{}", sample.name);
            assert!(cell["source"].is_array() && cell["metadata"].is_object());
        }
        let n = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), n, "{}", sample.name);
    }
}

/// The page and the typeset report show the same numbers of the same features.
#[test]
fn the_forms_have_one_content() {
    let sample = sample("explanation-raw-score");
    let report = sample.report();
    let page = Html::parse_document(&render(&report));
    let typeset = typesetting_of(&report).source;
    let notebook = notebook_text(&sample);
    let cells: Vec<String> = page
        .select(&Selector::parse("#output-1 .facts-table td").unwrap())
        .map(|cell| cell.text().collect())
        .collect();
    assert!(cells.len() >= 48, "{}", cells.len());
    for cell in cells {
        assert!(typeset.contains(&format!("#\"{cell}\";")), "{cell}");
        assert!(notebook.contains(&cell), "{cell}");
    }
}

/// `probity-pdf` typesets the same files in its tests. To renew one, copy the `report.typ` that
/// the example `samples` writes.
#[track_caller]
fn check_markup(name: &str, golden: &str) {
    let source = typesetting_of(&sample(name).report()).source;
    assert!(
        source == golden,
        "`golden/report/typst/{name}.typ` is not what the report writes"
    );
}

#[test]
fn the_markup_is_what_the_typesetter_is_tested_with() {
    check_markup(
        "explanation-hostile",
        include_str!("../../../../golden/report/typst/explanation-hostile.typ"),
    );
    check_markup(
        "explanation-classes",
        include_str!("../../../../golden/report/typst/explanation-classes.typ"),
    );
    check_markup(
        "explanation-extreme",
        include_str!("../../../../golden/report/typst/explanation-extreme.typ"),
    );
    check_markup(
        "clarify-both",
        include_str!("../../../../golden/report/typst/clarify-both.typ"),
    );
}
