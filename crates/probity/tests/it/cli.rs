//! Exit codes and messages; what a failed run leaves behind. `compat/` drives the same
//! program at length.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder with a table, a shifted copy and a baseline of the first.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        desk.write("train.csv", &table(400, 0.0));
        desk.write("shifted.csv", &table(400, 300.0));
        desk.check(
            &["baseline", "train.csv", "-o", "baseline"],
            0,
            "written to baseline",
        );
        desk
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_probity"))
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }

    /// Runs, and expects the exit code and a text on either stream.
    #[track_caller]
    fn check(&self, arguments: &[&str], code: i32, text: &str) -> String {
        let output = self.run(arguments);
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(text), "{arguments:?}: {said}");
        said
    }
}

fn table(rows: usize, shift: f64) -> String {
    let mut text = String::from("id,income,city\n");
    for row in 0..rows {
        let income = 1000.0 + (row * 7919 % 601) as f64 + shift;
        let city = ["Oslo", "Bergen"][row % 2];
        text.push_str(&format!("{row},{income:.1},{city}\n"));
    }
    text
}

fn bytes(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.display().to_string(), fs::read(path).unwrap()))
        .collect();
    all.sort();
    all
}

#[test]
fn the_exit_code_says_who_must_act() {
    let desk = Desk::new();
    let clean = ["check", "train.csv", "--baseline", "baseline"];
    desk.check(&clean, 0, "no violation by SageMaker's rules");
    let shifted = ["check", "shifted.csv", "--baseline", "baseline"];
    desk.check(&shifted, 1, "income");
    desk.check(
        &["check", "nowhere.csv", "--baseline", "baseline"],
        2,
        "nowhere.csv",
    );
    desk.check(&["check", "train.csv"], 2, "--baseline");
}

#[test]
fn a_check_names_only_what_moved() {
    let desk = Desk::new();
    let said = desk.check(
        &[
            "check",
            "shifted.csv",
            "--baseline",
            "baseline",
            "--output",
            "json",
            "-q",
        ],
        1,
        "",
    );
    let printed: serde_json::Value = serde_json::from_str(&said).unwrap();
    let named = |list: &str| {
        let found = printed[list].as_array().unwrap();
        found
            .iter()
            .map(|one| one["feature_name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(named("violations"), ["income"]);
    assert_eq!(named("corrected_violations"), ["income"]);
}

#[test]
fn a_result_never_replaces_its_own_baseline() {
    let desk = Desk::new();
    let before = bytes(&desk.path("baseline"));
    for output in ["baseline", "baseline/", "./baseline"] {
        let arguments = [
            "check",
            "shifted.csv",
            "--baseline",
            "baseline",
            "-o",
            output,
        ];
        desk.check(&arguments, 2, "is the baseline itself");
    }
    assert_eq!(bytes(&desk.path("baseline")), before);
}

#[test]
fn a_baseline_leaves_nothing_of_an_earlier_check_in_its_folder() {
    let desk = Desk::new();
    desk.check(
        &[
            "check",
            "shifted.csv",
            "--baseline",
            "baseline",
            "-o",
            "out",
        ],
        1,
        "",
    );
    assert!(desk.path("out/constraint_violations.json").exists());
    desk.check(&["baseline", "train.csv", "-o", "out"], 0, "");
    for name in [
        "constraint_violations.json",
        "baseline-summaries.bin",
        "baseline-constraints.json",
    ] {
        assert!(!desk.path("out").join(name).exists(), "{name}");
    }
}

#[test]
fn edits_are_not_lost_by_a_new_baseline() {
    let desk = Desk::new();
    let set = [
        "constraints",
        "set",
        "baseline",
        "--feature",
        "income",
        "--threshold",
        "0.9",
    ];
    desk.check(&set, 0, "comparison_threshold");
    desk.check(
        &["check", "shifted.csv", "--baseline", "baseline"],
        0,
        "no violation",
    );
    desk.check(
        &["baseline", "train.csv", "-o", "baseline"],
        2,
        "--discard-edits",
    );
    desk.check(
        &["baseline", "train.csv", "-o", "baseline", "--discard-edits"],
        0,
        "",
    );
    desk.check(
        &["check", "shifted.csv", "--baseline", "baseline"],
        1,
        "income",
    );
}

#[test]
fn data_without_rows_is_bad_input() {
    let desk = Desk::new();
    desk.write("empty.csv", "id,income,city\n");
    desk.check(
        &["check", "empty.csv", "--baseline", "baseline", "-o", "out"],
        2,
        "has no rows",
    );
    desk.check(&["baseline", "empty.csv", "-o", "out"], 2, "has no rows");
    assert!(!desk.path("out").exists());
}

#[test]
fn an_unwritable_summary_is_told_before_the_work() {
    let desk = Desk::new();
    let arguments = [
        "check",
        "shifted.csv",
        "--baseline",
        "baseline",
        "-o",
        "out",
        "--junit",
        "nowhere/x.xml",
    ];
    desk.check(&arguments, 2, "nowhere/x.xml");
    assert!(!desk.path("out").exists());
}

#[test]
fn a_pattern_may_name_the_baselines_data() {
    let desk = Desk::new();
    desk.check(
        &["check", "train.csv", "--baseline", "tr*.csv"],
        0,
        "no violation",
    );
}

#[test]
fn hashes_are_recognised_when_only_sagemakers_files_travel() {
    let desk = Desk::new();
    desk.check(
        &["baseline", "train.csv", "-o", "hashed", "--redact", "city"],
        0,
        "",
    );
    fs::create_dir(desk.path("aws")).unwrap();
    for name in ["statistics.json", "constraints.json"] {
        fs::copy(desk.path("hashed").join(name), desk.path("aws").join(name)).unwrap();
    }
    let said = desk.check(
        &["check", "train.csv", "--baseline", "aws", "-o", "out"],
        0,
        "no violation",
    );
    assert!(!said.contains("Oslo"));
    for (name, content) in bytes(&desk.path("out")) {
        assert!(
            !content.windows(4).any(|window| window == b"Oslo"),
            "{name}"
        );
    }
}

#[test]
fn redacting_what_the_baseline_shows_is_refused() {
    let desk = Desk::new();
    let arguments = [
        "check",
        "train.csv",
        "--baseline",
        "baseline",
        "--redact",
        "city",
    ];
    desk.check(&arguments, 2, "make the baseline again with --redact city");
}

#[test]
fn a_new_city_can_be_made_legal() {
    let desk = Desk::new();
    let set = |feature, change: &[&'static str]| {
        let start = ["constraints", "set", "baseline", "--feature", feature];
        [&start[..], change].concat()
    };
    let allow = set("city", &["--allow", "Ely", "--allow", "Bath"]);
    desk.check(&allow, 0, "string_constraints.domains");
    let constraints = fs::read_to_string(desk.path("baseline/constraints.json")).unwrap();
    assert!(constraints.contains("\"Ely\"") && constraints.contains("\"Bath\""));
    desk.check(&allow, 0, "the constraints say so already");
    desk.check(&set("city", &["--allow-any"]), 0, "null");
    desk.check(&set("income", &["--allow", "7"]), 2, "does not apply");
    desk.check(
        &set("income", &["--comparison", "off"]),
        0,
        "perform_comparison",
    );
    desk.check(
        &["check", "shifted.csv", "--baseline", "baseline"],
        0,
        "no violation",
    );
}

#[test]
fn a_value_of_a_redacted_column_is_made_legal_by_its_hash() {
    let desk = Desk::new();
    let hide = ["baseline", "train.csv", "--redact", "city", "-o", "hidden"];
    desk.check(&hide, 0, "");
    let start = ["constraints", "set", "hidden", "--feature", "city"];
    desk.check(
        &[&start[..], &["--allow", "Llanfair"]].concat(),
        0,
        "redacted:",
    );
    for name in ["constraints.json", "probity.json", "report.html"] {
        let text = fs::read_to_string(desk.path("hidden").join(name)).unwrap();
        assert!(!text.contains("Llanfair"), "{name}");
    }
}

#[test]
fn every_command_shows_examples() {
    let desk = Desk::new();
    for command in [
        "profile", "baseline", "check", "why", "merge", "diff", "demo",
    ] {
        desk.check(&[command, "--help"], 0, "Examples:");
    }
    desk.check(&["constraints", "set", "--help"], 0, "Examples:");
}

#[test]
fn the_demo_finds_the_drift_that_it_made() {
    let desk = Desk::new();
    let said = desk.check(&["demo", "--files", "--output", "json"], 0, "report.html");
    let demo: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        demo["corrected"],
        serde_json::json!(["income", "loan_amount", "term_months", "channel"])
    );
}
