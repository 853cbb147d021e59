//! Rust sources: headers, names of modules, sizes, TODOs, code left behind in comments, and
//! tests that cannot be trusted. Only lines are read; a rule that needs more belongs to clippy.

use std::path::Path;

use super::{Finding, TextFile, is_production};

/// The size above which a file of production code has more than one subject.
pub(crate) const LARGEST_FILE: usize = 600;

/// Names that say nothing about what is inside.
const FORBIDDEN_NAMES: [&str; 12] = [
    "utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "handler",
    "handlers", "shared", "stuff",
];

pub(crate) fn check(files: &[TextFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| {
        file.path
            .extension()
            .is_some_and(|extension| extension == "rs")
    }) {
        findings.extend(header(file));
        findings.extend(module_name(&file.path));
        findings.extend(size(file));
        findings.extend(unfinished(file));
        findings.extend(commented_out(file));
        findings.extend(test_habits(file));
    }
    findings
}

/// The numbered lines of a file without its test module, which is last by the house rules.
pub(crate) fn production_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines: Vec<&str> = text.lines().collect();
    let tests = lines.windows(2).position(|pair| {
        pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{')
    });
    let end = tests.unwrap_or(lines.len());
    lines
        .into_iter()
        .take(end)
        .enumerate()
        .map(|(index, line)| (index + 1, line))
}

fn header(file: &TextFile) -> Option<Finding> {
    let has_header = file
        .text
        .lines()
        .next()
        .is_some_and(|line| line.starts_with("//!"));
    (!has_header)
        .then(|| Finding::of_line(&file.path, 1, "open the file with `//!`: why it exists"))
}

fn module_name(path: &Path) -> Option<Finding> {
    let name = path
        .components()
        .filter_map(|part| Path::new(part.as_os_str()).file_stem()?.to_str())
        .find(|name| FORBIDDEN_NAMES.contains(name))?;
    Some(Finding::of_file(
        path,
        format!("`{name}` says nothing: name the module after its subject"),
    ))
}

fn size(file: &TextFile) -> Option<Finding> {
    if !is_production(&file.path) {
        return None;
    }
    let lines = production_lines(&file.text).count();
    (lines > LARGEST_FILE).then(|| {
        // The number of lines stays out of the text: the list of exceptions matches it.
        Finding::of_file(
            &file.path,
            format!("more than {LARGEST_FILE} lines of production code"),
        )
    })
}

fn unfinished(file: &TextFile) -> Vec<Finding> {
    // Put together here, so that this file does not find itself.
    let marks = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
    ];
    file.text
        .lines()
        .enumerate()
        .filter(|(_, line)| line.contains("//") && marks.iter().any(|mark| has_word(line, mark)))
        .filter(|(_, line)| !line.contains(&format!("{}(#", marks[0])))
        .map(|(index, _)| {
            let text = format!("write `{}(#issue): …`, or do it now", marks[0]);
            Finding::of_line(&file.path, index + 1, text)
        })
        .collect()
}

fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + word.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

fn commented_out(file: &TextFile) -> Vec<Finding> {
    file.text
        .lines()
        .enumerate()
        .filter_map(|(index, line)| {
            let comment = line.trim_start().strip_prefix("//")?;
            let is_documentation = comment.starts_with(['/', '!']);
            (!is_documentation && looks_like_code(comment.trim())).then(|| {
                Finding::of_line(
                    &file.path,
                    index + 1,
                    "code in a comment: git keeps old code",
                )
            })
        })
        .collect()
}

/// A heuristic: statements and openings of blocks, as rustfmt would write them. Prose ends
/// in a semicolon or a brace only when it also holds no code's punctuation.
fn looks_like_code(comment: &str) -> bool {
    let starts = [
        "let ", "use ", "pub ", "fn ", "return ", "mod ", "impl ", "#[", "if ", "for ", "while ",
        "match ",
    ];
    let starts_like_code = starts.iter().any(|start| comment.starts_with(start));
    if comment.ends_with(';') {
        // One word before the sign: formulas in prose have several.
        let assigns = comment
            .split_once(" = ")
            .is_some_and(|(target, _)| !target.contains(' ') && !target.is_empty());
        let calls = comment.ends_with(");") && comment.contains(['.', ':']);
        return starts_like_code || assigns || calls && !comment.contains(". ");
    }
    if comment.ends_with('{') {
        return starts_like_code || comment.starts_with("} else");
    }
    matches!(comment, "}" | "});" | "})" | "},")
        || comment.starts_with("#[") && comment.ends_with(']')
}

fn test_habits(file: &TextFile) -> Vec<Finding> {
    let ignore = concat!("#[ign", "ore");
    file.text
        .lines()
        .enumerate()
        .filter(|(_, line)| line.trim_start().starts_with(ignore))
        .map(|(index, _)| {
            Finding::of_line(
                &file.path,
                index + 1,
                "a test that never runs proves nothing",
            )
        })
        .chain(stray_test_binary(&file.path))
        .collect()
}

/// Each test binary is linked on its own, so a crate has one: `tests/it/main.rs`.
fn stray_test_binary(path: &Path) -> Option<Finding> {
    let parent = path.parent()?;
    // `crates/NAME/tests`: a module of tests within the sources is no binary.
    let is_stray = parent.ends_with("tests")
        && parent.components().count() == 3
        && path.starts_with("crates")
        && !path.ends_with("main.rs");
    is_stray.then(|| {
        Finding::of_file(
            path,
            "move it to `tests/it/` and name it in `tests/it/main.rs`",
        )
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn file(path: &str, text: &str) -> TextFile {
        TextFile {
            path: PathBuf::from(path),
            text: text.to_owned(),
        }
    }

    #[track_caller]
    fn check(path: &str, text: &str, expected: &[usize]) {
        let findings = super::check(&[file(path, text)]);
        let lines: Vec<usize> = findings.iter().map(|finding| finding.line).collect();
        assert_eq!(lines, expected, "{findings:?}");
    }

    const PATH: &str = "crates/probity-metrics/src/drift/psi.rs";

    #[test]
    fn a_file_opens_with_why_it_exists() {
        check(PATH, "//! PSI.\nfn psi() {}\n", &[]);
        check(PATH, "fn psi() {}\n", &[1]);
        check(PATH, "", &[1]);
    }

    #[test]
    fn empty_names_of_files_and_folders_are_found() {
        check("crates/probity-data/src/utils.rs", "//! x\n", &[0]);
        check("crates/probity-data/src/helpers/mod.rs", "//! x\n", &[0]);
        check("crates/probity-data/src/commonality.rs", "//! x\n", &[]);
    }

    #[test]
    fn size_counts_production_code_only() {
        let long = format!("//! x\n{}", "fn f() {}\n".repeat(LARGEST_FILE));
        check(PATH, &long, &[0]);
        let tested = format!(
            "//! x\n#[cfg(test)]\nmod tests {{\n{}}}\n",
            "fn f() {}\n".repeat(LARGEST_FILE)
        );
        check(PATH, &tested, &[]);
        check("crates/probity-metrics/tests/it/laws.rs", &long, &[]);
    }

    #[test]
    fn unfinished_work_names_its_issue() {
        check(PATH, concat!("//! x\n// TO", "DO: later\n"), &[2]);
        check(PATH, concat!("//! x\n// TO", "DO(#12): later\n"), &[]);
        check(
            PATH,
            concat!("//! x\nconst TO", "DOS: u8 = 1; // a name\n"),
            &[],
        );
    }

    #[test]
    fn old_code_in_comments_is_found() {
        check(PATH, "//! x\n// let total = sum(values);\n", &[2]);
        check(
            PATH,
            "//! x\n// if values.is_empty() {\n//     return None;\n// }\n",
            &[2, 3, 4],
        );
        check(PATH, "//! x\n    // sketch.merge(&other);\n", &[2]);
        check(PATH, "//! x\n    // self.count = count;\n", &[2]);
    }

    #[test]
    fn prose_with_a_semicolon_is_no_code() {
        check(
            PATH,
            "//! x\n// The mean stays finite;\n// the sum may not (see the law);\n",
            &[],
        );
        check(PATH, "//! x\n/// let bins = psi(&a, &b);\n", &[]);
        check(PATH, "//! x\n// for every value in {a, b}\n", &[]);
        check(
            PATH,
            "//! x\n// Six roundings each: 6e5 × 2⁻⁵³ = 7e-11;\n",
            &[],
        );
    }

    #[test]
    fn a_test_that_never_runs_is_found() {
        check(PATH, concat!("//! x\n    #[ign", "ore = \"slow\"]\n"), &[2]);
    }

    #[test]
    fn a_crate_has_one_test_binary() {
        check("crates/probity-data/tests/csv.rs", "//! x\n", &[0]);
        check("crates/probity-data/tests/it/main.rs", "//! x\n", &[]);
        check("crates/probity-data/tests/it/csv.rs", "//! x\n", &[]);
    }
}
