//! Models, cards and endpoints as Search shows them beside each other.

use std::collections::BTreeMap;

use probity_app::model_card::ReportStates;
use probity_domain::ResourceKind;
use probity_domain::resource::ExecutionEnd;
use probity_store::resource::{self, ResourceKey};
use serde_json::{Value, json};

use crate::card_evidence::{card, dossier};
use crate::card_monitors::{run, watched};
use crate::world::{World, call};

async fn searched(world: &World, input: Value) -> Vec<Value> {
    let answer = probity_app::search::search(&world.app, &world.caller, input);
    answer.await.unwrap()["Results"].as_array().unwrap().clone()
}

#[tokio::test]
async fn the_record_of_a_model_shows_its_monitors_and_its_card() {
    let world = World::new().await;
    card(&world).await;
    watched(&world).await;
    run(&world, ExecutionEnd::CompletedWithViolations).await;
    let by_monitor = |name: &str, value: &str| {
        json!({
            "Resource": "Model",
            "SearchExpression": { "Filters": [
                { "Name": name, "Operator": "Equals", "Value": value },
            ] },
        })
    };
    for input in [
        json!({ "Resource": "Model" }),
        by_monitor("MonitoringSchedules.MonitoringType", "ModelQuality"),
        by_monitor("ModelCard.ModelCardName", "c"),
    ] {
        let found = searched(&world, input).await;
        let model = &found[0]["Model"];
        let schedule = &model["MonitoringSchedules"][0];
        assert_eq!(schedule["MonitoringScheduleName"], "s");
        assert_eq!(
            schedule["MonitoringAlertSummaries"][0]["AlertStatus"],
            "InAlert"
        );
        let last = &schedule["LastMonitoringExecutionSummary"];
        assert_eq!(last["MonitoringExecutionStatus"], "CompletedWithViolations");
        assert!(schedule.get("ProbityGeneration").is_none(), "{schedule}");
        assert_eq!(model["ModelCard"]["ModelCardName"], "c");
        assert_eq!(model["ModelCard"]["ModelCardStatus"], "Draft");
        assert!(model["ModelCard"].get("probity:ContentSha256").is_none());
    }
    let none = by_monitor("MonitoringSchedules.MonitoringType", "DataQuality");
    assert!(searched(&world, none).await.is_empty());
    let found = searched(&world, json!({ "Resource": "Endpoint" })).await;
    let schedules = &found[0]["Endpoint"]["MonitoringSchedules"];
    assert_eq!(schedules[0]["MonitoringScheduleName"], "s");
}

#[tokio::test]
async fn a_monitor_of_transform_jobs_belongs_to_the_model_that_they_ran() {
    let world = World::new().await;
    card(&world).await;
    call!(world, transform_job::create, {
        "TransformJobName": "t", "ModelName": "m",
        "TransformInput": { "DataSource": { "S3DataSource": {
            "S3DataType": "S3Prefix", "S3Uri": "s3://b/in",
        } } },
        "TransformOutput": { "S3OutputPath": "s3://b/out" },
        "DataCaptureConfig": { "DestinationS3Uri": "s3://b/captured/" },
        "TransformResources": { "InstanceType": "ml.m5.large", "InstanceCount": 1 },
    })
    .unwrap();
    let batch = json!({
        "DataCapturedDestinationS3Uri": "s3://b/captured",
        "DatasetFormat": { "Csv": { "Header": true } },
        "LocalPath": "/opt/ml/processing/input",
    });
    call!(world, monitoring_schedule::create, {
        "MonitoringScheduleName": "batch",
        "MonitoringScheduleConfig": {
            "ScheduleConfig": { "ScheduleExpression": "cron(0 * ? * * *)" },
            "MonitoringJobDefinition": {
                "MonitoringInputs": [{ "BatchTransformInput": batch }],
                "MonitoringOutputConfig": { "MonitoringOutputs": [{ "S3Output": {
                    "S3Uri": "s3://b/reports", "LocalPath": "/opt/ml/processing/output",
                } }] },
                "MonitoringResources": { "ClusterConfig": {
                    "InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20,
                } },
                "MonitoringAppSpecification": {
                    "ImageUri": "1.dkr.ecr.us-west-2.amazonaws.com/sagemaker-model-monitor-analyzer",
                },
                "RoleArn": "arn:aws:iam::111122223333:role/service-role/Governor",
            },
        },
    })
    .unwrap();
    let live = dossier(&world, &ReportStates::new()).await.live;
    assert_eq!(live[0].schedule, "batch");
    let found = searched(&world, json!({ "Resource": "Model" })).await;
    let schedule = &found[0]["Model"]["MonitoringSchedules"][0];
    assert_eq!(schedule["BatchTransformInput"], batch);
    let shown = call!(world, monitoring_schedule::describe, { "MonitoringScheduleName": "batch" });
    assert!(shown.unwrap().get("ProbityCapturedTo").is_none());
}

#[tokio::test]
async fn cards_are_found_by_what_their_content_says() {
    let world = World::new().await;
    card(&world).await;
    call!(world, model_card::create, {
        "ModelCardName": "d", "ModelCardStatus": "Approved",
        "Content": r#"{"intended_uses":{"risk_rating":"High","purpose_of_model":"loans"}}"#,
    })
    .unwrap();
    let model = "arn:aws:sagemaker:us-west-2:111122223333:model/m";
    for (name, operator, value, expected) in [
        ("ModelId", "Equals", model, vec!["c"]),
        ("RiskRating", "Equals", "High", vec!["d"]),
        ("RiskRating", "In", "Low,High", vec!["d"]),
        ("ModelCardStatus", "Equals", "Approved", vec!["d"]),
        ("ModelCardName", "Contains", "", vec!["c", "d"]),
        ("Content", "Contains", "loans", vec!["d"]),
        ("ModelPackageGroupName", "Equals", "g", vec![]),
    ] {
        let found = searched(
            &world,
            json!({
                "Resource": "ModelCard", "SortBy": "ModelCardName", "SortOrder": "Ascending",
                "SearchExpression": { "Filters": [
                    { "Name": name, "Operator": operator, "Value": value },
                ] },
            }),
        )
        .await;
        let names: Vec<&str> = found
            .iter()
            .map(|one| one["ModelCard"]["ModelCardName"].as_str().unwrap())
            .collect();
        assert_eq!(names, expected, "{name} {operator} {value}");
        for card in &found {
            let card = &card["ModelCard"];
            assert!(card["Content"].is_string() && card["ModelCardVersion"] == 1);
            assert!(card.get("probity:ContentSha256").is_none());
        }
    }
}

/// Rows of endpoints tell their models; those of earlier databases do not, and are found all the
/// same.
#[tokio::test]
async fn an_endpoint_is_found_by_its_model() {
    let world = World::new().await;
    card(&world).await;
    watched(&world).await;
    let key = ResourceKey {
        kind: ResourceKind::Endpoint,
        region: "us-west-2",
        name: "e",
    };
    let store = &world.app.store;
    let mut row = resource::get(store, key).await.unwrap().unwrap();
    let told: Vec<&str> = row.attributes.keys().map(String::as_str).collect();
    assert_eq!(told, ["model:m", "models"]);
    let found = async || {
        let live = dossier(&world, &ReportStates::new()).await.live;
        let mut record = searched(&world, json!({ "Resource": "Model" })).await;
        let endpoint = record[0]["Model"]["Endpoints"][0]["EndpointName"].take();
        (live.len(), endpoint)
    };
    assert_eq!(found().await, (1, json!("e")));
    row.attributes = BTreeMap::new();
    let mut unit = store.begin().await.unwrap();
    resource::replace(&mut unit, &row).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(found().await, (1, json!("e")));
}
