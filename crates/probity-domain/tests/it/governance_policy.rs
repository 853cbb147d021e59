//! What a policy finds in a card, and that the documented example is one.

use probity_domain::document::card_dossier::{
    CardDossier, ReviewStep, Staleness, Verification, VersionFact,
};
use probity_domain::document::governance_policy::{EvidenceRule, GovernancePolicy, StaleRule};
use probity_domain::document::model_card::{Content, RiskRating, Variant};
use probity_domain::resource::CardStatus;
use serde_json::{Value, json};

const DAY_MS: i64 = 86_400_000;
/// 2026-11-27T00:00:00Z.
const NOW_MS: i64 = 20_784 * DAY_MS;

fn policy(text: &str) -> GovernancePolicy {
    GovernancePolicy::from_toml(text).unwrap()
}

fn dossier(content: Value) -> CardDossier {
    let content = Content::of_value(content, Variant::Card).unwrap();
    CardDossier::of_content("loans", content.card(), "ab".repeat(32))
}

/// Rule, path and message of each finding.
fn findings(policy: &GovernancePolicy, dossier: &CardDossier) -> Vec<(String, String, String)> {
    let findings = policy.findings(dossier, NOW_MS).into_iter();
    findings
        .map(|finding| (finding.rule, finding.path, finding.message))
        .collect()
}

#[track_caller]
fn check(policy_text: &str, dossier: &CardDossier, expected: &[(&str, &str, &str)]) {
    let expected: Vec<(String, String, String)> = expected
        .iter()
        .map(|(rule, path, message)| {
            (
                (*rule).to_owned(),
                (*path).to_owned(),
                (*message).to_owned(),
            )
        })
        .collect();
    assert_eq!(findings(&policy(policy_text), dossier), expected);
}

fn step(to: CardStatus, version: i64, days_ago: i64) -> ReviewStep {
    ReviewStep {
        version,
        from: Some(CardStatus::PendingReview),
        to,
        at_ms: NOW_MS - days_ago * DAY_MS,
        actor: "grace".to_owned(),
        comment: None,
    }
}

#[test]
fn without_a_policy_nothing_is_found() {
    check("", &dossier(json!({})), &[]);
}

#[test]
fn required_places_have_to_say_something() {
    let text = r#"
        [card]
        required = ["intended_uses.risk_rating", "business_details"]
        [card.High]
        required = ["additional_information.custom_details.data owner"]
    "#;
    let empty = "`business_details` is empty; fill it in";
    check(
        text,
        &dossier(json!({"business_details": {"business_problem": " \n"}})),
        &[
            (
                "card.required",
                "intended_uses.risk_rating",
                "`intended_uses.risk_rating` is empty; fill it in",
            ),
            ("card.required", "business_details", empty),
        ],
    );
    check(
        text,
        &dossier(json!({"intended_uses": {"risk_rating": "High"}})),
        &[
            ("card.required", "business_details", empty),
            (
                "card.High.required",
                "additional_information.custom_details.data owner",
                "`additional_information.custom_details.data owner` is empty; fill it in",
            ),
        ],
    );
    check(
        text,
        &dossier(json!({
            "intended_uses": {"risk_rating": "High"},
            "business_details": {"line_of_business": "retail"},
            "additional_information": {"custom_details": {"data owner": "ada"}},
        })),
        &[],
    );
}

#[test]
fn an_unknown_risk_is_no_rating() {
    check(
        "[card]\nrequired = [\"intended_uses.risk_rating\"]",
        &dossier(json!({"intended_uses": {"risk_rating": "Unknown"}})),
        &[(
            "card.required",
            "intended_uses.risk_rating",
            "`intended_uses.risk_rating` is `Unknown`; rate the risk as `Low`, `Medium` or `High`",
        )],
    );
}

fn with_evaluations() -> CardDossier {
    dossier(json!({
        "intended_uses": {"risk_rating": "High"},
        "evaluation_details": [
            {"name": "holdout"},
            {"name": "fairness", "evaluation_observation": "fine", "metadata": {"probity:report": "s3://r/analysis.json", "probity:sha256": "ab"}},
        ],
    }))
}

#[test]
fn evaluations_are_there_bound_and_fresh() {
    let text = r#"
        [card]
        evaluations = ["fairness"]
        stale = "refused"
        [card.High]
        evaluations = ["drift"]
        evidence = "bound"
    "#;
    let mut card = with_evaluations();
    card.evaluations[1].verification = Verification::Verified;
    card.evaluations[1].stale = vec![
        Staleness::ReportChanged,
        Staleness::NewerExecution {
            source: "arn:e".to_owned(),
            at_ms: NOW_MS,
        },
    ];
    check(
        text,
        &card,
        &[
            (
                "card.High.evaluations",
                "evaluation_details[\"drift\"]",
                "the evaluation `drift` is missing; add it, or bind a report as it",
            ),
            (
                "card.High.evidence",
                "evaluation_details[\"holdout\"]",
                "the evaluation `holdout` is typed in; bind it to the report it is from",
            ),
            (
                "card.stale",
                "evaluation_details[\"fairness\"]",
                "the evaluation `fairness` is stale: the report has other bytes than when it was \
                 bound; the schedule has a later execution, `arn:e`; bind it to the newest report",
            ),
        ],
    );
}

#[test]
fn a_binding_that_nobody_has_verified_is_a_claim() {
    let mut card = with_evaluations();
    card.evaluations.remove(0);
    let told = |card: &CardDossier| -> Vec<String> {
        let policy = policy("[card]\nevidence = \"bound\"");
        let findings = policy.content_findings(card).into_iter();
        findings.map(|finding| finding.message).collect()
    };
    assert_eq!(
        told(&card),
        [
            "the evaluation `fairness` says to be from `s3://r/analysis.json`, which was not read; \
             bind it to a report that the server can read"
        ]
    );
    card.evaluations[0].verification = Verification::Refuted;
    card.evaluations[0].stale = vec![Staleness::ReportMissing];
    assert_eq!(
        told(&card),
        [
            "the evaluation `fairness` is not what `s3://r/analysis.json` says: the report is no \
             longer at its place; bind it to the report it is from"
        ]
    );
    card.evaluations[0].verification = Verification::Verified;
    assert!(told(&card).is_empty());
}

#[test]
fn a_report_that_nobody_could_read_is_not_known_to_be_fresh() {
    let unread = "the evaluation `fairness` says to be from `s3://r/analysis.json`, which was not \
                  read; bind it to a report that the server can read";
    let path = "evaluation_details[\"fairness\"]";
    let mut card = with_evaluations();
    let refused = "[card]\nstale = \"refused\"";
    check(refused, &card, &[("card.stale", path, unread)]);
    check("[card]\nstale = \"allowed\"", &card, &[]);
    // It is told once.
    card.evaluations.remove(0);
    let both = "[card]\nstale = \"refused\"\nevidence = \"bound\"";
    check(both, &card, &[("card.evidence", path, unread)]);
    card.evaluations[0].verification = Verification::Verified;
    check(refused, &card, &[]);
}

#[test]
fn an_empty_evaluation_is_as_good_as_none() {
    let text = "[card]\nevaluations = [\"fairness\"]";
    let of = |members: Value| {
        let mut evaluation = json!({"name": "fairness"});
        for (name, value) in members.as_object().unwrap() {
            evaluation[name] = value.clone();
        }
        dossier(json!({"evaluation_details": [evaluation]}))
    };
    for empty in [
        json!({}),
        json!({"evaluation_observation": " \n"}),
        json!({"metric_groups": [{"name": "bias", "metric_data": []}]}),
    ] {
        check(
            text,
            &of(empty),
            &[(
                "card.evaluations",
                "evaluation_details[\"fairness\"]",
                "the evaluation `fairness` is empty; give it metrics or an observation, or bind a \
                 report as it",
            )],
        );
    }
    check(text, &of(json!({"evaluation_observation": "fine"})), &[]);
    let metric = json!({"name": "DPL", "type": "number", "value": 0.1});
    let groups = json!({"metric_groups": [{"name": "bias", "metric_data": [metric]}]});
    check(text, &of(groups), &[]);
}

#[test]
fn an_edit_of_an_approved_card_is_no_approval() {
    let edit = |version, days_ago| ReviewStep {
        from: None,
        ..step(CardStatus::Approved, version, days_ago)
    };
    let policy = policy("[card]\nreview_every = \"90d\"\nexpires_after = \"1y\"");
    let mut card = dossier(json!({}));
    card.status = CardStatus::Approved;
    card.version = 2;
    // Made as approved, then edited: the approval is as old as the card.
    card.reviews = vec![edit(1, 80), edit(2, 10)];
    assert_eq!(policy.review_due_ms(&card), Some(NOW_MS + 10 * DAY_MS));
    assert_eq!(policy.expires_ms(&card), Some(NOW_MS + 285 * DAY_MS));
    assert_eq!(card.approval().map(|step| step.version), Some(1));
    card.reviews.push(step(CardStatus::Approved, 2, 5));
    assert_eq!(policy.review_due_ms(&card), Some(NOW_MS + 85 * DAY_MS));
    assert_eq!(card.approval().map(|step| step.version), Some(2));
}

#[test]
fn authors_are_those_since_an_earlier_version_was_approved() {
    let fact = |version, author: &str| VersionFact {
        version,
        status: CardStatus::Draft,
        created_ms: 0,
        created_by: author.to_owned(),
        sha256: String::new(),
        reason: None,
    };
    let mut card = dossier(json!({}));
    card.version = 3;
    card.versions = vec![
        fact(4, "dan"),
        fact(3, "bob"),
        fact(2, "ada"),
        fact(1, "eve"),
    ];
    let mut edit = step(CardStatus::Approved, 2, 8);
    edit.from = None;
    card.reviews = vec![step(CardStatus::Approved, 1, 9), edit];
    // The edit of version 2 carried the approval on: its author still counts.
    assert_eq!(Vec::from_iter(card.authors()), ["ada", "bob"]);
    // That version 3 is approved itself takes nobody out.
    card.reviews.push(step(CardStatus::Approved, 3, 1));
    assert_eq!(Vec::from_iter(card.authors()), ["ada", "bob"]);
    card.reviews.push(step(CardStatus::Approved, 2, 0));
    assert_eq!(Vec::from_iter(card.authors()), ["bob"]);
}

#[test]
fn cards_of_another_rating_are_held_to_the_rules_of_every_card_alone() {
    let mut card = with_evaluations();
    card.card.intended_uses.risk_rating = Some(RiskRating::Low);
    check("[card.High]\nevidence = \"bound\"", &card, &[]);
}

#[test]
fn of_two_rules_the_stricter_one_holds() {
    let policy = policy(
        r#"
        [card]
        required = ["business_details"]
        stale = "refused"
        review_every = "90d"
        [card.High]
        required = ["business_details", "intended_uses"]
        evidence = "bound"
        review_every = "180d"
        expires_after = "1y"
        "#,
    );
    let rules = policy.rules_for(RiskRating::High);
    assert_eq!(rules.required, ["business_details", "intended_uses"]);
    assert_eq!(rules.evidence, EvidenceRule::Bound);
    assert_eq!(rules.stale, StaleRule::Refused);
    assert_eq!(rules.review_every_ms, Some(90 * DAY_MS));
    assert_eq!(rules.expires_after_ms, Some(365 * DAY_MS));
    assert_eq!(policy.rules_for(RiskRating::Low), policy.card);
}

#[test]
fn a_review_is_due_after_the_last_approval_or_the_making_of_the_card() {
    let text = "[card]\nreview_every = \"90d\"";
    let mut card = dossier(json!({}));
    check(text, &card, &[]);
    card.created_ms = Some(NOW_MS - 91 * DAY_MS);
    check(
        text,
        &card,
        &[(
            "card.review_every",
            "",
            "a review was due on 2026-11-26, every 90 days; approve the card again, or edit and \
             review it",
        )],
    );
    card.reviews = vec![
        step(CardStatus::Approved, 1, 80),
        step(CardStatus::Draft, 1, 70),
    ];
    let policy = policy(text);
    assert_eq!(policy.review_due_ms(&card), Some(NOW_MS + 10 * DAY_MS));
    assert_eq!(findings(&policy, &card), []);
    card.status = CardStatus::Archived;
    assert_eq!(policy.review_due_ms(&card), None);
}

#[test]
fn an_approval_expires() {
    let text = "[card.High]\nexpires_after = \"52w\"";
    let mut card = with_evaluations();
    card.version = 2;
    card.reviews = vec![
        step(CardStatus::Approved, 1, 10),
        step(CardStatus::Approved, 2, 365),
    ];
    check(text, &card, &[]);
    card.status = CardStatus::Approved;
    check(
        text,
        &card,
        &[(
            "card.High.expires_after",
            "",
            "the approval expired on 2026-11-26, 364 days after it was given; approve the card again",
        )],
    );
    let policy = policy(text);
    card.reviews.push(step(CardStatus::Approved, 2, 1));
    assert_eq!(policy.expires_ms(&card), Some(NOW_MS + 363 * DAY_MS));
    assert_eq!(findings(&policy, &card), []);
}

#[test]
fn an_archived_card_is_held_to_nothing() {
    let mut card = dossier(json!({}));
    card.status = CardStatus::Archived;
    check("[card]\nrequired = [\"business_details\"]", &card, &[]);
}

#[test]
fn what_stands_in_the_way_of_an_approval_is_the_content_and_not_the_time() {
    let mut card = dossier(json!({}));
    card.created_ms = Some(0);
    let policy = policy("[card]\nreview_every = \"1d\"\nrequired = [\"business_details\"]");
    let rules: Vec<String> = policy
        .content_findings(&card)
        .into_iter()
        .map(|finding| finding.rule)
        .collect();
    assert_eq!(rules, ["card.required"]);
    assert_eq!(findings(&policy, &card).len(), 2);
}

/// The page of the file shows whole files only.
#[test]
fn the_documented_examples_are_policies() {
    let page = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/governance-policy.md"
    );
    let page = std::fs::read_to_string(page).unwrap();
    let examples: Vec<&str> = page
        .split("```toml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert!(examples.len() >= 2);
    for example in examples {
        let policy = GovernancePolicy::from_toml(example);
        assert!(policy.is_ok(), "{policy:?}");
        assert_ne!(policy.unwrap(), GovernancePolicy::default());
    }
}
