//! Whom to tell, and how. What must not be shown (addresses that are passwords, keys) is sealed by
//! a [`Vault`].

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::error::StoreError;
use crate::resource::{Deleted, Inserted};
use crate::store::{Store, Unit};
use crate::vault::Vault;

/// A channel as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    pub name: String,
    /// `webhook`, `slack`, `email`, `pagerduty` or `command`.
    pub kind: String,
    pub created_ms: i64,
    pub created_by: String,
    /// 0: each event by itself; else those of so many milliseconds together.
    pub digest_ms: i64,
    /// A document without secrets.
    pub settings: String,
}

/// The document with the secrets, which is not shown.
#[derive(Clone, Copy)]
pub struct Secret<'a>(pub &'a str);

impl std::fmt::Debug for Secret<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// Secrets are sealed for their place: one that is moved to another row does not open.
fn place(name: &str) -> String {
    format!("notification-channel/{name}")
}

pub async fn insert(
    unit: &mut Unit,
    vault: &Vault,
    (channel, secret): (&Channel, Secret<'_>),
) -> Result<Inserted, StoreError> {
    let sealed = match secret.0 {
        "" => String::new(),
        secret => vault.seal(&place(&channel.name), secret)?,
    };
    let written = sqlx::query(
        "insert into notification_channel
             (name, kind, created_ms, created_by, digest_ms, settings, secret)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (name) do nothing",
    )
    .bind(&channel.name)
    .bind(&channel.kind)
    .bind(channel.created_ms)
    .bind(&channel.created_by)
    .bind(channel.digest_ms)
    .bind(&channel.settings)
    .bind(sealed)
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("write a notification channel"))?;
    Ok(if written.rows_affected() == 0 {
        Inserted::Exists
    } else {
        Inserted::Yes
    })
}

/// All channels, by name.
pub async fn list(store: &Store) -> Result<Vec<Channel>, StoreError> {
    sqlx::query(
        "select name, kind, created_ms, created_by, digest_ms, settings
         from notification_channel order by name",
    )
    .fetch_all(store.pool())
    .await
    .map_err(StoreError::query("list notification channels"))?
    .iter()
    .map(read)
    .collect()
}

/// The names of all channels, as this unit sees them.
pub async fn names(unit: &mut Unit) -> Result<Vec<String>, StoreError> {
    sqlx::query_scalar("select name from notification_channel order by name")
        .fetch_all(unit.connection())
        .await
        .map_err(StoreError::query("list the names of notification channels"))
}

pub async fn get(store: &Store, name: &str) -> Result<Option<Channel>, StoreError> {
    sqlx::query(
        "select name, kind, created_ms, created_by, digest_ms, settings
         from notification_channel where name = $1",
    )
    .bind(name)
    .fetch_optional(store.pool())
    .await
    .map_err(StoreError::query("read a notification channel"))?
    .map(|row| read(&row))
    .transpose()
}

/// What was sealed; empty where the kind needs no secret, `None` where there is no such channel.
pub async fn secret(
    store: &Store,
    vault: &Vault,
    name: &str,
) -> Result<Option<String>, StoreError> {
    let sealed: Option<String> =
        sqlx::query_scalar("select secret from notification_channel where name = $1")
            .bind(name)
            .fetch_optional(store.pool())
            .await
            .map_err(StoreError::query(
                "read the secret of a notification channel",
            ))?;
    match sealed {
        None => Ok(None),
        Some(sealed) if sealed.is_empty() => Ok(Some(String::new())),
        Some(sealed) => vault
            .unseal(&place(name), &sealed)
            .map(Some)
            .ok_or_else(|| StoreError::SealedChannel {
                name: name.to_owned(),
            }),
    }
}

pub async fn delete(unit: &mut Unit, name: &str) -> Result<Deleted, StoreError> {
    let deleted = sqlx::query("delete from notification_channel where name = $1")
        .bind(name)
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("delete a notification channel"))?;
    Ok(if deleted.rows_affected() == 0 {
        Deleted::Missing
    } else {
        Deleted::Yes
    })
}

fn read(row: &AnyRow) -> Result<Channel, StoreError> {
    let fault = StoreError::query("read a notification channel");
    let text = |column: &str| row.try_get::<String, _>(column).map_err(&fault);
    let number = |column: &str| row.try_get::<i64, _>(column).map_err(&fault);
    Ok(Channel {
        name: text("name")?,
        kind: text("kind")?,
        created_ms: number("created_ms")?,
        created_by: text("created_by")?,
        digest_ms: number("digest_ms")?,
        settings: text("settings")?,
    })
}
