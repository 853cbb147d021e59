//! Captures before a job reads them, what a job says of their coverage, and when they go.

use std::time::Duration;

use probity_app::Clock;
use probity_app::retention::{self, Keep};
use probity_domain::ResourceKind;
use probity_domain::document::UtcTime;
use probity_store::audit::{self, ListEvents};
use probity_store::capture_loss::{self, Loss};
use probity_store::capture_seal;
use probity_store::capture_server::{self, CaptureServer};
use probity_store::endpoint_traffic::{self, Counts, Traffic};
use probity_store::resource::{self, Resource};
use probity_worker::sealing::{Sealed, sealed};
use serde_json::{Value, json};

use crate::world::{World, request};

const REGION: &str = "us-west-2";
const HOUR_MS: i64 = 3_600_000;
const PATIENCE: Duration = Duration::from_secs(20);

fn now_ms(world: &World) -> i64 {
    world.clock.now_ms()
}

fn server(world: &World, id: &str, sealed_to_ms: i64) -> CaptureServer {
    let now_ms = now_ms(world);
    CaptureServer {
        id: id.to_owned(),
        seen_ms: now_ms,
        alive_to_ms: now_ms,
        sealed_to_ms,
        undelivered: Vec::new(),
    }
}

async fn say(world: &World, server: &CaptureServer) {
    let mut unit = world.app.store.begin().await.unwrap();
    capture_server::put(&mut unit, server).await.unwrap();
    unit.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_server_that_captures_nobody_is_waited_for() {
    let world = World::new().await;
    let until_ms = now_ms(&world) + HOUR_MS;
    let found = sealed(&world.app, &*world.clock, until_ms, PATIENCE).await;
    assert_eq!(found.unwrap(), Sealed::Yes);
    let wanted = capture_seal::wanted_ms(&world.app.store).await.unwrap();
    assert_eq!(wanted, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_asked_once_and_waited_for() {
    let world = World::new().await;
    say(&world, &server(&world, "s", 0)).await;
    let until_ms = now_ms(&world);
    let app = world.app.clone();
    let answering = server(&world, "s", until_ms);
    let serving = tokio::spawn(async move {
        app.seals.wanted.notified().await;
        let wanted = capture_seal::wanted_ms(&app.store).await.unwrap();
        let mut unit = app.store.begin().await.unwrap();
        capture_server::put(&mut unit, &answering).await.unwrap();
        unit.commit().await.unwrap();
        app.seals.done.notify_waiters();
        wanted
    });
    let found = sealed(&world.app, &*world.clock, until_ms, PATIENCE).await;
    assert_eq!(found.unwrap(), Sealed::Yes);
    assert_eq!(serving.await.unwrap(), Some(until_ms));
    // What is there is not asked for again: nobody answers now.
    let found = sealed(&world.app, &*world.clock, until_ms - 1, PATIENCE).await;
    assert_eq!(found.unwrap(), Sealed::Yes);
    let wanted = capture_seal::wanted_ms(&world.app.store).await.unwrap();
    assert_eq!(wanted, Some(until_ms));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_server_is_named_and_not_waited_for() {
    let world = World::new().await;
    say(&world, &server(&world, "dead", 0)).await;
    world.clock.advance(Duration::from_secs(11));
    let until_ms = now_ms(&world);
    let found = sealed(
        &world.app,
        &*world.clock,
        until_ms,
        Duration::from_secs(3600),
    )
    .await;
    let said = found.unwrap().sentences();
    assert_eq!(said.len(), 1);
    assert!(
        said[0].starts_with("server `dead` was not seen since "),
        "{said:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_server_is_given_up_in_time() {
    let world = World::new().await;
    say(&world, &server(&world, "slow", 0)).await;
    let until_ms = now_ms(&world);
    let patience = Duration::from_millis(50);
    let found = sealed(&world.app, &*world.clock, until_ms, patience).await;
    let said = found.unwrap().sentences();
    assert!(said[0].contains("`slow` did not deliver"), "{said:?}");
}

/// An endpoint in service that captures into `captures`.
async fn endpoint(world: &World, name: &str) {
    let row = Resource {
        kind: ResourceKind::Endpoint,
        region: REGION.to_owned(),
        name: name.to_owned(),
        arn: format!("arn:aws:sagemaker:{REGION}:111122223333:endpoint/{name}"),
        version: 1,
        status: "InService".to_owned(),
        created_ms: 0,
        modified_ms: 0,
        created_by: "ada".to_owned(),
        modified_by: "ada".to_owned(),
        attributes: [].into(),
        body: json!({ "EndpointName": name, "InService": { "Id": "d", "Config": {
            "EndpointConfigName": name,
            "DataCaptureConfig": {
                "EnableCapture": true,
                "InitialSamplingPercentage": 100,
                "DestinationS3Uri": "s3://governance-wire-test/captures/",
                "CaptureOptions": [{ "CaptureMode": "Input" }, { "CaptureMode": "Output" }],
            },
        }}}),
    };
    let mut unit = world.app.store.begin().await.unwrap();
    resource::insert(&mut unit, &row).await.unwrap();
    unit.commit().await.unwrap();
}

fn folder(at_ms: i64) -> String {
    let at = UtcTime::from_epoch_ms(at_ms);
    format!(
        "{:04}/{:02}/{:02}/{:02}",
        at.year, at.month, at.day, at.hour
    )
}

fn record(number: i64, at_ms: i64) -> String {
    let side = |mode: &str, data: String| json!({ "observedContentType": "text/csv", "mode": mode, "data": data, "encoding": "CSV" });
    let record = json!({
        "captureData": {
            "endpointInput": side("INPUT", format!("{number},{}\n", number % 3)),
            "endpointOutput": side("OUTPUT", "0.5\n".to_owned()),
        },
        "eventMetadata": {
            "eventId": format!("event-{number}"),
            "inferenceTime": UtcTime::from_epoch_ms(at_ms).to_string(),
        },
        "eventVersion": "0",
    });
    format!("{record}\n")
}

async fn count(world: &World, hour_ms: i64, (answered, captured, lost): (i64, i64, i64)) {
    let mut unit = world.app.store.begin().await.unwrap();
    let traffic = Traffic {
        region: REGION.to_owned(),
        endpoint: "loans".to_owned(),
        variant: "v".to_owned(),
        hour_ms,
        counts: Counts {
            answered,
            failed: 0,
            captured,
        },
    };
    endpoint_traffic::add(&mut unit, &traffic).await.unwrap();
    let loss = Loss {
        region: REGION.to_owned(),
        endpoint: "loans".to_owned(),
        variant: "v".to_owned(),
        hour_ms,
        reason: "limit".to_owned(),
        lost,
    };
    capture_loss::add(&mut unit, &loss).await.unwrap();
    unit.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_over_captures_says_what_was_lost_of_them() {
    let world = World::new().await;
    endpoint(&world, "loans").await;
    let hour_ms = now_ms(&world) - now_ms(&world) % HOUR_MS - 2 * HOUR_MS;
    let lines: String = (0..40).map(|number| record(number, hour_ms)).collect();
    let place = format!("captures/loans/v/{}", folder(hour_ms));
    world.put(&format!("{place}/00-00-000-x.jsonl"), lines);
    count(&world, hour_ms, (50, 40, 10)).await;
    // Of another hour, which is not read.
    count(&world, hour_ms - HOUR_MS, (1000, 500, 500)).await;
    let mut body = request("CreateProcessingJob-data-quality-baseline.json");
    body["ProcessingJobName"] = "over-captures".into();
    body["ProcessingInputs"][0]["S3Input"]["S3Uri"] =
        format!("s3://governance-wire-test/{place}").into();
    body["Environment"]["dataset_format"] = json!({
        "sagemakerCaptureJson": { "captureIndexNames": ["endpointInput", "endpointOutput"] }
    })
    .to_string()
    .into();
    world.processing_job(body).await;
    let worker = world.start("w");
    let job = world.ended("over-captures").await;
    assert_eq!(job["ProcessingJobStatus"], "Completed", "{job}");
    worker.stop().await;
    let notes = &world.json("dq/baseline/probity.json")["dataset"]["notes"];
    let notes: Vec<&str> = notes
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let said = notes.join("\n");
    assert!(said.contains("answered 50 invocations"), "{said}");
    assert!(said.contains("captured 40 of them"), "{said}");
    assert!(
        said.contains("10 because more than --capture-max-bytes"),
        "{said}"
    );
    let log = world
        .log("/aws/sagemaker/ProcessingJobs", "over-captures")
        .await;
    assert!(
        log.iter()
            .any(|line| line.starts_with("Coverage: endpoint `loans`")),
        "{log:?}"
    );
    let report = world.read("dq/baseline/report.html");
    assert!(report.contains("captured 40 of them"));
}

#[tokio::test(flavor = "multi_thread")]
async fn captures_that_are_too_old_go_and_nothing_else() {
    let world = World::new().await;
    endpoint(&world, "loans").await;
    let now_ms = now_ms(&world);
    let (old, young) = (folder(now_ms - 50 * HOUR_MS), folder(now_ms - 20 * HOUR_MS));
    let kept = [
        format!("captures/loans/v/{young}/00-00-000-a.jsonl"),
        format!("captures/loans/v/{old}/notes.txt"),
        format!("captures/loans/v/{old}/deeper/x.jsonl"),
        "captures/loans/v/models/2001/x.jsonl".to_owned(),
        format!("captures/stranger/v/{old}/00-00-000-a.jsonl"),
        format!("captures/{old}/00-00-000-a.jsonl"),
    ];
    let gone = [
        format!("captures/loans/v/{old}/00-00-000-a.jsonl"),
        format!("captures/loans/w/{old}/00-00-000-b.jsonl"),
    ];
    for key in kept.iter().chain(&gone) {
        world.put(key, "12345\n");
    }
    count(&world, now_ms - 50 * HOUR_MS, (1, 1, 0)).await;
    let keep = Keep {
        captures_ms: Some(48 * HOUR_MS),
        results_ms: None,
        metric_points_ms: Some(48 * HOUR_MS),
    };
    retention::begin(&world.app, &keep).await.unwrap();
    let worker = world.start("w");
    let events = deletions(&world, 2).await;
    worker.stop().await;
    for key in &kept {
        assert!(world.object(key).exists(), "{key} is gone");
    }
    for key in &gone {
        assert!(!world.object(key).exists(), "{key} is still there");
    }
    let of_captures = &events["probity:DeleteExpiredCaptures"]["deleted"];
    assert_eq!(of_captures["Objects"], 2);
    assert_eq!(of_captures["Bytes"], 12);
    let of_rows = &events["probity:DeleteExpiredMetricPoints"]["deleted"];
    assert_eq!(of_rows["HoursOfCalls"], 1);
    let used = retention::disk_use(&world.app).await.unwrap();
    assert_eq!(used.len(), 1);
    assert_eq!((used[0].endpoint.as_str(), used[0].objects), ("loans", 4));
    assert_eq!(
        audit::verify(&world.app.store).await.unwrap().broken_at,
        None
    );
}

/// Waits for so many events of deletions; by their action.
async fn deletions(world: &World, n: usize) -> Value {
    let mut found = serde_json::Map::new();
    for _ in 0..500 {
        let wanted = ListEvents {
            limit: 100,
            ..ListEvents::default()
        };
        for event in audit::list(&world.app.store, &wanted).await.unwrap() {
            let event = event.event;
            if event.action.starts_with("probity:DeleteExpired") {
                found.insert(event.action, event.change);
            }
        }
        if found.len() >= n {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(found.len(), n, "{found:?}");
    Value::Object(found)
}
