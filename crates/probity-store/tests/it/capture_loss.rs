//! Lost captures: added up by hour and reason.

use probity_store::StoreError;
use probity_store::capture_loss::{self, Loss, LossesOf};

use crate::database::{Database, on_both, write};

on_both!(losses_add_up_by_hour_and_reason);

fn loss(endpoint: &str, hour_ms: i64, reason: &str, lost: i64) -> Loss {
    Loss {
        region: "eu-west-1".to_owned(),
        endpoint: endpoint.to_owned(),
        variant: "AllTraffic".to_owned(),
        hour_ms,
        reason: reason.to_owned(),
        lost,
    }
}

async fn losses_add_up_by_hour_and_reason(database: &Database) {
    let store = database.open().await;
    let losses = [
        loss("e", 0, "disk-full", 3),
        loss("e", 0, "disk-full", 4),
        loss("e", 0, "limit", 1),
        loss("e", 3_600_000, "limit", 10),
        loss("other", 0, "limit", 100),
    ];
    write(&store, async |unit| {
        for one in &losses {
            capture_loss::add(unit, one).await?;
        }
        Ok::<_, StoreError>(())
    })
    .await;
    let of = |to_ms| LossesOf {
        region: "eu-west-1",
        endpoint: "e",
        from_ms: 0,
        to_ms,
    };
    let first_hour = capture_loss::list(&store, &of(3_600_000)).await.unwrap();
    assert_eq!(
        first_hour,
        [loss("e", 0, "disk-full", 7), loss("e", 0, "limit", 1)]
    );
    assert_eq!(
        capture_loss::total(&store, &of(3_600_000)).await.unwrap(),
        8
    );
    assert_eq!(
        capture_loss::total(&store, &of(i64::MAX)).await.unwrap(),
        18
    );
}
