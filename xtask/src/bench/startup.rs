//! Start-up: what a check of a small file costs in all, against what a Python library costs
//! before it has read a byte.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::measure::{Bench, Contestant};
use super::{StartupArguments, binary, figures, typed};
use crate::Success;
use crate::install;
use crate::process::{self, Echo};
use crate::project::Project;

const REQUIREMENTS: &str = "bench/startup-requirements.txt";
const LIBRARIES: [&str; 5] = [
    "pandas",
    "whylogs",
    "evidently",
    "great_expectations",
    "nannyml",
];

pub(crate) fn run(project: &Project, arguments: &StartupArguments) -> Result<()> {
    let python = install::python_with(project, REQUIREMENTS)?;
    let probity = binary(project, &arguments.options)?;
    let scratch = project.scratch("bench");
    fs::create_dir_all(&scratch)
        .with_context(|| format!("failed to create `{}`", scratch.display()))?;
    let table = project.root.join("golden/tables/wine.csv");
    let baseline = scratch.join("startup-baseline");
    make_baseline(&probity, &table, &baseline)?;

    let text = |path: &Path| path.to_string_lossy().into_owned();
    let check = [
        "check",
        &text(&table),
        "--baseline",
        &text(&baseline),
        "--quiet",
    ]
    .map(str::to_owned);
    let mut contestants = vec![Contestant {
        name: "probity check, 178 rows × 14 columns".to_owned(),
        command: std::iter::once(text(&probity)).chain(check).collect(),
        accepted: &[0, 1],
    }];
    contestants.extend(LIBRARIES.map(|library| Contestant {
        name: format!("import {library}"),
        command: vec![text(&python), "-c".to_owned(), format!("import {library}")],
        accepted: &[0],
    }));
    let bench = Bench {
        project,
        repeat: arguments.options.repeat,
        timeout: arguments.options.timeout,
        scratch,
    };
    // The first start reads everything from the disk and compiles Python's modules.
    Bench {
        repeat: 1,
        scratch: bench.scratch.clone(),
        ..bench
    }
    .in_turn(&contestants)?;
    let runs = bench.in_turn(&contestants)?;
    println!("\n{}\n", figures::machine());
    println!(
        "`{}`; median of {} runs in turn, after a first one that is not counted.",
        typed(),
        bench.repeat
    );
    print!("{}", figures::table("Start-up", &contestants, &runs));
    Ok(())
}

fn make_baseline(probity: &Path, table: &Path, folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("failed to remove `{}`", folder.display()))?;
    }
    let mut command = Command::new(probity);
    command
        .arg("baseline")
        .arg(table)
        .arg("-o")
        .arg(folder)
        .arg("--quiet");
    let finished = process::run(&mut command, Echo::Kept)?;
    if finished.success == Success::No {
        bail!(
            "`{}` failed:\n{}",
            process::describe(&command),
            finished.text
        );
    }
    Ok(())
}
