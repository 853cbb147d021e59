//! Evaluations of cards that are taken from reports, and how they stand when things move on.

use probity_app::model_card::{self, DossierRequest, ReportStates};
use probity_app::{JobOutcome, processing_job};
use probity_domain::document::card_dossier::{CardDossier, ReportState, Verification};
use probity_domain::document::card_report::CardReport;
use probity_domain::document::model_card::{Metric, MetricGroup, MetricValue, ReportKind};
use serde_json::{Value, json};

use crate::world::{World, call, fault};

pub(crate) const REPORT: &str = "s3://b/bias/analysis.json";
pub(crate) const CONTENT: &str = r#"{"model_overview":{"model_id":"arn:aws:sagemaker:us-west-2:111122223333:model/m","model_artifact":["s3://b/m.tar.gz"]},"evaluation_details":[{"name":"fairness","evaluation_observation":"fine","metadata":{"owner":"ada"}}]}"#;

pub(crate) fn report(uri: &str, value: f64) -> CardReport {
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

pub(crate) async fn model(world: &World, data: &str) {
    call!(world, model::create, {
        "ModelName": "m",
        "PrimaryContainer": { "Image": "a/b:1", "ModelDataUrl": data },
        "ExecutionRoleArn": "arn:aws:iam::111122223333:role/service-role/Governor",
    })
    .unwrap();
}

pub(crate) async fn card(world: &World) {
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
pub(crate) async fn bind(
    world: &World,
    (source, value): (Value, &str),
    report: &CardReport,
) -> Value {
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

pub(crate) async fn dossier(world: &World, reports: &ReportStates) -> CardDossier {
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
pub(crate) async fn stale(world: &World) -> Vec<&'static str> {
    codes(&dossier(world, &ReportStates::new()).await)
}

fn codes(dossier: &CardDossier) -> Vec<&'static str> {
    let fairness = &dossier.evaluations[0];
    assert_eq!(fairness.evaluation, "fairness");
    fairness.stale.iter().map(|reason| reason.code()).collect()
}

pub(crate) async fn content(world: &World) -> Value {
    let card = call!(world, model_card::describe, { "ModelCardName": "c" }).unwrap();
    serde_json::from_str(card["Content"].as_str().unwrap()).unwrap()
}

pub(crate) async fn job(world: &World, name: &str) {
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

pub(crate) async fn ended(world: &World, name: &str) {
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

pub(crate) fn read_state(document: &Value) -> ReportState {
    ReportState::Read {
        sha256: "0.1".to_owned(),
        document: document.clone(),
    }
}

/// A report in Clarify's form that gives one metric.
pub(crate) fn bias(value: f64) -> Value {
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
    let verified = (Verification::Verified, None);
    let unread = (Verification::NotVerified, None);
    let refuted = |code: &'static str| (Verification::Refuted, Some(code));
    for (state, expected) in [
        // Too large to be taken, so that its values are not held against the card's.
        (ReportState::Sha256("0.1".to_owned()), unread),
        (
            ReportState::Sha256("0.2".to_owned()),
            refuted("ReportChanged"),
        ),
        (ReportState::Missing, refuted("ReportMissing")),
        (ReportState::Unknown, unread),
        // The values are held against the document, whatever the card says of its hash.
        (read_state(&bias(0.1)), verified),
        (read_state(&bias(0.3)), refuted("ValuesDiffer")),
        (
            read_state(&json!({"features": []})),
            refuted("ValuesDiffer"),
        ),
    ] {
        let reports = ReportStates::from([(REPORT.to_owned(), state.clone())]);
        let dossier = dossier(&world, &reports).await;
        let fairness = &dossier.evaluations[0];
        let found = (fairness.verification, codes(&dossier).first().copied());
        assert_eq!(found, expected, "{state:?}");
        let told = model_card::described_evidence(&dossier);
        assert_eq!(told["Stale"], expected.1.is_some());
        assert_eq!(told["Evaluations"][0]["Bound"], true);
        assert_eq!(told["Evaluations"][0]["Verification"], expected.0.as_str());
    }
}

#[tokio::test]
async fn numbers_that_are_not_the_reports_are_a_finding_and_cannot_be_approved() {
    let world = World::new().await;
    card(&world).await;
    bind(&world, (REPORT.into(), "ReportS3Uri"), &report(REPORT, 0.1)).await;
    let reports = |value| ReportStates::from([(REPORT.to_owned(), read_state(&bias(value)))]);
    let approve = async |value| {
        let input = json!({ "ModelCardName": "c", "ModelCardStatus": "Approved" });
        let reports = reports(value);
        model_card::update_by(&world.app, &world.caller, (input, &reports)).await
    };
    let lying = dossier(&world, &reports(0.3)).await;
    assert_eq!(lying.findings.len(), 1, "{:?}", lying.findings);
    assert_eq!(lying.findings[0].rule, "evidence");
    assert_eq!(lying.findings[0].path, "evaluation_details[\"fairness\"]");
    let told = model_card::described_compliance(&lying);
    assert_eq!(told["Compliant"], false);
    assert_eq!(fault(approve(0.3).await), "invalid");
    assert!(dossier(&world, &reports(0.1)).await.findings.is_empty());
    approve(0.1).await.unwrap();
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

#[tokio::test]
async fn a_report_that_is_bound_already_is_not_bound_anew() {
    let world = World::new().await;
    card(&world).await;
    job(&world, "j1").await;
    ended(&world, "j1").await;
    let by_place = (json!(REPORT), "ReportS3Uri");
    let by_job = |job: &str| (json!(job), "ProcessingJobName");
    let read = report(REPORT, 0.1);
    let first = bind(&world, by_place.clone(), &read).await;
    assert_eq!(first["ModelCardVersion"], 2);
    // By another name, it is the same report of the same job.
    for source in [by_place.clone(), by_job("j1")] {
        assert_eq!(bind(&world, source, &read).await, first);
    }
    // Somebody edits a number, and takes the report's again.
    let kept = content(&world).await.to_string();
    let edited = kept.replace(r#""value":0.1"#, r#""value":0.2"#);
    assert_ne!(kept, edited);
    let edit = json!({ "ModelCardName": "c", "Content": edited });
    call!(world, model_card::edit, edit).unwrap();
    let again = bind(&world, by_place.clone(), &read).await;
    assert_eq!(again["ModelCardVersion"], 4);
    // A later job makes it stale, and wrote what is bound then.
    job(&world, "j2").await;
    ended(&world, "j2").await;
    let anew = bind(&world, by_job("j2"), &read).await;
    assert_eq!(anew["ModelCardVersion"], 5);
    // A model that was made anew makes it stale, too.
    call!(world, model::delete, { "ModelName": "m" }).unwrap();
    model(&world, "s3://b/m.tar.gz").await;
    world.pass_ms(1000);
    assert_eq!(stale(&world).await, ["ModelChanged"]);
    let anew = bind(&world, by_job("j2"), &read).await;
    assert_eq!(anew["ModelCardVersion"], 6);
    let other = bind(&world, by_place, &report(REPORT, 0.3)).await;
    assert_eq!(other["ModelCardVersion"], 7);
}
