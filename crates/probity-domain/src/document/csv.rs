//! CSV as Python's `csv` module and pandas write it: a comma between fields, a field in
//! quotes where it must be, `\n` after each line, floats by `repr`.
//!
//! Source: the Python manual, `csv.QUOTE_MINIMAL`; RFC 4180 but for the line's end.

use std::io::{self, Write};

use super::python_json::PythonFloat;

/// One value of a record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CsvField<'a> {
    /// NaN is written as a missing value, as pandas does.
    Float(f64),
    Integer(i64),
    Boolean(bool),
    Text(&'a str),
    Missing,
}

/// Writes records as they come; keeps none.
#[derive(Debug)]
pub struct CsvWriter<W> {
    writer: W,
}

impl<W: Write> CsvWriter<W> {
    pub fn new(writer: W) -> CsvWriter<W> {
        CsvWriter { writer }
    }

    /// Writes one line.
    pub fn write_record<'a>(
        &mut self,
        fields: impl IntoIterator<Item = CsvField<'a>>,
    ) -> io::Result<()> {
        let mut written = 0;
        let mut only_empty = true;
        for field in fields {
            if written > 0 {
                self.writer.write_all(b",")?;
            }
            only_empty = is_empty(field);
            self.write_field(field)?;
            written += 1;
        }
        // An empty line would be no record.
        if written == 1 && only_empty {
            self.writer.write_all(b"\"\"")?;
        }
        self.writer.write_all(b"\n")
    }

    fn write_field(&mut self, field: CsvField<'_>) -> io::Result<()> {
        match field {
            CsvField::Missing => Ok(()),
            CsvField::Integer(number) => write!(self.writer, "{number}"),
            CsvField::Boolean(true) => self.writer.write_all(b"True"),
            CsvField::Boolean(false) => self.writer.write_all(b"False"),
            CsvField::Text(text) => self.write_text(text),
            CsvField::Float(number) if number.is_nan() => Ok(()),
            CsvField::Float(f64::INFINITY) => self.writer.write_all(b"inf"),
            CsvField::Float(f64::NEG_INFINITY) => self.writer.write_all(b"-inf"),
            CsvField::Float(number) => write!(self.writer, "{}", PythonFloat(number)),
        }
    }

    fn write_text(&mut self, text: &str) -> io::Result<()> {
        if !text.contains([',', '"', '\n', '\r']) {
            return self.writer.write_all(text.as_bytes());
        }
        write!(self.writer, "\"{}\"", text.replace('"', "\"\""))
    }

    pub fn finish(mut self) -> io::Result<W> {
        self.writer.flush()?;
        Ok(self.writer)
    }
}

fn is_empty(field: CsvField<'_>) -> bool {
    match field {
        CsvField::Missing => true,
        CsvField::Text(text) => text.is_empty(),
        CsvField::Float(number) => number.is_nan(),
        CsvField::Integer(_) | CsvField::Boolean(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(fields: &[CsvField<'_>], expected: &str) {
        let mut writer = CsvWriter::new(Vec::new());
        writer.write_record(fields.iter().copied()).unwrap();
        assert_eq!(
            String::from_utf8(writer.finish().unwrap()).unwrap(),
            expected
        );
    }

    #[test]
    fn numbers_are_those_of_python() {
        let fields = [
            CsvField::Float(0.1 + 0.2),
            CsvField::Float(1e-9),
            CsvField::Float(-2.0),
            CsvField::Integer(-2),
            CsvField::Boolean(true),
        ];
        check(&fields, "0.30000000000000004,1e-09,-2.0,-2,True\n");
    }

    #[test]
    fn what_is_not_finite_is_that_of_pandas() {
        let fields = [
            CsvField::Float(f64::NAN),
            CsvField::Float(f64::INFINITY),
            CsvField::Float(f64::NEG_INFINITY),
            CsvField::Missing,
        ];
        check(&fields, ",inf,-inf,\n");
    }

    #[test]
    fn only_fields_that_need_them_have_quotes() {
        let texts = ["plain", "a,b", "say \"no\"", "two\nlines", " blank "];
        check(
            &texts.map(CsvField::Text),
            "plain,\"a,b\",\"say \"\"no\"\"\",\"two\nlines\", blank \n",
        );
    }

    #[test]
    fn a_lone_missing_value_is_a_record_all_the_same() {
        check(&[CsvField::Missing], "\"\"\n");
        check(&[CsvField::Text("")], "\"\"\n");
    }
}
