//! Model cards in every form: what is said is found, and nothing in it becomes more than text.

use std::collections::BTreeSet;

use probity_domain::resource::CardStatus;
use probity_report::card::{
    CardSample, Template, html, hugging_face, json, markdown, samples, typesetting,
};
use quick_xml::events::Event;
use scraper::{ElementRef, Html, Selector};

pub(crate) fn sample(name: &str) -> CardSample {
    samples()
        .into_iter()
        .find(|sample| sample.name == name)
        .unwrap()
}

pub(crate) fn all<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

fn every(check: impl Fn(&CardSample, Template)) {
    for sample in samples() {
        for template in Template::ALL {
            check(&sample, template);
        }
    }
}

/// Without spaces, and without the marks that let lines break.
pub(crate) fn squeezed(text: &str) -> String {
    text.chars()
        .filter(|character| {
            !character.is_whitespace() && !matches!(character, '\u{200B}' | '\u{2068}' | '\u{2069}')
        })
        .collect()
}

/// What the full card says, each text once.
const SAID: [&str; 34] = [
    "Estimates the probability",
    "consumer-credit-2026-11",
    "Binary classification",
    "XGBoost, gradient-boosted trees",
    "Ada Marek",
    "Retail Risk Models, Frankfurt",
    "s3://models-prod/consumer-credit/2026-11/model.tar.gz",
    "November retraining with the bureau's new scale",
    "Shadow run of two weeks",
    "Ranks applications",
    "Not for mortgages",
    "Inflation moves the income features",
    "Creditworthiness of natural persons",
    "Losses of the consumer loan book",
    "the ombudsman for customers",
    "Retail banking",
    "log loss, weighted by loan size",
    "Validation loss stopped improving",
    "training-job/consumer-credit-2026-11-03-08-15",
    "validation.parquet",
    "0.182375",
    "on the out-of-time sample",
    "binary:logistic",
    "Loans granted from July",
    "statistics.json",
    "9f64a747e1b97f131fabb6b447296c9b6f0201e79fb3c5356e6c77e89b6a806a",
    "0.674219",
    "receiver_operating_characteristic_curve",
    "rejected per 100",
    "MV-2026-114",
    "Postal code was removed",
    "population stability index",
    "Model Risk Committee",
    "approved for decision support until the next retraining",
];

#[track_caller]
fn check_says(form: &str, text: &str) {
    let text = squeezed(text);
    for said in SAID {
        assert!(text.contains(&squeezed(said)), "{form}: {said}");
    }
}

#[test]
fn every_text_of_the_card_is_in_the_page() {
    let dossier = sample("full").dossier;
    let page = Html::parse_document(&html(&dossier, Template::Card));
    let body = all(&page, "body")[0].text().collect::<String>();
    check_says("html", &body);
}

#[test]
fn every_text_of_the_card_is_in_the_typeset_document() {
    let source = typesetting(&sample("full").dossier, Template::Card).source;
    check_says("typst", &source);
}

#[test]
fn every_text_of_the_card_is_in_the_markdown() {
    let text = markdown(&sample("full").dossier, Template::Card);
    check_says("markdown", &decoded(&text));
}

/// Numeric entities back into what they stand for.
pub(crate) fn decoded(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("&#") {
        out.push_str(before);
        let (number, after) = after.split_once(';').unwrap();
        out.push(char::from_u32(number.parse().unwrap()).unwrap());
        rest = after;
    }
    out + rest
}

#[test]
fn the_same_card_gives_the_same_bytes() {
    every(|sample, template| {
        let dossier = &sample.dossier;
        assert_eq!(html(dossier, template), html(dossier, template));
        assert_eq!(
            typesetting(dossier, template),
            typesetting(dossier, template)
        );
        assert_eq!(markdown(dossier, template), markdown(dossier, template));
    });
}

#[test]
fn every_page_is_well_formed_and_asks_for_nothing() {
    every(|sample, template| {
        let page = Html::parse_document(&html(&sample.dossier, template));
        let name = format!("{} {}", sample.name, template.as_str());
        assert!(page.errors.is_empty(), "{name}: {:?}", page.errors);
        assert_eq!(all(&page, "h1").len(), 1, "{name}");
        assert_eq!(all(&page, "main").len(), 1, "{name}");
        assert_eq!(all(&page, "script").len(), 1, "{name}");
        for selector in ["[src]", "link", "iframe", "img", "object", "form", "base"] {
            assert_eq!(all(&page, selector).len(), 0, "{name}: {selector}");
        }
        for element in all(&page, "*") {
            let handlers = element
                .value()
                .attrs()
                .filter(|(key, _)| key.starts_with("on"));
            assert_eq!(handlers.count(), 0, "{name}");
        }
        let mut ids = BTreeSet::new();
        for element in all(&page, "[id]") {
            assert!(ids.insert(element.attr("id").unwrap().to_owned()), "{name}");
        }
        for link in all(&page, "a") {
            let href = link.attr("href").unwrap();
            assert!(
                ids.contains(href.strip_prefix('#').unwrap()),
                "{name}: {href}"
            );
        }
    });
}

#[test]
fn nothing_of_a_hostile_card_becomes_an_element_of_the_page() {
    let count = |name: &str| {
        let page = Html::parse_document(&html(&sample(name).dossier, Template::Card));
        // Lines of the data end with `br`; everything else is the same page.
        all(&page, "body *")
            .iter()
            .filter(|element| !matches!(element.value().name(), "br" | "bdi" | "small"))
            .count()
    };
    // The names of the matrix are cut in its picture, so its table stands beside it: two columns.
    const COLUMNS: usize = 2;
    // An owner that is no known state has the badge of one all the same.
    assert_eq!(count("hostile"), count("full") + COLUMNS);
}

/// The markup outside of its strings.
fn outside_strings(source: &str) -> String {
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
    outside
}

#[test]
fn nothing_of_a_hostile_card_leaves_the_strings_of_the_markup() {
    for template in Template::ALL {
        let source = typesetting(&sample("hostile").dossier, template).source;
        let outside = outside_strings(&source);
        for forbidden in ["panic", "alert", "passwd", "evil", "DROP", "heading\n"] {
            assert!(source.contains(forbidden.trim()), "{forbidden}");
            assert!(!outside.contains(forbidden), "{forbidden}");
        }
    }
}

#[test]
fn every_picture_of_the_typeset_card_is_well_formed_and_named() {
    every(|sample, template| {
        let typesetting = typesetting(&sample.dossier, template);
        for (name, bytes) in &typesetting.files {
            assert!(
                typesetting.source.contains(&format!("\"{name}\"")),
                "{name}"
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
    });
}

#[test]
fn nothing_of_a_hostile_card_is_markup_in_markdown() {
    let dossier = sample("hostile").dossier;
    let texts = [
        markdown(&dossier, Template::Card),
        markdown(&dossier, Template::AnnexIv),
        markdown(&dossier, Template::NistAiRmf),
        body_of(&hugging_face(&dossier)),
    ];
    for text in texts {
        let text = unfenced(&text);
        for forbidden in [
            "<script", "**b**", "](", "https://", "www.", "eve@", "`c`", "$x", "{{7",
        ] {
            assert!(!text.contains(forbidden), "{forbidden}");
        }
        for line in text.lines() {
            for mark in ["# heading", "- item", "1. one", "| a | b"] {
                assert!(!line.trim_start().starts_with(mark), "{line}");
            }
            assert_ne!(line.trim(), "---");
        }
    }
}

/// Without the code that is shown: within its fences nothing is markup, and a text of the data
/// stays on one line there, so it cannot end them.
fn unfenced(text: &str) -> String {
    let parts: Vec<&str> = text.split("\n~~~\n").collect();
    assert_eq!(parts.len() % 2, 1, "an open fence");
    parts.into_iter().step_by(2).collect()
}

fn body_of(page: &str) -> String {
    let (_, body) = page
        .strip_prefix("---\n")
        .unwrap()
        .split_once("\n---\n")
        .unwrap();
    body.to_owned()
}

#[test]
fn the_front_matter_of_a_hostile_card_keeps_to_its_lines() {
    let page = hugging_face(&sample("hostile").dossier);
    let (matter, _) = page
        .strip_prefix("---\n")
        .unwrap()
        .split_once("\n---\n")
        .unwrap();
    for line in matter.lines() {
        let value = line.split_once(": ").map_or("", |(_, value)| value);
        let value = line
            .trim_start()
            .strip_prefix("- \"")
            .map_or(value, |_| &line.trim_start()[2..]);
        let is_number = value.parse::<f64>().is_ok();
        let is_key = value.is_empty() && line.ends_with(':');
        let is_string = serde_json::from_str::<String>(value.trim_start_matches("type: ")).is_ok();
        assert!(is_number || is_key || is_string, "{line}");
    }
}

#[track_caller]
fn check_seen(name: &str, words: &[&str]) {
    let dossier = sample(name).dossier;
    let page = Html::parse_document(&html(&dossier, Template::Card));
    let text = all(&page, "main")[0].text().collect::<String>();
    let source = typesetting(&dossier, Template::Card).source;
    let plain = decoded(&markdown(&dossier, Template::Card));
    for word in words {
        assert!(text.contains(word), "html: {word}");
        assert!(source.contains(word), "typst: {word}");
        assert!(plain.contains(word), "markdown: {word}");
    }
}

#[test]
fn what_an_evaluation_stands_on_is_said_in_words() {
    check_seen(
        "full",
        &[
            "▲ Stale",
            "✓ Verified, current",
            "2 of 3 evaluations verified against their reports",
            "○ Claimed, not bound",
            "The monitor ran again at 2026-11-26 14:00 UTC",
            "the artifact's hash differs",
            "1 finding",
            "Not part of this version",
        ],
    );
}

#[test]
fn an_empty_card_says_what_is_missing() {
    check_seen("empty", &["? Not rated", "not stated", "no evaluations"]);
}

#[test]
fn who_approved_their_own_card_is_named() {
    let mut dossier = sample("full").dossier;
    check_seen("full", &["✓ Met"]);
    for step in &mut dossier.reviews {
        "ada".clone_into(&mut step.actor);
    }
    let page = html(&dossier, Template::Card);
    assert!(page.contains("▲ Not met") && !page.contains("✓ Met"));
}

#[test]
fn an_edit_of_an_approved_card_is_told_as_an_edit() {
    let mut dossier = sample("full").dossier;
    let mut edit = dossier.reviews[4].clone();
    assert_eq!((edit.version, edit.to), (3, CardStatus::Approved));
    edit.version = 4;
    edit.from = None;
    "eve".clone_into(&mut edit.actor);
    dossier.reviews.push(edit);
    dossier.version = 4;
    let page = html(&dossier, Template::Card);
    let page = Html::parse_document(&page);
    let text: String = page.root_element().text().collect();
    assert!(text.contains("edited; Approved"));
    assert!(text.contains("edited since version 3 was approved"));
    assert!(!text.contains("Approved by eve"));
}

#[test]
fn json_has_the_content_and_its_evidence() {
    let dossier = sample("full").dossier;
    let content = serde_json::json!({"model_overview": {"model_name": "x"}});
    let value = json(&dossier, &content);
    assert_eq!(value["content"], content);
    assert_eq!(value["evidence"][0]["stale"], true);
    assert_eq!(value["evidence"][0]["reasons"][0]["code"], "NewerExecution");
    assert_eq!(value["evidence"][2]["bound"], false);
    assert_eq!(value["reviews"][4]["to"], "Approved");
    assert_eq!(value["asOf"], "2026-11-27T14:00:00Z");
}

fn gaps(name: &str, template: Template) -> (String, Vec<String>) {
    let page = Html::parse_document(&html(&sample(name).dossier, template));
    let said = all(&page, "#gaps p.said")[0].text().collect();
    let rows = all(&page, "#gaps tbody tr");
    let rows = rows
        .iter()
        .map(|row| row.text().collect::<Vec<_>>().join("|"));
    (said, rows.collect())
}

#[test]
fn an_empty_card_has_every_point_of_annex_iv_as_a_gap() {
    let (said, rows) = gaps("empty", Template::AnnexIv);
    assert_eq!(
        said,
        "Of 26 points, 0 are stated, 0 are stated in part, and 26 have nothing in the card."
    );
    assert_eq!(rows.len(), 26);
    assert!(
        rows.iter()
            .any(|row| row.contains("custom_details.post_market_monitoring"))
    );
    assert!(
        rows.iter()
            .any(|row| row.contains("intended_uses.purpose_of_model"))
    );
}

#[test]
fn a_full_card_lists_only_what_it_lacks() {
    let (said, rows) = gaps("full", Template::AnnexIv);
    assert!(
        said.starts_with("Of 26 points, 13 are stated, 2 are"),
        "{said}"
    );
    let starts = |number: &str| rows.iter().any(|row| row.starts_with(number));
    // The purpose is stated, oversight is a custom detail; a plan of monitoring is neither.
    assert!(!starts("1(a)|") && !starts("2(e)|"));
    assert!(starts("9|"), "{rows:?}");
}

#[test]
fn a_custom_detail_closes_the_gap_of_its_point() {
    let mut dossier = sample("empty").dossier;
    let key = "Post-market monitoring".to_owned();
    dossier.card.additional.custom = vec![(key, "Monthly, by the risk team".to_owned())];
    let page = Html::parse_document(&html(&dossier, Template::AnnexIv));
    let text: String = all(&page, "#annex-9")[0].text().collect();
    assert!(text.contains("Monthly, by the risk team"), "{text}");
    let text: String = all(&page, "#gaps")[0].text().collect();
    assert!(
        text.contains("1 is stated") && !text.contains("custom_details.post_market_monitoring")
    );
}

#[test]
fn every_function_of_the_nist_framework_is_a_chapter() {
    let page = Html::parse_document(&html(&sample("full").dossier, Template::NistAiRmf));
    for id in ["govern", "map", "measure", "manage"] {
        let points = all(&page, &format!("#{id} h3.sub"));
        assert!(points.len() >= 9, "{id}");
        let name = id.to_uppercase();
        let first: String = points[0].text().collect();
        assert!(first.starts_with(&name), "{first}");
    }
}

#[test]
fn many_groups_are_one_table() {
    let page = Html::parse_document(&html(&sample("many-groups").dossier, Template::Card));
    let first = all(&page, "#evaluation-1 details.more")[0];
    let rows = Selector::parse("tbody tr").unwrap();
    assert_eq!(first.select(&rows).count(), 400);
    assert_eq!(all(&page, "#evaluation-1 svg").len(), 4);
}

#[test]
fn a_text_from_the_right_is_marked_as_such() {
    let dossier = sample("scripts").dossier;
    let page = Html::parse_document(&html(&dossier, Template::Card));
    assert_eq!(all(&page, "#use dd[dir=rtl][lang=ar]").len(), 1);
    assert_eq!(all(&page, "#standing dd[dir=rtl][lang=he]").len(), 1);
    let source = typesetting(&dossier, Template::Card).source;
    assert!(source.contains("#tongue(\"ar\", rtl)") && source.contains("#tongue(\"ja\", ltr)"));
}

#[test]
fn the_hugging_face_card_has_its_index() {
    let page = hugging_face(&sample("full").dossier);
    for line in [
        "license: \"other\"",
        "- \"risk:high\"",
        "- name: \"consumer-credit\"",
        "      value: 0.8812",
        "## Bias, Risks, and Limitations",
    ] {
        assert!(page.lines().any(|found| found == line), "{line}");
    }
    assert!(hugging_face(&sample("empty").dossier).contains("[More Information Needed]"));
}

/// `probity-pdf` typesets the same files in its tests. To renew one, copy the `report.typ` that
/// the example `card_samples` writes.
#[track_caller]
fn check_markup(name: &str, template: Template, golden: &str) {
    let source = typesetting(&sample(name).dossier, template).source;
    assert!(
        source == golden,
        "`golden/report/typst/card-{name}-{}.typ` is not what the card's markup is",
        template.as_str()
    );
}

#[test]
fn the_markup_is_what_the_typesetter_is_tested_with() {
    check_markup(
        "full",
        Template::Card,
        include_str!("../../../../golden/report/typst/card-full-Card.typ"),
    );
    check_markup(
        "scripts",
        Template::Card,
        include_str!("../../../../golden/report/typst/card-scripts-Card.typ"),
    );
    check_markup(
        "hostile",
        Template::NistAiRmf,
        include_str!("../../../../golden/report/typst/card-hostile-NistAiRmf.typ"),
    );
    check_markup(
        "empty",
        Template::AnnexIv,
        include_str!("../../../../golden/report/typst/card-empty-AnnexIv.typ"),
    );
}
