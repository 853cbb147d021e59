//! Cards under a policy of the workspace, whichever way a step comes in.

use probity_app::model_card::{DossierRequest, ReportStates};
use probity_app::{App, Caller, Fault};
use probity_domain::document::card_dossier::{CardDossier, ReportState};
use probity_domain::document::governance_policy::GovernancePolicy;
use serde_json::{Value, json};

use crate::model_cards::{FIRST, SECOND, create, described};
use crate::world::{World, call, fault};

pub(crate) fn policy(world: &World, text: &str) {
    world
        .app
        .policy
        .set(GovernancePolicy::from_toml(text).unwrap());
}

fn another(world: &World, user: &str) -> Caller {
    Caller {
        user: user.to_owned(),
        ..world.caller.clone()
    }
}

async fn set_status(app: &App, caller: &Caller, status: &str) -> Result<Value, Fault> {
    let input = json!({"ModelCardName": "credit", "ModelCardStatus": status});
    probity_app::model_card::update(app, caller, input).await
}

#[tokio::test]
async fn who_wrote_it_does_not_approve_it() {
    let world = World::new().await;
    policy(&world, "[review]\nfour_eyes = true\n");
    create(&world, "credit", FIRST).await;
    let (ada, bob) = (world.caller.clone(), another(&world, "bob"));
    let said = set_status(&world.app, &ada, "Approved")
        .await
        .unwrap_err()
        .to_string();
    assert!(said.contains("ada"), "{said}");
    let born = call!(world, model_card::create, {"ModelCardName": "x", "Content": "{}", "ModelCardStatus": "Approved"});
    assert_eq!(fault(born), "invalid");
    set_status(&world.app, &bob, "Approved").await.unwrap();
    let renewed =
        json!({"ModelCardName": "credit", "ModelCardStatus": "Approved", "Comment": "still fine"});
    let own = probity_app::model_card::review(&world.app, &ada, renewed.clone()).await;
    assert_eq!(fault(own), "invalid");
    probity_app::model_card::review(&world.app, &bob, renewed)
        .await
        .unwrap();
    // What is edited afterwards is not what was approved.
    let input = json!({"ModelCardName": "credit", "Content": SECOND});
    probity_app::model_card::update(&world.app, &bob, input)
        .await
        .unwrap();
    let card = described(&world, json!({"ModelCardName": "credit"})).await;
    assert_eq!(card["ModelCardStatus"], "Draft");
    assert_eq!(
        fault(set_status(&world.app, &bob, "Approved").await),
        "invalid"
    );
    set_status(&world.app, &ada, "Approved").await.unwrap();
}

#[tokio::test]
async fn what_the_policy_demands_is_there_before_approval() {
    let world = World::new().await;
    policy(
        &world,
        "[card.High]\nrequired = [\"business_details.business_problem\"]\n",
    );
    create(&world, "credit", SECOND).await;
    let said = set_status(&world.app, &world.caller, "Approved")
        .await
        .unwrap_err();
    assert!(
        said.to_string()
            .contains("business_details.business_problem"),
        "{said}"
    );
    // The same card with another rating needs nothing.
    create(&world, "small", FIRST).await;
    call!(world, model_card::update, {"ModelCardName": "small", "ModelCardStatus": "Approved"})
        .unwrap();
}

#[tokio::test]
async fn what_is_edited_during_a_review_is_handed_in_again() {
    let world = World::new().await;
    policy(
        &world,
        "[review]\nfour_eyes = true\ntransitions = \"ordered\"\n",
    );
    create(&world, "credit", FIRST).await;
    let (ada, bob) = (world.caller.clone(), another(&world, "bob"));
    set_status(&world.app, &ada, "PendingReview").await.unwrap();
    call!(world, model_card::update, {"ModelCardName": "credit", "Content": SECOND}).unwrap();
    // Bob has read the first version, and approves none that he has not.
    let blind = set_status(&world.app, &bob, "Approved").await.unwrap_err();
    assert!(blind.to_string().contains("`PendingReview`"), "{blind}");
    set_status(&world.app, &ada, "PendingReview").await.unwrap();
    set_status(&world.app, &bob, "Approved").await.unwrap();
}

#[tokio::test]
async fn what_an_approved_card_has_to_say_is_not_edited_away() {
    let world = World::new().await;
    policy(&world, "[card]\nrequired = [\"intended_uses\"]\n");
    create(&world, "credit", SECOND).await;
    set_status(&world.app, &world.caller, "Approved")
        .await
        .unwrap();
    call!(world, model_card::update, {"ModelCardName": "credit", "Content": "{}"}).unwrap();
    let card = described(&world, json!({"ModelCardName": "credit"})).await;
    assert_eq!(card["ModelCardStatus"], "Draft");
}

#[tokio::test]
async fn an_edit_under_no_policy_hides_no_author() {
    let world = World::new().await;
    create(&world, "credit", FIRST).await;
    let (ada, bob) = (world.caller.clone(), another(&world, "bob"));
    set_status(&world.app, &bob, "Approved").await.unwrap();
    // Still approved, and yet nobody has approved this text of Ada's.
    call!(world, model_card::update, {"ModelCardName": "credit", "Content": SECOND}).unwrap();
    policy(&world, "[review]\nfour_eyes = true\n");
    let third = SECOND.replacen('{', "{ ", 1);
    let input = json!({"ModelCardName": "credit", "Content": third});
    probity_app::model_card::update(&world.app, &bob, input)
        .await
        .unwrap();
    let own = set_status(&world.app, &ada, "Approved").await.unwrap_err();
    assert!(own.to_string().contains("`ada`"), "{own}");
}

#[tokio::test]
async fn an_edit_does_not_renew_an_approval() {
    let world = World::new().await;
    create(&world, "credit", FIRST).await;
    set_status(&world.app, &world.caller, "Approved")
        .await
        .unwrap();
    let due = |dossier: &CardDossier| (dossier.review_due_ms, dossier.expires_ms);
    let review_every = "[card]\nreview_every = \"90d\"\nexpires_after = \"1y\"\n";
    policy(&world, review_every);
    let before = due(&dossier(&world).await);
    assert!(before.0.is_some() && before.1.is_some());
    policy(&world, "");
    world.pass_ms(1000);
    call!(world, model_card::update, {"ModelCardName": "credit", "Content": SECOND}).unwrap();
    policy(&world, review_every);
    assert_eq!(due(&dossier(&world).await), before);
    world.pass_ms(1000);
    let renewed =
        json!({"ModelCardName": "credit", "ModelCardStatus": "Approved", "Comment": "read"});
    call!(world, model_card::review, renewed).unwrap();
    assert_eq!(
        due(&dossier(&world).await),
        (
            before.0.map(|due| due + 2000),
            before.1.map(|end| end + 2000)
        )
    );
}

async fn dossier(world: &World) -> CardDossier {
    let request = DossierRequest {
        action: "probity:DescribeModelCardCompliance",
        card: "credit",
        version: None,
        reports: &ReportStates::new(),
    };
    probity_app::model_card::dossier(&world.app, &world.caller, request)
        .await
        .unwrap()
}

const BOUND: &str = r#"{"evaluation_details":[{"name":"fairness","metric_groups":[],"metadata":{"probity:report":"s3://b/a.json","probity:sha256":"ab","probity:kind":"clarify-bias","probity:bound-at":"2020-01-01T00:00:00.000Z","probity:bound-by":"the board"}}]}"#;

#[tokio::test]
async fn a_binding_that_nobody_has_read_is_not_approved() {
    let world = World::new().await;
    policy(&world, "[card]\nevidence = \"bound\"\n");
    let born = call!(world, model_card::create, {"ModelCardName": "x", "Content": BOUND, "ModelCardStatus": "Approved"});
    let born = born.unwrap_err().to_string();
    assert!(born.contains("create the card as a `Draft`"), "{born}");
    create(&world, "credit", BOUND).await;
    let input = json!({"ModelCardName": "credit", "ModelCardStatus": "Approved"});
    let empty = ReportState::Read {
        sha256: "ab".to_owned(),
        document: json!({}),
    };
    for (state, said) in [
        (None, "was not read"),
        (Some(ReportState::Unknown), "was not read"),
        (Some(ReportState::Missing), "no longer at its place"),
        (Some(ReportState::Sha256("cd".to_owned())), "other bytes"),
        (Some(ReportState::Sha256("ab".to_owned())), "was not read"),
        (Some(empty), "other values"),
    ] {
        let reports = state.map(|state| ("s3://b/a.json".to_owned(), state));
        let reports = ReportStates::from_iter(reports);
        let update = probity_app::model_card::update_by(
            &world.app,
            &world.caller,
            (input.clone(), &reports),
        );
        let refused = update.await.unwrap_err().to_string();
        assert!(refused.contains(said), "{refused}");
    }
    // What lists cards says so, too, where it could not look.
    let unread = (&json!({}), &ReportStates::new());
    let listed = probity_app::model_card::overview(&world.app, &world.caller, unread);
    let listed = listed.await.unwrap();
    let standing = &listed["ModelCardStandings"][0];
    assert_eq!(standing["Verification"], "NotVerified");
    assert_eq!(standing["FindingCount"], 1);
}

/// When the one evaluation was bound, and by whom.
async fn stamp(world: &World) -> (String, String) {
    let card = described(world, json!({"ModelCardName": "credit"})).await;
    let content: Value = serde_json::from_str(card["Content"].as_str().unwrap()).unwrap();
    let metadata = content["evaluation_details"][0]["metadata"].clone();
    let text = |name: &str| metadata[name].as_str().unwrap().to_owned();
    (text("probity:bound-at"), text("probity:bound-by"))
}

#[tokio::test]
async fn who_bound_an_evaluation_is_not_taken_from_what_is_sent() {
    let world = World::new().await;
    create(&world, "credit", BOUND).await;
    let (first, by) = stamp(&world).await;
    assert_eq!(by, "ada");
    assert_ne!(first, "2020-01-01T00:00:00.000Z");
    world.pass_ms(1000);
    let bob = another(&world, "bob");
    // The same binding stays as it was, whatever an edit says of it.
    let input = json!({"ModelCardName": "credit", "Content": BOUND});
    probity_app::model_card::update(&world.app, &bob, input)
        .await
        .unwrap();
    assert_eq!(stamp(&world).await, (first.clone(), "ada".to_owned()));
    // Another report is bound by whoever sends it, now.
    let card = described(&world, json!({"ModelCardName": "credit"})).await;
    let other = card["Content"]
        .as_str()
        .unwrap()
        .replace("\"ab\"", "\"cd\"");
    let input = json!({"ModelCardName": "credit", "Content": other});
    probity_app::model_card::edit(&world.app, &bob, input)
        .await
        .unwrap();
    let (second, by) = stamp(&world).await;
    assert_eq!(by, "bob");
    assert!(second > first);
}

#[tokio::test]
async fn a_final_archive_is_not_left_by_deleting_the_card() {
    let world = World::new().await;
    create(&world, "credit", FIRST).await;
    set_status(&world.app, &world.caller, "Archived")
        .await
        .unwrap();
    policy(&world, "[review]\narchived = \"final\"\n");
    let refused = call!(world, model_card::delete, {"ModelCardName": "credit"});
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("`review.archived`")
    );
    policy(&world, "");
    call!(world, model_card::delete, {"ModelCardName": "credit"}).unwrap();
}
