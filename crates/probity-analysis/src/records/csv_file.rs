//! A CSV with a header, written batch by batch.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use datafusion::arrow::array::{Array, AsArray, RecordBatch, StringArray};

use super::error::PrepareRecords;

/// A file that grows.
#[derive(Debug)]
pub(super) struct CsvFile {
    path: PathBuf,
    out: BufWriter<File>,
    pub(super) rows: u64,
}

impl CsvFile {
    pub(super) fn create<'a>(
        path: &Path,
        names: impl Iterator<Item = &'a str>,
    ) -> Result<CsvFile, PrepareRecords> {
        let failed = |source| PrepareRecords::Write {
            path: path.to_owned(),
            source,
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut file = CsvFile {
            path: path.to_owned(),
            out: BufWriter::new(File::create(path).map_err(failed)?),
            rows: 0,
        };
        let names: Vec<Option<&str>> = names.map(Some).collect();
        file.record(&names)?;
        Ok(file)
    }

    /// Rows of text columns at `rows`, or all.
    pub(super) fn write(
        &mut self,
        batch: &RecordBatch,
        rows: Option<&[usize]>,
    ) -> Result<(), PrepareRecords> {
        let columns: Vec<Option<&StringArray>> = batch
            .columns()
            .iter()
            .map(|column| column.as_string_opt::<i32>())
            .collect();
        let mut one = |row: usize| {
            let fields: Vec<Option<&str>> = columns
                .iter()
                .map(|column| {
                    let column = (*column)?;
                    column.is_valid(row).then(|| column.value(row))
                })
                .collect();
            self.record(&fields)
        };
        let n_rows = match rows {
            Some(rows) => {
                rows.iter().try_for_each(|row| one(*row))?;
                rows.len()
            }
            None => {
                (0..batch.num_rows()).try_for_each(one)?;
                batch.num_rows()
            }
        };
        self.rows += n_rows as u64;
        Ok(())
    }

    fn record(&mut self, fields: &[Option<&str>]) -> Result<(), PrepareRecords> {
        let written = (|| {
            for (at, field) in fields.iter().enumerate() {
                if at > 0 {
                    self.out.write_all(b",")?;
                }
                match field {
                    // A lone empty field would be an empty line.
                    None | Some("") if fields.len() == 1 => self.out.write_all(b"\"\"")?,
                    None | Some("") => {}
                    Some(text) if text.contains(['"', ',', '\n', '\r']) => {
                        write!(self.out, "\"{}\"", text.replace('"', "\"\""))?;
                    }
                    Some(text) => self.out.write_all(text.as_bytes())?,
                }
            }
            self.out.write_all(b"\n")
        })();
        written.map_err(|source| PrepareRecords::Write {
            path: self.path.clone(),
            source,
        })
    }

    pub(super) fn finish(mut self) -> Result<u64, PrepareRecords> {
        let flushed = self.out.flush();
        flushed.map_err(|source| PrepareRecords::Write {
            path: self.path.clone(),
            source,
        })?;
        Ok(self.rows)
    }
}
