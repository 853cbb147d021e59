//! The stream that tells open pages that something has changed.

use std::time::Duration;

use probity_app::session::{self, NewLink};
use probity_app::{Access, Caller};
use probity_server::{Authentication, Limits};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::Running;

const PATIENCE: Duration = Duration::from_secs(20);

/// A browser's stream, read as it comes.
struct Stream {
    connection: TcpStream,
    read: String,
}

impl Stream {
    async fn open(server: &Running, (path, cookie): (&str, &str)) -> Stream {
        let mut connection = server.connect().await;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nCookie: {cookie}\r\n\r\n"
        );
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut stream = Stream {
            connection,
            read: String::new(),
        };
        stream.until("\r\n\r\n").await;
        stream
    }

    /// Reads on until the text has come; `false` where the stream ends before.
    async fn until(&mut self, text: &str) -> bool {
        let mut bytes = [0; 4096];
        while !self.read.contains(text) {
            let reading = timeout(PATIENCE, self.connection.read(&mut bytes));
            match reading.await.unwrap() {
                Ok(0) | Err(_) => return false,
                Ok(count) => self.read += &String::from_utf8_lossy(&bytes[..count]),
            }
        }
        true
    }

    /// With the empty chunk that is the last of a body, or with the connection.
    async fn ends(mut self) -> bool {
        !self.until("\r\n0\r\n\r\n").await || self.read.ends_with("\r\n0\r\n\r\n")
    }
}

fn alice() -> Caller {
    Caller {
        user: "alice".to_owned(),
        access: Access::Administrator,
        account: "111122223333".to_owned(),
        region: "us-east-1".to_owned(),
        request_id: "r".to_owned(),
    }
}

async fn open_server() -> Running {
    Running::with(Limits::default(), Authentication::None).await
}

/// Any write is an event.
async fn change(server: &Running, value: &str) {
    let input = json!({
        "ModelPackageGroupName": format!("group-{value}"),
    });
    let made = probity_app::model_package_group::create(&server.app, &alice(), input).await;
    made.unwrap();
}

async fn mark(server: &Running) -> i64 {
    let mark = probity_app::dashboard::live::mark(&server.app, &alice()).await;
    mark.unwrap()
}

#[tokio::test]
async fn a_change_is_told_once() {
    let server = open_server().await;
    let before = mark(&server).await;
    let path = format!("/live?since={before}");
    let mut stream = Stream::open(&server, (&path, "")).await;
    assert!(stream.read.starts_with("HTTP/1.1 200"), "{}", stream.read);
    let head = stream.read.to_lowercase();
    for header in [
        "content-type: text/event-stream",
        "cache-control: no-store",
        "x-accel-buffering: no",
    ] {
        assert!(head.contains(header), "{head}");
    }
    change(&server, "a").await;
    let after = mark(&server).await;
    assert!(stream.until(&format!("event: change\nid: {after}\n")).await);
    assert_eq!(
        stream.read.matches("event: change").count(),
        1,
        "{}",
        stream.read
    );
}

#[tokio::test]
async fn what_changed_while_a_page_was_on_its_way_is_told_at_once() {
    let server = open_server().await;
    let before = mark(&server).await;
    change(&server, "a").await;
    let mut stream = Stream::open(&server, (&format!("/live?since={before}"), "")).await;
    assert!(stream.until("event: change").await);
}

#[tokio::test]
async fn a_thousand_changes_are_told_as_few() {
    let server = open_server().await;
    let path = format!("/live?since={}", mark(&server).await);
    let mut stream = Stream::open(&server, (&path, "")).await;
    for number in 0..1000 {
        change(&server, &number.to_string()).await;
    }
    let last = mark(&server).await;
    assert!(stream.until(&format!("id: {last}\n")).await);
    let told = stream.read.matches("event: change").count();
    assert!(told < 100, "{told}");
}

#[tokio::test]
async fn two_servers_of_one_store_tell_of_each_others_changes() {
    // The other one is the app alone, which rings no bell here: the store is all they share.
    let server = open_server().await;
    let path = format!("/live?since={}", mark(&server).await);
    let mut first = Stream::open(&server, (&path, "")).await;
    let mut second = Stream::open(&server, (&path, "")).await;
    change(&server, "a").await;
    assert!(first.until("event: change").await);
    assert!(second.until("event: change").await);
}

#[tokio::test]
async fn a_stream_ends_when_its_session_does() {
    let server = crate::pages::server().await;
    let app = &server.app;
    let link = NewLink {
        user: "alice",
        expires_ms: app.clock.now_ms() + 60_000,
    };
    let token = session::create_link(app, &alice(), link).await.unwrap();
    let token = session::redeem_link(app, &alice(), &token, app.clock.now_ms()).await;
    let token = token.unwrap().unwrap();
    let cookie = format!("probity_session={}", token.as_str());
    let stream = Stream::open(&server, ("/live", &cookie)).await;
    assert!(stream.read.starts_with("HTTP/1.1 200"), "{}", stream.read);
    session::end(app, &alice(), &token).await.unwrap();
    assert!(stream.ends().await);
    // And a browser is not to come again.
    let stream = Stream::open(&server, ("/live", &cookie)).await;
    assert!(stream.read.starts_with("HTTP/1.1 204"), "{}", stream.read);
}

#[tokio::test]
async fn nobody_listens_without_a_session() {
    let server = crate::pages::server().await;
    let stream = Stream::open(&server, ("/live", "probity_session=none")).await;
    assert!(stream.read.starts_with("HTTP/1.1 204"), "{}", stream.read);
}

#[tokio::test]
async fn one_user_holds_some_streams_whatever_the_session() {
    let server = crate::pages::server().await;
    let now_ms = server.app.clock.now_ms();
    let mut cookies = Vec::new();
    for _ in 0..2 {
        let token = session::begin(&server.app, &alice(), "ADMIN", now_ms).await;
        cookies.push(format!("probity_session={}", token.unwrap().as_str()));
    }
    let mut held = Vec::new();
    for number in 0..32 {
        held.push(Stream::open(&server, ("/live", &cookies[number % 2])).await);
    }
    let refused = Stream::open(&server, ("/live", &cookies[0])).await;
    assert!(refused.read.starts_with("HTTP/1.1 429"), "{}", refused.read);
    held.clear();
    // Their places come back as soon as the server sees that they are gone.
    let mut tries = 0;
    while !Stream::open(&server, ("/live", &cookies[0]))
        .await
        .read
        .starts_with("HTTP/1.1 200")
    {
        tries += 1;
        assert!(tries < 1000, "the places are not given back");
    }
}

#[tokio::test]
async fn pages_that_are_dear_follow_nothing() {
    let server = open_server().await;
    crate::pages::with_models(&server, 1).await;
    for (path, follows) in [
        ("/dashboard", true),
        ("/activity", true),
        ("/activity?q=x", false),
        ("/activity/chain", false),
        ("/cards", true),
        ("/cards/card-0000", true),
        ("/cards/card-0000/review", true),
        ("/cards/card-0000/edit", false),
        ("/cards/card-0000/versions", false),
        ("/cards/new", false),
        ("/models/none", false),
        ("/nothing", false),
    ] {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
        );
        let page = server.send(request.as_bytes()).await.body;
        assert_eq!(page.contains("data-mark="), follows, "{path}");
    }
}

#[tokio::test]
async fn the_end_of_the_server_does_not_wait_for_streams() {
    let server = open_server().await;
    let stream = Stream::open(&server, ("/live", "")).await;
    let limit = Limits::default().shutdown_time / 3;
    timeout(limit, server.end()).await.expect("it waits");
    assert!(stream.ends().await);
}
