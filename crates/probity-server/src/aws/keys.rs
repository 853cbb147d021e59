//! Access keys as signatures need them: the secret and its owner, by the key's id.

use std::fmt;

use async_trait::async_trait;
use probity_app::user::KeyRing;
use probity_app::{Access, Fault};

/// The owner of an access key, with the secret that it signs with.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyAndUser {
    pub user: String,
    pub access: Access,
    pub secret: String,
}

impl fmt::Debug for KeyAndUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyAndUser")
            .field("user", &self.user)
            .field("access", &self.access)
            .finish_non_exhaustive()
    }
}

/// Where access keys are found. `None` is a key that does not exist, was revoked, or belongs to a
/// disabled user: a caller must not learn which.
#[async_trait]
pub trait Keys: fmt::Debug + Send + Sync {
    async fn find(&self, access_key_id: &str) -> Result<Option<KeyAndUser>, Fault>;
}

#[async_trait]
impl Keys for KeyRing {
    async fn find(&self, access_key_id: &str) -> Result<Option<KeyAndUser>, Fault> {
        let found = self.key_of(access_key_id).await?;
        Ok(found.map(|key| KeyAndUser {
            user: key.user,
            access: key.access,
            secret: key.secret,
        }))
    }
}
