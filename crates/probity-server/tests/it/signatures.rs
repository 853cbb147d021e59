//! Who is let in: only who signed exactly what came, lately, with a key that is known.

use probity_server::{Authentication, Limits};

use crate::client::{Running, SHORT_SECRET, Signed};

const INVOCATION: &str = "/endpoints/x/invocations";

#[track_caller]
fn error_type(head: &str) -> &str {
    let (_, rest) = head.split_once("x-amzn-errortype: ").unwrap();
    rest.split("\r\n").next().unwrap()
}

async fn refused(request: &Signed<'_>) -> (u16, String) {
    let server = Running::start(Limits::default()).await;
    let reply = server.call(request).await;
    assert!(!reply.body.contains(request.secret), "{}", reply.body);
    (reply.status, error_type(&reply.head).to_owned())
}

#[tokio::test]
async fn a_signed_request_has_its_user_and_region() {
    let server = Running::start(Limits::default()).await;
    let reply = server.call(&Signed::runtime(INVOCATION, "1,2")).await;
    assert_eq!(
        (reply.status, reply.body.as_str()),
        (200, "alice eu-west-1 3")
    );
    assert!(
        reply.head.contains("x-amzn-requestid: 00000000-"),
        "{}",
        reply.head
    );
}

#[tokio::test]
async fn a_secret_may_be_shorter_than_those_of_aws() {
    let server = Running::start(Limits::default()).await;
    let request = Signed {
        key: "READER",
        secret: SHORT_SECRET,
        ..Signed::runtime(INVOCATION, "1,2")
    };
    let reply = server.call(&request).await;
    assert_eq!(
        (reply.status, reply.body.as_str()),
        (200, "bob eu-west-1 3")
    );
}

#[tokio::test]
async fn an_unknown_key_is_refused() {
    let request = Signed {
        key: "NOBODY",
        ..Signed::runtime(INVOCATION, "1")
    };
    assert_eq!(
        refused(&request).await,
        (403, "unrecognizedclientexception".to_owned())
    );
}

#[tokio::test]
async fn a_wrong_secret_is_refused() {
    let request = Signed {
        secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEZ",
        ..Signed::runtime(INVOCATION, "1")
    };
    assert_eq!(
        refused(&request).await,
        (403, "invalidsignatureexception".to_owned())
    );
}

#[tokio::test]
async fn a_signature_over_another_body_is_refused() {
    let request = Signed {
        body: "2",
        ..Signed::runtime(INVOCATION, "1")
    };
    assert_eq!(
        refused(&request).await,
        (403, "invalidsignatureexception".to_owned())
    );
}

#[tokio::test]
async fn a_signature_for_another_operation_is_refused() {
    let server = Running::start(Limits::default()).await;
    let signed = Signed::json("SageMaker.ListModels", "{}").bytes();
    let sent = String::from_utf8(signed).unwrap().replace(
        "X-Amz-Target: SageMaker.ListModels",
        "X-Amz-Target: SageMaker.DeleteModel",
    );
    let reply = server.send(sent.as_bytes()).await;
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (403, "InvalidSignatureException")
    );
}

#[tokio::test]
async fn a_target_that_is_not_signed_is_refused() {
    let server = Running::start(Limits::default()).await;
    let signed = Signed::runtime("/", "{}").bytes();
    let sent = String::from_utf8(signed).unwrap().replace(
        "Connection: close",
        "Connection: close\r\nX-Amz-Target: SageMaker.DeleteModel",
    );
    let reply = server.send(sent.as_bytes()).await;
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (403, "InvalidSignatureException")
    );
}

#[tokio::test]
async fn a_signature_is_good_for_a_quarter_of_an_hour() {
    let at = |time| Signed {
        time,
        ..Signed::runtime(INVOCATION, "1")
    };
    let server = Running::start(Limits::default()).await;
    for time in ["20261127T114501Z", "20261127T121459Z"] {
        assert_eq!(server.call(&at(time)).await.status, 200, "{time}");
    }
    for (time, text) in [
        (
            "20261127T114459Z",
            "Signature expired: 20261127T114459Z is now earlier than 20261127T114500Z",
        ),
        ("20261127T121501Z", "Signature not yet current"),
    ] {
        let reply = server.call(&at(time)).await;
        assert_eq!(reply.status, 403, "{time}");
        assert!(reply.body.contains(text), "{}", reply.body);
    }
}

#[tokio::test]
async fn no_signature_is_refused_unless_nobody_is_asked() {
    let request = b"POST /endpoints/x/invocations HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 1\r\n\r\n1";
    let server = Running::start(Limits::default()).await;
    let reply = server.send(request).await;
    assert_eq!(reply.status, 403);
    assert_eq!(
        error_type(&reply.head),
        "missingauthenticationtokenexception"
    );
    let open = Running::with(Limits::default(), Authentication::None).await;
    let reply = open.send(request).await;
    assert_eq!(
        (reply.status, reply.body.as_str()),
        (200, "anonymous us-west-2 1")
    );
}
