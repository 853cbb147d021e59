//! Metric points: written, read by exact dimensions and time, listed by name.

use std::collections::BTreeMap;

use probity_store::metric_point::{
    self, ListMetrics, MetricName, MetricPoint, PointsOf, SelectPoints,
};

use crate::database::{Database, on_both, write};

on_both!(
    points_are_read_by_exact_dimensions_in_time_order,
    numbers_come_back_as_they_were,
    names_are_listed_once_filtered_and_paged,
    regions_do_not_mix,
    writers_in_any_order_do_not_end_each_other,
    points_of_an_instant_are_found_by_one_dimension,
    points_of_several_sets_of_dimensions_are_read_together,
);

fn dimensions(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn point(name: &str, of: &[(&str, &str)], at_ms: i64) -> MetricPoint {
    MetricPoint {
        region: "eu-west-1".to_owned(),
        namespace: "aws/sagemaker".to_owned(),
        name: name.to_owned(),
        dimensions: dimensions(of),
        at_ms,
        sum: 0.1,
        count: 1.0,
        minimum: 0.1,
        maximum: 0.1,
        unit: None,
    }
}

fn select(name: &str, of: &[(&str, &str)]) -> SelectPoints {
    SelectPoints {
        region: "eu-west-1".to_owned(),
        namespace: "aws/sagemaker".to_owned(),
        name: name.to_owned(),
        dimensions: dimensions(of),
        from_ms: i64::MIN,
        to_ms: i64::MAX,
    }
}

async fn points_of_several_sets_of_dimensions_are_read_together(database: &Database) {
    let store = database.open().await;
    let points = [
        point("drift", &[("a", "1")], 20),
        point("drift", &[("a", "1"), ("Revision", "2")], 10),
        point("drift", &[("a", "1"), ("Revision", "3")], 15),
    ];
    write(&store, async |unit| {
        metric_point::insert(unit, &points).await
    })
    .await;
    let both = [
        dimensions(&[("a", "1")]),
        dimensions(&[("a", "1"), ("Revision", "2")]),
    ];
    let found = metric_point::select_each(&store, &select("drift", &[]), &both).await;
    let at: Vec<i64> = found.unwrap().iter().map(|point| point.at_ms).collect();
    assert_eq!(at, [10, 20]);
    let none = metric_point::select_each(&store, &select("drift", &[]), &[]).await;
    assert_eq!(none.unwrap(), []);
}

async fn points_are_read_by_exact_dimensions_in_time_order(database: &Database) {
    let store = database.open().await;
    let points = [
        point("drift", &[("a", "1"), ("b", "2")], 30),
        point("drift", &[("b", "2"), ("a", "1")], 10),
        point("drift", &[("a", "1")], 20),
        point("drift", &[("a", "1"), ("b", "2")], 20),
        point("Drift", &[("a", "1"), ("b", "2")], 20),
    ];
    write(&store, async |unit| {
        metric_point::insert(unit, &points).await
    })
    .await;
    let both = [("a", "1"), ("b", "2")];
    let times = async |wanted: SelectPoints| -> Vec<i64> {
        let found = metric_point::select(&store, &wanted).await.unwrap();
        found.iter().map(|point| point.at_ms).collect()
    };
    assert_eq!(times(select("drift", &both)).await, [10, 20, 30]);
    assert_eq!(times(select("drift", &[("a", "1")])).await, [20]);
    assert_eq!(times(select("drift", &[])).await, [0; 0]);
    let middle = SelectPoints {
        from_ms: 10,
        to_ms: 20,
        ..select("drift", &both)
    };
    assert_eq!(times(middle).await, [10, 20]);
}

async fn numbers_come_back_as_they_were(database: &Database) {
    let store = database.open().await;
    let mut written = point("n", &[("é \"x\"", "\\")], i64::from(u32::MAX) * 1000);
    (written.sum, written.count) = (1e300, 3.0);
    (written.minimum, written.maximum) = (-0.1 - 0.2, f64::MAX);
    written.unit = Some("Count".to_owned());
    write(&store, async |unit| {
        metric_point::insert(unit, std::slice::from_ref(&written)).await
    })
    .await;
    let found = metric_point::select(&store, &select("n", &[("é \"x\"", "\\")])).await;
    assert_eq!(found.unwrap(), [written]);
}

async fn names_are_listed_once_filtered_and_paged(database: &Database) {
    let store = database.open().await;
    let mut points = Vec::new();
    for number in 0..6_i64 {
        let endpoint = ["e1", "e2"][usize::try_from(number % 2).unwrap()];
        let feature = format!("f{number}");
        let of = [("Endpoint", endpoint), ("Feature", feature.as_str())];
        points.push(point("drift", &of, number));
        points.push(point("drift", &of, number + 100));
    }
    points.push(point("accuracy", &[("Endpoint", "e1")], 1));
    write(&store, async |unit| {
        metric_point::insert(unit, &points).await
    })
    .await;
    let all = ListMetrics {
        region: "eu-west-1".to_owned(),
        limit: 100,
        ..ListMetrics::default()
    };
    let names = async |wanted: &ListMetrics| -> Vec<MetricName> {
        metric_point::names(&store, wanted).await.unwrap()
    };
    assert_eq!(names(&all).await.len(), 7);
    let filtered = ListMetrics {
        name: Some("drift".to_owned()),
        dimensions: vec![
            ("Endpoint".to_owned(), Some("e1".to_owned())),
            ("Feature".to_owned(), None),
        ],
        ..all.clone()
    };
    let expected = names(&filtered).await;
    assert_eq!(expected.len(), 3);
    let mut paged = ListMetrics {
        limit: 2,
        ..filtered.clone()
    };
    let mut found = names(&paged).await;
    paged.after = found.last().cloned();
    found.extend(names(&paged).await);
    assert_eq!(found, expected);
    let recent = ListMetrics {
        since_ms: Some(104),
        ..all.clone()
    };
    assert_eq!(names(&recent).await.len(), 2);
    let elsewhere = ListMetrics {
        namespace: Some("other".to_owned()),
        ..all
    };
    assert_eq!(names(&elsewhere).await, []);
}

async fn regions_do_not_mix(database: &Database) {
    let store = database.open().await;
    let here = point("drift", &[], 1);
    let there = MetricPoint {
        region: "us-east-1".to_owned(),
        at_ms: 2,
        ..here.clone()
    };
    write(&store, async |unit| {
        metric_point::insert(unit, &[here.clone(), there]).await
    })
    .await;
    let found = metric_point::select(&store, &select("drift", &[])).await;
    assert_eq!(found.unwrap(), [here]);
}

async fn writers_in_any_order_do_not_end_each_other(database: &Database) {
    const METRICS: usize = 12;
    let store = database.open().await;
    // The names are there, so that every write locks their rows.
    let points = |at_ms: i64| -> Vec<MetricPoint> {
        let names = (0..METRICS).map(|number| format!("m{number:02}"));
        names
            .map(|name| point(&name, &[("a", "1")], at_ms))
            .collect()
    };
    write(&store, async |unit| {
        metric_point::insert(unit, &points(0)).await
    })
    .await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..4_i64 {
        let mut store_points: Vec<Vec<MetricPoint>> = (0..10)
            .map(|round| points(1 + writer + round * 4))
            .collect();
        if writer % 2 == 1 {
            store_points.iter_mut().for_each(|points| points.reverse());
        }
        let store = store.clone();
        writers.spawn(async move {
            for points in &store_points {
                let mut unit = store.begin().await.unwrap();
                metric_point::insert(&mut unit, points).await.unwrap();
                unit.commit().await.unwrap();
            }
        });
    }
    while let Some(ended) = writers.join_next().await {
        ended.unwrap();
    }
    let found = metric_point::select(&store, &select("m00", &[("a", "1")])).await;
    assert_eq!(found.unwrap().len(), 41);
}

async fn points_of_an_instant_are_found_by_one_dimension(database: &Database) {
    let store = database.open().await;
    let points = [
        point("auc", &[("MonitoringSchedule", "s"), ("Endpoint", "e")], 10),
        point("f1", &[("MonitoringSchedule", "s")], 10),
        point("f1", &[("MonitoringSchedule", "s")], 20),
        point("f1", &[("MonitoringSchedule", "s2")], 10),
        point("f1", &[("MonitoringSchedule", "as")], 10),
        point("f1", &[("OtherMonitoringSchedule", "s")], 10),
        point("f1", &[("Feature", "\"MonitoringSchedule\":\"s\"")], 10),
    ];
    write(&store, async |unit| {
        metric_point::insert(unit, &points).await
    })
    .await;
    let wanted = PointsOf {
        region: "eu-west-1",
        namespace: "aws/sagemaker",
        at_ms: 10,
        dimension: ("MonitoringSchedule", "s"),
        limit: 10,
    };
    let found = metric_point::of_instant(&store, &wanted).await.unwrap();
    assert_eq!(found, points[..2]);
}
