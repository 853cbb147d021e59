//! A short run of the fuzz target with a fixed seed: every kept input, then changes of them.
//! `cargo xtask fuzz wire --seconds N` runs longer.

use std::path::Path;
use std::time::Duration;

use crate::harness::session::{Limits, Session};
use crate::harness::targets::TARGETS;

const LIMITS: Limits = Limits {
    inputs: 3_000,
    duration: Duration::from_secs(10),
    time_per_input: Duration::from_secs(10),
    memory_bytes: None,
};

#[test]
fn requests_survive_any_bytes() {
    let target = TARGETS[0];
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target.name);
    let mut session = Session::open(target, &corpus, 1).unwrap();
    if let Some((finding, input)) = session.run(&LIMITS, |_| {}) {
        panic!("{finding}\non {:?}", String::from_utf8_lossy(&input));
    }
    assert!(
        session.n_inputs > 20,
        "only {} inputs were tried",
        session.n_inputs
    );
}
