//! The cards of files and folders. A folder's cards are the `.yaml`, `.yml` and `.json` files
//! directly in it, but for reports that a card is bound to and that are reports by what they hold. Nothing hidden, no folder in it:
//! reports and policies may lie there.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use probity_domain::document::model_card::report::ReportKind;

use super::card_file::{self, CardFile, FileFault};
use super::local;
use super::source::{MOST_BYTES, Notation};
use crate::exit::Usage;
use crate::table::counted;

/// A hundred bad files with twenty faults each are told as this many lines, and a number.
const MOST_TOLD: usize = 200;

/// Every card of the files and folders, by name; or everything that is wrong with any.
pub(super) fn load(paths: &[PathBuf]) -> Result<Vec<CardFile>> {
    let files = files(paths)?;
    let mut cards = Vec::new();
    let mut faults = Vec::new();
    for path in &files {
        match read(path) {
            Ok(card) => cards.push(card),
            Err(wrong) => faults.extend(wrong),
        }
    }
    // A card is never a report, whatever another card says of it.
    let reports = bound_reports(&cards);
    let bad: HashSet<PathBuf> = faults.iter().map(|fault| fault.path.clone()).collect();
    let is_bound = |path: &&PathBuf| reports.contains(&whole(path));
    let others: HashSet<&PathBuf> = bad
        .iter()
        .filter(is_bound)
        .filter(|path| is_report(path))
        .collect();
    faults.retain(|fault| !others.contains(&fault.path));
    faults.extend(of_one_name(&cards));
    if !faults.is_empty() {
        bail!(Usage(told(&faults, files.len())));
    }
    if cards.is_empty() {
        let paths: Vec<String> = paths
            .iter()
            .map(|path| format!("`{}`", path.display()))
            .collect();
        bail!(Usage(format!(
            "no card in {}: a card is a .yaml, .yml or .json file",
            paths.join(", ")
        )));
    }
    cards.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(cards)
}

/// The one card of that name; without a name, the only one.
pub(super) fn one(paths: &[PathBuf], name: Option<&str>) -> Result<CardFile> {
    let mut cards = load(paths)?;
    let Some(name) = name else {
        if cards.len() > 1 {
            let names: Vec<&str> = cards.iter().map(|card| card.name.as_str()).collect();
            bail!(Usage(format!(
                "there are several cards, name one: {}",
                names.join(", ")
            )));
        }
        return Ok(cards.remove(0));
    };
    match cards.into_iter().find(|card| card.name == name) {
        Some(card) => Ok(card),
        None => bail!(Usage(format!("no card `{name}` in the files of -f"))),
    }
}

/// One file, whatever its ending.
pub(super) fn read(path: &Path) -> Result<CardFile, Vec<FileFault>> {
    let wrong = |problem: String| {
        vec![FileFault {
            path: path.to_owned(),
            line: None,
            at: String::new(),
            problem,
        }]
    };
    let about = fs::metadata(path).map_err(|error| wrong(format!("failed to read: {error}")))?;
    if !about.is_file() {
        return Err(wrong("it is no file".to_owned()));
    }
    if about.len() > MOST_BYTES {
        return Err(wrong(format!(
            "the file has {} bytes, at most {MOST_BYTES} are read",
            about.len()
        )));
    }
    let bytes = fs::read(path).map_err(|error| wrong(format!("failed to read: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|_| wrong("the file is not UTF-8".to_owned()))?;
    CardFile::parse(text, path)
}

/// As a usage error, one line for each.
pub(super) fn told(faults: &[FileFault], n_files: usize) -> String {
    let bad: HashSet<&Path> = faults.iter().map(|fault| fault.path.as_path()).collect();
    let mut text = format!(
        "{} of {} {} wrong:",
        bad.len(),
        counted(n_files as u64, "card file"),
        if bad.len() == 1 { "is" } else { "are" }
    );
    for fault in faults.iter().take(MOST_TOLD) {
        text.push_str(&format!("\n  {fault}"));
    }
    if faults.len() > MOST_TOLD {
        text.push_str(&format!("\n  and {} more", faults.len() - MOST_TOLD));
    }
    text
}

fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        let cannot =
            |error: std::io::Error| Usage(format!("failed to read `{}`: {error}", path.display()));
        if !fs::metadata(path).map_err(cannot)?.is_dir() {
            files.push(path.clone());
            continue;
        }
        for entry in fs::read_dir(path).map_err(cannot)? {
            let file = entry.map_err(cannot)?.path();
            let is_hidden = file
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if file.is_file() && !is_hidden && Notation::of(&file).is_some() {
                files.push(file);
            }
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// The files that cards of the folder are bound to.
fn bound_reports(cards: &[CardFile]) -> HashSet<PathBuf> {
    let mut reports = HashSet::new();
    for card in cards {
        for evaluation in &card.content.card().evaluations {
            if let Some(binding) = evaluation.binding() {
                reports.extend(local::place(card, &binding.report));
            }
        }
    }
    reports
}

/// Whether a file that is no valid card is a report, by what it holds, and not the bad card that
/// somebody named as one. One that changed since it was bound is a report still.
fn is_report(path: &Path) -> bool {
    let Ok(report) = local::read_file(path).and_then(|bytes| local::report_of(&bytes)) else {
        return false;
    };
    let is_of_card = |name: &String| card_file::is_member(name);
    let members = report.as_object();
    ReportKind::of(&report).is_some()
        && members.is_some_and(|members| !members.keys().any(is_of_card))
}

fn whole(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn of_one_name(cards: &[CardFile]) -> Vec<FileFault> {
    let mut first: HashMap<&str, &Path> = HashMap::new();
    let mut faults = Vec::new();
    for card in cards {
        match first.get(card.name.as_str()) {
            Some(other) => faults.push(FileFault {
                path: card.path.clone(),
                line: None,
                at: String::new(),
                problem: format!("the card `{}` is in `{}`, too", card.name, other.display()),
            }),
            None => {
                first.insert(&card.name, &card.path);
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn names(folder: &tempfile::TempDir) -> Vec<String> {
        let cards = load(&[folder.path().to_owned()]).unwrap();
        cards.into_iter().map(|card| card.name).collect()
    }

    #[test]
    fn a_folder_holds_its_cards_and_other_things() {
        let folder = folder(&[
            ("b.yaml", "name: zeta\n"),
            ("a.yml", "{}"),
            ("c.json", "{\"content\": {}}"),
            ("README.md", "# cards"),
            ("governance.toml", "[review]"),
            (".hidden.yaml", "nonsense: ["),
        ]);
        fs::create_dir(folder.path().join("reports")).unwrap();
        fs::write(folder.path().join("reports/analysis.json"), "[]").unwrap();
        assert_eq!(names(&folder), ["a", "c", "zeta"]);
    }

    const REPORT: &str = "{\"version\": \"1.0\", \"metric_groups\": []}";

    #[test]
    fn a_card_that_another_one_names_as_its_report_is_a_card() {
        let hiding = |other: &str| {
            let hash = crate::command::card::sha256(other.as_bytes());
            format!(
                "status: Archived\ncontent:\n  evaluation_details:\n  - name: fairness\n    \
                 metadata:\n      'probity:report': b.json\n      'probity:sha256': {hash}\n"
            )
        };
        for bad in [
            "{\"intended_uses\": {\"risk_rating\": \"Enormous\"}}",
            "{\"content\": {\"nonsense\": 1}}",
            "{\"metric_groups\": [], \"business_details\": {\"nonsense\": 1}}",
            "{\"nonsense\": 1}",
        ] {
            let folder = folder(&[("a.yaml", &hiding(bad)), ("b.json", bad)]);
            let told = load(&[folder.path().to_owned()]).unwrap_err().to_string();
            assert!(
                told.starts_with("1 of 2 card files is wrong:"),
                "{bad}: {told}"
            );
        }
        let folder = folder(&[("a.yaml", &hiding("{}")), ("b.json", "{}")]);
        assert_eq!(names(&folder), ["a", "b"]);
    }

    #[test]
    fn a_report_that_a_card_is_bound_to_is_no_card() {
        let card = "evaluation_details:\n- name: fairness\n  metadata:\n    \
                    'probity:report': analysis.json\n    'probity:sha256': ab\n";
        let folder = folder(&[("a.yaml", card), ("analysis.json", REPORT)]);
        assert_eq!(names(&folder), ["a"]);
    }

    #[test]
    fn every_bad_file_is_told() {
        let folder = folder(&[
            ("a.yaml", "x: [\n"),
            ("b.yaml", "name: same\n"),
            ("c.yaml", "name: same\n"),
            ("d.json", "{}"),
        ]);
        fs::write(folder.path().join("e.yaml"), [0xff, 0xfe, 0x00]).unwrap();
        let told = load(&[folder.path().to_owned()]).unwrap_err().to_string();
        assert!(told.starts_with("3 of 5 card files are wrong:"), "{told}");
        for text in [
            "a.yaml:",
            "the card `same` is in",
            "e.yaml: the file is not UTF-8",
        ] {
            assert!(told.contains(text), "{told}");
        }
    }

    #[test]
    fn a_large_file_is_not_read() {
        let folder = folder(&[("a.yaml", &"# long\n".repeat(200_000))]);
        let told = load(&[folder.path().to_owned()]).unwrap_err().to_string();
        assert!(told.contains("at most 1048576 are read"), "{told}");
    }

    #[test]
    fn several_cards_want_a_name() {
        let folder = folder(&[("a.yaml", ""), ("b.yaml", "")]);
        let paths = [folder.path().to_owned()];
        assert!(one(&paths, None).is_err());
        assert_eq!(one(&paths, Some("b")).unwrap().name, "b");
        assert!(one(&paths, Some("c")).is_err());
    }
}
