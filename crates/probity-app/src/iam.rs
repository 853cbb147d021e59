//! The roles that clients look up before they name one: GetRole and ListRoles of IAM.
//!
//! Roles are not kept yet, so any well-formed name answers with the ARN that SageMaker's own
//! execution roles have, and the list is empty. Nothing is granted by it: what a caller may do
//! follows from the key alone.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::caller::Caller;
use crate::fault::Fault;

const PATH: &str = "/service-role/";

/// Who may take the role on: SageMaker, as in the roles that its console makes. URL-encoded, as
/// IAM answers it.
const TRUST: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A\
    %22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22sagemaker.amazonaws.com%22%7D%2C\
    %22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D";

pub async fn get_role(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    app.authorise(caller, "iam:GetRole")?;
    let name = input.get("RoleName").and_then(Value::as_str).unwrap_or("");
    if !is_role_name(name) {
        return Err(Fault::invalid(
            "The specified value for roleName is invalid. It must contain only alphanumeric \
             characters and/or the following: +=,.@_-",
        ));
    }
    let arn = format!("arn:aws:iam::{}:role{PATH}{name}", caller.account);
    Ok(json!({
        "Role": {
            "Path": PATH,
            "RoleName": name,
            "RoleId": role_id(&arn),
            "Arn": arn,
            "CreateDate": 0.0,
            "AssumeRolePolicyDocument": TRUST,
            "MaxSessionDuration": 3600,
        }
    }))
}

pub async fn list_roles(app: &App, caller: &Caller, _input: Value) -> Result<Value, Fault> {
    app.authorise(caller, "iam:ListRoles")?;
    Ok(json!({"Roles": [], "IsTruncated": false}))
}

/// IAM's pattern `[\w+=,.@-]{1,64}`.
fn is_role_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name
            .chars()
            .all(|one| one.is_ascii_alphanumeric() || "+=,.@_-".contains(one))
}

fn role_id(arn: &str) -> String {
    let digest = Sha256::digest(arn);
    let tail: String = digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02X}"))
        .collect();
    format!("AROA{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_name_has_no_path() {
        assert!(is_role_name(
            "AmazonSageMaker-ExecutionRole-20200101T000001"
        ));
        for name in ["", "service-role/Governor", "a b", &"a".repeat(65)] {
            assert!(!is_role_name(name), "{name}");
        }
    }
}
