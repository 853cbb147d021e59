//! `cargo xtask bench …`: Probity beside the tools that a user would take instead, each in
//! a process of its own, measured by the kernel's accounts. The tables are generated, the
//! same on any machine; tools take turns, so that a busy moment hits all of them.

mod dashboard;
mod figures;
mod gateway;
mod measure;
mod models;
mod profile;
mod shap;
mod shap_figures;
mod startup;
mod tables;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};

use crate::Success;
use crate::process::{self, Echo};
use crate::project::Project;
use crate::test::in_root;

#[derive(Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// `probity profile`, DuckDB's SUMMARIZE and Polars on tables of 50 columns.
    Profile(TableArguments),
    /// The same on a table of 10,000 columns.
    Wide(WideArguments),
    /// `probity check` of a small file, and importing Python libraries.
    Startup(StartupArguments),
    /// `probity clarify`, smclarify and fairlearn: one facet, all metrics; the flip test apart.
    Bias(ModelArguments),
    /// `probity quality baseline` and scikit-learn, once and with a bootstrap.
    Quality(ModelArguments),
    /// `probity shap`, shap, FastTreeSHAP, XGBoost and LightGBM: Shapley values of trees, and
    /// kernel SHAP of a model that is asked.
    Shap(ShapArguments),
    /// Invocations through `probity gateway` and `probity serve`, with and without capture, nginx
    /// as a bare proxy and a FastAPI logging proxy, asked by wrk.
    Gateway(GatewayArguments),
    /// Pages of the dashboard with 1,000 models, 4,000 monitors and 90 days of hourly runs, on SQLite
    /// and on PostgreSQL.
    Dashboard(DashboardArguments),
}

#[derive(Args, Debug)]
pub(crate) struct DashboardArguments {
    #[arg(long, default_value_t = 1_000)]
    pub models: u64,
    /// Days of hourly executions, points and calls.
    #[arg(long, default_value_t = 90)]
    pub days: u64,
    /// Requests of each page, one after the other.
    #[arg(long, default_value_t = 40)]
    pub requests: u64,
    #[arg(long, value_delimiter = ',', default_values_t = ["sqlite".to_owned(), "postgres".to_owned()])]
    pub backends: Vec<String>,
    #[command(flatten)]
    pub options: Options,
}

#[derive(Args, Debug)]
pub(crate) struct GatewayArguments {
    /// Seconds of each run.
    #[arg(long, default_value_t = 10)]
    pub seconds: u64,
    /// Connections that ask at once.
    #[arg(long, default_value_t = 32)]
    pub connections: u64,
    #[command(flatten)]
    pub options: Options,
}

#[derive(Args, Debug)]
pub(crate) struct TableArguments {
    /// Numbers of rows; from 10 million only Parquet is measured.
    #[arg(long, value_delimiter = ',', default_values_t = [100_000, 1_000_000, 10_000_000])]
    pub rows: Vec<u64>,
    #[command(flatten)]
    pub options: Options,
}

#[derive(Args, Debug)]
pub(crate) struct WideArguments {
    #[arg(long, default_value_t = 10_000)]
    pub rows: u64,
    #[arg(long, default_value_t = 10_000)]
    pub columns: u64,
    #[command(flatten)]
    pub options: Options,
}

#[derive(Args, Debug)]
pub(crate) struct StartupArguments {
    #[command(flatten)]
    pub options: Options,
}

#[derive(Args, Debug)]
pub(crate) struct ModelArguments {
    /// Numbers of rows.
    #[arg(long, value_delimiter = ',', default_values_t = [100_000, 1_000_000])]
    pub rows: Vec<u64>,
    /// Measure the other tools alone, without building anything.
    #[arg(long)]
    pub rivals_only: bool,
    #[command(flatten)]
    pub options: Options,
}

#[derive(Args, Debug)]
pub(crate) struct ShapArguments {
    /// A share of the trees and rows, to try whether everything runs; figures need 1.
    #[arg(long, default_value_t = 1.0)]
    pub scale: f64,
    /// Measure the other tools alone, without building anything.
    #[arg(long)]
    pub rivals_only: bool,
    #[command(flatten)]
    pub options: Options,
}

#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Runs of each tool; the median of each figure is shown.
    #[arg(long, default_value_t = 3)]
    pub repeat: usize,
    /// A built program, instead of building the release profile.
    #[arg(long, value_name = "PROGRAM")]
    pub binary: Option<PathBuf>,
    /// Seconds after which a run is stopped.
    #[arg(long, default_value_t = 1_800)]
    pub timeout: u64,
}

pub(crate) fn run(project: &Project, command: &BenchCommand) -> Result<Success> {
    match command {
        BenchCommand::Profile(arguments) => profile::run(project, arguments)?,
        BenchCommand::Wide(arguments) => profile::run_wide(project, arguments)?,
        BenchCommand::Startup(arguments) => startup::run(project, arguments)?,
        BenchCommand::Bias(arguments) => models::run_bias(project, arguments)?,
        BenchCommand::Quality(arguments) => models::run_quality(project, arguments)?,
        BenchCommand::Shap(arguments) => shap::run(project, arguments)?,
        BenchCommand::Gateway(arguments) => gateway::run(project, arguments)?,
        BenchCommand::Dashboard(arguments) => dashboard::run(project, arguments)?,
    }
    Ok(Success::Yes)
}

/// The program to measure: the one given, or a fresh build of the release profile.
fn binary(project: &Project, options: &Options) -> Result<PathBuf> {
    if let Some(path) = &options.binary {
        if !path.is_file() {
            bail!("no program at `{}`", path.display());
        }
        // Runs start in other folders.
        return Ok(std::path::absolute(path)?);
    }
    println!("building the release profile");
    let finished = process::run(in_root(project).args(["build", "--release"]), Echo::Shown)?;
    if finished.success == Success::No {
        bail!("`cargo build --release` failed");
    }
    Ok(project.release_binary())
}

/// The command that was typed, for the head of a table of figures.
fn typed() -> String {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    format!("cargo xtask {}", arguments.join(" "))
}

/// What a program answers to `--version`, on one line.
fn version(program: &mut Command) -> String {
    match process::run(program, Echo::Kept) {
        Ok(finished) => finished.text.lines().next().unwrap_or("unknown").to_owned(),
        Err(_) => "unknown".to_owned(),
    }
}
