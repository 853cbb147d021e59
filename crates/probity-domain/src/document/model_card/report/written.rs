//! Groups of metrics in the card's own form.

use serde_json::{Map, Value, json};

use crate::document::model_card::{Metric, MetricGroup, MetricValue};

/// As an item of `metric_groups`.
pub fn group_value(group: &MetricGroup) -> Value {
    let metrics: Vec<Value> = group.metrics.iter().map(metric).collect();
    json!({"name": group.name, "metric_data": metrics})
}

fn metric(metric: &Metric) -> Value {
    let mut members = Map::new();
    members.insert("name".to_owned(), Value::from(metric.name.as_str()));
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    match &metric.value {
        MetricValue::Number(value) => {
            put("type", Value::from("number"));
            put("value", number(*value));
        }
        MetricValue::Text(text) => {
            put("type", Value::from("string"));
            put("value", Value::from(text.as_str()));
        }
        MetricValue::Boolean(value) => {
            put("type", Value::from("boolean"));
            put("value", Value::from(*value));
        }
        MetricValue::LinearGraph {
            points,
            x_axis,
            y_axis,
        } => {
            put("type", Value::from("linear_graph"));
            let points = points.iter().map(|(x, y)| json!([number(*x), number(*y)]));
            put("value", points.collect());
            x_axis
                .as_deref()
                .map(|name| put("x_axis_name", Value::from(name)));
            y_axis
                .as_deref()
                .map(|name| put("y_axis_name", Value::from(name)));
        }
        MetricValue::BarChart {
            values,
            labels,
            y_axis,
        } => {
            put("type", Value::from("bar_chart"));
            put("value", numbers(values));
            put("x_axis_name", Value::from(labels.clone()));
            y_axis
                .as_deref()
                .map(|name| put("y_axis_name", Value::from(name)));
        }
        MetricValue::Matrix {
            rows,
            row_names,
            column_names,
        } => {
            put("type", Value::from("matrix"));
            put("value", rows.iter().map(|row| numbers(row)).collect());
            put("x_axis_name", Value::from(row_names.clone()));
            put("y_axis_name", Value::from(column_names.clone()));
        }
    }
    let axes = metric.axes.as_ref();
    for (name, text) in [
        ("x_axis_name", axes.and_then(|axes| axes.x.as_ref())),
        ("y_axis_name", axes.and_then(|axes| axes.y.as_ref())),
    ] {
        if let Some(text) = text {
            members.insert(name.to_owned(), Value::from(text.as_str()));
        }
    }
    if let Some(notes) = &metric.notes {
        members.insert("notes".to_owned(), Value::from(notes.as_str()));
    }
    Value::Object(members)
}

fn numbers(values: &[f64]) -> Value {
    values.iter().copied().map(number).collect()
}

/// A whole number without a fraction, as most of them were written.
pub(crate) fn number(value: f64) -> Value {
    /// Beyond 2^53 a double no longer tells neighbouring whole numbers apart.
    const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= LARGEST_EXACT {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a whole number within ±2^53"
        )]
        let whole = value as i64;
        return Value::from(whole);
    }
    Value::from(value)
}
