//! Which characters of a document have no glyph. It is read off the pages as they were set, so
//! that it is what a reader does not see, whatever the fonts claim.

use std::collections::BTreeMap;

use typst::layout::{Frame, FrameItem};
use typst::text::TextItem;
use typst::visualize::{Image, ImageKind};
use typst_layout::PagedDocument;

use crate::Fonts;

/// A character that is shown as a box, or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingGlyph {
    pub character: char,
    /// The first page that it stands on, from 1.
    pub page: usize,
    /// How often it stands in the document.
    pub count: usize,
}

impl MissingGlyph {
    /// `U+5C45`.
    pub fn code(&self) -> String {
        format!("U+{:04X}", u32::from(self.character))
    }
}

/// In the order of their code points.
pub(crate) fn missing_glyphs(document: &PagedDocument, fonts: &Fonts) -> Vec<MissingGlyph> {
    let mut search = Search {
        fonts,
        page: 0,
        found: BTreeMap::new(),
    };
    for (at, page) in document.pages().iter().enumerate() {
        search.page = at + 1;
        search.frame(&page.frame);
    }
    search.found.into_values().collect()
}

struct Search<'a> {
    fonts: &'a Fonts,
    page: usize,
    found: BTreeMap<char, MissingGlyph>,
}

impl Search<'_> {
    fn frame(&mut self, frame: &Frame) {
        for (_, item) in frame.items() {
            match item {
                FrameItem::Group(group) => self.frame(&group.frame),
                FrameItem::Text(text) => self.text(text),
                FrameItem::Image(image, _, _) => self.image(image),
                FrameItem::Shape(..) | FrameItem::Link(..) | FrameItem::Tag(_) => {}
            }
        }
    }

    /// Glyph 0 is the font's sign for what it lacks (OpenType, `cmap`).
    fn text(&mut self, item: &TextItem) {
        let mut seen = None;
        for glyph in item.glyphs.iter().filter(|glyph| glyph.id == 0) {
            // Several glyphs may stand for the same piece of text.
            if seen == Some(glyph.range()) {
                continue;
            }
            let text = item.text.get(glyph.range()).unwrap_or_default();
            let lacking = |character: &char| !self.fonts.cover(*character);
            let mut characters: Vec<char> = text.chars().filter(is_shown).filter(lacking).collect();
            if characters.is_empty() {
                // The fonts have them, but not as they stand here.
                characters = text.chars().filter(is_shown).collect();
            }
            for character in characters {
                self.add(character);
            }
            seen = Some(glyph.range());
        }
    }

    /// A picture is drawn by another library, which falls back on the same fonts.
    fn image(&mut self, image: &Image) {
        let ImageKind::Svg(svg) = image.kind() else {
            return;
        };
        let Ok(source) = std::str::from_utf8(svg.data()) else {
            return;
        };
        for part in source.split("<text").skip(1) {
            let shown = part
                .split_once('>')
                .and_then(|(_, rest)| rest.split_once("</text>"));
            let Some((text, _)) = shown else { continue };
            for character in text.chars().filter(is_shown) {
                if !self.fonts.cover(character) {
                    self.add(character);
                }
            }
        }
    }

    fn add(&mut self, character: char) {
        let page = self.page;
        let entry = self.found.entry(character).or_insert(MissingGlyph {
            character,
            page,
            count: 0,
        });
        entry.count += 1;
    }
}

/// Neither a space nor a mark that no font draws: joiners, variation selectors, directions
/// (Unicode, `Default_Ignorable_Code_Point`, those that text holds).
fn is_shown(character: &char) -> bool {
    let is_ignorable = matches!(
        u32::from(*character),
        0x00AD | 0x034F | 0x061C | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F
            | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F
            | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFF8 | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A
            | 0xE0000..=0xE0FFF
    );
    !is_ignorable && !character.is_whitespace() && !character.is_control()
}
