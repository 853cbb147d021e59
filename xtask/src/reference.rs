//! `cargo xtask reference`: writes the pages of `docs/reference` that are made of the sources: which
//! operations the server has, by an example of `probity-server`, and the command line and its
//! settings, by the program itself. Tests fail when they are stale.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::Success;
use crate::process::{self, Echo};
use crate::project::Project;
use crate::test::in_root;

const OF_THE_PROGRAM: [(&str, &str); 2] = [
    ("cli", "docs/reference/cli.md"),
    ("configuration", "docs/reference/configuration.md"),
];

pub(crate) fn run(project: &Project) -> Result<Success> {
    // The features of the whole workspace, so that the query engine is not built again.
    let mut build = in_root(project);
    build.args([
        "build",
        "--workspace",
        "--example",
        "coverage",
        "--bin",
        "probity",
    ]);
    if process::run(&mut build, Echo::Shown)?.success == Success::No {
        bail!("what writes the pages could not be built");
    }
    let program = project
        .target
        .join("debug/examples")
        .join(format!("coverage{}", std::env::consts::EXE_SUFFIX));
    let mut write = std::process::Command::new(program);
    write.arg(project.root.join("docs/reference"));
    let written = process::run(&mut write, Echo::Shown)?.success;
    for (page, path) in OF_THE_PROGRAM {
        let mut ask = std::process::Command::new(project.debug_binary());
        let told = process::run(ask.args(["reference", page]), Echo::Kept)?;
        if told.success == Success::No {
            bail!("`probity reference {page}` failed: {}", told.text);
        }
        let path = project.root.join(path);
        fs::write(&path, told.text)
            .with_context(|| format!("failed to write `{}`", path.display()))?;
    }
    Ok(written)
}
