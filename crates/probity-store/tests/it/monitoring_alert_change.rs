//! Changes of alerts: filters, both sort orders, pages; and the verdicts that decide.

use probity_store::StoreError;
use probity_store::monitoring_alert_change::{
    self, Change, ChangesBy, ListChanges, Outcome, recent_outcomes,
};
use probity_store::resource::SortOrder;

use crate::database::{Database, on_both, write};

on_both!(
    changes_are_listed_by_time_and_by_status,
    filters_narrow_a_list,
    the_newest_changes_of_some_subjects_come_first,
    the_last_verdict_of_each_slot_counts,
);

fn change(id: &str, (subject, status): (&str, &str), at_ms: i64) -> Change {
    Change {
        id: id.to_owned(),
        region: "eu-west-1".to_owned(),
        subject: subject.to_owned(),
        name: "Default".to_owned(),
        at_ms,
        status: status.to_owned(),
        reason: "because".to_owned(),
        execution: "x".to_owned(),
    }
}

fn all() -> ListChanges {
    ListChanges {
        region: "eu-west-1".to_owned(),
        subjects: (String::new(), "~".to_owned()),
        name: None,
        status: None,
        from_ms: None,
        to_ms: None,
        sort_by: ChangesBy::Time,
        order: SortOrder::Ascending,
        after: None,
        limit: 10,
    }
}

async fn some(database: &Database) -> probity_store::Store {
    let store = database.open().await;
    write(&store, async |unit| {
        for (id, of, at_ms) in [
            ("a", ("monitoring-schedule/s", "InAlert"), 30),
            ("b", ("monitoring-schedule/s", "OK"), 10),
            ("c", ("monitoring-schedule/t", "InAlert"), 20),
            ("d", ("endpoint/e", "InAlert"), 20),
        ] {
            monitoring_alert_change::insert(unit, &change(id, of, at_ms)).await?;
        }
        Ok::<_, StoreError>(())
    })
    .await;
    store
}

async fn ids(store: &probity_store::Store, mut wanted: ListChanges) -> String {
    let mut found = String::new();
    loop {
        let page = monitoring_alert_change::list(store, &wanted).await.unwrap();
        found.extend(page.items.into_iter().map(|change| change.id));
        match page.next {
            Some(next) => wanted.after = Some(next),
            None => return found,
        }
    }
}

async fn changes_are_listed_by_time_and_by_status(database: &Database) {
    let store = some(database).await;
    for (sort_by, order, expected) in [
        (ChangesBy::Time, SortOrder::Ascending, "bcda"),
        (ChangesBy::Time, SortOrder::Descending, "adcb"),
        (ChangesBy::Status, SortOrder::Ascending, "acdb"),
        (ChangesBy::Status, SortOrder::Descending, "bdca"),
    ] {
        for limit in [1, 3, 10] {
            let wanted = ListChanges {
                sort_by,
                order,
                limit,
                ..all()
            };
            assert_eq!(ids(&store, wanted).await, expected, "{sort_by:?} {order:?}");
        }
    }
}

async fn filters_narrow_a_list(database: &Database) {
    let store = some(database).await;
    let text = |text: &str| text.to_owned();
    let schedules = ListChanges {
        subjects: (text("monitoring-schedule/"), text("monitoring-schedule0")),
        ..all()
    };
    assert_eq!(ids(&store, schedules).await, "bca");
    let one = ListChanges {
        subjects: (text("monitoring-schedule/s"), text("monitoring-schedule/s")),
        ..all()
    };
    assert_eq!(ids(&store, one).await, "ba");
    let status = ListChanges {
        status: Some(text("OK")),
        ..all()
    };
    assert_eq!(ids(&store, status).await, "b");
    let times = ListChanges {
        from_ms: Some(20),
        to_ms: Some(29),
        ..all()
    };
    assert_eq!(ids(&store, times).await, "cd");
    let name = ListChanges {
        name: Some(text("Heartbeat")),
        ..all()
    };
    assert_eq!(ids(&store, name).await, "");
    let elsewhere = ListChanges {
        region: text("us-east-1"),
        ..all()
    };
    assert_eq!(ids(&store, elsewhere).await, "");
}

async fn the_last_verdict_of_each_slot_counts(database: &Database) {
    let store = database.open().await;
    drop(store);
    // Slot 1 was scored again and is clean now; slot 2 failed at the second scoring, so that its
    // first verdict holds; slot 3 has no verdict yet; slot 6 compared nothing; of the runs that were
    // asked for, 7, which was scored again, looked at what is older; the last slot is of an earlier schedule.
    database
        .tamper(
            "insert into monitoring_execution
                 (id, region, schedule, scheduled_ms, cause, revision, status, created_ms,
                  modified_ms, monitoring_type, endpoint, job_definition, violations, body)
             values
             ('a', 'eu-west-1', 's', 1, 'slot', 0, 'CompletedWithViolations', 1, 1, '', '', '', 2, ''),
             ('b', 'eu-west-1', 's', 1, 'late-labels', 1, 'Completed', 5, 5, '', '', '', 0, ''),
             ('c', 'eu-west-1', 's', 2, 'slot', 0, 'CompletedWithViolations', 2, 2, '', '', '', 1, ''),
             ('d', 'eu-west-1', 's', 2, 'late-labels', 1, 'Failed', 6, 6, '', '', '', -1, ''),
             ('m', 'eu-west-1', 's', 4, 'slot', 0, 'Completed', 9, 9, '', '', '', 0, '{\"window\":{\"endMs\":40}}'),
             ('n', 'eu-west-1', 's', 5, 'asked', 0, 'CompletedWithViolations', 9, 9, '', '', '', 1, '{\"window\":{\"endMs\":41}}'),
             ('e', 'eu-west-1', 's', 3, 'slot', 0, 'InProgress', 3, 3, '', '', '', -1, ''),
             ('h', 'eu-west-1', 's', 6, 'slot', 0, 'Completed', 9, 9, '', '', '', -1, ''),
             ('i', 'eu-west-1', 's', 7, 'asked', 0, 'CompletedWithViolations', 9, 9, '', '', '', 1, '{\"window\":{\"endMs\":40}}'),
             ('j', 'eu-west-1', 's', 7, 'late-labels', 1, 'CompletedWithViolations', 9, 9, '', '', '', 1, '{\"window\":{\"endMs\":40}}'),
             ('l', 'eu-west-1', 's', 8, 'slot', 0, 'CompletedWithViolations', 0, 9, '', '', '', 1, ''),
             ('f', 'eu-west-1', 't', 4, 'slot', 0, 'Completed', 4, 4, '', '', '', 0, ''),
             ('g', 'us-east-1', 's', 5, 'slot', 0, 'Completed', 4, 4, '', '', '', 0, '')",
        )
        .await;
    let store = database.open().await;
    let outcomes = async |limit| {
        write(&store, async |unit| {
            recent_outcomes(unit, ("eu-west-1", "s", 1), limit).await
        })
        .await
    };
    let outcome = |scheduled_ms, has_violations| Outcome {
        scheduled_ms,
        has_violations,
    };
    let expected = [
        outcome(5, true),
        outcome(4, false),
        outcome(2, true),
        outcome(1, false),
    ];
    assert_eq!(outcomes(9).await, expected);
    assert_eq!(outcomes(1).await, expected[..1]);
}

async fn the_newest_changes_of_some_subjects_come_first(database: &Database) {
    let store = some(database).await;
    let subjects = ["monitoring-schedule/s", "endpoint/e"].map(str::to_owned);
    let latest = async |limit| {
        let found = monitoring_alert_change::latest_of(&store, ("eu-west-1", &subjects), limit)
            .await
            .unwrap();
        found
            .into_iter()
            .map(|change| change.id)
            .collect::<String>()
    };
    assert_eq!(latest(10).await, "adb");
    assert_eq!(latest(2).await, "ad");
}
