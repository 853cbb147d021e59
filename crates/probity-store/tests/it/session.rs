//! Sessions: found until they end, and not where the user or the key is no more; links work once.

use probity_store::session::{self, Link, Session};
use probity_store::user::{self, NewKey, User};
use probity_store::{Store, StoreError, Vault};

use crate::database::{Database, on_both, write};

on_both!(
    a_session_is_found_until_it_ends,
    a_session_ends_with_its_key,
    a_session_ends_with_its_user,
    a_link_is_taken_once,
    ended_sessions_are_forgotten,
);

async fn with_ann(database: &Database) -> Store {
    let store = database.open().await;
    let vault = Vault::open(&[7; 32]);
    write(&store, async |unit| {
        let ann = User {
            name: "ann".to_owned(),
            access: "read-only".to_owned(),
            created_ms: 1,
            disabled_ms: None,
        };
        user::create(unit, &ann).await?;
        let key = NewKey {
            id: "AKIA1",
            user: "ann",
            secret: "not-to-be-read",
            at_ms: 1,
        };
        user::create_key(unit, &vault, &key).await?;
        session::insert(unit, &of_ann("key", "AKIA1")).await?;
        session::insert(unit, &of_ann("link", "")).await
    })
    .await;
    store
}

fn of_ann(hash: &str, access_key_id: &str) -> Session {
    Session {
        hash: hash.to_owned(),
        user: "ann".to_owned(),
        access_key_id: access_key_id.to_owned(),
        created_ms: 10,
        expires_ms: 100,
    }
}

async fn is_found(store: &Store, hash: &str, now_ms: i64) -> bool {
    session::find(store, hash, now_ms).await.unwrap().is_some()
}

async fn a_session_is_found_until_it_ends(database: &Database) {
    let store = with_ann(database).await;
    let found = session::find(&store, "key", 99).await.unwrap().unwrap();
    assert_eq!(
        (found.user.as_str(), found.access.as_str()),
        ("ann", "read-only")
    );
    assert!(!is_found(&store, "key", 100).await);
    assert!(!is_found(&store, "other", 50).await);
    write(&store, async |unit| session::delete(unit, "key").await).await;
    assert!(!is_found(&store, "key", 50).await);
    assert!(is_found(&store, "link", 50).await);
}

async fn a_session_ends_with_its_key(database: &Database) {
    let store = with_ann(database).await;
    write(&store, async |unit| {
        user::revoke_key(unit, "AKIA1", 20).await
    })
    .await;
    assert!(!is_found(&store, "key", 50).await);
    // It did not come from a key.
    assert!(is_found(&store, "link", 50).await);
}

async fn a_session_ends_with_its_user(database: &Database) {
    let store = with_ann(database).await;
    write(&store, async |unit| user::disable(unit, "ann", 20).await).await;
    assert!(!is_found(&store, "key", 50).await);
    assert!(!is_found(&store, "link", 50).await);
}

async fn a_link_is_taken_once(database: &Database) {
    let store = with_ann(database).await;
    let link = |hash: &str, expires_ms| Link {
        hash: hash.to_owned(),
        user: "ann".to_owned(),
        expires_ms,
    };
    write(&store, async |unit| {
        session::insert_link(unit, &link("good", 100)).await?;
        session::insert_link(unit, &link("old", 20)).await
    })
    .await;
    let take = async |hash| {
        write(&store, async |unit| {
            session::take_link(unit, hash, 50).await
        })
        .await
    };
    assert_eq!(take("old").await, None);
    assert_eq!(take("good").await.unwrap().user, "ann");
    assert_eq!(take("good").await, None);
}

async fn ended_sessions_are_forgotten(database: &Database) {
    let store = with_ann(database).await;
    write(&store, async |unit| {
        session::delete_ended(unit, 100).await?;
        Ok::<_, StoreError>(())
    })
    .await;
    assert!(!is_found(&store, "key", 50).await);
}
