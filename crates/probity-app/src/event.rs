//! What a deed changed, as an event of the audit log: written in the transaction of the change.

use probity_store::Unit;
use probity_store::audit::{self, NewEvent};
use probity_store::resource::Resource;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::deed::Deed;
use crate::fault::Fault;

pub(crate) async fn record(
    unit: &mut Unit,
    deed: &Deed<'_>,
    resource_arn: &str,
    change: Value,
) -> Result<(), Fault> {
    let event = NewEvent {
        at_ms: deed.now_ms,
        actor: deed.actor.to_owned(),
        action: deed.action.to_owned(),
        resource_arn: resource_arn.to_owned(),
        change,
        reason: deed.reason.map(str::to_owned),
        request_id: deed.request_id.to_owned(),
    };
    audit::append(unit, &event).await?;
    Ok(())
}

/// `{"created": {…}}`: the state and the document as they were written.
pub(crate) fn created(resource: &Resource) -> Value {
    json!({ "created": whole(resource) })
}

/// `{"deleted": {…}}`: the state and the document as they were last.
pub(crate) fn deleted(resource: &Resource) -> Value {
    json!({ "deleted": whole(resource) })
}

/// `{"before": {…}, "after": {…}}` with the members that differ; a member that was not there, or
/// is no longer, is left out on that side.
pub(crate) fn changed(before: &Resource, after: &Resource) -> Value {
    let (was, is) = (whole(before), whole(after));
    let mut differences = (Map::new(), Map::new());
    for (name, value) in &was {
        if is.get(name) != Some(value) {
            differences.0.insert(name.clone(), value.clone());
        }
    }
    for (name, value) in &is {
        if was.get(name) != Some(value) {
            differences.1.insert(name.clone(), value.clone());
        }
    }
    json!({ "before": differences.0, "after": differences.1 })
}

fn whole(resource: &Resource) -> Map<String, Value> {
    let mut members = Map::new();
    if !resource.status.is_empty() {
        members.insert("Status".to_owned(), Value::from(resource.status.clone()));
    }
    if let Value::Object(mut body) = resource.body.clone() {
        body.values_mut().for_each(hide_environment);
        if let Some(environment) = body.get_mut(ENVIRONMENT) {
            hash_values(environment);
        }
        members.extend(body);
    }
    members
}

/// Variables of containers hold passwords, and events are handed to others. A hash still tells
/// that a value changed.
const ENVIRONMENT: &str = "Environment";

fn hide_environment(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if name == ENVIRONMENT {
                    hash_values(member);
                }
                hide_environment(member);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(hide_environment),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn hash_values(environment: &mut Value) {
    let Value::Object(variables) = environment else {
        return;
    };
    for value in variables.values_mut() {
        let Value::String(text) = value else {
            continue;
        };
        let hash = Sha256::digest(text.as_bytes());
        let hex = hash.iter().take(8).map(|byte| format!("{byte:02x}"));
        *text = format!("sha256:{}…", hex.collect::<String>());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use probity_domain::ResourceKind;

    use super::*;

    fn endpoint(status: &str, body: Value) -> Resource {
        Resource {
            kind: ResourceKind::Endpoint,
            region: "us-west-2".to_owned(),
            name: "e".to_owned(),
            arn: "arn:aws:sagemaker:us-west-2:111122223333:endpoint/e".to_owned(),
            version: 1,
            status: status.to_owned(),
            created_ms: 0,
            modified_ms: 0,
            created_by: "ada".to_owned(),
            modified_by: "ada".to_owned(),
            attributes: BTreeMap::new(),
            body,
        }
    }

    #[test]
    fn a_change_tells_what_differs_and_nothing_else() {
        let before = endpoint("Creating", json!({ "A": 1, "B": 2 }));
        let after = endpoint("Failed", json!({ "A": 1, "FailureReason": "no model" }));
        assert_eq!(
            changed(&before, &after),
            json!({
                "before": { "Status": "Creating", "B": 2 },
                "after": { "Status": "Failed", "FailureReason": "no model" },
            })
        );
    }

    #[test]
    fn variables_of_containers_are_hashed() {
        let secret = |value: &str| {
            endpoint(
                "",
                json!({
                    "Environment": { "PASSWORD": value },
                    "Containers": [{ "Environment": { "PASSWORD": value } }],
                }),
            )
        };
        let change = changed(&secret("swordfish"), &secret("xyzzy"));
        let text = change.to_string();
        assert!(
            !text.contains("swordfish") && !text.contains("xyzzy"),
            "{text}"
        );
        let before = &change["before"]["Containers"][0]["Environment"]["PASSWORD"];
        assert_ne!(
            before,
            &change["after"]["Containers"][0]["Environment"]["PASSWORD"]
        );
        assert!(before.as_str().unwrap().starts_with("sha256:"));
    }
}
