//! Comments on alerts: a thread of each subject, the newest first, in pages.

use probity_store::alert_comment::{self, Comment, ListComments};
use probity_store::{Cursor, Store, StoreError};

use crate::database::{Database, on_both, write};

on_both!(
    a_thread_is_of_one_subject_the_newest_first,
    a_thread_goes_on_where_its_page_ended,
);

fn comment(id: &str, (subject, name): (&str, &str), at_ms: i64) -> Comment {
    Comment {
        id: id.to_owned(),
        region: "eu-west-1".to_owned(),
        subject: subject.to_owned(),
        name: name.to_owned(),
        at_ms,
        actor: "ann".to_owned(),
        text: format!("<b>{id}</b> 'x'"),
    }
}

async fn some(database: &Database) -> Store {
    let store = database.open().await;
    let mine = "monitoring-schedule/s";
    write(&store, async |unit| {
        for one in [
            comment("a", (mine, "Default"), 10),
            comment("b", (mine, "Heartbeat"), 30),
            comment("c", (mine, "Default"), 20),
            comment("d", (mine, "Default"), 20),
            comment("e", ("monitoring-schedule/t", "Default"), 40),
        ] {
            alert_comment::insert(unit, &one).await?;
        }
        Ok::<_, StoreError>(())
    })
    .await;
    store
}

fn wanted(name: Option<&str>, limit: u32) -> ListComments {
    ListComments {
        region: "eu-west-1".to_owned(),
        subject: "monitoring-schedule/s".to_owned(),
        name: name.map(str::to_owned),
        after: None,
        limit,
    }
}

fn ids(comments: &[Comment]) -> String {
    let ids: Vec<&str> = comments.iter().map(|one| one.id.as_str()).collect();
    ids.join(" ")
}

async fn a_thread_is_of_one_subject_the_newest_first(database: &Database) {
    let store = some(database).await;
    let all = alert_comment::list(&store, &wanted(None, 10))
        .await
        .unwrap();
    assert_eq!(ids(&all.items), "b d c a");
    assert_eq!(
        all.items[3],
        comment("a", ("monitoring-schedule/s", "Default"), 10)
    );
    let one = alert_comment::list(&store, &wanted(Some("Heartbeat"), 10)).await;
    assert_eq!(ids(&one.unwrap().items), "b");
    let elsewhere = ListComments {
        region: "us-west-2".to_owned(),
        ..wanted(None, 10)
    };
    let none = alert_comment::list(&store, &elsewhere).await.unwrap();
    assert_eq!(none.items, []);
}

async fn a_thread_goes_on_where_its_page_ended(database: &Database) {
    let store = some(database).await;
    let first = alert_comment::list(&store, &wanted(None, 2)).await.unwrap();
    assert_eq!(ids(&first.items), "b d");
    let next = ListComments {
        after: first.next,
        ..wanted(None, 2)
    };
    let second = alert_comment::list(&store, &next).await.unwrap();
    assert_eq!((ids(&second.items).as_str(), second.next), ("c a", None));
    let wrong = ListComments {
        after: Some(Cursor {
            key: "x".to_owned(),
            name: "y".to_owned(),
        }),
        ..wanted(None, 2)
    };
    let refused = alert_comment::list(&store, &wrong).await;
    assert!(matches!(refused, Err(StoreError::Cursor)));
}
