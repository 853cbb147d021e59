//! Model Monitor's data quality, which the SDK has no parser for: what `statistics.json` counts
//! of every feature, and what `constraint_violations.json` says against a dataset.

use serde_json::Value;

use super::{InvalidReport, ReportKind};
use crate::document::model_card::{Metric, MetricGroup, MetricValue};

/// A card holds 100,000 characters; a feature takes some 600 of them.
const MOST_FEATURES: usize = 50;
const MOST_VIOLATIONS: usize = 100;

pub(super) fn groups(report: &Value) -> Result<Vec<MetricGroup>, InvalidReport> {
    let features = report["features"].as_array();
    let features =
        features.ok_or_else(|| InvalidReport::missing(ReportKind::DataQuality, "features"))?;
    let mut of_dataset = Vec::new();
    of_dataset.extend(number("item_count", &report["dataset"]["item_count"]));
    let mut n_features = count("feature_count", features.len());
    if features.len() > MOST_FEATURES {
        n_features.notes = Some(format!("the first {MOST_FEATURES} of them are shown"));
    }
    of_dataset.push(n_features);
    let mut groups = vec![MetricGroup {
        name: "data_quality - dataset".to_owned(),
        metrics: of_dataset,
    }];
    groups.extend(features.iter().take(MOST_FEATURES).filter_map(feature));
    Ok(groups)
}

fn feature(feature: &Value) -> Option<MetricGroup> {
    let name = feature["name"].as_str()?;
    let numerical = &feature["numerical_statistics"];
    let string = &feature["string_statistics"];
    let common = match numerical.get("common") {
        Some(common) => common,
        None => &string["common"],
    };
    let mut metrics = Vec::new();
    if let Some(kind) = feature["inferred_type"].as_str() {
        metrics.push(Metric {
            axes: None,
            name: "inferred_type".to_owned(),
            notes: None,
            value: MetricValue::Text(kind.to_owned()),
        });
    }
    for (name, value) in [
        ("num_present", &common["num_present"]),
        ("num_missing", &common["num_missing"]),
        ("mean", &numerical["mean"]),
        ("std_dev", &numerical["std_dev"]),
        ("min", &numerical["min"]),
        ("max", &numerical["max"]),
        ("distinct_count", &string["distinct_count"]),
    ] {
        metrics.extend(number(name, value));
    }
    Some(MetricGroup {
        name: format!("data_quality - feature={name}"),
        metrics,
    })
}

/// One metric for each violation; what is wrong stands in its notes, which may be longer than
/// a value.
pub(super) fn violations(report: &Value) -> Result<Vec<MetricGroup>, InvalidReport> {
    let kind = ReportKind::ConstraintViolations;
    let violations = report["violations"].as_array();
    let violations = violations.ok_or_else(|| InvalidReport::missing(kind, "violations"))?;
    let mut total = count("violations", violations.len());
    if violations.len() > MOST_VIOLATIONS {
        total.notes = Some(format!("the first {MOST_VIOLATIONS} of them are shown"));
    }
    let mut metrics = vec![total];
    metrics.extend(
        violations
            .iter()
            .take(MOST_VIOLATIONS)
            .filter_map(violation),
    );
    Ok(vec![MetricGroup {
        name: "constraint_violations".to_owned(),
        metrics,
    }])
}

/// Bias drift names a facet and a metric instead of a feature.
fn violation(violation: &Value) -> Option<Metric> {
    let check = violation["constraint_check_type"].as_str()?;
    let subject: Vec<&str> = ["feature_name", "facet", "facet_value", "metric_name"]
        .into_iter()
        .filter_map(|member| violation[member].as_str())
        .filter(|text| !text.is_empty())
        .collect();
    let name = if subject.is_empty() {
        check.to_owned()
    } else {
        subject.join(" - ")
    };
    Some(Metric {
        axes: None,
        name,
        notes: violation["description"]
            .as_str()
            .map(|text| text.trim().to_owned()),
        value: MetricValue::Text(check.to_owned()),
    })
}

fn number(name: &str, value: &Value) -> Option<Metric> {
    Some(Metric {
        axes: None,
        name: name.to_owned(),
        notes: None,
        value: MetricValue::Number(value.as_f64()?),
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a list in memory is shorter than 2^53"
)]
fn count(name: &str, count: usize) -> Metric {
    Metric {
        axes: None,
        name: name.to_owned(),
        notes: None,
        value: MetricValue::Number(count as f64),
    }
}
