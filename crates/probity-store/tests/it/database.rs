//! An empty database for a case: a file of SQLite, or a schema of its own in the PostgreSQL that
//! `PROBITY_TEST_POSTGRES` names. Without that variable the PostgreSQL half says so and ends;
//! `cargo xtask test` sets it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use probity_store::{Store, Unit};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;

/// Runs every case on both databases.
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    super::$case(&crate::database::Database::sqlite()).await;
                }
            )+
        }
        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    if let Some(database) = crate::database::Database::postgres().await {
                        super::$case(&database).await;
                        database.drop().await;
                    }
                }
            )+
        }
    };
}
pub(crate) use on_both;

/// An empty database.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) url: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Folder(TempDir),
    Elsewhere(PathBuf),
    Schema { server: String, name: String },
}

static SCHEMAS: AtomicU32 = AtomicU32::new(0);
static NOT_RUN: Once = Once::new();

impl Database {
    pub(crate) fn sqlite() -> Database {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("probity.db");
        Database {
            url: format!("sqlite://{}?mode=rwc", path.display()),
            place: Place::Folder(folder),
        }
    }

    /// A file that is there.
    pub(crate) fn at(path: &Path) -> Database {
        Database {
            url: format!("sqlite://{}", path.display()),
            place: Place::Elsewhere(path.to_owned()),
        }
    }

    pub(crate) async fn postgres() -> Option<Database> {
        let Some(server) = server() else {
            NOT_RUN.call_once(|| {
                // Past the test harness, which would keep it back.
                let text =
                    "NOT RUN: the suite on PostgreSQL, since PROBITY_TEST_POSTGRES is not set\n";
                std::io::stderr().write_all(text.as_bytes()).unwrap();
            });
            return None;
        };
        let number = SCHEMAS.fetch_add(1, Ordering::Relaxed);
        let name = format!("probity_{}_{number}", std::process::id());
        execute(&server, &format!("create schema {name}")).await;
        let joint = if server.contains('?') { '&' } else { '?' };
        Some(Database {
            url: format!("{server}{joint}options=-csearch_path%3D{name}"),
            place: Place::Schema { server, name },
        })
    }

    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.url).await.unwrap()
    }

    /// The file, on SQLite.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        match &self.place {
            Place::Folder(folder) => Some(folder.path().join("probity.db")),
            Place::Elsewhere(path) => Some(path.clone()),
            Place::Schema { .. } => None,
        }
    }

    pub(crate) async fn drop(self) {
        match self.place {
            Place::Folder(_) | Place::Elsewhere(_) => {}
            Place::Schema { server, name } => {
                execute(&server, &format!("drop schema {name} cascade")).await;
            }
        }
    }

    /// Changes rows behind the store's back.
    pub(crate) async fn tamper(&self, statement: &'static str) {
        sqlx::any::install_default_drivers();
        let mut connection = sqlx::AnyConnection::connect(&self.url).await.unwrap();
        let done = sqlx::query(statement)
            .execute(&mut connection)
            .await
            .unwrap();
        assert!(done.rows_affected() > 0, "nothing was changed");
        connection.close().await.unwrap();
    }

    /// What the database says to a statement that it does not carry out.
    pub(crate) async fn refusal(&self, statement: &'static str) -> String {
        sqlx::any::install_default_drivers();
        let mut connection = sqlx::AnyConnection::connect(&self.url).await.unwrap();
        let refused = sqlx::query(statement).execute(&mut connection).await;
        connection.close().await.unwrap();
        refused.unwrap_err().to_string()
    }
}

/// Everything that is awaited within one transaction, committed.
pub(crate) async fn write<T, E: std::fmt::Debug>(
    store: &Store,
    work: impl AsyncFnOnce(&mut Unit) -> Result<T, E>,
) -> T {
    let mut unit = store.begin().await.unwrap();
    let result = work(&mut unit).await.unwrap();
    unit.commit().await.unwrap();
    result
}

async fn execute(server: &str, statement: &str) {
    let mut connection = PgConnection::connect(server).await.unwrap();
    sqlx::query(AssertSqlSafe(statement))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test asks where the database is that somebody started for it"
)]
fn server() -> Option<String> {
    std::env::var("PROBITY_TEST_POSTGRES")
        .ok()
        .filter(|url| !url.is_empty())
}
