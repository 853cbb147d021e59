//! Tables as Typst markup. One of numbers that is wider than a page goes on in a table below,
//! because the typesetter would print its numbers over each other.

use std::fmt::Write as _;

use super::markup::{Body, MARK, Rows, breakable, content, literal};
use super::plain::plain;
use super::{Column, ColumnKind, Inline, Table, Words};

pub(super) fn table(typeset: &mut Body, table: &Table) {
    match typeset.rows {
        Rows::First(most) => first_rows(typeset, table, most),
        Rows::All if is_too_wide(table) => {
            for part in parts(table) {
                whole_table(typeset, &part);
            }
        }
        Rows::All => whole_table(typeset, table),
    }
}

fn first_rows(typeset: &mut Body, table: &Table, most: usize) {
    let head: String = table
        .head
        .iter()
        .map(|column| format!("[{}],", literal(&column.title)))
        .collect();
    let _ = writeln!(typeset.source, "#facts(({}), ({head}),", alignments(table));
    push_rows(typeset, table.rows.iter().take(most));
    if let Some(more) = table.rows.len().checked_sub(most).filter(|more| *more > 0) {
        let more = format!(
            "And {} more rows, in probity.json.",
            crate::number::count(more as u64)
        );
        let _ = writeln!(typeset.source, "#fine{}", content(&Words::of(more)));
    }
}

fn whole_table(typeset: &mut Body, table: &Table) {
    let head: String = table
        .head
        .iter()
        .map(|column| {
            format!(
                "{},",
                content(&Words(vec![Inline::Data(column.title.clone())]))
            )
        })
        .collect();
    let _ = writeln!(
        typeset.source,
        "#fitted(({}), ({}), ({head}),",
        columns(table),
        alignments(table)
    );
    push_rows(typeset, table.rows.iter());
}

fn push_rows<'a>(typeset: &mut Body, rows: impl Iterator<Item = &'a Vec<Words>>) {
    for row in rows {
        for cell in row {
            let _ = write!(typeset.source, "{},", content(cell));
        }
        typeset.source.push('\n');
    }
    typeset.source.push_str(")\n");
}

/// Of the 482 points between the margins of a page.
const PAGE_POINTS: usize = 470;

/// Whether its numbers would overprint each other; texts give way to each other.
fn is_too_wide(table: &Table) -> bool {
    let mut others = table.head.iter().skip(1);
    let points = (0..table.head.len()).map(|at| points(table, at));
    others.all(|column| column.kind == ColumnKind::Number) && points.sum::<usize>() > PAGE_POINTS
}

/// The columns side by side as far as a page is wide, each time with the names of the rows.
fn parts(table: &Table) -> Vec<Table> {
    let mut parts = Vec::new();
    let mut columns: Vec<usize> = vec![0];
    let mut room = PAGE_POINTS.saturating_sub(points(table, 0));
    for at in 1..table.head.len() {
        let needed = points(table, at);
        if needed > room && columns.len() > 1 {
            parts.push(part(table, &columns));
            columns = vec![0];
            room = PAGE_POINTS.saturating_sub(points(table, 0));
        }
        columns.push(at);
        room = room.saturating_sub(needed);
    }
    parts.push(part(table, &columns));
    parts
}

fn part(table: &Table, columns: &[usize]) -> Table {
    let of_row = |row: &Vec<Words>| {
        columns
            .iter()
            .filter_map(|at| row.get(*at).cloned())
            .collect()
    };
    Table {
        caption: table.caption.clone(),
        head: columns
            .iter()
            .filter_map(|at| table.head.get(*at).cloned())
            .collect(),
        rows: table.rows.iter().map(of_row).collect(),
        code: None,
    }
}

/// How wide a column is in print, a little too much.
fn points(table: &Table, at: usize) -> usize {
    const OF_CHARACTER: usize = 5;
    const BESIDE: usize = 12;
    const MOST_OF_TEXT: usize = 24;
    /// Of a long name in one line of several.
    const LEAST_OF_NAME: usize = 12;
    let cells = longest(table, at);
    let longest = match table.head.get(at) {
        Some(column) if column.kind == ColumnKind::Number => {
            let least = if has_long_name(column) {
                LEAST_OF_NAME
            } else {
                0
            };
            cells.max(longest_part(&column.title)).max(least)
        }
        Some(_) | None => cells.min(MOST_OF_TEXT),
    };
    longest * OF_CHARACTER + BESIDE
}

/// One that would take the room of others.
fn has_long_name(column: &Column) -> bool {
    column.title.chars().count() > 24
}

/// Of a name, where no line breaks.
fn longest_part(name: &str) -> usize {
    let broken = breakable(name);
    let parts = broken.split(|character: char| character == MARK || character.is_whitespace());
    parts.map(|part| part.chars().count()).max().unwrap_or(0)
}

fn longest(table: &Table, at: usize) -> usize {
    let cells = table.rows.iter().filter_map(|row| row.get(at));
    cells
        .map(|cell| plain(cell).chars().count())
        .max()
        .unwrap_or(0)
}

/// Columns of short texts are as wide as those; the others share the rest by their longest. A long
/// name over numbers leaves the others their room.
fn columns(table: &Table) -> String {
    const SHORT: usize = 28;
    const MOST: usize = 64;
    let columns =
        table
            .head
            .iter()
            .enumerate()
            .map(|(at, column)| match (column.kind, longest(table, at)) {
                (ColumnKind::Number, _) if has_long_name(column) => {
                    format!("{}pt", points(table, at))
                }
                (ColumnKind::Number, _) => "auto".to_owned(),
                (ColumnKind::Text, short) if short <= SHORT => "auto".to_owned(),
                (ColumnKind::Text, long) => format!("{}fr", long.min(MOST)),
            });
    columns.map(|column| format!("{column}, ")).collect()
}

fn alignments(table: &Table) -> String {
    let align: Vec<&str> = table.head.iter().map(alignment).collect();
    format!("{},", align.join(", "))
}

fn alignment(column: &Column) -> &'static str {
    match column.kind {
        ColumnKind::Text => "left",
        ColumnKind::Number => "right",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(columns: usize, number: &str) -> Table {
        let mut head = vec![Column::text("")];
        head.extend((1..=columns).map(|at| Column::number(format!("column {at}"))));
        let mut row = vec![Words::of("the row")];
        row.extend((0..columns).map(|_| Words::of(number)));
        Table {
            head,
            rows: vec![row.clone(), row],
            ..Table::default()
        }
    }

    fn tables(table: &Table) -> Vec<String> {
        let mut body = Body::new(Rows::All);
        let prelude = body.source.len();
        super::table(&mut body, table);
        let parts = body.source[prelude..].split("#fitted(").skip(1);
        parts.map(str::to_owned).collect()
    }

    #[test]
    fn a_matrix_wider_than_a_page_is_several_tables() {
        let parts = tables(&numbers(20, "123,456"));
        assert_eq!(parts.len(), 3);
        let written = parts.concat();
        assert_eq!(written.matches("123,456").count(), 2 * 20);
        assert!((1..=20).all(|at| written.contains(&format!("\"column {at}\""))));
        for part in parts {
            assert_eq!(part.matches("the row").count(), 2);
        }
    }

    #[test]
    fn long_names_over_numbers_leave_the_others_their_room() {
        let mut table = numbers(2, "0.5");
        "a long name of a column "
            .repeat(4)
            .clone_into(&mut table.head[1].title);
        table.rows[0][0] = Words::of("a long name of a row ".repeat(4));
        let parts = tables(&table);
        assert!(
            parts[0].starts_with("(64fr, 72pt, auto, ),"),
            "{}",
            parts[0]
        );
    }

    #[test]
    fn a_table_that_fits_is_one() {
        assert_eq!(tables(&numbers(10, "0.5")).len(), 1);
        let mut texts = numbers(20, "123,456");
        for column in &mut texts.head {
            column.kind = ColumnKind::Text;
        }
        assert_eq!(tables(&texts).len(), 1);
    }
}
