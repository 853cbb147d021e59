//! What the page of a monitor and of its runs shows, where slots were scored several times.

use std::collections::BTreeMap;

use probity_app::Fault;
use probity_app::dashboard::history::Range;
use probity_app::dashboard::monitor::{MonitorPage, MonitorQuery, monitor};
use probity_app::dashboard::run::{RunQuery, run};
use probity_app::monitoring_alert::{comment, list_comments};
use probity_store::StoreError;
use probity_store::metric_interval::{self, MetricInterval};
use probity_store::metric_point::{self, MetricPoint};
use probity_store::monitoring_execution::{self, Execution};
use serde_json::{Value, json};

use crate::card_monitors::watched;
use crate::world::{START_MS, World, call, fault};

const HOUR_MS: i64 = 3_600_000;

/// A run as the worker leaves it, of the hour so many hours ago.
#[derive(Clone, Copy)]
struct Ended {
    hours_ago: i64,
    revision: i64,
    status: &'static str,
    value: Option<f64>,
}

impl Ended {
    fn id(self) -> String {
        format!("run-{}-{}", self.hours_ago, self.revision)
    }

    fn start_ms(self) -> i64 {
        START_MS - self.hours_ago * HOUR_MS
    }

    fn execution(self) -> Execution {
        Execution {
            id: self.id(),
            region: "us-west-2".to_owned(),
            schedule: "s".to_owned(),
            scheduled_ms: self.start_ms() + HOUR_MS,
            cause: match self.revision {
                0 => "slot".to_owned(),
                _ => "late-labels".to_owned(),
            },
            revision: self.revision,
            status: self.status.to_owned(),
            created_ms: START_MS,
            modified_ms: START_MS,
            monitoring_type: "ModelQuality".to_owned(),
            endpoint: "e".to_owned(),
            job_definition: "d".to_owned(),
            violations: match self.status {
                "CompletedWithViolations" => 2,
                "Completed" => 0,
                _ => -1,
            },
            body: json!({ "window": { "startMs": self.start_ms(), "endMs": self.start_ms() + HOUR_MS } }),
        }
    }

    /// A window that is scored again is told apart by its revision.
    fn point(self, revision: Option<i64>) -> Option<MetricPoint> {
        let value = self.value?;
        let revision = revision.map(|number| ("Revision".to_owned(), number.to_string()));
        let of = [("Endpoint", "e"), ("MonitoringSchedule", "s")];
        let of = of.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Some(MetricPoint {
            region: "us-west-2".to_owned(),
            namespace: "aws/sagemaker/Endpoints/model-metrics".to_owned(),
            name: "rmse".to_owned(),
            dimensions: of.into_iter().chain(revision).collect(),
            at_ms: self.start_ms(),
            sum: value,
            count: 1.0,
            minimum: value,
            maximum: value,
            unit: None,
        })
    }
}

async fn world(runs: &[Ended]) -> World {
    let world = World::new().await;
    call!(world, model::create, {
        "ModelName": "m",
        "PrimaryContainer": { "Image": "i", "ModelDataUrl": "s3://b/model.tar.gz" },
        "ExecutionRoleArn": "arn:aws:iam::111122223333:role/service-role/Governor",
    })
    .unwrap();
    watched(&world).await;
    let mut unit = world.app.store.begin().await.unwrap();
    let mut has_points: Vec<i64> = Vec::new();
    for run in runs {
        monitoring_execution::insert(&mut unit, &run.execution())
            .await
            .unwrap();
        let is_again = has_points.contains(&run.hours_ago);
        if let Some(point) = run.point(is_again.then_some(run.revision)) {
            has_points.push(run.hours_ago);
            metric_point::insert(&mut unit, &[point]).await.unwrap();
        }
    }
    unit.commit().await.unwrap();
    world
}

async fn page(world: &World, range: Range) -> MonitorPage {
    let query = MonitorQuery {
        name: "s".to_owned(),
        range,
        ..MonitorQuery::default()
    };
    monitor(&world.app, &world.caller, &query).await.unwrap()
}

fn ended(hours_ago: i64, revision: i64, status: &'static str, value: f64) -> Ended {
    Ended {
        hours_ago,
        revision,
        status,
        value: Some(value),
    }
}

#[tokio::test]
async fn a_window_that_was_scored_again_shows_what_it_was_scored_last() {
    let world = world(&[
        ended(3, 0, "Completed", 1.0),
        ended(2, 0, "Completed", 2.0),
        ended(2, 1, "CompletedWithViolations", 2.5),
        ended(2, 2, "CompletedWithViolations", 3.0),
    ])
    .await;
    let page = page(&world, Range::Days(30)).await;
    let metric = &page.metrics[0];
    assert_eq!((metric.value, metric.before), (3.0, Some(1.0)));
    let history = page.history.unwrap();
    let told: Vec<(f64, &str, Option<i64>)> = history
        .points
        .iter()
        .map(|point| {
            let run = point.run.as_ref().unwrap();
            (point.value, run.id.as_str(), run.violations)
        })
        .collect();
    assert_eq!(told, [(1.0, "run-3-0", Some(0)), (3.0, "run-2-2", Some(2))]);
}

#[tokio::test]
async fn a_run_that_waited_for_its_labels_did_not_fail_in_the_end() {
    let waiting = Ended {
        hours_ago: 2,
        revision: 0,
        status: "Failed",
        value: None,
    };
    let world = world(&[
        waiting,
        ended(2, 1, "Completed", 2.0),
        Ended {
            hours_ago: 1,
            ..waiting
        },
    ])
    .await;
    let history = page(&world, Range::Days(30)).await.history.unwrap();
    let failed: Vec<&str> = history.failed.iter().map(|run| run.id.as_str()).collect();
    assert_eq!(failed, ["run-1-0"]);
    assert_eq!(history.points.len(), 1);
}

#[tokio::test]
async fn every_violating_window_of_ninety_days_is_marked() {
    let runs: Vec<Ended> = (1..=260)
        .map(|hours_ago| ended(hours_ago, 0, "CompletedWithViolations", 1.0))
        .collect();
    let world = world(&runs).await;
    let history = page(&world, Range::Days(90)).await.history.unwrap();
    let violating = history.points.iter().filter(|point| {
        let run = point.run.as_ref();
        run.is_some_and(|run| run.violations == Some(2))
    });
    assert_eq!(violating.count(), 260);
    let week = page(&world, Range::Days(7)).await.history.unwrap();
    assert_eq!(week.points.len(), 7 * 24);
    let day = Range::Day((START_MS - 48 * HOUR_MS).div_euclid(24 * HOUR_MS) * 24 * HOUR_MS);
    let day = page(&world, day).await.history.unwrap();
    assert_eq!(day.points.len(), 24);
}

#[tokio::test]
async fn a_monitor_whose_last_runs_all_failed_still_shows_its_numbers() {
    let mut runs = vec![ended(700, 0, "Completed", 4.0)];
    runs.extend((1..=25).map(|hours_ago| Ended {
        hours_ago,
        revision: 0,
        status: "Failed",
        value: None,
    }));
    let world = world(&runs).await;
    let page = page(&world, Range::Days(30)).await;
    assert!((page.metrics[0].value - 4.0).abs() < 1e-9);
}

#[tokio::test]
async fn a_run_has_its_own_numbers_with_their_intervals_and_its_neighbours() {
    let world = world(&[
        ended(3, 0, "Completed", 1.0),
        ended(2, 0, "Completed", 2.0),
        ended(2, 1, "CompletedWithViolations", 3.0),
    ])
    .await;
    let interval = MetricInterval {
        region: "us-west-2".to_owned(),
        schedule: "s".to_owned(),
        name: "rmse".to_owned(),
        dimensions: BTreeMap::new(),
        at_ms: START_MS - 2 * HOUR_MS,
        execution: "run-2-1".to_owned(),
        low: 2.9,
        high: 3.2,
    };
    let mut unit = world.app.store.begin().await.unwrap();
    metric_interval::insert(&mut unit, &[interval])
        .await
        .unwrap();
    unit.commit().await.unwrap();
    let of = async |id: &str| {
        let query = RunQuery { monitor: "s", id };
        run(&world.app, &world.caller, query).await
    };
    let again = of("run-2-1").await.unwrap();
    assert!((again.numbers[0].value - 3.0).abs() < 1e-9);
    assert_eq!(again.numbers[0].interval, Some((2.9, 3.2)));
    assert_eq!(again.earlier.as_deref(), Some("run-3-0"));
    assert_eq!(again.later, None);
    assert_eq!(again.same_slot[0].id, "run-2-0");
    let first = of("run-2-0").await.unwrap();
    assert_eq!(
        (first.numbers[0].value, first.numbers[0].interval),
        (2.0, None)
    );
    assert!(matches!(of("no").await, Err(Fault::Missing { .. })));
    // A run is found below its own monitor only.
    let query = RunQuery {
        monitor: "t",
        id: "run-2-1",
    };
    let elsewhere = run(&world.app, &world.caller, query).await;
    assert!(matches!(elsewhere, Err(Fault::Missing { .. })));
    let history = page(&world, Range::Days(30)).await.history.unwrap();
    assert_eq!(history.points[1].interval, Some((2.9, 3.2)));
}

#[tokio::test]
async fn an_alert_has_a_thread_that_says_who_and_when() {
    let world = world(&[]).await;
    let (app, caller) = (&world.app, &world.caller);
    let say = async |text: &str| {
        let input = json!({ "Subject": "monitoring-schedule/s", "Text": text });
        comment(app, caller, input).await
    };
    say("labels come late on Mondays").await.unwrap();
    world.pass_ms(1000);
    say("seen again").await.unwrap();
    assert!(matches!(say("  ").await, Err(Fault::Invalid { .. })));
    let input = json!({ "Subject": "monitoring-schedule/none", "Text": "x" });
    assert_eq!(fault(comment(app, caller, input).await), "not found");
    let input = json!({ "Subject": "monitoring-schedule/s" });
    let listed = list_comments(app, caller, input).await.unwrap();
    let told: Vec<(&str, &str)> = listed["Comments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one: &Value| {
            (
                one["CreatedBy"].as_str().unwrap(),
                one["Text"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("ada", "seen again"),
            ("ada", "labels come late on Mondays")
        ]
    );
    assert_eq!(page(&world, Range::Days(30)).await.comments.len(), 2);
    let events = probity_store::audit::list(
        &app.store,
        &probity_store::audit::ListEvents {
            action: Some("probity:CommentAlert".to_owned()),
            limit: 10,
            ..Default::default()
        },
    )
    .await
    .map_err(|error: StoreError| error.to_string())
    .unwrap();
    assert_eq!(events.len(), 2);
    assert!(
        !events[0].event.change.to_string().contains("Mondays"),
        "words stay out of the log"
    );
}
