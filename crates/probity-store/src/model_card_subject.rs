//! Which card describes which model. The key of the table lets a model have one card at most, also
//! where several servers write at once (migration 3).

use crate::error::StoreError;
use crate::model_card_version::CardKey;
use crate::store::Unit;

/// What became of the wish to describe a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    Yes,
    /// Another card describes it.
    By(String),
}

/// Makes the card the one that describes the model. The unit holds the lock of the card's resource.
pub async fn claim(
    unit: &mut Unit,
    key: CardKey<'_>,
    model_id: &str,
) -> Result<Claimed, StoreError> {
    let card: String = sqlx::query_scalar(
        // The row that is in the way is written again as it is, so that it is locked and told.
        "insert into model_card_subject (region, model_id, card) values ($1, $2, $3)
         on conflict (region, model_id) do update set card = model_card_subject.card
         returning card",
    )
    .bind(key.region)
    .bind(model_id)
    .bind(key.card)
    .fetch_one(unit.connection())
    .await
    .map_err(StoreError::query("tell which card describes a model"))?;
    Ok(match card == key.card {
        true => Claimed::Yes,
        false => Claimed::By(card),
    })
}

/// The card describes no other model than this one any more; with `None`, none at all.
pub async fn release_others(
    unit: &mut Unit,
    key: CardKey<'_>,
    model_id: Option<&str>,
) -> Result<(), StoreError> {
    sqlx::query(
        "delete from model_card_subject where region = $1 and card = $2 and model_id <> $3",
    )
    .bind(key.region)
    .bind(key.card)
    // No model has this id.
    .bind(model_id.unwrap_or_default())
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("tell which model a card describes"))?;
    Ok(())
}
