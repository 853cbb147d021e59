//! From nothing and from every released step to the current schema.

use std::collections::BTreeSet;
use std::path::Path;

use probity_store::{
    Store, StoreError, Upgrade, audit, fleet, job, monitoring_alert, monitoring_execution, resource,
};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyPool, SqlStr};

use crate::database::{Database, on_both, write};
use crate::resource::key;

on_both!(
    a_database_of_the_first_step_is_brought_to_now,
    runs_that_were_there_get_their_windows,
    runs_that_were_there_are_summed,
    alerts_that_were_there_are_as_old_as_their_last_change,
    an_upgrade_is_told_before_it_is_done,
    opening_twice_changes_nothing,
    servers_start_at_once,
    servers_upgrade_at_once,
    a_database_of_a_later_version_is_refused,
);

/// As it was released. It is never edited: `0001_first.sql` must stay the same, or databases in
/// the field would be refused.
const FIRST: &str = include_str!("released/0001_first.sql");

/// As it was released with the monitors.
const SECOND: &str = include_str!("released/0002_monitoring.sql");

/// Every file of a step that was released is what it was, and none is missing.
#[test]
fn a_released_step_is_never_edited() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // The newest step may be of the release that is to come.
    let mut released = BTreeSet::new();
    for entry in std::fs::read_dir(root.join("tests/it/released"))? {
        let name = entry?.file_name();
        let (then, now) = (root.join("tests/it/released"), root.join("migrations"));
        assert_eq!(
            std::fs::read_to_string(then.join(&name))?,
            std::fs::read_to_string(now.join(&name))?,
            "{}",
            name.display()
        );
        released.insert(name);
    }
    let mut all = BTreeSet::new();
    for entry in std::fs::read_dir(root.join("migrations"))? {
        all.insert(entry?.file_name());
    }
    let missing: Vec<_> = all.difference(&released).collect();
    assert!(missing.len() <= 3, "released, and not kept: {missing:?}");
    Ok(())
}

fn steps(steps: &[(i64, &'static str)]) -> Migrator {
    let migrations: Vec<Migration> = steps
        .iter()
        .map(|(version, sql)| {
            Migration::new(
                *version,
                "first".into(),
                MigrationType::Simple,
                SqlStr::from_static(sql),
                false,
            )
        })
        .collect();
    Migrator {
        migrations: migrations.into(),
        ..Migrator::DEFAULT
    }
}

/// A database as the first release left it, with a row in each table that verbs write.
async fn first_release(database: &Database) {
    sqlx::any::install_default_drivers();
    let pool = AnyPool::connect(&database.url).await.unwrap();
    if database.path().is_none() {
        sqlx::query("create collation \"binary\" (locale = 'C')")
            .execute(&pool)
            .await
            .unwrap();
    }
    steps(&[(1, FIRST)]).run(&pool).await.unwrap();
    for statement in [
        "insert into resource values ('model', 'eu-west-1', 'm', 'arn:m', 3, 'InService', 1, 2,
                                      'ann', 'bob', '{\"Group\":\"g\"}', '{\"ModelName\":\"m\"}')",
        "insert into resource_attribute values ('model', 'eu-west-1', 'm', 'Group', 'g')",
        "insert into job values ('j', 'processing', 's', 'eu-west-1', 0, 0, '', 0)",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    pool.close().await;
}

async fn a_database_of_the_first_step_is_brought_to_now(database: &Database) {
    first_release(database).await;
    let store = database.open().await;
    let read = resource::get(&store, key("m")).await.unwrap().unwrap();
    assert_eq!((read.version, read.attributes["Group"].as_str()), (3, "g"));
    assert_eq!(job::get(&store, "j").await.unwrap().unwrap().subject, "s");
    assert_eq!(audit::verify(&store).await.unwrap().broken_at, None);
    let answer = write(&store, async |unit| resource::replace(unit, &read).await).await;
    assert_eq!(answer, resource::Replaced::Yes);
}

/// A database as it was when monitors came, with what these statements write.
async fn second_release(database: &Database, statements: &[&'static str]) {
    first_release(database).await;
    let pool = AnyPool::connect(&database.url).await.unwrap();
    let mut second = steps(&[(1, FIRST), (2, SECOND)]);
    second.ignore_missing = true;
    second.run(&pool).await.unwrap();
    for statement in statements {
        sqlx::query(*statement).execute(&pool).await.unwrap();
    }
    pool.close().await;
}

/// What the page of a monitor reads without bodies stood in the bodies only, before it was there.
async fn runs_that_were_there_get_their_windows(database: &Database) {
    let run = "insert into monitoring_execution values
        ('x', 'r', 's', 9, 'slot', 0, 'Completed', 1, 1, 'DataQuality', '', '', 0,
         '{\"window\":{\"startMs\":7,\"endMs\":9},\"constraintsSha256\":\"ab\"}')";
    second_release(database, &[run]).await;
    let store = database.open().await;
    let runs = monitoring_execution::outlines(&store, ("r", "s"), (0, 10), 5).await;
    let runs = runs.unwrap();
    assert_eq!(runs[0].window_start_ms, Some(7));
    assert_eq!(runs[0].constraints_sha256.as_deref(), Some("ab"));
}

/// Which verdicts count, and which run of a schedule was the last, was looked up each time, before it
/// was kept.
async fn runs_that_were_there_are_summed(database: &Database) {
    let statements = [
        "insert into resource values ('monitoring-schedule', 'r', 's', 'arn:s', 1, 'Scheduled', 1, 1,
                                      'ann', 'ann', '{}', '{}')",
        "insert into monitoring_execution values
            ('a', 'r', 's', 9, 'slot', 0, 'CompletedWithViolations', 1, 1, 'DataQuality', '', '', 4, '{}'),
            ('b', 'r', 's', 9, 'late-labels', 1, 'Completed', 2, 2, 'DataQuality', '', '', 0, '{}'),
            ('c', 'r', 's', 10, 'slot', 0, 'CompletedWithViolations', 3, 3, 'DataQuality', '', '', 2, '{}'),
            ('d', 'r', 's', 10, 'late-labels', 1, 'Failed', 4, 4, 'DataQuality', '', '', -1, '{}'),
            ('e', 'r', 's', 11, 'slot', 0, 'InProgress', 5, 5, 'DataQuality', '', '', -1, '{}'),
            ('f', 'r', 'other', 11, 'slot', 0, 'Completed', 5, 5, 'DataQuality', '', '', 0, '{}')",
    ];
    second_release(database, &statements).await;
    let store = database.open().await;
    let found = fleet::violations(&store, ("r", 0), 1).await.unwrap();
    let found: Vec<_> = found
        .iter()
        .map(|found| (found.stretch, found.runs, found.violations))
        .collect();
    assert_eq!(found, [(10, 1, 2)]);
    let last = fleet::last_runs(&store, "r").await.unwrap();
    assert_eq!((last.len(), last[0].id.as_str()), (1, "d"));
}

/// Since when an alert stood as it did was told by its last change of anything, before it was kept.
async fn alerts_that_were_there_are_as_old_as_their_last_change(database: &Database) {
    let statements = [
        // The settings of the first were changed at 9; of the history of the second nothing is left.
        "insert into monitoring_alert values
            ('r', 'a', 'Default', 2, 9, 'InAlert', 2, 3, '', null, null, null),
            ('r', 'b', 'Default', 2, 7, 'InAlert', 1, 1, '', null, null, null)",
        // The first change is of an earlier schedule of that name.
        "insert into monitoring_alert_change values
            ('0', 'r', 'a', 'Default', 1, 'InAlert', '', ''),
            ('1', 'r', 'a', 'Default', 3, 'InAlert', '', ''),
            ('2', 'r', 'a', 'Default', 4, 'OK', '', ''),
            ('3', 'r', 'a', 'Default', 5, 'InAlert', '', ''),
            ('4', 'r', 'a', 'Heartbeat', 8, 'InAlert', '', '')",
    ];
    second_release(database, &statements).await;
    let store = database.open().await;
    let alerts = monitoring_alert::of_status(&store, "r", "InAlert").await;
    let alerts = alerts.unwrap();
    let since = alerts
        .iter()
        .map(|alert| (alert.subject.as_str(), alert.since_ms, alert.modified_ms));
    assert_eq!(since.collect::<Vec<_>>(), [("a", 5, 9), ("b", 7, 7)]);
}

/// Whoever waits for a large database is told why, and only then.
async fn an_upgrade_is_told_before_it_is_done(database: &Database) {
    let mut told = Vec::new();
    let store = Store::open_telling(&database.url, |upgrade| told.push(upgrade)).await;
    store.unwrap().close().await;
    assert_eq!(told, [], "a new database is no upgrade");
    let pool = AnyPool::connect(&database.url).await.unwrap();
    let newest = sqlx::query_scalar("select max(version) from _sqlx_migrations");
    let newest: i64 = newest.fetch_one(&pool).await.unwrap();
    // Not undone, only forgotten: what matters is what is said before it is tried.
    let forget = sqlx::query("delete from _sqlx_migrations where version = $1").bind(newest);
    forget.execute(&pool).await.unwrap();
    pool.close().await;
    let again = Store::open_telling(&database.url, |upgrade| told.push(upgrade)).await;
    assert!(again.is_err(), "the step is done already");
    let (from, to) = (newest - 1, newest);
    assert_eq!(told, [Upgrade { from, to }]);
}

async fn opening_twice_changes_nothing(database: &Database) {
    let store = database.open().await;
    write(&store, async |unit| {
        resource::insert(unit, &crate::resource::model("m", 1)).await
    })
    .await;
    store.close().await;
    let store = database.open().await;
    assert!(resource::get(&store, key("m")).await.unwrap().is_some());
}

async fn servers_start_at_once(database: &Database) {
    open_at_once(database).await;
}

async fn servers_upgrade_at_once(database: &Database) {
    second_release(database, &[]).await;
    open_at_once(database).await;
}

/// More of them than there are steps, so that one may lose every race.
async fn open_at_once(database: &Database) {
    let open = |_| {
        let url = database.url.clone();
        tokio::spawn(async move {
            let store = Store::open(&url).await?;
            store.close().await;
            Ok::<_, StoreError>(())
        })
    };
    let tasks: Vec<_> = (0..12).map(open).collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
}

async fn a_database_of_a_later_version_is_refused(database: &Database) {
    database.open().await.close().await;
    sqlx::any::install_default_drivers();
    let pool = AnyPool::connect(&database.url).await.unwrap();
    let mut later = steps(&[(999, "create table later (id bigint)")]);
    later.ignore_missing = true;
    later.run(&pool).await.unwrap();
    pool.close().await;
    let error = Store::open(&database.url).await.unwrap_err();
    assert!(matches!(error, StoreError::Migrate { .. }), "{error}");
}

/// A file is brought up to date whole, or not at all: the earlier version can go on with it.
#[tokio::test]
async fn an_upgrade_that_fails_leaves_the_file_as_it_was() {
    let database = Database::sqlite();
    // What step 8 makes is there already.
    let statement = "alter table monitoring_execution add column overtaken bigint";
    second_release(&database, &[statement]).await;
    let error = Store::open(&database.url).await.unwrap_err();
    assert!(matches!(error, StoreError::Migrate { .. }), "{error}");
    let pool = AnyPool::connect(&database.url).await.unwrap();
    let versions = sqlx::query_scalar("select max(version) from _sqlx_migrations");
    let versions: i64 = versions.fetch_one(&pool).await.unwrap();
    assert_eq!(versions, 2);
    let tables =
        sqlx::query_scalar("select count(*) from sqlite_schema where name = 'endpoint_latency'");
    let tables: i64 = tables.fetch_one(&pool).await.unwrap();
    assert_eq!(tables, 0);
}

/// A new database file is for its owner alone.
#[cfg(unix)]
#[tokio::test]
async fn the_files_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let database = Database::sqlite();
    let store = database.open().await;
    write(&store, async |unit| {
        resource::insert(unit, &crate::resource::model("m", 1)).await
    })
    .await;
    let folder = database
        .path()
        .unwrap()
        .parent()
        .map(Path::to_owned)
        .unwrap();
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", entry.path().display());
        files += 1;
    }
    assert!(files > 1, "the write-ahead log was not looked at");
    drop(store);
}

#[tokio::test]
async fn a_password_is_not_in_the_message() {
    let error = Store::open("postgres://ann:hidden@127.0.0.1:1/x")
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("127.0.0.1:1/x") && !text.contains("hidden"),
        "{text}"
    );
}
