//! The documents as their readers meet them: as bytes.
#![expect(
    clippy::float_cmp,
    clippy::panic,
    clippy::unwrap_used,
    reason = "numbers are read, not computed; a test that can't read its file has failed"
)]

mod analysis_config;
mod clarify;
mod config_validation;
mod explanations;
mod governance_policy;
mod lenient_reading;
mod model_card;
mod model_quality;
mod numbers;
mod old_files;
mod streaming;

/// A file under `golden/document`.
pub(crate) fn golden(path: &str) -> Vec<u8> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../golden/document/");
    std::fs::read(format!("{root}{path}")).unwrap()
}

/// What a document's writer writes.
pub(crate) fn written(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}
