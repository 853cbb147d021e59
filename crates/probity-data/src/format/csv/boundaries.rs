//! Finds record boundaries by looking at quotes and line ends only, so that
//! cutting a file costs little beside reading it.

use super::dialect::Dialect;
use crate::dataset::blocks::FindBoundary;

#[derive(Debug)]
pub(crate) struct CsvBoundaries {
    dialect: Dialect,
    /// How far the buffer was understood.
    position: usize,
    quoted: bool,
}

impl CsvBoundaries {
    pub(crate) fn new(dialect: Dialect) -> Self {
        CsvBoundaries {
            dialect,
            position: 0,
            quoted: false,
        }
    }

    /// A quote opens a field only at the field's start.
    fn opens(&self, buffer: &[u8], quote: usize) -> bool {
        let Some(before) = quote.checked_sub(1) else {
            return true;
        };
        buffer[before] == self.dialect.delimiter || buffer[before] == self.dialect.newline
    }

    /// Moves past the closing quote; `false` when the buffer ends before it is
    /// certain which quote that is.
    fn close_quote(&mut self, buffer: &[u8]) -> bool {
        while let Some(at) = memchr::memchr(Dialect::QUOTE, &buffer[self.position..]) {
            let quote = self.position + at;
            match buffer.get(quote + 1) {
                Some(&Dialect::QUOTE) => self.position = quote + 2,
                Some(_) => {
                    self.position = quote + 1;
                    self.quoted = false;
                    return true;
                }
                None => {
                    self.position = quote;
                    return false;
                }
            }
        }
        self.position = buffer.len();
        false
    }
}

impl FindBoundary for CsvBoundaries {
    fn find(&mut self, buffer: &[u8], target: usize) -> Option<usize> {
        // The line end may be the byte before `target`.
        let line_end_from = target.saturating_sub(1);
        while self.position < buffer.len() {
            if self.quoted {
                if !self.close_quote(buffer) {
                    return None;
                }
                continue;
            }
            let rest = &buffer[self.position..];
            let found = if self.position >= line_end_from {
                memchr::memchr2(Dialect::QUOTE, self.dialect.newline, rest)
            } else {
                let until = line_end_from.min(buffer.len()) - self.position;
                memchr::memchr(Dialect::QUOTE, &rest[..until])
            };
            let Some(found) = found else {
                self.position = if self.position >= line_end_from {
                    buffer.len()
                } else {
                    line_end_from.min(buffer.len())
                };
                continue;
            };
            let at = self.position + found;
            self.position = at + 1;
            if buffer[at] == self.dialect.newline {
                return Some(at + 1);
            }
            self.quoted = self.opens(buffer, at);
        }
        None
    }

    fn restart(&mut self) {
        self.position = 0;
        self.quoted = false;
    }

    fn last_record(&self, buffer: &[u8]) -> usize {
        let mut from_start = CsvBoundaries::new(self.dialect);
        let mut last = 0;
        while let Some(end) = from_start.find(buffer, 0) {
            last = end;
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The boundary must be the same however the buffer grows.
    #[track_caller]
    fn check(text: &str, target: usize, expected: Option<usize>) {
        let dialect = Dialect {
            delimiter: b',',
            newline: b'\n',
        };
        assert_eq!(
            CsvBoundaries::new(dialect).find(text.as_bytes(), target),
            expected,
            "at once"
        );
        let mut growing = CsvBoundaries::new(dialect);
        let mut found = None;
        for size in 0..=text.len() {
            found = growing.find(&text.as_bytes()[..size], target);
            if found.is_some() {
                break;
            }
        }
        assert_eq!(found, expected, "byte by byte");
    }

    #[test]
    fn a_record_ends_at_the_first_line_end_after_the_target() {
        check("a,b\nc,d\ne", 1, Some(4));
        check("a,b\nc,d\ne", 4, Some(4));
        check("a,b\nc,d\ne", 5, Some(8));
        check("a,b\nc,d\ne", 9, None);
    }

    #[test]
    fn line_ends_inside_quotes_are_content() {
        check("\"a\nb\",c\nd", 1, Some(8));
        check("a,\"b\n\"\"\n\",c\nd", 3, Some(12));
    }

    #[test]
    fn a_quote_inside_an_unquoted_field_opens_nothing() {
        check("5'10\",a\nb", 1, Some(8));
        check("\"a\"x\",b\nc", 1, Some(8));
    }

    #[test]
    fn the_last_record_is_found_for_the_message() {
        let boundaries = CsvBoundaries::new(Dialect {
            delimiter: b',',
            newline: b'\n',
        });
        assert_eq!(boundaries.last_record(b"a\n\"b\nc"), 2);
    }
}
