//! What the page of all models looks up: the last of each, counts by day, calls by stretch.

use std::collections::BTreeMap;

use probity_domain::ResourceKind;
use probity_store::endpoint_traffic::{self, Counts, Traffic};
use probity_store::monitoring_execution::{self, Execution};
use probity_store::resource::{self, Resource};
use probity_store::{StoreError, fleet};
use serde_json::json;

use crate::database::{Database, on_both, write};
use crate::resource::model;

on_both!(
    heads_are_read_by_name_without_documents,
    the_last_of_each_value_is_found,
    the_last_run_of_every_schedule_is_found,
    runs_count_when_they_end,
    violations_are_counted_by_day_and_kind,
    calls_are_added_up_by_endpoint_and_stretch,
);

const REGION: &str = "eu-west-1";

async fn heads_are_read_by_name_without_documents(database: &Database) {
    let store = database.open().await;
    write(&store, async |unit| {
        resource::insert(unit, &model("b", 2)).await?;
        resource::insert(unit, &model("a", 1)).await
    })
    .await;
    let heads = fleet::heads(&store, ResourceKind::Model, REGION)
        .await
        .unwrap();
    let names: Vec<&str> = heads.iter().map(|head| head.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(heads[0].attributes["Group"], "g1");
    let texts = fleet::texts(&store, ResourceKind::Model, REGION)
        .await
        .unwrap();
    assert!(texts[1].1.contains("\"ModelName\":\"b\""));
    let elsewhere = fleet::heads(&store, ResourceKind::Model, "us-west-2")
        .await
        .unwrap();
    assert!(elsewhere.is_empty());
}

async fn the_last_of_each_value_is_found(database: &Database) {
    let store = database.open().await;
    let of_group = |name: &str, group: &str, at_ms| Resource {
        attributes: BTreeMap::from([("Group".to_owned(), group.to_owned())]),
        ..model(name, at_ms)
    };
    write(&store, async |unit| {
        resource::insert(unit, &of_group("a", "x", 3)).await?;
        resource::insert(unit, &of_group("b", "x", 2)).await?;
        resource::insert(unit, &of_group("c", "y", 1)).await
    })
    .await;
    let latest = fleet::latest_by(&store, (ResourceKind::Model, REGION), "Group")
        .await
        .unwrap();
    assert_eq!(latest["x"].0.name, "a");
    assert_eq!(latest["y"].0.name, "c");
    assert!(latest["y"].1.contains("\"ModelName\":\"c\""));
    assert_eq!(latest.len(), 2);
}

fn schedule(name: &str, at_ms: i64) -> Resource {
    Resource {
        kind: ResourceKind::MonitoringSchedule,
        arn: format!("arn:aws:sagemaker:eu-west-1:1:monitoring-schedule/{name}"),
        ..model(name, at_ms)
    }
}

fn run(id: &str, schedule: &str, scheduled_ms: i64) -> Execution {
    Execution {
        id: id.to_owned(),
        region: REGION.to_owned(),
        schedule: schedule.to_owned(),
        scheduled_ms,
        cause: "slot".to_owned(),
        revision: 0,
        status: "CompletedWithViolations".to_owned(),
        created_ms: scheduled_ms,
        modified_ms: scheduled_ms,
        monitoring_type: "DataQuality".to_owned(),
        endpoint: "e".to_owned(),
        job_definition: String::new(),
        violations: 2,
        body: json!({}),
    }
}

async fn the_last_run_of_every_schedule_is_found(database: &Database) {
    let store = database.open().await;
    write(&store, async |unit| {
        resource::insert(unit, &schedule("s", 5)).await?;
        resource::insert(unit, &schedule("young", 50)).await?;
        resource::insert(unit, &schedule("idle", 5)).await?;
        for run in [run("1", "s", 10), run("2", "s", 20), run("3", "young", 10)] {
            monitoring_execution::insert(unit, &run).await?;
        }
        let again = Execution {
            revision: 1,
            violations: 0,
            ..run("0", "s", 20)
        };
        monitoring_execution::insert(unit, &again).await?;
        for (id, status) in [("4", "Pending"), ("5", "InProgress"), ("6", "Stopped")] {
            let unfinished = Execution {
                status: status.to_owned(),
                ..run(id, "s", 30)
            };
            let unfinished = Execution {
                cause: id.to_owned(),
                ..unfinished
            };
            monitoring_execution::insert(unit, &unfinished).await?;
        }
        Ok::<_, StoreError>(())
    })
    .await;
    let runs = fleet::last_runs(&store, REGION).await.unwrap();
    // A run of an earlier schedule of the name is not this one's; of one slot the newest counts.
    // What did not end says nothing.
    let found: Vec<(&str, i64)> = runs
        .iter()
        .map(|run| (run.schedule.as_str(), run.violations))
        .collect();
    assert_eq!(found, [("s", 0)]);
    let of_some = fleet::last_runs_of(&store, REGION, &["young", "s"]).await;
    assert_eq!(of_some.unwrap(), runs);
    let none = fleet::last_runs_of(&store, REGION, &["idle"]).await;
    assert!(none.unwrap().is_empty());
}

async fn runs_count_when_they_end(database: &Database) {
    let store = database.open().await;
    write(&store, async |unit| {
        resource::insert(unit, &schedule("s", 5)).await
    })
    .await;
    let end = async |run: Execution, status: &str| {
        let pending = Execution {
            status: "Pending".to_owned(),
            violations: -1,
            ..run.clone()
        };
        let ended = Execution {
            status: status.to_owned(),
            ..run
        };
        write(&store, async |unit| {
            monitoring_execution::insert(unit, &pending).await?;
            monitoring_execution::replace(unit, &ended).await
        })
        .await;
    };
    let seen = async || {
        let last = fleet::last_runs(&store, REGION).await.unwrap();
        let found = fleet::violations(&store, (REGION, 0), 10).await.unwrap();
        let runs: i64 = found.iter().map(|found| found.runs).sum();
        (last.first().map(|run| run.id.clone()), runs)
    };
    end(run("1", "s", 20), "InProgress").await;
    assert_eq!(seen().await, (None, 0));
    end(run("2", "s", 30), "CompletedWithViolations").await;
    assert_eq!(seen().await, (Some("2".to_owned()), 1));
    end(run("3", "s", 40), "Failed").await;
    assert_eq!(seen().await, (Some("3".to_owned()), 1));
    // The first slot's labels came later: its verdict counts, and the last run is another slot's.
    let again = Execution {
        revision: 1,
        ..run("4", "s", 30)
    };
    end(again, "Completed").await;
    assert_eq!(seen().await, (Some("3".to_owned()), 0));
}

async fn violations_are_counted_by_day_and_kind(database: &Database) {
    let store = database.open().await;
    write(&store, async |unit| {
        let bias = Execution {
            monitoring_type: "ModelBias".to_owned(),
            ..run("3", "t", 25)
        };
        let clean = Execution {
            status: "Completed".to_owned(),
            ..run("4", "u", 25)
        };
        let again = |id: &str, scheduled_ms, (revision, status): (i64, &str)| Execution {
            revision,
            status: status.to_owned(),
            violations: revision,
            ..run(id, "again", scheduled_ms)
        };
        let found = "CompletedWithViolations";
        for run in [
            run("1", "s", 10),
            run("2", "s", 21),
            run("5", "s", 22),
            bias,
            clean,
            // The second verdict counts, though a third was to come.
            again("6", 31, (0, found)),
            again("7", 31, (1, found)),
            again("8", 31, (2, found)),
            again("9", 31, (3, "Failed")),
            // Settled.
            again("10", 32, (0, found)),
            again("11", 32, (1, "Completed")),
            Execution {
                violations: -1,
                ..run("12", "s", 33)
            },
        ] {
            monitoring_execution::insert(unit, &run).await?;
        }
        Ok::<_, StoreError>(())
    })
    .await;
    let found = fleet::violations(&store, (REGION, 20), 10).await.unwrap();
    let found: Vec<(i64, &str, i64, i64)> = found
        .iter()
        .map(|row| {
            (
                row.stretch,
                row.monitoring_type.as_str(),
                row.runs,
                row.violations,
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (2, "DataQuality", 2, 4),
            (2, "ModelBias", 1, 2),
            (3, "DataQuality", 2, 3)
        ]
    );
}

async fn calls_are_added_up_by_endpoint_and_stretch(database: &Database) {
    let store = database.open().await;
    let traffic = |endpoint: &str, hour_ms, answered| Traffic {
        region: REGION.to_owned(),
        endpoint: endpoint.to_owned(),
        variant: "v".to_owned(),
        hour_ms,
        counts: Counts {
            answered,
            failed: 1,
            captured: 0,
        },
    };
    write(&store, async |unit| {
        for (endpoint, hour_ms, answered) in [("a", 5, 9), ("a", 10, 2), ("a", 12, 3), ("b", 10, 7)]
        {
            endpoint_traffic::add(unit, &traffic(endpoint, hour_ms, answered)).await?;
        }
        Ok::<_, StoreError>(())
    })
    .await;
    let found = fleet::calls(&store, &["a", "c"], (REGION, 10, 5))
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].stretch, found[0].answered, found[0].failed),
        (2, 5, 2)
    );
    assert!(
        fleet::calls(&store, &[], (REGION, 0, 5))
            .await
            .unwrap()
            .is_empty()
    );
}
