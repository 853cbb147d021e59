//! Users and their keys: who may sign, from when to when.

use std::sync::Arc;

use probity_app::user::{self, KeyRing, NewAccessKey};
use probity_app::{Access, Fault};
use probity_store::Vault;
use serde_json::{Value, json};

use crate::server::{self, Server, invalid, values};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

fn ring(server: &Server) -> KeyRing {
    let clock = Arc::clone(&server.app.clock);
    KeyRing::new(server.app.store.clone(), Vault::open(&[7; 32]), clock)
}

fn key<'a>(user: &'a str, id: &'a str) -> NewAccessKey<'a> {
    NewAccessKey {
        user,
        id,
        secret: SECRET,
    }
}

async fn create(server: &Server, name: &str, access: &str) -> Result<Value, Fault> {
    let input = json!({"UserName": name, "Access": access});
    user::create(&server.app, &server.ada, input).await
}

#[tokio::test]
async fn a_key_signs_for_its_user() {
    let server = Server::start().await;
    let ring = ring(&server);
    create(&server, "bob", "read-only").await.unwrap();
    let id = "AKIABOBBOBBOBBOBBOB1";
    ring.create_key(&server.app, &server.ada, key("bob", id))
        .await
        .unwrap();
    for _ in 0..2 {
        let found = ring.key_of(id).await.unwrap().unwrap();
        assert_eq!(
            (found.user.as_str(), found.access),
            ("bob", Access::ReadOnly)
        );
        assert_eq!(found.secret, SECRET);
        assert!(!format!("{found:?} {ring:?}").contains(SECRET));
    }
    assert_eq!(ring.key_of("AKIANOBODYNOBODYNOBO").await.unwrap(), None);
    assert_eq!(
        server.actions().await,
        ["iam:CreateUser", "iam:CreateAccessKey"]
    );
}

#[tokio::test]
async fn a_revoked_key_stops_at_once() {
    let server = Server::start().await;
    let ring = ring(&server);
    create(&server, "bob", "administrator").await.unwrap();
    let id = "AKIABOBBOBBOBBOBBOB1";
    ring.create_key(&server.app, &server.ada, key("bob", id))
        .await
        .unwrap();
    assert!(ring.key_of(id).await.unwrap().is_some());
    ring.revoke_key(&server.app, &server.ada, id).await.unwrap();
    assert_eq!(ring.key_of(id).await.unwrap(), None);
    // A second time changes nothing and is no event.
    ring.revoke_key(&server.app, &server.ada, id).await.unwrap();
    assert_eq!(server.actions().await.len(), 3);
    let listed = user::list_keys(&server.app, &server.ada, json!({}))
        .await
        .unwrap();
    assert_eq!(values(&listed, "AccessKeyMetadata", "Status"), ["Revoked"]);
    assert!(!listed.to_string().contains(SECRET));
    let unknown = ring.revoke_key(&server.app, &server.ada, "AKIANOBODYNOBODYNOBO");
    assert!(matches!(unknown.await, Err(Fault::Missing { .. })));
}

#[tokio::test]
async fn keys_of_a_disabled_user_stop() {
    let server = Server::start().await;
    let ring = ring(&server);
    create(&server, "ann", "administrator").await.unwrap();
    create(&server, "bob", "read-only").await.unwrap();
    let id = "AKIABOBBOBBOBBOBBOB1";
    ring.create_key(&server.app, &server.ada, key("bob", id))
        .await
        .unwrap();
    assert!(ring.key_of(id).await.unwrap().is_some());
    let bob = json!({"UserName": "bob"});
    user::disable(&server.app, &server.ada, bob).await.unwrap();
    ring.forget_all();
    assert_eq!(ring.key_of(id).await.unwrap(), None);
    let more = ring.create_key(&server.app, &server.ada, key("bob", "AKIABOBBOBBOBBOBBOB2"));
    assert!(matches!(more.await, Err(Fault::Invalid { .. })));
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let server = Server::start().await;
    for (name, access) in [
        ("ann", "administrator"),
        ("cat", "administrator"),
        ("bob", "read-only"),
    ] {
        create(&server, name, access).await.unwrap();
    }
    let disable =
        async |name: &str| user::disable(&server.app, &server.ada, json!({"UserName": name})).await;
    disable("ann").await.unwrap();
    assert!(matches!(disable("cat").await, Err(Fault::InUse { .. })));
    disable("bob").await.unwrap();
    assert!(matches!(disable("dan").await, Err(Fault::Missing { .. })));
    let listed = user::list(&server.app, &server.ada, json!({}))
        .await
        .unwrap();
    assert_eq!(values(&listed, "Users", "UserName"), ["ann", "bob", "cat"]);
    assert!(listed["Users"][2]["DisableDate"].is_null());
    assert!(listed["Users"][0]["DisableDate"].is_number());
}

#[tokio::test]
async fn what_is_no_user_and_no_key_is_refused() {
    let server = Server::start().await;
    let ring = ring(&server);
    invalid(create(&server, "a b", "administrator").await);
    invalid(create(&server, "", "administrator").await);
    invalid(create(&server, "bob", "root").await);
    create(&server, "bob", "administrator").await.unwrap();
    let again = create(&server, "bob", "administrator").await;
    assert!(matches!(again, Err(Fault::InUse { .. })));
    for wrong in [
        key("bob", "short"),
        key("bob", "AKIA0000 0000 0000 00"),
        NewAccessKey {
            secret: "short",
            ..key("bob", "AKIABOBBOBBOBBOBBOB1")
        },
    ] {
        let refused = ring.create_key(&server.app, &server.ada, wrong).await;
        assert!(matches!(refused, Err(Fault::Invalid { .. })), "{wrong:?}");
    }
    let nobody = ring.create_key(&server.app, &server.ada, key("dan", "AKIABOBBOBBOBBOBBOB1"));
    assert!(matches!(nobody.await, Err(Fault::Missing { .. })));
}

#[tokio::test]
async fn the_last_use_of_a_key_is_written_down() {
    let server = Server::start().await;
    let ring = ring(&server);
    create(&server, "bob", "administrator").await.unwrap();
    let id = "AKIABOBBOBBOBBOBBOB1";
    ring.create_key(&server.app, &server.ada, key("bob", id))
        .await
        .unwrap();
    ring.key_of(id).await.unwrap();
    ring.flush().await.unwrap();
    let listed = user::list_keys(&server.app, &server.ada, json!({"UserName": "bob"}));
    assert!(listed.await.unwrap()["AccessKeyMetadata"][0]["LastUsedDate"].is_number());
}

#[tokio::test]
async fn a_reader_makes_no_users_and_no_keys() {
    let server = Server::start().await;
    let ring = ring(&server);
    let bob = server::caller("bob", Access::ReadOnly, "us-west-2");
    let user = json!({"UserName": "eve", "Access": "administrator"});
    let made = user::create(&server.app, &bob, user.clone()).await;
    let disabled = user::disable(&server.app, &bob, user).await;
    assert!(matches!(made, Err(Fault::Denied { .. })));
    assert!(matches!(disabled, Err(Fault::Denied { .. })));
    let id = "AKIABOBBOBBOBBOBBOB1";
    let key = ring.create_key(&server.app, &bob, key("eve", id)).await;
    let revoked = ring.revoke_key(&server.app, &bob, id).await;
    assert!(matches!(key, Err(Fault::Denied { .. })));
    assert!(matches!(revoked, Err(Fault::Denied { .. })));
    assert!(server.actions().await.is_empty());
}
