//! `cargo xtask tidy`: what the compiler and clippy cannot see. Each check is a function
//! from text to findings with tests of its own; only this file walks the checkout.

mod dependencies;
mod documents;
mod exceptions;
mod source;
mod walls;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::Success;
use crate::project::Project;
use crate::stage::Outcome;

/// One thing that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    pub path: PathBuf,
    /// From 1; 0 speaks of the whole file.
    pub line: usize,
    pub text: String,
}

impl Finding {
    fn of_file(path: &Path, text: impl Into<String>) -> Finding {
        Finding {
            path: path.to_owned(),
            line: 0,
            text: text.into(),
        }
    }

    fn of_line(path: &Path, line: usize, text: impl Into<String>) -> Finding {
        Finding {
            path: path.to_owned(),
            line,
            text: text.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(formatter, "{}: {}", self.path.display(), self.text),
            line => write!(formatter, "{}:{line}: {}", self.path.display(), self.text),
        }
    }
}

/// A tracked text file.
#[derive(Debug)]
pub(crate) struct TextFile {
    pub path: PathBuf,
    pub text: String,
}

pub(crate) fn run(project: &Project) -> Result<Success> {
    let findings = findings(project)?;
    for finding in &findings {
        println!("{finding}");
    }
    println!("tidy: {} findings", findings.len());
    Ok(if findings.is_empty() {
        Success::Yes
    } else {
        Success::No
    })
}

pub(crate) fn stage(project: &Project) -> Result<Outcome> {
    Ok(Outcome::check(
        run(project)?,
        "the sources break a rule of the house",
    ))
}

fn findings(project: &Project) -> Result<Vec<Finding>> {
    let paths = project.files()?;
    let files = text_files(&project.root, &paths)?;
    let packages = walls::packages(&project.metadata, &project.root)?;
    let mut findings = walls::check_edges(&packages);
    findings.extend(walls::check_external(&packages));
    findings.extend(walls::check_standard_library(&files));
    findings.extend(dependencies::check_used(&packages, &files));
    findings.extend(dependencies::check_workspace_table(&files));
    findings.extend(dependencies::check_lints(&files));
    findings.extend(source::check(&files));
    findings.extend(documents::check_links(&files, &paths));
    findings.extend(documents::check_provenance(&paths));
    findings.extend(documents::check_machine_paths(&files));
    findings.extend(documents::check_drivers(&files));
    findings.sort();
    findings.dedup();
    Ok(exceptions::apply(findings))
}

/// Files that are not UTF-8 (tables, pictures, fuzz inputs) are data, not text.
fn text_files(root: &Path, paths: &[PathBuf]) -> Result<Vec<TextFile>> {
    let mut files = Vec::new();
    for path in paths {
        let bytes = fs::read(root.join(path))
            .with_context(|| format!("failed to read `{}`", path.display()))?;
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(TextFile {
                path: path.clone(),
                text,
            });
        }
    }
    Ok(files)
}

/// Sources of a crate that reach its users: no tests, benches, examples.
fn is_production(path: &Path) -> bool {
    let mut parts = path.components().map(|part| part.as_os_str());
    let first = parts.next();
    let is_source = match first.and_then(|part| part.to_str()) {
        Some("crates") => parts.nth(1).is_some_and(|part| part == "src"),
        Some("xtask") => parts.next().is_some_and(|part| part == "src"),
        _ => false,
    };
    is_source && path.extension().is_some_and(|extension| extension == "rs")
}
