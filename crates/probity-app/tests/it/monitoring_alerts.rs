//! Alerts as executions end: states, history, who is told, silences, acknowledgements.

use probity_app::heartbeat::{Stopped, stopped};
use probity_app::monitoring_alert::{Watched, raise, raised, settle};
use probity_app::monitoring_execution::{EndedExecution, finish, run_now};
use probity_app::monitoring_schedule::SLOT_JOB;
use probity_app::notification::end_silences;
use probity_domain::document::alert_event::AlertEvent;
use probity_domain::document::execution::ExecutionBody;
use probity_domain::resource::ExecutionEnd;
use probity_store::audit::{self, ListEvents};
use probity_store::job::{self, Claim};
use probity_store::notification::{self, ListNotifications};
use serde_json::{Value, json};

use crate::world::{World, call, fault};

const HOUR_MS: i64 = 3_600_000;

async fn schedule(world: &World) {
    schedule_at(world, "cron(0 * ? * * *)").await;
}

async fn schedule_at(world: &World, expression: &str) {
    let config = json!({
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
    });
    let input = json!({ "MonitoringScheduleName": "s", "MonitoringScheduleConfig": config });
    probity_app::monitoring_schedule::create(&world.app, &world.caller, input)
        .await
        .unwrap();
}

/// An execution that ends so, a minute later than the one before.
async fn execution(world: &World, end: ExecutionEnd) {
    world.pass_ms(60_000);
    let window = Some((0, HOUR_MS));
    let id = run_now(&world.app, &world.caller, ("s", window))
        .await
        .unwrap();
    let violations = match end {
        ExecutionEnd::Completed => Some(0),
        ExecutionEnd::CompletedWithViolations => Some(3),
        ExecutionEnd::Failed | ExecutionEnd::Stopped => None,
    };
    let ended = EndedExecution {
        end,
        exit_message: None,
        failure_reason: None,
        violations,
        metrics: Vec::new(),
        intervals: Vec::new(),
        found: ExecutionBody {
            violations: vec!["age: data_type_check".to_owned()],
            output_uri: Some("s3://b/reports/x".to_owned()),
            ..ExecutionBody::default()
        },
        jobs: Vec::new(),
    };
    finish(&world.app, &id, ended).await.unwrap();
}

async fn alert(world: &World) -> Value {
    let answer = call!(world, monitoring_alert::list, { "MonitoringScheduleName": "s" }).unwrap();
    answer["MonitoringAlertSummaries"][0].clone()
}

async fn channel(world: &World) {
    call!(world, notification_channel::create, {
        "ChannelName": "ops",
        "Webhook": { "Url": "https://user:hush@example.org/hook?token=hush" },
    })
    .unwrap();
}

async fn told(world: &World) -> Vec<AlertEvent> {
    let wanted = ListNotifications {
        limit: 100,
        ..ListNotifications::default()
    };
    let page = notification::list(&world.app.store, &wanted).await.unwrap();
    let bodies = page
        .items
        .iter()
        .rev()
        .filter(|one| one.status == notification::WAITING);
    bodies
        .map(|one| serde_json::from_str(&one.body).unwrap())
        .collect()
}

/// Executions as they end (`x` with violations, `.` without, `f` failed), and how the alert stands
/// after each (`A` in alert, `o` not).
async fn check((datapoints, period): (u32, u32), (ends, expected): (&str, &str)) {
    let world = World::new().await;
    schedule(&world).await;
    call!(world, monitoring_alert::update, {
        "MonitoringScheduleName": "s", "MonitoringAlertName": "Default",
        "DatapointsToAlert": datapoints, "EvaluationPeriod": period,
    })
    .unwrap();
    let mut states = String::new();
    for end in ends.chars() {
        let end = match end {
            'x' => ExecutionEnd::CompletedWithViolations,
            '.' => ExecutionEnd::Completed,
            _ => ExecutionEnd::Failed,
        };
        execution(&world, end).await;
        states.push(match alert(&world).await["AlertStatus"].as_str() {
            Some("InAlert") => 'A',
            Some("OK") => 'o',
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(states, expected, "{datapoints} of {period}: {ends}");
}

#[tokio::test]
async fn an_alert_follows_the_executions_of_its_schedule() {
    check((1, 1), (".xfx.", "oAAAo")).await;
    check((2, 3), ("x.x..", "ooAoo")).await;
    // A failed execution is no datapoint, so that it neither raises nor settles.
    check((2, 2), ("xfxf.", "ooAAo")).await;
}

#[tokio::test]
async fn a_new_schedule_has_one_alert_that_is_well() {
    let world = World::new().await;
    schedule(&world).await;
    let alert = alert(&world).await;
    assert_eq!(alert["MonitoringAlertName"], "Default");
    assert_eq!(alert["AlertStatus"], "OK");
    assert_eq!(
        (&alert["DatapointsToAlert"], &alert["EvaluationPeriod"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(alert["Actions"]["ModelDashboardIndicator"]["Enabled"], true);
}

#[tokio::test]
async fn a_change_is_history_an_event_and_a_notification_once() {
    let world = World::new().await;
    schedule(&world).await;
    channel(&world).await;
    let ends = [
        ExecutionEnd::CompletedWithViolations,
        ExecutionEnd::CompletedWithViolations,
        ExecutionEnd::Completed,
    ];
    for end in ends {
        execution(&world, end).await;
    }
    let history = call!(world, monitoring_alert::list_history, {}).unwrap();
    let history = history["MonitoringAlertHistory"]
        .as_array()
        .unwrap()
        .clone();
    let states: Vec<&str> = history
        .iter()
        .map(|change| change["AlertStatus"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["OK", "InAlert"]);
    assert_eq!(history[0]["MonitoringScheduleName"], "s");

    let told = told(&world).await;
    assert_eq!(told.len(), 2);
    assert!(told[0].title.contains("3 violations"), "{}", told[0].title);
    assert!(
        told[0].text.contains("age: data_type_check"),
        "{}",
        told[0].text
    );
    assert!(
        told[0].text.contains("s3://b/reports/x"),
        "{}",
        told[0].text
    );
    assert!(told[1].title.starts_with("Resolved"), "{}", told[1].title);

    let events = audit::list(
        &world.app.store,
        &ListEvents {
            limit: 1000,
            ..ListEvents::default()
        },
    )
    .await
    .unwrap();
    let of_alert = events.iter().filter(|event| {
        event
            .event
            .resource_arn
            .ends_with("monitoring-schedule/s/alert/Default")
            && event.event.change.get("alert").is_some()
    });
    assert_eq!(of_alert.count(), 2);
}

#[tokio::test]
async fn lists_have_pages_filters_and_orders() {
    let world = World::new().await;
    schedule(&world).await;
    for _ in 0..2 {
        execution(&world, ExecutionEnd::CompletedWithViolations).await;
        execution(&world, ExecutionEnd::Completed).await;
    }
    let mut input = json!({ "MaxResults": 1, "SortOrder": "Ascending" });
    let mut states = String::new();
    loop {
        let page =
            probity_app::monitoring_alert::list_history(&world.app, &world.caller, input.clone())
                .await
                .unwrap();
        states += page["MonitoringAlertHistory"][0]["AlertStatus"]
            .as_str()
            .unwrap();
        match page["NextToken"].as_str() {
            Some(token) => input["NextToken"] = token.into(),
            None => break,
        }
    }
    assert_eq!(states, "InAlertOKInAlertOK");
    let raised = call!(world, monitoring_alert::list_history, {
        "StatusEquals": "InAlert", "MonitoringAlertName": "Default", "MonitoringScheduleName": "s",
    })
    .unwrap();
    assert_eq!(
        raised["MonitoringAlertHistory"].as_array().unwrap().len(),
        2
    );
    let sorted = call!(world, monitoring_alert::list_history, {
        "SortBy": "Status", "SortOrder": "Ascending",
    })
    .unwrap();
    assert_eq!(sorted["MonitoringAlertHistory"][3]["AlertStatus"], "OK");
}

#[tokio::test]
async fn what_is_not_there_is_missing_and_what_cannot_be_is_refused() {
    let world = World::new().await;
    schedule(&world).await;
    let nothing = call!(world, monitoring_alert::list, { "MonitoringScheduleName": "t" });
    assert_eq!(fault(nothing), "not found");
    let nothing = call!(world, monitoring_alert::list_history, { "MonitoringScheduleName": "t" });
    assert_eq!(fault(nothing), "not found");
    let update = |name: &str, datapoints: u32| {
        json!({
            "MonitoringScheduleName": "s", "MonitoringAlertName": name,
            "DatapointsToAlert": datapoints, "EvaluationPeriod": 2,
        })
    };
    let update = async |name, datapoints| {
        let input = update(name, datapoints);
        probity_app::monitoring_alert::update(&world.app, &world.caller, input).await
    };
    assert_eq!(fault(update("Other", 1).await), "not found");
    assert_eq!(fault(update("Default", 3).await), "invalid");
    let updated = update("Default", 2).await.unwrap();
    assert_eq!(
        updated["MonitoringScheduleArn"],
        "arn:aws:sagemaker:us-west-2:111122223333:monitoring-schedule/s"
    );
}

#[tokio::test]
async fn a_silence_keeps_the_change_and_tells_nobody() {
    let world = World::new().await;
    schedule(&world).await;
    channel(&world).await;
    let until = (world.app.clock.now_ms() + 10 * 60_000) / 1000;
    let made = call!(world, alert_silence::create, {
        "Subject": "monitoring-schedule/s", "Until": until, "Reason": "we retrain",
    })
    .unwrap();
    execution(&world, ExecutionEnd::CompletedWithViolations).await;
    assert_eq!(alert(&world).await["AlertStatus"], "InAlert");
    assert!(told(&world).await.is_empty());
    let listed = call!(world, alert_silence::list, {}).unwrap();
    assert_eq!(listed["Silences"][0]["Reason"], "we retrain");
    assert_eq!(listed["Silences"][0]["CreatedBy"], "ada");

    let lifted = json!({ "SilenceId": made["SilenceId"] });
    let lift =
        async || probity_app::alert_silence::lift(&world.app, &world.caller, lifted.clone()).await;
    lift().await.unwrap();
    assert_eq!(fault(lift().await), "not found");
    end_silences(&world.app).await.unwrap();
    let states: Vec<String> = told(&world)
        .await
        .into_iter()
        .map(|one| one.state)
        .collect();
    assert_eq!(states, ["InAlert"]);
    execution(&world, ExecutionEnd::Completed).await;
    assert_eq!(told(&world).await.len(), 2);
    let past = call!(world, alert_silence::create, { "Until": 1, "Reason": "x" });
    assert_eq!(fault(past), "invalid");
}

#[tokio::test]
async fn nothing_that_is_not_there_is_silenced() {
    let world = World::new().await;
    schedule(&world).await;
    let endpoint = probity_app::monitoring_import::ImportedEndpoint {
        name: "e".to_owned(),
        variants: vec!["AllTraffic".to_owned()],
        capture_uri: "s3://b/captures".to_owned(),
    };
    let made = probity_app::monitoring_import::endpoint(&world.app, &world.caller, &endpoint);
    made.await.unwrap();
    let until = (world.app.clock.now_ms() + 60_000) / 1000;
    let silence = async |subject: &str| {
        let input = json!({ "Subject": subject, "Until": until, "Reason": "x" });
        probity_app::alert_silence::create(&world.app, &world.caller, input).await
    };
    for subject in [
        "nope",
        "monitoring-schedule/nope",
        "endpoint/s",
        "s",
        "endpoint",
        "model/e",
    ] {
        assert_eq!(fault(silence(subject).await), "not found", "{subject}");
    }
    silence("monitoring-schedule/s").await.unwrap();
    // Its alert is there only when its captures have stopped once.
    silence("endpoint/e").await.unwrap();
}

#[tokio::test]
async fn whoever_was_told_that_it_began_is_told_that_it_is_over() {
    let world = World::new().await;
    schedule(&world).await;
    channel(&world).await;
    execution(&world, ExecutionEnd::CompletedWithViolations).await;
    let until = (world.app.clock.now_ms() + 60 * 60_000) / 1000;
    call!(world, alert_silence::create, { "Until": until, "Reason": "planned" }).unwrap();
    execution(&world, ExecutionEnd::Completed).await;
    let states = async || -> Vec<String> {
        let told = told(&world).await;
        told.into_iter().map(|one| one.state).collect()
    };
    assert_eq!(states().await, ["InAlert", "OK"]);
    // What begins and ends within the silence is nobody's business.
    execution(&world, ExecutionEnd::CompletedWithViolations).await;
    execution(&world, ExecutionEnd::Completed).await;
    assert_eq!(states().await, ["InAlert", "OK"]);
    world.pass_ms(60 * 60_000);
    end_silences(&world.app).await.unwrap();
    assert_eq!(states().await, ["InAlert", "OK"]);
}

#[tokio::test]
async fn what_lasts_longer_than_its_silence_is_told_also_with_new_settings() {
    let world = World::new().await;
    schedule(&world).await;
    channel(&world).await;
    let until = (world.app.clock.now_ms() + 10 * 60_000) / 1000;
    call!(world, alert_silence::create, { "Until": until, "Reason": "planned" }).unwrap();
    execution(&world, ExecutionEnd::CompletedWithViolations).await;
    world.pass_ms(5 * 60_000);
    call!(world, monitoring_alert::update, {
        "MonitoringScheduleName": "s", "MonitoringAlertName": "Default",
        "DatapointsToAlert": 1, "EvaluationPeriod": 2,
    })
    .unwrap();
    world.pass_ms(10 * 60_000);
    end_silences(&world.app).await.unwrap();
    let told = told(&world).await;
    let states: Vec<&str> = told.iter().map(|one| one.state.as_str()).collect();
    assert_eq!(states, ["InAlert"]);
}

#[tokio::test]
async fn what_was_over_before_its_silence_is_not_told() {
    let world = World::new().await;
    schedule(&world).await;
    channel(&world).await;
    let until = (world.app.clock.now_ms() + 10 * 60_000) / 1000;
    call!(world, alert_silence::create, { "Until": until, "Reason": "planned" }).unwrap();
    execution(&world, ExecutionEnd::CompletedWithViolations).await;
    execution(&world, ExecutionEnd::Completed).await;
    end_silences(&world.app).await.unwrap();
    world.pass_ms(10 * 60_000);
    end_silences(&world.app).await.unwrap();
    let wanted = ListNotifications {
        limit: 100,
        ..ListNotifications::default()
    };
    let kept = notification::list(&world.app.store, &wanted).await.unwrap();
    assert_eq!(kept.items, []);
}

#[tokio::test]
async fn an_acknowledgement_lasts_until_the_alert_changes() {
    let world = World::new().await;
    schedule(&world).await;
    let ack = || json!({ "Subject": "monitoring-schedule/s", "Reason": "on it" });
    let acknowledge =
        async || probity_app::monitoring_alert::acknowledge(&world.app, &world.caller, ack()).await;
    assert_eq!(fault(acknowledge().await), "invalid");
    execution(&world, ExecutionEnd::CompletedWithViolations).await;
    acknowledge().await.unwrap();
    let all = call!(world, monitoring_alert::list_all, {}).unwrap();
    assert_eq!(all["Alerts"][0]["AcknowledgedBy"], "ada");
    assert_eq!(all["Alerts"][0]["AcknowledgedReason"], "on it");
    execution(&world, ExecutionEnd::Completed).await;
    let all = call!(world, monitoring_alert::list_all, {}).unwrap();
    assert!(all["Alerts"][0].get("AcknowledgedBy").is_none(), "{all}");
}

#[tokio::test]
async fn a_deleted_schedule_settles_what_was_told_and_keeps_its_history() {
    let world = World::new().await;
    schedule(&world).await;
    channel(&world).await;
    execution(&world, ExecutionEnd::CompletedWithViolations).await;
    call!(world, monitoring_schedule::delete, { "MonitoringScheduleName": "s" }).unwrap();
    let told = told(&world).await;
    assert_eq!(told.last().unwrap().state, "OK");
    let gone = call!(world, monitoring_alert::list, { "MonitoringScheduleName": "s" });
    assert_eq!(fault(gone), "not found");
    let kept = call!(world, monitoring_alert::list_history, { "MonitoringScheduleName": "s" });
    assert_eq!(
        kept.unwrap()["MonitoringAlertHistory"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn channels_are_sealed_and_shown_without_secrets() {
    let world = World::new().await;
    channel(&world).await;
    let listed = call!(world, notification_channel::list, {}).unwrap();
    assert_eq!(
        listed["Channels"][0]["Target"],
        "https://example.org/hook (unsigned)"
    );
    assert!(!listed.to_string().contains("hush"), "{listed}");
    let twice = call!(world, notification_channel::create, {
        "ChannelName": "ops", "Slack": { "Url": "https://example.org/" },
    });
    assert_eq!(fault(twice), "in use");
    let two = call!(world, notification_channel::create, {
        "ChannelName": "two", "Slack": { "Url": "https://x/" }, "Webhook": { "Url": "https://x/" },
    });
    assert_eq!(fault(two), "invalid");
    let opened = probity_app::notification_channel::open(&world.app, "ops")
        .await
        .unwrap();
    assert!(!format!("{opened:?}").contains("hush"));

    let test = call!(world, notification_channel::test, { "ChannelName": "ops" }).unwrap();
    let id = test["NotificationId"].clone();
    let shown = call!(world, notification::describe, { "NotificationId": id }).unwrap();
    assert_eq!(shown["Notification"]["Status"], "Waiting");
    call!(world, notification_channel::delete, { "ChannelName": "ops" }).unwrap();
    let gone = call!(world, notification::retry, { "NotificationId": id });
    assert_eq!(fault(gone), "not found");
    let gone = call!(world, notification_channel::test, { "ChannelName": "ops" });
    assert_eq!(fault(gone), "not found");
    let events = audit::list(
        &world.app.store,
        &ListEvents {
            limit: 100,
            ..ListEvents::default()
        },
    )
    .await
    .unwrap();
    assert!(
        events
            .iter()
            .all(|event| !event.event.change.to_string().contains("hush"))
    );
}

#[tokio::test]
async fn a_slot_that_nobody_takes_is_a_heartbeat_that_stopped() {
    let world = World::new().await;
    schedule(&world).await;
    assert_eq!(stopped(&world.app).await.unwrap(), []);
    world.pass_ms(HOUR_MS + 10 * 60_000);
    assert_eq!(stopped(&world.app).await.unwrap(), []);
    world.pass_ms(HOUR_MS);
    let found = stopped(&world.app).await.unwrap();
    let [
        Stopped {
            watched, reason, ..
        },
    ] = found.as_slice()
    else {
        panic!("{found:?}");
    };
    assert_eq!(watched.subject, "monitoring-schedule/s");
    assert_eq!(watched.alert, "Heartbeat");
    assert!(reason.contains("has not begun"), "{reason}");
    call!(world, monitoring_schedule::stop, { "MonitoringScheduleName": "s" }).unwrap();
    assert_eq!(stopped(&world.app).await.unwrap(), []);
}

#[tokio::test]
async fn a_slot_that_is_put_off_again_and_again_is_a_heartbeat_that_stopped() {
    let world = World::new().await;
    schedule(&world).await;
    world.pass_ms(2 * HOUR_MS);
    let now_ms = world.app.clock.now_ms();
    let claim = Claim {
        owner: "w",
        kinds: &[SLOT_JOB],
        now_ms,
        due_ms: now_ms,
        lease_ms: 1000,
    };
    let slot = job::claim(&world.app.store, &claim).await.unwrap().unwrap();
    let mut unit = world.app.store.begin().await.unwrap();
    job::release(&mut unit, &slot.id, "w", now_ms + 5_000)
        .await
        .unwrap();
    unit.commit().await.unwrap();
    let found = stopped(&world.app).await.unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].reason.contains("has not begun"), "{found:?}");
}

#[tokio::test]
async fn an_execution_that_hangs_is_a_heartbeat_that_stopped() {
    let world = World::new().await;
    schedule_at(&world, "cron(0 0 ? * * *)").await;
    run_now(&world.app, &world.caller, ("s", Some((0, HOUR_MS))))
        .await
        .unwrap();
    // It may run for an hour.
    world.pass_ms(70 * 60_000);
    assert_eq!(stopped(&world.app).await.unwrap(), []);
    world.pass_ms(6 * 60_000);
    let found = stopped(&world.app).await.unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].reason.contains("longer than it may run"),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_watched_alert_is_raised_and_settled_once() {
    let world = World::new().await;
    channel(&world).await;
    let watched = Watched {
        region: "us-west-2".to_owned(),
        subject: "endpoint/e".to_owned(),
        alert: "CaptureStopped",
    };
    settle(&world.app, &watched, "nothing was wrong")
        .await
        .unwrap();
    assert!(told(&world).await.is_empty());
    for _ in 0..2 {
        world.pass_ms(1);
        raise(&world.app, &watched, "nothing is captured")
            .await
            .unwrap();
    }
    assert_eq!(
        raised(&world.app).await.unwrap(),
        std::slice::from_ref(&watched)
    );
    world.pass_ms(1);
    settle(&world.app, &watched, "it goes on").await.unwrap();
    assert_eq!(raised(&world.app).await.unwrap(), []);
    let told = told(&world).await;
    let titles: Vec<&str> = told.iter().map(|event| event.title.as_str()).collect();
    assert_eq!(
        titles,
        [
            "Alert: nothing is captured any more, endpoint e",
            "Resolved: CaptureStopped of endpoint e"
        ]
    );
    // Of the region's alerts, AWS's lists show those of schedules only.
    let history = call!(world, monitoring_alert::list_history, {}).unwrap();
    assert_eq!(history["MonitoringAlertHistory"], json!([]));
    let history = call!(world, monitoring_alert::list_changes, { "Subject": "endpoint/e" });
    assert_eq!(
        history.unwrap()["AlertHistory"].as_array().unwrap().len(),
        2
    );
}
