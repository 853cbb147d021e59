//! What a schedule does, wherever its definition stands.

use anyhow::Result;
use serde_json::{Value, json};

use super::text;
use crate::client::Client;
use crate::exit::Usage;

/// A schedule's definition in the words of one that stands by itself.
#[derive(Debug)]
pub(super) struct Definition {
    /// `DataQuality`, `ModelQuality`, `ModelBias` or `ModelExplainability`.
    pub(super) kind: String,
    pub(super) baseline: Value,
    pub(super) app: Value,
    /// `EndpointInput` or `BatchTransformInput`.
    pub(super) input: Value,
    pub(super) resources: Value,
    pub(super) role: String,
    /// Without a slash at its end.
    pub(super) output_uri: String,
}

impl Definition {
    pub(super) async fn of(client: &Client, schedule: &str) -> Result<Definition> {
        let input = json!({"MonitoringScheduleName": schedule});
        let described = client
            .call("SageMaker.DescribeMonitoringSchedule", input)
            .await?;
        let kind = match text(&described, "MonitoringType") {
            "" => "DataQuality",
            kind => kind,
        };
        let config = &described["MonitoringScheduleConfig"];
        let definition = match text(config, "MonitoringJobDefinitionName") {
            "" => inline(&config["MonitoringJobDefinition"]),
            name => {
                let input = json!({"JobDefinitionName": name});
                let target = format!("SageMaker.Describe{kind}JobDefinition");
                named(kind, &client.call(&target, input).await?)
            }
        };
        if definition.output_uri.is_empty() {
            return Err(Usage(format!("schedule `{schedule}` has no output")).into());
        }
        Ok(definition)
    }

    /// The files of the baseline that are named: constraints and statistics.
    pub(super) fn baseline_uris(&self) -> (Option<&str>, Option<&str>) {
        let uri = |member: &str| {
            let uri = self.baseline[member]["S3Uri"].as_str();
            uri.filter(|uri| !uri.is_empty())
        };
        (uri("ConstraintsResource"), uri("StatisticsResource"))
    }

    /// The folder that the baseline lies in, where it is known.
    pub(super) async fn baseline_folder(&self, client: &Client) -> Result<Option<String>> {
        let (constraints, statistics) = self.baseline_uris();
        if let Some(uri) = statistics.or(constraints) {
            return Ok(Some(folder_of(uri).to_owned()));
        }
        let job = text(&self.baseline, "BaseliningJobName");
        if job.is_empty() {
            return Ok(None);
        }
        let input = json!({"ProcessingJobName": job});
        let described = client
            .call("SageMaker.DescribeProcessingJob", input)
            .await?;
        let output = &described["ProcessingOutputConfig"]["Outputs"][0]["S3Output"];
        let uri = text(output, "S3Uri").trim_end_matches('/');
        Ok((!uri.is_empty()).then(|| uri.to_owned()))
    }

    /// The document that the monitor obeys.
    pub(super) fn constraints_name(&self) -> &'static str {
        match self.kind.as_str() {
            "ModelBias" | "ModelExplainability" => "analysis.json",
            _ => "constraints.json",
        }
    }
}

pub(super) fn folder_of(uri: &str) -> &str {
    match uri.rsplit_once('/') {
        Some((folder, name)) if name.ends_with(".json") => folder,
        _ => uri.trim_end_matches('/'),
    }
}

fn inline(definition: &Value) -> Definition {
    Definition {
        kind: "DataQuality".to_owned(),
        baseline: definition["BaselineConfig"].clone(),
        app: with_environment(
            definition["MonitoringAppSpecification"].clone(),
            &definition["Environment"],
        ),
        input: source(&definition["MonitoringInputs"][0]),
        resources: definition["MonitoringResources"].clone(),
        role: text(definition, "RoleArn").to_owned(),
        output_uri: output(&definition["MonitoringOutputConfig"]),
    }
}

fn named(kind: &str, definition: &Value) -> Definition {
    let member = |name: &str| definition[format!("{kind}{name}")].clone();
    Definition {
        kind: kind.to_owned(),
        baseline: member("BaselineConfig"),
        app: member("AppSpecification"),
        input: source(&member("JobInput")),
        resources: definition["JobResources"].clone(),
        role: text(definition, "RoleArn").to_owned(),
        output_uri: output(&member("JobOutputConfig")),
    }
}

fn with_environment(mut app: Value, environment: &Value) -> Value {
    if environment.is_object() {
        app["Environment"] = environment.clone();
    }
    app
}

fn source(input: &Value) -> Value {
    match &input["EndpointInput"] {
        Value::Null => input["BatchTransformInput"].clone(),
        endpoint => endpoint.clone(),
    }
}

fn output(config: &Value) -> String {
    let place = &config["MonitoringOutputs"][0]["S3Output"];
    text(place, "S3Uri").trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_definition_say_the_same() {
        let outputs = json!({"MonitoringOutputs": [{"S3Output": {"S3Uri": "s3://b/r/"}}]});
        let inside = inline(&json!({
            "MonitoringInputs": [{"EndpointInput": {"EndpointName": "e"}}],
            "MonitoringOutputConfig": outputs,
            "MonitoringAppSpecification": {"ImageUri": "i"},
            "Environment": {"A": "1"},
            "BaselineConfig": {"ConstraintsResource": {"S3Uri": "s3://b/c/constraints.json"}},
        }));
        let by_itself = named(
            "DataQuality",
            &json!({
                "DataQualityJobInput": {"EndpointInput": {"EndpointName": "e"}},
                "DataQualityJobOutputConfig": outputs,
                "DataQualityAppSpecification": {"ImageUri": "i", "Environment": {"A": "1"}},
                "DataQualityBaselineConfig": {"ConstraintsResource": {"S3Uri": "s3://b/c/constraints.json"}},
            }),
        );
        assert_eq!(format!("{inside:?}"), format!("{by_itself:?}"));
        assert_eq!(inside.output_uri, "s3://b/r");
        assert_eq!(
            inside.baseline_uris(),
            (Some("s3://b/c/constraints.json"), None)
        );
    }
}
