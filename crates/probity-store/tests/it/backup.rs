//! Backup while others write, and restore while nobody does.

use std::path::{Path, PathBuf};

use probity_domain::ResourceKind;
use probity_store::backup::{BackUp, Restore, restore_from};
use probity_store::resource::{self, ResourceKey};
use probity_store::{Store, audit, sqlite_url};

use crate::database::{Database, write};
use crate::resource::{key, model};

async fn insert(store: &Store, name: &str) {
    write(store, async |unit| {
        resource::insert(unit, &model(name, 1)).await
    })
    .await;
}

async fn has(store: &Store, key: ResourceKey<'_>) -> bool {
    resource::get(store, key).await.unwrap().is_some()
}

fn beside(database: &Database, name: &str) -> PathBuf {
    database.path().unwrap().with_file_name(name)
}

async fn open(path: &Path) -> Store {
    Store::open(&sqlite_url(path).unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_backup_has_what_was_committed_before_it() {
    let database = Database::sqlite();
    let store = database.open().await;
    insert(&store, "before").await;
    let path = beside(&database, "a 100% backup?.db");
    store.backup_to(&path).await.unwrap();
    insert(&store, "after").await;
    let copy = open(&path).await;
    assert!(has(&copy, key("before")).await);
    assert!(!has(&copy, key("after")).await);
    assert_eq!(audit::verify(&copy).await.unwrap().broken_at, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_does_not_hold_up_writers() {
    let database = Database::sqlite();
    let store = database.open().await;
    for number in 0..100 {
        insert(&store, &format!("m{number}")).await;
    }
    let writer = {
        let store = store.clone();
        tokio::spawn(async move {
            for number in 0..100 {
                insert(&store, &format!("n{number}")).await;
            }
        })
    };
    for number in 0..5 {
        let path = beside(&database, &format!("backup-{number}.db"));
        store.backup_to(&path).await.unwrap();
        let copy = open(&path).await;
        let count = resource::count(&copy, ResourceKind::Model, "eu-west-1").await;
        assert!(count.unwrap() >= 100);
    }
    writer.await.unwrap();
}

#[tokio::test]
async fn a_backup_overwrites_nothing() {
    let database = Database::sqlite();
    let store = database.open().await;
    let path = beside(&database, "backup.db");
    std::fs::write(&path, "mine").unwrap();
    let error = store.backup_to(&path).await.unwrap_err();
    assert!(matches!(error, BackUp::Exists { .. }), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    let error = store
        .backup_to(&beside(&database, "no/folder.db"))
        .await
        .unwrap_err();
    assert!(matches!(error, BackUp::Write { .. }), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_backup_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let database = Database::sqlite();
    let path = beside(&database, "backup.db");
    database.open().await.backup_to(&path).await.unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn what_was_restored_is_the_database() {
    let database = Database::sqlite();
    let store = database.open().await;
    insert(&store, "kept").await;
    let path = beside(&database, "backup.db");
    store.backup_to(&path).await.unwrap();
    insert(&store, "lost").await;
    store.close().await;
    restore_from(&path, &database.path().unwrap())
        .await
        .unwrap();
    let store = database.open().await;
    assert!(has(&store, key("kept")).await);
    assert!(!has(&store, key("lost")).await);
    // And into a folder that has none.
    let elsewhere = beside(&database, "other.db");
    restore_from(&path, &elsewhere).await.unwrap();
    assert!(has(&open(&elsewhere).await, key("kept")).await);
}

#[tokio::test]
async fn a_database_in_use_is_not_replaced() {
    let database = Database::sqlite();
    let store = database.open().await;
    let path = beside(&database, "backup.db");
    store.backup_to(&path).await.unwrap();
    insert(&store, "m").await;
    let error = restore_from(&path, &database.path().unwrap())
        .await
        .unwrap_err();
    assert!(matches!(error, Restore::InUse { .. }), "{error}");
    assert!(has(&store, key("m")).await);
}

#[tokio::test]
async fn what_is_no_backup_changes_nothing() {
    let database = Database::sqlite();
    let store = database.open().await;
    insert(&store, "m").await;
    let good = beside(&database, "good.db");
    store.backup_to(&good).await.unwrap();
    store.close().await;
    let target = database.path().unwrap();
    let bad = beside(&database, "bad.db");

    let missing = restore_from(&bad, &target).await.unwrap_err();
    assert!(matches!(missing, Restore::Read { .. }), "{missing}");
    std::fs::write(&bad, "this is no database at all, whatever its name says").unwrap();
    let text = restore_from(&bad, &target).await.unwrap_err();
    assert!(matches!(text, Restore::Read { .. }), "{text}");
    std::fs::write(&bad, "").unwrap();
    let empty = restore_from(&bad, &target).await.unwrap_err();
    assert!(matches!(empty, Restore::Foreign { .. }), "{empty}");

    std::fs::copy(&good, &bad).unwrap();
    let later = Database::at(&bad);
    later
        .tamper("update _sqlx_migrations set version = 999 where version = 1")
        .await;
    let error = restore_from(&bad, &target).await.unwrap_err();
    assert!(matches!(error, Restore::Later { step: 999, .. }), "{error}");

    std::fs::copy(&good, &bad).unwrap();
    let mut bytes = std::fs::read(&bad).unwrap();
    let half = bytes.len() / 2;
    bytes[half..].fill(0xa5);
    std::fs::write(&bad, bytes).unwrap();
    let error = restore_from(&bad, &target).await.unwrap_err();
    assert!(
        matches!(error, Restore::Damaged { .. } | Restore::Read { .. }),
        "{error}"
    );
    assert!(has(&database.open().await, key("m")).await);
}

#[tokio::test]
async fn a_server_on_postgres_says_what_to_use() {
    if let Some(database) = Database::postgres().await {
        let store = database.open().await;
        let error = store.backup_to(Path::new("unused.db")).await.unwrap_err();
        assert!(error.to_string().contains("pg_dump"), "{error}");
        store.close().await;
        database.drop().await;
    }
}
