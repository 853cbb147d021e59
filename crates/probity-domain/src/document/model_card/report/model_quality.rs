//! Model Monitor's model quality: numbers with their standard deviations, the confusion
//! matrix, and the two curves.

use std::collections::HashSet;

use serde_json::Value;

use super::{InvalidReport, ReportKind};
use crate::document::model_card::{Metric, MetricGroup, MetricValue};

pub(super) fn groups(kind: ReportKind, report: &Value) -> Result<Vec<MetricGroup>, InvalidReport> {
    let name = if kind == ReportKind::ModelQualityRegression {
        "regression_metrics"
    } else if kind == ReportKind::ModelQualityBinary {
        "binary_classification_metrics"
    } else {
        "multiclass_classification_metrics"
    };
    let section = report[name].as_object();
    let section = section.ok_or_else(|| InvalidReport::missing(kind, name))?;
    Ok(vec![MetricGroup {
        name: name.to_owned(),
        metrics: section
            .iter()
            .flat_map(|(name, value)| metrics(name, value))
            .collect(),
    }])
}

fn metrics(name: &str, value: &Value) -> Vec<Metric> {
    match name {
        "confusion_matrix" => shape(name, confusion_matrix(value)),
        "receiver_operating_characteristic_curve" => {
            let curve = curve(value, "false_positive_rates", "true_positive_rates");
            shape(name, curve)
        }
        "precision_recall_curve" => shape(name, curve(value, "recalls", "precisions")),
        _ => numbers(name, value),
    }
}

fn shape(name: &str, value: Option<MetricValue>) -> Vec<Metric> {
    let metric = value.map(|value| Metric {
        axes: None,
        name: name.to_owned(),
        notes: None,
        value,
    });
    metric.into_iter().collect()
}

/// `{"value": …, "standard_deviation": …}`; what is not finite is written as a text.
fn numbers(name: &str, value: &Value) -> Vec<Metric> {
    let number = |name: String, value: &Value| {
        Some(Metric {
            axes: None,
            name,
            notes: None,
            value: MetricValue::Number(value.as_f64()?),
        })
    };
    let deviation = format!("{name} - standard_deviation");
    [
        number(name.to_owned(), &value["value"]),
        number(deviation, &value["standard_deviation"]),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Rows are the outer keys. A class that a row does not name is counted as none; the SDK takes
/// the names of the last row for all.
fn confusion_matrix(value: &Value) -> Option<MetricValue> {
    let by_row = value.as_object()?;
    let mut columns: Vec<&str> = Vec::new();
    let mut known = HashSet::new();
    for row in by_row.values() {
        for column in row.as_object()?.keys() {
            if known.insert(column.as_str()) {
                columns.push(column);
            }
        }
    }
    let rows = by_row.values().map(|row| {
        let counts = columns.iter();
        counts
            .map(|column| row[*column].as_f64().unwrap_or(0.0))
            .collect()
    });
    let rows: Vec<Vec<f64>> = rows.collect();
    if rows.is_empty() || columns.is_empty() {
        return None;
    }
    Some(MetricValue::Matrix {
        rows,
        row_names: by_row.keys().cloned().collect(),
        column_names: columns.into_iter().map(str::to_owned).collect(),
    })
}

fn curve(value: &Value, x_axis: &str, y_axis: &str) -> Option<MetricValue> {
    let points = value[x_axis].as_array()?.iter();
    let points: Vec<(f64, f64)> = points
        .zip(value[y_axis].as_array()?)
        .filter_map(|(x, y)| Some((x.as_f64()?, y.as_f64()?)))
        .collect();
    (!points.is_empty()).then(|| MetricValue::LinearGraph {
        points,
        x_axis: Some(x_axis.to_owned()),
        y_axis: Some(y_axis.to_owned()),
    })
}
