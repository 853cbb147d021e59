//! Faults of the folder in the words of S3:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>.

use http::StatusCode;
use probity_data::location::buckets::{BucketError, KeyProblem};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};
use tracing::error;

/// Runs what waits for the disk on a thread for that.
pub(super) async fn blocking<Answer: Send + 'static>(
    work: impl FnOnce() -> Result<Answer, BucketError> + Send + 'static,
) -> S3Result<Answer> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(from_bucket),
        Err(_) => Err(s3_error!(InternalError, "the work was interrupted")),
    }
}

pub(super) fn from_bucket(fault: BucketError) -> S3Error {
    match &fault {
        BucketError::NoBucket { .. } => {
            s3_error!(NoSuchBucket, "The specified bucket does not exist")
        }
        BucketError::NoObject { .. } => {
            s3_error!(NoSuchKey, "The specified key does not exist.")
        }
        BucketError::Key(problem) => from_key(*problem),
        BucketError::Conflict { .. } => {
            with_status("KeyConflict", StatusCode::CONFLICT, fault.to_string())
        }
        BucketError::Condition { .. } => s3_error!(
            PreconditionFailed,
            "At least one of the pre-conditions you specified did not hold"
        ),
        BucketError::NotEmpty { .. } => s3_error!(
            BucketNotEmpty,
            "The bucket you tried to delete is not empty"
        ),
        BucketError::Exists { .. } => s3_error!(
            BucketAlreadyOwnedByYou,
            "Your previous request to create the named bucket succeeded and you already own it."
        ),
        BucketError::Disk { source, .. } => {
            error!(cause = %source, "{fault}: {source}");
            if source.kind() == std::io::ErrorKind::StorageFull {
                let text = "The disk of the object store is full.".to_owned();
                return with_status(
                    "InsufficientStorage",
                    StatusCode::INSUFFICIENT_STORAGE,
                    text,
                );
            }
            s3_error!(
                InternalError,
                "We encountered an internal error. Please try again."
            )
        }
    }
}

pub(super) fn from_key(problem: KeyProblem) -> S3Error {
    match problem {
        KeyProblem::TooLong | KeyProblem::NameTooLong => {
            S3Error::with_message(S3ErrorCode::KeyTooLongError, problem.to_string())
        }
        KeyProblem::Empty | KeyProblem::EmptyName | KeyProblem::Dots | KeyProblem::Nul => {
            S3Error::with_message(S3ErrorCode::InvalidArgument, problem.to_string())
        }
    }
}

/// A fault that AWS has no code for.
fn with_status(code: &'static str, status: StatusCode, message: String) -> S3Error {
    let mut fault = S3Error::with_message(S3ErrorCode::Custom(code.into()), message);
    fault.set_status_code(status);
    fault
}

/// What the stream of a body says when it ends early: the client's fault, in most cases.
pub(super) fn from_body(fault: &(dyn std::error::Error + 'static)) -> S3Error {
    let mut next = Some(fault);
    while let Some(cause) = next {
        // The library keeps the types of these to itself.
        let text = cause.to_string();
        if text.contains("Sha256Mismatch") {
            let text =
                "The provided 'x-amz-content-sha256' header does not match what was computed.";
            return with_status(
                "XAmzContentSHA256Mismatch",
                StatusCode::BAD_REQUEST,
                text.to_owned(),
            );
        }
        if text.contains("SignatureMismatch") {
            return s3_error!(SignatureDoesNotMatch);
        }
        if text.contains("FormatError") || text.contains("TooLarge") || text.contains("TooMany") {
            return s3_error!(InvalidRequest, "The chunks of the body are malformed.");
        }
        next = cause.source();
    }
    s3_error!(
        IncompleteBody,
        "You did not provide the number of bytes specified by the Content-Length HTTP header"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_have_the_codes_that_clients_look_for() {
        let check = |fault: BucketError, code: &str, status: u16| {
            let fault = from_bucket(fault);
            assert_eq!(fault.code().as_str(), code);
            assert_eq!(fault.status_code().unwrap().as_u16(), status, "{code}");
        };
        let key = || "a".to_owned();
        check(BucketError::NoObject { key: key() }, "NoSuchKey", 404);
        check(BucketError::NoBucket { bucket: key() }, "NoSuchBucket", 404);
        check(BucketError::Conflict { key: key() }, "KeyConflict", 409);
        check(
            BucketError::Condition { key: key() },
            "PreconditionFailed",
            412,
        );
        check(
            BucketError::NotEmpty { bucket: key() },
            "BucketNotEmpty",
            409,
        );
        check(BucketError::Key(KeyProblem::Dots), "InvalidArgument", 400);
        check(
            BucketError::Key(KeyProblem::NameTooLong),
            "KeyTooLongError",
            400,
        );
        let source = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let doing = "write an object";
        check(
            BucketError::Disk { doing, source },
            "InsufficientStorage",
            507,
        );
    }
}
