//! Numbers to an OpenTelemetry collector: OTLP over HTTP as JSON
//! (<https://opentelemetry.io/docs/specs/otlp/#otlphttp>), by the variables of the specification.
//! A single value is a gauge; a set of values a summary with its minimum and maximum.

use probity_store::metric_point::MetricPoint;
use serde_json::{Value, json};

use super::cloudwatch::is_single;
use super::{SendPoints, taken};
use crate::command::wiring::variable;

#[derive(Clone)]
pub(super) struct Collector {
    client: reqwest::Client,
    url: String,
    service: String,
    /// They hold keys.
    headers: Vec<(String, String)>,
}

impl std::fmt::Debug for Collector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Collector")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl Collector {
    pub(super) fn of_variables(client: reqwest::Client) -> Option<Collector> {
        let off = variable("OTEL_SDK_DISABLED").is_some_and(|value| value == "true")
            || variable("OTEL_METRICS_EXPORTER").is_some_and(|value| value == "none");
        let url = variable("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT").or_else(|| {
            let base = variable("OTEL_EXPORTER_OTLP_ENDPOINT")?;
            Some(format!("{}/v1/metrics", base.trim_end_matches('/')))
        });
        let headers = variable("OTEL_EXPORTER_OTLP_METRICS_HEADERS")
            .or_else(|| variable("OTEL_EXPORTER_OTLP_HEADERS"));
        Some(Collector {
            client,
            url: url.filter(|_| !off)?,
            service: variable("OTEL_SERVICE_NAME").unwrap_or_else(|| "probity".to_owned()),
            headers: pairs(&headers.unwrap_or_default()),
        })
    }

    pub(super) async fn send(&self, points: &[MetricPoint]) -> Result<(), SendPoints> {
        let mut request = self
            .client
            .post(&self.url)
            .header("content-type", "application/json");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let body = document(&self.service, points).to_string();
        let answer = request.body(body).send().await;
        let answer = answer.map_err(|source| SendPoints::Unreachable {
            source: source.without_url(),
        })?;
        taken(&answer)
    }
}

/// `name=value,name=value`.
fn pairs(text: &str) -> Vec<(String, String)> {
    text.split(',')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect()
}

fn document(service: &str, points: &[MetricPoint]) -> Value {
    let metrics: Vec<Value> = points.iter().map(metric).collect();
    json!({
        "resourceMetrics": [{
            "resource": { "attributes": [attribute("service.name", service)] },
            "scopeMetrics": [{
                "scope": { "name": "probity.monitors", "version": env!("CARGO_PKG_VERSION") },
                "metrics": metrics,
            }],
        }],
    })
}

fn metric(point: &MetricPoint) -> Value {
    let mut attributes = vec![
        attribute("Namespace", &point.namespace),
        attribute("Region", &point.region),
    ];
    let dimensions = point.dimensions.iter();
    attributes.extend(dimensions.map(|(name, value)| attribute(name, value)));
    // 64-bit whole numbers are text in OTLP's JSON.
    let time = format!("{}000000", point.at_ms);
    if is_single(point) {
        let data = json!({
            "attributes": attributes, "timeUnixNano": time, "asDouble": point.sum,
        });
        return json!({ "name": point.name, "gauge": { "dataPoints": [data] } });
    }
    let data = json!({
        "attributes": attributes,
        "timeUnixNano": time,
        "count": format!("{:.0}", point.count),
        "sum": point.sum,
        "quantileValues": [
            { "quantile": 0.0, "value": point.minimum },
            { "quantile": 1.0, "value": point.maximum },
        ],
    });
    json!({ "name": point.name, "summary": { "dataPoints": [data] } })
}

fn attribute(name: &str, value: &str) -> Value {
    json!({ "key": name, "value": { "stringValue": value } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_gauges_and_sets_are_summaries() {
        let single = MetricPoint {
            region: "eu-west-1".to_owned(),
            namespace: "n".to_owned(),
            name: "f2".to_owned(),
            dimensions: [("Endpoint".to_owned(), "e".to_owned())].into(),
            at_ms: 1_650_241_308_000,
            sum: 0.5,
            count: 1.0,
            minimum: 0.5,
            maximum: 0.5,
            unit: None,
        };
        let set = MetricPoint {
            count: 3.0,
            ..single.clone()
        };
        let document = document("probity", &[single, set]);
        let metrics = &document["resourceMetrics"][0]["scopeMetrics"][0]["metrics"];
        let gauge = &metrics[0]["gauge"]["dataPoints"][0];
        assert_eq!(gauge["asDouble"], 0.5);
        assert_eq!(gauge["timeUnixNano"], "1650241308000000000");
        assert_eq!(gauge["attributes"][2], attribute("Endpoint", "e"));
        let summary = &metrics[1]["summary"]["dataPoints"][0];
        assert_eq!(summary["count"], "3");
        assert_eq!(summary["quantileValues"][1]["value"], 0.5);
    }

    #[test]
    fn headers_are_pairs() {
        let expected = [("api-key".to_owned(), "a=b".to_owned())];
        assert_eq!(pairs("api-key=a=b,nothing"), expected);
        assert!(pairs("").is_empty());
    }
}
