//! `cargo xtask coverage`: writes the pages that list which operations the server has. They come
//! from its table of operations, by an example of `probity-server`; a test fails when they are stale.

use anyhow::{Result, bail};

use crate::Success;
use crate::process::{self, Echo};
use crate::project::Project;
use crate::test::in_root;

pub(crate) fn run(project: &Project) -> Result<Success> {
    // The features of the whole workspace, so that the query engine is not built again.
    let mut build = in_root(project);
    build.args(["build", "--workspace", "--example", "coverage"]);
    if process::run(&mut build, Echo::Shown)?.success == Success::No {
        bail!("the list of operations could not be built");
    }
    let program = project
        .target
        .join("debug/examples")
        .join(format!("coverage{}", std::env::consts::EXE_SUFFIX));
    let mut write = std::process::Command::new(program);
    write.arg(project.root.join("docs/reference"));
    Ok(process::run(&mut write, Echo::Shown)?.success)
}
