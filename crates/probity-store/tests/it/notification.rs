//! The outbox: claimed by one, tried again, dead, revived.

use probity_store::notification::{
    self, Claimed, ListNotifications, Notification, Tried, Unsilenced, unsilence,
};
use probity_store::{Cursor, Store, StoreError};

use crate::database::{Database, on_both, write};

on_both!(
    one_of_two_senders_gets_a_notification,
    a_claim_runs_out,
    a_failed_try_waits_and_a_dead_one_does_not,
    a_dead_one_is_revived_and_a_sent_one_is_not,
    lists_begin_with_the_newest,
    receipts_are_pruned,
    what_waits_is_read_in_pages_and_put_off_together,
    what_a_silence_keeps_back_is_told_or_dropped,
);

fn waiting(id: &str, channel: &str, created_ms: i64) -> Notification {
    Notification {
        id: id.to_owned(),
        channel: channel.to_owned(),
        region: "eu-west-1".to_owned(),
        created_ms,
        status: notification::WAITING.to_owned(),
        attempts: 0,
        next_ms: 0,
        finished_ms: None,
        last_error: String::new(),
        body: "{}".to_owned(),
    }
}

async fn some(database: &Database) -> Store {
    let store = database.open().await;
    write(&store, async |unit| {
        for (id, channel, created_ms) in [("a", "c", 2), ("b", "c", 1), ("z", "d", 3)] {
            notification::insert(unit, &waiting(id, channel, created_ms)).await?;
        }
        Ok::<_, StoreError>(())
    })
    .await;
    store
}

async fn all_waiting(store: &Store, channel: &str) -> Vec<Notification> {
    let page = notification::waiting(store, channel, (None, 10)).await;
    page.unwrap().items
}

async fn get(store: &Store, id: &str) -> Notification {
    notification::get(store, id).await.unwrap().unwrap()
}

async fn one_of_two_senders_gets_a_notification(database: &Database) {
    let store = some(database).await;
    let due = notification::due_channels(&store, 100).await.unwrap();
    assert_eq!(due, ["c", "d"]);
    let found = all_waiting(&store, "c").await;
    assert_eq!(found, [waiting("b", "c", 1), waiting("a", "c", 2)]);
    let first = notification::claim(&store, &found[0], 160).await.unwrap();
    let second = notification::claim(&store, &found[0], 161).await.unwrap();
    assert_eq!((first, second), (Claimed::Yes, Claimed::No));
    assert_eq!(get(&store, "b").await.next_ms, 160);
}

async fn a_claim_runs_out(database: &Database) {
    let store = some(database).await;
    let found = all_waiting(&store, "d").await;
    notification::claim(&store, &found[0], 160).await.unwrap();
    let due = async |now_ms| notification::due_channels(&store, now_ms).await.unwrap();
    assert_eq!(due(159).await, ["c"]);
    assert_eq!(due(160).await, ["c", "d"]);
}

async fn a_failed_try_waits_and_a_dead_one_does_not(database: &Database) {
    let store = some(database).await;
    let again = Tried::Again {
        attempts: 1,
        next_ms: 500,
        error: "refused".to_owned(),
    };
    notification::note(&store, "z", &again).await.unwrap();
    let read = get(&store, "z").await;
    let expected = Notification {
        attempts: 1,
        next_ms: 500,
        last_error: "refused".to_owned(),
        ..waiting("z", "d", 3)
    };
    assert_eq!(read, expected);
    let dead = Tried::Dead {
        attempts: 12,
        at_ms: 600,
        error: "gone".to_owned(),
    };
    notification::note(&store, "z", &dead).await.unwrap();
    let read = get(&store, "z").await;
    assert_eq!(
        (read.status.as_str(), read.finished_ms),
        ("dead", Some(600))
    );
    let due = notification::due_channels(&store, i64::MAX).await.unwrap();
    assert_eq!(due, ["c"]);
    assert_eq!(notification::count(&store, "dead").await.unwrap(), 1);
}

async fn a_dead_one_is_revived_and_a_sent_one_is_not(database: &Database) {
    let store = some(database).await;
    let dead = Tried::Dead {
        attempts: 12,
        at_ms: 600,
        error: "gone".to_owned(),
    };
    notification::note(&store, "a", &dead).await.unwrap();
    let sent = Tried::Sent { at_ms: 700 };
    notification::note(&store, "b", &sent).await.unwrap();
    let (revived, not) = write(&store, async |unit| {
        let revived = notification::revive(unit, "a").await?;
        Ok::<_, StoreError>((revived, notification::revive(unit, "b").await?))
    })
    .await;
    let expected = Notification {
        last_error: "gone".to_owned(),
        ..waiting("a", "c", 2)
    };
    assert_eq!(revived, Some(expected));
    assert_eq!(not, None);
    let read = get(&store, "b").await;
    assert_eq!((read.attempts, read.finished_ms), (1, Some(700)));
    let left = write(&store, async |unit| {
        notification::delete_unsent(unit, "c").await
    });
    assert_eq!(left.await, 1);
}

async fn what_waits_is_read_in_pages_and_put_off_together(database: &Database) {
    let store = some(database).await;
    let page = async |after: Option<&Cursor>| {
        let page = notification::waiting(&store, "c", (after, 1)).await;
        page.unwrap()
    };
    let first = page(None).await;
    let second = page(first.next.as_ref()).await;
    assert_eq!(first.items, [waiting("b", "c", 1)]);
    assert_eq!(second.items, [waiting("a", "c", 2)]);
    assert_eq!(second.next, None);
    let far = Tried::Again {
        attempts: 1,
        next_ms: 900,
        error: "refused".to_owned(),
    };
    notification::note(&store, "a", &far).await.unwrap();
    notification::postpone(&store, "c", 500).await.unwrap();
    let due = async |id| get(&store, id).await.next_ms;
    assert_eq!(
        (due("a").await, due("b").await, due("z").await),
        (900, 500, 0)
    );
}

async fn lists_begin_with_the_newest(database: &Database) {
    let store = some(database).await;
    let mut wanted = ListNotifications {
        limit: 1,
        ..ListNotifications::default()
    };
    let mut found = String::new();
    loop {
        let page = notification::list(&store, &wanted).await.unwrap();
        found.extend(page.items.into_iter().map(|one| one.id));
        match page.next {
            Some(next) => wanted.after = Some(next),
            None => break,
        }
    }
    assert_eq!(found, "zab");
    let narrow = ListNotifications {
        channel: Some("c".to_owned()),
        status: Some("waiting".to_owned()),
        after: None,
        limit: 10,
    };
    let page = notification::list(&store, &narrow).await.unwrap();
    assert_eq!(page.items.len(), 2);
}

async fn receipts_are_pruned(database: &Database) {
    let store = some(database).await;
    for (id, at_ms) in [("a", 10), ("b", 20)] {
        let sent = Tried::Sent { at_ms };
        notification::note(&store, id, &sent).await.unwrap();
    }
    assert_eq!(notification::prune_sent(&store, 20).await.unwrap(), 1);
    assert_eq!(notification::get(&store, "a").await.unwrap(), None);
    assert_eq!(get(&store, "b").await.status, "sent");
    assert_eq!(get(&store, "z").await.status, "waiting");
}

async fn what_a_silence_keeps_back_is_told_or_dropped(database: &Database) {
    let store = database.open().await;
    write(&store, async |unit| {
        for (id, created_ms) in [("a", 1), ("b", 2)] {
            let silenced = Notification {
                status: notification::SILENCED.to_owned(),
                ..waiting(id, "c", created_ms)
            };
            notification::insert(unit, &silenced).await?;
        }
        Ok::<_, StoreError>(())
    })
    .await;
    assert!(
        notification::due_channels(&store, i64::MAX)
            .await
            .unwrap()
            .is_empty()
    );
    let page =
        async |after: Option<&Cursor>| notification::silenced(&store, (after, 1)).await.unwrap();
    let first = page(None).await;
    let second = page(first.next.as_ref()).await;
    assert_eq!((first.items.len(), second.items.len()), (1, 1));
    assert_ne!(first.items, second.items);
    assert_eq!(second.next, None);
    let here = write(&store, async |unit| {
        let there = notification::silenced_in(unit, "us-west-2").await?.len();
        let here = notification::silenced_in(unit, "eu-west-1").await?.len();
        Ok::<_, StoreError>((here, there))
    });
    assert_eq!(here.await, (2, 0));
    write(&store, async |unit| {
        unsilence(unit, "a", Unsilenced::Tell).await?;
        unsilence(unit, "b", Unsilenced::Drop).await
    })
    .await;
    assert_eq!(get(&store, "a").await, waiting("a", "c", 1));
    assert_eq!(notification::get(&store, "b").await.unwrap(), None);
}
