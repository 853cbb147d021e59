//! Reads the events of a block into a table; what cannot be read is an error, or counted and passed over.

use std::str::Utf8Error;

use super::CaptureBlock;
use super::event::Event;
use super::rows::EventReader;
use crate::dataset::error::ReadDataset;
use crate::dataset::events::{BadRecords, EventTally, SkipReason};
use crate::format::csv::check_utf8;
use crate::format::text_table::{FinishedTable, TextTable};

impl CaptureBlock {
    pub(crate) fn read(&self) -> Result<FinishedTable, ReadDataset> {
        let mut table = TextTable::with_columns_up_to(self.options.max_columns);
        let mut reader = EventReader::new(&mut table, &self.options, self.labels);
        reader.expect(self.widths);
        let mut tally = self.sifted.tally.clone();
        match self.options.bad_records {
            BadRecords::Refuse => self.read_all(&mut reader, &mut tally)?,
            BadRecords::Skip => self.read_readable(&mut reader, &mut tally),
        }
        reader.finish();
        Ok(table.finish().read_from(tally))
    }

    /// The first event that cannot be read is an error.
    fn read_all(
        &self,
        reader: &mut EventReader<'_>,
        tally: &mut EventTally,
    ) -> Result<(), ReadDataset> {
        let text = check_utf8(&self.uri, &self.block)?;
        let mut wanted = self.wanted();
        for ((line, record), index) in (self.block.first_line..).zip(text.split('\n')).zip(0..) {
            if !wanted(index) {
                continue;
            }
            if record.len() as u64 > self.options.max_record_bytes {
                let limit_bytes = self.options.max_record_bytes;
                return Err(ReadDataset::RecordTooLong {
                    uri: self.uri.to_string(),
                    line,
                    limit_bytes,
                });
            }
            let record = trimmed(record);
            if !record.is_empty() {
                let event = Event::parse(record).map_err(|fault| fault.at(&self.uri, line))?;
                reader
                    .read(&event)
                    .map_err(|fault| fault.at(&self.uri, line))?;
                tally.read += 1;
                tally.decoded += u64::from(event.is_decoded());
            }
        }
        Ok(())
    }

    /// Events that cannot be read are counted.
    fn read_readable(&self, reader: &mut EventReader<'_>, tally: &mut EventTally) {
        let bytes = &self.block.bytes;
        let mut wanted = self.wanted();
        let lines = (self.block.first_line..).zip(bytes.split(|byte| *byte == b'\n'));
        for ((line, record), index) in lines.zip(0..) {
            if record.trim_ascii().is_empty() || !wanted(index) {
                continue;
            }
            match self.read_one(reader, record) {
                Ok(Read::Nothing) => {}
                Ok(Read::AsItIs) => tally.read += 1,
                Ok(Read::Decoded) => {
                    tally.read += 1;
                    tally.decoded += 1;
                }
                Err(reason) => tally.skip(reason, &self.uri, line),
            }
        }
    }

    fn read_one(&self, reader: &mut EventReader<'_>, record: &[u8]) -> Result<Read, SkipReason> {
        if record.len() as u64 > self.options.max_record_bytes {
            return Err(SkipReason::TooLong);
        }
        let invalid = |_: Utf8Error| SkipReason::InvalidUtf8;
        let record = trimmed(std::str::from_utf8(record).map_err(invalid)?);
        if record.is_empty() {
            return Ok(Read::Nothing);
        }
        let mark = reader.mark();
        let event = Event::parse(record).map_err(|fault| fault.reason())?;
        match reader.read(&event) {
            Ok(()) if event.is_decoded() => Ok(Read::Decoded),
            Ok(()) => Ok(Read::AsItIs),
            Err(fault) => {
                reader.roll_back(mark);
                Err(fault.reason())
            }
        }
    }

    /// Whether a line is one to read; to be asked with rising numbers.
    fn wanted(&self) -> impl FnMut(u32) -> bool {
        let mut passed_over = self.sifted.passed_over.iter().copied().peekable();
        move |index| {
            while passed_over.next_if(|next| *next < index).is_some() {}
            passed_over.peek() != Some(&index)
        }
    }
}

enum Read {
    Nothing,
    AsItIs,
    Decoded,
}

/// A byte order mark can only be at the very start.
fn trimmed(record: &str) -> &str {
    record
        .strip_prefix('\u{feff}')
        .unwrap_or(record)
        .trim_ascii()
}
