//! Tables and numbers for the terminal.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};
use console::Term;

/// A line under the header, and no other: in the order of comfy-table's components.
const HEADER_LINE_ONLY: &str = "     ──            ";

/// Where a column's text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// A table with aligned columns; wide ones wrap to the terminal.
pub(crate) fn table(header: &[(&str, Align)], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table
        .load_preset(HEADER_LINE_ONLY)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header.iter().map(|(title, _)| Cell::new(title)));
    if let Some((_, width)) = Term::stdout().size_checked() {
        table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width);
    }
    for row in rows {
        table.add_row(row.into_iter().map(printable));
    }
    for (column, (_, align)) in table.column_iter_mut().zip(header) {
        column.set_cell_alignment(match align {
            Align::Left => CellAlignment::Left,
            Align::Right => CellAlignment::Right,
        });
    }
    let mut text = table.to_string();
    text.push('\n');
    text
}

/// Control characters of a column name or value must not steer the terminal.
pub(crate) fn printable(text: String) -> String {
    if text.chars().any(char::is_control) {
        text.chars()
            .map(|c| if c.is_control() { '\u{fffd}' } else { c })
            .collect()
    } else {
        text
    }
}

/// Four significant digits, without an exponent where a person would write none.
pub(crate) fn number(value: f64) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    let magnitude = value.abs();
    if magnitude == 0.0 {
        return "0".to_owned();
    }
    if !(1e-4..1e7).contains(&magnitude) {
        return format!("{value:.3e}");
    }
    let decimals = if magnitude >= 1000.0 {
        usize::from(value.fract() != 0.0)
    } else if magnitude >= 100.0 {
        1
    } else if magnitude >= 10.0 {
        2
    } else if magnitude >= 1.0 {
        3
    } else if magnitude >= 0.1 {
        4
    } else {
        6
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// A p-value; one too small for a double is said to be small, not zero.
pub(crate) fn p_value(value: f64) -> String {
    if value < 1e-300 {
        "<1e-300".to_owned()
    } else {
        number(value)
    }
}

/// A share as per cent; `0` and `100 %` only when they are exact.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 || part == 0 {
        return "0 %".to_owned();
    }
    if part == whole {
        return "100 %".to_owned();
    }
    #[expect(clippy::cast_precision_loss, reason = "a share for the eye")]
    let share = part as f64 / whole as f64 * 100.0;
    if share < 0.01 {
        "<0.01 %".to_owned()
    } else if share > 99.99 {
        ">99.99 %".to_owned()
    } else if share < 1.0 {
        format!("{share:.2} %")
    } else {
        format!("{share:.1} %")
    }
}

/// A count with thin groups of three: `1 234 567`.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// `1 row`, `2 rows`.
pub(crate) fn counted(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(n), if n == 1 { "" } else { "s" })
}

/// The start of a text that may be long.
pub(crate) fn short(text: &str, n_chars: usize) -> String {
    if text.chars().count() <= n_chars {
        return text.to_owned();
    }
    let mut start: String = text.chars().take(n_chars.saturating_sub(1)).collect();
    start.push('…');
    start
}

#[cfg(test)]
mod tests {
    use super::{count, number, percent, short};

    #[track_caller]
    fn check(value: f64, expected: &str) {
        assert_eq!(number(value), expected);
    }

    #[test]
    fn numbers_keep_four_significant_digits() {
        check(0.0, "0");
        check(1.0, "1");
        check(0.123_456, "0.1235");
        check(12.345_6, "12.35");
        check(420_468.4, "420468.4");
        check(1_000_000.0, "1000000");
        check(1e12, "1.000e12");
        check(-0.000_012, "-1.200e-5");
        check(0.05, "0.05");
    }

    #[test]
    fn a_share_is_never_rounded_to_all_or_nothing() {
        assert_eq!(percent(0, 0), "0 %");
        assert_eq!(percent(1, 1_000_000), "<0.01 %");
        assert_eq!(percent(999_999, 1_000_000), ">99.99 %");
        assert_eq!(percent(1, 3), "33.3 %");
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!(count(7), "7");
        assert_eq!(count(1_234_567), "1 234 567");
    }

    #[test]
    fn long_texts_end_with_an_ellipsis() {
        assert_eq!(short("abcdef", 4), "abc…");
        assert_eq!(short("äöü", 3), "äöü");
    }
}
