//! What a monitor's run found, as its pages show it: features, bias, attributions, model quality,
//! from documents that the analyses themselves wrote.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::num::NonZeroUsize;

use probity_analysis::data_quality::{
    self, CheckOptions, Input, Surroundings, Verdict, baseline, load_baseline,
};
use probity_app::monitoring_execution::{EndedExecution, finish, run_now};
use probity_app::{Access, Caller, job_definition};
use probity_data::dataset::ReadOptions;
use probity_data::location::{Environment, OutputFolder};
use probity_domain::document::constraints::{CategoricalDriftMethod, Constraints, Switch};
use probity_domain::document::execution::ExecutionBody;
use probity_domain::resource::ExecutionEnd;
use probity_server::{Authentication, Limits};
use probity_store::metric_point::MetricPoint;
use serde_json::json;

use crate::client::{Reply, Running};

const HOUR_MS: i64 = 3_600_000;

async fn server() -> Running {
    Running::with(Limits::default(), Authentication::None).await
}

fn alice() -> Caller {
    Caller {
        user: "alice".to_owned(),
        access: Access::Administrator,
        account: "111122223333".to_owned(),
        region: "us-east-1".to_owned(),
        request_id: "r".to_owned(),
    }
}

async fn get(server: &Running, path: &str) -> Reply {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
    );
    server.send(request.as_bytes()).await
}

/// The words of a page, without its markup.
fn words(page: &str) -> String {
    let mut text = String::new();
    let mut is_tag = false;
    for character in page.chars() {
        match character {
            '<' => is_tag = true,
            '>' => is_tag = false,
            _ if !is_tag => text.push(character),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A monitor `s` of a kind, without a run.
async fn monitor(server: &Running, kind: &str, constraints: Option<&str>) {
    let image = match kind {
        "DataQuality" | "ModelQuality" => "sagemaker-model-monitor-analyzer",
        _ => "sagemaker-clarify-processing:1.0",
    };
    let image = format!("1.dkr.ecr.us-east-1.amazonaws.com/{image}");
    let mut specification = json!({ "ImageUri": image });
    match kind {
        "ModelQuality" => specification["ProblemType"] = json!("Regression"),
        "ModelBias" | "ModelExplainability" => {
            specification["ConfigUri"] = json!("s3://b/analysis_config.json");
        }
        _ => {}
    }
    let mut input = json!({ "BatchTransformInput": {
        "DataCapturedDestinationS3Uri": "s3://b/captured",
        "DatasetFormat": { "Csv": { "Header": true } },
        "LocalPath": "/opt/ml/processing/input",
    } });
    if matches!(kind, "ModelQuality" | "ModelBias") {
        input["GroundTruthS3Input"] = json!({ "S3Uri": "s3://b/labels" });
    }
    let mut definition = json!({
        "JobDefinitionName": "d",
        format!("{kind}AppSpecification"): specification,
        format!("{kind}JobInput"): input,
        format!("{kind}JobOutputConfig"): { "MonitoringOutputs": [{ "S3Output": {
            "S3Uri": "s3://results", "LocalPath": "/opt/ml/processing/output",
        } }] },
        "JobResources": { "ClusterConfig": {
            "InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20,
        } },
        "RoleArn": "arn:aws:iam::111122223333:role/service-role/Governor",
    });
    if let Some(uri) = constraints {
        let baseline = json!({ "ConstraintsResource": { "S3Uri": uri } });
        definition[format!("{kind}BaselineConfig")] = baseline;
    }
    let (app, caller) = (&server.app, &alice());
    match kind {
        "DataQuality" => job_definition::data_quality::create(app, caller, definition).await,
        "ModelQuality" => job_definition::model_quality::create(app, caller, definition).await,
        "ModelBias" => job_definition::model_bias::create(app, caller, definition).await,
        _ => job_definition::model_explainability::create(app, caller, definition).await,
    }
    .unwrap();
    let input = json!({
        "MonitoringScheduleName": "s",
        "MonitoringScheduleConfig": {
            "ScheduleConfig": { "ScheduleExpression": "cron(0 * ? * * *)" },
            "MonitoringType": kind,
            "MonitoringJobDefinitionName": "d",
        },
    });
    probity_app::monitoring_schedule::create(app, caller, input)
        .await
        .unwrap();
}

/// A run of it whose results lie in `s3://results/FOLDER`.
async fn run(server: &Running, folder: &str, metrics: Vec<MetricPoint>) -> String {
    let id = run_now(&server.app, &alice(), ("s", Some((0, HOUR_MS))))
        .await
        .unwrap();
    let ended = EndedExecution {
        end: ExecutionEnd::CompletedWithViolations,
        exit_message: None,
        failure_reason: None,
        violations: Some(1),
        metrics,
        intervals: Vec::new(),
        found: ExecutionBody {
            output_uri: Some(format!("s3://results/{folder}")),
            ..ExecutionBody::default()
        },
        jobs: Vec::new(),
    };
    finish(&server.app, &id, ended).await.unwrap();
    id
}

fn drift_point(feature: &str, value: f64) -> MetricPoint {
    let dimensions = [("MonitoringSchedule", "s")];
    MetricPoint {
        region: "us-east-1".to_owned(),
        namespace: "aws/sagemaker/ModelMonitoring/data-metrics".to_owned(),
        name: format!("feature_baseline_drift_{feature}"),
        dimensions: dimensions
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>(),
        at_ms: 0,
        sum: value,
        count: 1.0,
        minimum: value,
        maximum: value,
        unit: None,
    }
}

/// Columns of a table, each by its name and what row `n` of it holds.
type Column = (String, Box<dyn Fn(usize) -> String>);

fn csv(columns: &[Column], rows: usize) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut text = String::new();
    let names: Vec<String> = columns.iter().map(|(name, _)| quoted(name)).collect();
    let _ = writeln!(text, "{}", names.join(","));
    for row in 0..rows {
        let cells: Vec<String> = columns.iter().map(|(_, cell)| quoted(&cell(row))).collect();
        let _ = writeln!(text, "{}", cells.join(","));
    }
    text
}

fn column(name: &str, cell: impl Fn(usize) -> String + 'static) -> Column {
    (name.to_owned(), Box::new(cell))
}

/// Checks one table against another as a run does, and leaves the documents in `s3://results/FOLDER`.
async fn check(server: &Running, folder: &str, tables: (&str, &str)) {
    check_by(server, (folder, |_: &mut Constraints| {}), tables).await;
}

/// By constraints that somebody edited.
async fn check_by(
    server: &Running,
    (folder, edit): (&str, impl FnOnce(&mut Constraints)),
    (then, now): (&str, &str),
) {
    let place = tempfile::tempdir().unwrap();
    let input = |name: &str, text: &str| {
        let file = place.path().join(name);
        std::fs::write(&file, text).unwrap();
        Input {
            location: file.display().to_string(),
            read: ReadOptions::default(),
            redacted: Default::default(),
            threads: NonZeroUsize::MIN,
        }
    };
    let (then, now) = (input("then.csv", then), input("now.csv", now));
    let environment = Environment::default();
    let surroundings = Surroundings {
        environment: &environment,
        progress: &|_| {},
        on_size: &|_| {},
    };
    let known = place.path().join("baseline").display().to_string();
    let documents = baseline(&then, CategoricalDriftMethod::LInfinity, surroundings)
        .await
        .unwrap();
    let output = OutputFolder::create(&known, &environment).await.unwrap();
    documents.write(output).await.unwrap();
    let mut baseline = load_baseline(&known, &now, surroundings).await.unwrap();
    edit(baseline.constraints.as_mut().unwrap());
    let options = CheckOptions {
        verdict: Verdict::Aws,
        false_discovery_rate: 0.05,
    };
    let outcome = data_quality::check(&now, &baseline, options, surroundings)
        .await
        .unwrap();
    let results = server.buckets().join("results").join(folder);
    std::fs::create_dir_all(&results).unwrap();
    let output = OutputFolder::create(&results.display().to_string(), &environment)
        .await
        .unwrap();
    outcome.documents.write(output).await.unwrap();
}

const HOSTILE: &str = "<script>alert(1)</script>";
const HOSTILE_PATH: &str = "%3Cscript%3Ealert%281%29%3C%2Fscript%3E";

fn table(shift: usize) -> String {
    let columns = [
        column("income", move |row| (row % 100 + shift).to_string()),
        column("age", |row| (row % 70).to_string()),
        column(HOSTILE, |row| format!("<b>{}</b>", row % 3)),
        column("sometimes", |row| match row % 4 {
            0 => String::new(),
            _ => "x".to_owned(),
        }),
    ];
    csv(&columns, 2000)
}

#[tokio::test]
async fn features_are_listed_by_movement_and_each_has_a_page() {
    let server = server().await;
    monitor(&server, "DataQuality", None).await;
    check(&server, "now", (&table(0), &table(40))).await;
    run(&server, "now", vec![drift_point("income", 0.4)]).await;
    let page = get(&server, "/monitors/s").await;
    assert_eq!(page.status, 200);
    let (_, list) = page.body.split_once("id=\"features\"").unwrap();
    let place = |name: &str| list.find(&format!("/features/{name}")).unwrap();
    assert!(place("income") < place("age"), "{list}");
    assert!(list.contains("Drift"), "{list}");
    assert!(list.contains("path class=\"now\""), "{list}");

    let page = get(&server, "/monitors/s/features/income").await;
    assert_eq!(page.status, 200);
    let told = words(&page.body);
    for said in [
        "Explain this number",
        "Distance that decides",
        "equal to the last digit",
        "is more than the limit",
        "Largest difference",
        "statistics.json",
        "/features/0",
        "/violations/0",
    ] {
        assert!(told.contains(said), "{said}: {told}");
    }
    // By hand: both are uniform over 100 numbers, 40 apart. From 39 to 99 the shares of rows below
    // are 800 of 2,000 apart, wherever that is told.
    let (_, rest) = told.split_once("at x ≤ ").unwrap();
    let (_, rest) = rest.split_once(": |").unwrap();
    let (baseline, rest) = rest.split_once("/2000 − ").unwrap();
    let (now, _) = rest.split_once("/2000|").unwrap();
    let rows = |text: &str| text.parse::<i64>().unwrap();
    assert_eq!(rows(baseline) - rows(now), 800, "{told}");
}

#[tokio::test]
async fn what_the_check_did_not_count_is_no_violation() {
    let server = server().await;
    monitor(&server, "DataQuality", None).await;
    // Whole numbers became fractions: only the type is counted, though they moved far as well.
    let whole = csv(&[column("x", |row| (row % 100).to_string())], 1000);
    let parts = csv(&[column("x", |row| format!("{}.5", row % 100 + 60))], 1000);
    check(&server, "type", (&whole, &parts)).await;
    run(&server, "type", Vec::new()).await;
    let told = words(&get(&server, "/monitors/s/features/x").await.body);
    assert!(told.contains("and yet no violation."), "{told}");
    assert!(told.contains("values of another data type"), "{told}");
    // Nothing is judged, though numbers moved and values are missing.
    let now = csv(
        &[column("x", |row| match row % 2 {
            0 => String::new(),
            _ => (row % 100 + 60).to_string(),
        })],
        1000,
    );
    let off = |constraints: &mut Constraints| {
        let settings = constraints.monitoring_config.as_mut().unwrap();
        settings.evaluate_constraints = Some(Switch::Disabled);
    };
    check_by(&server, ("off", off), (&whole, &now)).await;
    run(&server, "off", Vec::new()).await;
    let told = words(&get(&server, "/monitors/s/features/x").await.body);
    assert!(told.contains("switched off"), "{told}");
    assert!(!told.contains("a violation."), "{told}");
    assert!(!told.contains("violated"), "{told}");
}

#[tokio::test]
async fn a_feature_that_is_called_like_a_folder_has_a_page() {
    let server = server().await;
    monitor(&server, "DataQuality", None).await;
    let table = csv(&[column("..", |row| (row % 9).to_string())], 300);
    check(&server, "now", (&table, &table)).await;
    run(&server, "now", Vec::new()).await;
    let page = get(&server, "/monitors/s").await;
    let address = "/monitors/s/features/?feature=..";
    assert!(page.body.contains(address), "{}", page.body);
    let page = get(&server, address).await;
    assert_eq!(page.status, 200);
    assert!(words(&page.body).contains("Reference and current"));
}

#[tokio::test]
async fn only_what_is_older_than_the_last_verdict_is_old() {
    use probity_app::dashboard::result::{ResultQuery, result};
    let server = server().await;
    monitor(&server, "DataQuality", None).await;
    let first = run(&server, "one", Vec::new()).await;
    let ended = run_now(&server.app, &alice(), ("s", Some((0, HOUR_MS)))).await;
    let failed = ended.unwrap();
    let asked = async |run: Option<&str>| {
        let query = ResultQuery {
            monitor: "s".to_owned(),
            run: run.map(str::to_owned),
        };
        let found = result(&server.app, &alice(), &query).await.unwrap();
        found.run.unwrap()
    };
    assert_eq!(asked(None).await.id, first);
    assert!(!asked(Some(&first)).await.is_old);
    assert!(!asked(Some(&failed)).await.is_old);
}

#[tokio::test]
async fn markup_in_names_and_values_of_features_is_text() {
    let server = server().await;
    monitor(&server, "DataQuality", None).await;
    check(&server, "now", (&table(0), &table(40))).await;
    run(&server, "now", Vec::new()).await;
    for path in [
        "/monitors/s".to_owned(),
        format!("/monitors/s?find={HOSTILE_PATH}"),
        format!("/monitors/s/features/{HOSTILE_PATH}"),
    ] {
        let page = get(&server, &path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.body.contains(HOSTILE), "{path}: {}", page.body);
        assert!(!page.body.contains("<b>0</b>"), "{path}: {}", page.body);
        assert!(
            page.body.contains("&lt;script&gt;"),
            "{path}: {}",
            page.body
        );
    }
    let page = get(&server, &format!("/monitors/s/features/{HOSTILE_PATH}")).await;
    assert!(page.body.contains("&lt;b&gt;0&lt;/b&gt;"), "{}", page.body);
}

#[tokio::test]
async fn two_hundred_features_come_in_pages_and_are_found_by_name() {
    let server = server().await;
    monitor(&server, "DataQuality", None).await;
    let wide = |shift: usize| {
        let columns: Vec<Column> = (0..200)
            .map(|number| {
                column(&format!("feature_with_a_name_{number:03}"), move |row| {
                    format!("{}.5", (row * (number + 7)) % 997 + shift * (number % 9))
                })
            })
            .collect();
        csv(&columns, 400)
    };
    check(&server, "now", (&wide(0), &wide(30))).await;
    run(&server, "now", Vec::new()).await;
    let page = get(&server, "/monitors/s").await;
    assert!(page.body.len() < 150_000, "{}", page.body.len());
    assert_eq!(page.body.matches("/features/").count(), 50);
    assert!(page.body.contains("Page 1 of 4"));
    let page = get(&server, "/monitors/s?page=4").await;
    assert_eq!(page.body.matches("/features/").count(), 50);
    let page = get(&server, "/monitors/s?find=NAME_007").await;
    assert_eq!(page.body.matches("/features/").count(), 1);
    let page = get(&server, "/monitors/s?find=nothing").await;
    assert!(page.body.contains("No feature is called like that"));
    let page = get(&server, "/monitors/s?only=violated").await;
    let violated = page.body.matches("/features/").count();
    assert!((1..200).contains(&violated), "{violated}");
}

#[tokio::test]
async fn without_results_the_page_says_what_to_do() {
    let server = server().await;
    monitor(&server, "DataQuality", None).await;
    let told = words(&get(&server, "/monitors/s").await.body);
    assert!(told.contains("No result yet"), "{told}");
    run(&server, "gone", Vec::new()).await;
    let told = words(&get(&server, "/monitors/s").await.body);
    assert!(told.contains("The results of this run are gone"), "{told}");
    let page = get(&server, "/monitors/s/features/income").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("are gone"));
    server.put(("results", "broken/statistics.json"), "{");
    run(&server, "broken", Vec::new()).await;
    let told = words(&get(&server, "/monitors/s").await.body);
    assert!(told.contains("The results cannot be read"), "{told}");
    let large = server.buckets().join("results/large/statistics.json");
    std::fs::create_dir_all(large.parent().unwrap()).unwrap();
    let file = std::fs::File::create(large).unwrap();
    file.set_len(40 << 20).unwrap();
    run(&server, "large", Vec::new()).await;
    let told = words(&get(&server, "/monitors/s").await.body);
    assert!(told.contains("too large for a page"), "{told}");
}

#[tokio::test]
async fn features_and_runs_that_nobody_knows_are_not_found() {
    let server = server().await;
    monitor(&server, "DataQuality", None).await;
    check(&server, "now", (&table(0), &table(40))).await;
    let id = run(&server, "now", Vec::new()).await;
    for (path, status) in [
        ("/monitors/s/features/nothing".to_owned(), 404),
        ("/monitors/other/features/income".to_owned(), 404),
        ("/monitors/s/features/income?run=nothing".to_owned(), 404),
        (format!("/monitors/s/features/income?run={id}"), 200),
    ] {
        let page = get(&server, &path).await;
        assert_eq!(page.status, status, "{path}: {}", page.body);
    }
}

/// A document, written as its analysis writes it.
fn written(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_bias_monitor_shows_both_groups_and_every_metric_then_and_now() {
    let server = server().await;
    monitor(
        &server,
        "ModelBias",
        Some("s3://results/then/analysis.json"),
    )
    .await;
    let samples = probity_report::bias::samples();
    let mut checks = samples
        .iter()
        .filter(|sample| sample.probity.check.is_some());
    let sample = checks.next().unwrap();
    for folder in ["now", "then"] {
        let analysis = written(|out| sample.analysis.write_json(out));
        server.put(("results", &format!("{folder}/analysis.json")), &analysis);
        let mut file = sample.probity.clone();
        file.facets[0].facet = HOSTILE.to_owned();
        let file = written(|out| file.write_json(out));
        server.put(("results", &format!("{folder}/probity.json")), &file);
    }
    run(&server, "now", Vec::new()).await;
    let page = get(&server, "/monitors/s").await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains(HOSTILE), "{}", page.body);
    assert!(page.body.len() < 150_000, "{}", page.body.len());
    let (_, section) = page.body.split_once("id=\"bias\"").unwrap();
    let metric = &sample.probity.facets[0].metrics[0];
    let told = words(section);
    assert!(told.contains("Explain this number"), "{told}");
    assert!(section.contains("svg class=\"forest\""), "{section}");
    let reading = metric.reading.replace('`', "");
    assert!(told.contains(reading.trim()), "{reading}: {told}");
    // The baseline is made anew, is too large for a page, and goes.
    assert!(!told.contains("cannot be read now"), "{told}");
    let then = server.buckets().join("results/then");
    let file = std::fs::File::create(then.join("probity.json")).unwrap();
    file.set_len(40 << 20).unwrap();
    for (place, said) in [
        ("large", "too many for a page"),
        ("gone", "cannot be read now"),
    ] {
        let page = get(&server, "/monitors/s").await;
        assert_eq!(page.status, 200);
        let told = words(&page.body);
        assert!(told.contains(said), "{place}: {told}");
        assert!(told.contains("Explain this number"), "{place}: {told}");
        if place == "large" {
            std::fs::remove_dir_all(&then).unwrap();
        }
    }
}

#[tokio::test]
async fn an_attribution_monitor_shows_how_ranks_moved() {
    let server = server().await;
    monitor(&server, "ModelExplainability", None).await;
    let samples = probity_report::explanation::samples();
    let mut checks = samples.iter().map(|sample| sample.report().probity);
    let mut file = checks.find(|file| !file.drift.is_empty()).unwrap().clone();
    file.drift[0].ranks[0].feature = HOSTILE.to_owned();
    let text = written(|out| file.write_json(out));
    server.put(("results", "now/probity.json"), &text);
    run(&server, "now", Vec::new()).await;
    let page = get(&server, "/monitors/s").await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains(HOSTILE), "{}", page.body);
    let (_, section) = page.body.split_once("id=\"attributions\"").unwrap();
    let told = words(section);
    for said in [
        "NDCG",
        "Rank then",
        "Rank now",
        "Share now",
        "Järvelin",
        "95% interval",
    ] {
        assert!(told.contains(said), "{said}: {told}");
    }
    assert!(section.contains("path class=\"slope"), "{section}");
}

#[tokio::test]
async fn a_model_quality_monitor_shows_its_metrics_and_pictures() {
    let server = server().await;
    monitor(&server, "ModelQuality", None).await;
    let samples = probity_report::model_quality::samples();
    for (place, sample) in samples.iter().enumerate() {
        let report = sample.report();
        let statistics = written(|out| report.statistics.write_json(out));
        let file = written(|out| report.probity.write_json(out));
        let folder = format!("now-{place}");
        server.put(
            ("results", &format!("{folder}/statistics.json")),
            &statistics,
        );
        server.put(("results", &format!("{folder}/probity.json")), &file);
        run(&server, &folder, Vec::new()).await;
        let page = get(&server, "/monitors/s").await;
        assert_eq!(page.status, 200);
        assert!(page.body.len() < 150_000, "{}", page.body.len());
        let (_, section) = page.body.split_once("id=\"quality\"").unwrap();
        assert!(section.contains("All metrics with their intervals"));
        assert!(words(section).contains("Interval"), "{section}");
    }
}
