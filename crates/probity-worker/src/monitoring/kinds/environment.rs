//! The variables of a monitor's container, and the time forms in its names and paths.
//!
//! Sources: AWS developer guide, "Container contract inputs"; the environment of real executions
//! of a model-quality schedule. Paths of baselines and scripts are those of a published helper
//! of AWS that starts such jobs by hand.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat};
use probity_domain::document::api::monitoring_job_definition::{MonitoringInput, MonitoringType};
use serde_json::{Value, json};

use super::order::{Order, Records};

pub(super) const CONSTRAINTS_PATH: &str = "/opt/ml/processing/baseline/constraints";
pub(super) const STATISTICS_PATH: &str = "/opt/ml/processing/baseline/stats";
pub(super) const PREPROCESSOR_PATH: &str = "/opt/ml/processing/code/preprocessing";
pub(super) const POSTPROCESSOR_PATH: &str = "/opt/ml/processing/code/postprocessing";
pub(super) const CONFIG_PATH: &str = "/opt/ml/processing/input/config";
pub(super) const OUTPUT_PATH: &str = "/opt/ml/processing/output";

/// All variables. What the platform sets wins over the definition's own, but for those that it
/// leaves open.
pub(super) fn environment(order: &Order) -> BTreeMap<String, String> {
    let input = order.input();
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    all.insert("publish_cloudwatch_metrics".into(), "Enabled".into());
    all.extend(order.definition.app_specification.environment.clone());
    let mut set = |name: &str, value: String| {
        all.insert(name.to_owned(), value);
    };
    set("dataset_format", dataset_format(order, &input).to_string());
    set("dataset_source", input.local_path.clone());
    set("output_path", output_path(order));
    set("start_time", instant(order.window.start_ms));
    set("end_time", instant(order.window.end_ms));
    set("sagemaker_monitoring_schedule_name", order.schedule.clone());
    if let Some(endpoint) = &order.endpoint {
        set("sagemaker_endpoint_name", endpoint.clone());
    }
    for (name, value) in baseline(order) {
        set(name, value);
    }
    for (name, value) in scripts(order) {
        set(name, value);
    }
    for (name, value) in attributes(order, &input) {
        set(name, value);
    }
    all
}

pub(super) fn output_path(order: &Order) -> String {
    let outputs = &order.definition.job_output_config.monitoring_outputs;
    let path = outputs
        .first()
        .and_then(|output| output.s3_output.local_path.clone());
    path.filter(|path| !path.is_empty())
        .unwrap_or_else(|| OUTPUT_PATH.to_owned())
}

/// As the service writes it for what the records are.
fn dataset_format(order: &Order, input: &MonitoringInput) -> Value {
    let output = match order.endpoint {
        Some(_) => "endpointOutput",
        None => "batchTransformOutput",
    };
    match &order.records {
        Records::Captures(_) => json!({
            "sagemakerCaptureJson": { "captureIndexNames": ["endpointInput", output] }
        }),
        Records::Merged(_) => {
            let sides = match (order.monitoring_type, &order.endpoint) {
                // Facets are among the features.
                (MonitoringType::ModelBias, Some(_)) => json!(["endpointInput", output]),
                _ => json!([output]),
            };
            json!({ "sagemakerMergeJson": { "captureIndexNames": sides } })
        }
        Records::BatchOutput(_) => batch_format(input.dataset_format.as_ref()),
    }
}

/// `DatasetFormat` of the API in the words of the variable.
fn batch_format(given: Option<&Value>) -> Value {
    let member = |format: &str, name: &str| {
        let found = given.and_then(|given| given.get(format));
        found.map(|found| found.get(name).cloned().unwrap_or(Value::Bool(false)))
    };
    if let Some(header) = member("Csv", "Header") {
        return json!({ "csv": { "header": header } });
    }
    if let Some(lines) = member("Json", "Line") {
        return json!({ "json": { "lines": lines } });
    }
    match given.and_then(|given| given.get("Parquet")) {
        Some(_) => json!({ "parquet": {} }),
        None => json!({ "csv": { "header": false } }),
    }
}

fn baseline(order: &Order) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    if let Some(uri) = &order.baseline.constraints {
        let name = file_name(uri, constraints_name(order.monitoring_type));
        found.push(("baseline_constraints", format!("{CONSTRAINTS_PATH}/{name}")));
    }
    if let Some(uri) = &order.baseline.statistics {
        let name = file_name(uri, "statistics.json");
        found.push(("baseline_statistics", format!("{STATISTICS_PATH}/{name}")));
    }
    found
}

fn constraints_name(kind: MonitoringType) -> &'static str {
    match kind {
        MonitoringType::DataQuality | MonitoringType::ModelQuality => "constraints.json",
        MonitoringType::ModelBias | MonitoringType::ModelExplainability => "analysis.json",
    }
}

/// Scripts belong to data quality and model quality alone.
fn scripts(order: &Order) -> Vec<(&'static str, String)> {
    match order.monitoring_type {
        MonitoringType::DataQuality | MonitoringType::ModelQuality => {}
        MonitoringType::ModelBias | MonitoringType::ModelExplainability => return Vec::new(),
    }
    let specification = &order.definition.app_specification;
    let named = [
        (
            "record_preprocessor_script",
            &specification.record_preprocessor_source_uri,
            PREPROCESSOR_PATH,
        ),
        (
            "post_analytics_processor_script",
            &specification.post_analytics_processor_source_uri,
            POSTPROCESSOR_PATH,
        ),
    ];
    let given = named.into_iter().filter_map(|(name, uri, folder)| {
        let file = file_name(uri.as_ref()?, "script.py");
        Some((name, format!("{folder}/{file}")))
    });
    given.collect()
}

fn attributes(order: &Order, input: &MonitoringInput) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    if order.monitoring_type == MonitoringType::ModelQuality {
        found.push(("analysis_type", "MODEL_QUALITY".to_owned()));
        found.push(("metric_time", instant(order.window.start_ms)));
        let problem = order.definition.app_specification.problem_type.clone();
        found.extend(problem.map(|problem| ("problem_type", problem)));
    }
    let texts = [
        ("features_attribute", &input.features_attribute),
        ("inference_attribute", &input.inference_attribute),
        ("probability_attribute", &input.probability_attribute),
        (
            "exclude_features_attribute",
            &input.exclude_features_attribute,
        ),
    ];
    let texts = texts.into_iter();
    found.extend(texts.filter_map(|(name, value)| Some((name, value.clone()?))));
    let threshold = input.probability_threshold_attribute;
    found.extend(threshold.map(|value| ("probability_threshold_attribute", value.to_string())));
    found
}

/// The last name of a URI that is a file's.
pub(super) fn file_name<'a>(uri: &'a str, otherwise: &'a str) -> &'a str {
    let name = uri.rsplit('/').next().unwrap_or_default();
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && !extension.is_empty() => name,
        _ => otherwise,
    }
}

fn time(at_ms: i64) -> DateTime<chrono::Utc> {
    DateTime::from_timestamp_millis(at_ms).unwrap_or_default()
}

/// `2021-05-06T22:00:00Z`; parts of a second are dropped.
pub(super) fn instant(at_ms: i64) -> String {
    time(at_ms).to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// `2021/05/06/23`
pub(super) fn hour_folder(at_ms: i64) -> String {
    time(at_ms).format("%Y/%m/%d/%H").to_string()
}

/// `202105062300`
pub(super) fn minute(at_ms: i64) -> String {
    time(at_ms).format("%Y%m%d%H%M").to_string()
}
