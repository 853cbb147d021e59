//! Numbers over time of results that lie already, under the names that CloudWatch has for them
//! (AWS developer guide, "Interpret results" and "Model quality metrics").

use std::collections::BTreeMap;

use probity_data::location::{Environment, read_document};
use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_domain::document::model_quality_statistics::ModelQualityStatistics;
use probity_domain::document::statistics::Statistics;
use probity_store::metric_point::MetricPoint;

const STATISTICS: &str = "statistics.json";
const DATA: &str = "aws/sagemaker/Endpoints/data-metrics";
const MODEL: &str = "aws/sagemaker/Endpoints/model-metrics";
const BATCH_DATA: &str = "aws/sagemaker/ModelMonitoring/data-metrics";
const BATCH_MODEL: &str = "aws/sagemaker/ModelMonitoring/model-metrics";

/// Whose numbers they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) region: &'a str,
    /// Empty where transform jobs were watched.
    pub(super) endpoint: &'a str,
    pub(super) schedule: &'a str,
    pub(super) at_ms: i64,
}

/// Data and model quality only; a result that cannot be read has no numbers.
pub(super) async fn of_result(
    kind: MonitoringType,
    folder: &str,
    place: &Place<'_>,
    environment: &Environment,
) -> Vec<MetricPoint> {
    let read = read_document(folder, STATISTICS, environment).await;
    let Some(bytes) = read.ok().flatten() else {
        return Vec::new();
    };
    match kind {
        MonitoringType::DataQuality => {
            Statistics::from_json(&bytes).map_or_else(|_| Vec::new(), |found| data(&found, place))
        }
        MonitoringType::ModelQuality => ModelQualityStatistics::from_json(&bytes)
            .map_or_else(|_| Vec::new(), |found| model(&found, place)),
        MonitoringType::ModelBias | MonitoringType::ModelExplainability => Vec::new(),
    }
}

fn data(statistics: &Statistics, place: &Place<'_>) -> Vec<MetricPoint> {
    let namespace = match place.endpoint {
        "" => BATCH_DATA,
        _ => DATA,
    };
    let mut points = Vec::new();
    for feature in &statistics.features {
        let numbers = feature.numerical_statistics.as_ref();
        let common = numbers.map(|found| &found.common).or(feature
            .string_statistics
            .as_ref()
            .map(|found| &found.common));
        if let Some(common) = common {
            let (present, missing) = (common.num_present as f64, common.num_missing as f64);
            if present + missing > 0.0 {
                let name = format!("feature_non_null_{}", feature.name);
                let share = present / (present + missing);
                points.push(single((namespace, &name), share, place));
            }
        }
        if let Some(found) = numbers {
            points.push(MetricPoint {
                sum: found.sum,
                count: found.common.num_present as f64,
                minimum: found.min,
                maximum: found.max,
                ..single(
                    (namespace, &format!("feature_data_{}", feature.name)),
                    0.0,
                    place,
                )
            });
        }
    }
    points.retain(is_finite);
    points
}

fn model(statistics: &ModelQualityStatistics, place: &Place<'_>) -> Vec<MetricPoint> {
    let namespace = match place.endpoint {
        "" => BATCH_MODEL,
        _ => MODEL,
    };
    let scalars = statistics.metrics.scalars().into_iter();
    let mut points: Vec<MetricPoint> = scalars
        .filter_map(|(name, found)| Some(single((namespace, name), found.value?, place)))
        .collect();
    points.retain(is_finite);
    points
}

fn is_finite(point: &MetricPoint) -> bool {
    [point.sum, point.count, point.minimum, point.maximum]
        .into_iter()
        .all(f64::is_finite)
}

fn single((namespace, name): (&str, &str), value: f64, place: &Place<'_>) -> MetricPoint {
    let mut dimensions = BTreeMap::new();
    if !place.endpoint.is_empty() {
        dimensions.insert("Endpoint".to_owned(), place.endpoint.to_owned());
    }
    dimensions.insert("MonitoringSchedule".to_owned(), place.schedule.to_owned());
    MetricPoint {
        region: place.region.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        dimensions,
        at_ms: place.at_ms,
        sum: value,
        count: 1.0,
        minimum: value,
        maximum: value,
        unit: None,
    }
}
