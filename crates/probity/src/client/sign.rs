//! Signature Version 4 of a call, by the library of AWS's own SDK.

use std::fmt;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign,
};
use aws_sigv4::sign::v4;

use super::error::CallError;

/// The service that calls are signed for: ours and SageMaker's, its runtime, and S3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    SageMaker,
    S3,
}

impl Service {
    fn name(self) -> &'static str {
        match self {
            Self::SageMaker => "sagemaker",
            Self::S3 => "s3",
        }
    }

    fn settings(self) -> SigningSettings {
        let mut settings = SigningSettings::default();
        match self {
            Self::SageMaker => {}
            // S3 wants the hash of the body said.
            Self::S3 => settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256,
        }
        settings
    }
}

#[derive(Clone)]
pub(super) struct Signer {
    pub(super) key: String,
    pub(super) secret: String,
    pub(super) region: String,
    /// Whether somebody gave the key.
    pub(super) is_named: bool,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("key", &self.key)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(super) struct Request<'a> {
    pub(super) service: Service,
    pub(super) method: &'a str,
    pub(super) url: &'a str,
    pub(super) headers: &'a [(&'a str, &'a str)],
    pub(super) body: &'a [u8],
}

/// Every header that the request needs, its signature among them.
pub(super) fn headers(
    request: &Request<'_>,
    signer: &Signer,
    now: SystemTime,
) -> Result<Vec<(String, String)>, CallError> {
    let identity = Credentials::new(
        signer.key.as_str(),
        signer.secret.as_str(),
        None,
        None,
        "probity",
    )
    .into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(&signer.region)
        .name(request.service.name())
        .time(now)
        .settings(request.service.settings())
        .build()
        .map_err(unsigned)?
        .into();
    let signable = SignableRequest::new(
        request.method,
        request.url,
        request.headers.iter().copied(),
        SignableBody::Bytes(request.body),
    )
    .map_err(unsigned)?;
    let (instructions, _) = sign(signable, &parameters).map_err(unsigned)?.into_parts();
    let mut headers: Vec<(String, String)> = instructions
        .headers()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let own = request.headers.iter();
    headers.extend(own.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    Ok(headers)
}

fn unsigned(source: impl std::error::Error + Send + Sync + 'static) -> CallError {
    CallError::Sign {
        source: Box::new(source),
    }
}
