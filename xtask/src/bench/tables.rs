//! The generated tables of the benches, kept between runs of one checkout.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::measure::Bench;
use crate::Success;
use crate::process::{self, Echo};

/// Has numpy and pyarrow, with which `bench/generate.py` works.
pub(super) const REQUIREMENTS: &str = "bench/requirements.txt";

/// The table, made when it is not there from an earlier run of this checkout.
pub(super) fn generate(
    bench: &Bench<'_>,
    python: &Path,
    name: &str,
    arguments: &[&str],
) -> Result<PathBuf> {
    let folder = &bench.scratch;
    fs::create_dir_all(folder)
        .with_context(|| format!("failed to create `{}`", folder.display()))?;
    let generator = bench.project.root.join("bench/generate.py");
    let path = folder.join(name);
    if is_newer(&path, &generator) {
        return Ok(path);
    }
    println!("generating {name}");
    let mut command = Command::new(python);
    command
        .arg(generator)
        .args(arguments)
        .arg("--output")
        .arg(&path);
    let finished = process::run(&mut command, Echo::Shown)?;
    if finished.success == Success::No {
        bail!("`{}` failed", process::describe(&command));
    }
    Ok(path)
}

/// Whether a file was made after what makes it was changed last.
pub(super) fn is_newer(path: &Path, than: &Path) -> bool {
    let changed = |path: &Path| path.metadata().and_then(|metadata| metadata.modified());
    matches!((changed(path), changed(than)), (Ok(made), Ok(source)) if made > source)
}

/// The pinned packages of a list, as it names them.
pub(super) fn versions(bench: &Bench<'_>, requirements: &str) -> String {
    let text = fs::read_to_string(bench.project.root.join(requirements)).unwrap_or_default();
    let pinned: Vec<&str> = text.lines().filter(|line| line.contains("==")).collect();
    pinned.join(", ").replace("==", " ")
}
