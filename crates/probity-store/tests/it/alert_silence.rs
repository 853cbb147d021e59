//! Silences: of one subject or of all, for a while.

use probity_store::alert_silence::{self, ListSilences, Silence};
use probity_store::{Store, StoreError};

use crate::database::{Database, on_both, write};

on_both!(
    a_silence_keeps_its_subject_silent_while_it_lasts,
    a_lifted_silence_is_over,
    silences_are_listed_by_their_end,
);

fn silence(id: &str, subject: &str, (from_ms, until_ms): (i64, i64)) -> Silence {
    Silence {
        id: id.to_owned(),
        region: "eu-west-1".to_owned(),
        subject: subject.to_owned(),
        from_ms,
        until_ms,
        actor: "ann".to_owned(),
        why: "a planned change".to_owned(),
        created_ms: 1,
    }
}

async fn some(database: &Database) -> Store {
    let store = database.open().await;
    write(&store, async |unit| {
        for one in [
            silence("a", "monitoring-schedule/s", (10, 20)),
            silence("b", "", (15, 17)),
            silence("c", "monitoring-schedule/s", (10, 30)),
        ] {
            alert_silence::insert(unit, &one).await?;
        }
        Ok::<_, StoreError>(())
    })
    .await;
    store
}

async fn active(store: &Store, subject: &str, now_ms: i64) -> Option<String> {
    let found = write(store, async |unit| {
        alert_silence::active(unit, ("eu-west-1", subject), now_ms).await
    });
    found.await.map(|silence| silence.id)
}

async fn a_silence_keeps_its_subject_silent_while_it_lasts(database: &Database) {
    let store = some(database).await;
    let mine = "monitoring-schedule/s";
    for (now_ms, subject, expected) in [
        (9, mine, None),
        (10, mine, Some("c")),
        (29, mine, Some("c")),
        (30, mine, None),
        (14, "endpoint/e", None),
        (15, "endpoint/e", Some("b")),
        (17, "endpoint/e", None),
    ] {
        let found = active(&store, subject, now_ms).await;
        assert_eq!(found.as_deref(), expected, "{subject} at {now_ms}");
    }
}

async fn a_lifted_silence_is_over(database: &Database) {
    let store = some(database).await;
    let lift = async |id, now_ms| {
        write(&store, async |unit| {
            alert_silence::lift(unit, ("eu-west-1", id), now_ms).await
        })
        .await
    };
    assert_eq!(lift("c", 12).await.unwrap().until_ms, 12);
    assert_eq!(lift("c", 13).await, None);
    assert_eq!(lift("nothing", 13).await, None);
    let found = active(&store, "monitoring-schedule/s", 12).await;
    assert_eq!(found.as_deref(), Some("a"));
}

async fn silences_are_listed_by_their_end(database: &Database) {
    let store = some(database).await;
    let mut wanted = ListSilences {
        region: "eu-west-1".to_owned(),
        ends_after_ms: 16,
        after: None,
        limit: 1,
    };
    let mut found = Vec::new();
    loop {
        let page = alert_silence::list(&store, &wanted).await.unwrap();
        found.extend(page.items.into_iter().map(|silence| silence.id));
        match page.next {
            Some(next) => wanted.after = Some(next),
            None => break,
        }
    }
    assert_eq!(found, ["b", "a", "c"]);
    wanted.after = None;
    wanted.ends_after_ms = 17;
    let page = alert_silence::list(&store, &wanted).await.unwrap();
    assert_eq!(page.items[0].id, "a");
}
