//! Objects that come in parts:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>.

use std::collections::BTreeMap;

use md5::{Digest, Md5};
use probity_data::location::buckets::{
    BucketError, Condition, Description, Found, check_key, hexadecimal,
};
use s3s::checksum::ChecksumHasher;
use s3s::dto::{
    AbortMultipartUploadInput, ChecksumAlgorithm, ChecksumType, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CompletedPart, CopyPartResult, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, ETag, ListMultipartUploadsInput, ListMultipartUploadsOutput,
    ListPartsInput, ListPartsOutput, MultipartUpload, UploadPartCopyInput, UploadPartCopyOutput,
    UploadPartInput, UploadPartOutput,
};
use s3s::{S3Error, S3Request, S3Result, s3_error};

use super::Objects;
use super::checksum::{self, Checksums, Said};
use super::fault::{blocking, from_key};
use super::listing::Encoding;
use super::object::refuse_customer_keys;
use super::shape::{self, kept_headers};
use super::upload::{self, Expected};
use super::uploads::{Part, Upload};

const MAX_PARTS: i32 = 10_000;

/// Every part but the last.
const MIN_PART_BYTES: u64 = 5 * 1024 * 1024;

impl Objects {
    pub(super) async fn begin_upload(
        &self,
        input: CreateMultipartUploadInput,
    ) -> S3Result<CreateMultipartUploadOutput> {
        check_key(&input.key).map_err(from_key)?;
        refuse_customer_keys(input.sse_customer_algorithm.as_deref())?;
        if input.key.ends_with('/') {
            return Err(s3_error!(
                InvalidArgument,
                "a key that ends with a slash is a folder here and cannot have content"
            ));
        }
        self.look_before_receiving(&input.bucket, None).await?;
        let algorithm = input.checksum_algorithm.as_ref();
        let algorithm = algorithm.map(|name| name.as_str().to_ascii_lowercase());
        let checksum_type = input.checksum_type.as_ref().map(ChecksumType::as_str);
        let upload = Upload {
            bucket: input.bucket.clone(),
            key: input.key.clone(),
            description: Description {
                headers: kept_headers!(input),
                metadata: shape::kept_metadata(input.metadata),
                tags: shape::tags_of_header(input.tagging.as_deref()),
                ..Description::default()
            },
            // CRC64NVME is never one of checksums of parts.
            whole_object: checksum_type == Some(ChecksumType::FULL_OBJECT)
                || algorithm.as_deref() == Some("crc64nvme"),
            algorithm,
        };
        let (uploads, id) = (self.uploads.clone(), self.app.ids.uuid());
        let upload_id = id.clone();
        blocking(move || uploads.begin(&id, &upload)).await?;
        Ok(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            checksum_algorithm: input.checksum_algorithm,
            checksum_type: input.checksum_type,
            upload_id: Some(upload_id),
            ..Default::default()
        })
    }

    /// The upload that a request names.
    async fn upload(&self, id: &str, bucket: &str, key: &str) -> S3Result<Upload> {
        let uploads = self.uploads.clone();
        let (id, bucket, key) = (id.to_owned(), bucket.to_owned(), key.to_owned());
        let found = blocking(move || uploads.find(&id, &bucket, &key)).await?;
        found.ok_or_else(no_such_upload)
    }

    pub(super) async fn put_part(
        &self,
        request: S3Request<UploadPartInput>,
    ) -> S3Result<UploadPartOutput> {
        let input = request.input;
        check_number(input.part_number)?;
        refuse_customer_keys(input.sse_customer_algorithm.as_deref())?;
        let upload = self
            .upload(&input.upload_id, &input.bucket, &input.key)
            .await?;
        self.look_before_receiving(&input.bucket, input.content_length)
            .await?;
        let mut said = Said::of(&request.headers, None);
        said.algorithms.extend(upload.algorithm);
        let expected = Expected {
            md5: input.content_md5,
            said,
            trailers: request.trailing_headers,
        };
        let received = upload::receive(&self.buckets, input.body, expected).await?;
        let (uploads, unique) = (self.uploads.clone(), self.app.ids.uuid());
        let part = blocking(move || {
            let named = (input.upload_id.as_str(), input.part_number, unique.as_str());
            let etag = hexadecimal(&received.md5);
            uploads.add_part(named, received.staged, (etag, received.checksums))
        })
        .await?;
        let checksum = checksum::shown(&part.checksums);
        Ok(UploadPartOutput {
            e_tag: Some(ETag::Strong(part.etag)),
            checksum_crc32: checksum.checksum_crc32,
            checksum_crc32c: checksum.checksum_crc32c,
            checksum_crc64nvme: checksum.checksum_crc64nvme,
            checksum_sha1: checksum.checksum_sha1,
            checksum_sha256: checksum.checksum_sha256,
            ..Default::default()
        })
    }

    pub(super) async fn copy_part(
        &self,
        input: UploadPartCopyInput,
    ) -> S3Result<UploadPartCopyOutput> {
        check_number(input.part_number)?;
        let upload = self
            .upload(&input.upload_id, &input.bucket, &input.key)
            .await?;
        let (mut file, found) = self.copy_source(&input.copy_source).await?;
        let range = copy_range(input.copy_source_range.as_deref(), found.size)?;
        let (uploads, buckets) = (self.uploads.clone(), self.buckets.clone());
        let unique = self.app.ids.uuid();
        let part = blocking(move || {
            let mut staged = buckets.stage()?;
            let skip = std::io::SeekFrom::Start(range.start);
            std::io::Seek::seek(&mut file, skip).map_err(|source| BucketError::Disk {
                doing: "read the source of a copy",
                source,
            })?;
            staged.append(&mut file, range.end - range.start)?;
            let mut md5 = Md5::new();
            let mut hasher = ChecksumHasher::default();
            checksum::enable(&mut hasher, upload.algorithm.as_deref().unwrap_or_default());
            staged.read_back(|bytes| {
                md5.update(bytes);
                hasher.update(bytes);
            })?;
            let named = (input.upload_id.as_str(), input.part_number, unique.as_str());
            let sums = checksum::kept(hasher.finalize());
            uploads.add_part(named, staged, (hexadecimal(&md5.finalize()), sums))
        })
        .await?;
        let checksum = checksum::shown(&part.checksums);
        Ok(UploadPartCopyOutput {
            copy_part_result: Some(CopyPartResult {
                e_tag: Some(ETag::Strong(part.etag)),
                last_modified: Some(shape::whole_seconds(found.modified)),
                checksum_crc32: checksum.checksum_crc32,
                checksum_crc32c: checksum.checksum_crc32c,
                checksum_crc64nvme: checksum.checksum_crc64nvme,
                checksum_sha1: checksum.checksum_sha1,
                checksum_sha256: checksum.checksum_sha256,
            }),
            ..Default::default()
        })
    }

    pub(super) async fn complete_upload(
        &self,
        input: CompleteMultipartUploadInput,
        headers: &http::HeaderMap,
    ) -> S3Result<CompleteMultipartUploadOutput> {
        let upload = self
            .upload(&input.upload_id, &input.bucket, &input.key)
            .await?;
        let condition = shape::condition(input.if_match.as_ref(), input.if_none_match.as_ref())?;
        let listed = input.multipart_upload.and_then(|upload| upload.parts);
        let parts = self
            .chosen_parts(&input.upload_id, listed.unwrap_or_default())
            .await?;
        let size: u64 = parts.iter().map(|part| part.size).sum();
        if input
            .mpu_object_size
            .is_some_and(|said| said != shape::length(size))
        {
            return Err(s3_error!(
                InvalidRequest,
                "The provided 'x-amz-mp-object-size' header does not match what was computed"
            ));
        }
        let said = Said::of(headers, None);
        let assembled = Assembly {
            objects: self.clone(),
            id: input.upload_id.clone(),
            upload,
            parts,
        };
        let (found, bad) = blocking(move || assembled.run(said, &condition)).await?;
        let Some(found) = found else {
            return Err(bad.unwrap_or_else(no_such_upload));
        };
        let uploads = self.uploads.clone();
        blocking(move || uploads.remove(&input.upload_id)).await?;
        let checksum = checksum::shown(&found.description.checksums);
        Ok(CompleteMultipartUploadOutput {
            location: Some(format!("/{}/{}", input.bucket, input.key)),
            bucket: Some(input.bucket),
            key: Some(input.key),
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

    /// The parts that the client lists, as they came.
    async fn chosen_parts(&self, id: &str, listed: Vec<CompletedPart>) -> S3Result<Vec<Part>> {
        if listed.is_empty() {
            return Err(s3_error!(
                MalformedXML,
                "The XML you provided was not well-formed or did not validate against our published schema"
            ));
        }
        let number = |part: &CompletedPart| part.part_number.unwrap_or(0);
        if listed
            .windows(2)
            .any(|pair| number(&pair[0]) >= number(&pair[1]))
        {
            return Err(s3_error!(
                InvalidPartOrder,
                "The list of parts was not in ascending order. Parts must be ordered by part number."
            ));
        }
        let (uploads, id) = (self.uploads.clone(), id.to_owned());
        let numbers: Vec<i32> = listed.iter().map(number).collect();
        let found = blocking(move || {
            let part = |number: &i32| uploads.part(&id, *number);
            numbers.iter().map(part).collect::<Result<Vec<_>, _>>()
        })
        .await?;
        let mut parts = Vec::with_capacity(found.len());
        for (listed, found) in listed.iter().zip(found) {
            parts.push(found.filter(|part| is_part(listed, part)).ok_or_else(|| {
                s3_error!(
                    InvalidPart,
                    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag."
                )
            })?);
        }
        let all_but_last = parts.len() - 1;
        if parts[..all_but_last]
            .iter()
            .any(|part| part.size < MIN_PART_BYTES)
        {
            return Err(s3_error!(
                EntityTooSmall,
                "Your proposed upload is smaller than the minimum allowed size"
            ));
        }
        Ok(parts)
    }

    pub(super) async fn abort_upload(&self, input: AbortMultipartUploadInput) -> S3Result<()> {
        self.upload(&input.upload_id, &input.bucket, &input.key)
            .await?;
        let uploads = self.uploads.clone();
        blocking(move || uploads.remove(&input.upload_id)).await
    }

    pub(super) async fn list_parts_of(&self, input: ListPartsInput) -> S3Result<ListPartsOutput> {
        let upload = self
            .upload(&input.upload_id, &input.bucket, &input.key)
            .await?;
        let (uploads, id) = (self.uploads.clone(), input.upload_id.clone());
        let mut parts = blocking(move || uploads.parts(&id)).await?;
        let limit = input.max_parts.unwrap_or(1000).clamp(0, 1000);
        let after = input.part_number_marker.unwrap_or(0);
        parts.retain(|(number, ..)| *number > after);
        let is_truncated = parts.len() > usize::try_from(limit).unwrap_or_default();
        parts.truncate(usize::try_from(limit).unwrap_or_default());
        let next = parts
            .last()
            .map(|(number, ..)| *number)
            .filter(|_| is_truncated);
        let part = |(number, part, modified): (i32, Part, std::time::SystemTime)| {
            let checksum = checksum::shown(&part.checksums);
            s3s::dto::Part {
                e_tag: Some(ETag::Strong(part.etag)),
                last_modified: Some(modified.into()),
                part_number: Some(number),
                size: Some(shape::length(part.size)),
                checksum_crc32: checksum.checksum_crc32,
                checksum_crc32c: checksum.checksum_crc32c,
                checksum_crc64nvme: checksum.checksum_crc64nvme,
                checksum_sha1: checksum.checksum_sha1,
                checksum_sha256: checksum.checksum_sha256,
            }
        };
        Ok(ListPartsOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            checksum_algorithm: upload
                .algorithm
                .map(|name| ChecksumAlgorithm::from(name.to_ascii_uppercase())),
            is_truncated: Some(is_truncated),
            max_parts: Some(limit),
            part_number_marker: input.part_number_marker,
            next_part_number_marker: next,
            owner: Some(self.owner()),
            parts: Some(parts.into_iter().map(part).collect()),
            ..Default::default()
        })
    }

    pub(super) async fn list_uploads(
        &self,
        input: ListMultipartUploadsInput,
    ) -> S3Result<ListMultipartUploadsOutput> {
        self.look_before_receiving(&input.bucket, None).await?;
        let uploads = self.uploads.clone();
        let mut all = blocking(move || uploads.all()).await?;
        let prefix = input.prefix.clone().unwrap_or_default();
        let limit = input.max_uploads.unwrap_or(1000).clamp(0, 1000);
        let encoding = Encoding::of(input.encoding_type.as_ref())?;
        all.retain(|(upload, ..)| upload.bucket == input.bucket && upload.key.starts_with(&prefix));
        if let Some(marker) = &input.key_marker {
            // Uploads of one key go on behind the one that is named.
            let named = input.upload_id_marker.as_deref();
            let at = all
                .iter()
                .position(|(upload, id, _)| upload.key == *marker && Some(id.as_str()) == named);
            match at {
                Some(at) => drop(all.drain(..=at)),
                None => all.retain(|(upload, ..)| upload.key > *marker),
            }
        }
        let is_truncated = all.len() > usize::try_from(limit).unwrap_or_default();
        all.truncate(usize::try_from(limit).unwrap_or_default());
        let last = all.last().filter(|_| is_truncated);
        let (next_key, next_id) = match last {
            Some((upload, id, _)) => (Some(encoding.text(upload.key.clone())), Some(id.clone())),
            None => (None, None),
        };
        let shown =
            |(upload, id, begun): (Upload, String, std::time::SystemTime)| MultipartUpload {
                initiated: Some(begun.into()),
                key: Some(encoding.text(upload.key)),
                owner: Some(self.owner()),
                upload_id: Some(id),
                ..Default::default()
            };
        Ok(ListMultipartUploadsOutput {
            bucket: Some(input.bucket),
            prefix: Some(encoding.text(prefix)),
            key_marker: input.key_marker.map(|marker| encoding.text(marker)),
            upload_id_marker: input.upload_id_marker,
            max_uploads: Some(limit),
            is_truncated: Some(is_truncated),
            next_key_marker: next_key,
            next_upload_id_marker: next_id,
            uploads: Some(all.into_iter().map(shown).collect()),
            encoding_type: input.encoding_type,
            ..Default::default()
        })
    }
}

/// An upload that becomes an object.
struct Assembly {
    objects: Objects,
    id: String,
    upload: Upload,
    parts: Vec<Part>,
}

impl Assembly {
    /// The object, or why the client's checksum does not hold.
    fn run(
        self,
        said: Said,
        condition: &Condition,
    ) -> Result<(Option<Found>, Option<S3Error>), BucketError> {
        let mut staged = self.objects.buckets.stage()?;
        for part in &self.parts {
            let mut file = self.objects.uploads.open(&self.id, part)?;
            staged.append(&mut file, part.size)?;
        }
        let mut description = self.upload.description;
        if let Some(algorithm) = &self.upload.algorithm {
            description.checksum_of_parts = !self.upload.whole_object;
            if self.upload.whole_object {
                let mut hasher = ChecksumHasher::default();
                checksum::enable(&mut hasher, algorithm);
                staged.read_back(|bytes| hasher.update(bytes))?;
                description.checksums = checksum::kept(hasher.finalize());
            } else {
                let sums: Vec<Checksums> = self
                    .parts
                    .iter()
                    .map(|part| part.checksums.clone())
                    .collect();
                let value = checksum::of_parts(algorithm, &sums);
                description.checksums = value
                    .map(|value| (algorithm.clone(), value))
                    .into_iter()
                    .collect::<BTreeMap<_, _>>();
            }
            if let Err(bad) = said.check(&description.checksums, None) {
                return Ok((None, Some(bad)));
            }
        }
        description.etag = etag_of_parts(&self.parts);
        description.part_sizes = self.parts.iter().map(|part| part.size).collect();
        let place = (self.upload.bucket.as_str(), self.upload.key.as_str());
        let found = self
            .objects
            .buckets
            .put(place, (staged, description), condition)?;
        Ok((Some(found), None))
    }
}

/// The MD5 of the MD5s of the parts, with their number.
fn etag_of_parts(parts: &[Part]) -> String {
    let mut hash = Md5::new();
    for part in parts {
        let digits = part.etag.as_bytes().chunks(2);
        let byte = |pair: &[u8]| {
            let text = std::str::from_utf8(pair).unwrap_or_default();
            u8::from_str_radix(text, 16).unwrap_or_default()
        };
        hash.update(digits.map(byte).collect::<Vec<u8>>());
    }
    format!("{}-{}", hexadecimal(&hash.finalize()), parts.len())
}

/// Whether what the client lists is what came.
fn is_part(listed: &CompletedPart, part: &Part) -> bool {
    let said = [
        ("crc32", &listed.checksum_crc32),
        ("crc32c", &listed.checksum_crc32c),
        ("crc64nvme", &listed.checksum_crc64nvme),
        ("sha1", &listed.checksum_sha1),
        ("sha256", &listed.checksum_sha256),
    ];
    let same_sums = said.into_iter().all(|(name, value)| match value {
        None => true,
        Some(value) => part.checksums.get(name).is_none_or(|known| known == value),
    });
    let same_etag = match &listed.e_tag {
        None => false,
        Some(etag) => etag.value() == part.etag,
    };
    same_etag && same_sums
}

fn check_number(number: i32) -> S3Result<()> {
    if (1..=MAX_PARTS).contains(&number) {
        return Ok(());
    }
    Err(s3_error!(
        InvalidArgument,
        "Part number must be an integer between 1 and 10000, inclusive"
    ))
}

/// `bytes=FIRST-LAST`, which must lie in the object.
fn copy_range(range: Option<&str>, size: u64) -> S3Result<std::ops::Range<u64>> {
    let Some(range) = range else {
        return Ok(0..size);
    };
    let bounds = range
        .strip_prefix("bytes=")
        .and_then(|bounds| bounds.split_once('-'));
    let parsed = bounds
        .and_then(|(first, last)| Some((first.parse::<u64>().ok()?, last.parse::<u64>().ok()?)));
    match parsed {
        Some((first, last)) if first <= last && last < size => Ok(first..last + 1),
        Some(_) => Err(s3_error!(
            InvalidRange,
            "The requested range is not satisfiable"
        )),
        None => Err(s3_error!(
            InvalidArgument,
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy"
        )),
    }
}

fn no_such_upload() -> S3Error {
    s3_error!(
        NoSuchUpload,
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_copies_lie_in_the_object() {
        assert_eq!(copy_range(None, 5).ok(), Some(0..5));
        assert_eq!(copy_range(Some("bytes=1-3"), 5).ok(), Some(1..4));
        for range in ["bytes=1-5", "bytes=3-1", "bytes=1-", "1-2", "bytes=-2"] {
            assert!(copy_range(Some(range), 5).is_err(), "{range}");
        }
    }
}
