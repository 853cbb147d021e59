//! Monitoring schedules by a clock that stands still: what becomes due, and what does not.

use probity_app::monitoring_execution;
use probity_app::monitoring_schedule::{CatchUp, SLOT_JOB, Taken, take_slot};
use probity_app::roll_up::{Length, Period, RollUp};
use probity_store::job::{self, Claim, Job};
use probity_store::monitoring_execution::{
    Execution, ListExecutions, SortExecutions, insert, list,
};
use serde_json::{Value, json};

use crate::world::{START_MS, World, call, fault};

const HOUR_MS: i64 = 3_600_000;
const KINDS: [&str; 1] = [SLOT_JOB];

fn config(expression: &str) -> Value {
    json!({
        "ScheduleConfig": { "ScheduleExpression": expression },
        "MonitoringJobDefinition": {
            "MonitoringInputs": [{ "BatchTransformInput": {
                "DataCapturedDestinationS3Uri": "s3://b/captured",
                "DatasetFormat": { "Csv": { "Header": true } },
                "LocalPath": "/opt/ml/processing/input",
            } }],
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
    })
}

fn request(expression: &str) -> Value {
    json!({ "MonitoringScheduleName": "s", "MonitoringScheduleConfig": config(expression) })
}

async fn claim(world: &World) -> Option<Job> {
    let now_ms = world.app.clock.now_ms();
    let claim = Claim {
        owner: "w",
        kinds: &KINDS,
        now_ms,
        due_ms: now_ms,
        lease_ms: 1000,
    };
    job::claim(&world.app.store, &claim).await.unwrap()
}

/// Takes every slot that is due; gives how many were taken and skipped.
async fn take_due(world: &World, catch_up: CatchUp) -> (usize, u64) {
    let (mut taken, mut skips) = (0, 0);
    while let Some(slot) = claim(world).await {
        match take_slot(&world.app, &slot, ("w", catch_up)).await.unwrap() {
            Taken::Yes { skipped, .. } => {
                taken += 1;
                skips += skipped;
            }
            Taken::Void => {
                let mut unit = world.app.store.begin().await.unwrap();
                job::finish(&mut unit, &slot.id, "w").await.unwrap();
                unit.commit().await.unwrap();
            }
            Taken::Lost => panic!("nobody else is here"),
        }
    }
    (taken, skips)
}

async fn executions(world: &World) -> Vec<Execution> {
    let wanted = ListExecutions {
        region: "us-west-2".to_owned(),
        sort_by: SortExecutions::Scheduled,
        limit: 100,
        ..ListExecutions::default()
    };
    list(&world.app.store, &wanted).await.unwrap().items
}

#[tokio::test]
async fn a_schedule_without_a_definition_is_told_so_and_one_that_is_not_there_first() {
    let world = World::new().await;
    let timed = json!({
        "MonitoringScheduleName": "s",
        "MonitoringScheduleConfig": {
            "ScheduleConfig": { "ScheduleExpression": "cron(0 * ? * * *)" },
        },
    });
    let missing = call!(world, monitoring_schedule::update, timed.clone());
    assert_eq!(fault(missing), "not found");
    let refused = call!(world, monitoring_schedule::create, timed.clone());
    let told = refused.unwrap_err().to_string();
    assert_eq!(
        told,
        "A schedule needs a MonitoringJobDefinition or a MonitoringJobDefinitionName"
    );
    call!(
        world,
        monitoring_schedule::create,
        request("cron(0 * ? * * *)")
    )
    .unwrap();
    let refused = call!(world, monitoring_schedule::update, timed.clone());
    assert_eq!(refused.unwrap_err().to_string(), told);
    let mut named = timed;
    named["MonitoringScheduleConfig"]["MonitoringJobDefinitionName"] = "d".into();
    let refused = call!(world, monitoring_schedule::create, named);
    let told = refused.unwrap_err().to_string();
    assert!(told.starts_with("MonitoringType is required"), "{told}");
}

#[tokio::test]
async fn a_schedule_is_described_listed_and_deleted_as_its_own_kind() {
    let world = World::new().await;
    call!(
        world,
        monitoring_schedule::create,
        request("cron(0 * ? * * *)")
    )
    .unwrap();
    let again = call!(
        world,
        monitoring_schedule::create,
        request("cron(0 * ? * * *)")
    );
    assert_eq!(fault(again), "exists");
    let named = json!({ "MonitoringScheduleName": "s" });
    let shown = call!(world, monitoring_schedule::describe, named.clone()).unwrap();
    assert_eq!(shown["MonitoringScheduleStatus"], "Scheduled");
    assert_eq!(shown["MonitoringType"], "DataQuality");
    let inside = &shown["MonitoringScheduleConfig"];
    assert_eq!(inside["MonitoringType"], "DataQuality");
    assert_eq!(
        inside["MonitoringJobDefinition"]["StoppingCondition"]["MaxRuntimeInSeconds"],
        3600
    );
    assert!(shown.get("ProbityGeneration").is_none(), "{shown}");
    let other = json!({ "MonitoringTypeEquals": "ModelBias" });
    let none = call!(world, monitoring_schedule::list, other).unwrap();
    assert_eq!(none["MonitoringScheduleSummaries"], json!([]));
    call!(world, monitoring_schedule::delete, named.clone()).unwrap();
    let gone = call!(world, monitoring_schedule::describe, named);
    assert_eq!(fault(gone), "not found");
}

#[tokio::test]
async fn every_hour_is_run_once_with_its_window() {
    let world = World::new().await;
    call!(
        world,
        monitoring_schedule::create,
        request("cron(0 * ? * * *)")
    )
    .unwrap();
    assert_eq!(take_due(&world, CatchUp::Each).await, (0, 0), "not due yet");
    world.pass_ms(3 * HOUR_MS);
    assert_eq!(take_due(&world, CatchUp::Each).await, (3, 0));
    assert_eq!(take_due(&world, CatchUp::Each).await, (0, 0));
    let runs = executions(&world).await;
    assert_eq!(runs.len(), 3);
    for (n, run) in (1..).zip(&runs) {
        let body = monitoring_execution::body_of(run).unwrap();
        let first = START_MS - START_MS.rem_euclid(HOUR_MS);
        assert_eq!(run.scheduled_ms, first + n * HOUR_MS);
        assert_eq!(body.window.end_ms, run.scheduled_ms);
        assert_eq!(body.window.start_ms, run.scheduled_ms - HOUR_MS);
        assert_eq!(run.cause, "slot");
    }
}

#[tokio::test]
async fn a_slot_that_two_workers_take_is_one_execution_and_one_next_slot() {
    let world = World::new().await;
    call!(
        world,
        monitoring_schedule::create,
        request("cron(0 * ? * * *)")
    )
    .unwrap();
    world.pass_ms(HOUR_MS);
    let slot = claim(&world).await.unwrap();
    let how = ("w", CatchUp::Each);
    let first = take_slot(&world.app, &slot, how).await.unwrap();
    assert!(matches!(first, Taken::Yes { .. }), "{first:?}");
    // Its lease ran out while it was writing: the job is gone by now.
    let second = take_slot(&world.app, &slot, how).await.unwrap();
    assert_eq!(second, Taken::Lost);
    assert_eq!(executions(&world).await.len(), 1);
    world.pass_ms(HOUR_MS);
    assert_eq!(take_due(&world, CatchUp::Each).await, (1, 0));
}

#[tokio::test]
async fn missed_slots_can_be_skipped_but_for_the_last() {
    let world = World::new().await;
    call!(
        world,
        monitoring_schedule::create,
        request("cron(0 * ? * * *)")
    )
    .unwrap();
    world.pass_ms(10 * HOUR_MS);
    assert_eq!(take_due(&world, CatchUp::Skip).await, (1, 9));
    assert_eq!(executions(&world).await.len(), 1);
}

#[tokio::test]
async fn a_stopped_schedule_misses_its_slots_and_a_changed_one_has_only_its_new_ones() {
    let world = World::new().await;
    let named = json!({ "MonitoringScheduleName": "s" });
    call!(
        world,
        monitoring_schedule::create,
        request("cron(0 * ? * * *)")
    )
    .unwrap();
    call!(world, monitoring_schedule::stop, named.clone()).unwrap();
    let shown = call!(world, monitoring_schedule::describe, named.clone()).unwrap();
    assert_eq!(shown["MonitoringScheduleStatus"], "Stopped");
    world.pass_ms(2 * HOUR_MS);
    assert_eq!(take_due(&world, CatchUp::Each).await, (0, 0));
    call!(world, monitoring_schedule::start, named.clone()).unwrap();
    call!(world, monitoring_schedule::start, named.clone()).unwrap();
    world.pass_ms(HOUR_MS);
    assert_eq!(take_due(&world, CatchUp::Each).await, (1, 0));
    call!(
        world,
        monitoring_schedule::update,
        request("cron(30 * ? * * *)")
    )
    .unwrap();
    world.pass_ms(HOUR_MS);
    assert_eq!(take_due(&world, CatchUp::Each).await, (1, 0));
    let runs = executions(&world).await;
    let minutes: Vec<i64> = runs
        .iter()
        .map(|run| run.scheduled_ms / 60_000 % 60)
        .collect();
    assert_eq!(minutes, [0, 30]);
    call!(world, monitoring_schedule::delete, named).unwrap();
    world.pass_ms(5 * HOUR_MS);
    assert_eq!(take_due(&world, CatchUp::Each).await, (0, 0));
    assert_eq!(executions(&world).await.len(), 2, "runs outlive it");
}

#[tokio::test]
async fn now_runs_once_over_its_own_window() {
    let world = World::new().await;
    let mut once = request("NOW");
    let without = call!(world, monitoring_schedule::create, once.clone());
    assert_eq!(fault(without), "invalid");
    once["MonitoringScheduleConfig"]["ScheduleConfig"]["DataAnalysisStartTime"] = "-PT2H".into();
    once["MonitoringScheduleConfig"]["ScheduleConfig"]["DataAnalysisEndTime"] = "-PT0H".into();
    call!(world, monitoring_schedule::create, once).unwrap();
    assert_eq!(take_due(&world, CatchUp::Each).await, (1, 0));
    world.pass_ms(30 * HOUR_MS);
    assert_eq!(take_due(&world, CatchUp::Each).await, (0, 0));
    let runs = executions(&world).await;
    let window = monitoring_execution::body_of(&runs[0]).unwrap().window;
    assert_eq!(runs[0].cause, "now");
    assert_eq!(window.end_ms - window.start_ms, 2 * HOUR_MS);
    let listed = call!(
        world,
        monitoring_execution::list,
        { "MonitoringScheduleName": "s", "SortBy": "ScheduledTime", "MaxResults": 100 }
    )
    .unwrap();
    let summary = &listed["MonitoringExecutionSummaries"][0];
    assert_eq!(summary["MonitoringExecutionStatus"], "Pending");
    assert!(summary.get("ProcessingJobArn").is_none(), "{summary}");
}

#[tokio::test]
async fn now_that_was_stopped_before_it_ran_runs_when_it_is_started() {
    let world = World::new().await;
    let mut once = request("NOW");
    once["MonitoringScheduleConfig"]["ScheduleConfig"]["DataAnalysisStartTime"] = "-PT2H".into();
    once["MonitoringScheduleConfig"]["ScheduleConfig"]["DataAnalysisEndTime"] = "-PT0H".into();
    call!(world, monitoring_schedule::create, once).unwrap();
    let named = json!({ "MonitoringScheduleName": "s" });
    call!(world, monitoring_schedule::stop, named.clone()).unwrap();
    world.pass_ms(HOUR_MS);
    assert_eq!(take_due(&world, CatchUp::Each).await, (0, 0));
    call!(world, monitoring_schedule::start, named.clone()).unwrap();
    assert_eq!(take_due(&world, CatchUp::Each).await, (1, 0));
    let runs = executions(&world).await;
    assert_eq!(
        (runs[0].cause.as_str(), runs[0].scheduled_ms),
        ("now", START_MS + HOUR_MS)
    );
    // It has run: nothing is left to do.
    call!(world, monitoring_schedule::stop, named.clone()).unwrap();
    call!(world, monitoring_schedule::start, named).unwrap();
    assert_eq!(take_due(&world, CatchUp::Each).await, (0, 0));
}

#[tokio::test]
async fn an_old_day_of_a_schedule_of_every_minute_has_its_runs() {
    const MINUTE_MS: i64 = 60_000;
    let world = World::new().await;
    let day = Period::of(Length::Day, START_MS).unwrap();
    let begins_ms = day.window().start_ms;
    let mut unit = world.app.store.begin().await.unwrap();
    // Six days of minutes, more than one look backwards takes.
    for minute in 0..6 * 24 * 60 {
        let window = json!({
            "startMs": begins_ms + minute * MINUTE_MS,
            "endMs": begins_ms + (minute + 1) * MINUTE_MS,
        });
        let execution = Execution {
            id: format!("{minute:08}"),
            region: "us-west-2".to_owned(),
            schedule: "s".to_owned(),
            scheduled_ms: begins_ms + (minute + 1) * MINUTE_MS,
            cause: "slot".to_owned(),
            revision: 0,
            status: "Completed".to_owned(),
            created_ms: begins_ms,
            modified_ms: begins_ms,
            monitoring_type: "DataQuality".to_owned(),
            endpoint: "e".to_owned(),
            job_definition: String::new(),
            violations: 0,
            body: json!({ "window": window }),
        };
        insert(&mut unit, &execution).await.unwrap();
    }
    unit.commit().await.unwrap();
    let roll_up = RollUp {
        schedule: "s".to_owned(),
        period: day,
    };
    let runs = probity_app::roll_up::runs(&world.app, "us-west-2", &roll_up)
        .await
        .unwrap();
    assert_eq!(runs.len(), 24 * 60);
    assert_eq!(runs[0].body.window.start_ms, begins_ms);
}

#[tokio::test]
async fn whoever_asks_gets_a_run_beside_the_slots() {
    let world = World::new().await;
    call!(
        world,
        monitoring_schedule::create,
        request("cron(0 * ? * * *)")
    )
    .unwrap();
    let (app, ada) = (&world.app, &world.caller);
    let window = Some((START_MS, START_MS + 1));
    let first = monitoring_execution::run_now(app, ada, ("s", window)).await;
    let second = monitoring_execution::run_now(app, ada, ("s", None)).await;
    assert_ne!(first.unwrap(), second.unwrap());
    let none = monitoring_execution::run_now(app, ada, ("t", None)).await;
    assert_eq!(fault(none.map(Value::from)), "not found");
    let runs = executions(&world).await;
    let causes: Vec<_> = runs.iter().map(|run| run.cause.as_str()).collect();
    assert_eq!(causes, ["asked", "asked"]);
}

#[tokio::test]
async fn what_no_run_could_use_is_refused() {
    let world = World::new().await;
    let mut two = request("cron(0 * ? * * *)");
    two["MonitoringScheduleConfig"]["MonitoringJobDefinitionName"] = "d".into();
    let mut none = request("cron(0 * ? * * *)");
    none["MonitoringScheduleConfig"] =
        json!({ "MonitoringJobDefinitionName": "d", "MonitoringType": "ModelBias" });
    let mut bias = request("cron(0 * ? * * *)");
    bias["MonitoringScheduleConfig"]["MonitoringType"] = "ModelBias".into();
    let mut endpoint = request("cron(0 * ? * * *)");
    endpoint["MonitoringScheduleConfig"]["MonitoringJobDefinition"]["MonitoringInputs"] = json!([
        { "EndpointInput": { "EndpointName": "nobody", "LocalPath": "/in" } },
    ]);
    for request in [two, none, bias, endpoint, request("every hour")] {
        let answer = call!(world, monitoring_schedule::create, request.clone());
        assert_eq!(fault(answer), "invalid", "{request}");
    }
}

#[tokio::test]
async fn a_slot_without_its_definition_is_a_failed_run_and_the_next_one_comes() {
    let world = World::new().await;
    let inside = config("cron(0 * ? * * *)")["MonitoringJobDefinition"].clone();
    let definition = json!({
        "JobDefinitionName": "d",
        "DataQualityAppSpecification": inside["MonitoringAppSpecification"],
        "DataQualityJobInput": inside["MonitoringInputs"][0],
        "DataQualityJobOutputConfig": inside["MonitoringOutputConfig"],
        "JobResources": inside["MonitoringResources"],
        "RoleArn": inside["RoleArn"],
    });
    call!(
        world,
        job_definition::data_quality::create,
        definition.clone()
    )
    .unwrap();
    let named = json!({
        "MonitoringScheduleName": "s",
        "MonitoringScheduleConfig": {
            "ScheduleConfig": { "ScheduleExpression": "cron(0 * ? * * *)" },
            "MonitoringJobDefinitionName": "d",
            "MonitoringType": "DataQuality",
        },
    });
    call!(world, monitoring_schedule::create, named).unwrap();
    let gone = json!({ "JobDefinitionName": "d" });
    call!(world, job_definition::data_quality::delete, gone).unwrap();
    world.pass_ms(HOUR_MS);
    assert_eq!(take_due(&world, CatchUp::Each).await, (1, 0));
    call!(world, job_definition::data_quality::create, definition).unwrap();
    world.pass_ms(HOUR_MS);
    assert_eq!(take_due(&world, CatchUp::Each).await, (1, 0));
    let runs = executions(&world).await;
    let states: Vec<_> = runs.iter().map(|run| run.status.as_str()).collect();
    assert_eq!(states, ["Failed", "Pending"]);
    let reason = runs[0].body["failureReason"].as_str().unwrap();
    assert!(reason.contains("job definition `d`"), "{reason}");
}

#[tokio::test]
async fn a_run_over_a_century_is_refused() {
    let world = World::new().await;
    call!(
        world,
        monitoring_schedule::create,
        request("cron(0 * ? * * *)")
    )
    .unwrap();
    let (app, ada) = (&world.app, &world.caller);
    for window in [
        (START_MS, START_MS),
        (START_MS - 500 * 24 * HOUR_MS, START_MS),
        (START_MS, START_MS + 48 * HOUR_MS),
        (i64::MIN, i64::MAX),
    ] {
        let answer = monitoring_execution::run_now(app, ada, ("s", Some(window))).await;
        assert_eq!(fault(answer.map(Value::from)), "invalid", "{window:?}");
    }
}
