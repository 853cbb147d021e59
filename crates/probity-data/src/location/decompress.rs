//! Takes gzip (RFC 1952, several members in a row) and zstd (RFC 8878, several
//! frames in a row) off a stream of bytes. Recognised by magic number and not
//! by name, because capture logs and uploads are often named wrongly.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use futures::stream::{self, BoxStream, StreamExt};
use zstd::stream::raw::{Decoder as ZstdDecoder, InBuffer, Operation, OutBuffer};

use super::error::ReadLocation;

const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
const ZSTD_MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// Compressed bytes handed to a decoder at once. Deflate expands at most 1032
/// times, so that one step yields no more than 17 MB whatever the input claims.
const STEP_BYTES: usize = 16 * 1024;
/// Decompressed bytes collected before they are handed on.
const CHUNK_BYTES: usize = 1024 * 1024;

type Chunks = BoxStream<'static, Result<Bytes, ReadLocation>>;

/// `input` without its compression; unchanged if it has none.
pub(crate) fn decompress(uri: String, input: Chunks) -> Chunks {
    let state = Decompression {
        uri,
        input,
        pending: Bytes::new(),
        decoder: Decoder::Undecided,
    };
    stream::try_unfold(state, |mut state| async move {
        let chunk = state.next().await?;
        Ok(chunk.map(|chunk| (chunk, state)))
    })
    .boxed()
}

struct Decompression {
    uri: String,
    input: Chunks,
    /// Bytes of the input that no decoder has seen yet.
    pending: Bytes,
    decoder: Decoder,
}

enum Decoder {
    Undecided,
    None,
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
    Zstd(Box<ZstdFrames>),
    /// The input has ended and its end was found whole.
    Finished,
}

impl Decompression {
    /// The next decompressed bytes, never empty; `None` at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, ReadLocation> {
        if matches!(self.decoder, Decoder::Undecided) {
            self.decide().await?;
        }
        loop {
            if self.pending.is_empty() {
                match self.input.next().await {
                    Some(chunk) => self.pending = chunk?,
                    None => return self.finish(),
                }
            }
            let chunk = self.step()?;
            if !chunk.is_empty() {
                return Ok(Some(chunk));
            }
        }
    }

    /// Chooses the decoder by the first bytes, which may come one at a time.
    async fn decide(&mut self) -> Result<(), ReadLocation> {
        while self.pending.len() < ZSTD_MAGIC.len() {
            let Some(chunk) = self.input.next().await else {
                break;
            };
            let chunk = chunk?;
            self.pending = if self.pending.is_empty() {
                chunk
            } else {
                Bytes::from([self.pending.as_ref(), chunk.as_ref()].concat())
            };
        }
        self.decoder = if self.pending.starts_with(GZIP_MAGIC) {
            Decoder::Gzip(Box::new(MultiGzDecoder::new(Vec::new())))
        } else if self.pending.starts_with(ZSTD_MAGIC) {
            Decoder::Zstd(Box::new(
                ZstdFrames::new().map_err(|error| self.failed("zstd", error))?,
            ))
        } else {
            Decoder::None
        };
        Ok(())
    }

    /// Decompresses pending bytes until a chunk is full or they are used up.
    fn step(&mut self) -> Result<Bytes, ReadLocation> {
        let mut output = Vec::new();
        while !self.pending.is_empty() && output.len() < CHUNK_BYTES {
            let (compression, outcome) = match &mut self.decoder {
                Decoder::Undecided | Decoder::None | Decoder::Finished => {
                    return Ok(std::mem::take(&mut self.pending));
                }
                Decoder::Gzip(decoder) => {
                    let input = self.pending.split_to(self.pending.len().min(STEP_BYTES));
                    let outcome = decoder.write_all(&input);
                    output.append(decoder.get_mut());
                    ("gzip", outcome)
                }
                Decoder::Zstd(frames) => {
                    let input = self.pending.split_to(self.pending.len().min(STEP_BYTES));
                    ("zstd", frames.write(&input, &mut output))
                }
            };
            outcome.map_err(|error| self.failed(compression, error))?;
        }
        Ok(output.into())
    }

    /// Checks that the compressed data ended where its format says, and hands
    /// on what the decoder still holds.
    fn finish(&mut self) -> Result<Option<Bytes>, ReadLocation> {
        let rest = match std::mem::replace(&mut self.decoder, Decoder::Finished) {
            Decoder::Undecided | Decoder::None | Decoder::Finished => Vec::new(),
            Decoder::Gzip(decoder) => decoder
                .finish()
                .map_err(|error| self.failed("gzip", error))?,
            Decoder::Zstd(frames) if frames.inside_frame => {
                return Err(self.failed("zstd", io::ErrorKind::UnexpectedEof.into()));
            }
            Decoder::Zstd(_) => Vec::new(),
        };
        Ok((!rest.is_empty()).then(|| rest.into()))
    }

    fn failed(&self, compression: &'static str, source: io::Error) -> ReadLocation {
        let location = self.uri.clone();
        if source.kind() == io::ErrorKind::UnexpectedEof {
            return ReadLocation::Truncated {
                location,
                compression,
            };
        }
        ReadLocation::Corrupt {
            location,
            compression,
            source,
        }
    }
}

struct ZstdFrames {
    decoder: ZstdDecoder<'static>,
    block: Vec<u8>,
    inside_frame: bool,
}

impl ZstdFrames {
    fn new() -> io::Result<Self> {
        Ok(ZstdFrames {
            decoder: ZstdDecoder::new()?,
            block: vec![0; 128 * 1024],
            inside_frame: false,
        })
    }

    /// Decompresses all of `input`, starting the next frame where one ends.
    fn write(&mut self, input: &[u8], output: &mut Vec<u8>) -> io::Result<()> {
        let mut input = InBuffer::around(input);
        loop {
            let mut block = OutBuffer::around(&mut self.block);
            let missing = self.decoder.run(&mut input, &mut block)?;
            let written = block.as_slice();
            let block_is_full = written.len() == block.capacity();
            output.extend_from_slice(written);
            self.inside_frame = missing != 0;
            // A full block may leave output behind in the decoder.
            if input.pos() == input.src.len() && !(block_is_full && self.inside_frame) {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(content: &[u8]) -> Vec<u8> {
        zstd::stream::encode_all(content, 3).unwrap()
    }

    /// Decompresses `stored`, arriving in chunks of `chunk_bytes`.
    fn read(stored: &[u8], chunk_bytes: usize) -> Result<Vec<u8>, ReadLocation> {
        let chunks: Vec<_> = stored
            .chunks(chunk_bytes)
            .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
            .collect();
        let mut output = decompress("day.csv".to_owned(), stream::iter(chunks).boxed());
        futures::executor::block_on(async {
            let mut content = Vec::new();
            while let Some(chunk) = output.next().await {
                content.extend_from_slice(&chunk?);
            }
            Ok(content)
        })
    }

    #[track_caller]
    fn check(stored: &[u8], expected: &[u8]) {
        for chunk_bytes in [1, 3, 1000, usize::MAX >> 1] {
            let content = read(stored, chunk_bytes).unwrap();
            assert!(
                content == expected,
                "chunks of {chunk_bytes}: {} bytes",
                content.len()
            );
        }
    }

    #[track_caller]
    fn check_error(stored: &[u8], expected: &str) {
        for chunk_bytes in [1, 1000, usize::MAX >> 1] {
            assert_eq!(read(stored, chunk_bytes).unwrap_err().to_string(), expected);
        }
    }

    /// Long enough to need several blocks, short enough to go through one byte at a time.
    fn content() -> Vec<u8> {
        (0..40_000_u32)
            .flat_map(|row| format!("{row},{}\n", row.wrapping_mul(2_654_435_761)).into_bytes())
            .collect()
    }

    #[test]
    fn uncompressed_content_is_unchanged() {
        check(b"a,b\n1,2\n", b"a,b\n1,2\n");
        check(b"a", b"a");
        check(b"", b"");
    }

    #[test]
    fn gzip_and_zstd_are_taken_off() {
        check(&gzip(&content()), &content());
        check(&zstd(&content()), &content());
    }

    #[test]
    fn members_and_frames_in_a_row_are_read_as_one() {
        check(
            &[gzip(b"a,b\n"), gzip(b""), gzip(&content())].concat(),
            &[b"a,b\n", content().as_slice()].concat(),
        );
        check(
            &[zstd(b"a,b\n"), zstd(b""), zstd(&content())].concat(),
            &[b"a,b\n", content().as_slice()].concat(),
        );
    }

    #[test]
    fn highly_compressible_content_is_whole() {
        let zeros = vec![b'0'; 30_000_000];
        assert!(read(&gzip(&zeros), 1 << 20).unwrap() == zeros);
        assert!(read(&zstd(&zeros), 1 << 20).unwrap() == zeros);
    }

    #[test]
    fn truncation_is_an_error_wherever_the_cut_falls() {
        let stored = gzip(&content());
        for cut in [3, 12, 1000, stored.len() - 8, stored.len() - 1] {
            check_error(
                &stored[..cut],
                "the gzip data of `day.csv` ends too early; the file is truncated",
            );
        }
        let stored = zstd(&content());
        for cut in [5, 1000, stored.len() - 1] {
            check_error(
                &stored[..cut],
                "the zstd data of `day.csv` ends too early; the file is truncated",
            );
        }
    }

    #[test]
    fn damage_is_an_error() {
        let mut stored = gzip(&content());
        let middle = stored.len() / 2;
        stored[middle] ^= 0xff;
        check_error(&stored, "the gzip data of `day.csv` is damaged");
        let mut stored = zstd(&content());
        stored[4] ^= 0xff;
        check_error(&stored, "the zstd data of `day.csv` is damaged");
    }
}
