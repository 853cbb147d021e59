//! Four monitors a model: definitions and daily schedules, as the SDK's monitor classes make them.

use anyhow::Result;
use serde_json::{Value, json};

use super::baseline::{ANALYZER, CLARIFY, agreed, bias_config, explanation_config, folder};
use super::setup::labels;
use super::stage::{Stage, cluster, role, uri};
use super::subject::{Problem, Subject};

/// As schedules end: `credit-approval-bias`.
pub(super) const MONITORS: [&str; 4] = ["data-quality", "model-quality", "bias", "explainability"];

/// Makes the monitors of a model, which look every day at this hour (UTC).
pub(super) async fn create(stage: &Stage, subject: &Subject, hour: u32) -> Result<()> {
    for monitor in MONITORS {
        let (kind, definition) = definition(stage, subject, monitor).await?;
        stage
            .sagemaker(&format!("Create{kind}JobDefinition"), definition)
            .await?;
        let schedule = json!({
            "MonitoringScheduleName": subject.schedule(monitor),
            "MonitoringScheduleConfig": {
                "ScheduleConfig": {"ScheduleExpression": format!("cron(0 {hour} ? * * *)")},
                "MonitoringJobDefinitionName": subject.schedule(monitor),
                "MonitoringType": kind,
            },
        });
        stage
            .sagemaker("CreateMonitoringSchedule", schedule)
            .await?;
    }
    Ok(())
}

/// Its kind, and the request that makes it.
async fn definition(
    stage: &Stage,
    subject: &Subject,
    monitor: &str,
) -> Result<(&'static str, Value)> {
    let place = |key: String| json!({"S3Uri": uri(&key)});
    let base = folder(subject, monitor);
    let mut input = json!({
        "EndpointName": subject.name,
        "LocalPath": "/opt/ml/processing/input/endpoint",
    });
    let mut truth = Value::Null;
    let (kind, mut app, baseline) = match monitor {
        "data-quality" => {
            let baseline = json!({
                "ConstraintsResource": place(format!("{base}/constraints.json")),
                "StatisticsResource": place(format!("{base}/statistics.json")),
            });
            ("DataQuality", json!({"ImageUri": ANALYZER}), baseline)
        }
        "model-quality" => {
            answers(subject, &mut input);
            truth = json!({"S3Uri": labels(subject)});
            let app = json!({"ImageUri": ANALYZER, "ProblemType": subject.problem.as_str()});
            let baseline = json!({"ConstraintsResource": place(agreed(subject, monitor))});
            ("ModelQuality", app, baseline)
        }
        "bias" => {
            answers(subject, &mut input);
            truth = json!({"S3Uri": labels(subject)});
            let app = configured(stage, (subject, monitor), &bias_config(subject)).await?;
            let baseline = json!({"ConstraintsResource": place(agreed(subject, monitor))});
            ("ModelBias", app, baseline)
        }
        _ => {
            input["InferenceAttribute"] = "0".into();
            let config = explanation_config(subject)?;
            let app = configured(stage, (subject, monitor), &config).await?;
            let baseline = json!({"ConstraintsResource": place(format!("{base}/analysis.json"))});
            ("ModelExplainability", app, baseline)
        }
    };
    if monitor == "data-quality" {
        app["Environment"] = json!({"publish_cloudwatch_metrics": "Enabled"});
    }
    let mut inputs = json!({"EndpointInput": input});
    if !truth.is_null() {
        inputs["GroundTruthS3Input"] = truth;
    }
    let output = json!({"MonitoringOutputs": [{"S3Output": {
        "S3Uri": uri("monitoring"),
        "LocalPath": "/opt/ml/processing/output",
        "S3UploadMode": "EndOfJob",
    }}]});
    let mut definition = json!({
        "JobDefinitionName": subject.schedule(monitor),
        "JobResources": cluster(),
        "RoleArn": role(stage),
    });
    for (member, value) in [
        ("AppSpecification", app),
        ("JobInput", inputs),
        ("JobOutputConfig", output),
        ("BaselineConfig", baseline),
    ] {
        definition[format!("{kind}{member}")] = value;
    }
    Ok((kind, definition))
}

/// What of an answer is the prediction.
fn answers(subject: &Subject, input: &mut Value) {
    input["InferenceAttribute"] = "0".into();
    if subject.problem == Problem::Binary {
        input["ProbabilityAttribute"] = "0".into();
        input["ProbabilityThresholdAttribute"] = 0.5.into();
    }
}

async fn configured(
    stage: &Stage,
    (subject, monitor): (&Subject, &str),
    config: &Value,
) -> Result<Value> {
    let key = format!("monitors/{}/{monitor}/analysis_config.json", subject.name);
    let uri = stage.put(&key, config.to_string()).await?;
    Ok(json!({"ImageUri": CLARIFY, "ConfigUri": uri}))
}
