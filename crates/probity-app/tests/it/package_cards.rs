//! The card of a model package: its schema, its review, and who may approve it.

use probity_app::Fault;
use probity_domain::document::governance_policy::{GovernancePolicy, ReviewRules};
use probity_store::audit::{self, ListEvents};
use probity_store::resource;
use serde_json::{Value, json};

use crate::world::{World, call, fault};

const CREATOR: &str = r#"{"model_overview":{"model_creator":"Ada"}}"#;
const OTHER: &str = r#"{"model_overview":{"model_creator":"Bob"}}"#;

async fn register(world: &World, card: Value) -> Result<String, Fault> {
    let input = json!({"ModelPackageName": "credit", "ModelCard": card});
    let made = call!(world, model_package::create, input)?;
    Ok(made["ModelPackageArn"].as_str().unwrap().to_owned())
}

async fn change(world: &World, arn: &str, card: Value) -> Result<Value, Fault> {
    let input = json!({"ModelPackageArn": arn, "ModelCard": card});
    call!(world, model_package::update, input)
}

async fn kept(world: &World, arn: &str) -> Value {
    let package = call!(world, model_package::describe, {"ModelPackageName": arn}).unwrap();
    let members = package.as_object().unwrap();
    assert!(members.keys().all(|name| !name.starts_with("probity:")));
    package["ModelCard"].clone()
}

fn as_user(world: &mut World, user: &str) {
    world.caller.user = user.to_owned();
}

fn four_eyes(world: &World) {
    world.app.policy.set(GovernancePolicy {
        review: ReviewRules {
            four_eyes: true,
            ..ReviewRules::default()
        },
        ..GovernancePolicy::default()
    });
}

#[track_caller]
fn told(answer: Result<Value, Fault>) -> String {
    answer.unwrap_err().to_string()
}

#[tokio::test]
async fn content_is_held_against_the_packages_schema() {
    let world = World::new().await;
    let wrong = json!({"ModelCardContent": r#"{"model_overview": {"model_id": "m"}}"#});
    let refused = register(&world, wrong.clone()).await.unwrap_err();
    assert!(refused.to_string().contains("model_overview"), "{refused}");
    let arn = register(&world, json!({"ModelCardContent": CREATOR})).await;
    let arn = arn.unwrap();
    let draft = json!({"ModelCardContent": CREATOR, "ModelCardStatus": "Draft"});
    assert_eq!(kept(&world, &arn).await, draft);
    assert_eq!(fault(change(&world, &arn, wrong).await), "invalid");
    assert_eq!(kept(&world, &arn).await, draft);
}

#[tokio::test]
async fn a_card_keeps_what_an_update_leaves_out() {
    let world = World::new().await;
    let arn = register(&world, json!({"ModelCardContent": CREATOR})).await;
    let arn = arn.unwrap();
    let approved = json!({"ModelCardStatus": "Approved"});
    change(&world, &arn, approved).await.unwrap();
    let expected = json!({"ModelCardContent": CREATOR, "ModelCardStatus": "Approved"});
    assert_eq!(kept(&world, &arn).await, expected);
    // Without four eyes an approved card that is edited stays approved, as in SageMaker.
    change(&world, &arn, json!({"ModelCardContent": OTHER}))
        .await
        .unwrap();
    let expected = json!({"ModelCardContent": OTHER, "ModelCardStatus": "Approved"});
    assert_eq!(kept(&world, &arn).await, expected);
}

#[tokio::test]
async fn an_archived_card_takes_no_other_content() {
    let world = World::new().await;
    let card = json!({"ModelCardContent": CREATOR, "ModelCardStatus": "Archived"});
    let arn = register(&world, card.clone()).await.unwrap();
    for changed in [
        json!({"ModelCardContent": OTHER}),
        json!({"ModelCardContent": OTHER, "ModelCardStatus": "Draft"}),
    ] {
        let refused = change(&world, &arn, changed).await;
        assert_eq!(told(refused), "Model Card is in Archived state");
    }
    assert_eq!(kept(&world, &arn).await, card);
    // The same content is no change.
    change(&world, &arn, card).await.unwrap();
    let draft = json!({"ModelCardStatus": "Draft"});
    change(&world, &arn, draft).await.unwrap();
    change(&world, &arn, json!({"ModelCardContent": OTHER}))
        .await
        .unwrap();
}

#[tokio::test]
async fn the_author_of_the_content_does_not_approve_it() {
    let mut world = World::new().await;
    four_eyes(&world);
    let own = json!({"ModelCardContent": CREATOR, "ModelCardStatus": "Approved"});
    assert_eq!(
        fault(register(&world, own).await.map(Value::from)),
        "invalid"
    );
    let arn = register(&world, json!({"ModelCardContent": CREATOR})).await;
    let arn = arn.unwrap();
    let approved = json!({"ModelCardStatus": "Approved"});
    let refused = change(&world, &arn, approved.clone()).await;
    assert!(told(refused).contains("ada"));
    as_user(&mut world, "bob");
    // Who edits and approves in one request has not been read by anybody else.
    let both = json!({"ModelCardContent": OTHER, "ModelCardStatus": "Approved"});
    assert_eq!(fault(change(&world, &arn, both).await), "invalid");
    change(&world, &arn, approved.clone()).await.unwrap();
    assert_eq!(kept(&world, &arn).await["ModelCardStatus"], "Approved");

    // What is edited afterwards is to be approved anew, and by somebody else.
    let edited = json!({"ModelCardContent": OTHER, "ModelCardStatus": "Approved"});
    change(&world, &arn, edited).await.unwrap();
    assert_eq!(kept(&world, &arn).await["ModelCardStatus"], "Draft");
    assert_eq!(
        fault(change(&world, &arn, approved.clone()).await),
        "invalid"
    );
    // Ada wrote nothing of what is new.
    as_user(&mut world, "ada");
    change(&world, &arn, approved).await.unwrap();
}

#[tokio::test]
async fn every_change_of_a_card_is_an_event() {
    let world = World::new().await;
    let arn = register(&world, json!({"ModelCardContent": CREATOR})).await;
    let arn = arn.unwrap();
    for card in [
        json!({"ModelCardContent": OTHER}),
        json!({"ModelCardStatus": "PendingReview"}),
    ] {
        change(&world, &arn, card).await.unwrap();
    }
    let wanted = ListEvents {
        resource_arn: Some(arn),
        limit: 100,
        ..ListEvents::default()
    };
    let events = audit::list(&world.app.store, &wanted).await.unwrap();
    let after: Vec<&Value> = events
        .iter()
        .map(|event| &event.event.change)
        .filter_map(|change| change.get("after").or_else(|| change.get("created")))
        .map(|state| &state["ModelCard"])
        .collect();
    assert!(after.contains(&&json!({"ModelCardContent": CREATOR, "ModelCardStatus": "Draft"})));
    assert!(after.contains(&&json!({"ModelCardContent": OTHER, "ModelCardStatus": "Draft"})));
    let pending = json!({"ModelCardContent": OTHER, "ModelCardStatus": "PendingReview"});
    assert!(after.contains(&&pending));
}

#[tokio::test]
async fn metadata_is_what_identifies_the_model_and_nothing_else() {
    let world = World::new().await;
    let content = json!({
        "model_overview": {"model_creator": "Ada"},
        "intended_uses": {"purpose_of_model": "loans", "risk_rating": "High"},
    });
    let arn = register(&world, json!({"ModelCardContent": content.to_string()})).await;
    let package = call!(world, model_package::describe, {
        "ModelPackageName": arn.unwrap(), "IncludedData": "MetadataOnly"
    });
    let shown = package.unwrap()["ModelCard"]["ModelCardContent"].clone();
    let shown: Value = serde_json::from_str(shown.as_str().unwrap()).unwrap();
    assert_eq!(shown, json!({"intended_uses": {"risk_rating": "High"}}));
}

#[tokio::test]
async fn packages_are_searched_by_the_status_of_their_card() {
    let world = World::new().await;
    let card = json!({"ModelCardContent": CREATOR, "ModelCardStatus": "PendingReview"});
    let arn = register(&world, card).await.unwrap();
    call!(world, model_package::create, {"ModelPackageName": "without"}).unwrap();
    let found = call!(world, search::search, {
        "Resource": "ModelPackage",
        "SearchExpression": {"Filters": [
            {"Name": "ModelCard.ModelCardStatus", "Operator": "Equals", "Value": "PendingReview"},
        ]},
    });
    let found = found.unwrap();
    let results = found["Results"].as_array().unwrap();
    assert_eq!(results.len(), 1);
    let package = &results[0]["ModelPackage"];
    assert_eq!(package["ModelPackageArn"], Value::from(arn));
    assert_eq!(package["ModelCard"]["ModelCardStatus"], "PendingReview");
}

#[tokio::test]
async fn who_registered_a_package_wrote_its_card_where_nothing_else_is_kept() {
    let mut world = World::new().await;
    let arn = register(&world, json!({"ModelCardContent": CREATOR})).await;
    let arn = arn.unwrap();
    // As packages were kept before the authors of their cards were.
    let mut unit = world.app.store.begin().await.unwrap();
    let mut package = resource::get_by_arn(&world.app.store, &arn)
        .await
        .unwrap()
        .unwrap();
    let body = package.body.as_object_mut().unwrap();
    assert!(body.shift_remove("probity:ModelCardAuthors").is_some());
    resource::replace(&mut unit, &package).await.unwrap();
    unit.commit().await.unwrap();
    four_eyes(&world);
    let approved = json!({"ModelCardStatus": "Approved"});
    let refused = change(&world, &arn, approved.clone()).await;
    assert!(told(refused).contains("ada"));
    as_user(&mut world, "bob");
    change(&world, &arn, approved).await.unwrap();
}

#[tokio::test]
async fn an_edit_under_no_policy_hides_no_author() {
    let mut world = World::new().await;
    let arn = register(&world, json!({"ModelCardContent": CREATOR})).await;
    let arn = arn.unwrap();
    let approved = json!({"ModelCardStatus": "Approved"});
    change(&world, &arn, approved.clone()).await.unwrap();
    // Still approved, and yet nobody has approved this text of Ada's.
    change(&world, &arn, json!({"ModelCardContent": OTHER}))
        .await
        .unwrap();
    four_eyes(&world);
    as_user(&mut world, "bob");
    change(&world, &arn, json!({"ModelCardContent": CREATOR}))
        .await
        .unwrap();
    as_user(&mut world, "ada");
    assert!(told(change(&world, &arn, approved).await).contains("ada"));
}

#[tokio::test]
async fn a_package_card_is_not_approved_by_reports_that_nobody_reads() {
    let world = World::new().await;
    let content = json!({"evaluation_details": [{"name": "fairness", "metadata": {
        "probity:report": "s3://b/a.json", "probity:sha256": "ab",
    }}]});
    let content = content.to_string();
    for rule in ["evidence = \"bound\"", "stale = \"refused\""] {
        let policy = GovernancePolicy::from_toml(&format!("[card]\n{rule}")).unwrap();
        world.app.policy.set(policy);
        let born = json!({"ModelCardContent": content, "ModelCardStatus": "Approved"});
        let refused = register(&world, born).await.unwrap_err().to_string();
        assert!(
            refused.contains(rule) && refused.contains("model card of its own"),
            "{refused}"
        );
    }
    let arn = register(&world, json!({"ModelCardContent": content})).await;
    let refused = change(
        &world,
        &arn.unwrap(),
        json!({"ModelCardStatus": "Approved"}),
    )
    .await;
    assert!(told(refused).contains("model card of its own"));
}
