//! A record as a line of CSV (RFC 4180) without a header: a missing value is an empty field, an empty
//! text two quotes.

use super::spelling::Column;
use crate::model::AskModel;

pub(super) fn write(columns: &[Column], row_idx: usize, out: &mut String) -> Result<(), AskModel> {
    for (position, column) in columns.iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        match column.text(row_idx) {
            // An empty line would be no record at all.
            None if columns.len() == 1 => out.push_str("\"\""),
            None => {}
            Some(text) if text.is_empty() || text.contains(['"', ',', '\n', '\r']) => {
                out.push('"');
                out.push_str(&text.replace('"', "\"\""));
                out.push('"');
            }
            Some(text) => out.push_str(text),
        }
    }
    Ok(())
}
