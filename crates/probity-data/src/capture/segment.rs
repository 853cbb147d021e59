//! One open file of records. A record is there whole or not at all, whatever the disk does.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::place::{Paths, Place};

/// The file of a segment, shared with those who bring it to the disk.
#[derive(Debug)]
pub(super) struct SegmentFile {
    records: File,
    /// The file of its place and its folder, until the first sync.
    names: Mutex<Option<(File, File)>>,
}

impl SegmentFile {
    /// Brings everything that was written to the disk, the names of the files included.
    pub(super) fn sync(&self) -> io::Result<()> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((place, folder)) = &*names {
            place.sync_all()?;
            self.records.sync_all()?;
            folder.sync_all()?;
            *names = None;
            return Ok(());
        }
        drop(names);
        self.records.sync_data()
    }
}

/// An open segment.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) file: Arc<SegmentFile>,
    pub(super) paths: Paths,
    pub(super) place: Place,
    /// Real time: simulated clocks jump.
    pub(super) opened: Instant,
    /// Of whole records.
    pub(super) bytes: u64,
    /// Part of a record may follow the whole ones.
    torn: bool,
}

impl Segment {
    pub(super) fn create(folder: &Path, name: &str, place: Place) -> io::Result<Segment> {
        let paths = Paths::new(folder, name);
        let (place_file, records) = paths.create(&place)?;
        let names = (place_file, File::open(folder)?);
        Ok(Segment::over(records, Some(names), (paths, place)))
    }

    fn over(records: File, names: Option<(File, File)>, (paths, place): (Paths, Place)) -> Segment {
        Segment {
            file: Arc::new(SegmentFile {
                records,
                names: Mutex::new(names),
            }),
            paths,
            place,
            opened: Instant::now(),
            bytes: 0,
            torn: false,
        }
    }

    /// Appends a record with its line feed. When it returns, a killed process does not lose it;
    /// when it fails, nothing of it stays.
    pub(super) fn append(&mut self, line: &[u8]) -> io::Result<()> {
        self.repair()?;
        let mut records = &self.file.records;
        if let Err(error) = records.write_all(line) {
            self.torn = true;
            // If it cannot be cut now, it is cut before the next record, or by the delivery.
            drop(self.repair());
            return Err(error);
        }
        self.bytes += line.len() as u64;
        Ok(())
    }

    /// Cuts the part of a record that a failed write left.
    pub(super) fn repair(&mut self) -> io::Result<()> {
        if self.torn {
            self.file.records.set_len(self.bytes)?;
            self.torn = false;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn place() -> Place {
        Place {
            object: "out/x.jsonl".to_owned(),
            region: String::new(),
            endpoint: "e".to_owned(),
            variant: "v".to_owned(),
            hour_ms: 0,
        }
    }

    #[test]
    fn a_full_disk_is_an_error_and_keeps_nothing() {
        let Ok(full) = fs::OpenOptions::new().append(true).open("/dev/full") else {
            return;
        };
        let paths = Paths::new(Path::new("/nowhere"), "x");
        let mut segment = Segment::over(full, None, (paths, place()));
        let error = segment.append(b"{}\n").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(segment.bytes, 0);
        // A device cannot be cut, so the next record is refused before it is written.
        assert!(segment.torn && segment.append(b"{}\n").is_err());
    }

    #[test]
    fn part_of_a_record_is_cut_before_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let mut segment = Segment::create(folder.path(), "x", place()).unwrap();
        segment.append(b"{1}\n").unwrap();
        // What a write leaves that ran out of space in the middle of a record.
        (&segment.file.records).write_all(b"{2").unwrap();
        segment.torn = true;
        segment.append(b"{3}\n").unwrap();
        segment.file.sync().unwrap();
        let text = fs::read_to_string(folder.path().join("x.jsonl")).unwrap();
        assert_eq!(text, "{1}\n{3}\n");
        assert_eq!(segment.bytes, 8);
    }
}
