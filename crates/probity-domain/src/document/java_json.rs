//! JSON as the JVM's Jackson library prints it by default, because SageMaker's own files
//! look so and some of their readers compare text: `"key" : value`, two spaces, lists on
//! the line where they begin (`[ 1.0, 2.0 ]`, `[ { … } ]`), doubles by [`Text`].
//!
//! Everything is written as it is visited: a document never lies in memory as text.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, Serializer};

use super::java_double::Text;

/// Writes a document as Jackson would, without a newline at the end.
pub(crate) fn write<W: Write, T: Serialize + ?Sized>(writer: W, document: &T) -> io::Result<()> {
    let mut serializer = Serializer::with_formatter(writer, JavaFormatter::default());
    document.serialize(&mut serializer).map_err(io::Error::from)
}

/// State of the printer: how deep in objects we are. Lists don't indent.
#[derive(Default)]
struct JavaFormatter {
    depth: usize,
    object_has_members: bool,
}

impl JavaFormatter {
    fn new_line<W: Write + ?Sized>(&self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b"\n")?;
        for _ in 0..self.depth {
            writer.write_all(b"  ")?;
        }
        Ok(())
    }
}

impl Formatter for JavaFormatter {
    fn write_f64<W: Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(Text::of(value).as_str().as_bytes())
    }

    fn write_char_escape<W: Write + ?Sized>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        match escape {
            CharEscape::Quote => writer.write_all(b"\\\""),
            CharEscape::ReverseSolidus => writer.write_all(b"\\\\"),
            CharEscape::Solidus => writer.write_all(b"/"),
            CharEscape::Backspace => writer.write_all(b"\\b"),
            CharEscape::FormFeed => writer.write_all(b"\\f"),
            CharEscape::LineFeed => writer.write_all(b"\\n"),
            CharEscape::CarriageReturn => writer.write_all(b"\\r"),
            CharEscape::Tab => writer.write_all(b"\\t"),
            CharEscape::AsciiControl(byte) => write!(writer, "\\u{byte:04X}"),
        }
    }

    fn begin_array_value<W: Write + ?Sized>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        writer.write_all(if first { b" " } else { b", " })
    }

    fn end_array<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b" ]")
    }

    fn begin_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        self.object_has_members = false;
        writer.write_all(b"{")
    }

    fn begin_object_key<W: Write + ?Sized>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if !first {
            writer.write_all(b",")?;
        }
        self.new_line(writer)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b" : ")
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, _writer: &mut W) -> io::Result<()> {
        self.object_has_members = true;
        Ok(())
    }

    fn end_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        if self.object_has_members {
            self.new_line(writer)?;
        } else {
            writer.write_all(b" ")?;
        }
        // The object that we return to holds at least the one just ended.
        self.object_has_members = true;
        writer.write_all(b"}")
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
    fn empty_documents_hold_one_space() {
        check(&json!({}), "{ }");
        check(&json!([]), "[ ]");
        check(
            &json!({"a": {}, "b": []}),
            "{\n  \"a\" : { },\n  \"b\" : [ ]\n}",
        );
    }

    #[test]
    fn scalars_of_a_list_share_a_line() {
        check(
            &json!({"data": [[1.0, 2.5], []]}),
            "{\n  \"data\" : [ [ 1.0, 2.5 ], [ ] ]\n}",
        );
    }

    #[test]
    fn objects_of_a_list_begin_where_the_last_one_ends() {
        check(
            &json!({"a": [{"b": 1}, {"c": {"d": null}}]}),
            "{\n  \"a\" : [ {\n    \"b\" : 1\n  }, {\n    \"c\" : {\n      \"d\" : null\n    }\n  } ]\n}",
        );
    }

    #[test]
    fn numbers_keep_their_kind() {
        check(
            &json!([0.0, 0, -7, 1e10, true]),
            "[ 0.0, 0, -7, 1.0E10, true ]",
        );
    }

    #[test]
    fn only_what_must_be_escaped_is() {
        check(
            &json!("a\"b\\c/d\n\t\u{1f}\u{7f}é😀"),
            "\"a\\\"b\\\\c/d\\n\\t\\u001F\u{7f}é😀\"",
        );
    }
}
