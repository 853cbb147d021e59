//! XGBoost writes `NaN` and `Infinity` into its JSON, which JSON does not have: they become `null`
//! and a number beyond the range of float32.

use std::borrow::Cow;

use memchr::memmem;

const WORDS: [(&[u8], &[u8]); 2] = [(b"NaN", b"null"), (b"Infinity", b"4e38")];

/// `text` itself where it has none of them.
pub(crate) fn as_json(text: &[u8]) -> Cow<'_, [u8]> {
    if WORDS
        .iter()
        .all(|(word, _)| memmem::find(text, word).is_none())
    {
        return Cow::Borrowed(text);
    }
    let mut json = Vec::with_capacity(text.len() + text.len() / 8);
    let mut at = 0;
    let mut quoted = false;
    while at < text.len() {
        let rest = &text[at..];
        let word = WORDS.iter().find(|(word, _)| rest.starts_with(word));
        match (rest[0], word) {
            (_, Some((word, replacement))) if !quoted => {
                json.extend_from_slice(replacement);
                at += word.len();
                continue;
            }
            (b'\\', _) if quoted => {
                let escaped = &rest[..rest.len().min(2)];
                json.extend_from_slice(escaped);
                at += escaped.len();
                continue;
            }
            (b'"', _) => quoted = !quoted,
            (_, _) => {}
        }
        json.push(rest[0]);
        at += 1;
    }
    Cow::Owned(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_outside_of_texts_are_replaced() {
        let text = br#"{"NaN\"NaN":[NaN,-Infinity,1],"x":"Infinity"}"#;
        let json = br#"{"NaN\"NaN":[null,-4e38,1],"x":"Infinity"}"#;
        assert_eq!(as_json(text).as_ref(), json);
        assert!(matches!(as_json(b"[1]"), Cow::Borrowed(_)));
    }
}
