//! Markup in, PDF out: what it gives, what it must not see, and how it fails.

use std::fs;
use std::path::{Path, PathBuf};

use probity_pdf::{Document, Fonts, MissingGlyph, Typeset};

const SQUARE: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 4 4\" width=\"4\" height=\"4\"><rect width=\"4\" height=\"4\"/></svg>";

fn typeset(source: &str, files: &[(String, Vec<u8>)]) -> Result<Document, Typeset> {
    probity_pdf::typeset(source, files, &Fonts::default())
}

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
    let first = typeset(source, &files).unwrap().pdf;
    assert!(first.starts_with(b"%PDF-1.7"));
    assert_eq!(first, typeset(source, &files).unwrap().pdf);
    assert!(!String::from_utf8_lossy(&first).contains("CreationDate"));
}

#[test]
fn the_document_is_tagged_for_screen_readers() {
    let pdf = typeset("#set document(title: \"t\")\n= A\nText", &[])
        .unwrap()
        .pdf;
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

#[track_caller]
fn check_missing(text: &str, expected: &[&str]) {
    let document = typeset(&format!("#\"{text}\";"), &[]).unwrap();
    let codes: Vec<String> = document.missing.iter().map(MissingGlyph::code).collect();
    assert_eq!(codes, expected, "{text}");
}

#[test]
fn what_no_font_has_is_listed() {
    check_missing("Ωμέγα Кириллица העברית العمر – “a” ✓", &[]);
    check_missing("顧客", &["U+5BA2", "U+9867"]);
    check_missing("a👍b", &["U+1F44D"]);
    check_missing("ไทย", &["U+0E17", "U+0E22", "U+0E44"]);
    // Joiners, selectors and marks of direction are drawn by no font.
    check_missing("a\u{200D}b\u{FE0F}c\u{2067}d\u{2069}e\u{AD}", &[]);
}

#[test]
fn a_missing_character_has_its_first_page_and_its_count() {
    let document = typeset("a #pagebreak() 居 b 居", &[]).unwrap();
    let expected = MissingGlyph {
        character: '居',
        page: 2,
        count: 2,
    };
    assert_eq!(document.missing, [expected]);
}

#[test]
fn what_a_picture_lacks_is_listed_too() {
    let picture = SQUARE.replace("</svg>", "<text y=\"3\">居a</text></svg>");
    let files = [("a.svg".to_owned(), picture.into_bytes())];
    let document = typeset("#image(\"a.svg\")", &files).unwrap();
    let codes: Vec<String> = document.missing.iter().map(MissingGlyph::code).collect();
    assert_eq!(codes, ["U+5C45"]);
}

/// The list is read by the markup, which is what typesets it at the end of a report.
#[test]
fn the_markup_is_told_what_is_missing() {
    let source = "#let list = json(\"missing-glyphs.json\")\n#\"居\"; #assert(list.len() == 0 or list.at(0) == (code: \"U+5C45\", place: \"page 1\"))\n#if list.len() > 0 { pagebreak() }";
    let one = typeset(source, &[]).unwrap();
    assert_eq!(one.missing.len(), 1);
    let two_pages = String::from_utf8_lossy(&one.pdf).contains("/Count 2");
    assert!(two_pages, "{}", String::from_utf8_lossy(&one.pdf));
}

#[test]
fn a_file_that_is_no_font_is_refused_by_its_position() {
    let error = Fonts::with(vec![b"no font".to_vec()]).unwrap_err();
    assert_eq!(error.position, 0);
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
    assert!(n >= 8, "{n}");
}

/// Japanese, Chinese, Korean and emoji; Latin, Greek, Cyrillic, Arabic, Hebrew and Devanagari are
/// in the program's fonts.
#[test]
fn of_a_card_in_ten_scripts_the_missing_characters_are_told() {
    let source = fs::read_to_string(golden().join("card-scripts-Card.typ")).unwrap();
    let files = [("picture-001.svg".to_owned(), SQUARE.as_bytes().to_vec())];
    let document = typeset(&source, &files).unwrap();
    let is_asian =
        |character: char| matches!(u32::from(character), 0x3000..=0x9FFF | 0xAC00..=0xD7A3);
    let (asian, other): (Vec<char>, Vec<char>) = document
        .missing
        .iter()
        .map(|glyph| glyph.character)
        .partition(|character| is_asian(*character));
    assert_eq!(other, ['⚖', '👍', '👩']);
    assert!(asian.contains(&'顧') || asian.contains(&'債'), "{asian:?}");
    assert!(asian.len() > 50, "{asian:?}");
    // They are listed in the document, which is one page longer or fuller by it.
    let without = source.replace("#missing-glyphs()\n", "");
    let shorter = typeset(&without, &files).unwrap();
    assert!(document.pdf.len() > shorter.pdf.len());
}

/// The prelude of reports, which the typesetter alone can hold against its word.
#[test]
fn a_long_word_is_cut_where_it_is_marked() {
    let prelude = include_str!("../../../probity-report/src/article/prelude.typ");
    let cut = prelude
        .lines()
        .find(|line| line.starts_with("#let cut("))
        .unwrap();
    let word = ["aaaaaa"; 40].join("\u{200B}");
    let source = format!(
        "{cut}\n#context {{\n  let set-in = measure(block(width: 100pt, cut(\"{word}\")))\n  \
         assert(set-in.width <= 100pt and set-in.height > 100pt)\n}}"
    );
    typeset(&source, &[]).unwrap();
}
