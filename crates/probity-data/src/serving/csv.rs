//! CSV of a request: rows without a header, comma between fields, quotes as in RFC 4180.
//!
//! Not the reader of datasets, which recognises dialects, and takes longer to begin than a small
//! model takes to answer.

use std::borrow::Cow;

use memchr::{memchr, memchr3};

use super::rows::{BadRecords, Cell, Rows, RowsBuilder};

/// A blank line is no record: clients end a body with one, or with none.
pub(super) fn parse(body: &str) -> Result<Rows<'_>, BadRecords> {
    let mut fields = Fields {
        rest: body.strip_prefix('\u{feff}').unwrap_or(body),
        line: 1,
    };
    let mut rows = RowsBuilder::default();
    while fields.skip_blank_lines() {
        loop {
            let cell = fields.field()?;
            rows.push(cell)?;
            if !fields.take_comma() {
                break;
            }
        }
        rows.end_row()?;
        fields.take_line_end();
    }
    rows.finish(None)
}

struct Fields<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Fields<'a> {
    /// Whether a record follows.
    fn skip_blank_lines(&mut self) -> bool {
        while self.take_line_end() {}
        !self.rest.is_empty()
    }

    fn take_line_end(&mut self) -> bool {
        let Some(rest) = ["\r\n", "\n", "\r"]
            .iter()
            .find_map(|end| self.rest.strip_prefix(end))
        else {
            return false;
        };
        self.rest = rest;
        self.line += 1;
        true
    }

    fn take_comma(&mut self) -> bool {
        let rest = self.rest.strip_prefix(',');
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn field(&mut self) -> Result<Cell<'a>, BadRecords> {
        if let Some(quoted) = self.rest.strip_prefix('"') {
            return self.quoted(quoted);
        }
        let end = memchr3(b',', b'\n', b'\r', self.rest.as_bytes());
        let (field, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        Ok(match field {
            "" => Cell::Missing,
            field => Cell::Text(Cow::Borrowed(field)),
        })
    }

    /// A field after its opening quote; two quotes in it are one.
    fn quoted(&mut self, quoted: &'a str) -> Result<Cell<'a>, BadRecords> {
        let opened = self.line;
        let mut text = Cow::Borrowed("");
        let mut rest = quoted;
        loop {
            let end = memchr(b'"', rest.as_bytes());
            let end = end.ok_or(BadRecords::OpenQuote { line: opened })?;
            let piece = &rest[..end];
            self.line += piece.matches('\n').count();
            text = match text {
                Cow::Borrowed("") => Cow::Borrowed(piece),
                text => Cow::Owned(text.into_owned() + piece),
            };
            rest = &rest[end + 1..];
            match rest.strip_prefix('"') {
                Some(after) => {
                    text = Cow::Owned(text.into_owned() + "\"");
                    rest = after;
                }
                None => break,
            }
        }
        self.rest = rest;
        match rest.as_bytes().first() {
            None | Some(b',' | b'\n' | b'\r') => Ok(Cell::Text(text)),
            Some(_) => Err(BadRecords::AfterQuote { line: self.line }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: &[&[&str]]) {
        let rows = parse(body).unwrap();
        let cells = rows.cells.iter().map(|cell| match cell {
            Cell::Missing => "∅",
            Cell::Text(text) => text.as_ref(),
            Cell::Number(_) | Cell::Truth(_) => panic!("CSV holds texts"),
        });
        let cells: Vec<&str> = cells.collect();
        let found: Vec<&[&str]> = cells.chunks(rows.n_columns).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_line_is_a_record_however_it_ends() {
        check("1,2", &[&["1", "2"]]);
        check("1,2\n3,4\n", &[&["1", "2"], &["3", "4"]]);
        check("1,2\r\n3,4\r\n\r\n", &[&["1", "2"], &["3", "4"]]);
        check("\u{feff}1,2\r3,4\r", &[&["1", "2"], &["3", "4"]]);
    }

    #[test]
    fn nothing_between_commas_is_missing() {
        check(",2,\n", &[&["∅", "2", "∅"]]);
        check(",\n,", &[&["∅", "∅"], &["∅", "∅"]]);
    }

    #[test]
    fn quotes_hold_commas_line_ends_and_quotes() {
        check(
            "\"a, b\",\"say \"\"hi\"\"\"\n\"two\nlines\",\"\"\n",
            &[&["a, b", "say \"hi\""], &["two\nlines", ""]],
        );
        check("\"\"\"\",x", &[&["\"", "x"]]);
        check("a\"b,c", &[&["a\"b", "c"]]);
    }

    #[test]
    fn what_is_no_table_is_refused_with_its_place() {
        let refused = |body| parse(body).unwrap_err().to_string();
        assert_eq!(refused(""), "the body holds no record");
        assert_eq!(refused("\n\r\n"), "the body holds no record");
        assert_eq!(
            refused("1,2\n3\n"),
            "record 2 has 1 values, and the first one has 2"
        );
        assert_eq!(refused("1\n\"2"), "a quote in line 2 is never closed");
        assert_eq!(refused("\"1\"2"), "text follows a closing quote in line 1");
    }
}
