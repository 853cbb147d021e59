//! Markup in, PDF out: what it gives, what it must not see, and how it fails.

use std::fs;
use std::path::{Path, PathBuf};

use probity_pdf::{Typeset, typeset};

const SQUARE: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 4 4\" width=\"4\" height=\"4\"><rect width=\"4\" height=\"4\"/></svg>";

#[track_caller]
fn check_fails(source: &str, line: usize, word: &str) {
    let error = typeset(source, &[]).unwrap_err();
    let is_at_line = matches!(&error, Typeset::Markup { line: found, .. } if *found == line);
    assert!(is_at_line && error.to_string().contains(word), "{error:?}");
}

#[test]
fn equal_input_gives_equal_bytes() {
    let source = "#set document(title: \"t\")\n= A\nText #image(\"a.svg\")";
    let files = [("a.svg".to_owned(), SQUARE.as_bytes().to_vec())];
    let first = typeset(source, &files).unwrap();
    assert!(first.starts_with(b"%PDF-1.7"));
    assert_eq!(first, typeset(source, &files).unwrap());
    assert!(!String::from_utf8_lossy(&first).contains("CreationDate"));
}

#[test]
fn the_document_is_tagged_for_screen_readers() {
    let pdf = typeset("#set document(title: \"t\")\n= A\nText", &[]).unwrap();
    assert!(String::from_utf8_lossy(&pdf).contains("/MarkInfo"));
}

#[test]
fn an_error_names_the_line() {
    check_fails("= Title\n\n#nonsense()", 3, "nonsense");
    check_fails("#image(\"missing.svg\")", 1, "");
}

#[test]
fn markup_sees_no_files_no_packages_and_no_clock() {
    check_fails("a\n#read(\"/etc/hostname\")", 2, "");
    check_fails("#import \"@preview/cetz:0.2.2\"", 1, "");
    check_fails("#datetime.today()", 1, "");
}

#[test]
fn a_file_with_an_impossible_name_is_refused() {
    let files = [("../a.svg".to_owned(), Vec::new())];
    assert!(matches!(
        typeset("a", &files),
        Err(Typeset::FileName { .. })
    ));
}

#[test]
fn scripts_that_no_font_has_are_typeset_all_the_same() {
    let pdf = typeset("#\"顧客の居住 العمر Ωμέγα Кириллица\";", &[]).unwrap();
    assert!(!pdf.is_empty());
}

/// Written by the test of the same name in `probity-report`.
fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden/report/typst")
}

#[test]
fn the_markup_of_reports_is_typeset() {
    let mut n = 0;
    for entry in fs::read_dir(golden()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "typ") {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        // The pictures are stand-ins: the report's own tests read each of them as XML.
        let names = (1..).map(|at| format!("picture-{at:03}.svg"));
        let files: Vec<(String, Vec<u8>)> = names
            .take_while(|name| source.contains(name.as_str()))
            .map(|name| (name, SQUARE.as_bytes().to_vec()))
            .collect();
        let pdf = typeset(&source, &files);
        assert!(pdf.is_ok(), "{}: {:?}", path.display(), pdf.err());
        n += 1;
    }
    assert!(n >= 3, "{n}");
}
