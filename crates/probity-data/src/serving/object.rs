//! One object of a bucket, or one local file, as a whole: what an asynchronous invocation reads
//! and writes, and model data.

use std::path::Path as FilePath;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::ObjectStoreExt;
use tokio::io::AsyncWriteExt;

use super::error::MoveObject;
use crate::location::{
    Environment, Location, ReadLocation, SourceFile, WriteOutput, connect, parse_allowed, parse_key,
};

/// The object at exactly `location`, unless it is larger than `limit_bytes`.
pub async fn read_object(
    location: &str,
    limit_bytes: usize,
    environment: &Environment,
) -> Result<Bytes, MoveObject> {
    let too_large = || MoveObject::TooLarge {
        location: location.to_owned(),
        limit_bytes,
    };
    match parse_allowed(location, environment)? {
        Location::StandardInput => Err(ReadLocation::Missing {
            location: location.to_owned(),
        }
        .into()),
        Location::Local(path) => {
            let unreadable = |source| MoveObject::Read(ReadLocation::from_io(location, source));
            let meta = tokio::fs::metadata(&path).await.map_err(unreadable)?;
            if meta.len() > limit_bytes as u64 {
                return Err(too_large());
            }
            Ok(tokio::fs::read(&path).await.map_err(unreadable)?.into())
        }
        Location::Remote(address) => {
            let store = connect(&address, environment)?;
            let key = parse_key(location, &address.key)?;
            let explain = |error| MoveObject::Read(store.explain(location, &error));
            let object = store.object_store().get(&key).await.map_err(explain)?;
            if object.meta.size > limit_bytes as u64 {
                return Err(too_large());
            }
            object.bytes().await.map_err(explain)
        }
    }
}

/// Writes the object at `location`, replacing one that is there.
pub async fn write_object(
    location: &str,
    content: Bytes,
    environment: &Environment,
) -> Result<(), MoveObject> {
    match parse_allowed(location, environment)? {
        Location::StandardInput => Err(WriteOutput::NotAFolder {
            location: location.to_owned(),
        }
        .into()),
        Location::Local(path) => {
            let written = async {
                if let Some(folder) = path.parent() {
                    tokio::fs::create_dir_all(folder).await?;
                }
                tokio::fs::write(&path, &content).await
            };
            written.await.map_err(|source| {
                MoveObject::Write(WriteOutput::Local {
                    location: location.to_owned(),
                    source,
                })
            })
        }
        Location::Remote(address) => {
            let store = connect(&address, environment)?;
            let key = parse_key(location, &address.key)?;
            let put = store.object_store().put(&key, content.into()).await;
            put.map(drop).map_err(|error| {
                MoveObject::Write(WriteOutput::Remote {
                    location: location.to_owned(),
                    source: store.explain(location, &error),
                })
            })
        }
    }
}

/// Copies a file as it is stored to a local path, whose folders are made.
pub(super) async fn copy_to(
    file: &SourceFile,
    path: &FilePath,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let object = file.random_access().await?;
    if let Some(folder) = path.parent() {
        tokio::fs::create_dir_all(folder).await?;
    }
    let mut copy = tokio::fs::File::create(path).await?;
    let content = object.store.get(&object.meta.location).await?;
    let mut content = content.into_stream();
    while let Some(chunk) = content.try_next().await? {
        copy.write_all(&chunk).await?;
    }
    copy.flush().await?;
    Ok(())
}
