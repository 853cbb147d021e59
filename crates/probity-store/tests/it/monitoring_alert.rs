//! Alerts: written, changed, listed by subject and name, deleted with their subject.

use probity_store::StoreError;
use probity_store::monitoring_alert::{self, Acknowledged, Alert, AlertKey, ListAlerts};
use probity_store::resource::Inserted;

use crate::database::{Database, on_both, write};

on_both!(
    an_alert_reads_back_as_it_was_written,
    a_change_keeps_identity_and_creation,
    pages_go_by_subject_and_name,
    a_subject_takes_its_alerts_with_it,
    alerts_of_many_subjects_are_read_at_once,
    alerts_of_a_status_are_read_at_once,
);

fn alert(subject: &str, name: &str) -> Alert {
    Alert {
        region: "eu-west-1".to_owned(),
        subject: subject.to_owned(),
        name: name.to_owned(),
        created_ms: 5,
        modified_ms: 5,
        since_ms: 5,
        status: "OK".to_owned(),
        datapoints_to_alert: 1,
        evaluation_period: 1,
        reason: String::new(),
        acknowledged: None,
    }
}

async fn an_alert_reads_back_as_it_was_written(database: &Database) {
    let store = database.open().await;
    let alert = Alert {
        acknowledged: Some(Acknowledged {
            by: "ann".to_owned(),
            at_ms: 7,
            why: "known".to_owned(),
        }),
        ..alert("monitoring-schedule/s", "Default")
    };
    let twice = write(&store, async |unit| {
        let first = monitoring_alert::insert(unit, &alert).await?;
        Ok::<_, StoreError>((first, monitoring_alert::insert(unit, &alert).await?))
    })
    .await;
    assert_eq!(twice, (Inserted::Yes, Inserted::Exists));
    let read = monitoring_alert::get(&store, alert.key()).await.unwrap();
    assert_eq!(read, Some(alert.clone()));
    let elsewhere = AlertKey {
        region: "us-east-1",
        ..alert.key()
    };
    assert_eq!(
        monitoring_alert::get(&store, elsewhere).await.unwrap(),
        None
    );
}

async fn a_change_keeps_identity_and_creation(database: &Database) {
    let store = database.open().await;
    let before = alert("monitoring-schedule/s", "Default");
    let changed = Alert {
        created_ms: 99,
        modified_ms: 9,
        since_ms: 8,
        status: "InAlert".to_owned(),
        datapoints_to_alert: 2,
        evaluation_period: 3,
        reason: "3 violations".to_owned(),
        ..before.clone()
    };
    write(&store, async |unit| {
        monitoring_alert::insert(unit, &before).await?;
        let locked = monitoring_alert::lock(unit, before.key()).await?;
        assert_eq!(locked, Some(before.clone()));
        monitoring_alert::replace(unit, &changed).await
    })
    .await;
    let read = monitoring_alert::get(&store, before.key()).await.unwrap();
    let expected = Alert {
        created_ms: 5,
        ..changed
    };
    assert_eq!(read, Some(expected));
    assert_eq!(monitoring_alert::count(&store, "InAlert").await.unwrap(), 1);
    assert_eq!(monitoring_alert::count(&store, "OK").await.unwrap(), 0);
    let of_state = async |name| {
        let found = monitoring_alert::of_state(&store, name, "InAlert").await;
        found.unwrap().len()
    };
    assert_eq!(
        (of_state("Default").await, of_state("Heartbeat").await),
        (1, 0)
    );
}

async fn pages_go_by_subject_and_name(database: &Database) {
    let store = database.open().await;
    let places = [
        ("monitoring-schedule/b", "Heartbeat"),
        ("monitoring-schedule/b", "Default"),
        ("monitoring-schedule/a", "Default"),
        ("endpoint/e", "CaptureStopped"),
    ];
    write(&store, async |unit| {
        for (subject, name) in places {
            monitoring_alert::insert(unit, &alert(subject, name)).await?;
        }
        Ok::<_, StoreError>(())
    })
    .await;
    let mut wanted = ListAlerts {
        region: "eu-west-1".to_owned(),
        limit: 1,
        ..ListAlerts::default()
    };
    let mut found = Vec::new();
    loop {
        let page = monitoring_alert::list(&store, &wanted).await.unwrap();
        found.extend(page.items.into_iter().map(|one| (one.subject, one.name)));
        match page.next {
            Some(next) => wanted.after = Some(next),
            None => break,
        }
    }
    let mut expected = places.map(|(subject, name)| (subject.to_owned(), name.to_owned()));
    expected.sort();
    assert_eq!(found, expected);

    let of_one = ListAlerts {
        subject: Some("monitoring-schedule/b".to_owned()),
        after: None,
        limit: 10,
        ..wanted
    };
    let page = monitoring_alert::list(&store, &of_one).await.unwrap();
    assert_eq!(page.items.len(), 2);
    let none = ListAlerts {
        status: Some("InAlert".to_owned()),
        ..of_one
    };
    let page = monitoring_alert::list(&store, &none).await.unwrap();
    assert!(page.items.is_empty());
}

async fn a_subject_takes_its_alerts_with_it(database: &Database) {
    let store = database.open().await;
    let deleted = write(&store, async |unit| {
        for name in ["Default", "Heartbeat"] {
            monitoring_alert::insert(unit, &alert("monitoring-schedule/a", name)).await?;
        }
        monitoring_alert::insert(unit, &alert("monitoring-schedule/b", "Default")).await?;
        monitoring_alert::delete_of(unit, "eu-west-1", "monitoring-schedule/a").await
    })
    .await;
    assert_eq!(deleted.len(), 2);
    let left = alert("monitoring-schedule/b", "Default");
    assert_eq!(monitoring_alert::count(&store, "OK").await.unwrap(), 1);
    assert!(
        monitoring_alert::get(&store, left.key())
            .await
            .unwrap()
            .is_some()
    );
}

async fn alerts_of_many_subjects_are_read_at_once(database: &Database) {
    let store = database.open().await;
    write(&store, async |unit| {
        for subject in [
            "monitoring-schedule/a",
            "monitoring-schedule/b",
            "endpoint/a",
        ] {
            monitoring_alert::insert(unit, &alert(subject, "Default")).await?;
        }
        monitoring_alert::insert(unit, &alert("monitoring-schedule/a", "Heartbeat")).await
    })
    .await;
    let subjects: Vec<String> = (0..900)
        .map(|n| format!("monitoring-schedule/{n}"))
        .chain(["monitoring-schedule/a".to_owned(), "endpoint/a".to_owned()])
        .collect();
    let found = monitoring_alert::of_subjects(&store, "eu-west-1", &subjects)
        .await
        .unwrap();
    let found: Vec<_> = found
        .iter()
        .map(|a| (a.subject.as_str(), a.name.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ("endpoint/a", "Default"),
            ("monitoring-schedule/a", "Default"),
            ("monitoring-schedule/a", "Heartbeat"),
        ]
    );
}

async fn alerts_of_a_status_are_read_at_once(database: &Database) {
    let store = database.open().await;
    let in_alert = |subject: &str, name: &str| Alert {
        status: "InAlert".to_owned(),
        ..alert(subject, name)
    };
    let elsewhere = Alert {
        region: "us-east-1".to_owned(),
        ..in_alert("endpoint/z", "CaptureStopped")
    };
    write(&store, async |unit| {
        for alert in [
            alert("monitoring-schedule/s", "Default"),
            in_alert("monitoring-schedule/s", "Heartbeat"),
            in_alert("endpoint/e", "CaptureStopped"),
            elsewhere,
        ] {
            monitoring_alert::insert(unit, &alert).await?;
        }
        Ok::<_, StoreError>(())
    })
    .await;
    let found = monitoring_alert::of_status(&store, "eu-west-1", "InAlert")
        .await
        .unwrap();
    let names: Vec<&str> = found.iter().map(|alert| alert.name.as_str()).collect();
    assert_eq!(names, ["CaptureStopped", "Heartbeat"]);
}
