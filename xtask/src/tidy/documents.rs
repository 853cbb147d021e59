//! What surrounds the sources: links between documents, the origin of golden data, traces of
//! the machine that a file was made on, and what the drivers in `compat/` say they need.

use std::path::{Component, Path, PathBuf};

use super::{Finding, TextFile};

/// Finds links of Markdown files to files of the checkout that do not exist.
pub(crate) fn check_links(files: &[TextFile], paths: &[PathBuf]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| {
        file.path
            .extension()
            .is_some_and(|extension| extension == "md")
    }) {
        let folder = file.path.parent().unwrap_or(Path::new(""));
        for (index, line) in file.text.lines().enumerate() {
            for link in links(line) {
                let target = resolve(folder, link.split('#').next().unwrap_or_default());
                let exists = paths.iter().any(|path| path.starts_with(&target));
                if !exists {
                    findings.push(Finding::of_line(
                        &file.path,
                        index + 1,
                        format!("`{link}` does not exist"),
                    ));
                }
            }
        }
    }
    findings
}

/// Targets of `[text](target)` that are files: no addresses, no anchors of the same page.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|target| {
            !target.is_empty()
                && !target.contains("://")
                && !target.starts_with(['#', '<'])
                && !target.starts_with("mailto:")
        })
}

fn resolve(folder: &Path, link: &str) -> PathBuf {
    let mut resolved = PathBuf::new();
    for part in folder.join(link).components() {
        match part {
            Component::ParentDir => {
                resolved.pop();
            }
            Component::Normal(name) => resolved.push(name),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    resolved
}

/// Finds golden data that does not say where it comes from, in its folder or one above.
pub(crate) fn check_provenance(paths: &[PathBuf]) -> Vec<Finding> {
    paths
        .iter()
        .filter(|path| path.starts_with("golden"))
        .filter(|path| {
            let said = |folder: &Path| paths.contains(&folder.join("PROVENANCE.md"));
            !path
                .ancestors()
                .skip(1)
                .take_while(|folder| *folder != Path::new(""))
                .any(said)
        })
        .map(|path| Finding::of_file(path, "no `PROVENANCE.md` says where this comes from"))
        .collect()
}

/// Finds absolute paths of a developer's machine.
pub(crate) fn check_machine_paths(files: &[TextFile]) -> Vec<Finding> {
    // Put together here, so that this file does not find itself.
    let roots = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/tm", "p/"),
        concat!("/ho", "me/"),
    ];
    let mut findings = Vec::new();
    for file in files {
        for (index, line) in file.text.lines().enumerate() {
            for root in roots {
                let is_absolute = line.match_indices(root).any(|(start, _)| {
                    let before = line[..start].chars().next_back();
                    !before.is_some_and(|character| {
                        character.is_alphanumeric() || "._-/~}".contains(character)
                    })
                });
                if is_absolute {
                    findings.push(Finding::of_line(
                        &file.path,
                        index + 1,
                        format!("names a machine's path `{root}`"),
                    ));
                }
            }
        }
    }
    findings
}

/// Finds drivers that do not say what they need: they would not be run.
pub(crate) fn check_drivers(files: &[TextFile]) -> Vec<Finding> {
    files
        .iter()
        .filter(|file| {
            crate::compat::is_driver(&file.path) && crate::compat::need_of(&file.text).is_none()
        })
        .map(|file| {
            Finding::of_file(
                &file.path,
                "say `needs: nothing`, `packages` or `browser` in the head",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> TextFile {
        TextFile {
            path: PathBuf::from(path),
            text: text.to_owned(),
        }
    }

    #[track_caller]
    fn check(findings: &[Finding], expected: usize) {
        assert_eq!(findings.len(), expected, "{findings:?}");
    }

    #[test]
    fn a_link_to_a_missing_file_is_found() {
        let paths = [
            PathBuf::from("docs/statistics.md"),
            PathBuf::from("README.md"),
        ];
        let linked = |text: &str| check_links(&[file("docs/howto.md", text)], &paths);
        check(
            &linked("see [statistics](statistics.md#psi) and [readme](../README.md)"),
            0,
        );
        check(
            &linked("see [the folder](../docs) and [a page](https://example.com/x.md)"),
            0,
        );
        check(&linked("see [nothing](missing.md)"), 1);
    }

    #[test]
    fn golden_data_says_where_it_comes_from() {
        let path = |text: &str| PathBuf::from(text);
        check(
            &check_provenance(&[path("golden/drift/psi/expected.json")]),
            1,
        );
        check(
            &check_provenance(&[
                path("golden/drift/psi/expected.json"),
                path("golden/drift/PROVENANCE.md"),
            ]),
            0,
        );
        check(
            &check_provenance(&[
                path("golden/drift/a.json"),
                path("golden/kll/PROVENANCE.md"),
            ]),
            1,
        );
    }

    #[test]
    fn a_path_of_a_machine_is_found_but_no_part_of_another_path() {
        let line = |text: &str| check_machine_paths(&[file("docs/a.md", text)]);
        check(&line(concat!("run it in `/wo", "rk/main`")), 1);
        check(&line(concat!("cp a /tm", "p/b")), 1);
        check(&line(concat!("see https://example.com/wo", "rk/x")), 0);
        check(&line("/opt/ml/processing/output"), 0);
    }

    #[test]
    fn a_driver_without_its_needs_is_found() {
        check(
            &check_drivers(&[file("compat/sdk.py", "import boto3\n")]),
            1,
        );
        check(
            &check_drivers(&[file("compat/sdk.py", "# needs: packages\n")]),
            0,
        );
        check(
            &check_drivers(&[file("compat/_shared_tables.py", "import csv\n")]),
            0,
        );
    }
}
