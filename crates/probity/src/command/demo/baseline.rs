//! What is normal: the training rows are scored by a batch transform, and baselining jobs of the images of
//! Model Monitor and Clarify read them, as the SageMaker SDK starts them. Of model quality and bias people
//! then leave some room: a metric that is worse by a hair on a day of a few hundred calls is no news.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::setup::SUBJECTS;
use super::stage::{Stage, cluster, role, uri};
use super::subject::{Problem, Subject};
use crate::exit::Failed;

const ROWS: usize = 2000;

pub(super) const ANALYZER: &str =
    "159807026194.dkr.ecr.us-west-2.amazonaws.com/sagemaker-model-monitor-analyzer";
pub(super) const CLARIFY: &str =
    "306415355426.dkr.ecr.us-west-2.amazonaws.com/sagemaker-clarify-processing:1.0";

/// Room of rates.
const ROOM: f64 = 0.14;
/// Of errors of a forecast, in multiples.
const ROOM_OF_ERRORS: f64 = 1.35;

/// `baselines/credit-approval/bias`.
pub(super) fn folder(subject: &Subject, monitor: &str) -> String {
    format!("baselines/{}/{monitor}", subject.name)
}

/// Scores the training rows of every model.
pub(super) async fn score(stage: &Stage) -> Result<()> {
    for subject in SUBJECTS {
        let rows = subject.training(ROWS).into_iter();
        let table: String = rows
            .map(|row| format!("{},{}\n", row.label, row.features))
            .collect();
        let source = stage
            .put(&format!("training/{}/rows.csv", subject.name), table)
            .await?;
        let job = json!({
            "TransformJobName": transform_name(subject),
            "ModelName": subject.name,
            "BatchStrategy": "MultiRecord",
            "TransformInput": {
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": source}},
                "ContentType": "text/csv",
                "SplitType": "Line",
            },
            "TransformOutput": {
                "S3OutputPath": uri(&format!("training/{}/scored", subject.name)),
                "Accept": "text/csv",
                "AssembleWith": "Line",
            },
            "DataProcessing": {"InputFilter": "$[1:]", "JoinSource": "Input"},
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        });
        stage.sagemaker("CreateTransformJob", job).await?;
    }
    stage.idle().await?;
    for subject in SUBJECTS {
        let asked = json!({"TransformJobName": transform_name(subject)});
        let wanted = ("TransformJobStatus", "Completed");
        stage
            .demand(("DescribeTransformJob", asked), wanted)
            .await?;
    }
    Ok(())
}

fn transform_name(subject: &Subject) -> String {
    format!("{}-scores-training", subject.name)
}

/// Baselines of all four kinds for every model.
pub(super) async fn suggest(stage: &Stage) -> Result<()> {
    let mut names = Vec::new();
    for subject in SUBJECTS {
        let tables = tables(stage, subject).await?;
        for job in [
            data_quality(stage, subject, &tables).await?,
            model_quality(stage, subject, &tables).await?,
            bias(stage, subject, &tables).await?,
            explainability(stage, subject, &tables).await?,
        ] {
            names.push(job["ProcessingJobName"].clone());
            stage.sagemaker("CreateProcessingJob", job).await?;
        }
    }
    stage.idle().await?;
    for name in names {
        let asked = json!({"ProcessingJobName": name});
        let wanted = ("ProcessingJobStatus", "Completed");
        stage
            .demand(("DescribeProcessingJob", asked), wanted)
            .await?;
    }
    for subject in SUBJECTS {
        leave_room(stage, subject).await?;
    }
    Ok(())
}

/// The scored rows as each kind of job wants them.
struct Tables {
    /// What is captured: the answer, then the features; with a header.
    captured: String,
    /// The label and the answer; with a header.
    scored: String,
    /// The label, the features, and what is predicted.
    labelled: String,
    features: String,
}

async fn tables(stage: &Stage, subject: &Subject) -> Result<Tables> {
    let key = format!("training/{}/scored/rows.csv.out", subject.name);
    let joined = stage.get(&key).await?;
    let joined = std::str::from_utf8(&joined).context("the scored rows are no text")?;
    let mut tables = Tables {
        captured: format!("{},{}\n", subject.answer, subject.features.join(",")),
        scored: format!("label,{}\n", subject.problem.answer()),
        labelled: String::new(),
        features: String::new(),
    };
    for line in joined.lines() {
        let (rest, answer) = line.rsplit_once(',').unwrap_or((line, ""));
        let (label, features) = rest.split_once(',').unwrap_or((rest, ""));
        tables.captured.push_str(&format!("{answer},{features}\n"));
        tables.scored.push_str(&format!("{label},{answer}\n"));
        let predicted = predicted(subject.problem, answer);
        tables
            .labelled
            .push_str(&format!("{label},{features},{predicted}\n"));
        tables.features.push_str(&format!("{features}\n"));
    }
    Ok(tables)
}

const PREDICTED: &str = "predicted";

/// The decision that an answer stands for.
fn predicted(problem: Problem, answer: &str) -> String {
    match problem {
        Problem::Binary => {
            let probability: f64 = answer.parse().unwrap_or_default();
            u8::from(probability > 0.5).to_string()
        }
        Problem::Regression => answer.to_owned(),
    }
}

async fn data_quality(stage: &Stage, subject: &Subject, tables: &Tables) -> Result<Value> {
    let data = format!("{}/captured.csv", folder(subject, "data"));
    let data = stage.put(&data, tables.captured.clone()).await?;
    let variables = json!({});
    Ok(analyzer(
        stage,
        (subject, "data-quality"),
        (&data, variables),
    ))
}

async fn model_quality(stage: &Stage, subject: &Subject, tables: &Tables) -> Result<Value> {
    let data = format!("{}/scored.csv", folder(subject, "data"));
    let data = stage.put(&data, tables.scored.clone()).await?;
    let mut variables = json!({
        "analysis_type": "MODEL_QUALITY",
        "problem_type": subject.problem.as_str(),
        "ground_truth_attribute": "label",
    });
    match subject.problem {
        Problem::Binary => {
            variables["probability_attribute"] = subject.problem.answer().into();
            variables["probability_threshold_attribute"] = "0.5".into();
        }
        Problem::Regression => variables["inference_attribute"] = subject.problem.answer().into(),
    }
    Ok(analyzer(
        stage,
        (subject, "model-quality"),
        (&data, variables),
    ))
}

/// A job of Model Monitor's image, as the SDK's `suggest_baseline` makes it.
fn analyzer(
    stage: &Stage,
    (subject, monitor): (&Subject, &str),
    (data, mut variables): (&str, Value),
) -> Value {
    const DATA: &str = "/opt/ml/processing/input/baseline_dataset_input";
    const OUTPUT: &str = "/opt/ml/processing/output";
    for (name, value) in [
        ("dataset_format", r#"{"csv":{"header":true}}"#),
        ("dataset_source", DATA),
        ("output_path", OUTPUT),
        ("publish_cloudwatch_metrics", "Disabled"),
    ] {
        variables[name] = value.into();
    }
    let output = uri(&folder(subject, monitor));
    json!({
        "ProcessingJobName": job_name(subject, monitor),
        "AppSpecification": {"ImageUri": ANALYZER},
        "RoleArn": role(stage),
        "ProcessingResources": cluster(),
        "Environment": variables,
        "ProcessingInputs": [input("baseline_dataset_input", (data, DATA))],
        "ProcessingOutputConfig": {"Outputs": [{
            "OutputName": "monitoring_output",
            "S3Output": {"S3Uri": output, "LocalPath": OUTPUT, "S3UploadMode": "EndOfJob"},
        }]},
    })
}

pub(super) fn job_name(subject: &Subject, monitor: &str) -> String {
    format!("{}-{monitor}-baseline", subject.name)
}

fn input(name: &str, (uri, path): (&str, &str)) -> Value {
    json!({
        "InputName": name,
        "S3Input": {"S3Uri": uri, "LocalPath": path, "S3DataType": "S3Prefix", "S3InputMode": "File"},
    })
}

/// What the bias of a model is measured by, for the baseline and for the monitor.
pub(super) fn bias_config(subject: &Subject) -> Value {
    let fairness = subject.fairness;
    let headers: Vec<&str> = std::iter::once(subject.label)
        .chain(subject.features.iter().copied())
        .collect();
    json!({
        "dataset_type": "text/csv",
        "headers": headers,
        "label": subject.label,
        "label_values_or_threshold": [fairness.favourable],
        "facet": [{"name_or_index": fairness.facet, "value_or_threshold": [1]}],
        "methods": {
            "pre_training_bias": {"methods": ["DPL"]},
            "post_training_bias": {"methods": ["DPPL", "RD", "AD"]},
            "report": {"name": "report", "title": format!("Bias of {}", subject.name)},
        },
    })
}

async fn bias(stage: &Stage, subject: &Subject, tables: &Tables) -> Result<Value> {
    let data = format!("{}/labelled.csv", folder(subject, "data"));
    let data = stage.put(&data, tables.labelled.clone()).await?;
    let mut config = bias_config(subject);
    // What the model says of these rows is in the table.
    if let Some(headers) = config["headers"].as_array_mut() {
        headers.push(PREDICTED.into());
    }
    config["predicted_label"] = PREDICTED.into();
    clarify(stage, (subject, "bias"), (&data, &config)).await
}

/// What moves the model's answers, for the baseline and for the monitor.
pub(super) fn explanation_config(subject: &Subject) -> Result<Value> {
    let rows = subject.training(ROWS);
    Ok(json!({
        "dataset_type": "text/csv",
        "headers": subject.features,
        "methods": {
            "shap": {
                "baseline": [middle(&rows, subject.features.len())],
                "num_samples": 64,
                "agg_method": "mean_abs",
                "use_logit": subject.problem == Problem::Binary,
                "save_local_shap_values": false,
            },
            "report": {"name": "report", "title": format!("What moves {}", subject.name)},
        },
        "predictor": predictor(subject),
    }))
}

/// The middle value of each feature.
fn middle(rows: &[super::subject::Row], features: usize) -> Vec<f64> {
    let value = |row: &super::subject::Row, at| {
        let text = row.features.split(',').nth(at).unwrap_or_default();
        text.parse().unwrap_or(0.0)
    };
    (0..features)
        .map(|at| {
            let mut values: Vec<f64> = rows.iter().map(|row| value(row, at)).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        })
        .collect()
}

async fn explainability(stage: &Stage, subject: &Subject, tables: &Tables) -> Result<Value> {
    let data = format!("{}/features.csv", folder(subject, "data"));
    let data = stage.put(&data, tables.features.clone()).await?;
    let config = explanation_config(subject)?;
    clarify(stage, (subject, "explainability"), (&data, &config)).await
}

fn predictor(subject: &Subject) -> Value {
    json!({
        "model_name": subject.name,
        "instance_type": "ml.m5.large",
        "initial_instance_count": 1,
        "accept_type": "text/csv",
        "content_type": "text/csv",
    })
}

/// A job of Clarify's image, as the SDK's `SageMakerClarifyProcessor` makes it.
async fn clarify(
    stage: &Stage,
    (subject, monitor): (&Subject, &str),
    (data, config): (&str, &Value),
) -> Result<Value> {
    const OUTPUT: &str = "/opt/ml/processing/output";
    let key = format!("{}/config/analysis_config.json", folder(subject, monitor));
    let config = stage.put(&key, config.to_string()).await?;
    let output = uri(&folder(subject, monitor));
    Ok(json!({
        "ProcessingJobName": job_name(subject, monitor),
        "AppSpecification": {"ImageUri": CLARIFY},
        "RoleArn": role(stage),
        "ProcessingResources": cluster(),
        "ProcessingInputs": [
            input("dataset", (data, "/opt/ml/processing/input/data")),
            input("analysis_config", (&config, "/opt/ml/processing/input/config")),
        ],
        "ProcessingOutputConfig": {"Outputs": [{
            "OutputName": "analysis_result",
            "S3Output": {"S3Uri": output, "LocalPath": OUTPUT, "S3UploadMode": "EndOfJob"},
        }]},
    }))
}

/// What is obeyed of model quality and bias lies beside what was suggested.
pub(super) fn agreed(subject: &Subject, monitor: &str) -> String {
    let name = match monitor {
        "model-quality" => "constraints.json",
        _ => "analysis.json",
    };
    format!("{}/agreed/{name}", folder(subject, monitor))
}

async fn leave_room(stage: &Stage, subject: &Subject) -> Result<()> {
    let key = format!("{}/constraints.json", folder(subject, "model-quality"));
    let mut constraints: Value = serde_json::from_slice(&stage.get(&key).await?)?;
    let metrics = match subject.problem {
        Problem::Binary => "binary_classification_constraints",
        Problem::Regression => "regression_constraints",
    };
    let metrics = constraints[metrics].as_object_mut();
    for (name, metric) in metrics.into_iter().flatten() {
        let threshold = metric["threshold"].as_f64().unwrap_or_default();
        let is_least = metric["comparison_operator"] == "LessThanThreshold";
        metric["threshold"] = match (is_least, subject.problem) {
            (true, _) => (threshold - ROOM).into(),
            (false, Problem::Binary) => (threshold + ROOM).into(),
            // An error of squares.
            (false, Problem::Regression) if name == "mse" => {
                (threshold * ROOM_OF_ERRORS * ROOM_OF_ERRORS).into()
            }
            (false, Problem::Regression) => (threshold * ROOM_OF_ERRORS).into(),
        };
    }
    let agreed_uri = agreed(subject, "model-quality");
    stage.put(&agreed_uri, format!("{constraints:#}")).await?;
    let measured = folder(subject, "model-quality");
    keep_measured(stage, &measured, &["statistics.json", "probity.json"]).await?;

    let key = format!("{}/analysis.json", folder(subject, "bias"));
    let mut analysis: Value = serde_json::from_slice(&stage.get(&key).await?)?;
    for section in ["pre_training_bias_metrics", "post_training_bias_metrics"] {
        let facets = analysis[section]["facets"][subject.fairness.facet].as_array_mut();
        let Some(facets) = facets else {
            return Err(Failed(format!("no {section} in `{key}`")).into());
        };
        for metric in facets
            .iter_mut()
            .filter_map(|facet| facet["metrics"].as_array_mut())
            .flatten()
        {
            let value = metric["value"].as_f64().unwrap_or_default();
            metric["value"] = (value + subject.fairness.room.copysign(value)).into();
        }
    }
    stage
        .put(&agreed(subject, "bias"), format!("{analysis:#}"))
        .await?;
    keep_measured(stage, &folder(subject, "bias"), &["probity.json"]).await
}

/// What was measured is shown beside what is allowed.
async fn keep_measured(stage: &Stage, measured: &str, names: &[&str]) -> Result<()> {
    for name in names {
        let text = stage.get(&format!("{measured}/{name}")).await?;
        stage
            .put(&format!("{measured}/agreed/{name}"), text)
            .await?;
    }
    Ok(())
}
