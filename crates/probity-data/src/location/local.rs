//! Files of the local file system: finding them below a folder or by a
//! pattern, and reading them.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use tempfile::{NamedTempFile, TempPath};
use walkdir::WalkDir;

use super::environment::Environment;
use super::error::ReadLocation;
use super::pattern::{self, Pattern};
use super::source_file::SourceFile;

/// Bytes read at once: large enough that switching to the blocking thread
/// costs little, small enough for many files at a time.
const CHUNK_BYTES: usize = 1024 * 1024;

type Chunks = BoxStream<'static, Result<Bytes, ReadLocation>>;

/// The files at `path`: a file, a folder, a pipe, or a pattern.
pub(crate) fn find(
    location: &str,
    path: &Path,
    environment: &Environment,
) -> Result<Vec<SourceFile>, ReadLocation> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => find_in_folder(location, path),
        Ok(metadata) if metadata.is_file() => Ok(vec![SourceFile::local_sized(
            path.to_owned(),
            metadata.len(),
        )]),
        Ok(_) => {
            let pipe = File::open(path).map_err(|error| ReadLocation::from_io(location, error))?;
            Ok(vec![spool(location, pipe, environment)?])
        }
        Err(error) => match Pattern::parse(location, &path.to_string_lossy())? {
            Some(pattern) => find_matching(location, &pattern),
            None => Err(ReadLocation::from_io(location, error)),
        },
    }
}

/// Keeps what a pipe delivers in a temporary file: the format is recognised
/// by looking at the start twice, and Parquet is read from its end.
pub(crate) fn spool(
    location: &str,
    mut pipe: impl Read,
    environment: &Environment,
) -> Result<SourceFile, ReadLocation> {
    let unreadable = |source: io::Error| ReadLocation::Unreadable {
        location: location.to_owned(),
        source: source.into(),
    };
    let mut file = NamedTempFile::with_prefix_in("probity-", environment.temporary_folder())
        .map_err(unreadable)?;
    let size_bytes = io::copy(&mut pipe, &mut file).map_err(unreadable)?;
    Ok(SourceFile::spooled(
        location,
        file.into_temp_path(),
        size_bytes,
    ))
}

fn find_in_folder(location: &str, folder: &Path) -> Result<Vec<SourceFile>, ReadLocation> {
    let files = walk(location, WalkDir::new(folder), pattern::is_hidden)?;
    if files.is_empty() {
        return Err(ReadLocation::Nothing {
            location: location.to_owned(),
        });
    }
    Ok(files)
}

fn find_matching(location: &str, pattern: &Pattern) -> Result<Vec<SourceFile>, ReadLocation> {
    let no_match = || ReadLocation::NoMatch {
        location: location.to_owned(),
    };
    let root = if pattern.prefix().is_empty() {
        Path::new(".")
    } else {
        Path::new(pattern.prefix())
    };
    if !root.is_dir() {
        return Err(no_match());
    }
    let mut walker = WalkDir::new(root);
    if let Some(depth) = pattern.depth() {
        walker = walker.min_depth(depth).max_depth(depth);
    }
    let mut files = walk(location, walker, |name| pattern.skips(name))?;
    files.retain(|file| pattern.matches(file.uri()));
    if files.is_empty() {
        return Err(no_match());
    }
    Ok(files)
}

/// Regular files that are not empty, sorted by path. Links are followed; a
/// file or folder that is reached twice through links is read once.
fn walk(
    location: &str,
    walker: WalkDir,
    skips: impl Fn(&str) -> bool,
) -> Result<Vec<SourceFile>, ReadLocation> {
    let entries = walker
        .follow_links(true)
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !skips(&entry.file_name().to_string_lossy()));
    let mut found: Vec<(String, PathBuf, u64)> = Vec::new();
    let mut met_a_link = false;
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            // A link to a folder that contains it adds no file.
            Err(error) if error.loop_ancestor().is_some() => {
                met_a_link = true;
                continue;
            }
            Err(error) => return Err(unreadable_entry(location, error)),
        };
        met_a_link |= entry.path_is_symlink();
        let metadata = entry
            .metadata()
            .map_err(|error| unreadable_entry(location, error))?;
        if metadata.is_file() && metadata.len() > 0 {
            let path = entry.into_path();
            let path = path.strip_prefix("./").map(Path::to_owned).unwrap_or(path);
            found.push((path.display().to_string(), path, metadata.len()));
        }
    }
    found.sort_unstable_by(|left, right| left.0.cmp(&right.0));
    if met_a_link {
        let mut seen = HashSet::new();
        found.retain(|(_, path, _)| fs::canonicalize(path).map_or(true, |real| seen.insert(real)));
    }
    Ok(found
        .into_iter()
        .map(|(_, path, size_bytes)| SourceFile::local_sized(path, size_bytes))
        .collect())
}

fn unreadable_entry(location: &str, error: walkdir::Error) -> ReadLocation {
    let location = error
        .path()
        .map_or_else(|| location.to_owned(), |path| path.display().to_string());
    match error.into_io_error() {
        Some(error) => ReadLocation::from_io(&location, error),
        None => ReadLocation::Unreadable {
            location,
            source: "a link that leads back to itself".into(),
        },
    }
}

/// The bytes of a file, read on the runtime's blocking threads.
pub(crate) async fn read(uri: String, path: PathBuf) -> Result<Chunks, ReadLocation> {
    let opened = blocking(&uri, move || File::open(path)).await?;
    let state = (uri, opened);
    Ok(stream::try_unfold(state, |(uri, mut file)| async move {
        let (file, chunk) = blocking(&uri, move || {
            let mut chunk = Vec::with_capacity(CHUNK_BYTES);
            (&mut file)
                .take(CHUNK_BYTES as u64)
                .read_to_end(&mut chunk)?;
            Ok((file, chunk))
        })
        .await?;
        Ok((!chunk.is_empty()).then(|| (Bytes::from(chunk), (uri, file))))
    })
    .boxed())
}

pub(crate) async fn blocking<T: Send + 'static>(
    uri: &str,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, ReadLocation> {
    let outcome = tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)));
    outcome.map_err(|error| ReadLocation::from_io(uri, error))
}

/// `chunks`, which keep the temporary file that they come from.
pub(crate) fn keep_alive(chunks: Chunks, file: Arc<TempPath>) -> Chunks {
    chunks
        .map(move |chunk| {
            let _kept = &file;
            chunk
        })
        .boxed()
}

/// The document at `path` in `folder`; `None` when `folder` is there without it.
pub(crate) fn read_document(folder: &Path, path: &Path) -> Result<Option<Bytes>, ReadLocation> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content.into())),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            match fs::metadata(folder) {
                Ok(_) => Ok(None),
                Err(error) => Err(ReadLocation::from_io(&folder.display().to_string(), error)),
            }
        }
        Err(error) => Err(ReadLocation::from_io(&path.display().to_string(), error)),
    }
}
