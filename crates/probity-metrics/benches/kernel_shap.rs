//! Seconds of kernel SHAP apart from the model: 100 rows of 20 features, 2,048 coalitions, 100
//! rows of baseline; `shap.KernelExplainer` takes 2.2 to 12 CPU seconds for them.
//!
//! `cargo bench -p probity-metrics --bench kernel_shap`. Time is the thread's own where the
//! system tells it (Linux), so that a busy machine does not show in the figures.
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::sync::Arc;
use std::time::Instant;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use probity_metrics::explain::kernel::{
    Coalition, CoalitionValues, KernelDesign, MaskedBatches, Players, ScoreCollector,
    TabularMasker, mean_scores,
};

const N_ROWS: usize = 100;
const N_FEATURES: usize = 20;
const N_SAMPLES: u64 = 2048;
/// Inputs at once: their columns stay in a processor's cache.
const MOST_INPUTS: usize = 16_384;

/// SplitMix64.
fn uniform(i: u64) -> f64 {
    let mut z = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// The last `n_texts` columns are texts.
fn table(seed: u64, n_rows: usize, n_texts: usize) -> RecordBatch {
    let columns = (0..N_FEATURES).map(|column| {
        let values = (0..n_rows).map(|row| uniform(seed + (row * N_FEATURES + column) as u64));
        let values: ArrayRef = if column + n_texts < N_FEATURES {
            Arc::new(values.collect::<Float64Array>())
        } else {
            let texts = values.map(|value| Some(format!("category {}", (value * 9.0).floor())));
            Arc::new(texts.collect::<StringArray>())
        };
        (format!("feature {column}"), values)
    });
    RecordBatch::try_from_iter(columns).unwrap()
}

/// Seconds of the thread on a processor, or on the clock where the system does not tell.
fn seconds(start: Instant) -> f64 {
    let Ok(statistics) = std::fs::read_to_string("/proc/self/schedstat") else {
        return start.elapsed().as_secs_f64();
    };
    let nanoseconds = statistics.split_whitespace().next().unwrap();
    nanoseconds.parse::<f64>().unwrap() / 1e9
}

fn explain(name: &str, n_baseline: usize, n_texts: usize) {
    let rows = table(1 << 40, N_ROWS, n_texts);
    let names: Vec<String> = (0..N_FEATURES).map(|column| format!("{column}")).collect();
    let players = Players::of_columns(names.iter().map(String::as_str)).unwrap();
    let start = Instant::now();
    let mut marks = vec![seconds(start)];
    let design = KernelDesign::new(N_FEATURES, Some(N_SAMPLES), 1).unwrap();
    marks.push(seconds(start));

    let masker = TabularMasker::new(table(0, n_baseline, n_texts), players).unwrap();
    let coalitions: &[Coalition] = design.coalitions();
    let scores: Vec<f64> = (0..MOST_INPUTS as u64).map(uniform).collect();
    let mut collector = ScoreCollector::new(0..N_ROWS, coalitions.len(), 1);
    let mut masking = 0.0;
    for chunk in MaskedBatches::new(0..N_ROWS, coalitions.len(), n_baseline, MOST_INPUTS) {
        let before = seconds(start);
        let inputs = masker.masked_chunk(&rows, coalitions, &chunk).unwrap();
        masking += seconds(start) - before;
        // What a model that takes no time answers.
        let scores = &scores[..inputs.num_rows()];
        let means = mean_scores(scores, n_baseline, 1).unwrap();
        collector.add(&chunk, &means).unwrap();
    }
    marks.push(seconds(start));

    let rows: Vec<_> = std::iter::from_fn(|| collector.next_finished()).collect();
    let mut solving = 0.0;
    for row in &rows {
        let before = seconds(start);
        let values = CoalitionValues {
            empty: 0.4,
            full: 0.6,
            values: row.output(0),
        };
        let solution = design.solve(&values).unwrap();
        assert!((solution.values.iter().sum::<f64>() - 0.2).abs() < 1e-12);
        solving += seconds(start) - before;
    }
    marks.push(seconds(start));
    println!(
        "{name}: {:.3} s, of which the design {:.3}, masking {masking:.3}, solving {solving:.4}",
        marks[3] - marks[0],
        marks[1] - marks[0],
    );
}

fn main() {
    for _ in 0..3 {
        explain("100 rows of baseline, numbers", 100, 0);
    }
    explain("100 rows of baseline, 5 columns of text", 100, 5);
    explain("1 row of baseline, numbers", 1, 0);
    explain("1 row of baseline, 5 columns of text", 1, 5);
}
