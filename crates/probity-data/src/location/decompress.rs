//! Takes gzip (RFC 1952, several members in a row) and zstd (RFC 8878, several
//! frames in a row) off a stream of bytes. Recognised by magic number and not
//! by name, because capture logs and uploads are often named wrongly.

use std::io::{self, BufRead, Read};

use bytes::{Buf, Bytes};
use flate2::bufread::MultiGzDecoder;
use futures::stream::{self, BoxStream, StreamExt};
use zstd::stream::raw::{Decoder as ZstdDecoder, InBuffer, Operation, OutBuffer};

use super::error::ReadLocation;

const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
const ZSTD_MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// Decompressed bytes that are handed on at once, however small their source was.
const CHUNK_BYTES: usize = 256 * 1024;

type Chunks = BoxStream<'static, Result<Bytes, ReadLocation>>;

/// `input` without its compression; unchanged if it has none.
pub(crate) fn decompress(uri: String, input: Chunks) -> Chunks {
    let state = Decompression {
        uri,
        input,
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
    decoder: Decoder,
}

enum Decoder {
    Undecided,
    /// No compression; the bytes that were looked at come first.
    None {
        head: Bytes,
    },
    Gzip(Box<MultiGzDecoder<Feed>>),
    Zstd(Box<ZstdFrames>),
}

/// What a decoder says when it is asked for a chunk.
enum Progress {
    Chunk(Bytes),
    NeedsInput,
    End,
}

impl Decompression {
    /// The next decompressed bytes, never empty; `None` at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, ReadLocation> {
        if matches!(self.decoder, Decoder::Undecided) {
            self.decide().await?;
        }
        loop {
            let (compression, feed, progress) = match &mut self.decoder {
                Decoder::Undecided => return Ok(None),
                Decoder::None { head } if head.is_empty() => {
                    return self.input.next().await.transpose();
                }
                Decoder::None { head } => return Ok(Some(std::mem::take(head))),
                Decoder::Gzip(decoder) => {
                    let progress = read_gzip(decoder);
                    ("gzip", decoder.get_mut(), progress)
                }
                Decoder::Zstd(frames) => {
                    let progress = frames.read();
                    ("zstd", &mut frames.feed, progress)
                }
            };
            match progress {
                Ok(Progress::Chunk(chunk)) => return Ok(Some(chunk)),
                Ok(Progress::End) => return Ok(None),
                Ok(Progress::NeedsInput) => match self.input.next().await {
                    Some(chunk) => feed.bytes = chunk?,
                    None => feed.ended = true,
                },
                Err(error) => return Err(failed(&self.uri, compression, error)),
            }
        }
    }

    /// Chooses the decoder by the first bytes, which may come one at a time.
    async fn decide(&mut self) -> Result<(), ReadLocation> {
        let mut head = Bytes::new();
        while head.len() < ZSTD_MAGIC.len() {
            let Some(chunk) = self.input.next().await else {
                break;
            };
            let chunk = chunk?;
            head = if head.is_empty() {
                chunk
            } else {
                Bytes::from([head.as_ref(), chunk.as_ref()].concat())
            };
        }
        self.decoder = if head.starts_with(GZIP_MAGIC) {
            Decoder::Gzip(Box::new(MultiGzDecoder::new(Feed {
                bytes: head,
                ended: false,
            })))
        } else if head.starts_with(ZSTD_MAGIC) {
            let frames = ZstdFrames::new(Feed {
                bytes: head,
                ended: false,
            });
            Decoder::Zstd(Box::new(
                frames.map_err(|error| failed(&self.uri, "zstd", error))?,
            ))
        } else {
            Decoder::None { head }
        };
        Ok(())
    }
}

fn failed(uri: &str, compression: &'static str, source: io::Error) -> ReadLocation {
    let location = uri.to_owned();
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

/// Compressed bytes on their way into a decoder that reads: when they are
/// used up, it is told to come back, until the input has ended.
struct Feed {
    bytes: Bytes,
    ended: bool,
}

impl Read for Feed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let n_bytes = available.len().min(buffer.len());
        buffer[..n_bytes].copy_from_slice(&available[..n_bytes]);
        self.consume(n_bytes);
        Ok(n_bytes)
    }
}

impl BufRead for Feed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.bytes.is_empty() && !self.ended {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(&self.bytes)
    }

    fn consume(&mut self, n_bytes: usize) {
        self.bytes.advance(n_bytes);
    }
}

/// Fills one chunk as far as the input reaches.
fn read_gzip(decoder: &mut MultiGzDecoder<Feed>) -> io::Result<Progress> {
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut filled = 0;
    while filled < chunk.len() {
        match decoder.read(&mut chunk[filled..]) {
            Ok(0) if filled == 0 => return Ok(Progress::End),
            Ok(0) => break,
            Ok(n_bytes) => filled += n_bytes,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && filled == 0 => {
                return Ok(Progress::NeedsInput);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    chunk.truncate(filled);
    Ok(Progress::Chunk(chunk.into()))
}

struct ZstdFrames {
    decoder: ZstdDecoder<'static>,
    feed: Feed,
    inside_frame: bool,
    /// The last block was full, so that the decoder may hold more output.
    holds_output: bool,
}

impl ZstdFrames {
    fn new(feed: Feed) -> io::Result<Self> {
        Ok(ZstdFrames {
            decoder: ZstdDecoder::new()?,
            feed,
            inside_frame: false,
            holds_output: false,
        })
    }

    /// Fills one chunk as far as the input reaches, going on to the next
    /// frame where one ends.
    fn read(&mut self) -> io::Result<Progress> {
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut filled = 0;
        while filled < chunk.len() && (self.holds_output || !self.feed.bytes.is_empty()) {
            let mut input = InBuffer::around(&self.feed.bytes);
            let mut output = OutBuffer::around(&mut chunk[filled..]);
            let missing = self.decoder.run(&mut input, &mut output)?;
            let (n_read, n_written) = (input.pos(), output.as_slice().len());
            self.feed.bytes.advance(n_read);
            filled += n_written;
            self.inside_frame = missing != 0;
            self.holds_output = self.inside_frame && filled == chunk.len();
        }
        chunk.truncate(filled);
        match (filled, self.feed.ended) {
            (0, true) if self.inside_frame => Err(io::ErrorKind::UnexpectedEof.into()),
            (0, true) => Ok(Progress::End),
            (0, false) => Ok(Progress::NeedsInput),
            _ => Ok(Progress::Chunk(chunk.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

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
        (0..3_000_u32)
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
        let zeros = vec![b'0'; 3_000_000];
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
