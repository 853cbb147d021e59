//! The documents of an explanation, alone or beside those of a bias analysis of the same
//! configuration, and the folder that they are written into.

use std::collections::BTreeSet;
use std::io::{self, Write};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type};
use probity_data::location::OutputFolder;
use probity_domain::document::analysis::Analysis;
use probity_domain::document::bias_violations::DriftViolations;
use probity_domain::document::explanation_file::ExplanationFile;
use probity_domain::document::explanations::Explanations;
use probity_domain::document::explanations_csv::{
    BASELINE_PATH, BaselineWriter, CsvField, LOCAL_VALUES_PATH, LocalValuesColumns,
    LocalValuesWriter,
};
use probity_pdf::Fonts;
use probity_report::clarify::{ClarifyReport, notebook_of, render, typesetting_of};
use probity_report::explanation::ExplanationReport;

use super::attributions::Attributions;
use super::error::ExplainError;
use super::interactions::{INTERACTIONS_PATH, Interactions};
use super::trees::names;
use crate::bias::{ANALYSIS, ANALYSIS_CONFIG, BiasDocuments};
use crate::data_quality::{PROBITY, VIOLATIONS};

/// Everything that an explanation leaves behind.
#[derive(Debug)]
pub struct ExplainDocuments {
    pub explanations: Explanations,
    pub probity: ExplanationFile,
    /// One per output of the model.
    pub labels: Vec<String>,
    pub attributions: Option<Attributions>,
    /// Of a comparison only; empty when nothing is violated.
    pub violations: Option<DriftViolations>,
    pub(super) baseline: Option<RecordBatch>,
    pub(super) interactions: Option<Interactions>,
    pub(super) save_local_values: bool,
    pub(super) join: Option<(String, ArrayRef)>,
    pub(super) hidden: BTreeSet<String>,
}

impl ExplainDocuments {
    /// What became known after the result, e.g. how fast an endpoint was.
    pub fn add_notes(&mut self, notes: Vec<String>) {
        self.probity.notes.extend(notes);
    }

    /// Writes all documents, or none.
    pub async fn write(&self, folder: OutputFolder) -> Result<(), ExplainError> {
        write_all(folder, (None, Some(self)), "report").await
    }

    fn write_local_values(&self, folder: &mut OutputFolder) -> Result<(), ExplainError> {
        match &self.attributions {
            Some(found) if self.save_local_values => {
                folder.write(LOCAL_VALUES_PATH, |out| self.local_values(found, out))?;
            }
            _ => folder.remove_unless_written(LOCAL_VALUES_PATH),
        }
        match &self.interactions {
            Some(interactions) => folder.write(INTERACTIONS_PATH, |out| {
                interactions.write(&self.labels, out)
            })?,
            None => folder.remove_unless_written(INTERACTIONS_PATH),
        }
        match &self.baseline {
            // Its values are of the data, or chosen by somebody who may see them.
            Some(rows) if self.hidden.is_empty() => {
                folder.write(BASELINE_PATH, |out| baseline_rows(rows, out))?;
            }
            _ => folder.remove_unless_written(BASELINE_PATH),
        }
        Ok(())
    }

    fn local_values(&self, found: &Attributions, out: &mut dyn Write) -> io::Result<()> {
        let columns = LocalValuesColumns {
            features: &found.names,
            labels: &self.labels,
            join: self.join.as_ref().map(|(name, _)| name.as_str()),
        };
        let mut writer = LocalValuesWriter::new(out, columns)?;
        for row in 0..found.n_rows() {
            let join = self.join.as_ref();
            let join = join.map(|(_, ids)| csv_field(ids, row));
            writer.write_row(found.row(row), join)?;
        }
        writer.finish()?;
        Ok(())
    }
}

fn baseline_rows(rows: &RecordBatch, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = BaselineWriter::new(out, &names(rows))?;
    let plain: Vec<ArrayRef> = rows.columns().iter().map(plain_column).collect();
    for row in 0..rows.num_rows() {
        let fields: Vec<CsvField<'_>> = plain.iter().map(|column| csv_field(column, row)).collect();
        writer.write_row(&fields)?;
    }
    writer.finish()?;
    Ok(())
}

/// As one of the types that a CSV tells apart.
pub(super) fn plain_column(column: &ArrayRef) -> ArrayRef {
    let wanted = match column.data_type() {
        DataType::Boolean => DataType::Boolean,
        kind if kind.is_integer() => DataType::Int64,
        kind if kind.is_numeric() => DataType::Float64,
        _ => DataType::Utf8,
    };
    cast(column, &wanted).unwrap_or_else(|_| ArrayRef::clone(column))
}

/// Of a plain column.
pub(super) fn csv_field(column: &ArrayRef, row: usize) -> CsvField<'_> {
    if column.is_null(row) {
        return CsvField::Missing;
    }
    match column.data_type() {
        DataType::Boolean => CsvField::Boolean(column.as_boolean().value(row)),
        DataType::Int64 => CsvField::Integer(column.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => CsvField::Float(column.as_primitive::<Float64Type>().value(row)),
        _ => match column.as_string_opt::<i32>() {
            Some(texts) => CsvField::Text(texts.value(row)),
            None => CsvField::Missing,
        },
    }
}

/// What a configuration that asks for bias, explanations or both leaves behind.
#[derive(Debug)]
pub struct ClarifyDocuments {
    pub bias: Option<BiasDocuments>,
    pub explained: Option<ExplainDocuments>,
}

impl ClarifyDocuments {
    /// Writes all documents, or none. The reports are called `report`.
    pub async fn write(&self, folder: OutputFolder, report: &str) -> Result<(), ExplainError> {
        write_all(
            folder,
            (self.bias.as_ref(), self.explained.as_ref()),
            report,
        )
        .await
    }
}

/// Of both comparisons, where one was made.
fn violations(
    bias: Option<&BiasDocuments>,
    explained: Option<&ExplainDocuments>,
) -> Option<DriftViolations> {
    let of_bias = bias.and_then(|bias| bias.violations.clone());
    let of_attributions = explained.and_then(|explained| explained.violations.clone());
    match (of_bias, of_attributions) {
        (Some(mut all), Some(more)) => {
            all.violations.extend(more.violations);
            Some(all)
        }
        (one, other) => one.or(other),
    }
}

async fn write_all(
    mut folder: OutputFolder,
    (bias, explained): (Option<&BiasDocuments>, Option<&ExplainDocuments>),
    report_name: &str,
) -> Result<(), ExplainError> {
    let mut analysis = bias.map_or_else(Analysis::default, |bias| bias.analysis.clone());
    analysis.explanations = explained.map(|explained| explained.explanations.clone());
    folder.write(ANALYSIS, |out| analysis.write_json(out))?;
    if let Some(bias) = bias.filter(|bias| bias.config_is_open) {
        folder.write(ANALYSIS_CONFIG, |out| bias.config.write_json(out))?;
    }
    match (bias, explained) {
        (Some(bias), explained) => {
            let mut probity = bias.probity.clone();
            probity.explanations = explained.map(|explained| Box::new(explained.probity.clone()));
            folder.write(PROBITY, |out| probity.write_json(out))?;
        }
        (None, Some(explained)) => {
            folder.write(PROBITY, |out| explained.probity.write_json(out))?;
        }
        (None, None) => {}
    }
    if let Some(explained) = explained {
        explained.write_local_values(&mut folder)?;
    }
    match violations(bias, explained) {
        Some(violations) => folder.write(VIOLATIONS, |out| violations.write_json(out))?,
        // What an earlier check left would be taken for this analysis's own.
        None => folder.remove_unless_written(VIOLATIONS),
    }
    let bias_report = bias.map(BiasDocuments::as_report);
    let title = bias_report.as_ref().and_then(|report| report.title);
    let report = ClarifyReport {
        title,
        explanation: explained.map(|explained| ExplanationReport {
            title,
            probity: &explained.probity,
        }),
        bias: bias_report,
    };
    let page = render(&report);
    folder.write(&format!("{report_name}.html"), |out| {
        out.write_all(page.as_bytes())
    })?;
    let cells = notebook_of(&report);
    folder.write(&format!("{report_name}.ipynb"), |out| cells.write_json(out))?;
    let markup = typesetting_of(&report);
    let pdf = probity_pdf::typeset(&markup.source, &markup.files, &Fonts::default());
    let pdf = pdf.map_err(|source| ExplainError::Typeset {
        source: Box::new(source),
    })?;
    folder.write(&format!("{report_name}.pdf"), |out| out.write_all(&pdf.pdf))?;
    folder.commit().await?;
    Ok(())
}
