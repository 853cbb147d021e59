//! Text between tags.

use std::borrow::Cow;

/// With the characters of markup written as entities, and without those that XML 1.0 cannot say.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    let allowed = |character: char| matches!(character, '\t' | '\n' | '\r' | '\u{20}'..);
    if text.chars().all(allowed) {
        return quick_xml::escape::escape(text);
    }
    let kept: String = text
        .chars()
        .filter(|character| allowed(*character))
        .collect();
    Cow::Owned(quick_xml::escape::escape(kept.as_str()).into_owned())
}
