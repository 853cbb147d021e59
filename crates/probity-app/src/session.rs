//! Sessions of browsers: begun with an access key or a link that works once, ended by their user,
//! by time, and with the user or the key that they came from.
//!
//! Times are handed in: sessions live in the world's time, also where the server's is simulated.

use probity_store::session as rows;
use probity_store::user;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::caller::{Access, Caller};
use crate::deed::Deed;
use crate::event;
use crate::fault::Fault;

/// Who may see anything of the dashboard may sign in.
const SEE: &str = "probity:GetDashboard";
const SIGN_IN: &str = "probity:SignIn";
const SIGN_OUT: &str = "probity:SignOut";

/// How long a session lasts.
pub const LASTS_MS: i64 = 12 * 60 * 60 * 1000;

/// What a browser keeps, and shows with each request. Random, and never shown again.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Two random UUIDs: 244 bits that nobody guesses.
    pub fn new(app: &App) -> Token {
        let digits: String = [app.ids.uuid(), app.ids.uuid()]
            .concat()
            .chars()
            .filter(char::is_ascii_hexdigit)
            .collect();
        Token(digits)
    }

    /// As a browser sent it.
    pub fn of(text: &str) -> Token {
        Token(text.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn hash(&self) -> String {
        hex(&Sha256::digest(self.0.as_bytes()))
    }

    /// What forms of this browser carry: it follows from the token, and gives nothing of it away.
    pub fn form_key(&self) -> String {
        hex(&Sha256::digest(format!("probity form {}", self.0)))
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

/// Whose session it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    pub user: String,
    pub access: Access,
    pub expires_ms: i64,
}

/// `caller` has shown the secret of the key: from now on whoever has the token is the caller.
pub async fn begin(
    app: &App,
    caller: &Caller,
    access_key_id: &str,
    now_ms: i64,
) -> Result<Token, Fault> {
    let deed = Deed::authorise(app, caller, SEE)?;
    let mut unit = app.store.begin().await?;
    let token = write(&mut unit, &deed, (access_key_id, now_ms)).await?;
    unit.commit().await?;
    Ok(token)
}

async fn write(
    unit: &mut probity_store::Unit,
    deed: &Deed<'_>,
    (access_key_id, now_ms): (&str, i64),
) -> Result<Token, Fault> {
    let deed = Deed {
        action: SIGN_IN,
        ..*deed
    };
    let token = Token::new(deed.app);
    let session = rows::Session {
        hash: token.hash(),
        user: deed.actor.to_owned(),
        access_key_id: access_key_id.to_owned(),
        created_ms: now_ms,
        expires_ms: now_ms.saturating_add(LASTS_MS),
    };
    rows::delete_ended(unit, now_ms).await?;
    rows::insert(unit, &session).await?;
    let by = match access_key_id {
        "" => "link",
        _ => "access key",
    };
    let change = json!({"signedIn": {"By": by, "AccessKeyId": access_key_id}});
    event::record(unit, &deed, &arn(&deed), change).await?;
    Ok(token)
}

/// `None` for a session that is none, or no more.
pub async fn find(app: &App, token: &Token, now_ms: i64) -> Result<Option<SignedIn>, Fault> {
    let found = rows::find(&app.store, &token.hash(), now_ms).await?;
    Ok(found.and_then(signed_in))
}

/// `None` where the access is one that this version does not know.
fn signed_in(row: rows::SignedIn) -> Option<SignedIn> {
    Some(SignedIn {
        access: Access::parse(&row.access)?,
        user: row.user,
        expires_ms: row.expires_ms,
    })
}

pub async fn end(app: &App, caller: &Caller, token: &Token) -> Result<(), Fault> {
    let deed = Deed {
        action: SIGN_OUT,
        ..Deed::authorise(app, caller, SEE)?
    };
    let mut unit = app.store.begin().await?;
    rows::delete(&mut unit, &token.hash()).await?;
    event::record(&mut unit, &deed, &arn(&deed), json!({"signedOut": {}})).await?;
    unit.commit().await?;
    Ok(())
}

/// Whom a link signs in, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewLink<'a> {
    pub user: &'a str,
    pub expires_ms: i64,
}

/// The token of `/sign-in?token=…`, which signs the user in once.
pub async fn create_link(app: &App, caller: &Caller, link: NewLink<'_>) -> Result<Token, Fault> {
    let deed = Deed::authorise(app, caller, "probity:CreateSignInLink")?;
    match user::get(&app.store, link.user).await? {
        Some(found) if found.disabled_ms.is_none() => {}
        Some(_) | None => {
            return Err(Fault::missing(format!(
                "there is no user `{}` who could sign in",
                link.user
            )));
        }
    }
    let token = Token::new(app);
    let row = rows::Link {
        hash: token.hash(),
        user: link.user.to_owned(),
        expires_ms: link.expires_ms,
    };
    let mut unit = app.store.begin().await?;
    rows::insert_link(&mut unit, &row).await?;
    let change = json!({"created": {"UserName": link.user}});
    // It is about whom it signs in; who made it is the event's actor.
    let about = arn_of(&deed, link.user);
    event::record(&mut unit, &deed, &about, change).await?;
    unit.commit().await?;
    Ok(token)
}

/// `None` for a link that is none, was used, or has ended. `nobody` says where the request came
/// from; the link says who makes it.
pub async fn redeem_link(
    app: &App,
    nobody: &Caller,
    link: &Token,
    now_ms: i64,
) -> Result<Option<Token>, Fault> {
    let mut unit = app.store.begin().await?;
    let taken = rows::take_link(&mut unit, &link.hash(), now_ms).await?;
    let Some(signed_in) = taken.and_then(signed_in) else {
        // Ended ones were taken away all the same.
        unit.commit().await?;
        return Ok(None);
    };
    let caller = Caller {
        user: signed_in.user,
        access: signed_in.access,
        ..nobody.clone()
    };
    let deed = Deed::authorise(app, &caller, SEE)?;
    let token = write(&mut unit, &deed, ("", now_ms)).await?;
    unit.commit().await?;
    Ok(Some(token))
}

fn arn(deed: &Deed<'_>) -> String {
    arn_of(deed, deed.actor)
}

fn arn_of(deed: &Deed<'_>, user: &str) -> String {
    format!("arn:aws:iam::{}:user/{user}", deed.account)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
