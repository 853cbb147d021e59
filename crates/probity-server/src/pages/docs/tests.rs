//! The pages against the folder that they come from.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::*;

/// A page is at most so large, before the frame around it.
const LARGEST: usize = 140_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// Files below `docs/`, by their paths there.
fn files(below: &Path, ending: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|known| known == ending) {
            let name = path.strip_prefix(folder()).unwrap();
            found.insert(name.with_extension("").to_string_lossy().replace('\\', "/"));
        }
    }
    found
}

#[test]
fn every_file_is_a_page_or_left_out_by_name() {
    let mut there = files(&folder(), "md");
    there.retain(|path| !list::LEFT_OUT.iter().any(|start| path.starts_with(start)));
    let listed: BTreeSet<String> = list::PAGES
        .iter()
        .map(|page| page.path.to_owned())
        .collect();
    assert_eq!(there, listed, "add a new page to pages/docs/list.rs");
    assert_eq!(listed.len(), list::PAGES.len(), "a page stands there twice");
}

#[test]
fn every_kind_is_in_a_column_of_the_index() {
    let columns: Vec<Kind> = COLUMNS.concat();
    assert_eq!(columns.len(), Kind::ALL.len());
    assert!(Kind::ALL.iter().all(|kind| columns.contains(kind)));
}

#[test]
fn every_link_leads_somewhere() {
    let mut broken = Vec::new();
    for shown in SHOWN.iter() {
        for link in &shown.rendered.links {
            if !leads_somewhere(shown, link) {
                broken.push(format!("docs/{}.md: {link}", shown.page.path));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

fn leads_somewhere(shown: &Shown, link: &str) -> bool {
    match target(shown.page.path, link) {
        Target::Image { .. } => true,
        // A picture is shown, or it is missing from the list.
        Target::Nowhere if link.ends_with(".png") => false,
        // A file of the repository.
        Target::Nowhere => {
            let file = link.split('#').next().unwrap();
            let from = folder().join(shown.page.path);
            from.parent().unwrap().join(file).exists()
        }
        Target::Address(address) => {
            let (path, anchor) = address.split_once('#').unwrap_or((&address, ""));
            let page = match path.strip_prefix("/docs/") {
                None => Some(shown),
                Some(name) => SHOWN.iter().find(|other| other.page.path == name),
            };
            page.is_some_and(|page| anchor.is_empty() || has(page, anchor))
        }
    }
}

fn has(page: &Shown, anchor: &str) -> bool {
    page.rendered
        .headings
        .iter()
        .any(|heading| heading.anchor == anchor)
}

#[test]
fn a_link_to_nothing_is_found() {
    let shown = SHOWN
        .iter()
        .find(|shown| shown.page.path == "demo")
        .unwrap();
    assert!(leads_somewhere(shown, "server.md#endpoints"));
    assert!(leads_somewhere(shown, "../README.md"));
    for link in [
        "server.md#nowhere",
        "nowhere.md",
        "#nowhere",
        "../nowhere.rs",
        "images/unlisted.png",
    ] {
        assert!(!leads_somewhere(shown, link), "{link}");
    }
}

#[test]
fn every_image_is_shown_by_a_page() {
    for image in list::IMAGES {
        let address = format!("src=\"/docs/{}\"", image.path);
        assert!(
            SHOWN
                .iter()
                .any(|shown| shown.rendered.html.contains(&address)),
            "{address}"
        );
    }
}

#[test]
fn pages_are_small_and_hold_nothing_that_the_policy_forbids() {
    for shown in SHOWN.iter() {
        let (path, text) = (shown.page.path, &shown.rendered.html);
        assert!(text.len() < LARGEST, "{path}: {} bytes", text.len());
        assert!(!text.contains("<script"), "{path}");
        assert!(!text.contains(" style="), "{path}");
        assert!(!shown.rendered.title.is_empty(), "{path}");
    }
}

#[test]
fn a_path_is_followed_from_its_page() {
    for (from, file, path) in [
        ("demo", "server.md", Some("server.md")),
        ("reference/coverage", "../server.md", Some("server.md")),
        ("guides/a", "./b.md", Some("guides/b.md")),
        ("demo", "../README.md", None),
    ] {
        assert_eq!(below_docs(from, file).as_deref(), path);
    }
}
