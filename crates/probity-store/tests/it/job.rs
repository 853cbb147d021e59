//! The queue: each job to one claimer, again once when its worker died, then abandoned.

use std::collections::BTreeSet;

use probity_store::job::{self, Claim, Finished, NewJob, Renewed};
use probity_store::{Store, StoreError};

use crate::database::{Database, on_both, write};

on_both!(
    eight_claimers_get_distinct_jobs,
    two_stores_get_distinct_jobs,
    jobs_are_claimed_in_the_order_of_their_time,
    only_wanted_kinds_and_due_jobs_are_claimed,
    a_job_whose_lease_ran_out_is_claimed_again_once,
    a_lost_job_can_be_neither_renewed_nor_finished,
    a_renewed_lease_holds,
    a_released_job_keeps_its_attempts,
    an_abandoned_job_is_ended_by_one,
    a_job_of_a_dropped_unit_is_not_there,
    the_next_job_is_known,
);

const KINDS: &[&str] = &["processing", "transform"];

async fn enqueue(store: &Store, jobs: &[(&str, i64)]) {
    write(store, async |unit| {
        for (id, run_at_ms) in jobs {
            let job = NewJob {
                id: (*id).to_owned(),
                kind: "processing".to_owned(),
                subject: format!("subject of {id}"),
                region: "eu-west-1".to_owned(),
                run_at_ms: *run_at_ms,
            };
            job::enqueue(unit, &job).await?;
        }
        Ok::<_, StoreError>(())
    })
    .await;
}

fn by(owner: &str, now_ms: i64) -> Claim<'_> {
    Claim {
        owner,
        kinds: KINDS,
        now_ms,
        due_ms: now_ms,
        lease_ms: 100,
    }
}

async fn claimed(store: &Store, claim: Claim<'_>) -> Option<String> {
    let job = job::claim(store, &claim).await.unwrap()?;
    assert_eq!(job.owner, claim.owner);
    assert_eq!(job.lease_ms, claim.now_ms + claim.lease_ms);
    assert_eq!(job.subject, format!("subject of {}", job.id));
    Some(job.id)
}

async fn claim_all(stores: &[Store], jobs: usize) {
    let ids: Vec<String> = (0..jobs).map(|number| format!("j{number:03}")).collect();
    let queued: Vec<(&str, i64)> = ids.iter().map(|id| (id.as_str(), 1)).collect();
    enqueue(&stores[0], &queued).await;
    let tasks: Vec<_> = (0..8)
        .map(|number| {
            let store = stores[number % stores.len()].clone();
            tokio::spawn(async move {
                let owner = format!("w{number}");
                let mut got = Vec::new();
                while let Some(id) = claimed(&store, by(&owner, 5)).await {
                    got.push(id);
                }
                got
            })
        })
        .collect();
    let mut got = Vec::new();
    for task in tasks {
        got.extend(task.await.unwrap());
    }
    assert_eq!(got.len(), jobs);
    assert_eq!(got.into_iter().collect::<BTreeSet<_>>().len(), jobs);
}

async fn eight_claimers_get_distinct_jobs(database: &Database) {
    claim_all(&[database.open().await], 200).await;
}

async fn two_stores_get_distinct_jobs(database: &Database) {
    claim_all(&[database.open().await, database.open().await], 200).await;
}

async fn jobs_are_claimed_in_the_order_of_their_time(database: &Database) {
    let store = database.open().await;
    enqueue(&store, &[("c", 3), ("a", 2), ("b", 1)]).await;
    for expected in ["b", "a", "c"] {
        assert_eq!(claimed(&store, by("w", 5)).await.as_deref(), Some(expected));
    }
    assert_eq!(claimed(&store, by("w", 5)).await, None);
}

async fn only_wanted_kinds_and_due_jobs_are_claimed(database: &Database) {
    let store = database.open().await;
    enqueue(&store, &[("j", 10)]).await;
    assert_eq!(claimed(&store, by("w", 9)).await, None);
    let of = |kinds| Claim {
        kinds,
        ..by("w", 10)
    };
    assert_eq!(claimed(&store, of(&["endpoint"])).await, None);
    assert_eq!(claimed(&store, of(&[])).await, None);
    // The clock of leases may be ahead of the one that jobs are due by, or behind it.
    let due = |due_ms, now_ms| Claim {
        due_ms,
        ..by("w", now_ms)
    };
    assert_eq!(claimed(&store, due(9, 99)).await, None);
    assert_eq!(claimed(&store, due(10, 5)).await.as_deref(), Some("j"));
}

async fn a_job_whose_lease_ran_out_is_claimed_again_once(database: &Database) {
    let store = database.open().await;
    enqueue(&store, &[("j", 0)]).await;
    let first = job::claim(&store, &by("w1", 0)).await.unwrap().unwrap();
    assert_eq!((first.attempt, first.lease_ms), (1, 100));
    assert_eq!(claimed(&store, by("w2", 99)).await, None);
    assert_eq!(job::abandoned(&store, 100).await.unwrap(), []);
    let second = job::claim(&store, &by("w2", 100)).await.unwrap().unwrap();
    assert_eq!((second.attempt, second.owner.as_str()), (2, "w2"));
    assert_eq!(job::abandoned(&store, 199).await.unwrap(), []);
    assert_eq!(claimed(&store, by("w3", 1000)).await, None);
    assert_eq!(job::abandoned(&store, 200).await.unwrap(), [second]);
}

async fn a_lost_job_can_be_neither_renewed_nor_finished(database: &Database) {
    let store = database.open().await;
    enqueue(&store, &[("j", 0)]).await;
    claimed(&store, by("w1", 0)).await.unwrap();
    claimed(&store, by("w2", 100)).await.unwrap();
    let renewed = job::renew(&store, "j", "w1", 500).await.unwrap();
    assert_eq!(renewed, Renewed::Lost);
    let lost = write(&store, async |unit| job::finish(unit, "j", "w1").await).await;
    assert_eq!(lost, Finished::Lost);
    let finished = write(&store, async |unit| job::finish(unit, "j", "w2").await).await;
    assert_eq!(finished, Finished::Yes);
    assert_eq!(job::get(&store, "j").await.unwrap(), None);
    let renewed = job::renew(&store, "j", "w2", 500).await.unwrap();
    assert_eq!(renewed, Renewed::Lost);
}

async fn a_renewed_lease_holds(database: &Database) {
    let store = database.open().await;
    enqueue(&store, &[("j", 0)]).await;
    claimed(&store, by("w1", 0)).await.unwrap();
    let renewed = job::renew(&store, "j", "w1", 250).await.unwrap();
    assert_eq!(renewed, Renewed::Yes);
    assert_eq!(claimed(&store, by("w2", 249)).await, None);
    assert_eq!(claimed(&store, by("w2", 250)).await.as_deref(), Some("j"));
}

async fn a_released_job_keeps_its_attempts(database: &Database) {
    let store = database.open().await;
    enqueue(&store, &[("j", 0)]).await;
    for _ in 0..3 {
        claimed(&store, by("w1", 0)).await.unwrap();
        let released = write(&store, async |unit| job::release(unit, "j", "w1", 0).await).await;
        assert_eq!(released, Finished::Yes);
    }
    let again = write(&store, async |unit| job::release(unit, "j", "w1", 0).await).await;
    assert_eq!(again, Finished::Lost);
    assert_eq!(claimed(&store, by("w1", 0)).await.as_deref(), Some("j"));
}

async fn an_abandoned_job_is_ended_by_one(database: &Database) {
    let stores = [database.open().await, database.open().await];
    enqueue(&stores[0], &[("j", 0)]).await;
    claimed(&stores[0], by("w1", 0)).await.unwrap();
    claimed(&stores[0], by("w2", 100)).await.unwrap();
    let end = |store: Store| async move {
        let found = job::abandoned(&store, 300).await.unwrap();
        let Some(dead) = found.first() else {
            return Finished::Lost;
        };
        write(&store, async |unit| {
            job::finish(unit, &dead.id, &dead.owner).await
        })
        .await
    };
    let [one, two] = stores.map(|store| tokio::spawn(end(store)));
    let ended = [one.await.unwrap(), two.await.unwrap()];
    let times = ended.iter().filter(|end| **end == Finished::Yes).count();
    assert_eq!(times, 1, "{ended:?}");
}

async fn a_job_of_a_dropped_unit_is_not_there(database: &Database) {
    let store = database.open().await;
    let mut unit = store.begin().await.unwrap();
    let job = NewJob {
        id: "j".to_owned(),
        kind: "processing".to_owned(),
        subject: "s".to_owned(),
        region: "r".to_owned(),
        run_at_ms: 0,
    };
    job::enqueue(&mut unit, &job).await.unwrap();
    drop(unit);
    assert_eq!(claimed(&store, by("w", 9)).await, None);
    assert_eq!(job::get(&store, "j").await.unwrap(), None);
}

async fn the_next_job_is_known(database: &Database) {
    let store = database.open().await;
    assert_eq!(job::next_due_ms(&store).await.unwrap(), None);
    enqueue(&store, &[("a", 30), ("b", 20)]).await;
    assert_eq!(job::next_due_ms(&store).await.unwrap(), Some(20));
    claimed(&store, by("w", 25)).await.unwrap();
    assert_eq!(job::next_due_ms(&store).await.unwrap(), Some(30));
}
