//! A card by the functions of the NIST AI Risk Management Framework 1.0 (NIST AI 100-1, January
//! 2023). Of its subcategories those are listed that a model, not an organisation, can answer;
//! the headings are ours, the numbers are the framework's.

use probity_domain::document::card_dossier::CardDossier;

use super::annex_iv::annexes;
use super::evidence_of::{
    Subject, card_identity, evaluations_about, live_table, review_table, version_table,
};
use super::field::{
    ALGORITHM, BUSINESS_PROBLEM, CAVEATS, CREATOR, ETHICS, FACTORS, IMAGES, LINE_OF_BUSINESS,
    OBJECTIVE, OBSERVATIONS, OWNER, PACKAGE_ALGORITHMS, PROBLEM, PURPOSE, RATING, RISK,
    STAKEHOLDERS, TRAINING_DATA, USES,
};
use super::point::{Point, chapter, gaps};
use super::standing;
use crate::article::Section;

pub(super) fn sections(dossier: &CardDossier) -> Vec<Section> {
    let functions = [
        ("govern", "GOVERN · Who answers for it", govern(dossier)),
        ("map", "MAP · What it is for, and whom it touches", map()),
        (
            "measure",
            "MEASURE · What is known by numbers",
            measure(dossier),
        ),
        (
            "manage",
            "MANAGE · What is done about the risks",
            manage(dossier),
        ),
    ];
    let points: Vec<&Point> = functions
        .iter()
        .flat_map(|(_, _, points)| points.iter())
        .collect();
    let mut sections = vec![gaps(&dossier.card, &points), standing::section(dossier)];
    sections.extend(
        functions
            .into_iter()
            .map(|(id, heading, points)| chapter(dossier, (id, heading), points)),
    );
    sections.extend(annexes(dossier));
    sections
}

fn govern(dossier: &CardDossier) -> Vec<Point> {
    vec![
        Point::new("GOVERN 1.1", "Legal and regulatory requirements are known")
            .custom("legal_requirements", "Legal requirements"),
        Point::new("GOVERN 1.3", "The level of risk decides how much is done")
            .fields(&[RATING, RISK]),
        Point::new("GOVERN 1.5", "Monitoring and review are planned")
            .known(live_table(dossier))
            .custom("review_plan", "Plan of reviews")
            .custom("post_market_monitoring", "Plan of monitoring")
            .advice("Give the model a monitoring schedule."),
        Point::new("GOVERN 1.6", "The model is in an inventory").known(card_identity(dossier)),
        Point::new("GOVERN 1.7", "How it is taken out of use is settled")
            .custom("decommissioning", "Taking out of use"),
        Point::new("GOVERN 2.1", "Who is responsible is written down").fields(&[OWNER, CREATOR]),
        Point::new("GOVERN 3.2", "Roles of people who oversee it are settled")
            .custom("human_oversight", "Human oversight"),
        Point::new("GOVERN 5.1", "Feedback from outside is heard").custom("feedback", "Feedback"),
        Point::new(
            "GOVERN 6.1",
            "Parts made by others are known, with their risks",
        )
        .fields(&[PACKAGE_ALGORITHMS, IMAGES])
        .custom("third_party_components", "Parts made by others"),
    ]
}

fn map() -> Vec<Point> {
    vec![
        Point::new("MAP 1.1", "Purpose, uses, and setting").fields(&[PURPOSE, USES]),
        Point::new("MAP 1.4", "What it is worth to the business")
            .fields(&[BUSINESS_PROBLEM, LINE_OF_BUSINESS])
            .custom("benefits", "Benefits"),
        Point::new("MAP 1.6", "Requirements of the system").custom("requirements", "Requirements"),
        Point::new("MAP 2.1", "Its task, and the method that serves it")
            .fields(&[PROBLEM, ALGORITHM, OBJECTIVE]),
        Point::new(
            "MAP 2.2",
            "Limits of what it knows, and how people use its output",
        )
        .fields(&[FACTORS, CAVEATS])
        .custom("limitations", "Limits"),
        Point::new("MAP 2.3", "Data and experiments that it rests on")
            .fields(&[TRAINING_DATA, OBSERVATIONS])
            .custom("data_provenance", "Where the data come from"),
        Point::new("MAP 3.4", "What its users must be able to do")
            .custom("operator_training", "Skills of users"),
        Point::new("MAP 3.5", "Oversight by people is defined")
            .custom("human_oversight", "Human oversight"),
        Point::new("MAP 4.1", "Legal risks of data and parts made by others")
            .custom("third_party_rights", "Rights of others"),
        Point::new("MAP 5.1", "How likely and how large harms and benefits are")
            .fields(&[ETHICS])
            .custom("impact_assessment", "Assessment of the impact"),
        Point::new("MAP 5.2", "Those whom it touches are asked").fields(&[STAKEHOLDERS]),
    ]
}

fn measure(dossier: &CardDossier) -> Vec<Point> {
    let about = |subject: Subject| evaluations_about(dossier, subject);
    vec![
        Point::new("MEASURE 1.1", "Why these metrics were chosen")
            .custom("metric_rationale", "Why these metrics"),
        Point::new(
            "MEASURE 2.1",
            "Test data, metrics, and tools are documented",
        )
        .known(about(Subject::Any))
        .advice("Bind an evaluation to a report."),
        Point::new(
            "MEASURE 2.3",
            "Performance under conditions like those of use",
        )
        .known(about(Subject::Quality))
        .advice("Bind an evaluation of the model's quality."),
        Point::new("MEASURE 2.4", "It is monitored in use")
            .known(live_table(dossier))
            .advice("Give the model a monitoring schedule."),
        Point::new("MEASURE 2.5", "Where its results do not carry over").fields(&[FACTORS]),
        Point::new("MEASURE 2.6", "Safety").custom("safety", "Safety"),
        Point::new("MEASURE 2.7", "Security and resilience")
            .custom("cybersecurity", "Cybersecurity"),
        Point::new("MEASURE 2.8", "Transparency: who decided what")
            .known(review_table(dossier))
            .advice("Submit the card for review."),
        Point::new("MEASURE 2.9", "Its output is explained")
            .known(about(Subject::Explanation))
            .custom("explainability", "Explanations")
            .advice("Bind an evaluation of Clarify's explanations."),
        Point::new("MEASURE 2.10", "Privacy").custom("privacy", "Privacy"),
        Point::new("MEASURE 2.11", "Fairness and bias")
            .known(about(Subject::Bias))
            .custom("fairness", "Fairness")
            .advice("Bind an evaluation of Clarify's bias report."),
        Point::new("MEASURE 2.12", "Effect on the environment")
            .custom("environmental_impact", "Effect on the environment"),
        Point::new("MEASURE 3.1", "Risks that come up later are tracked")
            .custom("risk_tracking", "Tracking of risks"),
    ]
}

fn manage(dossier: &CardDossier) -> Vec<Point> {
    vec![
        Point::new("MANAGE 1.1", "Whether it may be used was decided")
            .known(review_table(dossier))
            .advice("Submit the card for review."),
        Point::new("MANAGE 1.3", "What is done about the largest risks")
            .custom("risk_treatment", "Treatment of risks"),
        Point::new("MANAGE 1.4", "Risks that remain")
            .fields(&[CAVEATS])
            .custom("residual_risks", "Risks that remain"),
        Point::new("MANAGE 2.2", "How it is kept useful").custom("maintenance", "Maintenance"),
        Point::new("MANAGE 2.4", "How it is switched off when it goes wrong")
            .custom("shutdown", "Switching off"),
        Point::new("MANAGE 3.1", "Parts made by others are watched")
            .custom("third_party_monitoring", "Watching of parts made by others"),
        Point::new("MANAGE 4.1", "The plan by which it is watched in use")
            .known(live_table(dossier))
            .expected("post_market_monitoring", "Plan of monitoring")
            .advice("Give the model a monitoring schedule."),
        Point::new("MANAGE 4.2", "Improvements are made and recorded")
            .known(version_table(dossier)),
        Point::new("MANAGE 4.3", "Incidents are reported and handled")
            .custom("incident_response", "Handling of incidents"),
    ]
}
