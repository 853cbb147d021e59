//! Model cards as the records of models show them, and the contents of cards that are found.

use std::collections::HashMap;

use probity_domain::ResourceKind;
use probity_store::model_card_version;
use probity_store::resource::{self, ListResources, Resource};
use probity_store::tag;
use serde_json::Value;

use super::extras::by_arn;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::model_card::{MODEL_CARD, MODEL_ID, VERSION};
use crate::sorted_page;
use crate::stored;

/// Cards by the model id that they give: an ARN, or whatever their owners call it.
#[derive(Debug, Default)]
pub(super) struct Cards(HashMap<String, Value>);

impl Cards {
    pub(super) async fn all(deed: &Deed<'_>) -> Result<Cards, Fault> {
        let wanted = ListResources::all(ResourceKind::ModelCard, deed.region, 0);
        Cards::read(deed, sorted_page::every(deed, wanted).await?).await
    }

    pub(super) async fn of(deed: &Deed<'_>, models: &[Resource]) -> Result<Cards, Fault> {
        let pairs = models.iter().flat_map(|model| {
            [
                (MODEL_ID, model.arn.as_str()),
                (MODEL_ID, model.name.as_str()),
            ]
        });
        let kind = (ResourceKind::ModelCard, deed.region);
        let pairs: Vec<(&str, &str)> = pairs.collect();
        Cards::read(
            deed,
            resource::with_any(&deed.app.store, kind, &pairs).await?,
        )
        .await
    }

    async fn read(deed: &Deed<'_>, rows: Vec<Resource>) -> Result<Cards, Fault> {
        let arns: Vec<&str> = rows.iter().map(|row| row.arn.as_str()).collect();
        let mut tags = by_arn(tag::list_of(&deed.app.store, &arns).await?);
        let mut cards = HashMap::new();
        for row in &rows {
            let Some(id) = row.attributes.get(MODEL_ID) else {
                continue;
            };
            let mut members = stored::pick(
                &MODEL_CARD.describe(row),
                &[
                    "ModelCardArn",
                    "ModelCardName",
                    "ModelCardVersion",
                    "ModelCardStatus",
                    "SecurityConfig",
                    "CreationTime",
                    "CreatedBy",
                    "LastModifiedTime",
                    "LastModifiedBy",
                    "ModelId",
                    "RiskRating",
                ],
            );
            let tags = tags.remove(&row.arn).unwrap_or_default();
            members.insert("Tags".to_owned(), tags.into());
            cards.insert(id.clone(), Value::Object(members));
        }
        Ok(Cards(cards))
    }

    pub(super) fn of_model(&self, model: &Resource) -> Option<&Value> {
        self.0.get(&model.arn).or_else(|| self.0.get(&model.name))
    }
}

/// The latest contents of these cards, by the cards' names.
pub(super) async fn contents(
    deed: &Deed<'_>,
    cards: &[Resource],
) -> Result<HashMap<String, String>, Fault> {
    let latest = |card: &Resource| card.body.get(VERSION).and_then(Value::as_i64);
    let wanted = cards
        .iter()
        .map(|card| (card.name.as_str(), latest(card).unwrap_or(1)));
    let wanted: Vec<(&str, i64)> = wanted.collect();
    let texts = model_card_version::get_each(&deed.app.store, deed.region, &wanted).await?;
    let contents = texts.into_iter().map(|(card, text)| (card, text.content));
    Ok(contents.collect())
}
