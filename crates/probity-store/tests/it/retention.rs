//! What is too old goes, what is not stays.

use probity_domain::ResourceKind;
use probity_store::capture_loss::{self, Loss, LossesOf};
use probity_store::endpoint_traffic::{self, Counts, Traffic};
use probity_store::log_event::{self, ListStreams, LogLine, StreamKey, StreamOrder};
use probity_store::metric_point::{self, ListMetrics, MetricPoint, SelectPoints};
use probity_store::notification::{self, Notification};
use probity_store::resource;

use crate::database::{Database, on_both, write};

on_both!(
    old_points_go_a_few_at_a_time,
    old_counts_go,
    old_streams_go_with_their_lines,
    notifications_that_wait_stay,
    regions_are_listed_once,
);

fn point(name: &str, at_ms: i64) -> MetricPoint {
    MetricPoint {
        region: "r".to_owned(),
        namespace: "n".to_owned(),
        name: name.to_owned(),
        dimensions: [].into(),
        at_ms,
        sum: 1.0,
        count: 1.0,
        minimum: 1.0,
        maximum: 1.0,
        unit: None,
    }
}

async fn old_points_go_a_few_at_a_time(database: &Database) {
    let store = database.open().await;
    let points: Vec<MetricPoint> = (0..5)
        .map(|at_ms| point("a", at_ms))
        .chain([point("b", 1)])
        .collect();
    write(&store, async |unit| {
        metric_point::insert(unit, &points).await
    })
    .await;
    let mut deleted = Vec::new();
    for _ in 0..3 {
        let one = write(&store, async |unit| {
            metric_point::delete_before(unit, 3, 3).await
        });
        deleted.push(one.await);
    }
    assert_eq!(deleted, [3, 1, 0]);
    let left = SelectPoints {
        region: "r".to_owned(),
        namespace: "n".to_owned(),
        name: "a".to_owned(),
        dimensions: [].into(),
        from_ms: 0,
        to_ms: 10,
    };
    let left = metric_point::select(&store, &left).await.unwrap();
    assert_eq!(left, [point("a", 3), point("a", 4)]);
    let names = write(&store, async |unit| {
        metric_point::delete_names_before(unit, 3).await
    });
    assert_eq!(names.await, 1);
    let all = ListMetrics {
        region: "r".to_owned(),
        limit: 10,
        ..ListMetrics::default()
    };
    let names = metric_point::names(&store, &all).await.unwrap();
    assert_eq!(names.len(), 1);
    assert_eq!(names[0].name, "a");
}

async fn old_counts_go(database: &Database) {
    let store = database.open().await;
    let traffic = |hour_ms| Traffic {
        region: "r".to_owned(),
        endpoint: "e".to_owned(),
        variant: "v".to_owned(),
        hour_ms,
        counts: Counts::default(),
    };
    let loss = |hour_ms| Loss {
        region: "r".to_owned(),
        endpoint: "e".to_owned(),
        variant: "v".to_owned(),
        hour_ms,
        reason: "limit".to_owned(),
        lost: 1,
    };
    let deleted = write(&store, async |unit| {
        for hour_ms in [0, 1] {
            endpoint_traffic::add(unit, &traffic(hour_ms)).await?;
            capture_loss::add(unit, &loss(hour_ms)).await?;
        }
        let calls = endpoint_traffic::delete_before(unit, 1).await?;
        capture_loss::delete_before(unit, 1)
            .await
            .map(|lost| (calls, lost))
    });
    assert_eq!(deleted.await, (1, 1));
    let endpoints = endpoint_traffic::endpoints(&store).await.unwrap();
    assert_eq!(endpoints, [("r".to_owned(), "e".to_owned())]);
    let left = LossesOf {
        region: "r",
        endpoint: "e",
        from_ms: 0,
        to_ms: 10,
    };
    assert_eq!(capture_loss::list(&store, &left).await.unwrap(), [loss(1)]);
}

async fn old_streams_go_with_their_lines(database: &Database) {
    let store = database.open().await;
    let line = |at_ms| LogLine {
        at_ms,
        message: "m".to_owned(),
    };
    let append = async |stream: &str, at_ms: i64| {
        let key = StreamKey {
            region: "r",
            group: "g",
            stream,
        };
        write(&store, async |unit| {
            log_event::append(unit, key, at_ms, &[line(at_ms), line(at_ms)]).await
        })
        .await;
    };
    append("old", 1).await;
    append("older", 0).await;
    append("new", 10).await;
    append("old-and-new", 1).await;
    append("old-and-new", 10).await;
    let delete = async || {
        write(&store, async |unit| {
            log_event::delete_before(unit, 10, 1).await
        })
        .await
    };
    assert_eq!(delete().await, (1, 2));
    assert_eq!(delete().await, (1, 2));
    assert_eq!(delete().await, (0, 0));
    let left = ListStreams {
        region: "r".to_owned(),
        group: "g".to_owned(),
        order: StreamOrder::Name,
        limit: 10,
        ..ListStreams::default()
    };
    let left = log_event::streams(&store, &left).await.unwrap();
    let names: Vec<&str> = left.items.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["new", "old-and-new"]);
}

async fn notifications_that_wait_stay(database: &Database) {
    let store = database.open().await;
    let one = |id: &str, created_ms, status: &str| Notification {
        id: id.to_owned(),
        channel: "c".to_owned(),
        region: "r".to_owned(),
        created_ms,
        status: status.to_owned(),
        attempts: 0,
        next_ms: 0,
        finished_ms: None,
        last_error: String::new(),
        body: "{}".to_owned(),
    };
    let deleted = write(&store, async |unit| {
        for row in [
            one("a", 1, notification::SENT),
            one("b", 1, notification::DEAD),
            one("c", 1, notification::WAITING),
            one("d", 5, notification::SENT),
        ] {
            notification::insert(unit, &row).await?;
        }
        notification::delete_before(unit, 5).await
    });
    assert_eq!(deleted.await, 2);
}

async fn regions_are_listed_once(database: &Database) {
    let store = database.open().await;
    write(&store, async |unit| {
        for name in ["a", "b"] {
            resource::insert(unit, &crate::resource::model(name, 1)).await?;
        }
        Ok::<_, probity_store::StoreError>(())
    })
    .await;
    let regions = resource::regions(&store, ResourceKind::Model)
        .await
        .unwrap();
    assert_eq!(regions, ["eu-west-1"]);
    let none = resource::regions(&store, ResourceKind::Endpoint).await;
    assert_eq!(none.unwrap(), [""; 0]);
}
