//! What the program tells of itself: pages of the reference, completions, man pages.

use std::fs;
use std::path::Path;
use std::process::Command;

#[track_caller]
fn told(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_probity"))
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn is_kept(page: &str, path: &str) {
    let place = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path);
    let kept = fs::read_to_string(place).unwrap_or_default();
    let is_same = kept == told(&["reference", page]);
    assert!(is_same, "`{path}` is stale: run `cargo xtask reference`");
}

#[test]
fn the_page_of_the_command_line_is_not_stale() {
    is_kept("cli", "docs/reference/cli.md");
}

#[test]
fn the_page_of_settings_is_not_stale() {
    is_kept("configuration", "docs/reference/configuration.md");
}

#[test]
fn bash_completes_a_command() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("probity.bash"),
        told(&["completions", "bash"]),
    )
    .unwrap();
    let asked = "source probity.bash; COMP_WORDS=(probity mon); COMP_CWORD=1; \
                 _probity probity mon probity; echo \"${COMPREPLY[@]}\"";
    let mut bash = Command::new("bash");
    let output = bash
        .args(["-c", asked])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "monitor");
}

#[test]
fn each_command_has_a_man_page() {
    let folder = tempfile::tempdir().unwrap();
    told(&["reference", "man", &folder.path().display().to_string()]);
    for (name, has) in [
        ("probity.1", "probity\\-serve(1)"),
        ("probity-serve.1", "\\-\\-database\\-url"),
        ("probity-admin-user-create.1", "\\-\\-access"),
    ] {
        let page = fs::read_to_string(folder.path().join(name)).unwrap_or_default();
        assert!(page.contains(has), "{name}: {page}");
    }
    assert!(!folder.path().join("probity-reference.1").exists());
}
