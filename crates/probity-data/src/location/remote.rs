//! Objects of a bucket: finding them below a key or by a pattern, reading
//! them, and saying why not.

use std::error::Error;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use object_store::client::{HttpError, HttpErrorKind};
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt, path::Path};

use super::error::ReadLocation;
use super::parse::Address;
use super::pattern::{self, Pattern};
use super::source_file::SourceFile;

/// Objects are fetched in ranges: each is short enough to be tried again, and
/// several in flight fill the line where one connection does not.
const RANGE_BYTES: u64 = 8 * 1024 * 1024;
const RANGES_IN_FLIGHT: usize = 4;

/// Parts of the addresses at which a cloud's machines ask who they are: AWS,
/// Azure, Google.
const METADATA_SERVICES: &[&str] = &[
    "/latest/api/token",
    "/latest/meta-data",
    "/metadata/identity",
    "computeMetadata",
];

/// An object store with what its error messages need.
#[derive(Clone)]
pub(crate) struct RemoteStore {
    store: Arc<dyn ObjectStore>,
    origin: Arc<Origin>,
}

impl fmt::Debug for RemoteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RemoteStore")
            .field(&self.origin.root)
            .finish()
    }
}

/// Where a store is and as whom we ask.
pub(crate) struct Origin {
    root: String,
    bucket: String,
    endpoint: String,
    credentials: Credentials,
}

impl Origin {
    pub(crate) fn new(address: &Address, endpoint: String, credentials: Credentials) -> Self {
        Origin {
            root: address.root.clone(),
            bucket: address.bucket.clone(),
            endpoint,
            credentials,
        }
    }
}

/// Which settings a store signs with: names, never values.
pub(crate) enum Credentials {
    Given {
        used: String,
    },
    /// Nothing is set; the machine's own role is tried.
    Absent {
        advice: &'static str,
    },
}

impl RemoteStore {
    pub(crate) fn new(store: Arc<dyn ObjectStore>, origin: Origin) -> Self {
        RemoteStore {
            store,
            origin: Arc::new(origin),
        }
    }

    pub(crate) fn object_store(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.store)
    }

    pub(crate) fn uri(&self, path: &Path) -> String {
        format!("{}/{path}", self.origin.root)
    }

    pub(crate) async fn head(&self, path: &Path) -> Result<ObjectMeta, ReadLocation> {
        self.store
            .head(path)
            .await
            .map_err(|error| self.explain(&self.uri(path), &error))
    }

    /// The error for a person: what was refused, and what to look at. Bodies
    /// of answers stay out, since they repeat key ids and signed text.
    pub(crate) fn explain(&self, location: &str, error: &object_store::Error) -> ReadLocation {
        let location = location.to_owned();
        if matches!(error, object_store::Error::Precondition { .. }) {
            return ReadLocation::Changed { location };
        }
        let answer = Answer::of(error);
        if answer.status.is_none() && matches!(error, object_store::Error::NotFound { .. }) {
            return ReadLocation::Missing { location };
        }
        match (answer.status, answer.transport, &self.origin.credentials) {
            (None, _, Credentials::Absent { advice }) if answer.asked_the_machine => {
                ReadLocation::Denied {
                    location,
                    reason: "no credentials were found".to_owned(),
                    advice: (*advice).to_owned(),
                }
            }
            (Some(404), _, _) if answer.names_the_bucket() => ReadLocation::MissingBucket {
                location,
                bucket: self.origin.bucket.clone(),
            },
            (Some(404), _, _) => ReadLocation::Missing { location },
            (Some(401 | 403), _, credentials) => ReadLocation::Denied {
                location,
                reason: answer.describe(),
                advice: match credentials {
                    Credentials::Given { used } => format!("check {used}"),
                    Credentials::Absent { advice } => (*advice).to_owned(),
                },
            },
            (
                None,
                Some(HttpErrorKind::Connect | HttpErrorKind::Timeout | HttpErrorKind::Request),
                _,
            ) => ReadLocation::Unreachable {
                location,
                endpoint: self.origin.endpoint.clone(),
                source: answer.describe().into(),
            },
            _ => ReadLocation::Unreadable {
                location,
                source: answer.describe().into(),
            },
        }
    }
}

/// What can be told about a failed request without repeating its body.
struct Answer {
    status: Option<u16>,
    /// `NoSuchBucket`, `SignatureDoesNotMatch`, …
    code: Option<String>,
    transport: Option<HttpErrorKind>,
    /// The innermost cause, when no answer came.
    cause: String,
    /// The request went to the cloud machine's own metadata service.
    asked_the_machine: bool,
}

impl Answer {
    /// `object_store` gives 403 and 404 their own variants for single objects
    /// but not for listings, and hides its request error: the status stands
    /// only in that error's text.
    fn of(error: &object_store::Error) -> Answer {
        let mut answer = Answer {
            status: None,
            code: None,
            transport: None,
            cause: String::new(),
            asked_the_machine: false,
        };
        let mut next: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(cause) = next {
            let text = cause.to_string();
            if let Some(http) = cause.downcast_ref::<HttpError>() {
                answer.transport.get_or_insert(http.kind());
            }
            if answer.status.is_none() {
                answer.status =
                    between(&text, "status code: ", " ").and_then(|status| status.parse().ok());
                answer.code = between(&text, "<Code>", "</Code>").map(str::to_owned);
            }
            answer.asked_the_machine |= METADATA_SERVICES.iter().any(|part| text.contains(part));
            answer.cause = text;
            next = cause.source();
        }
        answer
    }

    fn names_the_bucket(&self) -> bool {
        matches!(
            self.code.as_deref(),
            Some("NoSuchBucket" | "ContainerNotFound")
        )
    }

    fn describe(&self) -> String {
        match (self.status, &self.code) {
            (Some(301 | 307), _) => "the bucket lies in another region; set AWS_REGION".to_owned(),
            (Some(status), Some(code)) => format!("the server answered {status} {code}"),
            (Some(status), None) => format!("the server answered {status}"),
            (None, _) => self.cause.clone(),
        }
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = &text[text.find(before)? + before.len()..];
    Some(&rest[..rest.find(after).unwrap_or(rest.len())])
}

/// The files at `key`: an object, the objects below it, or those that it matches.
pub(crate) async fn find(
    store: &RemoteStore,
    location: &str,
    key: &str,
) -> Result<Vec<SourceFile>, ReadLocation> {
    let path = parse_key(location, key)?;
    if !key.is_empty() && !key.ends_with('/') {
        match store.head(&path).await {
            Ok(meta) => return Ok(vec![SourceFile::remote(store.clone(), meta)]),
            // A container that is not there says so only when it is listed.
            Err(ReadLocation::Missing { .. } | ReadLocation::MissingBucket { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let files = match Pattern::parse(location, key)? {
        Some(pattern) => {
            let prefix = parse_key(location, pattern.prefix())?;
            let mut found = list(store, location, &prefix, |name| pattern.skips(name)).await?;
            found.retain(|meta| pattern.matches(meta.location.as_ref()));
            if found.is_empty() {
                return Err(ReadLocation::NoMatch {
                    location: location.to_owned(),
                });
            }
            found
        }
        None => list(store, location, &path, pattern::is_hidden).await?,
    };
    if files.is_empty() {
        let location = location.to_owned();
        let named_a_folder = key.is_empty() || key.ends_with('/');
        return Err(if named_a_folder {
            ReadLocation::Nothing { location }
        } else {
            ReadLocation::Missing { location }
        });
    }
    Ok(files
        .into_iter()
        .map(|meta| SourceFile::remote(store.clone(), meta))
        .collect())
}

pub(crate) fn parse_key(location: &str, key: &str) -> Result<Path, ReadLocation> {
    Path::parse(key).map_err(|error| ReadLocation::Malformed {
        location: location.to_owned(),
        problem: error.to_string(),
    })
}

/// Objects below `folder` that are neither empty nor skipped by a part of
/// their name, sorted by key.
async fn list(
    store: &RemoteStore,
    location: &str,
    folder: &Path,
    skips: impl Fn(&str) -> bool,
) -> Result<Vec<ObjectMeta>, ReadLocation> {
    let mut found = Vec::new();
    let mut listing = store.store.list(Some(folder));
    while let Some(meta) = listing
        .try_next()
        .await
        .map_err(|error| store.explain(location, &error))?
    {
        let skipped = match meta.location.prefix_match(folder) {
            Some(mut names) => names.any(|name| skips(name.as_ref())),
            None => true,
        };
        if meta.size > 0 && !skipped {
            found.push(meta);
        }
    }
    found.sort_unstable_by(|left, right| left.location.as_ref().cmp(right.location.as_ref()));
    Ok(found)
}

/// The bytes of an object. All ranges are of the version that the first one
/// met; a change in between is an error.
pub(crate) async fn read(
    store: &RemoteStore,
    path: &Path,
) -> Result<BoxStream<'static, Result<Bytes, ReadLocation>>, ReadLocation> {
    let uri = store.uri(path);
    let meta = store.head(path).await?;
    let ranges: Vec<Range<u64>> = (0..meta.size)
        .step_by(usize::try_from(RANGE_BYTES).unwrap_or(usize::MAX))
        .map(|start| start..meta.size.min(start + RANGE_BYTES))
        .collect();
    let store = store.clone();
    let fetch = move |range: Range<u64>| {
        let (store, path, uri) = (store.clone(), meta.location.clone(), uri.clone());
        let options = GetOptions {
            range: Some(GetRange::Bounded(range)),
            if_match: meta.e_tag.clone(),
            ..GetOptions::default()
        };
        async move {
            let fetched = async { store.store.get_opts(&path, options).await?.bytes().await };
            fetched.await.map_err(|error| store.explain(&uri, &error))
        }
    };
    Ok(stream::iter(ranges)
        .map(fetch)
        .buffered(RANGES_IN_FLIGHT)
        .boxed())
}

/// The document `name` below `key`, or `None`.
pub(crate) async fn read_document(
    store: &RemoteStore,
    key: &str,
    name: &str,
) -> Result<Option<Bytes>, ReadLocation> {
    let folder = parse_key(&store.origin.root, key)?;
    let path = folder.join(name);
    let fetched = async { store.store.get(&path).await?.bytes().await };
    match fetched
        .await
        .map_err(|error| store.explain(&store.uri(&path), &error))
    {
        Ok(content) => Ok(Some(content)),
        Err(ReadLocation::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_and_status_are_taken_from_the_text_and_nothing_else() {
        let text = "Server returned non-2xx status code: 403 Forbidden: <Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>AKIA</AWSAccessKeyId></Error>";
        let answer = Answer::of(&object_store::Error::Generic {
            store: "S3",
            source: text.into(),
        });
        assert_eq!(
            answer.describe(),
            "the server answered 403 SignatureDoesNotMatch"
        );
    }

    #[test]
    fn a_redirect_means_another_region() {
        let text = "Server returned non-2xx status code: 301 Moved Permanently: ";
        let answer = Answer::of(&object_store::Error::Generic {
            store: "S3",
            source: text.into(),
        });
        assert!(answer.describe().contains("AWS_REGION"));
    }
}
