//! What pages of the dashboard say of models and their monitors.

use probity_app::dashboard::DAY_MS;
use probity_app::dashboard::fleet::{
    CardFilter, CardFreshness, Fleet, FleetModel, FleetQuery, Slice, VersionFilter, fleet,
};
use probity_app::dashboard::model::{ModelPage, model};
use probity_app::dashboard::monitor::{MonitorPage, MonitorQuery, monitor};
use probity_app::dashboard::monitor_state::{Acknowledged, MonitorState};
use probity_app::dashboard::monitors::AlertOf;
use probity_app::dashboard::views::{self, View};
use probity_app::endpoint;
use probity_app::monitoring_alert::{self, CAPTURE_STOPPED, HEARTBEAT, Watched};
use probity_domain::document::execution::{ExecutionBody, ExecutionWindow};
use probity_domain::resource::ExecutionEnd;
use probity_store::endpoint_traffic;
use probity_store::monitoring_alert as alerts;
use probity_store::monitoring_execution::{self, Execution};

use crate::card_evidence::{bind, card, report, stale as stale_of};
use crate::card_monitors::{run as ended_run, watched};
use crate::model_card_policy::policy;
use crate::world::{START_MS, World, call};

/// Of `card` and `watched`: model `m` at endpoint `e`, whose quality schedule `s` watches.
async fn world() -> World {
    let world = World::new().await;
    card(&world).await;
    watched(&world).await;
    world
}

const WINDOW_MS: i64 = 3_600_000;

/// A run of `s` whose slot is an hour after the window's start.
fn run(start_ms: i64, status: &str, revision: i64) -> Execution {
    let body = ExecutionBody {
        window: ExecutionWindow {
            start_ms,
            end_ms: start_ms + WINDOW_MS,
        },
        ..ExecutionBody::default()
    };
    Execution {
        id: format!("{start_ms}-{revision}"),
        region: "us-west-2".to_owned(),
        schedule: "s".to_owned(),
        scheduled_ms: start_ms + WINDOW_MS,
        cause: "slot".to_owned(),
        revision,
        status: status.to_owned(),
        // The schedule was there before.
        created_ms: START_MS + DAY_MS,
        modified_ms: START_MS + DAY_MS,
        monitoring_type: "ModelQuality".to_owned(),
        endpoint: "e".to_owned(),
        job_definition: "d".to_owned(),
        violations: i64::from(status == "CompletedWithViolations"),
        body: serde_json::to_value(body).unwrap(),
    }
}

async fn write_run(world: &World, run: &Execution) {
    let mut unit = world.app.store.begin().await.unwrap();
    monitoring_execution::insert(&mut unit, run).await.unwrap();
    unit.commit().await.unwrap();
}

async fn monitor_page(world: &World) -> MonitorPage {
    let query = MonitorQuery {
        name: "s".to_owned(),
        ..MonitorQuery::default()
    };
    monitor(&world.app, &world.caller, &query).await.unwrap()
}

async fn model_page(world: &World) -> ModelPage {
    model(&world.app, &world.caller, "m").await.unwrap()
}

async fn fleet_page(world: &World) -> Fleet {
    fleet_of(world, FleetQuery::default()).await
}

async fn fleet_of(world: &World, query: FleetQuery) -> Fleet {
    let slice = Slice::Page {
        number: 0,
        size: 50,
    };
    fleet(&world.app, &world.caller, &query, slice)
        .await
        .unwrap()
}

fn named<'a>(fleet: &'a Fleet, name: &str) -> &'a FleetModel {
    let mut models = fleet.models.iter();
    models.find(|model| model.name == name).unwrap()
}

/// Of `m`, as the fleet, the model and the monitor show it.
async fn quality(world: &World) -> MonitorState {
    let of_fleet = named(&fleet_page(world).await, "m").monitors[1];
    let of_model = model_page(world).await.monitors[0].state;
    let of_monitor = monitor_page(world).await.monitor.state;
    assert_eq!((of_fleet, of_fleet), (of_model, of_monitor));
    of_fleet
}

#[tokio::test]
async fn a_monitor_that_failed_stays_so_until_a_run_ends_well() {
    let world = world().await;
    world.pass_ms(2 * DAY_MS);
    let start_ms = START_MS + DAY_MS;
    let is_failed = |state| matches!(state, MonitorState::Failed { .. });
    write_run(&world, &run(start_ms, "InProgress", 0)).await;
    assert_eq!(quality(&world).await, MonitorState::Waiting);
    write_run(&world, &run(start_ms + 1, "Failed", 0)).await;
    assert!(is_failed(quality(&world).await));
    for (later_ms, status) in (2..).zip(["Pending", "InProgress", "Stopping", "Stopped"]) {
        write_run(&world, &run(start_ms + later_ms, status, 0)).await;
        assert!(is_failed(quality(&world).await), "{status}");
    }
    write_run(&world, &run(start_ms + 9, "Completed", 0)).await;
    assert_eq!(quality(&world).await, MonitorState::Ok { found: 0 });
    let page = monitor_page(&world).await;
    assert_eq!(page.monitor.last_run.unwrap().status, "Completed");
}

#[tokio::test]
async fn a_monitor_that_runs_every_quarter_has_run() {
    let world = world().await;
    write_run(&world, &run(START_MS + DAY_MS, "Failed", 0)).await;
    world.pass_ms(80 * DAY_MS);
    let failed = MonitorState::Failed {
        at_ms: START_MS + DAY_MS,
    };
    assert_eq!(quality(&world).await, failed);
    let page = monitor_page(&world).await;
    assert_eq!(page.monitor.last_run.unwrap().status, "Failed");
}

#[tokio::test]
async fn the_calendar_has_no_runs_of_an_earlier_schedule_of_the_name() {
    let world = world().await;
    let earlier = Execution {
        created_ms: START_MS - DAY_MS,
        ..run(START_MS - DAY_MS, "Failed", 0)
    };
    write_run(&world, &earlier).await;
    let monitor = monitor_page(&world).await.monitor;
    assert_eq!(monitor.last_run, None);
    let failed: usize = monitor.calendar.iter().map(|day| day.failed).sum();
    assert_eq!(failed, 0);
}

async fn raise(world: &World, subject: &str, alert: &'static str) {
    let watched = Watched {
        region: "us-west-2".to_owned(),
        subject: subject.to_owned(),
        alert,
    };
    monitoring_alert::raise(&world.app, &watched, "it is so")
        .await
        .unwrap();
}

async fn acknowledge(world: &World, subject: &str, name: &str) {
    let key = alerts::AlertKey {
        region: "us-west-2",
        subject,
        name,
    };
    let mut alert = alerts::get(&world.app.store, key).await.unwrap().unwrap();
    alert.acknowledged = Some(alerts::Acknowledged {
        by: "ada".to_owned(),
        at_ms: START_MS,
        why: "known".to_owned(),
    });
    let mut unit = world.app.store.begin().await.unwrap();
    alerts::replace(&mut unit, &alert).await.unwrap();
    unit.commit().await.unwrap();
}

#[tokio::test]
async fn of_several_alerts_of_a_monitor_the_worst_counts() {
    let world = world().await;
    let subject = "monitoring-schedule/s";
    let acknowledged = |state| match state {
        MonitorState::InAlert { acknowledged, .. } => acknowledged,
        other => panic!("{other:?}"),
    };
    raise(&world, subject, CAPTURE_STOPPED).await;
    world.pass_ms(1);
    raise(&world, subject, HEARTBEAT).await;
    acknowledge(&world, subject, HEARTBEAT).await;
    assert_eq!(acknowledged(quality(&world).await), Acknowledged::No);
    acknowledge(&world, subject, CAPTURE_STOPPED).await;
    assert_eq!(acknowledged(quality(&world).await), Acknowledged::Yes);
}

#[tokio::test]
async fn new_settings_of_an_alert_do_not_make_it_younger() {
    let world = world().await;
    ended_run(&world, ExecutionEnd::CompletedWithViolations).await;
    let raised = quality(&world).await;
    assert!(matches!(raised, MonitorState::InAlert { .. }), "{raised:?}");
    world.pass_ms(DAY_MS);
    call!(world, monitoring_alert::update, {
        "MonitoringScheduleName": "s", "MonitoringAlertName": "Default",
        "DatapointsToAlert": 1, "EvaluationPeriod": 2,
    })
    .unwrap();
    assert_eq!(quality(&world).await, raised);
    let alert = &monitor_page(&world).await.monitor.alerts[0];
    assert!(alert.modified_ms >= alert.since_ms + DAY_MS);
}

#[tokio::test]
async fn ten_thousand_alerts_hide_none() {
    let world = world().await;
    let alert = alerts::Alert {
        region: "us-west-2".to_owned(),
        subject: String::new(),
        name: "Default".to_owned(),
        created_ms: START_MS,
        modified_ms: START_MS,
        since_ms: START_MS,
        status: "InAlert".to_owned(),
        datapoints_to_alert: 1,
        evaluation_period: 1,
        reason: String::new(),
        acknowledged: None,
    };
    let mut unit = world.app.store.begin().await.unwrap();
    for number in 0..10_001 {
        let alert = alerts::Alert {
            subject: format!("monitoring-schedule/a{number}"),
            ..alert.clone()
        };
        alerts::insert(&mut unit, &alert).await.unwrap();
    }
    unit.commit().await.unwrap();
    raise(&world, "monitoring-schedule/s", HEARTBEAT).await;
    let state = quality(&world).await;
    assert!(matches!(state, MonitorState::InAlert { .. }), "{state:?}");
}

#[tokio::test]
async fn an_endpoint_that_captures_nothing_more_needs_attention() {
    let world = world().await;
    write_run(&world, &run(START_MS + DAY_MS, "Completed", 0)).await;
    assert_eq!(fleet_page(&world).await.attention.alert, 0);
    raise(&world, "endpoint/e", CAPTURE_STOPPED).await;
    let fleet = fleet_page(&world).await;
    assert_eq!((fleet.attention.any, fleet.attention.alert), (1, 1));
    let only = |monitor: &str| FleetQuery {
        monitor: Some(monitor.to_owned()),
        ..FleetQuery::default()
    };
    assert_eq!(fleet_of(&world, only("alert")).await.n_found, 1);
    let page = model_page(&world).await;
    let endpoint = &page.endpoints[0];
    assert_eq!(endpoint.alert, named(&fleet, "m").endpoints[0].alert);
    assert_eq!(endpoint.reasons, ["it is so"]);
    let change = &page.alert_history.changes[0];
    assert_eq!(change.of, AlertOf::Endpoint("e".to_owned()));
}

async fn create_model(world: &World, name: &str) {
    call!(world, model::create, {
        "ModelName": name,
        "PrimaryContainer": { "Image": "a/b:1", "ModelDataUrl": "s3://b/m.tar.gz" },
        "ExecutionRoleArn": "arn:aws:iam::111122223333:role/service-role/Governor",
    })
    .unwrap();
}

async fn transform(world: &World, name: &str, (model, place): (&str, &str)) {
    world.pass_ms(1000);
    call!(world, transform_job::create, {
        "TransformJobName": name,
        "ModelName": model,
        "TransformInput": {
            "DataSource": { "S3DataSource": { "S3DataType": "S3Prefix", "S3Uri": "s3://b/in" } },
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        "TransformOutput": { "S3OutputPath": "s3://b/out", "AssembleWith": "Line" },
        "TransformResources": { "InstanceType": "ml.m5.large", "InstanceCount": 1 },
        "DataCaptureConfig": { "DestinationS3Uri": place },
    })
    .unwrap();
}

#[tokio::test]
async fn a_model_runs_where_it_serves_or_worked_through_a_batch() {
    let world = world().await;
    for name in ["failing", "batch"] {
        create_model(&world, name).await;
    }
    call!(world, endpoint_config::create, {
        "EndpointConfigName": "ec2",
        "ProductionVariants": [{ "VariantName": "a", "ModelName": "failing" }],
    })
    .unwrap();
    call!(world, endpoint::create, { "EndpointName": "e2", "EndpointConfigName": "ec2" }).unwrap();
    let runs = async |name: &str| {
        let fleet = fleet_page(&world).await;
        assert_eq!(
            fleet.coverage.models,
            fleet.models.iter().filter(|model| model.runs()).count()
        );
        let model = named(&fleet, name);
        let expected = match model.runs() {
            true => MonitorState::Missing,
            false => MonitorState::Idle,
        };
        assert_eq!(model.monitors[0], expected);
        model.runs()
    };
    assert!(!runs("failing").await, "it is being created");
    let why = endpoint::Prepared::Failed("no such image".to_owned());
    endpoint::finish(&world.app, "us-west-2", "e2", &why)
        .await
        .unwrap();
    assert!(!runs("failing").await, "it could not be created");
    assert!(runs("m").await);
    assert!(!runs("batch").await);
    transform(&world, "t", ("batch", "s3://b/captured")).await;
    assert!(runs("batch").await);
    let outcome = probity_app::JobOutcome::failed("no records".to_owned());
    probity_app::transform_job::finish(&world.app, "us-west-2", "t", &outcome)
        .await
        .unwrap();
    assert!(!runs("batch").await);
}

async fn watch_captures(world: &World, name: &str, place: &str) {
    call!(world, monitoring_schedule::create, {
        "MonitoringScheduleName": name,
        "MonitoringScheduleConfig": {
        "ScheduleConfig": { "ScheduleExpression": "cron(0 * ? * * *)" },
        "MonitoringJobDefinition": {
            "MonitoringInputs": [{ "BatchTransformInput": {
                "DataCapturedDestinationS3Uri": place,
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
        } },
    })
    .unwrap();
}

/// The fleet and the page of a model agree with the card on which monitors are a model's.
#[tokio::test]
async fn a_monitor_of_batches_is_of_the_models_whose_newest_job_captured_there() {
    let world = world().await;
    for name in ["b1", "b2"] {
        create_model(&world, name).await;
    }
    watch_captures(&world, "old", "s3://b/old").await;
    watch_captures(&world, "new", "s3://b/new/").await;
    transform(&world, "t1", ("b1", "s3://b/old")).await;
    transform(&world, "t2", ("b1", "s3://b/new")).await;
    // The same place as b1's newest; its name is before that of b1's.
    transform(&world, "a", ("b2", "s3://b/new")).await;
    let fleet = fleet_page(&world).await;
    for name in ["b1", "b2"] {
        assert_eq!(
            named(&fleet, name).monitors[0],
            MonitorState::Waiting,
            "{name}"
        );
        let page = model(&world.app, &world.caller, name).await.unwrap();
        let names: Vec<&str> = page.monitors.iter().map(|own| own.name.as_str()).collect();
        assert_eq!(names, ["new"], "{name}");
    }
}

#[tokio::test]
async fn a_day_counts_a_slot_once_however_often_it_was_scored() {
    let world = world().await;
    world.pass_ms(2 * DAY_MS);
    let start_ms = START_MS + DAY_MS;
    let found = |start_ms, revision, violations| Execution {
        violations,
        ..run(start_ms, "CompletedWithViolations", revision)
    };
    for run in [
        found(start_ms, 0, 7),
        found(start_ms, 1, 3),
        run(start_ms, "Failed", 2),
        // Settled by labels that came late.
        found(start_ms + 1, 0, 50),
        run(start_ms + 1, "Completed", 1),
        // Nobody counted.
        found(start_ms + 2, 0, -1),
    ] {
        write_run(&world, &run).await;
    }
    assert_eq!(fleet_page(&world).await.anomalies.total(), 4);
}

/// The evaluation of the card follows `s`, and is taken from this run.
async fn follow(world: &World, run: &str) {
    let uri = format!("s3://b/results/e/s/{run}/statistics.json");
    let follows = ("s".into(), "MonitoringScheduleName");
    bind(world, follows, &report(&uri, 0.1)).await;
}

#[tokio::test]
async fn a_card_is_stale_when_the_monitor_that_it_follows_has_run_again() {
    let world = world().await;
    let of_card = async || {
        let fleet = fleet_page(&world).await;
        let stale = FleetQuery {
            card: Some(CardFilter::Freshness(CardFreshness::Stale)),
            ..FleetQuery::default()
        };
        let freshness = named(&fleet, "m").card.as_ref().unwrap().freshness;
        let is_stale = usize::from(freshness == CardFreshness::Stale);
        assert_eq!(fleet.freshness.cards_to_renew, is_stale);
        assert_eq!(fleet_of(&world, stale).await.n_found, is_stale);
        assert_eq!(stale_of(&world).await.is_empty(), is_stale == 0);
        freshness
    };
    assert_eq!(of_card().await, CardFreshness::Current);
    let first = ended_run(&world, ExecutionEnd::Completed).await;
    follow(&world, &first).await;
    assert_eq!(of_card().await, CardFreshness::Current);
    ended_run(&world, ExecutionEnd::Failed).await;
    assert_eq!(of_card().await, CardFreshness::Current);
    let second = ended_run(&world, ExecutionEnd::CompletedWithViolations).await;
    assert_eq!(of_card().await, CardFreshness::Stale);
    ended_run(&world, ExecutionEnd::Failed).await;
    assert_eq!(of_card().await, CardFreshness::Stale);
    follow(&world, &second).await;
    assert_eq!(of_card().await, CardFreshness::Current);
}

#[tokio::test]
async fn a_review_is_overdue_by_the_policy_of_the_workspace() {
    let world = world().await;
    let freshness = async || {
        let fleet = fleet_page(&world).await;
        named(&fleet, "m").card.as_ref().unwrap().freshness
    };
    let rules = "[card]\nreview_every = \"30d\"\nexpires_after = \"60d\"\n";
    policy(&world, rules);
    assert_eq!(freshness().await, CardFreshness::Current);
    world.pass_ms(31 * DAY_MS);
    assert_eq!(freshness().await, CardFreshness::ReviewOverdue);
    call!(world, model_card::update, {
        "ModelCardName": "c", "ModelCardStatus": "PendingReview",
    })
    .unwrap();
    assert_eq!(freshness().await, CardFreshness::ReviewOverdue);
    call!(world, model_card::update, {
        "ModelCardName": "c", "ModelCardStatus": "Approved",
    })
    .unwrap();
    assert_eq!(freshness().await, CardFreshness::Current);
    world.pass_ms(61 * DAY_MS);
    assert_eq!(freshness().await, CardFreshness::Expired);
    call!(world, model_card::update, {
        "ModelCardName": "c", "ModelCardStatus": "Archived",
    })
    .unwrap();
    assert_eq!(freshness().await, CardFreshness::Current);
}

/// The file has all models, and says the same of their calls as a page.
#[tokio::test]
async fn calls_are_the_same_on_a_page_and_in_the_file() {
    let world = world().await;
    create_model(&world, "uncalled").await;
    world.pass_ms(10 * DAY_MS);
    let now_ms = world.app.clock.now_ms();
    let mut unit = world.app.store.begin().await.unwrap();
    for (age_ms, variant, answered) in [
        (0, "a", 5),
        (0, "b", 7),
        (6 * DAY_MS, "a", 30),
        (8 * DAY_MS, "a", 100),
    ] {
        let traffic = endpoint_traffic::Traffic {
            region: "us-west-2".to_owned(),
            endpoint: "e".to_owned(),
            variant: variant.to_owned(),
            hour_ms: now_ms - age_ms,
            counts: endpoint_traffic::Counts {
                answered,
                failed: 2,
                captured: 0,
            },
        };
        endpoint_traffic::add(&mut unit, &traffic).await.unwrap();
    }
    unit.commit().await.unwrap();
    let query = FleetQuery::default();
    let all = fleet(&world.app, &world.caller, &query, Slice::All).await;
    for fleet in [fleet_page(&world).await, all.unwrap()] {
        let traffic = named(&fleet, "m").traffic.as_ref().unwrap();
        assert_eq!((traffic.calls(), traffic.errors()), (42, 6));
        assert_eq!(traffic.error_percent(), Some(12.5));
        assert_eq!(named(&fleet, "uncalled").traffic, None);
    }
}

/// Two of three runs raise the alert: the first of them is not nothing.
#[tokio::test]
async fn a_monitor_that_is_ok_tells_what_its_last_run_found() {
    let world = world().await;
    call!(world, monitoring_alert::update, {
        "MonitoringScheduleName": "s", "MonitoringAlertName": "Default",
        "DatapointsToAlert": 2, "EvaluationPeriod": 3,
    })
    .unwrap();
    ended_run(&world, ExecutionEnd::CompletedWithViolations).await;
    assert_eq!(quality(&world).await, MonitorState::Ok { found: 1 });
    assert_eq!(fleet_page(&world).await.attention.alert, 0);
    let ok = FleetQuery {
        monitor: Some("ok".to_owned()),
        ..FleetQuery::default()
    };
    assert_eq!(fleet_of(&world, ok).await.n_found, 1);
    ended_run(&world, ExecutionEnd::Completed).await;
    assert_eq!(quality(&world).await, MonitorState::Ok { found: 0 });
}

#[tokio::test]
async fn an_alert_history_says_where_it_goes_on() {
    let world = world().await;
    let watched = Watched {
        region: "us-west-2".to_owned(),
        subject: "monitoring-schedule/s".to_owned(),
        alert: HEARTBEAT,
    };
    for number in 0..11 {
        world.pass_ms(1000);
        raise(&world, &watched.subject, HEARTBEAT).await;
        world.pass_ms(1000);
        monitoring_alert::settle(&world.app, &watched, "it runs")
            .await
            .unwrap();
        // The page of a model has twelve changes, that of a monitor twenty.
        let n_changes = 2 * (number + 1);
        let of_model = model_page(&world).await.alert_history;
        assert_eq!(of_model.changes.len(), n_changes.min(12));
        assert_eq!(of_model.goes_on, n_changes > 12);
        let of_monitor = monitor_page(&world).await.alert_history;
        assert_eq!(of_monitor.goes_on, n_changes > 20);
        assert_eq!(of_monitor.changes[0].status, "OK");
    }
}

#[tokio::test]
async fn models_are_found_by_their_owners_and_versions() {
    let world = world().await;
    create_model(&world, "other").await;
    let found = async |query: FleetQuery| fleet_of(&world, query).await.n_found;
    let of_owner = |owner: &str| FleetQuery {
        owner: Some(owner.to_owned()),
        ..FleetQuery::default()
    };
    assert_eq!(found(of_owner("ada")).await, 2);
    assert_eq!(found(of_owner("ad")).await, 0);
    let of_version = |version| FleetQuery {
        version: Some(version),
        ..FleetQuery::default()
    };
    assert_eq!(found(of_version(VersionFilter::Unregistered)).await, 2);
    assert_eq!(found(of_version(VersionFilter::Champion)).await, 0);
}

#[tokio::test]
async fn views_that_are_saved_at_once_are_all_kept() {
    let world = world().await;
    let save = async |name: &str| {
        let view = View {
            name: name.to_owned(),
            query: "q=x".to_owned(),
        };
        views::save(&world.app, &world.caller, view).await.unwrap();
    };
    futures::join!(save("a"), save("b"), save("c"));
    let kept = views::list(&world.app, &world.caller).await.unwrap();
    assert_eq!(kept.len(), 3);
    views::delete(&world.app, &world.caller, "b").await.unwrap();
    let kept = views::list(&world.app, &world.caller).await.unwrap();
    let names: Vec<&str> = kept.iter().map(|view| view.name.as_str()).collect();
    assert_eq!(names, ["a", "c"]);
}
