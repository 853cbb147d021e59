//! The client against something that listens and answers as a server does, or does not.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

use serde_json::json;

use super::*;

/// Takes one request, gives one answer, and keeps what was asked.
fn answering(status: u16, body: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut part = [0; 4096];
        while !request.ends_with(b"}") {
            let n = stream.read(&mut part).unwrap();
            request.extend_from_slice(&part[..n]);
        }
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 {status} x\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
        .unwrap();
        String::from_utf8(request).unwrap()
    });
    (url, asked)
}

fn client(url: &str) -> Client {
    let arguments = ServerArguments {
        endpoint_url: Some(url.to_owned()),
        region: Some("eu-west-1".to_owned()),
    };
    Client::new(&arguments).unwrap()
}

#[tokio::test]
async fn a_call_is_signed_and_its_answer_read() {
    let (url, asked) = answering(200, r#"{"Version":"1"}"#);
    let client = client(&url);
    let answer = client.call("Probity.DescribeServer", json!({"A": 1}));
    assert_eq!(answer.await.unwrap(), json!({"Version": "1"}));
    let request = asked.join().unwrap().to_lowercase();
    assert!(request.contains("x-amz-target: probity.describeserver\r\n"));
    assert!(
        request.contains("/eu-west-1/sagemaker/aws4_request"),
        "{request}"
    );
    assert!(request.ends_with(r#"{"a":1}"#));
}

#[tokio::test]
async fn the_servers_own_words_are_told() {
    let body = r#"{"__type":"ns#ResourceNotFound","message":"Schedule x does not exist."}"#;
    let (url, asked) = answering(400, body);
    let error = client(&url)
        .call("SageMaker.X", json!({"A": 1}))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "Schedule x does not exist. (ResourceNotFound)"
    );
    assert!(error.is_bad_input());
    asked.join().unwrap();
}

#[tokio::test]
async fn nobody_listens_is_told_with_what_to_do() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = client(&url)
        .call("SageMaker.X", json!({}))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("no server at http://127.0.0.1"));
    assert!(error.to_string().contains("probity serve"));
    assert!(!error.is_bad_input());
}

#[tokio::test]
async fn another_program_is_told_from_a_server() {
    let (url, asked) = answering(404, "<html>");
    let error = client(&url)
        .call("SageMaker.X", json!({"A": 1}))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("is no Probity server"));
    asked.join().unwrap();
}
