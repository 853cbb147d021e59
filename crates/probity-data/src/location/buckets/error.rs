//! What can go wrong with an object of a folder.

use std::io;

use super::key::KeyProblem;

/// Why an object or a bucket could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    #[error("no bucket `{bucket}`")]
    NoBucket { bucket: String },
    #[error("no object `{key}`")]
    NoObject { key: String },
    #[error("the key cannot be kept in a folder")]
    Key(#[source] KeyProblem),
    /// In a folder, `a` and `a/b` cannot both be objects.
    #[error("`{key}` lies below an object, or objects lie below it, which a folder cannot hold")]
    Conflict { key: String },
    #[error("the condition on `{key}` does not hold")]
    Condition { key: String },
    #[error("the bucket `{bucket}` is not empty")]
    NotEmpty { bucket: String },
    #[error("the bucket `{bucket}` exists")]
    Exists { bucket: String },
    #[error("failed to {doing}")]
    Disk {
        doing: &'static str,
        source: io::Error,
    },
}

impl BucketError {
    /// `doing` completes "failed to …".
    pub(super) fn disk(doing: &'static str) -> impl FnOnce(io::Error) -> BucketError {
        move |source| BucketError::Disk { doing, source }
    }
}
