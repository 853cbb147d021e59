//! JSON as Python's `json.dumps(…, indent=4)` prints it, because Clarify's files come from
//! Python: four spaces, only ASCII, floats by `repr` (`0.1`, `1e-05`, `1e+16`).
//!
//! Source: the Python manual, `json` and `float.__repr__`; compared with Python 3.11 in
//! `golden/clarify/python_json`.

use std::fmt;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, PrettyFormatter, Serializer};

/// Writes a document as Python would, without a newline at the end.
pub(crate) fn write<W: Write, T: Serialize + ?Sized>(writer: W, document: &T) -> io::Result<()> {
    let formatter = PythonFormatter(PrettyFormatter::with_indent(b"    "));
    let mut serializer = Serializer::with_formatter(writer, formatter);
    document.serialize(&mut serializer).map_err(io::Error::from)
}

/// Displays a finite double as Python's `repr` does; the others by the names that JSON of
/// Python has for them: `NaN`, `Infinity`, `-Infinity`.
///
/// ```
/// use probity_domain::document::PythonFloat;
///
/// assert_eq!(PythonFloat(1.0).to_string(), "1.0");
/// assert_eq!(PythonFloat(1e16).to_string(), "1e+16");
/// assert_eq!(PythonFloat(0.00001).to_string(), "1e-05");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PythonFloat(pub f64);

impl fmt::Display for PythonFloat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0;
        if let Some(name) = super::java_double::non_finite_name(value) {
            return f.write_str(name);
        }
        // The fewest digits that read back, as Python's.
        let scientific = format!("{value:e}");
        let (mantissa, exponent) = scientific
            .split_once('e')
            .expect("`{:e}` of a finite float has an exponent");
        let exponent: i32 = exponent
            .parse()
            .expect("`{:e}` writes a whole number as exponent");
        // Within these bounds Rust's own form has no exponent and keeps a `.0`, like Python's.
        if (-4..16).contains(&exponent) {
            return write!(f, "{value:?}");
        }
        let sign = if exponent < 0 { '-' } else { '+' };
        write!(f, "{mantissa}e{sign}{:02}", exponent.abs())
    }
}

struct PythonFormatter<'a>(PrettyFormatter<'a>);

impl Formatter for PythonFormatter<'_> {
    fn write_f64<W: Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        write!(writer, "{}", PythonFloat(value))
    }

    fn write_string_fragment<W: Write + ?Sized>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        for character in fragment.chars() {
            if (' '..='~').contains(&character) {
                writer.write_all(&[character as u8])?;
                continue;
            }
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }

    fn write_char_escape<W: Write + ?Sized>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        match escape {
            CharEscape::AsciiControl(byte) => write!(writer, "\\u{byte:04x}"),
            // Python leaves it as it is.
            CharEscape::Solidus => writer.write_all(b"/"),
            CharEscape::Quote
            | CharEscape::ReverseSolidus
            | CharEscape::Backspace
            | CharEscape::FormFeed
            | CharEscape::LineFeed
            | CharEscape::CarriageReturn
            | CharEscape::Tab => self.0.write_char_escape(writer, escape),
        }
    }

    fn begin_array<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: Write + ?Sized>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: Write + ?Sized>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    #[track_caller]
    fn check(document: &Value, expected: &str) {
        let mut written = Vec::new();
        super::write(&mut written, document).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), expected);
    }

    #[test]
    fn members_and_items_have_lines_of_their_own() {
        check(
            &json!({"a": [1, {"b": null}], "c": {}, "d": []}),
            "{\n    \"a\": [\n        1,\n        {\n            \"b\": null\n        }\n    ],\n    \"c\": {},\n    \"d\": []\n}",
        );
    }

    #[test]
    fn floats_are_those_of_repr() {
        check(&json!(0.1 + 0.2), "0.30000000000000004");
        check(&json!(1e15), "1000000000000000.0");
        check(&json!(1e16), "1e+16");
        check(&json!(-1.5e-9), "-1.5e-09");
        check(&json!(1e-4), "0.0001");
        check(&json!(-0.0), "-0.0");
        check(&json!(f64::MAX), "1.7976931348623157e+308");
    }

    #[test]
    fn everything_but_printable_ascii_is_escaped() {
        check(
            &json!("a\"b\\c/d\n\t\u{1f}\u{7f}é😀"),
            "\"a\\\"b\\\\c/d\\n\\t\\u001f\\u007f\\u00e9\\ud83d\\ude00\"",
        );
    }
}
