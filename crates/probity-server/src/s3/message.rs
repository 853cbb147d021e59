//! Refusals of the library `s3s` that say a code and no sentence: clients show "Unknown" for them, or
//! fail where they read the message.

use bytes::Bytes;
use http::Response;
use http::header::CONTENT_LENGTH;
use http_body_util::BodyExt;
use s3s::Body;

/// The answer, with a message where its error has none.
pub(crate) async fn with_message(answer: Response<Body>) -> Response<Body> {
    let status = answer.status();
    if !status.is_client_error() && !status.is_server_error() {
        return answer;
    }
    let (mut head, body) = answer.into_parts();
    // An error's body is whole; one that breaks off is left to the client.
    let Ok(whole) = body.collect().await else {
        return Response::from_parts(head, Body::empty());
    };
    let whole = whole.to_bytes();
    match completed(&whole) {
        Some(text) => {
            head.headers.remove(CONTENT_LENGTH);
            Response::from_parts(head, Body::from(Bytes::from(text)))
        }
        None => Response::from_parts(head, Body::from(whole)),
    }
}

/// The document with a sentence behind its code; `None` where it has one, or is no error.
fn completed(document: &[u8]) -> Option<String> {
    const END: &str = "</Code>";
    let text = std::str::from_utf8(document).ok()?;
    let (before, code) = text.split_once("<Code>")?;
    let (code, after) = code.split_once(END)?;
    if !before.ends_with("<Error>") || after.contains("<Message>") {
        return None;
    }
    let message = sentence(code);
    Some(format!(
        "{before}<Code>{code}{END}<Message>{message}</Message>{after}"
    ))
}

fn sentence(code: &str) -> &'static str {
    match code {
        "AccessDenied" => "Access Denied",
        "InvalidAccessKeyId" => {
            "The access key ID that you provided does not exist in our records."
        }
        "SignatureDoesNotMatch" => {
            "The request signature that we calculated does not match the signature that you provided."
        }
        "InvalidBucketName" => "The specified bucket is not valid.",
        "KeyTooLongError" => "Your key is too long.",
        "InvalidRange" => "The requested range is not satisfiable.",
        "MethodNotAllowed" => "The specified method is not allowed against this resource.",
        "MissingContentLength" => "You must provide the Content-Length HTTP header.",
        "NotImplemented" => "This server does not implement what the request asks for.",
        "InvalidRequest" | "InvalidArgument" => "The request has an argument that is not valid.",
        "MalformedXML" => "The XML that you provided was not well-formed.",
        "InternalError" => "We encountered an internal error. Please try again.",
        _ => "The request was refused.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_alone_gets_a_sentence() {
        let bare = "<?xml version=\"1.0\"?><Error><Code>InvalidBucketName</Code></Error>";
        let told = completed(bare.as_bytes()).unwrap();
        let expected = "<Code>InvalidBucketName</Code><Message>The specified bucket is not valid.</Message></Error>";
        assert!(told.ends_with(expected), "{told}");
    }

    #[test]
    fn what_has_a_sentence_or_is_no_error_stays() {
        for document in [
            "<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>",
            "<DeleteResult><Error><Key>k</Key><Code>X</Code></Error></DeleteResult>",
            "",
            "no xml",
        ] {
            assert_eq!(completed(document.as_bytes()), None, "{document}");
        }
    }
}
