//! The walls between crates: who may see whom, and which outside crates and parts of the
//! standard library stay out. The ranks are those of ARCHITECTURE.md; crates that do not
//! exist yet are listed, so that the wall stands before the house.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use super::{Finding, TextFile, is_production};

/// A crate may use crates of a lower rank only, so crates of one rank never see each other.
const RANKS: [(&str, u8); 11] = [
    ("probity-domain", 0),
    ("probity-metrics", 1),
    ("probity-pdf", 1),
    ("probity-store", 1),
    ("probity-data", 2),
    ("probity-report", 2),
    ("probity-app", 2),
    ("probity-analysis", 3),
    ("probity-server", 4),
    ("probity-worker", 4),
    ("probity", 5),
];

const ASYNC: &[&str] = &["tokio", "futures", "async-trait", "async-std", "smol"];
const COLUMNS: &[&str] = &["arrow", "parquet"];
const ENGINE: &[&str] = &["datafusion", "ballista", "ballista-core"];
const SQL: &[&str] = &["sqlx", "rusqlite", "diesel", "tokio-postgres"];
const HTTP_SERVER: &[&str] = &["axum", "hyper", "tower-http", "s3s", "warp", "actix-web"];
const HTTP_CLIENT: &[&str] = &["reqwest", "ureq", "object_store"];
const HTML: &[&str] = &["maud", "askama", "minijinja"];
const FILES: &[&str] = &["glob", "walkdir", "tempfile"];
const CLOCK: &[&str] = &["chrono", "time", "jiff"];
const TERMINAL: &[&str] = &["clap", "indicatif", "tracing-subscriber"];

/// Outside crates that may not be a direct dependency (development dependencies may).
fn forbidden(package: &str) -> Vec<&'static [&'static str]> {
    match package {
        "probity-domain" => {
            vec![
                ASYNC,
                COLUMNS,
                ENGINE,
                SQL,
                HTTP_SERVER,
                HTTP_CLIENT,
                HTML,
                FILES,
                CLOCK,
                TERMINAL,
            ]
        }
        "probity-metrics" => {
            vec![
                ASYNC,
                &["parquet"],
                ENGINE,
                SQL,
                HTTP_SERVER,
                HTTP_CLIENT,
                HTML,
                FILES,
                CLOCK,
                TERMINAL,
            ]
        }
        "probity-store" => vec![COLUMNS, ENGINE, HTTP_SERVER, HTTP_CLIENT, HTML, TERMINAL],
        "probity-data" => vec![SQL, HTTP_SERVER, HTML, TERMINAL],
        "probity-pdf" => vec![
            ASYNC,
            COLUMNS,
            ENGINE,
            SQL,
            HTTP_SERVER,
            HTTP_CLIENT,
            HTML,
            FILES,
            CLOCK,
            TERMINAL,
        ],
        "probity-report" => vec![
            ASYNC,
            ENGINE,
            SQL,
            HTTP_SERVER,
            HTTP_CLIENT,
            FILES,
            CLOCK,
            TERMINAL,
        ],
        "probity-app" => vec![ENGINE, HTTP_SERVER, HTTP_CLIENT, HTML, TERMINAL],
        "probity-analysis" => vec![SQL, HTTP_SERVER, HTML, TERMINAL],
        "probity-server" => vec![SQL, ENGINE, TERMINAL],
        "probity-worker" => vec![SQL, HTTP_SERVER, HTML, TERMINAL],
        _ => Vec::new(),
    }
}

/// Parts of the standard library that a crate may not name.
const STANDARD_LIBRARY: [(&str, &[&str]); 3] = [
    (
        "probity-domain",
        &[
            "std::fs",
            "std::net",
            "std::process",
            "std::time::SystemTime",
            "std::time::Instant",
        ],
    ),
    (
        "probity-metrics",
        &[
            "std::fs",
            "std::net",
            "std::process",
            "std::time::SystemTime",
            "std::time::Instant",
        ],
    ),
    (
        "probity-report",
        &[
            "std::fs",
            "std::net",
            "std::process",
            "std::time::SystemTime",
            "std::time::Instant",
        ],
    ),
];

/// A package of the workspace and its direct dependencies.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    pub name: String,
    /// Relative to the root.
    pub manifest: PathBuf,
    pub dependencies: Vec<Dependency>,
}

#[derive(Clone, Debug)]
pub(crate) struct Dependency {
    pub name: String,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Normal and build dependencies: they reach users.
    Shipped,
    Development,
}

/// Reads the packages out of `cargo metadata --no-deps`.
pub(crate) fn packages(metadata: &Value, root: &Path) -> Result<Vec<Package>> {
    let listed = metadata["packages"]
        .as_array()
        .context("`cargo metadata` lists no packages")?;
    listed
        .iter()
        .map(|package| {
            let text = |key: &str| {
                package[key]
                    .as_str()
                    .with_context(|| format!("a package has no `{key}`"))
            };
            let manifest = Path::new(text("manifest_path")?);
            Ok(Package {
                name: text("name")?.to_owned(),
                manifest: manifest.strip_prefix(root).unwrap_or(manifest).to_owned(),
                dependencies: dependencies(&package["dependencies"]),
            })
        })
        .collect()
}

fn dependencies(listed: &Value) -> Vec<Dependency> {
    let entries = listed.as_array().map(Vec::as_slice).unwrap_or_default();
    entries
        .iter()
        .filter_map(|entry| {
            let kind = if entry["kind"] == "dev" {
                Kind::Development
            } else {
                Kind::Shipped
            };
            Some(Dependency {
                name: entry["name"].as_str()?.to_owned(),
                kind,
            })
        })
        .collect()
}

fn rank(name: &str) -> Option<u8> {
    RANKS
        .iter()
        .find(|(package, _)| *package == name)
        .map(|(_, rank)| *rank)
}

pub(crate) fn check_edges(packages: &[Package]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in packages {
        let own_rank = rank(&package.name);
        if own_rank.is_none() && package.name != "xtask" {
            let text = format!(
                "`{}` has no rank: add it to the table in tidy and in ARCHITECTURE.md",
                package.name
            );
            findings.push(Finding::of_file(&package.manifest, text));
        }
        for dependency in &package.dependencies {
            if let (Some(own), Some(other)) = (own_rank, rank(&dependency.name))
                && other >= own
            {
                let text = format!(
                    "`{}` (rank {own}) may not use `{}` (rank {other}): arrows point down only",
                    package.name, dependency.name
                );
                findings.push(Finding::of_file(&package.manifest, text));
            }
        }
    }
    findings
}

pub(crate) fn check_external(packages: &[Package]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in packages {
        let groups = forbidden(&package.name);
        for dependency in package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind == Kind::Shipped)
        {
            if groups
                .iter()
                .any(|group| group.contains(&dependency.name.as_str()))
            {
                let text = format!("`{}` may not use `{}`", package.name, dependency.name);
                findings.push(Finding::of_file(&package.manifest, text));
            }
            // A caller can act only on errors that have a type.
            if dependency.name == "anyhow" && !matches!(package.name.as_str(), "probity" | "xtask")
            {
                let text = format!(
                    "`anyhow` is for `probity` and `xtask`; `{}` needs typed errors",
                    package.name
                );
                findings.push(Finding::of_file(&package.manifest, text));
            }
        }
    }
    findings
}

pub(crate) fn check_standard_library(files: &[TextFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| is_production(&file.path)) {
        let Some((package, forbidden)) = STANDARD_LIBRARY
            .iter()
            .find(|(package, _)| file.path.starts_with(Path::new("crates").join(package)))
        else {
            continue;
        };
        for (index, line) in super::source::production_lines(&file.text) {
            let code = line.split("//").next().unwrap_or_default();
            for name in forbidden.iter().filter(|name| code.contains(**name)) {
                let text = format!("`{package}` may not use `{name}`");
                findings.push(Finding::of_line(&file.path, index, text));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &[(&str, Kind)]) -> Package {
        let dependencies = dependencies
            .iter()
            .map(|(name, kind)| Dependency {
                name: (*name).to_owned(),
                kind: *kind,
            })
            .collect();
        let manifest = PathBuf::from(format!("crates/{name}/Cargo.toml"));
        Package {
            name: name.to_owned(),
            manifest,
            dependencies,
        }
    }

    #[track_caller]
    fn check(findings: &[Finding], expected: usize) {
        assert_eq!(findings.len(), expected, "{findings:?}");
    }

    #[test]
    fn arrows_down_are_fine() {
        let analysis = package(
            "probity-analysis",
            &[
                ("probity-data", Kind::Shipped),
                ("probity-domain", Kind::Shipped),
            ],
        );
        check(&check_edges(&[analysis]), 0);
    }

    #[test]
    fn crates_of_one_rank_never_see_each_other() {
        check(
            &check_edges(&[package(
                "probity-data",
                &[("probity-report", Kind::Shipped)],
            )]),
            1,
        );
        check(
            &check_edges(&[package(
                "probity-server",
                &[("probity-worker", Kind::Development)],
            )]),
            1,
        );
    }

    #[test]
    fn an_arrow_up_is_found_even_in_tests() {
        check(
            &check_edges(&[package(
                "probity-domain",
                &[("probity-metrics", Kind::Development)],
            )]),
            1,
        );
    }

    #[test]
    fn a_crate_without_a_rank_is_found() {
        check(&check_edges(&[package("probity-extras", &[])]), 1);
    }

    #[test]
    fn outside_crates_stay_out_of_what_is_shipped_only() {
        check(
            &check_external(&[package("probity-metrics", &[("tokio", Kind::Shipped)])]),
            1,
        );
        check(
            &check_external(&[package("probity-metrics", &[("tokio", Kind::Development)])]),
            0,
        );
        check(
            &check_external(&[package("probity-metrics", &[("arrow", Kind::Shipped)])]),
            0,
        );
        check(
            &check_external(&[package("probity-domain", &[("arrow", Kind::Shipped)])]),
            1,
        );
    }

    #[test]
    fn untyped_errors_stay_in_the_command() {
        check(
            &check_external(&[package("probity-report", &[("anyhow", Kind::Shipped)])]),
            1,
        );
        check(
            &check_external(&[package("probity", &[("anyhow", Kind::Shipped)])]),
            0,
        );
    }

    #[test]
    fn formulas_open_no_files() {
        let file = |text: &str| TextFile {
            path: PathBuf::from("crates/probity-metrics/src/drift/psi.rs"),
            text: text.to_owned(),
        };
        check(
            &check_standard_library(&[file("//! PSI.\nuse std::fs::File;\n")]),
            1,
        );
        check(
            &check_standard_library(&[file("//! PSI.\n// unlike std::fs, nothing here reads\n")]),
            0,
        );
        check(
            &check_standard_library(&[file(
                "//! PSI.\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n",
            )]),
            0,
        );
    }

    #[test]
    fn metadata_is_read_with_kinds() {
        let metadata = serde_json::json!({"packages": [{
            "name": "probity-domain",
            "manifest_path": "/checkout/crates/probity-domain/Cargo.toml",
            "dependencies": [{"name": "serde", "kind": null}, {"name": "proptest", "kind": "dev"}],
        }]});
        let read = packages(&metadata, Path::new("/checkout")).expect("the sample is complete");
        assert_eq!(
            read[0].manifest,
            Path::new("crates/probity-domain/Cargo.toml")
        );
        assert_eq!(read[0].dependencies[0].kind, Kind::Shipped);
        assert_eq!(read[0].dependencies[1].kind, Kind::Development);
    }
}
