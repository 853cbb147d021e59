//! The readers on files and stores, as their users meet them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests end a test as the test itself would"
)]

mod capture_log;
mod captured_columns;
mod contents;
mod format_capture;
mod format_csv;
mod format_json;
mod format_parquet;
mod format_recognition;
mod fuzzing;
mod golden_models;
#[path = "../../examples/fuzz/harness/mod.rs"]
mod harness;
mod joining;
mod location_azurite;
mod location_hard_inputs;
mod location_s3;
mod merging;
mod model_contributions;
mod model_http_faults;
mod model_http_forms;
mod model_http_protocols;
mod model_onnx;
mod model_onnx_malformed;
mod model_opening;
mod model_reading;
mod model_server;
mod monitored_captures;
mod reading;
mod record_columns;
mod s3_server;
mod serving;
