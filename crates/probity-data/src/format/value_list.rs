//! A list of values inside a field: JSON (`[0.1,0.6,0.3]`), or as Python prints lists of texts
//! (`['cat', 'dog']`), which is how Autopilot's containers answer with several labels in one CSV field.

use super::json::{First, JsonScanner, JsonValue};

/// A text is no list of single values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a list of values: {problem} at byte {position}")]
pub struct NotAList {
    pub position: usize,
    pub problem: &'static str,
}

/// The values in the spelling of the text; `null`, `None` and `NaN` are missing.
pub fn list_of_values(text: &str) -> Result<Vec<Option<String>>, NotAList> {
    match json_list(text) {
        Ok(values) => Ok(values),
        // What is neither is judged as Python, whose lists take in JSON's.
        Err(_) => PythonList { text, position: 0 }.read(),
    }
}

fn json_list(text: &str) -> Result<Vec<Option<String>>, NotAList> {
    let mut scanner = JsonScanner::new(text);
    let failed = |fault: super::json::JsonFault| NotAList {
        position: fault.offset,
        problem: fault.problem,
    };
    if scanner.value().map_err(failed)? != JsonValue::ArrayStart {
        return Err(failed(scanner.fault("expected `[`")));
    }
    let mut values = Vec::new();
    let mut first = First::Yes;
    while scanner.next_element(first).map_err(failed)? {
        first = First::No;
        match scanner.value().map_err(failed)? {
            JsonValue::Null => values.push(None),
            JsonValue::Text(value) => values.push(Some(value.into_owned())),
            JsonValue::ObjectStart | JsonValue::ArrayStart => {
                return Err(failed(scanner.fault("a value that is nested")));
            }
        }
    }
    scanner
        .at_end("text follows the list")
        .map_err(failed)
        .map(|()| values)
}

struct PythonList<'t> {
    text: &'t str,
    position: usize,
}

impl PythonList<'_> {
    fn read(mut self) -> Result<Vec<Option<String>>, NotAList> {
        let mut values = Vec::new();
        if !self.take('[') {
            return Err(self.fault("expected `[`"));
        }
        while !self.take(']') {
            if !values.is_empty() && !self.take(',') {
                return Err(self.fault("expected `,` or `]`"));
            }
            // A comma may stand before the end.
            if !values.is_empty() && self.take(']') {
                break;
            }
            values.push(self.value()?);
        }
        match self.peek() {
            None => Ok(values),
            Some(_) => Err(self.fault("text follows the list")),
        }
    }

    fn value(&mut self) -> Result<Option<String>, NotAList> {
        match self.peek() {
            Some(quote @ ('\'' | '"')) => self.quoted(quote).map(Some),
            Some(_) => self.word(),
            None => Err(self.fault("the list is never closed")),
        }
    }

    fn word(&mut self) -> Result<Option<String>, NotAList> {
        let rest = &self.text[self.position..];
        let end = rest
            .find(|character: char| matches!(character, ',' | ']') || character.is_whitespace())
            .unwrap_or(rest.len());
        let word = &rest[..end];
        let is_word = |character: char| character.is_alphanumeric() || "+-._".contains(character);
        if word.is_empty() || !word.chars().all(is_word) {
            return Err(self.fault("expected a value"));
        }
        self.position += end;
        Ok((!matches!(word, "None" | "null" | "nan" | "NaN")).then(|| word.to_owned()))
    }

    fn quoted(&mut self, quote: char) -> Result<String, NotAList> {
        self.position += quote.len_utf8();
        let mut content = String::new();
        loop {
            match self.next() {
                None => return Err(self.fault("a text is never closed")),
                Some(character) if character == quote => return Ok(content),
                Some('\\') => match self.next() {
                    Some('n') => content.push('\n'),
                    Some('t') => content.push('\t'),
                    Some('r') => content.push('\r'),
                    Some(character @ ('\\' | '\'' | '"')) => content.push(character),
                    Some('x') => content.push(self.code_point(2)?),
                    Some('u') => content.push(self.code_point(4)?),
                    Some('U') => content.push(self.code_point(8)?),
                    Some(_) | None => return Err(self.fault("not an escape")),
                },
                Some(character) => content.push(character),
            }
        }
    }

    fn code_point(&mut self, digits: usize) -> Result<char, NotAList> {
        let hex = self.text.get(self.position..self.position + digits);
        let character = hex
            .filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|hex| char::from_u32(u32::from_str_radix(hex, 16).ok()?));
        self.position += if character.is_some() { digits } else { 0 };
        character.ok_or(self.fault("not an escape"))
    }

    fn next(&mut self) -> Option<char> {
        let character = self.text[self.position..].chars().next()?;
        self.position += character.len_utf8();
        Some(character)
    }

    fn peek(&mut self) -> Option<char> {
        let rest = &self.text[self.position..];
        self.position += rest.len() - rest.trim_start().len();
        self.text[self.position..].chars().next()
    }

    fn take(&mut self, character: char) -> bool {
        let there = self.peek() == Some(character);
        self.position += if there { character.len_utf8() } else { 0 };
        there
    }

    fn fault(&self, problem: &'static str) -> NotAList {
        NotAList {
            position: self.position,
            problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{any, proptest};

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found = list_of_values(text).unwrap();
        let found: Vec<&str> = found
            .iter()
            .map(|value| value.as_deref().unwrap_or("·"))
            .collect();
        assert_eq!(found, expected);
    }

    #[track_caller]
    fn check_error(text: &str, expected: &str) {
        assert_eq!(list_of_values(text).unwrap_err().to_string(), expected);
    }

    #[test]
    fn lists_of_json_keep_their_spelling() {
        check("[0.10,0.6, 1e-3]", &["0.10", "0.6", "1e-3"]);
        check(r#"["a","b\"c",null,true]"#, &["a", "b\"c", "·", "true"]);
        check("[]", &[]);
    }

    #[test]
    fn lists_as_python_prints_them_are_read() {
        check("['cat','dog', 'fish']", &["cat", "dog", "fish"]);
        check(
            r#"["it's", 'a "b"', 'c\'d\\']"#,
            &["it's", "a \"b\"", "c'd\\"],
        );
        check(r"['\xe9\u20ac\U0001f600']", &["é€😀"]);
        check(
            "[True, None, nan, -inf, 1.5]",
            &["True", "·", "·", "-inf", "1.5"],
        );
        check("['a',]", &["a"]);
    }

    #[test]
    fn what_is_no_list_says_where() {
        check_error("0.6", "not a list of values: expected `[` at byte 0");
        check_error("", "not a list of values: expected `[` at byte 0");
        check_error(
            "['a",
            "not a list of values: a text is never closed at byte 3",
        );
        check_error(
            "['a' 'b']",
            "not a list of values: expected `,` or `]` at byte 5",
        );
        check_error(
            "[1] 2",
            "not a list of values: text follows the list at byte 4",
        );
        check_error("[[1]]", "not a list of values: expected a value at byte 1");
        check_error(
            "[",
            "not a list of values: the list is never closed at byte 1",
        );
        check_error("[,]", "not a list of values: expected a value at byte 1");
    }

    proptest! {
        #[test]
        fn a_list_that_rust_prints_is_read_back(values in any::<Vec<String>>()) {
            let json = serde_json::to_string(&values).unwrap();
            let read: Vec<String> = list_of_values(&json).unwrap().into_iter().flatten().collect();
            assert_eq!(read, values);
        }

        #[test]
        fn any_text_is_a_list_or_an_error(text in "[\\[\\],'\"\\\\a-zé0-9 .]{0,40}") {
            drop(list_of_values(&text));
        }
    }
}
