//! Whether the server has other schedules under the names of a plan: what an import would say of
//! them, for a dry run, which writes nothing.

use serde_json::{Value, json};

use crate::client::{CallError, Client};

/// What would not be imported, in the words of `ImportMonitoringHistory`.
pub(super) async fn taken(client: &Client, schedules: &[Value]) -> Result<Vec<String>, CallError> {
    let mut taken = Vec::new();
    for schedule in schedules {
        let named = json!({"MonitoringScheduleName": schedule["MonitoringScheduleName"]});
        let target = "SageMaker.DescribeMonitoringSchedule";
        let Some(here) = found(client.call(target, named).await)? else {
            continue;
        };
        let place = place_of(client, &here).await?;
        taken.extend(told(schedule, &here, &place));
    }
    Ok(taken)
}

fn found(answer: Result<Value, CallError>) -> Result<Option<Value>, CallError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(CallError::Refused { code, .. }) if code == "ResourceNotFound" => Ok(None),
        Err(error) => Err(error),
    }
}

/// Where the results of a schedule of the server go; empty where its definition is gone.
async fn place_of(client: &Client, here: &Value) -> Result<String, CallError> {
    let config = &here["MonitoringScheduleConfig"];
    let kind = here["MonitoringType"].as_str().unwrap_or_default();
    let output = match config["MonitoringJobDefinitionName"].as_str() {
        Some(name) => {
            let target = format!("SageMaker.Describe{kind}JobDefinition");
            let answer = client.call(&target, json!({"JobDefinitionName": name}));
            let mut definition = found(answer.await)?.unwrap_or_default();
            definition[format!("{kind}JobOutputConfig")].take()
        }
        None => config["MonitoringJobDefinition"]["MonitoringOutputConfig"].clone(),
    };
    let place = &output["MonitoringOutputs"][0]["S3Output"]["S3Uri"];
    Ok(place.as_str().unwrap_or_default().to_owned())
}

fn told(wanted: &Value, here: &Value, place: &str) -> Option<String> {
    let text = |document: &Value, member: &str| {
        let text = document[member].as_str().unwrap_or_default();
        text.trim_end_matches('/').to_owned()
    };
    let same = |member: &str| text(wanted, member) == text(here, member);
    let place = place.trim_end_matches('/');
    let is_same_place = !place.is_empty() && place == text(wanted, "OutputS3Uri");
    if same("MonitoringType") && same("EndpointName") && is_same_place {
        return None;
    }
    let (name, kind) = (
        text(wanted, "MonitoringScheduleName"),
        text(here, "MonitoringType"),
    );
    let watched = match text(here, "EndpointName").as_str() {
        "" => "transform jobs".to_owned(),
        endpoint => format!("endpoint `{endpoint}`"),
    };
    let results = match place {
        "" => String::new(),
        place => format!(", results in `{place}`"),
    };
    Some(format!(
        "name `{name}` is taken by a schedule of {watched} ({kind}{results}); use --as"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_where_kind_endpoint_or_place_are_others() {
        let wanted = json!({
            "MonitoringScheduleName": "drift", "MonitoringType": "DataQuality",
            "EndpointName": "fraud", "OutputS3Uri": "s3://old/results",
        });
        let here = json!({"MonitoringType": "DataQuality", "EndpointName": "fraud"});
        assert_eq!(told(&wanted, &here, "s3://old/results/"), None);
        let other = json!({"MonitoringType": "DataQuality", "EndpointName": "loans"});
        assert_eq!(
            told(&wanted, &other, "s3://b/results").unwrap(),
            "name `drift` is taken by a schedule of endpoint `loans` (DataQuality, results in \
             `s3://b/results`); use --as"
        );
        assert!(told(&wanted, &here, "s3://b/results").is_some());
        assert!(told(&wanted, &here, "").is_some());
        let bias = json!({"MonitoringType": "ModelBias", "EndpointName": "fraud"});
        assert!(told(&wanted, &bias, "s3://old/results").is_some());
    }
}
