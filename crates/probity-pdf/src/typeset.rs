//! One document: markup and its files in, bytes of a tagged PDF 1.7 out.

use std::sync::{Mutex, PoisonError};

use thiserror::Error;
use typst::diag::SourceDiagnostic;
use typst::foundations::Smart;
use typst_layout::PagedDocument;
use typst_pdf::PdfOptions;

use crate::missing::missing_glyphs;
use crate::world::Desk;
use crate::{Fonts, MissingGlyph};

/// Why a document could not be typeset. All of it is a defect of the markup's writer, not of
/// the reader's data.
#[derive(Debug, Error)]
pub enum Typeset {
    #[error("the name of a file, `{name}`, is no path")]
    FileName { name: String },
    #[error("failed to typeset line {line}: {message}")]
    Markup { line: usize, message: String },
    #[error("failed to typeset: {message}")]
    Document { message: String },
}

/// Results of one run are kept for the next iteration of the same document only.
const KEPT_AGE: usize = 0;

/// The typesetter remembers results process-wide; one document at a time keeps that bounded.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Characters that the document itself lists; the others are only told to the caller.
const MOST_LISTED: usize = 600;

/// A document that was typeset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub pdf: Vec<u8>,
    /// Characters that no font has. The markup is told, so that the document can say so too.
    pub missing: Vec<MissingGlyph>,
}

/// Typesets `source`, which may name `files` (pictures) by their names.
///
/// The document's identifier is derived from `source`, and it carries no date unless `source`
/// sets one, so equal input gives equal bytes. `source` may read `missing-glyphs.json`, which
/// says what the fonts lack: `[{"code": "U+5C45", "place": "page 3"}]`.
pub fn typeset(
    source: &str,
    files: &[(String, Vec<u8>)],
    fonts: &Fonts,
) -> Result<Document, Typeset> {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut desk = Desk::with(source, files, fonts)?;
    let typeset = document(&mut desk, fonts);
    typst::comemo::evict(KEPT_AGE);
    typeset
}

/// What is missing is known when the pages are set, and is then set at their end.
fn document(desk: &mut Desk, fonts: &Fonts) -> Result<Document, Typeset> {
    let mut pages = pages(desk)?;
    let missing = missing_glyphs(&pages, fonts);
    if !missing.is_empty() {
        desk.tell_missing(listed(&missing))?;
        pages = self::pages(desk)?;
    }
    Ok(Document {
        pdf: pdf(desk, &pages)?,
        missing,
    })
}

fn listed(missing: &[MissingGlyph]) -> String {
    let entries = missing.iter().take(MOST_LISTED).map(|glyph| {
        format!(
            "{{\"code\":\"{}\",\"place\":\"page {}\"}}",
            glyph.code(),
            glyph.page
        )
    });
    let mut entries: Vec<String> = entries.collect();
    if let Some(more) = missing.len().checked_sub(MOST_LISTED).filter(|n| *n > 0) {
        entries.push(format!(
            "{{\"code\":\"and {more} more\",\"place\":\"not listed here\"}}"
        ));
    }
    format!("[{}]", entries.join(","))
}

fn first(desk: &Desk, errors: &[SourceDiagnostic]) -> Typeset {
    match errors.first() {
        Some(error) => match desk.line_of(error.span) {
            Some(line) => Typeset::Markup {
                line,
                message: error.message.to_string(),
            },
            None => Typeset::Document {
                message: error.message.to_string(),
            },
        },
        None => Typeset::Document {
            message: "no reason was given".to_owned(),
        },
    }
}

fn pages(desk: &Desk) -> Result<PagedDocument, Typeset> {
    typst::compile::<PagedDocument>(desk)
        .output
        .map_err(|errors| first(desk, &errors))
}

fn pdf(desk: &Desk, pages: &PagedDocument) -> Result<Vec<u8>, Typeset> {
    let options = PdfOptions {
        ident: Smart::Custom(desk.source_text().to_owned()),
        creator: Smart::Custom(Some("Probity".to_owned())),
        ..PdfOptions::default()
    };
    typst_pdf::pdf(pages, &options).map_err(|errors| first(desk, &errors))
}
