//! Export jobs of model cards: their versions, names, lists, and their end.

use probity_app::model_card::export_job::{self, ExportEnd, ExportJob};
use probity_store::job;
use probity_store::resource::{self, ListResources};
use serde_json::{Value, json};

use crate::world::{START_MS, World, call, fault};

const REGION: &str = "us-west-2";
const CARD_ARN: &str = "arn:aws:sagemaker:us-west-2:111122223333:model-card/credit";

async fn card(world: &World, name: &str) {
    call!(world, model_card::create, {
        "ModelCardName": name, "Content": "{}", "ModelCardStatus": "Draft"
    })
    .unwrap();
}

async fn edit(world: &World, name: &str, line: &str) {
    let content = json!({"business_details": {"line_of_business": line}}).to_string();
    call!(world, model_card::update, {"ModelCardName": name, "Content": content}).unwrap();
}

fn wanted(card: &str, job: &str) -> Value {
    json!({
        "ModelCardName": card,
        "ModelCardExportJobName": job,
        "OutputConfig": {"S3OutputPath": "s3://bucket/cards/"},
    })
}

async fn export(world: &World, card: &str, job: &str) -> String {
    let made = call!(world, model_card::export_job::create, wanted(card, job)).unwrap();
    made["ModelCardExportJobArn"].as_str().unwrap().to_owned()
}

async fn describe(world: &World, arn: &str) -> Value {
    call!(world, model_card::export_job::describe, {"ModelCardExportJobArn": arn}).unwrap()
}

#[tokio::test]
async fn a_job_keeps_the_version_that_was_the_latest_when_it_was_asked_for() {
    let world = World::new().await;
    card(&world, "credit").await;
    edit(&world, "credit", "retail").await;
    let arn = export(&world, "credit", "board").await;
    assert_eq!(arn, format!("{CARD_ARN}/export-job/board"));
    edit(&world, "credit", "wholesale").await;
    assert_eq!(
        describe(&world, &arn).await,
        json!({
            "ModelCardExportJobName": "board",
            "ModelCardExportJobArn": arn,
            "ModelCardName": "credit",
            "ModelCardVersion": 2,
            "OutputConfig": {"S3OutputPath": "s3://bucket/cards/"},
            "Status": "InProgress",
            "CreatedAt": 1_795_305_600.0,
            "LastModifiedAt": 1_795_305_600.0,
        })
    );
    let queued = job::of_kind(&world.app.store, REGION, export_job::JOB_KIND).await;
    let subjects: Vec<String> = queued.unwrap().into_iter().map(|job| job.subject).collect();
    assert_eq!(subjects, ["credit/export-job/board"]);
    let expected = ExportJob {
        card: "credit".to_owned(),
        version: 2,
        job: "board".to_owned(),
        output_path: "s3://bucket/cards/".to_owned(),
        created_ms: START_MS,
    };
    let started = export_job::start(&world.app, REGION, &subjects[0]).await;
    assert_eq!(started.unwrap(), Some(expected));
}

#[tokio::test]
async fn a_card_may_be_named_by_its_arn_and_a_version_asked_for() {
    let world = World::new().await;
    card(&world, "credit").await;
    edit(&world, "credit", "retail").await;
    let mut input = wanted(CARD_ARN, "first");
    input["ModelCardVersion"] = json!(1);
    let made = call!(world, model_card::export_job::create, input).unwrap();
    let job = describe(&world, made["ModelCardExportJobArn"].as_str().unwrap()).await;
    assert_eq!(job["ModelCardName"], "credit");
    assert_eq!(job["ModelCardVersion"], 1);
}

#[tokio::test]
async fn what_cannot_be_exported_is_refused_at_once() {
    let world = World::new().await;
    card(&world, "credit").await;
    let create = async |input: Value| call!(world, model_card::export_job::create, input);
    assert_eq!(fault(create(wanted("nobody", "a")).await), "not found");
    let mut version = wanted("credit", "a");
    version["ModelCardVersion"] = json!(2);
    assert_eq!(fault(create(version).await), "not found");
    let mut place = wanted("credit", "a");
    place["OutputConfig"]["S3OutputPath"] = json!("https://example.org/cards");
    assert_eq!(fault(create(place).await), "invalid");
    let queued = job::of_kind(&world.app.store, REGION, export_job::JOB_KIND).await;
    assert!(queued.unwrap().is_empty());
}

#[tokio::test]
async fn a_name_is_taken_within_its_card_only() {
    let world = World::new().await;
    card(&world, "credit").await;
    card(&world, "fraud").await;
    export(&world, "credit", "board").await;
    export(&world, "fraud", "board").await;
    let again = call!(
        world,
        model_card::export_job::create,
        wanted("credit", "board")
    );
    assert_eq!(fault(again), "conflict");
}

#[tokio::test]
async fn only_arns_of_export_jobs_are_described() {
    let world = World::new().await;
    card(&world, "credit").await;
    export(&world, "credit", "board").await;
    for arn in [
        CARD_ARN,
        "arn:aws:sagemaker:us-west-2:111122223333:model-card/credit/export-job/other",
        "arn:aws:sagemaker:eu-west-1:111122223333:model-card/credit/export-job/board",
        "arn:aws:sagemaker:us-west-2:999999999999:model-card/credit/export-job/board",
        "arn:aws:sagemaker:us-west-2:111122223333:model/credit/export-job/board",
        "board",
    ] {
        let found = call!(world, model_card::export_job::describe, {"ModelCardExportJobArn": arn});
        assert_eq!(fault(found), "not found", "{arn}");
    }
}

async fn finish(world: &World, subject: &str, end: &ExportEnd) {
    export_job::finish(&world.app, REGION, (subject, end))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_job_ends_once() {
    let world = World::new().await;
    card(&world, "credit").await;
    let arn = export(&world, "credit", "board").await;
    world.pass_ms(2_000);
    let subject = "credit/export-job/board";
    let uri = "s3://bucket/cards/board/credit-v1.pdf".to_owned();
    finish(&world, subject, &ExportEnd::Completed { uri: uri.clone() }).await;
    let late = ExportEnd::Failed {
        reason: "too late".to_owned(),
    };
    finish(&world, subject, &late).await;
    let job = describe(&world, &arn).await;
    assert_eq!(job["Status"], "Completed");
    assert_eq!(job["ExportArtifacts"], json!({"S3ExportArtifacts": uri}));
    assert_eq!(job["LastModifiedAt"], 1_795_305_602.0);
    assert!(job.get("FailureReason").is_none());
    let started = export_job::start(&world.app, REGION, subject).await;
    assert_eq!(started.unwrap(), None);
    // Of a job that went with its card.
    finish(&world, "gone/export-job/board", &late).await;
}

#[tokio::test]
async fn a_long_reason_is_cut_to_what_the_api_allows() {
    let world = World::new().await;
    card(&world, "credit").await;
    let arn = export(&world, "credit", "board").await;
    let reason = "ö".repeat(3_000);
    finish(
        &world,
        "credit/export-job/board",
        &ExportEnd::Failed { reason },
    )
    .await;
    let job = describe(&world, &arn).await;
    assert_eq!(job["Status"], "Failed");
    assert_eq!(job["FailureReason"].as_str().unwrap().chars().count(), 1024);
    assert!(job.get("ExportArtifacts").is_none());
}

#[tokio::test]
async fn jobs_go_with_their_card() {
    let world = World::new().await;
    card(&world, "credit").await;
    card(&world, "fraud").await;
    let arn = export(&world, "credit", "board").await;
    let kept = export(&world, "fraud", "board").await;
    call!(world, model_card::delete, {"ModelCardName": "credit"}).unwrap();
    let gone = call!(world, model_card::export_job::describe, {"ModelCardExportJobArn": arn});
    assert_eq!(fault(gone), "not found");
    assert_eq!(describe(&world, &kept).await["Status"], "InProgress");
    let kind = probity_domain::ResourceKind::ModelCardExportJob;
    let left = resource::list(&world.app.store, &ListResources::all(kind, REGION, 10)).await;
    assert_eq!(left.unwrap().items.len(), 1);
}

async fn names(world: &World, input: Value) -> Vec<String> {
    let mut input = input;
    input["ModelCardName"] = json!("credit");
    let mut names = Vec::new();
    loop {
        let page = call!(world, model_card::export_job::list, input.clone()).unwrap();
        for job in page["ModelCardExportJobSummaries"].as_array().unwrap() {
            names.push(job["ModelCardExportJobName"].as_str().unwrap().to_owned());
        }
        match page.get("NextToken") {
            Some(token) => input["NextToken"] = token.clone(),
            None => return names,
        }
    }
}

/// `credit` has an export `c` of version 1, then `a` and `credit-b` of version 2; `a` failed.
async fn three_jobs() -> World {
    let world = World::new().await;
    card(&world, "credit").await;
    card(&world, "other").await;
    export(&world, "other", "z").await;
    export(&world, "credit", "c").await;
    world.pass_ms(1_000);
    edit(&world, "credit", "retail").await;
    export(&world, "credit", "a").await;
    world.pass_ms(1_000);
    export(&world, "credit", "credit-b").await;
    let reason = "no bucket".to_owned();
    finish(&world, "credit/export-job/a", &ExportEnd::Failed { reason }).await;
    world
}

#[tokio::test]
async fn lists_are_of_one_card_in_every_order_and_in_pages() {
    let world = three_jobs().await;
    for (sort, order, expected) in [
        ("CreationTime", "Ascending", ["c", "a", "credit-b"]),
        ("CreationTime", "Descending", ["credit-b", "a", "c"]),
        ("Name", "Ascending", ["a", "c", "credit-b"]),
        ("Name", "Descending", ["credit-b", "c", "a"]),
        ("Status", "Ascending", ["a", "c", "credit-b"]),
        ("Status", "Descending", ["credit-b", "c", "a"]),
    ] {
        for page in [1, 2, 100] {
            let input = json!({"SortBy": sort, "SortOrder": order, "MaxResults": page});
            assert_eq!(
                names(&world, input).await,
                expected,
                "{sort} {order} {page}"
            );
        }
    }
    assert_eq!(names(&world, json!({})).await, ["credit-b", "a", "c"]);
}

#[tokio::test]
async fn lists_are_narrowed_by_what_jobs_are() {
    let world = three_jobs().await;
    let start = START_MS as f64 / 1000.0;
    for (filter, expected) in [
        (json!({"ModelCardVersion": 1}), vec!["c"]),
        (json!({"ModelCardVersion": 2}), vec!["credit-b", "a"]),
        (json!({"ModelCardVersion": 3}), vec![]),
        (json!({"StatusEquals": "Failed"}), vec!["a"]),
        (json!({"StatusEquals": "Completed"}), vec![]),
        // Every job's row has `credit` in its name.
        (
            json!({"ModelCardExportJobNameContains": "credit"}),
            vec!["credit-b"],
        ),
        (json!({"ModelCardExportJobNameContains": "export"}), vec![]),
        (
            json!({"CreationTimeAfter": start + 1.0}),
            vec!["credit-b", "a"],
        ),
        (json!({"CreationTimeBefore": start + 1.0}), vec!["c"]),
    ] {
        assert_eq!(names(&world, filter.clone()).await, expected, "{filter}");
    }
    let nobody = call!(world, model_card::export_job::list, {"ModelCardName": "nobody"});
    assert_eq!(nobody.unwrap(), json!({"ModelCardExportJobSummaries": []}));
}

#[tokio::test]
async fn a_token_of_another_list_is_refused() {
    let world = three_jobs().await;
    let first = call!(world, model_card::export_job::list, {
        "ModelCardName": "credit", "MaxResults": 1
    });
    let token = first.unwrap()["NextToken"].clone();
    let other = call!(world, model_card::export_job::list, {
        "ModelCardName": "other", "NextToken": token
    });
    assert_eq!(fault(other), "invalid");
}
