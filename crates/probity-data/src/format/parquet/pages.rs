//! Looks at the page headers of a column chunk before they are decoded: the decoder makes room for as many bytes
//! as a header claims, up to 2 GiB.
//!
//! A header is a struct of Thrift's compact protocol whose second field is the page's uncompressed size and whose
//! third is its compressed one (apache/parquet-format, `PageHeader`); the page follows it.

/// Writers cut pages at one or a few megabytes. One value of a page can be larger, as a record can.
pub(super) const MAX_PAGE_BYTES: i64 = 256 << 20;

const UNCOMPRESSED_SIZE: i64 = 2;
const COMPRESSED_SIZE: i64 = 3;
/// Structs in a page header are statistics and the like.
const MAX_DEPTH: usize = 8;

/// The size that a page claims, where it is more than can be read. What is no page is left to the decoder.
pub(super) fn oversized_page(chunk: &[u8]) -> Option<i64> {
    let mut rest = chunk;
    loop {
        let mut header = Thrift { rest };
        let sizes = header.page_sizes()?;
        if sizes.uncompressed > MAX_PAGE_BYTES {
            return Some(sizes.uncompressed);
        }
        rest = header.rest.get(usize::try_from(sizes.compressed).ok()?..)?;
    }
}

struct Sizes {
    uncompressed: i64,
    compressed: i64,
}

struct Thrift<'b> {
    rest: &'b [u8],
}

impl Thrift<'_> {
    fn page_sizes(&mut self) -> Option<Sizes> {
        let mut uncompressed = None;
        let mut compressed = None;
        let mut field = 0;
        while let Some(kind) = self.field(&mut field)? {
            match field {
                UNCOMPRESSED_SIZE if is_integer(kind) => uncompressed = Some(self.integer()?),
                COMPRESSED_SIZE if is_integer(kind) => compressed = Some(self.integer()?),
                _ => self.skip(kind, 0)?,
            }
        }
        Some(Sizes {
            uncompressed: uncompressed?,
            compressed: compressed?,
        })
    }

    /// The type of the next field, whose number becomes `field`; `None` inside at the end of the struct.
    fn field(&mut self, field: &mut i64) -> Option<Option<u8>> {
        let byte = self.byte()?;
        if byte == 0 {
            return Some(None);
        }
        *field = match byte >> 4 {
            0 => self.integer()?,
            step => field.checked_add(i64::from(step))?,
        };
        Some(Some(byte & 0x0f))
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        match kind {
            // A boolean field is in its type.
            1 | 2 => {}
            3 => drop(self.byte()?),
            4..=6 => drop(self.varint()?),
            7 => self.advance(8)?,
            8 => {
                let length = self.varint()?;
                self.advance(usize::try_from(length).ok()?)?;
            }
            9 | 10 => {
                let header = self.byte()?;
                let length = match header >> 4 {
                    15 => self.varint()?,
                    length => u64::from(length),
                };
                for _ in 0..length {
                    self.skip_element(header & 0x0f, depth + 1)?;
                }
            }
            12 => {
                let mut field = 0;
                while let Some(kind) = self.field(&mut field)? {
                    self.skip(kind, depth + 1)?;
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// In lists, booleans are bytes.
    fn skip_element(&mut self, kind: u8, depth: usize) -> Option<()> {
        match kind {
            1 | 2 => self.advance(1),
            kind => self.skip(kind, depth),
        }
    }

    fn integer(&mut self) -> Option<i64> {
        let zigzag = self.varint()?;
        Some((zigzag >> 1).cast_signed() ^ -((zigzag & 1).cast_signed()))
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn advance(&mut self, bytes: usize) -> Option<()> {
        self.rest = self.rest.get(bytes..)?;
        Some(())
    }
}

fn is_integer(kind: u8) -> bool {
    (4..=6).contains(&kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A data page header with the sizes, and its page.
    fn page(uncompressed: i64, compressed: usize) -> Vec<u8> {
        let varint = |mut value: u64| {
            let mut bytes = Vec::new();
            while value >= 0x80 {
                bytes.push(value.to_le_bytes()[0] | 0x80);
                value >>= 7;
            }
            bytes.push(value.to_le_bytes()[0]);
            bytes
        };
        let zigzag = |value: i64| varint(((value << 1) ^ (value >> 63)).cast_unsigned());
        let mut bytes = vec![0x15, 0x00, 0x15];
        bytes.extend(zigzag(uncompressed));
        bytes.push(0x15);
        bytes.extend(zigzag(i64::try_from(compressed).unwrap()));
        // A struct with an integer, a binary and a list of two booleans inside.
        bytes.extend([
            0x2c, 0x15, 0x06, 0x18, 0x02, b'a', b'b', 0x19, 0x21, 1, 0, 0x00, 0x00,
        ]);
        bytes.extend(vec![0xff; compressed]);
        bytes
    }

    #[track_caller]
    fn check(chunk: &[u8], expected: Option<i64>) {
        assert_eq!(oversized_page(chunk), expected);
    }

    #[test]
    fn every_page_of_a_chunk_is_looked_at() {
        check(&page(100, 40), None);
        check(&page(i64::from(i32::MAX), 3), Some(i64::from(i32::MAX)));
        let second = [page(100, 40), page(MAX_PAGE_BYTES + 1, 3)].concat();
        check(&second, Some(MAX_PAGE_BYTES + 1));
        let at_the_limit = [page(MAX_PAGE_BYTES, 40), page(5, 3)].concat();
        check(&at_the_limit, None);
    }

    #[test]
    fn what_is_no_page_is_left_to_the_decoder() {
        check(b"", None);
        check(&[0xff; 40], None);
        check(&page(100, 40)[..20], None);
        check(&page(-5, 40), None);
        check(&[0x1c; 400], None);
    }
}
