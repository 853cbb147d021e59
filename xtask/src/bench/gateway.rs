//! What an invocation costs on the wire: `bench/gateway.py` starts Probity, nginx, a FastAPI
//! proxy and a model server, and asks each with wrk. Here is only what they need to be there.

use std::process::Command;

use anyhow::{Result, bail};

use super::{GatewayArguments, binary, figures, typed, version};
use crate::Success;
use crate::install;
use crate::process::{self, Echo};
use crate::project::Project;

const REQUIREMENTS: &str = "bench/gateway-requirements.txt";

pub(crate) fn run(project: &Project, arguments: &GatewayArguments) -> Result<()> {
    install::program("wrk", "-v")?;
    install::program("nginx", "-v")?;
    let python = install::python_with(project, REQUIREMENTS)?;
    let probity = binary(project, &arguments.options)?;
    println!("\n{}\n", figures::machine());
    println!(
        "`{}`; median of {} runs of {} s in turn, {} connections; {}; {}.",
        typed(),
        arguments.options.repeat,
        arguments.seconds,
        arguments.connections,
        version(Command::new(&probity).arg("--version")),
        version(Command::new("nginx").arg("-v")),
    );
    let mut command = Command::new("python3");
    command
        .arg(project.root.join("bench/gateway.py"))
        .arg("--binary")
        .arg(&probity)
        .arg("--python")
        .arg(&python)
        .arg("--scratch")
        .arg(project.scratch("bench").join("gateway"))
        .args(["--repeat", &arguments.options.repeat.to_string()])
        .args(["--seconds", &arguments.seconds.to_string()])
        .args(["--connections", &arguments.connections.to_string()]);
    let finished = process::run(&mut command, Echo::Shown)?;
    if finished.success == Success::No {
        bail!("`{}` failed", process::describe(&command));
    }
    Ok(())
}
