//! The pages that list operations say what the table says.

use std::path::Path;

#[track_caller]
fn check(name: &str, expected: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference");
    let kept = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
    assert!(
        kept == expected,
        "`docs/reference/{name}` is stale: run `cargo xtask coverage`"
    );
}

#[test]
fn the_page_is_not_stale() {
    check("coverage.md", &probity_server::coverage_page());
}

#[test]
fn the_list_is_not_stale() {
    check("coverage.json", &probity_server::coverage_json());
}

#[test]
fn the_page_of_metrics_is_not_stale() {
    check("metrics.md", &probity_server::metrics_page());
}

#[test]
fn the_page_of_our_own_operations_is_not_stale() {
    check(
        "probity-operations.md",
        &probity_server::own_operations_page(),
    );
}
