//! The queue: a job whose worker died is run again, once; two workers never run one job at once;
//! endpoints come into service or say why not.

use std::time::{Duration, Instant};

use probity_store::job::{self, Claim, NewJob};
use serde_json::{Value, json};

use crate::world::{World, request};

fn baseline(name: &str) -> Value {
    let mut body = request("CreateProcessingJob-data-quality-baseline.json");
    body["ProcessingJobName"] = name.into();
    body["ProcessingInputs"][0]["S3Input"]["S3Uri"] = "s3://governance-wire-test/train.csv".into();
    body["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"] =
        format!("s3://governance-wire-test/{name}").into();
    body
}

async fn claim_as(world: &World, owner: &str) -> Option<job::Job> {
    let claim = Claim {
        owner,
        kinds: &["processing_job"],
        now_ms: probity_app::Clock::now_ms(&*world.clock),
        due_ms: probity_app::Clock::now_ms(&*world.clock),
        lease_ms: 30_000,
    };
    job::claim(&world.app.store, &claim).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_worker_died_is_run_again() {
    let world = World::new().await;
    world.put("train.csv", "a,b\n1,2\n3,4\n");
    world.processing_job(baseline("one")).await;
    assert!(claim_as(&world, "dead").await.is_some());
    let worker = world.start("alive");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(
        world.describe("one").await["ProcessingJobStatus"],
        "InProgress"
    );
    world.clock.advance(Duration::from_secs(31));
    assert_eq!(world.ended("one").await["ProcessingJobStatus"], "Completed");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_two_workers_did_not_survive_is_given_up() {
    let world = World::new().await;
    world.put("train.csv", "a,b\n1,2\n3,4\n");
    world.processing_job(baseline("one")).await;
    for owner in ["first", "second"] {
        assert!(claim_as(&world, owner).await.is_some());
        world.clock.advance(Duration::from_secs(31));
    }
    let worker = world.start("third");
    let job = world.ended("one").await;
    assert_eq!(job["ProcessingJobStatus"], "Failed");
    let reason = job["FailureReason"].as_str().unwrap();
    assert!(reason.contains("died twice"), "{reason}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_run_every_job_once() {
    let world = World::new().await;
    world.put("train.csv", "a,b\n1,2\n3,4\n");
    let names: Vec<String> = (0..8).map(|number| format!("job-{number}")).collect();
    for name in &names {
        world.processing_job(baseline(name)).await;
    }
    let workers = [world.start("a"), world.start("b")];
    for name in &names {
        let job = world.ended(name).await;
        assert_eq!(job["ProcessingJobStatus"], "Completed", "{job}");
        let log = world.log("/aws/sagemaker/ProcessingJobs", name).await;
        let runs = log
            .iter()
            .filter(|line| line.starts_with("Dataset: "))
            .count();
        assert_eq!(runs, 1, "{log:?}");
    }
    for worker in workers {
        worker.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_workers_job_runs_elsewhere_when_its_lease_is_over() {
    let world = World::new().await;
    world.put("train.csv", "a,b\n1,2\n3,4\n");
    let killed = world.start("killed");
    world.processing_job(baseline("one")).await;
    killed.kill().await;
    let worker = world.start("next");
    world.clock.advance(Duration::from_secs(31));
    assert_eq!(world.ended("one").await["ProcessingJobStatus"], "Completed");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_was_stopped_before_it_began_is_stopped() {
    let world = World::new().await;
    world.processing_job(baseline("one")).await;
    let input = json!({"ProcessingJobName": "one"});
    probity_app::processing_job::stop(&world.app, &world.caller, input)
        .await
        .unwrap();
    let worker = world.start("w");
    assert_eq!(world.ended("one").await["ProcessingJobStatus"], "Stopped");
    worker.stop().await;
}

async fn endpoint(world: &World, name: &str) -> Value {
    let config = json!({
        "EndpointConfigName": name,
        "ProductionVariants": [{
            "VariantName": "AllTraffic", "ModelName": name, "InitialInstanceCount": 1,
            "InstanceType": "ml.m5.large", "InitialVariantWeight": 1.0,
        }],
    });
    probity_app::endpoint_config::create(&world.app, &world.caller, config)
        .await
        .unwrap();
    let endpoint = json!({"EndpointName": name, "EndpointConfigName": name});
    probity_app::endpoint::create(&world.app, &world.caller, endpoint)
        .await
        .unwrap();
    let started = Instant::now();
    loop {
        let input = json!({"EndpointName": name});
        let found = probity_app::endpoint::describe(&world.app, &world.caller, input)
            .await
            .unwrap();
        if found["EndpointStatus"] != "Creating" {
            return found;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "{found}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_is_in_service_when_its_model_opens() {
    let world = World::new().await;
    world.model("good", "xgboost/binary.json").await;
    world.model("bad", "xgboost/dart.json").await;
    let worker = world.start("w");
    assert_eq!(
        endpoint(&world, "good").await["EndpointStatus"],
        "InService"
    );
    let bad = endpoint(&world, "bad").await;
    assert_eq!(bad["EndpointStatus"], "Failed", "{bad}");
    let reason = bad["FailureReason"].as_str().unwrap();
    assert!(reason.contains("variant `AllTraffic`"), "{reason}");
    worker.stop().await;
}

/// Puts an invocation of `good` into the queue and waits until it is in there no more.
async fn invoke_later(world: &World, id: &str, (output, failure): (&str, &str)) {
    let subject = json!({
        "endpoint": "good", "region": "us-west-2", "variant": "AllTraffic", "model": "good",
        "inference_id": id, "input": "s3://governance-wire-test/in.csv",
        "output": output, "failure": failure, "content_type": "text/csv",
    });
    let new = NewJob {
        id: id.to_owned(),
        kind: probity_data::serving::ASYNC_INVOCATION.to_owned(),
        subject: subject.to_string(),
        region: "us-west-2".to_owned(),
        run_at_ms: 0,
    };
    let mut unit = world.app.store.begin().await.unwrap();
    job::enqueue(&mut unit, &new).await.unwrap();
    unit.commit().await.unwrap();
    world.app.jobs.notify_one();
    let started = Instant::now();
    while job::get(&world.app.store, id).await.unwrap().is_some() {
        assert!(started.elapsed() < Duration::from_secs(60), "{id}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_cannot_be_written_is_a_failure_in_the_end() {
    let world = World::new().await;
    world.put("in.csv", "0.1,1,3,-0.5,0.9,-0.3");
    world.model("good", "xgboost/binary.json").await;
    let worker = world.start("w");
    endpoint(&world, "good").await;
    let here = |name: &str| format!("s3://governance-wire-test/out/{name}");
    let nowhere = "s3://no-such-bucket/out/x";
    invoke_later(&world, "a", (&here("a"), &here("a-error"))).await;
    let score: f64 = world.read("out/a").trim().parse().unwrap();
    assert!((0.0..=1.0).contains(&score));
    assert!(!world.object("out/a-error").exists());
    // Only who gives it up, after the second attempt, writes this.
    invoke_later(&world, "b", (nowhere, &here("b-error"))).await;
    let told = world.read("out/b-error");
    assert!(told.contains("tried twice"), "{told}");
    // Nothing can be written: it ends all the same.
    invoke_later(&world, "c", (nowhere, nowhere)).await;
    worker.stop().await;
}
