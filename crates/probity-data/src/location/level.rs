//! What lies directly in a folder: the folders of hours are found so, without listing what is below.

use std::io;
use std::path::{Path as FilePath, PathBuf};
use std::time::UNIX_EPOCH;

use super::environment::Environment;
use super::error::ReadLocation;
use super::parse::{Location, parse_allowed};
use super::source_file::SourceFile;
use super::{local, pattern, remote, store};

/// The visible names of one folder.
#[derive(Debug, Default)]
pub(crate) struct Level {
    /// Sorted.
    pub(crate) folders: Vec<String>,
    /// Sorted by name; without empty ones.
    pub(crate) files: Vec<ListedFile>,
}

/// A file and when it was written, by the clock of its store.
#[derive(Clone, Debug)]
pub(crate) struct ListedFile {
    pub(crate) file: SourceFile,
    pub(crate) modified_ms: i64,
}

/// A folder that is not there is empty.
pub(crate) async fn list_level(
    folder: &str,
    environment: &Environment,
) -> Result<Level, ReadLocation> {
    let mut level = match parse_allowed(folder, environment)? {
        Location::StandardInput => Level::default(),
        Location::Local(path) => local::blocking(folder, move || local_level(&path)).await?,
        Location::Remote(address) => {
            let store = store::connect(&address, environment)?;
            remote_level(&store, folder, &address.key).await?
        }
    };
    level.folders.sort_unstable();
    level
        .files
        .sort_unstable_by(|left, right| left.file.uri().cmp(right.file.uri()));
    Ok(level)
}

async fn remote_level(
    store: &remote::RemoteStore,
    folder: &str,
    key: &str,
) -> Result<Level, ReadLocation> {
    let path = remote::parse_key(folder, key)?;
    let listed = store.object_store().list_with_delimiter(Some(&path)).await;
    let listed = match listed.map_err(|error| store.explain(folder, &error)) {
        Ok(listed) => listed,
        Err(ReadLocation::Missing { .. }) => return Ok(Level::default()),
        Err(error) => return Err(error),
    };
    let mut level = Level::default();
    for prefix in &listed.common_prefixes {
        let name = prefix.filename().filter(|name| !pattern::is_hidden(name));
        level.folders.extend(name.map(str::to_owned));
    }
    for meta in listed.objects {
        let name = meta.location.filename().unwrap_or_default();
        if meta.size > 0 && !pattern::is_hidden(name) {
            level.files.push(ListedFile {
                modified_ms: meta.last_modified.timestamp_millis(),
                file: SourceFile::remote(store.clone(), meta),
            });
        }
    }
    Ok(level)
}

fn local_level(folder: &FilePath) -> io::Result<Level> {
    let mut level = Level::default();
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(level),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if pattern::is_hidden(&name) {
            continue;
        }
        let path: PathBuf = entry.path();
        let metadata = std::fs::metadata(&path)?;
        if metadata.is_dir() {
            level.folders.push(name);
        } else if metadata.len() > 0 {
            let modified = metadata.modified()?.duration_since(UNIX_EPOCH);
            let modified_ms = modified.map_or(0, |since| since.as_millis());
            level.files.push(ListedFile {
                modified_ms: i64::try_from(modified_ms).unwrap_or(i64::MAX),
                file: SourceFile::local_sized(path, metadata.len()),
            });
        }
    }
    Ok(level)
}
