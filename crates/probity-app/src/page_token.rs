//! `NextToken`: where a list goes on, opaque to the caller.
//!
//! It holds the last item that was shown, not a count, so it survives what is created and deleted
//! meanwhile. It is bound to the question: another question, or an edited token, is refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::fault::Fault;

/// What may change from page to page.
const NOT_THE_QUESTION: [&str; 4] = ["NextToken", "MaxResults", "nextToken", "limit"];

/// A request without its paging, in few bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question(String);

#[derive(Serialize, Deserialize)]
struct Content {
    question: String,
    after: Value,
}

impl Question {
    /// `asked` tells lists apart whose requests look alike: the action and the region.
    pub(crate) fn of(asked: &[&str], input: &Value) -> Question {
        let mut hash = Sha256::new();
        for part in asked {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        if let Value::Object(members) = input {
            let mut sorted: Vec<_> = members
                .iter()
                .filter(|(name, value)| {
                    !NOT_THE_QUESTION.contains(&name.as_str()) && !value.is_null()
                })
                .collect();
            sorted.sort_by_key(|(name, _)| name.as_str());
            for (name, value) in sorted {
                hash.update(name.as_bytes());
                hash.update([0]);
                hash.update(value.to_string().as_bytes());
                hash.update([0]);
            }
        }
        Question(URL_SAFE_NO_PAD.encode(&hash.finalize()[..12]))
    }

    /// The token of the page behind `after`.
    pub(crate) fn token(&self, after: &impl Serialize) -> Result<String, Fault> {
        let write = |source| Fault::internal("write a page token", source);
        let content = Content {
            question: self.0.clone(),
            after: serde_json::to_value(after).map_err(write)?,
        };
        let mut bytes = serde_json::to_vec(&content).map_err(write)?;
        bytes.extend_from_slice(&check(&bytes));
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Where the page begins that `token` asks for.
    pub(crate) fn after<T: DeserializeOwned>(&self, token: &str) -> Result<T, Fault> {
        self.open(token)
            .ok_or_else(|| Fault::invalid("Invalid NextToken: it is not from this list"))
    }

    fn open<T: DeserializeOwned>(&self, token: &str) -> Option<T> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (content, checked) = bytes.split_at_checked(bytes.len().checked_sub(CHECK_BYTES)?)?;
        if check(content) != checked {
            return None;
        }
        let content: Content = serde_json::from_slice(content).ok()?;
        if content.question != self.0 {
            return None;
        }
        serde_json::from_value(content.after).ok()
    }
}

const CHECK_BYTES: usize = 8;

/// Finds edited tokens. Not a signature: a token gives no rights.
fn check(content: &[u8]) -> [u8; CHECK_BYTES] {
    let hash = Sha256::digest([content, b"page token"].concat());
    let mut first = [0; CHECK_BYTES];
    first.copy_from_slice(&hash[..CHECK_BYTES]);
    first
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_token_opens_for_its_own_question_only() {
        let question = Question::of(&["ListModels"], &json!({ "NameContains": "a" }));
        let token = question.token(&("x", 3)).unwrap();
        let next = json!({ "MaxResults": 7, "NextToken": token, "NameContains": "a" });
        let after: (String, i64) = Question::of(&["ListModels"], &next).after(&token).unwrap();
        assert_eq!(after, ("x".to_owned(), 3));

        for (asked, input) in [
            ("ListModels", json!({ "NameContains": "b" })),
            ("ListModels", json!({})),
            ("ListEndpoints", json!({ "NameContains": "a" })),
        ] {
            let other = Question::of(&[asked], &input);
            assert!(
                other.after::<(String, i64)>(&token).is_err(),
                "{asked} {input}"
            );
        }
    }

    #[test]
    fn an_edited_token_is_refused() {
        let question = Question::of(&["ListModels"], &json!({}));
        let token = question.token(&"after").unwrap();
        assert_eq!(question.after::<String>(&token).unwrap(), "after");
        for at in 0..token.len() {
            let mut edited = token.clone().into_bytes();
            edited[at] = if edited[at] == b'A' { b'B' } else { b'A' };
            let edited = String::from_utf8(edited).unwrap();
            assert!(question.after::<String>(&edited).is_err(), "{at}");
        }
        for text in ["", "x", "!!!", "AAAA"] {
            assert!(question.after::<String>(text).is_err(), "{text}");
        }
    }
}
