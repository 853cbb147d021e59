//! A card by the points of Annex IV of Regulation (EU) 2024/1689 (the EU AI Act), the technical
//! documentation of Article 11(1). The headings are ours; the numbers are the Annex's.

use probity_domain::document::card_dossier::CardDossier;
use probity_domain::document::model_card::ModelCard;

use super::evidence_of::{Subject, evaluations_about, live_table, version_table};
use super::field::{
    ALGORITHM, ARTIFACTS, BUSINESS_PROBLEM, CAVEATS, CREATOR, DESCRIPTION, ETHICS, FACTORS, Field,
    IMAGES, MODEL_ID, MODEL_NAME, MODEL_VERSION, Need, OBJECTIVE, OBSERVATIONS, OWNER, PACKAGE,
    PACKAGE_ALGORITHMS, PACKAGE_CONTAINERS, PROBLEM, PURPOSE, RATING, RISK, STAKEHOLDERS,
    TRAINING_DATA, TRAINING_IMAGES, TRAINING_JOB, USES,
};
use super::point::{Point, chapter, gaps};
use super::{content, evaluation, live, standing};
use crate::article::Section;

/// Fields that another point asks for; here they are shown where they are there.
const fn beside(field: Field) -> Field {
    Field {
        need: Need::Optional,
        ..field
    }
}

pub(super) fn sections(dossier: &CardDossier) -> Vec<Section> {
    let chapters = chapters(dossier);
    let points: Vec<&Point> = chapters
        .iter()
        .flat_map(|(_, _, points)| points.iter())
        .collect();
    let mut sections = vec![gaps(&dossier.card, &points), standing::section(dossier)];
    sections.extend(
        chapters
            .into_iter()
            .map(|(id, heading, points)| chapter(dossier, (id, heading), points)),
    );
    sections.extend(annexes(dossier));
    sections
}

/// What the points refer to, in full.
pub(super) fn annexes(dossier: &CardDossier) -> Vec<Section> {
    let mut sections = evaluation::sections(dossier);
    sections.extend(live::section(dossier));
    sections.extend(content::custom(&dossier.card));
    sections.extend(standing::history(dossier));
    sections.push(content::verifying(dossier));
    sections
}

type Chapter = (&'static str, &'static str, Vec<Point>);

fn chapters(dossier: &CardDossier) -> Vec<Chapter> {
    vec![
        ("annex-1", "1 · The system in general", general()),
        ("annex-2", "2 · How it was developed", development(dossier)),
        (
            "annex-3",
            "3 · How it is monitored and controlled",
            control(dossier),
        ),
        ("annex-4", "4 · Whether the metrics fit", metrics()),
        ("annex-5", "5 · Risk management", risks()),
        ("annex-6", "6 · Changes over its life", changes(dossier)),
        ("annex-7", "7 · Standards", standards()),
        ("annex-8", "8 · Declaration of conformity", declaration()),
        (
            "annex-9",
            "9 · Monitoring after it is placed on the market",
            after_market(dossier),
        ),
    ]
}

fn general() -> Vec<Point> {
    vec![
        Point::new("1(a)", "Purpose, provider, and version").fields(&[
            PURPOSE,
            USES,
            OWNER,
            CREATOR,
            MODEL_NAME,
            MODEL_VERSION,
        ]),
        Point::new(
            "1(b)",
            "Hardware, software, and other systems that it works with",
        )
        .custom("interfaces", "Interfaces"),
        Point::new(
            "1(c)",
            "Versions of software and firmware, and what updates require",
        )
        .fields(&[beside(IMAGES)])
        .custom("software_versions", "Software versions"),
        Point::new("1(d)", "Forms in which it is supplied")
            .fields(&[ARTIFACTS, PACKAGE, PACKAGE_CONTAINERS])
            .custom("forms_of_supply", "Forms of supply"),
        Point::new("1(e)", "Hardware that it is meant to run on").custom("hardware", "Hardware"),
        Point::new(
            "1(f)",
            "Pictures of the product that it is part of, if it is part of one",
        )
        .custom("product_images", "Pictures of the product"),
        Point::new("1(g)", "What its deployer sees of it")
            .custom("user_interface", "User interface"),
        Point::new("1(h)", "Instructions for its deployer")
            .custom("instructions_for_use", "Instructions for use"),
    ]
}

fn development(dossier: &CardDossier) -> Vec<Point> {
    let card = &dossier.card;
    vec![
        Point::new("2(a)", "Steps of its development, and parts made by others")
            .fields(&[OBSERVATIONS, TRAINING_JOB, PACKAGE_ALGORITHMS])
            .custom("development_process", "Development process")
            .custom("third_party_components", "Parts made by others"),
        Point::new("2(b)", "Its logic, design choices, and what it optimises")
            .fields(&[DESCRIPTION, PROBLEM, ALGORITHM, OBJECTIVE])
            .custom("design_choices", "Design choices")
            .custom("expected_output", "Expected output"),
        Point::new("2(c)", "Architecture, and the computing it took")
            .fields(&[TRAINING_IMAGES])
            .custom("architecture", "Architecture")
            .custom("compute_resources", "Computing resources"),
        Point::new(
            "2(d)",
            "Data: where they come from, how they were chosen and prepared",
        )
        .fields(&[TRAINING_DATA])
        .custom("data_provenance", "Where the data come from")
        .custom("data_preparation", "How they were prepared")
        .custom("labelling", "How they were labelled"),
        Point::new(
            "2(e)",
            "Human oversight, and what helps people to read the output (Article 14)",
        )
        .expected("human_oversight", "Human oversight")
        .known(evaluations_about(dossier, Subject::Explanation)),
        Point::new("2(f)", "Changes that are determined in advance")
            .custom("planned_changes", "Changes determined in advance"),
        Point::new(
            "2(g)",
            "Validation and testing: data, metrics, reports, and bias",
        )
        .known(evaluations_about(dossier, Subject::Any))
        .known(training_metrics(card))
        .custom("test_records", "Records of tests")
        .custom("robustness", "Robustness")
        .advice("Bind an evaluation to a report."),
        Point::new("2(h)", "Cybersecurity").custom("cybersecurity", "Cybersecurity"),
    ]
}

fn training_metrics(card: &ModelCard) -> Vec<crate::article::Block> {
    content::training_tables(card)
}

fn control(dossier: &CardDossier) -> Vec<Point> {
    vec![
        Point::new(
            "3 (a)",
            "What it can do, its limits, and for whom it is less accurate",
        )
        .fields(&[FACTORS, CAVEATS])
        .custom("limitations", "Limits")
        .known(evaluations_about(dossier, Subject::Bias)),
        Point::new(
            "3 (b)",
            "Outcomes that are not intended, and risks to health, safety and rights",
        )
        .fields(&[ETHICS])
        .custom("unintended_outcomes", "Outcomes that are not intended"),
        Point::new("3 (c)", "Oversight while it runs")
            .expected("human_oversight", "Human oversight")
            .known(live_table(dossier)),
        Point::new("3 (d)", "What its input must be").custom("input_data", "Input data"),
    ]
}

/// Figures alone do not say why they were chosen.
fn metrics() -> Vec<Point> {
    vec![
        Point::new("4", "Why these metrics are right for this system")
            .custom("metric_rationale", "Why these metrics"),
    ]
}

fn risks() -> Vec<Point> {
    vec![
        Point::new("5", "The risk management system (Article 9)")
            .fields(&[RATING, RISK, beside(STAKEHOLDERS), beside(BUSINESS_PROBLEM)])
            .expected("risk_management", "Risk management"),
    ]
}

fn changes(dossier: &CardDossier) -> Vec<Point> {
    vec![
        Point::new("6", "What was changed, and when")
            .known(version_table(dossier))
            .custom("changes", "Changes")
            .fields(&[beside(MODEL_ID)])
            .advice("A server keeps every version of the card."),
    ]
}

fn standards() -> Vec<Point> {
    vec![
        Point::new(
            "7",
            "Harmonised standards that are applied, or how the requirements are met without them",
        )
        .custom("standards_applied", "Standards"),
    ]
}

fn declaration() -> Vec<Point> {
    vec![
        Point::new(
            "8",
            "A copy of the EU declaration of conformity (Article 47)",
        )
        .custom("declaration_of_conformity", "Declaration of conformity"),
    ]
}

fn after_market(dossier: &CardDossier) -> Vec<Point> {
    vec![
        Point::new("9", "The plan by which it is watched in use (Article 72)")
            .expected("post_market_monitoring", "Plan")
            .known(live_table(dossier))
            .advice("Monitors of the model count as part of the plan."),
    ]
}
