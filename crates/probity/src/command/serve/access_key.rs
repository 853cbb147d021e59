//! New access keys, in AWS's spelling: twenty capital letters and digits, forty of base64.

use std::io;

use ring::rand::{SecureRandom, SystemRandom};

const ID_LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const SECRET_LETTERS: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A key as it is shown once.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct NewAccessKey {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl std::fmt::Debug for NewAccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewAccessKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// 80 random bits of name, 240 of secret.
pub(crate) fn random() -> io::Result<NewAccessKey> {
    Ok(NewAccessKey {
        id: format!("AKIA{}", letters(ID_LETTERS, 16)?),
        secret: letters(SECRET_LETTERS, 40)?,
    })
}

/// The alphabets have 32 and 64 letters, so that a byte's remainder favours none.
fn letters(alphabet: &[u8], count: usize) -> io::Result<String> {
    let mut bytes = vec![0; count];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| io::Error::other("no random numbers"))?;
    Ok(bytes
        .iter()
        .map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()]))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_look_like_those_of_aws() {
        let key = random().unwrap();
        assert_eq!((key.id.len(), key.secret.len()), (20, 40));
        assert!(key.id.starts_with("AKIA"));
        assert_ne!(random().unwrap(), key);
        assert!(!format!("{key:?}").contains(&key.secret));
    }
}
