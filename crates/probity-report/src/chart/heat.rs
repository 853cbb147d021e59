//! A matrix of numbers: darker for a larger value. A square of counts whose rows and columns
//! have the same names is a confusion matrix, and its diagonal has a colour of its own.

use maud::{Markup, html};

use super::coordinate;
use super::label::{fits, number_width, shortened};
use crate::number;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HeatChart {
    pub(crate) rows: Vec<Vec<f64>>,
    pub(crate) row_names: Vec<String>,
    pub(crate) column_names: Vec<String>,
}

/// Columns with room for numbers in their cells.
const MOST_WITH_NUMBERS: usize = 8;
const LEFT: f64 = 92.0;
/// Above the cells: names that lie, and names that stand.
const TOP: f64 = 24.0;
const HIGH_TOP: f64 = 76.0;
/// A narrower column has its name standing.
const LYING: f64 = 36.0;
/// Characters of a row's name, and of a column's that stands.
const ROW_NAME: usize = 13;
const STANDING_NAME: usize = 10;
const SIDE: f64 = 322.0;
const WIDEST_CELL: f64 = 80.0;

impl HeatChart {
    pub(crate) fn columns(&self) -> usize {
        self.rows.iter().map(Vec::len).max().unwrap_or(0)
    }

    /// Whether the picture alone shows every name and number as a table does.
    pub(crate) fn shows_all(&self) -> bool {
        let width = fitting_names(self.cell_width());
        self.numbers() == Numbers::Exact
            && self.row_names.iter().all(|name| fits(name, ROW_NAME))
            && self.column_names.iter().all(|name| fits(name, width))
    }

    /// What its cells have room for.
    fn numbers(&self) -> Numbers {
        let room = self.cell_width() - 4.0;
        let fit = |numbers: &Numbers| {
            let texts = self.rows.iter().flatten().map(|value| numbers.text(*value));
            texts.flatten().all(|text| number_width(&text) <= room)
        };
        if self.columns() > MOST_WITH_NUMBERS {
            return Numbers::None;
        }
        [Numbers::Exact, Numbers::Rounded]
            .into_iter()
            .find(fit)
            .unwrap_or(Numbers::None)
    }

    fn cell_width(&self) -> f64 {
        (SIDE / self.columns().max(1) as f64).min(WIDEST_CELL)
    }

    fn is_confusion(&self) -> bool {
        self.row_names == self.column_names
            && self.rows.len() == self.columns()
            && self.row_names.len() == self.rows.len()
            && self.rows.iter().flatten().all(|value| *value >= 0.0)
    }

    fn top(&self, width: f64) -> f64 {
        if width >= LYING || self.column_names.is_empty() {
            TOP
        } else {
            HIGH_TOP
        }
    }

    fn description(&self) -> String {
        format!("{} rows, {} columns.", self.rows.len(), self.columns())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Numbers {
    /// As in a table.
    Exact,
    Rounded,
    None,
}

impl Numbers {
    fn text(self, value: f64) -> Option<String> {
        match self {
            Self::Exact => Some(number::six_digits(value)),
            Self::Rounded => Some(number::short(value)),
            Self::None => None,
        }
    }
}

pub(crate) fn heat_chart(chart: &HeatChart, title: &str) -> Markup {
    let columns = chart.columns();
    let width = chart.cell_width();
    let numbers = chart.numbers();
    let height = width.clamp(16.0, 40.0);
    let top = chart.top(width);
    let (right, bottom) = (
        LEFT + width * columns as f64,
        top + height * chart.rows.len() as f64,
    );
    let largest = largest(&chart.rows);
    html! {
        svg.chart.heat.few[columns <= 3] viewBox={ "0 0 " (coordinate(right.max(LEFT + 160.0) + 6.0)) " " (coordinate(bottom + 4.0)) } role="img" {
            title { (title) }
            desc { (chart.description()) }
            @for (at, name) in chart.column_names.iter().enumerate().take(columns) {
                (column_name(name, LEFT + (at as f64 + 0.5) * width, width))
            }
            @for (at, row) in chart.rows.iter().enumerate() {
                @let y = top + at as f64 * height;
                @if let Some(name) = chart.row_names.get(at) {
                    text.label.end x=(LEFT - 8.0) y=(coordinate(y + height / 2.0)) dy=".32em" { (shortened(name, ROW_NAME)) }
                }
                @for (column, value) in row.iter().enumerate() {
                    (cell(*value, largest, &Place {
                        x: LEFT + column as f64 * width,
                        y,
                        size: (width, height),
                        class: if chart.is_confusion() && at != column { "wrong" } else { "right" },
                        number: numbers.text(*value),
                    }))
                }
            }
        }
    }
}

fn column_name(name: &str, middle: f64, width: f64) -> Markup {
    if width >= LYING {
        return html! {
            text.label.mid x=(coordinate(middle)) y=(TOP - 8.0) { (shortened(name, fitting_names(width))) }
        };
    }
    let place = format!(
        "translate({} {}) rotate(-90)",
        coordinate(middle + 4.0),
        coordinate(HIGH_TOP - 6.0)
    );
    html! { text.label.start transform=(place) { (shortened(name, fitting_names(width))) } }
}

/// Characters of a column's name.
fn fitting_names(width: f64) -> usize {
    if width < LYING {
        return STANDING_NAME;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cell is at most 80 wide"
    )]
    let places = (width / 6.6) as usize;
    places.max(3)
}

fn largest(rows: &[Vec<f64>]) -> f64 {
    let sizes = rows.iter().flatten().map(|value| value.abs());
    sizes.filter(|size| size.is_finite()).fold(0.0, f64::max)
}

struct Place {
    x: f64,
    y: f64,
    size: (f64, f64),
    class: &'static str,
    number: Option<String>,
}

fn cell(value: f64, largest: f64, place: &Place) -> Markup {
    let share = if largest > 0.0 && value.is_finite() {
        value.abs() / largest
    } else {
        0.0
    };
    let (width, height) = place.size;
    html! {
        rect.cell.(place.class) x=(coordinate(place.x)) y=(coordinate(place.y)) width=(coordinate(width)) height=(coordinate(height))
            fill-opacity=(format!("{:.2}", share * 0.5)) {}
        @if let Some(number) = &place.number {
            text.value.mid x=(coordinate(place.x + width / 2.0)) y=(coordinate(place.y + height / 2.0)) dy=".32em" { (number) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(rows: &[&[f64]], names: &[&str]) -> HeatChart {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        HeatChart {
            rows: rows.iter().map(|row| row.to_vec()).collect(),
            row_names: names.clone(),
            column_names: names,
        }
    }

    #[test]
    fn a_confusion_matrix_has_a_diagonal() {
        let drawn = heat_chart(&chart(&[&[4.0, 1.0], &[2.0, 3.0]], &["a", "b"]), "t").into_string();
        assert_eq!(drawn.matches("cell wrong").count(), 2, "{drawn}");
        let drawn =
            heat_chart(&chart(&[&[4.0, -1.0], &[2.0, 3.0]], &["a", "b"]), "t").into_string();
        assert!(!drawn.contains("cell wrong"), "{drawn}");
    }

    #[test]
    fn uneven_rows_and_no_names_are_drawn() {
        let drawn = heat_chart(&chart(&[&[f64::NAN], &[2.0, 3.0], &[]], &[]), "t").into_string();
        assert_eq!(drawn.matches("<rect").count(), 3, "{drawn}");
        assert!(!drawn.contains("NaN"), "{drawn}");
    }

    #[test]
    fn numbers_that_would_overprint_are_left_to_a_table() {
        let wide = chart(&[&[123_456.0; 8]], &["a"; 8]);
        let drawn = heat_chart(&wide, "t").into_string();
        assert!(!wide.shows_all() && !drawn.contains("123"), "{drawn}");
        let narrow = chart(&[&[123_456.0; 7]], &["a"; 7]);
        let drawn = heat_chart(&narrow, "t").into_string();
        assert!(narrow.shows_all() && drawn.contains("123,456"), "{drawn}");
    }

    #[test]
    fn a_name_that_is_cut_is_not_shown() {
        let long = "a class with a long name";
        assert!(!chart(&[&[1.0, 2.0], &[3.0, 4.0]], &["a", long]).shows_all());
    }
}
