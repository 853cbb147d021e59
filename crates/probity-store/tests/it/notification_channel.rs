//! Channels: their secrets are sealed for their name.

use probity_store::notification_channel::{self as channels, Channel, Secret};
use probity_store::resource::{Deleted, Inserted};
use probity_store::{StoreError, Vault};

use crate::database::{Database, on_both, write};

on_both!(
    a_secret_opens_with_the_key_file_only,
    channels_are_listed_without_secrets,
    a_deleted_channel_is_gone,
);

fn channel(name: &str) -> Channel {
    Channel {
        name: name.to_owned(),
        kind: "webhook".to_owned(),
        created_ms: 3,
        created_by: "ann".to_owned(),
        digest_ms: 0,
        settings: "{}".to_owned(),
    }
}

async fn a_secret_opens_with_the_key_file_only(database: &Database) {
    let store = database.open().await;
    let vault = Vault::open(&[7; 32]);
    let inserted = write(&store, async |unit| {
        let secret = Secret("{\"Key\":\"hush\"}");
        let first = channels::insert(unit, &vault, (&channel("a"), secret)).await?;
        channels::insert(unit, &vault, (&channel("b"), Secret(""))).await?;
        let again = channels::insert(unit, &vault, (&channel("a"), Secret("x"))).await?;
        Ok::<_, StoreError>((first, again))
    })
    .await;
    assert_eq!(inserted, (Inserted::Yes, Inserted::Exists));
    let secret = channels::secret(&store, &vault, "a").await.unwrap();
    assert_eq!(secret.as_deref(), Some("{\"Key\":\"hush\"}"));
    let none = channels::secret(&store, &vault, "b").await.unwrap();
    assert_eq!(none.as_deref(), Some(""));
    assert_eq!(channels::secret(&store, &vault, "c").await.unwrap(), None);

    let other = Vault::open(&[8; 32]);
    let error = channels::secret(&store, &other, "a").await.unwrap_err();
    assert!(
        matches!(error, StoreError::SealedChannel { .. }),
        "{error:?}"
    );
    database
        .tamper("update notification_channel set name = 'moved' where name = 'a'")
        .await;
    assert!(channels::secret(&store, &vault, "moved").await.is_err());
}

async fn channels_are_listed_without_secrets(database: &Database) {
    let store = database.open().await;
    let vault = Vault::open(&[7; 32]);
    let names = write(&store, async |unit| {
        for name in ["b", "a"] {
            channels::insert(unit, &vault, (&channel(name), Secret("hush"))).await?;
        }
        channels::names(unit).await
    })
    .await;
    assert_eq!(names, ["a", "b"]);
    let listed = channels::list(&store).await.unwrap();
    assert_eq!(listed, [channel("a"), channel("b")]);
    let one = channels::get(&store, "b").await.unwrap();
    assert_eq!(one, Some(channel("b")));
}

async fn a_deleted_channel_is_gone(database: &Database) {
    let store = database.open().await;
    let vault = Vault::open(&[7; 32]);
    let deleted = write(&store, async |unit| {
        channels::insert(unit, &vault, (&channel("a"), Secret("hush"))).await?;
        let first = channels::delete(unit, "a").await?;
        Ok::<_, StoreError>((first, channels::delete(unit, "a").await?))
    })
    .await;
    assert_eq!(deleted, (Deleted::Yes, Deleted::Missing));
    assert_eq!(channels::get(&store, "a").await.unwrap(), None);
}
