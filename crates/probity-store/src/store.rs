//! The connection, and the unit of work: everything of one verb is written, or nothing.

use std::time::Duration;

use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::migrate::Migrator;
use sqlx::{Any, AnyConnection, AnyPool, Transaction};

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
}

/// One transaction. Dropped without [`Unit::commit`], it leaves nothing.
#[derive(Debug)]
pub struct Unit {
    transaction: Transaction<'static, Any>,
    backend: Backend,
}

const SQLITE_SETTINGS: [&str; 4] = [
    "pragma journal_mode = wal",
    // With WAL a crash of the process loses nothing; a power cut may lose the last commits, and
    // never leaves a damaged file.
    "pragma synchronous = normal",
    "pragma busy_timeout = 10000",
    "pragma foreign_keys = on",
];

impl Store {
    /// Opens `sqlite://PATH?mode=rwc` or `postgres://…` and brings it to the current version.
    pub async fn open(url: &str) -> Result<Store, StoreError> {
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
        let pool = AnyPoolOptions::new()
            .max_connections(8)
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
        migrations()
            .run(&pool)
            .await
            .map_err(|source| StoreError::Migrate { source })?;
        Ok(Store { pool, backend })
    }

    pub fn backend(&self) -> Backend {
        self.backend
    }

    pub(crate) fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// Begins to write. SQLite has one writer at a time: it waits for its turn here, and not in
    /// the middle, where it could only fail.
    pub async fn begin(&self) -> Result<Unit, StoreError> {
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

/// Every step from an empty database to the current one; a step is never edited once released.
const STEPS: [(i64, &str, &str); 1] = [(1, "first", include_str!("../migrations/0001_first.sql"))];

fn migrations() -> Migrator {
    use sqlx::migrate::{Migration, MigrationType};
    let steps = STEPS.into_iter().map(|(version, description, sql)| {
        Migration::new(
            version,
            description.into(),
            MigrationType::Simple,
            sqlx::SqlStr::from_static(sql),
            false,
        )
    });
    Migrator {
        migrations: steps.collect::<Vec<_>>().into(),
        ..Migrator::DEFAULT
    }
}
