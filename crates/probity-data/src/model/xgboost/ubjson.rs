//! Universal Binary JSON (draft 12), as XGBoost writes it, behind serde: the same structures
//! read a model in JSON and in UBJSON.
//!
//! Memory stays within a factor of the file: a count is checked against the bytes that are left,
//! and types whose values take no bytes are refused in typed arrays.

use std::fmt;

use serde::de::{self, DeserializeOwned, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use thiserror::Error;

/// Arrays and objects within one another; XGBoost needs 8.
const MAX_DEPTH: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum InvalidUbjson {
    #[error("the data end at byte {at}, inside a value; the file is truncated")]
    Truncated { at: usize },
    #[error("byte {at} is the marker {marker:#04x}, which is not expected there")]
    Marker { at: usize, marker: u8 },
    #[error("the length at byte {at} is {length}, more than the file holds")]
    Length { at: usize, length: i64 },
    #[error("the text at byte {at} is not UTF-8")]
    Text { at: usize },
    #[error("values are nested more than {MAX_DEPTH} deep at byte {at}")]
    TooDeep { at: usize },
    #[error("data follow the value at byte {at}")]
    Trailing { at: usize },
    #[error("{problem}")]
    Content { problem: String },
}

impl de::Error for InvalidUbjson {
    fn custom<T: fmt::Display>(problem: T) -> Self {
        InvalidUbjson::Content {
            problem: problem.to_string(),
        }
    }
}

pub(crate) fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, InvalidUbjson> {
    let mut reader = Reader {
        bytes,
        at: 0,
        depth: 0,
    };
    let marker = reader.marker()?;
    let value = T::deserialize(Value {
        reader: &mut reader,
        marker,
    })?;
    match reader.at == bytes.len() {
        true => Ok(value),
        false => Err(InvalidUbjson::Trailing { at: reader.at }),
    }
}

struct Reader<'de> {
    bytes: &'de [u8],
    at: usize,
    depth: usize,
}

impl<'de> Reader<'de> {
    fn take(&mut self, length: usize) -> Result<&'de [u8], InvalidUbjson> {
        let rest = &self.bytes[self.at..];
        let taken = rest
            .get(..length)
            .ok_or(InvalidUbjson::Truncated { at: self.at })?;
        self.at += length;
        Ok(taken)
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], InvalidUbjson> {
        let mut value = [0; N];
        value.copy_from_slice(self.take(N)?);
        Ok(value)
    }

    fn peek(&self) -> Result<u8, InvalidUbjson> {
        let next = self.bytes.get(self.at).copied();
        next.ok_or(InvalidUbjson::Truncated { at: self.at })
    }

    /// The next marker; `N` stands for nothing.
    fn marker(&mut self) -> Result<u8, InvalidUbjson> {
        loop {
            let [marker] = self.fixed()?;
            if marker != b'N' {
                return Ok(marker);
            }
        }
    }

    fn unexpected(&self, marker: u8) -> InvalidUbjson {
        InvalidUbjson::Marker {
            at: self.at.saturating_sub(1),
            marker,
        }
    }

    fn integer(&mut self, marker: u8) -> Result<i64, InvalidUbjson> {
        Ok(match marker {
            b'i' => i64::from(i8::from_be_bytes(self.fixed()?)),
            b'U' => i64::from(u8::from_be_bytes(self.fixed()?)),
            b'I' => i64::from(i16::from_be_bytes(self.fixed()?)),
            b'l' => i64::from(i32::from_be_bytes(self.fixed()?)),
            b'L' => i64::from_be_bytes(self.fixed()?),
            other => return Err(self.unexpected(other)),
        })
    }

    /// A count of bytes, or of values that take a byte at least.
    fn length(&mut self) -> Result<usize, InvalidUbjson> {
        let at = self.at;
        let marker = self.marker()?;
        let length = self.integer(marker)?;
        let left = self.bytes.len() - self.at;
        match usize::try_from(length) {
            Ok(length) if length <= left => Ok(length),
            Ok(_) | Err(_) => Err(InvalidUbjson::Length { at, length }),
        }
    }

    fn text(&mut self) -> Result<&'de str, InvalidUbjson> {
        let length = self.length()?;
        let at = self.at;
        std::str::from_utf8(self.take(length)?).map_err(|_| InvalidUbjson::Text { at })
    }

    /// What stands before the values of an array or object.
    fn enter(&mut self) -> Result<Shape, InvalidUbjson> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(InvalidUbjson::TooDeep { at: self.at });
        }
        let mut shape = Shape::default();
        if self.peek()? == b'$' {
            self.at += 1;
            let [marker] = self.fixed()?;
            if !b"iUIlLdDCSH[{".contains(&marker) || self.peek()? != b'#' {
                return Err(self.unexpected(marker));
            }
            shape.marker = Some(marker);
        }
        if self.peek()? == b'#' {
            self.at += 1;
            shape.left = Some(self.length()?);
        }
        Ok(shape)
    }
}

/// Type and number of the values of an array or object, where they are said in front.
#[derive(Clone, Copy, Default)]
struct Shape {
    marker: Option<u8>,
    left: Option<usize>,
}

impl Shape {
    /// Whether another value follows; takes the mark of the end.
    fn more(&mut self, reader: &mut Reader<'_>, end: u8) -> Result<bool, InvalidUbjson> {
        let more = match &mut self.left {
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
            None => {
                while reader.peek()? == b'N' {
                    reader.at += 1;
                }
                let ended = reader.peek()? == end;
                reader.at += usize::from(ended);
                !ended
            }
        };
        reader.depth -= usize::from(!more);
        Ok(more)
    }

    fn value<'a, 'de>(self, reader: &'a mut Reader<'de>) -> Result<Value<'a, 'de>, InvalidUbjson> {
        let marker = match self.marker {
            Some(marker) => marker,
            None => reader.marker()?,
        };
        Ok(Value { reader, marker })
    }
}

/// A value whose marker was read.
struct Value<'a, 'de> {
    reader: &'a mut Reader<'de>,
    marker: u8,
}

impl<'de> de::Deserializer<'de> for Value<'_, 'de> {
    type Error = InvalidUbjson;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidUbjson> {
        let Value { reader, marker } = self;
        match marker {
            b'Z' => visitor.visit_unit(),
            b'T' => visitor.visit_bool(true),
            b'F' => visitor.visit_bool(false),
            b'd' => visitor.visit_f32(f32::from_be_bytes(reader.fixed()?)),
            b'D' => visitor.visit_f64(f64::from_be_bytes(reader.fixed()?)),
            b'S' => visitor.visit_borrowed_str(reader.text()?),
            b'[' => {
                let shape = reader.enter()?;
                visitor.visit_seq(Values { reader, shape })
            }
            b'{' => {
                let shape = reader.enter()?;
                visitor.visit_map(Values { reader, shape })
            }
            other => visitor.visit_i64(reader.integer(other)?),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidUbjson> {
        match self.marker {
            b'Z' => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Values<'a, 'de> {
    reader: &'a mut Reader<'de>,
    shape: Shape,
}

impl<'de> SeqAccess<'de> for Values<'_, 'de> {
    type Error = InvalidUbjson;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, InvalidUbjson> {
        if !self.shape.more(self.reader, b']')? {
            return Ok(None);
        }
        seed.deserialize(self.shape.value(self.reader)?).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        self.shape.left
    }
}

impl<'de> MapAccess<'de> for Values<'_, 'de> {
    type Error = InvalidUbjson;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, InvalidUbjson> {
        if !self.shape.more(self.reader, b'}')? {
            return Ok(None);
        }
        let key = self.reader.text()?;
        seed.deserialize(de::value::BorrowedStrDeserializer::new(key))
            .map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<T::Value, InvalidUbjson> {
        seed.deserialize(self.shape.value(self.reader)?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: &Result<Json, InvalidUbjson>) {
        assert_eq!(&from_slice::<Json>(bytes), expected);
    }

    #[test]
    fn values_of_every_marker_are_read() {
        check(b"{i\x01aZi\x01bT}", &Ok(json!({"a": null, "b": true})));
        check(b"[U\xffi\xffI\xff\xfe]", &Ok(json!([255, -1, -2])));
        check(b"[$l#i\x02\0\0\0\x01\xff\xff\xff\xff", &Ok(json!([1, -1])));
        check(b"[$d#U\x01\x3f\0\0\0", &Ok(json!([0.5])));
        check(
            b"{#i\x01L\0\0\0\0\0\0\0\x01kSi\x02hi",
            &Ok(json!({"k": "hi"})),
        );
        check(b"[N[]N{}N]", &Ok(json!([[], {}])));
    }

    #[test]
    fn damaged_data_are_refused() {
        check(b"[", &Err(InvalidUbjson::Truncated { at: 1 }));
        check(b"[d\0", &Err(InvalidUbjson::Truncated { at: 2 }));
        check(b"[]Z", &Err(InvalidUbjson::Trailing { at: 2 }));
        check(b"Si\x01\xff", &Err(InvalidUbjson::Text { at: 3 }));
        check(
            b"?",
            &Err(InvalidUbjson::Marker {
                at: 0,
                marker: b'?',
            }),
        );
        let deep = vec![b'['; 100];
        check(&deep, &Err(InvalidUbjson::TooDeep { at: 65 }));
    }

    #[test]
    fn counts_beyond_the_file_are_refused() {
        let huge = b"[$d#L\x7f\xff\xff\xff\xff\xff\xff\xff";
        let length = i64::MAX;
        check(huge, &Err(InvalidUbjson::Length { at: 4, length }));
        check(b"Si\xff", &Err(InvalidUbjson::Length { at: 1, length: -1 }));
        // A billion values in nine bytes.
        let nothing = b"[$Z#l\x3b\x9a\xca\0";
        check(
            nothing,
            &Err(InvalidUbjson::Marker {
                at: 2,
                marker: b'Z',
            }),
        );
    }
}
