//! Clarify's explanations: global attributions, those of texts, and partial dependence.

use serde_json::Value;

use super::{InvalidReport, ReportKind};
use crate::document::model_card::{Metric, MetricGroup, MetricValue};

pub(super) fn groups(report: &Value) -> Result<Vec<MetricGroup>, InvalidReport> {
    let explanations = &report["explanations"];
    if !explanations.is_object() {
        let kind = ReportKind::ClarifyExplainability;
        return Err(InvalidReport::missing(kind, "explanations"));
    }
    let mut groups = shap_groups(&explanations["kernel_shap"]);
    if let Some(features) = explanations["pdp"].as_array() {
        groups.push(MetricGroup {
            name: "explanations - pdp".to_owned(),
            metrics: features.iter().flat_map(dependence).collect(),
        });
    }
    Ok(groups)
}

fn shap_groups(labels: &Value) -> Vec<MetricGroup> {
    let mut groups = Vec::new();
    for (label, sections) in labels.as_object().into_iter().flatten() {
        for (section, values) in sections.as_object().into_iter().flatten() {
            let name = format!("explanations - {section}, label={label}");
            match section.as_str() {
                "global_shap_values" => groups.push(named_numbers(name, values)),
                "global_top_shap_text" => {
                    for (feature, words) in values.as_object().into_iter().flatten() {
                        groups.push(named_numbers(format!("{name}, feature={feature}"), words));
                    }
                }
                _ => {}
            }
        }
    }
    groups
}

/// What is no number is left out.
fn named_numbers(name: String, values: &Value) -> MetricGroup {
    let values = values.as_object().into_iter().flatten();
    let metrics = values.filter_map(|(name, value)| {
        Some(Metric {
            axes: None,
            name: name.clone(),
            notes: None,
            value: MetricValue::Number(value.as_f64()?),
        })
    });
    MetricGroup {
        name,
        metrics: metrics.collect(),
    }
}

/// The distribution of a feature and what the model says along it. A feature that could not
/// be computed has an `error` instead, and gives nothing.
fn dependence(feature: &Value) -> Vec<Metric> {
    let Some(name) = feature["feature_name"].as_str() else {
        return Vec::new();
    };
    let chart = |metric: String, values: &Value, y_axis: &str| {
        let value = match feature["data_type"].as_str()? {
            "numerical" => graph(feature, values, y_axis),
            "categorical" => bars(feature, values, y_axis),
            _ => None,
        }?;
        Some(Metric {
            axes: None,
            name: metric,
            notes: None,
            value,
        })
    };
    let distribution = chart(
        format!("data_distribution - feature={name}"),
        &feature["data_distribution"],
        "Data distribution",
    );
    let headers = feature["label_headers"].as_array().into_iter().flatten();
    let predictions = headers.enumerate().filter_map(|(index, header)| {
        let header = label(header);
        chart(
            format!("model_predictions - feature={name}, label={header}"),
            &feature["model_predictions"][index],
            &header,
        )
    });
    distribution.into_iter().chain(predictions).collect()
}

fn graph(feature: &Value, values: &Value, y_axis: &str) -> Option<MetricValue> {
    let xs = feature["feature_values"].as_array()?;
    let points = xs.iter().zip(values.as_array()?);
    let points: Vec<(f64, f64)> = points
        .filter_map(|(x, y)| Some((x.as_f64()?, y.as_f64()?)))
        .collect();
    (!points.is_empty()).then(|| MetricValue::LinearGraph {
        points,
        x_axis: feature["feature_name"].as_str().map(str::to_owned),
        y_axis: Some(y_axis.to_owned()),
    })
}

fn bars(feature: &Value, values: &Value, y_axis: &str) -> Option<MetricValue> {
    let labels = feature["feature_values"].as_array()?;
    let bars = labels.iter().zip(values.as_array()?);
    let (labels, values): (Vec<String>, Vec<f64>) = bars
        .filter_map(|(name, value)| Some((label(name), value.as_f64()?)))
        .unzip();
    (!values.is_empty()).then(|| MetricValue::BarChart {
        values,
        labels,
        y_axis: Some(y_axis.to_owned()),
    })
}

fn label(value: &Value) -> String {
    match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.to_string(),
    }
}
