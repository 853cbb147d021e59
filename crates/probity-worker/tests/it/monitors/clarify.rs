//! The two monitors of Clarify: bias drift, and drift of attributions.

use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use serde_json::{Value, json};

use super::{BUCKET, FOLDER, RESULTS, captures, event, found, interval, order, point};
use crate::world::World;

pub(super) fn bias_config() -> Value {
    json!({
        "headers": ["label", "gender", "age"],
        "label": "label",
        "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "gender", "value_or_threshold": [0]}],
    })
}

/// Of both genders; women are predicted 1 by `favour` in 10.
fn merged(favour: usize) -> String {
    let events = (0..200).map(|at| {
        let gender = at % 2;
        let score = match (gender, at / 2 % 10 < favour) {
            (0, false) => "0.2",
            _ => "0.8",
        };
        let label = if at % 3 == 0 { "1" } else { "0" };
        event(
            at,
            (&format!("{gender},{}", 20 + at % 30), score),
            Some(label),
        )
    });
    events.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn bias_of_merged_records_is_compared_with_an_earlier_analysis() {
    let world = World::new().await;
    world.put("config/analysis_config.json", bias_config().to_string());
    let application = json!({"ConfigUri": format!("{BUCKET}/config/analysis_config.json")});
    let mut order = order(MonitoringType::ModelBias, (application, json!({})));
    world.put(&format!("{FOLDER}/part-0.jsonl"), merged(9));
    let first = found(&world, &order).await;
    assert_eq!(first.n_violations, None);
    assert!(
        !world
            .object(&format!("{RESULTS}/constraint_violations.json"))
            .exists()
    );
    let analysis = world.json(&format!("{RESULTS}/analysis.json"));
    assert_eq!(analysis["post_training_bias_metrics"]["label"], "label");
    world.put("base/analysis.json", analysis.to_string());
    order.baseline.constraints = Some(format!("{BUCKET}/base/analysis.json"));
    let same = found(&world, &order).await;
    assert_eq!(same.n_violations, Some(0), "{:?}", same.violations);
    world.put(&format!("{FOLDER}/part-0.jsonl"), merged(2));
    let moved = found(&world, &order).await;
    let n = moved.n_violations.unwrap();
    assert!(n > 0);
    let written = world.json(&format!("{RESULTS}/constraint_violations.json"));
    assert_eq!(written["violations"].as_array().unwrap().len(), n);
    assert_eq!(
        written["violations"][0]["constraint_check_type"],
        "bias_drift_check"
    );
    for file in ["report.html", "report.ipynb", "report.pdf", "probity.json"] {
        assert!(
            world.object(&format!("{RESULTS}/{file}")).is_file(),
            "{file}"
        );
    }
    // Of a gender 0.8 and 100 in 100 predicted 1, of the other 2 in 10: 1 - 0.2.
    let gap = moved
        .metrics
        .iter()
        .find(|point| point.name == "bias_metric_DPPL")
        .unwrap();
    assert!((gap.sum - 0.8).abs() < 1e-12, "{}", gap.sum);
    assert_eq!(
        json!(gap.dimensions),
        json!({
            "Endpoint": "ep", "MonitoringSchedule": "watch", "BiasStage": "Post-Training",
            "Label": "label", "LabelValue": "1", "Facet": "gender", "FacetValue": "0",
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bias_reads_features_and_predictions_of_json_by_their_expressions() {
    let world = World::new().await;
    let mut config = bias_config();
    config["headers"] = json!(["gender", "age", "label"]);
    world.put("config/analysis_config.json", config.to_string());
    let application = json!({"ConfigUri": format!("{BUCKET}/config")});
    let input = json!({"FeaturesAttribute": "features", "InferenceAttribute": "predicted"});
    let order = order(MonitoringType::ModelBias, (application, input));
    let events = (0..100).map(|at| {
        let gender = at % 2;
        let input = format!("{{\"features\": [{gender}, {}]}}", 20 + at % 30);
        let output = format!(
            "{{\"predicted\": {}}}",
            i32::from(gender == 1 || at % 4 == 0)
        );
        event(
            at,
            (&input, &output),
            Some(if at % 3 == 0 { "1" } else { "0" }),
        )
    });
    world.put(
        &format!("{FOLDER}/part-0.jsonl"),
        events.collect::<String>(),
    );
    let finding = found(&world, &order).await;
    assert!((point(&finding, "bias_metric_DPPL").sum - 0.5).abs() < 1e-12);
    let facets = &world.json(&format!("{RESULTS}/analysis.json"))["post_training_bias_metrics"];
    assert!(facets["facets"]["gender"].is_array(), "{facets}");
}

fn explained_config() -> Value {
    json!({
        "headers": ["a", "b", "c", "d", "e", "f"],
        "methods": {"shap": {
            "baseline": [[0, 0, 0, 0, 0, 0]], "num_samples": 64, "agg_method": "mean_abs",
            "use_logit": false, "save_local_shap_values": true,
        }},
        "predictor": {
            "model_name": "m", "instance_type": "ml.m5.large", "initial_instance_count": 1,
            "accept_type": "text/csv", "content_type": "text/csv",
        },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn attributions_of_captured_inputs_are_ranked_against_the_baseline() {
    let world = World::new().await;
    world.model("m", "xgboost/binary.json").await;
    world.put(
        "config/analysis_config.json",
        explained_config().to_string(),
    );
    let application = json!({"ConfigUri": format!("{BUCKET}/config/analysis_config.json")});
    let input = json!({"InferenceAttribute": "0"});
    let mut order = order(MonitoringType::ModelExplainability, (application, input));
    let rows = (0..40).map(|at| {
        let value = |step: usize| (at * step % 17) as f64 / 4.0 - 2.0;
        let input: Vec<String> = [1, 3, 5, 7, 11, 13]
            .map(|step| value(step).to_string())
            .to_vec();
        (input.join(","), "0.5".to_owned())
    });
    world.put(&format!("{FOLDER}/a.jsonl"), captures(rows));
    let first = found(&world, &order).await;
    assert_eq!(first.n_violations, None);
    let analysis = world.json(&format!("{RESULTS}/analysis.json"));
    let shap = &analysis["explanations"]["kernel_shap"]["label0"]["global_shap_values"];
    assert_eq!(shap.as_object().unwrap().len(), 6, "{analysis}");
    world.put("base/analysis.json", analysis.to_string());
    order.baseline.constraints = Some(format!("{BUCKET}/base/analysis.json"));
    let same = found(&world, &order).await;
    assert_eq!(same.n_violations, Some(0), "{:?}", same.violations);
    // The same attributions, each of another feature.
    let mut ranked: Vec<(String, f64)> = shap
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), value.as_f64().unwrap()))
        .collect();
    ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
    let turned: serde_json::Map<String, Value> = ranked
        .iter()
        .zip(ranked.iter().rev())
        .map(|((name, _), (_, value))| (name.clone(), json!(value)))
        .collect();
    let mut other = analysis.clone();
    other["explanations"]["kernel_shap"]["label0"]["global_shap_values"] = Value::Object(turned);
    world.put("base/analysis.json", other.to_string());
    let moved = found(&world, &order).await;
    assert_eq!(moved.n_violations, Some(1), "{:?}", moved.violations);
    let written = world.json(&format!("{RESULTS}/constraint_violations.json"));
    assert_eq!(
        written["violations"][0]["constraint_check_type"],
        "feature_attribution_drift_check"
    );
    let point = moved.metrics.iter().find(|point| point.name == "feature_a");
    let point = point.unwrap();
    assert_eq!(
        point.namespace,
        "aws/sagemaker/Endpoints/explainability-metrics"
    );
    assert_eq!(point.dimensions["ValueType"], "GlobalShapValues");
    let facts = world.json(&format!("{RESULTS}/probity.json"));
    let features = facts["attributions"]["labels"][0]["features"].as_array();
    let known = features.unwrap().iter().find(|of| of["feature"] == "a");
    let known = &known.unwrap()["interval"];
    let sure = interval(&moved, "feature_a");
    assert_eq!(
        json!([sure.0, sure.1]),
        json!([known["low"], known["high"]])
    );
    assert!(sure.0 < point.sum && point.sum < sure.1);
}
