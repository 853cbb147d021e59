//! `model.tar.gz`: lists what an archive holds and reads one file of it, in memory. Nothing is
//! written to disk, links are not followed, and what a small archive can unfold to is bounded.
//! Source of the layout: POSIX.1-2017 (pax), and GNU's long names.
//!
//! Headers are read here one by one, because a reader that resolves long names itself holds a
//! name of any length in memory.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use tar::{Archive, Entry, EntryType, PaxExtensions};
use thiserror::Error;

use super::kind::HEAD_BYTES;

/// Decompressed bytes of a whole archive: 16 GiB.
const MAX_UNPACKED_BYTES: u64 = 16 << 30;

/// Files, folders and links of one archive.
const MAX_ENTRIES: usize = 100_000;

/// Bytes of a name or of the attributes that carry it.
const MAX_NAME_BYTES: u64 = 64 * 1024;

/// Bytes of a header, and of a block.
const BLOCK: usize = 512;

#[derive(Debug, Error)]
pub enum ReadArchive {
    #[error("the archive is damaged or ends too early")]
    Damaged(#[source] io::Error),
    #[error("the archive ends inside `{name}`; it is truncated")]
    Truncated { name: String },
    #[error("the archive holds `{name}`, which points out of its folder; it is not opened")]
    Escapes { name: String },
    #[error("the archive holds `{name}`, which is neither a file, a folder nor a link")]
    Special { name: String },
    #[error("the archive holds more than {MAX_ENTRIES} files")]
    TooMany,
    #[error("the archive unpacks to more than {} bytes", MAX_UNPACKED_BYTES)]
    TooLarge,
    #[error("the archive holds a name of more than {MAX_NAME_BYTES} bytes")]
    LongName,
}

/// A file of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) size_bytes: u64,
    /// Position among the entries.
    position: usize,
}

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    Tar,
    TarGz,
    /// One file, compressed.
    Gz,
    None,
}

/// Looks at the first bytes.
pub(crate) fn packing_of(path: &Path) -> io::Result<Packing> {
    let head = read_head(File::open(path)?, BLOCK)?;
    if !head.starts_with(&[0x1f, 0x8b]) {
        return Ok(match is_tar(&head) {
            true => Packing::Tar,
            false => Packing::None,
        });
    }
    let head = read_head(MultiGzDecoder::new(File::open(path)?), BLOCK)?;
    Ok(match is_tar(&head) {
        true => Packing::TarGz,
        false => Packing::Gz,
    })
}

/// A header sums up its own bytes, with spaces where the sum is.
fn is_tar(head: &[u8]) -> bool {
    let Some(header) = head.get(..BLOCK) else {
        return false;
    };
    let stated = std::str::from_utf8(&header[148..156]).unwrap_or_default();
    let stated = stated.trim_matches(|c: char| c == '\0' || c == ' ');
    let sum = header.iter().enumerate().map(|(idx, byte)| match idx {
        148..156 => u32::from(b' '),
        _ => u32::from(*byte),
    });
    u32::from_str_radix(stated, 8) == Ok(sum.sum())
}

/// Up to `limit` bytes.
pub(crate) fn read_head(source: impl Read, limit: usize) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    source.take(limit as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// An archive on disk, opened anew for each pass.
pub(crate) struct PackedModels<'a> {
    pub(crate) path: &'a Path,
    pub(crate) packing: Packing,
}

impl PackedModels<'_> {
    fn source(&self) -> Result<Box<dyn Read>, ReadArchive> {
        let file = File::open(self.path).map_err(ReadArchive::Damaged)?;
        let file = BufReader::new(file);
        Ok(match self.packing {
            Packing::TarGz | Packing::Gz => Box::new(Bounded::new(MultiGzDecoder::new(file))),
            Packing::Tar | Packing::None => Box::new(Bounded::new(file)),
        })
    }

    /// Calls `each` with every file and its first bytes, and says how many links there are.
    pub(crate) fn list(&self, mut each: impl FnMut(Member, &[u8])) -> Result<usize, ReadArchive> {
        let mut n_links = 0;
        self.walk(|found| {
            match found {
                Found::Link => n_links += 1,
                Found::File(member, source) => {
                    let head = read_head(source, HEAD_BYTES).map_err(from_io)?;
                    let expected = member.size_bytes.min(HEAD_BYTES as u64);
                    if (head.len() as u64) < expected {
                        return Err(ReadArchive::Truncated { name: member.name });
                    }
                    each(member, &head);
                }
            }
            Ok(Walk::On)
        })?;
        Ok(n_links)
    }

    /// The content of one file of the list.
    pub(crate) fn read(&self, wanted: &Member) -> Result<Vec<u8>, ReadArchive> {
        let mut content = Vec::new();
        self.walk(|found| {
            let Found::File(member, source) = found else {
                return Ok(Walk::On);
            };
            if member.position != wanted.position {
                return Ok(Walk::On);
            }
            source.read_to_end(&mut content).map_err(from_io)?;
            Ok(Walk::Stop)
        })?;
        match content.len() as u64 == wanted.size_bytes {
            true => Ok(content),
            false => Err(ReadArchive::Truncated {
                name: wanted.name.clone(),
            }),
        }
    }

    /// Up to `limit` bytes of a file that is alone, compressed or not.
    pub(crate) fn read_single(&self, limit: u64) -> Result<Vec<u8>, ReadArchive> {
        let mut content = Vec::new();
        let source = self.source()?;
        source
            .take(limit)
            .read_to_end(&mut content)
            .map_err(from_io)?;
        Ok(content)
    }

    fn walk(
        &self,
        mut each: impl FnMut(Found<'_>) -> Result<Walk, ReadArchive>,
    ) -> Result<(), ReadArchive> {
        let mut archive = Archive::new(self.source()?);
        let mut long_name = None;
        let entries = archive.entries().map_err(from_io)?.raw(true);
        for (position, entry) in entries.enumerate() {
            if position >= MAX_ENTRIES {
                return Err(ReadArchive::TooMany);
            }
            let mut entry = entry.map_err(from_io)?;
            let kind = entry.header().entry_type();
            if matches!(kind, EntryType::GNULongName | EntryType::XHeader) {
                long_name = name_ahead(&mut entry, kind)?.or(long_name);
                continue;
            }
            if matches!(kind, EntryType::GNULongLink | EntryType::XGlobalHeader) {
                continue;
            }
            let name = long_name.take();
            let name = name.unwrap_or_else(|| entry.path_bytes().into_owned());
            let name = String::from_utf8_lossy(&name).into_owned();
            let found = match kind {
                EntryType::Directory => continue,
                EntryType::Link | EntryType::Symlink => Found::Link,
                EntryType::Regular | EntryType::Continuous => {
                    let member = Member {
                        name: checked_name(name)?,
                        size_bytes: entry.size(),
                        position,
                    };
                    Found::File(member, &mut entry)
                }
                _ => return Err(ReadArchive::Special { name }),
            };
            if matches!(each(found)?, Walk::Stop) {
                return Ok(());
            }
        }
        // The end of the compressed data says whether they are whole.
        io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(from_io)?;
        Ok(())
    }
}

enum Found<'a> {
    File(Member, &'a mut dyn Read),
    Link,
}

enum Walk {
    On,
    Stop,
}

/// The name of the entry that follows, where this one says it.
fn name_ahead(
    entry: &mut Entry<'_, impl Read>,
    kind: EntryType,
) -> Result<Option<Vec<u8>>, ReadArchive> {
    if entry.size() > MAX_NAME_BYTES {
        return Err(ReadArchive::LongName);
    }
    let mut content = Vec::new();
    entry.read_to_end(&mut content).map_err(from_io)?;
    if kind == EntryType::GNULongName {
        let end = content.iter().position(|byte| *byte == 0);
        content.truncate(end.unwrap_or(content.len()));
        return Ok(Some(content));
    }
    let mut path = None;
    for attribute in PaxExtensions::new(&content) {
        let attribute = attribute.map_err(from_io)?;
        if attribute.key_bytes() == b"path" {
            path = Some(attribute.value_bytes().to_vec());
        }
    }
    Ok(path)
}

/// A name within the archive, without `./` in front.
fn checked_name(name: String) -> Result<String, ReadArchive> {
    let escapes = name.starts_with('/')
        || name.contains('\\')
        || name.contains('\0')
        || name.split('/').any(|part| part == "..");
    if escapes {
        return Err(ReadArchive::Escapes { name });
    }
    Ok(name.trim_start_matches("./").to_owned())
}

fn from_io(error: io::Error) -> ReadArchive {
    match error.get_ref() {
        Some(inner) if inner.is::<Exceeded>() => ReadArchive::TooLarge,
        Some(_) | None => ReadArchive::Damaged(error),
    }
}

/// Ends a stream that unfolds to too much.
struct Bounded<R> {
    source: R,
    left: u64,
}

#[derive(Debug, Error)]
#[error("more than {MAX_UNPACKED_BYTES} bytes")]
struct Exceeded;

impl<R> Bounded<R> {
    fn new(source: R) -> Bounded<R> {
        Bounded {
            source,
            left: MAX_UNPACKED_BYTES,
        }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.source.read(buffer)?;
        match self.left.checked_sub(n as u64) {
            Some(left) => self.left = left,
            None => return Err(io::Error::other(Exceeded)),
        }
        Ok(n)
    }
}
