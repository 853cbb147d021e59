//! Redaction before the disk: named fields of a payload are dropped, hashed with a key or cut
//! short, so that what must not be kept is never written.
//!
//! A rule must not fail open. A payload in which a rule's field cannot be told from the others
//! (no CSV or JSON, not well-formed, too few columns, a name for a column without names) is not
//! captured at all, and counted as lost.

mod csv;
mod json;
mod rule;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use probity_domain::document::capture_record::CaptureEncoding;
use ring::hmac;

pub use rule::InvalidRule;
use rule::{Action, Field, Rule};

/// Letters of a hash: 128 bits, so that two values of one field do not meet.
const HASH_LETTERS: usize = 32;

/// What went in, or what came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Input,
    Output,
}

/// The key of hashes: HMAC-SHA256 (RFC 2104), so that nobody without it can try values.
#[derive(Clone)]
pub struct KeyedHash(Arc<hmac::Key>);

impl KeyedHash {
    pub fn new(secret: &[u8]) -> KeyedHash {
        KeyedHash(Arc::new(hmac::Key::new(hmac::HMAC_SHA256, secret)))
    }

    fn hash(&self, value: &[u8], out: &mut Vec<u8>) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let tag = hmac::sign(&self.0, value);
        let letters = tag
            .as_ref()
            .iter()
            .flat_map(|byte| [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        out.extend(letters.take(HASH_LETTERS));
    }
}

impl fmt::Debug for KeyedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyedHash")
    }
}

/// The rules of one endpoint.
#[derive(Clone, Debug)]
pub struct Redaction {
    rules: Vec<Rule>,
    hash: KeyedHash,
    /// Names of the input's columns, where the model has them.
    names: Vec<String>,
}

impl Redaction {
    /// Captures everything as it is.
    pub fn none() -> Redaction {
        Redaction {
            rules: Vec::new(),
            hash: KeyedHash::new(b""),
            names: Vec::new(),
        }
    }

    /// Rules separated by blanks or commas: `age=drop email=hash name=truncate:1`. A field is a
    /// column's position from 0, a column's name, or a path of JSON members, `applicant.email`;
    /// `input:` or `output:` before it limits it to that side. A name may hold blanks.
    pub fn parse(text: &str, hash: KeyedHash) -> Result<Redaction, InvalidRule> {
        Ok(Redaction {
            rules: rule::parse(text)?,
            hash,
            names: Vec::new(),
        })
    }

    /// The same with the names of the model's input columns.
    #[must_use]
    pub fn with_names(mut self, names: Vec<String>) -> Redaction {
        self.names = names;
        self
    }

    /// Adds the rules of another, as those of the server to those of an endpoint.
    #[must_use]
    pub fn and(mut self, other: &Redaction) -> Redaction {
        self.rules.extend(other.rules.iter().cloned());
        self
    }

    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The payload without what must not be kept; `None` when that cannot be told.
    pub(super) fn apply<'a>(
        &self,
        side: Side,
        encoding: CaptureEncoding,
        data: &'a [u8],
    ) -> Option<Cow<'a, [u8]>> {
        let rules: Vec<Applied<'_>> = self
            .rules
            .iter()
            .filter(|rule| rule.is_of(side))
            .map(|rule| self.applied(rule, side))
            .collect();
        if rules.is_empty() {
            return Some(Cow::Borrowed(data));
        }
        let text = std::str::from_utf8(data).ok()?;
        let redacted = match encoding {
            CaptureEncoding::Csv => csv::redact(text, &rules)?,
            CaptureEncoding::Json => json::redact(text, &rules)?,
            CaptureEncoding::Base64 => return None,
        };
        Some(Cow::Owned(redacted))
    }

    fn applied<'a>(&'a self, rule: &'a Rule, side: Side) -> Applied<'a> {
        let names = match side {
            Side::Input => self.names.as_slice(),
            Side::Output => &[],
        };
        let (position, name) = match &rule.field {
            Field::Position(position) => {
                (Some(*position), names.get(*position).map(String::as_str))
            }
            Field::Name(name) => (
                names.iter().position(|known| known == name),
                Some(name.as_str()),
            ),
        };
        Applied {
            position,
            name,
            is_required: side == Side::Input || matches!(rule.field, Field::Position(_)),
            action: rule.action,
            hash: &self.hash,
        }
    }
}

/// A rule as it meets one payload.
#[derive(Clone, Debug)]
struct Applied<'a> {
    /// The column of a row, where it is known.
    position: Option<usize>,
    /// A JSON member, or a path of them; none for a position without a name.
    name: Option<&'a str>,
    /// Whether every row has such a column. A name without a side is one of the input's, and the
    /// output's rows, which have no names, need not have it.
    is_required: bool,
    action: Action,
    hash: &'a KeyedHash,
}

impl Applied<'_> {
    fn keeps_nothing(&self) -> bool {
        match self.action {
            Action::Drop => true,
            Action::Hash | Action::Truncate(_) => false,
        }
    }

    /// Adds what is kept of a value that is there.
    fn keep_of(&self, value: &str, out: &mut Vec<u8>) {
        match self.action {
            Action::Drop => {}
            Action::Hash => self.hash.hash(value.as_bytes(), out),
            Action::Truncate(letters) => {
                let end = value
                    .char_indices()
                    .nth(letters)
                    .map_or(value.len(), |(position, _)| position);
                out.extend_from_slice(&value.as_bytes()[..end]);
            }
        }
    }
}

#[cfg(test)]
mod tests;
