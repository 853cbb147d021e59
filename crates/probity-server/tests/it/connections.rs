//! Clients that send too much, too slowly or too often.

use std::time::Duration;

use probity_server::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout};

use crate::client::{Reply, Running, Signed};

/// Names a key of the server, so that a large body is worth reading.
const KNOWN: &str = "Authorization: AWS4-HMAC-SHA256 Credential=ADMIN/20261127/us-west-2/sagemaker/aws4_request, SignedHeaders=host, Signature=00\r\n";

#[tokio::test]
async fn a_large_body_of_somebody_unknown_is_not_kept() {
    let limits = Limits {
        linger_time: Duration::from_millis(10),
        ..Limits::default()
    };
    let server = Running::start(limits).await;
    let head = "POST / HTTP/1.1\r\nHost: h\r\nX-Amz-Target: SageMaker.ListModels\r\nConnection: close\r\nContent-Length: 20000000\r\n";
    let unsigned = server.send(format!("{head}\r\n").as_bytes()).await;
    assert_eq!(
        (unsigned.status, unsigned.code().as_str()),
        (403, "MissingAuthenticationTokenException")
    );
    let unknown = KNOWN.replace("ADMIN", "NOBODY");
    let unknown = server.send(format!("{head}{unknown}\r\n").as_bytes()).await;
    assert_eq!(
        (unknown.status, unknown.code().as_str()),
        (403, "UnrecognizedClientException")
    );
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_before_it_is_sent() {
    let limits = Limits {
        linger_time: Duration::from_millis(10),
        ..Limits::default()
    };
    let server = Running::start(limits).await;
    let head = "POST / HTTP/1.1\r\nHost: h\r\nX-Amz-Target: SageMaker.ListModels\r\nConnection: close\r\nContent-Length: 99999999999\r\n";
    let head = format!("{head}{KNOWN}\r\n");
    let reply = server.send(head.as_bytes()).await;
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (413, "RequestEntityTooLargeException")
    );
}

#[tokio::test]
async fn a_body_of_unknown_length_is_cut_at_the_limit() {
    let limits = Limits {
        body_bytes: 1000,
        linger_time: Duration::from_millis(10),
        ..Limits::default()
    };
    let server = Running::start(limits).await;
    let head = "POST / HTTP/1.1\r\nHost: h\r\nX-Amz-Target: SageMaker.ListModels\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n";
    let mut request = format!("{head}{KNOWN}\r\n").into_bytes();
    for _ in 0..20 {
        request.extend_from_slice(b"64\r\n");
        request.extend_from_slice(&[b' '; 100]);
        request.extend_from_slice(b"\r\n");
    }
    let reply = server.send(&request).await;
    assert_eq!(reply.status, 413, "{reply:?}");
}

const PROBE: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

/// Requests that are answered by their head alone, and the status of the answer.
const ANSWERED_EARLY: [(&str, u16); 4] = [
    ("PUT /b/k HTTP/1.1\r\nHost: h\r\n", 404),
    ("PUT /healthz HTTP/1.1\r\nHost: h\r\n", 404),
    ("GET /healthz HTTP/1.1\r\nHost: h\r\n", 200),
    (
        "POST / HTTP/1.1\r\nHost: h\r\nX-Amz-Target: SageMaker.ListModels\r\n",
        503,
    ),
];

fn throttled() -> Limits {
    Limits {
        requests_at_once: 0,
        ..Limits::default()
    }
}

/// What the answer to an early request may need.
fn limits_of(status: u16) -> Limits {
    match status {
        503 => throttled(),
        _ => Limits::default(),
    }
}

#[tokio::test]
async fn a_body_that_nobody_wants_is_taken_and_the_connection_goes_on() {
    for (head, status) in ANSWERED_EARLY {
        let server = Running::start(limits_of(status)).await;
        let mut stream = server.connect().await;
        let head = format!("{head}Content-Length: 10\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        // Time for a server that does not wait to close the connection.
        sleep(Duration::from_millis(50)).await;
        stream.write_all(b"0123456789").await.unwrap();
        stream.write_all(PROBE).await.unwrap();
        let reply = Reply::read(&mut stream).await;
        assert_eq!(reply.status, status, "{head}: {reply:?}");
        assert!(
            !reply.head.contains("connection: close"),
            "{head}: {reply:?}"
        );
        assert!(reply.body.ends_with("ok\n"), "{head}: {reply:?}");
    }
}

#[tokio::test]
async fn a_client_that_never_sends_its_body_is_told_that_the_connection_ends() {
    for (head, status) in ANSWERED_EARLY {
        let server = Running::start(Limits {
            linger_time: Duration::from_millis(10),
            ..limits_of(status)
        })
        .await;
        let head = format!("{head}Content-Length: 10\r\n\r\n01234");
        let reply = server.send(head.as_bytes()).await;
        assert_eq!(reply.status, status, "{head}: {reply:?}");
        assert!(
            reply.head.contains("connection: close"),
            "{head}: {reply:?}"
        );
    }
}

#[tokio::test]
async fn a_body_that_nobody_wants_is_not_asked_for() {
    for (head, status) in ANSWERED_EARLY {
        let server = Running::start(Limits {
            linger_time: Duration::from_secs(3600),
            ..limits_of(status)
        })
        .await;
        let head = format!("{head}Expect: 100-continue\r\nContent-Length: 10\r\n\r\n");
        let reply = timeout(Duration::from_secs(20), server.send(head.as_bytes()))
            .await
            .unwrap();
        assert_eq!(reply.status, status, "{head}: {reply:?}");
        assert!(
            reply.head.contains("connection: close"),
            "{head}: {reply:?}"
        );
    }
}

#[tokio::test]
async fn an_empty_body_that_is_announced_ends_the_connection() {
    let server = Running::start(Limits::default()).await;
    let head = "PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n";
    let expecting = format!("{head}Expect: 100-continue\r\n\r\n");
    let reply = server.send(expecting.as_bytes()).await;
    assert_eq!(reply.status, 404, "{reply:?}");
    assert!(reply.head.contains("connection: close"), "{reply:?}");
}

#[tokio::test]
async fn a_body_that_is_wanted_is_asked_for() {
    let server = Running::start(Limits::default()).await;
    let mut request = Signed::runtime("/endpoints/x/invocations", "0123456789").bytes();
    let body = request.split_off(request.len() - 10);
    let line = request
        .windows(2)
        .position(|bytes| bytes == b"\r\n")
        .unwrap()
        + 2;
    request.splice(line..line, *b"Expect: 100-continue\r\n");
    let mut stream = server.connect().await;
    stream.write_all(&request).await.unwrap();
    let mut told = [0; 25];
    stream.read_exact(&mut told).await.unwrap();
    assert_eq!(&told, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(&body).await.unwrap();
    let reply = Reply::read(&mut stream).await;
    assert_eq!(
        (reply.status, reply.body.as_str()),
        (200, "alice eu-west-1 10")
    );
}

#[tokio::test]
async fn a_deeply_nested_body_is_refused() {
    let server = Running::start(Limits::default()).await;
    let body = format!("{{\"a\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let reply = server
        .call(&Signed::json("SageMaker.ListModels", &body))
        .await;
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (400, "SerializationException")
    );
}

#[tokio::test]
async fn headers_over_the_limit_are_refused() {
    let server = Running::start(Limits::default()).await;
    let long = format!(
        "GET /healthz HTTP/1.1\r\nHost: h\r\nA: {}\r\n\r\n",
        "x".repeat(100_000)
    );
    // A client that still sends may be cut off before it reads the answer.
    let status = server.send(long.as_bytes()).await.status;
    assert!(matches!(status, 0 | 431), "{status}");
    let many = format!(
        "GET /healthz HTTP/1.1\r\nHost: h\r\n{}\r\n",
        "A: b\r\n".repeat(200)
    );
    let status = server.send(many.as_bytes()).await.status;
    assert!(matches!(status, 0 | 431), "{status}");
}

#[tokio::test]
async fn a_client_that_sends_its_headers_slowly_is_cut() {
    let limits = Limits {
        header_time: Duration::from_millis(100),
        ..Limits::default()
    };
    let server = Running::start(limits).await;
    let mut stream = server.connect().await;
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost:")
        .await
        .unwrap();
    let mut rest = Vec::new();
    timeout(Duration::from_secs(20), stream.read_to_end(&mut rest))
        .await
        .unwrap()
        .unwrap();
    assert!(
        !String::from_utf8_lossy(&rest).contains(" 200 "),
        "{rest:?}"
    );
}

#[tokio::test]
async fn a_client_that_sends_its_body_slowly_is_cut() {
    let limits = Limits {
        body_time: Duration::from_millis(100),
        ..Limits::default()
    };
    let server = Running::start(limits).await;
    let mut stream = server.connect().await;
    let head = b"POST / HTTP/1.1\r\nHost: h\r\nX-Amz-Target: SageMaker.ListModels\r\nConnection: close\r\nContent-Length: 10\r\n\r\n{";
    stream.write_all(head).await.unwrap();
    let reply = timeout(Duration::from_secs(20), Reply::read(&mut stream))
        .await
        .unwrap();
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (408, "RequestTimeout")
    );
}

#[tokio::test]
async fn connections_beyond_the_limit_are_closed_and_places_are_given_back() {
    let limits = Limits {
        connections: 2,
        ..Limits::default()
    };
    let server = Running::start(limits).await;
    let probe = b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n";
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = server.connect().await;
        stream.write_all(probe).await.unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
        held.push(stream);
    }
    assert_eq!(server.send(PROBE).await.status, 0);
    drop(held.pop());
    // The place is free as soon as the server saw the connection close.
    let served = async { while server.send(PROBE).await.status != 200 {} };
    timeout(Duration::from_secs(20), served).await.unwrap();
}

#[tokio::test]
async fn requests_beyond_the_limit_are_told_to_come_later() {
    let server = Running::start(throttled()).await;
    let reply = server
        .call(&Signed::json("SageMaker.ListModels", "{}"))
        .await;
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (503, "ThrottlingException")
    );
    assert_eq!(server.send(PROBE).await.status, 200);
}

#[tokio::test]
async fn a_request_under_way_is_finished_when_the_server_ends() {
    let mut server = Running::start(Limits::default()).await;
    let request = Signed::runtime("/endpoints/x/invocations", "0123456789").bytes();
    let mut stream = server.connect().await;
    let (first, rest) = request.split_at(request.len() - 5);
    stream.write_all(first).await.unwrap();
    // The server has read the head, or it would not have begun.
    assert_eq!(server.send(PROBE).await.status, 200);
    server.shut_down();
    stream.write_all(rest).await.unwrap();
    let reply = Reply::read(&mut stream).await;
    assert_eq!(
        (reply.status, reply.body.as_str()),
        (200, "alice eu-west-1 10")
    );
    server.end().await;
}

#[tokio::test]
async fn what_is_no_http_ends_its_connection_only() {
    let server = Running::start(Limits::default()).await;
    for bytes in [
        &b"\x16\x03\x01\x02\x00\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
    ] {
        assert_ne!(server.send(bytes).await.status, 200);
    }
    assert_eq!(server.send(PROBE).await.status, 200);
}
