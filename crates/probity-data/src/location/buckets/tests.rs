//! Objects of a folder: what is put is found, nothing leaves the folder, nothing stale is told.

use std::io::Read;

use super::*;

struct Setting {
    folder: tempfile::TempDir,
    buckets: Buckets,
}

fn setting() -> Setting {
    let folder = tempfile::tempdir().unwrap();
    let buckets = Buckets::new(folder.path().join("objects"));
    buckets.create("bkt").unwrap();
    Setting { folder, buckets }
}

impl Setting {
    fn try_put(&self, key: &str, text: &str, condition: &Condition) -> Result<Found, BucketError> {
        let mut staged = self.buckets.stage().unwrap();
        staged.write(text.as_bytes()).unwrap();
        let description = Description {
            etag: format!("etag-of-{text}"),
            ..Description::default()
        };
        self.buckets
            .put(("bkt", key), (staged, description), condition)
    }

    fn put(&self, key: &str) {
        self.try_put(key, "x", &Condition::Always).unwrap();
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.path().join("objects/bkt").join(key)
    }

    fn text(&self, key: &str) -> String {
        let mut text = String::new();
        let (mut file, _) = self.buckets.open("bkt", key).unwrap();
        file.read_to_string(&mut text).unwrap();
        text
    }

    fn etag(&self, key: &str) -> String {
        self.buckets.find("bkt", key).unwrap().description.etag
    }

    /// All keys and shared prefixes, gathered from pages of `limit`.
    fn list(&self, prefix: &str, delimiter: Option<&str>, limit: usize) -> Vec<String> {
        let mut request = ListObjects {
            prefix: prefix.to_owned(),
            delimiter: delimiter.map(str::to_owned),
            after: None,
            limit,
        };
        let mut names = Vec::new();
        loop {
            let page = self.buckets.list("bkt", &request).unwrap();
            let mut of_page: Vec<String> = page.prefixes.into_iter().collect();
            of_page.extend(page.objects.into_iter().map(|listed| listed.key));
            of_page.sort_unstable();
            assert!(of_page.len() <= limit);
            names.extend(of_page);
            match page.next {
                None => return names,
                next => request.after = next,
            }
        }
    }
}

#[test]
fn what_is_put_is_the_file_of_that_name() {
    let setting = setting();
    setting
        .try_put("a/ü +%41.csv", "one", &Condition::Always)
        .unwrap();
    assert_eq!(
        fs::read_to_string(setting.path("a/ü +%41.csv")).unwrap(),
        "one"
    );
    assert_eq!(setting.text("a/ü +%41.csv"), "one");
    assert_eq!(setting.etag("a/ü +%41.csv"), "etag-of-one");
}

#[test]
fn a_file_that_other_means_wrote_is_described_anew() {
    let setting = setting();
    setting.put("a.csv");
    fs::write(setting.path("a.csv"), "longer").unwrap();
    let found = setting.buckets.find("bkt", "a.csv").unwrap();
    assert_eq!(found.size, 6);
    assert!(
        found.description.etag.ends_with("-1"),
        "{}",
        found.description.etag
    );
    assert_eq!(found.description.headers["content-type"], "text/csv");
}

#[test]
fn a_reader_keeps_the_version_that_it_opened() {
    let setting = setting();
    setting.try_put("a", "old", &Condition::Always).unwrap();
    let (mut file, found) = setting.buckets.open("bkt", "a").unwrap();
    setting.try_put("a", "newer", &Condition::Always).unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    assert_eq!((text.as_str(), found.size), ("old", 3));
}

#[test]
fn conditions_are_kept() {
    let setting = setting();
    let refused = |condition: &Condition| {
        let put = setting.try_put("a", "two", condition);
        assert!(matches!(put, Err(BucketError::Condition { .. })), "{put:?}");
    };
    refused(&Condition::Present);
    refused(&Condition::Etag("etag-of-one".to_owned()));
    setting.try_put("a", "one", &Condition::Absent).unwrap();
    refused(&Condition::Absent);
    refused(&Condition::Etag("other".to_owned()));
    let same = Condition::Etag("etag-of-one".to_owned());
    setting.try_put("a", "two", &same).unwrap();
    assert_eq!(setting.text("a"), "two");
}

#[test]
fn an_object_and_a_folder_of_one_name_are_a_conflict() {
    let setting = setting();
    setting.put("a");
    for key in ["a/b", "a/", "a/b/c"] {
        let put = setting.try_put(key, "", &Condition::Always);
        assert!(
            matches!(put, Err(BucketError::Conflict { .. })),
            "{key}: {put:?}"
        );
    }
    setting.put("f/b");
    let put = setting.try_put("f", "", &Condition::Always);
    assert!(matches!(put, Err(BucketError::Conflict { .. })), "{put:?}");
}

#[test]
fn folders_that_are_left_empty_go_and_marked_ones_stay() {
    let setting = setting();
    setting.put("a/b/c");
    setting.try_put("m/", "", &Condition::Always).unwrap();
    setting.put("m/x");
    for key in ["a/b/c", "m/x", "not/there"] {
        setting
            .buckets
            .delete("bkt", key, &Condition::Always)
            .unwrap();
    }
    assert!(!setting.path("a").exists() && setting.path("m").is_dir());
    assert_eq!(setting.list("", None, 10), ["m/"]);
    setting.put("a");
    setting
        .buckets
        .delete("bkt", "m/", &Condition::Always)
        .unwrap();
    assert_eq!(setting.list("", None, 10), ["a"]);
    assert!(!setting.path("m").exists());
}

#[test]
fn deleting_a_folder_by_the_name_of_an_object_does_nothing() {
    let setting = setting();
    setting.put("a/b");
    setting
        .buckets
        .delete("bkt", "a", &Condition::Always)
        .unwrap();
    setting
        .buckets
        .delete("bkt", "a/", &Condition::Always)
        .unwrap();
    assert_eq!(setting.list("", None, 10), ["a/b"]);
}

#[cfg(unix)]
#[test]
fn symbolic_links_lead_nowhere() {
    let setting = setting();
    let secret = setting.folder.path().join("secret");
    fs::create_dir(&secret).unwrap();
    fs::write(secret.join("key"), "hush").unwrap();
    std::os::unix::fs::symlink(&secret, setting.path("link")).unwrap();
    std::os::unix::fs::symlink(secret.join("key"), setting.path("file")).unwrap();
    for key in ["link/key", "file"] {
        assert!(matches!(
            setting.buckets.open("bkt", key),
            Err(BucketError::NoObject { .. })
        ));
        setting.try_put(key, "x", &Condition::Always).unwrap_err();
        let _ = setting.buckets.delete("bkt", key, &Condition::Always);
    }
    assert_eq!(setting.list("", None, 10), Vec::<String>::new());
    assert_eq!(setting.list("link/", None, 10), Vec::<String>::new());
    assert_eq!(fs::read_to_string(secret.join("key")).unwrap(), "hush");
}

#[test]
fn keys_that_leave_the_bucket_are_refused() {
    let setting = setting();
    fs::write(setting.folder.path().join("secret"), "hush").unwrap();
    for key in ["../../secret", "/etc/passwd", "a/../../../secret", ".."] {
        for error in [
            setting.buckets.find("bkt", key).unwrap_err(),
            setting.try_put(key, "x", &Condition::Always).unwrap_err(),
            setting
                .buckets
                .delete("bkt", key, &Condition::Always)
                .unwrap_err(),
        ] {
            assert!(matches!(error, BucketError::Key(_)), "{key}: {error}");
        }
        assert_eq!(setting.list(key, None, 10), Vec::<String>::new());
    }
    for bucket in ["..", ".probity", "", "bkt/../bkt"] {
        let found = setting.buckets.find(bucket, "a");
        assert!(
            matches!(found, Err(BucketError::NoBucket { .. })),
            "{found:?}"
        );
    }
}

#[test]
fn a_listing_has_the_order_of_the_bytes_of_keys() {
    let setting = setting();
    let mut keys = vec![
        "a",
        "a-b",
        "a.b",
        "a0",
        "b/c",
        "b/c-d",
        "b/d/e",
        "b-c",
        "b.c",
        "b0",
        "z",
        "ä",
        "日",
        "B",
        "~",
        "\u{10ffff}",
        "\u{ffff}",
    ];
    for key in &keys {
        setting.put(key);
    }
    keys.sort_unstable_by(|left, right| left.as_bytes().cmp(right.as_bytes()));
    for limit in [1, 2, 3, 100] {
        assert_eq!(setting.list("", None, limit), keys, "{limit}");
    }
}

#[test]
fn pages_with_a_delimiter_show_each_prefix_once() {
    let setting = setting();
    for key in [
        "a/1", "a/2", "a/b/3", "a-b", "b", "c/d/e", "p/a/1", "p/b", "p/b-x/2", "pz",
    ] {
        setting.put(key);
    }
    for limit in [1, 2, 100] {
        assert_eq!(
            setting.list("", Some("/"), limit),
            ["a-b", "a/", "b", "c/", "p/", "pz"]
        );
        assert_eq!(
            setting.list("p/", Some("/"), limit),
            ["p/a/", "p/b", "p/b-x/"]
        );
        assert_eq!(setting.list("p/b", Some("/"), limit), ["p/b", "p/b-x/"]);
        assert_eq!(
            setting.list("", Some("b"), limit),
            [
                "a-b", "a/1", "a/2", "a/b", "b", "c/d/e", "p/a/1", "p/b", "pz"
            ]
        );
    }
}

#[test]
fn empty_folders_and_what_is_being_written_are_not_listed() {
    let setting = setting();
    setting.put("a");
    fs::create_dir_all(setting.path("empty/deep")).unwrap();
    let _staged = setting.buckets.stage().unwrap();
    assert_eq!(setting.list("", None, 10), ["a"]);
    assert_eq!(setting.list("", Some("/"), 10), ["a"]);
    let names: Vec<String> = setting
        .buckets
        .names()
        .unwrap()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["bkt"]);
}

#[test]
fn a_page_goes_on_behind_keys_that_were_put_or_removed_meanwhile() {
    let setting = setting();
    for key in ["b", "d", "f"] {
        setting.put(key);
    }
    let mut request = ListObjects {
        limit: 2,
        ..ListObjects::default()
    };
    let page = setting.buckets.list("bkt", &request).unwrap();
    setting
        .buckets
        .delete("bkt", "d", &Condition::Always)
        .unwrap();
    setting.put("a");
    setting.put("e");
    request.after = page.next;
    let page = setting.buckets.list("bkt", &request).unwrap();
    let keys: Vec<&str> = page
        .objects
        .iter()
        .map(|listed| listed.key.as_str())
        .collect();
    assert_eq!((keys, page.next), (vec!["e", "f"], None));
}

#[test]
fn leftovers_of_other_processes_are_swept_and_our_own_stay() {
    let setting = setting();
    let staged = setting.buckets.stage().unwrap();
    let folder = staged.path.parent().unwrap().to_owned();
    fs::write(folder.join("0123-of-a-killed-process.part"), "half").unwrap();
    assert_eq!(setting.buckets.sweep().unwrap(), 1);
    assert!(staged.path.exists());
}

#[test]
fn only_an_empty_bucket_is_removed() {
    let setting = setting();
    setting.put("a/b");
    let refused = setting.buckets.remove("bkt");
    assert!(
        matches!(refused, Err(BucketError::NotEmpty { .. })),
        "{refused:?}"
    );
    setting
        .buckets
        .delete("bkt", "a/b", &Condition::Always)
        .unwrap();
    fs::create_dir(setting.path("empty")).unwrap();
    setting.buckets.remove("bkt").unwrap();
    assert!(matches!(
        setting.buckets.find("bkt", "a"),
        Err(BucketError::NoBucket { .. })
    ));
    assert!(matches!(setting.buckets.create("bkt"), Ok(())));
    assert!(matches!(
        setting.buckets.create("bkt"),
        Err(BucketError::Exists { .. })
    ));
}

#[test]
fn many_threads_putting_and_removing_below_one_folder_lose_nothing() {
    let setting = setting();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let setting = &setting;
            scope.spawn(move || {
                for round in 0..25 {
                    let key = format!("f/g/{thread}");
                    setting.put(&key);
                    assert_eq!(setting.etag(&key), "etag-of-x", "{round}");
                    setting
                        .buckets
                        .delete("bkt", &key, &Condition::Always)
                        .unwrap();
                }
            });
        }
    });
    assert!(!setting.path("f").exists());
}

#[test]
fn an_object_that_is_being_put_is_seen_with_its_own_description_or_not_at_all() {
    let setting = setting();
    for round in 0..25 {
        let key = format!("new/{round}");
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| setting.put(&key));
            while !writer.is_finished() {
                match setting.buckets.find("bkt", &key) {
                    Ok(found) => assert_eq!(found.description.etag, "etag-of-x", "{round}"),
                    Err(BucketError::NoObject { .. }) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
        });
    }
}
