//! The steps of model cards from state to state: who, when, and what they said. Steps are only
//! ever added (migration 3).

use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::error::StoreError;
use crate::many::{NAMES, places};
use crate::model_card_version::CardKey;
use crate::store::{Store, Unit};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardReview {
    /// Of the card's content when the step was done.
    pub version: i64,
    /// Empty for the first state of a version.
    pub before_status: String,
    pub after_status: String,
    pub at_ms: i64,
    pub actor: String,
    pub comment: Option<String>,
}

/// Adds a step. The unit holds the lock of the card's resource, so that numbers are in order.
pub async fn append(
    unit: &mut Unit,
    key: CardKey<'_>,
    review: &CardReview,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into model_card_review
             (region, card, seq, version, before_status, after_status, at_ms, actor, comment)
         select $1, $2, coalesce(max(seq), 0) + 1, $3, $4, $5, $6, $7, $8
         from model_card_review where region = $1 and card = $2",
    )
    .bind(key.region)
    .bind(key.card)
    .bind(review.version)
    .bind(&review.before_status)
    .bind(&review.after_status)
    .bind(review.at_ms)
    .bind(&review.actor)
    .bind(review.comment.as_deref().unwrap_or_default())
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("write a step of a review"))?;
    Ok(())
}

/// All steps of a card, the oldest first.
pub async fn list(store: &Store, key: CardKey<'_>) -> Result<Vec<CardReview>, StoreError> {
    sqlx::query(
        "select version, before_status, after_status, at_ms, actor, comment
         from model_card_review where region = $1 and card = $2 order by seq",
    )
    .bind(key.region)
    .bind(key.card)
    .fetch_all(store.pool())
    .await
    .map_err(StoreError::query("list the reviews of a model card"))?
    .iter()
    .map(read)
    .collect()
}

/// All steps of these cards, with the names of the cards; of each the oldest first.
pub async fn list_of_each(
    store: &Store,
    region: &str,
    cards: &[&str],
) -> Result<Vec<(String, CardReview)>, StoreError> {
    let fault = StoreError::query("list the reviews of some model cards");
    let mut steps = Vec::new();
    for cards in cards.chunks(NAMES) {
        let statement = format!(
            "select card, version, before_status, after_status, at_ms, actor, comment
             from model_card_review where region = $1 and card in ({}) order by card, seq",
            places(2, cards.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(statement)).bind(region);
        for card in cards {
            query = query.bind(*card);
        }
        for row in query.fetch_all(store.pool()).await.map_err(&fault)? {
            steps.push((row.try_get("card").map_err(&fault)?, read(&row)?));
        }
    }
    Ok(steps)
}

/// When each card of a region was approved last, of those that were: the first step of a version
/// carries on the state before it, and approves nothing.
pub async fn last_approvals(store: &Store, region: &str) -> Result<Vec<(String, i64)>, StoreError> {
    let fault = StoreError::query("look for the last approvals of model cards");
    let rows = sqlx::query(
        "select card, max(at_ms) as at_ms from model_card_review
         where region = $1 and after_status = 'Approved' and (before_status <> '' or version = 1)
         group by card order by card",
    )
    .bind(region)
    .fetch_all(store.pool())
    .await
    .map_err(&fault)?;
    rows.iter()
        .map(|row| {
            let card = row.try_get("card").map_err(&fault)?;
            Ok((card, row.try_get("at_ms").map_err(&fault)?))
        })
        .collect()
}

/// With the card's own row gone, in the same unit.
pub async fn delete_all(unit: &mut Unit, key: CardKey<'_>) -> Result<(), StoreError> {
    sqlx::query("delete from model_card_review where region = $1 and card = $2")
        .bind(key.region)
        .bind(key.card)
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("delete the reviews of a model card"))?;
    Ok(())
}

fn read(row: &AnyRow) -> Result<CardReview, StoreError> {
    let fault = StoreError::query("read a step of a review");
    let comment: String = row.try_get("comment").map_err(&fault)?;
    Ok(CardReview {
        version: row.try_get("version").map_err(&fault)?,
        before_status: row.try_get("before_status").map_err(&fault)?,
        after_status: row.try_get("after_status").map_err(&fault)?,
        at_ms: row.try_get("at_ms").map_err(&fault)?,
        actor: row.try_get("actor").map_err(&fault)?,
        comment: Some(comment).filter(|text| !text.is_empty()),
    })
}
