//! The audit log: a chain that shows what was changed behind its back.

use probity_store::audit::{self, EventOrder, ListEvents, NewEvent, Verified};
use probity_store::{Store, StoreError};
use serde_json::json;

use crate::database::{Database, on_both, write};

on_both!(
    an_untouched_chain_verifies,
    a_changed_change_is_found,
    a_changed_actor_is_found,
    a_removed_event_is_found,
    a_removed_end_is_found,
    an_exchanged_order_is_found,
    events_are_filtered_and_paged,
    events_are_found_by_kind_and_text,
    a_link_of_the_chain_is_told_from_a_forged_one,
    writers_at_once_make_one_chain,
    an_event_of_a_dropped_unit_is_not_there,
    it_tells_what_it_knows,
);

fn event(number: i64) -> NewEvent {
    NewEvent {
        at_ms: 1000 + number,
        actor: ["ann", "bob"][usize::try_from(number % 2).unwrap()].to_owned(),
        action: "sagemaker:CreateModel".to_owned(),
        resource_arn: format!("arn:{}", number % 3),
        change: json!({"z": number, "a": [1.5, "é", null]}),
        reason: (number % 2 == 0).then(|| "because".to_owned()),
        request_id: format!("r{number}"),
    }
}

async fn append(store: &Store, events: i64) {
    write(store, async |unit| {
        for number in 1..=events {
            assert_eq!(audit::append(unit, &event(number)).await?, number);
        }
        Ok::<_, StoreError>(())
    })
    .await;
}

async fn an_untouched_chain_verifies(database: &Database) {
    let store = database.open().await;
    let empty = audit::verify(&store).await.unwrap();
    assert_eq!(
        empty,
        Verified {
            events: 0,
            broken_at: None
        }
    );
    // More than one page of the walk.
    append(&store, 1100).await;
    let verified = audit::verify(&store).await.unwrap();
    assert_eq!(
        verified,
        Verified {
            events: 1100,
            broken_at: None
        }
    );
}

#[track_caller]
fn check_broken(verified: Verified, at: i64) {
    assert_eq!(
        verified,
        Verified {
            events: (at - 1).unsigned_abs(),
            broken_at: Some(at)
        }
    );
}

async fn tampered(database: &Database, statement: &'static str) -> Verified {
    let store = database.open().await;
    append(&store, 5).await;
    database.tamper(statement).await;
    audit::verify(&store).await.unwrap()
}

async fn a_changed_change_is_found(database: &Database) {
    let statement =
        "update audit_event set change_json = '{\"a\":[1.5,\"é\",null],\"z\":4}' where seq = 3";
    check_broken(tampered(database, statement).await, 3);
}

async fn a_changed_actor_is_found(database: &Database) {
    let statement = "update audit_event set actor = 'eve' where seq = 1";
    check_broken(tampered(database, statement).await, 1);
}

async fn a_removed_event_is_found(database: &Database) {
    let statement = "delete from audit_event where seq = 2";
    check_broken(tampered(database, statement).await, 2);
}

async fn a_removed_end_is_found(database: &Database) {
    let statement = "delete from audit_event where seq >= 4";
    check_broken(tampered(database, statement).await, 4);
}

async fn an_exchanged_order_is_found(database: &Database) {
    let statement = "update audit_event set hash = (select hash from audit_event e where e.seq = 4)
                     where seq = 3";
    check_broken(tampered(database, statement).await, 3);
}

async fn events_are_filtered_and_paged(database: &Database) {
    let store = database.open().await;
    append(&store, 9).await;
    let numbers = async |wanted: ListEvents| -> Vec<i64> {
        let events = audit::list(&store, &wanted).await.unwrap();
        for found in &events {
            assert_eq!(found.event, event(found.seq));
        }
        events.iter().map(|found| found.seq).collect()
    };
    let all = ListEvents {
        limit: 100,
        ..ListEvents::default()
    };
    let of_one = ListEvents {
        resource_arn: Some("arn:1".to_owned()),
        ..all.clone()
    };
    assert_eq!(numbers(of_one.clone()).await, [1, 4, 7]);
    let by_ann = ListEvents {
        actor: Some("ann".to_owned()),
        ..of_one
    };
    assert_eq!(numbers(by_ann).await, [4]);
    let between = ListEvents {
        from_ms: Some(1003),
        to_ms: Some(1005),
        order: EventOrder::NewestFirst,
        ..all.clone()
    };
    assert_eq!(numbers(between).await, [5, 4, 3]);
    let second_page = ListEvents {
        order: EventOrder::NewestFirst,
        after_seq: Some(8),
        limit: 2,
        ..all.clone()
    };
    assert_eq!(numbers(second_page).await, [7, 6]);
    let other_action = ListEvents {
        action: Some("sagemaker:DeleteModel".to_owned()),
        ..all
    };
    assert_eq!(numbers(other_action).await, [0; 0]);
}

async fn events_are_found_by_kind_and_text(database: &Database) {
    let store = database.open().await;
    let arns = [
        "arn:aws:sagemaker:eu:1:model/credit",
        "arn:aws:sagemaker:eu:1:model-card/credit",
        "arn:aws:sagemaker:eu:1:model-card/100%_sure",
        "arn:aws:iam::1:user/model-card/x",
    ];
    write(&store, async |unit| {
        for arn in arns {
            let event = NewEvent {
                resource_arn: arn.to_owned(),
                ..event(1)
            };
            audit::append(unit, &event).await?;
        }
        Ok::<_, StoreError>(())
    })
    .await;
    let numbers = async |kind: Option<&str>, contains: Option<&str>| -> Vec<i64> {
        let wanted = ListEvents {
            kind: kind.map(str::to_owned),
            contains: contains.map(str::to_owned),
            limit: 10,
            ..ListEvents::default()
        };
        let events = audit::list(&store, &wanted).await.unwrap();
        events.iter().map(|found| found.seq).collect()
    };
    assert_eq!(numbers(Some("model"), None).await, [1]);
    assert_eq!(numbers(Some("model-card"), None).await, [2, 3]);
    assert_eq!(numbers(Some("model-card"), Some("CREDIT")).await, [2]);
    assert_eq!(numbers(None, Some("createmodel")).await, [1, 2, 3, 4]);
    // What the pattern means stands for itself.
    assert_eq!(numbers(None, Some("0%_s")).await, [3]);
    assert_eq!(numbers(None, Some("c%t")).await, [0; 0]);
    assert_eq!(numbers(None, Some("c!r")).await, [0; 0]);
}

async fn a_link_of_the_chain_is_told_from_a_forged_one(database: &Database) {
    let store = database.open().await;
    append(&store, 2).await;
    let wanted = ListEvents {
        limit: 2,
        ..ListEvents::default()
    };
    let events = audit::list(&store, &wanted).await.unwrap();
    assert!(audit::follows("", &events[0]));
    assert!(audit::follows(&events[0].hash, &events[1]));
    assert!(!audit::follows("", &events[1]));
    let mut forged = events[1].clone();
    forged.event.actor = "eve".to_owned();
    assert!(!audit::follows(&events[0].hash, &forged));
}

async fn writers_at_once_make_one_chain(database: &Database) {
    let stores = [database.open().await, database.open().await];
    let tasks: Vec<_> = (0..20_i64)
        .map(|number| {
            let store = stores[usize::try_from(number % 2).unwrap()].clone();
            tokio::spawn(async move {
                for _ in 0..5 {
                    write(&store, async |unit| {
                        audit::append(unit, &event(number)).await
                    })
                    .await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let verified = audit::verify(&stores[0]).await.unwrap();
    assert_eq!(
        verified,
        Verified {
            events: 100,
            broken_at: None
        }
    );
    let (seq, hash) = audit::head(&stores[1]).await.unwrap();
    assert_eq!((seq, hash.len()), (100, 64));
}

async fn an_event_of_a_dropped_unit_is_not_there(database: &Database) {
    let store = database.open().await;
    append(&store, 1).await;
    let mut unit = store.begin().await.unwrap();
    audit::append(&mut unit, &event(2)).await.unwrap();
    drop(unit);
    let seq = write(&store, async |unit| audit::append(unit, &event(2)).await).await;
    assert_eq!(seq, 2);
    assert_eq!(audit::verify(&store).await.unwrap().events, 2);
}

async fn it_tells_what_it_knows(database: &Database) {
    let store = database.open().await;
    append(&store, 5).await;
    let others: Vec<String> = (10..900).map(|number| format!("arn:{number}")).collect();
    let mut arns: Vec<&str> = others.iter().map(String::as_str).collect();
    arns.extend(["arn:0", "arn:2"]);
    let known = audit::known(&store, &arns).await.unwrap();
    assert_eq!(known.into_iter().collect::<Vec<_>>(), ["arn:0", "arn:2"]);
}
