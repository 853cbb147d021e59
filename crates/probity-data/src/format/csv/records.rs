//! Finds the fields of CSV records: where each begins and ends, without
//! copying it. The special bytes of 64 bytes at a time are found as one bit
//! mask, which the compiler turns into vector instructions.

use super::dialect::Dialect;

/// A field: `start..end` of the block, or of the index's own text when the
/// field had to be rewritten without its doubled quotes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

/// Marks the start of a span of rewritten text. Blocks are shorter than 2 GiB.
const REWRITTEN: u32 = 1 << 31;

/// The fields of some records of a block, record by record.
#[derive(Debug, Default)]
pub(crate) struct FieldIndex {
    spans: Vec<Span>,
    rewritten: Vec<u8>,
    rows: usize,
}

/// What to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadRecords {
    pub(crate) dialect: Dialect,
    /// Every record must have as many fields; `None`: any number.
    pub(crate) width: Option<usize>,
    pub(crate) max_rows: usize,
    pub(crate) max_record_bytes: usize,
}

impl ReadRecords {
    /// One record of any width.
    pub(crate) fn one(dialect: Dialect) -> Self {
        ReadRecords {
            dialect,
            width: None,
            max_rows: 1,
            max_record_bytes: usize::MAX,
        }
    }
}

/// What is wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordFault {
    /// Where the record begins in the block.
    pub(crate) record: usize,
    pub(crate) kind: RecordFaultKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordFaultKind {
    Ragged { expected: usize, found: usize },
    UnclosedQuote,
    TooLong,
}

impl FieldIndex {
    pub(crate) fn clear(&mut self) {
        self.spans.clear();
        self.rewritten.clear();
        self.rows = 0;
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Record by record.
    pub(crate) fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// The text that `span` is of, and its range there.
    #[inline]
    pub(crate) fn locate<'a>(&'a self, block: &'a [u8], span: Span) -> (&'a [u8], usize, usize) {
        let start = (span.start & !REWRITTEN) as usize;
        let length = (span.end - span.start) as usize;
        let text = if span.start & REWRITTEN == 0 {
            block
        } else {
            self.rewritten.as_slice()
        };
        (text, start, length)
    }

    pub(crate) fn field<'a>(&'a self, block: &'a [u8], span: Span) -> &'a [u8] {
        let (text, start, length) = self.locate(block, span);
        &text[start..start + length]
    }

    /// Adds the records of `block` from `from` on; gives the offset after the
    /// last of them. Empty lines are skipped.
    pub(crate) fn read(
        &mut self,
        block: &[u8],
        from: usize,
        read: &ReadRecords,
    ) -> Result<usize, RecordFault> {
        let Dialect { delimiter, newline } = read.dialect;
        let mut row = Row {
            record: from,
            field: from,
            first_span: self.spans.len(),
        };
        let mut base = from;
        'windows: while base < block.len() {
            let mut special = special_bytes(block, base, read.dialect);
            while special != 0 {
                let at = base + special.trailing_zeros() as usize;
                special &= special - 1;
                let byte = block[at];
                if byte == delimiter {
                    self.push(row.field, at);
                    row.field = at + 1;
                } else if byte == newline {
                    self.push_last(block, row.field, at);
                    self.end_row(&mut row, at + 1, read)?;
                    if self.rows == read.max_rows {
                        return Ok(at + 1);
                    }
                } else if at == row.field {
                    let end = self.quoted(block, &row, read.dialect)?;
                    if end == block.len() {
                        row.field = end;
                        self.end_row(&mut row, end, read)?;
                        return Ok(end);
                    }
                    row.field = end + 1;
                    base = end + 1;
                    if block[end] == newline {
                        self.end_row(&mut row, end + 1, read)?;
                        if self.rows == read.max_rows {
                            return Ok(end + 1);
                        }
                    }
                    continue 'windows;
                }
            }
            base += WINDOW;
        }
        if row.field < block.len() || self.spans.len() > row.first_span {
            self.push_last(block, row.field, block.len());
            self.end_row(&mut row, block.len(), read)?;
        }
        Ok(block.len())
    }

    #[inline]
    fn push(&mut self, start: usize, end: usize) {
        self.spans.push(Span {
            start: offset(start),
            end: offset(end),
        });
    }

    /// The last field of a record, without the CR of a CRLF.
    #[inline]
    fn push_last(&mut self, block: &[u8], start: usize, end: usize) {
        let end = if end > start && block[end - 1] == b'\r' {
            end - 1
        } else {
            end
        };
        self.push(start, end);
    }

    #[inline]
    fn end_row(
        &mut self,
        row: &mut Row,
        next: usize,
        read: &ReadRecords,
    ) -> Result<(), RecordFault> {
        let found = self.spans.len() - row.first_span;
        let fault = |kind| RecordFault {
            record: row.record,
            kind,
        };
        // An unquoted lone empty field is an empty line. A quoted one is longer.
        let empty = found == 1 && self.spans[row.first_span].is_empty() && next - row.record <= 2;
        if empty && !self.opens_with_quote(row) {
            self.spans.truncate(row.first_span);
        } else {
            match read.width {
                Some(expected) if expected != found => {
                    return Err(fault(RecordFaultKind::Ragged { expected, found }));
                }
                _ if next - row.record > read.max_record_bytes => {
                    return Err(fault(RecordFaultKind::TooLong));
                }
                _ => self.rows += 1,
            }
        }
        *row = Row {
            record: next,
            field: next,
            first_span: self.spans.len(),
        };
        Ok(())
    }

    /// `""` at the end of a file is two bytes long, like CRLF, but its span
    /// begins after the quote.
    fn opens_with_quote(&self, row: &Row) -> bool {
        self.spans[row.first_span].start as usize != row.record
    }

    /// Reads the field of `row` that begins with a quote; gives the offset of the
    /// delimiter or line end after it, or of the block's end.
    fn quoted(&mut self, block: &[u8], row: &Row, dialect: Dialect) -> Result<usize, RecordFault> {
        let start = row.field + 1;
        let mut from = start;
        let mut doubled = false;
        let close = loop {
            let rest = block.get(from..).unwrap_or_default();
            let Some(at) = memchr::memchr(Dialect::QUOTE, rest) else {
                return Err(RecordFault {
                    record: row.record,
                    kind: RecordFaultKind::UnclosedQuote,
                });
            };
            let quote = from + at;
            if block.get(quote + 1) != Some(&Dialect::QUOTE) {
                break quote;
            }
            doubled = true;
            from = quote + 2;
        };
        let after = &block[close + 1..];
        let end = close
            + 1
            + memchr::memchr2(dialect.delimiter, dialect.newline, after).unwrap_or(after.len());
        let ends_record = block.get(end).is_none_or(|byte| *byte == dialect.newline);
        let mut tail = &block[close + 1..end];
        if ends_record && dialect.newline == b'\n' {
            tail = tail.strip_suffix(b"\r").unwrap_or(tail);
        }
        if doubled || !tail.is_empty() {
            self.push_rewritten(&block[start..close], tail);
        } else {
            self.push(start, close);
        }
        Ok(end)
    }

    /// The field without doubled quotes, then what stood after its closing quote.
    fn push_rewritten(&mut self, quoted: &[u8], tail: &[u8]) {
        let start = offset(self.rewritten.len());
        let mut rest = quoted;
        while let Some(at) = memchr::memchr(Dialect::QUOTE, rest) {
            self.rewritten.extend_from_slice(&rest[..=at]);
            rest = rest.get(at + 2..).unwrap_or_default();
        }
        self.rewritten.extend_from_slice(rest);
        self.rewritten.extend_from_slice(tail);
        let end = offset(self.rewritten.len());
        self.spans.push(Span {
            start: start | REWRITTEN,
            end: end | REWRITTEN,
        });
    }
}

impl Span {
    #[inline]
    pub(crate) fn is_empty(self) -> bool {
        self.start == self.end
    }
}

struct Row {
    record: usize,
    field: usize,
    first_span: usize,
}

#[inline]
fn offset(position: usize) -> u32 {
    debug_assert!(
        position < REWRITTEN as usize,
        "blocks are shorter than 2 GiB"
    );
    #[expect(
        clippy::cast_possible_truncation,
        reason = "`open` refuses blocks of 2 GiB and more"
    )]
    let offset = position as u32;
    offset
}

const WINDOW: usize = 64;

/// Bit i is set when byte `base + i` is a delimiter, line end or quote.
#[inline]
fn special_bytes(block: &[u8], base: usize, dialect: Dialect) -> u64 {
    let rest = &block[base..];
    match rest.first_chunk::<WINDOW>() {
        Some(window) => special_in(window, dialect),
        None => {
            let mut window = [0; WINDOW];
            window[..rest.len()].copy_from_slice(rest);
            // Padding must not count, whatever the delimiter.
            special_in(&window, dialect) & ((1 << rest.len()) - 1)
        }
    }
}

#[inline]
fn special_in(window: &[u8; WINDOW], dialect: Dialect) -> u64 {
    let mut flags = [0_u8; WINDOW];
    for (flag, byte) in flags.iter_mut().zip(window) {
        let special =
            (*byte == dialect.delimiter) | (*byte == dialect.newline) | (*byte == Dialect::QUOTE);
        *flag = u8::from(special);
    }
    let mut mask = 0;
    let (words, _) = flags.as_chunks::<8>();
    for (position, word) in words.iter().enumerate() {
        // Gathers the lowest bit of each of eight bytes into one byte.
        let gathered = u64::from_le_bytes(*word).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        mask |= gathered << (8 * position);
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, delimiter: u8) -> Result<Vec<Vec<String>>, RecordFaultKind> {
        let dialect = Dialect {
            delimiter,
            newline: super::super::dialect::newline_of(text.as_bytes()),
        };
        let mut rows = Vec::new();
        let mut from = 0;
        while from < text.len() {
            let mut index = FieldIndex::default();
            from = index
                .read(text.as_bytes(), from, &ReadRecords::one(dialect))
                .map_err(|fault| fault.kind)?;
            if index.rows() == 1 {
                let field = |span: &Span| {
                    String::from_utf8_lossy(index.field(text.as_bytes(), *span)).into_owned()
                };
                rows.push(index.spans().iter().map(field).collect());
            }
        }
        Ok(rows)
    }

    #[track_caller]
    fn check(text: &str, expected: &[&[&str]]) {
        let rows = read(text, b',').unwrap();
        assert_eq!(
            rows,
            expected.iter().map(|row| row.to_vec()).collect::<Vec<_>>(),
            "{text:?}"
        );
    }

    #[test]
    fn fields_are_cut_at_delimiters_and_records_at_line_ends() {
        check("a,b\n1,2\n", &[&["a", "b"], &["1", "2"]]);
        check("a,b\r\n1,2", &[&["a", "b"], &["1", "2"]]);
        check("a,b\r1,2\r", &[&["a", "b"], &["1", "2"]]);
        check(",\n,", &[&["", ""], &["", ""]]);
    }

    #[test]
    fn spaces_belong_to_the_field() {
        check(" a , b \n", &[&[" a ", " b "]]);
    }

    #[test]
    fn quotes_hide_delimiters_line_ends_and_doubled_quotes() {
        check(
            "\"a,b\",\"c\nd\",\"e\"\"f\"\n1,2,3",
            &[&["a,b", "c\nd", "e\"f"], &["1", "2", "3"]],
        );
        check("\"\"\"\"\"\",x", &[&["\"\"", "x"]]);
        check("\"a\"\r\n\"b\"\r\n", &[&["a"], &["b"]]);
    }

    #[test]
    fn a_quote_inside_an_unquoted_field_is_itself() {
        check("5'10\",b\"c\n", &[&["5'10\"", "b\"c"]]);
    }

    #[test]
    fn text_after_a_closing_quote_stays_in_the_field() {
        check("\"a\"b\"c,d\n", &[&["ab\"c", "d"]]);
    }

    #[test]
    fn empty_lines_are_no_records_but_quoted_empty_fields_are() {
        check("a\n\n\r\n\nb\n", &[&["a"], &["b"]]);
        check("\"\"\n\"\"", &[&[""], &[""]]);
    }

    #[test]
    fn a_bare_carriage_return_among_line_feeds_is_content() {
        check("a\rb,c\nd,e\n", &[&["a\rb", "c"], &["d", "e"]]);
    }

    #[test]
    fn a_quote_that_is_never_closed_is_a_fault() {
        assert_eq!(read("a,\"b\nc", b','), Err(RecordFaultKind::UnclosedQuote));
    }

    #[test]
    fn records_longer_than_a_window_are_whole() {
        let long = "x".repeat(200);
        check(
            &format!("{long},{long}\n\"{long}\",b\n"),
            &[&[&long, &long], &[&long, "b"]],
        );
    }

    #[test]
    fn a_record_of_another_width_is_a_fault_at_its_start() {
        let dialect = Dialect {
            delimiter: b',',
            newline: b'\n',
        };
        let read = ReadRecords {
            dialect,
            width: Some(2),
            max_rows: 9,
            max_record_bytes: 99,
        };
        let fault = FieldIndex::default()
            .read(b"a,b\n1,2,3\n", 0, &read)
            .unwrap_err();
        assert_eq!(
            fault,
            RecordFault {
                record: 4,
                kind: RecordFaultKind::Ragged {
                    expected: 2,
                    found: 3
                }
            }
        );
    }
}
