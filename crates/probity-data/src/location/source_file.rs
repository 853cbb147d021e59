//! One file of a dataset, wherever it lies: read as a stream of decompressed
//! bytes, or handed over as an object for random access.

use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, path::Path};
use tempfile::TempPath;

use super::decompress::decompress;
use super::environment::Environment;
use super::error::ReadLocation;
use super::local;
use super::remote::{self, RemoteStore};

/// One file to read.
#[derive(Clone, Debug)]
pub struct SourceFile {
    uri: String,
    size_bytes: Option<u64>,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    Local(PathBuf),
    /// A pipe, kept in a temporary file because the format is recognised from
    /// its start and Parquet from its end. Removed with the last clone.
    Spooled(Arc<TempPath>),
    Remote {
        store: RemoteStore,
        path: Path,
    },
}

/// An object that can be read at any offset.
#[derive(Clone, Debug)]
pub struct RandomAccess {
    pub store: Arc<dyn ObjectStore>,
    pub meta: ObjectMeta,
}

impl SourceFile {
    /// A local file, without looking whether it is there.
    pub fn local(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        SourceFile {
            uri: path.display().to_string(),
            size_bytes: None,
            place: Place::Local(path),
        }
    }

    /// A file of these bytes, called `uri` in messages: kept in a temporary file that goes with
    /// its last clone.
    pub fn of_bytes(
        uri: &str,
        bytes: &[u8],
        environment: &Environment,
    ) -> Result<SourceFile, ReadLocation> {
        local::spool(uri, bytes, environment)
    }

    pub(crate) fn local_sized(path: PathBuf, size_bytes: u64) -> Self {
        SourceFile {
            size_bytes: Some(size_bytes),
            ..SourceFile::local(path)
        }
    }

    pub(crate) fn spooled(uri: &str, path: TempPath, size_bytes: u64) -> Self {
        SourceFile {
            uri: uri.to_owned(),
            size_bytes: Some(size_bytes),
            place: Place::Spooled(Arc::new(path)),
        }
    }

    pub(crate) fn remote(store: RemoteStore, meta: ObjectMeta) -> Self {
        SourceFile {
            uri: store.uri(&meta.location),
            size_bytes: Some(meta.size),
            place: Place::Remote {
                store,
                path: meta.location,
            },
        }
    }

    /// What to call the file in a message.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Bytes as stored, before decompression, where a listing told them.
    pub fn size_bytes(&self) -> Option<u64> {
        self.size_bytes
    }

    /// The extension of the name in lower case, without `.gz`, `.gzip` or
    /// `.zst`: `csv` for `Day 1.CSV.gz`.
    pub fn extension(&self) -> Option<String> {
        if let Place::Spooled(_) = self.place {
            return None;
        }
        let name = self.uri.rsplit('/').next()?.to_lowercase();
        let name = [".gz", ".gzip", ".zst"]
            .iter()
            .find_map(|end| name.strip_suffix(end))
            .unwrap_or(&name);
        let (stem, extension) = name.rsplit_once('.')?;
        (!stem.is_empty() && !extension.is_empty()).then(|| extension.to_owned())
    }

    /// The content from its start; gzip and zstd are recognised by their
    /// first bytes, whatever the name says, and taken off.
    pub async fn read(
        &self,
    ) -> Result<BoxStream<'static, Result<Bytes, ReadLocation>>, ReadLocation> {
        Ok(decompress(self.uri.clone(), self.read_stored().await?))
    }

    /// The content as stored.
    async fn read_stored(
        &self,
    ) -> Result<BoxStream<'static, Result<Bytes, ReadLocation>>, ReadLocation> {
        match &self.place {
            Place::Local(path) => local::read(self.uri.clone(), path.clone()).await,
            Place::Spooled(path) => {
                // The stream holds the file, so that it outlives `self`.
                let kept = Arc::clone(path);
                let stream = local::read(self.uri.clone(), kept.to_path_buf()).await?;
                Ok(local::keep_alive(stream, kept))
            }
            Place::Remote { store, path } => remote::read(store, path).await,
        }
    }

    /// The file for random access, as Parquet needs it, not decompressed.
    /// Keep the `SourceFile` for as long as the object is read.
    pub async fn random_access(&self) -> Result<RandomAccess, ReadLocation> {
        match &self.place {
            Place::Local(path) => self.local_object(path).await,
            Place::Spooled(path) => self.local_object(path).await,
            Place::Remote { store, path } => {
                let meta = store.head(path).await?;
                Ok(RandomAccess {
                    store: store.object_store(),
                    meta,
                })
            }
        }
    }

    async fn local_object(&self, path: &FilePath) -> Result<RandomAccess, ReadLocation> {
        let absolute =
            std::fs::canonicalize(path).map_err(|error| ReadLocation::from_io(&self.uri, error))?;
        let unreadable = |error: object_store::Error| match error {
            object_store::Error::NotFound { .. } => ReadLocation::Missing {
                location: self.uri.clone(),
            },
            other => ReadLocation::Unreadable {
                location: self.uri.clone(),
                source: Box::new(other),
            },
        };
        let object_path =
            Path::from_absolute_path(&absolute).map_err(|error| unreadable(error.into()))?;
        let store: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new());
        let meta = store.head(&object_path).await.map_err(unreadable)?;
        Ok(RandomAccess { store, meta })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_extension(path: &str, expected: Option<&str>) {
        assert_eq!(SourceFile::local(path).extension().as_deref(), expected);
    }

    #[test]
    fn the_extension_is_that_of_the_decompressed_content() {
        check_extension("data/Day 1.CSV.gz", Some("csv"));
        check_extension("data/day.jsonl.zst", Some("jsonl"));
        check_extension("data/part-00000-c000.snappy.parquet", Some("parquet"));
    }

    #[test]
    fn a_name_without_a_dot_has_no_extension() {
        check_extension("data.folder/part-0", None);
        check_extension("day.gz", None);
        check_extension("v1/.csv", None);
    }
}
