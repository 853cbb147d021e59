//! What an earlier process left: segments that it had not sealed, or not delivered.
//!
//! A process that was killed leaves whole records, and perhaps the beginning of one that nobody
//! was answered for. A machine that lost power may leave blocks of zeros, too. A line that does
//! not begin and end as a record does, or holds a control character, is no record.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use probity_domain::document::capture_record::CaptureRecord;
use tracing::error;

use super::delivery::{Lines, Sealed};
use super::place::{Paths, Place};

/// The segments of `folder`, oldest first.
pub(super) fn find(folder: &Path) -> io::Result<Vec<Sealed>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
            continue;
        };
        if let Some(name) = name.strip_suffix(".json") {
            let paths = Paths::new(folder, name);
            let Ok(records) = fs::metadata(&paths.records) else {
                // It was delivered, or never begun.
                paths.remove()?;
                continue;
            };
            match read_place(&paths.place) {
                Some(place) => {
                    let modified = records.modified()?;
                    found.push((modified, Sealed::left(paths, place, records.len())));
                }
                None => set_aside(folder, &paths)?,
            }
        } else if let Some(name) = name.strip_suffix(".jsonl") {
            let paths = Paths::new(folder, name);
            if !paths.place.exists() {
                set_aside(folder, &paths)?;
            }
        }
    }
    found.sort_by_key(|(modified, _)| *modified);
    Ok(found.into_iter().map(|(_, sealed)| sealed).collect())
}

fn read_place(path: &Path) -> Option<Place> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Keeps records that nothing says the destination of; only a power cut leaves such.
fn set_aside(folder: &Path, paths: &Paths) -> io::Result<()> {
    let aside = folder.join("unplaced");
    fs::create_dir_all(&aside)?;
    if let Some(name) = paths.records.file_name() {
        let kept = aside.join(name);
        let shown = kept.display();
        fs::rename(&paths.records, &kept)?;
        error!("nothing says where captured records belong; they are kept as `{shown}`");
    }
    paths.remove()
}

/// Removes what is no record; gives the number of damaged lines. The unfinished last line is
/// none of them: the invocation was not answered.
pub(super) fn clean(paths: &Paths) -> io::Result<Lines> {
    let lines = read_lines(&paths.records, |_| Ok(()))?;
    if lines.damaged > 0 {
        let beside = paths.records.with_extension("clean");
        let mut writer = BufWriter::new(File::create(&beside)?);
        read_lines(&paths.records, |line| writer.write_all(line))?;
        writer.into_inner()?.sync_all()?;
        fs::rename(&beside, &paths.records)?;
        return Ok(lines);
    }
    let records = File::options().append(true).open(&paths.records)?;
    if records.metadata()?.len() > lines.whole_bytes {
        records.set_len(lines.whole_bytes)?;
        records.sync_all()?;
    }
    Ok(lines)
}

fn read_lines(path: &Path, mut whole: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<Lines> {
    let mut reader = BufReader::with_capacity(256 * 1024, File::open(path)?);
    let mut lines = Lines::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 || !line.ends_with(b"\n") {
            return Ok(lines);
        }
        if is_record(&line) {
            lines.whole_bytes += line.len() as u64;
            whole(&line)?;
        } else {
            lines.damaged += 1;
        }
    }
}

fn is_record(line: &[u8]) -> bool {
    let Some(record) = line.strip_suffix(b"\n") else {
        return false;
    };
    record.starts_with(CaptureRecord::START)
        && record.ends_with(CaptureRecord::END)
        && record.iter().all(|byte| *byte >= b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = r#"{"captureData":{"endpointInput":{"data":"1","encoding":"CSV"}},"eventMetadata":{"eventId":"a","inferenceTime":"2022-04-18T00:21:48Z"},"eventVersion":"0"}"#;

    /// The lines that stay of these bytes, and how many were damaged.
    fn cleaned(content: &[u8]) -> (String, u64) {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::new(folder.path(), "x");
        fs::write(&paths.records, content).unwrap();
        let lines = clean(&paths).unwrap();
        let kept = fs::read_to_string(&paths.records).unwrap();
        assert_eq!(kept.len() as u64, lines.whole_bytes);
        (kept, lines.damaged)
    }

    #[test]
    fn wherever_the_end_is_cut_whole_records_stay() {
        let second = FIRST.replace("\"1\"", "\"2,ü\\n\"");
        let content = format!("{FIRST}\n{second}\n{FIRST}\n");
        let ends: Vec<usize> = content
            .bytes()
            .enumerate()
            .filter(|(_, byte)| *byte == b'\n')
            .map(|(position, _)| position + 1)
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        for cut in 0..=content.len() {
            let whole = ends.iter().copied().filter(|end| *end <= cut).max();
            let expected = &content[..whole.unwrap_or(0)];
            let beginning = &content.as_bytes()[..cut];
            fs::write(&path, beginning).unwrap();
            let lines = read_lines(&path, |_| Ok(())).unwrap();
            assert_eq!(
                (lines.whole_bytes, lines.damaged),
                (expected.len() as u64, 0)
            );
            // Each of these waits for the disk.
            if cut % 50 == 0 {
                assert_eq!(cleaned(beginning), (expected.to_owned(), 0), "cut at {cut}");
            }
        }
    }

    #[test]
    fn zeros_of_a_power_cut_are_damage_and_what_follows_stays() {
        let zeros = "\0".repeat(100);
        let (kept, damaged) = cleaned(format!("{FIRST}\n{zeros}{FIRST}\n{FIRST}\n").as_bytes());
        assert_eq!((kept, damaged), (format!("{FIRST}\n{FIRST}\n"), 1));
        assert_eq!(cleaned(zeros.as_bytes()), (String::new(), 0));
    }

    #[test]
    fn a_place_without_records_was_delivered() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x.json"), "{}").unwrap();
        assert!(find(folder.path()).unwrap().is_empty());
        assert!(!folder.path().join("x.json").exists());
    }

    #[test]
    fn records_without_a_readable_place_are_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x.json"), "").unwrap();
        fs::write(folder.path().join("x.jsonl"), FIRST).unwrap();
        fs::write(folder.path().join("y.jsonl"), FIRST).unwrap();
        assert!(find(folder.path()).unwrap().is_empty());
        for name in ["x", "y"] {
            let kept = folder.path().join(format!("unplaced/{name}.jsonl"));
            assert_eq!(fs::read_to_string(kept).unwrap(), FIRST);
        }
    }
}
