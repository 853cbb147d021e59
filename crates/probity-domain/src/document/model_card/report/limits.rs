//! Keeping what a report says within what a card may hold. Whatever is cut says so in the
//! metric's notes, so that nobody takes a part for the whole.

use crate::document::model_card::schema::{LARGEST_MATRIX, LONGEST_LABEL, LONGEST_NOTES};
use crate::document::model_card::{Axes, Metric, MetricGroup, MetricValue};

/// No limit of the schema: a curve with a point for every row would leave no room in the
/// 100,000 characters of a card.
const MOST_POINTS: usize = 100;
const MOST_BARS: usize = 100;

pub(super) fn within(group: MetricGroup) -> MetricGroup {
    MetricGroup {
        name: some_character(group.name),
        metrics: group.metrics.into_iter().filter_map(metric).collect(),
    }
}

/// None where nothing is left to show.
fn metric(metric: Metric) -> Option<Metric> {
    let mut cuts = Vec::new();
    let value = match metric.value {
        MetricValue::Number(number) => {
            MetricValue::Number(Some(number).filter(|number| number.is_finite())?)
        }
        MetricValue::Text(text) => MetricValue::Text(label(text, &mut cuts)),
        MetricValue::Boolean(value) => MetricValue::Boolean(value),
        MetricValue::LinearGraph {
            points,
            x_axis,
            y_axis,
        } => MetricValue::LinearGraph {
            points: thinned(points, &mut cuts)?,
            x_axis: x_axis.map(|name| label(name, &mut cuts)),
            y_axis: y_axis.map(|name| label(name, &mut cuts)),
        },
        MetricValue::BarChart {
            values,
            labels,
            y_axis,
        } => bars(values, labels, &mut cuts).map(|(values, labels)| MetricValue::BarChart {
            values,
            labels,
            y_axis: y_axis.map(|name| label(name, &mut cuts)),
        })?,
        MetricValue::Matrix {
            rows,
            row_names,
            column_names,
        } => matrix(
            Matrix {
                rows,
                row_names,
                column_names,
            },
            &mut cuts,
        )?,
    };
    let axes = metric.axes.map(|axes| Axes {
        x: axes.x.map(|name| label(name, &mut cuts)),
        y: axes.y.map(|name| label(name, &mut cuts)),
    });
    Some(Metric {
        axes,
        name: some_character(metric.name),
        notes: notes(metric.notes, &cuts),
        value,
    })
}

/// A name of nothing but line ends is no name.
fn some_character(name: String) -> String {
    if name.trim().is_empty() {
        return "(no name)".to_owned();
    }
    name
}

fn label(text: String, cuts: &mut Vec<String>) -> String {
    if text.chars().count() <= LONGEST_LABEL {
        return text;
    }
    cuts.push(format!("cut to {LONGEST_LABEL} characters: {text}"));
    cut(&text, LONGEST_LABEL)
}

/// The beginning of a longer text.
fn cut(text: &str, longest: usize) -> String {
    let mut kept: String = text.chars().take(longest - 1).collect();
    kept.push('…');
    kept
}

fn notes(notes: Option<String>, cuts: &[String]) -> Option<String> {
    if cuts.is_empty() && notes.is_none() {
        return None;
    }
    let mut all: Vec<&str> = notes.iter().map(String::as_str).collect();
    all.extend(cuts.iter().map(String::as_str));
    let text = all.join("; ");
    if text.chars().count() <= LONGEST_NOTES {
        return Some(text);
    }
    Some(cut(&text, LONGEST_NOTES))
}

/// Evenly spaced points, the first and the last among them.
fn thinned(points: Vec<(f64, f64)>, cuts: &mut Vec<String>) -> Option<Vec<(f64, f64)>> {
    let points: Vec<(f64, f64)> = points
        .into_iter()
        .filter(|(x, y)| x.is_finite() && y.is_finite())
        .collect();
    if points.is_empty() {
        return None;
    }
    if points.len() <= MOST_POINTS {
        return Some(points);
    }
    cuts.push(format!("{MOST_POINTS} of {} points", points.len()));
    let last = points.len() - 1;
    let kept = (0..MOST_POINTS).map(|index| points[index * last / (MOST_POINTS - 1)]);
    Some(kept.collect())
}

/// The first bars, each with its label where it has one.
fn bars(
    values: Vec<f64>,
    labels: Vec<String>,
    cuts: &mut Vec<String>,
) -> Option<(Vec<f64>, Vec<String>)> {
    if values.is_empty() || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    if values.len() > MOST_BARS {
        cuts.push(format!("the first {MOST_BARS} of {} bars", values.len()));
    }
    let labels = labels.into_iter().take(MOST_BARS);
    let labels = labels.map(|name| label(name, cuts)).collect();
    Some((values.into_iter().take(MOST_BARS).collect(), labels))
}

struct Matrix {
    rows: Vec<Vec<f64>>,
    row_names: Vec<String>,
    column_names: Vec<String>,
}

/// The rows and columns of the largest sums, in their order: of many classes those with the
/// most records.
fn matrix(matrix: Matrix, cuts: &mut Vec<String>) -> Option<MetricValue> {
    let Matrix {
        rows,
        row_names,
        column_names,
    } = matrix;
    let finite = rows.iter().flatten().all(|value| value.is_finite());
    if rows.is_empty() || rows.iter().any(Vec::is_empty) || !finite {
        return None;
    }
    let n_columns = rows.iter().map(Vec::len).max()?;
    if rows.len() > LARGEST_MATRIX || n_columns > LARGEST_MATRIX {
        cuts.push(format!(
            "of {} rows and {n_columns} columns, the {LARGEST_MATRIX} with the largest sums",
            rows.len()
        ));
    }
    let row_sums: Vec<f64> = rows.iter().map(|row| row.iter().sum()).collect();
    let mut column_sums = vec![0.0; n_columns];
    for row in &rows {
        for (sum, value) in column_sums.iter_mut().zip(row) {
            *sum += value;
        }
    }
    let (kept_rows, kept_columns) = kept(&row_sums, &column_sums);
    let rows = kept_rows.iter().map(|row| {
        let row = &rows[*row];
        let columns = kept_columns.iter();
        columns
            .filter_map(|column| row.get(*column).copied())
            .collect()
    });
    let rows: Vec<Vec<f64>> = rows.collect();
    if rows.iter().any(Vec::is_empty) {
        return None;
    }
    let mut names = |names: Vec<String>, kept: &[usize]| {
        let names = kept.iter().filter_map(|index| names.get(*index).cloned());
        names.map(|name| label(name, cuts)).collect()
    };
    Some(MetricValue::Matrix {
        rows,
        row_names: names(row_names, &kept_rows),
        column_names: names(column_names, &kept_columns),
    })
}

/// A square matrix keeps the same classes both ways, by the records of the rows.
fn kept(row_sums: &[f64], column_sums: &[f64]) -> (Vec<usize>, Vec<usize>) {
    let rows = largest(row_sums);
    if row_sums.len() == column_sums.len() {
        return (rows.clone(), rows);
    }
    (rows, largest(column_sums))
}

fn largest(sums: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sums.len()).collect();
    order.sort_by(|a, b| sums[*b].total_cmp(&sums[*a]).then(a.cmp(b)));
    order.truncate(LARGEST_MATRIX);
    order.sort_unstable();
    order
}
