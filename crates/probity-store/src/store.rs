//! The connection, and the unit of work: everything of one verb is written, or nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{
    Any, AnyConnection, AnyPool, AssertSqlSafe, Connection, SqlSafeStr, SqlStr, Transaction,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::StoreError;

/// Which database is behind a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// A pool of connections. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Store {
    pool: AnyPool,
    backend: Backend,
    /// Turns to write. Writers wait here and not with a connection in their hands, so that who
    /// writes can always read beside; and they are served in order.
    turns: Arc<Semaphore>,
}

/// One transaction. Dropped without [`Unit::commit`], it leaves nothing.
#[derive(Debug)]
pub struct Unit {
    // Ends before the turn does.
    transaction: Transaction<'static, Any>,
    _turn: OwnedSemaphorePermit,
    backend: Backend,
}

/// Connections of one store: as many writers as may write at once, and some readers.
const SQLITE_CONNECTIONS: u32 = 8;
const POSTGRES_CONNECTIONS: u32 = 16;
const POSTGRES_WRITERS: usize = 10;

const BUSY_TIMEOUT: &str = "pragma busy_timeout = 10000";

const SQLITE_SETTINGS: [&str; 4] = [
    BUSY_TIMEOUT,
    "pragma journal_mode = wal",
    // With WAL a crash of the process loses nothing; a power cut may lose the last commits, and
    // never leaves a damaged file.
    "pragma synchronous = normal",
    "pragma foreign_keys = on",
];

/// The steps of a database's schema before and after it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upgrade {
    pub from: i64,
    pub to: i64,
}

impl Store {
    /// Opens `sqlite://PATH?mode=rwc` or `postgres://…` and brings it to the current version.
    pub async fn open(url: &str) -> Result<Store, StoreError> {
        Store::open_telling(url, |_| ()).await
    }

    /// The same; `tell` is called before a database of an earlier version is changed, which may take
    /// a while.
    pub async fn open_telling(url: &str, tell: impl FnOnce(Upgrade)) -> Result<Store, StoreError> {
        install_default_drivers();
        let backend = if url.starts_with("sqlite:") {
            Backend::Sqlite
        } else {
            Backend::Postgres
        };
        let open = |source| StoreError::Open {
            location: without_password(url),
            source,
        };
        let (connections, writers) = match backend {
            Backend::Sqlite => (SQLITE_CONNECTIONS, 1),
            Backend::Postgres => (POSTGRES_CONNECTIONS, POSTGRES_WRITERS),
        };
        if backend == Backend::Sqlite {
            make_private(url).map_err(|error| open(sqlx::Error::Io(error)))?;
        }
        let pool = AnyPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_secs(20))
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if backend == Backend::Sqlite {
                        for setting in SQLITE_SETTINGS {
                            sqlx::query(setting).execute(&mut *connection).await?;
                        }
                    }
                    Ok(())
                })
            })
            .connect(url)
            .await
            .map_err(open)?;
        if backend == Backend::Postgres {
            make_collation(&pool).await.map_err(open)?;
        }
        let found = version(&pool).await;
        if let Some(upgrade) = upgrade(found) {
            tell(upgrade);
        }
        migrate(&pool, backend, found).await?;
        Ok(Store {
            pool,
            backend,
            turns: Arc::new(Semaphore::new(writers)),
        })
    }

    /// Ends all connections; a SQLite file is then complete without its `-wal` file.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub fn backend(&self) -> Backend {
        self.backend
    }

    pub(crate) fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// For a single statement that writes; [`Store::begin`] takes a turn by itself.
    pub(crate) async fn turn_to_write(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        turn.map_err(|_| StoreError::Query {
            doing: "wait for a turn to write",
            source: sqlx::Error::PoolClosed,
        })
    }

    /// Begins to write. SQLite has one writer at a time: it waits for its turn here, and not in
    /// the middle, where it could only fail.
    pub async fn begin(&self) -> Result<Unit, StoreError> {
        let turn = self.turn_to_write().await?;
        let statement = match self.backend {
            Backend::Sqlite => "begin immediate",
            Backend::Postgres => "begin",
        };
        let transaction =
            self.pool
                .begin_with(statement)
                .await
                .map_err(|source| StoreError::Query {
                    doing: "begin a transaction",
                    source,
                })?;
        Ok(Unit {
            transaction,
            _turn: turn,
            backend: self.backend,
        })
    }
}

impl Unit {
    pub async fn commit(self) -> Result<(), StoreError> {
        self.transaction
            .commit()
            .await
            .map_err(|source| StoreError::Query {
                doing: "commit a transaction",
                source,
            })
    }

    pub fn backend(&self) -> Backend {
        self.backend
    }

    pub(crate) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }
}

/// A new database file is readable by its owner only; SQLite gives its other files the same mode.
fn make_private(url: &str) -> std::io::Result<()> {
    let Some(path) = file_of(url) else {
        return Ok(());
    };
    if !url.contains("mode=rwc") || path.exists() {
        return Ok(());
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Signs that mean something in a URL, and how they are written there. The first one first.
const ESCAPES: [(&str, &str); 3] = [("%", "%25"), ("?", "%3F"), ("#", "%23")];

/// The URL for [`Store::open`] of a file that is made when it is not there. `None` where the path
/// is no UTF-8 text.
pub fn sqlite_url(path: &Path) -> Option<String> {
    let mut text = path.to_str()?.to_owned();
    for (sign, escaped) in ESCAPES {
        text = text.replace(sign, escaped);
    }
    Some(format!("sqlite://{text}?mode=rwc"))
}

/// The file of a SQLite URL; `None` for one in memory.
fn file_of(url: &str) -> Option<PathBuf> {
    let rest = url.strip_prefix("sqlite:")?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let path = rest.split_once('?').map_or(rest, |(path, _)| path);
    if path.is_empty() || path == ":memory:" {
        return None;
    }
    let mut path = path.to_owned();
    for (sign, escaped) in ESCAPES.into_iter().rev() {
        path = path.replace(escaped, sign);
    }
    Some(PathBuf::from(path))
}

/// The collation that SQLite has by itself. Two servers may start at once: what the other one
/// made is as good.
async fn make_collation(pool: &AnyPool) -> Result<(), sqlx::Error> {
    let made = sqlx::query("create collation if not exists \"binary\" (locale = 'C')")
        .execute(pool)
        .await;
    match made {
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(()),
        other => other.map(drop),
    }
}

/// A database URL as it may be shown.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return "the given URL".to_owned();
    };
    match rest.rsplit_once('@') {
        Some((_, place)) => format!("{scheme}://…@{place}"),
        None => url.to_owned(),
    }
}

/// A step from one version of the database to the next; never edited once released.
struct Step {
    version: i64,
    name: &'static str,
    /// What both databases are told.
    sql: &'static str,
    /// What each is told in its own language afterwards: triggers.
    sqlite: &'static str,
    postgres: &'static str,
}

/// From an empty database to the current one.
const STEPS: [Step; 9] = [
    Step {
        version: 1,
        name: "first",
        sql: include_str!("../migrations/0001_first.sql"),
        sqlite: "",
        postgres: "",
    },
    Step {
        version: 2,
        name: "monitoring",
        sql: include_str!("../migrations/0002_monitoring.sql"),
        sqlite: "",
        postgres: "",
    },
    Step {
        version: 3,
        name: "model card",
        sql: include_str!("../migrations/0003_model_card.sql"),
        sqlite: include_str!("../migrations/0003_model_card.sqlite.sql"),
        postgres: include_str!("../migrations/0003_model_card.postgres.sql"),
    },
    Step {
        version: 4,
        name: "dashboard",
        sql: include_str!("../migrations/0004_dashboard.sql"),
        sqlite: "",
        postgres: "",
    },
    Step {
        version: 5,
        name: "monitor page",
        sql: include_str!("../migrations/0005_monitor_page.sql"),
        sqlite: include_str!("../migrations/0005_monitor_page.sqlite.sql"),
        postgres: include_str!("../migrations/0005_monitor_page.postgres.sql"),
    },
    Step {
        version: 6,
        name: "dashboard size",
        sql: include_str!("../migrations/0006_dashboard_size.sql"),
        sqlite: "",
        postgres: "",
    },
    Step {
        version: 7,
        name: "endpoint latency",
        sql: include_str!("../migrations/0007_endpoint_latency.sql"),
        sqlite: "",
        postgres: "",
    },
    Step {
        version: 8,
        name: "totals of the fleet",
        sql: include_str!("../migrations/0008_fleet_totals.sql"),
        sqlite: "",
        postgres: "",
    },
    Step {
        version: 9,
        name: "since when alerts stand",
        sql: include_str!("../migrations/0009_alert_since.sql"),
        sqlite: "",
        postgres: "",
    },
];

/// The version of a database that this program has brought up to date.
pub(crate) fn newest_step() -> i64 {
    STEPS.iter().map(|step| step.version).fold(0, i64::max)
}

/// How long a program waits for another one that brings the same SQLite file up to date: millions of
/// runs take seconds.
const UPGRADE_PATIENCE: Duration = Duration::from_mins(2);

/// `None` for a database that is new.
async fn version(pool: &AnyPool) -> Option<i64> {
    let version = sqlx::query_scalar("select max(version) from _sqlx_migrations where success");
    // There is no such table in a new one.
    version.fetch_one(pool).await.ok()?
}

/// `None` for a database that is new, or of this version, or of a later one.
fn upgrade(found: Option<i64>) -> Option<Upgrade> {
    let (from, to) = (found?, newest_step());
    (from < to).then_some(Upgrade { from, to })
}

/// Takes the steps that are missing. PostgreSQL has a lock for those who start at once.
async fn migrate(pool: &AnyPool, backend: Backend, found: Option<i64>) -> Result<(), StoreError> {
    let done = match backend {
        Backend::Sqlite if found < Some(newest_step()) => migrate_file(pool).await,
        // Nothing is missing, or it is told that the database is of a later version.
        Backend::Sqlite | Backend::Postgres => migrations(backend).run(pool).await,
    };
    done.map_err(|source| StoreError::Migrate { source })
}

/// SQLite's only lock is the turn to write: it is taken before anybody looks what is missing, and
/// the steps are taken all, or none.
async fn migrate_file(pool: &AnyPool) -> Result<(), MigrateError> {
    let mut connection = pool.acquire().await?;
    let patience = UPGRADE_PATIENCE.as_millis();
    let patience = AssertSqlSafe(format!("pragma busy_timeout = {patience}"));
    sqlx::query(patience).execute(&mut *connection).await?;
    let mut transaction = connection.begin_with("begin immediate").await?;
    // What `run` calls with the connection that it gets, which it cannot get from a borrowed one in
    // a future that is sent to another thread. It is no documented part of sqlx: the tests of steps
    // would tell.
    let all = migrations(Backend::Sqlite);
    all.run_direct(None, &mut *transaction, false).await?;
    transaction.commit().await?;
    // As patient as the others again.
    sqlx::query(BUSY_TIMEOUT).execute(&mut *connection).await?;
    Ok(())
}

fn migrations(backend: Backend) -> Migrator {
    use sqlx::migrate::{Migration, MigrationType};
    let steps = STEPS.into_iter().map(|step| {
        let own = match backend {
            Backend::Sqlite => step.sqlite,
            Backend::Postgres => step.postgres,
        };
        // A step of one text keeps the checksum that it was released with.
        let sql = match own {
            "" => SqlStr::from_static(step.sql),
            own => AssertSqlSafe(format!("{}\n{own}", step.sql)).into_sql_str(),
        };
        Migration::new(
            step.version,
            step.name.into(),
            MigrationType::Simple,
            sql,
            false,
        )
    });
    Migrator {
        migrations: steps.collect::<Vec<_>>().into(),
        ..Migrator::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_comes_back_from_its_url() {
        for path in ["/data/probity.db", "/a b/100%25?#x.db", "relative/é.db"] {
            let url = sqlite_url(Path::new(path)).unwrap();
            assert_eq!(file_of(&url), Some(PathBuf::from(path)), "{url}");
        }
        assert_eq!(file_of("sqlite::memory:"), None);
        assert_eq!(file_of("postgres://x/y"), None);
    }
}
