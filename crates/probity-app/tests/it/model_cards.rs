//! Cards: versions that stay, a status that moves, and the rules of a policy.

use serde_json::{Value, json};

use crate::world::{World, call, fault};

pub(crate) const FIRST: &str =
    r#"{"intended_uses":{"purpose_of_model":"score","risk_rating":"Low"}}"#;
pub(crate) const SECOND: &str =
    r#"{"intended_uses":{"purpose_of_model":"score loans","risk_rating":"High"}}"#;

pub(crate) async fn create(world: &World, name: &str, content: &str) -> Value {
    let input = json!({"ModelCardName": name, "Content": content, "ModelCardStatus": "Draft"});
    probity_app::model_card::create(&world.app, &world.caller, input)
        .await
        .unwrap()
}

pub(crate) async fn described(world: &World, input: Value) -> Value {
    probity_app::model_card::describe(&world.app, &world.caller, input)
        .await
        .unwrap()
}

#[tokio::test]
async fn content_makes_versions_and_status_does_not() {
    let world = World::new().await;
    let made = create(&world, "credit", FIRST).await;
    assert_eq!(
        made["ModelCardArn"],
        "arn:aws:sagemaker:us-west-2:111122223333:model-card/credit"
    );
    world.pass_ms(1000);
    call!(world, model_card::update, {"ModelCardName": "credit", "ModelCardStatus": "PendingReview"})
        .unwrap();
    let card = described(&world, json!({"ModelCardName": "credit"})).await;
    assert_eq!(
        (&card["ModelCardVersion"], &card["ModelCardStatus"]),
        (&json!(1), &json!("PendingReview"))
    );
    call!(world, model_card::update, {"ModelCardName": made["ModelCardArn"], "Content": SECOND})
        .unwrap();
    let card = described(&world, json!({"ModelCardName": "credit"})).await;
    assert_eq!(
        (&card["ModelCardVersion"], &card["Content"]),
        (&json!(2), &json!(SECOND))
    );
    // The status goes on to the next version.
    assert_eq!(card["ModelCardStatus"], "PendingReview");
    call!(world, model_card::update, {"ModelCardName": "credit", "ModelCardStatus": "Approved"})
        .unwrap();
    let first = described(
        &world,
        json!({"ModelCardName": "credit", "ModelCardVersion": 1}),
    )
    .await;
    assert_eq!(
        (&first["Content"], &first["ModelCardStatus"]),
        (&json!(FIRST), &json!("PendingReview"))
    );
    assert!(first.get("ModelId").is_none() && first.get("probity:ContentSha256").is_none());
    let missing =
        call!(world, model_card::describe, {"ModelCardName": "credit", "ModelCardVersion": 3});
    assert_eq!(fault(missing), "not found");
}

#[tokio::test]
async fn one_request_changes_one_thing() {
    let world = World::new().await;
    create(&world, "credit", FIRST).await;
    let both = call!(world, model_card::update, {"ModelCardName": "credit", "Content": SECOND, "ModelCardStatus": "Draft"});
    assert_eq!(fault(both), "invalid");
    assert_eq!(
        fault(call!(world, model_card::update, {"ModelCardName": "credit"})),
        "invalid"
    );
    let bad = call!(world, model_card::update, {"ModelCardName": "credit", "Content": "{\"no_such_section\":1}"});
    assert!(bad.unwrap_err().to_string().contains("no_such_section"));
    let again = call!(world, model_card::create, {"ModelCardName": "credit", "Content": "{}", "ModelCardStatus": "Draft"});
    assert_eq!(fault(again), "conflict");
    assert_eq!(
        fault(call!(world, model_card::describe, {"ModelCardName": "x"})),
        "not found"
    );
    let card = described(&world, json!({"ModelCardName": "credit"})).await;
    assert_eq!(card["ModelCardVersion"], 1);
}

#[tokio::test]
async fn of_two_edits_of_one_version_one_wins() {
    let world = World::new().await;
    create(&world, "credit", FIRST).await;
    let edit = |content: &str| {
        let input = json!({"ModelCardName": "credit", "Content": content, "ExpectedVersion": 1, "Reason": "said so"});
        probity_app::model_card::edit(&world.app, &world.caller, input)
    };
    let (one, other) = tokio::join!(edit(SECOND), edit("{}"));
    let faults: Vec<&str> = [one, other]
        .into_iter()
        .filter(Result::is_err)
        .map(fault)
        .collect();
    assert_eq!(faults, ["conflict"]);
    let versions = call!(world, model_card::list_versions, {"ModelCardName": "credit"}).unwrap();
    assert_eq!(
        versions["ModelCardVersionSummaryList"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn versions_are_listed_in_pages() {
    let world = World::new().await;
    create(&world, "credit", FIRST).await;
    for number in 0..4 {
        world.pass_ms(1000);
        call!(world, model_card::update, {"ModelCardName": "credit", "Content": format!("{{\"business_details\":{{\"line_of_business\":\"{number}\"}}}}")})
            .unwrap();
    }
    call!(world, model_card::update, {"ModelCardName": "credit", "ModelCardStatus": "Approved"})
        .unwrap();
    let mut seen = Vec::new();
    let mut token = None;
    loop {
        let mut input = json!({"ModelCardName": "credit", "MaxResults": 2});
        if let Some(token) = &token {
            input["NextToken"] = json!(token);
        }
        let page = probity_app::model_card::list_versions(&world.app, &world.caller, input)
            .await
            .unwrap();
        for version in page["ModelCardVersionSummaryList"].as_array().unwrap() {
            seen.push(version["ModelCardVersion"].as_i64().unwrap());
        }
        match page.get("NextToken").and_then(Value::as_str) {
            Some(next) => token = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(seen, [5, 4, 3, 2, 1]);
    let approved = call!(world, model_card::list_versions, {"ModelCardName": "credit", "ModelCardStatus": "Approved"}).unwrap();
    assert_eq!(
        approved["ModelCardVersionSummaryList"][0]["ModelCardVersion"],
        5
    );
    assert_eq!(
        approved["ModelCardVersionSummaryList"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let listed = call!(world, model_card::list, {"ModelCardStatus": "Approved"}).unwrap();
    assert_eq!(listed["ModelCardSummaries"][0]["ModelCardName"], "credit");
    let none = call!(world, model_card::list, {"ModelCardStatus": "Draft"}).unwrap();
    assert_eq!(none["ModelCardSummaries"], json!([]));
}

#[tokio::test]
async fn a_model_has_one_card() {
    let world = World::new().await;
    let of_model =
        r#"{"model_overview":{"model_id":"arn:aws:sagemaker:us-west-2:111122223333:model/m"}}"#;
    create(&world, "credit", of_model).await;
    let second = call!(world, model_card::create, {"ModelCardName": "other", "Content": of_model, "ModelCardStatus": "Draft"});
    let said = second.unwrap_err().to_string();
    assert!(said.contains("credit"), "{said}");
    // Its own next version may.
    call!(world, model_card::update, {"ModelCardName": "credit", "Content": of_model}).unwrap();
    call!(world, model_card::delete, {"ModelCardName": "credit"}).unwrap();
    create(&world, "other", of_model).await;
}

#[tokio::test]
async fn a_review_tells_who_did_what() {
    let world = World::new().await;
    create(&world, "credit", FIRST).await;
    world.pass_ms(1000);
    call!(world, model_card::review, {"ModelCardName": "credit", "ModelCardStatus": "PendingReview", "Comment": "please", "ExpectedVersion": 1})
        .unwrap();
    call!(world, model_card::edit, {"ModelCardName": "credit", "Content": SECOND, "Reason": "more"})
        .unwrap();
    let unseen = call!(world, model_card::review, {"ModelCardName": "credit", "ModelCardStatus": "Approved", "ExpectedVersion": 1});
    assert_eq!(fault(unseen), "conflict");
    let steps =
        call!(world, model_card::list_reviews, {"ModelCardName": "credit", "MaxResults": 2})
            .unwrap();
    let newest = &steps["ModelCardReviews"];
    assert_eq!(
        (&newest[0]["ModelCardVersion"], &newest[0]["Comment"]),
        (&json!(2), &json!("more"))
    );
    assert_eq!(
        (&newest[1]["FromStatus"], &newest[1]["ToStatus"]),
        (&json!("Draft"), &json!("PendingReview"))
    );
    let rest = call!(world, model_card::list_reviews, {"ModelCardName": "credit", "MaxResults": 2, "NextToken": steps["NextToken"]}).unwrap();
    assert_eq!(rest["ModelCardReviews"].as_array().unwrap().len(), 1);
    let changes = call!(world, model_card::describe_changes, {"ModelCardName": "credit"}).unwrap();
    assert_eq!(
        (&changes["FromVersion"], &changes["ToVersion"]),
        (&json!(1), &json!(2))
    );
    let paths: Vec<&str> = changes["Changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["Path"].as_str().unwrap())
        .collect();
    assert_eq!(
        paths,
        [
            "intended_uses.purpose_of_model",
            "intended_uses.risk_rating"
        ]
    );
    let reasons = probity_store::audit::list(
        &world.app.store,
        &probity_store::audit::ListEvents {
            limit: 10,
            ..Default::default()
        },
    )
    .await
    .unwrap();
    let said: Vec<Option<&str>> = reasons
        .iter()
        .map(|event| event.event.reason.as_deref())
        .collect();
    assert_eq!(said, [None, Some("please"), Some("more")]);
}

#[tokio::test]
async fn a_deleted_card_leaves_its_events_and_its_name() {
    let world = World::new().await;
    create(&world, "credit", FIRST).await;
    call!(world, model_card::update, {"ModelCardName": "credit", "Content": SECOND}).unwrap();
    call!(world, model_card::delete, {"ModelCardName": "credit"}).unwrap();
    assert_eq!(
        fault(call!(world, model_card::describe, {"ModelCardName": "credit"})),
        "not found"
    );
    assert_eq!(
        fault(call!(world, model_card::delete, {"ModelCardName": "credit"})),
        "not found"
    );
    create(&world, "credit", FIRST).await;
    let card = described(&world, json!({"ModelCardName": "credit"})).await;
    assert_eq!(card["ModelCardVersion"], 1);
}

#[tokio::test]
async fn metadata_alone_leaves_the_text_out() {
    let world = World::new().await;
    let content = r#"{"model_overview":{"model_id":"m","model_owner":"secret"},"intended_uses":{"risk_rating":"Low"}}"#;
    create(&world, "credit", content).await;
    let card = described(
        &world,
        json!({"ModelCardName": "credit", "IncludedData": "MetadataOnly"}),
    )
    .await;
    let kept: Value = serde_json::from_str(card["Content"].as_str().unwrap()).unwrap();
    assert_eq!(
        kept,
        json!({"model_overview": {"model_id": "m"}, "intended_uses": {"risk_rating": "Low"}})
    );
}
