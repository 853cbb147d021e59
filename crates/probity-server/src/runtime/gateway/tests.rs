//! The gateway between a raw client and a small model server, all on loopback.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::any;
use http::StatusCode;
use probity_app::{Clock, Ids};
use probity_data::capture::{
    CaptureLog, CaptureOptions, KeyedHash, LossReason, NewNames, Redaction,
};
use probity_data::location::Environment;
use probity_domain::document::capture_record::{CaptureContentTypes, CaptureMode};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::sleep;

use super::{GatewayCapture, GatewayOptions, gateway};
use crate::runtime::MAX_BODY_BYTES;
use crate::runtime::record::CaptureParts;

#[derive(Debug)]
struct Fixed;

impl Clock for Fixed {
    fn now_ms(&self) -> i64 {
        1_650_241_308_000
    }
}

impl Ids for Fixed {
    fn uuid(&self) -> String {
        "00000000-0000-4000-8000-000000000000".to_owned()
    }
}

struct Running {
    address: String,
    log: CaptureLog,
    home: TempDir,
    stop: Option<oneshot::Sender<()>>,
    ended: tokio::task::JoinHandle<()>,
}

/// Says what it was asked; `/stream` answers in parts of unknown length, `/bad` refuses.
async fn model_server() -> String {
    async fn answer(request: Request) -> http::Response<Body> {
        let (head, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let path = head.uri.to_string();
        if head.uri.path() == "/stream" {
            let parts = ["one,", "two,", "three"].map(Ok::<_, std::io::Error>);
            let stream = futures::stream::iter(parts);
            return http::Response::new(Body::from_stream(stream));
        }
        if head.uri.path() == "/long" {
            // A byte more than is kept for the capture.
            let parts = vec![vec![b'x'; MAX_BODY_BYTES], vec![b'y']];
            let stream = futures::stream::iter(parts.into_iter().map(Ok::<_, std::io::Error>));
            return http::Response::new(Body::from_stream(stream));
        }
        let mine = head
            .headers
            .get("x-mine")
            .map_or("", |value| value.to_str().unwrap());
        let text = format!(
            "{} {path} {mine} {}",
            head.method,
            String::from_utf8_lossy(&body)
        );
        let mut response = http::Response::new(Body::from(text));
        if head.uri.path() == "/bad" {
            *response.status_mut() = StatusCode::BAD_REQUEST;
        }
        let headers = response.headers_mut();
        headers.insert("content-type", "text/csv".parse().unwrap());
        headers.insert("x-model", "mine".parse().unwrap());
        response
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(any(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

async fn start(to: &str, captured_paths: &[&str]) -> Running {
    let home = tempfile::tempdir().unwrap();
    let names = NewNames::new(|| "name".to_owned());
    let options = CaptureOptions::new(names, Environment::default());
    let log = CaptureLog::open(&home.path().join("capture"), options).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let capture = GatewayCapture {
        parts: CaptureParts {
            log: log.clone(),
            clock: Arc::new(Fixed),
            ids: Arc::new(Fixed),
            hash: KeyedHash::new(b"key"),
            redaction: Redaction::none(),
        },
        destination: home.path().join("captured").display().to_string(),
        sampling_percentage: 100,
        mode: CaptureMode::InputAndOutput,
        content_types: CaptureContentTypes::sdk_default(),
    };
    let mut options = GatewayOptions::new(to, "mine");
    options.captured_paths = captured_paths.iter().map(ToString::to_string).collect();
    let (stop, stopped) = oneshot::channel();
    let ended = tokio::spawn(async move {
        let shutdown = async {
            drop(stopped.await);
        };
        gateway(listener, options, Some(capture), shutdown)
            .await
            .unwrap();
    });
    Running {
        address,
        log,
        home,
        stop: Some(stop),
        ended,
    }
}

impl Running {
    /// The head and the body of the answer; the connection ends with it.
    async fn ask(&self, request: &str) -> (String, String) {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_lowercase(), body.to_owned())
    }

    async fn captured(&self) -> Vec<Value> {
        assert_eq!(self.log.flush().await, 0);
        let mut records = Vec::new();
        let mut folders = vec![self.home.path().join("captured")];
        while let Some(folder) = folders.pop() {
            for entry in folder.read_dir().into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let text = std::fs::read_to_string(path).unwrap();
                    records.extend(text.lines().map(|line| serde_json::from_str(line).unwrap()));
                }
            }
        }
        records
    }
}

fn post(path: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\nx-mine: 1\r\n\
         content-type: text/csv\r\nx-amzn-sagemaker-inference-id: id-1\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn a_call_passes_through_and_is_captured() {
    let running = start(&model_server().await, &["/invocations"]).await;
    let (head, body) = running.ask(&post("/invocations?a=1", "1,2")).await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(head.contains("x-model: mine"), "{head}");
    assert_eq!(body, "POST /invocations?a=1 1 1,2");
    let records = running.captured().await;
    assert_eq!(records.len(), 1);
    let sides = &records[0]["captureData"];
    assert_eq!(sides["endpointInput"]["data"], "1,2");
    assert_eq!(sides["endpointOutput"]["data"], body);
    assert_eq!(records[0]["eventMetadata"]["inferenceId"], "id-1");
}

#[tokio::test]
async fn other_calls_and_refusals_only_pass_through() {
    let running = start(&model_server().await, &["/bad"]).await;
    let (head, body) = running.ask(&post("/v1/other", "1,2")).await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert_eq!(body, "POST /v1/other 1 1,2");
    let get = "GET /ping HTTP/1.1\r\nhost: g\r\nconnection: close\r\n\r\n";
    assert_eq!(running.ask(get).await.1, "GET /ping  ");
    let (head, body) = running.ask(&post("/bad", "1,2")).await;
    assert!(head.starts_with("http/1.1 400"), "{head}");
    assert_eq!(body, "POST /bad 1 1,2");
    assert!(running.captured().await.is_empty());
}

#[tokio::test]
async fn a_streamed_answer_is_captured_whole() {
    let running = start(&model_server().await, &["/stream"]).await;
    let (head, body) = running.ask(&post("/stream", "1,2")).await;
    assert!(head.contains("transfer-encoding: chunked"), "{head}");
    assert!(body.contains("three"), "{body}");
    let records = running.captured().await;
    // Without a content type it is base64: `one,two,three`.
    let output = &records[0]["captureData"]["endpointOutput"];
    assert_eq!(output["data"], "b25lLHR3byx0aHJlZQ==");
}

#[tokio::test]
async fn an_answer_too_long_to_be_captured_is_counted_as_lost() {
    let running = start(&model_server().await, &["/long"]).await;
    let (_, body) = running.ask(&post("/long", "1,2")).await;
    assert!(body.len() > MAX_BODY_BYTES);
    assert!(running.captured().await.is_empty());
    let losses = running.log.take_losses();
    assert_eq!(losses.len(), 1, "{losses:?}");
    assert_eq!((losses[0].lost, losses[0].reason), (1, LossReason::TooLong));
}

#[tokio::test]
async fn one_connection_carries_many_calls() {
    let running = start(&model_server().await, &["/invocations"]).await;
    let mut stream = TcpStream::connect(&running.address).await.unwrap();
    for number in 0..3 {
        let body = format!("{number}");
        let request = post("/invocations", &body).replace("connection: close\r\n", "");
        stream.write_all(request.as_bytes()).await.unwrap();
        let expected = format!("POST /invocations 1 {number}");
        let mut received = Vec::new();
        while !String::from_utf8_lossy(&received).ends_with(&expected) {
            assert_ne!(stream.read_buf(&mut received).await.unwrap(), 0);
        }
    }
    assert_eq!(running.captured().await.len(), 3);
}

#[tokio::test]
async fn a_model_server_that_is_away_is_a_bad_gateway() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let running = start(&to, &["/invocations"]).await;
    let (head, body) = running.ask(&post("/invocations", "1,2")).await;
    assert!(head.starts_with("http/1.1 502"), "{head}");
    assert!(body.contains("no connection to the model server"), "{body}");
}

/// Sends a head, and its body only when a server that does not wait for it would be gone.
async fn late_body(running: &Running, path: &str, n_bytes: usize) -> String {
    let mut stream = TcpStream::connect(&running.address).await.unwrap();
    let head = format!("POST {path} HTTP/1.1\r\nhost: g\r\ncontent-length: {n_bytes}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    sleep(Duration::from_millis(50)).await;
    stream.write_all(&vec![b'x'; n_bytes]).await.unwrap();
    let next = "POST /other HTTP/1.1\r\nhost: g\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    stream.write_all(next.as_bytes()).await.unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await.unwrap();
    answers
}

#[tokio::test]
async fn a_client_that_still_sends_reads_why_its_call_is_refused() {
    let running = start(&model_server().await, &["/invocations"]).await;
    let answers = late_body(&running, "/invocations", MAX_BODY_BYTES + 1_000_000).await;
    assert!(answers.starts_with("HTTP/1.1 413"), "{answers}");
    assert!(answers.ends_with("POST /other  "), "{answers}");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let running = start(&to, &["/invocations"]).await;
    let answers = late_body(&running, "/other", 100_000).await;
    assert_eq!(answers.matches("HTTP/1.1 502").count(), 2, "{answers}");
}

#[tokio::test]
async fn it_ends_when_it_is_told_to() {
    let mut running = start(&model_server().await, &["/invocations"]).await;
    running.ask(&post("/invocations", "1,2")).await;
    running.stop.take().unwrap().send(()).unwrap();
    running.ended.await.unwrap();
    assert!(TcpStream::connect(&running.address).await.is_err());
}
