//! What separates the fields and the records of a CSV file.
//!
//! RFC 4180 with any one-byte delimiter. Quotes are `"`, doubled inside quotes.
//! A quote that does not open its field is an ordinary character, and so is
//! what follows a closing quote up to the delimiter. Records end with LF or
//! CRLF; a file without any LF in its first 64 KiB whose first line end is a
//! bare CR ends its records with CR.

use super::records::{FieldIndex, RecordFault};

/// What dialect and format are recognised from.
pub(crate) const SAMPLE_BYTES: usize = 64 << 10;
const SAMPLE_RECORDS: usize = 50;
/// In order of preference where several fit.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) delimiter: u8,
    /// Last byte of a record's end: LF, or CR in a file of bare CRs.
    pub(crate) newline: u8,
}

impl Dialect {
    pub(crate) const QUOTE: u8 = b'"';

    /// A payload of `text/csv`.
    pub(crate) fn comma(sample: &[u8]) -> Dialect {
        Dialect {
            delimiter: b',',
            newline: newline_of(sample),
        }
    }
}

/// LF, unless bare CR is all there is.
pub(crate) fn newline_of(sample: &[u8]) -> u8 {
    match memchr::memchr(b'\r', sample) {
        Some(at) if at + 1 < sample.len() && memchr::memchr(b'\n', sample).is_none() => b'\r',
        _ => b'\n',
    }
}

/// The delimiter that gives the first records one and the same number of
/// columns, the larger number winning; failing that, the one that cuts the
/// first record into the most columns. A comma where none cuts the first record: a column
/// named `x` over records of several fields is a ragged file, not one of odd texts.
pub(crate) fn detect_delimiter(sample: &[u8]) -> u8 {
    let newline = newline_of(sample);
    let score = |delimiter: u8| {
        let widths = sample_widths(sample, Dialect { delimiter, newline });
        let first = widths.first().copied().unwrap_or(0);
        let regular = widths.iter().all(|width| *width == first);
        (first > 1, regular, first)
    };
    // `max_by_key` would keep the last of equals.
    let mut best = (DELIMITERS[0], score(DELIMITERS[0]));
    for delimiter in DELIMITERS.into_iter().skip(1) {
        let candidate = score(delimiter);
        let (cuts, _, _) = candidate;
        if cuts && candidate > best.1 {
            best = (delimiter, candidate);
        }
    }
    best.0
}

/// The number of fields of each whole record in the sample.
fn sample_widths(sample: &[u8], dialect: Dialect) -> Vec<usize> {
    let mut widths = Vec::new();
    let mut index = FieldIndex::default();
    let mut from = 0;
    while widths.len() < SAMPLE_RECORDS {
        index.clear();
        match index.read(sample, from, &super::records::ReadRecords::one(dialect)) {
            Ok(next) if index.rows() == 1 => {
                let cut_off = next == sample.len() && sample.len() >= SAMPLE_BYTES;
                if cut_off && !widths.is_empty() {
                    break;
                }
                widths.push(index.spans().len());
                from = next;
            }
            Ok(_) | Err(RecordFault { .. }) => break,
        }
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sample: &str, expected: u8) {
        assert_eq!(
            char::from(detect_delimiter(sample.as_bytes())),
            char::from(expected)
        );
    }

    #[test]
    fn the_delimiter_that_cuts_all_records_alike_wins() {
        check("a;b;c\n1,5;2;3\n1,5,0;2;3\n", b';');
        check("a\tb\n1,2\t3\n4\t5,6\n", b'\t');
        check("a|b\n1|2\n", b'|');
    }

    #[test]
    fn delimiters_inside_quotes_do_not_count() {
        check("\"a;b;c\",d\n\"1;2\",3\n", b',');
    }

    #[test]
    fn one_column_is_a_comma_file() {
        check("a\n1\n2\n", b',');
        check("", b',');
        check("x\n1,2\n3,4,5\n", b',');
        check("x\n1;2\n3;4;5\n", b',');
    }

    #[test]
    fn bare_carriage_returns_end_records_only_where_there_is_no_line_feed() {
        assert_eq!(newline_of(b"a,b\r1,2\r"), b'\r');
        assert_eq!(newline_of(b"a,b\r\n1,2\r\n"), b'\n');
        assert_eq!(newline_of(b"a,\"b\rc\"\n"), b'\n');
    }
}
