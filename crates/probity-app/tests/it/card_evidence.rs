//! Evaluations of cards that are taken from reports, and how they stand when things move on.

use std::collections::BTreeMap;

use probity_app::model_card::{self, DossierRequest, ReportStates, WantedReport};
use probity_app::monitoring_execution::{EndedExecution, finish, run_now};
use probity_app::{JobOutcome, endpoint, processing_job};
use probity_domain::ResourceKind;
use probity_domain::document::card_dossier::{CardDossier, ReportState};
use probity_domain::document::card_report::CardReport;
use probity_domain::document::execution::ExecutionBody;
use probity_domain::document::model_card::{Metric, MetricGroup, MetricValue, ReportKind};
use probity_domain::resource::ExecutionEnd;
use probity_store::metric_point::MetricPoint;
use probity_store::resource::{self, ResourceKey};
use serde_json::{Value, json};

use crate::world::{World, call, fault};

const HOUR_MS: i64 = 3_600_000;
const REPORT: &str = "s3://b/bias/analysis.json";
const CONTENT: &str = r#"{"model_overview":{"model_id":"arn:aws:sagemaker:us-west-2:111122223333:model/m","model_artifact":["s3://b/m.tar.gz"]},"evaluation_details":[{"name":"fairness","evaluation_observation":"fine","metadata":{"owner":"ada"}}]}"#;

fn report(uri: &str, value: f64) -> CardReport {
    CardReport {
        uri: uri.to_owned(),
        sha256: format!("{value}"),
        kind: ReportKind::ClarifyBias,
        groups: vec![MetricGroup {
            name: "pre_training_bias_metrics - label y = 1 and facet sex=f".to_owned(),
            metrics: vec![Metric {
                axes: None,
                name: "DPL".to_owned(),
                notes: None,
                value: MetricValue::Number(value),
            }],
        }],
        modified_ms: None,
    }
}

async fn model(world: &World, data: &str) {
    call!(world, model::create, {
        "ModelName": "m",
        "PrimaryContainer": { "Image": "a/b:1", "ModelDataUrl": data },
        "ExecutionRoleArn": "arn:aws:iam::111122223333:role/service-role/Governor",
    })
    .unwrap();
}

async fn card(world: &World) {
    // Not at the beginning of a second, and bound before its end.
    world.pass_ms(200);
    model(world, "s3://b/m.tar.gz").await;
    call!(world, model_card::create, {
        "ModelCardName": "c", "Content": CONTENT, "ModelCardStatus": "Draft",
    })
    .unwrap();
    world.pass_ms(300);
}

/// Binds what a request names to a report, as the server does when it has read it.
async fn bind(world: &World, (source, value): (Value, &str), report: &CardReport) -> Value {
    let mut input = json!({ "ModelCardName": "c", "EvaluationName": "fairness" });
    input[value] = source;
    let wanted = model_card::wanted_report(&world.app, &world.caller, &input)
        .await
        .unwrap();
    assert!(wanted.uris.contains(&report.uri), "{wanted:?}");
    let bound = model_card::bind(&world.app, &world.caller, (&input, &wanted, report)).await;
    world.pass_ms(1000);
    bound.unwrap()
}

async fn dossier(world: &World, reports: &ReportStates) -> CardDossier {
    let request = DossierRequest {
        action: "probity:DescribeModelCardEvidence",
        card: "c",
        version: None,
        reports,
    };
    model_card::dossier(&world.app, &world.caller, request)
        .await
        .unwrap()
}

/// The codes of why `fairness` is stale, by the store alone.
async fn stale(world: &World) -> Vec<&'static str> {
    codes(&dossier(world, &ReportStates::new()).await)
}

fn codes(dossier: &CardDossier) -> Vec<&'static str> {
    let fairness = &dossier.evaluations[0];
    assert_eq!(fairness.evaluation, "fairness");
    fairness.stale.iter().map(|reason| reason.code()).collect()
}

async fn content(world: &World) -> Value {
    let card = call!(world, model_card::describe, { "ModelCardName": "c" }).unwrap();
    serde_json::from_str(card["Content"].as_str().unwrap()).unwrap()
}

async fn job(world: &World, name: &str) {
    call!(world, processing_job::create, {
        "ProcessingJobName": name,
        "ProcessingResources": { "ClusterConfig": {
            "InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 20,
        } },
        "AppSpecification": {
            "ImageUri": "1.dkr.ecr.us-west-2.amazonaws.com/sagemaker-clarify-processing:1.0",
        },
        "RoleArn": "arn:aws:iam::111122223333:role/service-role/Governor",
        "ProcessingOutputConfig": { "Outputs": [{
            "OutputName": "analysis_result",
            "S3Output": {
                "S3Uri": "s3://b/bias/", "LocalPath": "/opt/ml/processing/output",
                "S3UploadMode": "EndOfJob",
            },
        }] },
    })
    .unwrap();
    world.pass_ms(1000);
}

async fn ended(world: &World, name: &str) {
    let done = JobOutcome::completed(None);
    processing_job::finish(&world.app, "us-west-2", name, &done)
        .await
        .unwrap();
    world.pass_ms(1000);
}

#[tokio::test]
async fn a_bound_evaluation_has_its_numbers_and_where_they_are_from() {
    let world = World::new().await;
    card(&world).await;
    job(&world, "j1").await;
    ended(&world, "j1").await;
    let bound = bind(&world, (REPORT.into(), "ReportS3Uri"), &report(REPORT, 0.1)).await;
    assert_eq!(bound["ModelCardVersion"], 2);
    let job = "arn:aws:sagemaker:us-west-2:111122223333:processing-job/j1";
    assert_eq!(
        (&bound["Source"], &bound["Kind"]),
        (&json!(job), &json!("clarify-bias"))
    );
    let content = content(&world).await;
    let fairness = &content["evaluation_details"][0];
    assert_eq!(fairness["evaluation_observation"], "fine");
    assert_eq!(fairness["evaluation_job_arn"], job);
    assert_eq!(fairness["metadata"]["owner"], "ada");
    assert_eq!(fairness["metadata"]["probity:sha256"], "0.1");
    assert_eq!(fairness["metric_groups"][0]["metric_data"][0]["value"], 0.1);
    assert!(stale(&world).await.is_empty());

    let arn = bound["ModelCardArn"].as_str().unwrap();
    let tag = |key: &str| json!({ "Key": key, "Value": REPORT });
    let others = [tag("probity:bind/accuracy"), tag("team")];
    let mut tags = others.to_vec();
    tags.push(tag("probity:bind/fairness"));
    call!(world, tags::add, { "ResourceArn": arn, "Tags": tags }).unwrap();
    let unbind = json!({ "ModelCardName": "c", "EvaluationName": "fairness" });
    call!(world, model_card::unbind, unbind.clone()).unwrap();
    let left = call!(world, tags::list, { "ResourceArn": arn }).unwrap();
    assert_eq!(left["Tags"], json!(others));
    let content = self::content(&world).await;
    let fairness = &content["evaluation_details"][0];
    assert_eq!(fairness["metadata"], json!({ "owner": "ada" }));
    assert_eq!(
        fairness["metric_groups"][0]["name"],
        "pre_training_bias_metrics - label y = 1 and facet sex=f"
    );
    assert_eq!(fault(call!(world, model_card::unbind, unbind)), "invalid");
}

#[tokio::test]
async fn another_evaluation_is_added_and_refused_names_change_nothing() {
    let world = World::new().await;
    card(&world).await;
    let bind = async |name: &str, expected: i64| {
        let input = json!({
            "ModelCardName": "c", "EvaluationName": name, "ReportS3Uri": REPORT,
            "ExpectedVersion": expected,
        });
        let (app, caller) = (&world.app, &world.caller);
        let wanted = model_card::wanted_report(app, caller, &input).await?;
        model_card::bind(app, caller, (&input, &wanted, &report(REPORT, 0.1))).await
    };
    bind("second", 1).await.unwrap();
    assert_eq!(
        content(&world).await["evaluation_details"][1]["name"],
        "second"
    );
    assert_eq!(fault(bind("third", 1).await), "conflict");
    let long = "x".repeat(120_000);
    assert_eq!(fault(bind(&long, 2).await), "invalid");
    assert_eq!(
        content(&world).await["evaluation_details"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn a_later_job_at_the_same_place_makes_stale() {
    let world = World::new().await;
    card(&world).await;
    job(&world, "j1").await;
    let not_yet = json!({
        "ModelCardName": "c", "EvaluationName": "fairness", "ProcessingJobName": "j1",
    });
    let refused = model_card::wanted_report(&world.app, &world.caller, &not_yet).await;
    assert!(refused.unwrap_err().to_string().contains("InProgress"));
    ended(&world, "j1").await;
    bind(
        &world,
        ("j1".into(), "ProcessingJobName"),
        &report(REPORT, 0.1),
    )
    .await;
    assert!(stale(&world).await.is_empty());
    job(&world, "j2").await;
    assert!(stale(&world).await.is_empty(), "it runs yet");
    ended(&world, "j2").await;
    assert_eq!(stale(&world).await, ["NewerReport"]);
    // Bound anew, it stands again.
    bind(
        &world,
        ("j2".into(), "ProcessingJobName"),
        &report(REPORT, 0.2),
    )
    .await;
    assert!(stale(&world).await.is_empty());
}

fn read_state(document: &Value) -> ReportState {
    ReportState::Read {
        sha256: "0.1".to_owned(),
        document: document.clone(),
    }
}

/// A report in Clarify's form that gives one metric.
fn bias(value: f64) -> Value {
    json!({"pre_training_bias_metrics": {
        "label": "y",
        "label_value_or_threshold": "1",
        "facets": {"sex": [{
            "value_or_threshold": "f",
            "metrics": [{"name": "DPL", "description": "", "value": value}],
        }]},
    }})
}

#[tokio::test]
async fn a_report_that_is_another_or_gone_makes_stale() {
    let world = World::new().await;
    card(&world).await;
    bind(&world, (REPORT.into(), "ReportS3Uri"), &report(REPORT, 0.1)).await;
    for (state, expected) in [
        (ReportState::Sha256("0.1".to_owned()), None),
        (ReportState::Sha256("0.2".to_owned()), Some("ReportChanged")),
        (ReportState::Missing, Some("ReportMissing")),
        (ReportState::Unknown, None),
        // The values are held against the document, whatever the card says of its hash.
        (read_state(&bias(0.1)), None),
        (read_state(&bias(0.3)), Some("ValuesDiffer")),
        (read_state(&json!({"features": []})), Some("ValuesDiffer")),
    ] {
        let reports = ReportStates::from([(REPORT.to_owned(), state.clone())]);
        let dossier = dossier(&world, &reports).await;
        assert_eq!(codes(&dossier).first().copied(), expected, "{state:?}");
        let told = model_card::described_evidence(&dossier);
        assert_eq!(told["Stale"], expected.is_some());
        assert_eq!(told["Evaluations"][0]["Bound"], true);
    }
}

#[tokio::test]
async fn a_model_that_is_gone_or_made_anew_makes_stale() {
    let world = World::new().await;
    card(&world).await;
    bind(&world, (REPORT.into(), "ReportS3Uri"), &report(REPORT, 0.1)).await;
    assert!(stale(&world).await.is_empty());
    call!(world, model::delete, { "ModelName": "m" }).unwrap();
    assert_eq!(stale(&world).await, ["ModelChanged"]);
    model(&world, "s3://b/m.tar.gz").await;
    assert_eq!(stale(&world).await, ["ModelChanged"]);
    world.pass_ms(1000);
    bind(&world, (REPORT.into(), "ReportS3Uri"), &report(REPORT, 0.1)).await;
    assert!(stale(&world).await.is_empty());
    call!(world, model::delete, { "ModelName": "m" }).unwrap();
    model(&world, "s3://b/other.tar.gz").await;
    let reasons = dossier(&world, &ReportStates::new()).await.evaluations[0]
        .stale
        .clone();
    let told = format!("{reasons:?}");
    assert!(
        told.contains("created anew") && told.contains("other.tar.gz"),
        "{told}"
    );
}

#[tokio::test]
async fn a_model_that_was_never_here_says_nothing() {
    let world = World::new().await;
    call!(world, model_card::create, {
        "ModelCardName": "c", "Content": CONTENT, "ModelCardStatus": "Draft",
    })
    .unwrap();
    bind(&world, (REPORT.into(), "ReportS3Uri"), &report(REPORT, 0.1)).await;
    assert!(stale(&world).await.is_empty());
}

/// An endpoint that serves the model, and a schedule that watches it.
async fn watched(world: &World) {
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
async fn run(world: &World, end: ExecutionEnd) -> String {
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

#[tokio::test]
async fn tags_bind_when_a_card_is_made_and_later() {
    let world = World::new().await;
    let tag = |uri: &str| json!({ "Key": "probity:bind/fairness", "Value": uri });
    let tagged = json!({ "Tags": [tag(REPORT), { "Key": "team", "Value": "risk" }] });
    let wanted = model_card::reports_of_tags(&tagged).unwrap();
    assert_eq!(wanted, [WantedReport::at("fairness", REPORT)]);
    let read = [(wanted[0].clone(), report(REPORT, 0.1))];
    let (app, caller) = (&world.app, &world.caller);
    let content = model_card::bound_by_tags(app, caller, ("{}", &read))
        .await
        .unwrap();
    call!(world, model_card::create, {
        "ModelCardName": "c", "Content": content, "ModelCardStatus": "Draft",
        "Tags": tagged["Tags"],
    })
    .unwrap();
    assert!(stale(&world).await.is_empty());
    let arn = "arn:aws:sagemaker:us-west-2:111122223333:model-card/c";
    let add = json!({ "ResourceArn": arn, "Tags": [tag(REPORT)] });
    let version = async || {
        let card = call!(world, model_card::describe, { "ModelCardName": "c" }).unwrap();
        card["ModelCardVersion"].as_i64().unwrap()
    };
    model_card::add_tags(app, caller, (&add, &read))
        .await
        .unwrap();
    assert_eq!(version().await, 1, "it is bound so already");
    let read = [(wanted[0].clone(), report(REPORT, 0.2))];
    model_card::add_tags(app, caller, (&add, &read))
        .await
        .unwrap();
    assert_eq!(version().await, 2);
    // The same bytes by a later job are another report.
    job(&world, "j1").await;
    ended(&world, "j1").await;
    assert_eq!(stale(&world).await, ["NewerReport"]);
    model_card::add_tags(app, caller, (&add, &read))
        .await
        .unwrap();
    assert_eq!(version().await, 3);
    assert!(stale(&world).await.is_empty());
}

/// A registered model with a bias report of this hash.
fn package(digest: &str) -> Value {
    json!({
        "ModelPackageGroupName": "g",
        "Domain": "MACHINE_LEARNING",
        "InferenceSpecification": { "Containers": [
            { "Image": "a/b:1", "ModelDataUrl": "s3://b/m.tar.gz" },
        ] },
        "ModelMetrics": {
            "Bias": { "Report": {
                "ContentType": "application/json", "S3Uri": REPORT,
                "ContentDigest": format!("sha256:{digest}"),
            } },
            "ModelDataQuality": { "Statistics": {
                "ContentType": "application/json", "S3Uri": "s3://b/data.json",
            } },
        },
    })
}

#[tokio::test]
async fn a_registered_model_fills_a_card() {
    let world = World::new().await;
    call!(world, model_package_group::create, { "ModelPackageGroupName": "g" }).unwrap();
    call!(world, model_package::create, package("0.1")).unwrap();
    call!(world, model_card::create, {
        "ModelCardName": "old", "ModelCardStatus": "Draft",
        "Content": json!({
            "model_package_details": { "model_package_group_name": "g" },
            "business_details": { "line_of_business": "retail" },
        }).to_string(),
    })
    .unwrap();
    let (app, caller) = (&world.app, &world.caller);
    let arn = "arn:aws:sagemaker:us-west-2:111122223333:model-package/g/1";
    let filling = model_card::filling(app, caller, &json!({ "ModelPackageName": arn }))
        .await
        .unwrap();
    let reports: Vec<&str> = filling
        .reports
        .iter()
        .map(|report| report.wanted.uris[0].as_str())
        .collect();
    assert_eq!(reports, [REPORT]);
    let fill = async |value: f64| {
        let read = model_card::FilledReport::Read(report(REPORT, value));
        model_card::filled(app, caller, (filling.clone(), vec![read]))
            .await
            .unwrap()
    };
    let answer = fill(0.1).await;
    let content: Value = serde_json::from_str(answer["Content"].as_str().unwrap()).unwrap();
    assert_eq!(content["model_package_details"]["model_package_version"], 1);
    assert_eq!(content["business_details"]["line_of_business"], "retail");
    assert_eq!(content["evaluation_details"][0]["name"], "Bias Report");
    assert_eq!(
        content["evaluation_details"][0]["metadata"]["probity:report"],
        REPORT
    );
    let answer = fill(0.2).await;
    assert!(
        answer["Notes"]
            .to_string()
            .contains("hash that was registered"),
        "{answer}"
    );
    assert!(!answer["Content"].as_str().unwrap().contains("Bias Report"));

    call!(world, model_card::create, {
        "ModelCardName": "c", "ModelCardStatus": "Draft", "Content": fill(0.1).await["Content"],
    })
    .unwrap();
    world.pass_ms(1000);
    call!(world, model_package::create, package("0.1")).unwrap();
    let stale = dossier(&world, &ReportStates::new()).await.evaluations[0]
        .stale
        .clone();
    assert!(
        format!("{stale:?}").contains("model-package/g/2"),
        "{stale:?}"
    );
}

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
