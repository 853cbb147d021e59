//! Requests as clients send them, answered in this process. They are signed by version 2 in the
//! query, the form that needs the least; real clients with version 4 are in `compat/server_s3.py`.

use std::sync::Mutex;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use probity_app::{Access, Clock, Fault, Ids, LocalProcesses, Settings};
use probity_store::Store;
use ring::hmac;
use tokio::sync::Notify;

use super::*;
use crate::aws::KeyAndUser;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG";

#[derive(Debug)]
struct Fixed;

impl Clock for Fixed {
    fn now_ms(&self) -> i64 {
        1_767_225_600_000
    }
}

#[derive(Debug, Default)]
struct Counted(Mutex<u64>);

impl Ids for Counted {
    fn uuid(&self) -> String {
        let mut last = self.0.lock().unwrap();
        *last += 1;
        format!("00000000-0000-4000-8000-{last:012}")
    }
}

/// A key for each kind of access, named after it.
#[derive(Debug)]
struct TwoKeys;

#[async_trait::async_trait]
impl Keys for TwoKeys {
    async fn find(&self, access_key_id: &str) -> Result<Option<KeyAndUser>, Fault> {
        Ok(Access::parse(access_key_id).map(|access| KeyAndUser {
            user: access_key_id.to_owned(),
            access,
            secret: SECRET.to_owned(),
        }))
    }
}

struct Setting {
    folder: tempfile::TempDir,
    endpoint: ObjectService,
}

struct Answered {
    status: u16,
    headers: http::HeaderMap,
    body: String,
}

impl Answered {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    fn code(&self) -> &str {
        self.element("Code")
    }

    /// The text of the first element of that name.
    fn element(&self, name: &str) -> &str {
        let rest = self
            .body
            .split_once(&format!("<{name}>"))
            .map_or("", |(_, rest)| rest);
        rest.split_once(&format!("</{name}>"))
            .map_or("", |(text, _)| text)
    }

    fn elements(&self, name: &str) -> Vec<&str> {
        let end = format!("</{name}>");
        let parts = self
            .body
            .split(&format!("<{name}>"))
            .skip(1)
            .collect::<Vec<_>>();
        parts
            .into_iter()
            .filter_map(|part| part.split_once(&end))
            .map(|(text, _)| text)
            .collect()
    }
}

async fn setting() -> Setting {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("probity.db");
    let app = App {
        store: Store::open(&format!("sqlite://{}?mode=rwc", database.display()))
            .await
            .unwrap(),
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
    };
    let endpoint = service(S3Parts {
        app,
        keys: Some(Arc::new(TwoKeys)),
        folder: folder.path().join("objects"),
        domain: Some("probity.example".to_owned()),
    })
    .unwrap();
    let setting = Setting { folder, endpoint };
    assert_eq!(setting.ask(Method::PUT, "/bkt", "").await.status, 200);
    setting
}

/// What is signed of a query: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html>.
fn signed_part(query: &str) -> String {
    let names = ["delete", "partNumber", "tagging", "uploadId", "uploads"];
    let mut kept: Vec<&str> = query
        .split('&')
        .filter(|pair| names.contains(&pair.split('=').next().unwrap_or_default()))
        .collect();
    kept.sort_unstable();
    if kept.is_empty() {
        String::new()
    } else {
        format!("?{}", kept.join("&"))
    }
}

impl Setting {
    async fn ask(&self, method: Method, target: &str, body: &str) -> Answered {
        self.ask_as("administrator", (method, target, &[]), body)
            .await
    }

    async fn ask_with(
        &self,
        asked: (Method, &str),
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answered {
        let (method, target) = asked;
        self.ask_as("administrator", (method, target, headers), body)
            .await
    }

    async fn ask_as(
        &self,
        key: &str,
        (method, target, headers): (Method, &str, &[(&str, &str)]),
        body: &str,
    ) -> Answered {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let header = |name: &str| {
            headers
                .iter()
                .find(|(known, _)| *known == name)
                .map_or("", |(_, value)| *value)
        };
        let mut amz: Vec<String> = headers
            .iter()
            .filter(|(name, _)| name.starts_with("x-amz-"))
            .map(|(name, value)| format!("{name}:{value}\n"))
            .collect();
        amz.sort_unstable();
        let expires = "4102444800";
        let text = format!(
            "{method}\n{}\n{}\n{expires}\n{}{path}{}",
            header("content-md5"),
            header("content-type"),
            amz.concat(),
            signed_part(query)
        );
        let signing = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, SECRET.as_bytes());
        let signature = BASE64_STANDARD.encode(hmac::sign(&signing, text.as_bytes()));
        let signature = utf8_percent_encode(&signature, NON_ALPHANUMERIC);
        let separator = if query.is_empty() { "" } else { "&" };
        let uri = format!(
            "{path}?{query}{separator}AWSAccessKeyId={key}&Expires={expires}&Signature={signature}"
        );
        self.send((method, &uri), headers, body).await
    }

    async fn send(
        &self,
        (method, uri): (Method, &str),
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answered {
        let mut request = Request::builder()
            .method(method)
            .uri(uri)
            .header("host", "127.0.0.1:8080")
            .header("content-length", body.len());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Full::new(Bytes::copy_from_slice(body.as_bytes()));
        let request = request.body(s3s::Body::http_body(body)).unwrap();
        let answer = self.endpoint.0.call(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answered {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    async fn put(&self, key: &str, body: &str) -> Answered {
        let answer = self.ask(Method::PUT, &format!("/bkt/{key}"), body).await;
        assert_eq!(answer.status, 200, "{key}: {}", answer.body);
        answer
    }

    async fn get(&self, key: &str) -> Answered {
        self.ask(Method::GET, &format!("/bkt/{key}"), "").await
    }
}

#[tokio::test]
async fn an_object_comes_back_with_what_was_said_of_it() {
    let setting = setting().await;
    let headers = [
        ("content-type", "text/csv"),
        ("cache-control", "no-store"),
        ("x-amz-meta-owner", "risk"),
        ("x-amz-checksum-crc32", "NhCmhg=="),
    ];
    let put = setting
        .ask_with((Method::PUT, "/bkt/a%20b/c%2Bd.csv"), &headers, "hello")
        .await;
    assert_eq!(
        (put.status, put.header("etag")),
        (200, "\"5d41402abc4b2a76b9719d911017c592\"")
    );
    assert_eq!(put.header("x-amz-checksum-crc32"), "NhCmhg==");
    let file = setting.folder.path().join("objects/bkt/a b/c+d.csv");
    assert_eq!(std::fs::read_to_string(file).unwrap(), "hello");
    let asked = [("x-amz-checksum-mode", "ENABLED")];
    let got = setting
        .ask_with((Method::GET, "/bkt/a%20b/c%2Bd.csv"), &asked, "")
        .await;
    assert_eq!((got.status, got.body.as_str()), (200, "hello"));
    for (name, value) in &headers {
        assert_eq!(got.header(name), *value, "{name}");
    }
    assert_eq!(got.header("content-length"), "5");
}

#[tokio::test]
async fn a_range_and_conditions_are_answered_as_http_says() {
    let setting = setting().await;
    let put = setting.put("a", "0123456789").await;
    let ranged = setting
        .ask_with((Method::GET, "/bkt/a"), &[("range", "bytes=2-4")], "")
        .await;
    assert_eq!((ranged.status, ranged.body.as_str()), (206, "234"));
    assert_eq!(ranged.header("content-range"), "bytes 2-4/10");
    let past = setting
        .ask_with((Method::GET, "/bkt/a"), &[("range", "bytes=10-")], "")
        .await;
    assert_eq!((past.status, past.code()), (416, "InvalidRange"));
    let etag = put.header("etag");
    let same = setting
        .ask_with((Method::GET, "/bkt/a"), &[("if-none-match", etag)], "")
        .await;
    assert_eq!(same.status, 304);
    let other = [("if-match", "\"0\"")];
    assert_eq!(
        setting
            .ask_with((Method::GET, "/bkt/a"), &other, "")
            .await
            .status,
        412
    );
    let absent = [("if-none-match", "*")];
    assert_eq!(
        setting
            .ask_with((Method::PUT, "/bkt/a"), &absent, "x")
            .await
            .status,
        412
    );
    assert_eq!(
        setting
            .ask_with((Method::PUT, "/bkt/b"), &absent, "x")
            .await
            .status,
        200
    );
    assert_eq!(setting.get("a").await.body, "0123456789");
}

#[tokio::test]
async fn what_is_not_there_is_told_as_clients_look_for_it() {
    let setting = setting().await;
    let get = setting.get("nothing").await;
    assert_eq!((get.status, get.code()), (404, "NoSuchKey"));
    assert_eq!(
        setting.ask(Method::HEAD, "/bkt/nothing", "").await.status,
        404
    );
    assert_eq!(setting.ask(Method::HEAD, "/absent", "").await.status, 404);
    let list = setting.ask(Method::GET, "/absent?list-type=2", "").await;
    assert_eq!((list.status, list.code()), (404, "NoSuchBucket"));
}

#[tokio::test]
async fn requests_without_a_good_signature_are_refused() {
    let setting = setting().await;
    setting.put("a", "secret").await;
    let unsigned = setting.send((Method::GET, "/bkt/a"), &[], "").await;
    assert_eq!((unsigned.status, unsigned.code()), (403, "AccessDenied"));
    let unknown = setting
        .ask_as("nobody", (Method::GET, "/bkt/a", &[]), "")
        .await;
    assert_eq!(
        (unknown.status, unknown.code()),
        (403, "InvalidAccessKeyId")
    );
    let uri = "/bkt/a?AWSAccessKeyId=administrator&Expires=4102444800&Signature=AAAA";
    let wrong = setting.send((Method::GET, uri), &[], "").await;
    assert_eq!((wrong.status, wrong.code()), (403, "SignatureDoesNotMatch"));
    let uri = "/bkt/a?AWSAccessKeyId=administrator&Expires=1&Signature=AAAA";
    assert_eq!(setting.send((Method::GET, uri), &[], "").await.status, 403);
    assert!(
        [unsigned, unknown, wrong]
            .iter()
            .all(|answer| !answer.body.contains("secret"))
    );
}

#[tokio::test]
async fn who_may_only_read_writes_nothing() {
    let setting = setting().await;
    setting.put("a", "text").await;
    let as_reader = async |method: Method, target: &str, headers: &[(&str, &str)]| {
        setting
            .ask_as("read-only", (method, target, headers), "")
            .await
            .status
    };
    assert_eq!(as_reader(Method::GET, "/bkt/a", &[]).await, 200);
    assert_eq!(as_reader(Method::GET, "/bkt?list-type=2", &[]).await, 200);
    assert_eq!(as_reader(Method::PUT, "/bkt/b", &[]).await, 403);
    assert_eq!(
        as_reader(Method::PUT, "/bkt/b", &[("x-amz-copy-source", "bkt/a")]).await,
        403
    );
    assert_eq!(as_reader(Method::DELETE, "/bkt/a", &[]).await, 403);
    assert_eq!(as_reader(Method::POST, "/bkt/a?uploads", &[]).await, 403);
    assert_eq!(as_reader(Method::PUT, "/other", &[]).await, 403);
    assert_eq!(as_reader(Method::DELETE, "/bkt", &[]).await, 403);
}

#[tokio::test]
async fn keys_that_are_paths_out_of_the_bucket_are_refused() {
    let setting = setting().await;
    std::fs::write(setting.folder.path().join("secret.key"), "hush").unwrap();
    for path in [
        "/bkt/../../secret.key",
        "/bkt/%2e%2e/%2e%2e/secret.key",
        "/bkt/%2e%2e%2f%2e%2e%2fsecret.key",
        "/bkt/a/..%2f..%2f..%2fsecret.key",
        "/bkt//etc/passwd",
        "/bkt/%00",
        "/../secret.key",
        "/%2e%2e/secret.key",
        "/.probity/tmp",
    ] {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let answer = setting.ask(method.clone(), path, "").await;
            assert_eq!(answer.status, 400, "{method} {path}: {}", answer.body);
            assert!(!answer.body.contains("hush"));
        }
    }
    let copied = [("x-amz-copy-source", "bkt/..%2f..%2fsecret.key")];
    assert_eq!(
        setting
            .ask_with((Method::PUT, "/bkt/a"), &copied, "")
            .await
            .status,
        400
    );
    let long = format!("/bkt/{}", "a".repeat(1025));
    let answer = setting.ask(Method::PUT, &long, "").await;
    assert_eq!((answer.status, answer.code()), (400, "KeyTooLongError"));
    assert_eq!(
        std::fs::read_to_string(setting.folder.path().join("secret.key")).unwrap(),
        "hush"
    );
    assert_eq!(
        setting
            .ask(Method::GET, "/bkt?list-type=2", "")
            .await
            .element("KeyCount"),
        "0"
    );
}

#[tokio::test]
async fn a_body_that_is_not_what_the_client_sent_is_not_kept() {
    let setting = setting().await;
    for headers in [
        [("x-amz-checksum-crc32", "AAAAAA==")],
        [("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==")],
    ] {
        let put = setting
            .ask_with((Method::PUT, "/bkt/a"), &headers, "hello")
            .await;
        assert_eq!((put.status, put.code()), (400, "BadDigest"));
    }
    assert_eq!(setting.get("a").await.status, 404);
    let left = std::fs::read_dir(setting.folder.path().join("objects/.probity/tmp")).unwrap();
    assert_eq!(left.count(), 0);
}

#[tokio::test]
async fn an_object_below_an_object_is_a_conflict_that_says_so() {
    let setting = setting().await;
    setting.put("a", "x").await;
    let put = setting.ask(Method::PUT, "/bkt/a/b", "x").await;
    assert_eq!((put.status, put.code()), (409, "KeyConflict"));
    assert!(put.element("Message").contains("a/b"), "{}", put.body);
}

#[tokio::test]
async fn listings_page_by_tokens_and_encode_keys() {
    let setting = setting().await;
    for key in ["a%20b", "d/1", "d/2", "d/e/3", "%C3%BC%2B"] {
        setting.put(key, "x").await;
    }
    let first = setting
        .ask(
            Method::GET,
            "/bkt?list-type=2&delimiter=%2F&max-keys=2&encoding-type=url",
            "",
        )
        .await;
    assert_eq!(first.elements("Key"), ["a%20b"]);
    assert_eq!(first.element("CommonPrefixes"), "<Prefix>d/</Prefix>");
    assert_eq!(
        (first.element("IsTruncated"), first.element("KeyCount")),
        ("true", "2")
    );
    let token = first.element("NextContinuationToken");
    let next =
        format!("/bkt?list-type=2&delimiter=%2F&encoding-type=url&continuation-token={token}");
    let next = setting.ask(Method::GET, &next, "").await;
    assert_eq!(next.elements("Key"), ["%C3%BC%2B"]);
    assert_eq!(next.element("IsTruncated"), "false");
    let first = setting
        .ask(Method::GET, "/bkt?prefix=d%2F&max-keys=2", "")
        .await;
    assert_eq!(
        (first.elements("Key"), first.element("NextMarker")),
        (vec!["d/1", "d/2"], "d/2")
    );
    let next = setting
        .ask(Method::GET, "/bkt?prefix=d%2F&marker=d%2F2", "")
        .await;
    assert_eq!(next.elements("Key"), ["d/e/3"]);
}

#[tokio::test]
async fn parts_become_one_object() {
    let setting = setting().await;
    let headers = [
        ("content-type", "text/csv"),
        ("x-amz-checksum-algorithm", "CRC32"),
    ];
    let begun = setting
        .ask_with((Method::POST, "/bkt/big?uploads"), &headers, "")
        .await;
    let id = begun.element("UploadId").to_owned();
    let parts = ["a".repeat(5 * 1024 * 1024), "tail".to_owned()];
    let mut listed = String::new();
    for (part, number) in parts.iter().zip(1..) {
        let target = format!("/bkt/big?partNumber={number}&uploadId={id}");
        let put = setting.ask(Method::PUT, &target, part).await;
        assert_eq!(put.status, 200, "{}", put.body);
        assert!(!put.header("x-amz-checksum-crc32").is_empty());
        listed += &format!(
            "<Part><PartNumber>{number}</PartNumber><ETag>{}</ETag></Part>",
            put.header("etag")
        );
    }
    let target = format!("/bkt/big?uploadId={id}");
    let shown = setting.ask(Method::GET, &target, "").await;
    assert_eq!(shown.elements("Size"), ["5242880", "4"]);
    assert_eq!(setting.get("big").await.status, 404);
    let wrong = setting
        .ask(
            Method::POST,
            &target,
            &complete("<Part><PartNumber>3</PartNumber><ETag>0</ETag></Part>"),
        )
        .await;
    assert_eq!((wrong.status, wrong.code()), (400, "InvalidPart"));
    let done = setting.ask(Method::POST, &target, &complete(&listed)).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(done.element("ETag").contains("-2"), "{}", done.body);
    assert!(
        done.element("ChecksumCRC32").ends_with("-2"),
        "{}",
        done.body
    );
    let got = setting.get("big").await;
    assert!(got.body == parts.concat() && got.header("content-type") == "text/csv");
    let second = setting.ask(Method::GET, "/bkt/big?partNumber=2", "").await;
    assert_eq!((second.status, second.body.as_str()), (206, "tail"));
    let again = setting.ask(Method::POST, &target, &complete(&listed)).await;
    assert_eq!((again.status, again.code()), (404, "NoSuchUpload"));
}

fn complete(parts: &str) -> String {
    format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>")
}

#[tokio::test]
async fn an_upload_that_is_aborted_leaves_nothing() {
    let setting = setting().await;
    let begun = setting.ask(Method::POST, "/bkt/a?uploads", "").await;
    let id = begun.element("UploadId").to_owned();
    let target = format!("/bkt/a?partNumber=1&uploadId={id}");
    assert_eq!(setting.ask(Method::PUT, &target, "x").await.status, 200);
    let other = format!("/bkt/other?uploadId={id}");
    assert_eq!(
        setting.ask(Method::DELETE, &other, "").await.code(),
        "NoSuchUpload"
    );
    let escape = "/bkt/a?uploadId=../tmp";
    assert_eq!(
        setting.ask(Method::DELETE, escape, "").await.code(),
        "NoSuchUpload"
    );
    let target = format!("/bkt/a?uploadId={id}");
    assert_eq!(setting.ask(Method::DELETE, &target, "").await.status, 204);
    let left = std::fs::read_dir(setting.folder.path().join("objects/.probity/uploads")).unwrap();
    assert_eq!(left.count(), 0);
}

#[tokio::test]
async fn tags_are_kept_and_removed() {
    let setting = setting().await;
    let tagged = [("x-amz-tagging", "team=risk")];
    setting
        .ask_with((Method::PUT, "/bkt/a"), &tagged, "x")
        .await;
    let got = setting.ask(Method::GET, "/bkt/a?tagging", "").await;
    assert_eq!((got.element("Key"), got.element("Value")), ("team", "risk"));
    assert_eq!(
        setting
            .ask(Method::DELETE, "/bkt/a?tagging", "")
            .await
            .status,
        204
    );
    let got = setting.ask(Method::GET, "/bkt/a?tagging", "").await;
    assert!(got.elements("Key").is_empty() && setting.get("a").await.body == "x");
}
