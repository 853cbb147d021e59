//! Who may do what: keys of the key ring, and each operation's IAM action. Also what the library
//! leaves open: that every header of AWS is signed, so that nobody who holds a signed URL turns it
//! into another operation, and the limits on the age of signatures.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use http::HeaderMap;
use probity_app::{App, Caller, Fault};
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::{S3Error, S3Result, s3_error};

use crate::aws::{KeyAndUser, Keys};

/// A presigned URL of version 4 is good for a week at most.
const MAX_PRESIGNED_SECONDS: u64 = 7 * 24 * 60 * 60;

/// Secrets by the id of their key.
#[derive(Debug)]
pub(super) struct KeySecrets(pub(super) Arc<dyn Keys>);

#[async_trait]
impl S3Auth for KeySecrets {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        Ok(SecretKey::from(find(&*self.0, access_key).await?.secret))
    }
}

async fn find(keys: &dyn Keys, access_key_id: &str) -> S3Result<KeyAndUser> {
    match keys.find(access_key_id).await {
        Ok(Some(key)) => Ok(key),
        Ok(None) => Err(s3_error!(
            InvalidAccessKeyId,
            "The AWS Access Key Id you provided does not exist in our records."
        )),
        Err(fault) => {
            tracing::error!(cause = %fault, "failed to look up an access key: {fault}");
            Err(s3_error!(
                InternalError,
                "We encountered an internal error. Please try again."
            ))
        }
    }
}

pub(super) struct AccessRules {
    pub(super) app: App,
    pub(super) keys: Arc<dyn Keys>,
}

impl fmt::Debug for AccessRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessRules").finish_non_exhaustive()
    }
}

#[async_trait]
impl S3Access for AccessRules {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        let Some(credentials) = cx.credentials() else {
            return Err(s3_error!(AccessDenied, "Access Denied"));
        };
        check_signature(cx.uri().query().unwrap_or_default(), cx.headers())?;
        check_owner(cx.headers(), &self.app.settings.account_id)?;
        let owner = find(&*self.keys, &credentials.access_key).await?;
        let caller = Caller {
            user: owner.user,
            access: owner.access,
            account: self.app.settings.account_id.clone(),
            // Access does not depend on the region.
            region: String::new(),
            request_id: String::new(),
        };
        for action in actions(cx.s3_op().name()) {
            self.app.authorise(&caller, &action).map_err(denied)?;
        }
        Ok(())
    }
}

fn denied(fault: Fault) -> S3Error {
    s3_error!(AccessDenied, "{fault}")
}

/// The IAM actions of an operation:
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>.
fn actions(operation: &str) -> Vec<String> {
    let named: &[&str] = match operation {
        "HeadObject" | "GetObjectAttributes" => &["GetObject"],
        "HeadBucket" | "ListObjects" | "ListObjectsV2" => &["ListBucket"],
        "ListObjectVersions" => &["ListBucketVersions"],
        "ListBuckets" => &["ListAllMyBuckets"],
        "ListParts" => &["ListMultipartUploadParts"],
        "ListMultipartUploads" => &["ListBucketMultipartUploads"],
        "CopyObject" | "UploadPartCopy" => &["GetObject", "PutObject"],
        "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload" | "PostObject" => {
            &["PutObject"]
        }
        "DeleteObjects" => &["DeleteObject"],
        same => &[same],
    };
    named.iter().map(|name| format!("s3:{name}")).collect()
}

/// The request was verified already; this is about what it may have left unsigned.
fn check_signature(query: &str, headers: &HeaderMap) -> S3Result<()> {
    let authorization = headers.get(http::header::AUTHORIZATION);
    let authorization = authorization.map(|header| header.to_str().unwrap_or_default());
    if authorization.is_some_and(|text| !text.starts_with("AWS4-")) {
        return Err(s3_error!(
            InvalidRequest,
            "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
        ));
    }
    // A signature in the query goes before one in a header, as it does in the library.
    let mut signed = None;
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "X-Amz-SignedHeaders" => signed = Some(value.into_owned()),
            // Version 2 signs every header of AWS.
            "Signature" => return Ok(()),
            "X-Amz-Expires" => {
                let seconds: u64 = value.parse().unwrap_or(u64::MAX);
                if seconds > MAX_PRESIGNED_SECONDS {
                    return Err(s3_error!(
                        AuthorizationQueryParametersError,
                        "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds"
                    ));
                }
            }
            _ => {}
        }
    }
    if let Some(signed) = signed {
        return check_signed(&signed, headers);
    }
    let fields = authorization.unwrap_or_default().split([',', ' ']);
    let signed = fields
        .into_iter()
        .find_map(|field| field.strip_prefix("SignedHeaders="));
    check_signed(signed.unwrap_or_default(), headers)
}

fn check_signed(signed: &str, headers: &HeaderMap) -> S3Result<()> {
    let is_signed = |name: &str| signed.split(';').any(|signed| signed == name);
    let unsigned = headers
        .keys()
        .map(http::HeaderName::as_str)
        .find(|name| name.starts_with("x-amz-") && !is_signed(name));
    if unsigned.is_some() || !is_signed("host") {
        return Err(s3_error!(
            AccessDenied,
            "There were headers present in the request which were not signed"
        ));
    }
    Ok(())
}

fn check_owner(headers: &HeaderMap, account: &str) -> S3Result<()> {
    for name in [
        "x-amz-expected-bucket-owner",
        "x-amz-source-expected-bucket-owner",
    ] {
        if headers
            .get(name)
            .is_some_and(|owner| owner.as_bytes() != account.as_bytes())
        {
            return Err(s3_error!(AccessDenied, "Access Denied"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                let name = http::HeaderName::from_static(name);
                (name, http::HeaderValue::from_str(value).unwrap())
            })
            .collect()
    }

    #[test]
    fn a_header_that_is_added_to_a_signed_url_is_refused() {
        let query = "X-Amz-SignedHeaders=host&X-Amz-Expires=60";
        assert!(check_signature(query, &headers(&[("range", "bytes=0-1")])).is_ok());
        let added = headers(&[("x-amz-copy-source", "bkt/secret")]);
        assert_eq!(
            check_signature(query, &added).unwrap_err().code().as_str(),
            "AccessDenied"
        );
        let query = "X-Amz-SignedHeaders=host%3Bx-amz-copy-source";
        assert!(check_signature(query, &added).is_ok());
    }

    #[test]
    fn a_signed_request_signs_all_headers_of_aws() {
        let authorization = "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=00";
        let plain = [
            ("authorization", authorization),
            ("x-amz-date", "20260101T000000Z"),
        ];
        assert!(check_signature("", &headers(&plain)).is_ok());
        let mut more = plain.to_vec();
        more.push(("x-amz-tagging", "a=b"));
        assert!(check_signature("", &headers(&more)).is_err());
    }

    #[test]
    fn signatures_of_version_two_in_headers_and_for_longer_than_a_week_are_refused() {
        let old = headers(&[("authorization", "AWS AKIA:c2ln")]);
        assert_eq!(
            check_signature("", &old).unwrap_err().code().as_str(),
            "InvalidRequest"
        );
        let query = "X-Amz-SignedHeaders=host&X-Amz-Expires=604801";
        assert!(check_signature(query, &HeaderMap::new()).is_err());
    }

    #[test]
    fn another_owner_than_this_account_is_refused() {
        let named = |owner| headers(&[("x-amz-expected-bucket-owner", owner)]);
        assert!(check_owner(&named("111122223333"), "111122223333").is_ok());
        assert!(check_owner(&named("444455556666"), "111122223333").is_err());
    }

    #[test]
    fn operations_have_the_actions_of_iam() {
        assert_eq!(actions("HeadObject"), ["s3:GetObject"]);
        assert_eq!(actions("CopyObject"), ["s3:GetObject", "s3:PutObject"]);
        assert_eq!(actions("PutObjectTagging"), ["s3:PutObjectTagging"]);
    }
}
