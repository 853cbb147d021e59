//! Why a server did not do what it was asked, and what a person can do about it.

use thiserror::Error;

#[derive(Debug, Error)]
pub(crate) enum CallError {
    #[error("no server at {url}; start one with `probity serve`, or name one with --endpoint-url")]
    NoServer { url: String },
    #[error("the server at {url} did not answer in time")]
    Slow { url: String },
    #[error("failed to ask the server at {url}")]
    Broken {
        url: String,
        #[source]
        source: reqwest::Error,
    },
    #[error("failed to sign the request")]
    Sign {
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error(
        "the server at {url} wants a key: run `eval \"$(probity env)\"` where its data folder is, or set \
         AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )]
    NoKey { url: String },
    /// The server's own words.
    #[error("{message} ({code})")]
    Refused { code: String, message: String },
    #[error("what answers at {url} is no Probity server (status {status})")]
    Stranger { url: String, status: u16 },
}

impl CallError {
    pub(super) fn unreachable(url: &str, source: reqwest::Error) -> CallError {
        let url = url.to_owned();
        if source.is_connect() {
            CallError::NoServer { url }
        } else if source.is_timeout() {
            CallError::Slow { url }
        } else {
            CallError::Broken { url, source }
        }
    }

    /// Whether whoever typed the command can mend it.
    pub(crate) fn is_bad_input(&self) -> bool {
        match self {
            Self::Refused { code, .. } => {
                !matches!(code.as_str(), "InternalFailure" | "ThrottlingException")
            }
            Self::NoKey { .. } | Self::Stranger { .. } => true,
            Self::NoServer { .. } | Self::Slow { .. } | Self::Broken { .. } | Self::Sign { .. } => {
                false
            }
        }
    }
}

/// What a server answers to a signature that no key of its made.
pub(super) fn is_about_keys(code: &str) -> bool {
    matches!(
        code,
        "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "MissingAuthenticationTokenException"
            | "InvalidSignatureException"
    )
}
