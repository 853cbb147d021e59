//! A model card with its evidence as one document: what the server answers, what an export job
//! puts into a bucket, and what the command writes, from the same dossier the same bytes.

use probity_domain::document::card_dossier::CardDossier;
pub use probity_pdf::{Fonts, MissingGlyph};
use probity_report::card;
pub use probity_report::card::Template;
use serde_json::Value;
use thiserror::Error;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// PDFs that are made at once; the typesetter takes one at a time.
static PDF_PLACES: Semaphore = Semaphore::const_new(2);
/// Texts that are made at once: they are quick, and do not wait for PDFs.
static TEXT_PLACES: Semaphore = Semaphore::const_new(2);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardFormat {
    Pdf,
    Html,
    Markdown,
    HuggingFace,
    Json,
}

impl CardFormat {
    pub const ALL: [CardFormat; 5] = [
        Self::Pdf,
        Self::Html,
        Self::Markdown,
        Self::HuggingFace,
        Self::Json,
    ];

    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "Pdf",
            Self::Html => "Html",
            Self::Markdown => "Markdown",
            Self::HuggingFace => "HuggingFace",
            Self::Json => "Json",
        }
    }

    pub fn parse(text: &str) -> Option<CardFormat> {
        Self::ALL.into_iter().find(|format| format.as_str() == text)
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Html => "text/html; charset=utf-8",
            Self::Markdown | Self::HuggingFace => "text/markdown; charset=utf-8",
            Self::Json => "application/json",
        }
    }
}

/// How a card is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardLayout {
    pub format: CardFormat,
    pub template: Template,
}

/// What a document is made of.
#[derive(Clone, Debug)]
pub struct CardMatter {
    pub dossier: CardDossier,
    /// As the version has it, for JSON; the other formats need none.
    pub content: Value,
    pub fonts: Fonts,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardDocument {
    pub content: CardContent,
    /// Characters that no font of the PDF has; the document lists them, too.
    pub missing_glyphs: Vec<MissingGlyph>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardContent {
    Text(String),
    Pdf(Vec<u8>),
}

/// Why a document could not be made. None of it is the fault of who asks for it.
#[derive(Debug, Error)]
pub enum MakeCardDocument {
    #[error("failed to typeset model card `{name}`")]
    Typeset {
        name: String,
        #[source]
        source: probity_pdf::Typeset,
    },
    #[error("making the document of model card `{name}` stopped unexpectedly")]
    Lost { name: String },
}

/// Makes the document on a thread that may take its time. Who no longer waits gives up its place
/// in the line.
pub async fn card_document(
    matter: CardMatter,
    layout: CardLayout,
) -> Result<CardDocument, MakeCardDocument> {
    let name = matter.dossier.name.clone();
    let lost = || MakeCardDocument::Lost { name: name.clone() };
    let places = match layout.format {
        CardFormat::Pdf => &PDF_PLACES,
        CardFormat::Html | CardFormat::Markdown | CardFormat::HuggingFace | CardFormat::Json => {
            &TEXT_PLACES
        }
    };
    let place = places.acquire().await.map_err(|_| lost())?;
    let made = spawn_blocking(move || {
        let _place = place;
        made(&matter, layout)
    });
    made.await.map_err(|_| lost())?
}

fn made(matter: &CardMatter, layout: CardLayout) -> Result<CardDocument, MakeCardDocument> {
    let (dossier, template) = (&matter.dossier, layout.template);
    let text = match layout.format {
        CardFormat::Pdf => return typeset(matter, template),
        CardFormat::Html => card::html(dossier, template),
        CardFormat::Markdown => card::markdown(dossier, template),
        CardFormat::HuggingFace => card::hugging_face(dossier),
        CardFormat::Json => format!("{:#}\n", card::json(dossier, &matter.content)),
    };
    Ok(CardDocument {
        content: CardContent::Text(text),
        missing_glyphs: Vec::new(),
    })
}

fn typeset(matter: &CardMatter, template: Template) -> Result<CardDocument, MakeCardDocument> {
    let markup = card::typesetting(&matter.dossier, template);
    let document = probity_pdf::typeset(&markup.source, &markup.files, &matter.fonts);
    let document = document.map_err(|source| MakeCardDocument::Typeset {
        name: matter.dossier.name.clone(),
        source,
    })?;
    Ok(CardDocument {
        content: CardContent::Pdf(document.pdf),
        missing_glyphs: document.missing,
    })
}
