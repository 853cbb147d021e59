//! A plan in words, for people.

use super::Plan;
use crate::moment::Shown;
use crate::table::{Align, printable, table};

impl Plan {
    /// For people.
    pub(in crate::command::import) fn told(&self) -> String {
        let mut told = String::new();
        if self.is_empty() && self.not_imported.is_empty() {
            told.push_str("nothing of SageMaker's monitors was found\n");
        }
        if !self.endpoints.is_empty() {
            let header = [
                ("endpoint", Align::Left),
                ("variants", Align::Left),
                ("capture files", Align::Right),
                ("captured to", Align::Left),
            ];
            let rows = self.endpoints.iter().map(|(name, found)| {
                let variants: Vec<&str> = found.variants.iter().map(String::as_str).collect();
                vec![
                    name.clone(),
                    variants.join(", "),
                    found.n_files.to_string(),
                    found.capture_uri.clone(),
                ]
            });
            told.push_str(&table(&header, rows.collect()));
            told.push('\n');
        }
        if !self.schedules.is_empty() {
            told.push_str(&self.table_of_schedules());
        }
        let places = [
            ("labels", self.ground_truth.len() as u64),
            ("baselines", self.baselines.len() as u64),
            ("merged files (read where they are)", self.n_merged),
        ];
        for (what, n) in places.into_iter().filter(|(_, n)| *n > 0) {
            told.push_str(&format!("{what}: {n}\n"));
        }
        for found in &self.schedules {
            for note in self.notes_of(found) {
                told.push_str(&printable(format!("{}: {note}", found.name)));
                told.push('\n');
            }
        }
        for note in &self.notes {
            told.push_str(&printable(format!("note: {note}")));
            told.push('\n');
        }
        for reason in &self.not_imported {
            told.push_str(&printable(format!("not imported: {reason}")));
            told.push('\n');
        }
        told
    }

    fn table_of_schedules(&self) -> String {
        let header = [
            ("schedule", Align::Left),
            ("monitors", Align::Left),
            ("endpoint", Align::Left),
            ("runs", Align::Right),
            ("first", Align::Left),
            ("last", Align::Left),
            ("expression", Align::Left),
            ("baseline", Align::Left),
        ];
        let when = |hour: Option<&i64>| hour.map_or_else(String::new, |ms| Shown(*ms).to_string());
        let rows = self.schedules.iter().map(|found| {
            let baseline = self.baseline_of(found);
            vec![
                found.name.clone(),
                found.left.kind.to_owned(),
                found.endpoint.clone(),
                found.hours.len().to_string(),
                when(found.hours.first()),
                when(found.hours.last()),
                found.rhythm.expression.clone(),
                baseline.map_or_else(String::new, |baseline| baseline.folder.clone()),
            ]
        });
        table(&header, rows.collect())
    }
}
