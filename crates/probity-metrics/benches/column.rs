//! Nanoseconds per value of a column summary, per kind of column.
//!
//! `cargo bench -p probity-metrics --bench column`. Several runs over 1,000,000
//! rows in batches of 8,192. Time is the thread's own where the system tells it (Linux), so
//! that a busy machine does not show in the figures.
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::sync::Arc;
use std::time::Instant;

use arrow::array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int64Array, StringArray,
    TimestampMillisecondArray,
};
use arrow::datatypes::Int32Type;
use probity_metrics::summary::{ColumnSummary, Summary};

const N_ROWS: u64 = 1_000_000;
const BATCH: usize = 8_192;
const N_RUNS: u32 = 8;

/// SplitMix64.
fn random(i: u64) -> u64 {
    let mut z = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn uniform(i: u64) -> f64 {
    (random(i) >> 11) as f64 / (1u64 << 53) as f64
}

fn texts(text: impl Fn(u64) -> String) -> ArrayRef {
    Arc::new((0..N_ROWS).map(|i| Some(text(i))).collect::<StringArray>())
}

/// With the dictionary cut to each batch's rows, as a Parquet reader of small pages gives it.
fn words(n_distinct: u64) -> ArrayRef {
    let words: DictionaryArray<Int32Type> = (0..N_ROWS)
        .map(|i| Some(format!("category {}", random(i) % n_distinct)))
        .collect::<Vec<_>>()
        .iter()
        .map(|text| text.as_deref())
        .collect();
    Arc::new(words)
}

fn columns() -> Vec<(&'static str, ArrayRef)> {
    let doubles = |f: &dyn Fn(u64) -> f64| -> ArrayRef {
        Arc::new((0..N_ROWS).map(|i| Some(f(i))).collect::<Float64Array>())
    };
    let integers = |f: &dyn Fn(u64) -> i64| -> ArrayRef {
        Arc::new((0..N_ROWS).map(|i| Some(f(i))).collect::<Int64Array>())
    };
    let holes = |i| (!random(i + 77).is_multiple_of(10)).then(|| uniform(i));
    vec![
        ("double, all distinct", doubles(&uniform)),
        ("double, skewed", doubles(&|i| -(uniform(i)).ln() * 1e3)),
        (
            "double, 10 % null",
            Arc::new((0..N_ROWS).map(holes).collect::<Float64Array>()),
        ),
        (
            "double, 1,000 distinct",
            doubles(&|i| (random(i) % 1_000) as f64 / 10.0),
        ),
        (
            "integer, 100 distinct",
            integers(&|i| (random(i) % 100) as i64),
        ),
        ("integer, rising", integers(&|i| i as i64)),
        (
            "boolean",
            Arc::new(
                (0..N_ROWS)
                    .map(|i| Some(random(i).is_multiple_of(3)))
                    .collect::<BooleanArray>(),
            ),
        ),
        (
            "timestamp, all distinct",
            Arc::new(
                (0..N_ROWS)
                    .map(|i| Some(1_700_000_000_000 + (random(i) % (1 << 36)) as i64))
                    .collect::<TimestampMillisecondArray>(),
            ),
        ),
        ("dictionary of 20", words(20)),
        ("dictionary of 1,000", words(1_000)),
        ("dictionary of 100,000", words(100_000)),
        (
            "text, 20 distinct",
            texts(|i| format!("category {}", random(i) % 20)),
        ),
        (
            "text, 100,000 distinct",
            texts(|i| format!("category {}", random(i) % 100_000)),
        ),
        (
            "text of 40 letters, distinct",
            texts(|i| format!("free text number {:023x}", random(i))),
        ),
        (
            "text of a decimal",
            texts(|i| format!("{:.2}", uniform(i) * 1e4)),
        ),
        ("text of a double", texts(|i| uniform(i).to_string())),
        (
            "text of an integer",
            texts(|i| (random(i) % 1_000).to_string()),
        ),
    ]
}

/// Nanoseconds that this thread has run, or that have passed since `start`.
fn elapsed(start: Instant) -> f64 {
    let on_cpu = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let on_cpu = on_cpu.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    on_cpu.unwrap_or_else(|| start.elapsed().as_nanos() as f64)
}

/// Mean nanoseconds per value over the runs.
fn measure(column: &dyn Array) -> f64 {
    let run = || {
        let start = Instant::now();
        let before = elapsed(start);
        let mut summary = ColumnSummary::default();
        for first in (0..column.len()).step_by(BATCH) {
            let batch = column.slice(first, BATCH.min(column.len() - first));
            summary.update(&batch).unwrap();
        }
        let elapsed = elapsed(start) - before;
        assert!(summary.n_present() > 0);
        elapsed / column.len() as f64
    };
    (0..N_RUNS).map(|_| run()).sum::<f64>() / f64::from(N_RUNS)
}

fn main() {
    let wanted = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    for (name, column) in columns() {
        if wanted
            .as_ref()
            .is_none_or(|wanted| name.contains(wanted.as_str()))
        {
            println!("{name:<32} {:6.1} ns/value", measure(&column));
        }
    }
}
