//! Objects: put, get, head, copy, delete, tags.

use std::fs::File;
use std::io::SeekFrom;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::Stream;
use probity_data::location::buckets::{Condition, Description, Found, check_key, hexadecimal};
use s3s::dto::{
    Checksum, CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, DeleteObjectInput,
    DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETagCondition, Error, GetObjectInput,
    GetObjectOutput, HeadObjectInput, HeadObjectOutput, MetadataDirective, PutObjectInput,
    PutObjectOutput, StreamingBlob, TaggingDirective, Timestamp,
};
use s3s::stream::{ByteStream, RemainingLength};
use s3s::{S3Request, S3Result, s3_error};
use tokio::io::{AsyncRead, AsyncSeekExt, ReadBuf};

use super::Objects;
use super::checksum::{self, Said};
use super::fault::{blocking, from_key};
use super::shape::{self, kept_headers, object_answer};
use super::upload::{self, Expected};

/// Keys that one request may delete.
const MAX_DELETED: usize = 1000;

/// Bytes that are read of a file at once.
const READ_BYTES: usize = 256 * 1024;

/// What a request for reading asks besides the object.
struct Asked {
    bucket: String,
    key: String,
    version: Option<String>,
    conditions: Conditions,
    range: Option<s3s::dto::Range>,
    part: Option<i32>,
    with_checksum: bool,
}

struct Conditions {
    matching: Option<ETagCondition>,
    not_matching: Option<ETagCondition>,
    modified_since: Option<Timestamp>,
    unmodified_since: Option<Timestamp>,
}

macro_rules! asked {
    ($input:expr) => {
        Asked {
            bucket: $input.bucket,
            key: $input.key,
            version: $input.version_id,
            conditions: Conditions {
                matching: $input.if_match,
                not_matching: $input.if_none_match,
                modified_since: $input.if_modified_since,
                unmodified_since: $input.if_unmodified_since,
            },
            range: $input.range,
            part: $input.part_number,
            with_checksum: $input.checksum_mode.is_some(),
        }
    };
}

impl Objects {
    pub(super) async fn put(
        &self,
        request: S3Request<PutObjectInput>,
    ) -> S3Result<PutObjectOutput> {
        let input = request.input;
        check_key(&input.key).map_err(from_key)?;
        refuse_customer_keys(input.sse_customer_algorithm.as_deref())?;
        if input.write_offset_bytes.is_some() {
            return Err(s3_error!(
                NotImplemented,
                "appending to an object is not implemented"
            ));
        }
        let condition = shape::condition(input.if_match.as_ref(), input.if_none_match.as_ref())?;
        self.look_before_receiving(&input.bucket, input.content_length)
            .await?;
        let algorithm = input.checksum_algorithm.as_ref();
        let expected = Expected {
            md5: input.content_md5.clone(),
            said: Said::of(&request.headers, algorithm.map(|name| name.as_str())),
            trailers: request.trailing_headers,
        };
        let headers = kept_headers!(input);
        let received = upload::receive(&self.buckets, input.body, expected).await?;
        if input.key.ends_with('/') && received.staged.size() > 0 {
            return Err(s3_error!(
                InvalidArgument,
                "a key that ends with a slash is a folder here and cannot have content"
            ));
        }
        let description = Description {
            etag: hexadecimal(&received.md5),
            headers,
            metadata: shape::kept_metadata(input.metadata),
            checksums: received.checksums,
            checksum_of_parts: false,
            tags: shape::tags_of_header(input.tagging.as_deref()),
            part_sizes: Vec::new(),
        };
        let (buckets, bucket, key) = (self.buckets.clone(), input.bucket, input.key);
        let found = blocking(move || {
            buckets.put((&bucket, &key), (received.staged, description), &condition)
        })
        .await?;
        let checksum = checksum::shown(&found.description.checksums);
        Ok(PutObjectOutput {
            e_tag: Some(shape::etag(&found)),
            checksum_type: shape::checksum_type(&found.description),
            checksum_crc32: checksum.checksum_crc32,
            checksum_crc32c: checksum.checksum_crc32c,
            checksum_crc64nvme: checksum.checksum_crc64nvme,
            checksum_sha1: checksum.checksum_sha1,
            checksum_sha256: checksum.checksum_sha256,
            ..Default::default()
        })
    }

    /// Refuses before the body comes what cannot be put whatever comes.
    pub(super) async fn look_before_receiving(
        &self,
        bucket: &str,
        length: Option<i64>,
    ) -> S3Result<()> {
        if length.is_some_and(|length| u64::try_from(length).unwrap_or(0) > upload::MAX_BYTES) {
            return Err(s3_error!(
                EntityTooLarge,
                "Your proposed upload exceeds the maximum allowed size"
            ));
        }
        let (buckets, bucket) = (self.buckets.clone(), bucket.to_owned());
        blocking(move || buckets.folder(&bucket)).await?;
        Ok(())
    }

    pub(super) async fn get(&self, input: GetObjectInput) -> S3Result<GetObjectOutput> {
        let asked = asked!(input);
        let (file, found) = self.open(&asked).await?;
        let part = asked.range(&found)?;
        let whole = part.range.end - part.range.start == found.size;
        let checksum = match whole {
            true => asked.checksum(&found),
            false => Checksum::default(),
        };
        let mut output = object_answer!(GetObjectOutput, found, checksum);
        let length = part.range.end - part.range.start;
        output.content_length = Some(shape::length(length));
        output.content_range = part.content_range;
        output.parts_count = part.count;
        let tags = i32::try_from(found.description.tags.len()).unwrap_or(i32::MAX);
        output.tag_count = (tags > 0).then_some(tags);
        output.body = Some(StreamingBlob::new(read(file, part.range).await?));
        Ok(output)
    }

    pub(super) async fn head(&self, input: HeadObjectInput) -> S3Result<HeadObjectOutput> {
        let asked = asked!(input);
        let found = self.find(&asked).await?;
        let part = asked.range(&found)?;
        let whole = part.range.end - part.range.start == found.size;
        let checksum = match whole {
            true => asked.checksum(&found),
            false => Checksum::default(),
        };
        let mut output = object_answer!(HeadObjectOutput, found, checksum);
        output.content_length = Some(shape::length(part.range.end - part.range.start));
        output.content_range = part.content_range;
        output.parts_count = part.count;
        Ok(output)
    }

    async fn open(&self, asked: &Asked) -> S3Result<(File, Found)> {
        check_version(asked.version.as_deref())?;
        let (bucket, key) = (asked.bucket.clone(), asked.key.clone());
        let buckets = self.buckets.clone();
        let (file, found) = blocking(move || buckets.open(&bucket, &key)).await?;
        asked.conditions.check(&found)?;
        Ok((file, found))
    }

    async fn find(&self, asked: &Asked) -> S3Result<Found> {
        check_version(asked.version.as_deref())?;
        let (bucket, key) = (asked.bucket.clone(), asked.key.clone());
        let buckets = self.buckets.clone();
        let found = blocking(move || buckets.find(&bucket, &key)).await?;
        asked.conditions.check(&found)?;
        Ok(found)
    }

    pub(super) async fn copy(&self, input: CopyObjectInput) -> S3Result<CopyObjectOutput> {
        check_key(&input.key).map_err(from_key)?;
        refuse_customer_keys(input.sse_customer_algorithm.as_deref())?;
        let (file, found) = self.copy_source(&input.copy_source).await?;
        let conditions = Conditions {
            matching: input.copy_source_if_match.clone(),
            not_matching: input.copy_source_if_none_match.clone(),
            modified_since: input.copy_source_if_modified_since.clone(),
            unmodified_since: input.copy_source_if_unmodified_since.clone(),
        };
        conditions.check_for_copy(&found)?;
        if found.size > upload::MAX_BYTES {
            return Err(s3_error!(
                InvalidRequest,
                "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120"
            ));
        }
        let replaced = |directive: Option<&str>| directive == Some("REPLACE");
        let new_metadata = replaced(
            input
                .metadata_directive
                .as_ref()
                .map(MetadataDirective::as_str),
        );
        let new_tags = replaced(
            input
                .tagging_directive
                .as_ref()
                .map(TaggingDirective::as_str),
        );
        if is_itself(&input) && !new_metadata && !new_tags {
            return Err(s3_error!(
                InvalidRequest,
                "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes."
            ));
        }
        let mut description = found.description.clone();
        if new_metadata {
            description.headers = kept_headers!(input);
            description.metadata = shape::kept_metadata(input.metadata);
        }
        if new_tags {
            description.tags = shape::tags_of_header(input.tagging.as_deref());
        }
        let (buckets, bucket, key) = (self.buckets.clone(), input.bucket, input.key);
        let found = blocking(move || {
            let mut file = file;
            let mut staged = buckets.stage()?;
            staged.append(&mut file, found.size)?;
            buckets.put((&bucket, &key), (staged, description), &Condition::Always)
        })
        .await?;
        let checksum = checksum::shown(&found.description.checksums);
        Ok(CopyObjectOutput {
            copy_object_result: Some(CopyObjectResult {
                e_tag: Some(shape::etag(&found)),
                last_modified: Some(shape::whole_seconds(found.modified)),
                checksum_type: shape::checksum_type(&found.description),
                checksum_crc32: checksum.checksum_crc32,
                checksum_crc32c: checksum.checksum_crc32c,
                checksum_crc64nvme: checksum.checksum_crc64nvme,
                checksum_sha1: checksum.checksum_sha1,
                checksum_sha256: checksum.checksum_sha256,
            }),
            ..Default::default()
        })
    }

    pub(super) async fn copy_source(&self, source: &CopySource) -> S3Result<(File, Found)> {
        let CopySource::Bucket {
            bucket,
            key,
            version_id,
        } = source
        else {
            return Err(s3_error!(
                NotImplemented,
                "access points are not implemented"
            ));
        };
        check_version(version_id.as_deref())?;
        let (buckets, bucket, key) = (self.buckets.clone(), bucket.clone(), key.clone());
        blocking(move || buckets.open(&bucket, &key)).await
    }

    pub(super) async fn delete(&self, input: DeleteObjectInput) -> S3Result<()> {
        check_version(input.version_id.as_deref())?;
        let condition = shape::condition(input.if_match.as_ref(), None)?;
        let (buckets, bucket, key) = (self.buckets.clone(), input.bucket, input.key);
        blocking(move || buckets.delete(&bucket, &key, &condition)).await
    }

    /// One key's fault is told and does not stop the others.
    pub(super) async fn delete_many(
        &self,
        input: DeleteObjectsInput,
    ) -> S3Result<DeleteObjectsOutput> {
        let delete = input.delete;
        if delete.objects.len() > MAX_DELETED {
            return Err(s3_error!(
                MalformedXML,
                "The XML you provided was not well-formed or did not validate against our published schema"
            ));
        }
        let (mut deleted, mut errors) = (Vec::new(), Vec::new());
        self.look_before_receiving(&input.bucket, None).await?;
        for object in delete.objects {
            let key = object.key.clone();
            let one = DeleteObjectInput {
                bucket: input.bucket.clone(),
                key: object.key,
                version_id: object.version_id,
                if_match: object.e_tag.map(ETagCondition::ETag),
                ..Default::default()
            };
            match self.delete(one).await {
                Ok(()) => deleted.push(DeletedObject {
                    key: Some(key),
                    ..Default::default()
                }),
                Err(fault) => errors.push(Error {
                    code: Some(fault.code().as_str().to_owned()),
                    message: fault.message().map(str::to_owned),
                    key: Some(key),
                    version_id: None,
                }),
            }
        }
        if delete.quiet == Some(true) {
            deleted.clear();
        }
        Ok(DeleteObjectsOutput {
            deleted: Some(deleted),
            errors: Some(errors),
            request_charged: None,
        })
    }

    /// The description of an object, for its tags and attributes.
    pub(super) async fn described(&self, bucket: &str, key: &str) -> S3Result<Found> {
        let (buckets, bucket, key) = (self.buckets.clone(), bucket.to_owned(), key.to_owned());
        blocking(move || buckets.find(&bucket, &key)).await
    }

    pub(super) async fn set_tags(
        &self,
        bucket: String,
        key: String,
        tags: Vec<(String, String)>,
    ) -> S3Result<()> {
        if tags.len() > 10 {
            return Err(s3_error!(
                InvalidTag,
                "Object tags cannot be greater than 10"
            ));
        }
        let buckets = self.buckets.clone();
        blocking(move || buckets.describe(&bucket, &key, |known| known.tags = tags)).await
    }
}

fn is_itself(input: &CopyObjectInput) -> bool {
    match &input.copy_source {
        CopySource::Bucket { bucket, key, .. } => **bucket == *input.bucket && **key == *input.key,
        CopySource::AccessPoint { .. } | CopySource::Outpost { .. } => false,
    }
}

/// Objects lie on the disk as they are: a promise to encrypt with the caller's key would be false.
pub(super) fn refuse_customer_keys(algorithm: Option<&str>) -> S3Result<()> {
    match algorithm {
        None => Ok(()),
        Some(_) => Err(s3_error!(
            NotImplemented,
            "encryption with keys that the client provides is not implemented"
        )),
    }
}

/// Buckets have no versions; AWS calls the one that there is `null`.
pub(super) fn check_version(version: Option<&str>) -> S3Result<()> {
    match version {
        None | Some("null") => Ok(()),
        Some(_) => Err(s3_error!(
            NoSuchVersion,
            "The specified version does not exist."
        )),
    }
}

/// The part of an object that is asked for.
struct Part {
    range: Range<u64>,
    content_range: Option<String>,
    count: Option<i32>,
}

impl Asked {
    fn range(&self, found: &Found) -> S3Result<Part> {
        let mut part = Part {
            range: 0..found.size,
            content_range: None,
            count: None,
        };
        if let Some(range) = &self.range {
            part.range = range.check(found.size)?;
        } else if let Some(number) = self.part {
            let sizes = &found.description.part_sizes;
            let at = usize::try_from(number - 1).unwrap_or(usize::MAX);
            if !sizes.is_empty() {
                part.count = i32::try_from(sizes.len()).ok();
            }
            match sizes.get(at) {
                Some(size) => {
                    let start = sizes[..at].iter().sum::<u64>();
                    part.range = start..start + size;
                }
                None if sizes.is_empty() && number == 1 => {}
                None => {
                    return Err(s3_error!(
                        InvalidRange,
                        "The requested partnumber is not satisfiable"
                    ));
                }
            }
        } else {
            return Ok(part);
        }
        if part.range.end > part.range.start {
            let (first, last) = (part.range.start, part.range.end - 1);
            part.content_range = Some(format!("bytes {first}-{last}/{}", found.size));
        }
        Ok(part)
    }

    /// Of the whole object.
    fn checksum(&self, found: &Found) -> Checksum {
        if !self.with_checksum {
            return Checksum::default();
        }
        Checksum {
            checksum_type: shape::checksum_type(&found.description),
            ..checksum::shown(&found.description.checksums)
        }
    }
}

impl Conditions {
    /// In the order of RFC 9110, section 13.2.2.
    fn check(&self, found: &Found) -> S3Result<()> {
        let modified = shape::whole_seconds(found.modified);
        match (&self.matching, &self.unmodified_since) {
            (Some(condition), _) if !holds(condition, found) => return Err(precondition_failed()),
            (None, Some(time)) if modified > *time => return Err(precondition_failed()),
            _ => {}
        }
        let unchanged = match (&self.not_matching, &self.modified_since) {
            (Some(condition), _) => holds(condition, found),
            (None, Some(time)) => modified <= *time,
            (None, None) => false,
        };
        if unchanged {
            let mut fault = s3_error!(NotModified, "Not Modified");
            let etag = shape::etag(found).to_http_header();
            if let Ok(etag) = etag {
                let mut headers = http::HeaderMap::new();
                headers.insert(http::header::ETAG, etag);
                fault.set_headers(headers);
            }
            return Err(fault);
        }
        Ok(())
    }

    fn check_for_copy(&self, found: &Found) -> S3Result<()> {
        self.check(found).map_err(|_| precondition_failed())
    }
}

fn precondition_failed() -> s3s::S3Error {
    s3_error!(
        PreconditionFailed,
        "At least one of the pre-conditions you specified did not hold"
    )
}

fn holds(condition: &ETagCondition, found: &Found) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(etag) => etag.value() == found.description.etag,
    }
}

/// A part of a file as a body.
async fn read(file: File, range: Range<u64>) -> S3Result<FilePart> {
    let mut file = tokio::fs::File::from_std(file);
    file.set_max_buf_size(READ_BYTES);
    if range.start > 0 {
        file.seek(SeekFrom::Start(range.start))
            .await
            .map_err(s3s::S3Error::internal_error)?;
    }
    Ok(FilePart {
        file,
        remaining: range.end - range.start,
    })
}

struct FilePart {
    file: tokio::fs::File,
    remaining: u64,
}

impl Stream for FilePart {
    type Item = Result<Bytes, s3s::StdError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let part = self.get_mut();
        if part.remaining == 0 {
            return Poll::Ready(None);
        }
        let wanted = usize::try_from(part.remaining)
            .unwrap_or(READ_BYTES)
            .min(READ_BYTES);
        let mut bytes = vec![0; wanted];
        let mut buffer = ReadBuf::new(&mut bytes);
        match Pin::new(&mut part.file).poll_read(cx, &mut buffer) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Err(fault)) => Poll::Ready(Some(Err(Box::new(fault)))),
            Poll::Ready(Ok(())) => {
                let length = buffer.filled().len();
                if length == 0 {
                    let ended = std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
                    return Poll::Ready(Some(Err(Box::new(ended))));
                }
                part.remaining -= length as u64;
                bytes.truncate(length);
                Poll::Ready(Some(Ok(Bytes::from(bytes))))
            }
        }
    }
}

impl ByteStream for FilePart {
    fn remaining_length(&self) -> RemainingLength {
        usize::try_from(self.remaining)
            .map_or_else(|_| RemainingLength::unknown(), RemainingLength::new_exact)
    }
}
