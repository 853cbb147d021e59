//! What differs between two versions, and what the policy finds in one.

use probity_domain::document::card_dossier::CardDossier;
use probity_domain::document::model_card::difference::differences;
use serde_json::{Map, Value, json};

use super::{MODEL_CARD, VERSION, version};
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::timestamp;

/// `DescribeModelCardChanges`: from the version before, or the one that is named, to the latest or
/// the one that is named.
pub async fn describe_changes(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "probity:DescribeModelCardChanges")?;
    let name = MODEL_CARD.name(&input)?;
    let number = |member: &str| input.get(member).and_then(Value::as_i64);
    let to = version::read(&deed, name, number("ToVersion")).await?;
    let before = number("FromVersion").unwrap_or(to.version - 1);
    // Before the first version there was nothing.
    let (from, was) = match before {
        0 => (0, json!({})),
        before => {
            let from = version::read(&deed, name, Some(before)).await?;
            (from.version, from.content.value().clone())
        }
    };
    let changes = differences(&was, to.content.value());
    let changes = changes.into_iter().map(|change| {
        let mut shown = Map::new();
        shown.insert("Path".to_owned(), change.path.into());
        for (member, value) in [("Before", change.before), ("After", change.after)] {
            if let Some(value) = value {
                shown.insert(member.to_owned(), Value::from(as_text(value)));
            }
        }
        Value::Object(shown)
    });
    Ok(json!({
        "ModelCardArn": to.resource.arn,
        "FromVersion": from,
        "ToVersion": to.version,
        "Changes": changes.collect::<Vec<_>>(),
    }))
}

/// A text as it is, anything else as JSON.
fn as_text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// `DescribeModelCardCompliance`, of a dossier that was read for it.
pub fn described_compliance(dossier: &CardDossier) -> Value {
    let findings = dossier.findings.iter().map(|finding| {
        json!({
            "Rule": finding.rule,
            "Path": finding.path,
            "Message": finding.message,
        })
    });
    let mut answer = Map::new();
    answer.insert("ModelCardName".to_owned(), dossier.name.as_str().into());
    answer.insert(VERSION.to_owned(), dossier.version.into());
    answer.insert("ModelCardStatus".to_owned(), dossier.status.as_str().into());
    answer.insert("Compliant".to_owned(), dossier.findings.is_empty().into());
    answer.insert("Findings".to_owned(), findings.collect());
    for (member, at_ms) in [
        ("ReviewDue", dossier.review_due_ms),
        ("Expires", dossier.expires_ms),
    ] {
        if let Some(at_ms) = at_ms {
            answer.insert(member.to_owned(), timestamp::seconds(at_ms));
        }
    }
    Value::Object(answer)
}
