//! The policy of the workspace takes effect, or the one in force before goes: an event of the audit
//! log each time, so that it can be told under which rules a card was approved.

use probity_domain::document::governance_policy::GovernancePolicy;
use probity_domain::{Arn, ArnPlace};
use probity_store::setting;
use serde_json::json;

use crate::app::{App, PolicySource};
use crate::deed::Deed;
use crate::event;
use crate::fault::Fault;

/// The hash of the policy that was in force last, over restarts.
const LAST: &str = "governance_policy";

/// A policy as it was read.
#[derive(Clone, Debug)]
pub struct PolicyFile {
    pub policy: GovernancePolicy,
    pub source: PolicySource,
    /// The file itself: the event keeps it, so that the rules of a day can be read years later.
    pub text: String,
}

/// Puts the policy of a file in force, or, with `None`, the one that demands nothing. The file that
/// was in force before the server was started again makes no event.
pub async fn put_in_force(app: &App, file: Option<PolicyFile>) -> Result<(), Fault> {
    // A policy is of the server, not of a region.
    let deed = Deed::of_server(app, "", "probity:ApplyGovernancePolicy");
    let mut unit = app.store.begin().await?;
    let before = setting::get(&app.store, LAST).await?.unwrap_or_default();
    let after = file.as_ref().map_or("", |file| &file.source.sha256);
    if before != after {
        let change = match &file {
            Some(file) => json!({
                "before": { "Sha256": before },
                "after": {
                    "Sha256": after,
                    "Path": file.source.path,
                    "Text": file.text,
                },
            }),
            None => json!({ "before": { "Sha256": before }, "after": {} }),
        };
        setting::put(&mut unit, LAST, after).await?;
        event::record(&mut unit, &deed, &arn(app), change).await?;
    }
    unit.commit().await?;
    match file {
        Some(file) => app.policy.put(file.policy, Some(file.source)),
        None => app.policy.put(GovernancePolicy::default(), None),
    }
    Ok(())
}

/// The hash of the policy that was put in force last, by whichever server of this store.
pub async fn last_in_force(app: &App) -> Result<Option<String>, Fault> {
    let hash = setting::get(&app.store, LAST).await?;
    Ok(hash.filter(|hash| !hash.is_empty()))
}

fn arn(app: &App) -> String {
    let place = ArnPlace {
        service: "sagemaker",
        region: "",
        account: &app.settings.account_id,
    };
    Arn::new(place, "governance-policy/server").to_string()
}
