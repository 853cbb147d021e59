//! Labels merged with what was captured, as users upload them: in time, late, twice, and broken.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use probity_data::Window;
use probity_data::captures::BatchFormat;
use probity_data::ground_truth::{
    Captured, FoundIds, Gained, LateLabels, LeftWaiting, MergeReport, MergeRequest, Waiting,
    file_id, late, merge,
};
use probity_data::location::Environment;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

const HOUR_MS: i64 = 3_600_000;
/// 2022-04-18T10:00:00Z
const TEN_MS: i64 = 1_650_276_000_000;
const TEN: Window = Window {
    start_ms: TEN_MS,
    end_ms: TEN_MS + HOUR_MS,
};

struct Bucket {
    home: tempfile::TempDir,
    environment: Environment,
    written: u64,
}

impl Bucket {
    fn new() -> Bucket {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("bucket")).unwrap();
        Bucket {
            environment: Environment::default().with_buckets(home.path().to_owned()),
            home,
            written: 0,
        }
    }

    fn path(&self, key: &str) -> PathBuf {
        self.home.path().join("bucket").join(key)
    }

    /// Each object is an hour newer than the one before.
    fn put(&mut self, key: &str, content: impl AsRef<[u8]>) {
        let path = self.path(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content.as_ref()).unwrap();
        self.written += 1;
        let written = SystemTime::UNIX_EPOCH + Duration::from_hours(450_000 + self.written);
        let file = std::fs::File::options().write(true).open(path).unwrap();
        file.set_modified(written).unwrap();
    }

    /// Events of an endpoint at ten; each is an id, and an inference id or none.
    fn capture(&mut self, events: &[(&str, Option<&str>)]) {
        let lines: String = events.iter().map(|(id, given)| event(id, *given)).collect();
        let name = self.written;
        self.put(
            &format!("live/e/AllTraffic/2022/04/18/10/{name}.jsonl"),
            &lines,
        );
    }

    /// Labels uploaded in an hour of that day.
    fn label(&mut self, hour: u32, labels: &[(&str, &str)]) {
        let lines: String = labels.iter().map(|(id, data)| label(id, data)).collect();
        let name = self.written;
        self.put(&format!("truth/2022/04/18/{hour:02}/{name}.jsonl"), &lines);
    }

    fn merge(&self, request: &MergeRequest) -> MergeReport {
        block_on(merge(request, &self.environment)).unwrap()
    }

    /// The lines of the merged files.
    fn merged(&self, report: &MergeReport) -> Vec<String> {
        let read = |uri: &String| {
            let key = uri.strip_prefix("s3://bucket/").unwrap();
            std::fs::read_to_string(self.path(key)).unwrap()
        };
        let texts: Vec<String> = report.files.iter().map(read).collect();
        texts
            .iter()
            .flat_map(|text| text.lines())
            .map(str::to_owned)
            .collect()
    }

    /// The ids of the merged events and their labels.
    fn pairs(&self, report: &MergeReport) -> Vec<(String, String)> {
        let pair = |line: &String| {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            (
                text(&value["eventMetadata"]["eventId"]),
                text(&value["groundTruthData"]["data"]),
            )
        };
        self.merged(report).iter().map(pair).collect()
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.build().unwrap().block_on(future)
}

fn event(id: &str, inference_id: Option<&str>) -> String {
    let given = inference_id.map_or_else(String::new, |id| format!(",\"inferenceId\":\"{id}\""));
    format!(
        "{{\"captureData\":{{\"endpointInput\":{{\"observedContentType\":\"text/csv\",\"mode\":\"INPUT\",\"data\":\"1,2\",\"encoding\":\"CSV\"}},\"endpointOutput\":{{\"observedContentType\":\"text/csv\",\"mode\":\"OUTPUT\",\"data\":\"0.5\",\"encoding\":\"CSV\"}}}},\"eventMetadata\":{{\"eventId\":\"{id}\"{given},\"inferenceTime\":\"2022-04-18T10:20:30Z\"}},\"eventVersion\":\"0\"}}\n"
    )
}

fn label(id: &str, data: &str) -> String {
    format!(
        "{{\"groundTruthData\":{{\"data\":\"{data}\",\"encoding\":\"CSV\"}},\"eventMetadata\":{{\"eventId\":\"{id}\"}},\"eventVersion\":\"0\"}}\n"
    )
}

fn request() -> MergeRequest {
    MergeRequest {
        captured: Captured::Endpoint {
            destination: "s3://bucket/live".to_owned(),
            endpoint: "e".to_owned(),
        },
        window: TEN,
        ground_truth: "s3://bucket/truth".to_owned(),
        due_ms: TEN.end_ms,
        now_ms: TEN.end_ms,
        output: "s3://bucket/out/merge".to_owned(),
        file_id: file_id(&["schedule", "10"]),
        earlier_waiting: vec![],
    }
}

fn counts(report: &MergeReport) -> [u64; 4] {
    [
        report.captured(),
        report.matched,
        report.unmatched,
        report.orphan,
    ]
}

#[test]
fn labels_meet_their_events_by_the_callers_id_or_the_events_own() {
    let mut bucket = Bucket::new();
    bucket.capture(&[("a", None), ("b", Some("7")), ("c", None)]);
    bucket.label(10, &[("a", "1"), ("7", "0"), ("b", "9"), ("x", "1")]);
    let report = bucket.merge(&request());
    let pair = |id: &str, label: &str| (id.to_owned(), label.to_owned());
    assert_eq!(bucket.pairs(&report), [pair("a", "1"), pair("b", "0")]);
    // `b` has an inference id, so its own is none for labels.
    assert_eq!(counts(&report), [3, 2, 1, 2]);
    let name = "s3://bucket/out/merge/e/AllTraffic/2022/04/18/10/part-00000-";
    assert!(report.files[0].starts_with(name) && report.files[0].ends_with(".c000.jsonl"));
}

#[test]
fn a_merged_file_reads_as_merged_captures() {
    let mut bucket = Bucket::new();
    bucket.capture(&[("a", Some("7"))]);
    bucket.label(10, &[("7", "1")]);
    let report = bucket.merge(&request());
    assert_eq!(
        bucket.merged(&report),
        [
            r#"{"eventVersion":"0","groundTruthData":{"data":"1","encoding":"CSV"},"captureData":{"endpointInput":{"data":"1,2","encoding":"CSV","mode":"INPUT","observedContentType":"text/csv"},"endpointOutput":{"data":"0.5","encoding":"CSV","mode":"OUTPUT","observedContentType":"text/csv"}},"eventMetadata":{"eventId":"a","inferenceId":"7","inferenceTime":"2022-04-18T10:20:30Z"}}"#
        ]
    );
    let text = bucket.merged(&report).join("\n");
    crate::reading::check(
        &[("a.jsonl", &text)],
        crate::reading::options(),
        "_c0|_c1|_c2|groundTruth",
        &["0.5|1|2|1"],
    );
}

#[test]
fn the_label_that_was_uploaded_last_counts() {
    let mut bucket = Bucket::new();
    bucket.capture(&[("a", None), ("b", None)]);
    bucket.label(11, &[("a", "later hour, first upload")]);
    bucket.label(10, &[("a", "corrected"), ("b", "same"), ("b", "same")]);
    let request = MergeRequest {
        now_ms: TEN.end_ms + HOUR_MS,
        ..request()
    };
    let report = bucket.merge(&request);
    assert_eq!(bucket.pairs(&report)[0].1, "corrected");
    assert_eq!(
        (report.conflicting, report.duplicate, report.late),
        (1, 1, 1)
    );
    assert!(
        report
            .notes()
            .iter()
            .any(|note| note.contains("contradict"))
    );
}

#[test]
fn an_event_that_was_captured_twice_is_merged_once() {
    let mut bucket = Bucket::new();
    bucket.capture(&[("a", None), ("a", None)]);
    bucket.label(10, &[("a", "1")]);
    let report = bucket.merge(&request());
    assert_eq!((report.matched, report.events.duplicates), (1, 1));
    assert_eq!(bucket.merged(&report).len(), 1);
}

#[test]
fn only_events_of_the_window_are_merged() {
    let mut bucket = Bucket::new();
    let later = event("b", None).replace("T10:20:30Z", "T11:00:00Z");
    bucket.put(
        "live/e/AllTraffic/2022/04/18/10/x.jsonl",
        &(event("a", None) + &later),
    );
    bucket.label(10, &[("a", "1"), ("b", "1")]);
    let report = bucket.merge(&request());
    assert_eq!((report.matched, report.events.outside_window), (1, 1));
}

#[test]
fn labels_of_an_earlier_window_are_no_orphans() {
    let mut bucket = Bucket::new();
    bucket.capture(&[("a", None)]);
    let earlier = MergeRequest {
        file_id: file_id(&["schedule", "earlier"]),
        ..request()
    };
    let left = bucket.merge(&earlier);
    assert_eq!(counts(&left), [1, 0, 1, 0]);
    // The same labels come while the next window is current.
    bucket.label(11, &[("a", "1"), ("nobody", "1")]);
    let next = MergeRequest {
        window: Window {
            start_ms: TEN.end_ms,
            end_ms: TEN.end_ms + HOUR_MS,
        },
        due_ms: TEN.end_ms + HOUR_MS,
        now_ms: TEN.end_ms + HOUR_MS,
        earlier_waiting: vec![left.waiting.uri.clone(), "s3://bucket/gone.ids".to_owned()],
        file_id: file_id(&["schedule", "11"]),
        ..request()
    };
    assert_eq!(bucket.merge(&next).orphan, 1);
}

/// As they are kept: the first half of the SHA-256 of each.
fn ids_of(ids: &[&str]) -> FoundIds {
    let hash = |id: &&str| {
        let digest = Sha256::digest(id.as_bytes());
        u128::from_be_bytes(digest[..16].try_into().unwrap())
    };
    ids.iter().map(hash).collect()
}

#[test]
fn late_labels_are_told_for_the_windows_that_wait_for_them_and_merged_again() {
    let mut bucket = Bucket::new();
    bucket.capture(&[("a", None), ("b", None), ("c", None)]);
    bucket.label(10, &[("a", "1")]);
    let first = bucket.merge(&request());
    assert_eq!(counts(&first), [3, 1, 2, 0]);
    let asked = |hours: i64| LateLabels {
        ground_truth: "s3://bucket/truth".to_owned(),
        waiting: vec![Waiting {
            key: "execution".to_owned(),
            window: TEN,
            left: LeftWaiting::from_json(&first.to_json()).unwrap(),
        }],
        found: BTreeMap::new(),
        now_ms: TEN.end_ms + hours * HOUR_MS,
    };
    let ask = |bucket: &Bucket, hours| {
        let found = block_on(late(&asked(hours), &bucket.environment));
        found.unwrap().gained
    };
    // The label that was there is read again, since it may be as new, but does not count again.
    assert_eq!(ask(&bucket, 6), []);
    bucket.label(15, &[("b", "0"), ("x", "1"), ("a", "1")]);
    // Not yet uploaded at half past two.
    assert_eq!(ask(&bucket, 3), []);
    let gained = Gained {
        key: "execution".to_owned(),
        ids: ids_of(&["b"]),
        waiting: 2,
    };
    assert_eq!(ask(&bucket, 6), std::slice::from_ref(&gained));
    // What was looked through is not read again, and what was found stays found.
    let mut later = asked(6);
    later.waiting[0].left.labels_seen_ms = i64::MAX;
    let found = |request: &LateLabels| block_on(late(request, &bucket.environment)).unwrap();
    assert_eq!(found(&later).gained, []);
    later.found = [("execution".to_owned(), ids_of(&["b"]))].into();
    assert_eq!(found(&later).gained, [gained]);
    let again = MergeRequest {
        now_ms: TEN.end_ms + 6 * HOUR_MS,
        ..request()
    };
    let second = bucket.merge(&again);
    assert_eq!(counts(&second), [3, 2, 1, 0]);
    assert_eq!((second.late, second.duplicate), (1, 1));
    assert_eq!(second.files, first.files);
    assert_eq!(bucket.merged(&second).len(), 2);
    let left = block_on(late(
        &LateLabels {
            waiting: vec![Waiting {
                key: "execution".to_owned(),
                window: TEN,
                left: second.waiting,
            }],
            ..asked(6)
        },
        &bucket.environment,
    ));
    assert_eq!(left.unwrap().gained, []);
}

#[test]
fn everything_goes_on_after_broken_labels_and_events() {
    let mut bucket = Bucket::new();
    bucket.capture(&[("a", None)]);
    bucket.put(
        "live/e/AllTraffic/2022/04/18/10/broken.jsonl",
        format!("{{torn\n{{\"eventVersion\":\"0\"}}\n{}", event("b", None)),
    );
    let long = "9".repeat(5 << 20);
    bucket.put(
        "truth/2022/04/18/10/broken.jsonl",
        format!(
            "nonsense\n{{}}\n{}{long}\n{}",
            label("b", "1"),
            label("a", "1")
        ),
    );
    let torn = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x03";
    bucket.put("truth/2022/04/18/10/damaged.jsonl.gz", torn);
    let report = bucket.merge(&request());
    assert_eq!(counts(&report), [2, 2, 0, 0]);
    assert_eq!(
        (report.events.skipped_total(), report.labels.labels),
        (2, 2)
    );
    let skipped: Vec<(&str, u64)> = report.labels.skipped.clone().into_iter().collect();
    assert_eq!(
        skipped,
        [
            ("file whose compression is damaged", 1),
            ("record that is not valid JSON", 1),
            ("record that is too long", 1),
            ("record without `groundTruthData`", 1),
        ]
    );
    let lines = report.lines();
    assert!(lines[0].starts_with("2 captured events between 2022-04-18T10:00:00Z and"));
}

/// The layout of batch transform jobs: a manifest of outputs that carry ids.
#[test]
fn records_of_batch_transform_jobs_are_merged_without_their_reserved_members() {
    let mut bucket = Bucket::new();
    bucket.put(
        "batch/output/2022/04/18/10/m.json",
        r#"[{"prefix": "s3://bucket/transformed/"}, "a.jsonl.out", "gone.out"]"#,
    );
    let record = |id: &str| {
        format!(
            "{{\"SageMakerInferenceId\":\"{id}\",\"SageMakerInferenceTime\":\"2022-04-18T10:00:29Z\",\"SageMakerOutput\":{{\"score\":0.5}},\"features\":[29,2]}}\n"
        )
    };
    bucket.put(
        "transformed/a.jsonl.out",
        &(record("8918") + &record("8919")),
    );
    bucket.put(
        "truth/2022/04/18/10/x.jsonl",
        "{\"groundTruthData\":{\"data\":\"{\\\"label\\\": 1}\",\"encoding\":\"JSON\"},\"eventMetadata\":{\"eventId\":\"8918\"},\"eventVersion\":\"0\"}\n",
    );
    let request = MergeRequest {
        captured: Captured::Batch {
            destination: "s3://bucket/batch".to_owned(),
            schedule: "nightly".to_owned(),
            format: BatchFormat::JsonLines,
        },
        ..request()
    };
    let report = bucket.merge(&request);
    assert_eq!(counts(&report), [2, 1, 1, 0]);
    let name = "s3://bucket/out/merge/nightly/2022/04/18/10/part-00000-";
    assert!(report.files[0].starts_with(name), "{:?}", report.files);
    assert_eq!(
        bucket.merged(&report),
        [
            r#"{"eventMetadata":{"eventId":"8918"},"eventVersion":"0","groundTruthData":{"data":"{\"label\": 1}","encoding":"JSON"},"captureData":{"batchTransformOutput":{"data":"{\"SageMakerOutput\":{\"score\":0.5},\"features\":[29,2]}","encoding":"JSON"}}}"#
        ]
    );
    assert!(report.notes().iter().any(|note| note.contains("gone.out")));
}

#[test]
fn nothing_captured_and_no_labels_is_no_error() {
    let bucket = Bucket::new();
    let report = bucket.merge(&request());
    assert_eq!(counts(&report), [0, 0, 0, 0]);
    assert!(report.files.is_empty());
}

/// What a merge should find, said by loops.
fn naive(
    events: &[(u8, Option<u8>)],
    uploads: &[Vec<(u8, u8)>],
) -> (Vec<(String, String)>, [u64; 4]) {
    let mut labels: HashMap<u8, u8> = HashMap::new();
    for (id, data) in uploads.iter().flatten() {
        labels.insert(*id, *data);
    }
    let mut seen = Vec::new();
    let (mut pairs, mut ids) = (Vec::new(), Vec::new());
    for (id, given) in events {
        if seen.contains(id) {
            continue;
        }
        seen.push(*id);
        let join = given.unwrap_or(*id);
        ids.push(join);
        if let Some(data) = labels.get(&join) {
            pairs.push((id.to_string(), data.to_string()));
        }
    }
    let orphans = labels.keys().filter(|id| !ids.contains(id)).count() as u64;
    let (captured, matched) = (seen.len() as u64, pairs.len() as u64);
    (pairs, [captured, matched, captured - matched, orphans])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn a_merge_is_the_join_that_loops_make(
        events in proptest::collection::vec((0..12_u8, proptest::option::of(0..12_u8)), 0..20),
        uploads in proptest::collection::vec(proptest::collection::vec((0..16_u8, 0..3_u8), 1..8), 0..4),
    ) {
        let mut bucket = Bucket::new();
        let mut lines = String::new();
        for (id, given) in &events {
            let given = given.map(|given| given.to_string());
            lines.push_str(&event(&id.to_string(), given.as_deref()));
        }
        bucket.put("live/e/AllTraffic/2022/04/18/10/a.jsonl", &(lines + "\n"));
        for (number, upload) in uploads.iter().enumerate() {
            let mut lines = String::new();
            for (id, data) in upload {
                write!(lines, "{}", label(&id.to_string(), &data.to_string())).unwrap();
            }
            // Names fall while times rise: it is the time that counts.
            bucket.put(&format!("truth/2022/04/18/10/{}.jsonl", 9 - number), &lines);
        }
        let report = bucket.merge(&request());
        let (pairs, expected) = naive(&events, &uploads);
        prop_assert_eq!(bucket.pairs(&report), pairs);
        prop_assert_eq!(counts(&report), expected);
    }
}

#[test]
fn names_of_files_are_those_of_their_merge() {
    let names: BTreeMap<String, ()> = [&["a", "bc"][..], &["ab", "c"], &["a", "b", "c"]]
        .iter()
        .map(|parts| (file_id(parts), ()))
        .collect();
    assert_eq!(names.len(), 3);
    assert_eq!(file_id(&["a"]), file_id(&["a"]));
    let lengths: Vec<usize> = file_id(&["a"]).split('-').map(str::len).collect();
    assert_eq!(lengths, [8, 4, 4, 4, 12]);
}
