//! Evaluations that follow a monitor, and what monitors of a card's model measured last.

use std::collections::BTreeMap;

use probity_app::endpoint;
use probity_app::model_card::{self, ReportStates};
use probity_app::monitoring_execution::{EndedExecution, finish, run_now};
use probity_domain::document::card_dossier::ReportState;
use probity_domain::document::execution::ExecutionBody;
use probity_domain::document::model_card::MetricValue;
use probity_domain::resource::ExecutionEnd;
use probity_store::metric_point::MetricPoint;
use serde_json::{Value, json};

use crate::card_evidence::{
    CONTENT, REPORT, bias, bind, card, dossier, ended, job, read_state, report, stale,
};
use crate::world::{World, call};

const HOUR_MS: i64 = 3_600_000;

/// An endpoint that serves the model, and a schedule that watches it.
pub(crate) async fn watched(world: &World) {
    call!(world, endpoint_config::create, {
        "EndpointConfigName": "ec",
        "ProductionVariants": [{ "VariantName": "a", "ModelName": "m" }],
    })
    .unwrap();
    call!(world, endpoint::create, { "EndpointName": "e", "EndpointConfigName": "ec" }).unwrap();
    endpoint::finish(&world.app, "us-west-2", "e", &endpoint::Prepared::Ready)
        .await
        .unwrap();
    call!(world, job_definition::model_quality::create, {
        "JobDefinitionName": "d",
        "ModelQualityAppSpecification": {
            "ImageUri": "1.dkr.ecr.us-west-2.amazonaws.com/sagemaker-model-monitor-analyzer",
            "ProblemType": "Regression",
        },
        "ModelQualityJobInput": {
            "EndpointInput": {
                "EndpointName": "e", "LocalPath": "/opt/ml/processing/input",
                "InferenceAttribute": "0",
            },
            "GroundTruthS3Input": { "S3Uri": "s3://b/labels" },
        },
        "ModelQualityJobOutputConfig": { "MonitoringOutputs": [{ "S3Output": {
            "S3Uri": "s3://b/results", "LocalPath": "/opt/ml/processing/output",
        } }] },
        "JobResources": { "ClusterConfig": {
            "InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20,
        } },
        "RoleArn": "arn:aws:iam::111122223333:role/service-role/Governor",
    })
    .unwrap();
    call!(world, monitoring_schedule::create, {
        "MonitoringScheduleName": "s",
        "MonitoringScheduleConfig": {
            "ScheduleConfig": { "ScheduleExpression": "cron(0 * ? * * *)" },
            "MonitoringJobDefinitionName": "d",
            "MonitoringType": "ModelQuality",
        },
    })
    .unwrap();
}

/// A run that ends so, with one number.
pub(crate) async fn run(world: &World, end: ExecutionEnd) -> String {
    world.pass_ms(60_000);
    let (app, caller) = (&world.app, &world.caller);
    let id = run_now(app, caller, ("s", Some((0, HOUR_MS))))
        .await
        .unwrap();
    let dimensions = [("Endpoint", "e"), ("MonitoringSchedule", "s")];
    let dimensions: BTreeMap<String, String> = dimensions
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let point = MetricPoint {
        region: "us-west-2".to_owned(),
        namespace: "aws/sagemaker/Endpoints/model-metrics".to_owned(),
        name: "rmse".to_owned(),
        dimensions,
        at_ms: 0,
        sum: 3.0,
        count: 2.0,
        minimum: 1.0,
        maximum: 2.0,
        unit: None,
    };
    let (violations, metrics) = match end {
        ExecutionEnd::Completed => (Some(0), vec![point]),
        ExecutionEnd::CompletedWithViolations => (Some(1), Vec::new()),
        ExecutionEnd::Failed | ExecutionEnd::Stopped => (None, Vec::new()),
    };
    let ended = EndedExecution {
        end,
        exit_message: None,
        failure_reason: None,
        violations,
        metrics,
        intervals: Vec::new(),
        found: ExecutionBody {
            violations: vec!["rmse is above its threshold".to_owned()],
            output_uri: Some(format!("s3://b/results/e/s/{id}")),
            ..ExecutionBody::default()
        },
        jobs: Vec::new(),
    };
    finish(app, &id, ended).await.unwrap();
    world.pass_ms(1000);
    id
}

#[tokio::test]
async fn an_evaluation_that_follows_a_monitor_is_stale_when_an_execution_ends() {
    let world = World::new().await;
    card(&world).await;
    watched(&world).await;
    let named = json!({
        "ModelCardName": "c", "EvaluationName": "fairness", "MonitoringScheduleName": "s",
    });
    let none = model_card::wanted_report(&world.app, &world.caller, &named).await;
    assert!(
        none.unwrap_err()
            .to_string()
            .contains("no execution that completed")
    );
    let id = run(&world, ExecutionEnd::Completed).await;
    let uri = format!("s3://b/results/e/s/{id}/statistics.json");
    let bound = bind(
        &world,
        ("s".into(), "MonitoringScheduleName"),
        &report(&uri, 0.1),
    )
    .await;
    let source =
        format!("arn:aws:sagemaker:us-west-2:111122223333:monitoring-schedule/s/execution/{id}");
    assert_eq!(
        (&bound["Source"], &bound["Follows"]),
        (&json!(source), &json!("s"))
    );
    assert!(stale(&world).await.is_empty());
    run(&world, ExecutionEnd::Failed).await;
    assert!(stale(&world).await.is_empty(), "a failed run has no report");
    run(&world, ExecutionEnd::CompletedWithViolations).await;
    assert_eq!(stale(&world).await, ["NewerExecution"]);
    let standing = &standings(&world, &ReportStates::new()).await[0];
    assert_eq!(standing["Stale"], true);
    assert_eq!(standing["StaleEvaluations"], json!(["fairness"]));
}

async fn standings(world: &World, reports: &ReportStates) -> Vec<Value> {
    let input = (&json!({}), reports);
    let answer = model_card::overview(&world.app, &world.caller, input).await;
    let standings = answer.unwrap()["ModelCardStandings"].take();
    serde_json::from_value(standings).unwrap()
}

/// Each card has what is its own, and not what is another's.
#[tokio::test]
async fn a_page_of_standings_says_of_each_card_what_its_report_says() {
    let world = World::new().await;
    card(&world).await;
    for name in ["b", "d"] {
        let content = CONTENT.replace("model/m", &format!("model/{name}"));
        call!(world, model_card::create, {
            "ModelCardName": name, "Content": content, "ModelCardStatus": "Draft",
        })
        .unwrap();
    }
    job(&world, "j1").await;
    ended(&world, "j1").await;
    bind(&world, (REPORT.into(), "ReportS3Uri"), &report(REPORT, 0.1)).await;
    let reports = model_card::reports_of_page(&world.app, &world.caller, &json!({}))
        .await
        .unwrap();
    assert_eq!(reports, [REPORT]);
    let found = async |state: Option<ReportState>| {
        let states = state.map(|state| (REPORT.to_owned(), state));
        let standings = standings(&world, &states.into_iter().collect()).await;
        let names: Vec<&str> = standings
            .iter()
            .map(|own| own["ModelCardName"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["b", "c", "d"]);
        for other in [&standings[0], &standings[2]] {
            assert_eq!(other.get("Verification"), None);
            assert_eq!(other["Stale"], false);
        }
        let own = &standings[1];
        (own["Verification"].clone(), own["StaleEvaluations"].clone())
    };
    let (none, fairness) = (json!([]), json!(["fairness"]));
    let changed = ReportState::Sha256("0.2".to_owned());
    for (state, expected) in [
        (None, (json!("NotVerified"), &none)),
        (Some(ReportState::Unknown), (json!("NotVerified"), &none)),
        (Some(ReportState::Missing), (json!("Refuted"), &fairness)),
        (Some(changed), (json!("Refuted"), &fairness)),
        (Some(read_state(&bias(0.1))), (json!("Verified"), &none)),
        (Some(read_state(&bias(0.3))), (json!("Refuted"), &fairness)),
    ] {
        let (verification, stale) = found(state).await;
        assert_eq!((verification, &stale), expected);
    }
    job(&world, "j2").await;
    ended(&world, "j2").await;
    let (_, stale) = found(None).await;
    assert_eq!(stale, fairness, "a later job wrote to the place");
}

#[tokio::test]
async fn live_sections_show_the_last_run_that_ended() {
    let world = World::new().await;
    card(&world).await;
    assert!(dossier(&world, &ReportStates::new()).await.live.is_empty());
    watched(&world).await;
    let live = async || dossier(&world, &ReportStates::new()).await.live.remove(0);
    let section = live().await;
    assert_eq!(
        (section.schedule.as_str(), section.endpoint.as_deref()),
        ("s", Some("e"))
    );
    assert_eq!(section.execution, None);
    let id = run(&world, ExecutionEnd::Completed).await;
    run_now(&world.app, &world.caller, ("s", Some((0, HOUR_MS))))
        .await
        .unwrap();
    let execution = live().await.execution.unwrap();
    assert!(execution.arn.ends_with(&id), "what runs yet has no numbers");
    let metric = &execution.groups[0].metrics[0];
    assert_eq!(
        (metric.name.as_str(), &metric.value),
        ("rmse", &MetricValue::Number(1.5))
    );
    assert_eq!(execution.violations, Some(0));
    let told = model_card::described_evidence(&dossier(&world, &ReportStates::new()).await);
    assert_eq!(
        told["LiveSections"][0]["Execution"]["MonitoringExecutionStatus"],
        "Completed"
    );
}
