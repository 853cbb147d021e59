//! A confusion matrix as a picture: actual classes down, predicted classes across, darker for
//! a larger share of the actual class. Two classes carry their numbers in the cells; of many,
//! the table beside the picture has the numbers.

use maud::{Markup, html};

use super::coordinate;
use super::label::shortened;
use crate::number;

/// Rows with this actual class (outer) and this prediction (inner), in the order of `classes`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ConfusionChart {
    pub(crate) classes: Vec<String>,
    pub(crate) rows: Vec<Vec<u64>>,
}

/// Cells with room for text.
const MOST_WITH_NUMBERS: usize = 6;
const LEFT: f64 = 84.0;
const TOP: f64 = 34.0;
/// Of all cells together, when there are many…
const SIDE: f64 = 330.0;
/// …and of one cell, when there are few.
const WIDEST_CELL: f64 = 84.0;
/// In characters.
const LABEL_WIDTH: usize = 12;

pub(crate) fn confusion_chart(chart: &ConfusionChart, title: &str) -> Markup {
    let classes = chart.classes.len();
    let width = (SIDE / classes.max(1) as f64).min(WIDEST_CELL);
    let height = width.min(56.0);
    let right = LEFT + width * classes as f64;
    let bottom = TOP + height * classes as f64;
    html! {
        svg.chart.confusion.two[classes == 2] viewBox={ "0 0 " (coordinate(right + 6.0)) " " (coordinate(bottom + 4.0)) } role="img" {
            title { (title) }
            desc { (description(chart)) }
            text.tick.start x=(LEFT) y="11" { "predicted →" }
            text.tick.end x=(LEFT - 8.0) y="11" { "actual ↓" }
            @for (index, class) in chart.classes.iter().enumerate() {
                (class_labels(class, index, (width, height)))
            }
            @for (actual, row) in chart.rows.iter().enumerate() {
                @for (predicted, count) in row.iter().enumerate() {
                    (cell(row, *count, &Place { actual, predicted, width, height, numbers: classes <= MOST_WITH_NUMBERS }))
                }
            }
        }
    }
}

struct Place {
    actual: usize,
    predicted: usize,
    width: f64,
    height: f64,
    numbers: bool,
}

/// Each class is labelled at its row and its column, as far as there is room.
fn class_labels(class: &str, index: usize, (width, height): (f64, f64)) -> Markup {
    let middle_y = TOP + (index as f64 + 0.5) * height;
    let middle_x = LEFT + (index as f64 + 0.5) * width;
    let shown = shortened(class, LABEL_WIDTH);
    html! {
        text.label.end.small[height < 14.0] x=(LEFT - 8.0) y=(coordinate(middle_y)) dy=".32em" { (shown) }
        @if width >= 50.0 {
            text.label.mid x=(coordinate(middle_x)) y=(TOP - 8.0) { (shortened(class, 8)) }
        }
    }
}

fn cell(row: &[u64], count: u64, place: &Place) -> Markup {
    let share = number::share(count, row.iter().sum()).unwrap_or(0.0);
    let x = LEFT + place.predicted as f64 * place.width;
    let y = TOP + place.actual as f64 * place.height;
    let class = if place.actual == place.predicted {
        "right"
    } else {
        "wrong"
    };
    let middle = x + place.width / 2.0;
    html! {
        rect.cell.(class) x=(coordinate(x)) y=(coordinate(y)) width=(coordinate(place.width)) height=(coordinate(place.height))
            fill-opacity=(format!("{:.2}", share * 0.55)) {}
        @if place.numbers {
            text.count.mid x=(coordinate(middle)) y=(coordinate(y + place.height / 2.0 - 2.0)) { (number::count(count)) }
            text.value.mid x=(coordinate(middle)) y=(coordinate(y + place.height / 2.0 + 13.0)) { (number::percent(share)) }
        }
    }
}

fn description(chart: &ConfusionChart) -> String {
    let total: u64 = chart.rows.iter().flatten().sum();
    let right: u64 = chart
        .rows
        .iter()
        .enumerate()
        .filter_map(|(index, row)| row.get(index))
        .sum();
    format!(
        "{} classes; {} of {} rows are predicted as they are.",
        chart.classes.len(),
        number::count(right),
        number::count(total)
    )
}

#[cfg(test)]
mod tests {
    use super::{ConfusionChart, confusion_chart};

    #[test]
    fn a_class_that_never_occurs_has_empty_cells() {
        let chart = ConfusionChart {
            classes: vec!["0".to_owned(), "1".to_owned()],
            rows: vec![vec![3, 1], vec![0, 0]],
        };
        let drawn = confusion_chart(&chart, "matrix").into_string();
        assert!(drawn.contains("fill-opacity=\"0.41\""), "{drawn}");
        assert!(drawn.contains("2 classes; 3 of 4 rows"), "{drawn}");
        assert!(!drawn.contains("NaN"), "{drawn}");
    }
}
