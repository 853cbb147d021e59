//! What differs between two contents, for a terminal: a sign, a mark around the words that differ
//! where there is no colour, and colour where there is.

use anyhow::Result;
use console::{Style, colors_enabled};
use probity_domain::document::model_card::difference::Change;
use serde_json::{Value, json};
use similar::{ChangeTag, DiffOp, TextDiff};

use super::yaml;
use crate::table::printable;

/// Lines of a section that came or went as a whole.
const SHOWN_LINES: usize = 40;

pub(super) fn value(changes: &[Change]) -> Value {
    changes
        .iter()
        .map(|change| json!({"path": change.path, "before": change.before, "after": change.after}))
        .collect()
}

pub(super) fn text(changes: &[Change]) -> Result<String> {
    let marks = Marks::of_terminal();
    let mut told = String::new();
    for change in changes {
        let path = match change.path.as_str() {
            "" => "(whole content)",
            path => path,
        };
        told.push_str(&printable(path.to_owned()));
        told.push('\n');
        match (&change.before, &change.after) {
            (Some(Value::String(before)), Some(Value::String(after))) => {
                marks.push_texts((before, after), &mut told);
            }
            (before, after) => {
                if let Some(before) = before {
                    marks.push_value(Side::Before, before, &mut told)?;
                }
                if let Some(after) = after {
                    marks.push_value(Side::After, after, &mut told)?;
                }
            }
        }
    }
    Ok(told)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

/// How words are marked.
#[derive(Debug)]
enum Marks {
    Colour,
    Plain,
}

impl Marks {
    fn of_terminal() -> Marks {
        match colors_enabled() {
            true => Marks::Colour,
            false => Marks::Plain,
        }
    }

    /// Lines that stay are told where they stand beside a change.
    fn push_texts(&self, (before, after): (&str, &str), told: &mut String) {
        let before: Vec<&str> = before.lines().collect();
        let after: Vec<&str> = after.lines().collect();
        let diff = TextDiff::from_slices(&before, &after);
        for group in diff.grouped_ops(1) {
            for op in group {
                self.push_op(op, (&before, &after), told);
            }
        }
    }

    fn push_op(&self, op: DiffOp, (before, after): (&[&str], &[&str]), told: &mut String) {
        let old = &before[op.old_range()];
        let new = &after[op.new_range()];
        match op {
            DiffOp::Equal { .. } => {
                for line in old {
                    told.push_str(&format!("    {}\n", printable((*line).to_owned())));
                }
            }
            DiffOp::Replace { .. } if old.len() == new.len() => {
                for (old, new) in old.iter().zip(new) {
                    self.push_words((old, new), told);
                }
            }
            DiffOp::Delete { .. } | DiffOp::Insert { .. } | DiffOp::Replace { .. } => {
                for line in old {
                    self.push_line(Side::Before, line, told);
                }
                for line in new {
                    self.push_line(Side::After, line, told);
                }
            }
        }
    }

    /// One line as it was and as it is, the words that differ marked.
    fn push_words(&self, (old, new): (&str, &str), told: &mut String) {
        let diff = TextDiff::from_unicode_words(old, new);
        let (mut was, mut is) = (String::new(), String::new());
        for change in diff.iter_all_changes() {
            let word = printable(change.value().to_owned());
            match change.tag() {
                ChangeTag::Equal => {
                    was.push_str(&self.plain(Side::Before, &word));
                    is.push_str(&self.plain(Side::After, &word));
                }
                ChangeTag::Delete => was.push_str(&self.marked(Side::Before, &word)),
                ChangeTag::Insert => is.push_str(&self.marked(Side::After, &word)),
            }
        }
        // Marks that touch are one.
        let joined = |text: String| text.replace("-][-", "").replace("+}{+", "");
        told.push_str(&format!("  {} {}\n", self.sign(Side::Before), joined(was)));
        told.push_str(&format!("  {} {}\n", self.sign(Side::After), joined(is)));
    }

    fn push_line(&self, side: Side, line: &str, told: &mut String) {
        let line = self.plain(side, &printable(line.to_owned()));
        told.push_str(&format!("  {} {line}\n", self.sign(side)));
    }

    fn push_value(&self, side: Side, value: &Value, told: &mut String) -> Result<()> {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
            Value::Array(_) | Value::Object(_) => yaml::text(value)?,
        };
        for line in text.lines().take(SHOWN_LINES) {
            self.push_line(side, line, told);
        }
        let more = text.lines().count().saturating_sub(SHOWN_LINES);
        if more > 0 {
            self.push_line(side, &format!("… and {more} more lines"), told);
        }
        Ok(())
    }

    fn sign(&self, side: Side) -> String {
        self.plain(
            side,
            match side {
                Side::Before => "-",
                Side::After => "+",
            },
        )
    }

    fn plain(&self, side: Side, text: &str) -> String {
        match self {
            Marks::Plain => text.to_owned(),
            Marks::Colour => colour(side).apply_to(text).to_string(),
        }
    }

    fn marked(&self, side: Side, text: &str) -> String {
        match (self, side) {
            (Marks::Plain, Side::Before) => format!("[-{text}-]"),
            (Marks::Plain, Side::After) => format!("{{+{text}+}}"),
            (Marks::Colour, side) => colour(side).reverse().apply_to(text).to_string(),
        }
    }
}

fn colour(side: Side) -> Style {
    match side {
        Side::Before => Style::new().red(),
        Side::After => Style::new().green(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(before: &str, after: &str) -> String {
        let mut told = String::new();
        Marks::Plain.push_texts((before, after), &mut told);
        told
    }

    #[test]
    fn words_that_differ_are_marked() {
        assert_eq!(
            told("scores private loans", "scores business loans"),
            "  - scores [-private-] loans\n  + scores {+business+} loans\n"
        );
    }

    #[test]
    fn lines_far_from_a_change_are_left_out() {
        let before = "1\n2\n3\n4\n5\n";
        let after = "1\n2\n3\n4\n5\nsix\n";
        assert_eq!(told(before, after), "    5\n  + six\n");
    }

    #[test]
    fn control_characters_do_not_steer_the_terminal() {
        assert!(!told("a", "\u{1b}[31mb").contains('\u{1b}'));
    }

    #[test]
    fn a_new_section_is_told_as_yaml() {
        let mut told = String::new();
        let section = json!({"business_problem": "late payment"});
        Marks::Plain
            .push_value(Side::After, &section, &mut told)
            .unwrap();
        assert_eq!(told, "  + business_problem: late payment\n");
    }
}
