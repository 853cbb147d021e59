//! The server on a port, as its clients meet it.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests end a test as the test itself would"
)]

mod card_pages;
mod client;
mod connections;
mod coverage;
mod denied;
mod feature_pages;
mod fuzzing;
#[path = "../../examples/fuzz_wire/harness/mod.rs"]
mod harness;
mod live;
mod monitor_pages;
mod page_access;
mod page_addresses;
mod page_regions;
mod pages;
mod services;
mod signatures;
mod threshold_pages;
mod tls;
