//! `cargo xtask fuzz TARGET --seconds N`: builds the fuzzers, which are examples of `probity-data`
//! and `probity-server`, runs one, and keeps the input of a run that ended in a crash or a hang.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::Success;
use crate::process::{self, Echo};
use crate::project::Project;
use crate::test::in_root;

#[derive(Args, Debug)]
pub(crate) struct FuzzArguments {
    /// The reader to feed: csv, json, json_lines, capture, record_columns, parquet,
    /// model, model_archive, summary_state, statistics, constraints, wire; or `all`, one after the other.
    target: String,
    /// How long to try new inputs, for each target.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// The same seed tries the same inputs.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Try only this input, to see what is wrong with it.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seconds", "seed"])]
    input: Option<PathBuf>,
}

pub(crate) fn run(project: &Project, arguments: &FuzzArguments) -> Result<Success> {
    build(project)?;
    let mut success = Success::Yes;
    for target in targets(project, &arguments.target)? {
        let program = program(project, &target);
        if run_target(project, &program, (&target, arguments))? == Success::No {
            success = Success::No;
        }
    }
    Ok(success)
}

/// The features of the whole workspace, so that the query engine is not built again.
fn build(project: &Project) -> Result<()> {
    let mut cargo = in_root(project);
    cargo.args([
        "build",
        "--workspace",
        "--example",
        "fuzz",
        "--example",
        "fuzz_wire",
    ]);
    if process::run(&mut cargo, Echo::Shown)?.success == Success::No {
        bail!("the fuzzers could not be built");
    }
    Ok(())
}

/// The server's readers have a fuzzer of their own: crates of lower rank do not see them.
fn program(project: &Project, target: &str) -> PathBuf {
    let example = if target == "wire" {
        "fuzz_wire"
    } else {
        "fuzz"
    };
    project
        .target
        .join("debug/examples")
        .join(format!("{example}{}", std::env::consts::EXE_SUFFIX))
}

/// Each target has a folder of kept inputs.
fn targets(project: &Project, wanted: &str) -> Result<Vec<String>> {
    if wanted != "all" {
        return Ok(vec![wanted.to_owned()]);
    }
    let corpus = project.root.join("fuzz/corpus");
    let mut names = Vec::new();
    for entry in fs::read_dir(&corpus).context("failed to list `fuzz/corpus`")? {
        let entry = entry.context("failed to list `fuzz/corpus`")?;
        if entry.path().is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn run_target(
    project: &Project,
    program: &Path,
    (target, arguments): (&str, &FuzzArguments),
) -> Result<Success> {
    let mut fuzzer = Command::new(program);
    fuzzer.current_dir(&project.root).arg(target);
    match &arguments.input {
        Some(input) => fuzzer.arg("--input").arg(std::path::absolute(input)?),
        None => fuzzer
            .args(["--seconds", &arguments.seconds.to_string()])
            .args(["--seed", &arguments.seed.to_string()]),
    };
    let finished = process::run(&mut fuzzer, Echo::Shown)?;
    if finished.success == Success::No && arguments.input.is_none() {
        keep_crash(project, target)?;
        println!("to try an input again: cargo xtask fuzz {target} --input FILE");
        println!(
            "when it is mended, keep the input: move it to fuzz/corpus/{target}/ under a name that says what it is"
        );
    }
    Ok(finished.success)
}

/// The fuzzer leaves the input that it was trying when it could not report itself: a stack
/// overflow, memory that ran out, a hang.
fn keep_crash(project: &Project, target: &str) -> Result<()> {
    let findings = project.root.join("fuzz/findings").join(target);
    let current = findings.join("current");
    if current.is_file() {
        let crash = (0_u32..)
            .map(|number| findings.join(format!("crash-{number}")))
            .find(|path| !path.exists())
            .context("no free name for the input")?;
        fs::rename(&current, &crash)
            .with_context(|| format!("failed to keep `{}`", crash.display()))?;
        println!("the fuzzer ended on {}", crash.display());
    }
    Ok(())
}
