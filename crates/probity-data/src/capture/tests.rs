//! The log as its users meet it: captured, killed, restarted, out of space, delivered.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use probity_domain::document::capture_record::{CaptureContentTypes, CaptureMode};
use tempfile::TempDir;

use super::*;
use crate::location::Environment;

/// 2022-04-18T00:21:48.123Z
const AT_MS: i64 = 1_650_241_308_123;
const HOUR_MS: i64 = 3_600_000;

/// A data folder and a destination; the names of segments never repeat, also over restarts.
struct Home {
    folder: TempDir,
    names: std::sync::Arc<AtomicU64>,
}

impl Home {
    fn new() -> Home {
        Home {
            folder: tempfile::tempdir().unwrap(),
            names: std::sync::Arc::default(),
        }
    }

    fn capture(&self) -> PathBuf {
        self.folder.path().join("capture")
    }

    fn options(&self) -> CaptureOptions {
        let names = std::sync::Arc::clone(&self.names);
        let name = move || format!("name-{}", names.fetch_add(1, Ordering::Relaxed));
        CaptureOptions::new(NewNames::new(name), Environment::default())
    }

    fn open(&self) -> CaptureLog {
        CaptureLog::open(&self.capture(), self.options()).unwrap()
    }

    fn plan(&self) -> CapturePlan {
        CapturePlan {
            key: CaptureKey {
                destination: self.folder.path().join("out").display().to_string(),
                region: "eu-west-1".to_owned(),
                endpoint: "loans".to_owned(),
                variant: "AllTraffic".to_owned(),
            },
            sampling_percentage: 100,
            mode: CaptureMode::InputAndOutput,
            content_types: CaptureContentTypes::sdk_default(),
            redaction: Redaction::none(),
        }
    }

    /// Objects that were delivered, by their path below the destination.
    fn delivered(&self) -> Vec<(String, String)> {
        let out = self.folder.path().join("out");
        let mut found: Vec<(String, String)> = walkdir::WalkDir::new(&out)
            .into_iter()
            .filter_map(|entry| entry.ok().filter(|entry| entry.file_type().is_file()))
            .map(|entry| {
                let path = entry
                    .path()
                    .strip_prefix(&out)
                    .unwrap()
                    .display()
                    .to_string();
                (path, fs::read_to_string(entry.path()).unwrap())
            })
            .collect();
        found.sort();
        found
    }

    /// Event ids in what was delivered, in order of files.
    fn ids(&self) -> Vec<String> {
        let lines = self.delivered();
        let lines = lines.iter().flat_map(|(_, content)| content.lines());
        let id = |line: &str| {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            record["eventMetadata"]["eventId"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        lines.map(id).collect()
    }

    /// Files of segments that are left.
    fn left(&self) -> usize {
        let names = fs::read_dir(self.capture()).unwrap();
        names
            .filter(|entry| entry.as_ref().unwrap().file_name() != "lock")
            .count()
    }
}

fn event(id: &str) -> Exchange<'_> {
    let csv = |data: &'static str| Body {
        content_type: Some("text/csv"),
        data: data.as_bytes(),
    };
    Exchange {
        event_id: id,
        inference_id: None,
        custom_attributes: None,
        at_ms: AT_MS,
        input: csv("1,x\n"),
        output: csv("0.5\n"),
    }
}

fn expected(id: &str) -> String {
    format!(
        "{{\"captureData\":{{\"endpointInput\":{{\"observedContentType\":\"text/csv\",\"mode\":\"INPUT\",\"data\":\"1,x\\n\",\"encoding\":\"CSV\"}},\"endpointOutput\":{{\"observedContentType\":\"text/csv\",\"mode\":\"OUTPUT\",\"data\":\"0.5\\n\",\"encoding\":\"CSV\"}}}},\"eventMetadata\":{{\"eventId\":\"{id}\",\"inferenceTime\":\"2022-04-18T00:21:48Z\"}},\"eventVersion\":\"0\"}}\n"
    )
}

fn block_on<Answer>(work: impl Future<Output = Answer>) -> Answer {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

#[test]
fn a_flush_delivers_and_leaves_nothing() {
    let home = Home::new();
    block_on(async {
        let log = home.open();
        for id in ["a", "b"] {
            let captured = log.capture(&home.plan(), &event(id)).await;
            assert_eq!(captured, Captured::Kept);
        }
        assert!(home.delivered().is_empty() && log.kept_bytes() > 0);
        assert_eq!(log.flush().await, 0);
        assert_eq!((home.left(), log.kept_bytes()), (0, 0));
    });
    let place = "loans/AllTraffic/2022/04/18/00/21-48-123-name-0.jsonl";
    let records = expected("a") + &expected("b");
    assert_eq!(home.delivered(), [(place.to_owned(), records)]);
}

#[test]
fn each_hour_has_its_object() {
    let home = Home::new();
    block_on(async {
        let log = home.open();
        for (id, hours) in [("a", 0), ("b", 1), ("c", 0), ("d", 2), ("e", 0)] {
            let event = Exchange {
                at_ms: AT_MS + hours * HOUR_MS,
                ..event(id)
            };
            log.capture(&home.plan(), &event).await;
        }
        log.flush().await;
    });
    let folders: Vec<String> = home
        .delivered()
        .into_iter()
        .map(|(path, content)| format!("{} {}", &path[28..30], content.lines().count()))
        .collect();
    // The late record found its segment gone, and began another.
    assert_eq!(folders, ["00 2", "00 1", "01 1", "02 1"]);
}

#[test]
fn what_a_killed_process_left_is_delivered_once() {
    let home = Home::new();
    block_on(async {
        let log = home.open();
        for id in ["a", "b"] {
            log.capture(&home.plan(), &event(id)).await;
        }
    });
    let segment = home.capture().join("name-0.jsonl");
    let whole = fs::read(&segment).unwrap();
    let torn = &expected("c")[..100];
    fs::write(&segment, [&whole, torn.as_bytes()].concat()).unwrap();
    for _ in 0..2 {
        block_on(async { assert_eq!(home.open().flush().await, 0) });
        assert_eq!(home.ids(), ["a", "b"]);
        assert_eq!(home.left(), 0);
    }
}

/// Killed after the object was put and before the records, or their place, were removed.
#[test]
fn a_delivery_that_was_interrupted_is_not_a_second_one() {
    let home = Home::new();
    block_on(async {
        let log = home.open();
        log.capture(&home.plan(), &event("a")).await;
    });
    let object = home
        .folder
        .path()
        .join("out/loans/AllTraffic/2022/04/18/00/21-48-123-name-0.jsonl");
    fs::create_dir_all(object.parent().unwrap()).unwrap();
    fs::copy(home.capture().join("name-0.jsonl"), &object).unwrap();
    let place = fs::read(home.capture().join("name-0.json")).unwrap();
    block_on(async { home.open().flush().await });
    assert_eq!((home.ids(), home.left()), (vec!["a".to_owned()], 0));

    fs::write(home.capture().join("name-0.json"), place).unwrap();
    block_on(async { home.open().flush().await });
    assert_eq!((home.ids(), home.left()), (vec!["a".to_owned()], 0));
}

#[test]
fn a_destination_that_is_away_is_waited_for() {
    let home = Home::new();
    let out = home.folder.path().join("out");
    fs::write(&out, "a file in the way").unwrap();
    block_on(async {
        let log = home.open();
        log.capture(&home.plan(), &event("a")).await;
        assert_eq!(log.flush().await, 1);
        log.capture(&home.plan(), &event("b")).await;
        fs::remove_file(&out).unwrap();
        assert_eq!(log.flush().await, 0);
    });
    assert_eq!(home.ids(), ["a", "b"]);
}

#[test]
fn beyond_the_limit_records_are_lost_and_counted_and_then_kept_again() {
    let home = Home::new();
    let line = expected("a").len() as u64;
    block_on(async {
        let options = CaptureOptions {
            max_bytes: Some(2 * line),
            ..home.options()
        };
        let log = CaptureLog::open(&home.capture(), options).unwrap();
        let mut outcomes = Vec::new();
        for id in ["a", "b", "c", "d"] {
            outcomes.push(log.capture(&home.plan(), &event(id)).await);
        }
        let lost = Captured::Lost(LossReason::Limit);
        assert_eq!(outcomes, [Captured::Kept, Captured::Kept, lost, lost]);
        let loss = Loss {
            region: "eu-west-1".to_owned(),
            endpoint: "loans".to_owned(),
            variant: "AllTraffic".to_owned(),
            hour_ms: AT_MS - AT_MS % HOUR_MS,
            reason: LossReason::Limit,
            lost: 2,
        };
        let taken = log.take_losses();
        assert_eq!(taken, std::slice::from_ref(&loss));
        log.put_back_losses(taken);
        assert_eq!((log.take_losses(), log.take_losses()), (vec![loss], vec![]));
        log.flush().await;
        assert_eq!(log.capture(&home.plan(), &event("e")).await, Captured::Kept);
        log.flush().await;
    });
    assert_eq!(home.ids(), ["a", "b", "e"]);
}

#[test]
fn what_cannot_be_redacted_is_lost_and_counted() {
    let home = Home::new();
    let hash = KeyedHash::new(b"key");
    let mut plan = home.plan();
    block_on(async {
        let log = home.open();
        plan.redaction = Redaction::parse("7=drop", hash.clone()).unwrap();
        let lost = Captured::Lost(LossReason::Unredactable);
        assert_eq!(log.capture(&plan, &event("a")).await, lost);
        assert_eq!(log.take_losses()[0].lost, 1);
        plan.redaction = Redaction::parse("1=drop", hash).unwrap();
        assert_eq!(log.capture(&plan, &event("b")).await, Captured::Kept);
        log.flush().await;
    });
    let (_, content) = &home.delivered()[0];
    assert!(
        content.contains(r#""data":"1,\n""#) && !content.contains("1,x"),
        "{content}"
    );
}

#[test]
fn what_stands_as_base64_is_redacted_too() {
    let home = Home::new();
    let mut plan = home.plan();
    plan.content_types = CaptureContentTypes::default();
    plan.redaction = Redaction::parse("1=drop", KeyedHash::new(b"key")).unwrap();
    block_on(async {
        let log = home.open();
        assert_eq!(log.capture(&plan, &event("a")).await, Captured::Kept);
        log.flush().await;
    });
    let (_, content) = &home.delivered()[0];
    // `1,` and a line feed.
    assert!(
        content.contains(r#""data":"MSwK","encoding":"BASE64""#),
        "{content}"
    );
}

#[test]
fn only_the_sides_and_the_sample_that_are_asked_for() {
    let home = Home::new();
    let mut plan = home.plan();
    block_on(async {
        let log = home.open();
        plan.sampling_percentage = 0;
        assert_eq!(log.capture(&plan, &event("a")).await, Captured::NotSampled);
        plan.sampling_percentage = 100;
        plan.mode = CaptureMode::Output;
        log.capture(&plan, &event("b")).await;
        log.flush().await;
    });
    let (_, content) = &home.delivered()[0];
    assert!(
        content.starts_with("{\"captureData\":{\"endpointOutput\":{"),
        "{content}"
    );
    assert!(!content.contains("endpointInput") && content.lines().count() == 1);
}

#[test]
fn two_processes_cannot_capture_into_one_folder() {
    let home = Home::new();
    let log = home.open();
    let error = CaptureLog::open(&home.capture(), home.options()).unwrap_err();
    assert!(matches!(error, OpenCapture::InUse { .. }), "{error}");
    drop(log);
    home.open();
}

/// Many writers, segments of a few records that are sealed and delivered meanwhile, every way of
/// syncing: all records are there, each once.
#[test]
fn many_writers_lose_and_repeat_nothing() {
    for (sync, records) in [
        // Each waits for the disk.
        (CaptureSync::Always, 5),
        (CaptureSync::Interval, 50),
        (CaptureSync::Off, 50),
    ] {
        let home = Home::new();
        block_on(async {
            let options = CaptureOptions {
                sync,
                seal_bytes: 1_000,
                seal_after: Duration::from_millis(30),
                ..home.options()
            };
            let log = CaptureLog::open(&home.capture(), options).unwrap();
            let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
            let running = tokio::spawn({
                let log = log.clone();
                async move { log.run(async { drop(stopped.await) }).await }
            });
            let writers = (0..8).map(|writer| {
                let (log, plan) = (log.clone(), home.plan());
                tokio::spawn(async move {
                    for number in 0..records {
                        let id = format!("{writer}-{number}");
                        let captured = log.capture(&plan, &event(&id)).await;
                        assert_eq!(captured, Captured::Kept);
                    }
                })
            });
            futures::future::try_join_all(writers).await.unwrap();
            drop(stop);
            running.await.unwrap();
        });
        let ids = home.ids();
        let distinct: BTreeSet<&String> = ids.iter().collect();
        assert_eq!(
            (ids.len(), distinct.len(), home.left()),
            (8 * records, 8 * records, 0),
            "{sync:?}"
        );
        assert!(home.delivered().len() > 5);
    }
}

#[test]
fn segments_are_delivered_by_age() {
    let home = Home::new();
    block_on(async {
        let options = CaptureOptions {
            seal_after: Duration::from_millis(40),
            ..home.options()
        };
        let log = CaptureLog::open(&home.capture(), options).unwrap();
        let running = tokio::spawn({
            let log = log.clone();
            async move { log.run(std::future::pending()).await }
        });
        for round in 1..3 {
            let captured = log.capture(&home.plan(), &event("a")).await;
            assert_eq!(captured, Captured::Kept);
            while home.delivered().len() < round || log.kept_bytes() > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        running.abort();
    });
}
