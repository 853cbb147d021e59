//! CloudWatch's metrics of endpoints (namespace `AWS/SageMaker`), read from what this server counted:
//! `Invocations`, `Invocation4XXErrors`, `Invocation5XXErrors`, `ModelLatency`, `OverheadLatency`.
//!
//! Source: <https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html>.

use std::collections::{BTreeMap, BTreeSet};

use probity_store::Unit;
use probity_store::endpoint_latency::{self, HOUR_MS, Latencies, LatenciesOf, MINUTE_MS};
use probity_store::latency_histogram::LatencyHistogram;
use probity_store::metric_point::{self, MetricName};

use super::statistics::{Metric, Periods, Sample, Summary};
use crate::deed::Deed;
use crate::fault::Fault;

pub const NAMESPACE: &str = "AWS/SageMaker";
const ENDPOINT: &str = "EndpointName";
const VARIANT: &str = "VariantName";

const INVOCATIONS: &str = "Invocations";
const REFUSED: &str = "Invocation4XXErrors";
const FAILED: &str = "Invocation5XXErrors";
const MODEL: &str = "ModelLatency";
const OVERHEAD: &str = "OverheadLatency";
const NAMES: [&str; 5] = [INVOCATIONS, REFUSED, FAILED, MODEL, OVERHEAD];

/// Minutes are kept as long as CloudWatch keeps points of a minute; hours stay after them.
pub const MINUTES_STAY_MS: i64 = 15 * 24 * HOUR_MS;

/// Region, endpoint, variant, and when it was called last.
pub type Called = (String, String, String, i64);

/// So that `ListMetrics` names them.
pub async fn announce(unit: &mut Unit, variants: &BTreeSet<Called>) -> Result<(), Fault> {
    for (region, endpoint, variant, last_ms) in variants {
        for name in NAMES {
            let name = MetricName {
                namespace: NAMESPACE.to_owned(),
                name: name.to_owned(),
                dimensions: dimensions(endpoint, variant),
            };
            metric_point::announce(unit, region, (&name, *last_ms)).await?;
        }
    }
    Ok(())
}

fn dimensions(endpoint: &str, variant: &str) -> BTreeMap<String, String> {
    let pairs = [(ENDPOINT, endpoint), (VARIANT, variant)];
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    BTreeMap::from(pairs)
}

/// What was counted of the metric; nothing where it is none of these.
pub(super) async fn samples(
    deed: &Deed<'_>,
    metric: &Metric,
    periods: Periods,
) -> Result<Vec<Sample>, Fault> {
    let of = |name: &str| metric.dimensions.get(name).map(String::as_str);
    let (Some(endpoint), Some(variant)) = (of(ENDPOINT), of(VARIANT)) else {
        return Ok(Vec::new());
    };
    let is_own = metric.namespace == NAMESPACE
        && metric.dimensions.len() == 2
        && NAMES.contains(&metric.name.as_str());
    if !is_own {
        return Ok(Vec::new());
    }
    // An hour is in one of the two, whole.
    let fresh_ms = deed.now_ms - MINUTES_STAY_MS + 24 * HOUR_MS;
    let fresh_ms = fresh_ms - fresh_ms.rem_euclid(HOUR_MS);
    let hours = (HOUR_MS, periods.start_ms, periods.end_ms.min(fresh_ms));
    let minutes = (MINUTE_MS, periods.start_ms.max(fresh_ms), periods.end_ms);
    let mut samples = Vec::new();
    for (length_ms, from_ms, to_ms) in [hours, minutes] {
        if from_ms >= to_ms {
            continue;
        }
        let wanted = LatenciesOf {
            region: deed.region,
            endpoint,
            variant,
            length_ms,
            from_ms,
            to_ms,
        };
        let parts = endpoint_latency::of_variant(&deed.app.store, &wanted).await?;
        samples.extend(parts.iter().map(|(at_ms, calls)| Sample {
            at_ms: *at_ms,
            unit: Some(unit_of(&metric.name).to_owned()),
            summary: summary(&metric.name, calls),
        }));
    }
    Ok(samples)
}

fn unit_of(name: &str) -> &'static str {
    match name {
        MODEL | OVERHEAD => "Microseconds",
        _ => "None",
    }
}

/// Each call is a sample: of its time, of 1 for a call, of 1 or 0 for an error.
fn summary(name: &str, calls: &Latencies) -> Summary {
    match name {
        MODEL => of_histogram(&calls.model),
        OVERHEAD => of_histogram(&calls.overhead),
        REFUSED => of_errors(calls, calls.refused),
        FAILED => of_errors(calls, calls.failed),
        _ => Summary::of_values([(1.0, calls.model.count())]),
    }
}

fn of_errors(calls: &Latencies, errors: i64) -> Summary {
    let errors = errors.unsigned_abs();
    let others = calls.model.count().saturating_sub(errors);
    Summary::of_values([(0.0, others), (1.0, errors)])
}

#[expect(
    clippy::cast_precision_loss,
    reason = "microseconds of a century are exact in a double"
)]
fn of_histogram(histogram: &LatencyHistogram) -> Summary {
    Summary {
        sum: histogram.sum_us() as f64,
        count: histogram.count() as f64,
        minimum: histogram.minimum_us().unwrap_or(0) as f64,
        maximum: histogram.maximum_us().unwrap_or(0) as f64,
        values: Some(histogram.samples().collect()),
    }
}
