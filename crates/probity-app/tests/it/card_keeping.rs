//! What holds of cards whoever writes at the same moment, and whoever wrote before.

use probity_app::Caller;
use probity_store::model_card_version::{self, CardKey, CardText};
use serde_json::{Value, json};

use crate::model_cards::{FIRST, SECOND, create, described};
use crate::world::{World, call, fault};

const OF_MODEL: &str =
    r#"{"model_overview":{"model_id":"arn:aws:sagemaker:us-west-2:111122223333:model/m"}}"#;

/// Eight creators behind a barrier, on threads of their own.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn of_many_new_cards_of_a_model_one_is_made() {
    let world = World::new().await;
    let barrier = std::sync::Arc::new(tokio::sync::Barrier::new(8));
    let tasks = (0..8).map(|number| {
        let (app, caller) = (world.app.clone(), world.caller.clone());
        let barrier = barrier.clone();
        tokio::spawn(async move {
            let card = json!({
                "ModelCardName": format!("card-{number}"),
                "Content": OF_MODEL,
                "ModelCardStatus": "Draft",
            });
            barrier.wait().await;
            probity_app::model_card::create(&app, &caller, card).await
        })
    });
    let tasks: Vec<_> = tasks.collect();
    let mut made = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => made += 1,
            refused => assert_eq!(fault(refused), "conflict"),
        }
    }
    assert_eq!(made, 1);
    let listed = call!(world, model_card::list, {}).unwrap();
    assert_eq!(listed["ModelCardSummaries"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_card_that_takes_up_another_model_leaves_its_own_to_others() {
    let world = World::new().await;
    create(&world, "credit", OF_MODEL).await;
    create(&world, "other", "{}").await;
    let taken = call!(world, model_card::update, {"ModelCardName": "other", "Content": OF_MODEL});
    let said = taken.unwrap_err().to_string();
    assert!(said.contains("credit already describes"), "{said}");
    // What was refused left nothing.
    let other = described(&world, json!({"ModelCardName": "other"})).await;
    assert_eq!(
        (&other["ModelCardVersion"], &other["Content"]),
        (&json!(1), &json!("{}"))
    );
    call!(world, model_card::update, {"ModelCardName": "credit", "Content": "{}"}).unwrap();
    call!(world, model_card::update, {"ModelCardName": "other", "Content": OF_MODEL}).unwrap();
}

#[tokio::test]
async fn an_old_version_was_last_changed_by_who_changed_it() {
    let world = World::new().await;
    create(&world, "credit", FIRST).await;
    world.pass_ms(1000);
    let bob = Caller {
        user: "bob".to_owned(),
        ..world.caller.clone()
    };
    let edit = json!({"ModelCardName": "credit", "Content": SECOND});
    probity_app::model_card::update(&world.app, &bob, edit)
        .await
        .unwrap();
    let by = async |version: i64| -> Value {
        let wanted = json!({"ModelCardName": "credit", "ModelCardVersion": version});
        described(&world, wanted).await["LastModifiedBy"]["UserProfileName"].clone()
    };
    assert_eq!(by(1).await, "ada");
    assert_eq!(by(2).await, "bob");
    let reports = probity_app::model_card::ReportStates::new();
    let request = probity_app::model_card::DossierRequest {
        action: "probity:GetModelCardDocument",
        card: "credit",
        version: Some(1),
        reports: &reports,
    };
    let dossier = probity_app::model_card::dossier(&world.app, &world.caller, request).await;
    let dossier = dossier.unwrap();
    assert_eq!(dossier.modified_by.as_deref(), Some("ada"));
    assert_eq!(dossier.version_created_by.as_deref(), Some("ada"));
}

#[tokio::test]
async fn a_text_that_was_changed_in_the_database_is_not_shown() {
    let world = World::new().await;
    // As if the row had been written by other means.
    let key = CardKey {
        region: "us-west-2",
        card: "forged",
    };
    create(&world, "forged", FIRST).await;
    let text = CardText {
        version: 2,
        content: FIRST.to_owned(),
        sha256: "0".repeat(64),
        created_ms: 0,
        created_by: "ada".to_owned(),
        reason: None,
    };
    let mut unit = world.app.store.begin().await.unwrap();
    model_card_version::insert(&mut unit, key, &text)
        .await
        .unwrap();
    let step = probity_store::model_card_review::CardReview {
        version: 2,
        before_status: String::new(),
        after_status: "Draft".to_owned(),
        at_ms: 0,
        actor: "ada".to_owned(),
        comment: None,
    };
    probity_store::model_card_review::append(&mut unit, key, &step)
        .await
        .unwrap();
    unit.commit().await.unwrap();
    let shown =
        call!(world, model_card::describe, {"ModelCardName": "forged", "ModelCardVersion": 2});
    let refused = shown.unwrap_err();
    let cause = std::error::Error::source(&refused).unwrap().to_string();
    assert!(refused.to_string().contains("version 2"), "{refused}");
    assert!(cause.contains("was changed in the database"), "{cause}");
    let kept =
        call!(world, model_card::describe, {"ModelCardName": "forged", "ModelCardVersion": 1});
    assert_eq!(kept.unwrap()["Content"], FIRST);
}
