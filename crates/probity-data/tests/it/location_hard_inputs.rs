//! Local places that are empty, unreadable, linked, oddly named or huge.

use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::fs::symlink;
use std::path::Path;

use object_store::ObjectStoreExt;
use probity_data::location::{Environment, ReadLocation, find_files, read_document};
use tempfile::TempDir;

use crate::contents::{content, contents, names};

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

async fn names_in(folder: &TempDir) -> Vec<String> {
    names(
        text(folder.path()),
        text(folder.path()),
        &Environment::default(),
    )
    .await
    .unwrap()
}

async fn names_of(folder: &TempDir, pattern: &str) -> Result<Vec<String>, ReadLocation> {
    let location = format!("{}/{pattern}", text(folder.path()));
    names(text(folder.path()), &location, &Environment::default()).await
}

async fn error_of(location: &str) -> String {
    find_files(location, &Environment::default())
        .await
        .unwrap_err()
        .to_string()
}

#[tokio::test]
async fn a_folder_of_nothing_is_an_error() {
    let nothing = folder(&[]);
    let location = text(nothing.path());
    let expected = format!(
        "nothing to read in `{location}`: it holds no file that is neither hidden (`.name`, `_name`) nor empty"
    );
    assert_eq!(error_of(location).await, expected);
    let hidden = folder(&[
        ("_SUCCESS", "x"),
        (".a.csv", "x"),
        ("empty.csv", ""),
        ("_temporary/a.csv", "x"),
    ]);
    assert!(
        error_of(text(hidden.path()))
            .await
            .starts_with("nothing to read")
    );
}

#[tokio::test]
async fn a_path_that_is_not_there_is_an_error() {
    let home = folder(&[("a.csv", "x")]);
    let missing = format!("{}/b.csv", text(home.path()));
    assert_eq!(
        error_of(&missing).await,
        format!("no file or folder at `{missing}`")
    );
    let below_a_file = format!("{}/a.csv/b.csv", text(home.path()));
    assert_eq!(
        error_of(&below_a_file).await,
        format!("no file or folder at `{below_a_file}`")
    );
    assert!(
        error_of(&format!("{}/*.parquet", text(home.path())))
            .await
            .starts_with("no file matches")
    );
    assert!(
        error_of(&format!("{}/none/*.csv", text(home.path())))
            .await
            .starts_with("no file matches")
    );
}

#[tokio::test]
async fn folders_are_read_recursively_in_the_order_of_their_paths() {
    let home = folder(&[
        ("b.csv", "x"),
        ("a/z.csv", "x"),
        ("a.csv", "x"),
        ("_day=1/a.csv", "x"),
        ("_x.csv", "x"),
    ]);
    assert_eq!(
        names_in(&home).await,
        ["_day=1/a.csv", "a.csv", "a/z.csv", "b.csv"]
    );
}

#[tokio::test]
async fn a_hidden_or_empty_file_that_is_named_itself_is_found() {
    let home = folder(&[("_a.csv", "x"), ("empty.csv", "")]);
    assert_eq!(names_of(&home, "_a.csv").await.unwrap(), ["_a.csv"]);
    assert_eq!(names_of(&home, "_*.csv").await.unwrap(), ["_a.csv"]);
    assert_eq!(names_of(&home, "empty.csv").await.unwrap(), ["empty.csv"]);
}

#[tokio::test]
async fn patterns_match_local_paths() {
    let home = folder(&[
        ("2026/01/a.csv", "x"),
        ("2026/02/b.csv", "x"),
        ("2026/c.csv", "x"),
        ("2026/_d.csv", "x"),
    ]);
    assert_eq!(names_of(&home, "2026/*.csv").await.unwrap(), ["2026/c.csv"]);
    assert_eq!(
        names_of(&home, "2026/**/*.csv").await.unwrap(),
        ["2026/01/a.csv", "2026/02/b.csv", "2026/c.csv"]
    );
    assert_eq!(
        names_of(&home, "2026/{01,02}/?.csv").await.unwrap(),
        ["2026/01/a.csv", "2026/02/b.csv"]
    );
}

#[tokio::test]
async fn a_file_whose_name_looks_like_a_pattern_is_found_by_its_name() {
    let home = folder(&[("day[1].csv", "x"), ("day1.csv", "x")]);
    assert_eq!(names_of(&home, "day[1].csv").await.unwrap(), ["day[1].csv"]);
}

#[tokio::test]
async fn odd_names_are_read_as_streams_and_at_any_offset() {
    for name in [
        "two words.csv",
        "50%20off.csv",
        "größe-数据.csv",
        "a#b?c&d.csv",
        "100%.csv",
        "it's \"q\".csv",
    ] {
        let home = folder(&[(name, "a\n1\n")]);
        let files = find_files(text(home.path()), &Environment::default())
            .await
            .unwrap();
        assert_eq!(content(&files[0]).await.unwrap(), b"a\n1\n", "{name}");
        let object = files[0].random_access().await.unwrap();
        assert_eq!(
            object
                .store
                .get_range(&object.meta.location, 2..3)
                .await
                .unwrap()
                .as_ref(),
            b"1",
            "{name}"
        );
        assert_eq!(files[0].extension().as_deref(), Some("csv"));
    }
}

#[tokio::test]
async fn a_relative_path_with_dots_can_be_read_at_any_offset() {
    let home = folder(&[("a.parquet", "0123"), ("sub/b.csv", "x")]);
    let location = format!("{}/sub/../a.parquet", text(home.path()));
    let files = find_files(&location, &Environment::default())
        .await
        .unwrap();
    assert_eq!(files[0].random_access().await.unwrap().meta.size, 4);
}

#[tokio::test]
async fn links_are_followed_and_nothing_is_read_twice() {
    let home = folder(&[("2026-01/a.csv", "x"), ("b.csv", "x")]);
    let elsewhere = folder(&[("c.csv", "x")]);
    symlink(home.path().join("2026-01"), home.path().join("latest")).unwrap();
    symlink(home.path().join("b.csv"), home.path().join("same.csv")).unwrap();
    symlink(elsewhere.path(), home.path().join("linked")).unwrap();
    symlink(home.path(), home.path().join("2026-01/loop")).unwrap();
    assert_eq!(
        names_in(&home).await,
        ["2026-01/a.csv", "b.csv", "linked/c.csv"]
    );
}

#[tokio::test]
async fn a_link_to_nothing_is_an_error_and_not_passed_over() {
    let home = folder(&[("a.csv", "x")]);
    symlink(home.path().join("gone.csv"), home.path().join("link.csv")).unwrap();
    let expected = format!("no file or folder at `{}/link.csv`", text(home.path()));
    assert_eq!(error_of(text(home.path())).await, expected);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_file_that_cannot_be_read_is_an_error_that_names_it() {
    // Reading it fails for every user, also for one whom no permission stops.
    let unreadable = "/proc/self/mem";
    let files = find_files(unreadable, &Environment::default())
        .await
        .unwrap();
    assert_eq!(
        content(&files[0]).await.unwrap_err().to_string(),
        "failed to read `/proc/self/mem`"
    );
}

#[tokio::test]
async fn a_truncated_gzip_file_is_an_error_that_says_so() {
    let home = folder(&[]);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, "a,b\n1,2\n".repeat(1000).as_bytes()).unwrap();
    let stored = encoder.finish().unwrap();
    let path = home.path().join("day.csv.gz");
    fs::write(&path, &stored[..stored.len() / 2]).unwrap();
    let files = find_files(text(&path), &Environment::default())
        .await
        .unwrap();
    let expected = format!(
        "the gzip data of `{}` ends too early; the file is truncated",
        path.display()
    );
    assert_eq!(content(&files[0]).await.unwrap_err().to_string(), expected);
}

/// Files of this process that are open below `folder`.
fn open_files(folder: &Path) -> usize {
    let open = fs::read_dir("/proc/self/fd").unwrap();
    open.filter(|entry| {
        entry.as_ref().is_ok_and(|entry| {
            fs::read_link(entry.path()).is_ok_and(|target| target.starts_with(folder))
        })
    })
    .count()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn ten_thousand_files_are_found_in_order_and_opened_one_at_a_time() {
    let home = folder(&[]);
    for file in 0..10_000 {
        fs::write(home.path().join(format!("{file:05}.csv")), "x").unwrap();
    }
    let files = find_files(text(home.path()), &Environment::default())
        .await
        .unwrap();
    assert_eq!(open_files(home.path()), 0);
    let expected: Vec<String> = (0..10_000)
        .map(|file| format!("{}/{file:05}.csv", text(home.path())))
        .collect();
    assert!(
        files
            .iter()
            .map(|file| file.uri())
            .eq(expected.iter().map(String::as_str))
    );
    let first = files[0].read().await.unwrap();
    assert_eq!(open_files(home.path()), 1);
    drop(first);
    assert_eq!(open_files(home.path()), 0);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_pipe_is_kept_so_that_it_can_be_read_twice_and_from_its_end() {
    let (reader, mut writer) = std::io::pipe().unwrap();
    std::io::Write::write_all(&mut writer, b"0123456789").unwrap();
    drop(writer);
    let location = format!("/proc/self/fd/{}", reader.as_raw_fd());
    let scratch = folder(&[]);
    let environment = Environment::from_iter([("TMPDIR", text(scratch.path()))]);
    let files = find_files(&location, &environment).await.unwrap();
    assert_eq!(files[0].extension(), None);
    let stream = files[0].read().await.unwrap();
    assert_eq!(content(&files[0]).await.unwrap(), b"0123456789");
    let object = files[0].random_access().await.unwrap();
    assert_eq!(
        object
            .store
            .get_range(&object.meta.location, 8..10)
            .await
            .unwrap()
            .as_ref(),
        b"89"
    );
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1);
    drop(files);
    drop(stream);
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_document_of_a_folder_is_there_or_not() {
    let home = folder(&[("constraints.json", "{}")]);
    let environment = Environment::default();
    let document = |location: String, name: &'static str| {
        let environment = environment.clone();
        async move { read_document(&location, name, &environment).await }
    };
    let place = text(home.path()).to_owned();
    assert_eq!(
        document(place.clone(), "constraints.json")
            .await
            .unwrap()
            .as_deref(),
        Some(b"{}".as_slice())
    );
    assert_eq!(
        document(place.clone(), "statistics.json").await.unwrap(),
        None
    );
    assert_eq!(
        document(format!("{place}/constraints.json"), "statistics.json")
            .await
            .unwrap(),
        None
    );
    let error = document(format!("{place}/none"), "statistics.json")
        .await
        .unwrap_err();
    assert!(matches!(error, ReadLocation::Missing { .. }), "{error}");
}

#[tokio::test]
async fn a_file_url_is_decoded() {
    let home = folder(&[("two words.csv", "x")]);
    let location = format!("file://{}/two%20words.csv", text(home.path()));
    let found = contents(text(home.path()), &location, &Environment::default())
        .await
        .unwrap();
    assert_eq!(found, [("two words.csv".to_owned(), "x".to_owned())]);
}
