//! A server on a free port with two users, and a client that signs as AWS's clients do.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use probity_app::{Access, App, Caller, Clock, Fault, Ids, LocalProcesses, Settings};
use probity_data::location::Environment;
use probity_server::{
    Answer, AnswerBody, Authentication, KeyAndUser, Keys, Limits, Runtime, ServerParts, Tls, serve,
};
use probity_store::Store;
use ring::{digest, hmac};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

/// 2026-11-27T12:00:00Z.
pub(crate) const NOW: &str = "20261127T120000Z";
pub(crate) const NOW_MS: i64 = 1_795_780_800_000;
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
pub(crate) const SHORT_SECRET: &str = "short-secret";

#[derive(Debug)]
struct Fixed;

impl Clock for Fixed {
    fn now_ms(&self) -> i64 {
        NOW_MS
    }
}

#[derive(Debug, Default)]
struct Counted(AtomicU64);

impl Ids for Counted {
    fn uuid(&self) -> String {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        format!("00000000-0000-4000-8000-{number:012}")
    }
}

#[derive(Debug)]
struct Ring(HashMap<&'static str, KeyAndUser>);

#[async_trait]
impl Keys for Ring {
    async fn find(&self, access_key_id: &str) -> Result<Option<KeyAndUser>, Fault> {
        Ok(self.0.get(access_key_id).cloned())
    }
}

fn ring() -> Ring {
    let user = |user: &str, access, secret: &str| KeyAndUser {
        user: user.to_owned(),
        access,
        secret: secret.to_owned(),
    };
    Ring(HashMap::from([
        ("ADMIN", user("alice", Access::Administrator, SECRET)),
        ("READER", user("bob", Access::ReadOnly, SHORT_SECRET)),
    ]))
}

/// Says who asked, and how much came.
#[derive(Debug)]
struct Echo;

#[async_trait]
impl Runtime for Echo {
    async fn answer(&self, caller: &Caller, request: http::Request<Bytes>) -> Answer {
        let length = request.body().len();
        let text = format!("{} {} {length}", caller.user, caller.region);
        Answer::new(AnswerBody::whole(text))
    }
}

/// Of the server, beside the names of this machine.
pub(crate) const DOMAIN: &str = "probity.test";

/// Of the server's folder.
const BUCKETS: &str = "objects";

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) app: App,
    shutdown: Option<oneshot::Sender<()>>,
    task: JoinHandle<std::io::Result<()>>,
    folder: tempfile::TempDir,
}

impl Running {
    pub(crate) async fn start(limits: Limits) -> Running {
        Running::with(limits, Authentication::Keys(Arc::new(ring()))).await
    }

    pub(crate) async fn with(limits: Limits, authentication: Authentication) -> Running {
        Running::on((limits, authentication), Tls::Never).await
    }

    pub(crate) async fn over(tls: Tls) -> Running {
        Running::on((Limits::default(), Authentication::None), tls).await
    }

    async fn on((limits, authentication): (Limits, Authentication), tls: Tls) -> Running {
        let folder = tempfile::tempdir().unwrap();
        let app = app(folder.path()).await;
        let parts = ServerParts {
            fonts: probity_analysis::card_document::Fonts::default(),
            app: app.clone(),
            environment: Environment::default().with_buckets(folder.path().join(BUCKETS)),
            authentication,
            domain: Some(DOMAIN.to_owned()),
            wall_clock: Arc::new(Fixed),
            runtime: Some(Arc::new(Echo)),
            objects: None,
            metrics: None,
            limits,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (shutdown, ended) = oneshot::channel::<()>();
        let ended = async {
            drop(ended.await);
        };
        Running {
            address,
            app,
            shutdown: Some(shutdown),
            task: tokio::spawn(serve(listener, tls, parts, ended)),
            folder,
        }
    }

    /// Puts an object into a bucket of the server's own.
    pub(crate) fn put(&self, (bucket, key): (&str, &str), text: &str) {
        let file = self.buckets().join(bucket).join(key);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    /// Where buckets of the server's own are folders.
    pub(crate) fn buckets(&self) -> std::path::PathBuf {
        self.folder.path().join(BUCKETS)
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes, and reads until the server closes.
    pub(crate) async fn send(&self, bytes: &[u8]) -> Reply {
        let mut stream = self.connect().await;
        stream.write_all(bytes).await.unwrap();
        Reply::read(&mut stream).await
    }

    pub(crate) async fn call(&self, request: &Signed<'_>) -> Reply {
        self.send(&request.bytes()).await
    }

    pub(crate) fn shut_down(&mut self) {
        if let Some(shutdown) = self.shutdown.take() {
            shutdown.send(()).unwrap();
        }
    }

    pub(crate) async fn end(mut self) {
        self.shut_down();
        self.task.await.unwrap().unwrap();
    }
}

pub(crate) async fn app(folder: &std::path::Path) -> App {
    let url = format!("sqlite://{}?mode=rwc", folder.join("probity.db").display());
    App {
        store: Store::open(&url).await.unwrap(),
        vault: probity_store::Vault::open(&[7; 32]),
        clock: Arc::new(Fixed),
        ids: Arc::new(Counted::default()),
        settings: Arc::new(Settings {
            account_id: "111122223333".to_owned(),
            local_processes: LocalProcesses::Refused,
            schedule_jitter_ms: 0,
        }),
        jobs: Arc::new(Notify::new()),
        endpoints: Arc::new(Notify::new()),
        seals: Arc::default(),
        policy: probity_app::Policies::default(),
    }
}

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) async fn read(stream: &mut TcpStream) -> Reply {
        let mut bytes = Vec::new();
        // A server that refuses what is still being sent may reset the connection.
        drop(stream.read_to_end(&mut bytes).await);
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head
            .split(' ')
            .nth(1)
            .map_or(0, |status| status.parse().unwrap());
        Reply {
            status,
            head: head.to_lowercase(),
            body: body.to_owned(),
        }
    }

    /// The code of an AWS JSON error.
    pub(crate) fn code(&self) -> String {
        let document: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        document["__type"].as_str().unwrap_or_default().to_owned()
    }
}

/// A request with Signature Version 4. What is signed and what is sent may differ.
#[derive(Clone, Debug)]
pub(crate) struct Signed<'a> {
    pub(crate) path: &'a str,
    pub(crate) target: Option<&'a str>,
    pub(crate) service: &'a str,
    pub(crate) key: &'a str,
    pub(crate) secret: &'a str,
    pub(crate) time: &'a str,
    pub(crate) signed_body: &'a str,
    pub(crate) body: &'a str,
}

impl<'a> Signed<'a> {
    pub(crate) fn json(target: &'a str, body: &'a str) -> Signed<'a> {
        Signed {
            path: "/",
            target: Some(target),
            service: "sagemaker",
            key: "ADMIN",
            secret: SECRET,
            time: NOW,
            signed_body: body,
            body,
        }
    }

    pub(crate) fn runtime(path: &'a str, body: &'a str) -> Signed<'a> {
        Signed {
            path,
            target: None,
            ..Signed::json("", body)
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut names = vec!["host", "x-amz-date"];
        let mut headers = format!("host:localhost\nx-amz-date:{}\n", self.time);
        if let Some(target) = self.target {
            names.push("x-amz-target");
            let _ = writeln!(headers, "x-amz-target:{target}");
        }
        let names = names.join(";");
        let canonical = format!(
            "POST\n{}\n\n{headers}\n{names}\n{}",
            self.path,
            sha256(self.signed_body.as_bytes())
        );
        let day = &self.time[..8];
        let scope = format!("{day}/eu-west-1/{}/aws4_request", self.service);
        let text = format!(
            "AWS4-HMAC-SHA256\n{}\n{scope}\n{}",
            self.time,
            sha256(canonical.as_bytes())
        );
        let mut key = format!("AWS4{}", self.secret).into_bytes();
        for part in [day, "eu-west-1", self.service, "aws4_request"] {
            key = mac(&key, part);
        }
        let target = self.target.map_or(String::new(), |target| {
            format!("X-Amz-Target: {target}\r\n")
        });
        format!(
            "POST {} HTTP/1.1\r\nHost: localhost\r\nX-Amz-Date: {}\r\n{target}Connection: close\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={}\r\n\
             Content-Length: {}\r\n\r\n{}",
            self.path,
            self.time,
            self.key,
            hex(&mac(&key, &text)),
            self.body.len(),
            self.body,
        )
        .into_bytes()
    }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
}

fn sha256(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
