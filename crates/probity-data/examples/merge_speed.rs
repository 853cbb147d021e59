//! How long a window takes: `merge_speed [EVENTS]` writes that many captured events and labels into a temporary
//! folder, reads the window, and merges it. For numbers in commits; nothing runs it by itself.

#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use futures::TryStreamExt;
use probity_data::ground_truth::{Captured, MergeRequest, file_id, merge};
use probity_data::location::{Environment, find_files};
use probity_data::{Format, ReadOptions, Window};

const TEN_MS: i64 = 1_650_276_000_000;
const HOUR_MS: i64 = 3_600_000;
const EVENTS_PER_FILE: usize = 50_000;

fn main() -> Result<(), Box<dyn Error>> {
    let events = std::env::args()
        .nth(1)
        .map_or(Ok(1_000_000), |text| text.parse())?;
    let home = tempfile::tempdir()?;
    write(home.path(), events)?;
    let environment = Environment::default().with_buckets(home.path().to_owned());
    let runtime = tokio::runtime::Builder::new_multi_thread().build()?;
    runtime.block_on(async {
        let window = Window {
            start_ms: TEN_MS,
            end_ms: TEN_MS + HOUR_MS,
        };
        let plain = ReadOptions {
            format: Some(Format::Capture),
            ..ReadOptions::default()
        };
        let monitoring = ReadOptions::monitoring(Format::Capture, window);
        for (name, options) in [("plain", plain), ("monitoring", monitoring)] {
            let started = Instant::now();
            let rows = read(&options, &environment).await?;
            println!("{name}: {rows} rows in {:.2?}", started.elapsed());
        }
        let started = Instant::now();
        let request = MergeRequest {
            captured: Captured::Endpoint {
                destination: "s3://bucket/live".to_owned(),
                endpoint: "e".to_owned(),
            },
            window,
            ground_truth: "s3://bucket/truth".to_owned(),
            due_ms: window.end_ms,
            now_ms: window.end_ms,
            output: "s3://bucket/out/merge".to_owned(),
            file_id: file_id(&["speed"]),
            earlier_waiting: vec![],
        };
        let report = merge(&request, &environment).await?;
        println!("merge: {:.2?}", started.elapsed());
        report.lines().iter().for_each(|line| println!("  {line}"));
        let peak = std::fs::read_to_string("/proc/self/status")?;
        let peak = peak.lines().find(|line| line.starts_with("VmHWM"));
        println!("{}", peak.unwrap_or_default());
        Ok(())
    })
}

/// The rows, one partition after the other.
async fn read(options: &ReadOptions, environment: &Environment) -> Result<usize, Box<dyn Error>> {
    let files = find_files("s3://bucket/live/e/AllTraffic/2022/04/18/10/", environment).await?;
    let dataset = probity_data::open(files, options.clone()).await?;
    let mut partitions = dataset.partitions();
    let mut rows = 0;
    while let Some(partition) = partitions.try_next().await? {
        let mut batches = partition.stream(None)?;
        while let Some(batch) = batches.try_next().await? {
            rows += batch.num_rows();
        }
    }
    Ok(rows)
}

fn write(home: &Path, events: usize) -> Result<(), Box<dyn Error>> {
    let captures = home.join("bucket/live/e/AllTraffic/2022/04/18/10");
    let truth = home.join("bucket/truth/2022/04/18/10");
    std::fs::create_dir_all(&captures)?;
    std::fs::create_dir_all(&truth)?;
    let features = vec!["12.5"; 30].join(",");
    for first in (0..events).step_by(EVENTS_PER_FILE) {
        let (mut lines, mut labels) = (String::new(), String::new());
        for id in first..events.min(first + EVENTS_PER_FILE) {
            let minute = id % 60;
            writeln!(
                lines,
                "{{\"captureData\":{{\"endpointInput\":{{\"observedContentType\":\"text/csv\",\"mode\":\"INPUT\",\"data\":\"{features}\",\"encoding\":\"CSV\"}},\"endpointOutput\":{{\"observedContentType\":\"text/csv; charset=utf-8\",\"mode\":\"OUTPUT\",\"data\":\"0.036397725343704224\",\"encoding\":\"CSV\"}}}},\"eventMetadata\":{{\"eventId\":\"f04a8538-696c-4648-8064-{id:012}\",\"inferenceTime\":\"2022-04-18T10:{minute:02}:48Z\"}},\"eventVersion\":\"0\"}}"
            )?;
            writeln!(
                labels,
                "{{\"groundTruthData\":{{\"data\":\"1\",\"encoding\":\"CSV\"}},\"eventMetadata\":{{\"eventId\":\"f04a8538-696c-4648-8064-{id:012}\"}},\"eventVersion\":\"0\"}}"
            )?;
        }
        std::fs::write(captures.join(format!("{first}.jsonl")), lines)?;
        std::fs::write(truth.join(format!("{first}.jsonl")), labels)?;
    }
    Ok(())
}
