//! Who is signed in with a browser. Only hashes are kept of what browsers keep: whoever reads the
//! database cannot sign in with it. Times are the world's.

use sqlx::Row;

use crate::error::StoreError;
use crate::store::{Store, Unit};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the cookie's value, in hexadecimal.
    pub hash: String,
    pub user: String,
    /// Empty where a link signed in.
    pub access_key_id: String,
    pub created_ms: i64,
    pub expires_ms: i64,
}

/// Signs in once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// SHA-256 of the link's token, in hexadecimal.
    pub hash: String,
    pub user: String,
    pub expires_ms: i64,
}

/// Whose session it is, and what they may do, in the words of the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    pub user: String,
    pub access: String,
    pub expires_ms: i64,
}

pub async fn insert(unit: &mut Unit, session: &Session) -> Result<(), StoreError> {
    sqlx::query(
        "insert into app_session (hash, user_name, access_key_id, created_ms, expires_ms)
         values ($1, $2, $3, $4, $5)",
    )
    .bind(&session.hash)
    .bind(&session.user)
    .bind(&session.access_key_id)
    .bind(session.created_ms)
    .bind(session.expires_ms)
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("write a session"))?;
    Ok(())
}

/// `None` where it has ended, its user was disabled, or the key that began it was revoked.
pub async fn find(store: &Store, hash: &str, now_ms: i64) -> Result<Option<SignedIn>, StoreError> {
    let fault = StoreError::query("read a session");
    let row = sqlx::query(
        "select s.user_name, s.expires_ms, u.access
         from app_session s
         join app_user u on u.name = s.user_name
         left join access_key k on k.id = s.access_key_id
         where s.hash = $1 and s.expires_ms > $2 and u.disabled_ms is null
           and (s.access_key_id = '' or (k.id is not null and k.revoked_ms is null))",
    )
    .bind(hash)
    .bind(now_ms)
    .fetch_optional(store.pool())
    .await
    .map_err(&fault)?;
    let Some(row) = row else {
        return Ok(None);
    };
    Ok(Some(SignedIn {
        user: row.try_get("user_name").map_err(&fault)?,
        access: row.try_get("access").map_err(&fault)?,
        expires_ms: row.try_get("expires_ms").map_err(&fault)?,
    }))
}

pub async fn delete(unit: &mut Unit, hash: &str) -> Result<(), StoreError> {
    sqlx::query("delete from app_session where hash = $1")
        .bind(hash)
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("end a session"))?;
    Ok(())
}

pub async fn delete_ended(unit: &mut Unit, now_ms: i64) -> Result<(), StoreError> {
    sqlx::query("delete from app_session where expires_ms <= $1")
        .bind(now_ms)
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("forget ended sessions"))?;
    Ok(())
}

pub async fn insert_link(unit: &mut Unit, link: &Link) -> Result<(), StoreError> {
    sqlx::query("insert into sign_in_link (hash, user_name, expires_ms) values ($1, $2, $3)")
        .bind(&link.hash)
        .bind(&link.user)
        .bind(link.expires_ms)
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("write a link that signs in"))?;
    Ok(())
}

/// Takes the link away and gives its user; of two who come at once, one gets nothing. Links that
/// have ended go as well.
pub async fn take_link(
    unit: &mut Unit,
    hash: &str,
    now_ms: i64,
) -> Result<Option<SignedIn>, StoreError> {
    let fault = StoreError::query("take a link that signs in");
    let taken = sqlx::query(
        "delete from sign_in_link where hash = $1 or expires_ms <= $2
         returning hash, user_name, expires_ms",
    )
    .bind(hash)
    .bind(now_ms)
    .fetch_all(unit.connection())
    .await
    .map_err(&fault)?;
    for row in &taken {
        let found: String = row.try_get("hash").map_err(&fault)?;
        let expires_ms: i64 = row.try_get("expires_ms").map_err(&fault)?;
        if found != hash || expires_ms <= now_ms {
            continue;
        }
        let user: String = row.try_get("user_name").map_err(&fault)?;
        let access: Option<String> = sqlx::query_scalar(
            "select access from app_user where name = $1 and disabled_ms is null",
        )
        .bind(&user)
        .fetch_optional(unit.connection())
        .await
        .map_err(&fault)?;
        return Ok(access.map(|access| SignedIn {
            user,
            access,
            expires_ms,
        }));
    }
    Ok(None)
}
