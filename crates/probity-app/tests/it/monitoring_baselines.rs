//! What a schedule obeys, changed with a reason; and what ran elsewhere, imported twice.

use probity_app::monitoring_baseline::{self, BaselineChange, BaselineDocument};
use probity_app::monitoring_import::{
    self, Imported, ImportedEndpoint, ImportedRun, ImportedSchedule, ScheduleImport,
};
use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_domain::document::execution::ExecutionWindow;
use probity_store::audit::{self, ListEvents};
use probity_store::monitoring_execution::{Execution, insert};
use serde_json::{Map, Value, json};

use crate::world::{START_MS, World, call, fault};

const HOUR_MS: i64 = 3_600_000;

fn definition() -> Map<String, Value> {
    let document = json!({
        "JobDefinitionName": "churn",
        "DataQualityAppSpecification": {
            "ImageUri": "1.dkr.ecr.us-west-2.amazonaws.com/sagemaker-model-monitor-analyzer",
        },
        "DataQualityBaselineConfig": {
            "ConstraintsResource": { "S3Uri": "s3://b/old/constraints.json" },
            "StatisticsResource": { "S3Uri": "s3://b/old/statistics.json" },
        },
        "DataQualityJobInput": { "BatchTransformInput": {
            "DataCapturedDestinationS3Uri": "s3://b/captured",
            "DatasetFormat": { "Csv": { "Header": true } },
            "LocalPath": "/opt/ml/processing/input",
        } },
        "DataQualityJobOutputConfig": { "MonitoringOutputs": [{ "S3Output": {
            "S3Uri": "s3://b/reports", "LocalPath": "/opt/ml/processing/output",
        } }] },
        "JobResources": { "ClusterConfig": {
            "InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20,
        } },
        "RoleArn": "arn:aws:iam::111122223333:role/service-role/Governor",
    });
    match document {
        Value::Object(members) => members,
        other => panic!("{other}"),
    }
}

async fn scheduled(world: &World) {
    let input = Value::Object(definition());
    call!(world, job_definition::data_quality::create, input).unwrap();
    let input = json!({
        "MonitoringScheduleName": "s",
        "MonitoringScheduleConfig": {
            "ScheduleConfig": { "ScheduleExpression": "cron(0 * ? * * *)" },
            "MonitoringJobDefinitionName": "churn",
            "MonitoringType": "DataQuality",
        },
    });
    call!(world, monitoring_schedule::create, input).unwrap();
}

fn change() -> BaselineChange {
    BaselineChange {
        schedule: "s".to_owned(),
        reason: "income is seasonal".to_owned(),
        constraints: Some(BaselineDocument {
            uri: "s3://b/new/constraints.json".to_owned(),
            sha256: "ab".to_owned(),
        }),
        statistics: None,
        constraints_before: Some("cd".to_owned()),
        statistics_before: None,
    }
}

#[tokio::test]
async fn a_named_definition_is_followed_by_another_with_the_reason_in_the_log() {
    let world = World::new().await;
    scheduled(&world).await;
    let obeyed = monitoring_baseline::obeyed(&world.app, &world.caller, "s")
        .await
        .unwrap();
    assert_eq!(
        obeyed.constraints_uri.as_deref(),
        Some("s3://b/old/constraints.json")
    );
    let answer = monitoring_baseline::update(&world.app, &world.caller, &change())
        .await
        .unwrap();
    let name = answer["MonitoringJobDefinitionName"].as_str().unwrap();
    assert_ne!(name, "churn");
    let shown = call!(
        world,
        monitoring_schedule::describe,
        { "MonitoringScheduleName": "s" }
    )
    .unwrap();
    let config = &shown["MonitoringScheduleConfig"];
    assert_eq!(config["MonitoringJobDefinitionName"], name);
    assert_eq!(shown["MonitoringScheduleStatus"], "Scheduled");
    let made = call!(
        world,
        job_definition::data_quality::describe,
        { "JobDefinitionName": name }
    )
    .unwrap();
    let baseline = &made["DataQualityBaselineConfig"];
    assert_eq!(
        baseline["ConstraintsResource"]["S3Uri"],
        "s3://b/new/constraints.json"
    );
    assert_eq!(
        baseline["StatisticsResource"]["S3Uri"],
        "s3://b/old/statistics.json"
    );
    let wanted = ListEvents {
        action: Some("probity:UpdateMonitoringBaseline".to_owned()),
        limit: 10,
        ..ListEvents::default()
    };
    let events = audit::list(&world.app.store, &wanted).await.unwrap();
    assert_eq!(events.len(), 3, "a definition, a schedule, and the hashes");
    let told = events.iter().map(|event| &event.event);
    for event in told.clone() {
        assert_eq!(event.reason.as_deref(), Some("income is seasonal"));
    }
    let mut changes = told.map(|event| &event.change);
    let hashes = changes.find(|change| change.get("baseline").is_some());
    let hashes = &hashes.unwrap()["baseline"]["Constraints"];
    assert_eq!(hashes["BeforeSha256"], "cd");
    assert_eq!(hashes["AfterSha256"], "ab");
}

fn run(hour: i64) -> ImportedRun {
    ImportedRun {
        scheduled_ms: START_MS - hour * HOUR_MS,
        window: ExecutionWindow {
            start_ms: START_MS - (hour + 1) * HOUR_MS,
            end_ms: START_MS - hour * HOUR_MS,
        },
        output_uri: format!("s3://b/reports/{hour}"),
        violations: Some(2),
        told: vec!["a: b".to_owned()],
        metrics: Vec::new(),
    }
}

/// As the bucket tells of it.
fn found(name: &str) -> ImportedSchedule {
    ImportedSchedule {
        name: name.to_owned(),
        monitoring_type: MonitoringType::DataQuality,
        expression: "cron(0 * ? * * *)".to_owned(),
        endpoint: String::new(),
        definition: definition(),
    }
}

#[tokio::test]
async fn what_is_imported_twice_is_there_once() {
    let world = World::new().await;
    let (app, caller) = (&world.app, &world.caller);
    let endpoint = ImportedEndpoint {
        name: "e".to_owned(),
        variants: vec!["AllTraffic".to_owned()],
        capture_uri: "s3://b/captures".to_owned(),
    };
    let schedule = found("churn");
    for (imported, is_new, n_new) in [
        (Imported::Yes, ScheduleImport::New, 2),
        (Imported::Kept, ScheduleImport::Same, 0),
    ] {
        let made = monitoring_import::endpoint(app, caller, &endpoint).await;
        assert_eq!(made.unwrap(), imported);
        let made = monitoring_import::schedule(app, caller, &schedule).await;
        assert_eq!(made.unwrap(), is_new);
        let runs = [run(1), run(2)];
        let made = monitoring_import::runs(app, caller, (&schedule, &runs)).await;
        assert_eq!(made.unwrap(), n_new);
    }
    let shown = call!(world, endpoint::describe, { "EndpointName": "e" }).unwrap();
    assert_eq!(shown["EndpointStatus"], "OutOfService");
    let captured = &shown["DataCaptureConfig"]["DestinationS3Uri"];
    assert_eq!(captured, "s3://b/captures");
    let named = json!({ "MonitoringScheduleName": "churn" });
    let shown = call!(world, monitoring_schedule::describe, named.clone()).unwrap();
    assert_eq!(shown["MonitoringScheduleStatus"], "Stopped");
    let runs = call!(world, monitoring_run::list, named.clone()).unwrap();
    let first = &runs["MonitoringExecutions"][0];
    assert_eq!(first["Cause"], "imported");
    assert_eq!(first["ViolationCount"], 2);
    assert_eq!(
        first["MonitoringExecutionStatus"],
        "CompletedWithViolations"
    );
    // It can be run from then on.
    call!(world, monitoring_schedule::start, named).unwrap();
}

#[tokio::test]
async fn the_results_of_a_slot_that_ran_here_are_no_second_run() {
    let world = World::new().await;
    scheduled(&world).await;
    let runs = [run(1), run(2)];
    let own = Execution {
        id: "own".to_owned(),
        region: "us-west-2".to_owned(),
        schedule: "s".to_owned(),
        scheduled_ms: runs[0].scheduled_ms,
        cause: "slot".to_owned(),
        revision: 0,
        status: "Completed".to_owned(),
        created_ms: START_MS,
        modified_ms: START_MS,
        monitoring_type: "DataQuality".to_owned(),
        endpoint: String::new(),
        job_definition: "churn".to_owned(),
        violations: 0,
        body: json!({ "outputUri": runs[0].output_uri, "window": { "startMs": 0, "endMs": 1 } }),
    };
    let mut unit = world.app.store.begin().await.unwrap();
    insert(&mut unit, &own).await.unwrap();
    unit.commit().await.unwrap();
    let made = monitoring_import::runs(&world.app, &world.caller, (&found("s"), &runs)).await;
    assert_eq!(made.unwrap(), 1);
}

#[tokio::test]
async fn a_schedule_of_the_same_name_gets_no_runs_of_another() {
    let world = World::new().await;
    scheduled(&world).await;
    let (app, caller) = (&world.app, &world.caller);
    let mut elsewhere = definition();
    let output = &mut elsewhere["DataQualityJobOutputConfig"]["MonitoringOutputs"][0];
    output["S3Output"]["S3Uri"] = "s3://other/reports".into();
    let others = [
        ImportedSchedule {
            endpoint: "loans".to_owned(),
            ..found("s")
        },
        ImportedSchedule {
            monitoring_type: MonitoringType::ModelBias,
            ..found("s")
        },
        ImportedSchedule {
            definition: elsewhere,
            ..found("s")
        },
    ];
    for other in others {
        let made = monitoring_import::schedule(app, caller, &other).await;
        let ScheduleImport::Taken(taken) = made.unwrap() else {
            panic!("taken for the same as {other:?}");
        };
        assert_eq!(
            taken.to_string(),
            "name `s` is taken by a schedule of transform jobs (DataQuality, results in \
             `s3://b/reports`); use --as"
        );
        let made = monitoring_import::runs(app, caller, (&other, &[run(1)])).await;
        assert_eq!(fault(made.map(|n_new| json!(n_new))), "invalid");
    }
    let named = json!({ "MonitoringScheduleName": "s" });
    let runs = call!(world, monitoring_run::list, named).unwrap();
    assert_eq!(runs["MonitoringExecutions"], json!([]));
}
