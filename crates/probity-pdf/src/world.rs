//! What markup can see: its own text, the files handed in, and the fonts of the program.

use std::collections::HashMap;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{DiagSpan, FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World, WorldExt};

use crate::{Fonts, Typeset};

const MAIN: &str = "main.typ";

/// The file that tells the markup which characters have no glyph: `[{"code": "U+5C45",
/// "place": "page 3"}]`.
const MISSING: &str = "missing-glyphs.json";

/// A world of one document.
pub(crate) struct Desk {
    library: LazyHash<Library>,
    fonts: Fonts,
    main: Source,
    files: HashMap<FileId, Bytes>,
}

impl Desk {
    pub(crate) fn with(
        source: &str,
        files: &[(String, Vec<u8>)],
        fonts: &Fonts,
    ) -> Result<Desk, Typeset> {
        let mut known = HashMap::with_capacity(files.len() + 1);
        known.insert(file_id(MISSING)?, Bytes::new(b"[]".to_vec()));
        for (name, bytes) in files {
            known.insert(file_id(name)?, Bytes::new(bytes.clone()));
        }
        Ok(Desk {
            library: LazyHash::new(Library::default()),
            fonts: fonts.clone(),
            main: Source::new(file_id(MAIN)?, source.to_owned()),
            files: known,
        })
    }

    /// Gives the markup the list of what has no glyph.
    pub(crate) fn tell_missing(&mut self, list: String) -> Result<(), Typeset> {
        self.files
            .insert(file_id(MISSING)?, Bytes::new(list.into_bytes()));
        Ok(())
    }

    pub(crate) fn source_text(&self) -> &str {
        self.main.text()
    }

    /// From 1; `None` for what is in no line.
    pub(crate) fn line_of(&self, span: impl Into<DiagSpan>) -> Option<usize> {
        let span: DiagSpan = span.into();
        if span.id() != Some(self.main.id()) {
            return None;
        }
        let start = self.range(span)?.start;
        let before = self.main.text().get(..start)?;
        Some(before.bytes().filter(|byte| *byte == b'\n').count() + 1)
    }
}

fn file_id(name: &str) -> Result<FileId, Typeset> {
    let path = VirtualPath::new(name).map_err(|_| Typeset::FileName {
        name: name.to_owned(),
    })?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        self.fonts.book()
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main.id() {
            Ok(self.main.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.files.get(&id).cloned().ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.get(index)
    }

    /// There is no clock.
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
