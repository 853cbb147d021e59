//! Which policy is in force, on every server of a store, and what the audit log keeps of it.

use probity_app::governance_policy::{PolicyFile, in_force, obey, put_in_force};
use probity_app::{App, Policies, PolicySource};
use probity_domain::document::governance_policy::GovernancePolicy;
use probity_store::audit::{self, ListEvents};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::world::{World, call};

const FOUR_EYES: &str = "[review]\nfour_eyes = true\n";
const COMMENT: &str = "[review]\ncomment = \"required\"\n";

fn sha256(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn file(text: &str) -> PolicyFile {
    PolicyFile {
        policy: GovernancePolicy::from_toml(text).unwrap(),
        source: PolicySource {
            path: "/data/governance.toml".to_owned(),
            sha256: sha256(text),
            since_ms: 1_000,
        },
        text: text.to_owned(),
        put_by: "server-1".to_owned(),
    }
}

async fn changes(world: &World) -> Vec<Value> {
    let wanted = ListEvents {
        action: Some("probity:ApplyGovernancePolicy".to_owned()),
        limit: 100,
        ..ListEvents::default()
    };
    let events = audit::list(&world.app.store, &wanted).await.unwrap();
    assert!(events.iter().all(|event| event.event.actor == "probity"));
    let mut changes: Vec<Value> = events.into_iter().map(|event| event.event.change).collect();
    changes.sort_by_key(|change| change["before"]["Sha256"] != "");
    changes
}

#[tokio::test]
async fn each_other_policy_is_an_event_and_the_same_one_is_none() {
    let world = World::new().await;
    assert_eq!(in_force(&world.app).await.unwrap(), None);
    put_in_force(&world.app, file(FOUR_EYES)).await.unwrap();
    assert!(world.app.policy.now().review.four_eyes);
    // The server is started again.
    put_in_force(&world.app, file(FOUR_EYES)).await.unwrap();
    put_in_force(&world.app, file(COMMENT)).await.unwrap();
    assert!(!world.app.policy.now().review.four_eyes);
    let kept = in_force(&world.app).await.unwrap().unwrap();
    assert_eq!(
        (kept.text.as_str(), kept.put_by.as_str()),
        (COMMENT, "server-1")
    );
    let after =
        |text: &str| json!({"Sha256": sha256(text), "Path": "/data/governance.toml", "Text": text});
    assert_eq!(
        changes(&world).await,
        [
            json!({"before": {"Sha256": ""}, "after": after(FOUR_EYES)}),
            json!({"before": {"Sha256": sha256(FOUR_EYES)}, "after": after(COMMENT)}),
        ]
    );
}

/// Without a file of its own, another server of the store demands the same.
#[tokio::test]
async fn another_server_obeys_what_the_store_keeps() {
    let world = World::new().await;
    put_in_force(&world.app, file(FOUR_EYES)).await.unwrap();
    let second = App {
        policy: Policies::default(),
        ..world.app.clone()
    };
    assert!(!second.policy.now().review.four_eyes);
    let kept = in_force(&second).await.unwrap().unwrap();
    obey(&second, &kept).unwrap();
    assert!(second.policy.now().review.four_eyes);
    let source = second.policy.source().unwrap();
    assert_eq!(source.sha256, sha256(FOUR_EYES));
    assert_eq!(changes(&world).await.len(), 1);
}

#[tokio::test]
async fn a_policy_that_was_changed_in_the_store_or_is_not_known_is_refused() {
    let world = World::new().await;
    put_in_force(&world.app, file(FOUR_EYES)).await.unwrap();
    let mut kept = in_force(&world.app).await.unwrap().unwrap();
    kept.text = COMMENT.to_owned();
    let refused = obey(&world.app, &kept).unwrap_err();
    let cause = std::error::Error::source(&refused).unwrap().to_string();
    assert!(cause.contains("was changed in the database"), "{cause}");
    kept.text = "[review]\nsix_eyes = true\n".to_owned();
    kept.sha256 = sha256(&kept.text);
    obey(&world.app, &kept).unwrap_err();
    assert!(
        world.app.policy.now().review.four_eyes,
        "the one before stays"
    );
}

#[tokio::test]
async fn the_server_says_which_policy_is_in_force() {
    let world = World::new().await;
    let server = call!(world, server::describe, {}).unwrap();
    assert!(server.get("GovernancePolicy").is_none());
    put_in_force(&world.app, file(FOUR_EYES)).await.unwrap();
    let server = call!(world, server::describe, {}).unwrap();
    let sha256 = sha256(FOUR_EYES);
    assert_eq!(
        server["GovernancePolicy"],
        json!({"Path": "/data/governance.toml", "Sha256": sha256, "InForceSince": 1.0})
    );
}
