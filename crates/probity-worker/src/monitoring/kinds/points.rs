//! Metric points of an execution, with the names that alarms and dashboards on SageMaker read.
//!
//! Namespaces and dimensions are those of AWS's working code where its pages disagree among
//! themselves: `aws/sagemaker/Endpoints/data-metrics` with `Endpoint` and `MonitoringSchedule`.

use std::collections::BTreeMap;

use probity_analysis::measures::Measure;
use probity_app::monitoring_execution::NumberInterval;
use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_store::metric_point::MetricPoint;

use super::order::Order;

/// Of a slot that was scored again after its first points, which stay as they are.
const REVISION: &str = "Revision";

/// One point per measure at the beginning of the window; none where the definition publishes
/// none.
pub(super) fn points(order: &Order, measures: &[Measure]) -> Vec<MetricPoint> {
    match publishes(order) {
        true => measures
            .iter()
            .map(|measure| point(order, measure))
            .collect(),
        false => Vec::new(),
    }
}

/// How sure the published numbers are, where that is known.
pub(super) fn intervals(order: &Order, measures: &[Measure]) -> Vec<NumberInterval> {
    measures
        .iter()
        .filter(|_| publishes(order))
        .filter_map(|measure| {
            let (low, high) = measure.interval?;
            Some(NumberInterval {
                name: measure.name.clone(),
                dimensions: own_dimensions(measure),
                low,
                high,
            })
        })
        .collect()
}

fn publishes(order: &Order) -> bool {
    order
        .definition
        .app_specification
        .environment
        .get("publish_cloudwatch_metrics")
        .is_none_or(|value| !value.eq_ignore_ascii_case("disabled"))
}

fn own_dimensions(measure: &Measure) -> BTreeMap<String, String> {
    measure
        .dimensions
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}

fn point(order: &Order, measure: &Measure) -> MetricPoint {
    let mut dimensions = own_dimensions(measure);
    dimensions.insert("MonitoringSchedule".to_owned(), order.schedule.clone());
    if let Some(endpoint) = &order.endpoint {
        dimensions.insert("Endpoint".to_owned(), endpoint.clone());
    }
    if order.has_earlier_points {
        dimensions.insert(REVISION.to_owned(), order.revision.to_string());
    }
    MetricPoint {
        region: order.region.clone(),
        namespace: namespace(order),
        name: measure.name.clone(),
        dimensions,
        at_ms: order.window.start_ms,
        sum: measure.sum,
        count: measure.count,
        minimum: measure.minimum,
        maximum: measure.maximum,
        unit: Some("None".to_owned()),
    }
}

fn namespace(order: &Order) -> String {
    let place = match order.endpoint {
        Some(_) => "Endpoints",
        None => "ModelMonitoring",
    };
    let metrics = match order.monitoring_type {
        MonitoringType::DataQuality => "data-metrics",
        MonitoringType::ModelQuality => "model-metrics",
        MonitoringType::ModelBias => "bias-metrics",
        MonitoringType::ModelExplainability => "explainability-metrics",
    };
    format!("aws/sagemaker/{place}/{metrics}")
}
