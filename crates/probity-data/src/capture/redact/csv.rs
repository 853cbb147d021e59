//! Redacting CSV (RFC 4180): cells of other columns stay byte for byte.

use super::Applied;

/// `None` when a rule's column is not in every row, or the text is no CSV.
pub(super) fn redact(text: &str, rules: &[Applied<'_>]) -> Option<Vec<u8>> {
    let mut columns = Vec::new();
    for rule in rules {
        match rule.position {
            Some(position) => columns.push((position, rule)),
            None if rule.is_required => return None,
            None => {}
        }
    }
    let least = columns.iter().map(|(position, _)| position + 1).max();
    let Some(least) = least else {
        return Some(text.as_bytes().to_vec());
    };
    let mut out = Vec::with_capacity(text.len());
    let mut cells = Cells { text, at: 0 };
    while cells.at < text.len() {
        if let Some(end) = cells.blank_line() {
            out.extend_from_slice(end.as_bytes());
            continue;
        }
        let mut width = 0;
        loop {
            let cell = cells.next_cell()?;
            let rule = columns.iter().find(|(position, _)| *position == width);
            match rule {
                Some((_, rule)) => write_redacted(cell.raw, rule, &mut out),
                None => out.extend_from_slice(cell.raw.as_bytes()),
            }
            out.extend_from_slice(cell.end.as_bytes());
            width += 1;
            if cell.end != "," {
                break;
            }
        }
        if width < least {
            return None;
        }
    }
    Some(out)
}

/// A missing value stays missing.
fn write_redacted(raw: &str, rule: &Applied<'_>, out: &mut Vec<u8>) {
    let value = match raw
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => raw.to_owned(),
    };
    if value.is_empty() {
        out.extend_from_slice(raw.as_bytes());
        return;
    }
    let mut kept = Vec::new();
    rule.keep_of(&value, &mut kept);
    let needs_quotes = kept
        .iter()
        .any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r'));
    if !needs_quotes {
        out.extend_from_slice(&kept);
        return;
    }
    out.push(b'"');
    for byte in kept {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

struct Cells<'a> {
    text: &'a str,
    at: usize,
}

struct Cell<'a> {
    /// With its quotes.
    raw: &'a str,
    /// A comma, an end of line, or nothing at the end of the text.
    end: &'a str,
}

impl<'a> Cells<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// The end of an empty line, which is no record.
    fn blank_line(&mut self) -> Option<&'a str> {
        let end = line_end(self.rest())?;
        self.at += end.len();
        Some(end)
    }

    /// `None` for quotes that are not closed, or text beside them.
    fn next_cell(&mut self) -> Option<Cell<'a>> {
        let rest = self.rest();
        let length = match rest.strip_prefix('"') {
            Some(quoted) => 1 + quoted_length(quoted)?,
            None => {
                let length = rest.find([',', '\n', '\r']).unwrap_or(rest.len());
                if rest[..length].contains('"') {
                    return None;
                }
                length
            }
        };
        let (raw, after) = rest.split_at(length);
        let end = match after.strip_prefix(',') {
            Some(_) => &after[..1],
            None if after.is_empty() => after,
            None => line_end(after)?,
        };
        self.at += length + end.len();
        Some(Cell { raw, end })
    }
}

fn line_end(text: &str) -> Option<&str> {
    ["\r\n", "\n", "\r"]
        .into_iter()
        .find(|end| text.starts_with(end))
        .map(|end| &text[..end.len()])
}

/// The length up to and with the closing quotes.
fn quoted_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        at += memchr::memchr(b'"', bytes.get(at..)?)? + 1;
        if bytes.get(at) != Some(&b'"') {
            return Some(at);
        }
        at += 1;
    }
}
