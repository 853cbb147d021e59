//! The policy of the workspace: one for all servers of a store. A file puts it in force on one
//! server, the store keeps its text, and every server obeys what the store keeps, so that none
//! demands less than another, and none forgets at a start what was demanded before.
//!
//! Each change is an event of the audit log, so that it can be told under which rules a card was
//! approved.

use probity_domain::document::governance_policy::{GovernancePolicy, InvalidPolicy};
use probity_domain::{Arn, ArnPlace};
use probity_store::setting;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::app::{App, PolicySource};
use crate::deed::Deed;
use crate::event;
use crate::fault::Fault;

/// What the store calls the policy in force.
const IN_FORCE: &str = "governance_policy";

/// A policy as it was read from a file.
#[derive(Clone, Debug)]
pub struct PolicyFile {
    pub policy: GovernancePolicy,
    pub source: PolicySource,
    /// The file itself: the store keeps it, and so does the event, so that the rules of a day can
    /// be read years later.
    pub text: String,
    /// The id of the server that read it.
    pub put_by: String,
}

/// The policy in force as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeptPolicy {
    /// Of the text, in hexadecimal.
    pub sha256: String,
    /// Where the server that put it in force had read it.
    pub path: String,
    pub text: String,
    /// The id of that server.
    pub put_by: String,
}

#[derive(Debug, Error)]
enum UnreadablePolicy {
    #[error("what the store keeps of it has another form")]
    Form(#[source] serde_json::Error),
    #[error("its text was changed in the database: it has the hash {found}, and had {kept}")]
    Altered { kept: String, found: String },
    #[error("this program does not know all that it says; it was put in force by another version")]
    Text(#[source] InvalidPolicy),
}

/// Puts the policy of a file in force, for all servers of the store. The one that is in force
/// already makes no event.
pub async fn put_in_force(app: &App, file: PolicyFile) -> Result<(), Fault> {
    // A policy is of the server, not of a region.
    let deed = Deed::of_server(app, "", "probity:ApplyGovernancePolicy");
    let kept = KeptPolicy {
        sha256: file.source.sha256.clone(),
        path: file.source.path.clone(),
        text: file.text,
        put_by: file.put_by,
    };
    let mut unit = app.store.begin().await?;
    let before = setting::get(&app.store, IN_FORCE).await?;
    let before = before.and_then(|text| serde_json::from_str::<KeptPolicy>(&text).ok());
    let before = before.map_or_else(String::new, |before| before.sha256);
    let text = serde_json::to_string(&kept)
        .map_err(|source| Fault::internal("keep the governance policy", source))?;
    setting::put(&mut unit, IN_FORCE, &text).await?;
    if before != kept.sha256 {
        let change = json!({
            "before": { "Sha256": before },
            "after": { "Sha256": kept.sha256, "Path": kept.path, "Text": kept.text },
        });
        event::record(&mut unit, &deed, &arn(app), change).await?;
    }
    unit.commit().await?;
    app.policy.put(file.policy, Some(file.source));
    Ok(())
}

/// The policy in force, put by whichever server of this store. `None`: there never was one.
pub async fn in_force(app: &App) -> Result<Option<KeptPolicy>, Fault> {
    let Some(text) = setting::get(&app.store, IN_FORCE).await? else {
        return Ok(None);
    };
    let kept =
        serde_json::from_str(&text).map_err(|source| unreadable(UnreadablePolicy::Form(source)));
    kept.map(Some)
}

/// This server obeys what the store keeps from now on.
pub fn obey(app: &App, kept: &KeptPolicy) -> Result<(), Fault> {
    let digest = Sha256::digest(kept.text.as_bytes());
    let found: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    if found != kept.sha256 {
        let kept = kept.sha256.clone();
        return Err(unreadable(UnreadablePolicy::Altered { kept, found }));
    }
    let policy = GovernancePolicy::from_toml(&kept.text)
        .map_err(|source| unreadable(UnreadablePolicy::Text(source)))?;
    let source = PolicySource {
        path: kept.path.clone(),
        sha256: kept.sha256.clone(),
        since_ms: app.clock.now_ms(),
    };
    app.policy.put(policy, Some(source));
    Ok(())
}

fn unreadable(source: UnreadablePolicy) -> Fault {
    Fault::internal("read the governance policy that is in force", source)
}

fn arn(app: &App) -> String {
    let place = ArnPlace {
        service: "sagemaker",
        region: "",
        account: &app.settings.account_id,
    };
    Arn::new(place, "governance-policy/server").to_string()
}
