//! One document: markup and its files in, bytes of a tagged PDF 1.7 out.

use std::sync::{Mutex, PoisonError};

use thiserror::Error;
use typst::diag::SourceDiagnostic;
use typst::foundations::Smart;
use typst_layout::PagedDocument;
use typst_pdf::PdfOptions;

use crate::world::Desk;

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

/// Typesets `source`, which may name `files` (pictures) by their names.
///
/// The document's identifier is derived from `source`, and it carries no date unless `source`
/// sets one, so equal input gives equal bytes.
pub fn typeset(source: &str, files: &[(String, Vec<u8>)]) -> Result<Vec<u8>, Typeset> {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let desk = Desk::with(source, files)?;
    let typeset = compiled(&desk);
    typst::comemo::evict(KEPT_AGE);
    typeset
}

fn compiled(desk: &Desk) -> Result<Vec<u8>, Typeset> {
    let first = |errors: &[SourceDiagnostic]| match errors.first() {
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
    };
    let document = typst::compile::<PagedDocument>(desk)
        .output
        .map_err(|errors| first(&errors))?;
    let options = PdfOptions {
        ident: Smart::Custom(desk.source_text().to_owned()),
        creator: Smart::Custom(Some("Probity".to_owned())),
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&document, &options).map_err(|errors| first(&errors))
}
