//! The analyzer and Clarify images, with the requests of the SageMaker SDK.

use serde_json::{Value, json};

use crate::world::{World, request};

const LOGS: &str = "/aws/sagemaker/ProcessingJobs";

fn table(n_rows: usize) -> String {
    let rows = (0..n_rows).map(|row| format!("{},{},{}\n", row % 7, row % 2, row as f64 / 4.0));
    format!("age,churn,income\n{}", rows.collect::<String>())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_baseline_of_the_sdk_leaves_its_documents_and_a_log() {
    let world = World::new().await;
    let body = request("CreateProcessingJob-data-quality-baseline.json");
    let name = body["ProcessingJobName"].as_str().unwrap().to_owned();
    world.put(
        &format!("model-monitor/baselining/{name}/input/baseline_dataset_input/train.csv"),
        table(300),
    );
    world.processing_job(body).await;
    let worker = world.start("w");
    let job = world.ended(&name).await;
    assert_eq!(job["ProcessingJobStatus"], "Completed", "{job}");
    assert_eq!(
        job["ExitMessage"],
        "Completed: Job completed successfully with no violations."
    );
    let statistics = world.json("dq/baseline/statistics.json");
    assert_eq!(statistics["dataset"]["item_count"], 300);
    assert_eq!(
        world.json("dq/baseline/constraints.json")["features"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    // Reports name the user's own place.
    let sources = &world.json("dq/baseline/probity.json")["dataset"]["sources"];
    assert!(
        sources[0]
            .as_str()
            .unwrap()
            .starts_with("s3://governance-wire-test/")
    );
    let log = world.log(LOGS, &name).await;
    assert!(log.iter().any(|line| line.contains("300 rows")), "{log:?}");
    worker.stop().await;
}

fn check_of(baseline: &Value) -> Value {
    let mut body = baseline.clone();
    body["ProcessingJobName"] = "check".into();
    let inputs = body["ProcessingInputs"].as_array_mut().unwrap();
    inputs[0]["S3Input"]["S3Uri"] = "s3://governance-wire-test/today/today.csv".into();
    for (name, file) in [("baseline", "stats"), ("constraints", "constraints")] {
        let object = match file {
            "stats" => "statistics.json",
            _ => "constraints.json",
        };
        inputs.push(json!({
            "InputName": name,
            "S3Input": {
                "S3Uri": format!("s3://governance-wire-test/dq/baseline/{object}"),
                "LocalPath": format!("/opt/ml/processing/baseline/{file}"),
                "S3DataType": "S3Prefix",
                "S3InputMode": "File",
            },
        }));
    }
    body["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"] =
        "s3://governance-wire-test/dq/today".into();
    let variables = body["Environment"].as_object_mut().unwrap();
    variables.insert(
        "baseline_statistics".to_owned(),
        "/opt/ml/processing/baseline/stats/statistics.json".into(),
    );
    variables.insert(
        "baseline_constraints".to_owned(),
        "/opt/ml/processing/baseline/constraints/constraints.json".into(),
    );
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_baseline_that_follows_another_keeps_its_names_and_what_people_set() {
    let world = World::new().await;
    let body = request("CreateProcessingJob-data-quality-baseline.json");
    let name = body["ProcessingJobName"].as_str().unwrap().to_owned();
    let folder = format!("model-monitor/baselining/{name}/input/baseline_dataset_input");
    world.put(&format!("{folder}/train.csv"), table(300));
    world.processing_job(body.clone()).await;
    let worker = world.start("w");
    world.ended(&name).await;
    let mut set = world.json("dq/baseline/constraints.json");
    set["features"][0]["completeness"] = json!(0.9);
    set["features"][1]["monitoringConfigOverrides"] =
        json!({"distribution_constraints": {"comparison_threshold": 0.3}});
    set["monitoring_config"]["datatype_check_threshold"] = json!(0.7);
    world.put("dq/baseline/constraints.json", set.to_string());

    // No header, and another range: what the new data suggest of the third column is theirs.
    let rows = table(300).replace("age,churn,income\n", "");
    world.put("today/today.csv", rows.replace(",0\n", ",-5\n"));
    let mut next = check_of(&body);
    next["ProcessingJobName"] = "next".into();
    let variables = next["Environment"].as_object_mut().unwrap();
    for (from, to) in [
        ("baseline_statistics", "PROBITY_FORMER_STATISTICS"),
        ("baseline_constraints", "PROBITY_FORMER_CONSTRAINTS"),
    ] {
        let path = variables.remove(from).unwrap();
        variables.insert(to.to_owned(), path);
    }
    variables.insert(
        "dataset_format".to_owned(),
        r#"{"csv": {"header": false}}"#.into(),
    );
    world.processing_job(next).await;
    let job = world.ended("next").await;
    assert_eq!(job["ProcessingJobStatus"], "Completed", "{job}");
    let made = world.json("dq/today/constraints.json");
    let names: Vec<&str> = made["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|feature| feature["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["age", "churn", "income"]);
    assert_eq!(made["features"][0]["completeness"], json!(0.9));
    assert_eq!(
        made["features"][1]["monitoringConfigOverrides"],
        set["features"][1]["monitoringConfigOverrides"]
    );
    let non_negative =
        |document: &Value| document["features"][2]["num_constraints"]["is_non_negative"].clone();
    assert_eq!(
        (non_negative(&set), non_negative(&made)),
        (json!(true), json!(false))
    );
    assert_eq!(made["monitoring_config"], set["monitoring_config"]);
    let log = world.log(LOGS, "next").await;
    assert!(
        log.iter()
            .any(|line| line.contains("Kept what people had set of age, churn")),
        "{log:?}"
    );
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_counts_its_violations_and_always_leaves_the_file() {
    let world = World::new().await;
    let body = request("CreateProcessingJob-data-quality-baseline.json");
    let name = body["ProcessingJobName"].as_str().unwrap().to_owned();
    let folder = format!("model-monitor/baselining/{name}/input/baseline_dataset_input");
    world.put(&format!("{folder}/train.csv"), table(300));
    world.processing_job(body.clone()).await;
    let worker = world.start("w");
    world.ended(&name).await;
    world.put("today/today.csv", table(300));
    world.processing_job(check_of(&body)).await;
    let job = world.ended("check").await;
    assert_eq!(job["ProcessingJobStatus"], "Completed", "{job}");
    let found = world.json("dq/today/constraint_violations.json");
    assert_eq!(found["violations"], json!([]));
    world.put("today/today.csv", table(300).replace("\n3,", "\nx,"));
    let mut again = check_of(&body);
    again["ProcessingJobName"] = "again".into();
    world.processing_job(again).await;
    let job = world.ended("again").await;
    let found = world.json("dq/today/constraint_violations.json");
    let n_violations = found["violations"].as_array().unwrap().len();
    assert!(n_violations > 0);
    assert_eq!(
        job["ExitMessage"],
        format!(
            "CompletedWithViolations: Job completed successfully with {n_violations} violations."
        )
    );
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn model_quality_is_told_apart_by_one_variable() {
    let world = World::new().await;
    let body = request("CreateProcessingJob-model-quality-baseline.json");
    let name = body["ProcessingJobName"].as_str().unwrap().to_owned();
    let rows = (0..250).map(|row| {
        let label = i32::from(row % 3 == 0);
        format!("{label},0.{}, {label}\n", row % 9 + 1).replace(' ', "")
    });
    world.put(
        &format!("model-monitor/baselining/{name}/input/baseline_dataset_input/scored.csv"),
        format!("prediction,probability,label\n{}", rows.collect::<String>()),
    );
    world.processing_job(body).await;
    let worker = world.start("w");
    let job = world.ended(&name).await;
    assert_eq!(job["ProcessingJobStatus"], "Completed", "{job}");
    let metrics = &world.json("mq/baseline/statistics.json")["binary_classification_metrics"];
    assert_eq!(metrics["accuracy"]["value"], 1.0);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_is_refused_by_name_where_none_may_run() {
    let world = World::new().await;
    let body = request("CreateProcessingJob-baseline-s3-input-with-preprocessor.json");
    let name = body["ProcessingJobName"].as_str().unwrap().to_owned();
    world.put("dq/data/train.csv", table(10));
    world.processing_job(body).await;
    let worker = world.start("w");
    let job = world.ended(&name).await;
    assert_eq!(job["ProcessingJobStatus"], "Failed");
    let reason = job["FailureReason"].as_str().unwrap();
    assert!(
        reason.starts_with("ClientError: `record_preprocessor_script`"),
        "{reason}"
    );
    worker.stop().await;
}

fn people(n_rows: usize) -> String {
    let rows = (0..n_rows).map(|row| {
        let numbers: Vec<String> = (0..6)
            .map(|column| format!("{}", ((row * 7 + column * 13) % 17) as f64 / 8.0 - 1.0))
            .collect();
        format!("{},{},{}\n", row % 2, (row / 2) % 2, numbers.join(","))
    });
    rows.collect()
}

fn clarify(config: &Value, world: &World) -> Value {
    world.put("clarify/bias/analysis_config.json", config.to_string());
    world.put("clarify/data.csv", people(120));
    request("CreateProcessingJob-clarify.json")
}

fn config() -> Value {
    json!({
        "dataset_type": "text/csv",
        "headers": ["label", "group", "f0", "f1", "f2", "f3", "f4", "f5"],
        "label": "label",
        "excluded_columns": ["group"],
        "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "group", "value_or_threshold": [0]}],
        "methods": {
            "report": {"name": "report", "title": "Analysis Report"},
            "pre_training_bias": {"methods": "all"},
            "post_training_bias": {"methods": "all"},
            "shap": {"use_logit": false, "save_local_shap_values": true, "num_samples": 64},
        },
        "predictor": {
            "model_name": "m", "instance_type": "ml.m5.large", "initial_instance_count": 1,
            "content_type": "application/jsonlines", "accept_type": "application/jsonlines",
            "content_template": "{\"instances\":$features}", "label": 0,
        },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clarify_job_asks_the_model_in_place_whatever_its_templates() {
    let world = World::new().await;
    world.model("m", "xgboost/binary.json").await;
    let body = clarify(&config(), &world);
    let name = world.processing_job(body).await;
    let worker = world.start("w");
    let job = world.ended(&name).await;
    assert_eq!(job["ProcessingJobStatus"], "Completed", "{job}");
    let analysis = world.json("clarify/bias/analysis.json");
    assert!(analysis["pre_training_bias_metrics"].is_object());
    assert!(analysis["post_training_bias_metrics"].is_object());
    assert!(
        analysis["explanations"]["kernel_shap"].is_object(),
        "{analysis}"
    );
    for file in ["report.html", "report.ipynb", "report.pdf"] {
        assert!(
            world.object(&format!("clarify/bias/{file}")).is_file(),
            "{file}"
        );
    }
    let local = world.read("clarify/bias/explanations_shap/out.csv");
    assert_eq!(local.lines().count(), 121);
    // The client's own configuration is not touched.
    assert_eq!(world.json("clarify/bias/analysis_config.json"), config());
    let log = world.log(LOGS, &name).await;
    let last = log.last().unwrap();
    assert_eq!(
        last,
        "exit_message: Completed: SageMaker XAI Analyzer ran successfully"
    );
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clarify_job_that_fails_says_so_in_clarifys_words_and_ours() {
    let cases = [
        (
            json!({"facet": [{"name_or_index": "nobody", "value_or_threshold": [0]}]}),
            "ClientError: Unable to locate the facet. ",
        ),
        (
            json!({"label": "nothing"}),
            "ClientError: Headers must contain label. ",
        ),
        (
            json!({"headers": ["label", "group", "f0", "f1"]}),
            "ClientError: Headers in config do not match with the number of columns in the \
             dataset. ",
        ),
        (
            json!({"colour": "red"}),
            "ClientError: Analysis configuration schema validation error. ",
        ),
    ];
    let world = World::new().await;
    world.model("m", "xgboost/binary.json").await;
    let worker = world.start("w");
    for (at, (change, expected)) in cases.into_iter().enumerate() {
        let mut wrong = config();
        wrong
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        let mut body = clarify(&wrong, &world);
        body["ProcessingJobName"] = format!("wrong-{at}").into();
        let name = world.processing_job(body).await;
        let job = world.ended(&name).await;
        assert_eq!(job["ProcessingJobStatus"], "Failed", "{change}");
        let reason = job["FailureReason"].as_str().unwrap();
        assert!(reason.starts_with(expected), "{change}: {reason}");
        assert!(reason.len() > expected.len() + 10, "{reason}");
        let message = job["ExitMessage"].as_str().unwrap();
        assert!(message.starts_with("Customer Error: "), "{message}");
    }
    worker.stop().await;
}
