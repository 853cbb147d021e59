//! Texts and reviews of model cards: read as written, and changed by nobody.

use probity_domain::ResourceKind;
use probity_store::model_card_review::{self, CardReview};
use probity_store::model_card_subject::{self, Claimed};
use probity_store::model_card_version::{self, CardKey, CardText};
use probity_store::resource::{self, Resource};
use probity_store::{Backend, Store, StoreError};

use crate::database::{Database, on_both, write};
use crate::resource::model;

on_both!(
    versions_are_read_as_they_were_written,
    steps_of_a_review_are_in_order,
    the_database_itself_keeps_versions_and_reviews,
    versions_go_with_their_card,
    nothing_takes_the_place_of_a_version_or_a_step,
    a_model_has_one_card_however_many_ask_at_once,
    a_card_gives_up_the_model_that_it_no_longer_describes,
    many_cards_are_read_at_once,
    the_last_approval_of_every_card_is_found,
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

/// REPLACE and upserts are ways to change a row that neither updates nor deletes it by name.
async fn nothing_takes_the_place_of_a_version_or_a_step(database: &Database) {
    let store = some(database).await;
    let mut statements = vec![
        "insert into model_card_version values
             ('eu-west-1', 'credit', 1, '[]', '', 0, 'eve', null)
         on conflict (region, card, version) do update set content = excluded.content",
        "insert into model_card_review values
             ('eu-west-1', 'credit', 1, 1, '', 'Approved', 0, 'eve', '')
         on conflict (region, card, seq) do update set after_status = excluded.after_status",
    ];
    if store.backend() == Backend::Sqlite {
        statements.extend([
            "insert or replace into model_card_version values
                 ('eu-west-1', 'credit', 1, '[]', '', 0, 'eve', null)",
            "insert or replace into model_card_version
                 (rowid, region, card, version, content, sha256, created_ms, created_by)
             values (1, 'eu-west-1', 'other', 1, '[]', '', 0, 'eve')",
            "replace into model_card_review values
                 ('eu-west-1', 'credit', 1, 1, '', 'Approved', 0, 'eve', '')",
            "replace into model_card_review
                 (rowid, region, card, seq, version, before_status, after_status, at_ms, actor, comment)
             values (1, 'eu-west-1', 'other', 1, 1, '', 'Approved', 0, 'eve', '')",
            "update or replace model_card_version set version = 1 where version = 2",
        ]);
    }
    for statement in statements {
        let said = database.refusal(statement).await;
        assert!(said.contains("never changed"), "{statement}: {said}");
    }
    for wanted in [text(1, "{}"), text(2, "{\"a\":\"é\"}")] {
        let read = model_card_version::get(&store, KEY, wanted.version).await;
        assert_eq!(read.unwrap(), Some(wanted));
    }
    let steps = model_card_review::list(&store, KEY).await.unwrap();
    let expected = [review(1, ("", "Draft")), review(2, ("Draft", "Approved"))];
    assert_eq!(steps, expected);
}

/// Eight servers, each with connections of its own, whose threads begin at the same moment.
async fn a_model_has_one_card_however_many_ask_at_once(database: &Database) {
    drop(database.open().await);
    let barrier = std::sync::Barrier::new(8);
    let claimed: Vec<Claimed> = std::thread::scope(|scope| {
        let threads = (0..8).map(|number| {
            let (barrier, url) = (&barrier, database.url.as_str());
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(async {
                    let store = Store::open(url).await.unwrap();
                    barrier.wait();
                    let card = format!("card-{number}");
                    write(&store, async |unit| {
                        let key = CardKey {
                            region: "eu-west-1",
                            card: &card,
                        };
                        model_card_subject::claim(unit, key, "arn:model").await
                    })
                    .await
                })
            })
        });
        let threads: Vec<_> = threads.collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let won = claimed.iter().filter(|claimed| **claimed == Claimed::Yes);
    assert_eq!(won.count(), 1, "{claimed:?}");
    let winner = claimed.iter().position(|claimed| *claimed == Claimed::Yes);
    let winner = format!("card-{}", winner.unwrap());
    for claimed in claimed {
        let told = claimed == Claimed::Yes || claimed == Claimed::By(winner.clone());
        assert!(told, "{claimed:?}, and {winner} has it");
    }
}

async fn a_card_gives_up_the_model_that_it_no_longer_describes(database: &Database) {
    let store = database.open().await;
    let other = CardKey {
        card: "other",
        ..KEY
    };
    let claim = async |key: CardKey<'_>, model_id: &str| {
        write(&store, async |unit| {
            let claimed = model_card_subject::claim(unit, key, model_id).await?;
            if claimed == Claimed::Yes {
                model_card_subject::release_others(unit, key, Some(model_id)).await?;
            }
            Ok::<Claimed, StoreError>(claimed)
        })
        .await
    };
    assert_eq!(claim(KEY, "a").await, Claimed::Yes);
    assert_eq!(claim(KEY, "a").await, Claimed::Yes);
    assert_eq!(claim(other, "a").await, Claimed::By("credit".to_owned()));
    assert_eq!(claim(KEY, "b").await, Claimed::Yes);
    assert_eq!(claim(other, "a").await, Claimed::Yes);
    let elsewhere = CardKey {
        region: "us-west-2",
        ..KEY
    };
    assert_eq!(claim(elsewhere, "a").await, Claimed::Yes);
    write(&store, async |unit| {
        model_card_subject::release_others(unit, KEY, None).await
    })
    .await;
    assert_eq!(claim(other, "b").await, Claimed::Yes);
}

async fn many_cards_are_read_at_once(database: &Database) {
    let store = some(database).await;
    let other = CardKey {
        card: "fraud",
        ..KEY
    };
    write(&store, async |unit| {
        model_card_version::insert(unit, other, &text(1, "[]")).await?;
        model_card_review::append(unit, other, &review(1, ("", "Draft"))).await
    })
    .await;
    let filler: Vec<String> = (0..900).map(|number| format!("none{number}")).collect();
    let mut names: Vec<&str> = filler.iter().map(String::as_str).collect();
    names.insert(0, "fraud");
    names.push("credit");
    let wanted: Vec<(&str, i64)> = names.iter().map(|name| (*name, 1)).collect();
    let mut texts = model_card_version::get_each(&store, KEY.region, &wanted)
        .await
        .unwrap();
    texts.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [("credit", text(1, "{}")), ("fraud", text(1, "[]"))];
    assert_eq!(texts, expected.map(|(name, text)| (name.to_owned(), text)));
    let mut facts = model_card_version::facts_of_each(&store, KEY.region, &names)
        .await
        .unwrap();
    facts.sort_by(|a, b| a.0.cmp(&b.0));
    let found: Vec<(&str, i64)> = facts
        .iter()
        .map(|(name, fact)| (name.as_str(), fact.version))
        .collect();
    assert_eq!(found, [("credit", 2), ("credit", 1), ("fraud", 1)]);
    let mut steps = model_card_review::list_of_each(&store, KEY.region, &names)
        .await
        .unwrap();
    steps.sort_by(|a, b| a.0.cmp(&b.0));
    let own: Vec<CardReview> = steps
        .iter()
        .filter(|(name, _)| name == "credit")
        .map(|(_, step)| step.clone())
        .collect();
    assert_eq!(own, model_card_review::list(&store, KEY).await.unwrap());
    assert_eq!(steps.len(), own.len() + 1);
    let elsewhere = model_card_review::list_of_each(&store, "us-west-2", &names).await;
    assert!(elsewhere.unwrap().is_empty());
}

async fn the_last_approval_of_every_card_is_found(database: &Database) {
    let store = some(database).await;
    let other = CardKey {
        card: "other",
        ..KEY
    };
    write(&store, async |unit| {
        // Carries the state on.
        model_card_review::append(unit, KEY, &review(3, ("", "Approved"))).await?;
        model_card_review::append(unit, KEY, &review(4, ("Approved", "Archived"))).await?;
        model_card_review::append(unit, other, &review(2, ("Draft", "PendingReview"))).await
    })
    .await;
    let found = model_card_review::last_approvals(&store, "eu-west-1").await;
    assert_eq!(found.unwrap(), [("credit".to_owned(), 22)]);
}
