//! Folders of a bucket as they stand, what lies below them, and taking it away: for what deletes
//! by age. Nothing is downloaded.

use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStoreExt;

use super::environment::Environment;
use super::error::ReadLocation;
use super::objects::StoredObject;
use super::parse::{self, Location};
use super::remote::{self, RemoteStore};
use super::store;

/// Deletions at a time.
const AT_ONCE: usize = 8;

/// What lies below a folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    pub objects: u64,
    pub bytes: u64,
}

/// Names of the folders right in `folder`, sorted; none where it is not there.
pub async fn list_folders(
    folder: &str,
    environment: &Environment,
) -> Result<Vec<String>, ReadLocation> {
    let Some((store, path)) = open_existing(folder, environment)? else {
        return Ok(Vec::new());
    };
    let listed = store
        .object_store()
        .list_with_delimiter(Some(&path))
        .await
        .map_err(|error| store.explain(folder, &error));
    let listed = match listed {
        Ok(listed) => listed,
        Err(ReadLocation::Missing { .. } | ReadLocation::MissingBucket { .. }) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error),
    };
    let folders = listed.common_prefixes.iter();
    let mut names: Vec<String> = folders
        .filter_map(|path| path.filename().map(str::to_owned))
        .collect();
    names.sort_unstable();
    Ok(names)
}

/// How much lies below `folder`; nothing where it is not there.
pub async fn measure(folder: &str, environment: &Environment) -> Result<Measured, ReadLocation> {
    let Some((store, path)) = open_existing(folder, environment)? else {
        return Ok(Measured::default());
    };
    let listing = store.object_store();
    let mut found = listing.list(Some(&path));
    let mut measured = Measured::default();
    loop {
        match found.try_next().await {
            Ok(Some(meta)) => {
                measured.objects += 1;
                measured.bytes += meta.size;
            }
            Ok(None) => return Ok(measured),
            Err(error) => match store.explain(folder, &error) {
                ReadLocation::Missing { .. } | ReadLocation::MissingBucket { .. } => {
                    return Ok(measured);
                }
                error => return Err(error),
            },
        }
    }
}

/// Deletes objects; one that is gone already is no error.
pub async fn delete_objects(objects: &[StoredObject]) -> Result<(), ReadLocation> {
    let owned: Vec<StoredObject> = objects.to_vec();
    let deleted = futures::stream::iter(owned).map(|object| async move {
        let (store, path) = object.place();
        match store.object_store().delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(store.explain(&object.uri(), &error)),
        }
    });
    deleted.buffer_unordered(AT_ONCE).try_collect().await
}

/// `None` where a folder of buckets has no such bucket.
fn open_existing(
    folder: &str,
    environment: &Environment,
) -> Result<Option<(RemoteStore, object_store::path::Path)>, ReadLocation> {
    match open(folder, environment) {
        Ok(opened) => Ok(Some(opened)),
        Err(ReadLocation::MissingBucket { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn open(
    folder: &str,
    environment: &Environment,
) -> Result<(RemoteStore, object_store::path::Path), ReadLocation> {
    let Location::Remote(address) = parse::parse(folder)? else {
        return Err(ReadLocation::Malformed {
            location: folder.to_owned(),
            problem: "an object's location begins with s3://".to_owned(),
        });
    };
    let store = store::connect(&address, environment)?;
    let path = remote::parse_key(folder, &address.key)?;
    Ok((store, path))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::{list_objects, write_object};
    use super::*;

    #[tokio::test]
    async fn folders_are_listed_measured_and_emptied() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("bucket")).unwrap();
        let environment = Environment::default().with_buckets(home.path().to_owned());
        for (key, content) in [("c/a/x.jsonl", "12"), ("c/b/y.jsonl", "345"), ("c/z", "6")] {
            let uri = format!("s3://bucket/{key}");
            let content = Bytes::from_static(content.as_bytes());
            write_object(&uri, content, &environment).await.unwrap();
        }
        let folders = list_folders("s3://bucket/c", &environment).await.unwrap();
        assert_eq!(folders, ["a", "b"]);
        let measured = measure("s3://bucket/c", &environment).await.unwrap();
        assert_eq!((measured.objects, measured.bytes), (3, 6));
        let objects = list_objects("s3://bucket/c/b", &environment).await.unwrap();
        for _ in 0..2 {
            delete_objects(&objects).await.unwrap();
        }
        let measured = measure("s3://bucket/c", &environment).await.unwrap();
        assert_eq!((measured.objects, measured.bytes), (2, 3));
    }

    #[tokio::test]
    async fn what_is_not_there_is_nothing() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("bucket")).unwrap();
        let environment = Environment::default().with_buckets(home.path().to_owned());
        for place in ["s3://bucket/none", "s3://other/none"] {
            assert!(list_folders(place, &environment).await.unwrap().is_empty());
            let measured = measure(place, &environment).await.unwrap();
            assert_eq!(measured, Measured::default());
        }
    }
}
