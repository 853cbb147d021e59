//! A bucket's folder as the engine's object store. The library's own store for folders writes
//! beside the final name, where a listing of S3 would meet it, does not bring files to the disk,
//! and refuses names that end in `#1`.

use std::fmt;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use md5::{Digest, Md5};
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, CopyMode, CopyOptions, Error, GetOptions, GetResult, GetResultPayload,
    ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode, PutMultipartOptions, PutOptions,
    PutPayload, PutResult, Result, UploadPart,
};

use super::walk::{ListObjects, Listed};
use super::{BucketError, Buckets, Condition, Description, Found, Staged, hexadecimal};
use crate::location::error::ReadLocation;
use crate::location::parse::Address;
use crate::location::remote::{Credentials, Origin, RemoteStore};

const STORE: &str = "folder of buckets";

/// Keys that one reading of folders gives at most.
const PAGE: usize = 1000;

/// Opens the bucket of `address` in a folder of buckets.
pub(crate) fn connect(address: &Address, buckets: &Buckets) -> Result<RemoteStore, ReadLocation> {
    if buckets.folder(&address.bucket).is_err() {
        return Err(ReadLocation::MissingBucket {
            location: address.root.clone(),
            bucket: address.bucket.clone(),
        });
    }
    let store = BucketStore {
        buckets: buckets.clone(),
        bucket: address.bucket.clone(),
    };
    let credentials = Credentials::Given {
        used: "the folder of buckets".to_owned(),
    };
    let endpoint = "the server's own folder of buckets".to_owned();
    Ok(RemoteStore::new(
        Arc::new(store),
        Origin::new(address, endpoint, credentials),
    ))
}

#[derive(Clone, Debug)]
struct BucketStore {
    buckets: Buckets,
    bucket: String,
}

impl fmt::Display for BucketStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{STORE}, {}", self.bucket)
    }
}

impl BucketStore {
    /// Runs what waits for the disk on a thread for that.
    async fn blocking<Answer: Send + 'static>(
        &self,
        work: impl FnOnce(BucketStore) -> Result<Answer> + Send + 'static,
    ) -> Result<Answer> {
        let store = self.clone();
        let done = tokio::task::spawn_blocking(move || work(store)).await;
        done.map_err(|source| Error::Generic {
            store: STORE,
            source: source.into(),
        })?
    }

    fn put(
        &self,
        (key, staged): (&str, Staged),
        (etag, attributes): (String, Attributes),
        condition: &Condition,
    ) -> Result<PutResult> {
        let mut description = Description {
            etag,
            ..Description::default()
        };
        let content_type = attributes.get(&Attribute::ContentType);
        let content_type =
            content_type.map_or_else(|| super::content_type(key), |value| value.as_ref());
        description
            .headers
            .insert("content-type".to_owned(), content_type.to_owned());
        let found = self
            .buckets
            .put((&self.bucket, key), (staged, description), condition)
            .map_err(|error| refused(key, error))?;
        Ok(PutResult {
            e_tag: Some(found.description.etag),
            version: None,
        })
    }

    /// Objects below a folder, a page at a time.
    fn pages(&self, request: ListObjects) -> BoxStream<'static, Result<super::Listing>> {
        let pages = stream::try_unfold(
            (self.clone(), Some(request)),
            |(store, request)| async move {
                let Some(mut request) = request else {
                    return Ok(None);
                };
                let asked = request.clone();
                let page = store
                    .blocking(move |store| {
                        let listed = store.buckets.list(&store.bucket, &asked);
                        listed.map_err(|error| refused(&asked.prefix, error))
                    })
                    .await?;
                let next = page.next.clone().map(|next| {
                    request.after = Some(next);
                    request
                });
                Ok(Some((page, (store, next))))
            },
        );
        pages.boxed()
    }
}

#[async_trait]
impl ObjectStore for BucketStore {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        opts: PutOptions,
    ) -> Result<PutResult> {
        let key = location.to_string();
        let condition = match opts.mode {
            PutMode::Overwrite => Condition::Always,
            PutMode::Create => Condition::Absent,
            PutMode::Update(version) => Condition::Etag(version.e_tag.unwrap_or_default()),
        };
        self.blocking(move |store| {
            let mut hash = Md5::new();
            let mut staged = store
                .buckets
                .stage()
                .map_err(|error| refused(&key, error))?;
            for bytes in &payload {
                hash.update(bytes);
                staged.write(bytes).map_err(|error| refused(&key, error))?;
            }
            let etag = hexadecimal(&hash.finalize());
            store.put((&key, staged), (etag, opts.attributes), &condition)
        })
        .await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let key = location.to_string();
        let staged = self
            .blocking({
                let key = key.clone();
                move |store| store.buckets.stage().map_err(|error| refused(&key, error))
            })
            .await?;
        Ok(Box::new(Upload {
            store: self.clone(),
            key,
            staged: Some(staged),
            length: 0,
            attributes: opts.attributes,
        }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let location = location.clone();
        self.blocking(move |store| {
            let key = location.as_ref();
            let (file, found) = store
                .buckets
                .open(&store.bucket, key)
                .map_err(|error| refused(key, error))?;
            let meta = meta(&location, &found);
            options.check_preconditions(&meta)?;
            let range = match &options.range {
                None => 0..meta.size,
                Some(range) => range.as_range(meta.size).map_err(|source| Error::Generic {
                    store: STORE,
                    source: source.into(),
                })?,
            };
            Ok(GetResult {
                // The path is told in errors only.
                payload: GetResultPayload::File(file, store.buckets.root.join(key)),
                meta,
                range,
                attributes: Attributes::new(),
            })
        })
        .await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let store = self.clone();
        let delete = move |location: Path| {
            let store = store.clone();
            async move {
                let deleted = store.blocking(move |store| {
                    let key = location.as_ref();
                    store
                        .buckets
                        .delete(&store.bucket, key, &Condition::Always)
                        .map_err(|error| refused(key, error))?;
                    Ok(location)
                });
                deleted.await
            }
        };
        locations.and_then(delete).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let pages = self.pages(request(prefix, None));
        pages
            .map_ok(|page| {
                let metas = page.objects.into_iter().filter_map(listed_meta);
                stream::iter(metas.map(Ok).collect::<Vec<_>>())
            })
            .try_flatten()
            .boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let mut result = ListResult {
            common_prefixes: Vec::new(),
            objects: Vec::new(),
        };
        let mut pages = self.pages(request(prefix, Some("/".to_owned())));
        while let Some(page) = pages.try_next().await? {
            for prefix in page.prefixes {
                result.common_prefixes.push(Path::parse(prefix)?);
            }
            let metas = page.objects.into_iter().filter_map(listed_meta);
            result.objects.extend(metas);
        }
        Ok(result)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let (from, to) = (from.to_string(), to.to_string());
        let condition = match options.mode {
            CopyMode::Overwrite => Condition::Always,
            CopyMode::Create => Condition::Absent,
        };
        self.blocking(move |store| {
            let copy = || -> Result<Found, BucketError> {
                let (mut file, found) = store.buckets.open(&store.bucket, &from)?;
                let mut staged = store.buckets.stage()?;
                staged.append(&mut file, found.size)?;
                let place = (store.bucket.as_str(), to.as_str());
                store
                    .buckets
                    .put(place, (staged, found.description), &condition)
            };
            copy().map_err(|error| refused(&from, error))?;
            Ok(())
        })
        .await
    }
}

/// A file that is written in parts, several at once.
#[derive(Debug)]
struct Upload {
    store: BucketStore,
    key: String,
    staged: Option<Staged>,
    length: u64,
    attributes: Attributes,
}

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let start = self.length;
        self.length += data.content_length() as u64;
        let file = match &self.staged {
            Some(staged) => own_handle(staged),
            None => Err(BucketError::NoObject {
                key: self.key.clone(),
            }),
        };
        let (store, key) = (self.store.clone(), self.key.clone());
        Box::pin(async move {
            store
                .blocking(move |_| {
                    let disk = BucketError::disk("write an object");
                    file.and_then(|file| write_at(file, start, &data).map_err(disk))
                        .map_err(|error| refused(&key, error))
                })
                .await
        })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let (key, attributes) = (self.key.clone(), std::mem::take(&mut self.attributes));
        let Some(mut staged) = self.staged.take() else {
            return Err(refused(&key, BucketError::NoObject { key: key.clone() }));
        };
        let complete = move |store: BucketStore| {
            let mut hash = Md5::new();
            staged
                .read_back(|bytes| hash.update(bytes))
                .map_err(|error| refused(&key, error))?;
            let etag = hexadecimal(&hash.finalize());
            store.put((&key, staged), (etag, attributes), &Condition::Always)
        };
        self.store.blocking(complete).await
    }

    async fn abort(&mut self) -> Result<()> {
        self.staged = None;
        Ok(())
    }
}

/// A handle with a place of its own: handles made by duplication share theirs.
fn own_handle(staged: &Staged) -> Result<File, BucketError> {
    File::options()
        .write(true)
        .open(&staged.path)
        .map_err(BucketError::disk("write an object"))
}

fn write_at(mut file: File, start: u64, data: &PutPayload) -> std::io::Result<()> {
    file.seek(SeekFrom::Start(start))?;
    for bytes in data {
        file.write_all(bytes)?;
    }
    Ok(())
}

fn request(prefix: Option<&Path>, delimiter: Option<String>) -> ListObjects {
    // The prefix of this interface is a folder.
    let prefix = match prefix.map(Path::as_ref) {
        None | Some("") => String::new(),
        Some(folder) => format!("{folder}/"),
    };
    ListObjects {
        prefix,
        delimiter,
        after: None,
        limit: PAGE,
    }
}

fn listed_meta(listed: Listed) -> Option<ObjectMeta> {
    // Folder markers are for S3 only.
    if listed.key.ends_with('/') {
        return None;
    }
    let location = Path::parse(&listed.key).ok()?;
    Some(meta(&location, &listed.found))
}

fn meta(location: &Path, found: &Found) -> ObjectMeta {
    ObjectMeta {
        location: location.clone(),
        last_modified: found.modified.into(),
        size: found.size,
        e_tag: Some(found.description.etag.clone()),
        version: None,
    }
}

fn refused(key: &str, error: BucketError) -> Error {
    let path = key.to_owned();
    match error {
        BucketError::NoObject { .. } | BucketError::NoBucket { .. } | BucketError::Key(_) => {
            Error::NotFound {
                path,
                source: error.into(),
            }
        }
        BucketError::Condition { .. } => Error::Precondition {
            path,
            source: error.into(),
        },
        BucketError::Exists { .. } => Error::AlreadyExists {
            path,
            source: error.into(),
        },
        BucketError::Conflict { .. } | BucketError::NotEmpty { .. } | BucketError::Disk { .. } => {
            Error::Generic {
                store: STORE,
                source: error.into(),
            }
        }
    }
}
