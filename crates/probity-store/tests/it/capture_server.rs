//! Capturing servers, what is asked of them, and what their endpoints answered.

use probity_store::StoreError;
use probity_store::capture_seal;
use probity_store::capture_server::{self, CaptureServer, Undelivered};
use probity_store::endpoint_traffic::{self, Counts, Traffic, TrafficOf};

use crate::database::{Database, on_both, write};

on_both!(
    a_server_says_how_far_it_has_got,
    servers_that_nobody_saw_are_forgotten,
    the_latest_wish_stays,
    calls_add_up_by_hour,
    the_last_hours_are_found,
);

fn server(id: &str, seen_ms: i64, sealed_to_ms: i64) -> CaptureServer {
    CaptureServer {
        id: id.to_owned(),
        seen_ms,
        alive_to_ms: seen_ms * 10,
        sealed_to_ms,
        undelivered: Vec::new(),
    }
}

async fn a_server_says_how_far_it_has_got(database: &Database) {
    let store = database.open().await;
    let undelivered = vec![Undelivered {
        region: "eu-west-1".to_owned(),
        endpoint: "loans".to_owned(),
        segments: 3,
        from_ms: 3_600_000,
    }];
    let late = CaptureServer {
        undelivered,
        ..server("a", 2, 50)
    };
    write(&store, async |unit| {
        capture_server::put(unit, &server("b", 1, 0)).await?;
        capture_server::put(unit, &server("a", 1, 100)).await?;
        capture_server::put(unit, &late).await
    })
    .await;
    let servers = capture_server::list(&store).await.unwrap();
    assert_eq!(servers, [late, server("b", 1, 0)]);
    write(&store, async |unit| capture_server::delete(unit, "a").await).await;
    let servers = capture_server::list(&store).await.unwrap();
    assert_eq!(servers, [server("b", 1, 0)]);
}

async fn servers_that_nobody_saw_are_forgotten(database: &Database) {
    let store = database.open().await;
    let forgotten = write(&store, async |unit| {
        capture_server::put(unit, &server("a", 9, 0)).await?;
        capture_server::put(unit, &server("b", 10, 0)).await?;
        capture_server::delete_unseen(unit, 10).await
    })
    .await;
    assert_eq!(forgotten, 1);
    let servers = capture_server::list(&store).await.unwrap();
    assert_eq!(servers, [server("b", 10, 0)]);
}

async fn the_latest_wish_stays(database: &Database) {
    let store = database.open().await;
    assert_eq!(capture_seal::wanted_ms(&store).await.unwrap(), None);
    for until_ms in [5, 9, 7] {
        capture_seal::want(&store, until_ms, 10).await.unwrap();
    }
    assert_eq!(capture_seal::wanted_ms(&store).await.unwrap(), Some(9));
    // The clock was set back.
    capture_seal::want(&store, 7, 8).await.unwrap();
    assert_eq!(capture_seal::wanted_ms(&store).await.unwrap(), Some(7));
}

fn traffic((endpoint, variant): (&str, &str), hour_ms: i64, counts: (i64, i64, i64)) -> Traffic {
    Traffic {
        region: "eu-west-1".to_owned(),
        endpoint: endpoint.to_owned(),
        variant: variant.to_owned(),
        hour_ms,
        counts: Counts {
            answered: counts.0,
            failed: counts.1,
            captured: counts.2,
        },
    }
}

fn of(from_ms: i64, to_ms: i64) -> TrafficOf<'static> {
    TrafficOf {
        region: "eu-west-1",
        endpoint: "e",
        from_ms,
        to_ms,
    }
}

const HOUR: i64 = 3_600_000;

async fn calls_add_up_by_hour(database: &Database) {
    let store = database.open().await;
    write(&store, async |unit| {
        for one in [
            traffic(("e", "a"), 0, (10, 1, 9)),
            traffic(("e", "a"), 0, (5, 0, 5)),
            traffic(("e", "b"), 0, (2, 0, 0)),
            traffic(("e", "a"), HOUR, (100, 0, 100)),
            traffic(("other", "a"), 0, (1000, 1000, 1000)),
        ] {
            endpoint_traffic::add(unit, &one).await?;
        }
        Ok::<_, StoreError>(())
    })
    .await;
    let counts = |answered, failed, captured| Counts {
        answered,
        failed,
        captured,
    };
    let hours = endpoint_traffic::hours(&store, &of(0, 2 * HOUR))
        .await
        .unwrap();
    assert_eq!(hours, [(0, counts(17, 1, 14)), (HOUR, counts(100, 0, 100))]);
    let total = endpoint_traffic::total(&store, &of(0, 2 * HOUR)).await;
    assert_eq!(total.unwrap(), Some(counts(117, 1, 114)));
    let total = endpoint_traffic::total(&store, &of(2 * HOUR, 3 * HOUR)).await;
    assert_eq!(total.unwrap(), None);
}

async fn the_last_hours_are_found(database: &Database) {
    let store = database.open().await;
    let last = || endpoint_traffic::last_hours(&store, "eu-west-1", "e");
    assert_eq!(last().await.unwrap(), (None, None));
    write(&store, async |unit| {
        endpoint_traffic::add(unit, &traffic(("e", "a"), HOUR, (1, 0, 1))).await?;
        endpoint_traffic::add(unit, &traffic(("e", "a"), 2 * HOUR, (1, 0, 0))).await?;
        endpoint_traffic::add(unit, &traffic(("e", "b"), 3 * HOUR, (0, 1, 0))).await
    })
    .await;
    assert_eq!(last().await.unwrap(), (Some(2 * HOUR), Some(HOUR)));
}
