//! Manifests: every dependency is used, every entry of the workspace's table too, and every
//! crate follows the workspace's lints. Cargo's TOML is read line by line: the manifests
//! here are plain, and a table that this reader misses shows as a finding.

use std::path::Path;

use super::walls::Package;
use super::{Finding, TextFile};

/// A crate, its dependency that no source names, and the reason for having it.
const NAMED_NOWHERE: [(&str, &str, &str); 2] = [
    ("probity-data", "probity-pdf", SAME_FEATURES),
    ("probity-data", "scraper", SAME_FEATURES),
];

const SAME_FEATURES: &str =
    "keeps the features of shared crates alike, so that one crate's tests build no second engine";

/// Finds dependencies of a crate whose name no source of the crate contains.
pub(crate) fn check_used(packages: &[Package], files: &[TextFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in packages {
        let folder = package.manifest.parent().unwrap_or(Path::new(""));
        let sources: Vec<&TextFile> = files
            .iter()
            .filter(|file| file.path.starts_with(folder))
            .filter(|file| {
                file.path
                    .extension()
                    .is_some_and(|extension| extension == "rs")
            })
            .collect();
        for dependency in &package.dependencies {
            let identifier = library(&dependency.name);
            let is_used = sources
                .iter()
                .any(|file| names_crate(&file.text, &identifier));
            let is_excused = NAMED_NOWHERE
                .iter()
                .any(|(user, name, _)| *user == package.name && *name == dependency.name);
            if !is_used && !is_excused {
                let text = format!("`{}` is not used", dependency.name);
                findings.push(Finding::of_file(&package.manifest, text));
            }
        }
    }
    findings
}

/// What code calls a package: its own name, where its author gave the library no other.
fn library(package: &str) -> String {
    match package {
        "md-5" => "md5".to_owned(),
        other => other.replace('-', "_"),
    }
}

/// Whether a path starts with the crate, or an attribute or import names it.
fn names_crate(text: &str, identifier: &str) -> bool {
    text.match_indices(identifier).any(|(start, _)| {
        let is_word = |character: char| character.is_alphanumeric() || character == '_';
        let before = text[..start].chars().next_back();
        let rest = &text[start + identifier.len()..];
        let starts_word = !before.is_some_and(is_word);
        starts_word
            && (rest.starts_with("::")
                || rest.starts_with(" as ")
                || text[..start].ends_with("use "))
    })
}

/// Finds entries of `[workspace.dependencies]` that no crate takes.
pub(crate) fn check_workspace_table(files: &[TextFile]) -> Vec<Finding> {
    let Some(root) = files
        .iter()
        .find(|file| file.path == Path::new("Cargo.toml"))
    else {
        return vec![Finding::of_file(Path::new("Cargo.toml"), "missing")];
    };
    let taken: Vec<&str> = manifests(files)
        .flat_map(|file| inherited(&file.text))
        .collect();
    entries(&root.text, "[workspace.dependencies]")
        .filter(|(_, name)| !taken.contains(name))
        .map(|(line, name)| Finding::of_line(&root.path, line, format!("no crate uses `{name}`")))
        .collect()
}

/// Finds crates that do not follow the workspace's lints.
pub(crate) fn check_lints(files: &[TextFile]) -> Vec<Finding> {
    manifests(files)
        .filter(|file| !entries(&file.text, "[lints]").any(|(_, name)| name == "workspace"))
        .map(|file| Finding::of_file(&file.path, "`[lints] workspace = true` is missing"))
        .collect()
}

fn manifests(files: &[TextFile]) -> impl Iterator<Item = &TextFile> {
    files.iter().filter(|file| {
        file.path.ends_with("Cargo.toml")
            && (file.path.starts_with("crates") || file.path.starts_with("xtask"))
    })
}

/// Line numbers and keys of one table of a manifest.
fn entries<'text>(
    text: &'text str,
    table: &'text str,
) -> impl Iterator<Item = (usize, &'text str)> {
    let mut inside = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        if line.starts_with('[') {
            inside = line.trim_end() == table;
            return None;
        }
        let (key, _) = line.split_once('=')?;
        let is_key = !key.starts_with([' ', '\t', '#', '"']);
        (inside && is_key).then(|| (index + 1, key.split('.').next().unwrap_or(key).trim()))
    })
}

/// Names that a manifest takes from the workspace's table, in either spelling.
fn inherited(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| line.contains("workspace = true"))
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::walls::{Dependency, Kind};
    use super::*;

    fn file(path: &str, text: &str) -> TextFile {
        TextFile {
            path: PathBuf::from(path),
            text: text.to_owned(),
        }
    }

    #[track_caller]
    fn check_source(source: &str, expected: usize) {
        let package = Package {
            name: "probity-data".to_owned(),
            manifest: PathBuf::from("crates/probity-data/Cargo.toml"),
            dependencies: vec![Dependency {
                name: "csv-core".to_owned(),
                kind: Kind::Shipped,
            }],
        };
        let findings = check_used(
            &[package],
            &[file("crates/probity-data/src/lib.rs", source)],
        );
        assert_eq!(findings.len(), expected, "{findings:?}");
    }

    #[test]
    fn a_dependency_is_used_when_a_path_starts_with_it() {
        check_source("use csv_core::Reader;", 0);
        check_source("let reader = csv_core::Reader::new();", 0);
        check_source("use csv_core as csv;", 0);
    }

    #[test]
    fn a_dependency_is_unused_when_only_its_letters_occur() {
        check_source("use my_csv_core::Reader;", 1);
        check_source("// csv_core would do as well", 1);
    }

    #[test]
    fn an_entry_of_the_table_must_be_taken() {
        let root = "[workspace.dependencies]\nbytes = \"1\"\nurl = { version = \"2\", features = [\n    \"serde\",\n] }\n\n[profile.dev]\nopt-level = 1\n";
        let one = file(
            "crates/probity-data/Cargo.toml",
            "[dependencies]\nbytes.workspace = true\n",
        );
        let findings = check_workspace_table(&[file("Cargo.toml", root), one]);
        assert_eq!(
            findings,
            [Finding::of_line(
                Path::new("Cargo.toml"),
                3,
                "no crate uses `url`"
            )]
        );
        let both = file(
            "crates/probity-data/Cargo.toml",
            "[dependencies]\nbytes.workspace = true\nurl = { workspace = true, optional = true }\n",
        );
        assert!(check_workspace_table(&[file("Cargo.toml", root), both]).is_empty());
    }

    #[test]
    fn a_crate_without_the_lints_is_found() {
        let with = file(
            "crates/probity-data/Cargo.toml",
            "[lints]\nworkspace = true\n",
        );
        let without = file("xtask/Cargo.toml", "[package]\nversion.workspace = true\n");
        assert_eq!(check_lints(&[with, without]).len(), 1);
    }
}
