//! The fonts that a document may be set in: those of the program, and those that an operator
//! adds for scripts that the program's fonts lack.

use std::fmt;
use std::sync::{Arc, LazyLock};

use thiserror::Error;
use typst::foundations::Bytes;
use typst::text::{Font, FontBook, FontVariant};
use typst::utils::LazyHash;

/// Libertinus Serif, New Computer Modern and DejaVu Sans Mono: Latin, Greek, Cyrillic, Hebrew,
/// Arabic and symbols.
static PROGRAM: LazyLock<Fonts> = LazyLock::new(|| {
    let fonts = typst_assets::fonts().flat_map(|bytes| Font::iter(Bytes::new(bytes)));
    Fonts::of(fonts.collect())
});

/// Cheap to clone.
#[derive(Clone)]
pub struct Fonts {
    fonts: Arc<Vec<Font>>,
    book: Arc<LazyHash<FontBook>>,
}

#[derive(Debug, Error)]
#[error("the file at position {position} holds no font that can be used")]
pub struct UnusableFont {
    /// Among the files that were given, from 0.
    pub position: usize,
}

impl Fonts {
    /// The program's, and those of `files` (TrueType, OpenType and their collections).
    pub fn with(files: Vec<Vec<u8>>) -> Result<Fonts, UnusableFont> {
        let mut fonts = PROGRAM.fonts.as_ref().clone();
        for (position, bytes) in files.into_iter().enumerate() {
            let before = fonts.len();
            fonts.extend(Font::iter(Bytes::new(bytes)));
            if fonts.len() == before {
                return Err(UnusableFont { position });
            }
        }
        Ok(Fonts::of(fonts))
    }

    fn of(fonts: Vec<Font>) -> Fonts {
        Fonts {
            book: Arc::new(LazyHash::new(FontBook::from_fonts(fonts.iter()))),
            fonts: Arc::new(fonts),
        }
    }

    pub(crate) fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    pub(crate) fn get(&self, index: usize) -> Option<Font> {
        self.fonts.get(index).cloned()
    }

    /// Whether any font has a glyph for it.
    pub(crate) fn cover(&self, character: char) -> bool {
        let text = character.encode_utf8(&mut [0; 4]).to_owned();
        let book: &FontBook = &self.book;
        book.select_fallback(None, FontVariant::default(), &text)
            .is_some()
    }
}

/// Those of the program.
impl Default for Fonts {
    fn default() -> Fonts {
        PROGRAM.clone()
    }
}

impl fmt::Debug for Fonts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let families = self.book.families().map(|(family, _)| family);
        f.debug_list().entries(families).finish()
    }
}
