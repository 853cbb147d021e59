//! A copy of the SQLite database while the server runs, and putting one back while it does not.
//!
//! `vacuum into` writes a consistent copy without holding up writers, and rows deleted long ago
//! are not in it. A PostgreSQL database has its own tools for this.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use thiserror::Error;

use crate::store::{Backend, Store, newest_step};

#[derive(Debug, Error)]
pub enum BackUp {
    #[error("this server's database is PostgreSQL: back it up with `pg_dump`")]
    Postgres,
    #[error("`{}` is already there", path.display())]
    Exists { path: PathBuf },
    #[error("failed to write the backup `{}`", path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("failed to copy the database to `{}`", path.display())]
    Copy {
        path: PathBuf,
        #[source]
        source: sqlx::Error,
    },
    #[error("`{}` is no path of UTF-8 text", path.display())]
    Path { path: PathBuf },
}

#[derive(Debug, Error)]
pub enum Restore {
    #[error("failed to read the backup `{}`", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: sqlx::Error,
    },
    #[error("`{}` is no backup of Probity", path.display())]
    Foreign { path: PathBuf },
    #[error("`{}` is damaged: {problem}", path.display())]
    Damaged { path: PathBuf, problem: String },
    #[error(
        "`{}` was made by a later version of Probity: its step {step}, the newest known is {known}",
        path.display()
    )]
    Later {
        path: PathBuf,
        step: i64,
        known: i64,
    },
    #[error("`{}` is in use: stop the server first", path.display())]
    InUse {
        path: PathBuf,
        #[source]
        source: sqlx::Error,
    },
    #[error("failed to write `{}`", path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl Store {
    /// Writes a copy, readable by its owner only. Nothing is overwritten.
    pub async fn backup_to(&self, path: &Path) -> Result<(), BackUp> {
        match self.backend() {
            Backend::Sqlite => {}
            Backend::Postgres => return Err(BackUp::Postgres),
        }
        if path.exists() {
            return Err(BackUp::Exists {
                path: path.to_owned(),
            });
        }
        let partial = beside(path, ".partial");
        let text = partial.to_str().ok_or_else(|| BackUp::Path {
            path: partial.clone(),
        })?;
        let write = |source| BackUp::Write {
            path: path.to_owned(),
            source,
        };
        // SQLite takes a file that is there only when it is empty; its mode stays.
        drop(make_private(&partial).map_err(write)?);
        sqlx::query("vacuum into $1")
            .bind(text)
            .execute(self.pool())
            .await
            .map_err(|source| BackUp::Copy {
                path: path.to_owned(),
                source,
            })?;
        put_in_place(&partial, path).map_err(write)
    }
}

/// Makes `backup` the database at `database`. The server must not run; nothing is changed unless
/// the backup is whole and of a version that this program knows.
pub async fn restore_from(backup: &Path, database: &Path) -> Result<(), Restore> {
    check_backup(backup).await?;
    if database.exists() {
        release(database).await?;
    }
    let partial = beside(database, ".restoring");
    let write = |source| Restore::Write {
        path: database.to_owned(),
        source,
    };
    let mut from = File::open(backup).map_err(write)?;
    let mut to = make_private(&partial).map_err(write)?;
    io::copy(&mut from, &mut to).map_err(write)?;
    // What is left of the old database; `release` has moved its content into the main file.
    for ending in ["-wal", "-shm"] {
        match std::fs::remove_file(beside(database, ending)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(write(error)),
            Ok(()) | Err(_) => {}
        }
    }
    put_in_place(&partial, database).map_err(write)
}

async fn check_backup(path: &Path) -> Result<(), Restore> {
    let read = |source| Restore::Read {
        path: path.to_owned(),
        source,
    };
    let mut connection = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .connect()
        .await
        .map_err(read)?;
    let step = newest_step_of(&mut connection).await.map_err(read)?;
    let known = newest_step();
    match step {
        None => {
            return Err(Restore::Foreign {
                path: path.to_owned(),
            });
        }
        Some(step) if step > known => {
            return Err(Restore::Later {
                path: path.to_owned(),
                step,
                known,
            });
        }
        Some(_) => {}
    }
    let problem: String = sqlx::query_scalar("pragma quick_check(1)")
        .fetch_one(&mut connection)
        .await
        .map_err(read)?;
    if problem != "ok" {
        return Err(Restore::Damaged {
            path: path.to_owned(),
            problem,
        });
    }
    connection.close().await.map_err(read)
}

/// `None` when it is no database of ours.
async fn newest_step_of(connection: &mut SqliteConnection) -> Result<Option<i64>, sqlx::Error> {
    let tables: i64 = sqlx::query_scalar(
        "select count(*) from sqlite_master
         where type = 'table' and name in ('_sqlx_migrations', 'audit_head', 'resource')",
    )
    .fetch_one(&mut *connection)
    .await?;
    if tables < 3 {
        return Ok(None);
    }
    sqlx::query_scalar("select max(version) from _sqlx_migrations where success")
        .fetch_one(connection)
        .await
}

/// Fails when somebody else has the database open. Otherwise this was the last connection, and
/// its end moves what is in the write-ahead log into the main file.
async fn release(database: &Path) -> Result<(), Restore> {
    let in_use = |source| Restore::InUse {
        path: database.to_owned(),
        source,
    };
    let mut connection = SqliteConnectOptions::new()
        .filename(database)
        .busy_timeout(std::time::Duration::ZERO)
        .connect()
        .await
        .map_err(in_use)?;
    for statement in [
        "pragma locking_mode = exclusive",
        "begin exclusive",
        "rollback",
    ] {
        sqlx::query(statement)
            .execute(&mut connection)
            .await
            .map_err(in_use)?;
    }
    connection.close().await.map_err(in_use)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// An empty file for its owner alone. One that an earlier try left is emptied.
fn make_private(path: &Path) -> io::Result<File> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// After a power cut, the name has either the whole new content or the old one.
fn put_in_place(partial: &Path, path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).open(partial)?.sync_all()?;
    std::fs::rename(partial, path)?;
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    File::open(folder)?.sync_all()
}
