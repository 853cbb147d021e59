//! A short run of each fuzz target with a fixed seed: every kept input, then
//! mutations of them. `cargo xtask fuzz TARGET --seconds N` runs longer.

use std::path::Path;
use std::time::Duration;

use crate::harness::session::{Limits, Session};
use crate::harness::targets::TARGETS;

/// The count ends a run on a machine that is not busy, so that it tries the
/// same inputs each time; the time keeps the test short on one that is.
const LIMITS: Limits = Limits {
    inputs: 3_000,
    duration: Duration::from_secs(2),
    time_per_input: Duration::from_secs(10),
    memory_bytes: None,
};

#[track_caller]
fn check(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(name);
    let mut session = Session::open(*target, &corpus, 1).unwrap();
    if let Some((finding, input)) = session.run(&LIMITS, |_| {}) {
        panic!("{finding}\non {:?}", String::from_utf8_lossy(&input));
    }
    assert!(
        session.n_inputs > 20,
        "only {} inputs were tried",
        session.n_inputs
    );
}

#[test]
fn csv_survives_any_bytes() {
    check("csv");
}

#[test]
fn json_survives_any_bytes() {
    check("json");
}

#[test]
fn json_lines_survive_any_bytes() {
    check("json_lines");
}

#[test]
fn captures_survive_any_bytes() {
    check("capture");
}

#[test]
fn json_by_expressions_survives_any_bytes() {
    check("record_columns");
}

#[test]
fn parquet_survives_any_bytes() {
    check("parquet");
}

#[test]
fn models_survive_any_bytes() {
    check("model");
}

#[test]
fn archives_of_models_survive_any_bytes() {
    check("model_archive");
}

#[test]
fn summary_states_survive_any_bytes() {
    check("summary_state");
}

#[test]
fn statistics_survive_any_bytes() {
    check("statistics");
}

#[test]
fn constraints_survive_any_bytes() {
    check("constraints");
}

#[test]
fn every_target_is_tried_here() {
    let tests = include_str!("fuzzing.rs");
    for target in TARGETS {
        assert!(
            tests.contains(&format!("check(\"{}\");", target.name)),
            "{}",
            target.name
        );
    }
}
