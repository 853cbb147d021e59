//! The texts of model cards, one row for each version. The database itself refuses to change one,
//! and to delete one before its card (migration 3).

use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::error::StoreError;
use crate::many::{NAMES, places};
use crate::store::{Store, Unit};

/// Which card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardKey<'a> {
    pub region: &'a str,
    pub card: &'a str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardText {
    /// From 1.
    pub version: i64,
    /// As it was sent, but for what the server tells of its bindings.
    pub content: String,
    /// Of the content, in hexadecimal.
    pub sha256: String,
    pub created_ms: i64,
    pub created_by: String,
    /// Why the version was made, where its author said so.
    pub reason: Option<String>,
}

/// What is known of a version without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardTextFact {
    pub version: i64,
    pub sha256: String,
    pub created_ms: i64,
    pub created_by: String,
    pub reason: Option<String>,
}

/// Writes a version; one of this number must not be there.
pub async fn insert(unit: &mut Unit, key: CardKey<'_>, text: &CardText) -> Result<(), StoreError> {
    sqlx::query(
        "insert into model_card_version
             (region, card, version, content, sha256, created_ms, created_by, reason)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(key.region)
    .bind(key.card)
    .bind(text.version)
    .bind(&text.content)
    .bind(&text.sha256)
    .bind(text.created_ms)
    .bind(&text.created_by)
    .bind(text.reason.as_deref())
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("write a version of a model card"))?;
    Ok(())
}

pub async fn get(
    store: &Store,
    key: CardKey<'_>,
    version: i64,
) -> Result<Option<CardText>, StoreError> {
    sqlx::query(
        "select version, content, sha256, created_ms, created_by, reason from model_card_version
         where region = $1 and card = $2 and version = $3",
    )
    .bind(key.region)
    .bind(key.card)
    .bind(version)
    .fetch_optional(store.pool())
    .await
    .map_err(StoreError::query("read a version of a model card"))?
    .map(|row| read_text(&row))
    .transpose()
}

/// These versions of these cards, with the names of the cards.
pub async fn get_each(
    store: &Store,
    region: &str,
    cards: &[(&str, i64)],
) -> Result<Vec<(String, CardText)>, StoreError> {
    let fault = StoreError::query("read versions of model cards");
    let mut texts = Vec::new();
    for cards in cards.chunks(NAMES) {
        let wanted: Vec<String> = (0..cards.len())
            .map(|index| {
                let at = 2 * index + 2;
                format!("(${at}, cast(${} as bigint))", at + 1)
            })
            .collect();
        let statement = format!(
            "with wanted(name, number) as (values {})
             select card, version, content, sha256, created_ms, created_by, reason
             from wanted join model_card_version
               on region = $1 and card = wanted.name and version = wanted.number
             order by card",
            wanted.join(", ")
        );
        let mut query = sqlx::query(AssertSqlSafe(statement)).bind(region);
        for (card, version) in cards {
            query = query.bind(*card).bind(*version);
        }
        for row in query.fetch_all(store.pool()).await.map_err(&fault)? {
            texts.push((row.try_get("card").map_err(&fault)?, read_text(&row)?));
        }
    }
    Ok(texts)
}

/// All versions of these cards, with the names of the cards; of each the newest first.
pub async fn facts_of_each(
    store: &Store,
    region: &str,
    cards: &[&str],
) -> Result<Vec<(String, CardTextFact)>, StoreError> {
    let fault = StoreError::query("list the versions of some model cards");
    let mut facts = Vec::new();
    for cards in cards.chunks(NAMES) {
        let statement = format!(
            "select card, version, sha256, created_ms, created_by, reason from model_card_version
             where region = $1 and card in ({}) order by card, version desc",
            places(2, cards.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(statement)).bind(region);
        for card in cards {
            query = query.bind(*card);
        }
        for row in query.fetch_all(store.pool()).await.map_err(&fault)? {
            facts.push((row.try_get("card").map_err(&fault)?, read(&row)?));
        }
    }
    Ok(facts)
}

/// All versions of a card, the newest first.
pub async fn facts(store: &Store, key: CardKey<'_>) -> Result<Vec<CardTextFact>, StoreError> {
    sqlx::query(
        "select version, sha256, created_ms, created_by, reason from model_card_version
         where region = $1 and card = $2 order by version desc",
    )
    .bind(key.region)
    .bind(key.card)
    .fetch_all(store.pool())
    .await
    .map_err(StoreError::query("list the versions of a model card"))?
    .iter()
    .map(read)
    .collect()
}

/// With the card's own row gone, in the same unit.
pub async fn delete_all(unit: &mut Unit, key: CardKey<'_>) -> Result<(), StoreError> {
    sqlx::query("delete from model_card_version where region = $1 and card = $2")
        .bind(key.region)
        .bind(key.card)
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("delete the versions of a model card"))?;
    Ok(())
}

fn read_text(row: &AnyRow) -> Result<CardText, StoreError> {
    let fact = read(row)?;
    let content = row.try_get("content");
    Ok(CardText {
        version: fact.version,
        content: content.map_err(StoreError::query("read a version of a model card"))?,
        sha256: fact.sha256,
        created_ms: fact.created_ms,
        created_by: fact.created_by,
        reason: fact.reason,
    })
}

fn read(row: &AnyRow) -> Result<CardTextFact, StoreError> {
    let fault = StoreError::query("read a version of a model card");
    Ok(CardTextFact {
        version: row.try_get("version").map_err(&fault)?,
        sha256: row.try_get("sha256").map_err(&fault)?,
        created_ms: row.try_get("created_ms").map_err(&fault)?,
        created_by: row.try_get("created_by").map_err(&fault)?,
        reason: row.try_get("reason").map_err(&fault)?,
    })
}
