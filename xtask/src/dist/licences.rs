//! `THIRD-PARTY-LICENSES.txt`: every crate that is compiled into the program, under which licence,
//! with the texts that its package carries; where a package carries none, the licence's own text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use spdx::Expression;

use crate::dist;
use crate::project::{Project, cargo};

/// What may be given on in a binary under Apache-2.0.
const ACCEPTED: [&str; 15] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "OFL-1.1",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

#[derive(Debug)]
struct Package {
    name: String,
    version: String,
    expression: String,
    source: String,
    texts: Vec<String>,
}

pub(super) fn write(project: &Project, target: &str, path: &Path) -> Result<()> {
    let packages = packages(project, target)?;
    let mut refused = Vec::new();
    for package in &packages {
        if !is_accepted(&package.expression)? {
            refused.push(format!(
                "{} {}: {}",
                package.name, package.version, package.expression
            ));
        }
    }
    if !refused.is_empty() {
        bail!(
            "licences that are not on the list of accepted ones:\n{}",
            refused.join("\n")
        );
    }
    println!("{} packages, all under accepted licences", packages.len());
    dist::write(path, page(&packages)?)
}

/// An expression holds when one of its choices is accepted as a whole.
fn is_accepted(expression: &str) -> Result<bool> {
    let parsed = parse(expression)?;
    Ok(parsed.evaluate(|wanted| {
        let id = wanted.license.id();
        id.is_some_and(|id| ACCEPTED.contains(&id.name))
    }))
}

/// Old manifests write `MIT/Apache-2.0`.
fn parse(expression: &str) -> Result<Expression> {
    Expression::parse(&expression.replace('/', " OR "))
        .map_err(|error| anyhow::anyhow!("`{expression}` is no licence: {error}"))
}

fn packages(project: &Project, target: &str) -> Result<Vec<Package>> {
    let text = dist::output(
        Command::new(cargo())
            .args(["metadata", "--format-version", "1", "--locked"])
            .args(["--filter-platform", target])
            .current_dir(&project.root),
    )?;
    let metadata: Value = serde_json::from_slice(&text)?;
    let compiled = compiled_in(&metadata)?;
    let all = array(&metadata, "packages");
    let others = all.filter(|package| {
        package
            .get("source")
            .is_some_and(|source| !source.is_null())
            && compiled.contains(text_of(package, "id"))
    });
    let mut packages: Vec<Package> = others.map(package).collect::<Result<_>>()?;
    packages.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    Ok(packages)
}

/// Ids of all that the program depends on, without what only builds or tests it.
fn compiled_in(metadata: &Value) -> Result<BTreeSet<&str>> {
    let nodes = metadata.get("resolve").context("cargo resolves nothing")?;
    let nodes: BTreeMap<&str, &Value> = array(nodes, "nodes")
        .map(|node| (text_of(node, "id"), node))
        .collect();
    let program = array(metadata, "packages")
        .find(|package| text_of(package, "name") == "probity")
        .context("cargo knows no package `probity`")?;
    let mut found = BTreeSet::new();
    let mut next = vec![text_of(program, "id")];
    while let Some(id) = next.pop() {
        if found.insert(id) {
            let node = nodes.get(id).context("a package is not resolved")?;
            let needed = array(node, "deps").filter(|needed| {
                array(needed, "dep_kinds").any(|kind| kind.get("kind").is_some_and(Value::is_null))
            });
            next.extend(needed.map(|needed| text_of(needed, "pkg")));
        }
    }
    Ok(found)
}

fn package(value: &Value) -> Result<Package> {
    let name = text_of(value, "name").to_owned();
    let manifest = Path::new(text_of(value, "manifest_path"));
    let folder = manifest.parent().context("a manifest has a folder")?;
    let texts = texts_in(folder)?;
    let expression = match text_of(value, "license") {
        "" => named_by_file(&name)?,
        expression => expression,
    };
    Ok(Package {
        version: text_of(value, "version").to_owned(),
        expression: expression.to_owned(),
        source: text_of(value, "repository").to_owned(),
        texts,
        name,
    })
}

/// Packages that name a file in place of an expression; each was read.
fn named_by_file(name: &str) -> Result<&'static str> {
    match name {
        "ring" => Ok("Apache-2.0 AND ISC"),
        _ => bail!("`{name}` names no licence: read its licence file and add it here"),
    }
}

fn texts_in(folder: &Path) -> Result<Vec<String>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("failed to list `{}`", folder.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.to_lowercase();
        let is_licence = ["license", "licence", "copying", "notice", "unlicense"]
            .iter()
            .any(|start| name.starts_with(start));
        if is_licence && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let bytes = fs::read(path).with_context(|| format!("failed to read `{}`", path.display()));
        Ok(String::from_utf8_lossy(&bytes?)
            .trim()
            .replace("\r\n", "\n"))
    };
    paths.iter().map(read).collect()
}

/// First who is in it, then each text once with whose it is.
fn page(packages: &[Package]) -> Result<String> {
    let mut page = String::from(
        "The program `probity` is made of the following packages, each under its own licence.\n\n",
    );
    let mut texts: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut named: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for package in packages {
        let Package {
            name,
            version,
            expression,
            source,
            ..
        } = package;
        writeln!(page, "{name} {version}  {expression}  {source}")?;
        for text in &package.texts {
            let whose = format!("{name} {version}");
            texts.entry(text).or_default().push(whose);
        }
        if package.texts.is_empty() {
            for wanted in parse(expression)?.requirements() {
                if let Some(id) = wanted.req.license.id() {
                    let whose = format!("{name} {version}");
                    named.entry(id.name).or_default().push(whose);
                }
            }
        }
    }
    for (text, whose) in &texts {
        write!(
            page,
            "\n{}\n{}\n\n{text}\n",
            "=".repeat(80),
            whose.join(", ")
        )?;
    }
    for (name, whose) in &named {
        let id = spdx::license_id(name).context("a licence of the list")?;
        let rule = "=".repeat(80);
        let whose = whose.join(", ");
        write!(page, "\n{rule}\n{whose} ({name})\n\n{}\n", id.text().trim())?;
    }
    Ok(page)
}

fn array<'a>(value: &'a Value, member: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    let found = value.get(member).and_then(Value::as_array);
    found.into_iter().flatten()
}

fn text_of<'a>(value: &'a Value, member: &str) -> &'a str {
    value
        .get(member)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::is_accepted;

    #[test]
    fn one_accepted_choice_is_enough_and_every_part_is_needed() {
        for (expression, accepted) in [
            ("MIT OR Apache-2.0", true),
            ("MIT/Apache-2.0", true),
            ("GPL-3.0-only OR MIT", true),
            ("GPL-3.0-only AND MIT", false),
            ("AGPL-3.0-only", false),
            ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ] {
            assert_eq!(is_accepted(expression).unwrap(), accepted, "{expression}");
        }
        assert!(is_accepted("whatever").is_err());
    }
}
