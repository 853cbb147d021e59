//! How an evaluation of a card stands to its report, in every form: what nobody read never looks
//! like evidence, and nothing that the card says is left out.

use probity_domain::document::card_dossier::{
    CardDossier, EvaluationStanding, Staleness, Verification,
};
use probity_domain::document::model_card::report::{ReportKind, group_value};
use probity_domain::document::model_card::{Content, Variant};
use probity_report::card::{Template, html, hugging_face, json, markdown, typesetting};
use scraper::Html;

use crate::card::{all, decoded, sample, squeezed};

/// Every form of the dossier, as plain text.
fn forms(dossier: &CardDossier) -> [String; 4] {
    let page = Html::parse_document(&html(dossier, Template::Card));
    [
        all(&page, "main")[0].text().collect::<String>(),
        typesetting(dossier, Template::Card).source,
        decoded(&markdown(dossier, Template::Card)),
        decoded(&hugging_face(dossier)),
    ]
}

fn full_with(verification: Verification, stale: Vec<Staleness>) -> CardDossier {
    let mut dossier = sample("full").dossier;
    for standing in &mut dossier.evaluations {
        if standing.binding.is_some() {
            standing.verification = verification;
            standing.stale.clone_from(&stale);
        }
    }
    dossier
}

#[test]
fn a_report_that_nobody_read_vouches_for_nothing() {
    let unread = full_with(Verification::NotVerified, Vec::new());
    for form in forms(&unread) {
        assert!(form.contains("○ Bound, not verified"), "{form}");
        assert!(!form.contains("✓ Verified"), "{form}");
        assert!(
            form.contains("0 of 3 evaluations verified against their reports"),
            "{form}"
        );
        assert!(form.contains(", 2 bound and not verified"), "{form}");
        assert!(form.contains("Bound, says the card"), "{form}");
    }
    let value = json(&unread, &serde_json::json!({}));
    assert_eq!(value["evidence"][0]["verification"], "NotVerified");
    assert_eq!(
        value["evidenceCounts"],
        serde_json::json!({"evaluations": 3, "bound": 2, "verified": 0, "refuted": 0, "stale": 0})
    );
}

#[test]
fn a_refuted_evaluation_is_never_merely_stale() {
    for (reason, badge) in [
        (Staleness::ReportMissing, "✗ Report is gone"),
        (Staleness::ReportChanged, "✗ Differs from its report"),
        (Staleness::ValuesDiffer, "✗ Differs from its report"),
    ] {
        let refuted = full_with(Verification::Refuted, vec![reason]);
        for form in forms(&refuted) {
            assert!(form.contains(badge), "{form}");
            assert!(!form.contains("▲ Stale"), "{form}");
            assert!(form.contains("0 of 3 evaluations verified"), "{form}");
            assert!(form.contains("✗ 2 refuted"), "{form}");
        }
        let value = json(&refuted, &serde_json::json!({}));
        assert_eq!(value["evidenceCounts"]["refuted"], 2);
    }
}

#[test]
fn two_evaluations_of_one_name_have_their_own_badges() {
    let mut dossier = sample("full").dossier;
    let mut claimed = dossier.card.evaluations[0].clone();
    claimed.metadata.clear();
    dossier.card.evaluations = vec![dossier.card.evaluations[0].clone(), claimed];
    let mut bound = dossier.evaluations[0].clone();
    bound.stale.clear();
    let claim = EvaluationStanding {
        binding: None,
        verification: Verification::NotVerified,
        ..bound.clone()
    };
    dossier.evaluations = vec![bound, claim];
    let page = Html::parse_document(&html(&dossier, Template::Card));
    let rows = all(&page, "#evaluations tbody tr");
    let badges: Vec<String> = rows
        .iter()
        .map(|row| row.text().collect::<Vec<_>>().join("|"))
        .collect();
    assert!(badges[0].contains("✓ Verified, current"), "{badges:?}");
    assert!(badges[1].contains("○ Claimed, not bound"), "{badges:?}");
}

#[test]
fn nothing_that_the_card_says_is_dropped() {
    let content = r#"{
        "model_package_details": {"inference_specification": {"containers": [{
            "image": "repository/serving:1",
            "model_data_source": {"s3_data_source": {"s3_uri": "s3://models/tree/", "etag": 7}},
            "base_model": {"hub_content_name": "boosted-trees"}
        }]}},
        "evaluation_details": [{
            "name": "holdout",
            "metadata": {"probity:report": "s3://lone/report.json"},
            "metric_groups": [{"name": "single", "metric_data": [{
                "name": "rate", "type": "number", "value": 0.25,
                "x_axis_name": "day of arrears", "y_axis_name": "share of loans"
            }]}]
        }]
    }"#;
    let content = Content::parse(content, Variant::Card).unwrap();
    let dossier = CardDossier::of_content("lone", content.card(), String::new());
    for (form, text) in ["html", "typst", "markdown", "hugging face"]
        .into_iter()
        .zip(forms(&dossier))
    {
        let text = squeezed(&text);
        let mut said = vec!["s3://lone/report.json", "day of arrears", "share of loans"];
        if form != "hugging face" {
            said.push("model_data_source.s3_data_source.s3_uri: s3://models/tree/");
            said.push("model_data_source.s3_data_source.etag: 7");
            said.push("base_model.hub_content_name: boosted-trees");
        }
        for word in said {
            assert!(text.contains(&squeezed(word)), "{form}: {word}");
        }
    }
    // Binding from a report keeps the names of the axes.
    let group = group_value(&content.card().evaluations[0].groups[0]);
    assert_eq!(
        group,
        content.value()["evaluation_details"][0]["metric_groups"][0]
    );
}

#[test]
fn every_kind_of_report_has_a_name() {
    for kind in ReportKind::ALL {
        let mut dossier = sample("full").dossier;
        let metadata = &mut dossier.card.evaluations[0].metadata;
        metadata.insert("probity:kind".to_owned(), kind.as_str().to_owned());
        let page = Html::parse_document(&html(&dossier, Template::Card));
        let row = all(&page, "#evaluations tbody tr")[0]
            .text()
            .collect::<String>();
        assert!(!row.contains(kind.as_str()), "{row}");
    }
}

#[test]
fn a_report_of_both_kinds_is_about_explanations_too() {
    let mut dossier = sample("full").dossier;
    let evaluation = &mut dossier.card.evaluations[1];
    evaluation.name = "November".to_owned();
    let kind = "clarify-bias-and-explainability".to_owned();
    evaluation.metadata.insert("probity:kind".to_owned(), kind);
    dossier.card.evaluations.truncate(2);
    dossier.evaluations.truncate(2);
    dossier.evaluations[1].evaluation = "November".to_owned();
    let page = html(&dossier, Template::NistAiRmf);
    assert!(
        page.matches("Bias and explanations (Clarify)").count() >= 2,
        "{page}"
    );
}
