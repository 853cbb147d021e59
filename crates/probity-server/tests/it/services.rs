//! What each service on the port says to requests that it does not take.

use probity_server::{Authentication, Limits};

use crate::client::{Running, Signed};

#[tokio::test]
async fn an_operation_that_aws_has_and_we_lack_is_named() {
    let server = Running::start(Limits::default()).await;
    let reply = server
        .call(&Signed::json("SageMaker.CreateDomain", "{}"))
        .await;
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (400, "UnknownOperationException")
    );
    assert!(reply.body.contains("CreateDomain"), "{}", reply.body);
    assert!(
        reply
            .head
            .contains("content-type: application/x-amz-json-1.1"),
        "{}",
        reply.head
    );
}

#[tokio::test]
async fn services_that_are_not_here_answer_in_their_protocol() {
    let server = Running::start(Limits::default()).await;
    let glue = Signed {
        service: "glue",
        ..Signed::json("AWSGlue.GetTable", "{}")
    };
    assert_eq!(server.call(&glue).await.code(), "UnknownOperationException");
    let schedule = Signed {
        service: "scheduler",
        ..Signed::runtime("/schedules/daily", "")
    };
    let reply = server.call(&schedule).await;
    assert_eq!(reply.status, 404);
    assert!(
        reply
            .head
            .contains("x-amzn-errortype: resourcenotfoundexception")
    );
    assert!(
        reply.body.contains("Schedule daily does not exist."),
        "{}",
        reply.body
    );
}

#[tokio::test]
async fn a_browser_gets_a_page_and_a_monitor_its_probes() {
    let server = Running::start(Limits::default()).await;
    let get = |path: &str| {
        format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
        )
    };
    let reply = server.send(get("/").as_bytes()).await;
    assert_eq!(reply.status, 303);
    assert!(reply.head.contains("location: /login"), "{}", reply.head);
    assert_eq!(server.send(get("/readyz").as_bytes()).await.body, "ready\n");
    assert_eq!(server.send(get("/metrics").as_bytes()).await.status, 404);
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let server = Running::with(Limits::default(), Authentication::None).await;
    for body in ["{", "[", "\u{feff}{}", "{\"a\":}", "nul"] {
        let reply = server
            .call(&Signed::json("SageMaker.ListModels", body))
            .await;
        assert_eq!(reply.status, 400, "{body}");
    }
}
