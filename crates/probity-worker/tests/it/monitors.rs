//! What each of the four monitors computes of captured calls: the definition, the captures and
//! the baseline lie in buckets, and nothing schedules anything.

mod batch;
mod clarify;

use std::num::NonZeroUsize;

use probity_data::Window;
use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_store::metric_point::MetricPoint;
use probity_worker::JobLog;
use probity_worker::analyses::{AnalysisFailed, Tools};
use probity_worker::monitoring::kinds::{
    Baseline, Finding, Order, Records, analyse, processing_job,
};
use serde_json::{Value, json};

use crate::world::World;

/// 2026-11-27T10:00:00Z
const HOUR_MS: i64 = 1_795_773_600_000;
const BUCKET: &str = "s3://governance-wire-test";
const FOLDER: &str = "capture/ep/AllTraffic/2026/11/27/10";
const RESULTS: &str = "reports/ep/watch/2026/11/27/11";

fn order(kind: MonitoringType, (application, input): (Value, Value)) -> Order {
    let name = kind.as_str();
    let mut application = application;
    let image = match kind {
        MonitoringType::DataQuality | MonitoringType::ModelQuality => {
            "1.dkr.ecr/sagemaker-model-monitor-analyzer"
        }
        MonitoringType::ModelBias | MonitoringType::ModelExplainability => {
            "1.dkr.ecr/sagemaker-clarify-processing:1.0"
        }
    };
    application["ImageUri"] = image.into();
    let mut input = input;
    input["EndpointName"] = "ep".into();
    input["LocalPath"] = "/opt/ml/processing/input/endpoint".into();
    let definition = json!({
        format!("{name}AppSpecification"): application,
        format!("{name}JobInput"): { "EndpointInput": input },
        format!("{name}JobOutputConfig"): { "MonitoringOutputs": [{ "S3Output": {
            "S3Uri": format!("{BUCKET}/reports"),
            "LocalPath": "/opt/ml/processing/output",
            "S3UploadMode": "Continuous",
        } }] },
    });
    let folder = match kind {
        MonitoringType::DataQuality | MonitoringType::ModelExplainability => {
            Records::Captures(vec![format!("{BUCKET}/{FOLDER}")])
        }
        MonitoringType::ModelQuality | MonitoringType::ModelBias => {
            Records::Merged(vec![format!("{BUCKET}/{FOLDER}")])
        }
    };
    Order {
        region: "us-west-2".to_owned(),
        schedule: "watch".to_owned(),
        schedule_arn: "arn:aws:sagemaker:us-west-2:111122223333:monitoring-schedule/watch"
            .to_owned(),
        endpoint: Some("ep".to_owned()),
        monitoring_type: kind,
        definition: serde_json::from_value(definition).unwrap(),
        window: Window {
            start_ms: HOUR_MS,
            end_ms: HOUR_MS + 3_600_000,
        },
        scheduled_ms: HOUR_MS + 3_600_000,
        execution_id: "execution".to_owned(),
        revision: 0,
        has_earlier_points: false,
        records: folder,
        baseline: Baseline::default(),
        folder: None,
    }
}

async fn ran(world: &World, order: &Order) -> Result<Finding, AnalysisFailed> {
    let parts = world.parts("test");
    let folder = tempfile::tempdir().unwrap();
    let tools = Tools {
        app: world.app.clone(),
        region: order.region.clone(),
        environment: parts.environment.clone(),
        log: JobLog::unheard(world.app.clock.clone()),
        threads: NonZeroUsize::new(2).unwrap(),
        evaluated_at: "2026-11-27T11:00:00.000Z".to_owned(),
        work_folder: folder.path().to_owned(),
        scripts: parts.scripts.clone(),
        notes: vec!["the coverage is told by who knows it".to_owned()],
    };
    analyse(order, &processing_job(order), &tools).await
}

async fn found(world: &World, order: &Order) -> Finding {
    ran(world, order).await.unwrap()
}

/// One captured call by its input and output; `label` of merged ones.
fn event(at: usize, (input, output): (&str, &str), label: Option<&str>) -> String {
    let encoding = match input.starts_with('{') {
        true => "JSON",
        false => "CSV",
    };
    let side = |mode: &str, data: &str| {
        json!({
            "observedContentType": "text/csv", "mode": mode, "data": data, "encoding": encoding,
        })
    };
    let mut event = json!({
        "captureData": {
            "endpointInput": side("INPUT", input),
            "endpointOutput": side("OUTPUT", output),
        },
        "eventMetadata": {
            "eventId": format!("event-{at}"),
            "inferenceTime": format!("2026-11-27T10:{:02}:00Z", at % 60),
        },
        "eventVersion": "0",
    });
    if let Some(label) = label {
        event["groundTruthData"] = json!({"data": label, "encoding": "CSV"});
    }
    format!("{event}\n")
}

fn captures(rows: impl Iterator<Item = (String, String)>) -> String {
    rows.enumerate()
        .map(|(at, (input, output))| event(at, (&input, &output), None))
        .collect()
}

fn point<'a>(finding: &'a Finding, name: &str) -> &'a MetricPoint {
    let found = finding.metrics.iter().find(|point| point.name == name);
    found.unwrap_or_else(|| panic!("no metric {name}"))
}

fn interval(finding: &Finding, name: &str) -> (f64, f64) {
    let found = finding.intervals.iter().find(|of| of.name == name);
    let found = found.unwrap_or_else(|| panic!("no interval of {name}"));
    (found.low, found.high)
}

/// Rows of `churn,age,region`.
fn rows(shift: usize) -> impl Iterator<Item = (String, String)> {
    (0..200).map(move |row| {
        let region = ["north", "south"][row % 2];
        (
            format!("{},{region}", 20 + shift + row % 40),
            format!("{}", row % 2),
        )
    })
}

/// The baseline that the captures without a shift would suggest.
async fn with_baseline(world: &World, order: &mut Order) {
    world.put(&format!("{FOLDER}/a.jsonl"), captures(rows(0)));
    let mut first = order.clone();
    first.definition.app_specification.environment.clear();
    first
        .definition
        .job_input
        .endpoint_input
        .as_mut()
        .unwrap()
        .exclude_features_attribute = None;
    found(world, &first).await;
    for name in ["statistics.json", "constraints.json"] {
        let text = world.read(&format!("{RESULTS}/{name}"));
        let text = text.replace("_c0", "churn");
        let text = text.replace("_c1", "age").replace("_c2", "region");
        world.put(&format!("base/{name}"), text);
    }
    order.baseline = Baseline {
        constraints: Some(format!("{BUCKET}/base/constraints.json")),
        statistics: Some(format!("{BUCKET}/base/statistics.json")),
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn data_quality_of_captures_finds_what_moved_and_publishes_it() {
    let world = World::new().await;
    let mut order = order(MonitoringType::DataQuality, (json!({}), json!({})));
    with_baseline(&world, &mut order).await;
    let clean = found(&world, &order).await;
    assert_eq!(clean.n_violations, Some(0), "{:?}", clean.violations);
    world.put(&format!("{FOLDER}/a.jsonl"), captures(rows(100)));
    order.revision = 2;
    order.has_earlier_points = true;
    let moved = found(&world, &order).await;
    assert_eq!(moved.n_violations, Some(1), "{:?}", moved.violations);
    assert!(
        moved.violations[0].starts_with("age: "),
        "{:?}",
        moved.violations
    );
    assert_eq!(
        moved.exit_message,
        "CompletedWithViolations: Job completed successfully with 1 violations."
    );
    assert_eq!(moved.output_uri, format!("{BUCKET}/{RESULTS}"));
    assert_eq!(moved.tally.rows, Some(200));
    order.has_earlier_points = false;
    let first = found(&world, &order).await;
    assert_eq!(
        json!(point(&first, "feature_data_age").dimensions),
        json!({"Endpoint": "ep", "MonitoringSchedule": "watch"})
    );
    let data = point(&moved, "feature_data_age");
    assert_eq!(data.namespace, "aws/sagemaker/Endpoints/data-metrics");
    assert_eq!(
        json!(data.dimensions),
        json!({"Endpoint": "ep", "MonitoringSchedule": "watch", "Revision": "2"})
    );
    assert_eq!(
        (data.count, data.minimum, data.maximum),
        (200.0, 120.0, 159.0)
    );
    assert_eq!(data.at_ms, HOUR_MS);
    assert!((point(&moved, "feature_non_null_region").sum - 1.0).abs() < 1e-12);
    // Wilson: 200 of 200 are n / (n + z²) at least.
    let sure = interval(&moved, "feature_non_null_region");
    assert!(
        (sure.0 - 0.981_155).abs() < 1e-6 && sure.1 >= 1.0,
        "{sure:?}"
    );
    // Robust: the distance is 1, less 1.8 times the root of 400 / 40,000.
    let drift = point(&moved, "feature_baseline_drift_age").sum;
    assert!((drift - 0.82).abs() < 1e-9, "{drift}");
    let constraints = world.read("base/constraints.json");
    assert!(!constraints.is_empty());
    assert_eq!(moved.constraints_sha256.unwrap().len(), 64);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_published_where_the_definition_says_so() {
    let world = World::new().await;
    let off = json!({"Environment": {"publish_cloudwatch_metrics": "Disabled"}});
    let mut order = order(MonitoringType::DataQuality, (off, json!({})));
    world.put(&format!("{FOLDER}/a.jsonl"), captures(rows(0)));
    assert!(found(&world, &order).await.metrics.is_empty());
    order.definition.app_specification.environment.clear();
    assert!(!found(&world, &order).await.metrics.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_excluded_feature_is_not_looked_at() {
    for named in ["age", "0"] {
        let world = World::new().await;
        let exclude = json!({"ExcludeFeaturesAttribute": named});
        let mut order = order(MonitoringType::DataQuality, (json!({}), exclude));
        with_baseline(&world, &mut order).await;
        world.put(&format!("{FOLDER}/a.jsonl"), captures(rows(100)));
        let finding = found(&world, &order).await;
        assert_eq!(finding.n_violations, Some(0), "{:?}", finding.violations);
        let statistics = world.json(&format!("{RESULTS}/statistics.json"));
        let names: Vec<&str> = statistics["features"]
            .as_array()
            .unwrap()
            .iter()
            .map(|feature| feature["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["churn", "region"], "{named}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_can_be_selected_with_sql_before_they_are_checked() {
    let world = World::new().await;
    let sql = json!({"Environment": {
        "PROBITY_RECORD_SQL": "select _c0 as churn, _c1 - 100 as age, _c2 as region \
                               from records where _c1 < 150",
    }});
    let mut order = order(MonitoringType::DataQuality, (sql, json!({})));
    let environment = order.definition.app_specification.environment.clone();
    with_baseline(&world, &mut order).await;
    order.definition.app_specification.environment = environment;
    world.put(&format!("{FOLDER}/a.jsonl"), captures(rows(100)));
    // Whoever selects names the columns.
    order.baseline.statistics = None;
    let finding = found(&world, &order).await;
    assert_eq!(finding.tally.rows, Some(150));
    let data = point(&finding, "feature_data_age");
    assert_eq!((data.minimum, data.maximum), (20.0, 49.0));
    let wrong = |sql: &str| {
        let mut order = order.clone();
        let variables = &mut order.definition.app_specification.environment;
        variables.insert("PROBITY_RECORD_SQL".to_owned(), sql.to_owned());
        order
    };
    for (sql, expected) in [
        ("select income from records", "income"),
        ("drop table records", "DDL"),
        ("select * from other", "other"),
        ("select * from range(10)", "range"),
        ("insert into records values (1)", "SQL of the records"),
        ("explain select * from records", "select"),
    ] {
        let error = ran(&world, &wrong(sql)).await.unwrap_err();
        let told = error.reason(probity_worker::analyses::AnalysisImage::Analyzer);
        assert!(told.starts_with("ClientError: "), "{sql}: {told}");
        assert!(told.contains(expected), "{sql}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_segment_is_checked_by_itself() {
    let world = World::new().await;
    let by = json!({"Environment": {"PROBITY_SEGMENT_BY": "region"}});
    let mut order = order(MonitoringType::DataQuality, (by, json!({})));
    let environment = order.definition.app_specification.environment.clone();
    with_baseline(&world, &mut order).await;
    order.definition.app_specification.environment = environment;
    // One row of the south is no number.
    let rows = rows(0).enumerate().map(|(at, (input, output))| match at {
        3 => ("old,south".to_owned(), output),
        _ => (input, output),
    });
    world.put(&format!("{FOLDER}/a.jsonl"), captures(rows));
    let finding = found(&world, &order).await;
    assert_eq!(finding.n_violations, Some(1), "{:?}", finding.violations);
    let north = &finding.segments[0];
    let south = &finding.segments[1];
    assert_eq!((north.name.as_str(), north.rows), ("region=north", 100));
    assert_eq!(
        north.n_violations,
        Some(1),
        "the churn of one region is one value"
    );
    assert_eq!((south.name.as_str(), south.rows), ("region=south", 100));
    assert_eq!(south.n_violations, Some(2));
    let found = world.json(&format!(
        "{RESULTS}/segments/region=south/constraint_violations.json"
    ));
    let names: Vec<&str> = found["violations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|violation| violation["feature_name"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"age"), "{names:?}");
    let listed = world.json(&format!("{RESULTS}/segments/segments.json"));
    assert_eq!(listed["segments"][1]["violations"], 2);
    // Where the rows of a segment lay for a while is nobody's business.
    let sources = |path: &str| {
        let about = world.json(&format!("{RESULTS}/{path}probity.json"));
        about["dataset"]["sources"].clone()
    };
    assert_eq!(sources("segments/region=south/"), sources(""));
}

/// Of a binary classifier whose answer is a score.
fn order_of_scores() -> Order {
    let application = json!({"ProblemType": "BinaryClassification"});
    let input = json!({
        "InferenceAttribute": "0", "ProbabilityAttribute": "0",
        "ProbabilityThresholdAttribute": 0.5,
    });
    order(MonitoringType::ModelQuality, (application, input))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_that_nobody_can_read_is_told_and_the_rest_is_measured() {
    let world = World::new().await;
    let events = (0..100).map(|at| {
        let (score, label) = if at % 2 == 0 {
            ("0.9", "1")
        } else {
            ("0.1", "0")
        };
        let label = if at == 7 { "maybe" } else { label };
        event(at, ("5,north", score), Some(label))
    });
    world.put(
        &format!("{FOLDER}/part-0.jsonl"),
        events.collect::<String>(),
    );
    let finding = found(&world, &order_of_scores()).await;
    assert!((point(&finding, "accuracy").sum - 1.0).abs() < 1e-12);
    let told = finding.notes.join("\n");
    assert!(told.contains("1 row was left out"), "{told}");
    assert!(told.contains("`maybe`"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn model_quality_of_merged_records_counts_by_score_and_threshold() {
    let world = World::new().await;
    let order = order_of_scores();
    let events = (0..100).map(|at| {
        let score = if at % 4 == 0 { "0.9" } else { "0.1" };
        let label = if at % 2 == 0 { "1" } else { "0" };
        event(at, ("5,north", score), Some(label))
    });
    world.put(
        &format!("{FOLDER}/part-0.jsonl"),
        events.collect::<String>(),
    );
    let finding = found(&world, &order).await;
    assert_eq!(finding.n_violations, None);
    let accuracy = point(&finding, "accuracy");
    assert_eq!(accuracy.namespace, "aws/sagemaker/Endpoints/model-metrics");
    assert!((accuracy.sum - 0.75).abs() < 1e-12);
    assert!((point(&finding, "recall").sum - 0.5).abs() < 1e-12);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_captured_in_the_window_is_told_apart_from_nothing_readable() {
    let world = World::new().await;
    let order = order(MonitoringType::DataQuality, (json!({}), json!({})));
    let late = captures(rows(0)).replace("2026-11-27T10:", "2026-11-27T11:");
    world.put(&format!("{FOLDER}/a.jsonl"), late);
    let error = ran(&world, &order).await.unwrap_err();
    let AnalysisFailed::NoRecords { counts, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!((counts.in_window, counts.outside), (0, 200));
    let poison = "{\"captureData\":7}\nno json\n";
    world.put(&format!("{FOLDER}/a.jsonl"), poison);
    let error = ran(&world, &order).await.unwrap_err();
    let AnalysisFailed::NoRecords { counts, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!((counts.in_window, counts.skipped), (2, 2));
    assert!(error.to_string().contains("not valid JSON"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn poison_is_counted_and_the_rest_is_analysed() {
    let world = World::new().await;
    let order = order(MonitoringType::DataQuality, (json!({}), json!({})));
    let once = event(7, ("30,north", "1"), None);
    let all = format!("{}{once}no json\n", captures(rows(0)));
    world.put(&format!("{FOLDER}/a.jsonl"), all);
    let finding = found(&world, &order).await;
    assert_eq!(finding.tally.rows, Some(200));
    assert_eq!((finding.tally.skipped, finding.tally.duplicates), (1, 1));
    let told = finding.notes.join("\n");
    assert!(told.contains("skipped 1 of 202 events"), "{told}");
    // The results say it too, with what is known from elsewhere; the execution knows that itself.
    let notes = world.json(&format!("{RESULTS}/probity.json"))["dataset"]["notes"].to_string();
    assert!(notes.contains("skipped 1 of 202"), "{notes}");
    assert!(notes.contains("the coverage is told"), "{notes}");
    assert!(!told.contains("the coverage is told"), "{told}");
}
