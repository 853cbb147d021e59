//! ONNX files that are cut, changed at random, or wrong in a known way: an error, and no panic.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Float32Array, RecordBatch};
use probity_data::model::Predict;
use probity_data::model::onnx::{OnnxModel, ReadOnnx};

use crate::harness::random::Random;

/// Small models that have all kinds of attributes between them.
const MODELS: [&str; 6] = [
    "boosting_two",
    "columns_logistic",
    "network_two",
    "ridge_double",
    "vectors_three",
    "xgboost_two",
];

const MUTATIONS_PER_MODEL: usize = 150;

fn bytes_of(name: &str) -> Vec<u8> {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden/onnx");
    std::fs::read(folder.join(format!("{name}.onnx"))).unwrap()
}

/// Asks a model that could be read for as many columns as it says, so that its nodes run.
fn try_to_predict(model: &OnnxModel) {
    drop((model.as_trees(), model.as_linear()));
    let names = model
        .feature_names()
        .unwrap_or_else(|| vec!["a".to_owned()]);
    if names.len() > 100 {
        return;
    }
    let values: ArrayRef = Arc::new(Float32Array::from(vec![0.5, f32::NAN, -3.0]));
    let columns = names
        .iter()
        .map(|name| (name.as_str(), Arc::clone(&values)));
    if let Ok(records) = RecordBatch::try_from_iter(columns) {
        drop(futures::executor::block_on(model.predict(&records)));
    }
}

#[test]
fn a_file_that_was_cut_is_refused() {
    for name in MODELS {
        let bytes = bytes_of(name);
        for end in (0..bytes.len()).step_by(1 + bytes.len() / 100) {
            let read = OnnxModel::read(&bytes[..end]);
            // The versions of operators come last: one of two may be cut off unseen.
            let has_graph = bytes.len() - end < 30;
            assert!(
                read.is_err() || has_graph,
                "{name} cut after {end} bytes was read"
            );
        }
    }
}

#[test]
fn a_file_that_was_changed_at_random_never_panics() {
    let mut random = Random::new(7);
    let mut n_read = 0;
    for name in MODELS {
        let bytes = bytes_of(name);
        for _ in 0..MUTATIONS_PER_MODEL {
            let mut changed = bytes.clone();
            for _ in 0..=random.below(3) {
                let place = random.below(changed.len());
                changed[place] = random.byte();
            }
            if let Ok(model) = OnnxModel::read(&changed) {
                try_to_predict(&model);
                n_read += 1;
            }
        }
    }
    assert!(
        n_read > 50,
        "only {n_read} changed files were read: nothing was run"
    );
}

#[test]
fn what_is_no_model_is_refused() {
    for bytes in [
        &b""[..],
        b"\0",
        b"not a model",
        b"{\"learner\": {}}",
        &[0xff; 64],
    ] {
        assert!(OnnxModel::read(bytes).is_err(), "{bytes:?}");
    }
    assert!(matches!(OnnxModel::read(b""), Err(ReadOnnx::NoGraph)));
}
