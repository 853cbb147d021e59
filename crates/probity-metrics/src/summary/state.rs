//! The bytes of a summary: little-endian fields behind a header of name, version and
//! length, so that states of other kinds, newer programs and damaged files are told apart.
//!
//! Nothing is allocated on the word of a length field: a field is read from the bytes that
//! are there, or the state is [`ReadState::Truncated`].

use super::ReadState;

/// Counts above this are damage: no table has so many rows, and sums of them stay in `u64`.
pub(crate) const LARGEST_COUNT: u64 = 1 << 50;

/// Names in headers are short; a longer one is damage and is not copied into an error.
const LONGEST_NAME: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct StateWriter {
    bytes: Vec<u8>,
}

impl StateWriter {
    /// A state that starts with its header; [`StateWriter::finish`] fills in the length.
    pub(crate) fn with_header(name: &str, version: u32) -> Self {
        let mut writer = Self::default();
        writer.short_text(name);
        writer.u32(version);
        writer.u64(0);
        writer
    }

    /// The bytes, with the header's length set to what follows it.
    pub(crate) fn finish(mut self, name: &str) -> Vec<u8> {
        let length_at = 1 + name.len() + 4;
        let payload_at = length_at + 8;
        let length = (self.bytes.len() - payload_at) as u64;
        self.bytes[length_at..payload_at].copy_from_slice(&length.to_le_bytes());
        self.bytes
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn f64(&mut self, value: f64) {
        self.u64(value.to_bits());
    }

    pub(crate) fn f64_slice(&mut self, values: &[f64]) {
        self.bytes.reserve(values.len() * 8);
        for &value in values {
            self.f64(value);
        }
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// At most 255 bytes, behind one byte of length.
    pub(crate) fn short_text(&mut self, text: &str) {
        let length = u8::try_from(text.len()).expect("short texts are at most 255 bytes long");
        self.u8(length);
        self.raw(text.as_bytes());
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.u64(text.len() as u64);
        self.raw(text.as_bytes());
    }
}

#[derive(Debug)]
pub(crate) struct StateReader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> StateReader<'a> {
    /// Reads the header and leaves the reader at the first field.
    pub(crate) fn open(
        bytes: &'a [u8],
        expected: &'static str,
        newest: u32,
    ) -> Result<(Self, u32), ReadState> {
        let mut reader = Self { bytes, offset: 0 };
        let name_length = usize::from(reader.u8()?);
        if name_length > LONGEST_NAME {
            return Err(ReadState::Damaged {
                what: "the name in its header is too long",
            });
        }
        let name = reader.raw(name_length)?;
        if name != expected.as_bytes() {
            let found = String::from_utf8_lossy(name).into_owned();
            return Err(ReadState::OtherSummary { found, expected });
        }
        let version = reader.u32()?;
        if version > newest {
            return Err(ReadState::NewerVersion {
                found: version,
                newest,
            });
        }
        if version == 0 {
            return Err(ReadState::Damaged {
                what: "versions start at 1",
            });
        }
        let length = reader.u64()?;
        let left = (bytes.len() - reader.offset) as u64;
        if length > left {
            let needed = usize::try_from(length).unwrap_or(usize::MAX);
            return Err(ReadState::Truncated {
                needed,
                offset: reader.offset,
            });
        }
        if length < left {
            return Err(ReadState::Damaged {
                what: "bytes follow its end",
            });
        }
        Ok((reader, version))
    }

    /// Fails unless every byte was read.
    pub(crate) fn close(self) -> Result<(), ReadState> {
        if self.offset == self.bytes.len() {
            return Ok(());
        }
        Err(ReadState::Damaged {
            what: "bytes follow its last field",
        })
    }

    pub(crate) fn raw(&mut self, needed: usize) -> Result<&'a [u8], ReadState> {
        let truncated = ReadState::Truncated {
            needed,
            offset: self.offset,
        };
        let Some(end) = self.offset.checked_add(needed) else {
            return Err(truncated);
        };
        let Some(found) = self.bytes.get(self.offset..end) else {
            return Err(truncated);
        };
        self.offset = end;
        Ok(found)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ReadState> {
        let found = self.raw(N)?;
        let mut array = [0; N];
        array.copy_from_slice(found);
        Ok(array)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, ReadState> {
        Ok(self.array::<1>()?[0])
    }

    pub(crate) fn u32(&mut self) -> Result<u32, ReadState> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, ReadState> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(crate) fn f64(&mut self) -> Result<f64, ReadState> {
        Ok(f64::from_bits(self.u64()?))
    }

    /// A number of rows.
    pub(crate) fn count(&mut self) -> Result<u64, ReadState> {
        let count = self.u64()?;
        if count > LARGEST_COUNT {
            return Err(ReadState::Damaged {
                what: "a count is beyond any table",
            });
        }
        Ok(count)
    }

    pub(crate) fn flag(&mut self) -> Result<bool, ReadState> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(ReadState::Damaged {
                what: "a flag is neither 0 nor 1",
            }),
        }
    }

    /// So many numbers; none is NaN or infinite.
    pub(crate) fn finite_slice(&mut self, length: usize) -> Result<Vec<f64>, ReadState> {
        let bytes = self.raw(length.saturating_mul(8))?;
        let mut values = Vec::with_capacity(length);
        for chunk in bytes.chunks_exact(8) {
            let mut array = [0; 8];
            array.copy_from_slice(chunk);
            let value = f64::from_le_bytes(array);
            if !value.is_finite() {
                return Err(ReadState::Damaged {
                    what: "a number is not finite",
                });
            }
            values.push(value + 0.0);
        }
        Ok(values)
    }

    pub(crate) fn short_text(&mut self) -> Result<&'a str, ReadState> {
        let length = usize::from(self.u8()?);
        self.utf8(length)
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, ReadState> {
        let length = usize::try_from(self.u64()?).unwrap_or(usize::MAX);
        self.utf8(length)
    }

    fn utf8(&mut self, length: usize) -> Result<&'a str, ReadState> {
        std::str::from_utf8(self.raw(length)?).map_err(|_| ReadState::Damaged {
            what: "a text is not UTF-8",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut writer = StateWriter::with_header("sample", 2);
        writer.u8(7);
        writer.text("word");
        writer.f64_slice(&[1.5, -2.0]);
        writer.finish("sample")
    }

    #[test]
    fn fields_come_back_as_written() {
        let bytes = sample();
        let (mut reader, version) = StateReader::open(&bytes, "sample", 2).unwrap();
        assert_eq!(version, 2);
        assert_eq!(reader.u8().unwrap(), 7);
        assert_eq!(reader.text().unwrap(), "word");
        assert_eq!(reader.finite_slice(2).unwrap(), [1.5, -2.0]);
        reader.close().unwrap();
    }

    #[test]
    fn every_cut_is_noticed_at_the_header() {
        let bytes = sample();
        for length in 0..bytes.len() {
            let opened = StateReader::open(&bytes[..length], "sample", 2);
            assert!(
                matches!(opened, Err(ReadState::Truncated { .. })),
                "cut at {length}"
            );
        }
    }

    #[test]
    fn bytes_after_the_end_are_damage() {
        let mut bytes = sample();
        bytes.push(0);
        let opened = StateReader::open(&bytes, "sample", 2);
        assert!(matches!(opened, Err(ReadState::Damaged { .. })));
    }

    #[test]
    fn a_newer_version_is_refused() {
        let opened = StateReader::open(&sample(), "sample", 1).map(|_| ());
        assert!(matches!(
            opened,
            Err(ReadState::NewerVersion {
                found: 2,
                newest: 1
            })
        ));
    }

    #[test]
    fn another_summary_is_named() {
        let opened = StateReader::open(&sample(), "other", 2).map(|_| ());
        assert_eq!(
            opened.unwrap_err().to_string(),
            "summary state is of `sample`, expected `other`"
        );
    }

    #[test]
    fn a_huge_length_allocates_nothing() {
        let bytes = sample();
        let (mut reader, _) = StateReader::open(&bytes, "sample", 2).unwrap();
        assert!(matches!(
            reader.finite_slice(usize::MAX),
            Err(ReadState::Truncated { .. })
        ));
    }
}
