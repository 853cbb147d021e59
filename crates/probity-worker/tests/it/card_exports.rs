//! Export jobs of model cards: the PDF in its bucket, the same however often the job runs, and why
//! there is none.

use std::time::{Duration, Instant};

use probity_app::model_card::{self, export_job};
use probity_store::job::{self, Claim};
use serde_json::{Value, json};

use crate::world::World;

const BUCKET: &str = "s3://governance-wire-test";

async fn card(world: &World, name: &str) {
    let content = json!({
        "model_overview": {"model_description": "scores applications"},
        "evaluation_details": [{"name": "holdout", "metric_groups": [{
            "name": "binary",
            "metric_data": [{"name": "accuracy", "type": "number", "value": 0.9}],
        }]}],
    });
    let input = json!({
        "ModelCardName": name,
        "Content": content.to_string(),
        "ModelCardStatus": "Draft",
    });
    model_card::create(&world.app, &world.caller, input)
        .await
        .unwrap();
}

async fn export(world: &World, job: &str, place: &str) -> String {
    let input = json!({
        "ModelCardName": "credit",
        "ModelCardExportJobName": job,
        "OutputConfig": {"S3OutputPath": place},
    });
    let made = export_job::create(&world.app, &world.caller, input).await;
    let made = made.unwrap();
    made["ModelCardExportJobArn"].as_str().unwrap().to_owned()
}

async fn ended(world: &World, arn: &str) -> Value {
    let started = Instant::now();
    loop {
        let input = json!({"ModelCardExportJobArn": arn});
        let job = export_job::describe(&world.app, &world.caller, input).await;
        let job = job.unwrap();
        if job["Status"] != "InProgress" {
            return job;
        }
        assert!(started.elapsed() < Duration::from_secs(120), "{job}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn claim_as(world: &World, owner: &str) -> Option<job::Job> {
    let now_ms = probity_app::Clock::now_ms(&*world.clock);
    let claim = Claim {
        owner,
        kinds: &[export_job::JOB_KIND],
        now_ms,
        due_ms: now_ms,
        lease_ms: 30_000,
    };
    job::claim(&world.app.store, &claim).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_becomes_a_pdf_in_its_bucket() {
    let world = World::new().await;
    card(&world, "credit").await;
    let worker = world.start("worker");
    let arn = export(&world, "board", &format!("{BUCKET}/cards/")).await;
    let job = ended(&world, &arn).await;
    let uri = format!("{BUCKET}/cards/board/credit-v1.pdf");
    assert_eq!(job["Status"], "Completed");
    assert_eq!(job["ExportArtifacts"], json!({"S3ExportArtifacts": uri}));
    let pdf = std::fs::read(world.object("cards/board/credit-v1.pdf")).unwrap();
    assert!(pdf.starts_with(b"%PDF-1.7"));
    worker.stop().await;
}

/// A worker that died after it wrote, and before it said so.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_writes_the_same_bytes() {
    let world = World::new().await;
    card(&world, "credit").await;
    let arn = export(&world, "board", BUCKET).await;
    assert!(claim_as(&world, "dead").await.is_some());
    world.clock.advance(Duration::from_secs(31));
    let worker = world.start("second");
    assert_eq!(ended(&world, &arn).await["Status"], "Completed");
    worker.stop().await;
    let place = world.object("board/credit-v1.pdf");
    let first = std::fs::read(&place).unwrap();

    // The same job once more, an hour later.
    world.clock.advance(Duration::from_secs(3_600));
    std::fs::remove_file(&place).unwrap();
    let mut unit = world.app.store.begin().await.unwrap();
    let key = probity_store::resource::ResourceKey {
        kind: probity_domain::ResourceKind::ModelCardExportJob,
        region: "us-west-2",
        name: "credit/export-job/board",
    };
    let mut row = probity_store::resource::lock(&mut unit, key)
        .await
        .unwrap()
        .unwrap();
    row.status = "InProgress".to_owned();
    probity_store::resource::replace(&mut unit, &row)
        .await
        .unwrap();
    let again = job::NewJob {
        id: "again".to_owned(),
        kind: export_job::JOB_KIND.to_owned(),
        subject: "credit/export-job/board".to_owned(),
        region: "us-west-2".to_owned(),
        run_at_ms: 0,
    };
    job::enqueue(&mut unit, &again).await.unwrap();
    unit.commit().await.unwrap();
    let worker = world.start("third");
    assert_eq!(ended(&world, &arn).await["Status"], "Completed");
    worker.stop().await;
    assert!(std::fs::read(&place).unwrap() == first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_cannot_be_written_to_is_told_with_what_to_do() {
    let world = World::new().await;
    card(&world, "credit").await;
    let worker = world.start("worker");
    let arn = export(&world, "board", "s3://no-such-bucket/cards").await;
    let job = ended(&world, &arn).await;
    assert_eq!(job["Status"], "Failed");
    let reason = job["FailureReason"].as_str().unwrap();
    assert!(reason.starts_with("ClientError: "), "{reason}");
    assert!(reason.contains("no-such-bucket"), "{reason}");
    assert!(reason.contains("Create the bucket"), "{reason}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_went_with_its_card_is_told() {
    let world = World::new().await;
    card(&world, "credit").await;
    let input = json!({"ModelCardName": "credit", "Content": "{}"});
    model_card::update(&world.app, &world.caller, input)
        .await
        .unwrap();
    let arn = export(&world, "board", BUCKET).await;
    // As if the card was made anew while the job waited: version 2 is not there.
    let mut unit = world.app.store.begin().await.unwrap();
    let key = probity_store::resource::ResourceKey {
        kind: probity_domain::ResourceKind::ModelCard,
        region: "us-west-2",
        name: "credit",
    };
    probity_store::resource::delete(&mut unit, key)
        .await
        .unwrap();
    unit.commit().await.unwrap();
    let worker = world.start("worker");
    let job = ended(&world, &arn).await;
    let reason = job["FailureReason"].as_str().unwrap();
    assert!(reason.contains("no version 2 any more"), "{reason}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_two_workers_did_not_survive_is_given_up() {
    let world = World::new().await;
    card(&world, "credit").await;
    let arn = export(&world, "board", BUCKET).await;
    for owner in ["first", "second"] {
        assert!(claim_as(&world, owner).await.is_some());
        world.clock.advance(Duration::from_secs(31));
    }
    let worker = world.start("third");
    let job = ended(&world, &arn).await;
    assert_eq!(job["Status"], "Failed");
    let reason = job["FailureReason"].as_str().unwrap();
    assert!(reason.contains("died twice"), "{reason}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_at_once_all_end() {
    let world = World::new().await;
    card(&world, "credit").await;
    let workers = [world.start("one"), world.start("two")];
    let mut arns = Vec::new();
    for at in 0..8 {
        arns.push(export(&world, &format!("job-{at}"), BUCKET).await);
    }
    for (at, arn) in arns.iter().enumerate() {
        assert_eq!(ended(&world, arn).await["Status"], "Completed");
        assert!(world.object(&format!("job-{at}/credit-v1.pdf")).exists());
    }
    for worker in workers {
        worker.stop().await;
    }
}
