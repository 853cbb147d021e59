//! Summaries of whole tables: `probity profile`, DuckDB's SUMMARIZE, Polars, and the bare
//! decoding of the file for scale.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::measure::{Bench, Contestant};
use super::{Options, TableArguments, WideArguments, binary, figures, tables, typed, version};
use crate::install;
use crate::project::Project;

/// Above this many rows a CSV file would take most of the time to write.
const LARGEST_CSV_ROWS: u64 = 5_000_000;

pub(crate) fn run(project: &Project, arguments: &TableArguments) -> Result<()> {
    let tools = Tools::prepare(project, &arguments.options)?;
    tools.print_head();
    for rows in &arguments.rows {
        for format in ["parquet", "csv"] {
            if format == "csv" && *rows > LARGEST_CSV_ROWS {
                continue;
            }
            let name = format!("profile-{rows}.{format}");
            let table = tools.generate(&name, &["profile", "--rows", &rows.to_string()])?;
            tools.compare(&format!("{rows} rows × 50 columns, {format}"), &table)?;
        }
    }
    Ok(())
}

pub(crate) fn run_wide(project: &Project, arguments: &WideArguments) -> Result<()> {
    let tools = Tools::prepare(project, &arguments.options)?;
    tools.print_head();
    let (rows, columns) = (arguments.rows.to_string(), arguments.columns.to_string());
    for format in ["parquet", "csv"] {
        let name = format!("wide-{rows}-{columns}.{format}");
        let table = tools.generate(&name, &["wide", "--rows", &rows, "--columns", &columns])?;
        tools.compare(
            &format!("{rows} rows × {columns} columns, {format}"),
            &table,
        )?;
    }
    Ok(())
}

struct Tools<'project> {
    bench: Bench<'project>,
    probity: PathBuf,
    python: PathBuf,
}

impl<'project> Tools<'project> {
    fn prepare(project: &'project Project, options: &Options) -> Result<Tools<'project>> {
        let python = install::python_with(project, tables::REQUIREMENTS)?;
        let probity = binary(project, options)?;
        let bench = Bench {
            project,
            repeat: options.repeat,
            timeout: options.timeout,
            scratch: project.scratch("bench"),
        };
        Ok(Tools {
            bench,
            probity,
            python,
        })
    }

    fn print_head(&self) {
        println!("\n{}\n", figures::machine());
        println!(
            "`{}`; median of {} runs in turn.\n",
            typed(),
            self.bench.repeat
        );
        println!(
            "{}, {}",
            version(Command::new(&self.probity).arg("--version")),
            tables::versions(&self.bench, tables::REQUIREMENTS)
        );
    }

    fn generate(&self, name: &str, arguments: &[&str]) -> Result<PathBuf> {
        tables::generate(&self.bench, &self.python, name, arguments)
    }

    fn compare(&self, title: &str, table: &Path) -> Result<()> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let script = text(&self.bench.project.root.join("bench/rivals.py"));
        let rival = |name: &str, argument: &str| Contestant {
            name: name.to_owned(),
            command: vec![
                text(&self.python),
                script.clone(),
                argument.to_owned(),
                text(table),
            ],
            accepted: &[0],
        };
        let profile = ["profile", &text(table), "--output", "json", "--quiet"].map(str::to_owned);
        let mut contestants = vec![
            Contestant {
                name: "Probity".to_owned(),
                command: std::iter::once(text(&self.probity))
                    .chain(profile)
                    .collect(),
                accepted: &[0],
            },
            rival("DuckDB SUMMARIZE", "duckdb"),
            rival("Polars", "polars"),
        ];
        if table
            .extension()
            .is_some_and(|extension| extension == "parquet")
        {
            contestants.push(rival("bare scan (pyarrow)", "scan"));
        }
        let runs = self.bench.in_turn(&contestants)?;
        print!("{}", figures::table(title, &contestants, &runs));
        Ok(())
    }
}
