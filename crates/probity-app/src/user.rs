//! Users and their access keys, as `probity admin` makes them, and the keys that signatures are
//! checked with.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use probity_domain::{Arn, ArnPlace};
use probity_store::resource::Inserted;
use probity_store::user::{self as rows, Changed, NewKey, User};
use probity_store::{Store, StoreError, Vault};
use serde_json::{Value, json};
use tracing::warn;

use crate::app::App;
use crate::caller::{Access, Caller};
use crate::clock::Clock;
use crate::deed::Deed;
use crate::event;
use crate::fault::Fault;
use crate::timestamp::seconds;

/// A new access key; who makes it takes care that it was never given before.
#[derive(Clone, Copy)]
pub struct NewAccessKey<'a> {
    pub user: &'a str,
    pub id: &'a str,
    pub secret: &'a str,
}

impl std::fmt::Debug for NewAccessKey<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewAccessKey")
            .field("user", &self.user)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Who a signature belongs to if it was made with this secret.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    pub user: String,
    pub access: Access,
    pub secret: String,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey")
            .field("user", &self.user)
            .field("access", &self.access)
            .finish_non_exhaustive()
    }
}

/// `{"UserName", "Access"}` makes a user; answers with it.
pub async fn create(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "iam:CreateUser")?;
    let name = text(&input, "UserName")?;
    check_name(name)?;
    let access = text(&input, "Access")?;
    if Access::parse(access).is_none() {
        return Err(Fault::invalid(format!(
            "access is `administrator` or `read-only`, not `{access}`"
        )));
    }
    let user = User {
        name: name.to_owned(),
        access: access.to_owned(),
        created_ms: deed.now_ms,
        disabled_ms: None,
    };
    let mut unit = app.store.begin().await?;
    match rows::create(&mut unit, &user).await? {
        Inserted::Yes => {}
        Inserted::Exists => {
            return Err(Fault::InUse {
                message: format!("user `{name}` already exists"),
            });
        }
    }
    let change = json!({"created": {"UserName": name, "Access": access}});
    event::record(&mut unit, &deed, &user_arn(&deed, name), change).await?;
    unit.commit().await?;
    Ok(json!({"User": shown_user(&user)}))
}

/// All users, by name.
pub async fn list(app: &App, caller: &Caller, _input: Value) -> Result<Value, Fault> {
    app.authorise(caller, "iam:ListUsers")?;
    let users = rows::list(&app.store).await?;
    Ok(json!({"Users": users.iter().map(shown_user).collect::<Vec<_>>()}))
}

/// `{"UserName"}`: from now on none of the user's keys signs. The last administrator stays.
pub async fn disable(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "iam:UpdateUser")?;
    let name = text(&input, "UserName")?;
    let mut unit = app.store.begin().await?;
    // Of two who disable one of the last two administrators each, the second waits and is refused.
    let users = rows::lock_all(&mut unit).await?;
    let Some(user) = users.iter().find(|user| user.name == name) else {
        return Err(Fault::missing(format!("there is no user `{name}`")));
    };
    if user.disabled_ms.is_some() {
        return Ok(json!({"User": shown_user(user)}));
    }
    let remains = users.iter().any(|other| {
        other.name != name
            && other.disabled_ms.is_none()
            && Access::parse(&other.access) == Some(Access::Administrator)
    });
    if !remains {
        return Err(Fault::InUse {
            message: format!("`{name}` is the last administrator; make another one first"),
        });
    }
    let now_ms = deed.now_ms;
    rows::disable(&mut unit, name, now_ms).await?;
    let change = json!({"disabled": {"UserName": name}});
    event::record(&mut unit, &deed, &user_arn(&deed, name), change).await?;
    unit.commit().await?;
    let disabled = User {
        disabled_ms: Some(now_ms),
        ..user.clone()
    };
    Ok(json!({"User": shown_user(&disabled)}))
}

/// Keys without their secrets; `{"UserName"}` of one user only.
pub async fn list_keys(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    app.authorise(caller, "iam:ListAccessKeys")?;
    let user = input.get("UserName").and_then(Value::as_str);
    let keys = rows::list_keys(&app.store, user).await?;
    let shown: Vec<Value> = keys
        .iter()
        .map(|key| {
            json!({
                "AccessKeyId": key.id,
                "UserName": key.user,
                "Status": if key.revoked_ms.is_some() { "Revoked" } else { "Active" },
                "CreateDate": seconds(key.created_ms),
                "RevokeDate": key.revoked_ms.map(seconds),
                "LastUsedDate": key.last_used_ms.map(seconds),
            })
        })
        .collect();
    Ok(json!({"AccessKeyMetadata": shown}))
}

/// How long a key is known without asking the database: as long, a key that another process
/// revokes still signs.
const KNOWN_FOR: Duration = Duration::from_secs(3);

/// How often it is written down when keys signed last.
const USES_EVERY: Duration = Duration::from_secs(60);

/// The access keys of this server. Every request asks it, so it remembers for some seconds.
#[derive(Debug)]
pub struct KeyRing {
    store: Store,
    vault: Vault,
    clock: Arc<dyn Clock>,
    known: Mutex<HashMap<String, (Instant, SigningKey)>>,
    uses: Mutex<Uses>,
}

#[derive(Debug)]
struct Uses {
    /// By key, the last one in milliseconds.
    unwritten: HashMap<String, i64>,
    written: Instant,
}

impl KeyRing {
    pub fn new(store: Store, vault: Vault, clock: Arc<dyn Clock>) -> KeyRing {
        KeyRing {
            store,
            vault,
            clock,
            known: Mutex::default(),
            uses: Mutex::new(Uses {
                unwritten: HashMap::new(),
                written: Instant::now(),
            }),
        }
    }

    /// `None` for a key that is not there, was revoked, or whose user was disabled: callers must
    /// not learn which.
    pub async fn key_of(&self, id: &str) -> Result<Option<SigningKey>, Fault> {
        if let Some(known) = self.remembered(id) {
            return Ok(Some(known));
        }
        let Some(found) = rows::secret(&self.store, &self.vault, id).await? else {
            self.forget(id);
            return Ok(None);
        };
        let access = Access::parse(&found.access).ok_or_else(|| StoreError::Damaged {
            what: format!("user `{}`", found.user),
            problem: format!("unknown access `{}`", found.access),
        })?;
        let key = SigningKey {
            user: found.user,
            access,
            secret: found.secret,
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(found.id.clone(), (Instant::now(), key.clone()));
        drop(known);
        self.note_use(found.id);
        Ok(Some(key))
    }

    /// Makes an access key of a user who is there and was not disabled. The secret is sealed, and
    /// never shown again.
    pub async fn create_key(
        &self,
        app: &App,
        caller: &Caller,
        key: NewAccessKey<'_>,
    ) -> Result<(), Fault> {
        let deed = Deed::authorise(app, caller, "iam:CreateAccessKey")?;
        match rows::get(&app.store, key.user).await? {
            Some(user) if user.disabled_ms.is_none() => {}
            Some(_) => {
                return Err(Fault::invalid(format!("user `{}` is disabled", key.user)));
            }
            None => {
                return Err(Fault::missing(format!("there is no user `{}`", key.user)));
            }
        }
        check_key(&key)?;
        let new = NewKey {
            id: key.id,
            user: key.user,
            secret: key.secret,
            at_ms: deed.now_ms,
        };
        let mut unit = app.store.begin().await?;
        match rows::create_key(&mut unit, &self.vault, &new).await? {
            Inserted::Yes => {}
            Inserted::Exists => {
                return Err(Fault::InUse {
                    message: format!("access key `{}` already exists", key.id),
                });
            }
        }
        let change = json!({"created": {"AccessKeyId": key.id}});
        event::record(&mut unit, &deed, &user_arn(&deed, key.user), change).await?;
        unit.commit().await?;
        Ok(())
    }

    /// From now on the key does not sign: here at once, in other processes within seconds.
    pub async fn revoke_key(&self, app: &App, caller: &Caller, id: &str) -> Result<(), Fault> {
        let deed = Deed::authorise(app, caller, "iam:UpdateAccessKey")?;
        let keys = rows::list_keys(&app.store, None).await?;
        let Some(key) = keys.iter().find(|key| key.id == id) else {
            return Err(Fault::missing(format!("there is no access key `{id}`")));
        };
        let mut unit = app.store.begin().await?;
        match rows::revoke_key(&mut unit, id, deed.now_ms).await? {
            Changed::Yes => {
                let change = json!({"revoked": {"AccessKeyId": id}});
                event::record(&mut unit, &deed, &user_arn(&deed, &key.user), change).await?;
                unit.commit().await?;
            }
            Changed::No => {}
        }
        self.forget(id);
        Ok(())
    }

    /// Forgets every key: when a user was disabled.
    pub fn forget_all(&self) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.clear();
    }

    fn remembered(&self, id: &str) -> Option<SigningKey> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, key) = known.get(id)?;
        (since.elapsed() < KNOWN_FOR).then(|| key.clone())
    }

    fn forget(&self, id: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(id);
    }

    /// Writes beside the request that happens to come when it is time.
    fn note_use(&self, id: String) {
        let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        uses.unwritten.insert(id, self.clock.now_ms());
        if uses.written.elapsed() < USES_EVERY {
            return;
        }
        uses.written = Instant::now();
        let unwritten: Vec<(String, i64)> = uses.unwritten.drain().collect();
        drop(uses);
        let store = self.store.clone();
        tokio::spawn(async move {
            if let Err(error) = write_uses(&store, &unwritten).await {
                warn!(%error, "failed to write down when access keys were used");
            }
        });
    }

    /// Writes down what is not written yet, at the end of the server.
    pub async fn flush(&self) -> Result<(), Fault> {
        let unwritten: Vec<(String, i64)> = {
            let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
            uses.unwritten.drain().collect()
        };
        if !unwritten.is_empty() {
            write_uses(&self.store, &unwritten).await?;
        }
        Ok(())
    }
}

async fn write_uses(store: &Store, uses: &[(String, i64)]) -> Result<(), StoreError> {
    let mut unit = store.begin().await?;
    rows::note_use(&mut unit, uses).await?;
    unit.commit().await
}

/// IAM's rule for names of users.
fn check_name(name: &str) -> Result<(), Fault> {
    let allowed = |sign: char| sign.is_ascii_alphanumeric() || "_+=,.@-".contains(sign);
    if name.is_empty() || name.len() > 64 || !name.chars().all(allowed) {
        return Err(Fault::invalid(format!(
            "a user's name has 1 to 64 letters, digits and signs of _+=,.@-: `{name}`"
        )));
    }
    Ok(())
}

/// IAM's rule for ids of keys; a secret that could be guessed is refused.
fn check_key(key: &NewAccessKey<'_>) -> Result<(), Fault> {
    let id = key.id;
    if !(16..=128).contains(&id.len()) || !id.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err(Fault::invalid(format!(
            "an access key id has 16 to 128 letters and digits: `{id}`"
        )));
    }
    // Longer ones are not taken by what checks signatures.
    if !(16..=40).contains(&key.secret.len()) {
        return Err(Fault::invalid(
            "a secret access key has 16 to 40 characters",
        ));
    }
    Ok(())
}

/// Users have no region.
fn user_arn(deed: &Deed<'_>, name: &str) -> String {
    let place = ArnPlace {
        service: "iam",
        region: "",
        account: deed.account,
    };
    Arn::new(place, format!("user/{name}")).to_string()
}

fn shown_user(user: &User) -> Value {
    json!({
        "UserName": user.name,
        "Access": user.access,
        "CreateDate": seconds(user.created_ms),
        "DisableDate": user.disabled_ms.map(seconds),
    })
}

fn text<'a>(input: &'a Value, member: &str) -> Result<&'a str, Fault> {
    input
        .get(member)
        .and_then(Value::as_str)
        .ok_or_else(|| Fault::invalid(format!("{member} is missing")))
}
