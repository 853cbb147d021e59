//! Verbs that put tags on endpoints, behind a check of the tag with the rules of redaction: with
//! rules that are not understood, an endpoint captures nothing. The verbs themselves do not know
//! what rules look like.

use probity_app::invocation::REDACTION_TAG;
use probity_app::{App, Caller, Fault};
use probity_data::capture::{KeyedHash, Redaction};
use probity_domain::ResourceKind;
use serde_json::Value;

/// `CreateEndpoint`.
pub(crate) async fn create_endpoint(
    app: &App,
    caller: &Caller,
    input: Value,
) -> Result<Value, Fault> {
    app.authorise(caller, "sagemaker:CreateEndpoint")?;
    check(&input)?;
    probity_app::endpoint::create(app, caller, input).await
}

/// `AddTags`: on anything but an endpoint the tag means nothing.
pub(crate) async fn add_tags(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    app.authorise(caller, "sagemaker:AddTags")?;
    if is_of_endpoint(&input) {
        check(&input)?;
    }
    probity_app::tags::add(app, caller, input).await
}

fn is_of_endpoint(input: &Value) -> bool {
    let arn = input.get("ResourceArn").and_then(Value::as_str);
    let resource = arn.and_then(|arn| arn.splitn(6, ':').nth(5));
    let kind = resource.and_then(|resource| resource.split_once('/'));
    kind.is_some_and(|(kind, _)| kind.eq_ignore_ascii_case(ResourceKind::Endpoint.as_str()))
}

fn check(input: &Value) -> Result<(), Fault> {
    let tags = input.get("Tags").and_then(Value::as_array);
    for tag in tags.into_iter().flatten() {
        let member = |name| tag.get(name).and_then(Value::as_str);
        if member("Key") != Some(REDACTION_TAG) {
            continue;
        }
        // The key of hashes does not matter to whether rules are understood.
        let rules = member("Value").unwrap_or_default();
        Redaction::parse(rules, KeyedHash::new(b"")).map_err(|error| {
            Fault::invalid(format!("Invalid value of the tag {REDACTION_TAG}: {error}"))
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tagged(key: &str, rules: &str) -> Value {
        json!({"Tags": [{"Key": "team", "Value": "0=forget"}, {"Key": key, "Value": rules}]})
    }

    #[test]
    fn rules_that_are_not_understood_are_refused_with_the_reason() {
        for rules in ["0=forget", "income", "=drop", "0=truncate:many"] {
            let fault = check(&tagged(REDACTION_TAG, rules)).unwrap_err();
            let Fault::Invalid { message, .. } = &fault else {
                panic!("{fault:?}");
            };
            assert!(message.contains(REDACTION_TAG), "{message}");
            assert!(
                message.contains(rules.trim_start_matches("0=")),
                "{message}"
            );
        }
        check(&tagged(
            REDACTION_TAG,
            "0=drop output:0=truncate:2 a.b=hash",
        ))
        .unwrap();
        check(&tagged("other", "0=forget")).unwrap();
        check(&json!({})).unwrap();
    }

    #[test]
    fn only_tags_of_endpoints_are_rules() {
        let of = |resource: &str| {
            let arn = format!("arn:aws:sagemaker:us-west-2:111122223333:{resource}");
            is_of_endpoint(&json!({ "ResourceArn": arn }))
        };
        assert!(of("endpoint/live"));
        assert!(!of("endpoint-config/live"));
        assert!(!of("model/endpoint/live"));
        assert!(!is_of_endpoint(&json!({})));
    }
}
