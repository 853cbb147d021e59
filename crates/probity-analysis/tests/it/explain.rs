//! Explanations end to end, of a model in this process: values against their definition, runs
//! that are interrupted, and models that answer badly.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::Float64Type;
use probity_analysis::explain::{
    BaselineChoice, ExplainDocuments, ExplainError, ExplainRequest, PdpFeatures, PdpSettings,
    Quantity, ShapSettings, Step, Watch, explain,
};
use probity_analysis::{Model, SaysLabels};
use probity_data::model::{AskModel, Predict, Predictions};
use probity_domain::document::analysis_config::AggregationMethod;
use probity_domain::document::explanation_file::{AttributionMethod, ModelFacts};
use probity_domain::document::probity_file::DatasetFacts;

/// Two outputs, neither additive: `x·y + z` and `sin x − [city = "b"]·y`.
fn outputs(x: f64, y: f64, z: f64, city: &str) -> [f64; 2] {
    let b = if city == "b" { 1.0 } else { 0.0 };
    [x * y + z, x.sin() - b * y]
}

#[derive(Debug, Default)]
struct Formula {
    calls: AtomicUsize,
    records: AtomicUsize,
    /// Calls after which it is gone.
    dies_after: Option<usize>,
    /// Answers NaN for records with this city.
    silent_for: Option<&'static str>,
}

#[async_trait]
impl Predict for Formula {
    async fn predict(&self, records: &RecordBatch) -> Result<Predictions, AskModel> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        if self.dies_after.is_some_and(|last| call >= last) {
            return Err(AskModel::Failed {
                reason: "it is gone".to_owned(),
            });
        }
        self.records
            .fetch_add(records.num_rows(), Ordering::Relaxed);
        let number = |name: &str, row: usize| {
            let column = records.column_by_name(name).unwrap();
            column.as_primitive::<Float64Type>().value(row)
        };
        let cities = records.column_by_name("city").unwrap();
        let cities = cities.as_string::<i32>();
        let mut scores = Vec::new();
        for row in 0..records.num_rows() {
            let city = if cities.is_null(row) {
                ""
            } else {
                cities.value(row)
            };
            let said = outputs(number("x", row), number("y", row), number("z", row), city);
            match self.silent_for {
                Some(silent) if silent == city => scores.extend([f64::NAN, 0.0]),
                _ => scores.extend(said),
            }
        }
        Ok(Predictions {
            scores,
            n_outputs: 2,
            ..Predictions::default()
        })
    }
}

fn table(n: usize, shift: f64) -> RecordBatch {
    let column = |scale: f64| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(
            (0..n).map(|row| (row as f64 * scale + shift).sin() * 3.0),
        ))
    };
    let cities: Vec<&str> = (0..n)
        .map(|row| ["a", "b", "c"][(row * 7 + 1) % 3])
        .collect();
    let columns: [(&str, ArrayRef); 4] = [
        ("x", column(1.3)),
        ("y", column(0.7)),
        ("z", column(2.9)),
        ("city", Arc::new(StringArray::from(cities))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn request(model: Arc<Formula>, n: usize) -> ExplainRequest {
    let rows = table(n, 0.0);
    ExplainRequest {
        model: Model {
            asked: model,
            opened: None,
            facts: ModelFacts {
                location: "formula".to_owned(),
                kind: "formula".to_owned(),
                sha256: None,
                summary: "two outputs".to_owned(),
            },
            concurrency: 3,
            records_at_once: 1 << 12,
            says_labels: SaysLabels::AsScores,
        },
        dataset: DatasetFacts {
            sources: vec!["table".to_owned()],
            format: "csv".to_owned(),
            rows: n as u64,
            files: 1,
            partitions: 1,
            notes: Vec::new(),
        },
        rows,
        join: None,
        label_headers: Some(vec!["product".to_owned(), "wave".to_owned()]),
        shap: Some(ShapSettings {
            baseline: BaselineChoice::Given(table(5, 0.4)),
            n_samples: None,
            aggregation: AggregationMethod::MeanAbsolute,
            quantity: Quantity::Reported,
            features: None,
            groups: BTreeMap::new(),
            shown_rows: vec![2],
            save_local_values: true,
            save_interactions: false,
        }),
        pdp: None,
        hidden: BTreeSet::new(),
        seed: 11,
        threads: NonZeroUsize::MIN,
        checkpoint: None,
    }
}

fn explained(request: &ExplainRequest) -> Result<ExplainDocuments, ExplainError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    runtime.block_on(explain(request, Watch::new(&|_| {})))
}

/// A row as the formula takes it.
fn row_of(table: &RecordBatch, row: usize) -> ([f64; 3], String) {
    let number = |column: usize| {
        table
            .column(column)
            .as_primitive::<Float64Type>()
            .value(row)
    };
    let city = table.column(3).as_string::<i32>().value(row).to_owned();
    ([number(0), number(1), number(2)], city)
}

/// Mean output over the baseline where the players in `present` (bits) have the row's values;
/// `players` says which columns each of them has.
fn value_of(
    (rows, row): (&RecordBatch, usize),
    baseline: &RecordBatch,
    (players, present): (&[&[usize]], usize),
    output: usize,
) -> f64 {
    let own = row_of(rows, row);
    let fixed = |column: usize| !players.iter().any(|columns| columns.contains(&column));
    let is_own = |column: usize| {
        let mut playing = players.iter().enumerate();
        fixed(column)
            || playing.any(|(at, columns)| present >> at & 1 == 1 && columns.contains(&column))
    };
    let n = baseline.num_rows();
    let total: f64 = (0..n)
        .map(|other| {
            let (numbers, city) = row_of(baseline, other);
            let number = |column: usize| {
                if is_own(column) {
                    own.0[column]
                } else {
                    numbers[column]
                }
            };
            let city = if is_own(3) { &own.1 } else { &city };
            outputs(number(0), number(1), number(2), city)[output]
        })
        .sum();
    total / n as f64
}

/// From the definition, over all coalitions.
fn shapley(
    at: (&RecordBatch, usize),
    baseline: &RecordBatch,
    players: &[&[usize]],
    output: usize,
) -> Vec<f64> {
    let m = players.len();
    let factorial = |n: usize| (1..=n).map(|k| k as f64).product::<f64>();
    let value = |present: usize| value_of(at, baseline, (players, present), output);
    (0..m)
        .map(|player| {
            (0..1 << m)
                .filter(|present| present >> player & 1 == 0)
                .map(|present: usize| {
                    let size = present.count_ones() as usize;
                    let weight = factorial(size) * factorial(m - size - 1) / factorial(m);
                    weight * (value(present | 1 << player) - value(present))
                })
                .sum()
        })
        .collect()
}

#[track_caller]
fn check_values(request: &ExplainRequest, players: &[&[usize]]) {
    let documents = explained(request).unwrap();
    let found = documents.attributions.as_ref().unwrap();
    assert_eq!(found.method, AttributionMethod::KernelEnumerated);
    assert!(found.largest_additivity_error < 1e-12);
    let baseline = table(5, 0.4);
    for row in 0..request.rows.num_rows() {
        for output in 0..2 {
            let expected = shapley((&request.rows, row), &baseline, players, output);
            let start = output * players.len();
            let values = &found.row(row)[start..start + players.len()];
            for (value, expected) in values.iter().zip(&expected) {
                assert!(
                    (value - expected).abs() < 1e-9,
                    "row {row}: {values:?} {expected:?}"
                );
            }
        }
    }
}

#[test]
fn enumerated_values_are_those_of_the_definition() {
    check_values(&request(Arc::default(), 20), &[&[0], &[1], &[2], &[3]]);
}

#[test]
fn groups_play_together_and_other_columns_keep_the_rows_values() {
    let mut grouped = request(Arc::default(), 10);
    grouped.shap.as_mut().unwrap().groups = BTreeMap::from([("both".to_owned(), vec![1, 3])]);
    check_values(&grouped, &[&[0], &[1, 3], &[2]]);
    let mut chosen = request(Arc::default(), 10);
    chosen.shap.as_mut().unwrap().features = Some(vec![1, 3]);
    check_values(&chosen, &[&[1], &[3]]);
}

#[test]
fn documents_say_what_was_found() {
    let request = request(Arc::default(), 30);
    let documents = explained(&request).unwrap();
    let (label, global) = &documents.explanations.kernel_shap[1];
    assert_eq!(label, "wave");
    let found = documents.attributions.as_ref().unwrap();
    for (player, (_, value)) in global.global_shap_values.iter().enumerate() {
        let mean = (0..30)
            .map(|row| found.row(row)[4 + player].abs())
            .sum::<f64>()
            / 30.0;
        assert!((value - mean).abs() < 1e-12);
    }
    let facts = documents.probity.attributions.as_ref().unwrap();
    assert_eq!(facts.rows.len(), 2);
    let waterfall = &facts.rows[0];
    let sum: f64 = waterfall
        .features
        .iter()
        .map(|feature| feature.attribution)
        .sum();
    assert!((waterfall.expected_value + sum - waterfall.output).abs() < 1e-12);
    assert_eq!(waterfall.features[3].value.as_deref(), Some("a"));
    assert_eq!(facts.n_baseline_rows, Some(5));
    assert_eq!(facts.labels[0].features[0].sample.len(), 30);
}

#[test]
fn hidden_columns_show_no_value_anywhere() {
    let mut request = request(Arc::default(), 12);
    request.hidden = BTreeSet::from(["city".to_owned()]);
    request.pdp = Some(PdpSettings {
        grid_resolution: 4,
        features: PdpFeatures::Named(vec![0, 3]),
    });
    let documents = explained(&request).unwrap();
    let facts = documents.probity.attributions.as_ref().unwrap();
    assert!(facts.rows.iter().all(|row| row.features[3].value.is_none()));
    let city = &facts.labels[0].features[3];
    assert!(city.sample.iter().all(|point| point.text.is_none()));
    let dependence: Vec<&str> = documents
        .probity
        .partial_dependence
        .iter()
        .map(|curve| curve.feature.as_str())
        .collect();
    assert_eq!(dependence, ["x"]);
}

#[test]
fn partial_dependence_is_the_mean_over_all_rows() {
    let mut request = request(Arc::default(), 25);
    request.shap = None;
    request.pdp = Some(PdpSettings {
        grid_resolution: 5,
        features: PdpFeatures::Named(vec![1, 3]),
    });
    let documents = explained(&request).unwrap();
    let curves = &documents.probity.partial_dependence;
    assert_eq!(curves[1].data_type, "categorical");
    for (point, mean) in curves[0].points.iter().zip(&curves[0].labels[0].means) {
        let y = point.number.unwrap();
        let total: f64 = (0..25)
            .map(|row| {
                let (numbers, city) = row_of(&request.rows, row);
                outputs(numbers[0], y, numbers[2], &city)[0]
            })
            .sum();
        assert!((mean.mean - total / 25.0).abs() < 1e-12);
    }
}

#[test]
fn many_threads_and_batches_give_the_same_bytes() {
    let mut values: Vec<Vec<u64>> = Vec::new();
    for concurrency in [1, 7] {
        let mut request = request(Arc::default(), 300);
        request.model.concurrency = concurrency;
        request.shap.as_mut().unwrap().n_samples = Some(10);
        let documents = explained(&request).unwrap();
        let found = documents.attributions.unwrap();
        values.push(found.values.iter().map(|value| value.to_bits()).collect());
    }
    assert_eq!(values[0], values[1]);
}

/// Large enough for several rounds of questions.
const MANY: usize = 60_000;

fn interrupted(path: &Path, model: &Arc<Formula>) -> ExplainRequest {
    let mut request = request(Arc::clone(model), MANY);
    request.checkpoint = Some(PathBuf::from(path));
    request
}

#[test]
fn an_interrupted_run_goes_on_where_it_was() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(".unfinished");
    let dying = Arc::new(Formula {
        dies_after: Some(40),
        ..Formula::default()
    });
    let error = explained(&interrupted(&path, &dying)).unwrap_err();
    assert!(
        matches!(error, ExplainError::Stopped { n_kept: 1.., .. }),
        "{error}"
    );
    let model = Arc::new(Formula::default());
    let resumed = explained(&interrupted(&path, &model)).unwrap();
    let whole = Arc::new(Formula::default());
    let expected = explained(&request(Arc::clone(&whole), MANY)).unwrap();
    let (found, expected) = (
        resumed.attributions.unwrap(),
        expected.attributions.unwrap(),
    );
    assert!(found.n_resumed > 0);
    assert_eq!(found.values, expected.values);
    let asked = |model: &Formula| model.records.load(Ordering::Relaxed);
    assert!(
        asked(&model) < asked(&whole),
        "{} {}",
        asked(&model),
        asked(&whole)
    );
}

#[test]
fn another_run_does_not_take_what_is_left() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(".unfinished");
    let mut first = request(Arc::default(), 50);
    first.checkpoint = Some(path.clone());
    explained(&first).unwrap();
    let mut second = request(Arc::default(), 50);
    second.rows = table(50, 0.9);
    second.checkpoint = Some(path);
    let documents = explained(&second).unwrap();
    assert_eq!(documents.attributions.unwrap().n_resumed, 0);
}

#[test]
fn progress_ends_at_all_rows() {
    let last = std::sync::Mutex::new(Vec::new());
    let request = request(Arc::default(), 40);
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    let told = |step: Step| last.lock().unwrap().push(step);
    runtime
        .block_on(explain(&request, Watch::new(&told)))
        .unwrap();
    let steps = last.into_inner().unwrap();
    assert_eq!(
        steps.last(),
        Some(&Step::Rows {
            done: 40,
            total: 40
        })
    );
}

#[test]
fn a_score_that_is_no_number_stops_the_run() {
    let model = Arc::new(Formula {
        silent_for: Some("b"),
        ..Formula::default()
    });
    let error = explained(&request(model, 10)).unwrap_err();
    assert!(matches!(error, ExplainError::NotFinite { .. }), "{error}");
    assert!(error.is_bad_input());
}

#[test]
fn what_does_not_fit_is_told() {
    let mut request = request(Arc::default(), 10);
    request.shap.as_mut().unwrap().shown_rows = vec![10];
    let error = explained(&request).unwrap_err().to_string();
    assert!(error.contains("rows 0 to 9"), "{error}");
    request.shap.as_mut().unwrap().shown_rows = Vec::new();
    request.shap.as_mut().unwrap().quantity = Quantity::RawScore;
    let error = explained(&request).unwrap_err().to_string();
    assert!(error.contains("no tree ensemble"), "{error}");
    request.shap.as_mut().unwrap().quantity = Quantity::LogOdds;
    let error = explained(&request).unwrap_err().to_string();
    assert!(error.contains("no probability"), "{error}");
}
