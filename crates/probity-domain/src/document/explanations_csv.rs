//! `explanations_shap/out.csv` and `explanations_shap/baseline.csv`: the attributions of every
//! row, and the rows that stand for "nothing known". Written row by row, so that a table of
//! any length fits.
//!
//! Source: AWS developer guide, "Analysis results", on tabular datasets: a header
//! `Feature_Label`, features vary fastest, then labels; the join column last.

use std::io::{self, Write};

use super::csv::CsvWriter;

pub use super::csv::CsvField;

/// Where the local values of a job are, below its results.
pub const LOCAL_VALUES_PATH: &str = "explanations_shap/out.csv";

/// Where the baseline is, below the results of a job.
pub const BASELINE_PATH: &str = "explanations_shap/baseline.csv";

/// What the columns of an `out.csv` are.
#[derive(Clone, Copy, Debug)]
pub struct LocalValuesColumns<'a> {
    /// In the order of the dataset.
    pub features: &'a [String],
    /// As in `kernel_shap`: label headers, else `label0`, `label1`, …
    pub labels: &'a [String],
    /// Name of the column that joins the rows to the dataset.
    pub join: Option<&'a str>,
}

/// Writes `out.csv`.
///
/// ```
/// use probity_domain::document::explanations_csv::{LocalValuesColumns, LocalValuesWriter};
///
/// let columns = LocalValuesColumns {
///     features: &["age".to_owned(), "income".to_owned()],
///     labels: &["label0".to_owned(), "label1".to_owned()],
///     join: None,
/// };
/// let mut writer = LocalValuesWriter::new(Vec::new(), columns)?;
/// writer.write_row(&[0.5, -0.25, -0.5, 0.25], None)?;
/// assert_eq!(
///     String::from_utf8_lossy(&writer.finish()?),
///     "age_label0,income_label0,age_label1,income_label1\n0.5,-0.25,-0.5,0.25\n",
/// );
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct LocalValuesWriter<W> {
    csv: CsvWriter<W>,
    n_values: usize,
    has_join: bool,
}

impl<W: Write> LocalValuesWriter<W> {
    /// Writes the header.
    pub fn new(writer: W, columns: LocalValuesColumns<'_>) -> io::Result<LocalValuesWriter<W>> {
        let names: Vec<String> = columns
            .labels
            .iter()
            .flat_map(|label| {
                let of_label = columns.features.iter();
                of_label.map(move |feature| format!("{feature}_{label}"))
            })
            .collect();
        let mut csv = CsvWriter::new(writer);
        let join = columns.join.map(CsvField::Text);
        let fields = names.iter().map(|name| CsvField::Text(name)).chain(join);
        csv.write_record(fields)?;
        Ok(LocalValuesWriter {
            csv,
            n_values: names.len(),
            has_join: columns.join.is_some(),
        })
    }

    /// Writes the attributions of a row: all features for the first label, then for the next.
    /// The join column is written where the header has one.
    pub fn write_row(&mut self, values: &[f64], join: Option<CsvField<'_>>) -> io::Result<()> {
        if values.len() != self.n_values {
            return Err(other_width(values.len(), self.n_values));
        }
        let join = self.has_join.then(|| join.unwrap_or(CsvField::Missing));
        let fields = values.iter().map(|value| CsvField::Float(*value));
        self.csv.write_record(fields.chain(join))
    }

    /// Flushes what was written.
    pub fn finish(self) -> io::Result<W> {
        self.csv.finish()
    }
}

/// Writes `baseline.csv`: the features' names, then the rows.
#[derive(Debug)]
pub struct BaselineWriter<W> {
    csv: CsvWriter<W>,
    n_features: usize,
}

impl<W: Write> BaselineWriter<W> {
    /// Writes the header.
    pub fn new(writer: W, features: &[String]) -> io::Result<BaselineWriter<W>> {
        let mut csv = CsvWriter::new(writer);
        csv.write_record(features.iter().map(|name| CsvField::Text(name)))?;
        Ok(BaselineWriter {
            csv,
            n_features: features.len(),
        })
    }

    pub fn write_row(&mut self, values: &[CsvField<'_>]) -> io::Result<()> {
        if values.len() != self.n_features {
            return Err(other_width(values.len(), self.n_features));
        }
        self.csv.write_record(values.iter().copied())
    }

    /// Flushes what was written.
    pub fn finish(self) -> io::Result<W> {
        self.csv.finish()
    }
}

fn other_width(found: usize, expected: usize) -> io::Error {
    let message = format!("a row has {found} values, the header {expected}");
    io::Error::new(io::ErrorKind::InvalidInput, message)
}
