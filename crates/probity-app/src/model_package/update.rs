//! Changing a package: its approval, its stage, and the little else that is not fixed when it is
//! registered. Metrics and drift baselines never change.

use serde_json::{Value, json};

use super::create::fingerprint;
use super::{MODEL_PACKAGE, UPDATE_REQUEST, card, reference};
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::lineage::{self, MapMember};
use crate::stored::{self, Edited, Members};

/// Members of the request that replace what is there.
const REPLACED: [&str; 6] = [
    "ModelApprovalStatus",
    "ModelPackageRegistrationType",
    "ApprovalDescription",
    "InferenceSpecification",
    "SourceUri",
    "ModelLifeCycle",
];

const CUSTOMER_METADATA: MapMember = MapMember {
    member: "CustomerMetadataProperties",
    to_remove: "CustomerMetadataPropertiesToRemove",
    most: 50,
};

const MOST_SPECIFICATIONS: usize = 15;

/// The approval's description is the reason that the event states.
pub async fn update(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:UpdateModelPackage")?;
    let reason = input.get("ApprovalDescription").and_then(Value::as_str);
    let deed = deed.because(reason.filter(|reason| !reason.is_empty()));
    let name = reference::name_of(&deed, stored::text(&input, "ModelPackageArn")?)?;
    let token = input.get("ClientToken").and_then(Value::as_str);
    let request = token.map(|token| format!("{token} {}", fingerprint(&input)));
    let package = stored::change(&deed, &MODEL_PACKAGE, &name, |package| {
        let registrar = &package.created_by;
        let Value::Object(body) = &mut package.body else {
            return Ok(Edited::Not);
        };
        if let Some(request) = request {
            if body.get(UPDATE_REQUEST).and_then(Value::as_str) == Some(&request) {
                return Ok(Edited::Not);
            }
            body.insert(UPDATE_REQUEST.to_owned(), Value::from(request));
        }
        edit(&deed, (body, registrar), &input)?;
        Ok(Edited::Yes)
    })
    .await?;
    Ok(json!({"ModelPackageArn": package.arn}))
}

fn edit(
    deed: &Deed<'_>,
    (body, registrar): (&mut Members, &str),
    input: &Value,
) -> Result<(), Fault> {
    lineage::take_over(body, input, &REPLACED);
    lineage::update_map(body, input, CUSTOMER_METADATA)?;
    add_specifications(body, input)?;
    if let Some(Value::Object(changed)) = input.get("ModelCard") {
        card::change(deed, (body, registrar), changed)?;
    }
    Ok(())
}

fn add_specifications(body: &mut Members, input: &Value) -> Result<(), Fault> {
    let Some(Value::Array(added)) = input.get("AdditionalInferenceSpecificationsToAdd") else {
        return Ok(());
    };
    let mut all = match body.get("AdditionalInferenceSpecifications") {
        Some(Value::Array(all)) => all.clone(),
        _ => Vec::new(),
    };
    for specification in added {
        let name = specification.get("Name");
        if all.iter().any(|known| known.get("Name") == name) {
            return Err(Fault::Conflict {
                message: format!(
                    "Additional inference specification {} already exists",
                    name.and_then(Value::as_str).unwrap_or_default()
                ),
            });
        }
        all.push(specification.clone());
    }
    if all.len() > MOST_SPECIFICATIONS {
        return Err(Fault::invalid(format!(
            "A model package may have at most {MOST_SPECIFICATIONS} additional inference \
             specifications"
        )));
    }
    body.insert(
        "AdditionalInferenceSpecifications".to_owned(),
        Value::Array(all),
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifications_are_added_once_by_name() {
        let mut body = Members::new();
        let input = json!({"AdditionalInferenceSpecificationsToAdd": [{"Name": "a"}]});
        add_specifications(&mut body, &input).unwrap();
        assert_eq!(
            body["AdditionalInferenceSpecifications"],
            json!([{"Name": "a"}])
        );
        assert!(matches!(
            add_specifications(&mut body, &input),
            Err(Fault::Conflict { .. })
        ));
    }
}
