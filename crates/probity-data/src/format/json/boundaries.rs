//! Finds where the elements of a JSON array, or JSON values that follow one
//! another, end: by brackets outside strings.

use crate::dataset::blocks::FindBoundary;

#[derive(Debug, Default)]
pub(crate) struct JsonBoundaries {
    position: usize,
    depth: usize,
    in_string: bool,
}

impl JsonBoundaries {
    /// Moves past the string's end; `false` when the buffer ends before.
    fn close_string(&mut self, buffer: &[u8]) -> bool {
        while let Some(at) = memchr::memchr2(b'"', b'\\', &buffer[self.position..]) {
            let found = self.position + at;
            if buffer[found] == b'"' {
                self.position = found + 1;
                self.in_string = false;
                return true;
            }
            if found + 1 == buffer.len() {
                self.position = found;
                return false;
            }
            self.position = found + 2;
        }
        self.position = buffer.len();
        false
    }
}

impl FindBoundary for JsonBoundaries {
    fn find(&mut self, buffer: &[u8], target: usize) -> Option<usize> {
        while self.position < buffer.len() {
            if self.in_string {
                if !self.close_string(buffer) {
                    return None;
                }
                continue;
            }
            let byte = buffer[self.position];
            self.position += 1;
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                // The bracket that closes the array around the elements ends no element.
                b'}' | b']' if self.depth > 0 => {
                    self.depth -= 1;
                    if self.depth == 0 && self.position >= target {
                        return Some(self.position);
                    }
                }
                _ => {}
            }
        }
        None
    }

    fn restart(&mut self) {
        *self = JsonBoundaries::default();
    }

    fn last_record(&self, buffer: &[u8]) -> usize {
        let mut from_start = JsonBoundaries::default();
        let mut last = 0;
        while let Some(end) = from_start.find(buffer, 0) {
            last = end;
        }
        let between = |byte: &u8| *byte == b',' || byte.is_ascii_whitespace();
        last + buffer[last..]
            .iter()
            .take_while(|byte| between(byte))
            .count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, target: usize, expected: Option<usize>) {
        assert_eq!(
            JsonBoundaries::default().find(text.as_bytes(), target),
            expected,
            "at once"
        );
        let mut growing = JsonBoundaries::default();
        let found =
            (0..=text.len()).find_map(|size| growing.find(&text.as_bytes()[..size], target));
        assert_eq!(found, expected, "byte by byte");
    }

    #[test]
    fn an_element_ends_with_its_last_bracket() {
        check(r#"{"a":1},{"b":[{}]}, "#, 1, Some(7));
        check(r#"{"a":1},{"b":[{}]}, "#, 7, Some(7));
        check(r#"{"a":1},{"b":[{}]}, "#, 8, Some(18));
        check(r#"{"a":1},{"b":[{}]}, "#, 19, None);
    }

    #[test]
    fn the_end_of_the_array_stays_with_what_follows() {
        check(r#"{"a":1}] "#, 8, None);
    }

    #[test]
    fn brackets_in_strings_do_not_count() {
        check(r#"{"a":"}\"}\\"},"#, 1, Some(14));
    }
}
