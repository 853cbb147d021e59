//! Objects as they are stored, one by one: what a job copies into its own folder, and what it
//! puts back. Nothing is decompressed and nothing is passed over, other than in
//! [`find_files`](super::find_files), which is for datasets.
//!
//! `S3DataType: S3Prefix` of the SageMaker API: "SageMaker uses all objects that match the
//! specified key name prefix". An object of exactly that name is meant alone; then what lies in
//! the folder of that name; then every name that begins so.

use std::path::Path as FilePath;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::buffered::BufWriter as ObjectWriter;
use object_store::{ObjectMeta, ObjectStoreExt, PutPayload, path::Path};
use tokio::io::AsyncWriteExt;

use super::environment::Environment;
use super::error::{ReadLocation, WriteOutput};
use super::parse::{self, Location};
use super::remote::{self, RemoteStore};
use super::store;

/// One object, not yet read.
#[derive(Clone, Debug)]
pub struct StoredObject {
    store: RemoteStore,
    path: Path,
    relative: String,
    size_bytes: u64,
    modified_ms: i64,
}

impl StoredObject {
    pub fn uri(&self) -> String {
        self.store.uri(&self.path)
    }

    /// Its name below the folder that was asked for; its last part where it was named itself.
    pub fn relative(&self) -> &str {
        &self.relative
    }

    pub(super) fn place(&self) -> (&RemoteStore, &Path) {
        (&self.store, &self.path)
    }

    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// By the clock of who keeps it.
    pub fn modified_ms(&self) -> i64 {
        self.modified_ms
    }

    pub async fn read(&self) -> Result<Bytes, ReadLocation> {
        let parts = remote::read(&self.store, &self.path).await?;
        let whole: Vec<Bytes> = parts.try_collect().await?;
        Ok(match <[Bytes; 1]>::try_from(whole) {
            Ok([part]) => part,
            Err(parts) => parts.concat().into(),
        })
    }

    /// Copies it to `place`, whose folder is made.
    pub async fn download(&self, place: &FilePath) -> Result<(), ReadLocation> {
        let unwritable = |source: std::io::Error| ReadLocation::Unreadable {
            location: self.uri(),
            source: Box::new(source),
        };
        if let Some(folder) = place.parent() {
            tokio::fs::create_dir_all(folder)
                .await
                .map_err(unwritable)?;
        }
        let mut file = tokio::fs::File::create(place).await.map_err(unwritable)?;
        let mut parts = remote::read(&self.store, &self.path).await?;
        while let Some(part) = parts.try_next().await? {
            file.write_all(&part).await.map_err(unwritable)?;
        }
        file.flush().await.map_err(unwritable)
    }
}

/// Every object that `prefix` means, sorted by key; an error where there is none.
pub async fn list_objects(
    prefix: &str,
    environment: &Environment,
) -> Result<Vec<StoredObject>, ReadLocation> {
    let address = match parse::parse(prefix)? {
        Location::Remote(address) => address,
        Location::StandardInput | Location::Local(_) => return Err(not_in_a_bucket(prefix)),
    };
    let store = store::connect(&address, environment)?;
    let path = remote::parse_key(prefix, &address.key)?;
    if !address.key.is_empty() && !address.key.ends_with('/') {
        match store.head(&path).await {
            Ok(meta) => return Ok(vec![named_itself(&store, &meta)]),
            Err(ReadLocation::Missing { .. } | ReadLocation::MissingBucket { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let mut found = below(&store, prefix, &path).await?;
    if found.is_empty() && !address.key.is_empty() && !address.key.ends_with('/') {
        found = beginning_with(&store, prefix, &address.key).await?;
    }
    if found.is_empty() {
        return Err(ReadLocation::Missing {
            location: prefix.to_owned(),
        });
    }
    found.sort_unstable_by(|left, right| left.path.as_ref().cmp(right.path.as_ref()));
    Ok(found)
}

/// The objects right in `folder`, not those of folders below it; none where it is not there.
pub async fn list_folder(
    folder: &str,
    environment: &Environment,
) -> Result<Vec<StoredObject>, ReadLocation> {
    let address = match parse::parse(folder)? {
        Location::Remote(address) => address,
        Location::StandardInput | Location::Local(_) => return Err(not_in_a_bucket(folder)),
    };
    let store = store::connect(&address, environment)?;
    let path = remote::parse_key(folder, &address.key)?;
    let listing = store.object_store();
    let listed = listing.list_with_delimiter(Some(&path)).await;
    let listed = match listed.map_err(|error| store.explain(folder, &error)) {
        Ok(listed) => listed.objects,
        Err(ReadLocation::Missing { .. } | ReadLocation::MissingBucket { .. }) => Vec::new(),
        Err(error) => return Err(error),
    };
    Ok(listed
        .iter()
        .map(|meta| named_itself(&store, meta))
        .collect())
}

/// The bytes of one object.
pub async fn read_object(uri: &str, environment: &Environment) -> Result<Bytes, ReadLocation> {
    find_object(uri, environment).await?.read().await
}

/// The object of exactly this name.
pub async fn find_object(
    uri: &str,
    environment: &Environment,
) -> Result<StoredObject, ReadLocation> {
    let address = match parse::parse(uri)? {
        Location::Remote(address) => address,
        Location::StandardInput | Location::Local(_) => return Err(not_in_a_bucket(uri)),
    };
    let store = store::connect(&address, environment)?;
    let path = remote::parse_key(uri, &address.key)?;
    let meta = store.head(&path).await?;
    Ok(named_itself(&store, &meta))
}

/// Puts one object in its place, whole or not at all.
pub async fn write_object(
    uri: &str,
    content: Bytes,
    environment: &Environment,
) -> Result<(), WriteOutput> {
    let failed = |source| WriteOutput::Remote {
        location: uri.to_owned(),
        source,
    };
    let (store, path) = place_of(uri, environment).map_err(failed)?;
    let put = store.object_store();
    match put.put(&path, PutPayload::from_bytes(content)).await {
        Ok(_) => Ok(()),
        Err(error) => Err(failed(store.explain(uri, &error))),
    }
}

/// Puts a file in its place, in parts where it is large.
pub async fn upload_object(
    file: &FilePath,
    uri: &str,
    environment: &Environment,
) -> Result<(), WriteOutput> {
    let file = tokio::fs::File::open(file)
        .await
        .map_err(|source| WriteOutput::Local {
            location: uri.to_owned(),
            source,
        })?;
    upload_open_object(file, uri, environment).await
}

/// Puts what was opened in its place: for files whose path somebody else can change.
pub async fn upload_open_object(
    mut file: tokio::fs::File,
    uri: &str,
    environment: &Environment,
) -> Result<(), WriteOutput> {
    let failed = |source| WriteOutput::Remote {
        location: uri.to_owned(),
        source,
    };
    let (store, path) = place_of(uri, environment).map_err(failed)?;
    let copied = async {
        let mut object = ObjectWriter::new(store.object_store(), path);
        tokio::io::copy(&mut file, &mut object).await?;
        object.shutdown().await
    };
    copied.await.map_err(|source: std::io::Error| {
        let refused = source.get_ref();
        match refused.and_then(|inner| inner.downcast_ref::<object_store::Error>()) {
            Some(refused) => failed(store.explain(uri, refused)),
            None => WriteOutput::Local {
                location: uri.to_owned(),
                source,
            },
        }
    })
}

fn place_of(uri: &str, environment: &Environment) -> Result<(RemoteStore, Path), ReadLocation> {
    let address = match parse::parse(uri)? {
        Location::Remote(address) => address,
        Location::StandardInput | Location::Local(_) => return Err(not_in_a_bucket(uri)),
    };
    let store = store::connect(&address, environment)?;
    let path = remote::parse_key(uri, &address.key)?;
    Ok((store, path))
}

fn named_itself(store: &RemoteStore, meta: &ObjectMeta) -> StoredObject {
    StoredObject {
        store: store.clone(),
        relative: meta.location.filename().unwrap_or_default().to_owned(),
        path: meta.location.clone(),
        size_bytes: meta.size,
        modified_ms: meta.last_modified.timestamp_millis(),
    }
}

async fn below(
    store: &RemoteStore,
    location: &str,
    folder: &Path,
) -> Result<Vec<StoredObject>, ReadLocation> {
    let listing = store.object_store();
    let found: Vec<ObjectMeta> = listing
        .list(Some(folder))
        .try_collect()
        .await
        .map_err(|error| store.explain(location, &error))?;
    Ok(found
        .into_iter()
        .filter_map(|meta| {
            let parts: Vec<String> = meta
                .location
                .prefix_match(folder)?
                .map(|part| part.as_ref().to_owned())
                .collect();
            let relative = parts.join("/");
            (!relative.is_empty()).then(|| StoredObject {
                store: store.clone(),
                relative,
                path: meta.location.clone(),
                size_bytes: meta.size,
                modified_ms: meta.last_modified.timestamp_millis(),
            })
        })
        .collect())
}

/// Objects and folders of the same parent whose names begin with the last part of `key`.
async fn beginning_with(
    store: &RemoteStore,
    location: &str,
    key: &str,
) -> Result<Vec<StoredObject>, ReadLocation> {
    let parent = key.rsplit_once('/').map_or("", |(parent, _)| parent);
    let parent = remote::parse_key(location, parent)?;
    let listing = store.object_store();
    let level = listing
        .list_with_delimiter(Some(&parent))
        .await
        .map_err(|error| store.explain(location, &error))?;
    let begins = |path: &Path| path.as_ref().starts_with(key);
    let mut found: Vec<StoredObject> = level
        .objects
        .iter()
        .filter(|meta| begins(&meta.location))
        .map(|meta| named_itself(store, meta))
        .collect();
    for folder in level.common_prefixes.iter().filter(|path| begins(path)) {
        let name = folder.filename().unwrap_or_default().to_owned();
        for object in below(store, location, folder).await? {
            found.push(StoredObject {
                relative: format!("{name}/{}", object.relative),
                ..object
            });
        }
    }
    Ok(found)
}

fn not_in_a_bucket(location: &str) -> ReadLocation {
    ReadLocation::Malformed {
        location: location.to_owned(),
        problem: "an object's location begins with s3://".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_is_listed_without_the_folders_below_it() {
        let buckets = tempfile::tempdir().unwrap();
        let folder = buckets.path().join("bucket/results/now");
        std::fs::create_dir_all(folder.join("explanations_shap")).unwrap();
        std::fs::write(folder.join("analysis.json"), "{}").unwrap();
        std::fs::write(folder.join("explanations_shap/out.csv"), "1").unwrap();
        let environment = Environment::default().with_buckets(buckets.path().to_owned());
        for (uri, names) in [
            ("s3://bucket/results/now", vec!["analysis.json"]),
            ("s3://bucket/results/now/", vec!["analysis.json"]),
            ("s3://bucket/results/gone", vec![]),
            ("s3://bucket/results/no", vec![]),
        ] {
            let found = list_folder(uri, &environment).await.unwrap();
            let found: Vec<&str> = found.iter().map(StoredObject::relative).collect();
            assert_eq!(found, names, "{uri}");
        }
    }
}
