//! Which policy is in force, and what the audit log keeps of it.

use probity_app::PolicySource;
use probity_app::governance_policy::{PolicyFile, last_in_force, put_in_force};
use probity_domain::document::governance_policy::{GovernancePolicy, ReviewRules};
use probity_store::audit::{self, ListEvents};
use serde_json::{Value, json};

use crate::world::{World, call};

fn file(hash: &str) -> Option<PolicyFile> {
    let review = ReviewRules {
        four_eyes: true,
        ..ReviewRules::default()
    };
    Some(PolicyFile {
        policy: GovernancePolicy {
            review,
            ..GovernancePolicy::default()
        },
        source: PolicySource {
            path: "/data/governance.toml".to_owned(),
            sha256: hash.to_owned(),
            since_ms: 1_000,
        },
        text: "[review]".to_owned(),
    })
}

async fn changes(world: &World) -> Vec<Value> {
    let wanted = ListEvents {
        action: Some("probity:ApplyGovernancePolicy".to_owned()),
        limit: 100,
        ..ListEvents::default()
    };
    let events = audit::list(&world.app.store, &wanted).await.unwrap();
    assert!(events.iter().all(|event| event.event.actor == "probity"));
    events.into_iter().map(|event| event.event.change).collect()
}

#[tokio::test]
async fn each_other_policy_is_an_event_and_the_same_one_is_none() {
    let world = World::new().await;
    put_in_force(&world.app, None).await.unwrap();
    assert!(changes(&world).await.is_empty());
    put_in_force(&world.app, file("aa")).await.unwrap();
    assert!(world.app.policy.now().review.four_eyes);
    // The server is started again.
    put_in_force(&world.app, file("aa")).await.unwrap();
    put_in_force(&world.app, file("bb")).await.unwrap();
    assert_eq!(
        last_in_force(&world.app).await.unwrap().as_deref(),
        Some("bb")
    );
    put_in_force(&world.app, None).await.unwrap();
    assert!(!world.app.policy.now().review.four_eyes);
    assert_eq!(last_in_force(&world.app).await.unwrap(), None);
    let after =
        |hash: &str| json!({"Sha256": hash, "Path": "/data/governance.toml", "Text": "[review]"});
    let mut found = changes(&world).await;
    found.sort_by_key(|change| change["before"]["Sha256"].to_string());
    assert_eq!(
        found,
        [
            json!({"before": {"Sha256": ""}, "after": after("aa")}),
            json!({"before": {"Sha256": "aa"}, "after": after("bb")}),
            json!({"before": {"Sha256": "bb"}, "after": {}}),
        ]
    );
}

#[tokio::test]
async fn the_server_says_which_policy_is_in_force() {
    let world = World::new().await;
    let server = call!(world, server::describe, {}).unwrap();
    assert!(server.get("GovernancePolicy").is_none());
    put_in_force(&world.app, file("aa")).await.unwrap();
    let server = call!(world, server::describe, {}).unwrap();
    assert_eq!(
        server["GovernancePolicy"],
        json!({"Path": "/data/governance.toml", "Sha256": "aa", "InForceSince": 1.0})
    );
}
