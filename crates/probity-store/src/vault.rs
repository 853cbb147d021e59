//! Secrets at rest: AES-256-GCM under the key file, a new random nonce for each, bound to the
//! name of what they belong to, so that a sealed secret moved to another row does not open.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};

use crate::error::StoreError;

/// Opens and seals with the key file's 32 bytes.
#[derive(Clone)]
pub struct Vault {
    key: LessSafeKey,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

/// Text form of a sealed secret: this, then base64 of nonce and ciphertext.
const VERSION: &str = "v1:";

impl Vault {
    pub fn open(key: &[u8; 32]) -> Vault {
        let key = UnboundKey::new(&AES_256_GCM, key).expect("a key of 32 bytes suits AES-256");
        Vault {
            key: LessSafeKey::new(key),
        }
    }

    /// Seals what belongs to `name`. Nonces are random: 96 bits suffice for billions of secrets.
    pub(crate) fn seal(&self, name: &str, secret: &str) -> Result<String, StoreError> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new()
            .fill(&mut nonce)
            .map_err(|_| StoreError::NoRandomness)?;
        let mut sealed = secret.as_bytes().to_vec();
        self.key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(name),
                &mut sealed,
            )
            .map_err(|_| StoreError::NoRandomness)?;
        let bytes = [nonce.as_slice(), &sealed].concat();
        Ok(format!("{VERSION}{}", STANDARD.encode(bytes)))
    }

    /// `None` when it was sealed with another key, for another name, or was changed.
    pub(crate) fn unseal(&self, name: &str, text: &str) -> Option<String> {
        let mut bytes = STANDARD.decode(text.strip_prefix(VERSION)?).ok()?;
        let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let opened = self
            .key
            .open_in_place(nonce, Aad::from(name), sealed)
            .ok()?;
        String::from_utf8(opened.to_vec()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_comes_back_with_its_key_and_name_only() {
        let vault = Vault::open(&[7; 32]);
        let sealed = vault.seal("AKIA1", "secret").unwrap();
        assert!(!sealed.contains("secret"));
        assert_eq!(vault.unseal("AKIA1", &sealed).as_deref(), Some("secret"));
        assert_eq!(vault.unseal("AKIA2", &sealed), None);
        assert_eq!(Vault::open(&[8; 32]).unseal("AKIA1", &sealed), None);
        assert_eq!(vault.unseal("AKIA1", "secret"), None);
        assert_eq!(vault.unseal("AKIA1", "v1:AAAA"), None);
    }

    #[test]
    fn one_secret_is_sealed_differently_each_time() {
        let vault = Vault::open(&[7; 32]);
        assert_ne!(vault.seal("a", "x").unwrap(), vault.seal("a", "x").unwrap());
    }

    #[test]
    fn a_vault_does_not_show_its_key() {
        assert_eq!(format!("{:?}", Vault::open(&[7; 32])), "Vault");
    }
}
