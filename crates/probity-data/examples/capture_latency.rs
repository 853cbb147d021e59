//! How long the capture log holds an answer up: records per second, and the waits at p50, p99 and
//! p99.9, with several writers. `cargo run --release -p probity-data --example capture_latency`.
#![expect(clippy::print_stdout, reason = "the figures are what it is run for")]

use std::time::{Duration, Instant};

use probity_data::capture::{
    Body, CaptureKey, CaptureLog, CaptureOptions, CapturePlan, CaptureSync, Exchange, NewNames,
    Redaction,
};
use probity_data::location::Environment;
use probity_domain::document::capture_record::{CaptureContentTypes, CaptureMode};

const RECORDS: usize = 200_000;
/// Each fsync is waited for.
const RECORDS_ALWAYS: usize = 5_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    println!("| sync | writers | pause | records/s | p50 | p99 | p99.9 | most |");
    println!("|---|--:|--:|--:|--:|--:|--:|--:|");
    for (sync, name) in [
        (CaptureSync::Off, "off"),
        (CaptureSync::Interval, "interval"),
        (CaptureSync::Always, "always"),
    ] {
        for (writers, pause) in [(1, 0), (8, 0), (8, 1)] {
            runtime.block_on(measure((sync, name), writers, Duration::from_millis(pause)))?;
        }
    }
    Ok(())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a share of the positions of a list"
)]
/// `pause` is what a writer waits between two records, as a server that is not flooded does.
async fn measure(
    (sync, name): (CaptureSync, &str),
    writers: usize,
    pause: Duration,
) -> Result<(), Box<dyn std::error::Error>> {
    let home = tempfile::tempdir_in(".")?;
    let counter = std::sync::atomic::AtomicU64::new(0);
    let names = NewNames::new(move || {
        let number = counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        format!("{number:036}")
    });
    let options = CaptureOptions {
        sync,
        ..CaptureOptions::new(names, Environment::default())
    };
    let log = CaptureLog::open(&home.path().join("capture"), options)?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn({
        let log = log.clone();
        async move { log.run(async { drop(stopped.await) }).await }
    });
    let all = match (sync, pause.is_zero()) {
        (CaptureSync::Always, _) => RECORDS_ALWAYS,
        (_, true) => RECORDS,
        (_, false) => RECORDS / 10,
    };
    let started = Instant::now();
    let tasks = (0..writers).map(|_| {
        let (log, plan) = (log.clone(), plan(home.path()));
        tokio::spawn(async move {
            let mut waits = Vec::with_capacity(all / writers);
            for number in 0..all / writers {
                if !pause.is_zero() {
                    tokio::time::sleep(pause).await;
                }
                let begun = Instant::now();
                log.capture(&plan, &exchange(number)).await;
                waits.push(begun.elapsed());
                tokio::task::yield_now().await;
            }
            waits
        })
    });
    let mut waits: Vec<Duration> = futures::future::try_join_all(tasks).await?.concat();
    let rate = waits.len() as f64 / started.elapsed().as_secs_f64();
    waits.sort_unstable();
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
    println!(
        "| {name} | {writers} | {} ms | {rate:.0} | {:.0} µs | {:.0} µs | {:.0} µs | {:.0} µs |",
        pause.as_millis(),
        at(0.5),
        at(0.99),
        at(0.999),
        at(1.0),
    );
    drop(stop);
    running.await?;
    Ok(())
}

fn plan(home: &std::path::Path) -> CapturePlan {
    CapturePlan {
        key: CaptureKey {
            destination: home.join("out").display().to_string(),
            region: "us-east-1".to_owned(),
            endpoint: "loans".to_owned(),
            variant: "AllTraffic".to_owned(),
        },
        sampling_percentage: 100,
        mode: CaptureMode::InputAndOutput,
        content_types: CaptureContentTypes::sdk_default(),
        redaction: Redaction::none(),
    }
}

/// The size of a real one: twenty numbers in, one out.
fn exchange(number: usize) -> Exchange<'static> {
    const INPUT: &[u8] = b"132,10,182.9,54,0,3,0,0,0,1,36.4,52,9.0,86,0.36,51,4.1,2,182.9,1\n";
    Exchange {
        event_id: "f04a8538-696c-4648-8064-8b680b2e3318",
        inference_id: None,
        custom_attributes: None,
        at_ms: 1_650_241_308_123 + number as i64 / 1_000,
        input: Body {
            content_type: Some("text/csv"),
            data: INPUT,
        },
        output: Body {
            content_type: Some("text/csv; charset=utf-8"),
            data: b"0.036397725343704224\n",
        },
    }
}
