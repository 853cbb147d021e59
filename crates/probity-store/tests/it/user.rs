//! Users and keys: only keys of enabled users that were not revoked have a secret, and none can
//! be read from the file.

use probity_store::resource::Inserted;
use probity_store::user::{self, Changed, NewKey, User};
use probity_store::{Store, StoreError, Vault};

use crate::database::{Database, on_both, write};

on_both!(
    a_key_has_its_secret_and_its_user,
    a_revoked_key_has_no_secret,
    keys_of_a_disabled_user_have_no_secret,
    another_key_file_opens_nothing_and_says_so,
    names_and_ids_are_taken_once,
    a_key_needs_its_user,
    users_and_keys_are_listed,
    the_last_use_does_not_go_back,
    who_locks_the_users_second_sees_what_the_first_did,
);

const SECRET: &str = "wJalrXUtnFEMI-not-in-the-file";

fn vault() -> Vault {
    Vault::open(&[7; 32])
}

fn ann() -> User {
    User {
        name: "ann".to_owned(),
        access: "administrator".to_owned(),
        created_ms: 1,
        disabled_ms: None,
    }
}

fn key(id: &str) -> NewKey<'_> {
    NewKey {
        id,
        user: "ann",
        secret: SECRET,
        at_ms: 2,
    }
}

async fn with_ann(database: &Database) -> Store {
    let store = database.open().await;
    write(&store, async |unit| {
        user::create(unit, &ann()).await?;
        user::create_key(unit, &vault(), &key("AKIA1")).await
    })
    .await;
    store
}

async fn a_key_has_its_secret_and_its_user(database: &Database) {
    let store = with_ann(database).await;
    let found = user::secret(&store, &vault(), "AKIA1")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.secret, SECRET);
    assert_eq!(
        (found.user.as_str(), found.access.as_str()),
        ("ann", "administrator")
    );
    assert!(!format!("{found:?} {:?}", key("AKIA1")).contains(SECRET));
    assert_eq!(user::secret(&store, &vault(), "akia1").await.unwrap(), None);
}

async fn a_revoked_key_has_no_secret(database: &Database) {
    let store = with_ann(database).await;
    let revoke = async || {
        write(&store, async |unit| {
            user::revoke_key(unit, "AKIA1", 5).await
        })
        .await
    };
    assert_eq!(revoke().await, Changed::Yes);
    assert_eq!(user::secret(&store, &vault(), "AKIA1").await.unwrap(), None);
    assert_eq!(revoke().await, Changed::No);
    let keys = user::list_keys(&store, None).await.unwrap();
    assert_eq!(keys[0].revoked_ms, Some(5));
}

async fn keys_of_a_disabled_user_have_no_secret(database: &Database) {
    let store = with_ann(database).await;
    let disable = async |name| write(&store, async |unit| user::disable(unit, name, 5).await).await;
    assert_eq!(disable("bob").await, Changed::No);
    assert_eq!(disable("ann").await, Changed::Yes);
    assert_eq!(disable("ann").await, Changed::No);
    assert_eq!(user::secret(&store, &vault(), "AKIA1").await.unwrap(), None);
    let found = user::get(&store, "ann").await.unwrap().unwrap();
    assert_eq!(found.disabled_ms, Some(5));
}

async fn another_key_file_opens_nothing_and_says_so(database: &Database) {
    let store = with_ann(database).await;
    let error = user::secret(&store, &Vault::open(&[8; 32]), "AKIA1")
        .await
        .unwrap_err();
    assert!(error.to_string().contains("`AKIA1`"), "{error}");
    // A sealed secret that was moved to another key does not open either.
    write(&store, async |unit| {
        user::create_key(unit, &vault(), &key("AKIA2")).await
    })
    .await;
    database
        .tamper(
            "update access_key set secret = (select secret from access_key k where k.id = 'AKIA1')
             where id = 'AKIA2'",
        )
        .await;
    let error = user::secret(&store, &vault(), "AKIA2").await.unwrap_err();
    assert!(error.to_string().contains("`AKIA2`"), "{error}");
}

async fn names_and_ids_are_taken_once(database: &Database) {
    let store = with_ann(database).await;
    let answers = write(&store, async |unit| {
        let user = user::create(unit, &ann()).await?;
        let key = user::create_key(unit, &vault(), &key("AKIA1")).await?;
        Ok::<_, StoreError>((user, key))
    })
    .await;
    assert_eq!(answers, (Inserted::Exists, Inserted::Exists));
}

async fn a_key_needs_its_user(database: &Database) {
    let store = database.open().await;
    let mut unit = store.begin().await.unwrap();
    let created = user::create_key(&mut unit, &vault(), &key("AKIA1")).await;
    assert!(created.is_err(), "a key of nobody");
}

async fn users_and_keys_are_listed(database: &Database) {
    let store = with_ann(database).await;
    let bob = User {
        name: "bob".to_owned(),
        access: "read-only".to_owned(),
        ..ann()
    };
    write(&store, async |unit| {
        user::create(unit, &bob).await?;
        user::create_key(
            unit,
            &vault(),
            &NewKey {
                user: "bob",
                ..key("AKIA0")
            },
        )
        .await
    })
    .await;
    assert_eq!(user::list(&store).await.unwrap(), [ann(), bob]);
    let ids = async |user| -> Vec<String> {
        let keys = user::list_keys(&store, user).await.unwrap();
        keys.into_iter().map(|key| key.id).collect()
    };
    assert_eq!(ids(None).await, ["AKIA1", "AKIA0"]);
    assert_eq!(ids(Some("bob")).await, ["AKIA0"]);
}

async fn the_last_use_does_not_go_back(database: &Database) {
    let store = with_ann(database).await;
    for at_ms in [10, 5] {
        let uses = [("AKIA1".to_owned(), at_ms)];
        write(&store, async |unit| user::note_use(unit, &uses).await).await;
    }
    let keys = user::list_keys(&store, Some("ann")).await.unwrap();
    assert_eq!(keys[0].last_used_ms, Some(10));
}

/// The file, its write-ahead log and its index of it, after the connections are closed and before.
#[tokio::test]
async fn a_secret_is_not_readable_in_the_files() {
    let database = Database::sqlite();
    let store = with_ann(&database).await;
    let folder = database.path().unwrap().parent().unwrap().to_owned();
    let check = || {
        let mut files = 0;
        for entry in std::fs::read_dir(&folder).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            assert!(!contains(&bytes, SECRET.as_bytes()));
            files += usize::from(contains(&bytes, b"AKIA1"));
        }
        assert!(files > 0, "the key is not where it was looked for");
    };
    check();
    store.close().await;
    check();
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

async fn who_locks_the_users_second_sees_what_the_first_did(database: &Database) {
    let store = with_ann(database).await;
    let mut first = store.begin().await.unwrap();
    assert_eq!(user::lock_all(&mut first).await.unwrap(), [ann()]);
    let second = tokio::spawn({
        let store = store.clone();
        async move {
            let mut unit = store.begin().await.unwrap();
            user::lock_all(&mut unit).await.unwrap()
        }
    });
    // Time for the second to see the users as they were, if nothing kept it.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(!second.is_finished());
    user::disable(&mut first, "ann", 5).await.unwrap();
    first.commit().await.unwrap();
    let disabled = User {
        disabled_ms: Some(5),
        ..ann()
    };
    assert_eq!(second.await.unwrap(), [disabled]);
}
