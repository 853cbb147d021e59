//! Intervals of numbers: by number over time, by run, and gone when they are old.

use std::collections::BTreeMap;

use probity_store::StoreError;
use probity_store::metric_interval::{self, IntervalsOf, MetricInterval};

use crate::database::{Database, on_both, write};

on_both!(
    intervals_are_found_by_number_and_by_run,
    old_intervals_go_a_few_at_a_time,
);

fn interval(execution: &str, name: &str, at_ms: i64) -> MetricInterval {
    MetricInterval {
        region: "r".to_owned(),
        schedule: "s".to_owned(),
        name: name.to_owned(),
        dimensions: BTreeMap::from([("Facet".to_owned(), "a\"b".to_owned())]),
        at_ms,
        execution: execution.to_owned(),
        low: -0.1,
        high: 1e300,
    }
}

async fn intervals_are_found_by_number_and_by_run(database: &Database) {
    let store = database.open().await;
    let all = [
        interval("x", "m", 20),
        interval("y", "m", 10),
        interval("y", "n", 10),
        interval("y", "n", 10),
        interval("z", "m", 99),
    ];
    write(&store, async |unit| {
        metric_interval::insert(unit, &all).await
    })
    .await;
    let dimensions = all[0].dimensions.clone();
    let wanted = IntervalsOf {
        region: "r",
        schedule: "s",
        name: "m",
        dimensions: &dimensions,
        from_ms: 10,
        to_ms: 20,
    };
    let found = metric_interval::select(&store, wanted).await.unwrap();
    let told: Vec<(&str, f64, f64)> = found
        .iter()
        .map(|of| (of.execution.as_str(), of.low, of.high))
        .collect();
    assert_eq!(told, [("y", -0.1, 1e300), ("x", -0.1, 1e300)]);
    let none = IntervalsOf {
        dimensions: &BTreeMap::new(),
        ..wanted
    };
    assert_eq!(metric_interval::select(&store, none).await.unwrap(), []);
    let of_run = metric_interval::of_execution(&store, "y").await.unwrap();
    let names: Vec<&str> = of_run.iter().map(|of| of.name.as_str()).collect();
    assert_eq!(names, ["m", "n"], "the same interval again changes nothing");
    assert_eq!(of_run[0].dimensions, dimensions);
}

async fn old_intervals_go_a_few_at_a_time(database: &Database) {
    let store = database.open().await;
    let all: Vec<MetricInterval> = (0..5).map(|at_ms| interval("x", "m", at_ms)).collect();
    write(&store, async |unit| {
        metric_interval::insert(unit, &all).await
    })
    .await;
    let mut deleted = Vec::new();
    for _ in 0..3 {
        let one = write(&store, async |unit| {
            metric_interval::delete_before(unit, 4, 3).await
        });
        deleted.push(one.await);
    }
    assert_eq!(deleted, [3, 1, 0]);
    let left = metric_interval::of_execution(&store, "x").await;
    assert_eq!(
        left.map_err(|error: StoreError| error.to_string())
            .unwrap()
            .len(),
        1
    );
}
