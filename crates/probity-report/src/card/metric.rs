//! Metric groups of an evaluation: single values as a table, everything else as a picture with
//! its numbers.

use probity_domain::document::model_card::{Metric, MetricGroup, MetricValue};

use super::decimal;
use crate::article::{Block, Card, Column, Figure, Table, Width, Words, visible};
use crate::chart::{
    Bar, HeatChart, LineChart, LineGuide, bars_chart, bars_show_all, heat_chart, line_chart,
};
use crate::data_quality::plural;
use crate::number;

/// More groups than a page bears are folded away; paper shows all of them.
const MOST_OPEN: usize = 8;
/// Rows of a table that stand open on a page.
const MOST_ROWS: usize = 60;
/// Points of a line that are listed; the picture and the content have all of them.
const MOST_POINTS: usize = 24;

pub(super) fn groups(groups: &[MetricGroup]) -> Vec<Block> {
    if groups.len() > MOST_OPEN {
        return many(groups);
    }
    let mut blocks = Vec::new();
    for group in groups {
        blocks.push(Block::Sub(Words::new().data(&group.name)));
        if group.metrics.is_empty() {
            blocks.push(Block::Fine(Words::of("No metrics.")));
        }
        blocks.extend(singles(std::slice::from_ref(group)).map(Block::Table));
        blocks.extend(pictures(group));
    }
    blocks
}

/// One table of all single values, then the pictures group by group.
fn many(groups: &[MetricGroup]) -> Vec<Block> {
    let mut blocks = vec![Block::Fine(Words::of(format!(
        "{} of metrics.",
        plural(groups.len(), "group")
    )))];
    if let Some(table) = singles(groups) {
        let n = table.rows.len();
        blocks.push(if n > MOST_ROWS {
            Block::Fold {
                summary: plural(n, "single value"),
                blocks: vec![Block::Table(table)],
            }
        } else {
            Block::Table(table)
        });
    }
    for group in groups {
        if let Some(pictures) = pictures(group) {
            blocks.push(Block::Fold {
                summary: visible(&group.name),
                blocks: vec![pictures],
            });
        } else if group.metrics.is_empty() {
            let empty = Words::new().data(&group.name).text(": no metrics.");
            blocks.push(Block::Fine(empty));
        }
    }
    blocks
}

fn pictures(group: &MetricGroup) -> Option<Block> {
    let pictures: Vec<Card> = group.metrics.iter().filter_map(picture).collect();
    (!pictures.is_empty()).then_some(Block::Cards(pictures))
}

/// The single values; `None` where there are none. Of several groups each row names its own.
fn singles(groups: &[MetricGroup]) -> Option<Table> {
    let singles: Vec<(&MetricGroup, &Metric, String)> = groups
        .iter()
        .flat_map(|group| group.metrics.iter().map(move |metric| (group, metric)))
        .filter_map(|(group, metric)| single(metric).map(|value| (group, metric, value)))
        .collect();
    if singles.is_empty() {
        return None;
    }
    let shown: Vec<&str> = singles.iter().map(|single| single.2.as_str()).collect();
    let aligned = decimal::aligned(&shown);
    let notes: Vec<String> = singles.iter().map(|single| notes(single.1)).collect();
    let has_notes = notes.iter().any(|notes| !notes.is_empty());
    let names_groups = groups.len() > 1;
    let mut head = vec![Column::text("Metric"), Column::number("Value")];
    if names_groups {
        head.insert(0, Column::text("Group"));
    }
    if has_notes {
        head.push(Column::text("Notes"));
    }
    let rows =
        singles
            .iter()
            .zip(aligned)
            .zip(&notes)
            .map(|(((group, metric, _), value), notes)| {
                let mut row = Vec::with_capacity(head.len());
                if names_groups {
                    row.push(Words::new().whole(&group.name));
                }
                row.push(Words::new().whole(&metric.name));
                row.push(value_words(metric, value));
                if has_notes {
                    row.push(Words::new().whole(notes));
                }
                row
            });
    let rows = rows.collect();
    Some(Table {
        caption: "Metrics".to_owned(),
        head,
        rows,
        code: None,
    })
}

/// The notes of a single value, and what it says of axes, which it has none of to be drawn at.
fn notes(metric: &Metric) -> String {
    let axis = |name: &str, text: Option<&String>| text.map(|text| format!("{name} axis: {text}"));
    let axes = metric.axes.as_ref();
    let parts = [
        metric.notes.clone(),
        axis("x", axes.and_then(|axes| axes.x.as_ref())),
        axis("y", axes.and_then(|axes| axes.y.as_ref())),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(" · ")
}

fn single(metric: &Metric) -> Option<String> {
    match &metric.value {
        MetricValue::Number(value) => Some(number::six_digits(*value)),
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
        .map(|(_, (x, y))| {
            vec![
                Words::of(number::six_digits(*x)),
                Words::of(number::six_digits(*y)),
            ]
        });
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
            Words::of(number::six_digits(bar.value)),
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
    // Paper leaves out the table of a picture that shows all of it.
    if !bars_show_all(&bars) {
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
        cells.extend(
            row.iter()
                .map(|value| Words::of(number::six_digits(*value))),
        );
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
    let drawn = heat_chart(&chart, &visible(&metric.name));
    let mut drawn = figure(Words::of("Rows and columns as the card names them"), drawn);
    if chart.shows_all() {
        drawn.table = Some(table);
        return (drawn, None, Width::Half);
    }
    (drawn, Some(("Numbers".to_owned(), table)), Width::Full)
}
