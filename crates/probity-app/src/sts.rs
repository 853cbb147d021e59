//! Who the caller is, as the Security Token Service says it.
//!
//! Source: GetCallerIdentity in the STS API reference. Sessions and assumed roles are not given
//! out: a caller is always the user whose key signed.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::caller::Caller;
use crate::fault::Fault;

/// Answers every caller, as AWS does, even one who may do nothing else.
pub async fn get_caller_identity(
    app: &App,
    caller: &Caller,
    _input: Value,
) -> Result<Value, Fault> {
    app.authorise(caller, "sts:GetCallerIdentity")?;
    Ok(json!({
        "UserId": user_id(caller),
        "Account": caller.account,
        "Arn": caller.user_arn().to_string(),
    }))
}

/// `AIDA…`: a name that stays the same for a user of an account, in the form of IAM's own.
fn user_id(caller: &Caller) -> String {
    let digest = Sha256::digest(caller.user_arn().to_string());
    let tail: String = digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02X}"))
        .collect();
    format!("AIDA{tail}")
}
