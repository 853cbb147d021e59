//! Words as plain text, for places that know no marks.

use super::{Inline, Tone, Words};

pub(crate) fn plain(words: &Words) -> String {
    let parts = words.0.iter().map(|inline| match inline {
        Inline::Text(text) | Inline::Strong(text) | Inline::Name(text) | Inline::Data(text) => {
            text.clone()
        }
        Inline::Small(text) => format!(" ({text})"),
        Inline::Badge(Tone::Quiet, text) => text.clone(),
        Inline::Badge(_, text) => format!("[{text}]"),
        Inline::Break => " ".to_owned(),
    });
    parts.collect()
}
