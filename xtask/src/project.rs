//! Where things are: the root of the checkout, cargo's target folder, and the cache folder
//! outside the checkout that keeps what was installed for tests and benches.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// One checkout of the project.
#[derive(Debug)]
pub(crate) struct Project {
    pub root: PathBuf,
    pub target: PathBuf,
    /// `cargo metadata` without the dependencies' own packages.
    pub metadata: Value,
}

impl Project {
    pub(crate) fn find() -> Result<Project> {
        let output = Command::new(cargo())
            .args(["metadata", "--format-version", "1", "--no-deps"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .context("failed to start `cargo metadata`")?;
        if !output.status.success() {
            bail!(
                "`cargo metadata` failed:\n{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        let metadata: Value =
            serde_json::from_slice(&output.stdout).context("failed to read `cargo metadata`")?;
        let folder = |key: &str| -> Result<PathBuf> {
            let path = metadata[key].as_str();
            Ok(PathBuf::from(path.with_context(|| {
                format!("`cargo metadata` has no `{key}`")
            })?))
        };
        Ok(Project {
            root: folder("workspace_root")?,
            target: folder("target_directory")?,
            metadata,
        })
    }

    /// The program as the dev profile builds it.
    pub(crate) fn debug_binary(&self) -> PathBuf {
        self.target
            .join("debug")
            .join(format!("probity{}", std::env::consts::EXE_SUFFIX))
    }

    /// The program as the release profile builds it.
    pub(crate) fn release_binary(&self) -> PathBuf {
        self.target
            .join("release")
            .join(format!("probity{}", std::env::consts::EXE_SUFFIX))
    }

    /// A folder for this checkout's own scratch files.
    pub(crate) fn scratch(&self, purpose: &str) -> PathBuf {
        self.target.join("xtask").join(purpose)
    }

    /// All files that git tracks or would track, relative to the root, sorted.
    pub(crate) fn files(&self) -> Result<Vec<PathBuf>> {
        let output = Command::new("git")
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .current_dir(&self.root)
            .output()
            .context("failed to start `git ls-files`")?;
        if !output.status.success() {
            bail!(
                "`git ls-files` failed:\n{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        let listing = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
        let mut files: Vec<PathBuf> = listing
            .split('\0')
            .filter(|name| !name.is_empty())
            .map(PathBuf::from)
            .filter(|name| self.root.join(name).is_file())
            .collect();
        files.sort();
        files.dedup();
        Ok(files)
    }
}

/// The cargo that started this task, so that a `+toolchain` is kept.
pub(crate) fn cargo() -> String {
    variable("CARGO").unwrap_or_else(|| "cargo".to_owned())
}

/// Where installed tools live between runs and checkouts.
pub(crate) fn cache_folder() -> Result<PathBuf> {
    let base = match (variable("XDG_CACHE_HOME"), variable("HOME")) {
        (Some(cache), _) => PathBuf::from(cache),
        (None, Some(home)) => Path::new(&home).join(".cache"),
        (None, None) => {
            bail!("set HOME or XDG_CACHE_HOME: tools are installed in the cache folder")
        }
    };
    Ok(base.join("probity"))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a task is started by a person and reads the environment for itself"
)]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
