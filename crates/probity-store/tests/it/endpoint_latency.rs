//! How long endpoints took, on both databases.

use probity_store::StoreError;
use probity_store::endpoint_latency::{
    self, EndpointLatency, HOUR_MS, Latencies, LatenciesOf, MINUTE_MS,
};

use crate::database::{Database, on_both, write};

on_both!(
    parts_of_processes_stand_beside_each_other,
    a_part_that_counted_on_is_replaced,
    hours_of_several_endpoints_are_read_at_once,
    old_minutes_go_and_hours_stay,
);

fn calls(took_us: &[u64]) -> Latencies {
    let mut calls = Latencies::default();
    for us in took_us {
        calls.model.record(*us);
        calls.overhead.record(us / 10);
    }
    calls.failed = 1;
    calls
}

fn row((endpoint, part): (&str, &str), (length_ms, from_ms): (i64, i64)) -> EndpointLatency {
    EndpointLatency {
        region: "r".to_owned(),
        endpoint: endpoint.to_owned(),
        variant: "v".to_owned(),
        length_ms,
        from_ms,
        part: part.to_owned(),
        calls: calls(&[100, 90_000]),
    }
}

const FIRST_HOUR: LatenciesOf<'static> = LatenciesOf {
    region: "r",
    endpoint: "e",
    variant: "v",
    length_ms: MINUTE_MS,
    from_ms: 0,
    to_ms: HOUR_MS,
};

async fn parts_of_processes_stand_beside_each_other(database: &Database) {
    let store = database.open().await;
    write(&store, async |unit| {
        for (place, from_ms) in [
            (("e", "b"), MINUTE_MS),
            (("e", "a"), MINUTE_MS),
            (("e", "a"), 0),
            (("e", "a"), HOUR_MS),
            (("other", "a"), 0),
        ] {
            endpoint_latency::put(unit, &row(place, (MINUTE_MS, from_ms))).await?;
        }
        endpoint_latency::put(unit, &row(("e", "a"), (HOUR_MS, 0))).await
    })
    .await;
    let found = endpoint_latency::of_variant(&store, &FIRST_HOUR).await;
    let found = found.unwrap();
    let starts: Vec<i64> = found.iter().map(|(from_ms, _)| *from_ms).collect();
    assert_eq!(starts, [0, MINUTE_MS, MINUTE_MS]);
    assert_eq!(found[0].1, calls(&[100, 90_000]));
}

async fn a_part_that_counted_on_is_replaced(database: &Database) {
    let store = database.open().await;
    let mut more = row(("e", "a"), (MINUTE_MS, 0));
    more.calls = calls(&[1, 2, 3]);
    write(&store, async |unit| {
        endpoint_latency::put(unit, &row(("e", "a"), (MINUTE_MS, 0))).await?;
        endpoint_latency::put(unit, &more).await
    })
    .await;
    let found = endpoint_latency::of_variant(&store, &FIRST_HOUR).await;
    assert_eq!(found.unwrap(), [(0, more.calls)]);
}

async fn hours_of_several_endpoints_are_read_at_once(database: &Database) {
    let store = database.open().await;
    write(&store, async |unit| {
        for endpoint in ["e", "f", "g"] {
            endpoint_latency::put(unit, &row((endpoint, "a"), (HOUR_MS, HOUR_MS))).await?;
            endpoint_latency::put(unit, &row((endpoint, "a"), (HOUR_MS, 0))).await?;
            endpoint_latency::put(unit, &row((endpoint, "a"), (MINUTE_MS, HOUR_MS))).await?;
        }
        Ok::<_, StoreError>(())
    })
    .await;
    let found = endpoint_latency::hours_of(&store, &["e", "g"], ("r", HOUR_MS)).await;
    assert_eq!(found.unwrap().len(), 2);
    let none = endpoint_latency::hours_of(&store, &[], ("r", 0)).await;
    assert!(none.unwrap().is_empty());
}

async fn old_minutes_go_and_hours_stay(database: &Database) {
    let store = database.open().await;
    let deleted = write(&store, async |unit| {
        endpoint_latency::put(unit, &row(("e", "a"), (MINUTE_MS, 0))).await?;
        endpoint_latency::put(unit, &row(("e", "a"), (MINUTE_MS, MINUTE_MS))).await?;
        endpoint_latency::put(unit, &row(("e", "a"), (HOUR_MS, 0))).await?;
        endpoint_latency::delete_before(unit, (MINUTE_MS, MINUTE_MS)).await
    })
    .await;
    assert_eq!(deleted, 1);
    let minutes = endpoint_latency::of_variant(&store, &FIRST_HOUR).await;
    assert_eq!(minutes.unwrap().len(), 1);
    let hours = endpoint_latency::hours_of(&store, &["e"], ("r", 0)).await;
    assert_eq!(hours.unwrap().len(), 1);
}
