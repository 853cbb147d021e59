//! Listings in the three forms that clients use: v2, v1, and versions, of which a bucket without
//! versioning has one for each object.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use probity_data::location::buckets::{ListObjects, Listed, Listing, Resume};
use s3s::dto::{
    CommonPrefix, EncodingType, ListObjectVersionsInput, ListObjectVersionsOutput,
    ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, Object,
    ObjectStorageClass, ObjectVersion, ObjectVersionStorageClass, Owner,
};
use s3s::{S3Result, s3_error};

use super::Objects;
use super::fault::blocking;
use super::shape;

/// Keys and prefixes of one page at most, and when the client does not say.
const MAX_KEYS: i32 = 1000;

/// What `encoding-type=url` leaves as it is.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'*')
    .remove(b'/');

/// Begins a token that goes on behind a key, or past a prefix.
const AFTER: &str = "k";
const PAST: &str = "p";

impl Objects {
    async fn page(&self, bucket: &str, request: ListObjects) -> S3Result<Listing> {
        let (buckets, bucket) = (self.buckets.clone(), bucket.to_owned());
        blocking(move || buckets.list(&bucket, &request)).await
    }

    pub(super) async fn list_v2(&self, input: ListObjectsV2Input) -> S3Result<ListObjectsV2Output> {
        let limit = limit(input.max_keys)?;
        let delimiter = input.delimiter.clone().filter(|text| !text.is_empty());
        let after = match &input.continuation_token {
            Some(token) => Some(parse_token(token)?),
            None => marker(input.start_after.as_deref(), &delimiter, &input.prefix),
        };
        let request = ListObjects {
            prefix: input.prefix.clone().unwrap_or_default(),
            delimiter,
            after,
            limit: usize::try_from(limit).unwrap_or_default(),
        };
        let page = self.page(&input.bucket, request).await?;
        let encoding = Encoding::of(input.encoding_type.as_ref())?;
        let owner = (input.fetch_owner == Some(true)).then(|| self.owner());
        let count = page.objects.len() + page.prefixes.len();
        Ok(ListObjectsV2Output {
            name: Some(input.bucket),
            prefix: Some(encoding.text(input.prefix.unwrap_or_default())),
            max_keys: Some(limit),
            key_count: i32::try_from(count).ok(),
            is_truncated: Some(page.next.is_some()),
            continuation_token: input.continuation_token,
            next_continuation_token: page.next.as_ref().map(token),
            contents: Some(encoding.objects(page.objects, owner.as_ref())),
            common_prefixes: Some(encoding.prefixes(page.prefixes)),
            delimiter: input.delimiter.map(|text| encoding.text(text)),
            encoding_type: input.encoding_type,
            start_after: input.start_after.map(|text| encoding.text(text)),
            request_charged: None,
        })
    }

    pub(super) async fn list_v1(&self, input: ListObjectsInput) -> S3Result<ListObjectsOutput> {
        let limit = limit(input.max_keys)?;
        let delimiter = input.delimiter.clone().filter(|text| !text.is_empty());
        let request = ListObjects {
            prefix: input.prefix.clone().unwrap_or_default(),
            after: marker(input.marker.as_deref(), &delimiter, &input.prefix),
            delimiter,
            limit: usize::try_from(limit).unwrap_or_default(),
        };
        let page = self.page(&input.bucket, request).await?;
        let encoding = Encoding::of(input.encoding_type.as_ref())?;
        let next = page.next.map(|next| match next {
            Resume::After(text) | Resume::Past(text) => encoding.text(text),
        });
        Ok(ListObjectsOutput {
            name: Some(input.bucket),
            prefix: Some(encoding.text(input.prefix.unwrap_or_default())),
            marker: Some(encoding.text(input.marker.unwrap_or_default())),
            max_keys: Some(limit),
            is_truncated: Some(next.is_some()),
            next_marker: next,
            contents: Some(encoding.objects(page.objects, Some(&self.owner()))),
            common_prefixes: Some(encoding.prefixes(page.prefixes)),
            delimiter: input.delimiter.map(|text| encoding.text(text)),
            encoding_type: input.encoding_type,
            request_charged: None,
        })
    }

    pub(super) async fn list_versions(
        &self,
        input: ListObjectVersionsInput,
    ) -> S3Result<ListObjectVersionsOutput> {
        let limit = limit(input.max_keys)?;
        let delimiter = input.delimiter.clone().filter(|text| !text.is_empty());
        let request = ListObjects {
            prefix: input.prefix.clone().unwrap_or_default(),
            after: marker(input.key_marker.as_deref(), &delimiter, &input.prefix),
            delimiter,
            limit: usize::try_from(limit).unwrap_or_default(),
        };
        let page = self.page(&input.bucket, request).await?;
        let encoding = Encoding::of(input.encoding_type.as_ref())?;
        let next = page.next.map(|next| match next {
            Resume::After(text) | Resume::Past(text) => encoding.text(text),
        });
        let owner = self.owner();
        let version = |listed: Listed| ObjectVersion {
            e_tag: Some(shape::etag(&listed.found)),
            is_latest: Some(true),
            key: Some(encoding.text(listed.key)),
            last_modified: Some(listed.found.modified.into()),
            owner: Some(owner.clone()),
            size: Some(shape::length(listed.found.size)),
            storage_class: Some(ObjectVersionStorageClass::from_static("STANDARD")),
            version_id: Some("null".to_owned()),
            ..Default::default()
        };
        Ok(ListObjectVersionsOutput {
            name: Some(input.bucket),
            prefix: Some(encoding.text(input.prefix.unwrap_or_default())),
            key_marker: Some(encoding.text(input.key_marker.unwrap_or_default())),
            version_id_marker: input.version_id_marker,
            max_keys: Some(limit),
            is_truncated: Some(next.is_some()),
            next_version_id_marker: next.as_ref().map(|_| "null".to_owned()),
            next_key_marker: next,
            versions: Some(page.objects.into_iter().map(version).collect()),
            common_prefixes: Some(encoding.prefixes(page.prefixes)),
            delimiter: input.delimiter.map(|text| encoding.text(text)),
            encoding_type: input.encoding_type,
            ..Default::default()
        })
    }

    pub(super) fn owner(&self) -> Owner {
        Owner {
            display_name: None,
            id: Some(self.app.settings.account_id.clone()),
        }
    }
}

fn limit(max_keys: Option<i32>) -> S3Result<i32> {
    match max_keys.unwrap_or(MAX_KEYS) {
        negative if negative < 0 => Err(s3_error!(
            InvalidArgument,
            "Argument maxKeys must be an integer between 0 and 2147483647"
        )),
        wanted => Ok(wanted.min(MAX_KEYS)),
    }
}

/// A key that the client names. A prefix that an earlier page showed stands for all keys below it.
fn marker(
    marker: Option<&str>,
    delimiter: &Option<String>,
    prefix: &Option<String>,
) -> Option<Resume> {
    let marker = marker.filter(|marker| !marker.is_empty())?;
    let below = marker.strip_prefix(prefix.as_deref().unwrap_or_default());
    let is_shared_prefix = match (below, delimiter) {
        (Some(below), Some(delimiter)) => below
            .find(delimiter.as_str())
            .is_some_and(|at| at + delimiter.len() == below.len()),
        _ => false,
    };
    Some(if is_shared_prefix {
        Resume::Past(marker.to_owned())
    } else {
        Resume::After(marker.to_owned())
    })
}

fn token(next: &Resume) -> String {
    let (kind, text) = match next {
        Resume::After(key) => (AFTER, key),
        Resume::Past(prefix) => (PAST, prefix),
    };
    // No other character than those of a URL: clients put tokens into queries unescaped.
    format!(
        "{kind}{}",
        probity_data::location::buckets::hexadecimal(text.as_bytes())
    )
}

fn parse_token(token: &str) -> S3Result<Resume> {
    let refused = || {
        s3_error!(
            InvalidArgument,
            "The continuation token provided is incorrect"
        )
    };
    let (kind, digits) = token.split_at_checked(1).ok_or_else(refused)?;
    let text = from_hexadecimal(digits).ok_or_else(refused)?;
    match kind {
        AFTER => Ok(Resume::After(text)),
        PAST => Ok(Resume::Past(text)),
        _ => Err(refused()),
    }
}

fn from_hexadecimal(digits: &str) -> Option<String> {
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair: &[u8]| {
        let text = std::str::from_utf8(pair)
            .ok()
            .filter(|text| text.len() == 2)?;
        u8::from_str_radix(text, 16).ok()
    };
    String::from_utf8(pairs.map(byte).collect::<Option<Vec<u8>>>()?).ok()
}

/// How keys are written: as they are, or so that XML can hold any character.
#[derive(Clone, Copy)]
pub(super) enum Encoding {
    Plain,
    Url,
}

impl Encoding {
    pub(super) fn of(wanted: Option<&EncodingType>) -> S3Result<Encoding> {
        match wanted.map(EncodingType::as_str) {
            None => Ok(Encoding::Plain),
            Some(EncodingType::URL) => Ok(Encoding::Url),
            Some(_) => Err(s3_error!(
                InvalidArgument,
                "Invalid Encoding Method specified in Request"
            )),
        }
    }

    pub(super) fn text(self, text: String) -> String {
        match self {
            Encoding::Plain => text,
            Encoding::Url => utf8_percent_encode(&text, KEPT).to_string(),
        }
    }

    fn objects(self, objects: Vec<Listed>, owner: Option<&Owner>) -> Vec<Object> {
        let object = |listed: Listed| Object {
            e_tag: Some(shape::etag(&listed.found)),
            key: Some(self.text(listed.key)),
            last_modified: Some(listed.found.modified.into()),
            owner: owner.cloned(),
            size: Some(shape::length(listed.found.size)),
            storage_class: Some(ObjectStorageClass::from_static("STANDARD")),
            ..Default::default()
        };
        objects.into_iter().map(object).collect()
    }

    fn prefixes(self, prefixes: impl IntoIterator<Item = String>) -> Vec<CommonPrefix> {
        let prefix = |text| CommonPrefix {
            prefix: Some(self.text(text)),
        };
        prefixes.into_iter().map(prefix).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_as_it_was_and_nothing_else_is_one() {
        for next in [
            Resume::After("a/ü b".to_owned()),
            Resume::Past("a/".to_owned()),
        ] {
            assert_eq!(parse_token(&token(&next)).unwrap(), next);
        }
        for wrong in ["", "k6", "kxx", "x61", "kff", "é61"] {
            assert!(parse_token(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_marker_that_is_a_shared_prefix_passes_all_below_it() {
        let slash = Some("/".to_owned());
        let prefix = Some("p/".to_owned());
        let check = |text: &str, expected: Resume| {
            assert_eq!(marker(Some(text), &slash, &prefix), Some(expected));
        };
        check("p/a/", Resume::Past("p/a/".to_owned()));
        check("p/a", Resume::After("p/a".to_owned()));
        check("p/a/b/", Resume::After("p/a/b/".to_owned()));
        check("p/", Resume::After("p/".to_owned()));
        assert_eq!(marker(Some(""), &slash, &None), None);
    }

    #[test]
    fn encoded_keys_hold_no_character_that_xml_or_a_query_changes() {
        assert_eq!(
            Encoding::Url.text("a b+c/ü%&".to_owned()),
            "a%20b%2Bc/%C3%BC%25%26"
        );
        assert_eq!(Encoding::Plain.text("a b".to_owned()), "a b");
    }
}
