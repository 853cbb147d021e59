//! Cards under a policy of the workspace, whichever way a step comes in.

use probity_app::{App, Caller, Fault};
use probity_domain::document::governance_policy::GovernancePolicy;
use serde_json::{Value, json};

use crate::model_cards::{FIRST, SECOND, create, described};
use crate::world::{World, call, fault};

fn policy(world: &World, text: &str) {
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
