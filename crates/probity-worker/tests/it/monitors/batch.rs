//! Monitors on the output of transform jobs, and what scripts make of captures.

use probity_app::LocalProcesses;
use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_worker::monitoring::kinds::{Order, Records};
use serde_json::{Value, json};

use super::clarify::bias_config;
use super::{BUCKET, found, order, point};
use crate::world::World;

/// `order` on transform jobs, whose records lie at `records`.
fn on_batch(mut order: Order, (format, records): (Value, Records)) -> Order {
    let inputs = &mut order.definition.job_input;
    let mut input = inputs.endpoint_input.take().unwrap();
    input.endpoint_name = None;
    input.data_captured_destination_s3_uri = Some(format!("{BUCKET}/batch-capture"));
    input.dataset_format = Some(format);
    inputs.batch_transform_input = Some(input);
    order.endpoint = None;
    order.records = records;
    order
}

const RESULTS: &str = "reports/watch/2026/11/27/11";

#[tokio::test(flavor = "multi_thread")]
async fn inference_ids_of_transform_jobs_are_no_features() {
    let world = World::new().await;
    let order = order(MonitoringType::DataQuality, (json!({}), json!({})));
    let records = Records::BatchOutput(vec![format!("{BUCKET}/out/data.csv.out")]);
    let order = on_batch(order, (json!({"Csv": {"Header": false}}), records));
    let rows = (0..50).map(|at| {
        format!("{at},0.5,1f1d57b1-2e6f-488c-8c30-db4e6d7578{at:02},2026-11-27T10:00:00Z\n")
    });
    world.put("out/data.csv.out", rows.collect::<String>());
    let finding = found(&world, &order).await;
    assert_eq!(finding.output_uri, format!("{BUCKET}/{RESULTS}"));
    let statistics = world.json(&format!("{RESULTS}/statistics.json"));
    assert_eq!(statistics["features"].as_array().unwrap().len(), 2);
    let data = point(&finding, "feature_data__c0");
    assert_eq!(data.namespace, "aws/sagemaker/ModelMonitoring/data-metrics");
    assert_eq!(
        json!(data.dimensions),
        json!({"MonitoringSchedule": "watch"})
    );
}

fn merged_batch(at: usize, (data, encoding): (&str, &str), label: &str) -> String {
    let event = json!({
        "eventMetadata": {"eventId": format!("id-{at}")},
        "eventVersion": "0",
        "groundTruthData": {"data": label, "encoding": encoding},
        "captureData": {"batchTransformOutput": {"data": data, "encoding": encoding}},
    });
    format!("{event}\n")
}

const MERGED: &str = "reports/merge/watch/2026/11/27/10";

#[tokio::test(flavor = "multi_thread")]
async fn model_quality_of_transform_jobs_takes_the_prediction_after_the_inputs() {
    let world = World::new().await;
    let application = json!({"ProblemType": "Regression"});
    let input = json!({"InferenceAttribute": "2"});
    let order = order(MonitoringType::ModelQuality, (application, input));
    let records = Records::Merged(vec![format!("{BUCKET}/{MERGED}")]);
    let order = on_batch(order, (json!({"Csv": {}}), records));
    let rows = (0..20).map(|at| merged_batch(at, (&format!("7,8,{at}"), "CSV"), &at.to_string()));
    world.put(&format!("{MERGED}/part-0.jsonl"), rows.collect::<String>());
    let finding = found(&world, &order).await;
    assert!(point(&finding, "mae").sum.abs() < 1e-12);
    assert_eq!(finding.tally.rows, Some(20));
}

/// As transform jobs write JSON Lines that join input and output.
#[tokio::test(flavor = "multi_thread")]
async fn bias_of_transform_jobs_finds_everything_on_one_side() {
    let world = World::new().await;
    let mut config = bias_config();
    config["headers"] = json!(["gender", "age", "Target"]);
    config["label"] = json!("label");
    world.put("config/analysis_config.json", config.to_string());
    let application = json!({"ConfigUri": format!("{BUCKET}/config/analysis_config.json")});
    let input = json!({
        "FeaturesAttribute": "features",
        "InferenceAttribute": "SageMakerOutput.predicted_label",
    });
    let order = order(MonitoringType::ModelBias, (application, input));
    let records = Records::Merged(vec![format!("{BUCKET}/{MERGED}")]);
    let order = on_batch(order, (json!({"Json": {"Line": true}}), records));
    let rows = (0..80).map(|at| {
        let gender = at % 2;
        let predicted = i32::from(gender == 1 || at % 4 == 0);
        let data = json!({
            "SageMakerOutput": {"predicted_label": predicted, "score": 0.5},
            "features": [gender, 20 + at % 30],
        });
        let label = json!({"label": i32::from(at % 3 == 0)});
        merged_batch(at, (&data.to_string(), "JSON"), &label.to_string())
    });
    world.put(&format!("{MERGED}/part-0.jsonl"), rows.collect::<String>());
    let finding = found(&world, &order).await;
    let gap = point(&finding, "bias_metric_DPPL");
    assert!((gap.sum - 0.5).abs() < 1e-12);
    assert_eq!(gap.namespace, "aws/sagemaker/ModelMonitoring/bias-metrics");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_is_refused_before_anything_is_read() {
    let world = World::with(LocalProcesses::Refused).await;
    let script = json!({"RecordPreprocessorSourceUri": format!("{BUCKET}/code/preprocess.py")});
    let order = order(MonitoringType::DataQuality, (script, json!({})));
    world.put(
        "code/preprocess.py",
        "def preprocess_handler(record):\n    return {}\n",
    );
    let folder = "capture/ep/AllTraffic/2026/11/27/10";
    world.put(
        &format!("{folder}/a.jsonl"),
        super::captures(super::rows(0)),
    );
    let error = super::ran(&world, &order).await.unwrap_err();
    let told = error.to_string();
    assert!(told.contains("record_preprocessor_script"), "{told}");
}
