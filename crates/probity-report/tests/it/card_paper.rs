//! What a page of a screen shows, and paper did not: values that a picture has no room for, and
//! the words of a card that no server keeps.

use probity_domain::document::card_dossier::CardDossier;
use probity_domain::document::model_card::{
    Evaluation, Metric, MetricGroup, MetricValue, ModelCard,
};
use probity_report::card::{Template, html, hugging_face, markdown, typesetting};

use crate::card::{decoded, sample};

fn with_evaluation(value: MetricValue) -> CardDossier {
    let mut dossier = sample("empty").dossier;
    dossier.card.evaluations = vec![Evaluation {
        name: "holdout".to_owned(),
        groups: vec![MetricGroup {
            name: "group".to_owned(),
            metrics: vec![Metric {
                axes: None,
                name: "metric".to_owned(),
                notes: None,
                value,
            }],
        }],
        ..sample("full").dossier.card.evaluations[0].clone()
    }];
    dossier
}

#[test]
fn what_a_picture_of_bars_cuts_stands_beneath_it_on_paper() {
    let bars = |label: &str| {
        let dossier = with_evaluation(MetricValue::BarChart {
            values: (0..20).map(|at| f64::from(at) + 0.125).collect(),
            labels: (0..20)
                .map(|at| label.replace("N", &at.to_string()))
                .collect(),
            y_axis: None,
        });
        typesetting(&dossier, Template::Card).source
    };
    let long = bars("long label number N with words");
    for at in 0..20 {
        assert!(long.contains(&format!("long label number {at} with words")));
        assert!(long.contains(&format!("{at}.125")));
    }
    // A picture that shows all has no table on paper.
    assert!(!bars("short N").contains("short 7"));
}

#[test]
fn every_number_of_a_wide_matrix_stands_on_paper() {
    let number = |row: u32, column: u32| 100_000 + 100 * row + column;
    let names: Vec<String> = (0..20).map(|at| format!("class {at}")).collect();
    let dossier = with_evaluation(MetricValue::Matrix {
        rows: (0..20)
            .map(|row| (0..20).map(|column| number(row, column).into()).collect())
            .collect(),
        row_names: names.clone(),
        column_names: names,
    });
    let source = typesetting(&dossier, Template::Card).source;
    for row in 0..20 {
        for column in 0..20 {
            let number = number(row, column);
            let shown = format!("#\"{},{:03}\"", number / 1000, number % 1000);
            assert!(source.contains(&shown), "{shown}");
        }
    }
    // Not in one table, which a page has no room for.
    let parts = source
        .split("#fitted(")
        .filter(|part| part.contains("\"class 19\""));
    assert!(parts.count() > 1);
}

#[test]
fn the_card_of_a_file_has_no_version_and_no_policy_is_made_up() {
    let dossier = CardDossier::of_content("lone", &ModelCard::default(), String::new());
    let source = typesetting(&dossier, Template::Card).source;
    let page = html(&dossier, Template::Card);
    for text in [
        source,
        page,
        decoded(&markdown(&dossier, Template::Card)),
        decoded(&hugging_face(&dossier)),
    ] {
        assert!(!text.contains("version 0"), "{text}");
        assert!(text.contains("not on a server"), "{text}");
        assert!(!text.contains("Nothing is demanded"), "{text}");
    }
}
