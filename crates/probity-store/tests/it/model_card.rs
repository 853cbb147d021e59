//! Texts and reviews of model cards: read as written, and changed by nobody.

use probity_domain::ResourceKind;
use probity_store::model_card_review::{self, CardReview};
use probity_store::model_card_version::{self, CardKey, CardText};
use probity_store::resource::{self, Resource};
use probity_store::{Store, StoreError};

use crate::database::{Database, on_both, write};
use crate::resource::model;

on_both!(
    versions_are_read_as_they_were_written,
    steps_of_a_review_are_in_order,
    the_database_itself_keeps_versions_and_reviews,
    versions_go_with_their_card,
);

const KEY: CardKey<'static> = CardKey {
    region: "eu-west-1",
    card: "credit",
};

fn card() -> Resource {
    let mut card = model("credit", 1);
    card.kind = ResourceKind::ModelCard;
    card.arn = "arn:aws:sagemaker:eu-west-1:111122223333:model-card/credit".to_owned();
    card
}

fn text(version: i64, content: &str) -> CardText {
    CardText {
        version,
        content: content.to_owned(),
        sha256: format!("{version:064}"),
        created_ms: 10 + version,
        created_by: "ann".to_owned(),
        reason: (version > 1).then(|| "a new purpose".to_owned()),
    }
}

fn review(version: i64, (before, after): (&str, &str)) -> CardReview {
    CardReview {
        version,
        before_status: before.to_owned(),
        after_status: after.to_owned(),
        at_ms: 20 + version,
        actor: "bob".to_owned(),
        comment: (!before.is_empty()).then(|| "fine".to_owned()),
    }
}

async fn some(database: &Database) -> Store {
    let store = database.open().await;
    write(&store, async |unit| {
        resource::insert(unit, &card()).await?;
        model_card_version::insert(unit, KEY, &text(1, "{}")).await?;
        model_card_version::insert(unit, KEY, &text(2, "{\"a\":\"é\"}")).await?;
        model_card_review::append(unit, KEY, &review(1, ("", "Draft"))).await?;
        model_card_review::append(unit, KEY, &review(2, ("Draft", "Approved"))).await
    })
    .await;
    store
}

async fn versions_are_read_as_they_were_written(database: &Database) {
    let store = some(database).await;
    for wanted in [text(1, "{}"), text(2, "{\"a\":\"é\"}")] {
        let read = model_card_version::get(&store, KEY, wanted.version).await;
        assert_eq!(read.unwrap(), Some(wanted));
    }
    let none = model_card_version::get(&store, KEY, 3).await.unwrap();
    assert_eq!(none, None);
    let facts = model_card_version::facts(&store, KEY).await.unwrap();
    let numbers: Vec<i64> = facts.iter().map(|fact| fact.version).collect();
    assert_eq!(numbers, [2, 1]);
    assert_eq!(facts[0].reason.as_deref(), Some("a new purpose"));
}

async fn steps_of_a_review_are_in_order(database: &Database) {
    let store = some(database).await;
    let steps = model_card_review::list(&store, KEY).await.unwrap();
    let expected = [review(1, ("", "Draft")), review(2, ("Draft", "Approved"))];
    assert_eq!(steps, expected);
}

async fn the_database_itself_keeps_versions_and_reviews(database: &Database) {
    let store = some(database).await;
    for (statement, reason) in [
        (
            "update model_card_version set content = '[]'",
            "never changed",
        ),
        ("update model_card_version set sha256 = ''", "never changed"),
        (
            "delete from model_card_version where version = 1",
            "with the card only",
        ),
        (
            "update model_card_review set actor = 'eve'",
            "never changed",
        ),
        ("delete from model_card_review", "with the card only"),
    ] {
        let said = database.refusal(statement).await;
        assert!(said.contains(reason), "{statement}: {said}");
    }
    let read = model_card_version::get(&store, KEY, 1).await.unwrap();
    assert_eq!(read, Some(text(1, "{}")));
    let taken = store.begin().await;
    let mut unit = taken.unwrap();
    let second = model_card_version::insert(&mut unit, KEY, &text(2, "other")).await;
    assert!(second.is_err(), "a version was written twice");
}

async fn versions_go_with_their_card(database: &Database) {
    let store = some(database).await;
    let mut unit = store.begin().await.unwrap();
    let early = model_card_version::delete_all(&mut unit, KEY).await;
    assert!(matches!(early, Err(StoreError::Query { .. })), "{early:?}");
    drop(unit);
    let card = card();
    write(&store, async |unit| {
        resource::delete(unit, card.key()).await?;
        model_card_version::delete_all(unit, KEY).await?;
        model_card_review::delete_all(unit, KEY).await
    })
    .await;
    assert_eq!(model_card_version::facts(&store, KEY).await.unwrap(), []);
    assert_eq!(model_card_review::list(&store, KEY).await.unwrap(), []);
}
