//! What content that somebody sends claims of its bindings: it neither makes an evaluation stand
//! that does not, nor hides what wrote its report.

use probity_app::model_card;
use probity_app::monitoring_execution::{self, EndedExecution, run_now};
use probity_domain::document::api::processing_job::ProcessingJob;
use probity_domain::document::execution::ExecutionBody;
use probity_domain::resource::ExecutionEnd;
use serde_json::{Value, json};

use crate::card_evidence::{
    CONTENT, REPORT, bind, card, content, ended, job, model, report, stale,
};
use crate::card_monitors::watched;
use crate::world::{World, call};

const SCHEDULE: &str = "arn:aws:sagemaker:us-west-2:111122223333:monitoring-schedule/s";

fn metadata(content: &Value) -> &Value {
    &content["evaluation_details"][0]["metadata"]
}

/// The card with members of its binding set, or left out where they are null.
fn claiming(content: &Value, members: &[(&str, &str)]) -> String {
    let mut content = content.clone();
    let metadata = content["evaluation_details"][0]["metadata"]
        .as_object_mut()
        .unwrap();
    for (name, value) in members {
        match *value {
            "" => metadata.shift_remove(&format!("probity:{name}")),
            value => metadata.insert(format!("probity:{name}"), value.into()),
        };
    }
    content.to_string()
}

async fn edit(world: &World, content: &str) {
    let input = json!({ "ModelCardName": "c", "Content": content });
    model_card::edit(&world.app, &world.caller, input)
        .await
        .unwrap();
    world.pass_ms(1000);
}

#[tokio::test]
async fn an_edit_of_a_binding_does_not_make_it_stand_again() {
    let world = World::new().await;
    card(&world).await;
    job(&world, "j1").await;
    ended(&world, "j1").await;
    bind(&world, (REPORT.into(), "ReportS3Uri"), &report(REPORT, 0.1)).await;
    job(&world, "j2").await;
    ended(&world, "j2").await;
    call!(world, model::delete, { "ModelName": "m" }).unwrap();
    model(&world, "s3://b/m.tar.gz").await;
    world.pass_ms(1000);
    let why = ["NewerReport", "ModelChanged"];
    assert_eq!(stale(&world).await, why);
    let kept = content(&world).await;
    for claim in [
        ("kind", "data-quality"),
        (
            "source",
            "arn:aws:sagemaker:us-west-2:111122223333:processing-job/j2",
        ),
        ("source", ""),
        ("follows", "s"),
        ("reported-at", "2999-01-01T00:00:00.000Z"),
        ("reported-at", ""),
        ("bound-at", "2999-01-01T00:00:00.000Z"),
        ("bound-at", ""),
        ("bound-by", "the board"),
    ] {
        edit(&world, &claiming(&kept, &[claim])).await;
        let now = content(&world).await;
        assert_eq!(metadata(&now), metadata(&kept), "{claim:?}");
        assert_eq!(stale(&world).await, why, "{claim:?}");
    }
    let renamed = claiming(&kept, &[("bound-at", "")]).replace("fairness", "fair");
    edit(&world, &renamed).await;
    assert_eq!(metadata(&content(&world).await), metadata(&kept));
}

#[tokio::test]
async fn an_edit_of_a_binding_does_not_leave_its_monitor() {
    let world = World::new().await;
    card(&world).await;
    watched(&world).await;
    let first = run(&world).await;
    let uri = format!("s3://b/results/{first}/statistics.json");
    let read = report(&uri, 0.1);
    bind(&world, ("s".into(), "MonitoringScheduleName"), &read).await;
    let kept = content(&world).await;
    run(&world).await;
    assert_eq!(stale(&world).await, ["NewerExecution"]);
    let nothing = [("source", ""), ("follows", ""), ("kind", "data-quality")];
    edit(&world, &claiming(&kept, &nothing)).await;
    assert_eq!(stale(&world).await, ["NewerExecution"]);
}

/// A run of the schedule with a processing job of its own, as a worker makes it.
async fn run(world: &World) -> String {
    world.pass_ms(60_000);
    let (app, caller) = (&world.app, &world.caller);
    let id = run_now(app, caller, ("s", Some((0, 3_600_000))))
        .await
        .unwrap();
    world.pass_ms(1000);
    let job: ProcessingJob = serde_json::from_value(json!({
        "ProcessingJobName": format!("run-{id}"),
        "MonitoringScheduleArn": SCHEDULE,
        "ProcessingOutputConfig": { "Outputs": [{
            "OutputName": "o",
            "S3Output": {
                "S3Uri": format!("s3://b/results/{id}"), "LocalPath": "/opt/ml/o",
                "S3UploadMode": "EndOfJob",
            },
        }] },
    }))
    .unwrap();
    monitoring_execution::begin(app, &id, (None, &job))
        .await
        .unwrap();
    world.pass_ms(1000);
    let ended = EndedExecution {
        end: ExecutionEnd::Completed,
        exit_message: None,
        failure_reason: None,
        violations: Some(0),
        metrics: Vec::new(),
        intervals: Vec::new(),
        found: ExecutionBody {
            output_uri: Some(format!("s3://b/results/{id}")),
            ..ExecutionBody::default()
        },
        jobs: Vec::new(),
    };
    monitoring_execution::finish(app, &id, ended).await.unwrap();
    world.pass_ms(1000);
    id
}

/// A new card whose content claims this of a report.
async fn claimed(world: &World, uri: &str, claims: &[(&str, &str)]) -> Value {
    let mut members = vec![("report", uri), ("sha256", "ab"), ("kind", "clarify-bias")];
    members.extend(claims);
    let content = serde_json::from_str(CONTENT).unwrap();
    call!(world, model_card::create, {
        "ModelCardName": "c", "Content": claiming(&content, &members), "ModelCardStatus": "Draft",
    })
    .unwrap();
    world.pass_ms(1000);
    crate::card_evidence::content(world).await
}

#[tokio::test]
async fn who_wrote_a_report_that_is_new_to_the_card_is_looked_up() {
    let world = World::new().await;
    job(&world, "j1").await;
    ended(&world, "j1").await;
    let claims = [
        (
            "source",
            "arn:aws:sagemaker:us-west-2:111122223333:processing-job/mine",
        ),
        ("follows", "s"),
        ("reported-at", "2999-01-01T00:00:00.000Z"),
    ];
    let card = claimed(&world, REPORT, &claims).await;
    let told = metadata(&card);
    let job_arn = "arn:aws:sagemaker:us-west-2:111122223333:processing-job/j1";
    assert_eq!(told["probity:source"], job_arn);
    assert!(
        told["probity:reported-at"]
            .as_str()
            .unwrap()
            .starts_with("2026")
    );
    assert_eq!(told.get("probity:follows"), None);
    assert!(stale(&world).await.is_empty());
    job(&world, "j2").await;
    ended(&world, "j2").await;
    assert_eq!(stale(&world).await, ["NewerReport"]);
}

#[tokio::test]
async fn a_report_that_nobody_here_wrote_has_no_source_and_no_time() {
    let world = World::new().await;
    let claims = [
        ("source", "somebody"),
        ("reported-at", "2999-01-01T00:00:00.000Z"),
    ];
    let card = claimed(&world, REPORT, &claims).await;
    let told = metadata(&card);
    assert_eq!(told.get("probity:source"), None);
    assert_eq!(told.get("probity:reported-at"), None);
    assert_eq!(told["probity:bound-by"], "ada");
}

#[tokio::test]
async fn a_schedule_is_followed_whose_run_wrote_the_report() {
    for (claim, expected) in [("s", json!("s")), ("other", Value::Null)] {
        let world = World::new().await;
        model(&world, "s3://b/m.tar.gz").await;
        watched(&world).await;
        let id = run(&world).await;
        let uri = format!("s3://b/results/{id}/statistics.json");
        let card = claimed(&world, &uri, &[("follows", claim)]).await;
        let told = metadata(&card);
        let source = format!("{SCHEDULE}/execution/{id}");
        assert_eq!(told["probity:source"], source.as_str());
        assert_eq!(told["probity:follows"], expected);
        assert!(stale(&world).await.is_empty());
        run(&world).await;
        assert_eq!(stale(&world).await, ["NewerExecution"]);
    }
}

#[tokio::test]
async fn a_card_that_is_too_long_with_its_bindings_is_told_so() {
    let world = World::new().await;
    let content = serde_json::from_str(CONTENT).unwrap();
    let members = [
        ("report", REPORT),
        ("sha256", "ab"),
        ("kind", "clarify-bias"),
    ];
    let short = claiming(&content, &members);
    let mut long: Value = serde_json::from_str(&short).unwrap();
    let evaluations = long["evaluation_details"].as_array_mut().unwrap();
    let other = |n: usize, characters: usize| json!({ "name": format!("{n:02}"), "evaluation_observation": "x".repeat(characters) });
    evaluations.extend((0..48).map(|n| other(n, 2000)));
    evaluations.push(other(48, 0));
    // As long as a card may be, before the server says when it was bound.
    let rest = 100_000 - long.to_string().len();
    long["evaluation_details"][49] = other(48, rest);
    let long = long.to_string();
    assert_eq!(long.len(), 100_000);
    let made = call!(world, model_card::create, {
        "ModelCardName": "c", "Content": long, "ModelCardStatus": "Draft",
    });
    let refused = made.unwrap_err().to_string();
    assert!(refused.contains("of its bindings"), "{refused}");
    assert!(!refused.contains("metrics"), "{refused}");
}
