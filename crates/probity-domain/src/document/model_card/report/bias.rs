//! Clarify's bias metrics: one group for each section, label and group of people.

use serde_json::{Map, Value};

use super::{InvalidReport, ReportKind};
use crate::document::model_card::{Metric, MetricGroup, MetricValue};

/// Whether a section of the file has bias metrics.
pub(super) fn is_in(report: &Map<String, Value>) -> bool {
    report.values().any(|section| section["facets"].is_object())
}

pub(super) fn groups(report: &Value) -> Result<Vec<MetricGroup>, InvalidReport> {
    let missing = || InvalidReport::missing(ReportKind::ClarifyBias, "facets");
    let sections = report.as_object().ok_or_else(missing)?;
    if !is_in(sections) {
        return Err(missing());
    }
    let mut groups = Vec::new();
    for (name, section) in sections {
        let Some(facets) = section["facets"].as_object() else {
            continue;
        };
        for (facet, entries) in facets {
            groups.extend(facet_groups(name, section, (facet, entries)));
        }
    }
    Ok(groups)
}

/// Entries of the same value or threshold share a group.
fn facet_groups(section: &str, content: &Value, facet: (&str, &Value)) -> Vec<MetricGroup> {
    let label = told(&content["label"]);
    let label_value = told(&content["label_value_or_threshold"]);
    let (facet, entries) = facet;
    let mut groups: Vec<MetricGroup> = Vec::new();
    for entry in entries.as_array().into_iter().flatten() {
        let value = told(&entry["value_or_threshold"]);
        let name = format!("{section} - label {label} = {label_value} and facet {facet}={value}");
        let metrics = entry["metrics"].as_array();
        let metrics = metrics.into_iter().flatten().filter_map(metric);
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.metrics.extend(metrics),
            None => groups.push(MetricGroup {
                name,
                metrics: metrics.collect(),
            }),
        }
    }
    groups
}

/// None where the metric has no value, or an infinite one, which Clarify writes as a text.
fn metric(item: &Value) -> Option<Metric> {
    Some(Metric {
        axes: None,
        name: item["name"].as_str()?.to_owned(),
        notes: None,
        value: MetricValue::Number(item["value"].as_f64()?),
    })
}

/// A text as it is, anything else as JSON.
fn told(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "None".to_owned(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
