//! A piece of an answer for a message: short, on one line, without what steers a terminal and without
//! the secrets that were sent.

const MAX_CHARACTERS: usize = 160;
/// A bound on the work; the rest of an answer is not looked at.
const MAX_BYTES: usize = 4 << 10;
/// Shorter values are no secrets, and would blank ordinary text.
const SHORTEST_SECRET: usize = 4;

/// The start of an answer in backticks; `nothing` where it is empty.
pub(super) fn excerpt(answer: &[u8], secrets: &[String]) -> String {
    let start = &answer[..answer.len().min(MAX_BYTES)];
    let mut text = String::from_utf8_lossy(start).into_owned();
    for secret in secrets
        .iter()
        .filter(|secret| secret.len() >= SHORTEST_SECRET)
    {
        text = text.replace(secret.as_str(), "…");
    }
    let harmless = |character: char| match character {
        '`' => '\'',
        character if character.is_control() || steers_text(character) => ' ',
        character => character,
    };
    let words: String = text.chars().map(harmless).collect();
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        return "nothing".to_owned();
    }
    let shown: String = line.chars().take(MAX_CHARACTERS).collect();
    let whole = shown.len() == line.len() && start.len() == answer.len();
    format!("`{shown}{}`", if whole { "" } else { "…" })
}

/// Marks that reorder or hide text.
fn steers_text(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_short_and_harmless() {
        assert_eq!(excerpt(b"", &[]), "nothing");
        assert_eq!(excerpt(b" a\n\tb\x1b[31m `c`", &[]), "`a b [31m 'c'`");
        assert_eq!(excerpt("a\u{202e}b".as_bytes(), &[]), "`a b`");
        let long = excerpt(&[b'x'; 100_000], &[]);
        assert_eq!(long.chars().count(), MAX_CHARACTERS + 3);
        assert!(long.ends_with("x…`"));
    }

    #[test]
    fn a_secret_that_comes_back_is_blanked() {
        let secrets = vec!["Bearer hush".to_owned(), "abc".to_owned()];
        assert_eq!(
            excerpt(b"bad token Bearer hush, abc", &secrets),
            "`bad token …, abc`"
        );
    }
}
