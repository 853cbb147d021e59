//! Milliseconds of model quality on 1,000,000 rows in batches of 8,192: reading the rows, and
//! every metric, curve, interval and standard deviation from them.
//!
//! `cargo bench -p probity-metrics --bench quality`. Time is the thread's own where the
//! system tells it (Linux), so that a busy machine does not show in the figures.
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::sync::Arc;
use std::time::Instant;

use arrow::array::{Array, ArrayRef, Float64Array, Int64Array, StringArray};
use probity_domain::document::model_quality_statistics::ProblemType;
use probity_metrics::quality::{ModelQuality, QualityBatch, QualitySettings};

const N_ROWS: u64 = 1_000_000;
const BATCH: usize = 8_192;
const N_RUNS: u32 = 5;

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

/// Columns of one problem.
struct Case {
    name: &'static str,
    problem_type: ProblemType,
    label: ArrayRef,
    prediction: Option<ArrayRef>,
    probability: Option<ArrayRef>,
}

fn texts(column: &dyn Fn(u64) -> String) -> ArrayRef {
    Arc::new(
        (0..N_ROWS)
            .map(|i| Some(column(i)))
            .collect::<StringArray>(),
    )
}

fn doubles(column: &dyn Fn(u64) -> f64) -> ArrayRef {
    Arc::new(
        (0..N_ROWS)
            .map(|i| Some(column(i)))
            .collect::<Float64Array>(),
    )
}

fn cases() -> Vec<Case> {
    let label = |i: u64| i64::from(uniform(i + 1_000_000_000) < uniform(i));
    let class = |i: u64| random(i) % 10;
    let guess = |i: u64| {
        if random(i + 7).is_multiple_of(3) {
            random(i + 9) % 10
        } else {
            class(i)
        }
    };
    let mut cases = Vec::new();
    for (name, is_text) in [("binary, numbers", false), ("binary, texts", true)] {
        cases.push(Case {
            name,
            problem_type: ProblemType::BinaryClassification,
            label: if is_text {
                texts(&|i| label(i).to_string())
            } else {
                Arc::new((0..N_ROWS).map(|i| Some(label(i))).collect::<Int64Array>())
            },
            prediction: None,
            probability: Some(if is_text {
                texts(&|i| uniform(i).to_string())
            } else {
                doubles(&uniform)
            }),
        });
    }
    cases.push(Case {
        name: "multiclass, texts",
        problem_type: ProblemType::MulticlassClassification,
        label: texts(&|i| format!("class {}", class(i))),
        prediction: Some(texts(&|i| format!("class {}", guess(i)))),
        probability: None,
    });
    cases.push(Case {
        name: "regression, numbers",
        problem_type: ProblemType::Regression,
        label: doubles(&|i| 10.0 * uniform(i) + uniform(i + 5)),
        prediction: Some(doubles(&|i| 10.0 * uniform(i))),
        probability: None,
    });
    cases
}

/// Milliseconds that this thread has run, or that have passed since `start`.
fn elapsed(start: Instant) -> f64 {
    let on_cpu = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let on_cpu = on_cpu.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    on_cpu.unwrap_or_else(|| start.elapsed().as_nanos() as f64) / 1e6
}

/// Mean milliseconds of the rows and of the metrics.
fn measure(case: &Case) -> (f64, f64) {
    let (mut of_rows, mut of_metrics) = (0.0, 0.0);
    for _ in 0..N_RUNS {
        let start = Instant::now();
        let before = elapsed(start);
        let mut quality = ModelQuality::new(&QualitySettings::new(case.problem_type, 1));
        for first in (0..case.label.len()).step_by(BATCH) {
            let length = BATCH.min(case.label.len() - first);
            let slice = |column: &ArrayRef| column.slice(first, length);
            let prediction = case.prediction.as_ref().map(slice);
            let probability = case.probability.as_ref().map(slice);
            quality
                .update(&QualityBatch {
                    label: &slice(&case.label),
                    prediction: prediction.as_deref(),
                    probability: probability.as_deref(),
                })
                .unwrap();
        }
        let read = elapsed(start);
        let findings = quality.findings().unwrap();
        assert_eq!(findings.facts.rows.n_used, N_ROWS);
        of_rows += read - before;
        of_metrics += elapsed(start) - read;
    }
    (of_rows / f64::from(N_RUNS), of_metrics / f64::from(N_RUNS))
}

fn main() {
    for case in cases() {
        let (rows, metrics) = measure(&case);
        println!(
            "{:<22} rows {rows:7.1} ms, metrics {metrics:7.1} ms",
            case.name
        );
    }
}
