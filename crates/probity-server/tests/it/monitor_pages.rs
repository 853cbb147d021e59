//! The pages of one monitor: its history, its runs with their evidence, comments on its alerts, and
//! its thresholds with a preview over history.

use probity_app::monitoring_alert::{HEARTBEAT, Watched, raise, settle};
use probity_app::monitoring_execution::{EndedExecution, NumberInterval, finish, run_now};
use probity_app::{Access, endpoint, job_definition, monitoring_schedule};
use probity_domain::document::execution::ExecutionBody;
use probity_domain::resource::ExecutionEnd;
use probity_store::metric_point::MetricPoint;
use serde_json::{Value, json};

use crate::client::{Running, SECRET};
use crate::page_access::browser;
use crate::pages::{Browser, HOSTILE, alice, server};

const MONITOR: &str = "loans";
const PAGE: &str = "/monitors/loans";
/// A metric of quality, its threshold, and what runs found.
const THRESHOLD: f64 = 2.5;

fn constraints(threshold: f64) -> String {
    json!({ "version": 0.0, "regression_constraints": {
        "mae": { "threshold": threshold, "comparison_operator": "GreaterThanThreshold" } } })
    .to_string()
}

/// A schedule over an endpoint, with constraints in a bucket.
pub(crate) async fn monitored() -> Running {
    let server = server().await;
    let (app, caller) = (&server.app, &alice());
    let call = |verb: &str, input: Value| (verb.to_owned(), input);
    for (verb, input) in [
        call(
            "model",
            json!({
                "ModelName": "m",
                "PrimaryContainer": { "Image": "i", "ModelDataUrl": "s3://b/model.tar.gz" },
                "ExecutionRoleArn": "arn:aws:iam::111122223333:role/r",
            }),
        ),
        call(
            "config",
            json!({ "EndpointConfigName": "ec",
                "ProductionVariants": [{ "VariantName": "a", "ModelName": "m" }] }),
        ),
        call(
            "endpoint",
            json!({ "EndpointName": "e", "EndpointConfigName": "ec" }),
        ),
        call("definition", definition()),
        call(
            "schedule",
            json!({
                "MonitoringScheduleName": MONITOR,
                "MonitoringScheduleConfig": {
                    "ScheduleConfig": { "ScheduleExpression": "cron(0 * ? * * *)" },
                    "MonitoringJobDefinitionName": "d",
                    "MonitoringType": "ModelQuality",
                },
            }),
        ),
    ] {
        let done = match verb.as_str() {
            "model" => probity_app::model::create(app, caller, input).await,
            "config" => probity_app::endpoint_config::create(app, caller, input).await,
            "endpoint" => {
                let made = endpoint::create(app, caller, input).await;
                endpoint::finish(app, "us-east-1", "e", &endpoint::Prepared::Ready)
                    .await
                    .unwrap();
                made
            }
            "definition" => job_definition::model_quality::create(app, caller, input).await,
            _ => monitoring_schedule::create(app, caller, input).await,
        };
        done.unwrap();
    }
    server.put(("baseline", "constraints.json"), &constraints(THRESHOLD));
    server
}

fn definition() -> Value {
    json!({
        "JobDefinitionName": "d",
        "ModelQualityBaselineConfig": { "ConstraintsResource": {
            "S3Uri": "s3://baseline/constraints.json" } },
        "ModelQualityAppSpecification": {
            "ImageUri": "1.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer",
            "ProblemType": "Regression",
        },
        "ModelQualityJobInput": {
            "EndpointInput": {
                "EndpointName": "e", "LocalPath": "/opt/ml/processing/input",
                "InferenceAttribute": "0",
            },
            "GroundTruthS3Input": { "S3Uri": "s3://labels/x" },
        },
        "ModelQualityJobOutputConfig": { "MonitoringOutputs": [{ "S3Output": {
            "S3Uri": "s3://results", "LocalPath": "/opt/ml/processing/output",
        } }] },
        "JobResources": { "ClusterConfig": {
            "InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20,
        } },
        "RoleArn": "arn:aws:iam::111122223333:role/service-role/Governor",
    })
}

const HOUR_MS: i64 = 3_600_000;

fn statistics(mae: f64) -> String {
    let metric = |value: f64| json!({ "value": value, "standard_deviation": 0.1 });
    json!({ "version": 0.0,
        "dataset": { "item_count": 100, "evaluation_time": "2026-11-27T11:00:00.000Z" },
        "regression_metrics": { "mae": metric(mae), "mse": metric(9.0), "rmse": metric(3.0), "r2": metric(0.5) } })
    .to_string()
}

/// A run of the window so many hours ago that found this error, with its files in a bucket.
pub(crate) async fn ran(server: &Running, (hours_ago, mae): (i64, f64)) -> String {
    let (app, caller) = (&server.app, &alice());
    let now_ms = app.clock.now_ms().div_euclid(HOUR_MS) * HOUR_MS;
    let window = (
        now_ms - hours_ago * HOUR_MS,
        now_ms - (hours_ago - 1) * HOUR_MS,
    );
    let id = run_now(app, caller, (MONITOR, Some(window))).await.unwrap();
    let folder = format!("run-{hours_ago}");
    let violates = mae > THRESHOLD;
    let violations = match violates {
        true => json!([{ "constraint_check_type": "GreaterThanThreshold", "metric_name": "mae",
            "description": format!("Metric mae with {mae} +/- 0.1 was GreaterThanThreshold '{THRESHOLD}'") }]),
        false => json!([]),
    };
    let bucket = format!("results/{folder}");
    server.put(
        (&bucket, "constraint_violations.json"),
        &json!({ "violations": violations }).to_string(),
    );
    server.put((&bucket, "statistics.json"), &statistics(mae));
    server.put(
        (&bucket, "report.html"),
        "<style>a{}</style><script>alert(1)</script>",
    );
    server.put((&format!("{bucket}/run-other"), "secret.json"), "{}");
    server.put(("results", "outside.json"), "{}");
    let dimensions = [("Endpoint", "e"), ("MonitoringSchedule", MONITOR)];
    let dimensions = dimensions.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let point = MetricPoint {
        region: caller.region.clone(),
        namespace: "aws/sagemaker/Endpoints/model-metrics".to_owned(),
        name: "mae".to_owned(),
        dimensions: dimensions.into(),
        at_ms: window.0,
        sum: mae,
        count: 1.0,
        minimum: mae,
        maximum: mae,
        unit: None,
    };
    let interval = NumberInterval {
        name: "mae".to_owned(),
        dimensions: [].into(),
        low: mae - 0.25,
        high: mae + 0.25,
    };
    let ended = EndedExecution {
        end: match violates {
            true => ExecutionEnd::CompletedWithViolations,
            false => ExecutionEnd::Completed,
        },
        exit_message: Some("done".to_owned()),
        failure_reason: None,
        violations: Some(usize::from(violates)),
        metrics: vec![point],
        intervals: vec![interval],
        found: ExecutionBody {
            output_uri: Some(format!("s3://results/{folder}")),
            notes: vec![HOSTILE.to_owned()],
            join: Some(json!({ "captured": 100, "matched": 90, "late": 4 })),
            ..ExecutionBody::default()
        },
        jobs: Vec::new(),
    };
    finish(app, &id, ended).await.unwrap();
    id
}

pub(crate) async fn signed_in(server: &Running) -> Browser<'_> {
    let mut browser = Browser::of(server);
    browser.log_in(SECRET).await;
    browser
}

/// Somebody who may only read.
async fn reader(server: &Running) -> Browser<'_> {
    browser(server, "bob", Access::ReadOnly).await
}

#[tokio::test]
async fn the_history_draws_the_limit_the_interval_and_which_runs_violated() {
    let server = monitored().await;
    let good = ran(&server, (5, 2.0)).await;
    let bad = ran(&server, (3, 3.0)).await;
    let mut browser = signed_in(&server).await;
    let page = browser.get(PAGE).await;
    assert_eq!(page.status, 200, "{}", page.body);
    for said in [
        "limit 2.5",
        "interval 2.75 to 3.25, beyond the limit",
        "path class=\"band\"",
        "violates above 2.5",
    ] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    for id in [&good, &bad] {
        let link = format!("href=\"{PAGE}/runs/{id}\" aria-label=");
        assert!(page.body.contains(&link), "every point leads to its run");
    }
    assert_eq!(
        page.body.matches("path class=\"found-mark\"").count(),
        2,
        "one, and the legend"
    );
    let week = browser.get(&format!("{PAGE}?range=7")).await;
    assert!(week.body.contains("last 7 days"));
    let none = browser.get(&format!("{PAGE}?day=2020-01-01")).await;
    assert!(none.body.contains("No window of this time left a number"));
}

#[tokio::test]
async fn a_number_just_beyond_its_limit_does_not_read_as_the_limit() {
    let server = monitored().await;
    ran(&server, (3, 2.500_04)).await;
    let mut browser = signed_in(&server).await;
    let page = browser.get(PAGE).await;
    for said in [
        ": 2.50004, interval 2.25 to 2.75, beyond the limit",
        "limit 2.5<",
        "<td class=\"num\">2.50004</td>",
    ] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
}

#[tokio::test]
async fn constraints_that_are_gone_do_not_keep_the_page_from_being_shown() {
    let server = monitored().await;
    ran(&server, (3, 3.0)).await;
    server.put(("baseline", "constraints.json"), "no constraints any more");
    let mut browser = signed_in(&server).await;
    let page = browser.get(PAGE).await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("limit 2.5"));
    let page = browser.get(&format!("{PAGE}/constraints")).await;
    assert!(
        page.body.contains("There is nothing to change"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn the_page_of_a_run_is_its_evidence() {
    let server = monitored().await;
    let before = ran(&server, (5, 2.0)).await;
    let id = ran(&server, (3, 3.0)).await;
    let mut browser = signed_in(&server).await;
    let page = browser.get(&format!("{PAGE}/runs/{id}")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    for said in [
        "greater than its threshold",
        "at most 2.5",
        "2.75 to 3.25",
        "s3://baseline/constraints.json",
        "of the events had a label",
        "statistics.json",
        "Open the full report",
        "&lt;script&gt;alert(1)",
    ] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    assert!(!page.body.contains("<script>alert") && !page.body.contains("secret.json"));
    assert!(
        page.body.contains(&format!("{PAGE}/runs/{before}")),
        "the run before"
    );
    let good = browser.get(&format!("{PAGE}/runs/{before}")).await;
    assert!(good.body.contains("Nothing violated its constraints"));
    assert_eq!(browser.get(&format!("{PAGE}/runs/none")).await.status, 404);
    assert_eq!(
        browser
            .get(&format!("/monitors/other/runs/{id}"))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn files_of_a_run_are_handed_out_and_no_others() {
    let server = monitored().await;
    let id = ran(&server, (3, 3.0)).await;
    let files = format!("{PAGE}/runs/{id}/files");
    let mut browser = signed_in(&server).await;
    let file = browser.get(&format!("{files}/statistics.json")).await;
    assert_eq!(file.status, 200);
    assert!(
        file.head
            .contains("content-disposition: attachment; filename=\"statistics.json\"")
    );
    assert!(
        file.head.contains("x-content-type-options: nosniff"),
        "{}",
        file.head
    );
    assert!(file.body.contains("regression_metrics"));
    let page = browser.get(&format!("{files}/report.html")).await;
    assert!(
        page.head.contains("content-type: application/octet-stream"),
        "{}",
        page.head
    );
    for name in [
        "../outside.json",
        "%2E%2E/outside.json",
        "..%2Foutside.json",
        "run-other/secret.json",
        "nothing.json",
    ] {
        let reply = browser.get(&format!("{files}/{name}")).await;
        assert_eq!(reply.status, 404, "{name}: {}", reply.head);
    }
    let report = browser.get(&format!("{PAGE}/runs/{id}/report")).await;
    assert_eq!(report.status, 200);
    assert!(
        report.head.contains("content-security-policy: sandbox"),
        "{}",
        report.head
    );
    assert!(!report.head.contains("unsafe-inline"));
    let mut stranger = Browser::of(&server);
    assert_eq!(
        stranger
            .get(&format!("{files}/statistics.json"))
            .await
            .status,
        303
    );
}

#[tokio::test]
async fn what_was_found_below_the_limit_of_an_alert_stands_beside_its_ok() {
    let server = monitored().await;
    let input = json!({
        "MonitoringScheduleName": MONITOR, "MonitoringAlertName": "Default",
        "DatapointsToAlert": 2, "EvaluationPeriod": 3,
    });
    let updated = probity_app::monitoring_alert::update(&server.app, &alice(), input).await;
    updated.unwrap();
    ran(&server, (2, 9.0)).await;
    let mut browser = signed_in(&server).await;
    for path in ["/dashboard", "/models/m", PAGE] {
        let page = browser.get(path).await;
        assert!(page.body.contains("1 found"), "{path}: {}", page.body);
    }
    let file = browser.get("/dashboard.csv").await.body;
    let mut lines = file.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let (heads, cells) = (lines.next().unwrap(), lines.next().unwrap());
    assert_eq!(heads.len(), cells.len(), "{file}");
    for (head, expected) in [("ModelQuality", "ok"), ("ModelQuality_found", "1")] {
        let place = heads.iter().position(|known| *known == head).unwrap();
        assert_eq!(cells[place], expected, "{head}: {file}");
    }
}

#[tokio::test]
async fn a_history_of_alerts_that_is_cut_says_where_it_goes_on() {
    let server = monitored().await;
    let watched = Watched {
        region: "us-east-1".to_owned(),
        subject: format!("monitoring-schedule/{MONITOR}"),
        alert: HEARTBEAT,
    };
    let mut browser = signed_in(&server).await;
    let page = browser.get(PAGE).await.body;
    assert!(!page.contains("All of them are in the activity"), "{page}");
    for number in 0..11 {
        let reason = format!("no run, time {number}");
        raise(&server.app, &watched, &reason).await.unwrap();
        settle(&server.app, &watched, "it runs").await.unwrap();
    }
    let model = browser.get("/models/m").await.body;
    assert!(
        model.contains("Older ones stand with each monitor"),
        "{model}"
    );
    assert!(model.contains("href=\"/monitors/loans#alerts\""), "{model}");
    let page = browser.get(PAGE).await.body;
    assert!(page.contains("The last 20 changes"), "{page}");
    let links = page.split("href=\"").map(|rest| rest.split('"').next());
    let mut links = links.flatten();
    let link = links.find(|link| link.ends_with("%2Falert%2FHeartbeat"));
    let all = browser.get(link.unwrap()).await.body;
    assert!(all.contains("no run, time 0"), "{all}");
}

#[tokio::test]
async fn a_comment_stands_in_the_thread_as_text() {
    let server = monitored().await;
    ran(&server, (3, 3.0)).await;
    let mut browser = signed_in(&server).await;
    let key = browser.form_key(PAGE).await;
    let said = "%3Cscript%3Ealert%281%29%3C%2Fscript%3E";
    let form = format!("form_key={key}&do=comment&alert=Default&text={said}");
    let reply = browser.post(PAGE, &form).await;
    assert_eq!(reply.status, 303);
    assert!(
        reply.head.contains("location: /monitors/loans#alerts"),
        "{}",
        reply.head
    );
    let page = browser.get(PAGE).await;
    assert!(page.body.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(!page.body.contains("<script>alert"));
    let mut bob = reader(&server).await;
    let page = bob.get(PAGE).await;
    for offered in [
        "value=\"comment\"",
        "value=\"acknowledge\"",
        "value=\"silence\"",
        "value=\"run\"",
    ] {
        assert!(
            !page.body.contains(offered),
            "{offered} is refused to a reader"
        );
    }
    let key = bob.form_key(PAGE).await;
    let refused = bob
        .post(PAGE, &format!("form_key={key}&do=comment&text=x"))
        .await;
    assert_eq!(refused.status, 403);
}

#[tokio::test]
async fn who_asks_for_a_run_sees_how_it_goes() {
    let server = monitored().await;
    ran(&server, (3, 2.0)).await;
    let mut browser = signed_in(&server).await;
    let key = browser.form_key(PAGE).await;
    let reply = browser.post(PAGE, &format!("form_key={key}&do=run")).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    let place = reply
        .head
        .lines()
        .find_map(|line| line.strip_prefix("location: "));
    let run = browser.get(place.unwrap()).await;
    assert!(run.body.contains("Waits for a worker"), "{}", run.body);
    assert!(run.body.contains("<noscript><meta http-equiv=\"refresh\""));
    assert!(
        browser
            .get(PAGE)
            .await
            .body
            .contains("A run waits for a worker")
    );
}

fn says_what_would_change(preview: &str) {
    for said in [
        "<strong>1</strong> found violations",
        "<strong>0</strong> would have",
        "1 no longer",
        "tried 3.5",
        "limit tried",
    ] {
        assert!(preview.contains(said), "{said}: {preview}");
    }
}

#[tokio::test]
async fn a_threshold_is_tried_over_history_and_then_put_in_force() {
    let server = monitored().await;
    ran(&server, (5, 2.0)).await;
    ran(&server, (3, 3.0)).await;
    let path = format!("{PAGE}/constraints");
    let mut browser = signed_in(&server).await;
    let page = browser.get(&path).await;
    assert!(
        page.body.contains("name=\"threshold.mae\" value=\"2.5\""),
        "{}",
        page.body
    );
    let key = browser.form_key(&path).await;
    let tried = browser
        .post(
            &path,
            &format!("form_key={key}&do=preview&threshold.mae=3.5"),
        )
        .await;
    assert_eq!(tried.status, 303);
    assert!(
        tried
            .head
            .contains("location: /monitors/loans/constraints?threshold.mae=3.5#preview"),
        "{}",
        tried.head
    );
    let preview = browser.get(&format!("{path}?threshold.mae=3.5")).await;
    says_what_would_change(&preview.body);
    let part = browser
        .get(&format!("{path}?threshold.mae=3.5&part=preview"))
        .await;
    assert!(
        part.body.starts_with("<div id=\"preview\""),
        "{}",
        part.body
    );
    let seen = preview.body.split_once("name=\"seen\" value=\"").unwrap().1;
    let seen = seen.split('"').next().unwrap().to_owned();
    let tried = preview
        .body
        .split_once("name=\"tried\" value=\"")
        .unwrap()
        .1;
    assert!(tried.starts_with("threshold.mae=3.5\""), "{tried}");
    let form =
        format!("form_key={key}&do=apply&threshold.mae=3.5&seen={seen}&tried=threshold.mae%3D3.5");
    let reason = format!("{form}&reason=seasonal");
    let mut bob = reader(&server).await;
    let bobs = bob.form_key(&path).await;
    let refused = bob.post(&path, &reason.replace(&key, &bobs)).await;
    assert_eq!(refused.status, 403);
    let done = browser.post(&path, &reason).await;
    assert!(done.head.contains("note=applied"), "{}", done.head);
    let page = browser.get(&path).await;
    assert!(
        page.body.contains("name=\"threshold.mae\" value=\"3.5\""),
        "{}",
        page.body
    );
    // Whoever still looks at the old one is told, and keeps what they wrote.
    let late = form.replace("3.5", "9") + "&reason=late";
    let conflict = browser.post(&path, &late).await;
    assert!(conflict.head.contains("note=conflict"), "{}", conflict.head);
    let page = browser
        .get(&format!("{path}?threshold.mae=9&note=conflict"))
        .await;
    assert!(page.body.contains("Somebody else changed the constraints"));
    assert!(page.body.contains("name=\"threshold.mae\" value=\"9\""));
    // The limits of the runs that were stay those that they obeyed or are said to be guessed.
    let page = browser.get(PAGE).await;
    assert!(page.body.contains("limit 3.5"), "{}", page.body);
}

#[tokio::test]
async fn nothing_is_put_in_force_unseen_or_without_a_reason() {
    let server = monitored().await;
    ran(&server, (5, 2.0)).await;
    let path = format!("{PAGE}/constraints");
    let mut browser = signed_in(&server).await;
    let key = browser.form_key(&path).await;
    let preview = browser.get(&format!("{path}?threshold.mae=3.5")).await;
    let seen = preview.body.split_once("name=\"seen\" value=\"").unwrap().1;
    let seen = seen.split('"').next().unwrap();
    let form =
        format!("form_key={key}&do=apply&threshold.mae=3.5&seen={seen}&tried=threshold.mae%3D3.5");
    let silent = browser.post(&path, &form).await;
    assert!(silent.head.contains("note=why"), "{}", silent.head);
    // What was typed since the preview is shown first, and its reason is kept.
    let unseen = form.replace("mae=3.5&", "mae=35&") + "&reason=seasonal";
    let unseen = browser.post(&path, &unseen).await;
    let shown = "threshold.mae=35&note=other&reason=seasonal#preview";
    assert!(unseen.head.contains(shown), "{}", unseen.head);
    let shown = browser
        .get(&format!(
            "{path}?threshold.mae=35&note=other&reason=seasonal"
        ))
        .await;
    assert!(shown.body.contains("whose preview you saw"));
    assert!(shown.body.contains("name=\"reason\" value=\"seasonal\""));
    let page = browser.get(&path).await;
    assert!(page.body.contains("name=\"threshold.mae\" value=\"2.5\""));
}

#[tokio::test]
async fn what_is_no_threshold_is_said_to_be_none() {
    let server = monitored().await;
    ran(&server, (3, 3.0)).await;
    let mut browser = signed_in(&server).await;
    let page = browser
        .get(&format!("{PAGE}/constraints?threshold.mae=much"))
        .await;
    assert!(
        page.body.contains("No preview: ") && page.body.contains("is no number"),
        "{}",
        page.body
    );
    assert!(!page.body.contains("value=\"apply\""));
}
