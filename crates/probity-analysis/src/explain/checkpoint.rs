//! What is done of a long explanation, kept so that an interrupted run goes on where it was.
//!
//! One file beside the result: what the run is (a hash of data, model and settings), then a
//! record of numbers per finished row, in the order of the rows, each followed by a check sum.
//! It is only ever appended to, so that whatever stops the program leaves whole records and at
//! most one torn one, which is cut off. A file of another run is begun anew.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use super::error::ExplainError;

/// Begins the file; changes when its form does.
const MAGIC: &[u8; 8] = b"PRBEXP01";
const HEADER_BYTES: u64 = 48;

/// Hash of everything that the numbers follow from.
pub(super) type RunKey = [u8; 32];

#[derive(Debug)]
pub(super) struct Checkpoint {
    path: PathBuf,
    file: File,
    values_per_row: usize,
}

impl Checkpoint {
    /// Opens the file of this run, or begins one; with the rows that are in it already.
    pub(super) fn open(
        path: &Path,
        key: &RunKey,
        values_per_row: usize,
    ) -> Result<(Checkpoint, Vec<f64>), ExplainError> {
        let failed = |source| ExplainError::Checkpoint {
            path: path.display().to_string(),
            source,
        };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(failed)?;
        let mut opened = Checkpoint {
            path: path.to_owned(),
            file,
            values_per_row,
        };
        let done = opened.read(key).map_err(failed)?;
        Ok((opened, done))
    }

    fn header(&self, key: &RunKey) -> Vec<u8> {
        let mut header = Vec::with_capacity(48);
        header.extend_from_slice(MAGIC);
        header.extend_from_slice(key);
        header.extend_from_slice(&(self.values_per_row as u64).to_le_bytes());
        header
    }

    /// The whole records of this run; the file ends behind them.
    fn read(&mut self, key: &RunKey) -> io::Result<Vec<f64>> {
        let expected = self.header(key);
        let mut reader = BufReader::new(&self.file);
        let mut header = vec![0; expected.len()];
        let is_ours = reader.read_exact(&mut header).is_ok() && header == expected;
        if !is_ours {
            self.file.set_len(0)?;
            (&self.file).write_all(&expected)?;
            return Ok(Vec::new());
        }
        let mut done = Vec::new();
        let mut record = vec![0; (self.values_per_row + 1) * 8];
        let mut length = HEADER_BYTES;
        while reader.read_exact(&mut record).is_ok() {
            let words = record.chunks_exact(8).map(|word| {
                u64::from_le_bytes(word.try_into().expect("a chunk of eight has eight bytes"))
            });
            let words: Vec<u64> = words.collect();
            let (values, sum) = words.split_at(self.values_per_row);
            if check_sum(values.iter().copied()) != sum[0] {
                break;
            }
            done.extend(values.iter().map(|bits| f64::from_bits(*bits)));
            length += record.len() as u64;
        }
        self.file.set_len(length)?;
        Ok(done)
    }

    /// Adds finished rows.
    pub(super) fn append(&mut self, rows: &[f64]) -> Result<(), ExplainError> {
        let mut bytes = Vec::with_capacity((rows.len() + rows.len() / self.values_per_row) * 8);
        for row in rows.chunks_exact(self.values_per_row) {
            for value in row {
                bytes.extend_from_slice(&value.to_le_bytes());
            }
            let sum = check_sum(row.iter().map(|value| value.to_bits()));
            bytes.extend_from_slice(&sum.to_le_bytes());
        }
        self.file
            .write_all(&bytes)
            .map_err(|source| ExplainError::Checkpoint {
                path: self.path.display().to_string(),
                source,
            })
    }
}

/// Where a run whose result goes to `folder` keeps what is done: beside the result, where that
/// is a local folder.
pub fn checkpoint_path(folder: Option<&str>) -> Option<PathBuf> {
    let folder = folder.filter(|folder| !folder.contains("://"))?;
    Some(Path::new(folder).join(".probity-unfinished"))
}

/// Removes the file of a run whose result is written.
pub fn discard_checkpoint(path: Option<&Path>) {
    if let Some(path) = path {
        // A file that stays is begun anew by the next run.
        let _ = fs::remove_file(path);
    }
}

/// Zeros that a file system left where numbers should be do not add up to it.
fn check_sum(words: impl Iterator<Item = u64>) -> u64 {
    words.fold(0x9E37_79B9_7F4A_7C15, |sum: u64, word| {
        sum.rotate_left(5).wrapping_add(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: RunKey = [7; 32];

    #[test]
    fn a_run_goes_on_where_it_was_torn_off() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("new").join(".unfinished");
        let (mut first, done) = Checkpoint::open(&path, &KEY, 2).unwrap();
        assert!(done.is_empty());
        first.append(&[1.0, 2.0, 3.0, 4.0]).unwrap();
        first.append(&[5.0, f64::NAN]).unwrap();
        drop(first);
        let torn = fs::metadata(&path).unwrap().len() - 3;
        OpenOptions::new()
            .write(true)
            .open(&path)
            .unwrap()
            .set_len(torn)
            .unwrap();
        let (mut again, done) = Checkpoint::open(&path, &KEY, 2).unwrap();
        assert_eq!(done, [1.0, 2.0, 3.0, 4.0]);
        again.append(&[6.0, 7.0]).unwrap();
        let (_, done) = Checkpoint::open(&path, &KEY, 2).unwrap();
        assert_eq!(done, [1.0, 2.0, 3.0, 4.0, 6.0, 7.0]);
    }

    #[test]
    fn zeros_and_another_run_are_not_taken_for_rows() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(".unfinished");
        let (mut first, _) = Checkpoint::open(&path, &KEY, 1).unwrap();
        first.append(&[1.0]).unwrap();
        first.file.write_all(&[0; 16]).unwrap();
        let (_, done) = Checkpoint::open(&path, &KEY, 1).unwrap();
        assert_eq!(done, [1.0]);
        let (_, done) = Checkpoint::open(&path, &[8; 32], 1).unwrap();
        assert!(done.is_empty());
    }
}
