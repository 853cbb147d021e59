//! Executions: one for each slot, cause and revision; lists by every filter and order, in pages.

use probity_store::monitoring_execution::{
    self, Execution, ListExecutions, SortExecutions, UNKNOWN_VIOLATIONS,
};
use probity_store::resource::{Inserted, SortOrder};
use serde_json::json;

use crate::database::{Database, on_both, write};

on_both!(
    a_slot_is_run_once_for_each_cause_and_revision,
    what_changes_is_written_and_the_rest_stays,
    lists_filter_and_go_on_where_they_ended,
    the_newest_slot_and_revision_come_first,
    the_last_run_of_many_schedules_is_found_at_once,
    outlines_tell_of_runs_without_their_bodies,
);

const REGION: &str = "eu-west-1";

fn execution(id: &str, schedule: &str, scheduled_ms: i64) -> Execution {
    Execution {
        id: id.to_owned(),
        region: REGION.to_owned(),
        schedule: schedule.to_owned(),
        scheduled_ms,
        cause: "slot".to_owned(),
        revision: 0,
        status: "Pending".to_owned(),
        created_ms: scheduled_ms + 1,
        modified_ms: scheduled_ms + 1,
        monitoring_type: "DataQuality".to_owned(),
        endpoint: "e".to_owned(),
        job_definition: "d".to_owned(),
        violations: UNKNOWN_VIOLATIONS,
        body: json!({ "window": { "startMs": 0, "endMs": 1 } }),
    }
}

fn wanted(limit: u32) -> ListExecutions {
    ListExecutions {
        region: REGION.to_owned(),
        limit,
        ..ListExecutions::default()
    }
}

async fn a_slot_is_run_once_for_each_cause_and_revision(database: &Database) {
    let store = database.open().await;
    let insert = async |execution: Execution| {
        write(&store, async |unit| {
            monitoring_execution::insert(unit, &execution).await
        })
        .await
    };
    assert_eq!(insert(execution("a", "s", 10)).await, Inserted::Yes);
    assert_eq!(insert(execution("b", "s", 10)).await, Inserted::Exists);
    assert_eq!(insert(execution("c", "t", 10)).await, Inserted::Yes);
    let late = Execution {
        cause: "late-labels".to_owned(),
        revision: 1,
        ..execution("d", "s", 10)
    };
    assert_eq!(insert(late).await, Inserted::Yes);
    let next = write(&store, async |unit| {
        monitoring_execution::next_revision(unit, (REGION, "s", 10)).await
    })
    .await;
    assert_eq!(next, 2);
    let found = monitoring_execution::get(&store, "b").await.unwrap();
    assert_eq!(found, None);
}

async fn what_changes_is_written_and_the_rest_stays(database: &Database) {
    let store = database.open().await;
    let before = execution("a", "s", 10);
    let after = Execution {
        status: "Failed".to_owned(),
        modified_ms: 99,
        violations: 3,
        body: json!({ "failureReason": "NoData" }),
        ..before.clone()
    };
    write(&store, async |unit| {
        monitoring_execution::insert(unit, &before).await?;
        let locked = monitoring_execution::lock(unit, "a").await?;
        assert_eq!(locked.as_ref(), Some(&before));
        monitoring_execution::replace(unit, &after).await
    })
    .await;
    let found = monitoring_execution::get(&store, "a").await.unwrap();
    assert_eq!(found, Some(after));
}

async fn lists_filter_and_go_on_where_they_ended(database: &Database) {
    let store = database.open().await;
    write(&store, async |unit| {
        for n in 0..7 {
            let execution = Execution {
                status: if n % 2 == 0 { "Completed" } else { "Failed" }.to_owned(),
                endpoint: if n < 3 { "e" } else { "f" }.to_owned(),
                // The order of creation is the reverse of the slots'.
                created_ms: 1000 - n,
                ..execution(&format!("id-{n}"), "s", 10 * n)
            };
            monitoring_execution::insert(unit, &execution).await?;
        }
        Ok::<_, probity_store::StoreError>(())
    })
    .await;
    let all = async |mut wanted: ListExecutions| {
        let mut ids = Vec::new();
        loop {
            let page = monitoring_execution::list(&store, &wanted).await.unwrap();
            ids.extend(page.items.into_iter().map(|execution| execution.id));
            match page.next {
                Some(next) => wanted.after = Some(next),
                None => return ids.join(" "),
            }
        }
    };
    let by_slot = ListExecutions {
        sort_by: SortExecutions::Scheduled,
        order: SortOrder::Descending,
        ..wanted(2)
    };
    assert_eq!(
        all(by_slot.clone()).await,
        "id-6 id-5 id-4 id-3 id-2 id-1 id-0"
    );
    assert_eq!(all(wanted(3)).await, "id-6 id-5 id-4 id-3 id-2 id-1 id-0");
    let failed = ListExecutions {
        status: Some("Failed".to_owned()),
        endpoint: Some("f".to_owned()),
        ..by_slot.clone()
    };
    assert_eq!(all(failed).await, "id-5 id-3");
    let between = ListExecutions {
        scheduled_after_ms: Some(20),
        scheduled_before_ms: Some(40),
        ..by_slot
    };
    assert_eq!(all(between).await, "id-4 id-3 id-2");
    let by_status = ListExecutions {
        sort_by: SortExecutions::Status,
        ..wanted(3)
    };
    assert_eq!(all(by_status).await, "id-0 id-2 id-4 id-6 id-1 id-3 id-5");
    let elsewhere = ListExecutions {
        region: "us-west-2".to_owned(),
        ..wanted(3)
    };
    assert_eq!(all(elsewhere).await, "");
}

async fn the_newest_slot_and_revision_come_first(database: &Database) {
    let store = database.open().await;
    write(&store, async |unit| {
        for (id, slot, revision) in [("a", 10, 0), ("b", 20, 0), ("c", 20, 1), ("d", 5, 3)] {
            let execution = Execution {
                revision,
                ..execution(id, "s", slot)
            };
            monitoring_execution::insert(unit, &execution).await?;
        }
        Ok::<_, probity_store::StoreError>(())
    })
    .await;
    let latest = monitoring_execution::latest(&store, (REGION, "s"), 3)
        .await
        .unwrap();
    let ids: Vec<_> = latest
        .iter()
        .map(|execution| execution.id.as_str())
        .collect();
    assert_eq!(ids, ["c", "b", "a"]);
}

async fn outlines_tell_of_runs_without_their_bodies(database: &Database) {
    let store = database.open().await;
    write(&store, async |unit| {
        for (id, slot, revision) in [("a", 10, 0), ("b", 20, 0), ("c", 20, 1), ("d", 30, 0)] {
            let execution = Execution {
                revision,
                body: json!({ "window": { "startMs": slot - 5, "endMs": slot } }),
                ..execution(id, "s", slot)
            };
            monitoring_execution::insert(unit, &execution).await?;
        }
        let ended = Execution {
            status: "Completed".to_owned(),
            revision: 1,
            body: json!({ "window": { "startMs": 15, "endMs": 20 }, "constraintsSha256": "ab" }),
            ..execution("c", "s", 20)
        };
        monitoring_execution::replace(unit, &ended).await
    })
    .await;
    let place = (REGION, "s");
    let all = monitoring_execution::outlines(&store, place, (15, 25), 10).await;
    let all = all.unwrap();
    let told: Vec<(&str, i64, Option<i64>, Option<&str>)> = all
        .iter()
        .map(|run| {
            let sha256 = run.constraints_sha256.as_deref();
            (run.id.as_str(), run.revision, run.window_start_ms, sha256)
        })
        .collect();
    let expected = [("c", 1, Some(15), Some("ab")), ("b", 0, Some(15), None)];
    assert_eq!(told, expected);
    let beside = monitoring_execution::neighbours(&store, place, 20).await;
    let beside = beside.unwrap();
    assert_eq!(beside.earlier.as_deref(), Some("a"));
    assert_eq!(beside.later.as_deref(), Some("d"));
    let beside = monitoring_execution::neighbours(&store, place, 30).await;
    let beside = beside.unwrap();
    assert_eq!((beside.earlier.as_deref(), beside.later), (Some("c"), None));
}

async fn the_last_run_of_many_schedules_is_found_at_once(database: &Database) {
    let store = database.open().await;
    let with = |id: &str, schedule: &str, (slot, status): (i64, &str)| Execution {
        status: status.to_owned(),
        ..execution(id, schedule, slot)
    };
    let rescored = Execution {
        revision: 1,
        cause: "late-labels".to_owned(),
        ..with("c", "s", (20, "CompletedWithViolations"))
    };
    let elsewhere = Execution {
        region: "us-east-1".to_owned(),
        ..with("z", "s", (99, "Completed"))
    };
    let runs = [
        with("a", "s", (10, "Completed")),
        with("b", "s", (20, "Completed")),
        rescored,
        with("d", "s", (30, "Failed")),
        with("e", "t", (5, "Pending")),
        with("f", "u", (7, "Completed")),
        elsewhere,
    ];
    write(&store, async |unit| {
        for run in &runs {
            monitoring_execution::insert(unit, run).await?;
        }
        Ok::<_, probity_store::StoreError>(())
    })
    .await;
    let last = async |schedule: &str| {
        let found = monitoring_execution::last_with_verdict(&store, (REGION, schedule)).await;
        found.unwrap().map(|run| run.id)
    };
    assert_eq!(last("s").await.as_deref(), Some("c"));
    assert_eq!(last("t").await, None);
    let each = monitoring_execution::latest_of_each(&store, REGION, &["s", "t", "never"])
        .await
        .unwrap();
    let mut ids: Vec<&str> = each.iter().map(|run| run.id.as_str()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["d", "e"]);
    let each = monitoring_execution::last_with_verdict_of_each(&store, REGION, &["s", "t"])
        .await
        .unwrap();
    let ids: Vec<&str> = each.iter().map(|run| run.id.as_str()).collect();
    assert_eq!(ids, ["c"]);
    let each = monitoring_execution::get_each(&store, &["e", "none", "c"])
        .await
        .unwrap();
    let ids: Vec<&str> = each.iter().map(|run| run.id.as_str()).collect();
    assert_eq!(ids, ["c", "e"]);
    let many: Vec<String> = (0..1000).map(|n| format!("s{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).chain(["u"]).collect();
    let each = monitoring_execution::latest_of_each(&store, REGION, &many)
        .await
        .unwrap();
    assert_eq!(each.len(), 1);
}
