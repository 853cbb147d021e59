//! How long the pages of the dashboard take at the size that the project promises: a thousand
//! models, four monitors each, hourly runs of 90 days. `bench/dashboard.py` fills the databases and
//! asks for the pages; here is only what it needs to be there.

use std::process::Command;

use anyhow::{Result, bail};

use super::{DashboardArguments, binary, figures, typed, version};
use crate::Success;
use crate::postgres::Postgres;
use crate::process::{self, Echo};
use crate::project::Project;

pub(crate) fn run(project: &Project, arguments: &DashboardArguments) -> Result<()> {
    let wants_postgres = arguments.backends.iter().any(|name| name == "postgres");
    let postgres = match wants_postgres {
        true => Some(Postgres::start()?),
        false => None,
    };
    let probity = binary(project, &arguments.options)?;
    println!("\n{}\n", figures::machine());
    println!(
        "`{}`; {} models; {}.",
        typed(),
        arguments.models,
        version(Command::new(&probity).arg("--version")),
    );
    let mut command = Command::new("python3");
    command
        .arg(project.root.join("bench/dashboard.py"))
        .arg("--binary")
        .arg(&probity)
        .arg("--scratch")
        .arg(project.scratch("bench").join("dashboard"))
        .args(["--backends", &arguments.backends.join(",")])
        .args(["--models", &arguments.models.to_string()])
        .args(["--days", &arguments.days.to_string()])
        .args(["--requests", &arguments.requests.to_string()]);
    if let Some(postgres) = &postgres {
        command.args(["--postgres", postgres.url()]);
    }
    let finished = process::run(&mut command, Echo::Shown)?;
    if finished.success == Success::No {
        bail!("`{}` failed", process::describe(&command));
    }
    Ok(())
}
