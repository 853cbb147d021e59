//! `cargo xtask test`: one profile, a stage after the other, and one line of sums at the end.
//! `--workspace` everywhere: building a single crate would choose other features of the
//! shared dependencies and compile the query engine a second time.

use std::process::Command;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::postgres::{self, Postgres};
use crate::process::{self, Echo};
use crate::project::{Project, cargo};
use crate::stage::{NotRun, Outcome, Stages};
use crate::test_counts::{self, Counts};
use crate::{Success, compat, tidy};

#[derive(Args, Debug)]
pub(crate) struct TestArguments {
    /// Run only these stages.
    #[arg(long, value_name = "STAGE", value_enum)]
    only: Vec<StageName>,
    /// Leave out these stages.
    #[arg(long, value_name = "STAGE", value_enum)]
    skip: Vec<StageName>,
    /// Fail when something could not be run because a tool is missing.
    #[arg(long)]
    all: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StageName {
    /// Walls between crates, house rules of the sources.
    Tidy,
    /// `cargo fmt --check`.
    Fmt,
    /// Clippy over all targets; a warning fails.
    Clippy,
    /// Compile the program, the tests, the examples and the benches.
    Build,
    /// Unit and integration tests.
    Test,
    /// The examples in the documentation.
    Doctest,
    /// The documentation itself; a broken link fails.
    Doc,
    /// The built program driven by the drivers in `compat/`.
    Compat,
    /// The readers against Azurite.
    Azurite,
}

/// How much of the list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coverage {
    /// Nothing that needs a tool beside cargo.
    WithoutClients,
}

impl TestArguments {
    pub(crate) fn for_coverage(coverage: Coverage) -> TestArguments {
        match coverage {
            Coverage::WithoutClients => TestArguments {
                only: Vec::new(),
                skip: vec![StageName::Compat, StageName::Azurite],
                all: false,
            },
        }
    }

    fn wants(&self, stage: StageName) -> bool {
        (self.only.is_empty() || self.only.contains(&stage)) && !self.skip.contains(&stage)
    }
}

pub(crate) fn run(project: &Project, arguments: &TestArguments) -> Result<Success> {
    let mut stages = Stages::default();
    let mut built = Success::Yes;
    for name in StageName::value_variants()
        .iter()
        .copied()
        .filter(|name| arguments.wants(*name))
    {
        let success = stages.run(label(name), || match (name, built) {
            (
                StageName::Test | StageName::Doctest | StageName::Compat | StageName::Azurite,
                Success::No,
            ) => Ok(Outcome::problem("not tried: the build failed")),
            (name, _) => run_stage(project, name),
        });
        if name == StageName::Build {
            built = success;
        }
    }
    Ok(stages.summarise(if arguments.all {
        NotRun::Refused
    } else {
        NotRun::Listed
    }))
}

fn label(name: StageName) -> &'static str {
    match name {
        StageName::Tidy => "tidy",
        StageName::Fmt => "fmt",
        StageName::Clippy => "clippy",
        StageName::Build => "build",
        StageName::Test => "test",
        StageName::Doctest => "doctest",
        StageName::Doc => "doc",
        StageName::Compat => "compat",
        StageName::Azurite => "azurite",
    }
}

fn run_stage(project: &Project, name: StageName) -> Result<Outcome> {
    match name {
        StageName::Tidy => tidy::stage(project),
        StageName::Fmt => component(project, "fmt", &["--all", "--check"]),
        StageName::Clippy => component(
            project,
            "clippy",
            &[
                "--workspace",
                "--all-targets",
                "--quiet",
                "--",
                "-D",
                "warnings",
            ],
        ),
        StageName::Build => {
            let finished = process::run(
                in_root(project).args(["build", "--workspace", "--all-targets"]),
                Echo::Shown,
            )?;
            Ok(Outcome::check(
                finished.success,
                "`cargo build --workspace --all-targets` failed",
            ))
        }
        StageName::Test => test(project),
        StageName::Doctest => {
            let finished = process::run(
                in_root(project).args(["test", "--workspace", "--doc", "--quiet"]),
                Echo::Shown,
            )?;
            Ok(judged(
                test_counts::of_cargo_test(&finished.text),
                finished.success,
            ))
        }
        StageName::Doc => {
            let finished = process::run(
                in_root(project)
                    .args(["doc", "--workspace", "--no-deps", "--quiet"])
                    // The readers of these pages read the code as well: links to private items are welcome.
                    .env(
                        "RUSTDOCFLAGS",
                        "-D warnings -A rustdoc::private_intra_doc_links",
                    ),
                Echo::Shown,
            )?;
            Ok(Outcome::check(finished.success, "`cargo doc` failed"))
        }
        StageName::Compat => compat::stage(project),
        StageName::Azurite => compat::azurite_stage(project),
    }
}

/// The tests of the crates. Those of the store that want a PostgreSQL find it by its variable.
fn test(project: &Project) -> Result<Outcome> {
    let postgres = Postgres::start();
    let mut command = in_root(project);
    match &postgres {
        Ok(server) => command.env(postgres::VARIABLE, server.url()),
        Err(_) => command.env_remove(postgres::VARIABLE),
    };
    let mut outcome = test_with(command)?;
    if let Err(error) = &postgres {
        outcome
            .not_run
            .push(format!("the store's suite on PostgreSQL: {error:#}"));
    }
    Ok(outcome)
}

fn test_with(mut command: Command) -> Result<Outcome> {
    if process::exists(&cargo(), "nextest") || process::exists("cargo-nextest", "--version") {
        let finished = process::run(
            command
                .args(["nextest", "run", "--workspace", "--no-fail-fast"])
                .args([
                    "--show-progress",
                    "none",
                    "--status-level",
                    "fail",
                    "--final-status-level",
                    "slow",
                ]),
            Echo::Shown,
        )?;
        return Ok(judged(
            test_counts::of_nextest(&finished.text),
            finished.success,
        ));
    }
    let finished = process::run(
        command.args([
            "test",
            "--workspace",
            "--lib",
            "--bins",
            "--tests",
            "--no-fail-fast",
            "--quiet",
        ]),
        Echo::Shown,
    )?;
    Ok(judged(
        test_counts::of_cargo_test(&finished.text),
        finished.success,
    ))
}

/// A run that ended badly without a failing test (it did not compile, it was killed) is a
/// problem; so is one that found no test at all.
pub(crate) fn judged(counts: Counts, success: Success) -> Outcome {
    let mut outcome = Outcome::of_counts(counts);
    if success == Success::No && counts.failed == 0 {
        outcome
            .problems
            .push("the tests could not be run to their end".to_owned());
    }
    if success == Success::Yes && counts.passed == 0 {
        outcome.problems.push("no test was found".to_owned());
    }
    outcome
}

/// A component of the toolchain: a check when it is installed.
fn component(project: &Project, name: &str, arguments: &[&str]) -> Result<Outcome> {
    let probe = process::run(in_root(project).args([name, "--version"]), Echo::Kept)?;
    if probe.success == Success::No {
        return Ok(Outcome::not_run(format!(
            "`cargo {name}` is not part of the installed toolchain"
        )));
    }
    let finished = process::run(in_root(project).arg(name).args(arguments), Echo::Shown)?;
    Ok(Outcome::check(
        finished.success,
        &format!("`cargo {name}` found something"),
    ))
}

/// What cargo tells a program that it runs about the program's package, and `ring`'s build
/// script takes for its own: it runs again when one of these differs, and the engine with it.
const OF_THIS_PACKAGE: [&str; 8] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_LINKS",
    "CARGO_MANIFEST_PATH",
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

/// A cargo in the checkout, as a person would start it: builds of both are shared.
pub(crate) fn in_root(project: &Project) -> Command {
    let mut command = Command::new(cargo());
    command.current_dir(&project.root);
    for name in OF_THIS_PACKAGE {
        command.env_remove(name);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(only: &[StageName], skip: &[StageName]) -> TestArguments {
        TestArguments {
            only: only.to_vec(),
            skip: skip.to_vec(),
            all: false,
        }
    }

    #[test]
    fn every_stage_runs_unless_something_is_said() {
        let all = arguments(&[], &[]);
        assert!(
            StageName::value_variants()
                .iter()
                .all(|stage| all.wants(*stage))
        );
    }

    #[test]
    fn skip_wins_over_only() {
        let both = arguments(&[StageName::Fmt, StageName::Doc], &[StageName::Doc]);
        assert!(both.wants(StageName::Fmt));
        assert!(!both.wants(StageName::Doc));
        assert!(!both.wants(StageName::Tidy));
    }

    #[test]
    fn a_killed_test_run_is_no_success() {
        assert!(
            !judged(
                Counts {
                    passed: 10,
                    failed: 0
                },
                Success::No
            )
            .problems
            .is_empty()
        );
        assert!(
            judged(
                Counts {
                    passed: 10,
                    failed: 0
                },
                Success::Yes
            )
            .problems
            .is_empty()
        );
    }

    #[test]
    fn a_run_without_tests_is_no_success() {
        assert!(!judged(Counts::default(), Success::Yes).problems.is_empty());
    }
}
