//! Reads JSON (RFC 8259) token by token, keeping the spelling of numbers, which
//! a tree of values would lose. Beyond the RFC it takes `NaN`, `Infinity` and
//! `-Infinity`, which Python writes (`NaN` for a missing number, so it is `null`
//! here), and replaces halves of surrogate pairs.

use std::borrow::Cow;

/// Nesting beyond this is refused rather than followed.
const MAX_DEPTH: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JsonFault {
    pub(crate) offset: usize,
    pub(crate) problem: &'static str,
}

#[derive(Debug)]
pub(crate) struct JsonScanner<'a> {
    text: &'a str,
    position: usize,
    depth: usize,
}

/// What a value is, or begins with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum JsonValue<'a> {
    Null,
    /// A string's content, or the spelling of a number or a boolean.
    Text(Cow<'a, str>),
    ObjectStart,
    ArrayStart,
}

impl<'a> JsonScanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        JsonScanner {
            text,
            position: 0,
            depth: 0,
        }
    }

    /// Reads from `position` on, where a value begins.
    pub(crate) fn starting_at(text: &'a str, position: usize) -> Self {
        JsonScanner {
            position,
            ..JsonScanner::new(text)
        }
    }

    pub(crate) fn position(&self) -> usize {
        self.position
    }

    pub(crate) fn fault(&self, problem: &'static str) -> JsonFault {
        JsonFault {
            offset: self.position,
            problem,
        }
    }

    /// Nothing but white space is left.
    pub(crate) fn at_end(&mut self, problem: &'static str) -> Result<(), JsonFault> {
        match self.peek() {
            Some(_) => Err(self.fault(problem)),
            None => Ok(()),
        }
    }

    #[inline]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = bytes.get(self.position) {
            self.position += 1;
        }
        bytes.get(self.position).copied()
    }

    /// Takes `byte` if it comes next.
    #[inline]
    pub(crate) fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.position += usize::from(there);
        there
    }

    /// The next key of an object, or `None` after the last. `first` says that
    /// none was read yet.
    pub(crate) fn next_key(&mut self, first: First) -> Result<Option<Cow<'a, str>>, JsonFault> {
        if self.take(b'}') {
            self.depth -= 1;
            return Ok(None);
        }
        if first == First::No && !self.take(b',') {
            return Err(self.fault("expected `,` or `}`"));
        }
        if self.peek() != Some(b'"') {
            return Err(self.fault("expected a key in quotes"));
        }
        let key = self.string()?;
        if !self.take(b':') {
            return Err(self.fault("expected `:`"));
        }
        Ok(Some(key))
    }

    /// Whether another element of an array follows.
    pub(crate) fn next_element(&mut self, first: First) -> Result<bool, JsonFault> {
        if self.take(b']') {
            self.depth -= 1;
            return Ok(false);
        }
        if first == First::No && !self.take(b',') {
            return Err(self.fault("expected `,` or `]`"));
        }
        Ok(true)
    }

    pub(crate) fn value(&mut self) -> Result<JsonValue<'a>, JsonFault> {
        match self.peek() {
            Some(b'"') => self.string().map(JsonValue::Text),
            Some(b'{') => self.open(JsonValue::ObjectStart),
            Some(b'[') => self.open(JsonValue::ArrayStart),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => self.literal(),
            None => Err(self.fault("the text ends where a value is expected")),
        }
    }

    /// Passes over a value, whatever it is, and gives its text.
    pub(crate) fn skip_value(&mut self) -> Result<&'a str, JsonFault> {
        self.peek();
        let start = self.position;
        self.skip_members()?;
        Ok(&self.text[start..self.position])
    }

    /// Recursion is bounded by `MAX_DEPTH`.
    fn skip_members(&mut self) -> Result<(), JsonFault> {
        let mut first = First::Yes;
        match self.value()? {
            JsonValue::Null | JsonValue::Text(_) => {}
            JsonValue::ObjectStart => {
                while self.next_key(first)?.is_some() {
                    first = First::No;
                    self.skip_members()?;
                }
            }
            JsonValue::ArrayStart => {
                while self.next_element(first)? {
                    first = First::No;
                    self.skip_members()?;
                }
            }
        }
        Ok(())
    }

    fn open(&mut self, value: JsonValue<'a>) -> Result<JsonValue<'a>, JsonFault> {
        if self.depth == MAX_DEPTH {
            return Err(self.fault("nested too deeply"));
        }
        self.depth += 1;
        self.position += 1;
        Ok(value)
    }

    fn literal(&mut self) -> Result<JsonValue<'a>, JsonFault> {
        for word in ["null", "true", "false", "NaN", "Infinity", "-Infinity"] {
            if self.text.as_bytes()[self.position..].starts_with(word.as_bytes()) {
                self.position += word.len();
                let value = if matches!(word, "null" | "NaN") {
                    JsonValue::Null
                } else {
                    JsonValue::Text(Cow::Borrowed(word))
                };
                return Ok(value);
            }
        }
        Err(self.fault("expected a value"))
    }

    fn number(&mut self) -> Result<JsonValue<'a>, JsonFault> {
        let start = self.position;
        let bytes = self.text.as_bytes();
        let mut at = start + usize::from(bytes[start] == b'-');
        if bytes.get(at) == Some(&b'I') {
            return self.literal();
        }
        let whole = at;
        at = skip_digits(bytes, at);
        let mut valid = at > whole && (bytes[whole] != b'0' || at == whole + 1);
        if bytes.get(at) == Some(&b'.') {
            let fraction = at + 1;
            at = skip_digits(bytes, fraction);
            valid &= at > fraction;
        }
        if let Some(b'e' | b'E') = bytes.get(at) {
            let signed = matches!(bytes.get(at + 1), Some(b'+' | b'-'));
            let exponent = at + 1 + usize::from(signed);
            at = skip_digits(bytes, exponent);
            valid &= at > exponent;
        }
        if !valid {
            return Err(self.fault("not a number"));
        }
        self.position = at;
        Ok(JsonValue::Text(Cow::Borrowed(&self.text[start..at])))
    }

    /// The string whose opening quote comes next.
    fn string(&mut self) -> Result<Cow<'a, str>, JsonFault> {
        let start = self.position + 1;
        let bytes = self.text.as_bytes();
        let end = find_string_byte(bytes, start);
        if bytes.get(end) == Some(&b'"') {
            self.position = end + 1;
            return Ok(Cow::Borrowed(&self.text[start..end]));
        }
        self.escaped_string(start)
    }

    fn escaped_string(&mut self, start: usize) -> Result<Cow<'a, str>, JsonFault> {
        let bytes = self.text.as_bytes();
        let mut content = String::new();
        let mut from = start;
        loop {
            let at = find_string_byte(bytes, from);
            content.push_str(&self.text[from..at]);
            match bytes.get(at) {
                Some(b'"') => {
                    self.position = at + 1;
                    return Ok(Cow::Owned(content));
                }
                Some(_) => {
                    let (character, next) = self.escape(at + 1)?;
                    content.push(character);
                    from = next;
                }
                None => return Err(self.fault("a string is never closed")),
            }
        }
    }

    /// The character that the escape at `at`, after its backslash, stands for.
    fn escape(&self, at: usize) -> Result<(char, usize), JsonFault> {
        let bytes = self.text.as_bytes();
        let invalid = JsonFault {
            offset: at,
            problem: "not an escape",
        };
        let character = match bytes.get(at) {
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(*byte),
            Some(b'u') => {
                let unit = hex_unit(bytes, at + 1).ok_or(invalid)?;
                let low = (bytes.get(at + 5..at + 7) == Some(b"\\u"))
                    .then(|| hex_unit(bytes, at + 7))
                    .flatten();
                return Ok(match (unit, low) {
                    (0xD800..=0xDBFF, Some(low @ 0xDC00..=0xDFFF)) => {
                        let code = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                        (
                            char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
                            at + 11,
                        )
                    }
                    _ => (
                        char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER),
                        at + 5,
                    ),
                });
            }
            _ => return Err(invalid),
        };
        Ok((character, at + 1))
    }
}

/// Whether the first member of an object or array is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum First {
    Yes,
    No,
}

fn skip_digits(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    at
}

/// The next quote or backslash. Most strings are short: no search set up for them.
#[inline]
fn find_string_byte(bytes: &[u8], from: usize) -> usize {
    const SHORT: usize = 24;
    let near = bytes.len().min(from + SHORT);
    for (at, byte) in bytes.iter().enumerate().take(near).skip(from) {
        if *byte == b'"' || *byte == b'\\' {
            return at;
        }
    }
    let far = bytes.get(near..).unwrap_or_default();
    near + memchr::memchr2(b'"', b'\\', far).unwrap_or(far.len())
}

fn hex_unit(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 4)?;
    digits.iter().try_fold(0, |unit, digit| {
        Some(unit * 16 + char::from(*digit).to_digit(16)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, &'static str>) {
        let found = JsonScanner::new(text)
            .value()
            .map_err(|fault| fault.problem);
        assert_eq!(
            found,
            expected.map(|text| JsonValue::Text(text.into())),
            "{text}"
        );
    }

    #[test]
    fn numbers_keep_their_spelling() {
        for number in [
            "1.50",
            "1e5",
            "-0",
            "0.1E-7",
            "123456789012345678901234567890",
            "-Infinity",
        ] {
            check(number, Ok(number));
        }
    }

    #[test]
    fn malformed_numbers_are_refused() {
        for number in ["01", "1.", "-", "1e", "1e+"] {
            check(number, Err("not a number"));
        }
        check(".5", Err("expected a value"));
    }

    #[test]
    fn strings_are_unescaped() {
        check(r#""plain""#, Ok("plain"));
        check(r#""a\"b\\c\/d\n\u00e9""#, Ok("a\"b\\c/d\né"));
        check(r#""\ud83d\ude00""#, Ok("😀"));
        check(r#""\ud83d!""#, Ok("\u{fffd}!"));
        check(&format!("\"{}\"", "é".repeat(40)), Ok(&"é".repeat(40)));
    }

    #[test]
    fn unfinished_strings_and_escapes_are_refused() {
        check("\"abc", Err("a string is never closed"));
        check("\"abc\\", Err("not an escape"));
        check(r#""\u12""#, Err("not an escape"));
        check(r#""\x""#, Err("not an escape"));
    }

    #[test]
    fn nesting_is_bounded() {
        let mut scanner = JsonScanner {
            depth: MAX_DEPTH,
            ..JsonScanner::new("[")
        };
        assert_eq!(scanner.value().unwrap_err().problem, "nested too deeply");
    }
}
