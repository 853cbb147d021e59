//! An error with its causes, as one line for people.

use std::error::Error;
use std::fmt;

/// `failed to read baseline `s3://b/k`: denied`.
pub(crate) struct Chain<'a>(pub(crate) &'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = self.0.to_string();
        write!(f, "{said}")?;
        let mut next = self.0.source();
        while let Some(cause) = next {
            let text = cause.to_string();
            // Some libraries repeat their cause in their own text.
            if !said.ends_with(&text) {
                write!(f, ": {text}")?;
                said = text;
            }
            next = cause.source();
        }
        Ok(())
    }
}

/// At most `limit` characters: AWS's members have a length.
pub(crate) fn at_most(limit: usize, text: &str) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(limit.saturating_sub(1)).collect();
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[derive(Debug, thiserror::Error)]
    #[error("failed to read `a`")]
    struct Outer(#[source] io::Error);

    #[test]
    fn causes_follow_what_failed() {
        let error = Outer(io::Error::other("disk on fire"));
        assert_eq!(
            Chain(&error).to_string(),
            "failed to read `a`: disk on fire"
        );
    }

    #[test]
    fn a_text_is_cut_to_its_limit() {
        assert_eq!(at_most(3, "abcd"), "ab…");
        assert_eq!(at_most(4, "abcd"), "abcd");
    }
}
