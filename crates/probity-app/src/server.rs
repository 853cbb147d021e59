//! What a client may ask about the server itself. Not of AWS: a command that leaves out a time means
//! the server's now, which may be simulated.

use serde_json::{Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::timestamp::seconds;

pub async fn describe(app: &App, caller: &Caller, _input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "probity:DescribeServer")?;
    let mut answer = json!({
        "Version": env!("CARGO_PKG_VERSION"),
        "AccountId": deed.account,
        "Region": deed.region,
        "CurrentTime": seconds(deed.now_ms),
    });
    if let Some(source) = app.policy.source() {
        answer["GovernancePolicy"] = json!({
            "Path": source.path,
            "Sha256": source.sha256,
            "InForceSince": seconds(source.since_ms),
        });
    }
    Ok(answer)
}
