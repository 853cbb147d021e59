//! `s3://` against a real server: reading, listing, writing, and every way in
//! which a bucket says no.

use std::io::Write;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use futures::TryStreamExt;
use object_store::{ObjectStoreExt, PutPayload};
use probity_data::location::{OutputFolder, ReadLocation, WriteOutput, find_files, read_document};

use crate::contents::{content, contents, names};
use crate::s3_server::{KEY_ID, S3Server, SECRET};

#[tokio::test]
async fn an_object_of_several_ranges_is_read_whole_and_in_order() {
    let server = S3Server::start().await;
    let rows: Vec<u8> = (0..2_000_000_u32)
        .flat_map(|row| format!("{row:09}\n").into_bytes())
        .collect();
    server.put("big.csv", &rows);
    let files = find_files("s3://bucket/big.csv", &server.environment(&[]))
        .await
        .unwrap();
    assert_eq!(
        (files.len(), files[0].size_bytes(), files[0].uri()),
        (1, Some(20_000_000), "s3://bucket/big.csv")
    );
    assert!(content(&files[0]).await.unwrap() == rows);
}

#[tokio::test]
async fn gzip_is_taken_off_an_object() {
    let server = S3Server::start().await;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(b"a,b\n1,2\n").unwrap();
    server.put("day.csv.gz", &encoder.finish().unwrap());
    let found = contents(
        "s3://bucket",
        "s3://bucket/day.csv.gz",
        &server.environment(&[]),
    )
    .await
    .unwrap();
    assert_eq!(found, [("day.csv.gz".to_owned(), "a,b\n1,2\n".to_owned())]);
}

/// A bucket as Spark and a capture log leave it.
async fn server_with_folders() -> S3Server {
    let server = S3Server::start().await;
    for key in [
        "data/b.csv",
        "data/a.csv",
        "data/2026/01/x y.csv",
        "data/_SUCCESS",
        "data/.part.crc",
        "other.csv",
    ] {
        server.put(key, key.as_bytes());
    }
    server.put("data/empty.csv", b"");
    server.put("data/_temporary/0/part.csv", b"half");
    server
}

#[tokio::test]
async fn a_folder_is_listed_in_order_without_hidden_and_empty_objects() {
    let server = server_with_folders().await;
    for location in ["s3://bucket/data/", "s3://bucket/data"] {
        let found = names("s3://bucket", location, &server.environment(&[]))
            .await
            .unwrap();
        assert_eq!(
            found,
            ["data/2026/01/x y.csv", "data/a.csv", "data/b.csv"],
            "{location}"
        );
    }
    let found = names("s3://bucket", "s3://bucket", &server.environment(&[]))
        .await
        .unwrap();
    assert_eq!(
        found,
        [
            "data/2026/01/x y.csv",
            "data/a.csv",
            "data/b.csv",
            "other.csv"
        ]
    );
}

#[tokio::test]
async fn a_pattern_matches_keys_as_it_matches_paths() {
    let server = server_with_folders().await;
    let environment = server.environment(&[]);
    let found = |location: &'static str| names("s3://bucket", location, &environment);
    assert_eq!(
        found("s3://bucket/data/*.csv").await.unwrap(),
        ["data/a.csv", "data/b.csv"]
    );
    assert_eq!(
        found("s3://bucket/**/[xa]*.csv").await.unwrap(),
        ["data/2026/01/x y.csv", "data/a.csv"]
    );
    assert_eq!(
        found("s3://bucket/{other,data/b}.csv").await.unwrap(),
        ["data/b.csv", "other.csv"]
    );
    let error = found("s3://bucket/data/*.parquet").await.unwrap_err();
    assert!(matches!(error, ReadLocation::NoMatch { .. }), "{error}");
}

#[tokio::test]
async fn a_listing_of_several_pages_is_complete() {
    let server = S3Server::start().await;
    for file in 0..1100 {
        server.put(&format!("many/{file:04}.csv"), b"a\n");
    }
    let files = find_files("s3://bucket/many/", &server.environment(&[]))
        .await
        .unwrap();
    assert_eq!(files.len(), 1100);
    assert!(files.windows(2).all(|pair| pair[0].uri() < pair[1].uri()));
}

#[tokio::test]
async fn an_object_can_be_read_from_its_end() {
    let server = S3Server::start().await;
    server.put("a.parquet", b"0123456789");
    let files = find_files("s3://bucket/a.parquet", &server.environment(&[]))
        .await
        .unwrap();
    let object = files[0].random_access().await.unwrap();
    assert_eq!(object.meta.size, 10);
    assert_eq!(
        object
            .store
            .get_range(&object.meta.location, 7..10)
            .await
            .unwrap()
            .as_ref(),
        b"789"
    );
}

#[track_caller]
fn check(error: &ReadLocation, expected: &str) {
    let text = error.to_string();
    assert_eq!(text, expected);
    assert!(!text.contains(SECRET) && !text.contains(KEY_ID));
}

async fn error_at(server: &S3Server, location: &str, changes: &[(&str, &str)]) -> ReadLocation {
    find_files(location, &server.environment(changes))
        .await
        .err()
        .unwrap()
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let server = server_with_folders().await;
    check(
        &error_at(&server, "s3://bucket/none.csv", &[]).await,
        "no file or folder at `s3://bucket/none.csv`",
    );
    check(
        &error_at(&server, "s3://bucket/none/", &[]).await,
        "nothing to read in `s3://bucket/none/`: it holds no file that is neither hidden (`.name`, `_name`) nor empty",
    );
    for location in [
        "s3://nowhere/a.csv",
        "s3://nowhere/a/",
        "s3://nowhere/*.csv",
    ] {
        let expected = format!(
            "no bucket or container `nowhere` for `{location}`; check its name, the region and the endpoint"
        );
        check(&error_at(&server, location, &[]).await, &expected);
    }
}

#[tokio::test]
async fn wrong_credentials_name_the_variables_and_not_their_values() {
    let server = server_with_folders().await;
    let error = error_at(
        &server,
        "s3://bucket/data/",
        &[("AWS_SECRET_ACCESS_KEY", "not-the-secret")],
    )
    .await;
    check(
        &error,
        "access to `s3://bucket/data/` was denied (the server answered 403 SignatureDoesNotMatch); check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY",
    );
    let error = error_at(
        &server,
        "s3://bucket/data/",
        &[("AWS_ACCESS_KEY_ID", "AKIANOBODY")],
    )
    .await;
    assert!(
        matches!(error, ReadLocation::Denied { .. }) && !error.to_string().contains("AKIANOBODY"),
        "{error}"
    );
    // A single object is asked for by its head, whose answer has no body.
    let error = error_at(
        &server,
        "s3://bucket/data/a.csv",
        &[("AWS_SECRET_ACCESS_KEY", "not-the-secret")],
    )
    .await;
    assert!(error.to_string().contains("403"), "{error}");
}

/// The address of a port that nothing listens on.
async fn closed_endpoint() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[tokio::test]
async fn no_credentials_say_what_to_set() {
    let server = server_with_folders().await;
    let closed = closed_endpoint().await;
    let changes = [
        ("AWS_ACCESS_KEY_ID", ""),
        ("AWS_SECRET_ACCESS_KEY", ""),
        // The service that a machine in the cloud asks for its role.
        ("AWS_METADATA_ENDPOINT", closed.as_str()),
    ];
    check(
        &error_at(&server, "s3://bucket/data/", &changes).await,
        "access to `s3://bucket/data/` was denied (no credentials were found); set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or AWS_SKIP_SIGNATURE=true for a public bucket",
    );
}

#[tokio::test]
async fn a_wrong_endpoint_is_reported_within_ten_seconds() {
    let server = server_with_folders().await;
    let closed = closed_endpoint().await;
    let start = Instant::now();
    let error = error_at(
        &server,
        "s3://bucket/data/",
        &[("AWS_ENDPOINT_URL_S3", closed.as_str())],
    )
    .await;
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
    check(
        &error,
        &format!(
            "`s3://bucket/data/` cannot be reached at {closed}; check the network and the endpoint variable"
        ),
    );
}

#[tokio::test]
async fn an_object_that_changes_between_two_requests_is_an_error() {
    let server = S3Server::start().await;
    server.put("day.csv", b"a\n1\n");
    let files = find_files("s3://bucket/day.csv", &server.environment(&[]))
        .await
        .unwrap();
    let stream = files[0].read().await.unwrap();
    server.put("day.csv", b"a\n2\n");
    let error = stream.try_collect::<Vec<_>>().await.unwrap_err();
    assert!(matches!(error, ReadLocation::Changed { .. }), "{error}");
}

#[tokio::test]
async fn results_appear_in_the_bucket_at_the_commit() {
    let server = S3Server::start().await;
    let environment = server.environment(&[]);
    let mut output = OutputFolder::create("s3://bucket/results/today", &environment)
        .await
        .unwrap();
    output
        .write("statistics.json", |writer| writer.write_all(b"{}"))
        .unwrap();
    // Larger than one part of an upload.
    let large = vec![7_u8; 12 * 1024 * 1024];
    output
        .write("summaries.bin", |writer| writer.write_all(&large))
        .unwrap();
    assert_eq!(
        read_document("s3://bucket/results/today", "statistics.json", &environment)
            .await
            .unwrap(),
        None
    );
    output.commit().await.unwrap();
    let document = |name| read_document("s3://bucket/results/today/", name, &environment);
    assert_eq!(
        document("statistics.json").await.unwrap().as_deref(),
        Some(b"{}".as_slice())
    );
    assert!(document("summaries.bin").await.unwrap().unwrap() == large);
    assert_eq!(document("constraints.json").await.unwrap(), None);
}

#[tokio::test]
async fn a_bucket_that_cannot_be_written_is_known_before_the_work() {
    let server = S3Server::start().await;
    let error = OutputFolder::create("s3://nowhere/results", &server.environment(&[]))
        .await
        .err()
        .unwrap();
    assert!(
        matches!(
            &error,
            WriteOutput::Remote {
                source: ReadLocation::MissingBucket { .. },
                ..
            }
        ),
        "{error}"
    );
    let wrong = server.environment(&[("AWS_SECRET_ACCESS_KEY", "not-the-secret")]);
    let error = OutputFolder::create("s3://bucket/results", &wrong)
        .await
        .err()
        .unwrap();
    assert!(
        matches!(
            &error,
            WriteOutput::Remote {
                source: ReadLocation::Denied { .. },
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn a_key_with_odd_characters_is_taken_as_it_is_written() {
    let server = S3Server::start().await;
    let key = "odd/50% off +#&=é.csv";
    let files = {
        server.put("odd/plain.csv", b"x");
        let files = find_files("s3://bucket/odd/plain.csv", &server.environment(&[]))
            .await
            .unwrap();
        let object = files[0].random_access().await.unwrap();
        let path = object_store::path::Path::parse(key).unwrap();
        object
            .store
            .put(&path, PutPayload::from_static(b"odd"))
            .await
            .unwrap();
        find_files(&format!("s3://bucket/{key}"), &server.environment(&[]))
            .await
            .unwrap()
    };
    assert_eq!(content(&files[0]).await.unwrap(), b"odd");
    let listed = names("s3://bucket", "s3://bucket/odd/", &server.environment(&[]))
        .await
        .unwrap();
    assert_eq!(listed, [key, "odd/plain.csv"]);
}
