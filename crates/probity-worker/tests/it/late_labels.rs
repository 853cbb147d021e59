//! Labels that come after their window was scored: handed over in a request, they score it anew.

use std::time::{Duration, Instant};

use probity_app::ground_truth::{self, UploadedValue};
use probity_app::{job_definition, monitoring_execution, monitoring_schedule};
use probity_data::ground_truth::{Label, LabelValue, label_object, label_place};
use probity_domain::document::execution::ExecutionBody;
use probity_store::monitoring_execution::{Execution, latest};
use serde_json::{Value, json};

use crate::world::World;

/// 2026-11-18T10:00:00Z, an hour before the world's clock begins.
const TEN_MS: i64 = 1_794_996_000_000;
const HOUR_MS: i64 = 3_600_000;
const BUCKET: &str = "s3://governance-wire-test/";

/// A schedule that compares the output of transform jobs with labels.
async fn schedule(world: &World) {
    let definition = json!({
        "JobDefinitionName": "quality",
        "ModelQualityAppSpecification": {
            "ImageUri": "1.dkr.ecr.us-west-2.amazonaws.com/sagemaker-model-monitor-analyzer",
            "ProblemType": "Regression",
        },
        "ModelQualityJobInput": {
            "BatchTransformInput": {
                "DataCapturedDestinationS3Uri": format!("{BUCKET}batch"),
                "DatasetFormat": { "Csv": { "Header": false } },
                "LocalPath": "/opt/ml/processing/input",
                "InferenceAttribute": "0",
            },
            "GroundTruthS3Input": { "S3Uri": format!("{BUCKET}truth") },
        },
        "ModelQualityJobOutputConfig": { "MonitoringOutputs": [{ "S3Output": {
            "S3Uri": format!("{BUCKET}reports"), "LocalPath": "/opt/ml/processing/output",
        } }] },
        "JobResources": { "ClusterConfig": {
            "InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20,
        } },
        "RoleArn": "arn:aws:iam::111122223333:role/service-role/Governor",
    });
    let (app, caller) = (&world.app, &world.caller);
    job_definition::model_quality::create(app, caller, definition)
        .await
        .unwrap();
    let schedule = json!({
        "MonitoringScheduleName": "watch",
        "MonitoringScheduleConfig": {
            "ScheduleConfig": { "ScheduleExpression": "cron(0 0 ? * * *)" },
            "MonitoringJobDefinitionName": "quality",
            "MonitoringType": "ModelQuality",
        },
    });
    monitoring_schedule::create(app, caller, schedule)
        .await
        .unwrap();
}

/// What a transform job captured with `GenerateInferenceId`.
fn captured(world: &World, n_records: usize) {
    world.put(
        "batch/output/2026/11/18/10/m.json",
        format!("[{{\"prefix\":\"{BUCKET}transformed/\"}},\"a.csv.out\"]"),
    );
    let records: String = (0..n_records)
        .map(|at| format!("{at}.5,id-{at},2026-11-18T10:20:00Z\n"))
        .collect();
    world.put("transformed/a.csv.out", records);
}

/// What the server does with a request.
async fn add_labels(world: &World, ids: std::ops::Range<usize>) -> Value {
    let labels: Vec<Value> = ids
        .map(|at| json!({ "Id": format!("id-{at}"), "Label": at.to_string() }))
        .collect();
    let input = json!({ "MonitoringScheduleName": "watch", "Labels": labels });
    let (app, caller) = (&world.app, &world.caller);
    let upload = ground_truth::plan(app, caller, &input).await.unwrap();
    let place = label_place(&upload.ground_truth, upload.now_ms, &upload.id);
    let labels: Vec<Label> = upload
        .labels
        .iter()
        .map(|label| Label {
            id: label.id.clone(),
            value: match &label.value {
                UploadedValue::Text(text) => LabelValue::Csv(text.clone()),
                UploadedValue::Json(text) => LabelValue::Json(text.clone()),
            },
            inference_ms: None,
        })
        .collect();
    world.put(place.strip_prefix(BUCKET).unwrap(), label_object(&labels));
    ground_truth::uploaded(app, caller, (&upload, &place))
        .await
        .unwrap()
}

/// Waits until as many executions have ended; the newest revision first.
async fn ended(world: &World, count: usize) -> Vec<(Execution, ExecutionBody)> {
    let started = Instant::now();
    loop {
        let found = latest(&world.app.store, ("us-west-2", "watch"), 10);
        let found = found.await.unwrap();
        let is_over = |one: &Execution| !matches!(one.status.as_str(), "Pending" | "InProgress");
        if found.len() == count && found.iter().all(is_over) {
            let body = |one: Execution| {
                let body = monitoring_execution::body_of(&one).unwrap();
                (one, body)
            };
            return found.into_iter().map(body).collect();
        }
        assert!(started.elapsed() < Duration::from_secs(60), "{found:#?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[track_caller]
fn check_join(body: &ExecutionBody, [matched, unmatched]: [u64; 2]) {
    let join = body.join.as_ref().unwrap();
    assert_eq!(join["matched"], matched, "{join}");
    assert_eq!(join["unmatched"], unmatched, "{join}");
}

#[tokio::test]
async fn labels_that_come_late_score_their_window_anew_each_time() {
    let world = World::new().await;
    schedule(&world).await;
    captured(&world, 5);
    let window = (TEN_MS, TEN_MS + HOUR_MS);
    monitoring_execution::run_now(&world.app, &world.caller, ("watch", Some(window)))
        .await
        .unwrap();
    let worker = world.start("w");
    let first = ended(&world, 1).await;
    assert_eq!(first[0].0.status, "Failed", "{:?}", first[0]);
    check_join(&first[0].1, [0, 5]);

    let answer = add_labels(&world, 0..3).await;
    assert_eq!(answer["LabelCount"], 3);
    assert_eq!(answer["MonitoringScheduleNames"], json!(["watch"]));
    world.clock.advance(Duration::from_secs(10));
    let second = ended(&world, 2).await;
    let (execution, body) = &second[0];
    assert_eq!(execution.status, "Completed", "{body:?}");
    assert_eq!(
        (execution.cause.as_str(), execution.revision),
        ("late-labels", 1)
    );
    assert_eq!(body.rescores.as_ref(), Some(&first[0].0.id));
    assert_eq!(body.window, first[0].1.window);
    check_join(body, [3, 2]);

    // Labels of nobody score nothing, and those that are there already do not either.
    add_labels(&world, 0..2).await;
    add_labels(&world, 70..80).await;
    add_labels(&world, 4..5).await;
    world.clock.advance(Duration::from_secs(10));
    let third = ended(&world, 3).await;
    check_join(&third[0].1, [4, 1]);
    assert_eq!(third[0].0.revision, 2);
    // Both values are kept.
    assert_eq!(third[1].1, second[0].1);
    worker.stop().await;
}

#[tokio::test]
async fn labels_for_a_place_are_told_to_the_schedules_that_read_there() {
    let world = World::new().await;
    schedule(&world).await;
    let plan = async |input: Value| {
        let mut input = input;
        input["Labels"] = json!([{ "Id": "a", "Label": "1" }]);
        ground_truth::plan(&world.app, &world.caller, &input).await
    };
    let upload = plan(json!({ "GroundTruthS3Uri": format!("{BUCKET}truth/") }));
    let upload = upload.await.unwrap();
    let told = ground_truth::uploaded(&world.app, &world.caller, (&upload, "s3://x/y"));
    assert_eq!(
        told.await.unwrap()["MonitoringScheduleNames"],
        json!(["watch"])
    );
    let other = plan(json!({ "GroundTruthS3Uri": format!("{BUCKET}other") }));
    assert!(other.await.is_err(), "nobody reads labels there");
    let both = json!({ "GroundTruthS3Uri": "s3://b/t", "MonitoringScheduleName": "watch" });
    assert!(plan(both).await.is_err());
    assert!(
        plan(json!({ "MonitoringScheduleName": "nobody" }))
            .await
            .is_err()
    );
    assert!(plan(json!({})).await.is_err());
}
