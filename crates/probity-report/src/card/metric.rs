//! Metric groups of an evaluation: single values as a table, everything else as a picture with
//! its numbers.

use probity_domain::document::model_card::{Metric, MetricGroup, MetricValue};

use super::decimal;
use crate::article::{Block, Card, Column, Figure, Table, Width, Words, visible};
use crate::chart::{Bar, HeatChart, LineChart, LineGuide, bars_chart, heat_chart, line_chart};
use crate::number;

/// More groups than a page bears are folded away; paper shows all of them.
const MOST_OPEN: usize = 8;
/// Points of a line that are listed; the picture and the content have all of them.
const MOST_POINTS: usize = 40;
/// Values that a picture of bars names itself.
const MOST_NAMED_BARS: usize = 30;

pub(super) fn groups(groups: &[MetricGroup]) -> Vec<Block> {
    let mut blocks = Vec::new();
    for group in groups {
        let n = group.metrics.len();
        let inner = metrics(group);
        if groups.len() > MOST_OPEN {
            let summary = format!(
                "{} ({})",
                visible(&group.name),
                crate::data_quality::plural(n, "metric")
            );
            blocks.push(Block::Fold {
                summary,
                blocks: inner,
            });
        } else {
            blocks.push(Block::Sub(Words::new().data(&group.name)));
            blocks.extend(inner);
        }
    }
    blocks
}

fn metrics(group: &MetricGroup) -> Vec<Block> {
    let mut blocks = Vec::new();
    if group.metrics.is_empty() {
        blocks.push(Block::Fine(Words::of("No metrics.")));
    }
    blocks.extend(singles(group).map(Block::Table));
    let pictures: Vec<Card> = group.metrics.iter().filter_map(picture).collect();
    if !pictures.is_empty() {
        blocks.push(Block::Cards(pictures));
    }
    blocks
}

/// The single values of a group; `None` where it has none.
fn singles(group: &MetricGroup) -> Option<Table> {
    let singles: Vec<(&Metric, String)> = group
        .metrics
        .iter()
        .filter_map(|metric| single(metric).map(|value| (metric, value)))
        .collect();
    if singles.is_empty() {
        return None;
    }
    let shown: Vec<&str> = singles.iter().map(|(_, value)| value.as_str()).collect();
    let aligned = decimal::aligned(&shown);
    let has_notes = singles.iter().any(|(metric, _)| metric.notes.is_some());
    let mut head = vec![Column::text("Metric"), Column::number("Value")];
    if has_notes {
        head.push(Column::text("Notes"));
    }
    let rows = singles.iter().zip(aligned).map(|((metric, _), value)| {
        let mut row = vec![Words::new().whole(&metric.name), value_words(metric, value)];
        if has_notes {
            row.push(Words::new().whole(metric.notes.as_deref().unwrap_or_default()));
        }
        row
    });
    Some(Table {
        caption: format!("Metrics of {}", visible(&group.name)),
        head,
        rows: rows.collect(),
        code: None,
    })
}

fn single(metric: &Metric) -> Option<String> {
    match &metric.value {
        MetricValue::Number(value) => Some(decimal::exact(*value)),
        MetricValue::Text(text) => Some(text.clone()),
        MetricValue::Boolean(true) => Some("yes".to_owned()),
        MetricValue::Boolean(false) => Some("no".to_owned()),
        MetricValue::LinearGraph { .. }
        | MetricValue::BarChart { .. }
        | MetricValue::Matrix { .. } => None,
    }
}

fn value_words(metric: &Metric, aligned: String) -> Words {
    match &metric.value {
        MetricValue::Text(text) => Words::new().whole(text),
        MetricValue::Number(_)
        | MetricValue::Boolean(_)
        | MetricValue::LinearGraph { .. }
        | MetricValue::BarChart { .. }
        | MetricValue::Matrix { .. } => Words::of(aligned),
    }
}

fn picture(metric: &Metric) -> Option<Card> {
    let (figure, numbers, width) = match &metric.value {
        MetricValue::LinearGraph {
            points,
            x_axis,
            y_axis,
        } => line(metric, points, (x_axis.as_deref(), y_axis.as_deref())),
        MetricValue::BarChart {
            values,
            labels,
            y_axis,
        } => bars(metric, (values, labels), y_axis.as_deref()),
        MetricValue::Matrix {
            rows,
            row_names,
            column_names,
        } => matrix(metric, rows, (row_names, column_names)),
        MetricValue::Number(_) | MetricValue::Text(_) | MetricValue::Boolean(_) => return None,
    };
    let mut blocks = vec![Block::Figure(figure)];
    if let Some(notes) = &metric.notes {
        blocks.push(Block::Fine(Words::new().whole(notes)));
    }
    blocks.extend(numbers.map(|(summary, table)| Block::Fold {
        summary,
        blocks: vec![Block::Table(table)],
    }));
    Some(Card {
        id: None,
        title: Words::new().data(&metric.name),
        kind: Words::new(),
        width,
        blocks,
    })
}

/// A picture, its numbers where it does not show them itself, and how wide both stand.
type Drawn = (Figure, Option<(String, Table)>, Width);

fn figure(caption: Words, picture: maud::Markup) -> Figure {
    Figure {
        caption,
        note: String::new(),
        picture,
        table: None,
        code: None,
    }
}

fn line(metric: &Metric, points: &[(f64, f64)], names: (Option<&str>, Option<&str>)) -> Drawn {
    let (x_name, y_name) = (names.0.unwrap_or("x"), names.1.unwrap_or("y"));
    let says = |name: &str, word: &str| name.to_lowercase().replace(['_', ' '], "").contains(word);
    let is_receiver = says(x_name, "falsepositiverate") && says(y_name, "truepositiverate");
    let chart = LineChart {
        points: points.to_vec(),
        x_name: x_name.to_owned(),
        y_name: y_name.to_owned(),
        guide: if is_receiver {
            LineGuide::Diagonal
        } else {
            LineGuide::None
        },
    };
    let every = points.len().div_ceil(MOST_POINTS).max(1);
    let last = points.len().saturating_sub(1);
    let rows = points
        .iter()
        .enumerate()
        .filter(|(at, _)| at.is_multiple_of(every) || *at == last)
        .map(|(_, (x, y))| vec![Words::of(decimal::exact(*x)), Words::of(decimal::exact(*y))]);
    let summary = if every == 1 {
        "Numbers".to_owned()
    } else {
        format!(
            "Numbers, every {every}th of {} points",
            number::count(points.len() as u64)
        )
    };
    let table = Table {
        caption: format!("Points of {}", visible(&metric.name)),
        head: vec![
            Column::number(visible(x_name)),
            Column::number(visible(y_name)),
        ],
        rows: rows.collect(),
        code: None,
    };
    let caption = Words::new().data(y_name).text(" by ").data(x_name);
    let drawn = line_chart(&chart, &visible(&metric.name));
    (figure(caption, drawn), Some((summary, table)), Width::Half)
}

fn bars(metric: &Metric, (values, labels): (&[f64], &[String]), y_axis: Option<&str>) -> Drawn {
    let label = |at: usize| {
        let named = labels.get(at).filter(|label| !label.trim().is_empty());
        named.cloned().unwrap_or_else(|| format!("{}", at + 1))
    };
    let bars: Vec<Bar> = values
        .iter()
        .enumerate()
        .map(|(at, value)| Bar {
            label: label(at),
            value: *value,
        })
        .collect();
    let rows = bars.iter().map(|bar| {
        vec![
            Words::new().whole(&bar.label),
            Words::of(decimal::exact(bar.value)),
        ]
    });
    let table = Table {
        caption: format!("Bars of {}", visible(&metric.name)),
        head: vec![
            Column::text("Bar"),
            Column::number(y_axis.map_or("Value".to_owned(), visible)),
        ],
        rows: rows.collect(),
        code: None,
    };
    let caption = match y_axis {
        Some(name) => Words::new().data(name),
        None => Words::of("Values"),
    };
    let drawn = bars_chart(&bars, &visible(&metric.name));
    let mut drawn = figure(caption, drawn);
    if bars.len() > MOST_NAMED_BARS {
        return (drawn, Some(("Numbers".to_owned(), table)), Width::Half);
    }
    drawn.table = Some(table);
    (drawn, None, Width::Half)
}

fn matrix(
    metric: &Metric,
    rows: &[Vec<f64>],
    (row_names, column_names): (&[String], &[String]),
) -> Drawn {
    let chart = HeatChart {
        rows: rows.to_vec(),
        row_names: row_names.to_vec(),
        column_names: column_names.to_vec(),
    };
    let name = |names: &[String], at: usize| match names.get(at) {
        Some(name) => visible(name),
        None => format!("{}", at + 1),
    };
    let mut head = vec![Column::text("")];
    head.extend((0..chart.columns()).map(|at| Column::number(name(column_names, at))));
    let body = rows.iter().enumerate().map(|(at, row)| {
        let mut cells = vec![Words::new().data(&name(row_names, at))];
        cells.extend(row.iter().map(|value| Words::of(decimal::exact(*value))));
        // A row may be shorter than the longest; a table's may not.
        cells.resize(chart.columns() + 1, Words::of("–"));
        cells
    });
    let table = Table {
        caption: format!("Cells of {}", visible(&metric.name)),
        head,
        rows: body.collect(),
        code: None,
    };
    let shows_numbers = chart.shows_numbers();
    let drawn = heat_chart(&chart, &visible(&metric.name));
    let mut drawn = figure(Words::of("Rows and columns as the card names them"), drawn);
    if shows_numbers {
        drawn.table = Some(table);
        return (drawn, None, Width::Half);
    }
    (drawn, Some(("Numbers".to_owned(), table)), Width::Full)
}
