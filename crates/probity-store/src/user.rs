//! Users and their access keys. Secrets are sealed by a [`Vault`].

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::error::StoreError;
use crate::resource::Inserted;
use crate::store::{Backend, Store, Unit};
use crate::vault::Vault;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub name: String,
    /// What the user may do, in the words of the application.
    pub access: String,
    pub created_ms: i64,
    pub disabled_ms: Option<i64>,
}

/// An access key without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessKey {
    pub id: String,
    pub user: String,
    pub created_ms: i64,
    pub revoked_ms: Option<i64>,
    pub last_used_ms: Option<i64>,
}

#[derive(Clone, Copy)]
pub struct NewKey<'a> {
    pub id: &'a str,
    pub user: &'a str,
    pub secret: &'a str,
    pub at_ms: i64,
}

impl std::fmt::Debug for NewKey<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewKey")
            .field("id", &self.id)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// What a signature is checked with.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyAndUser {
    pub id: String,
    pub user: String,
    pub access: String,
    pub secret: String,
}

impl std::fmt::Debug for KeyAndUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyAndUser")
            .field("id", &self.id)
            .field("user", &self.user)
            .field("access", &self.access)
            .finish_non_exhaustive()
    }
}

/// Whether there was something to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    Yes,
    /// Not there, or already so.
    No,
}

impl Changed {
    fn of_rows(rows: u64) -> Changed {
        if rows == 0 { Changed::No } else { Changed::Yes }
    }
}

pub async fn create(unit: &mut Unit, user: &User) -> Result<Inserted, StoreError> {
    let written = sqlx::query(
        "insert into app_user (name, access, created_ms, disabled_ms) values ($1, $2, $3, $4)
         on conflict (name) do nothing",
    )
    .bind(&user.name)
    .bind(&user.access)
    .bind(user.created_ms)
    .bind(user.disabled_ms)
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("create a user"))?;
    Ok(if written.rows_affected() == 0 {
        Inserted::Exists
    } else {
        Inserted::Yes
    })
}

pub async fn get(store: &Store, name: &str) -> Result<Option<User>, StoreError> {
    sqlx::query("select name, access, created_ms, disabled_ms from app_user where name = $1")
        .bind(name)
        .fetch_optional(store.pool())
        .await
        .map_err(StoreError::query("read a user"))?
        .map(|row| read_user(&row))
        .transpose()
}

pub async fn list(store: &Store) -> Result<Vec<User>, StoreError> {
    sqlx::query("select name, access, created_ms, disabled_ms from app_user order by name")
        .fetch_all(store.pool())
        .await
        .map_err(StoreError::query("list users"))?
        .iter()
        .map(read_user)
        .collect()
}

/// All users, for a unit that decides by what they are: nobody else changes one before the end of
/// the unit. In SQLite the unit is the only writer anyway.
pub async fn lock_all(unit: &mut Unit) -> Result<Vec<User>, StoreError> {
    let statement = match unit.backend() {
        Backend::Sqlite => {
            "select name, access, created_ms, disabled_ms from app_user order by name"
        }
        // In one order, so that two units do not wait for each other.
        Backend::Postgres => {
            "select name, access, created_ms, disabled_ms from app_user order by name for update"
        }
    };
    sqlx::query(statement)
        .fetch_all(unit.connection())
        .await
        .map_err(StoreError::query("lock users"))?
        .iter()
        .map(read_user)
        .collect()
}

/// From now on none of the user's keys signs.
pub async fn disable(unit: &mut Unit, name: &str, at_ms: i64) -> Result<Changed, StoreError> {
    let written =
        sqlx::query("update app_user set disabled_ms = $2 where name = $1 and disabled_ms is null")
            .bind(name)
            .bind(at_ms)
            .execute(unit.connection())
            .await
            .map_err(StoreError::query("disable a user"))?;
    Ok(Changed::of_rows(written.rows_affected()))
}

/// Writes a key of a user who is there.
pub async fn create_key(
    unit: &mut Unit,
    vault: &Vault,
    key: &NewKey<'_>,
) -> Result<Inserted, StoreError> {
    let written = sqlx::query(
        "insert into access_key (id, user_name, secret, created_ms) values ($1, $2, $3, $4)
         on conflict (id) do nothing",
    )
    .bind(key.id)
    .bind(key.user)
    .bind(vault.seal(key.id, key.secret)?)
    .bind(key.at_ms)
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("create an access key"))?;
    Ok(if written.rows_affected() == 0 {
        Inserted::Exists
    } else {
        Inserted::Yes
    })
}

/// Keys of one user, or of all.
pub async fn list_keys(store: &Store, user: Option<&str>) -> Result<Vec<AccessKey>, StoreError> {
    sqlx::query(
        "select id, user_name, created_ms, revoked_ms, last_used_ms from access_key
         where $1 = '' or user_name = $1 order by user_name, created_ms, id",
    )
    .bind(user.unwrap_or_default())
    .fetch_all(store.pool())
    .await
    .map_err(StoreError::query("list access keys"))?
    .iter()
    .map(read_key)
    .collect()
}

/// The secret is forgotten as well: a revoked key never works again.
pub async fn revoke_key(unit: &mut Unit, id: &str, at_ms: i64) -> Result<Changed, StoreError> {
    let written = sqlx::query(
        "update access_key set revoked_ms = $2, secret = '' where id = $1 and revoked_ms is null",
    )
    .bind(id)
    .bind(at_ms)
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("revoke an access key"))?;
    Ok(Changed::of_rows(written.rows_affected()))
}

/// The secret of a key that was not revoked, of a user who was not disabled.
pub async fn secret(
    store: &Store,
    vault: &Vault,
    key_id: &str,
) -> Result<Option<KeyAndUser>, StoreError> {
    let fault = StoreError::query("read an access key");
    let row = sqlx::query(
        "select k.id, k.user_name, k.secret, u.access
         from access_key k join app_user u on u.name = k.user_name
         where k.id = $1 and k.revoked_ms is null and u.disabled_ms is null",
    )
    .bind(key_id)
    .fetch_optional(store.pool())
    .await
    .map_err(&fault)?;
    let Some(row) = row else {
        return Ok(None);
    };
    let text = |column: &str| row.try_get::<String, _>(column).map_err(&fault);
    let id = text("id")?;
    let Some(secret) = vault.unseal(&id, &text("secret")?) else {
        return Err(StoreError::Sealed { id });
    };
    Ok(Some(KeyAndUser {
        id,
        user: text("user_name")?,
        access: text("access")?,
        secret,
    }))
}

/// Notes when keys signed last; called now and then, not with every request.
pub async fn note_use(unit: &mut Unit, uses: &[(String, i64)]) -> Result<(), StoreError> {
    for (id, at_ms) in uses {
        sqlx::query(
            "update access_key set last_used_ms = $2
             where id = $1 and (last_used_ms is null or last_used_ms < $2)",
        )
        .bind(id)
        .bind(*at_ms)
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("note the use of an access key"))?;
    }
    Ok(())
}

fn read_user(row: &AnyRow) -> Result<User, StoreError> {
    let fault = StoreError::query("read a user");
    Ok(User {
        name: row.try_get("name").map_err(&fault)?,
        access: row.try_get("access").map_err(&fault)?,
        created_ms: row.try_get("created_ms").map_err(&fault)?,
        disabled_ms: row.try_get("disabled_ms").map_err(&fault)?,
    })
}

fn read_key(row: &AnyRow) -> Result<AccessKey, StoreError> {
    let fault = StoreError::query("read an access key");
    Ok(AccessKey {
        id: row.try_get("id").map_err(&fault)?,
        user: row.try_get("user_name").map_err(&fault)?,
        created_ms: row.try_get("created_ms").map_err(&fault)?,
        revoked_ms: row.try_get("revoked_ms").map_err(&fault)?,
        last_used_ms: row.try_get("last_used_ms").map_err(&fault)?,
    })
}
