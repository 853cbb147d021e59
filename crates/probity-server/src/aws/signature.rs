//! Whether a request was signed by one of our users: Signature Version 4, in the header or the
//! query, over the bytes that came. S3 has rules of its own and checks its requests itself.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::request::Parts;
use probity_app::{Clock, Fault};
use scratchstack_aws_signature::{
    ConstSignedHeaderRequirements, GetSigningKeyRequest, GetSigningKeyResponse, KSecretKey,
    KSigningKey, SignatureError, SignatureOptions, sigv4_validate_request,
};
use thiserror::Error;
use tower::{BoxError, service_fn};

use super::keys::{KeyAndUser, Keys};
use super::scope::{Credentials, Scope};

/// The longest secret that the signature library takes; AWS's own have this length.
const LONGEST_SECRET: usize = 40;
/// What decides which operation is done, and with which token, must be signed where it is there.
const MUST_BE_SIGNED: ConstSignedHeaderRequirements = ConstSignedHeaderRequirements::new(
    &[],
    &[
        Cow::Borrowed("x-amz-target"),
        Cow::Borrowed("x-amz-security-token"),
    ],
    &[],
);
/// Derived keys that are kept: one per access key, day, region and service.
const DERIVED: usize = 1024;

/// Why a signature was not accepted. Texts are AWS's, and say nothing about whose key it is.
#[derive(Debug, Error)]
pub(crate) enum Refused {
    #[error("Request is missing Authentication Token")]
    Missing,
    #[error("The security token included in the request is invalid.")]
    UnknownKey,
    #[error("{message}")]
    Incomplete { message: String },
    #[error("{message}")]
    Wrong { message: String },
    #[error("failed to look up an access key")]
    Keys {
        #[source]
        source: Box<Fault>,
    },
    #[error("failed to check a signature")]
    Check {
        #[source]
        source: BoxError,
    },
}

impl Refused {
    /// For counters and logs.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::UnknownKey => "unknown_key",
            Self::Incomplete { .. } => "incomplete",
            Self::Wrong { .. } => "wrong",
            Self::Keys { .. } | Self::Check { .. } => "internal",
        }
    }
}

/// Checks signatures against the users' keys.
pub(crate) struct Verifier {
    keys: Arc<dyn Keys>,
    /// The real time, also where the server lives on simulated time: clients sign with theirs.
    clock: Arc<dyn Clock>,
    derived: Mutex<HashMap<Scope, Derived>>,
}

struct Derived {
    /// What the key was derived from: a key's secret may be set anew.
    secret: String,
    key: KSigningKey,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").finish_non_exhaustive()
    }
}

impl Verifier {
    pub(crate) fn new(keys: Arc<dyn Keys>, clock: Arc<dyn Clock>) -> Verifier {
        Verifier {
            keys,
            clock,
            derived: Mutex::new(HashMap::new()),
        }
    }

    /// The user who signed exactly these bytes, and the request given back.
    pub(crate) async fn verify(
        &self,
        request: http::Request<Bytes>,
        credentials: &Credentials,
    ) -> Result<(KeyAndUser, http::Request<Bytes>), Refused> {
        let (scope, owner) = self.owner(credentials).await?;
        let (parts, body) = self.check(request, (scope, &owner)).await?;
        Ok((owner, http::Request::from_parts(parts, body)))
    }

    /// Whose key the request names. That it was signed with it, only its body shows.
    pub(crate) async fn owner<'a>(
        &self,
        credentials: &'a Credentials,
    ) -> Result<(&'a Scope, KeyAndUser), Refused> {
        let scope = match credentials {
            Credentials::Scoped(scope) => scope,
            Credentials::Missing => return Err(Refused::Missing),
            Credentials::Version2 | Credentials::Unreadable => {
                return Err(Refused::Incomplete {
                    message: "Authorization header requires 'Credential' parameter of the form KEY/DATE/REGION/SERVICE/aws4_request.".to_owned(),
                });
            }
        };
        let found = self.keys.find(&scope.access_key_id).await;
        let owner = found
            .map_err(|fault| Refused::Keys {
                source: Box::new(fault),
            })?
            .ok_or(Refused::UnknownKey)?;
        Ok((scope, owner))
    }

    async fn check(
        &self,
        request: http::Request<Bytes>,
        (scope, owner): (&Scope, &KeyAndUser),
    ) -> Result<(Parts, Bytes), Refused> {
        let now = DateTime::<Utc>::from_timestamp_millis(self.clock.now_ms()).unwrap_or_default();
        // The library checks that the scope's date is that of the request.
        let key = self
            .signing_key(scope, &owner.secret)
            .and_then(|key| Ok(GetSigningKeyResponse::builder().signing_key(key).build()?))
            .map_err(|source| Refused::Check { source })?;
        let mut keys =
            service_fn(move |_: GetSigningKeyRequest| std::future::ready(Ok(key.clone())));
        let checked = sigv4_validate_request(
            request,
            &scope.region,
            &scope.service,
            &mut keys,
            now,
            &MUST_BE_SIGNED,
            SignatureOptions::default(),
        )
        .await;
        match checked {
            Ok((parts, body, _)) => Ok((parts, body)),
            Err(error) => Err(refused(error)),
        }
    }

    fn signing_key(&self, scope: &Scope, secret: &str) -> Result<KSigningKey, BoxError> {
        // A panic elsewhere leaves the map whole: entries are put in one step.
        let mut derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = derived.get(scope)
            && known.secret == secret
        {
            return Ok(known.key);
        }
        let key = padded(secret)?.to_ksigning(scope.date, &scope.region, &scope.service);
        if derived.len() >= DERIVED {
            derived.clear();
        }
        derived.insert(
            scope.clone(),
            Derived {
                secret: secret.to_owned(),
                key,
            },
        );
        Ok(key)
    }
}

/// The library takes secrets of 40 bytes only. HMAC fills a shorter key with zero bytes itself
/// (RFC 2104), so that a shorter secret and one that is filled sign alike.
fn padded(secret: &str) -> Result<KSecretKey, BoxError> {
    let mut padded = secret.to_owned();
    while padded.len() < LONGEST_SECRET {
        padded.push('\0');
    }
    Ok(KSecretKey::from_str(&padded)?)
}

fn refused(error: BoxError) -> Refused {
    let error = match error.downcast::<SignatureError>() {
        Ok(error) => *error,
        Err(source) => return Refused::Check { source },
    };
    let message = error.to_string();
    match error {
        SignatureError::MissingAuthenticationToken(_) => Refused::Missing,
        SignatureError::InvalidClientTokenId(_) | SignatureError::ExpiredToken(_) => {
            Refused::UnknownKey
        }
        SignatureError::IncompleteSignature(_)
        | SignatureError::InvalidURIPath(_)
        | SignatureError::MalformedQueryString(_)
        | SignatureError::InvalidBodyEncoding(_)
        | SignatureError::InvalidContentType(_)
        | SignatureError::InvalidRequestMethod(_) => Refused::Incomplete { message },
        SignatureError::SignatureDoesNotMatch(_) => Refused::Wrong { message },
        SignatureError::IO(_) | SignatureError::InternalServiceError(_) => Refused::Check {
            source: Box::new(error),
        },
        // The enum may grow; whatever comes is no accepted signature.
        _ => Refused::Wrong { message },
    }
}
