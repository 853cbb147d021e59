//! From an input object to the payloads of requests: `SplitType`, `BatchStrategy` and
//! `MaxPayloadInMB` of CreateTransformJob. Objects are read as they are needed, so that a large
//! one needs no more memory than the requests that are under way.

use std::io::{self, BufRead};

use thiserror::Error;

/// Where an object is cut into records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Split {
    /// The object is one record.
    Whole,
    Lines,
}

/// Records of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strategy {
    Single,
    /// As many as fit.
    Multi,
}

/// How records become requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Batching {
    pub(super) split: Split,
    pub(super) strategy: Strategy,
    pub(super) max_payload_bytes: usize,
}

/// Of a record, where `MaxPayloadInMB` is 0: a line that never ends must not fill the memory.
pub(super) const NO_LIMIT: usize = 1 << 30;

#[derive(Debug, Error)]
pub(crate) enum ReadRecords {
    #[error("a record is larger than MaxPayloadInMB allows ({max_bytes} bytes)")]
    TooLarge { max_bytes: usize },
    #[error("failed to read the input")]
    Read(#[from] io::Error),
}

/// One request's records, without line ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Batch {
    /// Of the first record in its object, counted from 1.
    pub(super) first_line: usize,
    pub(super) records: Vec<Vec<u8>>,
}

/// The requests of one object.
#[derive(Debug)]
pub(super) struct Batches<Reader> {
    batching: Batching,
    reader: Reader,
    /// Read, and too large for the request before.
    waiting: Option<Vec<u8>>,
    n_records: usize,
    is_over: bool,
}

impl<Reader: BufRead> Batches<Reader> {
    pub(super) fn new(batching: Batching, reader: Reader) -> Batches<Reader> {
        Batches {
            batching,
            reader,
            waiting: None,
            n_records: 0,
            is_over: false,
        }
    }

    fn next_record(&mut self) -> Result<Option<Vec<u8>>, ReadRecords> {
        if let Some(waiting) = self.waiting.take() {
            return Ok(Some(waiting));
        }
        let max_bytes = self.batching.max_payload_bytes;
        loop {
            let mut record = Vec::new();
            // One byte more than a record and its line end may have.
            let limit = max_bytes as u64 + 3;
            let mut bounded = io::Read::take(&mut self.reader, limit);
            let n_read = match self.batching.split {
                Split::Lines => bounded.read_until(b'\n', &mut record)?,
                Split::Whole => io::Read::read_to_end(&mut bounded, &mut record)?,
            };
            if n_read == 0 {
                return Ok(None);
            }
            if self.batching.split == Split::Lines {
                trim_line_end(&mut record);
            }
            if record.len() > max_bytes {
                return Err(ReadRecords::TooLarge { max_bytes });
            }
            if !record.is_empty() {
                return Ok(Some(record));
            }
        }
    }

    fn next_batch(&mut self) -> Result<Option<Batch>, ReadRecords> {
        let first_line = self.n_records + 1;
        let mut records = Vec::new();
        let mut size = 0;
        while let Some(record) = self.next_record()? {
            // With the line end that separates it from the one before.
            let grown = size + record.len() + usize::from(!records.is_empty());
            if !records.is_empty() && grown > self.batching.max_payload_bytes {
                self.waiting = Some(record);
                break;
            }
            size = grown;
            records.push(record);
            if self.batching.strategy == Strategy::Single {
                break;
            }
        }
        self.n_records += records.len();
        Ok((!records.is_empty()).then_some(Batch {
            first_line,
            records,
        }))
    }
}

impl<Reader: BufRead> Iterator for Batches<Reader> {
    type Item = Result<Batch, ReadRecords>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let next = self.next_batch().transpose();
        self.is_over = !matches!(next, Some(Ok(_)));
        next
    }
}

fn trim_line_end(record: &mut Vec<u8>) {
    if record.last() == Some(&b'\n') {
        record.pop();
    }
    if record.last() == Some(&b'\r') {
        record.pop();
    }
}

/// Lines of an answer that are not empty.
pub(super) fn lines(content: &[u8]) -> Vec<&[u8]> {
    let lines = content.split(|byte| *byte == b'\n');
    lines
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .filter(|line| !line.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(batching: Batching, content: &str, expected: &[&[&str]]) {
        let found: Vec<Vec<String>> = Batches::new(batching, content.as_bytes())
            .map(|batch| {
                let records = batch.unwrap().records.into_iter();
                records
                    .map(|record| String::from_utf8(record).unwrap())
                    .collect()
            })
            .collect();
        assert_eq!(found, expected);
    }

    fn by_lines(strategy: Strategy, max_payload_bytes: usize) -> Batching {
        Batching {
            split: Split::Lines,
            strategy,
            max_payload_bytes,
        }
    }

    #[test]
    fn lines_are_records_and_empty_lines_are_none() {
        check(
            by_lines(Strategy::Single, 100),
            "1,2\r\n\n3,4\n5,6",
            &[&["1,2"], &["3,4"], &["5,6"]],
        );
    }

    #[test]
    fn a_request_holds_as_many_records_as_fit() {
        check(
            by_lines(Strategy::Multi, 7),
            "1,2\n3,4\n5,6\n",
            &[&["1,2", "3,4"], &["5,6"]],
        );
        check(
            by_lines(Strategy::Multi, NO_LIMIT),
            "1\n2\n3",
            &[&["1", "2", "3"]],
        );
    }

    #[test]
    fn a_request_knows_where_its_records_stand() {
        let batches = Batches::new(by_lines(Strategy::Multi, 3), &b"1\n2\n3\n"[..]);
        let first: Vec<usize> = batches.map(|batch| batch.unwrap().first_line).collect();
        assert_eq!(first, [1, 3]);
    }

    #[test]
    fn an_object_that_is_not_split_is_one_record() {
        let whole = Batching {
            split: Split::Whole,
            ..by_lines(Strategy::Multi, 100)
        };
        check(whole, "a\nb\n", &[&["a\nb\n"]]);
        check(whole, "", &[]);
    }

    #[test]
    fn a_record_that_is_too_large_is_an_error_and_the_end() {
        let mut batches = Batches::new(by_lines(Strategy::Single, 4), &b"1\n12345\n2\n"[..]);
        assert!(batches.next().unwrap().is_ok());
        let error = batches.next().unwrap().unwrap_err();
        assert!(matches!(error, ReadRecords::TooLarge { max_bytes: 4 }));
        assert!(batches.next().is_none());
    }

    #[test]
    fn the_lines_of_an_answer_have_no_ends() {
        assert_eq!(lines(b"0.1\r\n0.2\n"), [&b"0.1"[..], b"0.2"]);
    }
}
